/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/sparse_buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define UNITS_IN_BLOCK (SPARSE_BLOCK_SIZE / SPARSE_UNIT)

/* Blocks are named by index + 1. */
struct block {
	uint64_t filled[UNITS_IN_BLOCK / 64]; /* a bit for each unit */
	uint16_t next_unused;
	uint8_t bytes[SPARSE_BLOCK_SIZE];
};

struct block_pool {
	size_t capacity, used; /* those above used are untouched memory */
	size_t left;
	uint16_t unused; /* a list of blocks given back */
	struct block *blocks;
};

struct block_pool *block_pool_new(size_t capacity)
{
	struct block_pool *pool = calloc(1, sizeof *pool);

	assert(capacity > 0 && capacity <= UINT16_MAX);
	if (pool == NULL) {
		return NULL;
	}
	pool->capacity = pool->left = capacity;
	pool->blocks = calloc(capacity, sizeof *pool->blocks);
	if (pool->blocks == NULL) {
		block_pool_free(pool);
		return NULL;
	}
	return pool;
}

void block_pool_free(struct block_pool *pool)
{
	if (pool != NULL) {
		free(pool->blocks);
		free(pool);
	}
}

size_t block_pool_left(const struct block_pool *pool)
{
	return pool->left;
}

static struct block *block_at(const struct block_pool *pool, uint16_t name)
{
	return name == 0 ? NULL : &pool->blocks[name - 1];
}

static uint16_t take_block(struct block_pool *pool)
{
	uint16_t name = pool->unused;

	assert(pool->left > 0);
	pool->left--;
	if (name == 0) {
		return (uint16_t)++pool->used;
	}
	pool->unused = block_at(pool, name)->next_unused;
	return name;
}

static void give_block_back(struct block_pool *pool, uint16_t name)
{
	struct block *block = block_at(pool, name);

	memset(block->filled, 0, sizeof block->filled);
	block->next_unused = pool->unused;
	pool->unused = name;
	pool->left++;
}

static bool is_filled(const struct block_pool *pool, const struct sparse_buffer *buffer, size_t unit)
{
	const struct block *block = block_at(pool, buffer->blocks[unit / UNITS_IN_BLOCK]);

	return block != NULL && (block->filled[unit % UNITS_IN_BLOCK / 64] >> unit % 64 & 1) != 0;
}

static size_t units_of(size_t size)
{
	return (size + SPARSE_UNIT - 1) / SPARSE_UNIT;
}

enum sparse_overlap sparse_buffer_overlap(
	const struct block_pool *pool, const struct sparse_buffer *buffer, size_t offset, size_t size)
{
	size_t units = units_of(size), filled = 0;

	for (size_t i = 0; i < units; i++) {
		filled += is_filled(pool, buffer, offset / SPARSE_UNIT + i);
	}
	if (filled == 0) {
		return SPARSE_NEW;
	}
	return filled == units ? SPARSE_INSIDE : SPARSE_PARTIAL;
}

size_t sparse_buffer_lacks(const struct sparse_buffer *buffer, size_t offset, size_t size)
{
	size_t lacking = 0;

	for (size_t i = offset / SPARSE_BLOCK_SIZE; i * SPARSE_BLOCK_SIZE < offset + size; i++) {
		lacking += buffer->blocks[i] == 0;
	}
	return lacking;
}

/* How many of size bytes from offset on lie in its block. */
static size_t part_in_block(size_t offset, size_t size)
{
	size_t room = SPARSE_BLOCK_SIZE - offset % SPARSE_BLOCK_SIZE;

	return size < room ? size : room;
}

static void write_in_block(struct block *block, size_t start, const uint8_t *bytes, size_t size)
{
	assert(block != NULL);
	memcpy(block->bytes + start, bytes, size);
	for (size_t unit = start / SPARSE_UNIT; unit < units_of(start + size); unit++) {
		block->filled[unit / 64] |= (uint64_t)1 << unit % 64;
	}
}

void sparse_buffer_write(struct block_pool *pool, struct sparse_buffer *buffer, size_t offset,
	const uint8_t *bytes, size_t size)
{
	assert(offset % SPARSE_UNIT == 0 && offset + size <= SPARSE_BUFFER_MAX);
	for (size_t part; size > 0; offset += part, bytes += part, size -= part) {
		uint16_t *name = &buffer->blocks[offset / SPARSE_BLOCK_SIZE];
		if (*name == 0) {
			*name = take_block(pool);
			buffer->block_count++;
		}
		part = part_in_block(offset, size);
		write_in_block(block_at(pool, *name), offset % SPARSE_BLOCK_SIZE, bytes, part);
	}
}

bool sparse_buffer_holds(const struct block_pool *pool, const struct sparse_buffer *buffer, size_t offset,
	const uint8_t *bytes, size_t size)
{
	for (size_t part; size > 0; offset += part, bytes += part, size -= part) {
		const struct block *block = block_at(pool, buffer->blocks[offset / SPARSE_BLOCK_SIZE]);
		part = part_in_block(offset, size);
		if (block == NULL || memcmp(block->bytes + offset % SPARSE_BLOCK_SIZE, bytes, part) != 0) {
			return false;
		}
	}
	return true;
}

size_t sparse_buffer_beginning(const struct block_pool *pool, const struct sparse_buffer *buffer)
{
	size_t unit = 0;

	while (unit < SPARSE_BUFFER_MAX / SPARSE_UNIT && is_filled(pool, buffer, unit)) {
		unit++;
	}
	return unit * SPARSE_UNIT;
}

void sparse_buffer_read(
	const struct block_pool *pool, const struct sparse_buffer *buffer, uint8_t *bytes, size_t size)
{
	size_t part;

	for (size_t offset = 0; offset < size; offset += part) {
		const struct block *block = block_at(pool, buffer->blocks[offset / SPARSE_BLOCK_SIZE]);
		assert(block != NULL);
		part = part_in_block(offset, size - offset);
		memcpy(bytes + offset, block->bytes, part);
	}
}

void sparse_buffer_clear(struct block_pool *pool, struct sparse_buffer *buffer)
{
	for (size_t i = 0; i < sizeof buffer->blocks / sizeof buffer->blocks[0]; i++) {
		if (buffer->blocks[i] != 0) {
			give_block_back(pool, buffer->blocks[i]);
		}
	}
	*buffer = (struct sparse_buffer){0};
}
