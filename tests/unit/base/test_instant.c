/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/instant.h"

static void durations_have_a_unit(void **state)
{
	static const struct {
		const char *text;
		bool good;
		duration value;
	} cases[] = {
		{"60s", true, MINUTE},
		{"15min", true, 15 * MINUTE},
		{"12h", true, 12 * HOUR},
		{"90d", true, 90 * DAY},
		{"200ms", true, 200 * MILLISECOND},
		{"15 min", true, 15 * MINUTE},
		{"0s", true, 0},
		{"60", false, 0},
		{"s", false, 0},
		{"", false, 0},
		{"-1s", false, 0},
		{"1m", false, 0},
		{"1.5h", false, 0},
		{"9999999999999d", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		duration value = 0;
		assert_int_equal(duration_parse(text_of(cases[i].text), &value), cases[i].good);
		assert_int_equal(value, cases[i].value);
	}
}

static void durations_are_shown_as_people_say_them(void **state)
{
	static const struct {
		duration value;
		const char *text;
	} cases[] = {
		{12 * HOUR, "12 h"},
		{24 * HOUR, "24 h"},
		{60 * MINUTE, "60 min"},
		{MINUTE, "1 min"},
		{90 * SECOND, "90 s"},
		{90 * DAY, "90 d"},
		{0, "0 ms"},
	};
	char buffer[DURATION_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_string_equal(duration_format(cases[i].value, buffer), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_a_unit),
		cmocka_unit_test(durations_are_shown_as_people_say_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
