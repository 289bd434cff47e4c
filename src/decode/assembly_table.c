/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/assembly_table.h"

#include "pbxguard/base/digest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS ASSEMBLY_TABLE_CAPACITY
#define SHARES 256 /* destinations, by digest */

static_assert(ASSEMBLY_TABLE_BLOCKS > SPARSE_BUFFER_MAX / SPARSE_BLOCK_SIZE,
	"one datagram alone does not fill the pool");
static_assert(sizeof(struct assembly_key) == 40, "no padding: keys are compared as bytes");

struct list {
	uint32_t oldest, newest;
};

struct share {
	struct list list;
	uint32_t blocks;
};

struct assembly_table {
	struct digest_key hash_key;
	struct block_pool *pool;
	size_t count;
	uint32_t used;   /* those above are untouched memory */
	uint32_t unused; /* a list of those given back */
	struct list by_age;
	struct share shares[SHARES];
	uint32_t buckets[BUCKETS];
	struct assembly assemblies[ASSEMBLY_TABLE_CAPACITY];
};

struct assembly_table *assembly_table_new(void)
{
	struct assembly_table *table = calloc(1, sizeof *table);

	if (table == NULL) {
		return NULL;
	}
	table->hash_key = digest_key_new();
	table->pool = block_pool_new(ASSEMBLY_TABLE_BLOCKS);
	if (table->pool == NULL) {
		assembly_table_free(table);
		return NULL;
	}
	return table;
}

void assembly_table_free(struct assembly_table *table)
{
	if (table != NULL) {
		block_pool_free(table->pool);
		free(table);
	}
}

static struct assembly *assembly_at(struct assembly_table *table, uint32_t name)
{
	return &table->assemblies[name - 1];
}

static struct assembly *assembly_or_null(struct assembly_table *table, uint32_t name)
{
	return name == 0 ? NULL : assembly_at(table, name);
}

static uint32_t name_of(const struct assembly_table *table, const struct assembly *assembly)
{
	return (uint32_t)(assembly - table->assemblies) + 1;
}

static void link_by_age(struct assembly_table *table, uint32_t name)
{
	struct list *list = &table->by_age;

	assembly_at(table, name)->by_age = (struct assembly_links){.older = list->newest};
	*(list->newest != 0 ? &assembly_at(table, list->newest)->by_age.newer : &list->oldest) = name;
	list->newest = name;
}

static void unlink_by_age(struct assembly_table *table, const struct assembly *assembly)
{
	struct list *list = &table->by_age;
	const struct assembly_links at = assembly->by_age;

	*(at.older != 0 ? &assembly_at(table, at.older)->by_age.newer : &list->oldest) = at.newer;
	*(at.newer != 0 ? &assembly_at(table, at.newer)->by_age.older : &list->newest) = at.older;
}

static void link_by_share(struct assembly_table *table, uint32_t name)
{
	struct list *list = &table->shares[assembly_at(table, name)->share].list;

	assembly_at(table, name)->by_share = (struct assembly_links){.older = list->newest};
	*(list->newest != 0 ? &assembly_at(table, list->newest)->by_share.newer : &list->oldest) = name;
	list->newest = name;
}

static void unlink_by_share(struct assembly_table *table, const struct assembly *assembly)
{
	struct list *list = &table->shares[assembly->share].list;
	const struct assembly_links at = assembly->by_share;

	*(at.older != 0 ? &assembly_at(table, at.older)->by_share.newer : &list->oldest) = at.newer;
	*(at.newer != 0 ? &assembly_at(table, at.newer)->by_share.older : &list->newest) = at.older;
}

static uint32_t bucket_of(const struct assembly_table *table, const struct assembly_key *key)
{
	return (uint32_t)(digest_short(&table->hash_key, key, sizeof *key) % BUCKETS);
}

static uint32_t share_of(const struct assembly_table *table, const struct assembly_key *key)
{
	return (uint32_t)(digest_short(&table->hash_key, &key->destination, sizeof key->destination) %
			  SHARES);
}

struct assembly *assembly_find(struct assembly_table *table, const struct assembly_key *key)
{
	uint32_t name = table->buckets[bucket_of(table, key)];

	while (name != 0 && memcmp(&assembly_at(table, name)->key, key, sizeof *key) != 0) {
		name = assembly_at(table, name)->next_in_bucket;
	}
	return assembly_or_null(table, name);
}

static uint32_t take_name(struct assembly_table *table)
{
	uint32_t name = table->unused;

	if (name == 0) {
		assert(table->used < ASSEMBLY_TABLE_CAPACITY);
		return ++table->used;
	}
	table->unused = assembly_at(table, name)->next_in_bucket;
	return name;
}

struct assembly *assembly_begin(struct assembly_table *table, const struct assembly_key *key, instant now)
{
	uint32_t name = take_name(table), bucket = bucket_of(table, key);
	struct assembly *assembly = assembly_at(table, name);

	*assembly = (struct assembly){.key = *key,
		.bucket = bucket,
		.next_in_bucket = table->buckets[bucket],
		.share = share_of(table, key),
		.begun = now};
	table->buckets[bucket] = name;
	link_by_age(table, name);
	link_by_share(table, name);
	table->count++;
	return assembly;
}

static void leave_bucket(struct assembly_table *table, const struct assembly *assembly)
{
	uint32_t name = name_of(table, assembly), *at = &table->buckets[assembly->bucket];

	while (*at != name) {
		at = &assembly_at(table, *at)->next_in_bucket;
	}
	*at = assembly->next_in_bucket;
}

void assembly_drop(struct assembly_table *table, struct assembly *assembly)
{
	leave_bucket(table, assembly);
	unlink_by_age(table, assembly);
	unlink_by_share(table, assembly);
	table->shares[assembly->share].blocks -= assembly->buffer.block_count;
	sparse_buffer_clear(table->pool, &assembly->buffer);
	assembly->next_in_bucket = table->unused;
	table->unused = name_of(table, assembly);
	table->count--;
}

void assembly_write(struct assembly_table *table, struct assembly *assembly, size_t offset,
	const uint8_t *bytes, size_t size)
{
	uint32_t before = assembly->buffer.block_count;

	sparse_buffer_write(table->pool, &assembly->buffer, offset, bytes, size);
	table->shares[assembly->share].blocks += assembly->buffer.block_count - before;
}

struct assembly *assembly_oldest(struct assembly_table *table)
{
	return assembly_or_null(table, table->by_age.oldest);
}

struct assembly *assembly_newer(struct assembly_table *table, const struct assembly *assembly)
{
	return assembly_or_null(table, assembly->by_age.newer);
}

struct assembly *assembly_victim(struct assembly_table *table, const struct assembly *spared)
{
	uint32_t victim = 0, most = 0;

	for (size_t i = 0; i < SHARES; i++) {
		uint32_t newest = table->shares[i].list.newest;
		if (newest != 0 && assembly_at(table, newest) == spared) {
			newest = spared->by_share.older;
		}
		if (newest != 0 && table->shares[i].blocks > most) {
			most = table->shares[i].blocks;
			victim = newest;
		}
	}
	assert(victim != 0); /* one datagram alone does not fill the pool */
	return assembly_at(table, victim);
}

const struct block_pool *assembly_table_pool(const struct assembly_table *table)
{
	return table->pool;
}

size_t assembly_table_count(const struct assembly_table *table)
{
	return table->count;
}
