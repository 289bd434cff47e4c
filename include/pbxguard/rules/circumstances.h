/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every rule asks about a call abroad, worked out once for all of them. */
#ifndef PBXGUARD_RULES_CIRCUMSTANCES_H
#define PBXGUARD_RULES_CIRCUMSTANCES_H

#include "pbxguard/base/site.h"
#include "pbxguard/call/event.h"
#include "pbxguard/rules/calendar.h"
#include "pbxguard/rules/destination_lists.h"
#include "pbxguard/rules/finding.h"
#include "pbxguard/rules/rates.h"

#include <stdbool.h>

/* Narrowest first: of two equally grave findings the operator gets the one that says most. */
enum subject_kind { SUBJECT_CALLER, SUBJECT_SOURCE, SUBJECT_SITE, SUBJECT_KIND_COUNT };

/* About whom a rule counts. The text is the key under which it counts, too. */
struct subject {
	enum subject_kind kind;
	/*
	 * False: this event does not count for it. A source is left out when it is the PBX or the call is on
	 * its way to the carrier, for then it stands for everybody; source and site when the event only names
	 * another account for a call that was counted. A stranger from outside can write any caller into his
	 * INVITE: his caller counts when credentials name it, the site when the PBX has sent the call on.
	 */
	bool counts;
	/* "caller:1001", "source:198.51.100.66", "site"; safe; "caller:unknown" for a call without a user */
	char text[SUBJECT_SIZE];
	const char *name; /* "1001", "198.51.100.66"; the part of text after the kind */
};

/* Where the site keeps what the rules ask. Borrowed; outlives the rules. */
struct surroundings {
	const struct site *site;
	const struct calendar *calendar;
	const struct destination_lists *lists;
	size_t memory;             /* bytes for the states of all rules */
	const struct rates *rates; /* NULL: no prices are known */
};

struct circumstances {
	const struct event *event; /* borrowed */
	const struct site *site;   /* borrowed */
	struct destination_reading destination;
	const struct rates *rates; /* borrowed; NULL: no prices are known */
	struct calendar_reading calendar;
	struct subject subjects[SUBJECT_KIND_COUNT];
	/* A stranger's try that the PBX may yet refuse, as it does with those of every scanner: no more than
	 * a warning. */
	bool is_unproven;
};

/* The narrowest subject for which the event counts. */
const struct subject *circumstances_narrowest(const struct circumstances *circumstances);

/* A caller of another name than the event's, who counts: name is as sent, and may be empty. */
void subject_of_caller(struct text name, struct subject *subject);

/* A call abroad that is tried, or of which more becomes known: what most rules count. */
bool circumstances_is_try(const struct event *event);
/* A call that costs money abroad if it is answered. */
bool circumstances_is_abroad(const struct event *event);

/* Names inside *circumstances point into it: do not copy it. */
void circumstances_of(const struct event *event, const struct surroundings *surroundings,
	struct circumstances *circumstances);

#endif
