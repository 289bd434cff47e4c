/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/local_time.h"

/* 2026-07-19T17:11:05Z: in Tokyo already Monday, Marine Day. */
#define MARINE_NIGHT (1784481065 * SECOND + 123456)

static void an_instant_is_shown_in_the_zone(void **state)
{
	char buffer[INSTANT_TEXT_SIZE];
	struct local_time local;

	(void)state;
	time_zone_set("Asia/Tokyo");
	assert_string_equal(instant_format(MARINE_NIGHT, buffer), "2026-07-20T02:11:05.123456+09:00");
	assert_string_equal(instant_format_short(MARINE_NIGHT, buffer), "2026-07-20 02:11:05");
	local_time_of(MARINE_NIGHT, &local);
	assert_int_equal(local.weekday, 0);
	time_zone_set("America/New_York");
	assert_string_equal(instant_format(MARINE_NIGHT, buffer), "2026-07-19T13:11:05.123456-04:00");
	local_time_of(MARINE_NIGHT, &local);
	assert_int_equal(local.weekday, 6);
	time_zone_set("Asia/Kolkata");
	assert_string_equal(instant_format(MARINE_NIGHT, buffer), "2026-07-19T22:41:05.123456+05:30");
	time_zone_set("Asia/Tokyo");
}

static void a_time_before_1970_is_no_trap(void **state)
{
	char buffer[INSTANT_TEXT_SIZE];

	(void)state;
	time_zone_set("UTC");
	assert_string_equal(instant_format(-1, buffer), "1969-12-31T23:59:59.999999+00:00");
	time_zone_set("Asia/Tokyo");
}

static void each_minute_has_the_clock_of_its_own(void **state)
{
	/* To and from summer time, a second before and at the change; and a zone whose minutes were its own.
	 */
	static const struct {
		const char *zone, *utc, *local;
	} cases[] = {
		{"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00"},
		{"Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25 02:00:00"},
		{"Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25 02:59:59"},
		{"Asia/Kathmandu", "2026-10-25T00:59:59Z", "2026-10-25 06:44:59"},
		{"Asia/Kathmandu", "2026-10-25T00:59:00Z", "2026-10-25 06:44:00"},
		{"Africa/Monrovia", "1971-06-01T12:00:29Z", "1971-06-01 11:15:59"},
		{"Africa/Monrovia", "1971-06-01T12:00:30Z", "1971-06-01 11:16:00"},
		{"Africa/Monrovia", "1971-06-01T12:00:29Z", "1971-06-01 11:15:59"},
	};
	char buffer[INSTANT_TEXT_SIZE];
	instant when;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		time_zone_set("UTC");
		assert_true(instant_parse(text_of(cases[i].utc), &when));
		instant_format_short(when, buffer); /* the same minute, by another clock */
		time_zone_set(cases[i].zone);
		for (int again = 0; again < 2; again++) {
			assert_string_equal(instant_format_short(when, buffer), cases[i].local);
		}
	}
	time_zone_set("Asia/Tokyo");
}

static void times_are_read_as_people_and_machines_write_them(void **state)
{
	static const struct {
		const char *text;
		bool good;
		instant when;
	} cases[] = {
		{"2026-07-20T02:11:05.123456+09:00", true, MARINE_NIGHT},
		{"2026-07-19T17:11:05Z", true, 1784481065 * SECOND},
		{"2026-07-20 02:11", true, 1784481060 * SECOND},
		{"2026-07-20 02:11:05", true, 1784481065 * SECOND},
		{"2026-07-20T02:11:05", true, 1784481065 * SECOND},
		{"2026-02-30 02:11", false, 0},
		{"2026-07-20 24:00", false, 0},
		{"2026-07-20", false, 0},
		{"2026-07-20 02:11 ", false, 0},
		{"yesterday", false, 0},
		{"", false, 0},
	};
	(void)state;
	time_zone_set("Asia/Tokyo");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		instant when = 0;
		assert_int_equal(instant_parse(text_of(cases[i].text), &when), cases[i].good);
		assert_int_equal(when, cases[i].when);
	}
}

static void the_day_before_crosses_months_and_years(void **state)
{
	static const struct {
		struct local_date date, before;
	} cases[] = {
		{{2026, 7, 20}, {2026, 7, 19}},
		{{2026, 1, 1}, {2025, 12, 31}},
		{{2024, 3, 1}, {2024, 2, 29}},
		{{2026, 3, 1}, {2026, 2, 28}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(local_date_compare(local_date_before(cases[i].date), cases[i].before), 0);
	}
}

static void a_zone_exists_or_not(void **state)
{
	(void)state;
	assert_true(time_zone_exists("Asia/Tokyo"));
	assert_false(time_zone_exists("Asia/Tokio"));
	assert_false(time_zone_exists("Asia"));
	assert_false(time_zone_exists("../../../etc/hostname"));
	assert_false(time_zone_exists(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instant_is_shown_in_the_zone),
		cmocka_unit_test(a_time_before_1970_is_no_trap),
		cmocka_unit_test(each_minute_has_the_clock_of_its_own),
		cmocka_unit_test(times_are_read_as_people_and_machines_write_them),
		cmocka_unit_test(the_day_before_crosses_months_and_years),
		cmocka_unit_test(a_zone_exists_or_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
