/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls abroad while nobody should be in the office, one level graver when they go to a high-risk
 * destination. An allowed destination counts like any other: who works there at night says so by the
 * calendar.
 */
#include "pbxguard/rules/counted_rule.h"
#include "pbxguard/rules/tally.h"

static const struct setting settings_list[] = {COUNTED_SETTINGS("calls", "1", "3", "60min")};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	static const struct report_words words = {"off_hours", "abroad outside business hours"};
	const struct counted_settings *settings = opaque;
	const struct limits limits = {settings->warning, settings->critical, settings->window};
	struct tally tallies[TALLIES_MAX];

	/* Callers and sources: a site with a night desk abroad would be over any limit of the whole. */
	if (circumstances->calendar.is_open) {
		return;
	}
	size_t count = tally_subjects(state, circumstances, SUBJECT_SITE, &limits, tallies);
	if (count > 0 && destination_is_high_risk(&circumstances->destination)) {
		tallies[0].severity = SEVERITY_CRITICAL; /* the limit stays the one that was reached */
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		tally_report(&words, &tallies[i], circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct counted_settings *settings = opaque;
	const struct limits limits = {settings->warning, settings->critical, settings->window};

	limits_say_count(text, "calls while closed", &limits);
	if (circumstances->calendar.is_open) {
		limits_say(text, "now it is open");
	} else if (destination_is_high_risk(&circumstances->destination)) {
		limits_say(text, "to this place each is critical");
	}
}

extern const struct rule off_hours_rule; /* as rules.c declares it */
const struct rule off_hours_rule = {
	.name = "off_hours",
	.settings = &settings_table,
	.settings_size = sizeof(struct counted_settings),
	.proves = PROVES_CALL | PROVES_CALLER | PROVES_SOURCE,
	.state_new = counted_state_new,
	.state_free = counted_state_free,
	.adopt = counted_adopt,
	.evicted = counted_evicted,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
