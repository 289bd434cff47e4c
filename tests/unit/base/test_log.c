/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/log.h"

#include <fcntl.h>
#include <unistd.h>

static void a_line_is_one_write_up_to_the_level(void **state)
{
	int ends[2];
	char bytes[256] = {0};
	const struct log log = {.level = LOG_LEVEL_NOTICE};
	struct log to_pipe = log;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	to_pipe.descriptor = ends[1];
	log_write(&to_pipe, LOG_LEVEL_DEBUG, "left out");
	log_write(&to_pipe, LOG_LEVEL_WARNING, "%s is gone", "eth0");
	to_pipe.journal = true;
	log_write(&to_pipe, LOG_LEVEL_WARNING, "again");
	assert_true(read(ends[0], bytes, sizeof bytes - 1) > 0);
	assert_string_equal(bytes, "pbxguard: eth0 is gone\n<4>again\n");
	close(ends[0]);
	close(ends[1]);
}

/* The packet thread logs, too: a reader that hangs may cost lines, never packets. */
static void a_reader_that_hangs_is_not_waited_for(void **state)
{
	struct counters counters = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 0);
	const struct log log = {.descriptor = ends[1], .level = LOG_LEVEL_NOTICE, .counters = &counters};
	for (int i = 0; i < 1000; i++) {
		log_write(&log, LOG_LEVEL_NOTICE, "line %d of many", i);
	}
	assert_in_range(counter_get(&counters, COUNTER_LOG_LOST), 500, 1000);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_one_write_up_to_the_level),
		cmocka_unit_test(a_reader_that_hangs_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
