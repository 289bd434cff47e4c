/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The desk on a real slow thread, asked by its socket; this thread is the packet thread. */
#include "../test.h"

#include "pbxguard/base/setting.h"
#include "pbxguard/daemon/control_desk.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct fixture {
	char folder[32], path[64];
	struct counters counters; /* the slow thread's */
	struct counters packet_counters;
	struct log log;
	int log_reader;
	struct site site;
	struct action_settings settings;
	struct slow_thread *thread;
	struct control_desk *desk;
	int client;
	/* The kernel's set, as the slow thread changed it. */
	enum blocklist_result set_answer;
	pthread_mutex_t lock;
	int added, removed, kept, dropped;
	/* The packet thread's accounts: 1001 to 1000 + accounts. */
	size_t accounts;
	char released[CALLER_SIZE];
};

static enum blocklist_result add(void *context, const struct network *network, duration time, char *why)
{
	struct fixture *fixture = context;

	(void)network;
	(void)time;
	snprintf(why, BLOCKLIST_WHY_SIZE, "the set says no");
	pthread_mutex_lock(&fixture->lock);
	fixture->added += fixture->set_answer == BLOCKLIST_DONE;
	pthread_mutex_unlock(&fixture->lock);
	return fixture->set_answer;
}

static enum blocklist_result take_out(void *context, const struct network *network, char *why)
{
	struct fixture *fixture = context;

	(void)network;
	snprintf(why, BLOCKLIST_WHY_SIZE, "the set says no");
	fixture->removed++;
	return fixture->set_answer == BLOCKLIST_DONE ? BLOCKLIST_NOT_THERE : fixture->set_answer;
}

static bool is_never(void *context, const struct network *network, char why[static CONTROL_DESK_WHY_SIZE])
{
	struct network gateway;

	(void)context;
	assert_true(network_parse(TEXT("198.51.100.254"), &gateway));
	snprintf(why, CONTROL_DESK_WHY_SIZE, "that is the gateway");
	return network_overlaps(&gateway, network);
}

static size_t release(void *context, const char *account, const char *incident)
{
	struct fixture *fixture = context;
	bool is_known = strcmp(account, "1001") == 0 || strcmp(incident, "0123456789abcdef") == 0;

	snprintf(fixture->released, sizeof fixture->released, "%s", account);
	return is_known ? 1 : 0;
}

static size_t list(void *context, uint64_t *after, struct blocked_account_record *accounts, size_t room)
{
	const struct fixture *fixture = context;
	size_t count = 0;

	for (; count < room && *after < fixture->accounts; count++, ++*after) {
		accounts[count] = (struct blocked_account_record){.since = SECOND, .reason = "critical"};
		snprintf(accounts[count].account, CALLER_SIZE, "%d", 1001 + (int)*after);
	}
	if (*after >= fixture->accounts) {
		*after = UINT64_MAX;
	}
	return count;
}

/* One of them has become a trunk's since it was blocked. */
static void load(void *context, blocked_sources_visit *restore, void *restore_context)
{
	struct blocked_source_record record = {.since = SECOND, .until = instant_now() + HOUR, .times = 3};

	(void)context;
	assert_true(network_parse(TEXT("203.0.113.66"), &record.network));
	restore(restore_context, &record);
	assert_true(network_parse(TEXT("203.0.113.7"), &record.network));
	restore(restore_context, &record);
}

static void changed(void *context, const struct blocked_source_record *record, bool blocked)
{
	struct fixture *fixture = context;

	assert_true(record->network.prefix_length > 0);
	fixture->kept += blocked;
	fixture->dropped += !blocked;
}

static void begin(struct fixture *fixture, bool with_accounts)
{
	const struct control_desk_setup setup = {
		.path = fixture->path,
		.site = &fixture->site,
		.settings = &fixture->settings,
		.set = {add, take_out, fixture},
		.is_never = is_never,
		.accounts = {with_accounts ? release : NULL, with_accounts ? list : NULL, fixture},
		.store = {load, changed, NULL, fixture},
		.counters = &fixture->packet_counters,
		.log = &fixture->log,
	};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	struct actions *actions = actions_new(&fixture->settings, &fixture->site,
		(struct action_output){-1, ALERT_FORMAT_TEXT}, NULL, &fixture->counters);
	fixture->thread = slow_thread_start(actions, NULL, &fixture->counters);
	assert_non_null(fixture->thread);
	fixture->desk = control_desk_start(&setup, fixture->thread);
	assert_non_null(fixture->desk);
	fixture->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture->path);
	assert_int_equal(connect(fixture->client, (const struct sockaddr *)&address, sizeof address), 0);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	int ends[2];

	*state = fixture;
	snprintf(fixture->folder, sizeof fixture->folder, "/tmp/pbxguard-test-XXXXXX");
	if (mkdtemp(fixture->folder) == NULL || pipe2(ends, O_NONBLOCK) != 0) {
		return 1;
	}
	snprintf(fixture->path, sizeof fixture->path, "%s/control.sock", fixture->folder);
	fixture->log_reader = ends[0];
	fixture->log = (struct log){.descriptor = ends[1], .level = LOG_LEVEL_NOTICE};
	fixture->client = -1;
	pthread_mutex_init(&fixture->lock, NULL);
	setting_defaults(&action_settings_table, &fixture->settings);
	struct network network;
	network_parse(TEXT("192.0.2.10"), &network);
	network_set_add(&fixture->site.pbx, &network);
	network_parse(TEXT("203.0.113.0/28"), &network);
	network_set_add(&fixture->site.trunks, &network);
	network_parse(TEXT("2001:db8:1::/48"), &network);
	network_set_add(&fixture->site.extensions, &network);
	network_parse(TEXT("198.51.100.16/28"), &network);
	network_set_add(&fixture->settings.block.never, &network);
	return 0;
}

static void finish(struct fixture *fixture)
{
	if (fixture->thread != NULL) {
		assert_true(slow_thread_stop(fixture->thread));
		fixture->thread = NULL;
	}
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	finish(fixture);
	close(fixture->client);
	close(fixture->log.descriptor);
	close(fixture->log_reader);
	pthread_mutex_destroy(&fixture->lock);
	rmdir(fixture->folder); /* the socket has gone with the desk */
	assert_int_equal(access(fixture->folder, F_OK), -1);
	free(fixture);
	return 0;
}

/* Asks, serves as the packet thread meanwhile, and gives the reply without its line end. */
static const char *ask(struct fixture *fixture, const char *request)
{
	static char reply[65536];
	char line[512];
	size_t used = 0;

	int size = snprintf(line, sizeof line, "%s\n", request);
	assert_int_equal(send(fixture->client, line, (size_t)size, MSG_NOSIGNAL), size);
	for (;;) {
		struct pollfd ready[] = {{.fd = fixture->client, .events = POLLIN},
			{.fd = control_desk_descriptor(fixture->desk), .events = POLLIN}};
		assert_true(poll(ready, 2, 10000) > 0);
		if (ready[1].revents != 0) {
			control_desk_serve_accounts(fixture->desk);
		}
		if (ready[0].revents == 0) {
			continue;
		}
		ssize_t got = recv(fixture->client, reply + used, sizeof reply - used - 1, 0);
		assert_true(got > 0);
		used += (size_t)got;
		if (reply[used - 1] == '\n') {
			reply[used - 1] = '\0';
			return reply;
		}
	}
}

static const char *logged(const struct fixture *fixture)
{
	static char said[8192];
	ssize_t size = read(fixture->log_reader, said, sizeof said - 1);

	said[size > 0 ? size : 0] = '\0';
	return said;
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL) {
		fail_msg("\"%s\" lacks \"%s\"", text, part);
	}
}

static size_t occurrences(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)) != NULL; text++) {
		count++;
	}
	return count;
}

static void people_block_list_and_unblock(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, false);
	assert_has(ask(fixture, "{\"command\":\"block\",\"address\":\"198.51.100.66\"}"),
		"{\"ok\":true,\"message\":\"198.51.100.66 is blocked until ");
	assert_has(logged(fixture), "control: 198.51.100.66 is blocked until ");
	const char *listed = ask(fixture, "{\"command\":\"list\"}");
	assert_has(listed, "{\"type\":\"source\",\"address\":\"198.51.100.66\",\"times\":1,");
	assert_has(listed, "\"incident\":null,\"reason\":\"by hand\"}");
	assert_has(listed, "\"address\":\"203.0.113.66\",\"times\":3,"); /* of before the restart */
	assert_has(listed, "\"next\":null}");
	assert_has(ask(fixture, "{\"command\":\"unblock\",\"address\":\"198.51.100.66\"}"),
		"198.51.100.66 is let in again");
	assert_has(logged(fixture), "asked by uid ");
	assert_has(ask(fixture, "{\"command\":\"unblock\",\"address\":\"198.51.100.66\"}"),
		"{\"ok\":false,\"error\":\"198.51.100.66 is not blocked\"}");
	finish(fixture);
	assert_int_equal(fixture->kept, 1);
	assert_int_equal(fixture->dropped, 1);
}

static void a_part_of_a_blocked_network_is_told(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, false);
	assert_has(ask(fixture, "{\"command\":\"block\",\"address\":\"198.51.96.0/22\"}"), "\"ok\":true");
	assert_has(ask(fixture, "{\"command\":\"unblock\",\"address\":\"198.51.97.1\"}"),
		"198.51.97.1 is blocked as a part of 198.51.96.0/22: unblock that");
}

static void some_are_never_blocked_whoever_asks(void **state)
{
	static const struct {
		const char *address, *why;
	} cases[] = {
		{"192.0.2.10", "192.0.2.10 is never blocked: that is the PBX (site.pbx)"},
		{"192.0.2.0/24", "the PBX"},
		{"203.0.113.5", "a trunk"},
		{"2001:db8:1::7", "phones"},
		{"2001:db8::/32", "phones"},
		{"198.51.100.17", "actions.block.never"},
		{"198.51.100.254", "the gateway"},
		{"127.0.0.1", "this host"},
		{"::1", "this host"},
		{"0.0.0.0/0", "wider than /8"},
		{"::/0", "wider than /16"},
		{"2000::/3", "wider than /16"},
		{"224.0.0.251", "multicast"},
		{"255.255.255.255", "broadcast"},
		{"ff02::1", "multicast"},
		{"fe80::1", "neighbours"},
	};
	struct fixture *fixture = *state;
	char request[256];

	begin(fixture, false);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct network network;
		snprintf(request, sizeof request, "{\"command\":\"block\",\"address\":\"%s\"}",
			cases[i].address);
		const char *reply = ask(fixture, request);
		assert_has(reply, "\"ok\":false");
		assert_has(reply, cases[i].why);
		assert_true(network_parse(text_of(cases[i].address), &network));
		control_desk_push(fixture->desk, &(struct block_request){.address = network.address,
							 .prefix_length = network.prefix_length,
							 .duration = HOUR,
							 .incident = "a"});
	}
	finish(fixture);
	assert_int_equal(fixture->added, 1); /* the one that was loaded */
}

static void what_was_kept_is_blocked_again_but_for_whom_must_not_be(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, false);
	const char *said = logged(fixture);
	assert_has(said, "sources blocked again, for what is left of their time: 1");
	assert_has(said, "sources let in again, because now they must never be blocked: 1");
	assert_has(ask(fixture, "{\"command\":\"list\"}"), "203.0.113.66");
	finish(fixture);
	assert_int_equal(fixture->added, 1);
	assert_int_equal(fixture->removed, 1);
	assert_int_equal(fixture->kept + fixture->dropped, 0);
}

static void what_the_set_refuses_is_told(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, false);
	fixture->set_answer = BLOCKLIST_NO_SET;
	assert_has(ask(fixture, "{\"command\":\"block\",\"address\":\"198.51.100.66\",\"time\":\"5min\"}"),
		"198.51.100.66 could not be blocked: the set says no");
	assert_has(ask(fixture, "{\"command\":\"unblock\",\"address\":\"198.51.100.66\"}"),
		"198.51.100.66 could not be let in: the set says no");
	assert_has(logged(fixture), "control: not done: 198.51.100.66 could not be blocked");
	struct block_request request = {.prefix_length = 32, .duration = HOUR, .incident = "a"};
	for (uint8_t i = 0; i < 100; i++) {
		request.address = address_ipv4((const uint8_t[]){198, 51, 100, (uint8_t)(100 + i)});
		control_desk_push(fixture->desk, &request);
	}
	finish(fixture);
	assert_int_equal(occurrences(logged(fixture), "could not be blocked"), 1); /* of a hundred */
	assert_int_equal(counter_get(&fixture->packet_counters, COUNTER_SOURCES_NOT_BLOCKED), 101);
	assert_int_equal(fixture->kept, 0);
}

static void the_packet_threads_requests_are_performed(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, false);
	struct block_request request = {
		.prefix_length = 32, .duration = HOUR, .incident = "0123456789abcdef"};
	for (uint8_t i = 0; i < 100; i++) {
		request.address = address_ipv4((const uint8_t[]){198, 51, 100, (uint8_t)(100 + i)});
		control_desk_push(fixture->desk, &request);
	}
	const char *reply;
	do { /* the thread takes its time */
		reply = ask(fixture, "{\"command\":\"list\",\"after\":{\"sources\":0,\"accounts\":null}}");
	} while (strstr(reply, "198.51.100.194") == NULL);
	assert_has(reply, "\"next\":{\"sources\":");
	assert_int_equal(occurrences(reply, "\"type\":\"source\""), 96);
	const char *next = strstr(reply, "\"next\":") + strlen("\"next\":");
	char request_line[256];
	snprintf(request_line, sizeof request_line, "{\"command\":\"list\",\"after\":%s", next);
	do {
		reply = ask(fixture, request_line);
	} while (strstr(reply, "198.51.100.199") == NULL);
	assert_int_equal(occurrences(reply, "\"type\":\"source\""), 5);
	assert_has(ask(fixture, "{\"command\":\"release\",\"incident\":\"0123456789abcdef\"}"),
		"incident 0123456789abcdef: 0 accounts released, 100 sources let in again");
	assert_has(ask(fixture, "{\"command\":\"release\",\"incident\":\"0123456789abcdef\"}"),
		"nothing is blocked for incident 0123456789abcdef");
	finish(fixture);
	assert_int_equal(fixture->kept, 100);
	assert_int_equal(fixture->dropped, 100);
}

static void accounts_are_asked_of_the_packet_thread(void **state)
{
	struct fixture *fixture = *state;

	fixture->accounts = 40;
	begin(fixture, true);
	const char *reply = ask(fixture, "{\"command\":\"list\"}");
	assert_int_equal(occurrences(reply, "\"type\":\"account\""), ACCOUNTS_AT_ONCE);
	assert_int_equal(occurrences(reply, "\"type\":\"source\""), 1);
	assert_has(reply, "{\"type\":\"account\",\"account\":\"caller:1001\"");
	assert_has(reply, "\"next\":{\"sources\":null,\"accounts\":32}}");
	reply = ask(fixture, "{\"command\":\"list\",\"after\":{\"sources\":null,\"accounts\":32}}");
	assert_int_equal(occurrences(reply, "\"type\":\"account\""), 8);
	assert_int_equal(occurrences(reply, "\"type\":\"source\""), 0);
	assert_has(reply, "\"next\":null}");
	assert_has(ask(fixture, "{\"command\":\"release\",\"account\":\"caller:1001\"}"),
		"{\"ok\":true,\"message\":\"caller:1001 is released\"}");
	assert_string_equal(fixture->released, "1001");
	assert_has(logged(fixture), "control: caller:1001 is released (asked by uid ");
	assert_has(ask(fixture, "{\"command\":\"release\",\"account\":\"1002\"}"),
		"{\"ok\":false,\"error\":\"caller:1002 is not blocked\"}");
	assert_has(ask(fixture, "{\"command\":\"release\",\"incident\":\"0123456789abcdef\"}"),
		"incident 0123456789abcdef: 1 accounts released, 0 sources let in again");
}

static void a_reload_brings_other_settings(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, false);
	fixture->settings.block.never = (struct network_set){0};
	slow_thread_configure(fixture->thread, &fixture->settings, &fixture->site);
	assert_has(ask(fixture, "{\"command\":\"block\",\"address\":\"198.51.100.17\"}"), "\"ok\":true");
}

static void without_its_folder_all_else_goes_on(void **state)
{
	struct fixture *fixture = *state;

	snprintf(fixture->path, sizeof fixture->path, "%s/none/control.sock", fixture->folder);
	const struct control_desk_setup setup = {.path = fixture->path,
		.site = &fixture->site,
		.settings = &fixture->settings,
		.set = {add, take_out, fixture},
		.counters = &fixture->packet_counters,
		.log = &fixture->log};
	struct network network;
	fixture->thread = slow_thread_start(
		actions_new(&fixture->settings, &fixture->site, (struct action_output){-1, ALERT_FORMAT_TEXT},
			NULL, &fixture->counters),
		NULL, &fixture->counters);
	fixture->desk = control_desk_start(&setup, fixture->thread);
	assert_non_null(fixture->desk);
	assert_has(logged(fixture), "pbxguardctl will not work: ");
	assert_true(network_parse(TEXT("198.51.100.66"), &network));
	control_desk_push(fixture->desk,
		&(struct block_request){
			.address = network.address, .prefix_length = 32, .duration = HOUR, .incident = "a"});
	finish(fixture);
	assert_int_equal(fixture->added, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(people_block_list_and_unblock),
		TEST(a_part_of_a_blocked_network_is_told),
		TEST(some_are_never_blocked_whoever_asks),
		TEST(what_was_kept_is_blocked_again_but_for_whom_must_not_be),
		TEST(what_the_set_refuses_is_told),
		TEST(the_packet_threads_requests_are_performed),
		TEST(accounts_are_asked_of_the_packet_thread),
		TEST(a_reload_brings_other_settings),
		TEST(without_its_folder_all_else_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
