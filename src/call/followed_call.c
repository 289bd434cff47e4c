/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/followed_call.h"

#include "pbxguard/base/slot_queue.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_KEPT 128 /* bytes of a Call-ID, a name, a dialled string; longer ones are cut */

/* The texts of an event, kept. */
enum kept_text {
	KEPT_CALL_ID,
	KEPT_JOINED_CALL_ID,
	KEPT_CALLER,
	KEPT_DIALED,
	KEPT_USER_AGENT,
	KEPT_FROM_USER,
	KEPT_ASSERTED_USER,
	KEPT_CALLER_E164,
	KEPT_MOVED_BY,
	KEPT_COUNT
};

struct followed_call {
	uint64_t number;    /* 0: the slot is free */
	struct event event; /* its texts and number point below */
	struct dialed_number dialed_number;
	char texts[KEPT_COUNT][TEXT_KEPT];
	struct digest legs[FOLLOWED_LEGS]; /* the first and the latest */
	bool is_ringing;
	unsigned legs_up;
	enum call_end first_end; /* who hung up first, of several legs */
	instant heard;           /* when something was seen of it last */
	instant session_end;     /* when it is over unless it is refreshed; 0: no timer */
	instant still_up;        /* the next such event */
};

struct followed_calls {
	size_t capacity;
	duration max_age;
	struct counters *counters;
	uint64_t begun; /* calls ever */
	uint32_t used;  /* slots ever taken */
	uint32_t free_count;
	uint32_t *free_slots;
	struct followed_call *slots;
	struct slot_queue *due;  /* by time: still up, or an end to assume */
	struct slot_queue *ages; /* by when it was heard of last */
};

struct followed_calls *followed_calls_new(size_t memory, duration max_age, struct counters *counters)
{
	struct followed_calls *calls = calloc(1, sizeof *calls);
	/* A slot has its places in two queues and a list besides. */
	size_t capacity = memory / (sizeof(struct followed_call) + 64);

	if (calls == NULL) {
		return NULL;
	}
	capacity = capacity < FOLLOWED_MINIMUM ? FOLLOWED_MINIMUM : capacity;
	capacity = capacity > FOLLOWED_MAXIMUM ? FOLLOWED_MAXIMUM : capacity;
	*calls = (struct followed_calls){
		.capacity = capacity,
		.max_age = max_age,
		.counters = counters,
		.free_slots = calloc(capacity, sizeof *calls->free_slots),
		.slots = calloc(capacity, sizeof *calls->slots),
		.due = slot_queue_new(capacity),
		.ages = slot_queue_new(capacity),
	};
	if (calls->free_slots == NULL || calls->slots == NULL || calls->due == NULL || calls->ages == NULL) {
		followed_calls_free(calls);
		return NULL;
	}
	return calls;
}

void followed_calls_free(struct followed_calls *calls)
{
	if (calls == NULL) {
		return;
	}
	free(calls->free_slots);
	free(calls->slots);
	slot_queue_free(calls->due);
	slot_queue_free(calls->ages);
	free(calls);
}

void followed_calls_set_max_age(struct followed_calls *calls, duration max_age)
{
	calls->max_age = max_age;
}

/* ---- slots ---- */

static uint32_t slot_of(const struct followed_calls *calls, const struct followed_call *call)
{
	return (uint32_t)(call - calls->slots);
}

/* A number names its slot, and how many calls were begun before. */
static struct followed_call *find(const struct followed_calls *calls, uint64_t number)
{
	struct followed_call *call = &calls->slots[number % calls->capacity];

	return number != 0 && call->number == number ? call : NULL;
}

static void forget(struct followed_calls *calls, struct followed_call *call)
{
	uint32_t slot = slot_of(calls, call);

	slot_queue_remove(calls->due, slot);
	slot_queue_remove(calls->ages, slot);
	call->number = 0;
	calls->free_slots[calls->free_count++] = slot;
}

static uint32_t take_slot(struct followed_calls *calls)
{
	uint32_t slot;

	if (calls->free_count == 0 && calls->used < calls->capacity) {
		return calls->used++;
	}
	if (calls->free_count == 0 && slot_queue_top(calls->ages, &slot, NULL)) {
		forget(calls, &calls->slots[slot]);
		counter_add(calls->counters, COUNTER_CALLS_UNFOLLOWED, 1);
	}
	return calls->free_slots[--calls->free_count];
}

/* ---- time ---- */

static instant earlier(instant a, instant b)
{
	return a < b ? a : b;
}

/* When the call is over though nobody said so. */
static instant assumed_end(const struct followed_calls *calls, const struct followed_call *call)
{
	if (call->legs_up == 0) {
		return call->heard + FOLLOWED_RINGING;
	}
	instant oldest = call->event.answered + calls->max_age;
	return call->session_end == 0 ? oldest : earlier(oldest, call->session_end);
}

static void schedule(struct followed_calls *calls, struct followed_call *call)
{
	uint32_t slot = slot_of(calls, call);
	instant due = assumed_end(calls, call);

	if (call->legs_up > 0) {
		due = earlier(due, call->still_up);
	}
	slot_queue_put(calls->due, slot, (struct slot_key){due, call->number});
}

static void hear(struct followed_calls *calls, struct followed_call *call, instant now)
{
	if (now > call->heard) {
		call->heard = now;
	}
	slot_queue_put(calls->ages, slot_of(calls, call), (struct slot_key){call->heard, call->number});
	schedule(calls, call);
}

/* ---- events ---- */

static void keep(struct followed_call *call, enum kept_text which, struct text *text)
{
	char *place = call->texts[which];

	text_copy(*text, place, TEXT_KEPT);
	*text = (struct text){place, text->size < TEXT_KEPT ? text->size : TEXT_KEPT - 1};
}

static void keep_event(struct followed_call *call, const struct event *event)
{
	struct event *kept = &call->event;

	*kept = *event;
	call->dialed_number = *event->number;
	kept->number = &call->dialed_number;
	keep(call, KEPT_CALL_ID, &kept->call_id);
	keep(call, KEPT_JOINED_CALL_ID, &kept->joined_call_id);
	keep(call, KEPT_CALLER, &kept->caller);
	keep(call, KEPT_DIALED, &kept->dialed);
	keep(call, KEPT_USER_AGENT, &kept->user_agent);
	keep(call, KEPT_FROM_USER, &kept->from_user);
	keep(call, KEPT_ASSERTED_USER, &kept->asserted_user);
	keep(call, KEPT_CALLER_E164, &kept->caller_e164);
	keep(call, KEPT_MOVED_BY, &kept->moved_by);
}

uint64_t followed_call_begin(
	struct followed_calls *calls, const struct event *event, const struct digest *leg)
{
	uint32_t slot = take_slot(calls);
	struct followed_call *call = &calls->slots[slot];

	*call = (struct followed_call){
		.number = ++calls->begun * calls->capacity + slot, .heard = event->time, .legs = {*leg}};
	keep_event(call, event);
	call->event.call = call->number;
	call->event.attempted = event->time;
	call->event.answered = 0;
	hear(calls, call, event->time);
	return call->number;
}

const struct event *followed_call_event(const struct followed_calls *calls, uint64_t number)
{
	const struct followed_call *call = find(calls, number);

	return call == NULL ? NULL : &call->event;
}

void followed_call_identify(struct followed_calls *calls, uint64_t number, struct text caller)
{
	struct followed_call *call = find(calls, number);

	if (call != NULL) {
		call->event.caller = caller;
		call->event.has_account = true;
		keep(call, KEPT_CALLER, &call->event.caller);
	}
}

void followed_call_join(
	struct followed_calls *calls, uint64_t number, struct text call_id, const struct digest *leg)
{
	struct followed_call *call = find(calls, number);

	if (call != NULL) {
		call->legs[1] = *leg;
		call->event.joined_call_id = call_id;
		keep(call, KEPT_JOINED_CALL_ID, &call->event.joined_call_id);
	}
}

const struct digest *followed_call_legs(const struct followed_calls *calls, uint64_t number)
{
	const struct followed_call *call = find(calls, number);

	return call == NULL ? NULL : call->legs;
}

static void tell(const struct followed_call *call, enum event_kind kind, instant now, event_handler *handler,
	void *context)
{
	struct event event = call->event;

	event.kind = kind;
	event.time = now;
	if (kind == EVENT_CALL_STILL_UP || kind == EVENT_CALL_ENDED) {
		event.up = now > event.answered ? now - event.answered : 0;
	}
	if (kind == EVENT_CALL_ENDED) {
		event.ended_by = call->first_end;
	}
	handler(context, &event);
}

void followed_call_ring(
	struct followed_calls *calls, uint64_t number, instant now, event_handler *handler, void *context)
{
	struct followed_call *call = find(calls, number);

	if (call == NULL) {
		return;
	}
	hear(calls, call, now);
	if (!call->is_ringing && call->event.answered == 0) {
		call->is_ringing = true;
		tell(call, EVENT_CALL_RINGING, now, handler, context);
	}
}

static void set_session(struct followed_call *call, instant now, duration session)
{
	call->session_end = session > 0 ? now + session + FOLLOWED_GRACE : 0;
}

void followed_call_answer(struct followed_calls *calls, uint64_t number, instant now, duration session,
	event_handler *handler, void *context)
{
	struct followed_call *call = find(calls, number);

	if (call == NULL) {
		return;
	}
	call->legs_up++;
	set_session(call, now, session);
	if (call->event.answered == 0) {
		call->event.answered = now;
		call->still_up = now + CALL_STILL_UP_EVERY;
		counter_add(calls->counters, COUNTER_CALLS_ANSWERED, 1);
		tell(call, EVENT_CALL_ANSWERED, now, handler, context);
	}
	hear(calls, call, now);
}

void followed_call_refresh(struct followed_calls *calls, uint64_t number, instant now, duration session)
{
	struct followed_call *call = find(calls, number);

	if (call == NULL) {
		return;
	}
	if (session > 0) {
		set_session(call, now, session);
	}
	hear(calls, call, now);
}

/* Over without an answer. */
static void give_up(struct followed_calls *calls, struct followed_call *call, enum event_kind kind,
	instant now, event_handler *handler, void *context)
{
	tell(call, kind, now, handler, context);
	forget(calls, call);
}

void followed_call_refuse(struct followed_calls *calls, uint64_t number, instant now, uint16_t status,
	event_handler *handler, void *context)
{
	struct followed_call *call = find(calls, number);

	if (call != NULL && call->legs_up == 0) {
		call->event.status = status;
		give_up(calls, call, EVENT_CALL_REFUSED, now, handler, context);
	}
}

void followed_call_cancel(
	struct followed_calls *calls, uint64_t number, instant now, event_handler *handler, void *context)
{
	struct followed_call *call = find(calls, number);

	if (call != NULL && call->legs_up == 0) {
		give_up(calls, call, EVENT_CALL_CANCELLED, now, handler, context);
	}
}

static void end(struct followed_calls *calls, struct followed_call *call, instant now, enum call_end by,
	event_handler *handler, void *context)
{
	if (call->first_end == CALL_END_NONE) {
		call->first_end = by;
	}
	counter_add(calls->counters, COUNTER_CALLS_ENDED, 1);
	if (by == CALL_END_ASSUMED) {
		counter_add(calls->counters, COUNTER_CALLS_END_ASSUMED, 1);
	}
	tell(call, EVENT_CALL_ENDED, now, handler, context);
	forget(calls, call);
}

void followed_call_hang_up(struct followed_calls *calls, uint64_t number, instant now, enum call_end by,
	event_handler *handler, void *context)
{
	struct followed_call *call = find(calls, number);

	if (call == NULL || call->legs_up == 0) {
		return;
	}
	if (call->first_end == CALL_END_NONE) {
		call->first_end = by;
	}
	call->legs_up--;
	if (call->legs_up == 0) {
		end(calls, call, now, by, handler, context);
	} else {
		hear(calls, call, now);
	}
}

static void meet(struct followed_calls *calls, struct followed_call *call, instant due,
	event_handler *handler, void *context)
{
	if (call->legs_up == 0) {
		give_up(calls, call, EVENT_CALL_CANCELLED, due, handler, context);
	} else if (due >= assumed_end(calls, call)) {
		call->first_end = CALL_END_ASSUMED;
		end(calls, call, due, CALL_END_ASSUMED, handler, context);
	} else {
		call->still_up += CALL_STILL_UP_EVERY;
		schedule(calls, call);
		tell(call, EVENT_CALL_STILL_UP, due, handler, context);
	}
}

void followed_calls_tick(struct followed_calls *calls, instant now, event_handler *handler, void *context)
{
	struct slot_key due;
	uint32_t slot;

	while (slot_queue_top(calls->due, &slot, &due) && due.first <= now) {
		meet(calls, &calls->slots[slot], due.first, handler, context);
	}
}
