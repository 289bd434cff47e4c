/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/decision_call.h"

static void fill_number(const struct event *event, struct decision_call *call)
{
	char stripped[STRIPPED_TEXT_SIZE];

	text_make_safe(text_of(event->number->e164), call->number, sizeof call->number);
	text_make_safe(text_of(dialed_number_stripped(event->number, stripped)), call->stripped,
		sizeof call->stripped);
	call->by_foreign_prefix = event->number->by_foreign_prefix;
	if (event->destination != NULL) {
		text_make_safe(text_of(event->destination->country), call->country, sizeof call->country);
		text_make_safe(
			text_of(event->destination->name), call->country_name, sizeof call->country_name);
		text_make_safe(text_of(event->destination->prefix), call->prefix, sizeof call->prefix);
	}
}

void decision_call_of(const struct event *event, struct decision_call *call)
{
	*call = (struct decision_call){
		.is_known = true,
		.leg = event->leg,
		.source = event->source,
		.destination = event->destination_endpoint,
		.transport = event->transport,
	};
	text_make_safe(event->caller, call->caller, sizeof call->caller);
	text_make_safe(event->dialed, call->dialed, sizeof call->dialed);
	text_make_safe(event->call_id, call->call_id, sizeof call->call_id);
	text_make_safe(event->joined_call_id, call->other_call_id, sizeof call->other_call_id);
	text_make_safe(event->user_agent, call->user_agent, sizeof call->user_agent);
	fill_number(event, call);
}
