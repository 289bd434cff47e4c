/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/money.h"

static void an_amount_is_digits_and_up_to_six_behind_a_point(void **state)
{
	static const struct {
		const char *text;
		money amount; /* below 0: is none */
	} cases[] = {
		{"0", 0},
		{"175", 175 * MONEY_UNIT},
		{"0.5", 500000},
		{"12.345678", 12345678},
		{"12.000001", 12000001},
		{"007", 7 * MONEY_UNIT},
		{"1000", 1000 * MONEY_UNIT}, /* the maximum asked for below */
		{"1000.000001", -1},
		{"1001", -1},
		{"99999999999999999999", -1},
		{"9223372036854775807", -1},
		{"9223372036854", -1},
		{"", -1},
		{".5", -1},
		{"5.", -1},
		{"1.2345678", -1},
		{"1.2.3", -1},
		{"-1", -1},
		{"+1", -1},
		{"1,5", -1},
		{"1 000", -1},
		{"1e3", -1},
		{"\xc2\xa5"
		 "9",
			-1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		money amount = 42;
		assert_int_equal(money_parse(text_of(cases[i].text), 1000 * MONEY_UNIT, &amount),
			cases[i].amount >= 0);
		assert_int_equal(amount, cases[i].amount >= 0 ? cases[i].amount : 42);
	}
}

static void a_currency_is_three_capital_letters(void **state)
{
	static const struct {
		const char *text;
		bool is_code;
	} cases[] = {{"JPY", true}, {"USD", true}, {"jpy", false}, {"YEN ", false}, {"", false},
		{"EURO", false},
		{"\xc2\xa5"
		 "1",
			false}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(currency_is_code(text_of(cases[i].text)), cases[i].is_code);
	}
}

static void sums_stay_at_the_maximum(void **state)
{
	(void)state;
	assert_int_equal(money_add(1, 2), 3);
	assert_int_equal(money_add(MONEY_MAXIMUM, 0), MONEY_MAXIMUM);
	assert_int_equal(money_add(MONEY_MAXIMUM, 1), MONEY_MAXIMUM);
	assert_int_equal(money_add(MONEY_MAXIMUM, MONEY_MAXIMUM), MONEY_MAXIMUM);
	assert_int_equal(money_times(175 * MONEY_UNIT, 0), 0);
	assert_int_equal(money_times(175 * MONEY_UNIT, 3), 525 * MONEY_UNIT);
	assert_int_equal(money_times(MONEY_MAXIMUM, 1), MONEY_MAXIMUM);
	assert_int_equal(money_times(MONEY_MAXIMUM, 2), MONEY_MAXIMUM);
	assert_int_equal(money_times(MONEY_MAXIMUM / 4, UINT32_MAX), MONEY_MAXIMUM);
	assert_int_equal(money_units(15 * MONEY_UNIT - 1), 14);
	assert_int_equal(money_units(15 * MONEY_UNIT), 15);
	assert_int_equal(money_units(MONEY_MAXIMUM), UINT32_MAX);
}

static void amounts_are_shown_as_people_write_them(void **state)
{
	static const struct {
		money amount;
		const char *currency, *text;
	} cases[] = {
		{0, "JPY", "0 JPY"},
		{999 * MONEY_UNIT, "JPY", "999 JPY"},
		{15120 * MONEY_UNIT, "JPY", "15,120 JPY"},
		{1000000 * MONEY_UNIT, "JPY", "1,000,000 JPY"},
		{1000005 * MONEY_UNIT, "JPY", "1,000,005 JPY"},
		{13500, "USD", "0.0135 USD"},
		{1234 * MONEY_UNIT + 500000, "USD", "1,234.5 USD"},
		{1, "USD", "0.000001 USD"},
		{MONEY_MAXIMUM, "USD", "9,223,372,036,854.775807 USD"},
	};
	char buffer[MONEY_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_string_equal(money_format(cases[i].amount, cases[i].currency, buffer), cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_amount_is_digits_and_up_to_six_behind_a_point),
		cmocka_unit_test(a_currency_is_three_capital_letters),
		cmocka_unit_test(sums_stay_at_the_maximum),
		cmocka_unit_test(amounts_are_shown_as_people_write_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
