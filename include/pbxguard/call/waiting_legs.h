/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legs that wait for the next one of the same call: a PBX makes two of one call, with Call-IDs of their own.
 * Two legs to the same number within WAITING_LEG_TIME, the second sent by who received the first, are one
 * call. A REFER or 302 waits here too, for the call that the PBX makes of it.
 */
#ifndef PBXGUARD_CALL_WAITING_LEGS_H
#define PBXGUARD_CALL_WAITING_LEGS_H

#include "pbxguard/call/attempt_view.h"
#include "pbxguard/call/known_calls.h"

#define WAITING_LEG_TIME (10 * SECOND)
#define WAITING_LEG_CALL_ID_SIZE 128 /* bytes with the NUL */

struct waiting_leg {
	uint64_t number_before; /* of the leg before it to the same number; 0: none */
	instant time;
	uint64_t e164;
	struct endpoint source, destination;
	bool is_sent_by_pbx;
	bool is_judged; /* as in struct attempt_view */
	enum leg leg;
	struct digest key; /* of its call */
	uint8_t joins;
	struct digest last_joined; /* the key of the call that joined last */
	uint64_t followed;         /* the call's number there (followed_call.h); 0: none */
	enum call_origin
		origin; /* of the leg that is waited for: another than DIALLED after a REFER or 302 */
	/* The texts stand last, as they are mostly short or empty: less memory to fetch. */
	char call_id[WAITING_LEG_CALL_ID_SIZE];
	char moved_by[CALLER_SIZE]; /* who sent a REFER or 302 */
};

struct waiting_legs; /* opaque; made by waiting_legs_new */

/* How many bytes they take. */
size_t waiting_legs_memory(void);
/* NULL when there is no memory. counters is borrowed. */
struct waiting_legs *waiting_legs_new(struct counters *counters);
void waiting_legs_free(struct waiting_legs *legs);

/* Begins to fetch what finding and adding a leg to this number will need. */
void waiting_legs_prefetch(const struct waiting_legs *legs, const struct number_marks *marks);

/*
 * The leg that this INVITE continues, borrowed until the next is added; NULL: none. *is_only: no other could
 * be it. What became of calls that joined before is asked of calls.
 */
struct waiting_leg *waiting_legs_find(
	struct waiting_legs *legs, struct known_calls *calls, const struct attempt_view *view, bool *is_only);
/* The oldest makes room. The leg, to be added to; borrowed as above. */
struct waiting_leg *waiting_legs_add(struct waiting_legs *legs, const struct attempt_view *view);

/* Not a leg, but a REFER or 302: it says what is called next. */
bool waiting_leg_is_announced(const struct waiting_leg *leg);
void waiting_leg_join(struct waiting_leg *leg, const struct digest *next);

#endif
