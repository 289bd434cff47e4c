/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "call_burst"

static void a_caller_has_three_calls_a_minute_and_six_an_hour(void **state)
{
	static const struct {
		int minutes, seconds;
		size_t findings;
		enum severity severity;
		uint32_t count, limit;
		duration window;
	} calls[] = {
		{0, 0, 0, 0, 0, 0, 0},
		{0, 20, 0, 0, 0, 0, 0},
		{0, 59, 1, SEVERITY_WARNING, 3, 3, MINUTE},
		{1, 0, 1, SEVERITY_WARNING, 3, 3,
			MINUTE}, /* the first is out of the minute, 20 s and 59 s are not */
		{10, 0, 0, 0, 0, 0, 0},
		{20, 0, 1, SEVERITY_WARNING, 6, 6, HOUR},
		{20, 1, 1, SEVERITY_WARNING, 7, 6, HOUR},
		{20, 2, 1, SEVERITY_WARNING, 3, 3, MINUTE}, /* of equals the minute */
		{30, 0, 1, SEVERITY_WARNING, 9, 6, HOUR},
		{40, 0, 1, SEVERITY_CRITICAL, 10, 10, HOUR},
		{40, 1, 1, SEVERITY_CRITICAL, 11, 10, HOUR},
		{40, 2, 1, SEVERITY_CRITICAL, 12, 10, HOUR}, /* critical by the hour, warning by the minute */
		{40, 3, 1, SEVERITY_CRITICAL, 13, 10, HOUR},
		{40, 4, 1, SEVERITY_CRITICAL, 5, 5, MINUTE},
	};
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		instant when = noon + calls[i].minutes * MINUTE + calls[i].seconds * SECOND;
		assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, when), calls[i].findings);
		if (calls[i].findings > 0) {
			bench_expect(
				&bench, 0, calls[i].severity, "caller:1001", calls[i].count, calls[i].limit);
			assert_int_equal(bench.findings.items[0].window, calls[i].window);
		}
	}
	assert_string_equal(bench.findings.items[0].reason,
		"5th call abroad by caller 1001 within 1 min: to France; the office is open.");
	bench_close(&bench);
}

static void the_site_has_a_limit_of_its_own(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint32_t i = 1; i <= 60; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%u", 1000 + i);
		size_t findings = bench_dial(&bench, caller, PHONE, NOWHERE, noon + i * SECOND);
		assert_int_equal(findings, i >= 25);
		if (i >= 25) {
			bench_expect(&bench, 0, i >= 50 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "site", i,
				i >= 50 ? 50 : 25);
		}
	}
	assert_int_equal(bench_dial(&bench, "1060", PHONE, FRANCE, noon + 61 * SECOND), 1);
	assert_int_equal(bench_dial(&bench, "1060", PHONE, FRANCE, noon + 62 * SECOND), 2);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1060", 3, 3);
	bench_expect(&bench, 1, SEVERITY_CRITICAL, "site", 62, 50);
	bench_close(&bench);
}

/* Japan, 2015: about 14,000 calls to Sierra Leone in four days, about half a minute each. */
static void the_attack_of_2015_is_critical_at_the_tenth_call(void **state)
{
	struct bench bench;
	instant begin = bench_time("2015-03-21 02:00");
	int first_critical = -1;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (int i = 0; i < 14000; i++) {
		assert_true(bench_dial(&bench, "1001", STRANGER, SIERRA_LEONE,
				    begin + i * (4 * DAY / 14000)) <= 2);
		if (first_critical < 0 && bench.findings.count > 0 &&
			bench.findings.items[0].severity == SEVERITY_CRITICAL) {
			first_critical = i;
		}
		/* From then on every call is over the limit; none escapes. */
		assert_true(first_critical < 0 || bench.findings.items[0].severity == SEVERITY_CRITICAL);
	}
	assert_int_equal(first_critical, 9); /* 25 s apart: four minutes in */
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_caller_has_three_calls_a_minute_and_six_an_hour),
		cmocka_unit_test(the_site_has_a_limit_of_its_own),
		cmocka_unit_test(the_attack_of_2015_is_critical_at_the_tenth_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
