/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/policy.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/incident/culprits.h"
#include "pbxguard/incident/policy_state.h"
#include "pbxguard/incident/untouchable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blocked_rule[] = "blocked_account";

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

/* ---- what proves something later ---- */

static void look_again(
	struct policy *policy, struct text call_id, instant now, block_handler *handler, void *context)
{
	struct judged_call *call = judged_calls_find(policy->calls, call_id, now);

	if (call != NULL) {
		culprits_block(policy, call, now, handler, context);
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
 * A next leg that the PBX can't have made: it has never seen the first one, which was refused. It is another
 * call's to the same number, or whoever calls a number again and again from outside could keep others from
 * it.
 */
static bool is_joined_wrongly(
	const struct policy *policy, const struct event *event, const struct judged_call *call)
{
	return event->kind == EVENT_CALL_JOINED && policy_performs(policy) && call != NULL &&
	       call->is_refused && !call->has_passed;
}

/*
 * Does this belong to a call that was refused before? Its next leg does, and the same again with credentials;
 * not another number, for some phones use one Call-ID for all their calls.
 */
static bool is_of_refused(struct policy *policy, const struct event *event, const struct judged_call *call)
{
	if (call == NULL || !call->is_refused) {
		return false;
	}
	if (event->kind == EVENT_CALL_JOINED) {
		return !is_joined_wrongly(policy, event, call);
	}
	return event->kind == EVENT_CALL_IDENTIFIED &&
	       call->number == judged_calls_number(policy->calls, event);
}

/* A trunk leg that joins nothing, but must be a refused call's: under another number, or on another trunk. */
static struct judged_call *other_leg(
	struct policy *policy, const struct event *event, const struct judged_call *call)
{
	uint64_t number = judged_calls_number(policy->calls, event);
	bool joins_nothing = event->kind == EVENT_CALL_ATTEMPTED || is_joined_wrongly(policy, event, call);

	if (!joins_nothing || event->leg != LEG_TRUNK_OUT) {
		return NULL;
	}
	uint64_t id = refusal_places_other_leg(
		&policy->places, number, judged_calls_country(policy->calls, event), event->time);
	if (id == 0 && event->kind == EVENT_CALL_ATTEMPTED &&
		judged_calls_was_number_refused(policy->calls, number, event->time)) {
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
		evidence_sent_on(
			policy->evidence, event->joined_call_id, event->is_joined_surely, event->time);
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

	judgement->action = policy_performs(policy) ? ACTION_REFUSED : ACTION_WOULD_REFUSE;
	judgement->is_deferred =
		policy_performs(policy) && !call->has_slipped && may_be_deferred(policy, event, call);
	judgement->refuse = policy_performs(policy) && !judgement->is_deferred;
	call->has_passed = call->has_passed || judgement->is_deferred;
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
			policy_performs(policy) ? COUNTER_CALLS_REFUSED : COUNTER_CALLS_WOULD_REFUSE, 1);
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
	struct judged_call *other = other_leg(policy, event, call);
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
	return event->kind == EVENT_CALL_JOINED && call != NULL && !is_joined_wrongly(policy, event, call)
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
	if (culprits_will_block_source(policy, call, event->time)) {
		judgement->action = policy_performs(policy) ? ACTION_SOURCE_BLOCKED : ACTION_WOULD_BLOCK;
	}
}

/* ---- judging what comes later ---- */

/* Why a call that is up is to be ended: what was found about it, or that its caller is blocked since. */
static struct reason reason_to_end(struct policy *policy, const struct event *event,
	const struct judged_call *call, struct findings *findings)
{
	const struct finding *finding = event->is_outward ? reason_of(policy, findings) : NULL;
	const struct blocked_account_record *blocked;

	if (finding != NULL) {
		return (struct reason){finding->rule, finding->severity};
	}
	if (call->has_slipped) {
		return (struct reason){"its trunk leg was not seen", call->severity};
	}
	if ((blocked = find_blocked(policy, event)) != NULL) {
		say_blocked(blocked, findings);
		return (struct reason){blocked_rule, SEVERITY_WARNING};
	}
	return (struct reason){0};
}

static bool is_up_or_rings(const struct event *event)
{
	return event->kind == EVENT_CALL_RINGING || event->kind == EVENT_CALL_ANSWERED ||
	       event->kind == EVENT_CALL_STILL_UP;
}

static void judge_later(struct policy *policy, const struct event *event, struct findings *findings,
	struct judgement *judgement)
{
	struct judged_call *call = judged_calls_find(policy->calls, event->call_id, event->time);

	if (call != NULL && is_up_or_rings(event)) {
		refusal_places_rang(&policy->places, call->id);
	} else if (call != NULL) {
		refusal_places_settle(&policy->places, call->id);
	}
	/* Nothing is ended by a Call-ID of which it is not known what else it was used for. */
	if (call == NULL || call->has_untouchable || !is_up_or_rings(event) || !policy_performs(policy) ||
		!policy->settings.end_calls) {
		return;
	}
	const struct reason reason = reason_to_end(policy, event, call, findings);
	if (reason.rule == NULL) {
		return;
	}
	judgement->is_about_call = judgement->end_call = true;
	judgement->is_repeated = call->is_refused;
	judgement->action = ACTION_REFUSED;
	call->is_refused = true;
	snprintf(
		judgement->why, sizeof judgement->why, "%s: %s", reason.rule, severity_name(reason.severity));
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
