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

/* One followed call; answered a second later, or not. The findings at its beginning. */
static size_t dial(struct bench *bench, uint64_t call, const char *caller, instant when, bool is_answered)
{
	struct findings findings;

	bench_follow(bench, call, caller, PHONE, FRANCE, when);
	findings = bench->findings;
	if (is_answered) {
		assert_int_equal(bench_live(bench, EVENT_CALL_ANSWERED, call, when + SECOND), 0);
	}
	bench->findings = findings;
	return findings.count;
}

static void the_sentence_says_how_many_were_answered(void **state)
{
	static const struct {
		instant when; /* seconds */
		bool is_answered;
		const char *reason;
	} calls[] = {
		{0, false, NULL},
		{2, false, NULL},
		{4, true,
			"Third call abroad by caller 1001 within 1 min: to France; "
			"the office is open."},
		{6, true,
			"4th call abroad by caller 1001 within 1 min, 1 of them answered so far: to France; the "
			"office is open."},
		{8, true,
			"5th call abroad by caller 1001 within 1 min, 2 of them answered so far: to France; the "
			"office is open."},
		/* Three answered in all, but only the last within this minute. */
		{67, false, NULL},
		{67, false,
			"Third call abroad by caller 1001 within 1 min, 1 of them answered so far: to France; the "
			"office is open."},
	};
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "hour_warning", 100);
	bench_limit(&bench, RULE, "hour_critical", 100);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		dial(&bench, 100 + i, "1002", noon + calls[i].when * SECOND,
			true); /* another's do not count */
		assert_int_equal(
			dial(&bench, i + 1, "1001", noon + calls[i].when * SECOND, calls[i].is_answered),
			calls[i].reason != NULL);
		if (calls[i].reason != NULL) {
			assert_string_equal(bench.findings.items[0].reason, calls[i].reason);
		}
	}
	bench_close(&bench);
}

static void so_does_that_about_the_site(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 25; call++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", 1000 + (int)call);
		assert_int_equal(dial(&bench, call, caller, noon + (instant)call, call % 2 == 0), call == 25);
	}
	assert_string_equal(bench.findings.items[0].reason,
		"25th call abroad by all callers of the site together within 60 min, 12 of them answered so "
		"far: to France; the office is open.");
	bench_close(&bench);
}

/* A call that is answered before the third begins, and then the daemon reads its configuration anew. */
static void a_reload_knows_what_was_answered(void **state)
{
	struct bench bench, next;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	dial(&bench, 1, "1001", noon, true);
	dial(&bench, 2, "1001", noon + 1, false);
	bench_open(&next, RULE);
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(dial(&next, 3, "1001", noon + 2, false), 1);
	assert_string_equal(next.findings.items[0].reason,
		"Third call abroad by caller 1001 within 1 min, 1 of them answered so far: to France; the office "
		"is open.");
	bench_close(&next);
}

/* His tries were counted for his address; the answers are known of that, too. */
static void a_thief_with_an_account_is_answered_at_his_address_too(void **state)
{
	static const char *const answered = " within 1 min, 1 of them answered so far: to France; ";
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "minute_warning", 2);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 2; call++) {
		bench_call(&bench, "1001", STRANGER, FRANCE, noon);
		bench.event.leg = LEG_OUTSIDE;
		assert_int_equal(bench_live(&bench, EVENT_CALL_ATTEMPTED, call, noon), call == 2);
		if (call == 2) {
			assert_string_equal(bench.findings.items[0].subject, "source:" STRANGER);
			assert_non_null(strstr(bench.findings.items[0].reason, answered));
		}
		bench.event.has_account = true;
		assert_int_equal(bench_live(&bench, EVENT_CALL_IDENTIFIED, call, noon), call == 2);
		if (call == 2) {
			assert_string_equal(bench.findings.items[0].subject, "caller:1001");
			assert_non_null(strstr(bench.findings.items[0].reason, answered));
		}
		assert_int_equal(bench_live(&bench, EVENT_CALL_ANSWERED, call, noon), 0);
	}
	bench_close(&bench);
}

/* With as many callers as there is room for, and more: the number of answers may be too low, never too high.
 */
static void no_more_are_answered_than_were_counted(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "minute_warning", 1);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 3; call++) {
		dial(&bench, call, "1001", noon, true);
	}
	assert_non_null(strstr(bench.findings.items[0].reason, "2 of them"));
	for (int i = 0; i < WINDOW_KEYS_MINIMUM; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", 2000 + i);
		dial(&bench, 100 + (uint64_t)i, caller, noon + 1, false);
	}
	dial(&bench, 4, "1001", noon + 2, false);
	assert_string_equal(bench.findings.items[0].reason,
		"First call abroad by caller 1001 within 1 min: to France; the office is open.");
	dial(&bench, 5, "1001", noon + 2, false);
	assert_string_equal(bench.findings.items[0].reason,
		"Second call abroad by caller 1001 within 1 min, 1 of them answered so far: to France; the office "
		"is open.");
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_caller_has_three_calls_a_minute_and_six_an_hour),
		cmocka_unit_test(the_site_has_a_limit_of_its_own),
		cmocka_unit_test(the_attack_of_2015_is_critical_at_the_tenth_call),
		cmocka_unit_test(the_sentence_says_how_many_were_answered),
		cmocka_unit_test(so_does_that_about_the_site),
		cmocka_unit_test(a_reload_knows_what_was_answered),
		cmocka_unit_test(a_thief_with_an_account_is_answered_at_his_address_too),
		cmocka_unit_test(no_more_are_answered_than_were_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
