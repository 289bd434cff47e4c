/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/week_profile.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/rules/rule.h"

#include <string.h>

#define WEEKS_WEIGHED 8
#define WEEKS_MAXIMUM 10000             /* counted; more make no difference */
#define COUNT_MAXIMUM 1000000           /* in an hour, likewise */
#define SAVED_HOUR_SIZE ((size_t)3 * 4) /* bytes */

/* Far from where the scale of time ends: an hour is added and taken off without care. */
#define FARTHEST (INT64_MAX / 2)

/* When the hour on the wall began, and which of the week it is. */
static instant hour_of(instant when, size_t *index)
{
	struct local_time local;

	when = when > FARTHEST ? FARTHEST : when < -FARTHEST ? -FARTHEST : when;
	local_time_of(when, &local);
	*index = (size_t)local.weekday * 24 + (size_t)local.hour;
	return when - (local.minute * MINUTE + local.second * SECOND + local.microsecond);
}

uint32_t week_too_many(uint32_t usual, uint32_t factor, uint32_t minimum)
{
	uint64_t many = ((uint64_t)usual * factor + USUAL_UNIT - 1) / USUAL_UNIT;

	if (many < minimum) {
		return minimum;
	}
	return many > COUNT_MAXIMUM ? COUNT_MAXIMUM : (uint32_t)many;
}

/* ---- learning ---- */

/* Rounded to the nearest. */
static uint32_t towards(uint32_t usual, uint32_t seen, uint32_t weight)
{
	int64_t step = (int64_t)seen - usual, half = weight / 2;

	return (uint32_t)(usual + (step + (step < 0 ? -half : half)) / weight);
}

/* The middle of the first three, whatever their order. */
static void learn_first(struct week_hour *hour, uint32_t seen)
{
	uint32_t lowest = hour->usual, highest = hour->highest;

	if (hour->weeks == 0) {
		lowest = highest = seen;
	} else if (hour->weeks < WEEKS_AT_FIRST - 1) {
		lowest = seen < lowest ? seen : lowest;
		highest = seen > highest ? seen : highest;
	} else {
		lowest = seen < lowest ? lowest : seen > highest ? highest : seen;
		highest = 0;
	}
	hour->usual = lowest;
	hour->highest = highest;
}

static void learn_more(struct week_hour *hour, uint32_t seen, uint32_t minimum)
{
	uint64_t most = 2 * (uint64_t)hour->usual;
	uint32_t weeks = hour->weeks + 1;

	if (most < (uint64_t)minimum * USUAL_UNIT) {
		most = (uint64_t)minimum * USUAL_UNIT;
	}
	hour->usual = towards(hour->usual, seen < most ? seen : (uint32_t)most,
		weeks < WEEKS_WEIGHED ? weeks : WEEKS_WEIGHED);
}

static void learn(struct week_hour *hour, uint32_t count, uint32_t minimum)
{
	if (hour->weeks < WEEKS_AT_FIRST) {
		learn_first(hour, count * USUAL_UNIT);
	} else {
		learn_more(hour, count * USUAL_UNIT, minimum);
	}
	hour->weeks += hour->weeks < WEEKS_MAXIMUM ? 1 : 0;
}

static void begin(struct week_profile *profile, instant hour, size_t index)
{
	profile->is_watching = true;
	profile->hour = hour;
	profile->now = (struct watched_hour){.index = index};
	profile->before = (struct watched_hour){0};
}

/* The hour in progress is over: on to the next one. */
static void close_hour(struct week_profile *profile, uint32_t minimum)
{
	const struct watched_hour *before = &profile->before;

	if (before->is_whole) {
		learn(&profile->hours[before->index], before->count, minimum);
	}
	profile->before = profile->now;
	profile->now = (struct watched_hour){.is_whole = true};
	/* An hour later may be in the midst of one, where clocks are put on or back by half an hour. */
	profile->hour = hour_of(profile->hour + HOUR, &profile->now.index);
}

void week_profile_watch(struct week_profile *profile, instant now, uint32_t minimum)
{
	size_t index;

	/* Most often it is still that hour. No clock is put on or back by less than half of one. */
	if (profile->is_watching && now >= profile->hour &&
		instant_distance(now, profile->hour) < (uint64_t)HOUR / 2) {
		return;
	}
	instant hour = hour_of(now, &index);
	bool is_late = profile->is_watching && hour < profile->hour;

	if (is_late && instant_distance(now, profile->hour) <= (uint64_t)HOUR) {
		return; /* it counts in the hour in progress */
	}
	if (!profile->is_watching || is_late ||
		instant_distance(profile->hour, now) > (uint64_t)RULE_SILENCE_SEEN) {
		begin(profile, hour, index);
		return;
	}
	while (profile->hour < hour) {
		close_hour(profile, minimum);
	}
}

void week_profile_count(struct week_profile *profile)
{
	profile->now.count += profile->now.count < COUNT_MAXIMUM ? 1 : 0;
}

/* ---- what is usual ---- */

bool week_profile_usual(const struct week_profile *profile, instant now, uint32_t weeks, uint32_t *usual)
{
	size_t last, first;
	instant hour = hour_of(now, &last);

	/* At its very end the 60 minutes are just that hour. */
	hour_of(now - hour >= HOUR - MICROSECOND ? hour : hour - MICROSECOND, &first);
	if (profile->hours[last].weeks < weeks || profile->hours[first].weeks < weeks) {
		return false;
	}
	uint32_t in_last = profile->hours[last].usual, in_first = profile->hours[first].usual;
	*usual = in_last > in_first ? in_last : in_first;
	return true;
}

/* ---- */

void week_profile_save(const struct week_profile *profile, struct learned_writer *writer)
{
	for (size_t i = 0; i < WEEK_HOURS; i++) {
		learned_put_u32(writer, profile->hours[i].usual);
		learned_put_u32(writer, profile->hours[i].highest);
		learned_put_u32(writer, profile->hours[i].weeks);
	}
}

bool week_profile_restore(struct week_profile *profile, struct reader *reader)
{
	struct week_profile restored = {0};

	if (reader_left(reader) != WEEK_HOURS * SAVED_HOUR_SIZE) {
		return false;
	}
	for (size_t i = 0; i < WEEK_HOURS; i++) {
		struct week_hour *hour = &restored.hours[i];
		hour->usual = reader_u32_little(reader);
		hour->highest = reader_u32_little(reader);
		hour->weeks = reader_u32_little(reader);
		if (hour->usual > COUNT_MAXIMUM * USUAL_UNIT || hour->highest > COUNT_MAXIMUM * USUAL_UNIT ||
			hour->weeks > WEEKS_MAXIMUM) {
			return false;
		}
	}
	*profile = restored;
	return true;
}
