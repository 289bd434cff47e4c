/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datagrams of which not all is there: found by key, in order of age, with their bytes in a common pool
 * of blocks. Decides nothing, but knows who should make room. All memory is reserved at the start; what was
 * never used is never resident.
 */
#ifndef PBXGUARD_DECODE_ASSEMBLY_TABLE_H
#define PBXGUARD_DECODE_ASSEMBLY_TABLE_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/decode/sparse_buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSEMBLY_TABLE_BLOCKS USUAL_OR_FEW(8192, 70)  /* of SPARSE_BLOCK_SIZE */
#define ASSEMBLY_TABLE_CAPACITY ASSEMBLY_TABLE_BLOCKS /* each has a block at least */

struct assembly_key { /* without padding: compared as bytes */
	struct address source, destination;
	uint8_t version;
	uint8_t protocol; /* of IPv6: 0, as only the first fragment tells it */
	uint32_t id;
};

struct assembly_links { /* names: index + 1; 0 is none */
	uint32_t older, newer;
};

struct assembly {
	/* The table's own; the others may read. */
	struct assembly_key key;
	struct assembly_links by_age, by_share;
	uint32_t bucket, next_in_bucket, share;
	struct sparse_buffer buffer;
	instant begun;
	/* The user's; zero at first. */
	instant newest; /* when its newest fragment came */
	uint32_t fragments;
	uint32_t held;     /* bytes */
	uint32_t furthest; /* the end of what is there; of the whole when has_end */
	uint32_t read_to;  /* the beginning was handed out so far */
	uint8_t protocol;  /* told by the first fragment */
	bool has_end, was_read;
	bool is_overdue; /* what there is of the beginning is handed out at once */
};

struct assembly_table; /* opaque; made by assembly_table_new */

/* NULL when there is no memory. */
struct assembly_table *assembly_table_new(void);
void assembly_table_free(struct assembly_table *table);

/* Borrowed until it is dropped; NULL: there is none. */
struct assembly *assembly_find(struct assembly_table *table, const struct assembly_key *key);
/* A new one. There must be a block left, to be written to before the next is begun. */
struct assembly *assembly_begin(struct assembly_table *table, const struct assembly_key *key, instant now);
void assembly_drop(struct assembly_table *table, struct assembly *assembly);
/* As sparse_buffer_write. */
void assembly_write(struct assembly_table *table, struct assembly *assembly, size_t offset,
	const uint8_t *bytes, size_t size);

/* In the order in which they were begun; NULL: there is none. */
struct assembly *assembly_oldest(struct assembly_table *table);
struct assembly *assembly_newer(struct assembly_table *table, const struct assembly *assembly);

/* The newest of the destination that holds the most blocks. Not spared, which may be NULL. */
struct assembly *assembly_victim(struct assembly_table *table, const struct assembly *spared);

/* Where the bytes are, to be read. */
const struct block_pool *assembly_table_pool(const struct assembly_table *table);
size_t assembly_table_count(const struct assembly_table *table);

#endif
