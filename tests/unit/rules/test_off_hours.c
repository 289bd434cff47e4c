/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "off_hours"

static void calls_abroad_count_while_the_office_is_closed(void **state)
{
	static const struct {
		const char *when;
		size_t findings;
		enum severity severity;
		uint32_t count, limit;
		const char *calendar;
	} calls[] = {
		{"2026-11-20 17:59", 0, 0, 0, 0, NULL},
		{"2026-11-20 18:00", 1, SEVERITY_WARNING, 1, 1, "night"},
		{"2026-11-20 18:30", 1, SEVERITY_WARNING, 2, 1, "night"},
		{"2026-11-20 18:59", 1, SEVERITY_CRITICAL, 3, 3, "night"},
		{"2026-11-20 23:30", 1, SEVERITY_WARNING, 1, 1, "night"},
		{"2026-11-20 23:59", 1, SEVERITY_WARNING, 2, 1, "night"},
		{"2026-11-21 00:01", 1, SEVERITY_CRITICAL, 3, 3, "weekend"}, /* midnight resets nothing */
		{"2026-11-24 12:00", 0, 0, 0, 0, NULL},
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, bench_time(calls[i].when)),
			calls[i].findings);
		if (calls[i].findings > 0) {
			bench_expect(
				&bench, 0, calls[i].severity, "caller:1001", calls[i].count, calls[i].limit);
			assert_string_equal(bench.findings.items[0].calendar, calls[i].calendar);
			assert_int_equal(bench.findings.items[0].window, HOUR);
		}
	}
	bench_close(&bench);
}

static void a_high_risk_destination_is_one_level_graver_unless_allowed(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "SL");
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "FR");
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, BARBADOS, night), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 1, 1);
	/* Allowed: counted all the same, but no more grave for the list. */
	assert_int_equal(bench_dial(&bench, "1002", STRANGER, SIERRA_LEONE, night), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1002", 1, 1);
	assert_int_equal(bench_dial(&bench, "1003", "198.51.100.67", FRANCE, night), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1003", 1, 1);
	bench_close(&bench);
}

static void callers_and_sources_count_but_not_the_site(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	bench_dial(&bench, "1001", STRANGER, FRANCE, night);
	bench_dial(&bench, "1002", STRANGER, FRANCE, night);
	assert_int_equal(bench_dial(&bench, "1003", STRANGER, FRANCE, night), 2);
	bench_expect(&bench, 1, SEVERITY_CRITICAL, "source:" STRANGER, 3, 3);
	assert_string_equal(bench.findings.items[1].reason,
		"Third call abroad outside business hours from the address 198.51.100.66 within 60 min: to "
		"France; the office is closed (weekend).");
	for (int i = 0; i < 9; i++) {
		char caller[8], source[24];
		snprintf(caller, sizeof caller, "20%02d", i);
		snprintf(source, sizeof source, "192.168.10.%d", 100 + i);
		assert_int_equal(bench_dial(&bench, caller, source, FRANCE, night), 1);
		assert_int_equal(bench.findings.items[0].severity, SEVERITY_WARNING);
	}
	bench_close(&bench);
}

static void a_number_without_a_country_counts_too(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, NOWHERE, bench_time(NIGHT)), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_abroad_count_while_the_office_is_closed),
		cmocka_unit_test(a_high_risk_destination_is_one_level_graver_unless_allowed),
		cmocka_unit_test(callers_and_sources_count_but_not_the_site),
		cmocka_unit_test(a_number_without_a_country_counts_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
