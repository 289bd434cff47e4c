/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/action/action_settings.h"
#include "pbxguard/action/actions.h"
#include "pbxguard/action/syslog_alert.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCAL0 16

struct fixture {
	char folder[64], path[96];
	int reader; /* the syslog daemon's socket; -1: none */
	struct counters counters;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	strcpy(fixture->folder, "/tmp/pbxguard-syslog-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof fixture->path, "%s/log", fixture->folder);
	fixture->reader = -1;
	*state = fixture;
	return 0;
}

static void stop_reader(struct fixture *fixture)
{
	close(fixture->reader);
	unlink(fixture->path);
	fixture->reader = -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	stop_reader(fixture);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static int bound(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int descriptor = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof address), 0);
	return descriptor;
}

static void start_reader(struct fixture *fixture)
{
	fixture->reader = bound(fixture->path, SOCK_DGRAM);
}

/* The next line that the daemon got; "" when there is none. */
static const char *line_read(const struct fixture *fixture)
{
	static char line[2 * SYSLOG_LINE_MAX];
	ssize_t size = recv(fixture->reader, line, sizeof line - 1, 0);

	line[size < 0 ? 0 : size] = '\0';
	return line;
}

static const char *text_of_line(const char *line)
{
	const char *colon = strchr(line, ':');

	return colon == NULL ? "" : colon + 2;
}

static void send_line(struct syslog_alert *alert, const char *text)
{
	syslog_alert_send(alert, LOCAL0, SEVERITY_WARNING, text_of(text));
}

static void assert_counted(const struct fixture *fixture, uint64_t queued, uint64_t sent, uint64_t lost)
{
	assert_int_equal(counter_get(&fixture->counters, COUNTER_SYSLOG_QUEUED), queued);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_SYSLOG_SENT), sent);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_SYSLOG_LOST), lost);
}

/* As syslog_wait tells who guards. */
static uint64_t count_waiting(const struct fixture *fixture)
{
	return counter_get(&fixture->counters, COUNTER_SYSLOG_QUEUED) -
	       counter_get(&fixture->counters, COUNTER_SYSLOG_SENT) -
	       counter_get(&fixture->counters, COUNTER_SYSLOG_LOST);
}

static void a_line_arrives_in_the_local_form(void **state)
{
	static const struct {
		enum severity severity;
		int facility, priority;
	} cases[] = {
		{SEVERITY_NOTICE, 16, 133},
		{SEVERITY_WARNING, 16, 132},
		{SEVERITY_CRITICAL, 16, 130},
		{SEVERITY_CRITICAL, 4, 34},
	};
	struct fixture *f = *state;
	char expected[128];

	start_reader(f);
	struct syslog_alert *alert = syslog_alert_new(f->path, &f->counters);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(expected, sizeof expected, "<%d>pbxguard[%d]: 海の日 x=1", cases[i].priority,
			(int)getpid());
		syslog_alert_send(alert, cases[i].facility, cases[i].severity, TEXT("海の日 x=1"));
		assert_string_equal(line_read(f), expected);
	}
	assert_counted(f, 4, 4, 0);
	syslog_alert_free(alert);
	assert_counted(f, 4, 4, 0);
}

static void a_long_line_is_cut_at_a_whole_character(void **state)
{
	static char text[30001];
	struct fixture *f = *state;

	for (size_t i = 0; i < 30000; i++) {
		text[i] = "海"[i % 3];
	}
	for (size_t shift = 0; shift < 3; shift++) {
		start_reader(f);
		struct syslog_alert *alert = syslog_alert_new(f->path, &f->counters);
		text[0] = text[1] = text[2] = 'x';
		send_line(alert, text + shift);
		const char *line = line_read(f);
		assert_true(strlen(line) > SYSLOG_LINE_MAX - 3 && strlen(line) <= SYSLOG_LINE_MAX);
		assert_string_equal(line + strlen(line) - 3, "海");
		syslog_alert_free(alert);
		stop_reader(f);
	}
}

/* As in the trial: a daemon that never reads stops syslog(3) for ever at the 11th message. */
static void a_daemon_that_never_reads_stops_nobody(void **state)
{
	struct fixture *f = *state;
	char text[32];

	start_reader(f);
	struct syslog_alert *alert = syslog_alert_new(f->path, &f->counters);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "%u", i);
		send_line(alert, text);
	}
	uint64_t sent = counter_get(&f->counters, COUNTER_SYSLOG_SENT);
	assert_true(sent > 0 && sent < 1000);
	assert_counted(f, 5000, sent, 5000 - sent - SYSLOG_RING_LINES);

	/* It wakes up: what waited comes in order, the oldest is what was lost. */
	unsigned got = 0, last = 0;
	for (instant now = 0; count_waiting(f) > 0; now += SECOND) {
		for (const char *line; *(line = line_read(f)) != '\0'; got++) {
			unsigned number = (unsigned)atoi(text_of_line(line));
			assert_true(got == 0 || number > last);
			last = number;
		}
		syslog_alert_flush(alert, now);
	}
	for (const char *line; *(line = line_read(f)) != '\0'; got++) {
		last = (unsigned)atoi(text_of_line(line));
	}
	assert_int_equal(last, 4999);
	assert_int_equal(got, sent + SYSLOG_RING_LINES);
	syslog_alert_free(alert);
}

static void what_still_waits_at_the_end_is_lost_and_counted(void **state)
{
	struct fixture *f = *state;

	struct syslog_alert *alert = syslog_alert_new(f->path, &f->counters);
	for (unsigned i = 0; i < 1100; i++) {
		send_line(alert, "x");
	}
	syslog_alert_flush(alert, 0);
	assert_counted(f, 1100, 0, 76);
	syslog_alert_free(alert);
	assert_counted(f, 1100, 0, 1100);
}

static void a_daemon_that_comes_later_gets_what_waited(void **state)
{
	struct fixture *f = *state;

	struct syslog_alert *alert = syslog_alert_new(f->path, &f->counters);
	send_line(alert, "early");
	syslog_alert_flush(alert, 10 * SECOND);
	start_reader(f);
	syslog_alert_flush(alert, 10 * SECOND + 500 * MILLISECOND); /* looks once a second */
	assert_string_equal(line_read(f), "");
	syslog_alert_flush(alert, 11 * SECOND);
	assert_string_equal(text_of_line(line_read(f)), "early");
	assert_counted(f, 1, 1, 0);
	syslog_alert_free(alert);
}

static void a_daemon_that_is_restarted_gets_the_next_line(void **state)
{
	struct fixture *f = *state;

	start_reader(f);
	struct syslog_alert *alert = syslog_alert_new(f->path, &f->counters);
	send_line(alert, "one");
	assert_string_equal(text_of_line(line_read(f)), "one");
	stop_reader(f);
	send_line(alert, "two");
	syslog_alert_flush(alert, 0);
	start_reader(f);
	syslog_alert_flush(alert, SECOND);
	assert_string_equal(text_of_line(line_read(f)), "two");
	assert_counted(f, 2, 2, 0);
	syslog_alert_free(alert);
}

/* The old daemon hangs and still holds its socket: what is stuck there is gone, what waits is not. */
static void a_replaced_socket_is_found(void **state)
{
	struct fixture *f = *state;

	start_reader(f);
	struct syslog_alert *alert = syslog_alert_new(f->path, &f->counters);
	for (unsigned i = 0; i < 1000; i++) {
		send_line(alert, "x");
	}
	uint64_t waiting = count_waiting(f);
	assert_true(waiting > 0);
	int hung = f->reader;
	unlink(f->path);
	start_reader(f);
	syslog_alert_flush(alert, 0);
	assert_string_equal(text_of_line(line_read(f)), "x");
	assert_true(count_waiting(f) < waiting);
	syslog_alert_free(alert);
	close(hung);
}

static void assert_lines_are_whole(const struct fixture *fixture, struct syslog_alert *alert, int connection)
{
	static char bytes[8 << 20];
	size_t used = 0, lines = 0;

	for (instant now = 0;; now += SECOND) {
		ssize_t size = recv(connection, bytes + used, sizeof bytes - used, MSG_DONTWAIT);
		if (size <= 0 && count_waiting(fixture) == 0) {
			break;
		}
		used += size > 0 ? (size_t)size : 0;
		syslog_alert_flush(alert, now);
	}
	for (size_t at = 0; at < used; at += strlen(bytes + at) + 1, lines++) {
		assert_string_equal(
			text_of_line(bytes + at), "a line that is somewhat longer than the others");
	}
	assert_true(lines > SYSLOG_RING_LINES);
}

static void a_stream_socket_gets_lines_that_end_with_nul(void **state)
{
	struct fixture *f = *state;
	char bytes[128] = "";
	char expected[64];

	f->reader = bound(f->path, SOCK_STREAM);
	assert_int_equal(listen(f->reader, 5), 0);
	struct syslog_alert *alert = syslog_alert_new(f->path, &f->counters);
	send_line(alert, "one");
	send_line(alert, "two");
	int connection = accept(f->reader, NULL, NULL);
	assert_true(connection >= 0);
	int size = snprintf(expected, sizeof expected, "<132>pbxguard[%d]: one", (int)getpid());
	assert_int_equal(recv(connection, bytes, sizeof bytes, 0), 2 * (size + 1));
	assert_string_equal(bytes, expected);
	assert_string_equal(text_of_line(bytes + size + 1), "two");
	/* Stuck: thousands of lines do not block; once it reads again, what arrives is whole lines. */
	for (unsigned i = 0; i < 20000; i++) {
		send_line(alert, "a line that is somewhat longer than the others");
	}
	assert_true(counter_get(&f->counters, COUNTER_SYSLOG_LOST) > 0);
	assert_lines_are_whole(f, alert, connection);
	close(connection);
	syslog_alert_free(alert);
	assert_int_equal(counter_get(&f->counters, COUNTER_SYSLOG_QUEUED),
		counter_get(&f->counters, COUNTER_SYSLOG_SENT) +
			counter_get(&f->counters, COUNTER_SYSLOG_LOST));
}

static void the_settings_have_their_defaults(void **state)
{
	struct action_settings settings = {0};

	(void)state;
	setting_defaults(&action_settings_table, &settings);
	assert_int_equal(settings.mode, ACTION_MODE_MONITOR);
	assert_int_equal(settings.queue, 5);
	assert_int_equal(settings.alerts_per_minute, 60);
	assert_int_equal(settings.alert_interval, 15 * MINUTE);
	assert_true(settings.syslog.enabled);
	assert_int_equal(syslog_facility_code(settings.syslog.facility), LOCAL0);
	assert_int_equal(settings.block.on, SEVERITY_CRITICAL);
	assert_int_equal(settings.block.source_time, HOUR);
}

static void actions_go_to_both_outputs(void **state)
{
	static struct site site;
	struct fixture *f = *state;
	struct action_settings settings = {0};
	struct decision decision = {.incident = "0123456789abcdef",
		.finding = {.rule = "call_burst",
			.subject = "site",
			.severity = SEVERITY_CRITICAL,
			.reason = "Much."}};
	char printed[ALERT_LINE_SIZE] = "";
	int ends[2];

	strcpy(site.name, "tokyo-hq");
	setting_defaults(&action_settings_table, &settings);
	start_reader(f);
	assert_int_equal(pipe(ends), 0);
	struct actions *actions = actions_new(
		&settings, &site, (struct action_output){ends[1], ALERT_FORMAT_TEXT}, f->path, &f->counters);
	assert_int_equal(actions_perform(actions, &decision), 0);
	assert_true(read(ends[0], printed, sizeof printed - 1) > 0);
	assert_string_equal(
		printed, "1970-01-01 09:00:00 CRITICAL call_burst site: Much. incident 0123456789abcdef\n");
	assert_non_null(strstr(line_read(f), " rule=call_burst "));
	settings.syslog.enabled = false;
	actions_configure(actions, &settings, &site);
	actions_flush(actions, 0);
	assert_int_equal(actions_perform(actions, &decision), 0);
	assert_string_equal(line_read(f), "");
	actions_free(actions);
	close(ends[0]);
	close(ends[1]);
}

static void asked_for_nothing_actions_do_nothing_and_say_when_printing_fails(void **state)
{
	static const struct site site = {.name = "x"};
	struct fixture *f = *state;
	struct action_settings settings = {0};
	const struct decision decision = {.finding = {.rule = "call_burst", .subject = "site"}};

	setting_defaults(&action_settings_table, &settings);
	struct actions *actions = actions_new(
		&settings, &site, (struct action_output){-1, ALERT_FORMAT_TEXT}, NULL, &f->counters);
	assert_int_equal(actions_perform(actions, &decision), 0);
	actions_flush(actions, 0);
	actions_free(actions);
	actions = actions_new(
		&settings, &site, (struct action_output){9999, ALERT_FORMAT_JSON}, NULL, &f->counters);
	assert_true(actions_perform(actions, &decision) < 0);
	actions_free(actions);
	assert_counted(f, 0, 0, 0);
}

int main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(a_line_arrives_in_the_local_form),
		WITH_FOLDER(a_long_line_is_cut_at_a_whole_character),
		WITH_FOLDER(a_daemon_that_never_reads_stops_nobody),
		WITH_FOLDER(what_still_waits_at_the_end_is_lost_and_counted),
		WITH_FOLDER(a_daemon_that_comes_later_gets_what_waited),
		WITH_FOLDER(a_daemon_that_is_restarted_gets_the_next_line),
		WITH_FOLDER(a_replaced_socket_is_found),
		WITH_FOLDER(a_stream_socket_gets_lines_that_end_with_nul),
		cmocka_unit_test(the_settings_have_their_defaults),
		WITH_FOLDER(actions_go_to_both_outputs),
		WITH_FOLDER(asked_for_nothing_actions_do_nothing_and_say_when_printing_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
