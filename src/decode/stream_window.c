/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/stream_window.h"

#include "pbxguard/base/limit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* capacity in bytes; count 0: one for each stream. Behind the bytes of a block lies its bit for each byte. */
static const struct {
	uint32_t capacity, count;
} classes[] = {
	{1792, 0}, /* a message in one segment, as most are */
	{16384, USUAL_OR_FEW(256, 2)},
	{WINDOW_MAX, USUAL_OR_FEW(32, 1)},
};
#define CLASS_COUNT (sizeof classes / sizeof classes[0])

struct block {
	struct stream_window *owner; /* NULL: free */
	uint32_t next_free;
};

struct block_class {
	uint32_t first, count; /* blocks of this class, by number */
	uint32_t free, used;   /* a list of those given back; those above used were never taken */
	uint8_t *memory;
};

struct window_pool {
	struct block_class classes[CLASS_COUNT];
	struct block *blocks;
};

static size_t stride_of(size_t class)
{
	return classes[class].capacity + classes[class].capacity / 8;
}

struct window_pool *window_pool_new(size_t streams)
{
	struct window_pool *pool = calloc(1, sizeof *pool);
	uint32_t total = 0;

	if (pool == NULL) {
		return NULL;
	}
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		uint32_t count = classes[i].count > 0 ? classes[i].count : (uint32_t)streams;
		pool->classes[i] = (struct block_class){.first = total, .count = count, .free = NONE};
		pool->classes[i].memory = calloc(count, stride_of(i));
		total += count;
	}
	pool->blocks = calloc(total, sizeof *pool->blocks);
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		if (pool->classes[i].memory == NULL || pool->blocks == NULL) {
			window_pool_free(pool);
			return NULL;
		}
	}
	return pool;
}

void window_pool_free(struct window_pool *pool)
{
	if (pool == NULL) {
		return;
	}
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		free(pool->classes[i].memory);
	}
	free(pool->blocks);
	free(pool);
}

void window_pool_each(const struct window_pool *pool, size_t capacity,
	void (*visit)(void *context, struct stream_window *window), void *context)
{
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		const struct block_class *class = &pool->classes[i];
		for (uint32_t at = 0; classes[i].capacity >= capacity && at < class->used; at++) {
			if (pool->blocks[class->first + at].owner != NULL) {
				visit(context, pool->blocks[class->first + at].owner);
			}
		}
	}
}

static size_t class_of(const struct window_pool *pool, uint32_t block)
{
	size_t class = CLASS_COUNT - 1;

	while (block < pool->classes[class].first) {
		class --;
	}
	return class;
}

static uint32_t take_block(struct window_pool *pool, size_t class_index)
{
	struct block_class *class = &pool->classes[class_index];

	if (class->free == NONE) {
		return class->used < class->count ? class->first + class->used++ : NONE;
	}
	uint32_t block = class->free;
	class->free = pool->blocks[block].next_free;
	return block;
}

static void give_back(struct window_pool *pool, uint32_t block)
{
	struct block_class *class = &pool->classes[class_of(pool, block)];

	pool->blocks[block] = (struct block){.owner = NULL, .next_free = class->free};
	class->free = block;
}

/* The bits of a free block are all zero. */
static void clear_later(struct stream_window *window)
{
	if (window->reach > window->end) {
		memset(window->is_there, 0, window->capacity / 8);
	}
}

static void move_to(struct window_pool *pool, struct stream_window *window, uint32_t block, size_t class)
{
	uint8_t *bytes =
		pool->classes[class].memory + (block - pool->classes[class].first) * stride_of(class);
	uint8_t *is_there = bytes + classes[class].capacity;

	if (window->bytes != NULL) {
		memcpy(bytes, window->bytes, window->reach);
		if (window->reach > window->end) {
			memcpy(is_there, window->is_there, window->capacity / 8);
		}
		clear_later(window);
		give_back(pool, window->block);
	}
	pool->blocks[block].owner = window;
	window->block = block;
	window->bytes = bytes;
	window->is_there = is_there;
	window->capacity = classes[class].capacity;
}

bool window_grow(struct window_pool *pool, struct stream_window *window, size_t capacity)
{
	for (size_t class = 0; class < CLASS_COUNT; class ++) {
		if (classes[class].capacity < capacity) {
			continue;
		}
		uint32_t block = take_block(pool, class);
		if (block != NONE) {
			move_to(pool, window, block, class);
			return true;
		}
	}
	return false;
}

void window_shrink(struct window_pool *pool, struct stream_window *window)
{
	uint32_t keep = window->end < classes[0].capacity ? window->end : classes[0].capacity;

	if (window->capacity <= classes[0].capacity || window->reach > window->end ||
		window->end - window->used > keep) {
		return;
	}
	uint32_t block = take_block(pool, 0);
	if (block == NONE) {
		return;
	}
	uint32_t shift = window->end - keep;
	window->bytes += shift;
	window->base += shift;
	window->used -= shift < window->used ? shift : window->used;
	window->end = window->reach = keep;
	move_to(pool, window, block, 0);
}

void window_release(struct window_pool *pool, struct stream_window *window)
{
	uint32_t next = window->base + window->end;

	if (window->bytes != NULL) {
		clear_later(window);
		give_back(pool, window->block);
	}
	*window = (struct stream_window){.base = next};
}

void window_start(struct stream_window *window, uint32_t sequence)
{
	clear_later(window);
	window->base = sequence;
	window->used = window->end = window->reach = 0;
}

void window_slide(struct stream_window *window)
{
	uint32_t shift = window->used / 8 * 8; /* whole bytes of bits */

	if (shift == 0) {
		return;
	}
	memmove(window->bytes, window->bytes + shift, window->reach - shift);
	if (window->reach > window->end) {
		size_t left = (window->capacity - shift) / 8;
		memmove(window->is_there, window->is_there + shift / 8, left);
		memset(window->is_there + left, 0, shift / 8);
	}
	window->base += shift;
	window->used -= shift;
	window->end -= shift;
	window->reach -= shift;
}

static bool has(const struct stream_window *window, size_t offset)
{
	return (window->is_there[offset / 8] >> offset % 8 & 1) != 0;
}

/* Takes in what now follows without a hole. */
static void settle(struct stream_window *window)
{
	while (window->end < window->reach && has(window, window->end)) {
		window->is_there[window->end / 8] &= (uint8_t) ~(1 << window->end % 8);
		window->end++;
	}
}

void window_put(struct stream_window *window, size_t offset, struct text bytes, bool *differs)
{
	assert(offset >= window->end && offset + bytes.size <= window->capacity);
	if (offset == window->end && window->reach == window->end) {
		memcpy(window->bytes + offset, bytes.start, bytes.size);
		window->end = window->reach = (uint32_t)(offset + bytes.size);
		return;
	}
	for (size_t i = 0; i < bytes.size; i++) {
		size_t at = offset + i;
		if (has(window, at)) {
			*differs |= window->bytes[at] != (uint8_t)bytes.start[i];
			continue;
		}
		window->bytes[at] = (uint8_t)bytes.start[i];
		window->is_there[at / 8] |= (uint8_t)(1 << at % 8);
	}
	if (offset + bytes.size > window->reach) {
		window->reach = (uint32_t)(offset + bytes.size);
	}
	settle(window);
}

bool window_agrees(const struct stream_window *window, size_t offset, struct text bytes)
{
	size_t known = offset < window->end ? window->end - offset : 0;

	if (known > bytes.size) {
		known = bytes.size;
	}
	return known == 0 || memcmp(window->bytes + offset, bytes.start, known) == 0;
}

struct text window_unread(const struct stream_window *window)
{
	if (window->end == window->used) {
		return (struct text){NULL, 0};
	}
	return (struct text){(const char *)window->bytes + window->used, window->end - window->used};
}

void window_use(struct stream_window *window, size_t size)
{
	assert(size <= window->end - window->used);
	window->used += (uint32_t)size;
}

size_t window_hole(const struct stream_window *window)
{
	size_t at = window->end;

	while (at < window->reach && !has(window, at)) {
		at += at % 8 == 0 && window->is_there[at / 8] == 0 ? 8 : 1;
	}
	return at - window->end;
}

void window_skip_hole(struct stream_window *window)
{
	size_t hole = window_hole(window);

	/* What comes too late differs from this, and so is noticed. */
	memset(window->bytes + window->end, 0, hole);
	window->end += (uint32_t)hole;
	window->used = window->end;
	settle(window);
}
