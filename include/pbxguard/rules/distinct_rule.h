/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules share that count different values in a short and in a long time, against two limits each: their
 * limits, and a struct distinct as their state.
 */
#ifndef PBXGUARD_RULES_DISTINCT_RULE_H
#define PBXGUARD_RULES_DISTINCT_RULE_H

#include "pbxguard/rules/distinct.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct distinct_limits {
	uint32_t short_warning, short_critical, long_warning, long_critical; /* values */
};

/* The times, which are the rule's own. */
struct distinct_spans {
	duration in_short, in_long;
};

/* Functions of struct rule, and for its state_new: the highest limit that any count is compared with. */
uint32_t distinct_highest(const struct distinct_limits *limits);
void *distinct_state_new(uint32_t largest_limit, const struct distinct_spans *spans, size_t memory);
void distinct_state_free(void *state);
void distinct_state_adopt(void *state, const void *old_state);
uint64_t distinct_state_evicted(const void *state);

/* For say_limits: "countries within 10 min: warning from 4, critical from 10; …". */
void distinct_say_limits(struct limits_text *text, const char *what, const struct distinct_limits *limits,
	const struct distinct_spans *spans);

/* Notes the value under the key, in the name of the subject. True, and *tally written, when a limit is
 * reached: tally_of_two. */
bool distinct_tally(const struct distinct_limits *limits, const struct distinct_spans *spans,
	struct distinct *distinct, const struct subject *subject, struct text key, struct text value,
	instant now, struct tally *tally);

#endif
