/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/shown_number.h"

static void a_number_is_read_without_what_stands_around_it(void **state)
{
	static const struct {
		const char *user, *digits; /* NULL: none */
	} cases[] = {
		{"+81312345678", "81312345678"},
		{"0312345678", "312345678"},
		{"%2B81312345678", "81312345678"},
		{"+81-3-1234-5678", "81312345678"},
		{"(03) 1234.5678", "312345678"},
		{"0312345678;phone-context=+81", "312345678"},
		{"01081312345678", "1081312345678"},
		{"12345678", "12345678"},
		{"00012345678", "12345678"},
		{"12345678901234567890", "12345678901234567890"},
		{"123456789012345678901", NULL},
		{"1234567", NULL}, /* an extension, or a number without its area */
		{"00001234567", NULL},
		{"1001", NULL},
		{"", NULL},
		{"+", NULL},
		{"0000000000", NULL},
		{"anonymous", NULL},
		{"Anonymous", NULL},
		{"alice", NULL},
		{"trunk0312345678", NULL},
		{"0312345678x", NULL},
		{"81+312345678", NULL},
		{"*67312345678", NULL},
		{"03%0012345678", NULL},
		{"0000000000000000000000000000000000000000000000000000000000000000312345678", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct shown_number number = {.size = 99};
		assert_int_equal(shown_number_read(text_of(cases[i].user), &number), cases[i].digits != NULL);
		if (cases[i].digits == NULL) {
			assert_int_equal(number.size, 99);
		} else {
			assert_string_equal(number.digits, cases[i].digits);
			assert_int_equal(number.size, strlen(cases[i].digits));
		}
	}
}

static void the_same_number_is_known_however_it_is_written(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
		{"+81312345678", "0312345678", true},
		{"+81312345678", "81312345678", true},
		{"+81312345678", "312345678", true},
		{"+81312345678", "12345678", true},
		{"+81312345678", "01081312345678", true},
		{"+81312345678", "0312345679", false},
		{"+81312345678", "0612345678", false},
		{"+81312345678", "+82312345678", false}, /* the same end, but neither is the other's */
		{"+819012345678", "09012345678", true},
		{"+12465550123", "2465550123", true},
		{"+12465550123", "+442465550123", false},
	};
	struct shown_number a, b;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(shown_number_read(text_of(cases[i].a), &a));
		assert_true(shown_number_read(text_of(cases[i].b), &b));
		assert_int_equal(shown_number_equal(&a, &b), cases[i].equal);
		assert_int_equal(shown_number_equal(&b, &a), cases[i].equal);
		assert_true(!cases[i].equal || shown_number_tail(&a) == shown_number_tail(&b));
	}
}

static void the_tail_is_the_last_eight_digits(void **state)
{
	struct shown_number number;

	(void)state;
	assert_true(shown_number_read(TEXT("+81312345678"), &number));
	assert_int_equal(shown_number_tail(&number), 12345678);
	assert_true(shown_number_read(TEXT("99999999999999999999"), &number));
	assert_int_equal(shown_number_tail(&number), 99999999);
}

static void the_sites_numbers_are_its_own(void **state)
{
	struct site site = {.number_count = 2, .numbers = {"+81312345678", "+81120999888"}};
	struct shown_number number;

	(void)state;
	assert_true(shown_number_read(TEXT("0120999888"), &number));
	assert_true(shown_number_is_sites(&number, &site));
	assert_true(shown_number_read(TEXT("0120999887"), &number));
	assert_false(shown_number_is_sites(&number, &site));
	site.number_count = 0;
	assert_true(shown_number_read(TEXT("0312345678"), &number));
	assert_false(shown_number_is_sites(&number, &site));
}

static void a_block_of_numbers_is_the_sites(void **state)
{
	static const struct {
		const char *shown;
		bool is_sites;
	} cases[] = {
		{"+81312345600", true},
		{"0312345650", true},
		{"81312345699", true},
		{"312345699", true},
		{"12345699", true}, /* without its area, as numbers alone are known, too */
		{"0312345599", false},
		{"0312345700", false},
		{"+81612345650", false},
		{"+81311112345", true},
		{"+81311119999", true},
		{"+81311120000", false},
		{"+81311112344", false},
		{"0120999888", true},
	};
	struct site site = {.number_count = 3,
		.numbers = {"+81312345600..99", "+81311112345..+81311119999", "+81120999888"}};
	struct shown_number number;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(shown_number_read(text_of(cases[i].shown), &number));
		assert_int_equal(shown_number_is_sites(&number, &site), cases[i].is_sites);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_read_without_what_stands_around_it),
		cmocka_unit_test(the_same_number_is_known_however_it_is_written),
		cmocka_unit_test(the_tail_is_the_last_eight_digits),
		cmocka_unit_test(the_sites_numbers_are_its_own),
		cmocka_unit_test(a_block_of_numbers_is_the_sites),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
