/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/dialog.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/call/attempt_view.h"
#include "pbxguard/call/followed_call.h"
#include "pbxguard/call/known_calls.h"
#include "pbxguard/call/waiting_legs.h"

#include <stdlib.h>
#include <string.h>

struct dialogs {
	struct dialog_context context;
	struct counters *counters;
	struct digest_key key;
	struct known_calls *calls;
	struct waiting_legs *waiting;
	struct followed_calls *followed;
};

struct dialogs *dialogs_new(const struct dialog_context *context, size_t memory, struct counters *counters)
{
	size_t followed = memory / 3, others = memory - followed;
	/* The waiting legs, which are few, take their part of the memory too. */
	size_t waiting = waiting_legs_memory();
	struct dialogs *dialogs = calloc(1, sizeof *dialogs);

	if (dialogs == NULL) {
		return NULL;
	}
	*dialogs = (struct dialogs){
		.context = *context,
		.counters = counters,
		.key = digest_key_new(),
		.calls = known_calls_new(others > waiting ? others - waiting : 0, &dialogs->key, counters),
		.waiting = waiting_legs_new(counters),
		.followed = followed_calls_new(followed, context->max_age, counters),
	};
	if (dialogs->calls == NULL || dialogs->waiting == NULL || dialogs->followed == NULL) {
		dialogs_free(dialogs);
		return NULL;
	}
	return dialogs;
}

void dialogs_free(struct dialogs *dialogs)
{
	if (dialogs == NULL) {
		return;
	}
	known_calls_free(dialogs->calls);
	waiting_legs_free(dialogs->waiting);
	followed_calls_free(dialogs->followed);
	free(dialogs);
}

void dialogs_configure(struct dialogs *dialogs, const struct dialog_context *context)
{
	dialogs->context = *context;
	followed_calls_set_max_age(dialogs->followed, context->max_age);
}

/* What costs money abroad, and what comes in by a trunk: it may be the beginning of such. */
static bool is_followed(const struct attempt_view *view)
{
	return view->is_judged || view->event.leg == LEG_TRUNK_IN;
}

static void follow(struct dialogs *dialogs, struct known_call *call, struct attempt_view *view)
{
	if (is_followed(view)) {
		view->event.call = call->followed =
			followed_call_begin(dialogs->followed, &view->event, &view->key);
		view->event.attempted = view->event.time;
		call->is_first_leg = true;
	}
}

static void count_call(struct dialogs *dialogs, const struct attempt_view *view)
{
	static const enum counter by_kind[NUMBER_KIND_COUNT] = {
		[NUMBER_UNRECOGNISED] = COUNTER_CALLS_UNRECOGNISED,
		[NUMBER_EMERGENCY] = COUNTER_CALLS_EMERGENCY,
		[NUMBER_SERVICE] = COUNTER_CALLS_EMERGENCY,
		[NUMBER_INTERNATIONAL] = COUNTER_CALLS_INTERNATIONAL,
	};
	enum counter counter = by_kind[view->number.kind];

	counter_add(dialogs->counters, COUNTER_CALLS, 1);
	if (counter != 0) {
		counter_add(dialogs->counters, counter, 1);
	}
	if (view->number.by_foreign_prefix) {
		counter_add(dialogs->counters, COUNTER_CALLS_FOREIGN_PREFIX, 1);
	}
	if (view->number.kind == NUMBER_INTERNATIONAL && view->event.destination == NULL) {
		counter_add(dialogs->counters, COUNTER_CALLS_NO_COUNTRY, 1);
	}
}

static bool is_strangers(struct dialogs *dialogs, const struct waiting_leg *leg, instant now)
{
	return leg->leg == LEG_OUTSIDE && known_calls_is_without_account(dialogs->calls, &leg->key, now);
}

/* A REFER or 302 to this number came before: it is what the PBX makes of that. */
static void take_origin(struct attempt_view *view, const struct waiting_leg *first)
{
	if (first->origin != CALL_ORIGIN_DIALLED) {
		memcpy(view->moved_by, first->moved_by, sizeof view->moved_by);
		view->event.origin = first->origin;
		view->event.moved_by = text_of(view->moved_by);
	}
}

/* The next leg of a call that was counted before. */
static void join(struct dialogs *dialogs, struct known_call *call, struct attempt_view *view,
	struct waiting_leg *first)
{
	const struct event *followed = followed_call_event(dialogs->followed, first->followed);

	view->event.kind = EVENT_CALL_JOINED;
	if (followed != NULL) {
		call->followed = view->event.call = first->followed;
		view->event.attempted = followed->attempted;
		followed_call_join(dialogs->followed, first->followed, view->event.call_id, &view->key);
	}
}

/* An INVITE that no known attempt of this Call-ID explains. */
static void handle_new_attempt(struct dialogs *dialogs, struct known_call *call, struct attempt_view *view,
	event_handler *handler, void *context)
{
	struct waiting_leg *first =
		waiting_legs_find(dialogs->waiting, dialogs->calls, view, &view->event.is_joined_surely);
	char first_call_id[WAITING_LEG_CALL_ID_SIZE]; /* the place may be needed for this leg */

	if (first == NULL) {
		view->event.kind = EVENT_CALL_ATTEMPTED;
		count_call(dialogs, view);
		follow(dialogs, call, view);
	} else {
		memcpy(first_call_id, first->call_id, sizeof first_call_id);
		view->event.is_from_stranger = is_strangers(dialogs, first, view->event.time);
		view->event.joined_call_id = text_of(first_call_id);
		take_origin(view, first);
		waiting_leg_join(first, &view->key);
		if (waiting_leg_is_announced(first)) {
			count_call(dialogs, view);
		} else {
			counter_add(dialogs->counters, COUNTER_CALLS_JOINED, 1);
		}
		/* The leg before may have told nothing: a call from the carrier that the PBX sends abroad, or
		 * "9" + number without site.outside_line. Then this one counts. */
		if (waiting_leg_is_announced(first) || (view->is_judged && !first->is_judged)) {
			view->event.kind = EVENT_CALL_ATTEMPTED;
			follow(dialogs, call, view);
		} else {
			join(dialogs, call, view, first);
		}
	}
	waiting_legs_add(dialogs->waiting, view);
	handler(context, &view->event);
}

/* The PBX rings a phone: the other leg of a call already counted, and it costs nothing. */
static bool rings_a_phone(const struct attempt_view *view)
{
	return view->event.leg == LEG_EXTENSION && !view->event.is_outward;
}

/* What can't be judged as a call should be. The first reason that applies. */
static void count_if_unreadable(struct dialogs *dialogs, const struct sip_message *message)
{
	bool has_number = !text_is_empty(message->request_uri.user);
	enum counter reason = COUNTER_INVITES_NO_CALL_ID;

	if (has_number && !text_is_empty(message->call_id)) {
		return;
	}
	if (message->oddities & SIP_ODD_CUT) {
		reason = COUNTER_INVITES_CUT;
	} else if (!has_number) {
		reason = COUNTER_INVITES_NO_NUMBER;
	}
	counter_add(dialogs->counters, COUNTER_UNREADABLE_INVITES, 1);
	counter_add(dialogs->counters, reason, 1);
}

/* Of the event's caller, and of From's user, who may be the same. */
static uint64_t caller_marks(const struct dialogs *dialogs, const struct attempt_view *view, uint64_t *from)
{
	const struct event *event = &view->event;
	struct text user = view->message->from.uri.user;
	/* A stranger's From proves nothing; the account that he then names is another thing, of the same name
	 * too. */
	bool is_named_by_stranger = event->leg == LEG_OUTSIDE && event->has_account;

	*from = digest_text(&dialogs->key, user);
	return (text_equal(event->caller, user) ? *from : digest_text(&dialogs->key, event->caller)) +
	       is_named_by_stranger;
}

/* Keyed digests are in it, and numbers with the same last digits give different marks: nobody finds another
 * attempt that gives the same. */
static uint64_t invited_by(uint64_t from, uint64_t caller, const struct number_marks *number)
{
	return from ^ 3 * caller ^ 5 * number->tail ^ 7 * number->e164;
}

static void handle_initial_invite(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	struct digest key = known_calls_key(dialogs->calls, message);
	struct attempt_view view;

	known_calls_prefetch(dialogs->calls, &key);
	attempt_view_begin(&view, &dialogs->context, &dialogs->key, message);
	waiting_legs_prefetch(dialogs->waiting, &view.marks);
	attempt_view_fill(&view, &dialogs->context);
	if (rings_a_phone(&view)) {
		return;
	}
	count_if_unreadable(dialogs, message);
	view.key = key;
	uint64_t from, caller = caller_marks(dialogs, &view, &from);
	struct known_call *call =
		known_calls_invite(dialogs->calls, &view.key, message, invited_by(from, caller, &view.marks));
	if (call == NULL) {
		return;
	}
	call->has_account = call->has_account || view.event.has_account;
	bool is_from_known = known_call_has_attempt(call, from, &view);
	bool is_caller_known = known_call_has_attempt(call, caller, &view);

	if (!is_from_known) {
		known_call_add_attempt(call, from, &view);
	}
	if (!is_caller_known && caller != from) {
		known_call_add_attempt(call, caller, &view);
	}
	if (!is_caller_known && !is_from_known) {
		handle_new_attempt(dialogs, call, &view, handler, context);
	} else if (!is_caller_known) {
		view.event.kind = EVENT_CALL_IDENTIFIED;
		view.event.call = call->followed;
		followed_call_identify(dialogs->followed, call->followed, view.event.caller);
		handler(context, &view.event);
	}
}

void dialogs_refused(struct dialogs *dialogs, const struct sip_message *invite, bool is_deferred)
{
	known_calls_refused(dialogs->calls, invite, is_deferred);
}

void dialogs_retried(struct dialogs *dialogs, const struct sip_message *invite)
{
	known_calls_retried(dialogs->calls, invite);
}

static duration session_of(const struct sip_message *message)
{
	return (duration)message->session_expires * SECOND;
}

/* A re-INVITE belongs to a call that we know; one that we don't was up before we began, or is not what it
 * says. */
static void handle_invite(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	struct digest key;
	const struct known_call *call;

	if (text_is_empty(message->to.tag)) {
		handle_initial_invite(dialogs, message, handler, context);
		return;
	}
	key = known_calls_key(dialogs->calls, message);
	call = known_calls_find(dialogs->calls, &key, message->time);
	if (call != NULL) {
		followed_call_refresh(dialogs->followed, call->followed, message->time, session_of(message));
	} else if (!known_calls_has_ended(dialogs->calls, &key, message->time)) {
		handle_initial_invite(dialogs, message, handler, context);
	}
}

/* ---- what comes of a call ---- */

/* A 2xx: of a forked call each branch may send one (RFC 3261 §13.2.2.4); of a re-INVITE it is known. */
static void handle_success(struct dialogs *dialogs, struct known_call *call,
	const struct sip_message *message, event_handler *handler, void *context)
{
	uint64_t tag = digest_text(&dialogs->key, message->to.tag);

	if (known_call_branch(call, tag) < call->branch_count || call->branch_count == KNOWN_CALL_BRANCHES) {
		followed_call_refresh(dialogs->followed, call->followed, message->time, session_of(message));
		return;
	}
	call->branches[call->branch_count++] = tag;
	if (call->branch_count == 1) {
		call->has_bye = false; /* it came too late, or from somebody else */
		followed_call_answer(dialogs->followed, call->followed, message->time, session_of(message),
			handler, context);
	}
}

/* RFC 3261 §22: who answers 401 or 407 asks for the same again with credentials; who answers 422, with
 * another session time (RFC 4028 §6). */
static bool is_challenge(uint16_t status)
{
	return status == 401 || status == 407 || status == 422;
}

static void handle_refusal(struct dialogs *dialogs, struct known_call *call,
	const struct sip_message *message, event_handler *handler, void *context)
{
	if (is_challenge(message->status)) {
		call->is_challenged = true;
		return;
	}
	call->has_failed = true;
	if (call->is_first_leg && call->branch_count == 0) {
		followed_call_refuse(
			dialogs->followed, call->followed, message->time, message->status, handler, context);
	}
}

/*
 * Somebody tells the PBX to call this number instead: what it sends there soon is a forwarded or transferred
 * call, and counts as one of its own.
 */
static void wait_for_moved(struct dialogs *dialogs, const struct sip_message *message,
	const struct sip_uri *target, struct text mover, enum call_origin origin)
{
	struct attempt_view view;
	char buffer[CALLER_SIZE];

	if (!attempt_view_announced(&view, &dialogs->context, &dialogs->key, message, target)) {
		return;
	}
	struct waiting_leg *leg = waiting_legs_add(dialogs->waiting, &view);
	leg->origin = origin;
	text_copy(attempt_view_name(mover, buffer, sizeof buffer), leg->moved_by, sizeof leg->moved_by);
}

static void handle_answer(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	if (message->status == 100) {
		return;
	}
	if (message->status / 100 == 3) {
		wait_for_moved(
			dialogs, message, &message->contact.uri, message->to.uri.user, CALL_ORIGIN_FORWARDED);
	}
	struct known_call *call = known_calls_find_message(dialogs->calls, message);
	if (call == NULL) {
		return;
	}
	if (message->status < 200) {
		followed_call_ring(dialogs->followed, call->followed, message->time, handler, context);
	} else if (message->status < 300) {
		handle_success(dialogs, call, message, handler, context);
	} else {
		handle_refusal(dialogs, call, message, handler, context);
	}
}

static void handle_bye(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	struct digest key = known_calls_key(dialogs->calls, message);
	struct known_call *call = known_calls_find(dialogs->calls, &key, message->time);

	if (call == NULL) {
		return;
	}
	bool is_callers = digest_text(&dialogs->key, message->from.tag) == call->from_tag;
	size_t branch = known_call_branch(
		call, digest_text(&dialogs->key, is_callers ? message->to.tag : message->from.tag));

	if (call->branch_count == 0) {
		call->has_bye = true;
		return;
	}
	if (branch < call->branch_count) {
		call->branches[branch] = call->branches[--call->branch_count];
	}
	if (call->branch_count == 0) {
		followed_call_hang_up(dialogs->followed, call->followed, message->time,
			is_callers ? CALL_END_CALLER : CALL_END_CALLED, handler, context);
		known_calls_end(dialogs->calls, &key, message->time);
	}
}

static void handle_cancel(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	const struct known_call *call = known_calls_find_message(dialogs->calls, message);

	if (call != NULL && call->is_first_leg) {
		followed_call_cancel(dialogs->followed, call->followed, message->time, handler, context);
	}
}

/* RFC 3311: the other way to refresh a session. */
static void handle_update(struct dialogs *dialogs, const struct sip_message *message)
{
	const struct known_call *call = known_calls_find_message(dialogs->calls, message);

	if (call != NULL) {
		followed_call_refresh(dialogs->followed, call->followed, message->time, session_of(message));
	}
}

/* RFC 3515: the PBX is to call somebody else. With Replaces (RFC 3891) it only joins calls that are up. */
static void handle_refer(struct dialogs *dialogs, const struct sip_message *message)
{
	struct text mover = message->referred_by.uri.user;

	wait_for_moved(dialogs, message, &message->refer_to.uri,
		text_is_empty(mover) ? message->from.uri.user : mover, CALL_ORIGIN_TRANSFERRED);
}

static void handle_request(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	switch (message->method) {
	case SIP_METHOD_INVITE:
		handle_invite(dialogs, message, handler, context);
		break;
	case SIP_METHOD_BYE:
		handle_bye(dialogs, message, handler, context);
		break;
	case SIP_METHOD_CANCEL:
		handle_cancel(dialogs, message, handler, context);
		break;
	case SIP_METHOD_UPDATE:
		handle_update(dialogs, message);
		break;
	case SIP_METHOD_REFER:
		handle_refer(dialogs, message);
		break;
	default:
		break;
	}
}

/* What is up must stay known to its legs, however long it lasts. */
static void keep_legs(struct dialogs *dialogs, const struct event *event)
{
	const struct digest *legs = followed_call_legs(dialogs->followed, event->call);

	for (size_t i = 0; legs != NULL && i < FOLLOWED_LEGS; i++) {
		known_calls_find(dialogs->calls, &legs[i], event->time);
	}
}

/* One tick's way to the caller's handler. */
struct tick {
	struct dialogs *dialogs;
	event_handler *handler;
	void *context;
};

static void handle_due(void *context, const struct event *event)
{
	const struct tick *tick = context;

	if (event->kind == EVENT_CALL_STILL_UP) {
		keep_legs(tick->dialogs, event);
	}
	tick->handler(tick->context, event);
}

void dialogs_tick(struct dialogs *dialogs, instant now, event_handler *handler, void *context)
{
	struct tick tick = {dialogs, handler, context};

	followed_calls_tick(dialogs->followed, now, handle_due, &tick);
}

void dialogs_handle(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	dialogs_tick(dialogs, message->time, handler, context);
	if (message->is_request) {
		handle_request(dialogs, message, handler, context);
	} else if (message->method == SIP_METHOD_INVITE) {
		handle_answer(dialogs, message, handler, context);
	}
}
