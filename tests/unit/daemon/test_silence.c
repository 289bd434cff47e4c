/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/daemon/silence.h"
#include "pbxguard/rules/calendar.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A line that is looked at as the guard does it, with a clock of its own. */
struct line {
	struct silence silence;
	struct counters counters;
	struct log log;
	int reader; /* of what is logged */
	char said[4096];
	duration limit;
	bool is_down;
	struct calendar *calendar; /* NULL: always open */
	instant clock, now;        /* the wall's and the monotonic one, as far apart as they like */
};

static int set_up(void **state)
{
	struct line *line = calloc(1, sizeof *line);
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) != 0) {
		return 1;
	}
	line->reader = ends[0];
	line->log = (struct log){.descriptor = ends[1], .level = LOG_LEVEL_NOTICE};
	line->limit = 1 * HOUR;
	line->now = 5 * SECOND;
	*state = line;
	return 0;
}

static int tear_down(void **state)
{
	struct line *line = *state;

	close(line->reader);
	close(line->log.descriptor);
	calendar_free(line->calendar);
	free(line);
	return 0;
}

static void look(struct line *line, duration later)
{
	struct calendar_reading reading = {.is_open = true};

	line->clock += later;
	line->now += later;
	if (line->calendar != NULL) {
		calendar_read(line->calendar, line->clock, &reading);
	}
	const struct silence_terms terms = {
		.name = "eth0",
		.limit = line->limit,
		.counts = reading.is_open && !line->is_down,
		.counters = &line->counters,
		.log = &line->log,
	};
	silence_look(&line->silence, &terms, line->now);
}

static void wait_for(struct line *line, duration time)
{
	for (; time > 0; time -= 10 * SECOND) {
		look(line, 10 * SECOND);
	}
}

static void hear(struct line *line)
{
	silence_heard(&line->silence);
	look(line, 1 * SECOND);
}

/* What was logged since it was asked last. */
static const char *said(struct line *line)
{
	ssize_t size = read(line->reader, line->said, sizeof line->said - 1);

	line->said[size > 0 ? size : 0] = '\0';
	return line->said;
}

#define SILENT_FOR(time)                                                                                     \
	"pbxguard: eth0: no SIP for " time                                                                   \
	" of business hours: if there were calls, they were not seen; look at the "                          \
	"cable, the mirror port and capture.ports (counter silences)\n"
#define BACK_AFTER(time) "pbxguard: eth0: SIP is back, after " time " of business hours without\n"

static void an_hour_without_sip_is_told_once_and_its_end_too(void **state)
{
	struct line *line = *state;

	look(line, 0);
	wait_for(line, 1 * HOUR - 10 * SECOND);
	assert_string_equal(said(line), "");
	assert_int_equal(counter_get(&line->counters, COUNTER_SILENCES), 0);
	wait_for(line, 10 * SECOND);
	assert_string_equal(said(line), SILENT_FOR("60 min"));
	wait_for(line, 5 * HOUR);
	assert_string_equal(said(line), "");
	assert_int_equal(counter_get(&line->counters, COUNTER_SILENCES), 1);
	hear(line);
	assert_string_equal(said(line), BACK_AFTER("6 h"));
	hear(line);
	wait_for(line, 1 * HOUR - 10 * SECOND);
	assert_string_equal(said(line), "");
	wait_for(line, 10 * SECOND);
	assert_string_equal(said(line), SILENT_FOR("60 min"));
	assert_int_equal(counter_get(&line->counters, COUNTER_SILENCES), 2);
}

static void each_message_begins_the_hour_anew(void **state)
{
	struct line *line = *state;

	for (int i = 0; i < 100; i++) {
		wait_for(line, 59 * MINUTE);
		hear(line);
	}
	assert_string_equal(said(line), "");
	assert_int_equal(counter_get(&line->counters, COUNTER_SILENCES), 0);
}

static instant moment(const char *text)
{
	instant when = 0;

	assert_true(instant_parse(text_of(text), &when));
	return when;
}

/* Monday to Friday 09:00-18:00, and a holiday on Monday 2026-11-23. */
static void give_calendar(struct line *line, const char *begin)
{
	struct calendar_settings settings = {0};
	struct local_date holiday = {2026, 11, 23};

	setting_defaults(&calendar_setting_table, &settings);
	line->calendar = calendar_new(&settings);
	assert_true(calendar_add_holiday(line->calendar, holiday, TEXT("holiday")));
	line->clock = moment(begin);
	look(line, 0);
}

static void nights_weekends_and_holidays_do_not_count(void **state)
{
	struct line *line = *state;

	give_calendar(line, "2026-11-20 17:30:00"); /* a Friday */
	wait_for(line, moment("2026-11-24 09:29:50") - line->clock);
	assert_string_equal(said(line), "");
	wait_for(line, 1 * MINUTE);
	assert_string_equal(said(line), SILENT_FOR("60 min"));
}

static void a_call_at_night_is_no_silence(void **state)
{
	struct line *line = *state;

	give_calendar(line, "2026-11-24 17:30:00");
	wait_for(line, 8 * HOUR);
	hear(line);
	wait_for(line, moment("2026-11-25 09:59:00") - line->clock);
	assert_string_equal(said(line), "");
	wait_for(line, 2 * MINUTE);
	assert_string_equal(said(line), SILENT_FOR("60 min"));
}

static void an_interface_that_is_lost_is_not_silent(void **state)
{
	struct line *line = *state;

	look(line, 0);
	wait_for(line, 30 * MINUTE);
	line->is_down = true;
	wait_for(line, 5 * HOUR);
	line->is_down = false;
	wait_for(line, 29 * MINUTE);
	assert_string_equal(said(line), "");
	wait_for(line, 1 * MINUTE);
	assert_string_equal(said(line), SILENT_FOR("60 min"));
}

static void zero_is_never(void **state)
{
	struct line *line = *state;

	line->limit = 0;
	wait_for(line, 24 * HOUR);
	hear(line);
	assert_string_equal(said(line), "");
	assert_int_equal(counter_get(&line->counters, COUNTER_SILENCES), 0);
	line->limit = 1 * HOUR; /* a reload: what was before does not count */
	wait_for(line, 1 * HOUR - 10 * SECOND);
	assert_string_equal(said(line), "");
	wait_for(line, 10 * SECOND);
	assert_string_equal(said(line), SILENT_FOR("60 min"));
}

/* With a limit of seconds a line that stutters would fill the log. */
static void it_is_told_every_ten_minutes_at_most_and_always_counted(void **state)
{
	struct line *line = *state;
	size_t lines = 0;

	line->limit = 10 * SECOND;
	look(line, 0);
	for (int i = 0; i < 100; i++) {
		wait_for(line, 20 * SECOND);
		hear(line);
		for (const char *at = said(line); (at = strchr(at, '\n')) != NULL; at++) {
			lines++;
		}
	}
	assert_int_equal(counter_get(&line->counters, COUNTER_SILENCES), 100);
	assert_int_equal(lines, 2 * 4); /* 35 minutes: each with its end */
	wait_for(line, 9 * MINUTE);
	assert_string_equal(said(line), SILENT_FOR("5 min")); /* as soon as it may be told */
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_hour_without_sip_is_told_once_and_its_end_too),
		TEST(each_message_begins_the_hour_anew),
		TEST(nights_weekends_and_holidays_do_not_count),
		TEST(a_call_at_night_is_no_silence),
		TEST(an_interface_that_is_lost_is_not_silent),
		TEST(zero_is_never),
		TEST(it_is_told_every_ten_minutes_at_most_and_always_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
