/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table of fixed capacity with fixed-size keys and values. When it is full the entry that was touched
 * longest ago makes room; an entry not touched for the table's lifetime is gone. Both are counted. All memory
 * is reserved at the start; pages never used are never resident.
 */
#ifndef PBXGUARD_BASE_TABLE_H
#define PBXGUARD_BASE_TABLE_H

#include "pbxguard/base/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table; /* opaque; made by table_new */

struct table_shape {
	size_t capacity;    /* entries, at least 1 */
	size_t key_size;    /* bytes; keys are compared as bytes, so fill their padding */
	bool key_is_digest; /* it is one, or several keyed ones (digest.h), of 8 bytes: no need for another */
	size_t value_size;  /* bytes */
	duration lifetime;  /* 0: entries never expire */
};

struct table_figures {
	size_t entries;
	uint64_t evicted, expired;
};

/* So many bytes each entry takes, its places in the index included. */
size_t table_entry_size(const struct table_shape *shape);

/* As many entries as find room in so many bytes, but not below the minimum, nor above the maximum. */
size_t table_entries_in(size_t memory, const struct table_shape *shape, size_t minimum, size_t maximum);

/* NULL when there is no memory. */
struct table *table_new(const struct table_shape *shape);
void table_free(struct table *table);

/* Of a table whose keys are digests: begins to fetch from memory what finding or adding the key will need. */
void table_prefetch(const struct table *table, const void *key);
/* The value, writable, borrowed until the entry leaves; NULL when there is none. Touches the entry. */
void *table_find(struct table *table, const void *key, instant now);
/* As table_find, but adds what is missing, all zero, and sets *added. Never NULL. */
void *table_find_or_add(struct table *table, const void *key, instant now, bool *added);
void table_remove(struct table *table, const void *key);
void table_clear(struct table *table); /* removes all; counts none of them as evicted or expired */
/*
 * The value of the entry touched longest ago, with its key and time; NULL when there is none. For who must
 * see entries off before they leave: such a table has no lifetime, and its owner removes the oldest itself.
 */
void *table_oldest(struct table *table, const void **key, instant *touched);
/* Drops what is older than the lifetime. */
void table_expire(struct table *table, instant now);

/* Calls visit for each entry, the one touched longest ago first; visit must not add or remove. */
void table_each(struct table *table,
	void (*visit)(void *context, const void *key, void *value, instant touched), void *context);
/* Copies all entries of old, whose keys and values have the same sizes, with the times of their touch. */
void table_adopt(struct table *table, const struct table *old);
struct table_figures table_figures(const struct table *table);

#endif
