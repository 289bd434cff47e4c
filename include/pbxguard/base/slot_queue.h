/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A priority queue of slot numbers (below a fixed count): the smallest key first. A slot is in it once at
 * most, and its key can change at any time. All memory is reserved at the start.
 */
#ifndef PBXGUARD_BASE_SLOT_QUEUE_H
#define PBXGUARD_BASE_SLOT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot_key {
	int64_t first;
	uint64_t second; /* decides between equal ones, so that the order is the same in every run */
};

struct slot_queue; /* opaque; made by slot_queue_new */

/* NULL when there is no memory. */
struct slot_queue *slot_queue_new(size_t slots);
void slot_queue_free(struct slot_queue *queue);

/* Adds the slot, or moves it when it is there. */
void slot_queue_put(struct slot_queue *queue, uint32_t slot, struct slot_key key);
void slot_queue_remove(struct slot_queue *queue, uint32_t slot); /* nothing when it is not there */
bool slot_queue_has(const struct slot_queue *queue, uint32_t slot);
/* False when the queue is empty. key may be NULL. */
bool slot_queue_top(const struct slot_queue *queue, uint32_t *slot, struct slot_key *key);

#endif
