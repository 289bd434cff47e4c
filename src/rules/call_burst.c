/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many calls abroad in a short time. Stolen lines make short calls one after the other (Japan, 2015: 146 an
 * hour of half a minute each), so limits on their length do not see them.
 */
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

struct call_burst_settings {
	bool enabled;
	uint32_t minute_warning, minute_critical, hour_warning, hour_critical; /* calls of one caller */
	uint32_t site_hour_warning, site_hour_critical;                        /* calls of all */
};

#define LIMIT(name, initial, not_below)                                                                      \
	RULE_LIMIT(#name, struct call_burst_settings, name, "calls", initial, not_below)

static const struct setting settings_list[] = {
	RULE_ENABLED(struct call_burst_settings),
	LIMIT(minute_warning, "3", NULL),
	LIMIT(minute_critical, "5", "minute_warning"),
	LIMIT(hour_warning, "6", NULL),
	LIMIT(hour_critical, "10", "hour_warning"),
	LIMIT(site_hour_warning, "25", NULL),
	LIMIT(site_hour_critical, "50", "site_hour_warning"),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

/* Calls, and those of them that were answered, at the time when they began. */
struct tries {
	struct window *tried, *answered;
};

/* Apart, because the site's limit is high and only one key needs times for it. */
struct call_burst_state {
	struct tries callers, site;
};

static bool tries_init(struct tries *tries, size_t keys, uint32_t largest_limit)
{
	const struct window_shape shape = {
		.keys = keys, .largest_limit = largest_limit, .longest_span = HOUR};

	tries->tried = window_new(&shape);
	tries->answered = window_new(&shape);
	return tries->tried != NULL && tries->answered != NULL;
}

static void tries_deinit(struct tries *tries)
{
	window_free(tries->tried);
	window_free(tries->answered);
}

static void tries_adopt(const struct tries *tries, const struct tries *old)
{
	window_adopt(tries->tried, old->tried);
	window_adopt(tries->answered, old->answered);
}

static void state_free(void *opaque)
{
	struct call_burst_state *state = opaque;

	if (state == NULL) {
		return;
	}
	tries_deinit(&state->callers);
	tries_deinit(&state->site);
	free(state);
}

static void *state_new(const void *opaque, size_t memory)
{
	const struct call_burst_settings *settings = opaque;
	uint32_t largest_limit = settings->minute_critical > settings->hour_critical
					 ? settings->minute_critical
					 : settings->hour_critical;
	struct call_burst_state *state = calloc(1, sizeof *state);

	if (state == NULL) {
		return NULL;
	}
	if (!tries_init(&state->callers, window_keys_in(memory / 2, largest_limit), largest_limit) ||
		!tries_init(&state->site, 1, settings->site_hour_critical)) {
		state_free(state);
		return NULL;
	}
	return state;
}

static void adopt(void *opaque, const void *old_opaque)
{
	struct call_burst_state *state = opaque;
	const struct call_burst_state *old = old_opaque;

	tries_adopt(&state->callers, &old->callers);
	tries_adopt(&state->site, &old->site);
}

/* Who is forgotten among the answered is only missing from a sentence. */
static uint64_t evicted(const void *opaque)
{
	const struct call_burst_state *state = opaque;

	return window_evicted(state->callers.tried);
}

static bool wants(const struct event *event)
{
	return circumstances_is_try(event) ||
	       (event->kind == EVENT_CALL_ANSWERED && circumstances_is_abroad(event));
}

/* A stranger's try was counted for his address, what an account did for its name: the answer is for both. */
static void note_answer(struct call_burst_state *state, const struct circumstances *circumstances)
{
	static const duration span = HOUR;
	instant attempted = circumstances->event->attempted;

	for (int kind = 0; kind < SUBJECT_KIND_COUNT; kind++) {
		const struct subject *subject = &circumstances->subjects[kind];
		struct tries *tries = kind == SUBJECT_SITE ? &state->site : &state->callers;
		uint32_t count;
		if (subject->counts) {
			window_add(tries->answered, text_of(subject->text), attempted, &span, 1, &count);
		}
	}
}

static bool tally_caller(const struct call_burst_settings *settings, struct window *callers,
	const struct circumstances *circumstances, struct tally *tally)
{
	static const duration spans[] = {MINUTE, HOUR};
	const struct limits limits[] = {
		{settings->minute_warning, settings->minute_critical, MINUTE},
		{settings->hour_warning, settings->hour_critical, HOUR},
	};
	const struct subject *caller = circumstances_narrowest(circumstances);
	uint32_t counts[2];

	if (caller->kind == SUBJECT_SITE) {
		return false;
	}
	window_add(callers, text_of(caller->text), circumstances->event->time, spans, 2, counts);
	return tally_of_two(caller, counts, limits, tally);
}

static bool tally_site(const struct call_burst_settings *settings, struct window *sites,
	const struct circumstances *circumstances, struct tally *tally)
{
	static const duration span = HOUR;
	const struct limits limits = {settings->site_hour_warning, settings->site_hour_critical, HOUR};
	const struct subject *site = &circumstances->subjects[SUBJECT_SITE];
	uint32_t count;

	if (!site->counts) {
		return false;
	}
	window_add(sites, text_of(site->text), circumstances->event->time, &span, 1, &count);
	return tally_of(site, count, &limits, tally);
}

/*
 * "5th call abroad by caller 1001 within 1 min, 2 of them answered so far". Nothing is said of none: calls
 * may not be followed, or answered under the name of an account that only the credentials told.
 */
static void report(const struct tally *tally, const struct window *answered,
	const struct circumstances *circumstances, struct findings *findings)
{
	static const struct report_words words = {"call_burst", "abroad"};
	const struct event *event = circumstances->event;
	uint32_t count = window_count(answered, text_of(tally->subject->text), event->time, tally->span);
	char text[REASON_SIZE];

	/* This call is not, and who is forgotten is not the same in both windows. */
	count = count < tally->count ? count : tally->count - 1;
	if (count == 0) {
		tally_report(&words, tally, circumstances, findings);
		return;
	}
	tally_report_as(words.rule, tally, circumstances, findings, "%s, %" PRIu32 " of them answered so far",
		tally_words(&words, tally, text), count);
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct call_burst_settings *settings = opaque;
	struct call_burst_state *state = opaque_state;
	struct tally tally;

	if (circumstances->event->kind == EVENT_CALL_ANSWERED) {
		note_answer(state, circumstances);
		return;
	}
	if (tally_caller(settings, state->callers.tried, circumstances, &tally)) {
		report(&tally, state->callers.answered, circumstances, findings);
	}
	if (tally_site(settings, state->site.tried, circumstances, &tally)) {
		report(&tally, state->site.answered, circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct call_burst_settings *settings = opaque;
	const struct limits minute = {settings->minute_warning, settings->minute_critical, MINUTE};
	const struct limits hour = {settings->hour_warning, settings->hour_critical, HOUR};
	const struct limits site = {settings->site_hour_warning, settings->site_hour_critical, HOUR};

	(void)circumstances;
	limits_say_count(text, "calls", &minute);
	limits_say_count(text, "calls", &hour);
	limits_say_count(text, "calls of the site", &site);
}

extern const struct rule call_burst_rule; /* as rules.c declares it */
const struct rule call_burst_rule = {
	.name = "call_burst",
	.settings = &settings_table,
	.settings_size = sizeof(struct call_burst_settings),
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
