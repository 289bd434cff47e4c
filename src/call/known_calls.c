/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/known_calls.h"

#include "pbxguard/base/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct known_calls {
	const struct digest_key *key;
	struct counters *counters;
	struct table *table; /* struct known_call by digest of the Call-ID */
	struct table *ended; /* struct ended_call likewise */
};

/* What of a call that was up must be known, so that its INVITE, come late, is no new call. */
struct ended_call {
	uint64_t from_tag, branch, invited; /* as in struct known_call */
	bool has_account;
	instant when;
};

static struct table *new_table(size_t memory, size_t value_size, duration lifetime)
{
	struct table_shape shape = {
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = value_size,
		.lifetime = lifetime,
	};

	shape.capacity = table_entries_in(memory, &shape, KNOWN_CALLS_MINIMUM, SIZE_MAX);
	return table_new(&shape);
}

struct known_calls *known_calls_new(size_t memory, const struct digest_key *key, struct counters *counters)
{
	size_t of_ended = memory / 8;
	struct known_calls *calls = calloc(1, sizeof *calls);

	if (calls == NULL) {
		return NULL;
	}
	*calls = (struct known_calls){
		.key = key,
		.counters = counters,
		.table = new_table(memory - of_ended, sizeof(struct known_call), KNOWN_CALL_LIFETIME),
		.ended = new_table(of_ended, sizeof(struct ended_call), KNOWN_CALL_REPETITION_TIME),
	};
	if (calls->table == NULL || calls->ended == NULL) {
		known_calls_free(calls);
		return NULL;
	}
	return calls;
}

void known_calls_free(struct known_calls *calls)
{
	if (calls == NULL) {
		return;
	}
	table_free(calls->table);
	table_free(calls->ended);
	free(calls);
}

struct digest known_calls_key(const struct known_calls *calls, const struct sip_message *message)
{
	char text[2 * ENDPOINT_TEXT_SIZE + 1024];
	char source[ENDPOINT_TEXT_SIZE];

	if (!text_is_empty(message->call_id) && (message->oddities & SIP_ODD_REPEATED) == 0) {
		return digest_text_long(calls->key, message->call_id);
	}
	/* Without a Call-ID, or with two, of which the PBX may take the other: only a retransmission is the
	 * same. */
	int size = snprintf(text, sizeof text, "%s %.*s %.*s %.*s", endpoint_format(&message->source, source),
		TEXT_PRINT(text_part(message->via_branch, 0, 256)),
		TEXT_PRINT(text_part(message->from.tag, 0, 256)),
		TEXT_PRINT(text_part(message->request_uri.whole, 0, 256)));
	return digest_long(calls->key, text, (size_t)size);
}

void known_calls_prefetch(const struct known_calls *calls, const struct digest *key)
{
	table_prefetch(calls->table, key);
	table_prefetch(calls->ended, key);
}

struct known_call *known_calls_find(struct known_calls *calls, const struct digest *key, instant now)
{
	return table_find(calls->table, key, now);
}

struct known_call *known_calls_find_message(struct known_calls *calls, const struct sip_message *message)
{
	struct digest key = known_calls_key(calls, message);

	return table_find(calls->table, &key, message->time);
}

/*
 * Is this INVITE with a known Call-ID another call? After a BYE, unless it is the old INVITE again (same
 * branch and tag). Before one, when the same sender uses another tag though nobody asked it to try again; or
 * another branch when it was answered: what belongs to that call has a To tag then (RFC 3261 §12.2.1.1).
 */
static bool is_another_call(const struct known_call *call, const struct known_call *now)
{
	if (call->has_bye) {
		return call->branch != now->branch || call->from_tag != now->from_tag;
	}
	if (call->branch_count > 0 && call->source == now->source && call->branch != now->branch) {
		return true;
	}
	return call->source == now->source && call->from_tag != now->from_tag && !call->is_challenged;
}

/* IPv4 addresses are their own marks. */
static uint64_t source_mark(const struct known_calls *calls, const struct address *source)
{
	uint32_t ipv4;

	if (source->family != ADDRESS_IPV4) {
		return digest_short(calls->key, source->bytes, sizeof source->bytes);
	}
	memcpy(&ipv4, source->bytes, sizeof ipv4);
	return ipv4;
}

static void count_evicted(const struct known_calls *calls)
{
	counter_set(calls->counters, COUNTER_CALLS_EVICTED,
		table_figures(calls->table).evicted + table_figures(calls->ended).evicted);
}

void known_calls_end(struct known_calls *calls, const struct digest *key, instant now)
{
	const struct known_call *call = table_find(calls->table, key, now);
	bool added;

	if (call != NULL) {
		struct ended_call *ended = table_find_or_add(calls->ended, key, now, &added);
		*ended = (struct ended_call){
			.from_tag = call->from_tag,
			.branch = call->branch,
			.invited = call->invited,
			.has_account = call->has_account,
			.when = now,
		};
		table_remove(calls->table, key);
		count_evicted(calls);
	}
}

/* The time of the end counts: asking for it does not keep it. */
static const struct ended_call *find_ended(struct known_calls *calls, const struct digest *key, instant now)
{
	const struct ended_call *ended = table_find(calls->ended, key, now);

	return ended != NULL && instant_distance(ended->when, now) <= KNOWN_CALL_REPETITION_TIME ? ended
												 : NULL;
}

bool known_calls_has_ended(struct known_calls *calls, const struct digest *key, instant now)
{
	return find_ended(calls, key, now) != NULL;
}

bool known_calls_is_without_account(struct known_calls *calls, const struct digest *key, instant now)
{
	const struct known_call *call = table_find(calls->table, key, now);
	const struct ended_call *ended = call == NULL ? find_ended(calls, key, now) : NULL;

	return (call != NULL && !call->has_account) || (ended != NULL && !ended->has_account);
}

/* Any other INVITE of the Call-ID is a call of its own. */
static bool is_of_ended(
	struct known_calls *calls, const struct digest *key, const struct known_call *now, instant time)
{
	const struct ended_call *ended = find_ended(calls, key, time);

	return ended != NULL && ended->from_tag == now->from_tag && ended->branch == now->branch &&
	       ended->invited == now->invited;
}

struct known_call *known_calls_invite(struct known_calls *calls, const struct digest *key,
	const struct sip_message *message, uint64_t invited)
{
	const struct known_call now = {
		.source = source_mark(calls, &message->source.address),
		.from_tag = digest_text(calls->key, message->from.tag),
		.branch = digest_text(calls->key, message->via_branch),
		.invited = invited,
	};
	bool added;

	if (is_of_ended(calls, key, &now, message->time)) {
		return NULL;
	}
	struct known_call *call = table_find_or_add(calls->table, key, message->time, &added);

	if (added || is_another_call(call, &now)) {
		*call = (struct known_call){0};
		count_evicted(calls);
	}
	if (call->branch != now.branch ||
		call->from_tag !=
			now.from_tag) { /* no retransmission: what was answered before is done with */
		call->is_challenged = call->has_failed = call->has_bye = false;
	}
	call->source = now.source;
	call->from_tag = now.from_tag;
	call->branch = now.branch;
	call->invited = now.invited;
	return call;
}

/*
 * The same INVITE again, or with credentials when such were asked for. In a transaction of its own it is
 * another call, for which the PBX makes another next leg.
 */
static bool repeats_deferred(
	const struct known_calls *calls, const struct known_call *call, const struct sip_message *invite)
{
	return call->source == source_mark(calls, &invite->source.address) &&
	       (call->is_challenged || call->branch == digest_text(calls->key, invite->via_branch)) &&
	       instant_distance(call->deferred * SECOND, invite->time) <= KNOWN_CALL_REPETITION_TIME;
}

void known_calls_refused(struct known_calls *calls, const struct sip_message *invite, bool is_deferred)
{
	struct known_call *call = known_calls_find_message(calls, invite);

	if (call == NULL) {
		return;
	}
	if (is_deferred) {
		call->deferred = (uint32_t)(invite->time / SECOND);
	} else {
		call->is_refused = true;
	}
}

void known_calls_retried(struct known_calls *calls, const struct sip_message *invite)
{
	struct known_call *call =
		text_is_empty(invite->to.tag) ? known_calls_find_message(calls, invite) : NULL;

	if (call != NULL &&
		(call->is_refused || (call->deferred != 0 && !repeats_deferred(calls, call, invite)))) {
		*call = (struct known_call){0};
	}
}

/* The same number, also where one of the two is written in a way that tells no country. */
static bool marks_agree(struct number_marks a, struct number_marks b)
{
	return a.e164 != 0 && b.e164 != 0 ? a.e164 == b.e164 : a.tail == b.tail;
}

bool known_call_has_attempt(const struct known_call *call, uint64_t caller, const struct attempt_view *view)
{
	for (size_t i = 0; i < call->attempt_count; i++) {
		const struct known_attempt *attempt = &call->attempts[i];
		/* One that no rule has seen, from the carrier say, does not hide one that costs money. */
		if (attempt->caller == caller && marks_agree(attempt->number, view->marks) &&
			(attempt->is_judged || !view->is_judged)) {
			return true;
		}
	}
	return false;
}

void known_call_add_attempt(struct known_call *call, uint64_t caller, const struct attempt_view *view)
{
	size_t index =
		call->attempt_count < KNOWN_CALL_ATTEMPTS ? call->attempt_count++ : KNOWN_CALL_ATTEMPTS - 1;

	call->attempts[index] =
		(struct known_attempt){.caller = caller, .number = view->marks, .is_judged = view->is_judged};
}

size_t known_call_branch(const struct known_call *call, uint64_t tag)
{
	size_t i = 0;

	while (i < call->branch_count && call->branches[i] != tag) {
		i++;
	}
	return i;
}
