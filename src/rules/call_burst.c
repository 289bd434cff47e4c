/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many calls abroad in a short time. Stolen lines make short calls one after the other (Japan, 2015: 146 an
 * hour of half a minute each), so limits on their length do not see them.
 */
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>
#include <stdlib.h>

struct call_burst_settings {
	bool enabled;
	uint32_t minute_warning, minute_critical, hour_warning, hour_critical; /* calls of one caller */
	uint32_t site_hour_warning, site_hour_critical;                        /* calls of all */
};

#define LIMIT(name_, initial_, not_below_)                                                                   \
	{                                                                                                    \
		.name = #name_, .type = SETTING_NUMBER,                                                      \
		.offset = offsetof(struct call_burst_settings, name_), .minimum = RULE_LIMIT_MINIMUM,        \
		.maximum = RULE_LIMIT_MAXIMUM, .unit = "calls", .initial = (initial_),                       \
		.not_below = (not_below_)                                                                    \
	}

static const struct setting settings_list[] = {
	{.name = "enabled",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct call_burst_settings, enabled),
		.initial = "true"},
	LIMIT(minute_warning, "3", NULL),
	LIMIT(minute_critical, "5", "minute_warning"),
	LIMIT(hour_warning, "6", NULL),
	LIMIT(hour_critical, "10", "hour_warning"),
	LIMIT(site_hour_warning, "25", NULL),
	LIMIT(site_hour_critical, "50", "site_hour_warning"),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

/* Apart, because the site's limit is high and only one key needs times for it. */
struct call_burst_state {
	struct window *callers, *site;
};

static void state_free(void *opaque)
{
	struct call_burst_state *state = opaque;

	if (state == NULL) {
		return;
	}
	window_free(state->callers);
	window_free(state->site);
	free(state);
}

static void *state_new(const void *opaque, size_t memory)
{
	const struct call_burst_settings *settings = opaque;
	uint32_t largest_limit = settings->minute_critical > settings->hour_critical
					 ? settings->minute_critical
					 : settings->hour_critical;
	const struct window_shape callers = {.keys = window_keys_in(memory, largest_limit),
		.largest_limit = largest_limit,
		.longest_span = HOUR};
	const struct window_shape site = {
		.keys = 1, .largest_limit = settings->site_hour_critical, .longest_span = HOUR};
	struct call_burst_state *state = calloc(1, sizeof *state);

	if (state == NULL) {
		return NULL;
	}
	state->callers = window_new(&callers);
	state->site = window_new(&site);
	if (state->callers == NULL || state->site == NULL) {
		state_free(state);
		return NULL;
	}
	return state;
}

static void adopt(void *opaque, const void *old_opaque)
{
	struct call_burst_state *state = opaque;
	const struct call_burst_state *old = old_opaque;

	window_adopt(state->callers, old->callers);
	window_adopt(state->site, old->site);
}

static uint64_t evicted(const void *opaque)
{
	const struct call_burst_state *state = opaque;

	return window_figures(state->callers).evicted;
}

/* Of a minute and an hour the graver; of equals the minute, which says more about what goes on now. */
static bool tally_caller(const struct call_burst_settings *settings, struct call_burst_state *state,
	const struct circumstances *circumstances, struct tally *tally)
{
	static const duration spans[] = {MINUTE, HOUR};
	const struct limits minute = {settings->minute_warning, settings->minute_critical, MINUTE};
	const struct limits hour = {settings->hour_warning, settings->hour_critical, HOUR};
	const struct subject *caller = circumstances_narrowest(circumstances);
	uint32_t counts[2];
	struct tally in_hour;

	if (caller->kind == SUBJECT_SITE) {
		return false;
	}
	window_add(state->callers, text_of(caller->text), circumstances->event->time, spans, 2, counts);
	bool minute_reached = tally_of(caller, counts[0], &minute, tally);
	bool hour_reached = tally_of(caller, counts[1], &hour, &in_hour);
	if (hour_reached && (!minute_reached || in_hour.severity > tally->severity)) {
		*tally = in_hour;
	}
	return minute_reached || hour_reached;
}

static bool tally_site(const struct call_burst_settings *settings, struct call_burst_state *state,
	const struct circumstances *circumstances, struct tally *tally)
{
	static const duration span = HOUR;
	const struct limits limits = {settings->site_hour_warning, settings->site_hour_critical, HOUR};
	const struct subject *site = &circumstances->subjects[SUBJECT_SITE];
	uint32_t count;

	if (!site->counts) {
		return false;
	}
	window_add(state->site, text_of(site->text), circumstances->event->time, &span, 1, &count);
	return tally_of(site, count, &limits, tally);
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	static const struct report_words words = {"call_burst", "abroad"};
	const struct call_burst_settings *settings = opaque;
	struct call_burst_state *state = opaque_state;
	struct tally tally;

	if (tally_caller(settings, state, circumstances, &tally)) {
		tally_report(&words, &tally, circumstances, findings);
	}
	if (tally_site(settings, state, circumstances, &tally)) {
		tally_report(&words, &tally, circumstances, findings);
	}
}

extern const struct rule call_burst_rule; /* as rules.c declares it */
const struct rule call_burst_rule = {
	.name = "call_burst",
	.settings = &settings_table,
	.settings_size = sizeof(struct call_burst_settings),
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.evaluate = evaluate,
};
