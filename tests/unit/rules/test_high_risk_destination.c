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

static void expect_at_once(const struct bench *bench, size_t index, const char *subject, uint32_t count)
{
	bench_expect(bench, index, SEVERITY_CRITICAL, subject, count, 2);
	assert_int_equal(bench->findings.items[index].window, 0);
	assert_non_null(strstr(bench->findings.items[index].reason, " up at once, this one: to "));
}

static void two_calls_up_at_once_are_critical_however_long_ago_the_first_began(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON), when = noon;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	assert_int_equal(bench_follow(&bench, 1, "1001", PHONE, BARBADOS, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	assert_int_equal(bench_live(&bench, EVENT_CALL_ANSWERED, 1, noon + SECOND), 0);
	while (when < noon + 13 * HOUR) {
		when += CALL_STILL_UP_EVERY;
		assert_int_equal(bench_live(&bench, EVENT_CALL_STILL_UP, 1, when), 0);
	}
	assert_int_equal(bench_follow(&bench, 2, "1001", PHONE, CUBA, when), 1);
	expect_at_once(&bench, 0, "caller:1001", 2);
	assert_string_equal(bench.findings.items[0].reason,
		"Caller 1001 has 2 calls to high-risk destinations up at once, this one: to Cuba (high-risk "
		"entry 53); the office is closed (weekend).");
	assert_string_equal(bench.findings.items[0].evidence, "2 calls at once (limit 2)");
	bench_close(&bench);
}

static void calls_one_after_the_other_are_none_at_once(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "critical", 10);
	bench_start(&bench);
	for (uint64_t call = 1; call < 10; call++) {
		assert_int_equal(bench_follow(&bench, call, "1001", PHONE, BARBADOS, noon), 1);
		bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", (uint32_t)call, 1);
		assert_int_equal(bench_live(&bench, EVENT_CALL_ENDED, call, noon), 0);
	}
	bench_close(&bench);
}

/* As in the window: the narrowest, and a wider one where that is graver. */
static void calls_at_once_are_counted_by_caller_source_and_site(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "critical", 4);
	bench_start(&bench);
	assert_int_equal(bench_follow(&bench, 1, "1001", PHONE, BARBADOS, noon), 1);
	assert_int_equal(bench_follow(&bench, 2, "1002", STRANGER, CUBA, noon), 2);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1002", 1, 1);
	expect_at_once(&bench, 1, "site", 2);
	assert_int_equal(bench_follow(&bench, 3, "1003", STRANGER, CUBA, noon), 2);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1003", 1, 1);
	expect_at_once(&bench, 1, "source:" STRANGER, 2);
	/* The site is at its fourth call now; that must not hide what 1001 does. */
	assert_int_equal(bench_follow(&bench, 4, "1001", "192.168.10.9", CUBA, noon), 1);
	expect_at_once(&bench, 0, "caller:1001", 2);
	/* The same of one subject: the window's stays, which says more. */
	assert_int_equal(bench_follow(&bench, 5, "1001", "192.168.10.9", CUBA, noon), 1);
	assert_int_equal(bench_follow(&bench, 6, "1001", "192.168.10.9", CUBA, noon), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 4, 4);
	assert_int_equal(bench.findings.items[0].window, 12 * HOUR);
	bench_close(&bench);
}

static void how_many_at_once_is_a_setting(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "critical", 10);
	bench_limit(&bench, RULE, "at_once", 3);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 3; call++) {
		assert_int_equal(bench_follow(&bench, call, "1001", PHONE, BARBADOS, noon), 1);
		assert_int_equal(
			bench.findings.items[0].severity, call == 3 ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	}
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 3, 3);
	bench_close(&bench);
}

/* Scanners try several at once; what is put through is another thing. */
static void a_strangers_calls_at_once_are_critical_when_one_is_answered(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 2; call++) {
		bench_call(&bench, "1001", STRANGER, BARBADOS, noon);
		bench.event.leg = LEG_OUTSIDE;
		assert_int_equal(bench_live(&bench, EVENT_CALL_ATTEMPTED, call, noon), 1);
		assert_int_equal(bench.findings.items[0].severity, SEVERITY_WARNING);
	}
	assert_int_equal(bench_live(&bench, EVENT_CALL_ANSWERED, 2, noon + 1), 1);
	expect_at_once(&bench, 0, "source:" STRANGER, 2);
	bench_close(&bench);
}

static void reload(struct bench *next, struct bench *bench, const char *allowed)
{
	bench_open(next, RULE);
	bench_limit(next, RULE, "critical", 10);
	if (allowed != NULL) {
		bench_place(next->destinations.allow, &next->destinations.allow_count, allowed);
	}
	bench_start(next);
	rules_adopt(next->rules, bench->rules);
	bench_close(bench);
}

static void a_reload_goes_on_with_the_calls_that_are_up(void **state)
{
	struct bench benches[4];
	struct bench *bench = benches;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(bench, RULE);
	bench_start(bench);
	bench_follow(bench, 1, "1001", PHONE, BARBADOS, noon);
	reload(bench + 1, bench, NULL);
	bench++;
	assert_int_equal(bench_follow(bench, 2, "1001", PHONE, BARBADOS, noon), 1);
	expect_at_once(bench, 0, "caller:1001", 2);
	/* They end while the place is allowed, and are not up any more when it is not. */
	reload(bench + 1, bench, "BB");
	bench++;
	bench_call(bench, "1001", PHONE, BARBADOS, noon);
	assert_int_equal(bench_live(bench, EVENT_CALL_ENDED, 1, noon + 1), 0);
	assert_int_equal(bench_live(bench, EVENT_CALL_ENDED, 2, noon + 1), 0);
	reload(bench + 1, bench, NULL);
	bench++;
	assert_int_equal(bench_follow(bench, 3, "1001", PHONE, BARBADOS, noon + 2), 1);
	bench_expect(bench, 0, SEVERITY_WARNING, "caller:1001", 3, 1);
	bench_close(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_call_warns_and_the_second_in_twelve_hours_is_critical),
		cmocka_unit_test(thieves_who_rotate_callers_are_found_by_source_and_site),
		cmocka_unit_test(an_allowed_destination_is_left_out),
		cmocka_unit_test(limits_and_window_are_settings),
		cmocka_unit_test(the_sentence_says_what_the_night_shift_needs),
		cmocka_unit_test(two_calls_up_at_once_are_critical_however_long_ago_the_first_began),
		cmocka_unit_test(calls_one_after_the_other_are_none_at_once),
		cmocka_unit_test(calls_at_once_are_counted_by_caller_source_and_site),
		cmocka_unit_test(how_many_at_once_is_a_setting),
		cmocka_unit_test(a_strangers_calls_at_once_are_critical_when_one_is_answered),
		cmocka_unit_test(a_reload_goes_on_with_the_calls_that_are_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
