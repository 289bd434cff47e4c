/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: what an incident is about, as one who comes on duty wants to hear it: who, where to, how many
 * calls, how long, how much money, which signs; and the sentence that tells it. Of fixed size.
 */
#ifndef PBXGUARD_INCIDENT_STORY_H
#define PBXGUARD_INCIDENT_STORY_H

#include "pbxguard/base/money.h"
#include "pbxguard/call/event.h"
#include "pbxguard/incident/action_taken.h"
#include "pbxguard/rules/finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORY_RULES_MAX 24
#define STORY_PLACES_MAX 6  /* named in the sentence; further ones are counted together */
#define STORY_CALLERS_MAX 4 /* likewise */
#define STORY_PLACE_SIZE 40
#define STORY_TEXT_SIZE 800

struct story_place {
	char name[STORY_PLACE_SIZE];
	uint32_t calls;
};

struct story {
	instant since, latest; /* of its first and last call or finding */
	uint32_t calls;        /* that belong to it */
	uint32_t answered, up; /* of these: ever, and now */
	duration talked;
	money cost;
	char currency[CURRENCY_SIZE];         /* empty: no cost is known */
	bool has_stranger;                    /* a call came from an address that is none of the site's */
	bool is_moved;                        /* a call was forwarded or transferred */
	uint32_t refused, would_refuse;       /* of its calls */
	bool has_blocked, would_have_blocked; /* an address */
	size_t rule_count;
	const char *rules[STORY_RULES_MAX]; /* in order of appearance; strings of the program */
	size_t place_count;
	struct story_place places[STORY_PLACES_MAX];
	uint32_t calls_elsewhere; /* to further places */
	size_t caller_count;
	char callers[STORY_CALLERS_MAX][CALLER_SIZE]; /* made safe */
	bool has_more_callers;
};

/* How far a call of the story has come, so that what it adds is known. */
struct story_call {
	bool is_answered, is_over;
	duration talked;
	money cost;
};

void story_add_finding(struct story *story, const struct finding *finding, instant when);
/* A call that now belongs to it. */
void story_add_call(struct story *story, const struct event *event);
/*
 * What a later event of such a call brings: *call, at first zero, is brought up to it. cost is what the call
 * has cost up to now, in currency (NULL: it is not known).
 */
void story_follow(struct story *story, struct story_call *call, const struct event *event, money cost,
	const char *currency);

/* What was done about one of its calls, or about an address. */
struct judgement;
void story_add_judgement(struct story *story, const struct judgement *judgement);

/*
 * "Caller 1001 placed 5 calls abroad since 02:11: Barbados 3, Sierra Leone 2; 4 answered, 37 min in all,
 * about 12,300 JPY so far, 1 is up now. Signs: off_hours, call_burst. 2 of the 5 calls were refused. Next: …"
 * Returns buffer.
 */
char *story_tell(const struct story *story, const char *subject, char buffer[static STORY_TEXT_SIZE]);

/* "off_hours, call_burst". Returns buffer. */
char *story_rules(const struct story *story, char *buffer, size_t buffer_size);

#endif
