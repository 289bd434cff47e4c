/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one direction of a TCP connection that are at hand: those read already (kept to compare
 * repetitions with), those in order but not used up, and, behind a hole, those that came too early. A byte
 * that is there stays: the first copy wins.
 *
 * The memory comes from a pool of blocks in a few sizes, reserved at the start and resident once used.
 */
#ifndef PBXGUARD_DECODE_STREAM_WINDOW_H
#define PBXGUARD_DECODE_STREAM_WINDOW_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_MAX ((size_t)128 * 1024) /* bytes: a header of 64 kB and a segment of 64 kB behind a hole */

struct window_pool; /* opaque; made by window_pool_new */

/* All zero: empty, without memory, at sequence number 0. */
struct stream_window {
	uint32_t base;  /* sequence number of bytes[0] */
	uint32_t used;  /* below: read already. These three are offsets from base, in this order */
	uint32_t end;   /* below: in order, without a hole */
	uint32_t reach; /* below: all there is */
	uint32_t capacity;
	uint32_t block;    /* of the pool; means something when bytes is set */
	uint8_t *bytes;    /* owned by the pool */
	uint8_t *is_there; /* a bit for each byte from end to reach, all others zero; owned by the pool */
};

/* A block for every one of so many streams, and a few larger ones. NULL when there is no memory. */
struct window_pool *window_pool_new(size_t streams);
void window_pool_free(struct window_pool *pool);
/* Calls visit for the windows whose blocks hold at least capacity bytes. */
void window_pool_each(const struct window_pool *pool, size_t capacity,
	void (*visit)(void *context, struct stream_window *window), void *context);

/* Gives the window room for so many bytes in all, at most WINDOW_MAX. False when no such block is free. */
bool window_grow(struct window_pool *pool, struct stream_window *window, size_t capacity);
/* Makes do with the smallest block, when that holds what is unread; older bytes are forgotten. */
void window_shrink(struct window_pool *pool, struct stream_window *window);
/* Forgets the bytes and gives the memory back. */
void window_release(struct window_pool *pool, struct stream_window *window);
/* Forgets the bytes; the next one expected has this sequence number. */
void window_start(struct stream_window *window, uint32_t sequence);
/* Makes room by forgetting what is read already. */
void window_slide(struct stream_window *window);

/*
 * Puts bytes where they belong; offset (from base) is at least end, and there is room. *differs is set when
 * other bytes are there already; those stay.
 */
void window_put(struct stream_window *window, size_t offset, struct text bytes, bool *differs);
/* Are the bytes at offset the same, as far as the window knows them? */
bool window_agrees(const struct stream_window *window, size_t offset, struct text bytes);

struct text window_unread(const struct stream_window *window); /* in order, not used up */
void window_use(struct stream_window *window, size_t size);
size_t window_hole(const struct stream_window *window); /* bytes missing before later ones; 0: no hole */
/* Goes on behind the hole; what was unread before it is forgotten. */
void window_skip_hole(struct stream_window *window);

#endif
