/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/syslog_wait.h"

#include <fcntl.h>
#include <unistd.h>

struct fixture {
	struct syslog_wait wait;
	struct counters counters;
	struct log log;
	int reader; /* of what is logged */
	instant now;
};

static void begin(struct fixture *fixture)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	*fixture = (struct fixture){.reader = ends[0],
		.log = {.descriptor = ends[1], .level = LOG_LEVEL_NOTICE},
		.now = 5 * SECOND};
}

static void end(struct fixture *fixture)
{
	close(fixture->reader);
	close(fixture->log.descriptor);
}

/* What is logged by a look that much later. */
static const char *look(struct fixture *fixture, duration later)
{
	static char said[512];

	fixture->now += later;
	syslog_wait_look(&fixture->wait, &fixture->counters, &fixture->log, fixture->now);
	ssize_t size = read(fixture->reader, said, sizeof said - 1);
	said[size > 0 ? size : 0] = '\0';
	return said;
}

static void a_wait_is_told_once(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	counter_add(&fixture.counters, COUNTER_SYSLOG_QUEUED, 3);
	counter_add(&fixture.counters, COUNTER_SYSLOG_SENT, 1);
	assert_string_equal(look(&fixture, 0), "");
	assert_string_equal(look(&fixture, SYSLOG_PATIENCE - 1), "");
	assert_non_null(strstr(look(&fixture, 1), "2 alert lines wait"));
	assert_string_equal(look(&fixture, 1 * HOUR), "");
	end(&fixture);
}

static void each_wait_begins_anew(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	for (int i = 0; i < 2; i++) {
		counter_add(&fixture.counters, COUNTER_SYSLOG_QUEUED, 1);
		assert_string_equal(look(&fixture, SECOND), "");
		assert_string_not_equal(look(&fixture, SYSLOG_PATIENCE), "");
		counter_add(&fixture.counters, i == 0 ? COUNTER_SYSLOG_SENT : COUNTER_SYSLOG_LOST, 1);
		assert_string_equal(look(&fixture, SECOND), "");
	}
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_is_told_once),
		cmocka_unit_test(each_wait_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
