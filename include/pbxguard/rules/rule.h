/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule is. A rule is one .c without a header: rules.c has one extern line for it and its place in the
 * table. Its settings struct is its own; config fills it by the table. One of the settings is "enabled", a
 * boolean.
 */
#ifndef PBXGUARD_RULES_RULE_H
#define PBXGUARD_RULES_RULE_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/setting.h"
#include "pbxguard/rules/circumstances.h"
#include "pbxguard/rules/finding.h"

#include <stddef.h>
#include <stdint.h>

/* Every limit of a rule lies between these. */
#define RULE_LIMIT_MINIMUM 1
#define RULE_LIMIT_MAXIMUM 10000
/* And every window of a rule, between these. */
#define RULE_WINDOW_MINIMUM SECOND
#define RULE_WINDOW_MAXIMUM (366 * DAY)

struct rule {
	const char *name; /* in the configuration and in alerts: "call_burst" */
	const struct setting_table *settings;
	size_t settings_size; /* bytes */

	/* What the rule remembers between calls. All four are NULL for a rule that remembers nothing. */
	/* Takes at most about so many bytes. NULL when there is no memory. */
	void *(*state_new)(const void *settings, size_t memory);
	void (*state_free)(void *state);                   /* accepts NULL */
	void (*adopt)(void *state, const void *old_state); /* at a reload: goes on with the old counts */
	uint64_t (*evicted)(const void *state);            /* keys forgotten early */

	/* Which events it is asked about; NULL: calls abroad when they are tried (circumstances_is_try). */
	bool (*wants)(const struct event *event);
	/* Counts the call and adds what it finds. Never allocates. */
	void (*evaluate)(const void *settings, void *state, const struct circumstances *circumstances,
		struct findings *findings);

	/* What --check-number says where it finds nothing in a first call, and must not; NULL: "nothing". */
	const char *of_one_call;
};

#endif
