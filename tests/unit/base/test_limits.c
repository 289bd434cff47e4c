/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/limits.h"

#define MIB ((size_t)1024 * 1024)

static void the_shares_and_the_fixed_part_make_the_whole(void **state)
{
	static const uint32_t limits[] = {96, 256, 65536};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		const struct limits_settings settings = {limits[i]};
		assert_true(limits_calls(&settings) > 0);
		assert_true(limits_rules(&settings) > limits_calls(&settings));
		assert_int_equal(limits_calls(&settings) + limits_rules(&settings) + LIMITS_FIXED * MIB,
			limits[i] * MIB);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shares_and_the_fixed_part_make_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
