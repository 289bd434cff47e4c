/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/reorder.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct waiting {
	struct packet packet; /* bytes: those of its slot */
	uint32_t slot;
};

struct reorder {
	packet_handler *handler;
	void *context;
	size_t count;
	struct waiting waiting[REORDER_PACKETS]; /* oldest first; of the same time, the first to come */
	uint32_t free_slots[REORDER_PACKETS];    /* the first REORDER_PACKETS - count are free */
	uint8_t bytes[REORDER_PACKETS][REORDER_PACKET_SIZE];
};

struct reorder *reorder_new(packet_handler *handler, void *context)
{
	struct reorder *reorder = calloc(1, sizeof *reorder);

	if (reorder == NULL) {
		return NULL;
	}
	reorder->handler = handler;
	reorder->context = context;
	for (uint32_t i = 0; i < REORDER_PACKETS; i++) {
		reorder->free_slots[i] = i;
	}
	return reorder;
}

void reorder_free(struct reorder *reorder)
{
	free(reorder);
}

/* Hands over the first so many, then moves the rest up. */
static void leave(struct reorder *reorder, size_t count)
{
	if (count == 0) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		reorder->handler(reorder->context, &reorder->waiting[i].packet);
		reorder->free_slots[REORDER_PACKETS - reorder->count + i] = reorder->waiting[i].slot;
	}
	reorder->count -= count;
	memmove(reorder->waiting, reorder->waiting + count, reorder->count * sizeof reorder->waiting[0]);
}

void reorder_release(struct reorder *reorder, instant until)
{
	size_t due = 0;

	while (due < reorder->count && reorder->waiting[due].packet.time <= until) {
		due++;
	}
	leave(reorder, due);
}

/* Packets come nearly in order, so the place is found from the end in a few steps. */
static struct waiting *make_place(struct reorder *reorder, instant time)
{
	size_t place = reorder->count;

	while (place > 0 && reorder->waiting[place - 1].packet.time > time) {
		reorder->waiting[place] = reorder->waiting[place - 1];
		place--;
	}
	return &reorder->waiting[place];
}

enum verdict reorder_add(void *context, const struct packet *packet)
{
	struct reorder *reorder = context;

	if (packet->captured > REORDER_PACKET_SIZE) {
		reorder_release(reorder, packet->time);
		return reorder->handler(reorder->context, packet);
	}
	if (reorder->count == REORDER_PACKETS) {
		leave(reorder, REORDER_PACKETS / 4);
	}
	uint32_t slot = reorder->free_slots[REORDER_PACKETS - reorder->count - 1];
	struct waiting *place = make_place(reorder, packet->time);
	*place = (struct waiting){*packet, slot};
	place->packet.bytes = memcpy(reorder->bytes[slot], packet->bytes, packet->captured);
	reorder->count++;
	return VERDICT_ACCEPT;
}

bool reorder_oldest(const struct reorder *reorder, instant *time)
{
	if (reorder->count == 0) {
		return false;
	}
	*time = reorder->waiting[0].packet.time;
	return true;
}
