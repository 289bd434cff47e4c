/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "surge"
#define WEEK (7 * DAY)
#define BEGIN bench_time("2026-08-03 00:00") /* a Monday */
#define LEARNED (BEGIN + 3 * WEEK)

/* Calls at home: the guard watches. */
static void watch(struct bench *bench, instant when)
{
	bench_call(bench, "1000", PHONE, "+81312345678", NULL, when);
	bench->number.kind = NUMBER_DOMESTIC;
	assert_int_equal(bench_try(bench), 0);
}

/* So many in an hour, of as many callers. The findings of the last. */
static size_t calls(struct bench *bench, instant hour, uint32_t count)
{
	size_t findings = 0;

	for (uint32_t i = 0; i < count; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%u", 1000 + i % 50);
		findings = bench_dial(bench, caller, PHONE, FRANCE, hour + i * (HOUR / count));
	}
	return findings;
}

/* Three weeks with four calls each Tuesday from 10:00 on, and no others. */
static void open_learned(struct bench *bench)
{
	bench_open(bench, RULE);
	bench_start(bench);
	watch(bench, BEGIN - 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(calls(bench, BEGIN + i * WEEK + DAY + 10 * HOUR, 4), 0);
	}
	watch(bench, LEARNED + HOUR);
}

static void five_times_the_usual_is_a_warning_and_25_times_critical(void **state)
{
	struct bench bench;

	(void)state;
	open_learned(&bench);
	instant hour = LEARNED + DAY + 10 * HOUR;
	for (uint32_t i = 1; i <= 105; i++) {
		size_t findings = bench_dial(&bench, "1001", PHONE, FRANCE, hour + i * SECOND);
		assert_int_equal(findings, i >= 20);
		if (findings > 0) {
			bench_expect(&bench, 0, i >= 100 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "site", i,
				i >= 100 ? 100 : 20);
		}
	}
	assert_int_equal(bench.findings.items[0].window, HOUR);
	assert_string_equal(bench.findings.items[0].reason,
		"105 calls abroad by all callers of the site together within 60 min, where 4.0 are usual at this "
		"hour of the week (limit 100), this one: to France; the office is open.");
	assert_string_equal(bench.findings.items[0].evidence, "105 calls in 60 min, usually 4.0 (limit 100)");
	bench_close(&bench);
}

/* At night nothing is usual: ten calls, and it is critical. */
static void below_ten_calls_nothing_is_a_surge(void **state)
{
	struct bench bench;

	(void)state;
	open_learned(&bench);
	instant night = LEARNED + 2 * HOUR + 30 * MINUTE;
	for (uint32_t i = 1; i <= 12; i++) {
		assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, night + i * SECOND), i >= 10);
	}
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "site", 12, 10);
	bench_close(&bench);
}

static void the_window_slides_and_the_higher_hour_holds(void **state)
{
	static const struct {
		duration after; /* from 10:00 on */
		uint32_t limit;
	} cases[] = {
		{-1, 10},
		{0, 20},
		{HOUR + 59 * MINUTE, 20}, /* the window touches 10:59 */
		{2 * HOUR, 10},
	};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_learned(&bench);
		instant last = LEARNED + DAY + 10 * HOUR + cases[i].after;
		/* All but the last one an hour before it, less a moment. */
		for (uint32_t n = 1; n < cases[i].limit; n++) {
			bench_dial(&bench, "1001", PHONE, FRANCE, last - HOUR + 1);
		}
		assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, last), 1);
		assert_int_equal(bench.findings.items[0].count, cases[i].limit);
		assert_int_equal(bench.findings.items[0].limit, cases[i].limit);
		bench_close(&bench);
		open_learned(&bench);
		for (uint32_t n = 1; n < cases[i].limit; n++) {
			bench_dial(&bench, "1001", PHONE, FRANCE, last - HOUR); /* out of it */
		}
		assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, last), 0);
		bench_close(&bench);
	}
}

/* Else the second hour of an attack would be measured by the first. */
static void an_attack_over_the_turn_of_the_hour_is_not_its_own_measure(void **state)
{
	struct bench bench;

	(void)state;
	open_learned(&bench);
	instant begin = LEARNED + DAY + 10 * HOUR + 30 * MINUTE;
	for (uint32_t i = 1; i <= 60; i++) {
		size_t findings = bench_dial(&bench, "1001", PHONE, FRANCE, begin + i * MINUTE - 1);
		assert_int_equal(findings, i >= 20);
		assert_true(findings == 0 || bench.findings.items[0].limit == 20);
	}
	bench_close(&bench);
}

static void at_first_it_only_learns(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	watch(&bench, BEGIN - 1);
	for (int i = 0; i < 5; i++) { /* later it is usual */
		assert_int_equal(calls(&bench, BEGIN + i * WEEK + DAY + 10 * HOUR, 200), 0);
	}
	assert_int_equal(calls(&bench, BEGIN + 4 * WEEK + 2 * DAY + 10 * HOUR, 200), 1);
	bench_close(&bench);
}

static void the_time_to_learn_can_be_set(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "learning_weeks", 4);
	bench_start(&bench);
	watch(&bench, BEGIN - 1);
	watch(&bench, BEGIN + 3 * WEEK + HOUR);
	assert_int_equal(calls(&bench, BEGIN + 3 * WEEK + 10 * HOUR, 200), 0);
	assert_int_equal(calls(&bench, BEGIN + 4 * WEEK + 10 * HOUR, 200), 1);
	bench_close(&bench);
}

/* 146 an hour, as in Japan in 2015: each week at the same time. */
static void fraud_does_not_teach_itself_usual(void **state)
{
	struct bench bench;

	(void)state;
	open_learned(&bench);
	for (int week = 0; week < 12; week++) {
		assert_int_equal(calls(&bench, LEARNED + week * WEEK + 5 * DAY + 2 * HOUR, 146), 1);
		assert_int_equal(bench.findings.items[0].count, 146);
	}
	bench_close(&bench);
}

static void strangers_tries_are_not_the_sites(void **state)
{
	struct bench bench;

	(void)state;
	open_learned(&bench);
	for (int i = 0; i < 100; i++) {
		bench_call(&bench, "1001", STRANGER, FRANCE, LEARNED + i);
		bench.event.leg = LEG_OUTSIDE;
		assert_int_equal(bench_try(&bench), 0);
	}
	bench_close(&bench);
}

/* A hundred an hour are usual: a thousand times that is more than is ever counted. */
static void no_limit_is_beyond_what_is_counted(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "warning", 1000);
	bench_limit(&bench, RULE, "critical", 1000);
	bench_start(&bench);
	watch(&bench, BEGIN - 1);
	for (int week = 0; week < 3; week++) {
		calls(&bench, BEGIN + week * WEEK + HOUR, 100);
	}
	for (uint32_t i = 1; i <= 10001; i++) {
		assert_int_equal(bench_dial(&bench, "1", PHONE, FRANCE, LEARNED + HOUR + i), i >= 10000);
	}
	bench_close(&bench);
}

/* ---- what is kept ---- */

static void a_reload_goes_on_in_the_midst_of_an_hour(void **state)
{
	struct bench bench, next;

	(void)state;
	open_learned(&bench);
	instant hour = LEARNED + 2 * HOUR;
	calls(&bench, hour, 9);
	bench_open(&next, RULE);
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(bench_dial(&next, "1001", PHONE, FRANCE, hour + 59 * MINUTE), 1);
	bench_expect(&next, 0, SEVERITY_CRITICAL, "site", 10, 10);
	assert_int_equal(rules_keys_evicted(next.rules), 0);
	bench_close(&next);
}

static void a_restart_may_keep_what_was_learned(void **state)
{
	static uint8_t saved[4096];
	struct bench bench, next;
	size_t rule = bench_rule(RULE);

	(void)state;
	open_learned(&bench);
	size_t size = rules_save(bench.rules, rule, saved, sizeof saved);
	assert_int_equal(size, 44 + 168 * 12 + 16);
	bench_close(&bench);
	bench_open(&next, RULE);
	bench_start(&next);
	for (size_t cut = 0; cut < size; cut++) {
		assert_false(rules_restore(next.rules, rule, saved, cut));
	}
	for (size_t i = 0; i < size; i++) {
		saved[i] ^= 0x04;
		assert_false(rules_restore(next.rules, rule, saved, size));
		saved[i] ^= 0x04;
	}
	assert_int_equal(calls(&next, LEARNED - 2 * HOUR, 50), 0); /* nothing of it was taken */
	assert_true(rules_restore(next.rules, rule, saved, size));
	assert_int_equal(calls(&next, LEARNED + DAY + 10 * HOUR, 19), 0);
	assert_int_equal(bench_dial(&next, "1", PHONE, FRANCE, LEARNED + DAY + 11 * HOUR - 1), 1);
	bench_expect(&next, 0, SEVERITY_WARNING, "site", 20, 20);
	bench_close(&next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_times_the_usual_is_a_warning_and_25_times_critical),
		cmocka_unit_test(below_ten_calls_nothing_is_a_surge),
		cmocka_unit_test(the_window_slides_and_the_higher_hour_holds),
		cmocka_unit_test(an_attack_over_the_turn_of_the_hour_is_not_its_own_measure),
		cmocka_unit_test(at_first_it_only_learns),
		cmocka_unit_test(the_time_to_learn_can_be_set),
		cmocka_unit_test(fraud_does_not_teach_itself_usual),
		cmocka_unit_test(strangers_tries_are_not_the_sites),
		cmocka_unit_test(no_limit_is_beyond_what_is_counted),
		cmocka_unit_test(a_reload_goes_on_in_the_midst_of_an_hour),
		cmocka_unit_test(a_restart_may_keep_what_was_learned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
