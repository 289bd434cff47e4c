/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded queue of records of one size between two threads: one writes, one reads, nobody waits and nothing
 * is locked. All memory is reserved at the start.
 */
#ifndef PBXGUARD_BASE_RING_H
#define PBXGUARD_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring; /* opaque; made by ring_new */

/* capacity: records, at least 1. NULL when there is no memory. */
struct ring *ring_new(size_t capacity, size_t record_size);
void ring_free(struct ring *ring);

/* The writer's: copies the record. False when the ring is full. */
bool ring_push(struct ring *ring, const void *record);

/* The reader's: the oldest record, borrowed until it is dropped; NULL when there is none. */
const void *ring_front(const struct ring *ring);
/* The reader's, after ring_front gave a record. */
void ring_drop(struct ring *ring);

#endif
