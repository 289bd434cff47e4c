/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/call/short_number.h"

static const struct dial_plan plan = {
	.emergency_count = 2,
	.emergency = {{"110", "police"}, {"18000", "text relay"}},
	.service_count = 1,
	.services = {{"116123", "emotional support"}},
	.service_code_count = 3,
	.service_codes = {"184", "186", "*31#"},
};

static const struct site plain, with_line = {.outside_line_count = 1, .outside_line = {"8456"}};

static void whatever_may_be_an_emergency_number_is_one(void **state)
{
	static const char *const dialled[] = {
		"110",
		"18000",
		"116123", /* as they stand */
		"0110",
		"9110",
		"99110", /* behind digits that may mean a line */
		"184110",
		"0184110",
		"1840110", /* and behind codes */
		"*31#110",
		"0*31#0110",
		"184184184184184110",
		"+110",
		"+0110",
		"0+110",
		"110#",
		"9116123",
		"9116123##",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(dialled); i++) {
		if (!short_number_may_be(&plan, &plain, text_of(dialled[i]))) {
			fail_msg("%s may be a short number", dialled[i]);
		}
	}
	assert_true(short_number_may_be(&plan, &with_line, TEXT("8456110")));
	assert_true(short_number_may_be(&plan, &with_line, TEXT("184845699110")));
}

static void a_number_that_only_ends_so_is_none(void **state)
{
	static const char *const dialled[] = {"", "#", "0", "11", "1100", "110*", "000110", "+12465550110",
		"01012465550110", "1846110184", "8456110", "184184184184184184184184184110", "0312345110",
		"010817110"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(dialled); i++) {
		if (short_number_may_be(&plan, &plain, text_of(dialled[i]))) {
			fail_msg("%s is no short number", dialled[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_may_be_an_emergency_number_is_one),
		cmocka_unit_test(a_number_that_only_ends_so_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
