/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of rules, and a running set of them. Each enabled rule is asked in turn about the events it
 * wants: most about each outward call abroad when it is tried. Emergency and public services never reach a
 * rule. It is asked by the settings of the site, or of the caller's group.
 *
 * Memory: the rules that remember something share surroundings.memory evenly; each keeps as many keys as find
 * room there (window.h, distinct.h, sum_window.h). What was never used is not resident.
 */
#ifndef PBXGUARD_RULES_RULES_H
#define PBXGUARD_RULES_RULES_H

#include "pbxguard/rules/circumstances.h"
#include "pbxguard/rules/finding.h"
#include "pbxguard/rules/rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

size_t rules_count(void);
const struct rule *rules_at(size_t index); /* below rules_count() */

/* One settings struct for each rule of the table, each with its defaults. */
struct rules_settings; /* opaque; made by rules_settings_new */

struct rules_settings *rules_settings_new(void); /* NULL when there is no memory */
void rules_settings_free(struct rules_settings *settings);
/* The settings of rules_at(index), for config to fill by that rule's table. */
void *rules_settings_at(struct rules_settings *settings, size_t index);

/* Is that rule switched on? */
bool rules_settings_enabled(const struct rules_settings *settings, size_t index);

struct rules; /* opaque; made by rules_new */

/* Copies the settings; borrows what the surroundings name until rules_free. NULL when there is no memory. */
struct rules *rules_new(const struct rules_settings *settings, const struct surroundings *surroundings);
void rules_free(struct rules *rules);

/* At a reload: rules, just made, goes on with the counts of old, which stays as it is and may be freed. */
void rules_adopt(struct rules *rules, const struct rules *old);

/* Empties *findings, then asks each enabled rule. */
void rules_evaluate(struct rules *rules, const struct event *event, struct findings *findings);

/* The limits of rules_at(index) for a call like that, tried, by the settings of its caller. */
void rules_say_limits(
	const struct rules *rules, size_t index, const struct event *event, struct limits_text *text);

/*
 * What rules_at(index) has learned, for a store: see save and restore in rule.h. 0 bytes, and false, where
 * the rule learns nothing or is switched off. To be called on the thread that evaluates, or when none does;
 * rules_restore before the first event.
 */
size_t rules_save(const struct rules *rules, size_t index, uint8_t *bytes, size_t room);
bool rules_restore(struct rules *rules, size_t index, const uint8_t *bytes, size_t size);

/* Callers and sources forgotten while they still counted, by all rules; only grows, over reloads too. */
uint64_t rules_keys_evicted(const struct rules *rules);

#endif
