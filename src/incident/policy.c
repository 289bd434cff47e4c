/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/policy.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/base/table.h"
#include "pbxguard/incident/blocked_accounts.h"
#include "pbxguard/incident/evidence.h"
#include "pbxguard/incident/judged_calls.h"
#include "pbxguard/incident/refusal_place.h"
#include "pbxguard/incident/untouchable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blocked_rule[] = "blocked_account";

/*
 * A name on the trunk leg with so many characters is a telephone number: mostly the site's own, which the PBX
 * shows for everybody. It stands for no account.
 */
#define TRUNK_NUMBER_SIZE 7

struct policy {
	struct policy_settings settings;
	const struct site *site;   /* borrowed */
	struct counters *counters; /* borrowed */
	struct network_set host;
	struct evidence *evidence;
	struct blocked_accounts *accounts;
	struct table *sources; /* until when each address is blocked */
	struct judged_calls *calls;
	struct refusal_places places;
};

/* ---- made, freed, configured ---- */

static bool make_memory(struct policy *policy)
{
	static const struct table_shape sources = {.capacity = POLICY_SOURCES_MAX,
		.key_size = sizeof(struct address),
		.value_size = sizeof(instant)};

	policy->accounts = blocked_accounts_new(policy->counters);
	policy->sources = table_new(&sources);
	policy->calls = judged_calls_new(policy->counters);
	policy->evidence = evidence_new(policy->site);
	return policy->accounts != NULL && policy->sources != NULL && policy->calls != NULL &&
	       policy->evidence != NULL;
}

struct policy *policy_new(
	const struct policy_settings *settings, const struct site *site, struct counters *counters)
{
	struct policy *policy = calloc(1, sizeof *policy);

	if (policy == NULL) {
		return NULL;
	}
	policy->settings = *settings;
	policy->site = site;
	policy->counters = counters;
	if (!make_memory(policy)) {
		policy_free(policy);
		return NULL;
	}
	return policy;
}

void policy_free(struct policy *policy)
{
	if (policy == NULL) {
		return;
	}
	evidence_free(policy->evidence);
	blocked_accounts_free(policy->accounts);
	table_free(policy->sources);
	judged_calls_free(policy->calls);
	free(policy);
}

/* Mode block, and not of a capture. */
static bool performs(const struct policy *policy)
{
	return policy->settings.mode == POLICY_BLOCK && !policy->settings.is_replay;
}

/* What only would have been blocked must not be blocked now. */
static void forget_blocks(struct policy *policy)
{
	blocked_accounts_clear(policy->accounts);
	table_clear(policy->sources);
	judged_calls_clear(policy->calls);
	policy->places = (struct refusal_places){0};
}

void policy_configure(struct policy *policy, const struct policy_settings *settings, const struct site *site)
{
	bool is_other_mode = settings->mode != policy->settings.mode;

	policy->settings = *settings;
	policy->site = site;
	evidence_configure(policy->evidence, site);
	if (is_other_mode) {
		forget_blocks(policy);
	}
}

void policy_set_host(struct policy *policy, const struct network_set *host)
{
	policy->host = *host;
}

/* ---- blocking an address ---- */

/* Loopback, link-local, multicast, "this network" (RFC 6890), and what is no address: none is a thief's. */
static bool is_special(const struct address *address)
{
	const uint8_t *bytes = address->bytes;
	static const uint8_t loopback[16] = {[15] = 1}, unspecified[16] = {0};

	if (address->family == ADDRESS_IPV4) {
		return bytes[0] == 0 || bytes[0] == 127 || bytes[0] >= 224 ||
		       (bytes[0] == 169 && bytes[1] == 254);
	}
	return address->family != ADDRESS_IPV6 || bytes[0] == 0xFF ||
	       (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) || memcmp(bytes, loopback, 16) == 0 ||
	       memcmp(bytes, unspecified, 16) == 0;
}

bool policy_may_block(struct policy *policy, const struct address *address, instant now)
{
	const struct network_set *const never[] = {&policy->site->pbx, &policy->site->trunks,
		&policy->site->extensions, &policy->settings.never, &policy->host};

	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
		if (network_set_contains(never[i], address)) {
			return false;
		}
	}
	return !is_special(address) && !evidence_is_in_good_standing(policy->evidence, address, now);
}

static void fill_request(
	const struct address *address, duration time, instant now, struct block_request *request)
{
	*request = (struct block_request){.kind = BLOCK_ADD,
		.address = *address,
		.prefix_length = address->family == ADDRESS_IPV4 ? 32 : 128,
		.time = now,
		.duration = time};
}

static enum source_proof proof_of_source(struct policy *policy, const struct judged_call *call, instant now)
{
	bool is_wanted = policy->settings.sources && call->wants_block;

	return is_wanted ? evidence_of_source(policy->evidence, text_of(call->call_id), &call->source, now)
			 : SOURCE_UNPROVEN;
}

static bool is_blocked(struct policy *policy, const struct address *address, instant now)
{
	const instant *until = table_find(policy->sources, address, now);

	return until != NULL && *until > now;
}

static bool will_block_source(struct policy *policy, const struct judged_call *call, instant now)
{
	return proof_of_source(policy, call, now) != SOURCE_UNPROVEN &&
	       policy_may_block(policy, &call->source, now) && !is_blocked(policy, &call->source, now);
}

/* Blocks the source of a call if it is proven and may be. False: not now, or not ever. */
static bool block_source(
	struct policy *policy, struct judged_call *call, instant now, struct block_request *request)
{
	enum source_proof proof = proof_of_source(policy, call, now);
	bool added;

	if (proof == SOURCE_UNPROVEN) {
		return false;
	}
	call->wants_block = false;
	if (!policy_may_block(policy, &call->source, now)) {
		counter_add(policy->counters, COUNTER_BLOCKS_WITHHELD, 1);
		return false;
	}
	if (is_blocked(policy, &call->source, now)) {
		return false;
	}
	*(instant *)table_find_or_add(policy->sources, &call->source, now, &added) =
		now + policy->settings.source_time;
	fill_request(&call->source, policy->settings.source_time, now, request);
	memcpy(request->incident, call->incident, sizeof request->incident);
	snprintf(request->reason, sizeof request->reason, "%s, %s; %s", call->rule,
		severity_name(call->severity), source_proof_words(proof));
	if (!performs(policy)) { /* who blocks counts what was blocked */
		counter_add(policy->counters, COUNTER_SOURCES_WOULD_BLOCK, 1);
	}
	return true;
}

/* ---- blocking an account ---- */

static bool is_account_proven(struct policy *policy, const struct judged_call *call, instant now)
{
	struct text caller = text_of(call->caller);

	if (call->is_on_trunk) {
		return caller.size > 0 && caller.size < TRUNK_NUMBER_SIZE;
	}
	return evidence_of_account(policy->evidence, text_of(call->call_id), caller, now);
}

static bool add_account(struct policy *policy, const struct judged_call *call, instant now)
{
	struct blocked_account_record record = {.since = now};

	text_make_safe(text_of(call->caller), record.account, sizeof record.account);
	memcpy(record.incident, call->incident, sizeof record.incident);
	snprintf(record.reason, sizeof record.reason, "%s, critical; %s", call->rule,
		call->is_on_trunk ? "on the trunk leg" : "its credentials were accepted");
	return blocked_accounts_add(policy->accounts, &record, now);
}

static void block_account(struct policy *policy, struct judged_call *call, instant now)
{
	if (!call->is_critical || !is_account_proven(policy, call, now)) {
		return;
	}
	call->is_critical = false;
	if (!call->is_on_trunk) {
		evidence_mark_critical(policy->evidence, &call->source, text_of(call->caller), now);
	}
	if (policy->settings.accounts && add_account(policy, call, now)) {
		counter_add(policy->counters,
			performs(policy) ? COUNTER_ACCOUNTS_BLOCKED : COUNTER_ACCOUNTS_WOULD_BLOCK, 1);
	}
}

/* ---- what proves something later ---- */

static void look_again(
	struct policy *policy, struct text call_id, instant now, block_handler *handler, void *context)
{
	struct judged_call *call = judged_calls_find(policy->calls, call_id, now);
	struct block_request request;

	if (call == NULL) {
		return;
	}
	block_account(policy, call, now);
	if (block_source(policy, call, now, &request)) {
		handler(context, &request);
	}
}

void policy_watch(
	struct policy *policy, const struct sip_message *message, block_handler *handler, void *context)
{
	if (policy->settings.mode == POLICY_MONITOR) {
		return;
	}
	evidence_watch(policy->evidence, message);
	if (message->method == SIP_METHOD_INVITE) {
		look_again(policy, message->call_id, message->time, handler, context);
	}
}

void policy_acknowledged(struct policy *policy, struct text call_id, const struct address *source,
	instant now, block_handler *handler, void *context)
{
	if (policy->settings.mode == POLICY_MONITOR) {
		return;
	}
	evidence_acknowledged(policy->evidence, call_id, source, now);
	look_again(policy, call_id, now, handler, context);
}

/* ---- judging an INVITE ---- */

struct reason {
	const char *rule; /* NULL: none */
	enum severity severity;
};

static bool is_about(const struct finding *finding, const char *kind)
{
	return strncmp(finding->subject, kind, strlen(kind)) == 0;
}

/* The gravest finding that this is a reason to stop the call; NULL: none. */
static const struct finding *reason_of(const struct policy *policy, const struct findings *findings)
{
	const struct finding *reason = NULL;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		if ((finding->proves & PROVES_CALL) != 0 && finding->severity >= policy->settings.on &&
			(reason == NULL || finding->severity > reason->severity)) {
			reason = finding;
		}
	}
	return reason;
}

static bool shows_thief_at_source(const struct policy *policy, const struct findings *findings)
{
	bool found = false;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		found = found ||
			((finding->proves & PROVES_SOURCE) != 0 && finding->severity >= policy->settings.on &&
				(is_about(finding, "caller:") || is_about(finding, "source:")));
	}
	return found;
}

static bool shows_critical_caller(const struct findings *findings)
{
	bool found = false;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		found = found ||
			((finding->proves & PROVES_CALLER) != 0 && finding->severity == SEVERITY_CRITICAL &&
				is_about(finding, "caller:"));
	}
	return found;
}

static bool is_abroad(const struct event *event)
{
	return event->is_outward && event->number->kind == NUMBER_INTERNATIONAL;
}

static const struct blocked_account_record *find_blocked(struct policy *policy, const struct event *event)
{
	return policy->settings.accounts && is_abroad(event)
		       ? blocked_accounts_find(policy->accounts, event->caller, event->time)
		       : NULL;
}

/* A finding of our own, so that what is refused is told, too. */
static void say_blocked(const struct blocked_account_record *blocked, struct findings *findings)
{
	struct finding *finding = findings_add(findings);
	char since[INSTANT_TEXT_SIZE];

	if (finding == NULL) {
		return; /* so much else was found */
	}
	instant_format_short(blocked->since, since);
	finding->rule = blocked_rule;
	finding->severity = SEVERITY_WARNING;
	finding->proves = PROVES_CALL;
	finding->count = finding->limit = 1;
	snprintf(finding->subject, sizeof finding->subject, "caller:%s", blocked->account);
	snprintf(finding->evidence, sizeof finding->evidence, "blocked since %s", since);
	snprintf(finding->reason, sizeof finding->reason,
		"Calls abroad of caller %s are refused since %s, until it is released%s%s.", blocked->account,
		since, blocked->incident[0] != '\0' ? "; incident " : "", blocked->incident);
}

/* By what a call is known: the Call-ID of its first leg. */
static struct text first_call_id(const struct event *event)
{
	return event->kind == EVENT_CALL_JOINED ? event->joined_call_id : event->call_id;
}

/*
 * Does this belong to a call that was refused before? Its next leg does, and the same again with credentials;
 * not another number, for some phones use one Call-ID for all their calls.
 */
static bool is_of_refused(struct policy *policy, const struct event *event, const struct judged_call *call)
{
	bool is_same = event->kind == EVENT_CALL_JOINED ||
		       (event->kind == EVENT_CALL_IDENTIFIED && call != NULL &&
			       call->number == judged_calls_number(policy->calls, event));

	return call != NULL && call->is_refused && is_same;
}

/* A trunk leg that joins nothing, but must be a refused call's: under another number, or on another trunk. */
static struct judged_call *other_leg(struct policy *policy, const struct event *event)
{
	uint64_t number = judged_calls_number(policy->calls, event);

	if (event->kind != EVENT_CALL_ATTEMPTED || event->leg != LEG_TRUNK_OUT) {
		return NULL;
	}
	uint64_t id = refusal_places_other_leg(
		&policy->places, number, judged_calls_country(policy->calls, event), event->time);
	if (id == 0 && judged_calls_was_number_refused(policy->calls, number, event->time)) {
		return judged_calls_find_or_add(policy->calls, event);
	}
	return judged_calls_find_id(policy->calls, id, event->time);
}

static bool is_first_leg(const struct policy *policy, const struct event *event)
{
	return !site_is_pbx(policy->site, &event->source.address) &&
	       site_is_pbx(policy->site, &event->destination_endpoint.address);
}

/* Where calls go through, so that it is known whether trunk legs are seen. */
static void learn_legs(struct policy *policy, const struct event *event)
{
	struct judged_call *first;

	if (event->kind == EVENT_CALL_ATTEMPTED && event->is_outward) {
		first = judged_calls_begin(policy->calls, event);
		if (is_first_leg(policy, event)) {
			first->pbx = event->destination_endpoint.address;
		}
	} else if (event->kind == EVENT_CALL_JOINED && event->leg == LEG_TRUNK_OUT) {
		evidence_sent_on(policy->evidence, event->joined_call_id, event->time);
		first = judged_calls_find(policy->calls, event->joined_call_id, event->time);
		if (first != NULL && first->pbx.family != ADDRESS_NONE) {
			refusal_places_joined(&policy->places, &first->pbx, event->time);
		}
	}
}

/* What was found about who places it. */
static void note_thief(const struct policy *policy, const struct event *event,
	const struct findings *findings, const struct reason *reason, struct judged_call *call)
{
	if (reason->rule != NULL && (call->rule == NULL || reason->severity > call->severity)) {
		call->rule = reason->rule;
		call->severity = reason->severity;
	}
	if (shows_critical_caller(findings) && !call->is_critical) {
		call->is_critical = true;
		call->is_on_trunk = event->leg == LEG_TRUNK_OUT;
		text_copy(event->caller, call->caller, sizeof call->caller);
		call->source = event->source.address;
	}
	if (event->leg == LEG_OUTSIDE && shows_thief_at_source(policy, findings)) {
		call->wants_block = true;
		call->source = event->source.address;
	}
}

/* Not what a stranger tries: his acknowledging our refusal proves his address. */
static bool may_be_deferred(struct policy *policy, const struct event *event, const struct judged_call *call)
{
	bool is_strangers = event->leg == LEG_OUTSIDE && !event->has_account;

	return event->kind != EVENT_CALL_JOINED && !is_strangers && is_first_leg(policy, event) &&
	       refusal_places_defer(&policy->places, &event->destination_endpoint.address, call->id,
		       call->number, judged_calls_country(policy->calls, event), event->time);
}

static void refuse(struct policy *policy, const struct event *event, struct judged_call *call,
	struct judgement *judgement)
{
	bool is_trunk = event->leg == LEG_TRUNK_OUT;

	judgement->action = performs(policy) ? ACTION_REFUSED : ACTION_WOULD_REFUSE;
	judgement->is_deferred =
		performs(policy) && !call->has_slipped && may_be_deferred(policy, event, call);
	judgement->refuse = performs(policy) && !judgement->is_deferred;
	judgement->is_about_call = true;
	judgement->is_repeated = call->is_refused;
	call->is_refused = true;
	if (is_trunk) {
		refusal_places_settle(&policy->places, call->id);
		judged_calls_refuse_number(
			policy->calls, judged_calls_number(policy->calls, event), event->time);
	}
	if (!call->is_counted && !judgement->is_deferred) {
		call->is_counted = true;
		counter_add(policy->counters,
			performs(policy) ? COUNTER_CALLS_REFUSED : COUNTER_CALLS_WOULD_REFUSE, 1);
	}
	snprintf(judgement->why, sizeof judgement->why, "%s: %s",
		call->rule != NULL ? call->rule : "its number",
		call->rule != NULL ? severity_name(call->severity) : "refused a moment ago");
}

/* The call that is to be refused, *reason why, where it is news; NULL: none. */
static struct judged_call *find_refused(
	struct policy *policy, const struct event *event, struct findings *findings, struct reason *reason)
{
	struct judged_call *call = judged_calls_find(policy->calls, first_call_id(event), event->time);
	const struct finding *finding = reason_of(policy, findings);
	const struct blocked_account_record *blocked;

	if (finding != NULL) {
		*reason = (struct reason){finding->rule, finding->severity};
	}
	if (is_of_refused(policy, event, call)) {
		return call;
	}
	struct judged_call *other = other_leg(policy, event);
	if (other != NULL) {
		return other;
	}
	if (finding == NULL && (blocked = find_blocked(policy, event)) != NULL) {
		*reason = (struct reason){blocked_rule, SEVERITY_WARNING};
		say_blocked(blocked, findings);
	}
	if (reason->rule == NULL) {
		return NULL;
	}
	/* A next leg is found by the Call-ID of the first, if that is still known. */
	return event->kind == EVENT_CALL_JOINED && call != NULL
		       ? call
		       : judged_calls_find_or_add(policy->calls, event);
}

static void judge_invite(struct policy *policy, const struct event *event, struct findings *findings,
	struct judgement *judgement)
{
	struct reason reason = {0};

	learn_legs(policy, event);
	struct judged_call *call = event->is_outward ? find_refused(policy, event, findings, &reason) : NULL;
	if (call == NULL) {
		return;
	}
	note_thief(policy, event, findings, &reason, call);
	refuse(policy, event, call, judgement);
	if (will_block_source(policy, call, event->time)) {
		judgement->action = performs(policy) ? ACTION_SOURCE_BLOCKED : ACTION_WOULD_BLOCK;
	}
}

/* ---- judging what comes later ---- */

static bool is_up_or_rings(const struct event *event)
{
	return event->kind == EVENT_CALL_RINGING || event->kind == EVENT_CALL_ANSWERED ||
	       event->kind == EVENT_CALL_STILL_UP;
}

static void judge_later(struct policy *policy, const struct event *event, const struct findings *findings,
	struct judgement *judgement)
{
	struct judged_call *call = judged_calls_find(policy->calls, event->call_id, event->time);
	const struct finding *reason = event->is_outward ? reason_of(policy, findings) : NULL;

	if (call != NULL && is_up_or_rings(event)) {
		refusal_places_rang(&policy->places, call->id);
	} else if (call != NULL) {
		refusal_places_settle(&policy->places, call->id);
	}
	/* Nothing is ended by a Call-ID of which it is not known what else it was used for. */
	if (call == NULL || call->has_untouchable || !is_up_or_rings(event) || !performs(policy) ||
		!policy->settings.end_calls || (reason == NULL && !call->has_slipped)) {
		return;
	}
	judgement->is_about_call = judgement->end_call = true;
	judgement->is_repeated = call->is_refused;
	judgement->action = ACTION_REFUSED;
	call->is_refused = true;
	snprintf(judgement->why, sizeof judgement->why, "%s: %s",
		reason != NULL ? reason->rule : "its trunk leg was not seen",
		reason != NULL ? severity_name(reason->severity) : "it went through");
}

void policy_tick(struct policy *policy, instant now, slip_handler *handler, void *context)
{
	uint64_t id;

	while ((id = refusal_places_slipped(&policy->places, now)) != 0) {
		struct judged_call *call = judged_calls_find_id(policy->calls, id, now);
		counter_add(policy->counters, COUNTER_CALLS_SLIPPED, 1);
		if (call != NULL) {
			call->has_slipped = true;
			handler(context, text_of(call->call_id), now);
		}
	}
}

/* Some phones use one Call-ID for all their calls; then it must not stand for a refused one any more. */
static void note_untouchable(struct policy *policy, const struct event *event)
{
	if (event->kind <= EVENT_CALL_JOINED && !text_is_empty(event->call_id)) {
		judged_calls_begin(policy->calls, event)->has_untouchable = true;
	}
}

void policy_judge(struct policy *policy, const struct event *event, struct findings *findings,
	struct judgement *judgement)
{
	*judgement = (struct judgement){.action = ACTION_NONE};
	if (policy->settings.mode == POLICY_MONITOR) {
		return;
	}
	if (untouchable_call(event)) {
		note_untouchable(policy, event);
		return;
	}
	if (event->kind <= EVENT_CALL_JOINED) {
		judge_invite(policy, event, findings, judgement);
	} else {
		judge_later(policy, event, findings, judgement);
	}
}

void policy_conclude(struct policy *policy, const struct event *event, const struct judgement *judgement,
	block_handler *handler, void *context)
{
	struct judged_call *call;

	if (untouchable_call(event) || policy->settings.mode == POLICY_MONITOR) {
		return;
	}
	call = judged_calls_find(policy->calls, first_call_id(event), event->time);
	if (call == NULL) {
		return;
	}
	if (judgement->incident[0] != '\0') {
		memcpy(call->incident, judgement->incident, sizeof call->incident);
	}
	look_again(policy, first_call_id(event), event->time, handler, context);
}

/* ---- by hand, and over a restart ---- */

void policy_forget_source(struct policy *policy, const struct address *address)
{
	table_remove(policy->sources, address);
}

bool policy_block_account(struct policy *policy, const struct blocked_account_record *record, instant now)
{
	return blocked_accounts_add(policy->accounts, record, now);
}

bool policy_release_account(struct policy *policy, const char *account, instant now)
{
	return blocked_accounts_release(policy->accounts, account, now);
}

size_t policy_release_incident(struct policy *policy, const char *incident)
{
	return blocked_accounts_release_incident(policy->accounts, incident);
}

size_t policy_list_accounts(
	const struct policy *policy, uint64_t after, struct blocked_account_record *records, size_t room)
{
	return blocked_accounts_list(policy->accounts, after, records, room);
}
