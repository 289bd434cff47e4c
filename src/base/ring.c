/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/ring.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ring {
	size_t capacity, record_size;
	atomic_size_t written, read; /* records ever; the difference is what is queued */
	uint8_t *records;
};

struct ring *ring_new(size_t capacity, size_t record_size)
{
	struct ring *ring = calloc(1, sizeof *ring);

	if (ring == NULL) {
		return NULL;
	}
	ring->capacity = capacity;
	ring->record_size = record_size;
	ring->records = calloc(capacity, record_size);
	if (ring->records == NULL) {
		free(ring);
		return NULL;
	}
	return ring;
}

void ring_free(struct ring *ring)
{
	if (ring == NULL) {
		return;
	}
	free(ring->records);
	free(ring);
}

static uint8_t *place(const struct ring *ring, size_t number)
{
	return ring->records + number % ring->capacity * ring->record_size;
}

bool ring_push(struct ring *ring, const void *record)
{
	size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);

	if (written - atomic_load_explicit(&ring->read, memory_order_acquire) == ring->capacity) {
		return false;
	}
	memcpy(place(ring, written), record, ring->record_size);
	atomic_store_explicit(&ring->written, written + 1, memory_order_release);
	return true;
}

const void *ring_front(const struct ring *ring)
{
	size_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);

	return read == atomic_load_explicit(&ring->written, memory_order_acquire) ? NULL : place(ring, read);
}

void ring_drop(struct ring *ring)
{
	size_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);

	assert(read != atomic_load_explicit(&ring->written, memory_order_acquire));
	atomic_store_explicit(&ring->read, read + 1, memory_order_release);
}
