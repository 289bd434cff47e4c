/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls abroad while nobody should be in the office, one level graver when they go to a high-risk
 * destination. An allowed destination counts like any other: who works there at night says so by the
 * calendar.
 */
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>

struct off_hours_settings {
	bool enabled;
	uint32_t warning, critical; /* calls */
	duration window;
};

static const struct setting settings_list[] = {
	{.name = "enabled",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct off_hours_settings, enabled),
		.initial = "true"},
	{.name = "warning",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct off_hours_settings, warning),
		.minimum = RULE_LIMIT_MINIMUM,
		.maximum = RULE_LIMIT_MAXIMUM,
		.unit = "calls",
		.initial = "1"},
	{.name = "critical",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct off_hours_settings, critical),
		.minimum = RULE_LIMIT_MINIMUM,
		.maximum = RULE_LIMIT_MAXIMUM,
		.unit = "calls",
		.initial = "3",
		.not_below = "warning"},
	{.name = "window",
		.type = SETTING_DURATION,
		.offset = offsetof(struct off_hours_settings, window),
		.minimum = RULE_WINDOW_MINIMUM,
		.maximum = RULE_WINDOW_MAXIMUM,
		.initial = "60min"},
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

static void *state_new(const void *opaque)
{
	const struct off_hours_settings *settings = opaque;
	const struct window_shape shape = {
		.keys = WINDOW_KEYS, .largest_limit = settings->critical, .longest_span = settings->window};

	return window_new(&shape);
}

static void state_free(void *state)
{
	window_free(state);
}

static void adopt(void *state, const void *old_state)
{
	window_adopt(state, old_state);
}

static uint64_t evicted(const void *state)
{
	return window_figures(state).evicted;
}

/* The owner's word (allow) stands above the advisory's. */
static bool is_graver(const struct destination_reading *destination)
{
	return destination->high_risk != NULL && destination->permission != DESTINATION_ALLOWED;
}

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	static const struct report_words words = {"off_hours", "abroad outside business hours"};
	const struct off_hours_settings *settings = opaque;
	const struct limits limits = {settings->warning, settings->critical, settings->window};
	struct tally tallies[TALLIES_MAX];

	/* Callers and sources: a site with a night desk abroad would be over any limit of the whole. */
	if (circumstances->calendar.is_open) {
		return;
	}
	size_t count = tally_subjects(state, circumstances, SUBJECT_SITE, &limits, tallies);
	if (count > 0 && is_graver(&circumstances->destination)) {
		tallies[0].severity = SEVERITY_CRITICAL; /* the limit stays the one that was reached */
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		tally_report(&words, &tallies[i], circumstances, findings);
	}
}

extern const struct rule off_hours_rule; /* as rules.c declares it */
const struct rule off_hours_rule = {
	.name = "off_hours",
	.settings = &settings_table,
	.settings_size = sizeof(struct off_hours_settings),
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.evaluate = evaluate,
};
