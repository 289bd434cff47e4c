/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has called in by a trunk and is connected, or called just now: found by the number that the caller
 * shows, or by the call's Call-ID.
 *
 * Several calls of one number are known together; of the last INBOUND_CALLS_MAX each is known to be up. A
 * call counts as up until its end is told, or until it was not told to be up for INBOUND_SIGN_OF_LIFE.
 *
 * Memory: about half a kilobyte a call; the number heard of longest ago makes room.
 */
#ifndef PBXGUARD_RULES_INBOUND_CALLERS_H
#define PBXGUARD_RULES_INBOUND_CALLERS_H

#include "pbxguard/base/limit.h"
#include "pbxguard/call/event.h"
#include "pbxguard/rules/shown_number.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INBOUND_CALLERS_MINIMUM USUAL_OR_FEW(64, 4) /* however little memory there is */
#define INBOUND_CALLERS_MAXIMUM 100000
#define INBOUND_CALLS_MAX 4
#define INBOUND_SIGN_OF_LIFE (2 * CALL_STILL_UP_EVERY)

#define INBOUND_TEXT_SIZE 24
#define CALL_ID_COMPARED 127 /* bytes: the call layer keeps no more of the leg before */

struct inbound_callers; /* opaque; made by inbound_callers_new */

struct inbound_caller {
	char number[INBOUND_TEXT_SIZE]; /* to be shown: "+819012345678", "a hidden number"; safe */
	instant began;                  /* the latest call */
	bool is_up;
};

/*
 * Takes at most about so many bytes. just_began: for so long after its beginning a call is found, also when
 * it is over or was not answered. NULL when there is no memory.
 */
struct inbound_callers *inbound_callers_new(size_t memory, duration just_began);
void inbound_callers_free(struct inbound_callers *callers);
void inbound_callers_adopt(struct inbound_callers *callers, const struct inbound_callers *old);
uint64_t inbound_callers_evicted(const struct inbound_callers *callers); /* forgotten early */

/* Takes in an event about a call that comes in by a trunk. */
void inbound_callers_note(struct inbound_callers *callers, const struct event *event);

/* False, and *caller untouched: nobody. */
bool inbound_callers_find_number(struct inbound_callers *callers, const struct shown_number *number,
	instant now, struct inbound_caller *caller);
bool inbound_callers_find_call(
	struct inbound_callers *callers, struct text call_id, instant now, struct inbound_caller *caller);

#endif
