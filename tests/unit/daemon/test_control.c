/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ERROR(sentence) "{\"ok\":false,\"error\":\"" sentence "\"}\n"
#define LIST "{\"command\":\"list\"}\n"

struct fixture {
	char folder[32], path[64];
	struct counters counters;
	struct control *control;
	instant now;
	/* Of the handler. */
	int handled;
	struct control_request last;
	uint64_t token;
	bool later; /* it answers later */
	bool at_length;
	struct control_reply reply;
};

static bool handle(void *context, const struct control_task *task)
{
	struct fixture *fixture = context;

	fixture->handled++;
	fixture->last = *task->request;
	fixture->token = task->token;
	assert_memory_equal(task->who, "uid ", 4);
	if (fixture->at_length) { /* the longest there is */
		task->reply->ok = task->reply->is_list = true;
		task->reply->count = CONTROL_ITEMS_MAX;
		for (size_t i = 0; i < CONTROL_ITEMS_MAX; i++) {
			memset(task->reply->items[i].name, 'n', sizeof task->reply->items[i].name - 1);
			memset(task->reply->items[i].reason, 1, sizeof task->reply->items[i].reason - 1);
		}
		return true;
	}
	task->reply->ok = true;
	snprintf(task->reply->sentence, sizeof task->reply->sentence, "done %d", fixture->handled);
	return !fixture->later;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	char why[CONTROL_SENTENCE_SIZE] = "";

	*state = fixture;
	snprintf(fixture->folder, sizeof fixture->folder, "/tmp/pbxguard-test-XXXXXX");
	if (mkdtemp(fixture->folder) == NULL) {
		return 1;
	}
	snprintf(fixture->path, sizeof fixture->path, "%s/control.sock", fixture->folder);
	fixture->now = HOUR;
	fixture->control = control_open(fixture->path, handle, fixture, &fixture->counters, why);
	return fixture->control == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	control_close(fixture->control);
	unlink(fixture->path);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static int call(const struct fixture *fixture)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture->path);
	assert_true(client >= 0);
	assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
	return client;
}

static void serve(struct fixture *fixture)
{
	for (int i = 0; i < 4; i++) {
		control_serve(fixture->control, fixture->now);
	}
}

static void say(int client, const char *text)
{
	assert_int_equal(send(client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What has come: NULL when the other end has closed and nothing is left, "" when there is nothing yet. */
static const char *hear(int client)
{
	static char heard[65536];
	ssize_t size = recv(client, heard, sizeof heard - 1, 0);

	if (size == 0 || (size < 0 && errno != EAGAIN)) {
		return NULL;
	}
	heard[size > 0 ? size : 0] = '\0';
	return heard;
}

#define HEARS(client, expected) assert_string_equal(hear(client), expected)

static void a_request_is_answered(void **state)
{
	struct fixture *fixture = *state;
	int client = call(fixture);

	say(client, "{\"command\":\"unblock\",\"address\":\"192.0.2.7\"}\n");
	serve(fixture);
	HEARS(client, "{\"ok\":true,\"message\":\"done 1\"}\n");
	assert_int_equal(fixture->last.command, CONTROL_UNBLOCK);
	say(client, "nonsense\n");
	serve(fixture);
	assert_non_null(strstr(hear(client), "\"ok\":false"));
	say(client, "\r\n\n" LIST); /* empty lines are none */
	serve(fixture);
	HEARS(client, "{\"ok\":true,\"message\":\"done 2\"}\n");
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CONTROL_COMMANDS), 2);
	close(client);
}

static void a_line_may_come_in_pieces_and_several_at_once(void **state)
{
	struct fixture *fixture = *state;
	int client = call(fixture);
	char piece[2] = "";

	for (const char *byte = LIST; *byte != '\0'; byte++) {
		HEARS(client, "");
		piece[0] = *byte;
		say(client, piece);
		serve(fixture);
	}
	HEARS(client, "{\"ok\":true,\"message\":\"done 1\"}\n");
	say(client, LIST LIST LIST);
	serve(fixture);
	HEARS(client, "{\"ok\":true,\"message\":\"done 2\"}\n{\"ok\":true,\"message\":\"done 3\"}\n"
		      "{\"ok\":true,\"message\":\"done 4\"}\n");
	close(client);
}

static void the_last_line_needs_no_end(void **state)
{
	struct fixture *fixture = *state;
	int client = call(fixture);

	say(client, "{\"command\":\"list\"}");
	serve(fixture);
	HEARS(client, "");
	shutdown(client, SHUT_WR);
	serve(fixture);
	HEARS(client, "{\"ok\":true,\"message\":\"done 1\"}\n");
	assert_null(hear(client));
	close(client);
}

static void an_endless_line_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int client = call(fixture);
	char bytes[CONTROL_LINE_MAX + 2];

	memset(bytes, ' ', sizeof bytes);
	memcpy(bytes + CONTROL_LINE_MAX - strlen(LIST), LIST, sizeof LIST);
	say(client, bytes); /* the longest */
	serve(fixture);
	HEARS(client, "{\"ok\":true,\"message\":\"done 1\"}\n");
	memset(bytes, ' ', sizeof bytes);
	bytes[CONTROL_LINE_MAX] = '\0';
	say(client, bytes);
	serve(fixture);
	HEARS(client, ERROR("a request has 4095 bytes and its line end at most"));
	assert_null(hear(client));
	assert_int_equal(fixture->handled, 1);
	close(client);
}

static void more_than_eight_at_once_are_turned_away(void **state)
{
	struct fixture *fixture = *state;
	int clients[CONTROL_CLIENTS_MAX + 2];

	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		clients[i] = call(fixture);
		serve(fixture);
	}
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		if (i < CONTROL_CLIENTS_MAX) {
			say(clients[i], LIST);
			serve(fixture);
			assert_non_null(strstr(hear(clients[i]), "done"));
		} else {
			HEARS(clients[i], ERROR("too many are asking at once: try again"));
			assert_null(hear(clients[i]));
		}
	}
	close(clients[3]);
	serve(fixture);
	int late = call(fixture);
	say(late, LIST);
	serve(fixture);
	assert_non_null(strstr(hear(late), "done"));
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		if (i != 3) {
			close(clients[i]);
		}
	}
	close(late);
}

static void who_says_nothing_is_sent_away(void **state)
{
	struct fixture *fixture = *state;
	int client = call(fixture);

	serve(fixture);
	say(client, "{\"command\"");
	fixture->now += CONTROL_CLIENT_PATIENCE;
	serve(fixture);
	HEARS(client, "");
	fixture->now += SECOND;
	serve(fixture);
	assert_null(hear(client));
	close(client);
}

static void who_does_not_read_keeps_nobody_waiting(void **state)
{
	struct fixture *fixture = *state;
	int deaf = call(fixture), client = call(fixture), small = 4096;

	setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	fixture->at_length = true;
	for (int i = 0; i < 100; i++) {
		say(deaf, LIST);
	}
	serve(fixture);
	int handled = fixture->handled;
	assert_in_range(handled, 1, 20); /* then it is read no more */
	fixture->at_length = false;
	say(client, LIST);
	serve(fixture);
	assert_non_null(strstr(hear(client), "done"));
	assert_int_equal(fixture->handled, handled + 1);
	fixture->now += CONTROL_CLIENT_PATIENCE + SECOND;
	serve(fixture);
	while (hear(deaf) != NULL) {
		continue; /* what was sent before */
	}
	close(deaf);
	close(client);
}

static void a_long_list_arrives_whole(void **state)
{
	struct fixture *fixture = *state;
	int client = call(fixture);
	size_t size = 0;
	const char *heard = "";

	fixture->at_length = true;
	say(client, LIST);
	do {
		serve(fixture);
		heard = hear(client);
		size += strlen(heard);
	} while (strchr(heard, '\n') == NULL);
	assert_true(size > CONTROL_ITEMS_MAX * (size_t)800);
	close(client);
}

static void a_client_that_goes_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 3 * CONTROL_CLIENTS_MAX; i++) {
		int client = call(fixture);
		say(client, i % 2 == 0 ? LIST : "{\"comm");
		fixture->later = i % 3 == 0;
		if (i % 4 < 2) {
			serve(fixture);
		}
		close(client);
		serve(fixture);
	}
	fixture->later = false;
	control_answer(fixture->control, fixture->token, &fixture->reply);
	int client = call(fixture);
	say(client, LIST);
	serve(fixture);
	assert_non_null(strstr(hear(client), "done"));
	close(client);
}

static void an_answer_may_come_later_to_who_asked(void **state)
{
	struct fixture *fixture = *state;
	int first = call(fixture), second = call(fixture);
	uint64_t token;

	fixture->later = true;
	say(first, LIST "{\"command\":\"unblock\",\"address\":\"192.0.2.7\"}\n");
	shutdown(first, SHUT_WR);
	serve(fixture);
	token = fixture->token;
	say(second, LIST);
	serve(fixture);
	HEARS(first, "");
	assert_int_equal(fixture->handled, 2); /* the first's second line waits */
	fixture->reply.ok = true;
	strcpy(fixture->reply.sentence, "late");
	control_answer(fixture->control, token, &fixture->reply);
	control_answer(fixture->control, token, &fixture->reply); /* nobody asks any more */
	control_answer(fixture->control, 0, &fixture->reply);
	HEARS(first, "{\"ok\":true,\"message\":\"late\"}\n");
	HEARS(second, "");
	assert_int_equal(fixture->handled, 3);
	assert_int_equal(fixture->last.command, CONTROL_UNBLOCK);
	control_answer(fixture->control, fixture->token, &fixture->reply);
	HEARS(first, "{\"ok\":true,\"message\":\"late\"}\n");
	serve(fixture);
	assert_null(hear(first));
	close(first);
	close(second);
}

static void an_answer_that_does_not_come_is_told(void **state)
{
	struct fixture *fixture = *state;
	int client = call(fixture);

	fixture->later = true;
	say(client, LIST);
	serve(fixture);
	fixture->now += CONTROL_REPLY_PATIENCE + SECOND;
	serve(fixture);
	assert_non_null(strstr(hear(client), "too busy"));
	control_answer(fixture->control, fixture->token, &fixture->reply);
	HEARS(client, "");
	fixture->later = false;
	say(client, LIST);
	serve(fixture);
	assert_non_null(strstr(hear(client), "done"));
	close(client);
}

static struct control *open_at(struct fixture *fixture, const char *path, char *why)
{
	return control_open(path, handle, fixture, &fixture->counters, why);
}

static void the_socket_is_for_its_user_and_group_only(void **state)
{
	struct fixture *fixture = *state;
	struct stat status;

	assert_int_equal(stat(fixture->path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0660);
	control_close(fixture->control);
	fixture->control = NULL;
	assert_int_equal(stat(fixture->path, &status), -1);
}

static void a_second_guard_leaves_the_first_its_socket(void **state)
{
	struct fixture *fixture = *state;
	char why[CONTROL_SENTENCE_SIZE];

	assert_null(open_at(fixture, fixture->path, why));
	assert_non_null(strstr(why, "another pbxguard listens"));
	int client = call(fixture);
	say(client, LIST);
	serve(fixture);
	assert_non_null(strstr(hear(client), "done"));
	close(client);
}

static void what_a_killed_guard_left_makes_way(void **state)
{
	struct fixture *fixture = *state;
	char why[CONTROL_SENTENCE_SIZE], path[96];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int dead = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(path, sizeof path, "%s/dead", fixture->folder);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_int_equal(bind(dead, (const struct sockaddr *)&address, sizeof address), 0);
	close(dead);
	struct control *control = open_at(fixture, path, why);
	assert_non_null(control);
	/* Somebody else's in its place stays. */
	unlink(path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	control_close(control);
	assert_int_equal(access(path, F_OK), 0);
	assert_null(open_at(fixture, path, why)); /* and no file is taken away */
	assert_non_null(strstr(why, "no socket"));
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
}

static void a_missing_folder_is_told(void **state)
{
	struct fixture *fixture = *state;
	char why[CONTROL_SENTENCE_SIZE], path[96];

	snprintf(path, sizeof path, "%s/none/control.sock", fixture->folder);
	assert_null(open_at(fixture, path, why));
	assert_non_null(strstr(why, "its folder is not there"));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_answered),
		TEST(a_line_may_come_in_pieces_and_several_at_once),
		TEST(the_last_line_needs_no_end),
		TEST(an_endless_line_is_refused),
		TEST(more_than_eight_at_once_are_turned_away),
		TEST(who_says_nothing_is_sent_away),
		TEST(who_does_not_read_keeps_nobody_waiting),
		TEST(a_long_list_arrives_whole),
		TEST(a_client_that_goes_leaves_nothing),
		TEST(an_answer_may_come_later_to_who_asked),
		TEST(an_answer_that_does_not_come_is_told),
		TEST(the_socket_is_for_its_user_and_group_only),
		TEST(a_second_guard_leaves_the_first_its_socket),
		TEST(what_a_killed_guard_left_makes_way),
		TEST(a_missing_folder_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
