/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/text.h"

static void assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.size, strlen(expected));
	assert_memory_equal(text.size == 0 ? "" : text.start, expected, text.size);
}

static void splitting_gives_each_piece_once(void **state)
{
	struct text rest = TEXT("a,,b,"), piece;

	(void)state;
	assert_true(text_split(&rest, ',', &piece));
	assert_text(piece, "a");
	assert_true(text_split(&rest, ',', &piece));
	assert_text(piece, "");
	assert_true(text_split(&rest, ',', &piece));
	assert_text(piece, "b");
	assert_false(text_split(&rest, ',', &piece));
}

static void numbers_are_digits_within_a_maximum(void **state)
{
	static const struct {
		const char *text;
		uint64_t maximum;
		bool good;
		uint64_t value;
	} cases[] = {
		{"0", 0, true, 0},
		{"5", 4, false, 0},
		{"65535", 65535, true, 65535},
		{"65536", 65535, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"", 9, false, 0},
		{"1a", 99, false, 0},
		{"-1", 99, false, 0},
		{" 1", 99, false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t value = 0;
		assert_int_equal(
			text_to_number(text_of(cases[i].text), cases[i].maximum, &value), cases[i].good);
		assert_int_equal(value, cases[i].value);
	}
}

static void what_is_shown_can_not_break_a_line_or_a_terminal(void **state)
{
	static const struct {
		struct text text;
		const char *safe;
	} cases[] = {
		{TEXT_CONSTANT("plain"), "plain"},
		{TEXT_CONSTANT("海の日"), "海の日"},
		{TEXT_CONSTANT("a\r\nb"), "a\\x0D\\x0Ab"},
		{TEXT_CONSTANT("\x1b[31m"), "\\x1B[31m"},
		{TEXT_CONSTANT("back\\slash"), "back\\x5Cslash"},
		{TEXT_CONSTANT("nul\0!"), "nul\\x00!"},
		{TEXT_CONSTANT("\xff\xfe"), "\\xFF\\xFE"},
		{TEXT_CONSTANT("\xc0\xaf"), "\\xC0\\xAF"},          /* overlong */
		{TEXT_CONSTANT("\xed\xa0\x80"), "\\xED\\xA0\\x80"}, /* surrogate */
		{TEXT_CONSTANT("\xc2\x85"), "\\xC2\\x85"},          /* C1 next line */
		{TEXT_CONSTANT("\xe2\x80\xa8"), "\\xE2\\x80\\xA8"}, /* line separator */
		{TEXT_CONSTANT("\xe2\x80\xae"), "\\xE2\\x80\\xAE"}, /* right-to-left override */
		{TEXT_CONSTANT("cut \xe6\xb5"), "cut \\xE6\\xB5"},
	};
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_string_equal(text_make_safe(cases[i].text, buffer, sizeof buffer), cases[i].safe);
		assert_true(text_is_safe(text_of(cases[i].safe)));
		/* Of one with a backslash nobody knows whether it was made safe. */
		assert_true(text_is_safe(cases[i].text) ==
			    (i < 2 || text_find(cases[i].text, '\\') < cases[i].text.size));
	}
}

static void making_safe_cuts_at_a_whole_character(void **state)
{
	char buffer[6];

	(void)state;
	assert_string_equal(text_make_safe(TEXT("海の日"), buffer, sizeof buffer), "海");
	assert_string_equal(text_make_safe(TEXT("ab\ncd"), buffer, sizeof buffer), "ab");
}

static void percent_escapes_are_decoded_and_broken_ones_left(void **state)
{
	static const struct {
		const char *text, *decoded;
	} cases[] = {
		{"%31%31%30", "110"},
		{"0101246", "0101246"},
		{"%2B81", "+81"},
		{"%2b81", "+81"},
		{"%", "%"},
		{"%3", "%3"},
		{"%zz1", "%zz1"},
		{"1%31", "11"},
	};
	char buffer[32];
	struct text decoded;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(text_decode_percent(text_of(cases[i].text), buffer, sizeof buffer, &decoded));
		assert_text(decoded, cases[i].decoded);
	}
	assert_false(text_decode_percent(TEXT("12345"), buffer, 4, &decoded));
	assert_text(decoded, "1234");
}

static void case_is_ignored_for_letters_only(void **state)
{
	(void)state;
	assert_true(text_equal_ignoring_case(TEXT("Call-ID"), TEXT("call-id")));
	assert_false(text_equal_ignoring_case(TEXT("a["), TEXT("a{")));
	assert_false(text_equal_ignoring_case(TEXT("a"), TEXT("ab")));
	assert_true(text_begins_ignoring_case(TEXT("SIP/2.0 200"), TEXT("sip/2.0 ")));
}

static void copying_says_when_it_cuts(void **state)
{
	char buffer[4];

	(void)state;
	assert_true(text_copy(TEXT("abc"), buffer, sizeof buffer));
	assert_string_equal(buffer, "abc");
	assert_false(text_copy(TEXT("abcd"), buffer, sizeof buffer));
	assert_string_equal(buffer, "abc");
}

static void trimming_leaves_what_is_inside(void **state)
{
	(void)state;
	assert_text(text_trim(TEXT(" \t a b\r\n")), "a b");
	assert_text(text_trim(TEXT(" \r\n")), "");
}

static void only_whole_characters_are_utf8(void **state)
{
	size_t at = 0;

	(void)state;
	assert_true(text_is_utf8(TEXT(""), &at));
	assert_true(text_is_utf8(TEXT("site \xE6\x9D\xB1\xE4\xBA\xAC"), &at));
	assert_false(text_is_utf8(TEXT("ab\x93\x8C"), &at)); /* Shift_JIS */
	assert_int_equal(at, 2);
	assert_false(text_is_utf8(TEXT("a\xE6\x9D"), &at));
	assert_int_equal(at, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splitting_gives_each_piece_once),
		cmocka_unit_test(numbers_are_digits_within_a_maximum),
		cmocka_unit_test(what_is_shown_can_not_break_a_line_or_a_terminal),
		cmocka_unit_test(making_safe_cuts_at_a_whole_character),
		cmocka_unit_test(percent_escapes_are_decoded_and_broken_ones_left),
		cmocka_unit_test(case_is_ignored_for_letters_only),
		cmocka_unit_test(only_whole_characters_are_utf8),
		cmocka_unit_test(copying_says_when_it_cuts),
		cmocka_unit_test(trimming_leaves_what_is_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
