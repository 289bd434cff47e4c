/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules have in common: counts against two limits, and the finding that comes of it. */
#ifndef PBXGUARD_RULES_TALLY_H
#define PBXGUARD_RULES_TALLY_H

#include "pbxguard/rules/circumstances.h"
#include "pbxguard/rules/finding.h"
#include "pbxguard/rules/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The counts at which a finding starts and rises, within a time. */
struct limits {
	uint32_t warning, critical;
	duration span;
};

/* A count that reached a limit. */
struct tally {
	const struct subject *subject; /* borrowed from the circumstances */
	enum severity severity;
	uint32_t count, limit; /* the limit of this severity */
	duration span;
};

/* False, and *tally untouched, when the count is below the warning. */
bool tally_of(
	const struct subject *subject, uint32_t count, const struct limits *limits, struct tally *tally);

/*
 * The same of a count in a short and one in a long time: the graver; of equals the short, which says more
 * about what goes on now.
 */
bool tally_of_two(const struct subject *subject, const uint32_t counts[static 2],
	const struct limits limits[static 2], struct tally *tally);

#define TALLIES_MAX 2 /* there are two severities to reach */

/*
 * Counts the call for the first kinds of subject (SUBJECT_SITE + 1: all) that count. Gives the narrowest
 * subject that has reached a limit, and a wider one where that is graver: what many do together must not hide
 * what one does. Returns how many.
 */
size_t tally_subjects(struct window *window, const struct circumstances *circumstances,
	enum subject_kind kinds, const struct limits *limits, struct tally tallies[static TALLIES_MAX]);

/*
 * Adds the tally of a wider subject to those of narrower ones, where it is graver: the same thought as in
 * tally_subjects. Returns how many there are then.
 */
size_t tally_add_wider(struct tally tallies[static TALLIES_MAX], size_t count, const struct tally *wider);

/* "by caller 1001", "from the address 198.51.100.66", "by all callers of the site together". */
#define TALLY_WHOM_SIZE (SUBJECT_SIZE + 24)
char *tally_whom(const struct subject *subject, char buffer[static TALLY_WHOM_SIZE]); /* returns buffer */

/* What a rule's findings say. */
struct report_words {
	const char *rule;    /* its name */
	const char *to_what; /* what it counts, after "Second call": "to a high-risk destination" */
};

/*
 * Adds a finding with its sentence: "Second call to a high-risk destination by caller 1001 within 12 h: to
 * Barbados (high-risk entry 1-246); the office is closed (night)." A tally without a span is about this one
 * call. When the list of findings is full the finding is lost; FINDINGS_MAX leaves room for every rule's.
 */
void tally_report(const struct report_words *words, const struct tally *tally,
	const struct circumstances *circumstances, struct findings *findings);

/* The first words of that, up to "within 12 h", for who has more to say behind them. Returns buffer. */
char *tally_words(
	const struct report_words *words, const struct tally *tally, char buffer[static REASON_SIZE]);

/*
 * The same with first words of the rule's own: "Calls of caller 1001 up at once: 5". What is behind, from
 * ": to Barbados" on, is the same. The finding, to change it; NULL when the list was full.
 */
struct finding *tally_report_as(const char *rule, const struct tally *tally,
	const struct circumstances *circumstances, struct findings *findings, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif
