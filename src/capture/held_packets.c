/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/held_packets.h"

#include <stdlib.h>
#include <string.h>

/* The bytes lie in the order of the packets, without gaps. */
struct held_packets {
	size_t count, used; /* packets, bytes */
	struct held_packet packets[HELD_PACKETS_MAX];
	uint8_t bytes[HELD_BYTES_MAX];
};

struct held_packets *held_packets_new(void)
{
	return calloc(1, sizeof(struct held_packets));
}

void held_packets_free(struct held_packets *held)
{
	free(held);
}

size_t held_packets_count(const struct held_packets *held)
{
	return held->count;
}

bool held_packets_add(struct held_packets *held, const struct held_packet *packet)
{
	if (held->count == HELD_PACKETS_MAX || packet->size > HELD_BYTES_MAX - held->used) {
		return false;
	}
	struct held_packet *copy = &held->packets[held->count++];
	*copy = *packet;
	copy->bytes = held->bytes + held->used;
	memcpy(copy->bytes, packet->bytes, packet->size);
	held->used += packet->size;
	return true;
}

instant held_packets_oldest(const struct held_packets *held, uint64_t *flow)
{
	if (held->count == 0) {
		return INT64_MAX;
	}
	*flow = held->packets[0].flow;
	return held->packets[0].since;
}

/* A packet that stays moves down to where the bytes of those before it end. */
static void keep(struct held_packets *held, const struct held_packet *packet)
{
	struct held_packet *kept = &held->packets[held->count++];
	uint8_t *bytes = held->bytes + held->used;

	if (bytes != packet->bytes) {
		memmove(bytes, packet->bytes, packet->size);
	}
	*kept = *packet;
	kept->bytes = bytes;
	held->used += packet->size;
}

void held_packets_visit(struct held_packets *held, uint64_t flow,
	bool (*visit)(void *context, struct held_packet *packet), void *context)
{
	size_t count = held->count;

	held->count = held->used = 0;
	for (size_t i = 0; i < count; i++) {
		struct held_packet packet = held->packets[i];
		if (packet.flow != flow || !visit(context, &packet)) {
			keep(held, &packet);
		}
	}
}
