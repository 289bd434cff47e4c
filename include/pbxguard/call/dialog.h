/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages → calls. A call is one Call-ID with one caller, however often its INVITE is retransmitted,
 * challenged (401, 407) or repeated inside the dialog (a To tag), and all legs that a PBX makes of one
 * (known_calls.h, waiting_legs.h).
 *
 * Calls abroad and calls from a trunk are followed to their end (followed_call.h). A call counts as forwarded
 * or transferred when its INVITE says so, or when a phone's 302 or REFER to the number came just before.
 */
#ifndef PBXGUARD_CALL_DIALOG_H
#define PBXGUARD_CALL_DIALOG_H

#include "pbxguard/base/counter.h"
#include "pbxguard/call/dialog_context.h"
#include "pbxguard/call/event.h"
#include "pbxguard/decode/sip_message.h"

struct dialogs; /* opaque; made by dialogs_new */

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
 * it is another. Of a deferred call it may be a repetition, for KNOWN_CALL_REPETITION_TIME, from the
 * same address, and of the same transaction unless that was challenged.
 */
void dialogs_retried(struct dialogs *dialogs, const struct sip_message *invite);

#endif
