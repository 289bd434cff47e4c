/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages → calls. A call is one Call-ID with one caller, however often its INVITE is retransmitted,
 * challenged (401, 407) or repeated inside the dialog (a To tag). A PBX makes two legs of one call, with
 * Call-IDs of their own: two legs to the same number within DIALOG_JOIN_TIME, the second sent by the PBX, are
 * one call.
 *
 * Calls abroad and calls from a trunk are followed to their end (followed_call.h). A call counts as forwarded
 * or transferred when its INVITE says so, or when a phone's 302 or REFER to the number came just before.
 *
 * Memory: about 450 bytes a call, as much as is given; the call heard of longest ago makes room.
 */
#ifndef PBXGUARD_CALL_DIALOG_H
#define PBXGUARD_CALL_DIALOG_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/site.h"
#include "pbxguard/call/destination.h"
#include "pbxguard/call/dial_plan.h"
#include "pbxguard/call/event.h"
#include "pbxguard/decode/sip_message.h"

#define DIALOGS_MINIMUM USUAL_OR_FEW(1024, 8) /* calls that are kept however little memory there is */
#define DIALOG_LIFETIME                                                                                      \
	(1 * HOUR) /* without an INVITE, a final answer to one or a BYE; then an INVITE of that Call-ID      \
		      counts again */
#define DIALOG_JOIN_TIME (10 * SECOND)
/* A caller repeats an INVITE for 64·T1, and what was sent last may take T4 (RFC 3261 §17.1.1.2, table 4). */
#define DIALOG_REPETITION_TIME (64 * (500 * MILLISECOND) + 5 * SECOND)

struct dialogs; /* opaque; made by dialogs_new */

/* What numbers and addresses mean. Borrowed: must outlive its use. */
struct dialog_context {
	const struct site *site;
	const struct dial_plan *dial_plan;
	const struct destination_table *destinations;
	duration max_age; /* calls.max_age */
};

/* Takes at most about so many bytes. NULL when there is no memory. counters is borrowed. */
struct dialogs *dialogs_new(const struct dialog_context *context, size_t memory, struct counters *counters);
void dialogs_free(struct dialogs *dialogs);
/* After a reload: what comes is read by the new context; calls known stay known. */
void dialogs_configure(struct dialogs *dialogs, const struct dialog_context *context);

/* Makes the events that are due up to now; to be called before a message of that time, and when none comes.
 */
void dialogs_tick(struct dialogs *dialogs, instant now, event_handler *handler, void *context);

/* Calls handler for each event that the message makes: none for most. */
void dialogs_handle(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context);

/*
 * For who stands in line. This INVITE, just handled, is refused; is_deferred: it goes on, and its next leg is
 * to be refused. Without this, whoever sends it again later, or from elsewhere, would be taken for the same
 * call, which makes no event.
 */
void dialogs_refused(struct dialogs *dialogs, const struct sip_message *invite, bool is_deferred);
/*
 * An INVITE, about to be handled, that is not known as a repetition of a refused one: if its call was refused
 * it is another. Of a deferred call it may be a repetition, for DIALOG_REPETITION_TIME, from the same
 * address, and of the same transaction unless that was challenged.
 */
void dialogs_retried(struct dialogs *dialogs, const struct sip_message *invite);

/* Which caller an INVITE speaks for: see struct event. Decoded, without parameters; borrows the message or
 * buffer. */
struct text dialog_caller(
	const struct sip_message *message, bool is_sent_by_pbx, char *buffer, size_t buffer_size);

#endif
