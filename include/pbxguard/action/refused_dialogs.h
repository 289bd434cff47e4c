/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls that were refused, for as long as something of them may come: what comes gets the same fate. On
 * TCP the PBX itself refuses (its INVITE is made undialable), so there nothing is ours to answer; but a PBX
 * asks for credentials before it looks at the number, and the INVITE that brings them is to be refused again.
 *
 * A dialog is known by its Call-ID and the two addresses, the caller's first, without ports; keyed digests
 * stand for them. Of a known dialog these are ours:
 *
 *   INVITE to the same number     is answered again: a retransmission, or the repetition with credentials
 *   ACK of our answer             is swallowed
 *   CANCEL of the INVITE          is answered 200 (RFC 3261 §9.2: the transaction is there and has its
 * answer) any other request of it       is answered 481: no dialog came about
 *
 * All else passes: what goes the other way, responses, an INVITE to another number under the same Call-ID
 * (that is for the policy to judge), what has another's To tag, REGISTER. So the ACK and BYE of an emergency
 * call are safe even where it shares its Call-ID with a refused one. Whoever calls these functions asks first
 * whether an INVITE is an emergency call, and then does not call them.
 *
 * What was let by stays let by: an INVITE that went on may be repeated, and is not refused then, or its
 * CANCEL would not reach the PBX. To hold to that is the policy's part.
 *
 * An ACK is known by its To tag alone, too, so one that comes after its dialog was forgotten is swallowed.
 */
#ifndef PBXGUARD_ACTION_REFUSED_DIALOGS_H
#define PBXGUARD_ACTION_REFUSED_DIALOGS_H

#include "pbxguard/action/sip_datagram.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>

/* A hundred new refused calls a second; more need an attack, and then each INVITE is judged anew. */
#define REFUSED_DIALOGS_MAX 4096
/*
 * Since the last message that was ours. A caller repeats an INVITE, and may cancel it, for 64·T1 (RFC 3261
 * §17.1.1.2, timer B); what was sent last may take T4 to come (table 4).
 */
#define REFUSED_DIALOG_LIFETIME (64 * (500 * MILLISECOND) + 5 * SECOND)

enum refused_fate {
	REFUSED_NOT_OURS,  /* go on as if this module were not there */
	REFUSED_ANSWER,    /* drop it, and send *answer */
	REFUSED_NO_ANSWER, /* drop it; no answer could be made, which is counted */
	REFUSED_SWALLOW,   /* drop it: an ACK gets no answer */
	REFUSED_AGAIN,     /* an INVITE on TCP: make it undialable, too */
};

struct refused_dialogs; /* opaque; made by refused_dialogs_new */

/* counters (COUNTER_REPLIES_FAILED, COUNTER_REFUSED_EVICTED) stay borrowed. NULL when there is no memory. */
struct refused_dialogs *refused_dialogs_new(struct counters *counters);
void refused_dialogs_free(struct refused_dialogs *dialogs);

/*
 * Remembers the dialog of an INVITE that is to be refused with this status (SIP_REPLY_DECLINE or
 * SIP_REPLY_FORBIDDEN), and writes the answer. whole: the message's bytes. REFUSED_ANSWER or
 * REFUSED_NO_ANSWER; on TCP REFUSED_AGAIN, without an answer.
 */
enum refused_fate refused_dialogs_refuse(struct refused_dialogs *dialogs, const struct sip_message *invite,
	struct text whole, unsigned status, instant now, struct sip_datagram *answer);

/* What becomes of any message; to be asked before the policy, and after the emergency calls. */
enum refused_fate refused_dialogs_judge(struct refused_dialogs *dialogs, const struct sip_message *message,
	struct text whole, instant now, struct sip_datagram *answer);

/* Forgets all of them: a caller was released, or settings were loaded anew. ACKs are still known. */
void refused_dialogs_forget(struct refused_dialogs *dialogs, instant now);

/* Drops what is over, and counts what had to make room. To be called about once a second. */
void refused_dialogs_tick(struct refused_dialogs *dialogs, instant now);

#endif
