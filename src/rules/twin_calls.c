/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/twin_calls.h"

#include <stdio.h>

/* The ring's next place, emptied. */
static struct twin_call *next(struct twin_call ring[static TWIN_CALLS_MAX], size_t *count)
{
	struct twin_call *place = &ring[(*count)++ % TWIN_CALLS_MAX];

	*place = (struct twin_call){0};
	return place;
}

static struct twin_call *find(struct twin_call ring[static TWIN_CALLS_MAX], uint64_t call)
{
	for (size_t i = 0; i < TWIN_CALLS_MAX && call != 0; i++) {
		if (ring[i].call == call) {
			return &ring[i];
		}
	}
	return NULL;
}

void twin_calls_add_own(struct twin_calls *calls, uint64_t call, instant began)
{
	if (find(calls->own, call) == NULL) {
		struct twin_call *own = next(calls->own, &calls->own_count);
		own->call = call;
		own->began = began;
	}
}

void twin_calls_add_inbound(struct twin_calls *calls, uint64_t call, instant began, const char *number)
{
	if (find(calls->inbound, call) == NULL) {
		struct twin_call *inbound = next(calls->inbound, &calls->inbound_count);
		inbound->call = call;
		inbound->began = began;
		snprintf(inbound->inbound, sizeof inbound->inbound, "%s", number);
	}
}

/* Zero is "not yet". */
static bool is_together(instant a, instant b)
{
	return a != 0 && b != 0 && a - b <= TWIN_CALLS_TOGETHER && b - a <= TWIN_CALLS_TOGETHER;
}

static bool is_twin(const struct twin_call *own, const struct twin_call *inbound)
{
	bool lives_with_it =
		inbound->began <= own->began && (inbound->ended == 0 || inbound->ended >= own->began);

	return lives_with_it &&
	       (is_together(own->answered, inbound->answered) || is_together(own->ended, inbound->ended));
}

static void compare(struct twin_call *own, const struct twin_call *inbound)
{
	if (own->call != 0 && inbound->call != 0 && own->inbound[0] == '\0' && is_twin(own, inbound)) {
		snprintf(own->inbound, sizeof own->inbound, "%s", inbound->inbound);
	}
}

/* After something became of it. */
static void look_for_inbound(struct twin_calls *calls, struct twin_call *own)
{
	for (size_t i = 0; i < TWIN_CALLS_MAX; i++) {
		compare(own, &calls->inbound[i]);
	}
}

static void look_for_own(struct twin_calls *calls, const struct twin_call *inbound)
{
	for (size_t i = 0; i < TWIN_CALLS_MAX; i++) {
		compare(&calls->own[i], inbound);
	}
}

void twin_calls_answer(struct twin_calls *calls, uint64_t call, instant when)
{
	struct twin_call *own = find(calls->own, call), *inbound = find(calls->inbound, call);

	if (own != NULL) {
		own->answered = when;
		look_for_inbound(calls, own);
	}
	if (inbound != NULL) {
		inbound->answered = when;
		look_for_own(calls, inbound);
	}
}

void twin_calls_end(struct twin_calls *calls, uint64_t call, instant when)
{
	struct twin_call *own = find(calls->own, call), *inbound = find(calls->inbound, call);

	if (own != NULL) {
		own->ended = when;
		look_for_inbound(calls, own);
	}
	if (inbound != NULL) {
		inbound->ended = when;
		look_for_own(calls, inbound);
	}
}

bool twin_calls_take(struct twin_calls *calls, uint64_t call, struct twin_call *own)
{
	struct twin_call *found = find(calls->own, call);

	if (found == NULL || found->inbound[0] == '\0') {
		return false;
	}
	*own = *found;
	*found = (struct twin_call){0};
	return true;
}

bool twin_calls_rings(const struct twin_calls *calls, instant now, duration within)
{
	for (size_t i = 0; i < TWIN_CALLS_MAX; i++) {
		const struct twin_call *inbound = &calls->inbound[i];
		if (inbound->call != 0 && inbound->answered == 0 && inbound->ended == 0 &&
			now >= inbound->began && now - inbound->began <= within) {
			return true;
		}
	}
	return false;
}
