/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends calls that are up (block.end_calls): BYE as the phone to the PBX, so that the PBX itself clears the
 * carrier's leg; when it has, BYE to the phone as the PBX. A BYE in the carrier's name would end the call
 * here and leave the carrier billing; so might one to the phone before the PBX has ended the call.
 *
 * For that it follows the phone's leg of those calls that may have to be ended: calls abroad that a phone
 * placed by UDP. On TCP nothing can be slipped into the stream, so such a call is only counted when it should
 * have been ended. A PBX that asks credentials for a BYE gets none: we don't know them; that is counted, too.
 * Emergency calls: who calls call_ender_begin and call_ender_end asks first, and then does not call them.
 */
#ifndef PBXGUARD_ACTION_CALL_ENDER_H
#define PBXGUARD_ACTION_CALL_ENDER_H

#include "pbxguard/action/sip_datagram.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>

#define CALL_ENDER_MAX 1024 /* calls followed; 1.1 KB each */
/* How long a BYE is repeated, first after T1, then twice as long each time up to T2, and its answers are
 * swallowed: 64·T1 (RFC 3261 §17.1.2.2, timers E and F). */
#define CALL_ENDER_PATIENCE (64 * (500 * MILLISECOND))

enum call_ending {
	CALL_ENDING_SENT,
	CALL_ENDING_UNKNOWN, /* not followed: its beginning was not seen, or it made room */
	CALL_ENDING_NOT_UP,  /* no answer was seen: refuse it, or let its caller give up */
	CALL_ENDING_TCP,
};

/* Sends what the ender has written; borrowed until it returns. */
typedef void call_ender_sender(void *context, const struct sip_datagram *datagram);

struct call_ender; /* opaque; made by call_ender_new */

/*
 * lifetime: for how long a call is followed of which no more is seen, calls.max_age. counters (COUNTER_ENDS,
 * ENDS_REFUSED, ENDS_IMPOSSIBLE, ENDABLE_EVICTED) and context stay borrowed. NULL when there is no memory.
 */
struct call_ender *call_ender_new(
	duration lifetime, call_ender_sender *send, void *context, struct counters *counters);
void call_ender_free(struct call_ender *ender);

/*
 * An INVITE of a call that may have to be ended, from a phone to the PBX; whole: the message's bytes. That it
 * is repeated with credentials call_ender_follow sees.
 */
void call_ender_begin(
	struct call_ender *ender, const struct sip_message *invite, struct text whole, instant now);
/*
 * Any other message. True: it answers one of our BYEs, and whom it is addressed to knows nothing of that:
 * drop it. Costs a digest and a look-up while calls are followed, else nothing.
 */
bool call_ender_follow(
	struct call_ender *ender, const struct sip_message *message, struct text whole, instant now);

/* Sends the BYE to the PBX; the rest follows. Call-ID and addresses as the phone's INVITE had them. */
enum call_ending call_ender_end(struct call_ender *ender, struct text call_id, const struct address *phone,
	const struct address *pbx, instant now);

/* Repeats what was not answered, and gives up. To be called every 100 ms or oftener while calls are ended. */
void call_ender_tick(struct call_ender *ender, instant now);

#endif
