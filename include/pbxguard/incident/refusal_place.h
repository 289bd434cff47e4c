/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where to refuse a call that makes two legs, from the phone to the PBX and from the PBX to the carrier. The
 * trunk leg is the better place: the PBX passes the refusal on to its phone and writes its call record. So
 * the phone's INVITE may pass, where this PBX's calls are regularly seen on both legs.
 *
 * No call may slip through because of that. A deferred call that rings or is answered, and whose trunk leg
 * was not refused REFUSAL_PLACE_WAIT after its INVITE, has slipped: from then on this PBX's calls are refused
 * on the first leg again, for REFUSAL_PLACE_FALLBACK, twice as long after each further one, up to a day. A
 * PBX that changes the number makes a trunk leg that nothing joins: refusal_places_other_leg finds the
 * deferred call that it must belong to.
 *
 * Knows nothing of messages; calls are named by a number of the caller's choice.
 */
#ifndef PBXGUARD_INCIDENT_REFUSAL_PLACE_H
#define PBXGUARD_INCIDENT_REFUSAL_PLACE_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFUSAL_PLACE_RECENT (10 * MINUTE) /* since both legs of a call were seen */
#define REFUSAL_PLACE_WAIT (2 * SECOND)
#define REFUSAL_PLACE_FALLBACK (1 * HOUR)
#define REFUSAL_PLACE_PENDING                                                                                \
	(5 * MINUTE) /* a call that does not even ring is over then (RFC 3261 §16.6)                        \
		      */
#define REFUSAL_PLACE_PBXES 32
#define REFUSAL_PLACE_CALLS 128 /* deferred at one time; more are refused on the first leg */

struct refusal_pbx {
	struct address address;
	instant joined;         /* when both legs of a call were last seen */
	instant fallback_until; /* no deferring before */
	duration fallback;      /* the last one; 0: none yet */
};

struct deferred_call {
	uint64_t call; /* 0: the place is free */
	struct address pbx;
	uint64_t number, country; /* marks of where it goes */
	instant since;
	bool has_rung;
};

/* All zero to begin with. */
struct refusal_places {
	size_t pbx_count, pending; /* pending: of the calls */
	struct refusal_pbx pbxes[REFUSAL_PLACE_PBXES];
	struct deferred_call calls[REFUSAL_PLACE_CALLS];
};

/* Both legs of a call through this PBX were seen. Of more than REFUSAL_PLACE_PBXES the one seen least lately
 * is forgotten. */
void refusal_places_joined(struct refusal_places *places, const struct address *pbx, instant now);

/*
 * The INVITE of this call to this PBX is to be refused: may it pass, so that its trunk leg is refused
 * instead? If so the call is remembered. number and country are marks of where it goes (0: none); call is not
 * 0.
 */
bool refusal_places_defer(struct refusal_places *places, const struct address *pbx, uint64_t call,
	uint64_t number, uint64_t country, instant now);

/* Is this call deferred? */
bool refusal_places_is_deferred(const struct refusal_places *places, uint64_t call);

/*
 * A trunk leg that joins no call known: the deferred call to which it must belong, because it
 * goes to the same number, or to the same country within REFUSAL_PLACE_WAIT; 0: none.
 */
uint64_t refusal_places_other_leg(
	const struct refusal_places *places, uint64_t number, uint64_t country, instant now);

/* Its trunk leg is refused, or it came to nothing by itself: it is deferred no more. */
void refusal_places_settle(struct refusal_places *places, uint64_t call);

/* It rings, or was answered. */
void refusal_places_rang(struct refusal_places *places, uint64_t call);

/*
 * A call that has slipped up to now, the PBX's fallback begun; 0: no more. To be asked before each event and
 * now and then, until it gives 0.
 */
uint64_t refusal_places_slipped(struct refusal_places *places, instant now);

#endif
