/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/call_ender.h"

#include "pbxguard/action/dialog_key.h"
#include "pbxguard/action/dialog_record.h"
#include "pbxguard/action/sip_fields.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CALLS USUAL_OR_FEW(CALL_ENDER_MAX, 4)
#define T1 (500 * MILLISECOND) /* RFC 3261, table 4 */
#define T2 (4 * SECOND)

enum side { SIDE_PBX, SIDE_PHONE, SIDE_COUNT };

struct followed {
	struct dialog_record record;
	bool awaits[SIDE_COUNT]; /* an answer to our BYE */
	bool is_ended;           /* by us */
	instant begun;           /* when the BYE was sent first */
	instant repeat;          /* when it is sent again */
	duration interval;       /* how long after the last time that is */
};

struct call_ender {
	struct digest_key key;
	struct table *table; /* dialog_key → struct followed */
	call_ender_sender *send;
	void *context;
	struct counters *counters;
	bool is_ending;   /* there may be calls whose BYEs wait for an answer */
	uint64_t evicted; /* of those counted already */
};

struct call_ender *call_ender_new(
	duration lifetime, call_ender_sender *send, void *context, struct counters *counters)
{
	const struct table_shape shape = {
		.capacity = CALLS,
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = sizeof(struct followed),
		.lifetime = lifetime,
	};
	struct call_ender *ender = calloc(1, sizeof *ender);
	struct table *table = table_new(&shape);

	if (ender == NULL || table == NULL) {
		table_free(table);
		free(ender);
		return NULL;
	}
	*ender = (struct call_ender){.key = digest_key_new(),
		.table = table,
		.send = send,
		.context = context,
		.counters = counters};
	return ender;
}

void call_ender_free(struct call_ender *ender)
{
	if (ender != NULL) {
		table_free(ender->table);
		free(ender);
	}
}

static void count_evicted(struct call_ender *ender)
{
	uint64_t evicted = table_figures(ender->table).evicted;

	counter_add(ender->counters, COUNTER_ENDABLE_EVICTED, evicted - ender->evicted);
	ender->evicted = evicted;
}

static bool is_waiting(const struct followed *followed)
{
	return followed->awaits[SIDE_PBX] || followed->awaits[SIDE_PHONE];
}

void call_ender_begin(
	struct call_ender *ender, const struct sip_message *invite, struct text whole, instant now)
{
	struct digest key = dialog_key(
		&ender->key, invite->call_id, &invite->source.address, &invite->destination.address);
	bool added;
	struct followed *followed = table_find_or_add(ender->table, &key, now, &added);

	count_evicted(ender);
	if (followed->is_ended && !is_waiting(followed)) { /* the Call-ID is used for another call */
		*followed = (struct followed){.is_ended = false};
	}
	if (!followed->is_ended && !followed->record.is_up &&
		!dialog_record_begin(&followed->record, invite, whole)) {
		table_remove(ender->table, &key);
	}
}

/* The side is part of it, so that each BYE is a transaction of its own. */
#define BRANCH_SIZE 24
static char *branch_of(
	const struct call_ender *ender, struct text call_id, enum side side, char buffer[static BRANCH_SIZE])
{
	uint64_t parts[2] = {digest_text(&ender->key, call_id), (uint64_t)side};

	snprintf(buffer, BRANCH_SIZE, "-pg-%016" PRIx64, digest_short(&ender->key, parts, sizeof parts));
	return buffer;
}

static bool has_branch(struct text via, const char *branch)
{
	struct text parameters = sip_via_parameters(via), parameter, name, value;

	while (sip_parameter_next(&parameters, &parameter, &name, &value)) {
		if (text_equal_ignoring_case(name, TEXT("branch"))) {
			return text_begins(value, TEXT("z9hG4bK")) &&
			       text_equal(text_from(value, sizeof "z9hG4bK" - 1), text_of(branch));
		}
	}
	return false;
}

/* Is this the answer to one of our BYEs, and to which? Asks no table: it may be long after. */
static bool answers_bye(
	const struct call_ender *ender, const struct sip_message *message, struct text whole, enum side *side)
{
	char branch[BRANCH_SIZE];
	struct sip_identity identity;

	if (message->is_request || message->method != SIP_METHOD_BYE ||
		!sip_identity_read(whole, &identity)) {
		return false;
	}
	for (*side = SIDE_PBX; *side < SIDE_COUNT; ++*side) {
		if (has_branch(identity.via, branch_of(ender, identity.call_id, *side, branch))) {
			return true;
		}
	}
	return false;
}

static struct followed *find(struct call_ender *ender, const struct sip_message *message, bool is_phones,
	instant now, struct digest *key)
{
	const struct endpoint *phone = is_phones ? &message->source : &message->destination;
	const struct endpoint *pbx = is_phones ? &message->destination : &message->source;

	*key = dialog_key(&ender->key, message->call_id, &phone->address, &pbx->address);
	return table_find(ender->table, key, now);
}

/* 481 and 408: the call was not there any more (RFC 3261 §15.1.1). */
static bool is_end(uint16_t status)
{
	return status < 300 || status == 481 || status == 408;
}

static bool send_bye(struct call_ender *ender, const struct followed *followed, enum side side)
{
	struct text call_id = dialog_record_text(&followed->record, DIALOG_CALL_ID);
	struct sip_datagram bye;
	char branch[BRANCH_SIZE];

	branch_of(ender, call_id, side, branch);
	if (side == SIDE_PBX ? !dialog_record_bye_to_pbx(&followed->record, branch, &bye)
			     : !dialog_record_bye_to_phone(&followed->record, branch, &bye)) {
		return false;
	}
	ender->send(ender->context, &bye);
	return true;
}

static void start_bye(struct call_ender *ender, struct followed *followed, enum side side, instant now)
{
	followed->awaits[side] = send_bye(ender, followed, side);
	followed->begun = now;
	followed->interval = T1;
	followed->repeat = now + followed->interval;
	ender->is_ending = true;
}

/* The phone's turn comes when the PBX has ended the call: who could still end a call must not be hung up on.
 */
static void take_answer(struct call_ender *ender, struct followed *followed, enum side side,
	const struct sip_message *answer, instant now)
{
	if (answer->status < 200 || !followed->awaits[side]) {
		return;
	}
	followed->awaits[side] = false;
	if (side == SIDE_PBX && is_end(answer->status)) {
		start_bye(ender, followed, SIDE_PHONE, now);
	} else if (side == SIDE_PBX) {
		counter_add(ender->counters, COUNTER_ENDS_REFUSED, 1);
	}
}

static bool is_challenge(uint16_t status)
{
	return status == 401 || status == 407;
}

/* After a challenge the phone asks again, with credentials: that INVITE is the one that is answered. */
static bool repeats_invite(const struct dialog_record *record, const struct sip_message *message)
{
	return message->is_request && message->method == SIP_METHOD_INVITE && !record->is_up &&
	       text_is_empty(message->to.tag) && message->cseq > record->invite_cseq &&
	       address_equal(&message->source.address, &record->phone.address);
}

/* True when the call is over, and there is nothing to follow any more. */
static bool take_message(struct followed *followed, const struct sip_message *message, struct text whole)
{
	if (repeats_invite(&followed->record, message)) {
		return !dialog_record_begin(&followed->record, message, whole);
	}
	if (message->is_request) {
		dialog_record_request(&followed->record, message);
		return false;
	}
	if (message->method == SIP_METHOD_INVITE) {
		dialog_record_answer(&followed->record, message, whole);
		return message->status >= 300 && !is_challenge(message->status) && !followed->record.is_up;
	}
	return message->method == SIP_METHOD_BYE && message->status >= 200 && is_end(message->status);
}

bool call_ender_follow(
	struct call_ender *ender, const struct sip_message *message, struct text whole, instant now)
{
	struct digest key;
	enum side side;
	bool is_phones = true;

	if (message->transport == TRANSPORT_UDP && answers_bye(ender, message, whole, &side)) {
		struct followed *ended = find(ender, message, side == SIDE_PHONE, now, &key);
		if (ended != NULL) {
			take_answer(ender, ended, side, message, now);
		}
		if (ended != NULL && !is_waiting(ended)) {
			table_remove(ender->table, &key);
		}
		return true;
	}
	if (table_figures(ender->table).entries == 0) {
		return false;
	}
	struct followed *followed = find(ender, message, is_phones, now, &key);
	if (followed == NULL) {
		is_phones = false;
		followed = find(ender, message, is_phones, now, &key);
	}
	if (followed != NULL && !followed->is_ended && take_message(followed, message, whole)) {
		table_remove(ender->table, &key);
	}
	return false;
}

static enum call_ending end(struct call_ender *ender, struct followed *followed, instant now)
{
	if (followed == NULL) {
		return CALL_ENDING_UNKNOWN;
	}
	if (followed->record.transport != TRANSPORT_UDP) {
		return CALL_ENDING_TCP;
	}
	if (followed->is_ended) {
		return CALL_ENDING_SENT;
	}
	if (!followed->record.is_up) {
		return CALL_ENDING_NOT_UP;
	}
	start_bye(ender, followed, SIDE_PBX, now);
	if (!followed->awaits[SIDE_PBX]) {
		return CALL_ENDING_UNKNOWN;
	}
	followed->is_ended = true;
	counter_add(ender->counters, COUNTER_ENDS, 1);
	return CALL_ENDING_SENT;
}

enum call_ending call_ender_end(struct call_ender *ender, struct text call_id, const struct address *phone,
	const struct address *pbx, instant now)
{
	struct digest key = dialog_key(&ender->key, call_id, phone, pbx);
	enum call_ending ending = end(ender, table_find(ender->table, &key, now), now);

	if (ending != CALL_ENDING_SENT) {
		counter_add(ender->counters, COUNTER_ENDS_IMPOSSIBLE, 1);
	}
	return ending;
}

struct tick {
	struct call_ender *ender;
	instant now;
	bool is_ending;
};

static void repeat(struct call_ender *ender, struct followed *followed, instant now)
{
	for (enum side side = SIDE_PBX; side < SIDE_COUNT; side++) {
		if (followed->awaits[side]) {
			send_bye(ender, followed, side);
		}
	}
	followed->interval = followed->interval * 2 < T2 ? followed->interval * 2 : T2;
	followed->repeat = now + followed->interval;
}

static void give_up(struct call_ender *ender, struct followed *followed)
{
	if (followed->awaits[SIDE_PBX]) {
		counter_add(ender->counters, COUNTER_ENDS_REFUSED, 1);
	}
	followed->awaits[SIDE_PBX] = followed->awaits[SIDE_PHONE] = false;
}

static void visit(void *context, const void *key, void *value, instant touched)
{
	struct tick *tick = context;
	struct followed *followed = value;

	(void)key;
	(void)touched;
	if (!is_waiting(followed)) {
		return;
	}
	tick->is_ending = true;
	if (tick->now - followed->begun >= CALL_ENDER_PATIENCE) {
		give_up(tick->ender, followed);
	} else if (tick->now >= followed->repeat) {
		repeat(tick->ender, followed, tick->now);
	}
}

void call_ender_tick(struct call_ender *ender, instant now)
{
	struct tick tick = {ender, now, false};

	if (ender->is_ending) {
		table_each(ender->table, visit, &tick);
		ender->is_ending = tick.is_ending;
	}
	table_expire(ender->table, now);
}
