/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every rule asks about a call abroad, worked out once for all of them. */
#ifndef PBXGUARD_RULES_CIRCUMSTANCES_H
#define PBXGUARD_RULES_CIRCUMSTANCES_H

#include "pbxguard/base/site.h"
#include "pbxguard/call/event.h"
#include "pbxguard/rules/calendar.h"
#include "pbxguard/rules/caller_group.h"
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
	const struct caller_group *groups;
	size_t group_count;
};

/*
 * Of a call that comes in by a trunk only the event and the site: rules remember such calls, and judge none.
 * They are most of what a trunk carries, and all the rest took more time than remembering them.
 */
struct circumstances {
	const struct event *event; /* borrowed */
	const struct site *site;   /* borrowed */
	/* By whose settings the caller is judged; NULL: by the site's. Borrowed. */
	const struct caller_group *group;
	struct destination_reading destination;  /* by the group's lists where it has some */
	const struct rates *rates;               /* borrowed; NULL: no prices are known */
	const struct surroundings *surroundings; /* borrowed */
	bool has_calendar;                       /* of a call abroad: several rules ask */
	struct calendar_reading calendar;        /* the group's where it has one */
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
/* About a call that comes in by a trunk. */
bool circumstances_is_inbound(const struct event *event);
/* A call that costs money abroad if it is answered. */
bool circumstances_is_abroad(const struct event *event);

/*
 * The caller's group. A name that anybody could have written into the call proves no member: the call comes
 * from a phone of the site, or credentials name the caller. NULL: none.
 */
const struct caller_group *circumstances_group(
	const struct event *event, const struct surroundings *surroundings);

/* What the lists say of a call's destination to a caller of this group; group may be NULL. */
void circumstances_read_lists(const struct event *event, const struct caller_group *group,
	const struct surroundings *surroundings, struct destination_reading *reading);
/* What the calendar says to a caller of this group; group may be NULL. */
void circumstances_read_calendar(instant when, const struct caller_group *group,
	const struct surroundings *surroundings, struct calendar_reading *reading);

/* The same of circumstances; buffer is for those that do not have it. */
const struct calendar_reading *circumstances_calendar(
	const struct circumstances *circumstances, struct calendar_reading *buffer);

/* Names inside *circumstances point into it: do not copy it. */
void circumstances_of(const struct event *event, const struct surroundings *surroundings,
	struct circumstances *circumstances);

#endif
