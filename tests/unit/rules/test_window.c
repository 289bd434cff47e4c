/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/rules/window.h"

#include <stdlib.h>

static uint32_t add(struct window *window, const char *key, instant now, duration span)
{
	uint32_t count = 0;

	window_add(window, text_of(key), now, &span, 1, &count);
	return count;
}

static struct window *window_of(size_t keys, uint32_t largest_limit, duration longest_span)
{
	const struct window_shape shape = {
		.keys = keys, .largest_limit = largest_limit, .longest_span = longest_span};
	struct window *window = window_new(&shape);

	assert_non_null(window);
	return window;
}

static unsigned next_random(unsigned *random)
{
	*random = *random * 1103515245 + 12345;
	return *random >> 8;
}

static void keys_fit_the_memory(void **state)
{
	(void)state;
	assert_int_equal(window_keys_in(0, 10), WINDOW_KEYS_MINIMUM);
	assert_int_equal(window_keys_in(SIZE_MAX, 10), WINDOW_KEYS_MAXIMUM);
	/* Two kilobytes of times and about two hundred bytes beside. */
	assert_in_range(window_keys_in(1000 * 2048, 10), 850, 950);
	assert_in_range(window_keys_in(1000 * 80000, 10000), 900, 1000);
}

static void the_window_is_open_at_its_far_end(void **state)
{
	struct window *window = window_of(4, 10, HOUR);

	(void)state;
	assert_int_equal(add(window, "a", 0, MINUTE), 1);
	assert_int_equal(add(window, "a", MINUTE - 1, MINUTE), 2);
	assert_int_equal(add(window, "a", MINUTE, MINUTE), 2); /* (now - span, now]: the first is out */
	assert_int_equal(add(window, "a", MINUTE, MINUTE), 3);
	assert_int_equal(add(window, "b", MINUTE, MINUTE), 1);
	window_free(window);
}

static void one_store_answers_a_minute_and_an_hour(void **state)
{
	static const duration spans[] = {MINUTE, HOUR};
	struct window *window = window_of(4, 10, HOUR);
	uint32_t counts[2];

	(void)state;
	for (uint32_t i = 0; i < 30; i++) {
		window_add(window, TEXT("a"), i * 20 * SECOND, spans, 2, counts);
		assert_int_equal(counts[0], i < 3 ? i + 1 : 3);
		assert_int_equal(counts[1], i + 1);
	}
	window_free(window);
}

/* How users of other systems get twice the limit past: half before midnight, half after. */
static void midnight_and_summer_time_reset_nothing(void **state)
{
	static const struct {
		const char *zone, *midnight;
	} cases[] = {
		{"Asia/Tokyo", "2026-11-22T00:00:00+09:00"},
		{"Asia/Tokyo", "2027-01-01T00:00:00+09:00"},
		{"Europe/Berlin", "2026-03-29T02:00:00+01:00"},
		{"Europe/Berlin", "2026-10-25T03:00:00+02:00"},
		{"America/New_York", "2026-11-01T02:00:00-04:00"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct window *window = window_of(4, 10, HOUR);
		instant midnight = 0;
		time_zone_set(cases[i].zone);
		assert_true(instant_parse(text_of(cases[i].midnight), &midnight));
		for (int n = 0; n < 10; n++) {
			assert_int_equal(
				add(window, "a", midnight + (n - 5) * SECOND, MINUTE), (uint32_t)n + 1);
		}
		window_free(window);
	}
	time_zone_set("Asia/Tokyo");
}

static void late_packets_count_too(void **state)
{
	struct window *window = window_of(4, 10, HOUR);

	(void)state;
	assert_int_equal(add(window, "a", 10 * SECOND, MINUTE), 1);
	assert_int_equal(add(window, "a", 12 * SECOND, MINUTE), 2);
	assert_int_equal(add(window, "a", 11 * SECOND, MINUTE), 3); /* (…, 12 s] holds three */
	assert_int_equal(add(window, "a", 69 * SECOND, MINUTE), 4);
	assert_int_equal(add(window, "a", 9 * SECOND, MINUTE), 4); /* 69 s is out of its reach */
	window_free(window);
}

static void a_clock_that_jumps_years_hides_nothing(void **state)
{
	const instant in_1970 = 5 * SECOND, in_2014 = 44 * 365 * DAY;
	struct window *window = window_of(4, 10, HOUR);

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		assert_int_equal(add(window, "a", in_1970 + i, HOUR), i + 1);
	}
	for (uint32_t i = 0; i < 300; i++) { /* fills the ring; the times of 1970 make room */
		assert_int_equal(add(window, "a", in_2014 + i, HOUR), i < 256 ? i + 1 : 256);
	}
	for (uint32_t i = 0; i < 300; i++) {
		assert_int_equal(add(window, "a", in_1970 + 1000 + i, HOUR), i < 256 ? i + 1 : 256);
	}
	window_free(window);
}

static void times_at_the_ends_of_the_scale_are_no_trap(void **state)
{
	struct window *window = window_of(4, 10, HOUR);

	(void)state;
	assert_int_equal(add(window, "a", INT64_MIN, HOUR), 1);
	assert_int_equal(add(window, "a", INT64_MAX, HOUR), 1);
	assert_int_equal(add(window, "a", 0, HOUR), 1);
	assert_int_equal(add(window, "a", INT64_MAX, INT64_MAX), 2);
	assert_int_equal(add(window, "a", INT64_MIN, INT64_MAX), 2);
	for (uint32_t i = 0; i < 1000; i++) {
		add(window, "a", i % 2 ? INT64_MAX : INT64_MIN, HOUR);
	}
	window_free(window);
}

/* ---- against a plain list of all times */

struct model {
	size_t count;
	instant times[2000];
};

/* Of those up to end, in (end - span, end]. */
static uint32_t model_window(const struct model *model, instant end, duration span)
{
	uint32_t count = 0;

	for (size_t i = 0; i < model->count; i++) {
		count += model->times[i] <= end && model->times[i] > end - span;
	}
	return count;
}

/* The fullest window that contains when. */
static uint32_t model_around(const struct model *model, instant when, duration span)
{
	uint32_t highest = 0;

	for (size_t i = 0; i < model->count; i++) {
		if (model->times[i] >= when && model->times[i] - span < when) {
			uint32_t count = model_window(model, model->times[i], span);
			highest = count > highest ? count : highest;
		}
	}
	return highest;
}

/* Calls of one caller: mostly close together, some minutes apart, some late, a few from another decade. */
static instant next_time(instant *clock, unsigned *random, bool is_jumpy)
{
	unsigned kind = next_random(random) % 100;

	*clock += kind < 70 ? next_random(random) % (15 * SECOND) : next_random(random) % (20 * MINUTE);
	if (is_jumpy && kind == 99) {
		*clock += *clock < 1000 * DAY ? 16000 * DAY : -16000 * DAY;
	}
	return is_jumpy && kind % 8 == 0 ? *clock - next_random(random) % (90 * SECOND) : *clock;
}

static void counts_agree_with_a_plain_list(void **state)
{
	static const duration spans[] = {MINUTE, HOUR, 12 * HOUR};
	static struct model model;
	uint32_t counts[COUNT_OF(spans)];

	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		struct window *window = window_of(16, 10, 12 * HOUR);
		unsigned random = seed;
		instant clock = seed % 3 == 0 ? 0 : 16000 * DAY + seed * HOUR;
		model.count = 0;
		while (model.count < 250) { /* as many as the ring keeps, so every count is exact */
			instant now = next_time(&clock, &random, seed % 2 == 0);
			model.times[model.count++] = now;
			add(window, "somebody else", now, HOUR);
			window_add(window, TEXT("a"), now, spans, COUNT_OF(spans), counts);
			for (size_t i = 0; i < COUNT_OF(spans); i++) {
				assert_int_equal(counts[i], model_around(&model, now, spans[i]));
				/* In order of time that is simply the window behind now. */
				assert_true(
					seed % 2 == 0 || counts[i] == model_window(&model, now, spans[i]));
				assert_int_equal(window_count(window, TEXT("a"), now, spans[i]),
					model_window(&model, now, spans[i]));
			}
		}
		window_free(window);
	}
}

/*
 * The promise to the operator. Whatever the order of arrival: a window anywhere on the axis of time that
 * holds as many calls as the limit made at least one of its calls fire; and what fired lies in such a window.
 */
static void no_burst_escapes_and_nothing_below_fires(void **state)
{
	static struct model model;
	static bool fired[COUNT_OF(model.times)];

	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		uint32_t limit = 2 + seed % 9;
		duration span = seed % 2 ? MINUTE : HOUR;
		struct window *window = window_of(16, limit, span);
		unsigned random = seed * 77;
		instant clock = 20778 * DAY + 15 * HOUR - 20 * MINUTE; /* before midnight in Tokyo */
		bool is_jumpy = seed % 3 == 0;
		for (model.count = 0; model.count < 400; model.count++) {
			instant now = next_time(&clock, &random, is_jumpy);
			model.times[model.count] = now;
			fired[model.count] = add(window, "a", now, span) >= limit;
		}
		for (size_t i = 0; i < model.count; i++) {
			instant end = model.times[i];
			bool any_fired = false;
			for (size_t n = 0; n < model.count; n++) {
				any_fired = any_fired || (fired[n] && model.times[n] <= end &&
								 model.times[n] > end - span);
			}
			assert_true(model_window(&model, end, span) < limit || any_fired);
			assert_true(!fired[i] || model_around(&model, end, span) >= limit);
		}
		window_free(window);
	}
}

static void a_limit_is_never_missed_however_high(void **state)
{
	static const uint32_t limits[] = {1, 2, 191, 192, 193, 255, 256, 257, 1000, 10000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		struct window *window = window_of(2, limits[i], HOUR);
		for (uint32_t n = 1; n <= 2 * limits[i] + 600; n++) {
			uint32_t count = add(window, "a", n * MILLISECOND, HOUR);
			assert_int_equal(count >= limits[i], n >= limits[i]);
			/* A shown count is true up to 256, and to the limit and beyond. */
			assert_true(count == n || (count >= 256 && count > limits[i] && count < n));
		}
		window_free(window);
	}
}

/* Two interfaces: each packet up to some ms late, at a limit as high as the ring allows. */
static void late_packets_do_not_hide_a_high_limit(void **state)
{
	struct window *window = window_of(2, 1000, MINUTE);
	unsigned random = 5;

	(void)state;
	for (uint32_t n = 1; n <= 5000; n++) {
		instant now = n * 10 * MILLISECOND - next_random(&random) % (100 * MILLISECOND);
		assert_int_equal(add(window, "a", now, MINUTE) >= 1000, n >= 1000);
	}
	window_free(window);
}

static void to_ask_changes_nothing(void **state)
{
	struct window *window = window_of(2, 10, HOUR);

	(void)state;
	add(window, "a", 10, HOUR);
	add(window, "b", 11, HOUR);
	assert_int_equal(window_count(window, TEXT("a"), 12, HOUR), 1);
	assert_int_equal(window_count(window, TEXT("a"), 10 + HOUR - 1, HOUR), 1);
	assert_int_equal(window_count(window, TEXT("a"), 10 + HOUR, HOUR), 0);
	assert_int_equal(window_count(window, TEXT("a"), 9, HOUR), 0);
	assert_int_equal(window_count(window, TEXT("c"), 12, HOUR), 0);
	assert_int_equal(window_figures(window).keys, 2);
	assert_int_equal(add(window, "c", 13, HOUR), 1); /* in place of a, though that was asked for */
	assert_int_equal(window_count(window, TEXT("a"), 14, HOUR), 0);
	assert_int_equal(window_count(window, TEXT("b"), 14, HOUR), 1);
	window_free(window);
}

static void keys_of_any_length_are_told_apart(void **state)
{
	struct window *window = window_of(64, 10, HOUR);
	char key[4096];

	(void)state;
	memset(key, 'x', sizeof key);
	for (size_t size = 0; size < 64; size++) {
		uint32_t count;
		duration span = HOUR;
		window_add(window, (struct text){key, size == 0 ? 0 : size * 64}, 1, &span, 1, &count);
		assert_int_equal(count, 1);
	}
	assert_int_equal(window_figures(window).keys, 64);
	assert_int_equal(add(window, "", 2, HOUR), 2);
	window_free(window);
}

static void when_all_keys_are_taken_the_one_idle_longest_makes_room(void **state)
{
	struct window *window = window_of(100, 3, HOUR);
	char caller[16];

	(void)state;
	add(window, "idle for a day", 0, HOUR);
	for (uint32_t i = 0; i < 1000; i++) { /* an attacker invents callers */
		instant now = DAY + i * SECOND;
		assert_int_equal(add(window, "site", now, HOUR), i < 256 ? i + 1 : 256);
		snprintf(caller, sizeof caller, "caller %u", i);
		assert_int_equal(add(window, caller, now, HOUR), 1);
	}
	assert_int_equal(window_figures(window).keys, 100);
	/* 1,002 keys for 100 places; the idle one did not count any more */
	assert_int_equal(window_figures(window).evicted, 901);
	assert_int_equal(window_evicted(window), 901);
	assert_int_equal(add(window, "caller 999", DAY + 1000 * SECOND, HOUR), 2);
	assert_int_equal(add(window, "caller 1", DAY + 1000 * SECOND, HOUR), 1);
	window_free(window);
}

static void a_reload_goes_on_with_the_old_counts(void **state)
{
	static const struct {
		uint32_t old_limit, new_limit;
		uint32_t calls, expected;
	} cases[] = {
		{10, 10, 5, 6},
		{10, 10, 100, 101},
		{10, 1000, 250, 251},
		{1000, 10, 250, 251},
		{1000, 10, 900, 256}, /* what the smaller ring keeps */
		{1000, 1000, 900, 901},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct window *old = window_of(8, cases[i].old_limit, HOUR);
		struct window *window = window_of(8, cases[i].new_limit, 12 * HOUR);
		for (uint32_t n = 0; n < cases[i].calls; n++) {
			add(old, "1001", n * SECOND, HOUR);
		}
		add(old, "1002", 0, HOUR);
		window_adopt(window, old);
		window_free(old);
		assert_int_equal(add(window, "1001", cases[i].calls * SECOND, HOUR), cases[i].expected);
		assert_int_equal(add(window, "1002", 2 * HOUR, 12 * HOUR), 2); /* a longer span finds it */
		assert_int_equal(add(window, "1003", 2 * HOUR, 12 * HOUR), 1);
		window_free(window);
	}
}

static void a_reload_keeps_the_order_of_use(void **state)
{
	struct window *old = window_of(3, 10, HOUR), *window = window_of(3, 10, HOUR);

	(void)state;
	add(old, "a", 1, HOUR);
	add(old, "b", 2, HOUR);
	add(old, "c", 3, HOUR);
	add(old, "a", 4, HOUR);
	add(old, "d", 5, HOUR); /* in place of b */
	assert_int_equal(window_figures(old).evicted, 1);
	window_adopt(window, old);
	window_free(old);
	assert_int_equal(window_figures(window).evicted, 0);
	assert_int_equal(add(window, "e", 6, HOUR), 1); /* in place of c */
	assert_int_equal(add(window, "a", 7, HOUR), 3);
	assert_int_equal(add(window, "d", 7, HOUR), 2);
	assert_int_equal(add(window, "c", 8, HOUR), 1);
	assert_int_equal(window_figures(window).evicted, 2);
	window_free(window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_fit_the_memory),
		cmocka_unit_test(the_window_is_open_at_its_far_end),
		cmocka_unit_test(one_store_answers_a_minute_and_an_hour),
		cmocka_unit_test(midnight_and_summer_time_reset_nothing),
		cmocka_unit_test(late_packets_count_too),
		cmocka_unit_test(a_clock_that_jumps_years_hides_nothing),
		cmocka_unit_test(times_at_the_ends_of_the_scale_are_no_trap),
		cmocka_unit_test(counts_agree_with_a_plain_list),
		cmocka_unit_test(no_burst_escapes_and_nothing_below_fires),
		cmocka_unit_test(a_limit_is_never_missed_however_high),
		cmocka_unit_test(late_packets_do_not_hide_a_high_limit),
		cmocka_unit_test(to_ask_changes_nothing),
		cmocka_unit_test(keys_of_any_length_are_told_apart),
		cmocka_unit_test(when_all_keys_are_taken_the_one_idle_longest_makes_room),
		cmocka_unit_test(a_reload_goes_on_with_the_old_counts),
		cmocka_unit_test(a_reload_keeps_the_order_of_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
