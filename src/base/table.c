/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/table.h"

#include "pbxguard/base/digest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define BUCKETS_FIRST 64 /* the index grows with the entries: what few entries need stays in the cache */

/* In front of each entry's key and value. Entries are named by index: half of what pointers take. */
struct entry {
	instant touched;
	uint32_t hash;
	uint32_t older, newer; /* in order of touch; older also links the unused entries */
};

/*
 * Where an entry is found: in the first free bucket from the one that its hash names (linear probing). The
 * hash is here too, so that an entry's own memory is looked at only when it is the right one.
 */
struct bucket {
	uint32_t entry; /* index + 1, so that fresh zero pages are empty */
	uint32_t hash;
};

struct table {
	struct table_shape shape;
	struct digest_key hash_key;
	size_t stride, key_offset, value_offset; /* bytes */
	struct bucket *buckets; /* room for the last_mask's, all zero above the bucket_mask's */
	uint32_t bucket_mask;   /* their number, a power of two, is at least twice that of the entries */
	uint32_t last_mask;     /* when all entries are in use */
	uint8_t *entries;
	uint32_t used;   /* entries ever taken; those above are untouched memory */
	uint32_t unused; /* a list of entries given back */
	uint32_t oldest, newest;
	struct table_figures figures;
};

static size_t round_up(size_t size, size_t multiple)
{
	return (size + multiple - 1) / multiple * multiple;
}

static size_t value_offset(const struct table_shape *shape)
{
	return round_up(sizeof(struct entry) + shape->key_size, sizeof(int64_t));
}

static size_t stride(const struct table_shape *shape)
{
	return round_up(value_offset(shape) + shape->value_size, sizeof(int64_t));
}

size_t table_entry_size(const struct table_shape *shape)
{
	return stride(shape) + 4 * sizeof(struct bucket); /* the power of two may be nearly twice too large */
}

size_t table_entries_in(size_t memory, const struct table_shape *shape, size_t minimum, size_t maximum)
{
	size_t entries = memory / table_entry_size(shape);

	if (entries < minimum) {
		return minimum;
	}
	return entries > maximum ? maximum : entries;
}

struct table *table_new(const struct table_shape *shape)
{
	struct table *table = calloc(1, sizeof *table);

	assert(shape->capacity > 0 && shape->capacity < NONE / 4 && shape->key_size > 0);
	assert(!shape->key_is_digest || shape->key_size % sizeof(uint64_t) == 0);
	if (table == NULL) {
		return NULL;
	}
	table->shape = *shape;
	table->hash_key = digest_key_new();
	table->key_offset = sizeof(struct entry);
	table->value_offset = value_offset(shape);
	table->stride = stride(shape);
	size_t bucket_count = 2;
	while (bucket_count < 2 * shape->capacity) {
		bucket_count *= 2;
	}
	table->last_mask = (uint32_t)(bucket_count - 1);
	table->bucket_mask = bucket_count < BUCKETS_FIRST ? table->last_mask : BUCKETS_FIRST - 1;
	table->oldest = table->newest = table->unused = NONE;
	table->buckets = calloc(bucket_count, sizeof *table->buckets);
	table->entries = calloc(shape->capacity, table->stride);
	if (table->buckets == NULL || table->entries == NULL) {
		table_free(table);
		return NULL;
	}
	return table;
}

void table_free(struct table *table)
{
	if (table == NULL) {
		return;
	}
	free(table->buckets);
	free(table->entries);
	free(table);
}

static struct entry *entry_at(const struct table *table, uint32_t index)
{
	return (struct entry *)(void *)(table->entries + index * table->stride);
}

static void *key_of(const struct table *table, uint32_t index)
{
	return table->entries + index * table->stride + table->key_offset;
}

static void *value_of(const struct table *table, uint32_t index)
{
	return table->entries + index * table->stride + table->value_offset;
}

static void unlink_by_age(struct table *table, struct entry *entry)
{
	if (entry->older != NONE) {
		entry_at(table, entry->older)->newer = entry->newer;
	} else {
		table->oldest = entry->newer;
	}
	if (entry->newer != NONE) {
		entry_at(table, entry->newer)->older = entry->older;
	} else {
		table->newest = entry->older;
	}
}

static void link_newest(struct table *table, uint32_t index, instant now)
{
	struct entry *entry = entry_at(table, index);

	entry->touched = now;
	entry->older = table->newest;
	entry->newer = NONE;
	if (table->newest != NONE) {
		entry_at(table, table->newest)->newer = index;
	} else {
		table->oldest = index;
	}
	table->newest = index;
}

static uint32_t hash_of(const struct table *table, const void *key)
{
	uint64_t hash;

	if (!table->shape.key_is_digest) {
		return (uint32_t)digest_short(&table->hash_key, key, table->shape.key_size);
	}
	memcpy(&hash, key, sizeof hash);
	return (uint32_t)hash;
}

/* A digest has just been written, in words: to read it otherwise has to wait until that has reached memory.
 */
static bool is_same_key(const struct table *table, const void *a, const void *b)
{
	if (!table->shape.key_is_digest) {
		return memcmp(a, b, table->shape.key_size) == 0;
	}
	for (size_t i = 0; i < table->shape.key_size; i += sizeof(uint64_t)) {
		uint64_t word_of_a, word_of_b;
		memcpy(&word_of_a, (const uint8_t *)a + i, sizeof word_of_a);
		memcpy(&word_of_b, (const uint8_t *)b + i, sizeof word_of_b);
		if (word_of_a != word_of_b) {
			return false;
		}
	}
	return true;
}

static uint32_t find_entry(const struct table *table, uint32_t hash, const void *key)
{
	uint32_t at = hash & table->bucket_mask;

	for (; table->buckets[at].entry != 0; at = (at + 1) & table->bucket_mask) {
		uint32_t index = table->buckets[at].entry - 1;
		if (table->buckets[at].hash == hash && is_same_key(table, key_of(table, index), key)) {
			return index;
		}
	}
	return NONE;
}

static void add_bucket(struct table *table, uint32_t hash, uint32_t index)
{
	uint32_t at = hash & table->bucket_mask;

	while (table->buckets[at].entry != 0) {
		at = (at + 1) & table->bucket_mask;
	}
	table->buckets[at] = (struct bucket){index + 1, hash};
}

/* Makes the index twice as large, if it is time. */
static void grow_index(struct table *table)
{
	if (2 * table->figures.entries <= table->bucket_mask || table->bucket_mask == table->last_mask) {
		return;
	}
	memset(table->buckets, 0, ((size_t)table->bucket_mask + 1) * sizeof *table->buckets);
	table->bucket_mask = 2 * table->bucket_mask + 1;
	for (uint32_t index = table->oldest; index != NONE; index = entry_at(table, index)->newer) {
		add_bucket(table, entry_at(table, index)->hash, index);
	}
}

/* What was put behind it only because it was in the way moves up, so that no search ends too early. */
static void remove_bucket(struct table *table, uint32_t hash, uint32_t index)
{
	uint32_t mask = table->bucket_mask, hole = hash & mask;

	while (table->buckets[hole].entry != index + 1) {
		hole = (hole + 1) & mask;
	}
	for (uint32_t at = (hole + 1) & mask; table->buckets[at].entry != 0; at = (at + 1) & mask) {
		uint32_t from_home = (at - table->buckets[at].hash) & mask;
		if (from_home >= ((at - hole) & mask)) {
			table->buckets[hole] = table->buckets[at];
			hole = at;
		}
	}
	table->buckets[hole].entry = 0;
}

static void drop(struct table *table, uint32_t index)
{
	struct entry *entry = entry_at(table, index);

	remove_bucket(table, entry->hash, index);
	unlink_by_age(table, entry);
	entry->older = table->unused;
	table->unused = index;
	table->figures.entries--;
}

static bool is_stale(const struct table *table, const struct entry *entry, instant now)
{
	return table->shape.lifetime > 0 && now - entry->touched > table->shape.lifetime;
}

/* Begins to fetch what dropping the oldest will need, and the next after it. */
static void prefetch_drop(const struct table *table, const struct entry *oldest)
{
	__builtin_prefetch(&table->buckets[oldest->hash & table->bucket_mask]);
	if (oldest->newer != NONE) {
		__builtin_prefetch(entry_at(table, oldest->newer));
	}
}

void table_expire(struct table *table, instant now)
{
	while (table->oldest != NONE && is_stale(table, entry_at(table, table->oldest), now)) {
		drop(table, table->oldest);
		table->figures.expired++;
	}
	if (table->oldest != NONE) {
		prefetch_drop(table, entry_at(table, table->oldest));
	}
}

/* An entry that is free: one given back, one never used, or the oldest, evicted. */
static uint32_t take_entry(struct table *table)
{
	if (table->unused == NONE && table->used < table->shape.capacity) {
		return table->used++;
	}
	if (table->unused == NONE) {
		drop(table, table->oldest);
		table->figures.evicted++;
	}
	uint32_t index = table->unused;
	table->unused = entry_at(table, index)->older;
	memset(value_of(table, index), 0, table->shape.value_size);
	return index;
}

static uint32_t find_touched(struct table *table, uint32_t hash, const void *key, instant now)
{
	uint32_t index = find_entry(table, hash, key);

	if (index == NONE) {
		return NONE;
	}
	if (is_stale(table, entry_at(table, index), now)) {
		drop(table, index);
		table->figures.expired++;
		return NONE;
	}
	unlink_by_age(table, entry_at(table, index));
	link_newest(table, index, now);
	return index;
}

void table_prefetch(const struct table *table, const void *key)
{
	assert(table->shape.key_is_digest);
	__builtin_prefetch(&table->buckets[hash_of(table, key) & table->bucket_mask]);
	if (table->unused == NONE && table->used == table->shape.capacity) {
		prefetch_drop(table, entry_at(table, table->oldest)); /* will make room */
	}
}

void *table_find(struct table *table, const void *key, instant now)
{
	uint32_t index = find_touched(table, hash_of(table, key), key, now);

	return index == NONE ? NULL : value_of(table, index);
}

void *table_find_or_add(struct table *table, const void *key, instant now, bool *added)
{
	uint32_t hash = hash_of(table, key);
	uint32_t index = find_touched(table, hash, key, now);

	*added = index == NONE;
	if (index != NONE) {
		return value_of(table, index);
	}
	table_expire(table, now);
	index = take_entry(table);
	entry_at(table, index)->hash = hash;
	grow_index(table);
	add_bucket(table, hash, index);
	memcpy(key_of(table, index), key, table->shape.key_size);
	link_newest(table, index, now);
	table->figures.entries++;
	return value_of(table, index);
}

void table_remove(struct table *table, const void *key)
{
	uint32_t index = find_entry(table, hash_of(table, key), key);

	if (index != NONE) {
		drop(table, index);
	}
}

void table_clear(struct table *table)
{
	while (table->oldest != NONE) {
		drop(table, table->oldest);
	}
}

void *table_oldest(struct table *table, const void **key, instant *touched)
{
	if (table->oldest == NONE) {
		return NULL;
	}
	*key = key_of(table, table->oldest);
	*touched = entry_at(table, table->oldest)->touched;
	return value_of(table, table->oldest);
}

void table_each(struct table *table,
	void (*visit)(void *context, const void *key, void *value, instant touched), void *context)
{
	for (uint32_t index = table->oldest; index != NONE; index = entry_at(table, index)->newer) {
		visit(context, key_of(table, index), value_of(table, index), entry_at(table, index)->touched);
	}
}

void table_adopt(struct table *table, const struct table *old)
{
	bool added;

	assert(table->shape.key_size == old->shape.key_size &&
		table->shape.value_size == old->shape.value_size);
	for (uint32_t index = old->oldest; index != NONE; index = entry_at(old, index)->newer) {
		instant touched = entry_at(old, index)->touched;
		memcpy(table_find_or_add(table, key_of(old, index), touched, &added), value_of(old, index),
			table->shape.value_size);
	}
}

struct table_figures table_figures(const struct table *table)
{
	return table->figures;
}
