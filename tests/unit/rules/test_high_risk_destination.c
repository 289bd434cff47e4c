/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "high_risk_destination"

static void the_first_call_warns_and_the_second_in_twelve_hours_is_critical(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, BARBADOS, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, noon + 1), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, noon + 12 * HOUR - 1), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 2, 2);
	assert_string_equal(bench.findings.items[0].rule, RULE);
	assert_int_equal(bench.findings.items[0].window, 12 * HOUR);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, noon + 24 * HOUR), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_close(&bench);
}

/* One finding a call: the gravest; of equals about the caller before the source before the site. */
static void thieves_who_rotate_callers_are_found_by_source_and_site(void **state)
{
	static const struct {
		const char *caller, *source;
		enum severity severity;
		const char *subject;
		uint32_t count;
	} calls[] = {
		{"1001", STRANGER, SEVERITY_WARNING, "caller:1001", 1},
		{"1002", STRANGER, SEVERITY_CRITICAL, "source:" STRANGER, 2},
		{"1003", "198.51.100.67", SEVERITY_CRITICAL, "site", 3},
		{"1004", STRANGER, SEVERITY_CRITICAL, "source:" STRANGER, 3},
		{"1001", "198.51.100.68", SEVERITY_CRITICAL, "caller:1001", 2},
		{"1005", "2001:db8::1", SEVERITY_CRITICAL, "site", 6},
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		size_t findings = bench_dial(&bench, calls[i].caller, calls[i].source, BARBADOS,
			bench_time(NIGHT) + (instant)i * MINUTE);
		bool is_wider = strncmp(calls[i].subject, "caller", 6) != 0;
		/* What many do together does not hide what this caller does. */
		assert_int_equal(findings, is_wider ? 2 : 1);
		assert_memory_equal(bench.findings.items[0].subject, "caller:", 7);
		bench_expect(&bench, findings - 1, calls[i].severity, calls[i].subject, calls[i].count,
			calls[i].severity == SEVERITY_CRITICAL ? 2 : 1);
	}
	bench_close(&bench);
}

static void an_allowed_destination_is_left_out(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "BB");
	bench_start(&bench);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(bench_dial(&bench, "1001", PHONE, BARBADOS, bench_time(NOON)), 0);
	}
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, bench_time(NOON)), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1); /* the others did not count */
	bench_close(&bench);
}

static void limits_and_window_are_settings(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "warning", 3);
	bench_limit(&bench, RULE, "critical", 3);
	*(duration *)bench_setting(&bench, RULE, "window") = MINUTE;
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, noon), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, noon + 10 * SECOND), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, noon + MINUTE), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, noon + MINUTE + 1), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 3, 3); /* at equal limits critical */
	bench_close(&bench);
}

static void the_sentence_says_what_the_night_shift_needs(void **state)
{
	struct bench bench;
	instant night = bench_time(HOLIDAY);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	bench_dial(&bench, "1001", PHONE, BARBADOS, night);
	assert_string_equal(bench.findings.items[0].reason,
		"First call to a high-risk destination by caller 1001 within 12 h: to Barbados (high-risk "
		"entry 1-246); the office is closed (holiday: 海の日).");
	assert_string_equal(bench.findings.items[0].calendar, "holiday: 海の日");
	bench_call(&bench, "1002", PHONE, SIERRA_LEONE, night + 1);
	bench.number.by_foreign_prefix = true;
	bench.number.step_count = 2;
	bench.number.steps[0] = (struct dial_step){"0", DIAL_STEP_OUTSIDE_LINE};
	bench.number.steps[1] = (struct dial_step){"011", DIAL_STEP_FOREIGN_PREFIX};
	assert_int_equal(bench_try(&bench), 2);
	assert_string_equal(bench.findings.items[1].reason,
		"Second call to a high-risk destination from the address 192.168.10.21 within 12 h: to Sierra "
		"Leone (high-risk entry 232) behind the foreign prefix 011, which reaches nowhere from here; "
		"the office is closed (holiday: 海の日).");
	bench_dial(&bench, "1003", STRANGER, CUBA, night + 10 * HOUR);
	assert_string_equal(bench.findings.items[1].reason,
		"Third call to a high-risk destination by all callers of the site together within 12 h: to "
		"Cuba (high-risk entry 53); the office is closed (holiday: 海の日).");
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_call_warns_and_the_second_in_twelve_hours_is_critical),
		cmocka_unit_test(thieves_who_rotate_callers_are_found_by_source_and_site),
		cmocka_unit_test(an_allowed_destination_is_left_out),
		cmocka_unit_test(limits_and_window_are_settings),
		cmocka_unit_test(the_sentence_says_what_the_night_shift_needs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
