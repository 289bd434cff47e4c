/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/refused_dialogs.h"

#include "pbxguard/action/dialog_key.h"
#include "pbxguard/action/sip_reply.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/table.h"

#include <stdlib.h>

#define DIALOGS USUAL_OR_FEW(REFUSED_DIALOGS_MAX, 4)

struct refused_dialog {
	uint64_t number; /* digest of what was dialled */
	uint32_t cseq;   /* of the INVITE that was refused last */
	uint16_t status;
	bool was_tagged; /* its To had another's tag, so our answer and its ACK have that */
	bool is_tcp;     /* refused last on TCP, without an answer of ours */
};

struct refused_dialogs {
	struct digest_key table_key, tag_key;
	struct table *table; /* dialog_key → struct refused_dialog */
	struct counters *counters;
	uint64_t evicted; /* of those counted already */
};

static const struct table_shape shape = {
	.capacity = DIALOGS,
	.key_size = sizeof(struct digest),
	.key_is_digest = true,
	.value_size = sizeof(struct refused_dialog),
	.lifetime = REFUSED_DIALOG_LIFETIME,
};

struct refused_dialogs *refused_dialogs_new(struct counters *counters)
{
	struct refused_dialogs *dialogs = calloc(1, sizeof *dialogs);
	struct table *table = table_new(&shape);

	if (dialogs == NULL || table == NULL) {
		table_free(table);
		free(dialogs);
		return NULL;
	}
	dialogs->table_key = digest_key_new();
	dialogs->tag_key = digest_key_new();
	dialogs->table = table;
	dialogs->counters = counters;
	return dialogs;
}

void refused_dialogs_free(struct refused_dialogs *dialogs)
{
	if (dialogs != NULL) {
		table_free(dialogs->table);
		free(dialogs);
	}
}

static struct digest key_of(const struct refused_dialogs *dialogs, const struct sip_message *message)
{
	return dialog_key(&dialogs->table_key, message->call_id, &message->source.address,
		&message->destination.address);
}

/* All of the request-URI: whatever in it another call could differ by. */
static uint64_t number_of(const struct refused_dialogs *dialogs, const struct sip_message *message)
{
	return digest_text(&dialogs->table_key, message->request_uri.whole);
}

static enum refused_fate answer_with(struct refused_dialogs *dialogs, const struct sip_message *message,
	struct text whole, unsigned status, struct sip_datagram *answer)
{
	if (sip_reply_make(
		    &dialogs->tag_key, whole, &message->source, &message->destination, status, answer)) {
		return REFUSED_ANSWER;
	}
	counter_add(dialogs->counters, COUNTER_REPLIES_FAILED, 1);
	return REFUSED_NO_ANSWER;
}

static void count_evicted(struct refused_dialogs *dialogs)
{
	uint64_t evicted = table_figures(dialogs->table).evicted;

	counter_add(dialogs->counters, COUNTER_REFUSED_EVICTED, evicted - dialogs->evicted);
	dialogs->evicted = evicted;
}

enum refused_fate refused_dialogs_refuse(struct refused_dialogs *dialogs, const struct sip_message *invite,
	struct text whole, unsigned status, instant now, struct sip_datagram *answer)
{
	struct digest key = key_of(dialogs, invite);
	bool added;

	struct refused_dialog *dialog = table_find_or_add(dialogs->table, &key, now, &added);
	*dialog = (struct refused_dialog){.number = number_of(dialogs, invite),
		.cseq = invite->cseq,
		.status = (uint16_t)status,
		.was_tagged = invite->to.tag.size > 0,
		.is_tcp = invite->transport == TRANSPORT_TCP};
	count_evicted(dialogs);
	return dialog->is_tcp ? REFUSED_AGAIN : answer_with(dialogs, invite, whole, status, answer);
}

static enum refused_fate judge_invite(struct refused_dialogs *dialogs, struct refused_dialog *dialog,
	const struct sip_message *invite, struct text whole, struct sip_datagram *answer)
{
	if (dialog->number != number_of(dialogs, invite)) {
		return REFUSED_NOT_OURS;
	}
	dialog->cseq = invite->cseq;
	dialog->was_tagged = invite->to.tag.size > 0;
	dialog->is_tcp = invite->transport == TRANSPORT_TCP;
	return dialog->is_tcp ? REFUSED_AGAIN : answer_with(dialogs, invite, whole, dialog->status, answer);
}

/* The tags of most requests are not in the message's record: it was looked at briefly. */
static enum refused_fate judge_other(struct refused_dialogs *dialogs, const struct refused_dialog *dialog,
	const struct sip_message *message, struct text whole, struct sip_datagram *answer)
{
	struct sip_identity identity;

	if (!sip_identity_read(whole, &identity)) {
		return REFUSED_NOT_OURS;
	}
	bool is_of_invite = identity.cseq_number == dialog->cseq;
	bool is_ours = sip_reply_is_tagged(&dialogs->tag_key, &identity);

	if (message->method == SIP_METHOD_ACK) {
		return is_ours || (is_of_invite && dialog->was_tagged) ? REFUSED_SWALLOW : REFUSED_NOT_OURS;
	}
	if (message->method == SIP_METHOD_CANCEL) {
		return is_of_invite ? answer_with(dialogs, message, whole, SIP_REPLY_OK, answer)
				    : REFUSED_NOT_OURS;
	}
	return is_ours ? answer_with(dialogs, message, whole, SIP_REPLY_NO_SUCH_CALL, answer)
		       : REFUSED_NOT_OURS;
}

/* Of a dialog that was forgotten. */
static enum refused_fate judge_late(
	const struct refused_dialogs *dialogs, const struct sip_message *message, struct text whole)
{
	struct sip_identity identity;

	return message->method == SIP_METHOD_ACK && sip_identity_read(whole, &identity) &&
			       sip_reply_is_tagged(&dialogs->tag_key, &identity)
		       ? REFUSED_SWALLOW
		       : REFUSED_NOT_OURS;
}

enum refused_fate refused_dialogs_judge(struct refused_dialogs *dialogs, const struct sip_message *message,
	struct text whole, instant now, struct sip_datagram *answer)
{
	bool is_invite = message->method == SIP_METHOD_INVITE, is_tcp = message->transport != TRANSPORT_UDP;

	if (!message->is_request || (is_tcp && !is_invite) || message->method == SIP_METHOD_REGISTER) {
		return REFUSED_NOT_OURS;
	}
	struct digest key = key_of(dialogs, message);
	struct refused_dialog *dialog = table_find(dialogs->table, &key, now);
	if (is_invite) {
		return dialog == NULL ? REFUSED_NOT_OURS
				      : judge_invite(dialogs, dialog, message, whole, answer);
	}
	return dialog == NULL || dialog->is_tcp ? judge_late(dialogs, message, whole)
						: judge_other(dialogs, dialog, message, whole, answer);
}

void refused_dialogs_forget(struct refused_dialogs *dialogs, instant now)
{
	table_expire(dialogs->table, now + REFUSED_DIALOG_LIFETIME + 1);
}

void refused_dialogs_tick(struct refused_dialogs *dialogs, instant now)
{
	table_expire(dialogs->table, now);
	count_evicted(dialogs);
}
