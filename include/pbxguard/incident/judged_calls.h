/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What policy remembers of calls that cost money: what was judged about each, by the Call-ID of its first
 * leg, and which numbers were refused a moment ago. Bounded; what was heard of longest ago is forgotten
 * (keys_evicted).
 */
#ifndef PBXGUARD_INCIDENT_JUDGED_CALLS_H
#define PBXGUARD_INCIDENT_JUDGED_CALLS_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/call/event.h"
#include "pbxguard/incident/decision.h"

#include <stdbool.h>

#define JUDGED_CALLS_MAX USUAL_OR_FEW(16384, 4)
#define JUDGED_CALL_LIFETIME                                                                                 \
	(6 * MINUTE) /* without an event of it; rings for 5 min at most, up: one in 30 s */
#define JUDGED_NUMBERS_MAX USUAL_OR_FEW(1024, 4)
/* After a trunk leg was refused the PBX may try the same number on another trunk. */
#define JUDGED_NUMBER_LIFETIME (30 * SECOND)

/* Call-IDs are told apart by so many bytes: as many as later events of a call bring. */
#define JUDGED_CALL_ID_SIZE 128 /* bytes with the NUL */

struct judged_call {
	uint64_t id;          /* never 0 */
	uint64_t number;      /* mark of what was dialled */
	struct address pbx;   /* to which its first leg was sent */
	bool is_refused;      /* or would be */
	bool is_counted;      /* as refused */
	bool has_untouchable; /* an emergency call used the same Call-ID: whatever is done by that would hit
				 it, too */
	bool has_passed;      /* its first leg did, though it is refused: its trunk leg is to be */
	bool has_slipped;
	bool is_critical; /* of its caller something critical was found, which proves that he is a thief */
	bool is_on_trunk; /* and he was seen on the trunk leg, where the PBX vouches for him */
	bool wants_block; /* its source is to be blocked as soon as it is proven */
	char caller[CALLER_SIZE]; /* as in the event, cut */
	struct address source;
	char call_id[JUDGED_CALL_ID_SIZE];
	char incident[INCIDENT_ID_SIZE];
	const char *rule; /* that found what stops it; a string of the program */
	enum severity severity;
};

struct judged_calls; /* opaque; made by judged_calls_new */

/* counters stays borrowed. NULL when there is no memory. */
struct judged_calls *judged_calls_new(struct counters *counters);
void judged_calls_free(struct judged_calls *calls);

/* NULL when it is not known. Borrowed until the next call. */
struct judged_call *judged_calls_find(struct judged_calls *calls, struct text call_id, instant now);
struct judged_call *judged_calls_find_id(struct judged_calls *calls, uint64_t id, instant now);
void judged_calls_clear(struct judged_calls *calls);

/* A call that begins with this event: what was known under its Call-ID is forgotten, but for has_untouchable.
 */
struct judged_call *judged_calls_begin(struct judged_calls *calls, const struct event *event);
/* As of this event. Of a call known with another number: begins anew. */
struct judged_call *judged_calls_find_or_add(struct judged_calls *calls, const struct event *event);

/* A mark of where the call goes; of numbers that nobody could call 0. */
uint64_t judged_calls_number(const struct judged_calls *calls, const struct event *event);
uint64_t judged_calls_country(const struct judged_calls *calls, const struct event *event);

/* A trunk leg to this number was refused. */
void judged_calls_refuse_number(struct judged_calls *calls, uint64_t number, instant now);
bool judged_calls_was_number_refused(struct judged_calls *calls, uint64_t number, instant now);

#endif
