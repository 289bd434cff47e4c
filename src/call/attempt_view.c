/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/attempt_view.h"

#include "pbxguard/call/destination.h"
#include "pbxguard/call/dial_plan.h"

#include <string.h>

#define NUMBER_TAIL 8 /* digits that a PBX leaves as they are when it changes what stands in front */

static struct number_marks marks_of(
	const struct digest_key *key, const struct dialed_number *number, struct text dialed)
{
	struct text digits = text_of(number->e164[0] != '\0' ? number->e164 : number->digits);
	struct number_marks marks = {0};

	if (text_is_empty(digits)) {
		digits = dialed; /* a name, not a number */
	}
	if (digits.size > NUMBER_TAIL) {
		digits = text_from(digits, digits.size - NUMBER_TAIL);
	}
	marks.tail = digest_text(key, digits);
	if (number->e164[0] != '\0') {
		text_to_number(text_of(number->e164 + 1), UINT64_MAX, &marks.e164);
	}
	return marks;
}

struct text attempt_view_name(struct text user, char *buffer, size_t buffer_size)
{
	text_decode_percent(user, buffer, buffer_size, &user);
	return text_trim(text_part(user, 0, text_find(user, ';')));
}

/* Which caller an INVITE speaks for: see struct event. */
static struct text caller_of(
	const struct sip_message *message, bool is_sent_by_pbx, char *buffer, size_t buffer_size)
{
	/* The PBX's credentials at its carrier name the trunk, not who calls. */
	bool has_account = !is_sent_by_pbx && !text_is_empty(message->authorization_user);

	return attempt_view_name(
		has_account ? message->authorization_user : message->from.uri.user, buffer, buffer_size);
}

/* Who forwarded or transferred the call here, as the INVITE tells. */
static void read_origin(struct attempt_view *view)
{
	const struct sip_message *message = view->message;
	struct text mover = message->diversion.uri.user;
	enum call_origin origin = CALL_ORIGIN_FORWARDED;

	if (text_is_empty(message->diversion.uri.whole)) {
		mover = message->referred_by.uri.user;
		origin = CALL_ORIGIN_TRANSFERRED;
	}
	if (text_is_empty(message->diversion.uri.whole) && text_is_empty(message->referred_by.uri.whole)) {
		/* With one entry it only says whom this INVITE calls. */
		mover = message->history_info.uri.user;
		origin = text_is_empty(mover) || text_equal(mover, message->request_uri.user)
				 ? CALL_ORIGIN_DIALLED
				 : CALL_ORIGIN_FORWARDED;
	}
	view->event.origin = origin;
	if (origin != CALL_ORIGIN_DIALLED) {
		view->event.moved_by = attempt_view_name(mover, view->moved_by, sizeof view->moved_by);
	}
}

/* The number that a trunk shows for its caller. */
static void read_trunk_caller(struct attempt_view *view, const struct dialog_context *context)
{
	const struct sip_message *message = view->message;
	const struct sip_party *shown = text_is_empty(message->asserted_identity.uri.user)
						? &message->from
						: &message->asserted_identity;
	struct dialed_number number;

	dial_plan_read(context->dial_plan, context->site, &shown->uri, true, &number);
	memcpy(view->caller_e164, number.e164, sizeof view->caller_e164);
	view->event.caller_e164 = text_of(view->caller_e164);
}

void attempt_view_begin(struct attempt_view *view, const struct dialog_context *context,
	const struct digest_key *key, const struct sip_message *message)
{
	const struct site *site = context->site;
	const struct address *source = &message->source.address, *destination = &message->destination.address;
	enum leg leg = site_leg(site, source, destination);

	*view = (struct attempt_view){
		.message = message, .is_sent_by_pbx = site_is_pbx(site, source), .event.leg = leg};
	dial_plan_read(context->dial_plan, site, &message->request_uri,
		leg == LEG_TRUNK_OUT || leg == LEG_TRUNK_IN, &view->number);
	view->marks = marks_of(key, &view->number, message->request_uri.user);
}

void attempt_view_fill(struct attempt_view *view, const struct dialog_context *context)
{
	const struct site *site = context->site;
	const struct sip_message *message = view->message;
	const struct address *source = &message->source.address, *destination = &message->destination.address;
	enum leg leg = view->event.leg;

	view->event = (struct event){
		.time = message->time,
		.call_id = message->call_id,
		.caller = caller_of(message, view->is_sent_by_pbx, view->caller, sizeof view->caller),
		.dialed = message->request_uri.user,
		.user_agent = message->user_agent,
		.leg = leg,
		/* What the PBX sends to a phone's network costs nothing, unless a carrier's gateway stands
		   there. */
		.is_outward = site_call_is_outward(site, source, destination) ||
			      (leg == LEG_EXTENSION && view->number.kind == NUMBER_INTERNATIONAL),
		.has_account = !view->is_sent_by_pbx && !text_is_empty(message->authorization_user),
		.source = message->source,
		.destination_endpoint = message->destination,
		.transport = message->transport,
		.number = &view->number,
		.oddities = message->oddities,
		.from_user =
			attempt_view_name(message->from.uri.user, view->from_user, sizeof view->from_user),
		.asserted_user = attempt_view_name(
			message->asserted_identity.uri.user, view->asserted_user, sizeof view->asserted_user),
	};
	read_origin(view);
	if (leg == LEG_TRUNK_IN) {
		read_trunk_caller(view, context);
	}
	view->is_judged = view->event.is_outward && view->number.kind == NUMBER_INTERNATIONAL;
	if (view->number.e164[0] != '\0') {
		view->event.destination =
			destination_find(context->destinations, text_of(view->number.e164 + 1));
	}
}

bool attempt_view_announced(struct attempt_view *view, const struct dialog_context *context,
	const struct digest_key *key, const struct sip_message *message, const struct sip_uri *target)
{
	*view = (struct attempt_view){.message = message,
		.event = {.time = message->time,
			.call_id = message->call_id,
			.source = message->source,
			.destination_endpoint = message->destination}};
	dial_plan_read(context->dial_plan, context->site, target, false, &view->number);
	if (view->number.kind == NUMBER_INTERNAL || text_is_empty(target->user)) {
		return false;
	}
	view->marks = marks_of(key, &view->number, target->user);
	return true;
}
