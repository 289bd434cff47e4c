/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "long_call"

static void open_bench(struct bench *bench)
{
	bench_open(bench, RULE);
	bench_start(bench);
}

/* The call was answered at noon and has been up for so long. */
static size_t still_up(struct bench *bench, uint64_t call, const char *caller, const char *e164,
	const struct destination *destination, duration up)
{
	instant noon = bench_time(NOON);

	bench_call(bench, caller, PHONE, e164, destination, noon);
	bench->event.answered = noon;
	bench->event.up = up;
	return bench_live(bench, EVENT_CALL_STILL_UP, call, noon + up);
}

static size_t ended(struct bench *bench, uint64_t call, const char *caller, const char *e164,
	const struct destination *destination, duration up, enum call_end by)
{
	still_up(bench, 0, caller, e164, destination, up);
	bench->event.ended_by = by;
	return bench_live(bench, EVENT_CALL_ENDED, call, bench->event.time);
}

/* From its answer to the end; the findings are those at warning and critical, and no more. */
static void expect_levels(struct bench *bench, uint64_t call, const char *e164,
	const struct destination *destination, duration warning, duration critical)
{
	for (duration up = CALL_STILL_UP_EVERY; up <= 3 * HOUR; up += CALL_STILL_UP_EVERY) {
		size_t findings = still_up(bench, call, "1001", e164, destination, up);
		assert_int_equal(findings, up == warning || up == critical);
		if (findings > 0) {
			bench_expect(bench, 0, up == critical ? SEVERITY_CRITICAL : SEVERITY_WARNING,
				"caller:1001", (uint32_t)(up / SECOND), (uint32_t)(up / SECOND));
			assert_int_equal(bench->findings.items[0].window, 0);
			assert_string_equal(bench->findings.items[0].rule, RULE);
		}
	}
	assert_int_equal(ended(bench, call, "1001", e164, destination, 3 * HOUR, CALL_END_CALLER), 0);
}

static void a_listed_destination_has_ten_and_twenty_minutes(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench);
	expect_levels(&bench, 1, BARBADOS, 10 * MINUTE, 20 * MINUTE);
	expect_levels(&bench, 2, SIERRA_LEONE, 10 * MINUTE, 20 * MINUTE); /* each call for itself */
	bench_close(&bench);
}

static void any_other_destination_abroad_has_one_and_two_hours(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench);
	expect_levels(&bench, 1, FRANCE, 60 * MINUTE, 120 * MINUTE);
	expect_levels(&bench, 2, NOWHERE, 60 * MINUTE, 120 * MINUTE);
	bench_close(&bench);
}

static void an_allowed_destination_is_like_any_other(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "BB");
	bench_start(&bench);
	expect_levels(&bench, 1, BARBADOS, 60 * MINUTE, 120 * MINUTE);
	bench_close(&bench);
}

static void the_sentence_has_the_length(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench);
	still_up(&bench, 1, "1001", BARBADOS, 10 * MINUTE);
	assert_string_equal(bench.findings.items[0].reason,
		"Call by caller 1001 has been up for 10 min: to Barbados (high-risk entry 1-246); the office "
		"is open.");
	assert_string_equal(bench.findings.items[0].evidence, "up for 10 min (limit 10 min)");
	assert_int_equal(
		ended(&bench, 2, "1001", BARBADOS, 12 * MINUTE + 3450 * MILLISECOND, CALL_END_CALLED), 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Call by caller 1001 lasted 12 min: to Barbados (high-risk entry 1-246); the office is open.");
	assert_string_equal(bench.findings.items[0].evidence, "lasted 12 min (limit 10 min)");
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 723, 600);
	bench_close(&bench);
}

/* The rule was switched on, or the lists changed, in the middle of it. */
static void a_level_that_was_passed_unseen_is_told_with_the_next_event(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench);
	assert_int_equal(still_up(&bench, 1, "1001", BARBADOS, 25 * MINUTE), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 1500, 1200);
	assert_int_equal(still_up(&bench, 1, "1001", BARBADOS, 26 * MINUTE), 0);
	bench_close(&bench);
}

static void the_end_is_told_only_where_it_tells_more(void **state)
{
	static const struct {
		duration seen, up;
		enum call_end by;
		size_t findings;
	} cases[] = {
		{9 * MINUTE, 10 * MINUTE - 1, CALL_END_CALLER, 0},
		{9 * MINUTE, 10 * MINUTE, CALL_END_CALLER, 1},
		{9 * MINUTE, 10 * MINUTE, CALL_END_ASSUMED, 0}, /* perhaps it ended long before */
		{10 * MINUTE, 11 * MINUTE, CALL_END_CALLED, 0},
		{10 * MINUTE, 20 * MINUTE, CALL_END_CALLED, 1},
		{20 * MINUTE, 21 * MINUTE, CALL_END_CALLED, 0},
	};
	struct bench bench;

	(void)state;
	open_bench(&bench);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		still_up(&bench, i + 1, "1001", BARBADOS, cases[i].seen);
		assert_int_equal(
			ended(&bench, i + 1, "1001", BARBADOS, cases[i].up, cases[i].by), cases[i].findings);
	}
	bench_close(&bench);
}

static void limits_are_settings(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	*(duration *)bench_setting(&bench, RULE, "listed_warning") = MINUTE;
	*(duration *)bench_setting(&bench, RULE, "listed_critical") = MINUTE;
	*(duration *)bench_setting(&bench, RULE, "critical") = 60 * MINUTE;
	bench_start(&bench);
	expect_levels(&bench, 1, BARBADOS, MINUTE, MINUTE); /* at equal limits critical */
	expect_levels(&bench, 2, FRANCE, 60 * MINUTE, 60 * MINUTE);
	bench_close(&bench);
}

static void only_followed_calls_abroad_are_looked_at(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench);
	assert_int_equal(still_up(&bench, 0, "1001", BARBADOS, HOUR), 0);
	for (enum event_kind kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		bool is_looked_at = kind == EVENT_CALL_STILL_UP || kind == EVENT_CALL_ENDED;
		still_up(&bench, 0, "1001", BARBADOS, HOUR);
		assert_int_equal(
			bench_live(&bench, kind, 1 + (uint64_t)kind, bench.event.time), is_looked_at);
		bench.number.kind = NUMBER_DOMESTIC;
		assert_int_equal(bench_live(&bench, kind, 100 + (uint64_t)kind, bench.event.time), 0);
		bench.number.kind = NUMBER_EMERGENCY;
		assert_int_equal(bench_live(&bench, kind, 200 + (uint64_t)kind, bench.event.time), 0);
		bench.number.kind = NUMBER_INTERNATIONAL;
		bench.event.is_outward = false;
		assert_int_equal(bench_live(&bench, kind, 300 + (uint64_t)kind, bench.event.time), 0);
	}
	bench_close(&bench);
}

/* Anybody outside can write any caller; a call that is answered is more than a try. */
static void a_strangers_call_is_told_about_his_address(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	open_bench(&bench);
	bench_call(&bench, "1001", STRANGER, BARBADOS, noon);
	bench.event.leg = LEG_OUTSIDE;
	bench.event.answered = noon;
	bench.event.up = 20 * MINUTE;
	assert_int_equal(bench_live(&bench, EVENT_CALL_STILL_UP, 1, noon + 20 * MINUTE), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "source:" STRANGER, 1200, 1200);
	assert_string_equal(bench.findings.items[0].reason,
		"Call from the address 198.51.100.66 has been up for 20 min: to Barbados (high-risk entry "
		"1-246); the office is open.");
	bench_close(&bench);
}

static void a_reload_knows_what_was_told(void **state)
{
	struct bench bench, next;

	(void)state;
	open_bench(&bench);
	assert_int_equal(still_up(&bench, 1, "1001", BARBADOS, 10 * MINUTE), 1);
	bench_open(&next, RULE);
	*(duration *)bench_setting(&next, RULE, "listed_critical") = 15 * MINUTE;
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(still_up(&next, 1, "1001", BARBADOS, 11 * MINUTE), 0);
	assert_int_equal(still_up(&next, 1, "1001", BARBADOS, 15 * MINUTE), 1);
	bench_expect(&next, 0, SEVERITY_CRITICAL, "caller:1001", 900, 900);
	bench_close(&next);
}

/* The worst that comes of it: a call is told again. */
static void calls_forgotten_early_are_counted(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench);
	for (uint64_t call = 1; call <= 64; call++) {
		assert_int_equal(still_up(&bench, call, "1001", BARBADOS, 10 * MINUTE), 1);
	}
	assert_int_equal(still_up(&bench, 1, "1001", BARBADOS, 11 * MINUTE), 0);
	assert_int_equal(rules_keys_evicted(bench.rules), 0);
	assert_int_equal(still_up(&bench, 65, "1001", BARBADOS, 11 * MINUTE), 1);
	assert_int_equal(rules_keys_evicted(bench.rules), 1);
	assert_int_equal(still_up(&bench, 1, "1001", BARBADOS, 12 * MINUTE), 0);
	assert_int_equal(still_up(&bench, 2, "1001", BARBADOS, 12 * MINUTE), 1);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listed_destination_has_ten_and_twenty_minutes),
		cmocka_unit_test(any_other_destination_abroad_has_one_and_two_hours),
		cmocka_unit_test(an_allowed_destination_is_like_any_other),
		cmocka_unit_test(the_sentence_has_the_length),
		cmocka_unit_test(a_level_that_was_passed_unseen_is_told_with_the_next_event),
		cmocka_unit_test(the_end_is_told_only_where_it_tells_more),
		cmocka_unit_test(limits_are_settings),
		cmocka_unit_test(only_followed_calls_abroad_are_looked_at),
		cmocka_unit_test(a_strangers_call_is_told_about_his_address),
		cmocka_unit_test(a_reload_knows_what_was_told),
		cmocka_unit_test(calls_forgotten_early_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
