/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/sum_window.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The newest part, and one for each that lies wholly or partly within the span before it. */
#define RING (SUM_PARTS + 1)

/* What came within one span: the part number n is at n modulo RING. */
struct parts {
	int64_t newest; /* parts since 1970 */
	int64_t amounts[RING];
};

struct sum_window {
	struct sum_window_shape shape;
	duration longest_span;
	struct digest_key digest_key;
	struct table *table; /* digest to struct parts[span_count] */
	uint64_t evicted;
};

static struct table_shape table_shape_of(size_t keys, size_t span_count)
{
	return (struct table_shape){.capacity = keys,
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = span_count * sizeof(struct parts)};
}

size_t sum_window_keys_in(size_t memory, size_t span_count)
{
	const struct table_shape shape = table_shape_of(1, span_count);
	size_t keys = memory / table_entry_size(&shape);

	if (keys < SUM_KEYS_MINIMUM) {
		return SUM_KEYS_MINIMUM;
	}
	return keys > SUM_KEYS_MAXIMUM ? SUM_KEYS_MAXIMUM : keys;
}

struct sum_window *sum_window_new(const struct sum_window_shape *shape)
{
	const struct table_shape table = table_shape_of(shape->keys, shape->span_count);
	struct sum_window *window = calloc(1, sizeof *window);

	assert(shape->span_count > 0 && shape->span_count <= SUM_SPANS_MAX);
	if (window == NULL) {
		return NULL;
	}
	window->shape = *shape;
	for (size_t i = 0; i < shape->span_count; i++) {
		assert(shape->spans[i] >= SUM_SPAN_MINIMUM);
		if (shape->spans[i] > window->longest_span) {
			window->longest_span = shape->spans[i];
		}
	}
	window->digest_key = digest_key_new();
	window->table = table_new(&table);
	if (window->table == NULL) {
		sum_window_free(window);
		return NULL;
	}
	return window;
}

void sum_window_free(struct sum_window *window)
{
	if (window != NULL) {
		table_free(window->table);
	}
	free(window);
}

/* ---- one span of one key ---- */

/* Rounded down, before 1970 too. */
static int64_t part_number(instant when, duration span)
{
	/* Rounded up, so that all parts together are no shorter than the span. */
	duration part = (span + SUM_PARTS - 1) / SUM_PARTS;

	return when / part - (when % part < 0 ? 1 : 0);
}

static int64_t *part_at(struct parts *parts, int64_t number)
{
	return &parts->amounts[(number % RING + RING) % RING];
}

/* Makes the part the newest, and those that it skipped empty. */
static void advance(struct parts *parts, int64_t number)
{
	int64_t steps = number - parts->newest;

	for (int64_t i = 1; i <= steps && i <= RING; i++) {
		*part_at(parts, number - steps + i) = 0;
	}
	parts->newest = number;
}

static int64_t add_within(int64_t sum, int64_t amount)
{
	return amount > INT64_MAX - sum ? INT64_MAX : sum + amount;
}

static int64_t add_to_parts(struct parts *parts, int64_t number, int64_t amount)
{
	int64_t sum = 0;

	if (number < parts->newest - SUM_PARTS) {
		*parts = (struct parts){.newest = number};
	} else if (number > parts->newest) {
		advance(parts, number);
	}
	int64_t *part = part_at(parts, number);
	*part = add_within(*part, amount);
	for (size_t i = 0; i < RING; i++) {
		sum = add_within(sum, parts->amounts[i]);
	}
	return sum;
}

/* ---- the keys ---- */

/* The table lets the oldest go by itself; whether that matters is known here only. */
static void note_eviction(struct sum_window *window, instant now)
{
	const void *key;
	instant touched;

	if (table_figures(window->table).entries == window->shape.keys &&
		table_oldest(window->table, &key, &touched) != NULL &&
		instant_distance(touched, now) <= (uint64_t)window->longest_span) {
		window->evicted++;
	}
}

static struct parts *find_or_add(struct sum_window *window, const struct digest *digest, instant now)
{
	struct parts *parts = table_find(window->table, digest, now);
	bool added;

	if (parts != NULL) {
		return parts;
	}
	note_eviction(window, now);
	parts = table_find_or_add(window->table, digest, now, &added);
	for (size_t i = 0; i < window->shape.span_count; i++) {
		parts[i].newest = part_number(now, window->shape.spans[i]);
	}
	return parts;
}

void sum_window_add(struct sum_window *window, struct text key, instant now, int64_t amount, int64_t *sums)
{
	struct digest digest = digest_text_long(&window->digest_key, key);
	struct parts *parts = find_or_add(window, &digest, now);

	assert(amount >= 0);
	for (size_t i = 0; i < window->shape.span_count; i++) {
		sums[i] = add_to_parts(&parts[i], part_number(now, window->shape.spans[i]), amount);
	}
}

static void adopt_key(void *context, const void *key, void *value, instant touched)
{
	struct sum_window *window = context;
	struct parts *parts = find_or_add(window, key, touched);

	memcpy(parts, value, window->shape.span_count * sizeof *parts);
}

void sum_window_adopt(struct sum_window *window, const struct sum_window *old)
{
	assert(table_figures(window->table).entries == 0);
	assert(window->shape.span_count == old->shape.span_count &&
		memcmp(window->shape.spans, old->shape.spans, sizeof old->shape.spans) == 0);
	/* The names of the keys are gone; their digests mean the same only under the same key. */
	window->digest_key = old->digest_key;
	table_each(old->table, adopt_key, window);
}

struct sum_window_figures sum_window_figures(const struct sum_window *window)
{
	return (struct sum_window_figures){
		.keys = table_figures(window->table).entries, .evicted = window->evicted};
}
