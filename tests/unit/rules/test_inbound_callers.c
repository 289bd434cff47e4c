/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/circumstances.h"
#include "pbxguard/rules/inbound_callers.h"

#include <stdlib.h>

#define FORWARD "+819012345678"
#define OTHER "+12465550123"

static const struct dialed_number dialled = {.kind = NUMBER_DOMESTIC};

/* An event of the call whose Call-ID is its number. It began when it was attempted. */
static void note(struct inbound_callers *callers, enum event_kind kind, uint64_t call, const char *number,
	instant when)
{
	static instant began[16];
	char call_id[24];

	if (kind == EVENT_CALL_ATTEMPTED) {
		began[call % COUNT_OF(began)] = when;
	}
	snprintf(call_id, sizeof call_id, "call-%d", (int)call);
	inbound_callers_note(callers, &(struct event){.kind = kind,
					      .time = when,
					      .call_id = text_of(call_id),
					      .caller_e164 = text_of(number),
					      .leg = LEG_TRUNK_IN,
					      .number = &dialled,
					      .call = call,
					      .attempted = began[call % COUNT_OF(began)]});
}

static bool find(struct inbound_callers *callers, const char *number, instant now)
{
	struct inbound_caller caller;
	struct shown_number shown;

	assert_true(shown_number_read(text_of(number), &shown));
	return inbound_callers_find_number(callers, &shown, now, &caller);
}

static bool find_call(struct inbound_callers *callers, const char *call_id, instant now)
{
	struct inbound_caller caller;

	return inbound_callers_find_call(callers, text_of(call_id), now, &caller);
}

static void only_what_comes_in_by_a_trunk_is_one(void **state)
{
	struct event event = {.leg = LEG_TRUNK_IN};

	(void)state;
	assert_true(circumstances_is_inbound(&event));
	event.is_outward = true;
	assert_false(circumstances_is_inbound(&event));
	event = (struct event){.leg = LEG_EXTENSION};
	assert_false(circumstances_is_inbound(&event));
}

static void a_call_that_just_began_is_found_whatever_became_of_it(void **state)
{
	static const enum event_kind kinds[] = {
		EVENT_CALL_RINGING, EVENT_CALL_REFUSED, EVENT_CALL_CANCELLED, EVENT_CALL_ENDED};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct inbound_callers *callers = inbound_callers_new(0, MINUTE);
		assert_false(find(callers, FORWARD, 0));
		note(callers, EVENT_CALL_ATTEMPTED, 1, FORWARD, 10 * SECOND);
		inbound_callers_note(callers, &(struct event){.kind = kinds[i],
						      .time = 12 * SECOND,
						      .call_id = TEXT("call-1"),
						      .caller_e164 = TEXT(FORWARD),
						      .leg = LEG_TRUNK_IN,
						      .call = 1,
						      .attempted = 10 * SECOND});
		assert_false(find(callers, FORWARD, 10 * SECOND - 1)); /* it had not begun */
		assert_true(find(callers, FORWARD, 10 * SECOND));
		assert_true(find(callers, "09012345678", 10 * SECOND + MINUTE));
		assert_false(find(callers, FORWARD, 10 * SECOND + MINUTE + 1));
		assert_true(find_call(callers, "call-1", 10 * SECOND + MINUTE));
		assert_false(find_call(callers, "call-1", 10 * SECOND + MINUTE + 1));
		assert_false(find_call(callers, "call-2", 11 * SECOND));
		assert_false(find_call(callers, "", 11 * SECOND));
		assert_false(find(callers, OTHER, 11 * SECOND));
		inbound_callers_free(callers);
	}
}

static void a_call_that_is_up_is_found_until_it_ends(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, SECOND);
	struct inbound_caller caller;
	instant now = 5 * SECOND;

	(void)state;
	note(callers, EVENT_CALL_ATTEMPTED, 1, FORWARD, 0);
	note(callers, EVENT_CALL_ANSWERED, 1, FORWARD, now);
	for (int i = 0; i < 200; i++) {
		now += CALL_STILL_UP_EVERY;
		assert_true(find(callers, FORWARD, now));
		inbound_callers_note(callers, &(struct event){.kind = EVENT_CALL_STILL_UP,
						      .time = now,
						      .call_id = TEXT("call-1"),
						      .caller_e164 = TEXT(FORWARD),
						      .leg = LEG_TRUNK_IN,
						      .call = 1,
						      .answered = 5 * SECOND});
	}
	assert_true(inbound_callers_find_call(callers, TEXT("call-1"), now, &caller));
	assert_true(caller.is_up);
	assert_string_equal(caller.number, FORWARD);
	note(callers, EVENT_CALL_ENDED, 1, FORWARD, now + 1);
	assert_false(find(callers, FORWARD, now + 2 * SECOND));
	assert_false(find_call(callers, "call-1", now + 2 * SECOND));
	inbound_callers_free(callers);
}

static void without_a_sign_of_life_a_call_is_over(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, SECOND);

	(void)state;
	note(callers, EVENT_CALL_ATTEMPTED, 1, FORWARD, 0);
	note(callers, EVENT_CALL_ANSWERED, 1, FORWARD, 0);
	assert_true(find(callers, FORWARD, INBOUND_SIGN_OF_LIFE));
	assert_false(find(callers, FORWARD, INBOUND_SIGN_OF_LIFE + 1));
	inbound_callers_free(callers);
}

static void of_several_calls_with_one_number_each_may_end(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, SECOND);

	(void)state;
	for (uint64_t call = 1; call <= INBOUND_CALLS_MAX; call++) {
		note(callers, EVENT_CALL_ATTEMPTED, call, FORWARD, (instant)call);
		note(callers, EVENT_CALL_ANSWERED, call, FORWARD, (instant)call);
	}
	for (uint64_t call = 1; call <= INBOUND_CALLS_MAX; call++) {
		assert_true(find(callers, FORWARD, 10 * SECOND));
		note(callers, EVENT_CALL_ENDED, call, FORWARD, 10 * SECOND);
	}
	assert_false(find(callers, FORWARD, 10 * SECOND));

	/* One more takes the place of the one that was heard of longest ago. */
	for (uint64_t call = 1; call <= INBOUND_CALLS_MAX + 1; call++) {
		note(callers, EVENT_CALL_ATTEMPTED, call, FORWARD, 20 * SECOND + (instant)call);
		note(callers, EVENT_CALL_ANSWERED, call, FORWARD, 20 * SECOND + (instant)call);
	}
	note(callers, EVENT_CALL_ENDED, 1, FORWARD, 30 * SECOND);
	for (uint64_t call = 2; call <= INBOUND_CALLS_MAX + 1; call++) {
		assert_true(find(callers, FORWARD, 30 * SECOND));
		note(callers, EVENT_CALL_ENDED, call, FORWARD, 30 * SECOND);
	}
	assert_false(find(callers, FORWARD, 30 * SECOND));
	inbound_callers_free(callers);
}

static void the_latest_call_of_a_number_is_told(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, 10 * MINUTE);
	struct inbound_caller caller;
	struct shown_number shown;

	(void)state;
	assert_true(shown_number_read(TEXT(FORWARD), &shown));
	note(callers, EVENT_CALL_ATTEMPTED, 1, FORWARD, 10 * SECOND);
	note(callers, EVENT_CALL_ATTEMPTED, 2, FORWARD, 20 * SECOND);
	note(callers, EVENT_CALL_ENDED, 1, FORWARD, 30 * SECOND);
	/* Longer than a sign of life is waited for: it just began, as set. */
	assert_true(inbound_callers_find_number(callers, &shown, 20 * SECOND + 10 * MINUTE, &caller));
	assert_int_equal(caller.began, 20 * SECOND);
	assert_false(inbound_callers_find_number(callers, &shown, 20 * SECOND + 10 * MINUTE + 1, &caller));
	inbound_callers_free(callers);
}

static void the_call_heard_of_longest_ago_makes_room(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, SECOND);

	(void)state;
	for (uint64_t call = 1; call <= INBOUND_CALLS_MAX; call++) {
		note(callers, EVENT_CALL_ATTEMPTED, call, FORWARD, 0);
		note(callers, EVENT_CALL_ANSWERED, call, FORWARD, SECOND);
	}
	note(callers, EVENT_CALL_STILL_UP, 1, FORWARD, 31 * SECOND);
	note(callers, EVENT_CALL_ATTEMPTED, 9, FORWARD, 32 * SECOND);
	note(callers, EVENT_CALL_ANSWERED, 9, FORWARD, 32 * SECOND);
	note(callers, EVENT_CALL_ENDED, 9, FORWARD, 33 * SECOND);
	assert_true(find(callers, FORWARD, 31 * SECOND + INBOUND_SIGN_OF_LIFE)); /* the first goes on */
	inbound_callers_free(callers);
}

static void a_hidden_number_is_found_by_its_call_only(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, MINUTE);
	struct inbound_caller caller;

	(void)state;
	note(callers, EVENT_CALL_ATTEMPTED, 1, "", 0);
	assert_true(inbound_callers_find_call(callers, TEXT("call-1"), 1, &caller));
	assert_string_equal(caller.number, "a hidden number");
	assert_false(caller.is_up);
	inbound_callers_free(callers);
}

static void what_no_dial_plan_reads_is_taken_as_it_is_shown(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, MINUTE);
	struct inbound_caller caller;
	struct shown_number shown;

	(void)state;
	inbound_callers_note(callers, &(struct event){.kind = EVENT_CALL_ATTEMPTED,
					      .leg = LEG_TRUNK_IN,
					      .from_user = TEXT("anonymous"),
					      .asserted_user = TEXT("9012345678\x01")});
	assert_false(find(callers, "9012345678", 1));
	inbound_callers_note(callers, &(struct event){.kind = EVENT_CALL_ATTEMPTED,
					      .leg = LEG_TRUNK_IN,
					      .from_user = TEXT("anonymous"),
					      .asserted_user = TEXT("9012345678")});
	assert_true(shown_number_read(TEXT("09012345678"), &shown));
	assert_true(inbound_callers_find_number(callers, &shown, 1, &caller));
	assert_string_equal(caller.number, "9012345678");
	inbound_callers_free(callers);
}

static void numbers_with_the_same_end_are_not_mixed_up(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, MINUTE);

	(void)state;
	note(callers, EVENT_CALL_ATTEMPTED, 1, "+81312345678", 0);
	note(callers, EVENT_CALL_ANSWERED, 1, "+81312345678", 0);
	assert_false(find(callers, "+82412345678", 1));
	note(callers, EVENT_CALL_ATTEMPTED, 2, "+82412345678", 1);
	assert_true(find(callers, "+82412345678", 1));
	assert_false(find(callers, "+81312345678", 1)); /* made room */
	assert_true(find_call(callers, "call-1", 1));
	inbound_callers_free(callers);
}

static void a_reload_keeps_them(void **state)
{
	struct inbound_callers *old = inbound_callers_new(0, MINUTE),
			       *callers = inbound_callers_new(0, MINUTE);

	(void)state;
	note(old, EVENT_CALL_ATTEMPTED, 1, FORWARD, 0);
	note(old, EVENT_CALL_ATTEMPTED, 2, "", 0);
	inbound_callers_adopt(callers, old);
	inbound_callers_free(old);
	assert_true(find(callers, FORWARD, 1));
	assert_true(find_call(callers, "call-1", 1));
	assert_true(find_call(callers, "call-2", 1));
	inbound_callers_free(callers);
}

static void who_was_heard_of_longest_ago_makes_room_and_is_counted(void **state)
{
	struct inbound_callers *callers = inbound_callers_new(0, MINUTE);
	char number[24];

	(void)state;
	for (int i = 0; i < INBOUND_CALLERS_MINIMUM + 5; i++) {
		snprintf(number, sizeof number, "+81%08d", 90000000 + i);
		note(callers, EVENT_CALL_ATTEMPTED, (uint64_t)i + 1, number, i);
	}
	assert_int_equal(inbound_callers_evicted(callers), 10); /* each was known twice */
	assert_false(find(callers, "+8190000004", INBOUND_CALLERS_MINIMUM + 5));
	assert_true(find(callers, "+8190000005", INBOUND_CALLERS_MINIMUM + 5));
	inbound_callers_free(callers);
}

/* ---- against a plain model */

#define NUMBERS 4
#define CALLS 12 /* three of each number: never more than an entry keeps */

struct model_call {
	bool is_known, is_up;
	instant began, sign;
};

static bool model_finds(const struct model_call *calls, int number, instant now, duration just_began)
{
	instant began = 0;
	bool is_known = false, is_up = false;

	for (int i = number; i < CALLS; i += NUMBERS) {
		if (calls[i].is_known) {
			began = !is_known || calls[i].began > began ? calls[i].began : began;
			is_known = true;
			is_up = is_up || (calls[i].is_up && now - calls[i].sign <= INBOUND_SIGN_OF_LIFE);
		}
	}
	return is_known && (is_up || now - began <= just_began);
}

static void it_agrees_with_a_simple_model(void **state)
{
	static const enum event_kind kinds[] = {EVENT_CALL_ATTEMPTED, EVENT_CALL_RINGING, EVENT_CALL_ANSWERED,
		EVENT_CALL_STILL_UP, EVENT_CALL_REFUSED, EVENT_CALL_ENDED};
	const duration just_began = 90 * SECOND;
	struct inbound_callers *callers = inbound_callers_new(0, just_began);
	struct model_call calls[CALLS] = {0};
	instant now = 0;
	unsigned random = 7;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		random = random * 1103515245 + 12345;
		int i = (int)(random >> 8) % CALLS;
		enum event_kind kind = kinds[(random >> 16) % COUNT_OF(kinds)];
		char number[24], call_id[24];
		now += (instant)(random >> 20 & 15) * SECOND;
		if (kind == EVENT_CALL_ATTEMPTED || !calls[i].is_known) {
			calls[i].is_known = true;
			calls[i].began = now;
		}
		if (kind == EVENT_CALL_ANSWERED || kind == EVENT_CALL_STILL_UP) {
			calls[i].is_up = true;
			calls[i].sign = now;
		} else if (kind > EVENT_CALL_ANSWERED) {
			calls[i].is_up = false;
		}
		snprintf(number, sizeof number, "+8190123456%02d", i % NUMBERS);
		snprintf(call_id, sizeof call_id, "call-%d", i);
		inbound_callers_note(callers, &(struct event){.kind = kind,
						      .time = now,
						      .call_id = text_of(call_id),
						      .caller_e164 = text_of(number),
						      .leg = LEG_TRUNK_IN,
						      .call = (uint64_t)i + 1,
						      .attempted = calls[i].began});
		for (int n = 0; n < NUMBERS; n++) {
			snprintf(number, sizeof number, "090123456%02d", n);
			assert_int_equal(find(callers, number, now), model_finds(calls, n, now, just_began));
		}
	}
	assert_int_equal(inbound_callers_evicted(callers), 0);
	inbound_callers_free(callers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_comes_in_by_a_trunk_is_one),
		cmocka_unit_test(a_call_that_just_began_is_found_whatever_became_of_it),
		cmocka_unit_test(a_call_that_is_up_is_found_until_it_ends),
		cmocka_unit_test(without_a_sign_of_life_a_call_is_over),
		cmocka_unit_test(of_several_calls_with_one_number_each_may_end),
		cmocka_unit_test(the_latest_call_of_a_number_is_told),
		cmocka_unit_test(the_call_heard_of_longest_ago_makes_room),
		cmocka_unit_test(a_hidden_number_is_found_by_its_call_only),
		cmocka_unit_test(what_no_dial_plan_reads_is_taken_as_it_is_shown),
		cmocka_unit_test(numbers_with_the_same_end_are_not_mixed_up),
		cmocka_unit_test(a_reload_keeps_them),
		cmocka_unit_test(who_was_heard_of_longest_ago_makes_room_and_is_counted),
		cmocka_unit_test(it_agrees_with_a_simple_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
