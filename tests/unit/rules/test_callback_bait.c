/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inbound.h"

#include <stdlib.h>

#define RULE "callback_bait"
#define BAIT "+23222123456" /* as SIERRA_LEONE */

/* It rings for two seconds, and so ends. */
static void ring_in(struct bench *bench, const char *number, enum event_kind kind, instant began)
{
	const struct inbound inbound = {1, number, "in-1", began, 0};

	inbound_begin(bench, &inbound);
	inbound_tell(bench, &inbound, EVENT_CALL_RINGING, began + SECOND);
	inbound_tell(bench, &inbound, kind, began + 2 * SECOND);
}

static size_t call_back(struct bench *bench, instant when)
{
	return bench_dial(bench, "1001", PHONE, SIERRA_LEONE, when);
}

static void a_call_to_a_number_that_rang_in_unanswered_is_a_notice(void **state)
{
	static const enum event_kind kinds[] = {EVENT_CALL_REFUSED, EVENT_CALL_CANCELLED, EVENT_CALL_ENDED};
	const instant began = bench_time("2026-11-20 02:11");
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		bench_open(&bench, RULE);
		bench_start(&bench);
		ring_in(&bench, BAIT, kinds[i], began);
		assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, began + HOUR), 0);
		for (int n = 0; n < 2; n++) { /* each of them */
			assert_int_equal(call_back(&bench, began + 10 * HOUR), 1);
			bench_expect(&bench, 0, SEVERITY_NOTICE, "caller:1001", 1, 1);
		}
		assert_int_equal(bench.findings.items[0].window, 24 * HOUR);
		assert_string_equal(bench.findings.items[0].reason,
			"Call back to +23222123456, which rang in at 02:11 for 2 s and was not answered: to "
			"Sierra Leone (high-risk entry 232); the office is open.");
		bench_close(&bench);
	}
}

static void the_window_slides(void **state)
{
	const instant ended = bench_time(NOON);
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	assert_int_equal(call_back(&bench, ended), 0);
	ring_in(&bench, BAIT, EVENT_CALL_CANCELLED, ended - 2 * SECOND);
	assert_int_equal(call_back(&bench, ended - 1), 0); /* it still rang */
	assert_int_equal(call_back(&bench, ended), 1);
	assert_int_equal(call_back(&bench, ended + 24 * HOUR - 1), 1);
	assert_int_equal(call_back(&bench, ended + 24 * HOUR), 0); /* to look is not to remember longer */
	ring_in(&bench, BAIT, EVENT_CALL_CANCELLED, ended + 30 * HOUR);
	assert_int_equal(call_back(&bench, ended + 50 * HOUR), 1);
	bench_close(&bench);
}

static void the_window_is_a_setting(void **state)
{
	const instant ended = bench_time(NOON);
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	*(duration *)bench_setting(&bench, RULE, "window") = MINUTE;
	bench_start(&bench);
	ring_in(&bench, BAIT, EVENT_CALL_CANCELLED, ended - 2 * SECOND);
	assert_int_equal(call_back(&bench, ended + MINUTE - 1), 1);
	assert_int_equal(bench.findings.items[0].window, MINUTE);
	assert_int_equal(call_back(&bench, ended + MINUTE), 0);
	bench_close(&bench);
}

static void who_was_talked_to_is_no_bait(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound answered = {2, BAIT, "in-2", noon, noon + 10 * SECOND};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	inbound_begin(&bench, &answered);
	inbound_tell(&bench, &answered, EVENT_CALL_ENDED, noon + MINUTE);
	assert_int_equal(call_back(&bench, noon + 2 * MINUTE), 0);
	ring_in(&bench, BAIT, EVENT_CALL_CANCELLED, noon + 3 * MINUTE);
	assert_int_equal(call_back(&bench, noon + 4 * MINUTE), 1);
	inbound_begin(&bench, &answered); /* rings again, and somebody takes it */
	assert_int_equal(call_back(&bench, noon + 5 * MINUTE), 0);
	bench_close(&bench);
}

static void only_calls_abroad_to_the_whole_number_count(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	ring_in(&bench, BAIT, EVENT_CALL_CANCELLED, noon);
	ring_in(&bench, "", EVENT_CALL_CANCELLED, noon); /* hidden */
	ring_in(&bench, "+819012345678", EVENT_CALL_CANCELLED, noon);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, "+2322212345", &sierra_leone, noon + HOUR), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, "+23222123457", &sierra_leone, noon + HOUR), 0);
	bench_call(&bench, "1001", PHONE, "+819012345678", NULL, noon + HOUR);
	bench.number.kind = NUMBER_DOMESTIC;
	assert_int_equal(bench_try(&bench), 0);
	bench_call(&bench, "1001", PHONE, SIERRA_LEONE, noon + HOUR);
	bench.event.is_outward = false;
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

static void whoever_calls_back_is_told_but_not_a_strangers_try(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	ring_in(&bench, BAIT, EVENT_CALL_CANCELLED, noon);
	bench_call(&bench, "1002", STRANGER, SIERRA_LEONE, noon + HOUR);
	bench.event.leg = LEG_OUTSIDE;
	assert_int_equal(bench_try(&bench), 0);
	bench.event.kind = EVENT_CALL_IDENTIFIED;
	bench.event.has_account = true;
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_NOTICE, "caller:1002", 1, 1);
	bench_call(&bench, "1003", PBX, SIERRA_LEONE, noon + HOUR);
	bench.event.leg = LEG_TRUNK_OUT;
	assert_int_equal(bench_try(&bench), 1);
	bench.event.kind = EVENT_CALL_JOINED;
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

static void a_reload_remembers_the_baits(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench, next;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	ring_in(&bench, BAIT, EVENT_CALL_CANCELLED, noon);
	bench_open(&next, RULE);
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(call_back(&next, noon + HOUR), 1);
	bench_close(&next);
}

static void numbers_forgotten_early_are_counted(void **state)
{
	struct bench bench;
	char number[24];

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	ring_in(&bench, BAIT, EVENT_CALL_CANCELLED, bench_time(NOON));
	for (int i = 0; i < 66; i++) {
		snprintf(number, sizeof number, "+2322299%04d", i);
		ring_in(&bench, number, EVENT_CALL_CANCELLED, bench_time(NOON) + i);
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 3);
	assert_int_equal(call_back(&bench, bench_time(NOON) + HOUR), 0);
	bench_close(&bench);
}

#define MODEL_NUMBERS 5

static void it_agrees_with_a_simple_model(void **state)
{
	instant rang[MODEL_NUMBERS], now = bench_time(NOON);
	unsigned random = 11;
	struct bench bench;
	char number[24];

	(void)state;
	for (size_t i = 0; i < MODEL_NUMBERS; i++) {
		rang[i] = now - 100 * DAY;
	}
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (int step = 0; step < 5000; step++) {
		random = random * 1103515245 + 12345;
		size_t which = (random >> 8) % MODEL_NUMBERS;
		now += (instant)((random >> 16) % 20) * HOUR;
		snprintf(number, sizeof number, "+2322200000%zu", which);
		if ((random >> 24) % 3 == 0) {
			ring_in(&bench, number, EVENT_CALL_CANCELLED, now - 2 * SECOND);
			rang[which] = now;
		} else if ((random >> 24) % 7 == 0) {
			inbound_begin(&bench, &(struct inbound){3, number, "in-3", now, now});
			rang[which] = now - 100 * DAY;
		}
		assert_int_equal(bench_dial(&bench, "1001", PHONE, number, &sierra_leone, now),
			now - rang[which] < DAY);
	}
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_to_a_number_that_rang_in_unanswered_is_a_notice),
		cmocka_unit_test(the_window_slides),
		cmocka_unit_test(the_window_is_a_setting),
		cmocka_unit_test(who_was_talked_to_is_no_bait),
		cmocka_unit_test(only_calls_abroad_to_the_whole_number_count),
		cmocka_unit_test(whoever_calls_back_is_told_but_not_a_strangers_try),
		cmocka_unit_test(a_reload_remembers_the_baits),
		cmocka_unit_test(numbers_forgotten_early_are_counted),
		cmocka_unit_test(it_agrees_with_a_simple_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
