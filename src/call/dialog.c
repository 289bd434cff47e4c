/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/dialog.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"

#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX                                                                                         \
	8 /* callers and numbers remembered of one Call-ID; more than that is an attack: counted anew */
#define NUMBER_TAIL 8 /* digits that a PBX leaves as they are when it changes what stands in front */
#define LEGS_MAX 8    /* first legs to one number that wait for their second */
#define JOINS_MAX 4   /* second legs of one first leg: a PBX tries another trunk when the first is busy */
#define WAITING_NUMBERS 4096 /* numbers with waiting legs */
#define LEG_CALL_ID_SIZE 128 /* bytes with the NUL */

/* What was dialled, as far as it is compared. Zero: none. */
struct number_marks {
	uint64_t tail; /* of the last digits, or of the whole string when it is short or no number */
	uint64_t e164;
};

/* One caller's attempt at one number. */
struct attempt {
	uint64_t caller;
	struct number_marks number;
};

struct call {
	uint64_t from_tag;
	uint32_t highest_cseq;
	bool ended; /* a BYE was seen: the next INVITE with this Call-ID is another call */
	uint8_t attempt_count;
	struct attempt attempts[ATTEMPTS_MAX];
};

/* A first leg that waits for the PBX's own. */
struct waiting_leg {
	instant time; /* 0: free */
	uint64_t e164;
	struct endpoint source, destination;
	bool is_international;
	uint8_t joins;
	char call_id[LEG_CALL_ID_SIZE];
};

struct waiting_legs {
	struct waiting_leg legs[LEGS_MAX];
};

struct dialogs {
	struct dialog_context context;
	struct counters *counters;
	struct digest_key key;
	struct table *calls;   /* by digest of the Call-ID */
	struct table *waiting; /* struct waiting_legs by number_marks.tail */
};

/* One INVITE outside a dialog, with all that is asked about it. */
struct attempt_view {
	const struct sip_message *message;
	bool is_sent_by_pbx;
	struct event event;
	struct dialed_number number;
	struct number_marks marks;
	char caller[CALLER_SIZE];
};

struct dialogs *dialogs_new(const struct dialog_context *context, struct counters *counters)
{
	static const struct table_shape calls = {
		.capacity = DIALOGS_MAX,
		.key_size = sizeof(struct digest),
		.value_size = sizeof(struct call),
		.lifetime = DIALOG_LIFETIME,
	};
	static const struct table_shape waiting = {
		.capacity = WAITING_NUMBERS,
		.key_size = sizeof(uint64_t),
		.value_size = sizeof(struct waiting_legs),
		.lifetime = DIALOG_JOIN_TIME,
	};
	struct dialogs *dialogs = calloc(1, sizeof *dialogs);

	if (dialogs == NULL) {
		return NULL;
	}
	*dialogs = (struct dialogs){
		.context = *context,
		.counters = counters,
		.key = digest_key_new(),
		.calls = table_new(&calls),
		.waiting = table_new(&waiting),
	};
	if (dialogs->calls == NULL || dialogs->waiting == NULL) {
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
	table_free(dialogs->calls);
	table_free(dialogs->waiting);
	free(dialogs);
}

void dialogs_configure(struct dialogs *dialogs, const struct dialog_context *context)
{
	dialogs->context = *context;
}

static uint64_t mark_of(const struct dialogs *dialogs, struct text text)
{
	return digest_short(&dialogs->key, text.size > 0 ? text.start : "", text.size);
}

struct text dialog_caller(
	const struct sip_message *message, bool is_sent_by_pbx, char *buffer, size_t buffer_size)
{
	/* The PBX's credentials at its carrier name the trunk, not who calls. */
	bool has_account = !is_sent_by_pbx && !text_is_empty(message->authorization_user);
	struct text caller = has_account ? message->authorization_user : message->from.uri.user;

	text_decode_percent(caller, buffer, buffer_size, &caller);
	return text_trim(text_part(caller, 0, text_find(caller, ';')));
}

static struct number_marks marks_of(
	const struct dialogs *dialogs, const struct dialed_number *number, struct text dialed)
{
	struct text digits = text_of(number->e164[0] != '\0' ? number->e164 : number->digits);
	struct number_marks marks = {0};

	if (text_is_empty(digits)) {
		digits = dialed; /* a name, not a number */
	}
	if (digits.size > NUMBER_TAIL) {
		digits = text_from(digits, digits.size - NUMBER_TAIL);
	}
	marks.tail = mark_of(dialogs, digits);
	marks.e164 = number->e164[0] != '\0' ? mark_of(dialogs, text_of(number->e164)) : 0;
	return marks;
}

/* The same number, also where one of the two is written in a way that tells no country. */
static bool marks_agree(struct number_marks a, struct number_marks b)
{
	return a.e164 != 0 && b.e164 != 0 ? a.e164 == b.e164 : a.tail == b.tail;
}

static void view_attempt(
	const struct dialogs *dialogs, const struct sip_message *message, struct attempt_view *view)
{
	const struct site *site = dialogs->context.site;
	const struct address *source = &message->source.address, *destination = &message->destination.address;
	enum leg leg = site_leg(site, source, destination);

	*view = (struct attempt_view){.message = message, .is_sent_by_pbx = site_is_pbx(site, source)};
	dial_plan_read(dialogs->context.dial_plan, site, &message->request_uri,
		leg == LEG_TRUNK_OUT || leg == LEG_TRUNK_IN, &view->number);
	view->marks = marks_of(dialogs, &view->number, message->request_uri.user);
	view->event = (struct event){
		.time = message->time,
		.call_id = message->call_id,
		.caller = dialog_caller(message, view->is_sent_by_pbx, view->caller, sizeof view->caller),
		.dialed = message->request_uri.user,
		.user_agent = message->user_agent,
		.leg = leg,
		.is_outward = site_call_is_outward(site, source, destination),
		.source = message->source,
		.destination_endpoint = message->destination,
		.transport = message->transport,
		.number = &view->number,
		.oddities = message->oddities,
	};
	if (view->number.e164[0] != '\0') {
		view->event.destination =
			destination_find(dialogs->context.destinations, text_of(view->number.e164 + 1));
	}
}

static struct attempt *find_attempt(struct call *call, uint64_t caller, struct number_marks marks)
{
	for (size_t i = 0; i < call->attempt_count; i++) {
		if (call->attempts[i].caller == caller && marks_agree(call->attempts[i].number, marks)) {
			return &call->attempts[i];
		}
	}
	return NULL;
}

static void add_attempt(struct call *call, uint64_t caller, struct number_marks marks)
{
	size_t index = call->attempt_count < ATTEMPTS_MAX ? call->attempt_count++ : ATTEMPTS_MAX - 1;

	call->attempts[index] = (struct attempt){.caller = caller, .number = marks};
}

/* The PBX, by the configuration or because it received the first leg. */
static bool is_sent_by_receiver(const struct attempt_view *view, const struct waiting_leg *first)
{
	const struct endpoint *source = &view->event.source;

	if (address_equal(&first->source.address, &first->destination.address)) {
		return endpoint_equal(source, &first->destination); /* all on one host: only the port tells */
	}
	return view->is_sent_by_pbx || address_equal(&source->address, &first->destination.address);
}

static bool can_be_second_leg(const struct attempt_view *view, const struct waiting_leg *first)
{
	return first->time != 0 && first->joins < JOINS_MAX && is_sent_by_receiver(view, first) &&
	       view->event.time - first->time <= DIALOG_JOIN_TIME &&
	       (first->e164 == 0 || view->marks.e164 == 0 || first->e164 == view->marks.e164);
}

/* The first leg that this INVITE continues: of several the one joined least often, of those the oldest. */
static struct waiting_leg *find_first_leg(struct dialogs *dialogs, const struct attempt_view *view)
{
	struct waiting_legs *waiting = table_find(dialogs->waiting, &view->marks.tail, view->event.time);
	struct waiting_leg *best = NULL;

	for (size_t i = 0; waiting != NULL && i < LEGS_MAX; i++) {
		struct waiting_leg *leg = &waiting->legs[i];
		if (can_be_second_leg(view, leg) &&
			(best == NULL || leg->joins < best->joins ||
				(leg->joins == best->joins && leg->time < best->time))) {
			best = leg;
		}
	}
	return best;
}

/*
 * What the PBX itself sends has no second leg. Where the phones' side is not seen each such leg is a call:
 * two at once to one number must not pass for one.
 */
static bool can_be_first_leg(const struct attempt_view *view)
{
	return !view->is_sent_by_pbx ||
	       address_equal(&view->event.source.address, &view->event.destination_endpoint.address);
}

static void wait_for_second_leg(struct dialogs *dialogs, const struct attempt_view *view)
{
	bool added;
	struct waiting_legs *waiting =
		table_find_or_add(dialogs->waiting, &view->marks.tail, view->event.time, &added);
	struct waiting_leg *oldest = &waiting->legs[0];

	for (size_t i = 1; i < LEGS_MAX; i++) {
		if (waiting->legs[i].time < oldest->time) {
			oldest = &waiting->legs[i];
		}
	}
	*oldest = (struct waiting_leg){
		.time = view->event.time,
		.e164 = view->marks.e164,
		.source = view->event.source,
		.destination = view->event.destination_endpoint,
		.is_international = view->number.kind == NUMBER_INTERNATIONAL,
	};
	text_copy(view->event.call_id, oldest->call_id, sizeof oldest->call_id);
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

/* An INVITE that no known attempt of this Call-ID explains. */
static void handle_new_attempt(
	struct dialogs *dialogs, struct attempt_view *view, event_handler *handler, void *context)
{
	struct waiting_leg *first = find_first_leg(dialogs, view);

	if (first != NULL) {
		first->joins++;
		counter_add(dialogs->counters, COUNTER_CALLS_JOINED, 1);
		/* The first leg may have told too little, "9" + number without site.outside_line: then this
		 * one counts. */
		bool tells_more = !first->is_international && view->number.kind == NUMBER_INTERNATIONAL;
		view->event.kind = tells_more ? EVENT_CALL_ATTEMPTED : EVENT_CALL_JOINED;
		view->event.joined_call_id = text_of(first->call_id);
		first->is_international = first->is_international || tells_more;
	} else {
		view->event.kind = EVENT_CALL_ATTEMPTED;
		count_call(dialogs, view);
		if (can_be_first_leg(view)) {
			wait_for_second_leg(dialogs, view);
		}
	}
	handler(context, &view->event);
}

static bool is_another_call(const struct call *call, const struct sip_message *message, uint64_t from_tag)
{
	return call->ended && (call->from_tag != from_tag || message->cseq > call->highest_cseq);
}

static struct digest call_key(const struct dialogs *dialogs, const struct sip_message *message)
{
	/* Without a Call-ID the start line has to do: a retransmission is the same, bytes for bytes. */
	struct text name = text_is_empty(message->call_id) ? message->request_uri.whole : message->call_id;

	return digest_long(&dialogs->key, name.size > 0 ? name.start : "", name.size);
}

static struct call *find_or_add_call(struct dialogs *dialogs, const struct sip_message *message)
{
	struct digest key = call_key(dialogs, message);
	uint64_t from_tag = mark_of(dialogs, message->from.tag);
	bool added;
	struct call *call = table_find_or_add(dialogs->calls, &key, message->time, &added);

	if (added || is_another_call(call, message, from_tag)) {
		*call = (struct call){0};
		counter_set(dialogs->counters, COUNTER_CALLS_EVICTED, table_figures(dialogs->calls).evicted);
	}
	call->from_tag = from_tag;
	call->highest_cseq = message->cseq > call->highest_cseq ? message->cseq : call->highest_cseq;
	return call;
}

static void handle_initial_invite(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	struct attempt_view view;
	struct call *call = find_or_add_call(dialogs, message);

	view_attempt(dialogs, message, &view);
	if (view.event.leg == LEG_EXTENSION && !view.event.is_outward) {
		return; /* the PBX rings a phone: the other leg of a call already counted, and it costs
			   nothing */
	}
	uint64_t from = mark_of(dialogs, message->from.uri.user);
	uint64_t caller = mark_of(dialogs, view.event.caller);
	struct attempt *by_from = find_attempt(call, from, view.marks);
	struct attempt *by_caller = find_attempt(call, caller, view.marks);

	if (by_from == NULL) {
		add_attempt(call, from, view.marks);
	}
	if (by_caller == NULL && caller != from) {
		add_attempt(call, caller, view.marks);
	}
	if (by_caller == NULL && by_from == NULL) {
		handle_new_attempt(dialogs, &view, handler, context);
	} else if (by_caller == NULL) {
		view.event.kind = EVENT_CALL_IDENTIFIED;
		handler(context, &view.event);
	}
}

static void handle_bye(struct dialogs *dialogs, const struct sip_message *message)
{
	struct digest key = call_key(dialogs, message);
	struct call *call = table_find(dialogs->calls, &key, message->time);

	if (call != NULL) {
		call->ended = true;
	}
}

void dialogs_handle(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	if (!message->is_request) {
		return;
	}
	if (message->method == SIP_METHOD_INVITE && text_is_empty(message->to.tag)) {
		if (text_is_empty(message->call_id) || text_is_empty(message->request_uri.whole)) {
			counter_add(dialogs->counters, COUNTER_UNREADABLE_INVITES, 1);
		}
		handle_initial_invite(dialogs, message, handler, context);
	} else if (message->method == SIP_METHOD_BYE) {
		handle_bye(dialogs, message);
	}
}
