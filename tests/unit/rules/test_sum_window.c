/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/sum_window.h"

#include <stdlib.h>

static struct sum_window *window_of(size_t keys)
{
	const struct sum_window_shape shape = {.keys = keys, .span_count = 2, .spans = {HOUR, DAY}};
	struct sum_window *window = sum_window_new(&shape);

	assert_non_null(window);
	return window;
}

/* The sum of the hour. */
static int64_t add(struct sum_window *window, const char *key, instant now, int64_t amount)
{
	int64_t sums[2];

	sum_window_add(window, text_of(key), now, amount, sums);
	return sums[0];
}

static unsigned next_random(unsigned *random)
{
	*random = *random * 1103515245 + 12345;
	return *random >> 8;
}

static void keys_fit_the_memory(void **state)
{
	(void)state;
	assert_int_equal(sum_window_keys_in(0, 2), SUM_KEYS_MINIMUM);
	assert_int_equal(sum_window_keys_in(SIZE_MAX / 2, 2), SUM_KEYS_MAXIMUM);
	assert_in_range(sum_window_keys_in(1000 * 1200, 2), 1000, 1200);
}

static void an_amount_counts_for_the_span_and_at_most_a_sixtieth_more(void **state)
{
	static const struct {
		duration after;
		int64_t hour, day;
	} cases[] = {
		{0, 101, 101},
		{HOUR - 1, 101, 101},
		{HOUR, 101, 101},
		{HOUR + MINUTE, 1, 101}, /* begun on a full minute */
		{DAY, 1, 101},
		{DAY + 24 * MINUTE - 1, 1, 101},
		{DAY + 24 * MINUTE, 1, 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sum_window *window = window_of(4);
		int64_t sums[2];
		add(window, "a", 1000 * DAY, 100);
		add(window, "b", 1000 * DAY, 7);
		sum_window_add(window, TEXT("a"), 1000 * DAY + cases[i].after, 1, sums);
		assert_int_equal(sums[0], cases[i].hour);
		assert_int_equal(sums[1], cases[i].day);
		sum_window_free(window);
	}
	sum_window_free(NULL);
}

static void late_amounts_count_too(void **state)
{
	struct sum_window *window = window_of(4);

	(void)state;
	assert_int_equal(add(window, "a", DAY + 10 * MINUTE, 1), 1);
	assert_int_equal(add(window, "a", DAY, 10), 11);
	assert_int_equal(add(window, "a", DAY + 11 * MINUTE, 100), 111);
	assert_int_equal(add(window, "a", DAY - 49 * MINUTE, 1000), 1111);
	assert_int_equal(add(window, "a", DAY + 12 * MINUTE, 10000), 10111); /* the late one is out */
	sum_window_free(window);
}

static void a_clock_set_back_begins_anew(void **state)
{
	struct sum_window *window = window_of(4);

	(void)state;
	assert_int_equal(add(window, "a", 20000 * DAY, 1), 1);
	assert_int_equal(add(window, "a", 5 * SECOND, 10), 10);
	assert_int_equal(add(window, "a", 6 * SECOND, 100), 110);
	assert_int_equal(add(window, "a", 20000 * DAY, 1000), 1000);
	assert_int_equal(add(window, "a", INT64_MIN, 10000), 10000);
	assert_int_equal(add(window, "a", INT64_MAX, 100000), 100000);
	assert_int_equal(add(window, "a", -1, 1000000), 1000000);
	assert_int_equal(add(window, "a", 1, 1), 1000001); /* across 1970 */
	sum_window_free(window);
}

static void a_sum_stays_at_the_largest_number(void **state)
{
	struct sum_window *window = window_of(4);

	(void)state;
	assert_int_equal(add(window, "a", DAY, INT64_MAX), INT64_MAX);
	assert_int_equal(add(window, "a", DAY, INT64_MAX), INT64_MAX);
	assert_int_equal(add(window, "a", DAY + MINUTE, 1), INT64_MAX);
	assert_int_equal(add(window, "a", DAY + 70 * MINUTE, 1), 1); /* nothing of it stays */
	sum_window_free(window);
}

/* ---- against a plain list of all amounts ---- */

struct model {
	size_t count;
	struct {
		instant when;
		int64_t amount;
	} items[1000];
};

/* All of (end - reach, end]. */
static int64_t model_sum(const struct model *model, instant end, duration reach)
{
	int64_t sum = 0;

	for (size_t i = 0; i < model->count; i++) {
		bool is_within = model->items[i].when <= end && model->items[i].when > end - reach;
		sum += is_within ? model->items[i].amount : 0;
	}
	return sum;
}

static void sums_lie_between_those_of_the_span_and_of_a_sixtieth_more(void **state)
{
	static const duration spans[] = {HOUR, DAY};
	static struct model model;

	(void)state;
	for (unsigned seed = 1; seed <= 60; seed++) {
		struct sum_window *window = window_of(8);
		unsigned random = seed;
		instant latest = seed % 3 == 0 ? -3 * DAY : 20000 * DAY + seed * SECOND;
		bool has_late = seed % 2 == 0;
		for (model.count = 0; model.count < COUNT_OF(model.items);) {
			unsigned kind = next_random(&random) % 100;
			/* Minutes of calls, breaks of hours, now and then of days; some some seconds late. */
			latest += kind < 90   ? next_random(&random) % (2 * MINUTE)
				  : kind < 98 ? next_random(&random) * (MINUTE / 1000) % (3 * HOUR)
					      : next_random(&random) * (duration)1000 % (3 * DAY);
			instant now = latest;
			if (has_late && kind % 7 == 0) {
				now -= next_random(&random) % (90 * SECOND);
			}
			int64_t amount = next_random(&random) % 500 * 1000000, sums[2];
			model.items[model.count].when = now;
			model.items[model.count++].amount = amount;
			add(window, "somebody else", now, 5);
			sum_window_add(window, TEXT("a"), now, amount, sums);
			instant end = now;
			for (size_t i = 0; i < model.count; i++) {
				end = model.items[i].when > end ? model.items[i].when : end;
			}
			for (size_t i = 0; i < COUNT_OF(spans); i++) {
				assert_true(sums[i] >= model_sum(&model, end, spans[i]));
				assert_true(
					sums[i] <= model_sum(&model, end, spans[i] + spans[i] / SUM_PARTS));
			}
		}
		sum_window_free(window);
	}
}

/* ---- */

static void when_all_keys_are_taken_the_one_idle_longest_makes_room(void **state)
{
	struct sum_window *window = window_of(100);
	char caller[16];

	(void)state;
	add(window, "idle for two days", 0, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		instant now = 2 * DAY + i * SECOND;
		assert_int_equal(add(window, "site", now, 1), i + 1);
		snprintf(caller, sizeof caller, "caller %u", i);
		assert_int_equal(add(window, caller, now, 1), 1);
	}
	assert_int_equal(sum_window_figures(window).keys, 100);
	/* 1,002 keys for 100 places; the idle one did not count any more. */
	assert_int_equal(sum_window_figures(window).evicted, 901);
	assert_int_equal(add(window, "caller 999", 2 * DAY + 1000 * SECOND, 1), 2);
	assert_int_equal(add(window, "caller 1", 2 * DAY + 1000 * SECOND, 1), 1);
	sum_window_free(window);
}

static void a_reload_goes_on_with_the_old_sums(void **state)
{
	struct sum_window *old = window_of(8), *window = window_of(3);

	(void)state;
	for (int i = 0; i < 5; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", i);
		add(old, caller, DAY + i, 10 + i);
	}
	add(old, "0", DAY + 5, 100);
	sum_window_adopt(window, old);
	sum_window_free(old);
	assert_int_equal(sum_window_figures(window).keys, 3); /* 3, 4 and, used last, 0 */
	assert_int_equal(add(window, "0", DAY + 6, 1), 111);
	assert_int_equal(add(window, "3", DAY + 7, 1), 14);
	assert_int_equal(add(window, "4", DAY + 8, 1), 15);
	assert_int_equal(add(window, "2", DAY + 9, 1), 1);
	sum_window_free(window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_fit_the_memory),
		cmocka_unit_test(an_amount_counts_for_the_span_and_at_most_a_sixtieth_more),
		cmocka_unit_test(late_amounts_count_too),
		cmocka_unit_test(a_clock_set_back_begins_anew),
		cmocka_unit_test(a_sum_stays_at_the_largest_number),
		cmocka_unit_test(sums_lie_between_those_of_the_span_and_of_a_sixtieth_more),
		cmocka_unit_test(when_all_keys_are_taken_the_one_idle_longest_makes_room),
		cmocka_unit_test(a_reload_goes_on_with_the_old_sums),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
