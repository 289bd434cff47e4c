/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/distinct.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#define NONE UINT32_MAX

/* That a key had a value at a time. Linked by index: in order of time, and those of the same value. */
struct occurrence {
	uint64_t value; /* its digest */
	instant when;
	uint32_t newer, older;  /* of the key; older also links the unused ones */
	uint32_t after, before; /* of the key, of this value: the next newer one, and the next older one */
};

/* Of one key. */
struct values {
	uint32_t newest, count;
};

struct distinct {
	struct distinct_shape shape;
	struct digest_key digest_key;
	struct table *keys; /* digest to struct values */
	struct occurrence *occurrences;
	uint32_t capacity, used; /* used: ever taken */
	uint32_t unused;         /* a list of those given back */
	uint64_t evicted;
};

static uint32_t kept_of_a_key(uint32_t largest_limit)
{
	return largest_limit + DISTINCT_SPARE;
}

static struct table_shape keys_shape(size_t keys)
{
	return (struct table_shape){.capacity = keys,
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = sizeof(struct values)};
}

size_t distinct_keys_in(size_t memory, uint32_t largest_limit)
{
	const struct table_shape shape = keys_shape(1);
	size_t for_one = kept_of_a_key(largest_limit) * sizeof(struct occurrence);
	size_t keys = memory < for_one
			      ? 0
			      : (memory - for_one) / (table_entry_size(&shape) +
							     DISTINCT_SHARE * sizeof(struct occurrence));

	if (keys < DISTINCT_KEYS_MINIMUM) {
		return DISTINCT_KEYS_MINIMUM;
	}
	return keys > DISTINCT_KEYS_MAXIMUM ? DISTINCT_KEYS_MAXIMUM : keys;
}

struct distinct *distinct_new(const struct distinct_shape *shape)
{
	const struct table_shape keys = keys_shape(shape->keys);
	struct distinct *distinct = calloc(1, sizeof *distinct);

	assert(shape->keys > 0 && shape->keys <= DISTINCT_KEYS_MAXIMUM &&
		shape->largest_limit < NONE / 2 - DISTINCT_SPARE && shape->shortest_span > 0);
	if (distinct == NULL) {
		return NULL;
	}
	distinct->shape = *shape;
	distinct->digest_key = digest_key_new();
	/* One key may take all that it keeps, and a new one before the old is dropped. */
	distinct->capacity = (uint32_t)shape->keys * DISTINCT_SHARE + kept_of_a_key(shape->largest_limit) + 1;
	distinct->unused = NONE;
	distinct->keys = table_new(&keys);
	distinct->occurrences = calloc(distinct->capacity, sizeof *distinct->occurrences);
	if (distinct->keys == NULL || distinct->occurrences == NULL) {
		distinct_free(distinct);
		return NULL;
	}
	return distinct;
}

void distinct_free(struct distinct *distinct)
{
	if (distinct == NULL) {
		return;
	}
	table_free(distinct->keys);
	free(distinct->occurrences);
	free(distinct);
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

/* ---- the occurrences of one key */

static struct occurrence *at(const struct distinct *distinct, uint32_t index)
{
	return &distinct->occurrences[index];
}

static void remove_occurrence(struct distinct *distinct, struct values *values, uint32_t index)
{
	struct occurrence *gone = at(distinct, index);

	if (gone->newer != NONE) {
		at(distinct, gone->newer)->older = gone->older;
	} else {
		values->newest = gone->older;
	}
	if (gone->older != NONE) {
		at(distinct, gone->older)->newer = gone->newer;
	}
	if (gone->after != NONE) {
		at(distinct, gone->after)->before = gone->before;
	}
	if (gone->before != NONE) {
		at(distinct, gone->before)->after = gone->after;
	}
	values->count--;
	gone->older = distinct->unused;
	distinct->unused = index;
}

/* The key that was counted longest ago. */
static void forget_oldest_key(struct distinct *distinct, instant now)
{
	const void *key;
	instant counted;
	struct values *values = table_oldest(distinct->keys, &key, &counted);

	if (distance(counted, now) < (uint64_t)distinct->shape.longest_span) {
		distinct->evicted++;
	}
	while (values->newest != NONE) {
		remove_occurrence(distinct, values, values->newest);
	}
	table_remove(distinct->keys, key);
}

/* The key for which it is taken is the newest and keeps fewer than there are: it is never forgotten here. */
static uint32_t take_occurrence(struct distinct *distinct, instant now)
{
	if (distinct->unused == NONE && distinct->used < distinct->capacity) {
		return distinct->used++;
	}
	while (distinct->unused == NONE) {
		forget_oldest_key(distinct, now);
	}
	uint32_t index = distinct->unused;
	distinct->unused = at(distinct, index)->older;
	return index;
}

/* Its value came again, and not later than now: no span that ends now or later needs it. */
static bool is_superseded(const struct distinct *distinct, const struct occurrence *occurrence, instant now)
{
	return occurrence->after != NONE && at(distinct, occurrence->after)->when <= now;
}

/* Makes room by dropping the oldest that is superseded, or else the one farthest from now. */
static void drop_one(struct distinct *distinct, struct values *values, instant now)
{
	uint32_t newest = values->newest, oldest = newest, superseded = NONE;

	for (uint32_t i = newest; i != NONE; i = at(distinct, i)->older) {
		superseded = is_superseded(distinct, at(distinct, i), now) ? i : superseded;
		oldest = i;
	}
	if (superseded == NONE) {
		uint64_t from_newest = distance(at(distinct, newest)->when, now);
		superseded = from_newest > distance(at(distinct, oldest)->when, now) ? newest : oldest;
	}
	remove_occurrence(distinct, values, superseded);
}

/* Any span that it lies in has the one before or the one after in it, too. */
static bool is_redundant(const struct distinct *distinct, const struct occurrence *occurrence)
{
	return occurrence->before != NONE && occurrence->after != NONE &&
	       gap(at(distinct, occurrence->before)->when, at(distinct, occurrence->after)->when) <=
		       (uint64_t)distinct->shape.shortest_span;
}

/* Where an occurrence belongs: its neighbours, before it has an index of its own. */
static struct occurrence find_place(
	const struct distinct *distinct, const struct values *values, uint64_t value, instant when)
{
	struct occurrence place = {.value = value, .when = when, .newer = NONE, .after = NONE};
	uint32_t i = values->newest;

	for (; i != NONE && at(distinct, i)->when > when; i = at(distinct, i)->older) {
		place.after = at(distinct, i)->value == value ? i : place.after;
		place.newer = i;
	}
	place.older = i;
	while (i != NONE && at(distinct, i)->value != value) {
		i = at(distinct, i)->older;
	}
	place.before = i;
	return place;
}

static void link_occurrence(struct distinct *distinct, struct values *values, uint32_t index)
{
	const struct occurrence *new = at(distinct, index);

	if (new->newer != NONE) {
		at(distinct, new->newer)->older = index;
	} else {
		values->newest = index;
	}
	if (new->older != NONE) {
		at(distinct, new->older)->newer = index;
	}
	if (new->after != NONE) {
		at(distinct, new->after)->before = index;
	}
	if (new->before != NONE) {
		at(distinct, new->before)->after = index;
	}
	values->count++;
}

static void remove_if_redundant(struct distinct *distinct, struct values *values, uint32_t index)
{
	if (index != NONE && is_redundant(distinct, at(distinct, index))) {
		remove_occurrence(distinct, values, index);
	}
}

static void insert(
	struct distinct *distinct, struct values *values, uint64_t value, instant when, instant now)
{
	const struct occurrence place = find_place(distinct, values, value, when);

	if ((place.before != NONE && at(distinct, place.before)->when == when) ||
		is_redundant(distinct, &place)) {
		return;
	}
	uint32_t index = take_occurrence(distinct, now);
	*at(distinct, index) = place;
	link_occurrence(distinct, values, index);
	remove_if_redundant(distinct, values, place.before);
	remove_if_redundant(distinct, values, place.after);
	if (values->count > kept_of_a_key(distinct->shape.largest_limit)) {
		drop_one(distinct, values, now);
	}
}

/* Does it lie less than span before end? */
static bool is_within(const struct distinct *distinct, uint32_t index, instant end, duration span)
{
	return index != NONE && at(distinct, index)->when <= end &&
	       gap(at(distinct, index)->when, end) < (uint64_t)span;
}

/*
 * The highest number of values in any span that contains now and ends then or at a later occurrence. The span
 * slides from the latest such end back to now: it loses its newest occurrence, and reaches older ones. Of
 * several with one value the newest in the span counts.
 */
static uint32_t count_around(
	const struct distinct *distinct, const struct values *values, instant now, duration span)
{
	uint32_t end = values->newest, count = 0, highest = 0;

	while (end != NONE && at(distinct, end)->when > now &&
		gap(now, at(distinct, end)->when) >= (uint64_t)span) {
		end = at(distinct, end)->older;
	}
	for (uint32_t next = end;;) {
		bool is_later = end != NONE && at(distinct, end)->when > now;
		instant last = is_later ? at(distinct, end)->when : now;
		for (; is_within(distinct, next, last, span); next = at(distinct, next)->older) {
			count += !is_within(distinct, at(distinct, next)->after, last, span);
		}
		highest = count > highest ? count : highest;
		if (!is_later) {
			return highest;
		}
		count -= !is_within(distinct, at(distinct, end)->before, last, span);
		end = at(distinct, end)->older;
	}
}

/* ---- the keys */

static struct values *find_or_add_key(struct distinct *distinct, const struct digest *digest, instant now)
{
	struct values *values = table_find(distinct->keys, digest, now);
	bool added;

	if (values != NULL) {
		return values;
	}
	if (table_figures(distinct->keys).entries == distinct->shape.keys) {
		forget_oldest_key(distinct, now);
	}
	values = table_find_or_add(distinct->keys, digest, now, &added);
	values->newest = NONE;
	return values;
}

void distinct_add(struct distinct *distinct, struct text key, struct text value, instant now,
	const duration *spans, size_t span_count, uint32_t *counts)
{
	struct digest digest = digest_text_long(&distinct->digest_key, key);
	struct values *values = find_or_add_key(distinct, &digest, now);

	insert(distinct, values, digest_text(&distinct->digest_key, value), now, now);
	for (size_t i = 0; i < span_count; i++) {
		assert(spans[i] >= distinct->shape.shortest_span);
		counts[i] = count_around(distinct, values, now, spans[i]);
	}
}

struct adoption {
	struct distinct *distinct;
	const struct distinct *old;
};

static void adopt_key(void *context, const void *key, void *value, instant counted)
{
	const struct adoption *adoption = context;
	const struct values *old_values = value;
	struct values *values = find_or_add_key(adoption->distinct, key, counted);

	for (uint32_t i = old_values->newest; i != NONE; i = at(adoption->old, i)->older) {
		const struct occurrence *old = at(adoption->old, i);
		insert(adoption->distinct, values, old->value, old->when, counted);
	}
}

void distinct_adopt(struct distinct *distinct, const struct distinct *old)
{
	/* Their names are gone; the digests mean the same only under the same key. */
	assert(table_figures(distinct->keys).entries == 0);
	distinct->digest_key = old->digest_key;
	table_each(old->keys, adopt_key, &(struct adoption){distinct, old});
}

struct distinct_figures distinct_figures(const struct distinct *distinct)
{
	return (struct distinct_figures){
		.keys = table_figures(distinct->keys).entries, .evicted = distinct->evicted};
}
