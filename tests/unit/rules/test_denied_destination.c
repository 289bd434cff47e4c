/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "denied_destination"

static void the_first_call_to_a_denied_destination_is_critical(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.deny, &bench.destinations.deny_count, "CU");
	bench_start(&bench);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, bench_time(NOON)), 1);
		bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 1, 1);
	}
	assert_string_equal(bench.findings.items[0].rule, RULE);
	assert_int_equal(bench.findings.items[0].window, 0);
	assert_string_equal(bench.findings.items[0].calendar, "open");
	assert_string_equal(bench.findings.items[0].reason,
		"Call to a denied destination by caller 1001: to Cuba (high-risk entry 53; denied by entry "
		"CU); the office is open.");
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, bench_time(NOON)), 0);
	bench_close(&bench);
}

static void a_star_denies_all_calls_abroad_but_the_allowed(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.deny, &bench.destinations.deny_count, "*");
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "FR");
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, bench_time(NOON)), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, BARBADOS, bench_time(NOON)), 1);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, NOWHERE, bench_time(NOON)), 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Call to a denied destination by caller 1001: to +21012345678, a country code that belongs to "
		"nobody (denied by entry *); the office is open.");
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_call_to_a_denied_destination_is_critical),
		cmocka_unit_test(a_star_denies_all_calls_abroad_but_the_allowed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
