/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/window.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
/* A late packet may find the ring full of times that are newer than itself: room for some of those. */
#define TIMES_TO_SPARE 64

/* One key and its times, in ascending order, in a circle that begins at first. */
struct slot {
	struct digest digest;
	instant latest;        /* when it was counted last; with a clock set back, not the highest time */
	uint32_t older, newer; /* in order of use */
	uint32_t first, count;
	instant near[WINDOW_TIMES_NEAR]; /* all times, until there are more than fit */
	bool is_far;                     /* the times are in the ring */
};

struct window {
	struct window_shape shape;
	struct digest_key digest_key;
	uint32_t ring_size;  /* times a key keeps */
	struct table *index; /* digest to slot number */
	struct slot *slots;
	instant *rings; /* ring_size times for each slot; pages not used are not resident */
	uint32_t used;  /* slots ever taken */
	uint32_t oldest, newest;
	uint64_t evicted;
};

/* Times that a key keeps. */
static uint32_t ring_size(uint32_t largest_limit)
{
	uint32_t size = largest_limit + TIMES_TO_SPARE;

	return size < WINDOW_TIMES_MINIMUM ? WINDOW_TIMES_MINIMUM : size;
}

size_t window_keys_in(size_t memory, uint32_t largest_limit)
{
	const struct table_shape index_shape = {
		.key_size = sizeof(struct digest), .value_size = sizeof(uint32_t)};
	size_t keys = memory / (sizeof(struct slot) + table_entry_size(&index_shape) +
				       ring_size(largest_limit) * sizeof(instant));

	if (keys < WINDOW_KEYS_MINIMUM) {
		return WINDOW_KEYS_MINIMUM;
	}
	return keys > WINDOW_KEYS_MAXIMUM ? WINDOW_KEYS_MAXIMUM : keys;
}

struct window *window_new(const struct window_shape *shape)
{
	const struct table_shape index_shape = {.capacity = shape->keys,
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = sizeof(uint32_t)};
	struct window *window = calloc(1, sizeof *window);

	assert(shape->keys > 0 && shape->keys < NONE && shape->largest_limit < NONE - TIMES_TO_SPARE);
	if (window == NULL) {
		return NULL;
	}
	window->shape = *shape;
	window->digest_key = digest_key_new();
	window->ring_size = ring_size(shape->largest_limit);
	window->oldest = window->newest = NONE;
	window->index = table_new(&index_shape);
	window->slots = calloc(shape->keys, sizeof *window->slots);
	window->rings = calloc(shape->keys, window->ring_size * sizeof *window->rings);
	if (window->index == NULL || window->slots == NULL || window->rings == NULL) {
		window_free(window);
		return NULL;
	}
	return window;
}

void window_free(struct window *window)
{
	if (window == NULL) {
		return;
	}
	table_free(window->index);
	free(window->slots);
	free(window->rings);
	free(window);
}

/* From the earlier to the later; without sign, so that no pair of times can overflow. */
static uint64_t gap(instant earlier, instant later)
{
	return (uint64_t)later - (uint64_t)earlier;
}

static uint64_t distance(instant a, instant b)
{
	return a < b ? gap(a, b) : gap(b, a);
}

/* ---- the times of one key */

/* The place of the i-th time in ascending order. */
static instant *time_at(const struct window *window, struct slot *slot, uint32_t i)
{
	if (!slot->is_far) {
		return &slot->near[(slot->first + i) % WINDOW_TIMES_NEAR];
	}
	size_t number = (size_t)(slot - window->slots);
	return &window->rings[number * window->ring_size + (slot->first + i) % window->ring_size];
}

static uint32_t room(const struct window *window, const struct slot *slot)
{
	return slot->is_far ? window->ring_size : WINDOW_TIMES_NEAR;
}

static void move_to_ring(const struct window *window, struct slot *slot)
{
	instant times[WINDOW_TIMES_NEAR] = {0};

	for (uint32_t i = 0; i < slot->count; i++) {
		times[i] = *time_at(window, slot, i);
	}
	slot->is_far = true;
	slot->first = 0;
	for (uint32_t i = 0; i < slot->count; i++) {
		*time_at(window, slot, i) = times[i];
	}
}

/* Makes room by dropping the time farthest from now. False when the new time is itself the farthest. */
static bool drop_farthest(const struct window *window, struct slot *slot, instant when, instant now)
{
	uint64_t from_first = distance(*time_at(window, slot, 0), now);
	uint64_t from_last = distance(*time_at(window, slot, slot->count - 1), now);
	uint64_t farthest = from_first > from_last ? from_first : from_last;

	if (distance(when, now) > farthest) {
		return false;
	}
	if (from_first == farthest) {
		slot->first = (slot->first + 1) % room(window, slot);
	}
	slot->count--;
	return true;
}

/* Puts the time behind all that are not later. Its index. */
static uint32_t insert_time(const struct window *window, struct slot *slot, instant when, instant now)
{
	if (slot->count == room(window, slot) && !slot->is_far) {
		move_to_ring(window, slot);
	}
	if (slot->count == room(window, slot) && !drop_farthest(window, slot, when, now)) {
		return 0;
	}
	uint32_t i = slot->count++;
	while (i > 0 && *time_at(window, slot, i - 1) > when) {
		*time_at(window, slot, i) = *time_at(window, slot, i - 1);
		i--;
	}
	*time_at(window, slot, i) = when;
	return i;
}

/* The first index whose time lies less than span before end. */
static uint32_t first_within(const struct window *window, struct slot *slot, instant end, duration span)
{
	uint32_t low = 0, high = slot->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		instant when = *time_at(window, slot, middle);
		if (when < end && gap(when, end) >= (uint64_t)span) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* The highest count of any window of this span that ends at the time of index or later and contains it. */
static uint32_t count_around(const struct window *window, struct slot *slot, uint32_t index, duration span)
{
	instant when = *time_at(window, slot, index);
	uint32_t begin = first_within(window, slot, when, span);
	uint32_t highest = index + 1 - begin;

	for (uint32_t end = index + 1; end < slot->count; end++) {
		instant last = *time_at(window, slot, end);
		if (gap(when, last) >= (uint64_t)span) {
			break;
		}
		while (gap(*time_at(window, slot, begin), last) >= (uint64_t)span) {
			begin++;
		}
		if (end + 1 - begin > highest) {
			highest = end + 1 - begin;
		}
	}
	return highest;
}

/* ---- the keys */

static void unlink_slot(struct window *window, struct slot *slot)
{
	if (slot->older != NONE) {
		window->slots[slot->older].newer = slot->newer;
	} else {
		window->oldest = slot->newer;
	}
	if (slot->newer != NONE) {
		window->slots[slot->newer].older = slot->older;
	} else {
		window->newest = slot->older;
	}
}

static void link_newest(struct window *window, uint32_t number)
{
	struct slot *slot = &window->slots[number];

	slot->older = window->newest;
	slot->newer = NONE;
	if (window->newest != NONE) {
		window->slots[window->newest].newer = number;
	} else {
		window->oldest = number;
	}
	window->newest = number;
}

/* A slot never used, or the one used longest ago. The index never evicts: room is made here, before. */
static uint32_t take_slot(struct window *window, instant now)
{
	if (window->used < window->shape.keys) {
		return window->used++;
	}
	uint32_t number = window->oldest;
	struct slot *slot = &window->slots[number];
	if (distance(slot->latest, now) < (uint64_t)window->shape.longest_span) {
		window->evicted++;
	}
	unlink_slot(window, slot);
	table_remove(window->index, &slot->digest);
	return number;
}

static struct slot *add_key(struct window *window, const struct digest *digest, instant now)
{
	uint32_t number = take_slot(window, now);
	struct slot *slot = &window->slots[number];
	bool added;

	memset(slot, 0, sizeof *slot);
	slot->digest = *digest;
	*(uint32_t *)table_find_or_add(window->index, digest, now, &added) = number;
	assert(added);
	(void)added;
	link_newest(window, number);
	return slot;
}

static struct slot *find_or_add_key(struct window *window, const struct digest *digest, instant now)
{
	const uint32_t *number = table_find(window->index, digest, now);

	if (number == NULL) {
		return add_key(window, digest, now);
	}
	unlink_slot(window, &window->slots[*number]);
	link_newest(window, *number);
	return &window->slots[*number];
}

void window_add(struct window *window, struct text key, instant now, const duration *spans, size_t span_count,
	uint32_t *counts)
{
	struct digest digest = digest_text_long(&window->digest_key, key);
	struct slot *slot = find_or_add_key(window, &digest, now);

	slot->latest = now;
	uint32_t index = insert_time(window, slot, now, now);
	for (size_t i = 0; i < span_count; i++) {
		assert(spans[i] > 0);
		counts[i] = count_around(window, slot, index, spans[i]);
	}
}

uint32_t window_count(const struct window *window, struct text key, instant now, duration span)
{
	struct digest digest = digest_text_long(&window->digest_key, key);
	const uint32_t *number = table_find(window->index, &digest, now);

	if (number == NULL) {
		return 0;
	}
	struct slot *slot = &window->slots[*number];
	uint32_t begin = first_within(window, slot, now, span), end = slot->count;
	while (end > begin && *time_at(window, slot, end - 1) > now) {
		end--;
	}
	return end - begin;
}

void window_adopt(struct window *window, const struct window *old)
{
	/* The names of the keys are gone; their digests mean the same only under the same key. */
	assert(window->used == 0);
	window->digest_key = old->digest_key;
	for (uint32_t number = old->oldest; number != NONE; number = old->slots[number].newer) {
		struct slot *from = &old->slots[number];
		struct slot *to = add_key(window, &from->digest, from->latest);
		to->latest = from->latest;
		for (uint32_t i = 0; i < from->count; i++) {
			insert_time(window, to, *time_at(old, from, i), from->latest);
		}
	}
}

uint64_t window_evicted(const struct window *window)
{
	return window->evicted;
}

struct window_figures window_figures(const struct window *window)
{
	return (struct window_figures){
		.keys = table_figures(window->index).entries, .evicted = window->evicted};
}
