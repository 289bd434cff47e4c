/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/distinct.h"

#include <stdlib.h>

static struct distinct *distinct_of(size_t keys, uint32_t largest_limit, duration longest_span)
{
	const struct distinct_shape shape = {.keys = keys,
		.largest_limit = largest_limit,
		.shortest_span = MINUTE,
		.longest_span = longest_span};
	struct distinct *distinct = distinct_new(&shape);

	assert_non_null(distinct);
	return distinct;
}

static uint32_t add(struct distinct *distinct, const char *key, const char *value, instant now, duration span)
{
	uint32_t count = 0;

	distinct_add(distinct, text_of(key), text_of(value), now, &span, 1, &count);
	return count;
}

/* The value is a number. */
static uint32_t add_number(
	struct distinct *distinct, const char *key, unsigned value, instant now, duration span)
{
	char text[16];

	snprintf(text, sizeof text, "%u", value);
	return add(distinct, key, text, now, span);
}

static unsigned next_random(unsigned *random)
{
	*random = *random * 1103515245 + 12345;
	return *random >> 8;
}

static void keys_fit_the_memory(void **state)
{
	(void)state;
	assert_int_equal(distinct_keys_in(0, 10), DISTINCT_KEYS_MINIMUM);
	assert_int_equal(distinct_keys_in(SIZE_MAX, 10), DISTINCT_KEYS_MAXIMUM);
	assert_in_range(distinct_keys_in(10000 * 220, 10), 9900, 11000);
	/* The occurrences of one key that reaches a high limit are there once, not for each key. */
	assert_in_range(distinct_keys_in(10000 * 220 + 10064 * 32, 10000), 9900, 11000);
}

static void a_value_that_comes_again_is_one(void **state)
{
	struct distinct *distinct = distinct_of(4, 10, HOUR);

	(void)state;
	assert_int_equal(add(distinct, "a", "FR", 0, MINUTE), 1);
	assert_int_equal(add(distinct, "a", "FR", 1, MINUTE), 1);
	assert_int_equal(add(distinct, "a", "BB", 2, MINUTE), 2);
	assert_int_equal(add(distinct, "a", "FR", 3, MINUTE), 2);
	assert_int_equal(add(distinct, "b", "SL", 4, MINUTE), 1);
	assert_int_equal(add(distinct, "a", "SL", 5, MINUTE), 3);
	assert_int_equal(distinct_figures(distinct).keys, 2);
	distinct_free(distinct);
}

static void the_span_is_open_at_its_far_end(void **state)
{
	struct distinct *distinct = distinct_of(4, 10, HOUR);

	(void)state;
	assert_int_equal(add(distinct, "a", "1", 0, MINUTE), 1);
	assert_int_equal(add(distinct, "a", "2", MINUTE - 1, MINUTE), 2);
	assert_int_equal(
		add(distinct, "a", "2", MINUTE, MINUTE), 1); /* (now - span, now]: the first is out */
	assert_int_equal(add(distinct, "a", "3", MINUTE, MINUTE), 2);
	/* Its last occurrence counts. */
	assert_int_equal(add(distinct, "a", "1", 2 * MINUTE - 1, MINUTE), 3);
	assert_int_equal(add(distinct, "a", "1", 2 * MINUTE, MINUTE), 1);
	distinct_free(distinct);
}

static void one_store_answers_a_minute_and_an_hour(void **state)
{
	static const duration spans[] = {MINUTE, HOUR};
	struct distinct *distinct = distinct_of(4, 10, HOUR);
	uint32_t counts[2];

	(void)state;
	for (uint32_t i = 0; i < 30; i++) {
		char value[8];
		snprintf(value, sizeof value, "%u", i % 10);
		distinct_add(distinct, TEXT("a"), text_of(value), i * 20 * SECOND, spans, 2, counts);
		assert_int_equal(counts[0], i < 3 ? i + 1 : 3);
		assert_int_equal(counts[1], i < 10 ? i + 1 : 10);
	}
	distinct_free(distinct);
}

static void late_packets_count_too(void **state)
{
	struct distinct *distinct = distinct_of(4, 10, HOUR);

	(void)state;
	assert_int_equal(add(distinct, "a", "1", 10 * SECOND, MINUTE), 1);
	assert_int_equal(add(distinct, "a", "2", 12 * SECOND, MINUTE), 2);
	assert_int_equal(add(distinct, "a", "3", 11 * SECOND, MINUTE), 3); /* (…, 12 s] holds three */
	assert_int_equal(add(distinct, "a", "4", 69 * SECOND, MINUTE), 4);
	assert_int_equal(add(distinct, "a", "5", 9 * SECOND, MINUTE), 4); /* 69 s is out of its reach */
	/* What came again since was there before, too. */
	assert_int_equal(add(distinct, "a", "1", 200 * SECOND, MINUTE), 1);
	assert_int_equal(add(distinct, "a", "6", 8 * SECOND, MINUTE), 5);
	distinct_free(distinct);
}

static void a_clock_that_jumps_years_hides_nothing(void **state)
{
	const instant in_1970 = 5 * SECOND, in_2014 = 44 * 365 * DAY;
	struct distinct *distinct = distinct_of(4, 10, HOUR);

	(void)state;
	for (uint32_t i = 0; i < 70; i++) {
		assert_int_equal(add_number(distinct, "a", i, in_1970 + i, HOUR), i + 1);
	}
	for (uint32_t i = 0; i < 200; i++) { /* as many as are kept; those of 1970 make room */
		assert_int_equal(add_number(distinct, "a", i, in_2014 + i, HOUR), i < 74 ? i + 1 : 74);
	}
	for (uint32_t i = 0; i < 200; i++) {
		assert_int_equal(add_number(distinct, "a", i, in_1970 + 1000 + i, HOUR), i < 74 ? i + 1 : 74);
	}
	distinct_free(distinct);
}

static void times_at_the_ends_of_the_scale_are_no_trap(void **state)
{
	struct distinct *distinct = distinct_of(4, 10, HOUR);

	(void)state;
	assert_int_equal(add(distinct, "a", "1", INT64_MIN, HOUR), 1);
	assert_int_equal(add(distinct, "a", "1", INT64_MAX, HOUR), 1);
	assert_int_equal(add(distinct, "a", "1", 0, HOUR), 1);
	assert_int_equal(add(distinct, "a", "2", INT64_MAX, INT64_MAX), 2);
	assert_int_equal(add(distinct, "a", "2", INT64_MIN, INT64_MAX), 2);
	for (uint32_t i = 0; i < 1000; i++) {
		add_number(distinct, "a", i % 90, i % 2 ? INT64_MAX : INT64_MIN, HOUR);
	}
	distinct_free(distinct);
}

/* A clock that was ahead and is set right: what it left behind makes room, and takes nothing else with it. */
static void what_came_by_a_wrong_clock_makes_room(void **state)
{
	struct distinct *distinct = distinct_of(4, 10, HOUR); /* keeps 74 */

	(void)state;
	add_number(distinct, "a", 0, 0, HOUR);
	add_number(distinct, "a", 0, 1000 * DAY, HOUR);
	for (uint32_t i = 1; i < 74; i++) {
		assert_int_equal(add_number(distinct, "a", i, i, HOUR), i + 1);
	}
	assert_int_equal(add_number(distinct, "a", 1, 74, HOUR), 74);
	assert_int_equal(add_number(distinct, "a", 2, 75, HOUR), 74);
	assert_int_equal(add_number(distinct, "a", 0, 1000 * DAY, HOUR), 1);
	distinct_free(distinct);
}

/* ---- against a plain list of all occurrences */

#define MODEL_VALUES 300 /* values are numbers below */

struct model {
	size_t count;
	instant times[2000];
	unsigned values[2000];
};

/* Of those in (end - span, end]. */
static uint32_t model_span(const struct model *model, instant end, duration span)
{
	bool seen[MODEL_VALUES] = {false};
	uint32_t count = 0;

	for (size_t i = 0; i < model->count; i++) {
		if (model->times[i] <= end && model->times[i] > end - span && !seen[model->values[i]]) {
			seen[model->values[i]] = true;
			count++;
		}
	}
	return count;
}

/* The richest span that contains when. */
static uint32_t model_around(const struct model *model, instant when, duration span)
{
	uint32_t highest = 0;

	for (size_t i = 0; i < model->count; i++) {
		if (model->times[i] >= when && model->times[i] - span < when) {
			uint32_t count = model_span(model, model->times[i], span);
			highest = count > highest ? count : highest;
		}
	}
	return highest;
}

/* Mostly close together, some minutes or hours apart; jumpy: some late, a few from another decade, some at
 * one time.
 */
static instant next_time(instant *clock, unsigned *random, bool is_jumpy)
{
	unsigned kind = next_random(random) % 100;

	*clock += next_random(random) % (kind < 70 ? 15 : kind < 95 ? 1200 : 15 * 3600) * SECOND;
	*clock += next_random(random) % SECOND;
	if (!is_jumpy) {
		return *clock;
	}
	if (kind == 99) {
		*clock += *clock < 1000 * DAY ? 16000 * DAY : -16000 * DAY;
	}
	return kind % 8 == 0   ? *clock - next_random(random) % 90 * SECOND
	       : kind % 8 == 1 ? *clock / MINUTE * MINUTE
			       : *clock;
}

static unsigned next_value(struct model *model, unsigned *random, unsigned values)
{
	unsigned value = next_random(random) % values;

	model->values[model->count] = value;
	return value;
}

static void counts_agree_with_a_plain_list(void **state)
{
	static const duration spans[] = {MINUTE, HOUR, 12 * HOUR};
	static struct model model;
	uint32_t counts[COUNT_OF(spans)];

	(void)state;
	for (unsigned seed = 1; seed <= 60; seed++) {
		struct distinct *distinct = distinct_of(64, 140, 12 * HOUR);
		unsigned random = seed;
		instant clock = seed % 3 == 0 ? 0 : 16000 * DAY + seed * HOUR;
		for (model.count = 0; model.count < 200;) { /* as many as a key keeps: every count is exact */
			char text[8];
			instant now = next_time(&clock, &random, seed % 2 == 0);
			unsigned value = next_value(&model, &random, 1 + seed % 30);
			snprintf(text, sizeof text, "%u", value);
			model.times[model.count++] = now;
			add(distinct, "somebody else", text, now, HOUR);
			distinct_add(distinct, TEXT("a"), text_of(text), now, spans, COUNT_OF(spans), counts);
			for (size_t i = 0; i < COUNT_OF(spans); i++) {
				assert_int_equal(counts[i], model_around(&model, now, spans[i]));
				/* In order of time that is simply the span behind now. */
				assert_true(seed % 2 == 0 || counts[i] == model_span(&model, now, spans[i]));
			}
		}
		distinct_free(distinct);
	}
}

/* In order of time, and with many more occurrences than a key keeps. */
static void repetitions_push_no_value_out(void **state)
{
	static struct model model;

	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct distinct *distinct = distinct_of(2, 4, HOUR);
		unsigned random = seed * 31;
		instant clock = 0;
		for (model.count = 0; model.count < COUNT_OF(model.times);) {
			instant now = next_time(&clock, &random, false);
			/* One value most of the time; of the others no more than are kept. */
			unsigned value = next_value(&model, &random, next_random(&random) % 4 ? 1 : 60);
			model.times[model.count++] = now;
			assert_int_equal(
				add_number(distinct, "a", value, now, HOUR), model_span(&model, now, HOUR));
		}
		distinct_free(distinct);
	}
}

/*
 * The promise to the operator. Whatever the order of arrival: a span anywhere on the axis of time that holds
 * as many values as the limit made at least one of its occurrences fire; and what fired lies in such a span.
 */
static void no_spread_escapes_and_nothing_below_fires(void **state)
{
	static struct model model;
	static bool fired[COUNT_OF(model.times)];

	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		uint32_t limit = 2 + seed % 9;
		duration span = seed % 2 ? MINUTE : HOUR;
		struct distinct *distinct = distinct_of(16, limit + 300, span);
		unsigned random = seed * 77;
		instant clock = 20778 * DAY + 15 * HOUR - 20 * MINUTE; /* before midnight in Tokyo */
		for (model.count = 0; model.count < 360; model.count++) {
			instant now = next_time(&clock, &random, seed % 3 == 0);
			unsigned value = next_value(&model, &random, limit + 2);
			model.times[model.count] = now;
			fired[model.count] = add_number(distinct, "a", value, now, span) >= limit;
		}
		for (size_t i = 0; i < model.count; i++) {
			instant end = model.times[i];
			bool any_fired = false;
			for (size_t n = 0; n < model.count; n++) {
				any_fired = any_fired || (fired[n] && model.times[n] <= end &&
								 model.times[n] > end - span);
			}
			assert_true(model_span(&model, end, span) < limit || any_fired);
			assert_true(!fired[i] || model_around(&model, end, span) >= limit);
		}
		distinct_free(distinct);
	}
}

static void a_limit_is_never_missed_however_high(void **state)
{
	static const uint32_t limits[] = {1, 2, 63, 64, 65, 1000, 10000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		struct distinct *distinct = distinct_of(2, limits[i], HOUR);
		for (uint32_t n = 1; n <= limits[i] + 200; n++) {
			uint32_t count = add_number(distinct, "a", n, n * MILLISECOND, HOUR);
			/* True up to what is kept, and stays there. */
			assert_int_equal(count, n < limits[i] + 64 ? n : limits[i] + 64);
		}
		distinct_free(distinct);
	}
}

static void keys_and_values_of_any_length_are_told_apart(void **state)
{
	struct distinct *distinct = distinct_of(64, 10, HOUR);
	const duration span = HOUR;
	char bytes[4096];
	uint32_t count;

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	for (uint32_t size = 0; size < 64; size++) {
		const struct text text = {bytes, size * 64};
		distinct_add(distinct, text, TEXT("a"), 1, &span, 1, &count);
		assert_int_equal(count, 1);
		distinct_add(distinct, (struct text){0}, text, 1, &span, 1, &count);
		assert_int_equal(count, size + 2);
	}
	assert_int_equal(distinct_figures(distinct).keys, 64);
	distinct_free(distinct);
}

static void when_all_keys_are_taken_the_one_idle_longest_makes_room(void **state)
{
	struct distinct *distinct = distinct_of(100, 3, HOUR);
	char caller[16];

	(void)state;
	add(distinct, "idle for a day", "FR", 0, HOUR);
	for (uint32_t i = 0; i < 1000; i++) { /* an attacker invents callers */
		instant now = DAY + i * SECOND;
		assert_int_equal(add_number(distinct, "site", i, now, HOUR), i < 67 ? i + 1 : 67);
		snprintf(caller, sizeof caller, "caller %u", i);
		assert_int_equal(add(distinct, caller, "FR", now, HOUR), 1);
	}
	assert_int_equal(distinct_figures(distinct).keys, 100);
	/* 1,002 keys for 100 places; the idle one did not count any more */
	assert_int_equal(distinct_figures(distinct).evicted, 901);
	assert_int_equal(add(distinct, "caller 999", "BB", DAY + 1000 * SECOND, HOUR), 2);
	assert_int_equal(add(distinct, "caller 1", "BB", DAY + 1000 * SECOND, HOUR), 1);
	distinct_free(distinct);
}

/* Keys with many values take the share of others. */
static void when_all_occurrences_are_taken_the_key_idle_longest_makes_room(void **state)
{
	struct distinct *distinct = distinct_of(100, 3, HOUR); /* 468 occurrences */
	char caller[16];
	instant now = 0;

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		snprintf(caller, sizeof caller, "caller %u", i);
		for (uint32_t value = 1; value <= 50; value++) {
			assert_int_equal(add_number(distinct, caller, value, ++now, HOUR), value);
		}
	}
	assert_int_equal(distinct_figures(distinct).keys, 9);
	assert_int_equal(distinct_figures(distinct).evicted, 11);
	assert_int_equal(add_number(distinct, "caller 19", 51, ++now, HOUR), 51);
	assert_int_equal(add_number(distinct, "caller 11", 51, ++now, HOUR), 51);
	assert_int_equal(add_number(distinct, "caller 10", 51, ++now, HOUR), 1);
	distinct_free(distinct);
}

/* Of a value that comes again within the shortest span the first and the last are all that matters. */
static void repetitions_take_no_room(void **state)
{
	struct distinct *distinct = distinct_of(100, 3, HOUR); /* 468 occurrences */
	char caller[16];

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		snprintf(caller, sizeof caller, "caller %u", i % 100);
		assert_int_equal(add(distinct, caller, "FR", i * MILLISECOND, HOUR), 1);
	}
	assert_int_equal(distinct_figures(distinct).keys, 100);
	assert_int_equal(distinct_figures(distinct).evicted, 0);
	distinct_free(distinct);
}

static void a_reload_goes_on_with_the_old_counts(void **state)
{
	static const struct {
		uint32_t old_limit, new_limit;
		uint32_t values, expected;
	} cases[] = {
		{10, 10, 5, 6},
		{10, 10, 74, 74},
		{10, 1000, 70, 71},
		{1000, 10, 70, 71},
		{1000, 10, 900, 74}, /* what is kept for the lower limit */
		{1000, 1000, 900, 901},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct distinct *old = distinct_of(8, cases[i].old_limit, HOUR);
		struct distinct *distinct = distinct_of(8, cases[i].new_limit, 12 * HOUR);
		for (uint32_t n = 0; n < cases[i].values; n++) {
			add_number(old, "1001", n, n * SECOND, HOUR);
		}
		add(old, "1002", "FR", 0, HOUR);
		distinct_adopt(distinct, old);
		distinct_free(old);
		assert_int_equal(
			add(distinct, "1001", "FR", cases[i].values * SECOND, HOUR), cases[i].expected);
		/* A longer span finds it. */
		assert_int_equal(add(distinct, "1002", "FR", 2 * HOUR, 12 * HOUR), 1);
		assert_int_equal(add(distinct, "1002", "BB", 2 * HOUR, 12 * HOUR), 2);
		assert_int_equal(add(distinct, "1003", "FR", 2 * HOUR, 12 * HOUR), 1);
		distinct_free(distinct);
	}
}

/* The one that is thrown away at each step counts like the one that stays. */
static void reloads_at_any_time_change_no_count(void **state)
{
	struct distinct *distinct = distinct_of(64, 140, HOUR), *reloaded = distinct_of(64, 140, HOUR);
	unsigned random = 7;
	instant clock = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		instant now = next_time(&clock, &random, true);
		unsigned value = next_random(&random) % 12;
		struct distinct *next = distinct_of(64, 140, HOUR);
		distinct_adopt(next, reloaded);
		distinct_free(reloaded);
		reloaded = next;
		assert_int_equal(add_number(reloaded, "a", value, now, HOUR),
			add_number(distinct, "a", value, now, HOUR));
	}
	distinct_free(distinct);
	distinct_free(reloaded);
}

static void a_reload_keeps_the_order_of_use(void **state)
{
	struct distinct *old = distinct_of(3, 10, HOUR), *distinct = distinct_of(3, 10, HOUR);

	(void)state;
	add(old, "a", "FR", 1, HOUR);
	add(old, "b", "FR", 2, HOUR);
	add(old, "c", "FR", 3, HOUR);
	add(old, "a", "FR", 4, HOUR);
	add(old, "d", "FR", 5, HOUR); /* in place of b */
	assert_int_equal(distinct_figures(old).evicted, 1);
	distinct_adopt(distinct, old);
	distinct_free(old);
	assert_int_equal(distinct_figures(distinct).evicted, 0);
	assert_int_equal(add(distinct, "e", "FR", 6, HOUR), 1); /* in place of c */
	assert_int_equal(add(distinct, "a", "BB", 7, HOUR), 2);
	assert_int_equal(add(distinct, "d", "BB", 7, HOUR), 2);
	assert_int_equal(add(distinct, "c", "BB", 8, HOUR), 1);
	assert_int_equal(distinct_figures(distinct).evicted, 2);
	distinct_free(distinct);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_fit_the_memory),
		cmocka_unit_test(a_value_that_comes_again_is_one),
		cmocka_unit_test(the_span_is_open_at_its_far_end),
		cmocka_unit_test(one_store_answers_a_minute_and_an_hour),
		cmocka_unit_test(late_packets_count_too),
		cmocka_unit_test(a_clock_that_jumps_years_hides_nothing),
		cmocka_unit_test(times_at_the_ends_of_the_scale_are_no_trap),
		cmocka_unit_test(what_came_by_a_wrong_clock_makes_room),
		cmocka_unit_test(counts_agree_with_a_plain_list),
		cmocka_unit_test(repetitions_push_no_value_out),
		cmocka_unit_test(no_spread_escapes_and_nothing_below_fires),
		cmocka_unit_test(a_limit_is_never_missed_however_high),
		cmocka_unit_test(keys_and_values_of_any_length_are_told_apart),
		cmocka_unit_test(when_all_keys_are_taken_the_one_idle_longest_makes_room),
		cmocka_unit_test(when_all_occurrences_are_taken_the_key_idle_longest_makes_room),
		cmocka_unit_test(repetitions_take_no_room),
		cmocka_unit_test(a_reload_goes_on_with_the_old_counts),
		cmocka_unit_test(reloads_at_any_time_change_no_count),
		cmocka_unit_test(a_reload_keeps_the_order_of_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
