/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to destinations that advisories name. Thieves rotate callers, so the source and the whole site are
 * counted as well.
 */
#include "pbxguard/rules/counted_rule.h"
#include "pbxguard/rules/tally.h"

static const struct setting settings_list[] = {COUNTED_SETTINGS("1", "2", "12h")};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	static const struct report_words words = {"high_risk_destination", "to a high-risk destination"};
	const struct counted_settings *settings = opaque;
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
	.settings_size = sizeof(struct counted_settings),
	.state_new = counted_state_new,
	.state_free = counted_state_free,
	.adopt = counted_adopt,
	.evicted = counted_evicted,
	.evaluate = evaluate,
};
