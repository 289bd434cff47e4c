/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules share that count different values in a short and in a long time, against two limits each: their
 * settings, and a struct distinct as their state.
 */
#ifndef PBXGUARD_RULES_DISTINCT_RULE_H
#define PBXGUARD_RULES_DISTINCT_RULE_H

#include "pbxguard/rules/distinct.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct distinct_settings {
	bool enabled;
	uint32_t short_warning, short_critical, long_warning, long_critical; /* values */
};

/* The times, which are the rule's own. */
struct distinct_spans {
	duration in_short, in_long;
};

/* The elements of such a rule's table of settings, with names and defaults that are its own. */
/* clang-format off */
#define DISTINCT_LIMIT(name_, member, unit_, initial_, not_below_) \
	{.name = (name_), .type = SETTING_NUMBER, .offset = offsetof(struct distinct_settings, member), \
		.minimum = RULE_LIMIT_MINIMUM, .maximum = RULE_LIMIT_MAXIMUM, .unit = (unit_), \
		.initial = (initial_), .not_below = (not_below_)}
#define DISTINCT_ENABLED \
	{.name = "enabled", .type = SETTING_BOOLEAN, .offset = offsetof(struct distinct_settings, enabled), \
		.initial = "true"}
/* clang-format on */

/* Functions of struct rule, and for its state_new. */
void *distinct_state_new(
	const struct distinct_settings *settings, const struct distinct_spans *spans, size_t memory);
void distinct_state_free(void *state);
void distinct_state_adopt(void *state, const void *old_state);
uint64_t distinct_state_evicted(const void *state);

/*
 * Notes the value under the key, in the name of the subject. True, and *tally written, when a limit is
 * reached: of the short and the long time the graver; of equals the short, which says more about what goes on
 * now.
 */
bool distinct_tally(const struct distinct_settings *settings, const struct distinct_spans *spans,
	struct distinct *distinct, const struct subject *subject, struct text key, struct text value,
	instant now, struct tally *tally);

#endif
