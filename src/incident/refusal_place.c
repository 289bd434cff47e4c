/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/refusal_place.h"

#include <assert.h>

static struct refusal_pbx *find_pbx(struct refusal_places *places, const struct address *address)
{
	for (size_t i = 0; i < places->pbx_count; i++) {
		if (address_equal(&places->pbxes[i].address, address)) {
			return &places->pbxes[i];
		}
	}
	return NULL;
}

static struct refusal_pbx *seen_least_lately(struct refusal_places *places)
{
	struct refusal_pbx *oldest = &places->pbxes[0];

	for (size_t i = 1; i < places->pbx_count; i++) {
		if (places->pbxes[i].joined < oldest->joined) {
			oldest = &places->pbxes[i];
		}
	}
	return oldest;
}

static struct refusal_pbx *find_or_add_pbx(struct refusal_places *places, const struct address *address)
{
	struct refusal_pbx *pbx = find_pbx(places, address);

	if (pbx == NULL) {
		pbx = places->pbx_count < REFUSAL_PLACE_PBXES ? &places->pbxes[places->pbx_count++]
							      : seen_least_lately(places);
		*pbx = (struct refusal_pbx){.address = *address};
	}
	return pbx;
}

void refusal_places_joined(struct refusal_places *places, const struct address *pbx, instant now)
{
	find_or_add_pbx(places, pbx)->joined = now;
}

static struct deferred_call *find_call(struct refusal_places *places, uint64_t call)
{
	assert(call != 0);
	for (size_t i = 0; i < REFUSAL_PLACE_CALLS; i++) {
		if (places->calls[i].call == call) {
			return &places->calls[i];
		}
	}
	return NULL;
}

bool refusal_places_is_deferred(const struct refusal_places *places, uint64_t call)
{
	bool found = false;

	for (size_t i = 0; i < REFUSAL_PLACE_CALLS; i++) {
		found = found || places->calls[i].call == call;
	}
	return found && call != 0;
}

static struct deferred_call *free_place(struct refusal_places *places)
{
	for (size_t i = 0; i < REFUSAL_PLACE_CALLS; i++) {
		if (places->calls[i].call == 0) {
			return &places->calls[i];
		}
	}
	return NULL;
}

/* A clock that was set back far is no reason to trust what was seen after it. */
static bool is_within(instant then, duration time, instant now)
{
	return instant_distance(then, now) <= (uint64_t)time;
}

bool refusal_places_defer(struct refusal_places *places, const struct address *pbx_address, uint64_t call,
	uint64_t number, uint64_t country, instant now)
{
	const struct refusal_pbx *pbx = find_pbx(places, pbx_address);

	if (refusal_places_is_deferred(places, call)) {
		return true;
	}
	if (pbx == NULL || pbx->joined == 0 || !is_within(pbx->joined, REFUSAL_PLACE_RECENT, now) ||
		now < pbx->fallback_until) {
		return false;
	}
	struct deferred_call *place = free_place(places);
	if (place == NULL) {
		return false;
	}
	places->pending++;
	*place = (struct deferred_call){
		.call = call, .pbx = *pbx_address, .number = number, .country = country, .since = now};
	return true;
}

uint64_t refusal_places_other_leg(
	const struct refusal_places *places, uint64_t number, uint64_t country, instant now)
{
	uint64_t to_country = 0;

	for (size_t i = 0; i < REFUSAL_PLACE_CALLS; i++) {
		const struct deferred_call *call = &places->calls[i];
		if (call->call == 0) {
			continue;
		}
		if (number != 0 && call->number == number) {
			return call->call;
		}
		if (country != 0 && call->country == country &&
			is_within(call->since, REFUSAL_PLACE_WAIT, now)) {
			to_country = call->call;
		}
	}
	return to_country;
}

static void forget(struct refusal_places *places, struct deferred_call *place)
{
	place->call = 0;
	places->pending--;
}

void refusal_places_settle(struct refusal_places *places, uint64_t call)
{
	struct deferred_call *place = find_call(places, call);

	if (place != NULL) {
		forget(places, place);
	}
}

void refusal_places_rang(struct refusal_places *places, uint64_t call)
{
	struct deferred_call *place = find_call(places, call);

	if (place != NULL) {
		place->has_rung = true;
	}
}

static void fall_back(struct refusal_places *places, const struct address *address, instant now)
{
	struct refusal_pbx *pbx = find_or_add_pbx(places, address);

	if (now < pbx->fallback_until) {
		return; /* deferred before; one slip tells no more than another */
	}
	if (pbx->fallback == 0 || !is_within(pbx->fallback_until, DAY, now)) {
		pbx->fallback = REFUSAL_PLACE_FALLBACK;
	} else {
		pbx->fallback = pbx->fallback >= DAY / 2 ? DAY : 2 * pbx->fallback;
	}
	pbx->fallback_until = now + pbx->fallback;
}

uint64_t refusal_places_slipped(struct refusal_places *places, instant now)
{
	for (size_t i = 0; places->pending > 0 && i < REFUSAL_PLACE_CALLS; i++) {
		struct deferred_call *place = &places->calls[i];
		uint64_t call = place->call;
		if (call == 0 || is_within(place->since, REFUSAL_PLACE_WAIT, now)) {
			continue;
		}
		if (place->has_rung) {
			forget(places, place);
			fall_back(places, &place->pbx, now);
			return call;
		}
		if (!is_within(place->since, REFUSAL_PLACE_PENDING, now)) {
			forget(places, place);
		}
	}
	return 0;
}
