/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to destinations that advisories name. Thieves rotate callers, so the source and the whole site are
 * counted as well. Carriers allow such "hot spots" one channel: two calls at once are critical, however long
 * ago the first began.
 */
#include "pbxguard/rules/counted_rule.h"
#include "pbxguard/rules/live_calls.h"
#include "pbxguard/rules/tally.h"

#include <stdlib.h>

struct high_risk_settings {
	struct counted_settings counted; /* first: COUNTED_SETTINGS are its */
	uint32_t at_once;                /* calls up at one time that are critical */
};

static const struct setting settings_list[] = {
	COUNTED_SETTINGS("calls", "1", "2", "12h"),
	{.name = "at_once",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct high_risk_settings, at_once),
		.minimum = RULE_LIMIT_MINIMUM,
		.maximum = RULE_LIMIT_MAXIMUM,
		.unit = "calls",
		.initial = "2"},
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

struct high_risk_state {
	struct window *window;
	struct live_calls *live;
};

#define LIVE_SHARE 8 /* of the memory one part in so many: few calls are up at one time */

static void state_free(void *opaque)
{
	struct high_risk_state *state = opaque;

	if (state == NULL) {
		return;
	}
	counted_state_free(state->window);
	live_calls_free(state->live);
	free(state);
}

static void *state_new(const void *opaque, size_t memory)
{
	const struct high_risk_settings *settings = opaque;
	size_t for_live = memory / LIVE_SHARE;
	struct high_risk_state *state = calloc(1, sizeof *state);

	if (state == NULL) {
		return NULL;
	}
	state->window = counted_state_new(&settings->counted, memory - for_live);
	state->live = live_calls_new(live_calls_in(for_live));
	if (state->window == NULL || state->live == NULL) {
		state_free(state);
		return NULL;
	}
	return state;
}

static void adopt(void *opaque, const void *opaque_old)
{
	struct high_risk_state *state = opaque;
	const struct high_risk_state *old = opaque_old;

	counted_adopt(state->window, old->window);
	live_calls_adopt(state->live, old->live);
}

static uint64_t evicted(const void *opaque)
{
	const struct high_risk_state *state = opaque;

	return counted_evicted(state->window) + live_calls_figures(state->live).evicted;
}

static bool wants(const struct event *event)
{
	return circumstances_is_try(event) || live_calls_wants(event);
}

/* The narrowest subject that has too many calls up at one time, if that is news. */
static bool tally_at_once(struct live_calls *live, const struct circumstances *circumstances,
	uint32_t at_once, struct tally *tally)
{
	const struct limits limits = {at_once, at_once, 0};
	const struct subject *subjects[SUBJECT_KIND_COUNT];
	struct live_count counts[SUBJECT_KIND_COUNT];

	for (size_t kind = 0; kind < SUBJECT_KIND_COUNT; kind++) {
		subjects[kind] = &circumstances->subjects[kind];
	}
	live_calls_follow(live, circumstances, subjects, SUBJECT_KIND_COUNT, counts);
	for (size_t kind = 0; kind < SUBJECT_KIND_COUNT; kind++) {
		if (tally_of(subjects[kind], counts[kind].up, &limits, tally)) {
			return counts[kind].is_news;
		}
	}
	return false;
}

/*
 * Puts it where it belongs among those of the window, narrowest first: in the place of wider ones, which are
 * no graver. Where the window says as much about the same subject or a narrower one, that stays.
 */
static size_t insert(const struct tally *at_once, size_t count, struct tally tallies[static TALLIES_MAX])
{
	for (size_t i = 0; i < count; i++) {
		if (tallies[i].subject->kind >= at_once->subject->kind) {
			bool is_same = tallies[i].subject == at_once->subject;
			if (is_same && tallies[i].severity == SEVERITY_CRITICAL) {
				return count;
			}
			tallies[i] = *at_once;
			return i + 1;
		}
		if (tallies[i].severity == SEVERITY_CRITICAL) {
			return count;
		}
	}
	tallies[count] = *at_once;
	return count + 1;
}

static void report(
	const struct tally *tally, const struct circumstances *circumstances, struct findings *findings)
{
	static const struct report_words words = {"high_risk_destination", "to a high-risk destination"};

	if (tally->span > 0) {
		tally_report(&words, tally, circumstances, findings);
	} else {
		live_calls_report(
			words.rule, "calls to high-risk destinations", tally, circumstances, findings);
	}
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct high_risk_settings *settings = opaque;
	const struct counted_settings *counted = &settings->counted;
	const struct limits limits = {counted->warning, counted->critical, counted->window};
	struct high_risk_state *state = opaque_state;
	const struct event *event = circumstances->event;
	struct tally tallies[TALLIES_MAX], at_once;
	size_t count = 0;

	/* The end of a call is taken whatever the lists say by now. */
	if (!destination_is_high_risk(&circumstances->destination) && !live_calls_is_end(event)) {
		return;
	}
	if (circumstances_is_try(event)) {
		count = tally_subjects(state->window, circumstances, SUBJECT_KIND_COUNT, &limits, tallies);
	}
	if (live_calls_wants(event) &&
		tally_at_once(state->live, circumstances, settings->at_once, &at_once)) {
		count = insert(&at_once, count, tallies);
	}
	for (size_t i = 0; i < count; i++) {
		report(&tallies[i], circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct high_risk_settings *settings = opaque;
	const struct counted_settings *counted = &settings->counted;
	const struct limits in_window = {counted->warning, counted->critical, counted->window};
	const struct limits at_once = {settings->at_once, settings->at_once, 0};

	if (!destination_is_high_risk(&circumstances->destination)) {
		limits_say(text, "leaves this place out, it is %s",
			circumstances->destination.high_risk == NULL ? "not listed" : "allowed");
		return;
	}
	limits_say_count(
		text, "calls to listed places, of one caller, from one address or of the site,", &in_window);
	limits_say_count(text, "of these up at once", &at_once);
}

extern const struct rule high_risk_destination_rule; /* as rules.c declares it */
const struct rule high_risk_destination_rule = {
	.name = "high_risk_destination",
	.settings = &settings_table,
	.settings_size = sizeof(struct high_risk_settings),
	.proves = PROVES_CALL | PROVES_CALLER | PROVES_SOURCE,
	.scope = RULE_OF_CALLERS_AND_SITE,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
