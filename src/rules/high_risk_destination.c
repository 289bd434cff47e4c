/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to destinations that advisories name. Thieves rotate callers, so the source and the whole site are
 * counted as well.
 */
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>

struct high_risk_settings {
	bool enabled;
	uint32_t warning, critical; /* calls */
	duration window;
};

static const struct setting settings_list[] = {
	{.name = "enabled",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct high_risk_settings, enabled),
		.initial = "true"},
	{.name = "warning",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct high_risk_settings, warning),
		.minimum = RULE_LIMIT_MINIMUM,
		.maximum = RULE_LIMIT_MAXIMUM,
		.unit = "calls",
		.initial = "1"},
	{.name = "critical",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct high_risk_settings, critical),
		.minimum = RULE_LIMIT_MINIMUM,
		.maximum = RULE_LIMIT_MAXIMUM,
		.unit = "calls",
		.initial = "2",
		.not_below = "warning"},
	{.name = "window",
		.type = SETTING_DURATION,
		.offset = offsetof(struct high_risk_settings, window),
		.minimum = RULE_WINDOW_MINIMUM,
		.maximum = RULE_WINDOW_MAXIMUM,
		.initial = "12h"},
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

static void *state_new(const void *opaque)
{
	const struct high_risk_settings *settings = opaque;
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

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	static const struct report_words words = {"high_risk_destination", "to a high-risk destination"};
	const struct high_risk_settings *settings = opaque;
	const struct limits limits = {settings->warning, settings->critical, settings->window};
	const struct destination_reading *destination = &circumstances->destination;
	struct tally tallies[TALLIES_MAX];

	if (destination->high_risk == NULL || destination->permission == DESTINATION_ALLOWED) {
		return;
	}
	size_t count = tally_subjects(state, circumstances, SUBJECT_KIND_COUNT, &limits, tallies);
	for (size_t i = 0; i < count; i++) {
		tally_report(&words, &tallies[i], circumstances, findings);
	}
}

extern const struct rule high_risk_destination_rule; /* as rules.c declares it */
const struct rule high_risk_destination_rule = {
	.name = "high_risk_destination",
	.settings = &settings_table,
	.settings_size = sizeof(struct high_risk_settings),
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.evaluate = evaluate,
};
