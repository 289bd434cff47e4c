/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What opens the queue does so in a network namespace of the test's own. */
#include "../test.h"

#include "../../../src/daemon/queue_guard.c"

#include <sched.h>

static void only_udp_is_surely_no_tcp(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[40];
		size_t size;
		bool may_be;
	} cases[] = {
		{"UDP by IPv4", {[0] = 0x45, [9] = IPPROTO_UDP}, 28, false},
		{"TCP by IPv4", {[0] = 0x45, [9] = IPPROTO_TCP}, 40, true},
		{"a tunnel by IPv4", {[0] = 0x45, [9] = IPPROTO_GRE}, 40, true},
		{"IPv4 with 17 where IPv6 names what follows", {[0] = 0x45, [6] = 17, [9] = IPPROTO_TCP}, 40,
			true},
		{"UDP by IPv6", {[0] = 0x60, [6] = IPPROTO_UDP}, 40, false},
		{"TCP by IPv6", {[0] = 0x60, [6] = IPPROTO_TCP}, 40, true},
		{"TCP by IPv6 with 17 in its source", {[0] = 0x60, [6] = IPPROTO_TCP, [9] = 17}, 40, true},
		{"a fragment of IPv6", {[0] = 0x60, [6] = IPPROTO_FRAGMENT}, 40, true},
		{"IPv6 with options", {[0] = 0x60, [6] = IPPROTO_HOPOPTS}, 40, true},
		{"neither", {[0] = 0x50, [6] = 17, [9] = 17}, 40, true},
		{"less than what says so", {[0] = 0x45}, 9, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct packet packet = {.bytes = cases[i].bytes, .captured = cases[i].size};

		if (may_be_tcp(&packet) != cases[i].may_be) {
			fail_msg("%s", cases[i].name);
		}
	}
}

static void never_closed(void *context)
{
	(void)context;
	fail();
}

/* What is logged while the queue is opened. */
static void open_and_close(char *said, size_t size)
{
	static struct counters counters;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	const struct log log = {.descriptor = ends[1], .level = LOG_LEVEL_NOTICE};
	struct event_loop *loop = event_loop_new();
	assert_non_null(loop);
	const struct queue_guard_setup setup = {
		.number = 5, .loop = loop, .counters = &counters, .log = &log, .closed = never_closed};
	struct queue_guard *guard = queue_guard_open(&setup);
	queue_guard_free(guard);
	event_loop_free(loop);
	close(ends[1]);
	ssize_t length = read(ends[0], said, size - 1);
	said[length > 0 ? length : 0] = '\0';
	close(ends[0]);
}

static void whoever_has_the_beginnings_is_to_be_looked_for(void **state)
{
	struct packet_log another;
	char said[1024];

	(void)state;
	if ((unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) ||
		packet_log_open(&another, FIREWALL_SYN_GROUP) != 0) {
		skip();
	}
	open_and_close(said, sizeof said);
	assert_non_null(strstr(said, "NFLOG group 20816"));
	assert_non_null(strstr(said, "another program has it"));
	assert_non_null(
		strstr(said, "/proc/net/netfilter/nfnetlink_log names: end that, then restart pbxguard"));
	packet_log_close(&another);
	open_and_close(said, sizeof said);
	assert_null(strstr(said, "NFLOG"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_udp_is_surely_no_tcp),
		cmocka_unit_test(whoever_has_the_beginnings_is_to_be_looked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
