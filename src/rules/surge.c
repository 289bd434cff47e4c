/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many more calls abroad of the whole site than are usual for it at this hour of the week. Fixed limits are
 * too high at night and too low at noon; what a site usually does it shows itself.
 */
#include "pbxguard/rules/learned.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"
#include "pbxguard/rules/week_profile.h"
#include "pbxguard/rules/window.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE_NAME "surge"

struct surge_settings {
	bool enabled;
	uint32_t warning, critical; /* times what is usual */
	uint32_t minimum;           /* calls */
	uint32_t learning_weeks;
};

#define NUMBER(name_, minimum_, maximum_, unit_, initial_, not_below_)                                       \
	{                                                                                                    \
		.name = #name_, .type = SETTING_NUMBER, .offset = offsetof(struct surge_settings, name_),    \
		.minimum = (minimum_), .maximum = (maximum_), .unit = (unit_), .initial = (initial_),        \
		.not_below = (not_below_)                                                                    \
	}

static const struct setting settings_list[] = {
	RULE_ENABLED(struct surge_settings),
	NUMBER(warning, 2, 1000, "times", "5", NULL),
	NUMBER(critical, 2, 1000, "times", "25", "warning"),
	NUMBER(minimum, RULE_LIMIT_MINIMUM, RULE_LIMIT_MAXIMUM, "calls", "10", NULL),
	NUMBER(learning_weeks, WEEKS_AT_FIRST, 52, "weeks", "3", NULL),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

struct surge_state {
	struct window *window; /* of the site */
	struct week_profile profile;
};

static void state_free(void *opaque)
{
	struct surge_state *state = opaque;

	if (state != NULL) {
		window_free(state->window);
	}
	free(state);
}

static void *state_new(const void *settings, size_t memory)
{
	/* Whatever is usual: no limit goes beyond that. 80 kB. */
	const struct window_shape shape = {
		.keys = 1, .largest_limit = RULE_LIMIT_MAXIMUM, .longest_span = HOUR};
	struct surge_state *state = calloc(1, sizeof *state);

	(void)settings;
	(void)memory;
	if (state == NULL) {
		return NULL;
	}
	state->window = window_new(&shape);
	if (state->window == NULL) {
		state_free(state);
		return NULL;
	}
	return state;
}

static void adopt(void *opaque, const void *opaque_old)
{
	struct surge_state *state = opaque;
	const struct surge_state *old = opaque_old;

	state->profile = old->profile;
	window_adopt(state->window, old->window);
}

static uint64_t evicted(const void *opaque)
{
	const struct surge_state *state = opaque;

	return window_evicted(state->window);
}

/* ---- what is kept over a restart ---- */

#define SAVED_VERSION 1

static size_t save(const void *opaque, uint8_t *bytes, size_t room)
{
	const struct surge_state *state = opaque;
	struct learned_writer writer = learned_write(bytes, room, RULE_NAME, SAVED_VERSION);

	week_profile_save(&state->profile, &writer);
	return learned_end(&writer);
}

static bool restore(void *opaque, const uint8_t *bytes, size_t size)
{
	struct surge_state *state = opaque;
	struct reader reader;

	return learned_read(bytes, size, RULE_NAME, SAVED_VERSION, &reader) &&
	       week_profile_restore(&state->profile, &reader);
}

/* ---- what is found ---- */

/* Each call shows that time is watched; that none goes abroad for hours is experience, too. */
static void watch(const void *opaque, void *opaque_state, instant now)
{
	const struct surge_settings *settings = opaque;
	struct surge_state *state = opaque_state;

	week_profile_watch(&state->profile, now, settings->minimum);
}

static uint32_t limit_of(const struct surge_settings *settings, uint32_t factor, uint32_t usual)
{
	uint32_t limit = week_too_many(usual, factor, settings->minimum);

	return limit > RULE_LIMIT_MAXIMUM ? RULE_LIMIT_MAXIMUM : limit;
}

static void report(const struct tally *tally, uint32_t usual, const struct circumstances *circumstances,
	struct findings *findings)
{
	uint32_t whole = usual / USUAL_UNIT, tenths = usual % USUAL_UNIT / (USUAL_UNIT / 10);
	struct finding *finding = tally_report_as(RULE_NAME, tally, circumstances, findings,
		"%" PRIu32 " calls abroad by all callers of the site together within 60 min, where %" PRIu32
		".%" PRIu32 " are usual at this hour of the week (limit %" PRIu32 "), this one",
		tally->count, whole, tenths, tally->limit);

	if (finding != NULL) {
		snprintf(finding->evidence, sizeof finding->evidence,
			"%" PRIu32 " calls in 60 min, usually %" PRIu32 ".%" PRIu32 " (limit %" PRIu32 ")",
			tally->count, whole, tenths, tally->limit);
	}
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	static const duration span = HOUR;
	const struct surge_settings *settings = opaque;
	struct surge_state *state = opaque_state;
	const struct subject *site = &circumstances->subjects[SUBJECT_SITE];
	instant now = circumstances->event->time;
	uint32_t count, usual;
	struct tally tally;

	if (!site->counts) {
		return;
	}
	week_profile_count(&state->profile);
	window_add(state->window, text_of(site->text), now, &span, 1, &count);
	if (!week_profile_usual(&state->profile, now, settings->learning_weeks, &usual)) {
		return;
	}
	const struct limits limits = {limit_of(settings, settings->warning, usual),
		limit_of(settings, settings->critical, usual), HOUR};
	if (tally_of(site, count, &limits, &tally)) {
		report(&tally, usual, circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct surge_settings *settings = opaque;

	(void)circumstances;
	limits_say(text,
		"calls of the site within 60 min: warning from %" PRIu32
		" times what is usual, critical from %" PRIu32 " times, but from %" PRIu32 " calls",
		settings->warning, settings->critical, settings->minimum);
	limits_say(text, "what is usual is known after %" PRIu32 " weeks", settings->learning_weeks);
}

extern const struct rule surge_rule; /* as rules.c declares it */
const struct rule surge_rule = {
	.name = RULE_NAME,
	.settings = &settings_table,
	.settings_size = sizeof(struct surge_settings),
	.proves = PROVES_NOTHING,
	.scope = RULE_OF_SITE,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.save = save,
	.restore = restore,
	.watch = watch,
	.evaluate = evaluate,
	.say_limits = say_limits,
	.of_one_call =
		"nothing: compares each hour with the same hour of the weeks it has seen, three at least",
};
