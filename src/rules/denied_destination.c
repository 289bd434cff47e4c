/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls to where the owner says the site never calls: critical at once, and nothing to count. */
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>

struct denied_settings {
	bool enabled;
};

static const struct setting settings_list[] = {
	RULE_ENABLED(struct denied_settings),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	static const struct report_words words = {"denied_destination", "to a denied destination"};
	const struct tally tally = {.subject = circumstances_narrowest(circumstances),
		.severity = SEVERITY_CRITICAL,
		.count = 1,
		.limit = 1};

	(void)opaque;
	(void)state;
	if (circumstances->destination.permission == DESTINATION_DENIED) {
		tally_report(&words, &tally, circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	(void)opaque;
	if (circumstances->destination.permission != DESTINATION_DENIED) {
		limits_say(text, "leaves this place out, it is not denied");
		return;
	}
	limits_say(text, "each call critical");
}

extern const struct rule denied_destination_rule; /* as rules.c declares it */
const struct rule denied_destination_rule = {
	.name = "denied_destination",
	.settings = &settings_table,
	.settings_size = sizeof(struct denied_settings),
	.proves = PROVES_CALL,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
