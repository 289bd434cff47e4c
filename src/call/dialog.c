/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/dialog.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"
#include "pbxguard/call/followed_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX                                                                                         \
	8 /* callers and numbers remembered of one Call-ID; more than that is an attack: counted anew */
#define NUMBER_TAIL 8 /* digits that a PBX leaves as they are when it changes what stands in front */
#define LEGS_MAX 8    /* first legs to one number that are looked at for their second */
#define JOINS_MAX 4   /* second legs of one first leg: a PBX tries another trunk when the first is busy */
#define WAITING_LEGS USUAL_OR_FEW(8192, 4) /* in all, that wait at one time */
#define LEG_CALL_ID_SIZE 128               /* bytes with the NUL */
#define BRANCHES_MAX 4                     /* of a forked call that answer; more are taken for one */

/* What was dialled, as far as it is compared. Zero: none. */
struct number_marks {
	uint64_t tail; /* of the last digits, or of the whole string when it is short or no number */
	uint64_t e164; /* the number itself */
};

/* One caller's attempt at one number. */
struct attempt {
	uint64_t caller;
	struct number_marks number;
	bool is_judged; /* it was outward and abroad: the rules have seen it */
};

struct call {
	uint64_t source, from_tag, branch; /* of its latest INVITE outside a dialog */
	bool is_challenged;                /* 401 or 407 since then: the next INVITE is the same call */
	bool has_failed;                   /* another final refusal since then */
	bool has_account;                  /* some INVITE of it came with credentials */
	bool has_ended;                    /* a BYE: the next INVITE is another call */
	bool is_first_leg;                 /* its refusal or CANCEL ends the call, not only this leg */
	bool is_refused;                   /* by us */
	uint64_t followed;                 /* its number there; 0: none */
	uint8_t branch_count;              /* that answered and are up */
	uint8_t attempt_count;
	uint32_t deferred; /* when it was let by to be refused on its next leg, in seconds; 0: it was not */
	uint64_t branches[BRANCHES_MAX]; /* their To tags */
	struct attempt attempts[ATTEMPTS_MAX];
};

/* A leg that waits for the next one, which its receiver sends. */
struct waiting_leg {
	uint64_t number_before; /* of the leg before it to the same number; 0: none */
	instant time;
	uint64_t e164;
	struct endpoint source, destination;
	bool is_sent_by_pbx;
	bool is_judged; /* as in struct attempt */
	enum leg leg;
	struct digest key; /* of its call */
	uint8_t joins;
	struct digest last_joined; /* the key of the call that joined last */
	uint64_t followed;         /* the call's number there; 0: none */
	enum call_origin
		origin; /* of the leg that is waited for: another than DIALLED after a REFER or 302 */
	char moved_by[CALLER_SIZE]; /* who sent these */
	char call_id[LEG_CALL_ID_SIZE];
};

struct dialogs {
	struct dialog_context context;
	struct counters *counters;
	struct digest_key key;
	struct table *calls; /* by digest of the Call-ID */
	struct followed_calls *followed;
	struct table *waiting; /* number of the latest waiting leg, by number_marks.tail */
	/* A circle: legs are numbered from 1 as they come, and the oldest makes room. */
	uint64_t leg_count;
	struct waiting_leg *legs;
};

/* One INVITE outside a dialog, with all that is asked about it. */
struct attempt_view {
	const struct sip_message *message;
	bool is_sent_by_pbx;
	bool is_judged; /* outward and abroad: what the rules look at */
	struct digest key;
	struct event event;
	struct dialed_number number;
	struct number_marks marks;
	char caller[CALLER_SIZE], from_user[CALLER_SIZE], asserted_user[CALLER_SIZE], moved_by[CALLER_SIZE];
	char caller_e164[E164_SIZE];
};

/* The waiting legs, which are few, take their part of the memory too. */
static size_t calls_in(size_t memory, const struct table_shape *shape)
{
	size_t legs = WAITING_LEGS * sizeof(struct waiting_leg);
	size_t calls = memory > legs ? (memory - legs) / table_entry_size(shape) : 0;

	return calls < DIALOGS_MINIMUM ? DIALOGS_MINIMUM : calls;
}

struct dialogs *dialogs_new(const struct dialog_context *context, size_t memory, struct counters *counters)
{
	struct table_shape calls = {
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = sizeof(struct call),
		.lifetime = DIALOG_LIFETIME,
	};
	static const struct table_shape waiting = {
		.capacity = WAITING_LEGS,
		.key_size = sizeof(uint64_t),
		.key_is_digest = true,
		.value_size = sizeof(uint64_t),
		.lifetime = DIALOG_JOIN_TIME,
	};
	struct dialogs *dialogs = calloc(1, sizeof *dialogs);

	if (dialogs == NULL) {
		return NULL;
	}
	size_t followed = memory / 3;
	calls.capacity = calls_in(memory - followed, &calls);
	*dialogs = (struct dialogs){
		.context = *context,
		.counters = counters,
		.key = digest_key_new(),
		.calls = table_new(&calls),
		.waiting = table_new(&waiting),
		.legs = calloc(WAITING_LEGS, sizeof *dialogs->legs),
		.followed = followed_calls_new(followed, context->max_age, counters),
	};
	if (dialogs->calls == NULL || dialogs->waiting == NULL || dialogs->legs == NULL ||
		dialogs->followed == NULL) {
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
	free(dialogs->legs);
	followed_calls_free(dialogs->followed);
	free(dialogs);
}

void dialogs_configure(struct dialogs *dialogs, const struct dialog_context *context)
{
	dialogs->context = *context;
	followed_calls_set_max_age(dialogs->followed, context->max_age);
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
	if (number->e164[0] != '\0') {
		text_to_number(text_of(number->e164 + 1), UINT64_MAX, &marks.e164);
	}
	return marks;
}

/* The same number, also where one of the two is written in a way that tells no country. */
static bool marks_agree(struct number_marks a, struct number_marks b)
{
	return a.e164 != 0 && b.e164 != 0 ? a.e164 == b.e164 : a.tail == b.tail;
}

/* A user part as a name to show and compare: decoded, without parameters. Borrows the message or buffer. */
static struct text name_of(struct text user, char *buffer, size_t buffer_size)
{
	text_decode_percent(user, buffer, buffer_size, &user);
	return text_trim(text_part(user, 0, text_find(user, ';')));
}

/* Who forwarded or transferred the call here, as the INVITE tells. */
static void view_origin(const struct sip_message *message, struct attempt_view *view)
{
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
		view->event.moved_by = name_of(mover, view->moved_by, sizeof view->moved_by);
	}
}

/* The number that a trunk shows for its caller. */
static void view_trunk_caller(
	const struct dialogs *dialogs, const struct sip_message *message, struct attempt_view *view)
{
	const struct sip_party *shown = text_is_empty(message->asserted_identity.uri.user)
						? &message->from
						: &message->asserted_identity;
	struct dialed_number number;

	dial_plan_read(dialogs->context.dial_plan, dialogs->context.site, &shown->uri, true, &number);
	memcpy(view->caller_e164, number.e164, sizeof view->caller_e164);
	view->event.caller_e164 = text_of(view->caller_e164);
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
	table_prefetch(dialogs->waiting, &view->marks.tail);
	view->event = (struct event){
		.time = message->time,
		.call_id = message->call_id,
		.caller = dialog_caller(message, view->is_sent_by_pbx, view->caller, sizeof view->caller),
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
		.from_user = name_of(message->from.uri.user, view->from_user, sizeof view->from_user),
		.asserted_user = name_of(
			message->asserted_identity.uri.user, view->asserted_user, sizeof view->asserted_user),
	};
	view_origin(message, view);
	if (leg == LEG_TRUNK_IN) {
		view_trunk_caller(dialogs, message, view);
	}
	view->is_judged = view->event.is_outward && view->number.kind == NUMBER_INTERNATIONAL;
	if (view->number.e164[0] != '\0') {
		view->event.destination =
			destination_find(dialogs->context.destinations, text_of(view->number.e164 + 1));
	}
}

static struct attempt *find_attempt(struct call *call, uint64_t caller, const struct attempt_view *view)
{
	for (size_t i = 0; i < call->attempt_count; i++) {
		struct attempt *attempt = &call->attempts[i];
		/* One that no rule has seen, from the carrier say, does not hide one that costs money. */
		if (attempt->caller == caller && marks_agree(attempt->number, view->marks) &&
			(attempt->is_judged || !view->is_judged)) {
			return attempt;
		}
	}
	return NULL;
}

static void add_attempt(struct call *call, uint64_t caller, const struct attempt_view *view)
{
	size_t index = call->attempt_count < ATTEMPTS_MAX ? call->attempt_count++ : ATTEMPTS_MAX - 1;

	call->attempts[index] =
		(struct attempt){.caller = caller, .number = view->marks, .is_judged = view->is_judged};
}

/* The PBX, by the configuration or because it received the leg before. */
static bool is_sent_by_receiver(const struct attempt_view *view, const struct waiting_leg *first)
{
	const struct endpoint *source = &view->event.source;

	if (address_equal(&first->source.address, &first->destination.address)) {
		return endpoint_equal(source, &first->destination); /* all on one host: only the port tells */
	}
	/* What the PBX sends goes on only beyond its receiver: where the phones' side is not seen, two of its
	 * legs to one number are two calls. */
	return (view->is_sent_by_pbx && !first->is_sent_by_pbx) ||
	       address_equal(&source->address, &first->destination.address);
}

/* A PBX tries another trunk when one refuses: only then does a leg have more than one after it. */
static bool can_have_another(struct dialogs *dialogs, const struct waiting_leg *first, instant now)
{
	const struct call *last;

	if (first->joins == 0 || first->joins == JOINS_MAX) {
		return first->joins == 0;
	}
	last = table_find(dialogs->calls, &first->last_joined, now);
	return last != NULL && last->has_failed;
}

static bool can_be_next_leg(
	struct dialogs *dialogs, const struct attempt_view *view, const struct waiting_leg *first)
{
	duration apart = view->event.time - first->time;

	return apart >= -DIALOG_JOIN_TIME && apart <= DIALOG_JOIN_TIME &&
	       (first->e164 == 0 || view->marks.e164 == 0 || first->e164 == view->marks.e164) &&
	       is_sent_by_receiver(view, first) && can_have_another(dialogs, first, view->event.time);
}

/* NULL for 0, and when it made room for others. */
static struct waiting_leg *leg_at(struct dialogs *dialogs, uint64_t number)
{
	bool is_there = number > 0 && dialogs->leg_count - number < WAITING_LEGS;

	return is_there ? &dialogs->legs[number % WAITING_LEGS] : NULL;
}

/* Not a leg, but a REFER or 302: it says what is called next. */
static bool is_announced(const struct waiting_leg *leg)
{
	return leg->origin != CALL_ORIGIN_DIALLED;
}

/* Least often joined; of those, what was called rather than announced; of those the oldest. */
static bool is_rather_continued(const struct waiting_leg *leg, const struct waiting_leg *other)
{
	if (leg->joins != other->joins) {
		return leg->joins < other->joins;
	}
	if (is_announced(leg) != is_announced(other)) {
		return is_announced(other);
	}
	return leg->time <= other->time;
}

/* The leg that this INVITE continues. */
static struct waiting_leg *find_first_leg(
	struct dialogs *dialogs, const struct attempt_view *view, bool *is_only)
{
	const uint64_t *latest = table_find(dialogs->waiting, &view->marks.tail, view->event.time);
	struct waiting_leg *leg = latest == NULL ? NULL : leg_at(dialogs, *latest), *best = NULL;
	size_t i, count = 0;

	for (i = 0; leg != NULL && i < LEGS_MAX; i++) {
		bool can_be = can_be_next_leg(dialogs, view, leg);
		count += can_be ? 1 : 0;
		if (can_be && (best == NULL || is_rather_continued(leg, best))) {
			best = leg;
		}
		leg = leg_at(dialogs, leg->number_before);
	}
	*is_only = count == 1 && i < LEGS_MAX;
	return best;
}

static struct waiting_leg *wait_for_next_leg(struct dialogs *dialogs, const struct attempt_view *view)
{
	bool added;
	uint64_t *latest = table_find_or_add(dialogs->waiting, &view->marks.tail, view->event.time, &added);
	uint64_t number = ++dialogs->leg_count;
	struct waiting_leg *leg = &dialogs->legs[number % WAITING_LEGS];

	if (number > WAITING_LEGS && view->event.time - leg->time <= DIALOG_JOIN_TIME) {
		counter_add(dialogs->counters, COUNTER_LEGS_EVICTED, 1);
	}
	*leg = (struct waiting_leg){
		.number_before = *latest,
		.time = view->event.time,
		.e164 = view->marks.e164,
		.source = view->event.source,
		.destination = view->event.destination_endpoint,
		.is_sent_by_pbx = view->is_sent_by_pbx,
		.is_judged = view->is_judged,
		.leg = view->event.leg,
		.key = view->key,
		.followed = view->event.call,
	};
	text_copy(view->event.call_id, leg->call_id, sizeof leg->call_id);
	*latest = number;
	return leg;
}

/* What costs money abroad, and what comes in by a trunk: it may be the beginning of such. */
static bool is_followed(const struct attempt_view *view)
{
	return view->is_judged || view->event.leg == LEG_TRUNK_IN;
}

static void follow(struct dialogs *dialogs, struct call *call, struct attempt_view *view)
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
	const struct call *call = leg->leg == LEG_OUTSIDE ? table_find(dialogs->calls, &leg->key, now) : NULL;

	return call != NULL && !call->has_account;
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
static void join(
	struct dialogs *dialogs, struct call *call, struct attempt_view *view, struct waiting_leg *first)
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
static void handle_new_attempt(struct dialogs *dialogs, struct call *call, struct attempt_view *view,
	event_handler *handler, void *context)
{
	struct waiting_leg *first = find_first_leg(dialogs, view, &view->event.is_joined_surely);
	char first_call_id[LEG_CALL_ID_SIZE]; /* the place may be needed for this leg */

	if (first == NULL) {
		view->event.kind = EVENT_CALL_ATTEMPTED;
		count_call(dialogs, view);
		follow(dialogs, call, view);
	} else {
		memcpy(first_call_id, first->call_id, sizeof first_call_id);
		view->event.is_from_stranger = is_strangers(dialogs, first, view->event.time);
		view->event.joined_call_id = text_of(first_call_id);
		take_origin(view, first);
		first->joins++;
		first->last_joined = view->key;
		if (is_announced(first)) {
			count_call(dialogs, view);
		} else {
			counter_add(dialogs->counters, COUNTER_CALLS_JOINED, 1);
		}
		/* The leg before may have told nothing: a call from the carrier that the PBX sends abroad, or
		 * "9" + number without site.outside_line. Then this one counts. */
		if (is_announced(first) || (view->is_judged && !first->is_judged)) {
			view->event.kind = EVENT_CALL_ATTEMPTED;
			follow(dialogs, call, view);
		} else {
			join(dialogs, call, view, first);
		}
	}
	wait_for_next_leg(dialogs, view);
	handler(context, &view->event);
}

/*
 * Is this INVITE with a known Call-ID another call? After a BYE, unless it is the old INVITE again (same
 * branch). Before one, when the same sender uses another tag though nobody asked it to try again; or another
 * branch when it was answered: what belongs to that call has a To tag then (RFC 3261 §12.2.1.1).
 */
static bool is_another_call(const struct call *call, const struct call *now)
{
	if (call->has_ended) {
		return call->branch != now->branch;
	}
	if (call->branch_count > 0 && call->source == now->source && call->branch != now->branch) {
		return true;
	}
	return call->source == now->source && call->from_tag != now->from_tag && !call->is_challenged;
}

static struct digest call_key(const struct dialogs *dialogs, const struct sip_message *message)
{
	char text[2 * ENDPOINT_TEXT_SIZE + 1024];
	char source[ENDPOINT_TEXT_SIZE];

	if (!text_is_empty(message->call_id) && (message->oddities & SIP_ODD_REPEATED) == 0) {
		return digest_long(&dialogs->key, message->call_id.start, message->call_id.size);
	}
	/* Without a Call-ID, or with two, of which the PBX may take the other: only a retransmission is the
	 * same. */
	int size = snprintf(text, sizeof text, "%s %.*s %.*s %.*s", endpoint_format(&message->source, source),
		TEXT_PRINT(text_part(message->via_branch, 0, 256)),
		TEXT_PRINT(text_part(message->from.tag, 0, 256)),
		TEXT_PRINT(text_part(message->request_uri.whole, 0, 256)));
	return digest_long(&dialogs->key, text, (size_t)size);
}

/* IPv4 addresses are their own marks. */
static uint64_t source_mark(const struct dialogs *dialogs, const struct address *source)
{
	uint32_t ipv4;

	if (source->family != ADDRESS_IPV4) {
		return digest_short(&dialogs->key, source->bytes, sizeof source->bytes);
	}
	memcpy(&ipv4, source->bytes, sizeof ipv4);
	return ipv4;
}

static struct call *find_or_add_call(
	struct dialogs *dialogs, const struct sip_message *message, const struct digest *key)
{
	const struct call now = {
		.source = source_mark(dialogs, &message->source.address),
		.from_tag = mark_of(dialogs, message->from.tag),
		.branch = mark_of(dialogs, message->via_branch),
	};
	bool added;
	struct call *call = table_find_or_add(dialogs->calls, key, message->time, &added);

	if (added || is_another_call(call, &now)) {
		*call = (struct call){0};
		counter_set(dialogs->counters, COUNTER_CALLS_EVICTED, table_figures(dialogs->calls).evicted);
	}
	if (call->branch != now.branch ||
		call->from_tag !=
			now.from_tag) { /* no retransmission: what was answered before is done with */
		call->is_challenged = call->has_failed = call->has_ended = false;
	}
	call->source = now.source;
	call->from_tag = now.from_tag;
	call->branch = now.branch;
	return call;
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

static void handle_initial_invite(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	struct digest key = call_key(dialogs, message);
	struct attempt_view view;

	table_prefetch(dialogs->calls, &key);
	view_attempt(dialogs, message, &view);
	if (rings_a_phone(&view)) {
		return;
	}
	count_if_unreadable(dialogs, message);
	view.key = key;
	struct call *call = find_or_add_call(dialogs, message, &view.key);
	call->has_account = call->has_account || view.event.has_account;
	uint64_t from = mark_of(dialogs, message->from.uri.user);
	/* A stranger's From proves nothing; the account that he then names is another thing, of the same name
	 * too. */
	bool is_named_by_stranger = view.event.leg == LEG_OUTSIDE && view.event.has_account;
	bool is_from = text_equal(view.event.caller, message->from.uri.user);
	uint64_t caller = (is_from ? from : mark_of(dialogs, view.event.caller)) + is_named_by_stranger;
	bool is_from_known = find_attempt(call, from, &view) != NULL;
	bool is_caller_known = find_attempt(call, caller, &view) != NULL;

	if (!is_from_known) {
		add_attempt(call, from, &view);
	}
	if (!is_caller_known && caller != from) {
		add_attempt(call, caller, &view);
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

static struct call *find_call(struct dialogs *dialogs, const struct sip_message *message)
{
	struct digest key = call_key(dialogs, message);

	return table_find(dialogs->calls, &key, message->time);
}

/*
 * The same INVITE again, or with credentials when such were asked for. In a transaction of its own it is
 * another call, for which the PBX makes another next leg.
 */
static bool repeats_deferred(
	const struct dialogs *dialogs, const struct call *call, const struct sip_message *invite)
{
	return call->source == source_mark(dialogs, &invite->source.address) &&
	       (call->is_challenged || call->branch == mark_of(dialogs, invite->via_branch)) &&
	       instant_distance(call->deferred * SECOND, invite->time) <= DIALOG_REPETITION_TIME;
}

void dialogs_refused(struct dialogs *dialogs, const struct sip_message *invite, bool is_deferred)
{
	struct call *call = find_call(dialogs, invite);

	if (call == NULL) {
		return;
	}
	if (is_deferred) {
		call->deferred = (uint32_t)(invite->time / SECOND);
	} else {
		call->is_refused = true;
	}
}

void dialogs_retried(struct dialogs *dialogs, const struct sip_message *invite)
{
	struct call *call = text_is_empty(invite->to.tag) ? find_call(dialogs, invite) : NULL;

	if (call != NULL &&
		(call->is_refused || (call->deferred != 0 && !repeats_deferred(dialogs, call, invite)))) {
		*call = (struct call){0};
	}
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
	struct call *call = text_is_empty(message->to.tag) ? NULL : find_call(dialogs, message);

	if (call == NULL) {
		handle_initial_invite(dialogs, message, handler, context);
	} else {
		followed_call_refresh(dialogs->followed, call->followed, message->time, session_of(message));
	}
}

/* ---- what comes of a call ---- */

static size_t find_branch(const struct call *call, uint64_t tag)
{
	size_t i = 0;

	while (i < call->branch_count && call->branches[i] != tag) {
		i++;
	}
	return i;
}

/* A 2xx: of a forked call each branch may send one (RFC 3261 §13.2.2.4); of a re-INVITE it is known. */
static void handle_success(struct dialogs *dialogs, struct call *call, const struct sip_message *message,
	event_handler *handler, void *context)
{
	uint64_t tag = mark_of(dialogs, message->to.tag);

	if (find_branch(call, tag) < call->branch_count || call->branch_count == BRANCHES_MAX) {
		followed_call_refresh(dialogs->followed, call->followed, message->time, session_of(message));
		return;
	}
	call->branches[call->branch_count++] = tag;
	if (call->branch_count == 1 && !call->has_ended) {
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

static void handle_refusal(struct dialogs *dialogs, struct call *call, const struct sip_message *message,
	event_handler *handler, void *context)
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
	struct attempt_view view = {.message = message,
		.event = {.time = message->time,
			.call_id = message->call_id,
			.source = message->source,
			.destination_endpoint = message->destination}};
	char buffer[CALLER_SIZE];

	dial_plan_read(dialogs->context.dial_plan, dialogs->context.site, target, false, &view.number);
	if (view.number.kind == NUMBER_INTERNAL || text_is_empty(target->user)) {
		return;
	}
	view.marks = marks_of(dialogs, &view.number, target->user);
	struct waiting_leg *leg = wait_for_next_leg(dialogs, &view);
	leg->origin = origin;
	text_copy(name_of(mover, buffer, sizeof buffer), leg->moved_by, sizeof leg->moved_by);
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
	struct call *call = find_call(dialogs, message);
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
	struct call *call = find_call(dialogs, message);

	if (call == NULL) {
		return;
	}
	bool is_callers = mark_of(dialogs, message->from.tag) == call->from_tag;
	size_t branch = find_branch(call, mark_of(dialogs, is_callers ? message->to.tag : message->from.tag));
	bool was_up = call->branch_count > 0;

	if (branch < call->branch_count) {
		call->branches[branch] = call->branches[--call->branch_count];
	}
	if (call->branch_count == 0) {
		call->has_ended = true;
	}
	if (was_up && call->has_ended) {
		followed_call_hang_up(dialogs->followed, call->followed, message->time,
			is_callers ? CALL_END_CALLER : CALL_END_CALLED, handler, context);
	}
}

static void handle_cancel(
	struct dialogs *dialogs, const struct sip_message *message, event_handler *handler, void *context)
{
	const struct call *call = find_call(dialogs, message);

	if (call != NULL && call->is_first_leg) {
		followed_call_cancel(dialogs->followed, call->followed, message->time, handler, context);
	}
}

/* RFC 3311: the other way to refresh a session. */
static void handle_update(struct dialogs *dialogs, const struct sip_message *message)
{
	const struct call *call = find_call(dialogs, message);

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
		table_find(dialogs->calls, &legs[i], event->time);
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
