/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of the queue whose verdict is to come: copies of their bytes, in order of arrival, with the number
 * by which the kernel knows them and the flow that they belong to. All memory is reserved at the start.
 */
#ifndef PBXGUARD_CAPTURE_HELD_PACKETS_H
#define PBXGUARD_CAPTURE_HELD_PACKETS_H

#include "pbxguard/base/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELD_PACKETS_MAX 256
#define HELD_BYTES_MAX ((size_t)1024 * 1024)

struct held_packets; /* opaque; made by held_packets_new */

struct held_packet {
	uint32_t id; /* the kernel's */
	uint64_t flow;
	instant since;
	uint8_t *bytes; /* to be changed in place; borrowed until the packet leaves */
	size_t size;
	bool is_cut; /* the kernel gave only the beginning of it */
};

/* NULL when there is no memory. */
struct held_packets *held_packets_new(void);
void held_packets_free(struct held_packets *held);
size_t held_packets_count(const struct held_packets *held);

/* Copies the packet with its bytes. False when there is no room for it. */
bool held_packets_add(struct held_packets *held, const struct held_packet *packet);

/* Of the packet that came first; INT64_MAX: none waits. */
instant held_packets_oldest(const struct held_packets *held, uint64_t *flow);

/*
 * Asks about each packet of the flow, in order of arrival: those of which visit says so leave. Visit must not
 * call back here.
 */
void held_packets_visit(struct held_packets *held, uint64_t flow,
	bool (*visit)(void *context, struct held_packet *packet), void *context);

#endif
