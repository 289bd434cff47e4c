/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One INVITE outside a dialog, with all that is asked about it: who calls which number, on which leg, and who
 * sent the call on. Knows nothing of other messages: what the INVITE is to calls that are known, dialog.c
 * finds out.
 */
#ifndef PBXGUARD_CALL_ATTEMPT_VIEW_H
#define PBXGUARD_CALL_ATTEMPT_VIEW_H

#include "pbxguard/base/digest.h"
#include "pbxguard/call/dialog_context.h"
#include "pbxguard/call/event.h"

/* What was dialled, as far as it is compared. Zero: none. */
struct number_marks {
	uint64_t tail; /* of the last digits, or of the whole string when it is short or no number */
	uint64_t e164; /* the number itself */
};

struct attempt_view {
	const struct sip_message *message;
	bool is_sent_by_pbx;
	bool is_judged;    /* outward and abroad: what the rules look at */
	struct digest key; /* of its call: the caller's to set */
	struct event event;
	struct dialed_number number;
	struct number_marks marks;
	char caller[CALLER_SIZE], from_user[CALLER_SIZE], asserted_user[CALLER_SIZE], moved_by[CALLER_SIZE];
	char caller_e164[E164_SIZE];
};

/* The number, and its marks: what is looked up by them can be fetched while attempt_view_fill reads on. The
 * view borrows the message. */
void attempt_view_begin(struct attempt_view *view, const struct dialog_context *context,
	const struct digest_key *key, const struct sip_message *message);
/* All the rest. Must find the view where attempt_view_begin left it: the event points into it. */
void attempt_view_fill(struct attempt_view *view, const struct dialog_context *context);

/* The call that a 302 or REFER announces to target: number and marks, and of the event what a leg has of it.
 * False when it can't be told from others: an internal number, or none. */
bool attempt_view_announced(struct attempt_view *view, const struct dialog_context *context,
	const struct digest_key *key, const struct sip_message *message, const struct sip_uri *target);

/* A user part as a name to show and compare: decoded, without parameters. Borrows the message or buffer. */
struct text attempt_view_name(struct text user, char *buffer, size_t buffer_size);

#endif
