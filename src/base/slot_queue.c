/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/slot_queue.h"

#include <assert.h>
#include <stdlib.h>

struct item {
	struct slot_key key;
	uint32_t slot;
};

/* A binary heap in items[0 … count); places says where each slot is: index + 1, 0 for nowhere. */
struct slot_queue {
	size_t slots, count;
	struct item *items;
	uint32_t *places;
};

struct slot_queue *slot_queue_new(size_t slots)
{
	struct slot_queue *queue = calloc(1, sizeof *queue);

	if (queue == NULL) {
		return NULL;
	}
	queue->slots = slots;
	queue->items = calloc(slots, sizeof *queue->items);
	queue->places = calloc(slots, sizeof *queue->places);
	if (queue->items == NULL || queue->places == NULL) {
		slot_queue_free(queue);
		return NULL;
	}
	return queue;
}

void slot_queue_free(struct slot_queue *queue)
{
	if (queue == NULL) {
		return;
	}
	free(queue->items);
	free(queue->places);
	free(queue);
}

static bool is_before(const struct item *a, const struct item *b)
{
	return a->key.first != b->key.first ? a->key.first < b->key.first : a->key.second < b->key.second;
}

static void set_place(struct slot_queue *queue, size_t index, struct item item)
{
	queue->items[index] = item;
	queue->places[item.slot] = (uint32_t)index + 1;
}

static void sift_up(struct slot_queue *queue, size_t index)
{
	struct item item = queue->items[index];

	while (index > 0 && is_before(&item, &queue->items[(index - 1) / 2])) {
		set_place(queue, index, queue->items[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	set_place(queue, index, item);
}

static void sift_down(struct slot_queue *queue, size_t index)
{
	struct item item = queue->items[index];

	for (;;) {
		size_t child = 2 * index + 1;
		if (child + 1 < queue->count && is_before(&queue->items[child + 1], &queue->items[child])) {
			child++;
		}
		if (child >= queue->count || !is_before(&queue->items[child], &item)) {
			break;
		}
		set_place(queue, index, queue->items[child]);
		index = child;
	}
	set_place(queue, index, item);
}

static void settle(struct slot_queue *queue, size_t index)
{
	sift_up(queue, index);
	sift_down(queue, index);
}

void slot_queue_put(struct slot_queue *queue, uint32_t slot, struct slot_key key)
{
	assert(slot < queue->slots);
	if (queue->places[slot] == 0) {
		queue->count++;
		queue->places[slot] = (uint32_t)queue->count;
	}
	size_t index = queue->places[slot] - 1;
	queue->items[index] = (struct item){key, slot};
	settle(queue, index);
}

void slot_queue_remove(struct slot_queue *queue, uint32_t slot)
{
	assert(slot < queue->slots);
	if (queue->places[slot] == 0) {
		return;
	}
	size_t index = queue->places[slot] - 1;
	queue->places[slot] = 0;
	queue->count--;
	if (index < queue->count) {
		queue->items[index] = queue->items[queue->count];
		settle(queue, index);
	}
}

bool slot_queue_has(const struct slot_queue *queue, uint32_t slot)
{
	assert(slot < queue->slots);
	return queue->places[slot] != 0;
}

bool slot_queue_top(const struct slot_queue *queue, uint32_t *slot, struct slot_key *key)
{
	if (queue->count == 0) {
		return false;
	}
	*slot = queue->items[0].slot;
	if (key != NULL) {
		*key = queue->items[0].key;
	}
	return true;
}
