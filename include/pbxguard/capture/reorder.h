/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the packets of several interfaces into the order of their time. Each interface hands its packets over
 * when its own timer runs out, so the second leg of a call may be read before the first. Packets wait for a
 * short time and leave in order; one interface alone needs none of this.
 *
 * Memory: REORDER_PACKETS of REORDER_PACKET_SIZE bytes, 4 MiB, reserved at the start.
 */
#ifndef PBXGUARD_CAPTURE_REORDER_H
#define PBXGUARD_CAPTURE_REORDER_H

#include "pbxguard/base/instant.h"
#include "pbxguard/capture/packet.h"

#include <stdbool.h>
#include <stddef.h>

#define REORDER_PACKETS 1024
#define REORDER_PACKET_SIZE 4096 /* bytes; a larger packet does not wait: those before it leave first */

struct reorder; /* opaque; made by reorder_new */

/* NULL when there is no memory. */
struct reorder *reorder_new(packet_handler *handler, void *context);
void reorder_free(struct reorder *reorder); /* what waits is dropped: call reorder_release first */

/* A packet_handler; the context is the reorder. When it is full the oldest leaves early. Copies the packet.
 */
enum verdict reorder_add(void *context, const struct packet *packet);

/* Hands over what passed until then, in order; INT64_MAX for all. */
void reorder_release(struct reorder *reorder, instant until);

/* When the oldest that waits passed. False when none waits. */
bool reorder_oldest(const struct reorder *reorder, instant *time);

#endif
