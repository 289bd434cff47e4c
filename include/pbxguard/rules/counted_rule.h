/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rules share that count calls in one window against a warning and a critical limit: their settings, and
 * a window as their state.
 */
#ifndef PBXGUARD_RULES_COUNTED_RULE_H
#define PBXGUARD_RULES_COUNTED_RULE_H

#include "pbxguard/rules/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counted_settings {
	bool enabled;
	uint32_t warning, critical; /* calls */
	duration window;
};

/* The elements of such a rule's table of settings, with the defaults that are its own. */
/* clang-format off */
#define COUNTED_SETTINGS(unit_, initial_warning, initial_critical, initial_window) \
	RULE_ENABLED(struct counted_settings), \
	RULE_LIMIT("warning", struct counted_settings, warning, unit_, initial_warning, NULL), \
	RULE_LIMIT("critical", struct counted_settings, critical, unit_, initial_critical, "warning"), \
	{.name = "window", .type = SETTING_DURATION, .offset = offsetof(struct counted_settings, window), \
		.minimum = RULE_WINDOW_MINIMUM, .maximum = RULE_WINDOW_MAXIMUM, .initial = (initial_window)}
/* clang-format on */

/* The functions of struct rule; the state is a struct window. */
void *counted_state_new(const void *settings, size_t memory);
void counted_state_free(void *state);
void counted_adopt(void *state, const void *old_state);
uint64_t counted_evicted(const void *state);

#endif
