/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/call/dial_pattern.h"

static void a_pattern_says_how_a_string_begins(void **state)
{
	static const struct {
		const char *pattern, *text;
		int size; /* what it takes; -1: it does not fit */
	} cases[] = {
		{"010", "0101246", 3},
		{"010", "010", 3},
		{"010", "01", -1},
		{"010", "", -1},
		{"0X", "00", 2},
		{"0X", "0+", -1},
		{"0Z", "01", 2},
		{"0Z", "00", -1},
		{"N", "2", 1},
		{"N", "1", -1},
		{"00[3-8]X", "0033", 4},
		{"00[3-8]X", "0023", -1},
		{"[357]", "5", 1},
		{"[357]", "4", -1},
		{"[13-58]", "8", 1},
		{"[13-58]", "2", -1},
		{"*31#", "*31#1", 4},
		{"*31#", "*311", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *pattern = cases[i].pattern;
		size_t size = 99;
		bool fits = dial_pattern_begins(&pattern, text_of(cases[i].text), &size);

		assert_int_equal(fits ? (int)size : -1, cases[i].size);
		assert_string_equal(pattern, fits ? "" : cases[i].pattern);
	}
}

static void pieces_are_taken_one_by_one(void **state)
{
	const char *pattern = "1010XXX 011";
	size_t size;

	(void)state;
	assert_true(dial_pattern_begins(&pattern, TEXT("1010333011"), &size));
	assert_int_equal(size, 7);
	assert_string_equal(pattern, "011");
	assert_true(dial_pattern_begins(&pattern, TEXT("011"), &size));
	assert_int_equal(size, 3);
	assert_string_equal(pattern, "");
}

static void a_length_is_a_number_or_a_span(void **state)
{
	(void)state;
	assert_true(dial_length_contains("10", 10));
	assert_false(dial_length_contains("10", 9));
	assert_true(dial_length_contains("5-8", 5));
	assert_true(dial_length_contains("5-8", 8));
	assert_false(dial_length_contains("5-8", 4));
	assert_false(dial_length_contains("5-8", 9));
	assert_false(dial_length_contains("", 0));
}

static void a_wrong_pattern_is_told_in_a_sentence(void **state)
{
	static const char *const good[] = {"010", "0X", "00[3-8]X", "[357]", "[13-58]N"};
	static const char *const bad[] = {"", " ", "0Y", "00[3", "00]", "[]", "[8-3]", "[3-]", "[-3]",
		"[3-5-8]", "0 1", "+81", "*67", "0x"};
	char why[SETTING_CHECK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_true(dial_pattern_check(text_of(good[i]), why));
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		why[0] = '\0';
		assert_false(dial_pattern_check(text_of(bad[i]), why));
		assert_memory_equal(why, "is no pattern; ", 15);
	}
	assert_true(dial_pieces_check(TEXT("1010XXX 011"), why));
	assert_false(dial_pieces_check(TEXT("1010XXX  011"), why));
	assert_false(dial_pieces_check(TEXT("011 "), why));
	assert_true(dial_pattern_check_codes(TEXT("*31#"), why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_says_how_a_string_begins),
		cmocka_unit_test(pieces_are_taken_one_by_one),
		cmocka_unit_test(a_length_is_a_number_or_a_span),
		cmocka_unit_test(a_wrong_pattern_is_told_in_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
