/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that are followed from the first INVITE to the end: rung, answered, refused, still up, ended. Knows
 * nothing of messages: dialog.c tells it what happened to which call, and gets a number to name it by.
 *
 * A call can have several legs with one number (its Call-IDs through the PBX), each of which may be answered;
 * it ends with the last of them. Where no end is seen it is assumed: when nobody has answered for
 * FOLLOWED_RINGING, when the session timer (RFC 4028) was not refreshed, or after max_age.
 *
 * Memory: about 1.2 kB a call, as much as is given; the call heard of longest ago makes room.
 */
#ifndef PBXGUARD_CALL_FOLLOWED_CALL_H
#define PBXGUARD_CALL_FOLLOWED_CALL_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/digest.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/call/event.h"

#include <stddef.h>
#include <stdint.h>

#define FOLLOWED_MINIMUM USUAL_OR_FEW(256, 4) /* calls, however little memory there is */
#define FOLLOWED_MAXIMUM 1000000
#define FOLLOWED_LEGS 2
/* Without an answer: RFC 3261 §16.6 lets a proxy wait for 3 minutes (timer C). */
#define FOLLOWED_RINGING (5 * MINUTE)
/* A session that is not refreshed in time is over (RFC 4028 §10); so much later it is for us. */
#define FOLLOWED_GRACE (1 * MINUTE)

struct followed_calls; /* opaque; made by followed_calls_new */

/* Takes at most about so many bytes. NULL when there is no memory. counters is borrowed. */
struct followed_calls *followed_calls_new(size_t memory, duration max_age, struct counters *counters);
void followed_calls_free(struct followed_calls *calls);
void followed_calls_set_max_age(struct followed_calls *calls, duration max_age);

/*
 * Follows the call of this event, which is copied; event->call and ->attempted need not be set. leg is what
 * the caller knows its first leg by. The call's number, never 0 and never used again.
 */
uint64_t followed_call_begin(
	struct followed_calls *calls, const struct event *event, const struct digest *leg);

/* The event of a call as it stands, to be changed and handed on; NULL when the number is known no more. */
const struct event *followed_call_event(const struct followed_calls *calls, uint64_t number);

/* An account was named by credentials: from now on the caller. */
void followed_call_identify(struct followed_calls *calls, uint64_t number, struct text caller);
/* Its next leg. */
void followed_call_join(
	struct followed_calls *calls, uint64_t number, struct text call_id, const struct digest *leg);
/* Its first leg and its latest, zero when there is no other; NULL when the number is known no more. */
const struct digest *followed_call_legs(const struct followed_calls *calls, uint64_t number);

/* What the messages tell. Each calls handler with the event that comes of it, if any does. */
void followed_call_ring(
	struct followed_calls *calls, uint64_t number, instant now, event_handler *handler, void *context);
/* A leg was answered, or its session refreshed: session is the time it may last without that; 0: no timer. */
void followed_call_answer(struct followed_calls *calls, uint64_t number, instant now, duration session,
	event_handler *handler, void *context);
void followed_call_refresh(struct followed_calls *calls, uint64_t number, instant now, duration session);
void followed_call_refuse(struct followed_calls *calls, uint64_t number, instant now, uint16_t status,
	event_handler *handler, void *context);
void followed_call_cancel(
	struct followed_calls *calls, uint64_t number, instant now, event_handler *handler, void *context);
/* A leg that had been answered is over. */
void followed_call_hang_up(struct followed_calls *calls, uint64_t number, instant now, enum call_end by,
	event_handler *handler, void *context);

/*
 * Makes what is due up to now: calls still up, and ends that are assumed, in order of time, each at exactly
 * its time.
 */
void followed_calls_tick(struct followed_calls *calls, instant now, event_handler *handler, void *context);

#endif
