/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/setting.h"
#include "pbxguard/daemon/slow_thread.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct site site = {.name = "test"};

static struct actions *print_to(int descriptor, struct counters *counters)
{
	struct action_settings settings = {0};

	setting_defaults(&action_settings_table, &settings);
	return actions_new(
		&settings, &site, (struct action_output){descriptor, ALERT_FORMAT_TEXT}, NULL, counters);
}

static void push_many(struct slow_thread *thread, int count)
{
	struct decision decision = {.finding = {.rule = "test", .subject = "site"}};

	for (int i = 0; i < count; i++) {
		slow_thread_push(thread, &decision);
	}
}

static void what_is_pushed_before_the_stop_is_performed(void **state)
{
	struct counters counters = {0};
	char path[] = "/tmp/pbxguard-test-XXXXXX";
	int file = mkstemp(path);
	char bytes[4096];
	size_t lines = 0;
	ssize_t size;

	(void)state;
	assert_true(file >= 0);
	unlink(path);
	struct slow_thread *thread = slow_thread_start(print_to(file, &counters), NULL, &counters);
	assert_non_null(thread);
	push_many(thread, 100);
	assert_true(slow_thread_stop(thread));
	lseek(file, 0, SEEK_SET);
	while ((size = read(file, bytes, sizeof bytes)) > 0) {
		for (ssize_t i = 0; i < size; i++) {
			lines += bytes[i] == '\n';
		}
	}
	assert_int_equal(lines, 100);
	assert_int_equal(counter_get(&counters, COUNTER_ALERTS_OVERFLOWED), 0);
	close(file);
}

/* A pipe that nobody reads: the pusher never waits, what does not fit is counted, and the end is said not to
 * come. */
static void a_stuck_reader_does_not_hold_the_pusher(void **state)
{
	static struct counters counters; /* the thread that hangs outlives this function */
	int pipe_ends[2];

	(void)state;
	assert_int_equal(pipe(pipe_ends), 0);
	assert_true(fcntl(pipe_ends[1], F_SETPIPE_SZ, 4096) >= 0);
	struct slow_thread *thread = slow_thread_start(print_to(pipe_ends[1], &counters), NULL, &counters);
	assert_non_null(thread);
	push_many(thread, 3 * SLOW_THREAD_QUEUE);
	assert_true(counter_get(&counters, COUNTER_ALERTS_OVERFLOWED) >= SLOW_THREAD_QUEUE);
	assert_false(slow_thread_stop(thread));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_pushed_before_the_stop_is_performed),
		cmocka_unit_test(a_stuck_reader_does_not_hold_the_pusher),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	_exit(failed); /* the thread that hangs still uses its memory */
}
