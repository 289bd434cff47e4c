/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/capture/interface.h"

static void packets_are_late_by_the_kernels_clock(void **state)
{
	static const struct {
		const char *release;
		duration tick, lateness;
	} cases[] = {
		{"6.1.0-18-amd64", 4 * MILLISECOND, 8 * MILLISECOND}, /* Debian */
		{"5.14.0-427.el9.x86_64", MILLISECOND, 2 * MILLISECOND},
		{"4.9.0", 10 * MILLISECOND, 20 * MILLISECOND},
		{"6.17.9", 4 * MILLISECOND, 8 * MILLISECOND},
		{"6.18.0-rc1", 4 * MILLISECOND, MILLISECOND},
		{"7.0.0", 4 * MILLISECOND, MILLISECOND},
		{"unheard of", 4 * MILLISECOND, 8 * MILLISECOND},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(
			interface_lateness(MILLISECOND, cases[i].release, cases[i].tick), cases[i].lateness);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_late_by_the_kernels_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
