/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/week_profile.h"

#include <stdlib.h>

#define WEEK (7 * DAY)

static instant at(const char *text)
{
	instant when = 0;

	assert_true(instant_parse(text_of(text), &when));
	return when;
}

static void watch(struct week_profile *profile, instant now)
{
	week_profile_watch(profile, now, 10);
}

/* So many in the hour from begin on. */
static void calls(struct week_profile *profile, instant begin, uint32_t count)
{
	watch(profile, begin);
	for (uint32_t i = 0; i < count; i++) {
		week_profile_count(profile);
	}
}

#define UNKNOWN UINT32_MAX

static uint32_t usual(const struct week_profile *profile, instant now)
{
	uint32_t usual = UNKNOWN;

	return week_profile_usual(profile, now, WEEKS_AT_FIRST, &usual) ? usual : UNKNOWN;
}

static void many_times_the_usual_are_too_many_but_never_few(void **state)
{
	static const struct {
		uint32_t usual, factor, minimum, too_many;
	} cases[] = {
		{0, 5, 10, 10},
		{2000, 5, 10, 10},
		{2001, 5, 10, 11}, /* 10.005: rounded up */
		{2200, 5, 10, 11},
		{2000, 25, 10, 50},
		{1000000000, 1000, 10, 1000000},
		{UINT32_MAX, UINT32_MAX, 1, 1000000},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(
			week_too_many(cases[i].usual, cases[i].factor, cases[i].minimum), cases[i].too_many);
	}
}

static void three_whole_weeks_are_needed(void **state)
{
	struct week_profile profile = {0};
	instant monday = at("2026-08-03 10:00");

	(void)state;
	calls(&profile, monday + 5 * MINUTE, 100);           /* not watched from its beginning */
	for (int hours = 1; hours <= 21 * 24 + 2; hours++) { /* an hour teaches an hour later */
		assert_int_equal(usual(&profile, monday + 30 * MINUTE), UNKNOWN);
		watch(&profile, monday + hours * HOUR);
	}
	assert_int_equal(usual(&profile, monday + 30 * MINUTE), 0);
}

static void first_the_middle_of_three_then_the_mean(void **state)
{
	static const struct {
		uint32_t calls, usual;
	} weeks[] = {
		{40, UNKNOWN},
		{0, UNKNOWN},
		{6, 6000},    /* the middle of the three */
		{10, 7000},   /* a quarter of the way */
		{2, 6000},    /* a fifth */
		{1000, 7000}, /* as twice the usual: a sixth */
		{0, 6000},
		{14, 6750}, /* as 12: an eighth, from now on */
		{8, 6906},
		{0, 6043},
	};
	struct week_profile profile = {0};
	instant hour = at("2026-08-04 10:00"); /* a Tuesday */

	(void)state;
	watch(&profile, hour - 6 * DAY);
	for (size_t i = 0; i < COUNT_OF(weeks); i++, hour += WEEK) {
		calls(&profile, hour, weeks[i].calls);
		watch(&profile, hour + 2 * HOUR);
		assert_int_equal(profile.hours[24 + 10].weeks, i + 1);
		assert_int_equal(usual(&profile, hour + HOUR - 1), weeks[i].usual);
	}
}

static void of_three_the_middle_holds_in_any_order(void **state)
{
	static const uint32_t orders[][3] = {
		{1, 5, 9}, {1, 9, 5}, {5, 1, 9}, {5, 9, 1}, {9, 1, 5}, {9, 5, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct week_profile profile = {0};
		instant hour = at("2026-08-04 10:00");
		watch(&profile, hour - 1);
		for (int week = 0; week < 3; week++) {
			calls(&profile, hour + week * WEEK, orders[i][week]);
		}
		watch(&profile, hour + 2 * WEEK + 2 * HOUR);
		assert_int_equal(usual(&profile, hour + HOUR - 1), 5000);
	}
}

/* After nine weeks in which each attack was found, five times what is usual is still far below one. */
static void who_attacks_teaches_little(void **state)
{
	struct week_profile profile = {0};
	instant hour = at("2026-08-04 02:00");
	int week = 0;

	(void)state;
	watch(&profile, hour - 1);
	for (; week < 3; week++) {
		calls(&profile, hour + week * WEEK, week == 1 ? 146 : 0); /* an attack while it learns */
	}
	for (; week < 12; week++) {
		calls(&profile, hour + week * WEEK, 146);
		watch(&profile, hour + week * WEEK + 2 * HOUR);
		assert_true(week_too_many(usual(&profile, hour + HOUR - 1), 5, 10) < 146 / 2);
	}
}

static void hours_without_calls_teach_that_none_is_usual(void **state)
{
	struct week_profile profile = {0};
	instant monday = at("2026-08-03 00:00");

	(void)state;
	watch(&profile, monday - 1);
	watch(&profile, monday + 2 * WEEK + HOUR); /* nothing for two weeks */
	for (size_t i = 0; i < WEEK_HOURS; i++) {
		assert_int_equal(profile.hours[i].weeks, 2);
		assert_int_equal(profile.hours[i].usual, 0);
	}
	watch(&profile, monday + 2 * WEEK + HOUR + RULE_SILENCE_SEEN);
	assert_int_equal(profile.hours[WEEK_HOURS - 1].weeks, 6);
	assert_int_equal(profile.hours[1].weeks, 6);
	/* Longer is no silence: the clock was set, or nobody watched. */
	watch(&profile, monday + 2 * WEEK + 2 * RULE_SILENCE_SEEN + 2 * HOUR);
	watch(&profile, monday + 2 * WEEK + 2 * RULE_SILENCE_SEEN + 5 * HOUR);
	assert_int_equal(profile.hours[1].weeks, 6);
	assert_int_equal(profile.hours[2].weeks, 6); /* not seen from its beginning */
	assert_int_equal(profile.hours[3].weeks, 7);
	assert_int_equal(profile.hours[4].weeks, 6);
}

static void the_higher_of_two_hours_holds(void **state)
{
	static const struct {
		const char *time;
		uint32_t usual;
	} cases[] = {
		{"2026-08-03 00:30:00", 167000}, /* Sunday 23 and Monday 0 */
		{"2026-08-03 01:00:00", 1000},
		{"2026-08-03 01:59:59.999998", 1000},
		{"2026-08-03 01:59:59.999999", 1000},
		{"2026-08-04 00:00:00", 24000},
		{"2026-08-02 23:59:59.999999", 167000},
	};
	struct week_profile profile = {0};

	(void)state;
	for (uint32_t i = 0; i < WEEK_HOURS; i++) {
		profile.hours[i] = (struct week_hour){.usual = i * USUAL_UNIT, .weeks = 3};
	}
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(usual(&profile, at(cases[i].time)), cases[i].usual);
	}
	profile.hours[2].usual = 0;
	/* (01:00, 02:00] at its very end is just that hour, from 02:00 on the next one besides. */
	assert_int_equal(usual(&profile, at("2026-08-03 02:59:59.999998")), 1000);
	assert_int_equal(usual(&profile, at("2026-08-03 02:59:59.999999")), 0);
	profile.hours[1].weeks = 2;
	assert_int_equal(usual(&profile, at("2026-08-03 01:30:00")), UNKNOWN);
	assert_int_equal(usual(&profile, at("2026-08-03 02:30:00")), UNKNOWN);
	assert_int_equal(usual(&profile, at("2026-08-03 03:30:00")), 3000);
}

static void a_clock_that_is_set_begins_anew(void **state)
{
	struct week_profile profile = {0};
	instant monday = at("2026-08-03 10:00");

	(void)state;
	watch(&profile, monday - HOUR);
	calls(&profile, monday, 7);
	watch(&profile, monday - 30 * SECOND); /* a late packet */
	week_profile_count(&profile);
	assert_int_equal(profile.hour, monday);
	assert_int_equal(profile.now.count, 8);
	watch(&profile, monday - 2 * HOUR); /* set back */
	assert_int_equal(profile.hour, monday - 2 * HOUR);
	assert_int_equal(profile.now.count, 0);
	watch(&profile, monday + 2 * HOUR);
	assert_int_equal(profile.hours[10].usual, 0);
	assert_int_equal(profile.hours[10].weeks, 1);
	watch(&profile, INT64_MAX);
	watch(&profile, INT64_MAX);
	watch(&profile, INT64_MIN);
	watch(&profile, INT64_MIN + HOUR);
	uint32_t any;
	week_profile_usual(&profile, INT64_MIN, 1, &any);
	week_profile_usual(&profile, INT64_MAX, 1, &any);
}

/* ---- against a plain list of hours ---- */

/* Minutes are walked one by one; an hour ends when the hour on the wall or the offset changes. */
static void model_weeks(const char *zone, instant begin, int weeks, uint32_t seen[WEEK_HOURS])
{
	struct local_time before, local;

	time_zone_set(zone);
	memset(seen, 0, WEEK_HOURS * sizeof seen[0]);
	local_time_of(begin, &before);
	for (int64_t minute = 0; minute <= weeks * (WEEK / MINUTE); minute++) {
		local_time_of(begin + minute * MINUTE, &local);
		bool is_other = local.hour != before.hour || local.offset != before.offset;
		seen[before.weekday * 24 + before.hour] += is_other;
		before = local;
	}
}

static void each_hour_on_the_wall_is_seen_once_a_week_but_at_a_change(void **state)
{
	static const struct {
		const char *zone, *begin;
		int weeks;
	} cases[] = {
		{"Asia/Tokyo", "2026-08-03T00:00:00+09:00", 3},
		{"Asia/Kolkata", "2026-08-03T00:00:00+05:30", 3},
		{"Europe/Berlin", "2026-03-16T00:00:00+01:00", 3}, /* to summer time on the 29th */
		{"Europe/Berlin", "2026-10-12T00:00:00+02:00", 3}, /* from summer time on the 25th */
		{"America/New_York", "2026-10-26T00:00:00-04:00", 2},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		static uint32_t seen[WEEK_HOURS];
		instant begin = at(cases[i].begin);
		model_weeks(cases[i].zone, begin, cases[i].weeks, seen);
		/* Watched now and then, or each minute: the same. */
		for (duration step = MINUTE; step < WEEK; step *= 59) {
			struct week_profile profile = {0};
			watch(&profile, begin - 1);
			for (instant now = begin; now < begin + cases[i].weeks * WEEK; now += step) {
				watch(&profile, now);
			}
			watch(&profile, begin + cases[i].weeks * WEEK + HOUR);
			for (size_t hour = 0; hour < WEEK_HOURS; hour++) {
				assert_int_equal(profile.hours[hour].weeks, seen[hour]);
			}
		}
	}
	time_zone_set("Asia/Tokyo");
}

/* Clocks on Lord Howe go on and back by half an hour: no hour may be lost, no time stand still. */
static void half_an_hour_of_summer_time_is_no_trap(void **state)
{
	static const char *const changes[] = {"2026-04-05T00:00:00+11:00", "2026-10-04T00:00:00+10:30"};

	(void)state;
	time_zone_set("Australia/Lord_Howe");
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct week_profile profile = {0};
		instant begin = at(changes[i]);
		watch(&profile, begin - 3 * DAY);
		watch(&profile, begin + 11 * DAY + HOUR);
		for (size_t hour = 0; hour < WEEK_HOURS; hour++) {
			assert_in_range(profile.hours[hour].weeks, 1, 3);
		}
	}
	time_zone_set("Asia/Tokyo");
}

static int compare(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

static void what_is_learned_agrees_with_a_plain_list(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 10; seed++) {
		static uint32_t counts[30][WEEK_HOURS];
		struct week_profile profile = {0};
		instant monday = at("2026-08-03 00:00"), now = monday;
		unsigned random = seed;
		memset(counts, 0, sizeof counts);
		watch(&profile, monday - 1);
		for (;;) {
			random = random * 1103515245 + 12345;
			unsigned kind = (random >> 8) % 100;
			now += (random >> 10) % (kind < 90 ? 2000 : kind < 99 ? 40000 : 2000000) * SECOND;
			if (now >= monday + 30 * WEEK) {
				break;
			}
			watch(&profile, now);
			week_profile_count(&profile);
			counts[(now - monday) / WEEK][(now - monday) % WEEK / HOUR]++;
		}
		watch(&profile, monday + 30 * WEEK + HOUR);
		for (size_t hour = 0; hour < WEEK_HOURS; hour++) {
			double first[3] = {counts[0][hour], counts[1][hour], counts[2][hour]};
			qsort(first, 3, sizeof first[0], compare);
			double mean = first[1];
			for (int week = 3; week < 30; week++) {
				double most = mean * 2 > 10 ? mean * 2 : 10, seen = counts[week][hour];
				seen = seen > most ? most : seen;
				mean += (seen - mean) / (week + 1 < 8 ? week + 1 : 8);
			}
			assert_int_equal(profile.hours[hour].weeks, 30);
			/* Thousandths are whole, each time. */
			assert_true(profile.hours[hour].usual >= mean * USUAL_UNIT - 10 &&
				    profile.hours[hour].usual <= mean * USUAL_UNIT + 10);
		}
	}
}

/* ---- what is kept ---- */

static void what_was_learned_is_restored(void **state)
{
	struct week_profile profile = {0}, restored = {0};
	uint8_t bytes[WEEK_HOURS * 12 + 100];
	struct reader reader;

	(void)state;
	for (uint32_t i = 0; i < WEEK_HOURS; i++) {
		profile.hours[i] = (struct week_hour){.usual = i * 12345, .highest = i, .weeks = i};
	}
	profile.is_watching = true;
	profile.now.count = 5;
	struct learned_writer writer = learned_write(bytes, sizeof bytes, "test", 1);
	week_profile_save(&profile, &writer);
	size_t size = learned_end(&writer);
	assert_true(learned_read(bytes, size, "test", 1, &reader));
	struct reader more = reader, less = reader, wild = reader;
	more.size--;
	less.size++;
	assert_false(week_profile_restore(&restored, &more));
	assert_false(week_profile_restore(&restored, &less));
	assert_true(week_profile_restore(&restored, &reader));
	assert_memory_equal(restored.hours, profile.hours, sizeof profile.hours);
	assert_false(restored.is_watching); /* the hour in progress is not kept */
	memset(bytes + size - 16 - 4, 0xFF, 4);
	assert_false(week_profile_restore(&restored, &wild));
	assert_memory_equal(restored.hours, profile.hours, sizeof profile.hours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_times_the_usual_are_too_many_but_never_few),
		cmocka_unit_test(three_whole_weeks_are_needed),
		cmocka_unit_test(first_the_middle_of_three_then_the_mean),
		cmocka_unit_test(of_three_the_middle_holds_in_any_order),
		cmocka_unit_test(who_attacks_teaches_little),
		cmocka_unit_test(hours_without_calls_teach_that_none_is_usual),
		cmocka_unit_test(the_higher_of_two_hours_holds),
		cmocka_unit_test(a_clock_that_is_set_begins_anew),
		cmocka_unit_test(each_hour_on_the_wall_is_seen_once_a_week_but_at_a_change),
		cmocka_unit_test(half_an_hour_of_summer_time_is_no_trap),
		cmocka_unit_test(what_is_learned_agrees_with_a_plain_list),
		cmocka_unit_test(what_was_learned_is_restored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
