/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/waiting_legs.h"

#include "pbxguard/base/table.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LEGS_MAX 8  /* first legs to one number that are looked at for their second */
#define JOINS_MAX 4 /* second legs of one first leg: a PBX tries another trunk when the first is busy */
#define CACHE_LINE 64
#define WAITING_LEGS USUAL_OR_FEW(8192, 4) /* in all, that wait at one time */

struct waiting_legs {
	struct counters *counters;
	struct table *latest; /* number of the latest leg, by number_marks.tail */
	/* A circle: legs are numbered from 1 as they come, and the oldest makes room. */
	uint64_t count;
	struct waiting_leg *legs;
};

size_t waiting_legs_memory(void)
{
	return WAITING_LEGS * sizeof(struct waiting_leg);
}

struct waiting_legs *waiting_legs_new(struct counters *counters)
{
	static const struct table_shape latest = {
		.capacity = WAITING_LEGS,
		.key_size = sizeof(uint64_t),
		.key_is_digest = true,
		.value_size = sizeof(uint64_t),
		.lifetime = WAITING_LEG_TIME,
	};
	struct waiting_legs *legs = calloc(1, sizeof *legs);

	if (legs == NULL) {
		return NULL;
	}
	*legs = (struct waiting_legs){
		.counters = counters,
		.latest = table_new(&latest),
		.legs = calloc(WAITING_LEGS, sizeof *legs->legs),
	};
	if (legs->latest == NULL || legs->legs == NULL) {
		waiting_legs_free(legs);
		return NULL;
	}
	return legs;
}

void waiting_legs_free(struct waiting_legs *legs)
{
	if (legs == NULL) {
		return;
	}
	table_free(legs->latest);
	free(legs->legs);
	free(legs);
}

void waiting_legs_prefetch(const struct waiting_legs *legs, const struct number_marks *marks)
{
	const char *next = (const char *)&legs->legs[(legs->count + 1) % WAITING_LEGS];

	table_prefetch(legs->latest, &marks->tail);
	for (size_t i = 0; i < offsetof(struct waiting_leg, moved_by); i += CACHE_LINE) {
		__builtin_prefetch(next + i, 1);
	}
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
static bool can_have_another(struct known_calls *calls, const struct waiting_leg *first, instant now)
{
	const struct known_call *last;

	if (first->joins == 0 || first->joins == JOINS_MAX) {
		return first->joins == 0;
	}
	last = known_calls_find(calls, &first->last_joined, now);
	return last != NULL && last->has_failed;
}

static bool can_be_next_leg(
	struct known_calls *calls, const struct attempt_view *view, const struct waiting_leg *first)
{
	duration apart = view->event.time - first->time;

	return apart >= -WAITING_LEG_TIME && apart <= WAITING_LEG_TIME &&
	       (first->e164 == 0 || view->marks.e164 == 0 || first->e164 == view->marks.e164) &&
	       is_sent_by_receiver(view, first) && can_have_another(calls, first, view->event.time);
}

/* NULL for 0, and when it made room for others. */
static struct waiting_leg *leg_at(struct waiting_legs *legs, uint64_t number)
{
	bool is_there = number > 0 && legs->count - number < WAITING_LEGS;

	return is_there ? &legs->legs[number % WAITING_LEGS] : NULL;
}

bool waiting_leg_is_announced(const struct waiting_leg *leg)
{
	return leg->origin != CALL_ORIGIN_DIALLED;
}

void waiting_leg_join(struct waiting_leg *leg, const struct digest *next)
{
	leg->joins++;
	leg->last_joined = *next;
}

/* Least often joined; of those, what was called rather than announced; of those the oldest. */
static bool is_rather_continued(const struct waiting_leg *leg, const struct waiting_leg *other)
{
	if (leg->joins != other->joins) {
		return leg->joins < other->joins;
	}
	if (waiting_leg_is_announced(leg) != waiting_leg_is_announced(other)) {
		return waiting_leg_is_announced(other);
	}
	return leg->time <= other->time;
}

struct waiting_leg *waiting_legs_find(
	struct waiting_legs *legs, struct known_calls *calls, const struct attempt_view *view, bool *is_only)
{
	const uint64_t *latest = table_find(legs->latest, &view->marks.tail, view->event.time);
	struct waiting_leg *leg = latest == NULL ? NULL : leg_at(legs, *latest), *best = NULL;
	size_t i, count = 0;

	for (i = 0; leg != NULL && i < LEGS_MAX; i++) {
		bool can_be = can_be_next_leg(calls, view, leg);
		count += can_be ? 1 : 0;
		if (can_be && (best == NULL || is_rather_continued(leg, best))) {
			best = leg;
		}
		leg = leg_at(legs, leg->number_before);
	}
	*is_only = count == 1 && i < LEGS_MAX;
	return best;
}

struct waiting_leg *waiting_legs_add(struct waiting_legs *legs, const struct attempt_view *view)
{
	bool added;
	uint64_t *latest = table_find_or_add(legs->latest, &view->marks.tail, view->event.time, &added);
	uint64_t number = ++legs->count;
	struct waiting_leg *leg = &legs->legs[number % WAITING_LEGS];

	if (number > WAITING_LEGS && view->event.time - leg->time <= WAITING_LEG_TIME) {
		counter_add(legs->counters, COUNTER_LEGS_EVICTED, 1);
	}
	memset(leg, 0, offsetof(struct waiting_leg, call_id));
	leg->number_before = *latest;
	leg->time = view->event.time;
	leg->e164 = view->marks.e164;
	leg->source = view->event.source;
	leg->destination = view->event.destination_endpoint;
	leg->is_sent_by_pbx = view->is_sent_by_pbx;
	leg->is_judged = view->is_judged;
	leg->leg = view->event.leg;
	leg->key = view->key;
	leg->followed = view->event.call;
	text_copy(view->event.call_id, leg->call_id, sizeof leg->call_id);
	leg->moved_by[0] = '\0';
	*latest = number;
	return leg;
}
