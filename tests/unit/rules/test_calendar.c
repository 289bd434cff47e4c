/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/calendar.h"

static void set_hours(struct calendar_settings *settings, const char *const days[CALENDAR_DAYS])
{
	for (size_t i = 0; i < CALENDAR_DAYS; i++) {
		strcpy(settings->business_hours.days[i], days[i]);
	}
}

static void close_days(struct calendar_settings *settings, const char *days)
{
	strcpy(settings->closed[settings->closed_count++], days);
}

static void add_holiday(struct calendar *calendar, const char *date, const char *name)
{
	struct local_date day;

	assert_true(local_date_parse(text_of(date), &day));
	assert_true(calendar_add_holiday(calendar, day, text_of(name)));
}

static void expect(const struct calendar *calendar, const char *when, const char *text)
{
	struct calendar_reading reading;
	instant then = 0;

	assert_true(instant_parse(text_of(when), &then));
	calendar_read(calendar, then, &reading);
	if (strcmp(reading.text, text) != 0) {
		print_error("%s\n", when);
	}
	assert_string_equal(reading.text, text);
	assert_int_equal(reading.is_open, strcmp(text, "open") == 0);
}

struct expectation {
	const char *when, *text;
};

static void expect_all(const struct calendar *calendar, const struct expectation *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		expect(calendar, cases[i].when, cases[i].text);
	}
}

static void the_default_is_monday_to_friday_nine_to_six(void **state)
{
	static const struct expectation cases[] = {
		{"2026-11-20 08:59:59", "night"}, /* a Friday */
		{"2026-11-20 09:00", "open"},
		{"2026-11-20 17:59:59", "open"},
		{"2026-11-20 18:00", "night"},
		{"2026-11-21 12:00", "weekend"},
		{"2026-11-22 12:00", "weekend"},
		{"2026-11-23 00:00", "night"},
		{"2026-11-23 12:00", "open"},
	};
	struct calendar_settings settings = {0};

	(void)state;
	setting_defaults(&calendar_setting_table, &settings);
	struct calendar *calendar = calendar_new(&settings);
	expect_all(calendar, cases, COUNT_OF(cases));
	calendar_free(calendar);
}

static void once_a_day_is_named_the_others_have_no_hours(void **state)
{
	struct calendar_settings settings = {0};

	(void)state;
	setting_defaults(&calendar_setting_table, &settings);
	strcpy(settings.business_hours.days[5], "10:00-12:00");
	struct calendar *calendar = calendar_new(&settings);
	expect(calendar, "2026-11-21 11:00", "open");
	expect(calendar, "2026-11-20 11:00", "weekend");
	calendar_free(calendar);
}

static void a_site_without_any_hours_is_always_closed(void **state)
{
	struct calendar_settings settings = {0};

	(void)state;
	setting_defaults(&calendar_setting_table, &settings);
	strcpy(settings.business_hours.days[0], "");
	struct calendar *calendar = calendar_new(&settings);
	expect(calendar, "2026-11-20 11:00", "weekend");
	calendar_free(calendar);
}

static void a_day_may_have_several_spans(void **state)
{
	static const char *const days[] = {"09:00-12:00,13:00-18:00", "00:00-24:00", "", "", "", "", ""};
	static const struct expectation cases[] = {
		{"2026-11-23 11:59", "open"},
		{"2026-11-23 12:00", "night"},
		{"2026-11-23 12:59", "night"},
		{"2026-11-23 13:00", "open"},
		{"2026-11-23 23:59", "night"},
		{"2026-11-24 00:00", "open"},
		{"2026-11-24 23:59:59", "open"},
		{"2026-11-25 00:00", "weekend"},
	};
	struct calendar_settings settings = {0};

	(void)state;
	set_hours(&settings, days);
	struct calendar *calendar = calendar_new(&settings);
	expect_all(calendar, cases, COUNT_OF(cases));
	calendar_free(calendar);
}

/* Monday 2026-07-20 is Marine Day; Friday 07-24 is made a holiday and Sunday 07-26 a closing day. */
static void hours_over_midnight_belong_to_the_day_they_begin(void **state)
{
	static const char *const days[] = {
		"09:00-18:00", "09:00-18:00", "09:00-18:00", "09:00-18:00", "22:00-06:00", "", "22:00-06:00"};
	static const struct expectation cases[] = {
		{"2026-07-17 21:59", "night"},
		{"2026-07-17 22:00", "open"},
		{"2026-07-18 02:00", "open"}, /* Saturday, by Friday's hours */
		{"2026-07-18 05:59", "open"},
		{"2026-07-18 06:00", "weekend"},
		{"2026-07-20 02:00", "open"}, /* a holiday's early hours, by Sunday's */
		{"2026-07-20 06:00", "holiday: 海の日"},
		{"2026-07-20 10:00", "holiday: 海の日"},
		{"2026-07-21 02:00", "night"},
		{"2026-07-24 23:00", "holiday: スポーツの日"},
		{"2026-07-25 02:00", "weekend"}, /* Friday was a holiday */
		{"2026-07-26 23:00", "closing day"},
		{"2026-07-27 02:00", "night"},
	};
	struct calendar_settings settings = {0};

	(void)state;
	set_hours(&settings, days);
	close_days(&settings, "2026-07-26");
	struct calendar *calendar = calendar_new(&settings);
	add_holiday(calendar, "2026-07-24", "スポーツの日");
	add_holiday(calendar, "2026-07-20", "海の日");
	expect_all(calendar, cases, COUNT_OF(cases));
	calendar_free(calendar);
}

static void of_several_reasons_the_first_is_told(void **state)
{
	static const struct expectation cases[] = {
		{"2026-12-29 12:00", "closing day"}, {"2026-12-31 23:59:59", "closing day"},
		{"2027-01-01 12:00", "closing day"}, /* and New Year's Day */
		{"2027-01-03 12:00", "closing day"}, /* and a Sunday */
		{"2027-01-04 12:00", "open"}, {"2026-12-28 12:00", "open"},
		{"2026-11-03 02:00", "holiday: 文化の日"},   /* and night */
		{"2026-05-03 12:00", "holiday: 憲法記念日"}, /* and a Sunday */
		{"2026-11-22 02:00", "weekend"},             /* and night */
	};
	struct calendar_settings settings = {0};

	(void)state;
	setting_defaults(&calendar_setting_table, &settings);
	close_days(&settings, "12-29..01-03");
	struct calendar *calendar = calendar_new(&settings);
	add_holiday(calendar, "2027-01-01", "元日");
	add_holiday(calendar, "2026-05-03", "憲法記念日");
	add_holiday(calendar, "2026-11-03", "文化の日");
	expect_all(calendar, cases, COUNT_OF(cases));
	calendar_free(calendar);
}

static void closing_days_come_each_year_or_once(void **state)
{
	static const struct expectation cases[] = {
		{"2026-08-12 12:00", "open"},
		{"2026-08-13 12:00", "closing day"},
		{"2026-08-14 12:00", "closing day"},
		{"2027-08-13 12:00", "open"},
		{"2026-06-01 12:00", "closing day"}, /* 06-01 */
		{"2027-06-01 12:00", "closing day"},
		{"2026-06-02 12:00", "open"},
		{"2028-02-29 12:00", "closing day"}, /* 02-29 */
		{"2028-03-01 12:00", "open"},
		{"2026-09-15 12:00", "closing day"}, /* 2026-09-15 */
		{"2027-09-15 12:00", "open"},
	};
	struct calendar_settings settings = {0};

	(void)state;
	setting_defaults(&calendar_setting_table, &settings);
	close_days(&settings, "2026-08-13..2026-08-16");
	close_days(&settings, "06-01");
	close_days(&settings, "02-29");
	close_days(&settings, "2026-09-15");
	struct calendar *calendar = calendar_new(&settings);
	expect_all(calendar, cases, COUNT_OF(cases));
	calendar_free(calendar);
}

/* The same wall clock means the same hours in every zone, before, during and after summer time. */
static void the_clock_on_the_wall_decides_in_every_zone(void **state)
{
	static const struct {
		const char *zone, *when, *text;
	} cases[] = {
		{"Europe/Berlin", "2026-03-27T07:59:59Z", "night"}, /* 08:59:59 in winter */
		{"Europe/Berlin", "2026-03-27T08:00:00Z", "open"},
		{"Europe/Berlin", "2026-03-30T06:59:59Z", "night"}, /* 08:59:59 in summer */
		{"Europe/Berlin", "2026-03-30T07:00:00Z", "open"},
		{"Europe/Berlin", "2026-10-23T15:59:59Z", "open"}, /* 17:59:59 in summer */
		{"Europe/Berlin", "2026-10-23T16:00:00Z", "night"},
		{"Europe/Berlin", "2026-10-26T16:59:59Z", "open"}, /* 17:59:59 in winter */
		{"Europe/Berlin", "2026-10-26T17:00:00Z", "night"},
		/* Sunday 2026-03-29 has no 02:30, 2026-10-25 has it twice; Saturday's shift is 22:00-03:00.
		 */
		{"Europe/Berlin", "2026-03-29T00:59:59Z", "open"},    /* 01:59:59 */
		{"Europe/Berlin", "2026-03-29T01:00:00Z", "weekend"}, /* 03:00 */
		{"Europe/Berlin", "2026-10-25T00:30:00Z", "open"},    /* 02:30 the first time */
		{"Europe/Berlin", "2026-10-25T01:30:00Z", "open"},    /* 02:30 again */
		{"Europe/Berlin", "2026-10-25T02:00:00Z", "weekend"}, /* 03:00 */
		{"America/New_York", "2026-03-06T13:59:59Z", "night"},
		{"America/New_York", "2026-03-06T14:00:00Z", "open"},
		{"America/New_York", "2026-03-09T13:00:00Z", "open"},
		{"America/New_York", "2026-11-02T13:59:59Z", "night"},
		{"America/New_York", "2026-11-02T14:00:00Z", "open"},
		{"America/New_York", "2026-11-01T06:30:00Z", "open"}, /* 01:30 again */
		{"Asia/Kolkata", "2026-11-20T03:29:59Z", "night"},
		{"Asia/Kolkata", "2026-11-20T03:30:00Z", "open"},
		{"Asia/Kolkata", "2026-11-20T12:30:00Z", "night"},
	};
	static const char *const days[] = {
		"09:00-18:00", "09:00-18:00", "09:00-18:00", "09:00-18:00", "09:00-18:00", "22:00-03:00", ""};
	struct calendar_settings settings = {0};

	(void)state;
	set_hours(&settings, days);
	struct calendar *calendar = calendar_new(&settings);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		time_zone_set(cases[i].zone);
		expect(calendar, cases[i].when, cases[i].text);
	}
	time_zone_set("Asia/Tokyo");
	calendar_free(calendar);
}

static void a_mistake_in_the_hours_is_explained(void **state)
{
	static const struct {
		const char *value;
		bool good;
		const char *word; /* in the explanation */
	} cases[] = {
		{"", true, NULL},
		{"09:00-18:00", true, NULL},
		{"09:00-12:00, 13:00-18:00", true, NULL},
		{"22:00-06:00", true, NULL},
		{"00:00-24:00", true, NULL},
		{"9:00-18:00", false, "write it like"},
		{"09:00-24:01", false, "write it like"},
		{"09:60-18:00", false, "write it like"},
		{"09:00–18:00", false, "write it like"},
		{"default", false, "write it like"},
		{"09:00-12:00,,13:00-18:00", false, "write it like"},
		{"24:00-06:00", false, "24:00"},
		{"09:00-09:00", false, "whole day"},
		{"00:00-01:00,01:00-02:00,02:00-03:00,03:00-04:00,04:00-05:00,05:00-06:00,06:00-07:00,07:00-"
		 "08:00,08:00-09:00",
			false, "eight"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char why[SETTING_CHECK_TEXT_SIZE] = "";
		assert_int_equal(calendar_check_hours(text_of(cases[i].value), why), cases[i].good);
		assert_true(cases[i].good || strstr(why, cases[i].word) != NULL);
	}
}

static void a_mistake_in_the_closing_days_is_explained(void **state)
{
	static const struct {
		const char *value;
		bool good;
		const char *word;
	} cases[] = {
		{"08-15", true, NULL},
		{"02-29", true, NULL},
		{"12-29..01-03", true, NULL},
		{"2026-08-13..2026-08-16", true, NULL},
		{"2026-08-15", true, NULL},
		{"02-30", false, "names no days"},
		{"2026-02-29", false, "names no days"},
		{"", false, "names no days"},
		{"..", false, "names no days"},
		{"12-29..", false, "names no days"},
		{"12-29-01-03", false, "names no days"},
		{"2026-12-29..01-03", false, "one side"},
		{"2026-08-16..2026-08-13", false, "before it begins"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char why[SETTING_CHECK_TEXT_SIZE] = "";
		assert_int_equal(calendar_check_closed(text_of(cases[i].value), why), cases[i].good);
		assert_true(cases[i].good || strstr(why, cases[i].word) != NULL);
	}
}

static void many_holidays_in_any_order_are_all_found(void **state)
{
	struct calendar_settings settings = {0};
	struct local_date last;

	(void)state;
	setting_defaults(&calendar_setting_table, &settings);
	struct calendar *calendar = calendar_new(&settings);
	assert_false(calendar_last_holiday(calendar, &last));
	for (int i = 0; i < 300; i++) {
		int day = i * 7 % 300; /* each once, mixed */
		struct local_date date = {2020 + day / 100, 1 + day % 100 / 10, 1 + day % 10};
		assert_true(calendar_add_holiday(calendar, date, TEXT("x")));
		assert_true(calendar_add_holiday(calendar, date, TEXT("second name")));
	}
	assert_int_equal(calendar_holiday_count(calendar), 300);
	assert_true(calendar_last_holiday(calendar, &last));
	assert_int_equal(local_date_compare(last, (struct local_date){2022, 10, 10}), 0);
	expect(calendar, "2021-06-10 12:00", "holiday: x");
	expect(calendar, "2021-06-11 12:00", "open");
	calendar_free(calendar);
}

static void a_holidays_name_is_made_safe_and_cut(void **state)
{
	struct calendar_settings settings = {0};
	char long_name[200];

	(void)state;
	setting_defaults(&calendar_setting_table, &settings);
	struct calendar *calendar = calendar_new(&settings);
	add_holiday(calendar, "2026-11-23", "a\nb");
	memset(long_name, 'x', sizeof long_name);
	long_name[sizeof long_name - 1] = '\0';
	add_holiday(calendar, "2026-11-24", long_name);
	expect(calendar, "2026-11-23 12:00", "holiday: a\\x0Ab");
	struct calendar_reading reading;
	instant when = 0;
	assert_true(instant_parse(TEXT("2026-11-24 12:00"), &when));
	calendar_read(calendar, when, &reading);
	assert_int_equal(strlen(reading.text), CALENDAR_TEXT_SIZE - 1);
	calendar_free(calendar);
}

/* A capture may carry any time; none may lead astray. */
static void a_time_out_of_this_world_is_no_trap(void **state)
{
	static const instant times[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};
	struct calendar_settings settings = {0};
	struct calendar_reading reading;

	(void)state;
	setting_defaults(&calendar_setting_table, &settings);
	struct calendar *calendar = calendar_new(&settings);
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		calendar_read(calendar, times[i], &reading);
		assert_true(reading.text[0] != '\0');
	}
	calendar_free(calendar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_monday_to_friday_nine_to_six),
		cmocka_unit_test(once_a_day_is_named_the_others_have_no_hours),
		cmocka_unit_test(a_site_without_any_hours_is_always_closed),
		cmocka_unit_test(a_day_may_have_several_spans),
		cmocka_unit_test(hours_over_midnight_belong_to_the_day_they_begin),
		cmocka_unit_test(of_several_reasons_the_first_is_told),
		cmocka_unit_test(closing_days_come_each_year_or_once),
		cmocka_unit_test(the_clock_on_the_wall_decides_in_every_zone),
		cmocka_unit_test(a_mistake_in_the_hours_is_explained),
		cmocka_unit_test(a_mistake_in_the_closing_days_is_explained),
		cmocka_unit_test(many_holidays_in_any_order_are_all_found),
		cmocka_unit_test(a_holidays_name_is_made_safe_and_cut),
		cmocka_unit_test(a_time_out_of_this_world_is_no_trap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
