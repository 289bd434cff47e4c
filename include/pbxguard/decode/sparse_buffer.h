/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a datagram that come in pieces and in any order: kept in blocks of a common pool, so that a
 * small datagram costs little. Pieces begin at multiples of 8 bytes, as fragments do (RFC 791 §3.1).
 */
#ifndef PBXGUARD_DECODE_SPARSE_BUFFER_H
#define PBXGUARD_DECODE_SPARSE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPARSE_UNIT 8           /* bytes */
#define SPARSE_BLOCK_SIZE 1024  /* bytes */
#define SPARSE_BUFFER_MAX 65536 /* bytes: past any IP datagram */

struct block_pool; /* opaque; made by block_pool_new */

struct sparse_buffer { /* all zero: empty */
	uint16_t block_count;
	uint16_t blocks[SPARSE_BUFFER_MAX / SPARSE_BLOCK_SIZE]; /* 0: none */
};

enum sparse_overlap {
	SPARSE_NEW,     /* nothing of it is there yet */
	SPARSE_INSIDE,  /* all of it is there, with these bytes or others */
	SPARSE_PARTIAL, /* a part of it is there */
};

/* At most 65535 blocks. Memory is reserved; blocks never used are never resident. NULL: no memory. */
struct block_pool *block_pool_new(size_t capacity);
void block_pool_free(struct block_pool *pool);
size_t block_pool_left(const struct block_pool *pool); /* blocks */

/* In all of these offset is a multiple of 8, and offset + size is at most SPARSE_BUFFER_MAX. */
enum sparse_overlap sparse_buffer_overlap(
	const struct block_pool *pool, const struct sparse_buffer *buffer, size_t offset, size_t size);
/* How many blocks more a piece needs. */
size_t sparse_buffer_lacks(const struct sparse_buffer *buffer, size_t offset, size_t size);
/* The pool must have left what the buffer lacks. */
void sparse_buffer_write(struct block_pool *pool, struct sparse_buffer *buffer, size_t offset,
	const uint8_t *bytes, size_t size);
/* Of a piece that is SPARSE_INSIDE: with these very bytes? */
bool sparse_buffer_holds(const struct block_pool *pool, const struct sparse_buffer *buffer, size_t offset,
	const uint8_t *bytes, size_t size);

/* Bytes from 0 on without a gap, rounded up to a multiple of 8. */
size_t sparse_buffer_beginning(const struct block_pool *pool, const struct sparse_buffer *buffer);
/* The first size bytes; there must be that many without a gap. */
void sparse_buffer_read(
	const struct block_pool *pool, const struct sparse_buffer *buffer, uint8_t *bytes, size_t size);
/* Gives its blocks back. */
void sparse_buffer_clear(struct block_pool *pool, struct sparse_buffer *buffer);

#endif
