/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "unfamiliar"
#define BEGIN bench_time("2026-08-03 12:00") /* a Monday */

static void setting(struct bench *bench, const char *name, duration value)
{
	*(duration *)bench_setting(bench, RULE, name) = value;
}

/* A call at home: time goes by. */
static void watch(struct bench *bench, instant when)
{
	bench_call(bench, "1000", PHONE, "+81312345678", NULL, when);
	bench->number.kind = NUMBER_DOMESTIC;
	assert_int_equal(bench_try(bench), 0);
}

/* Has watched for 14 days. */
static void open_watched(struct bench *bench, const char *only)
{
	bench_open(bench, only);
	bench_start(bench);
	watch(bench, BEGIN - 14 * DAY);
	watch(bench, BEGIN);
}

static void the_first_call_abroad_is_a_notice(void **state)
{
	struct bench bench;
	const struct finding *finding = &bench.findings.items[0];

	(void)state;
	open_watched(&bench, RULE);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, BARBADOS, BEGIN + 6 * DAY), 1);
	bench_expect(&bench, 0, SEVERITY_NOTICE, "caller:1001", 1, 1);
	assert_int_equal(finding->window, 90 * DAY);
	assert_true(finding->raises_others);
	assert_string_equal(finding->reason,
		"First call abroad by caller 1001 in all the 20 days watched: to Barbados (high-risk entry "
		"1-246); the office is closed (weekend).");
	assert_string_equal(finding->evidence, "first call abroad in all the 20 days watched");
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, BEGIN + 6 * DAY + 1), 0);
	assert_int_equal(bench_dial(&bench, "1002", PHONE, CUBA, BEGIN + 6 * DAY + 2), 1);
	bench_close(&bench);
}

static void ninety_days_are_forgotten(void **state)
{
	static const struct {
		duration absence;
		size_t findings;
	} cases[] = {
		{90 * DAY - 1, 0},
		{90 * DAY, 1},
		{90 * DAY, 1}, /* and again */
		{89 * DAY, 0},
		{97 * DAY + HOUR, 1},
	};
	struct bench bench;
	instant when = BEGIN;

	(void)state;
	open_watched(&bench, RULE);
	bench_dial(&bench, "1001", PHONE, FRANCE, when);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		when += cases[i].absence;
		assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, when), cases[i].findings);
	}
	assert_string_equal(bench.findings.items[0].evidence, "first call abroad in 97 days");
	bench_close(&bench);
}

static void at_first_it_only_learns(void **state)
{
	struct bench bench;
	instant begin = BEGIN;

	(void)state;
	bench_open(&bench, NULL);
	bench_start(&bench);
	for (int i = 0; i < 14; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", i);
		/* At noon, so that only this rule could find something. */
		assert_int_equal(bench_dial(&bench, caller, PHONE, FRANCE, begin + i * DAY), i % 7 > 4);
		/* A weekend's warning is not made graver. */
		assert_true(i % 7 <= 4 || bench.findings.items[0].severity == SEVERITY_WARNING);
	}
	assert_int_equal(bench_dial(&bench, "late", PHONE, FRANCE, begin + 14 * DAY - 1), 0);
	assert_int_equal(bench_dial(&bench, "new", PHONE, FRANCE, begin + 14 * DAY), 1);
	assert_string_equal(bench.findings.items[0].rule, RULE);
	assert_int_equal(bench_dial(&bench, "13", PHONE, FRANCE, begin + 14 * DAY), 0);
	bench_close(&bench);
}

/* Nobody has called abroad since the guard was set up: the first one who does is told. */
static void calls_at_home_show_that_time_is_watched(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (int i = 0; i < 200; i++) {
		watch(&bench, BEGIN + i * DAY);
	}
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN + 200 * DAY), 1);
	assert_string_equal(
		bench.findings.items[0].evidence, "first call abroad in all the 200 days watched");
	bench_close(&bench);
}

static void a_clock_that_is_set_is_no_experience(void **state)
{
	static const struct {
		duration after;
		size_t findings;
	} cases[] = {
		{28 * DAY - 1, 1},
		{28 * DAY, 0},
		{16000 * DAY, 0},
		{-16000 * DAY, 0},
		{-1 * MINUTE, 0},
	};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bench_open(&bench, RULE);
		bench_start(&bench);
		watch(&bench, BEGIN);
		assert_int_equal(
			bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN + cases[i].after), cases[i].findings);
		bench_close(&bench);
	}
	/* Set back by years, it goes on from there. */
	open_watched(&bench, RULE);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN), 1);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN - 9000 * DAY), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN - 8950 * DAY), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN - 8850 * DAY), 1);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, INT64_MIN), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, INT64_MAX), 1);
	bench_close(&bench);
}

static void without_learning_it_says_since_when_it_watches(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	setting(&bench, "learning", 0);
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN), 1);
	assert_string_equal(bench.findings.items[0].evidence, "first call abroad since watching began");
	bench_close(&bench);
}

static void other_findings_of_the_call_are_one_level_graver(void **state)
{
	struct bench bench;

	(void)state;
	open_watched(&bench, NULL);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN + 12 * HOUR), 2);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 1, 1);
	assert_string_equal(bench.findings.items[0].rule, "off_hours");
	assert_string_equal(bench.findings.items[1].rule, RULE);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN + 36 * HOUR), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_close(&bench);
}

/* The customer in the United States says nothing about Cuba. */
static void allowed_places_are_left_out(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "FR");
	bench_start(&bench);
	watch(&bench, BEGIN - 14 * DAY);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN + i), 0);
	}
	assert_int_equal(bench_dial(&bench, "1001", PHONE, CUBA, BEGIN + 5), 1);
	bench_close(&bench);
}

static void a_strangers_try_names_no_caller(void **state)
{
	struct bench bench;

	(void)state;
	open_watched(&bench, RULE);
	bench_call(&bench, "1001", STRANGER, FRANCE, BEGIN);
	bench.event.leg = LEG_OUTSIDE;
	assert_int_equal(bench_try(&bench), 0);
	bench.event.kind = EVENT_CALL_IDENTIFIED; /* with credentials it does */
	bench.event.has_account = true;
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_NOTICE, "caller:1001", 1, 1);
	bench_close(&bench);
}

/* ---- against a plain list ---- */

static void notices_agree_with_a_plain_list(void **state)
{
	static struct bench bench;

	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		instant last[10] = {0}, when = BEGIN, before = 0;
		duration watched = 0;
		unsigned random = seed;
		bench_open(&bench, RULE);
		setting(&bench, "absence", 5 * DAY);
		setting(&bench, "learning", 3 * DAY);
		bench_start(&bench);
		for (int i = 0; i < 500; i++) {
			random = random * 1103515245 + 12345;
			unsigned caller = (random >> 8) % 10, kind = (random >> 16) % 20;
			when += (random >> 4) % 1000 * (kind == 0 ? HOUR : MINUTE);
			watched += before > 0 && when - before < 28 * DAY ? when - before : 0;
			before = when;
			if (kind > 15) {
				watch(&bench, when);
				continue;
			}
			char name[4] = {(char)('0' + caller)};
			bool is_first = last[caller] == 0 || when - last[caller] >= 5 * DAY;
			assert_int_equal(bench_dial(&bench, name, PHONE, FRANCE, when),
				is_first && watched >= 3 * DAY);
			last[caller] = when;
		}
		bench_close(&bench);
	}
}

/* ---- what is kept ---- */

static void a_reload_keeps_what_was_learned(void **state)
{
	struct bench bench, next;

	(void)state;
	open_watched(&bench, RULE);
	bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN);
	bench_open(&next, RULE);
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(bench_dial(&next, "1001", PHONE, FRANCE, BEGIN + 1), 0);
	assert_int_equal(bench_dial(&next, "1002", PHONE, FRANCE, BEGIN + 1), 1);
	bench_close(&next);
}

static void callers_forgotten_early_are_counted(void **state)
{
	struct bench bench;

	(void)state;
	open_watched(&bench, RULE);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 74; i++) { /* 64 places */
			char caller[16];
			snprintf(caller, sizeof caller, "%d", i);
			assert_int_equal(bench_dial(&bench, caller, PHONE, FRANCE, BEGIN + i), 1);
		}
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 10 + 74);
	bench_close(&bench);
}

static uint8_t saved[65536];

static size_t save(const struct bench *bench)
{
	size_t size = rules_save(bench->rules, bench_rule(RULE), saved, sizeof saved);

	assert_true(size > 0 && size <= sizeof saved);
	return size;
}

static bool restore(struct bench *bench, size_t size)
{
	return rules_restore(bench->rules, bench_rule(RULE), saved, size);
}

static void a_restart_may_keep_what_was_learned(void **state)
{
	struct bench bench;
	size_t size;

	(void)state;
	open_watched(&bench, RULE);
	for (int i = 0; i < 64; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", i);
		bench_dial(&bench, caller, PHONE, FRANCE, BEGIN + i * DAY);
	}
	size = save(&bench);
	assert_int_equal(size, 44 + 16 + 8 + 4 + 64 * 24 + 16);
	assert_int_equal(rules_save(bench.rules, bench_rule(RULE), NULL, 0), size);
	assert_false(restore(&bench, size)); /* it knows callers of its own */
	bench_close(&bench);

	bench_open(&bench, RULE);
	bench_start(&bench);
	assert_true(restore(&bench, size));
	assert_int_equal(save(&bench), size);
	for (int i = 63; i >= 0; i--) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", i);
		/* 90 days after the 10th called: he and those before are unfamiliar again. */
		assert_int_equal(bench_dial(&bench, caller, PHONE, FRANCE, BEGIN + 100 * DAY), i <= 10);
	}
	assert_string_equal(bench.findings.items[0].evidence, "first call abroad in 100 days");
	assert_int_equal(rules_keys_evicted(bench.rules), 0);
	bench_close(&bench);
}

/* While it is off, nobody knows what happens: that is not watched. */
static void the_time_between_is_not_watched(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	watch(&bench, BEGIN);
	watch(&bench, BEGIN + 13 * DAY);
	size_t size = save(&bench);
	bench_close(&bench);
	bench_open(&bench, RULE);
	bench_start(&bench);
	assert_true(restore(&bench, size));
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN + 20 * DAY), 0);
	assert_int_equal(bench_dial(&bench, "1002", PHONE, FRANCE, BEGIN + 21 * DAY - 1), 0);
	assert_int_equal(bench_dial(&bench, "1003", PHONE, FRANCE, BEGIN + 21 * DAY), 1);
	bench_close(&bench);
}

static void what_is_damaged_is_refused_and_changes_nothing(void **state)
{
	struct bench bench, next;

	(void)state;
	open_watched(&bench, RULE);
	bench_dial(&bench, "1001", PHONE, FRANCE, BEGIN);
	bench_dial(&bench, "1002", PHONE, FRANCE, BEGIN);
	size_t size = save(&bench);
	bench_close(&bench);
	bench_open(&next, RULE);
	bench_start(&next);
	for (size_t cut = 0; cut < size; cut++) {
		assert_false(restore(&next, cut));
	}
	for (size_t i = 0; i < size; i++) {
		saved[i] ^= 0x40;
		assert_false(restore(&next, size));
		saved[i] ^= 0x40;
	}
	assert_false(restore(&next, size + 1));
	assert_true(restore(&next, size));
	bench_close(&next);
	bench_open(&next, "call_burst");
	bench_start(&next);
	assert_false(restore(&next, size)); /* switched off */
	assert_int_equal(rules_save(next.rules, bench_rule(RULE), saved, sizeof saved), 0);
	assert_int_equal(rules_save(next.rules, bench_rule("call_burst"), saved, sizeof saved), 0);
	assert_false(rules_restore(next.rules, bench_rule("call_burst"), saved, size));
	bench_close(&next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_call_abroad_is_a_notice),
		cmocka_unit_test(ninety_days_are_forgotten),
		cmocka_unit_test(at_first_it_only_learns),
		cmocka_unit_test(calls_at_home_show_that_time_is_watched),
		cmocka_unit_test(a_clock_that_is_set_is_no_experience),
		cmocka_unit_test(without_learning_it_says_since_when_it_watches),
		cmocka_unit_test(other_findings_of_the_call_are_one_level_graver),
		cmocka_unit_test(allowed_places_are_left_out),
		cmocka_unit_test(a_strangers_try_names_no_caller),
		cmocka_unit_test(notices_agree_with_a_plain_list),
		cmocka_unit_test(a_reload_keeps_what_was_learned),
		cmocka_unit_test(callers_forgotten_early_are_counted),
		cmocka_unit_test(a_restart_may_keep_what_was_learned),
		cmocka_unit_test(the_time_between_is_not_watched),
		cmocka_unit_test(what_is_damaged_is_refused_and_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
