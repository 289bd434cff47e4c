/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/source_blocks.h"

#include "pbxguard/base/table.h"

#include <stdlib.h>

struct source_blocks {
	struct counters *counters; /* borrowed */
	struct table *table;       /* blocked_source_record by address */
};

struct source_blocks *source_blocks_new(struct counters *counters)
{
	static const struct table_shape shape = {.capacity = SOURCE_BLOCKS_MAX,
		.key_size = sizeof(struct address),
		.value_size = sizeof(struct blocked_source_record)};
	struct source_blocks *blocks = calloc(1, sizeof *blocks);

	if (blocks == NULL) {
		return NULL;
	}
	blocks->counters = counters;
	blocks->table = table_new(&shape);
	if (blocks->table == NULL) {
		source_blocks_free(blocks);
		return NULL;
	}
	return blocks;
}

void source_blocks_free(struct source_blocks *blocks)
{
	if (blocks != NULL) {
		table_free(blocks->table);
		free(blocks);
	}
}

static struct blocked_source_record *find_or_add(
	struct source_blocks *blocks, const struct address *address, instant now)
{
	uint64_t evicted = table_figures(blocks->table).evicted;
	bool added;
	struct blocked_source_record *record = table_find_or_add(blocks->table, address, now, &added);

	counter_add(blocks->counters, COUNTER_KEYS_EVICTED, table_figures(blocks->table).evicted - evicted);
	record->address = *address;
	return record;
}

bool source_blocks_is_blocked(struct source_blocks *blocks, const struct address *address, instant now)
{
	const struct blocked_source_record *record = table_find(blocks->table, address, now);

	return record != NULL && record->until > now;
}

/* Twice the last time for one that comes back. */
static duration next_time(const struct blocked_source_record *record, duration first, instant now)
{
	duration longest = first > SOURCE_BLOCKS_LONGEST ? first : SOURCE_BLOCKS_LONGEST;
	duration last = record->until - record->since;

	if (record->until == 0 || now - record->until > SOURCE_BLOCKS_MEMORY || last < first) {
		return first;
	}
	return last > longest / 2 ? longest : 2 * last;
}

duration source_blocks_add(struct source_blocks *blocks, const struct address *address, duration first,
	const char *incident, instant now)
{
	if (source_blocks_is_blocked(blocks, address, now)) {
		return 0;
	}
	struct blocked_source_record *record = find_or_add(blocks, address, now);
	duration time = next_time(record, first, now);
	record->since = now;
	record->until = now + time;
	text_copy(text_of(incident), record->incident, sizeof record->incident);
	return time;
}

bool source_blocks_remove(struct source_blocks *blocks, const struct address *address, instant now)
{
	bool was_blocked = source_blocks_is_blocked(blocks, address, now);

	table_remove(blocks->table, address);
	return was_blocked;
}

struct snapshot {
	struct blocked_source_record *records;
	size_t room, count;
};

static void keep(void *context, const void *key, void *value, instant touched)
{
	struct snapshot *snapshot = context;

	(void)key;
	(void)touched;
	if (snapshot->count < snapshot->room) {
		snapshot->records[snapshot->count] = *(const struct blocked_source_record *)value;
	}
	snapshot->count++;
}

size_t source_blocks_snapshot(
	const struct source_blocks *blocks, struct blocked_source_record *records, size_t room)
{
	struct snapshot snapshot = {records, room, 0};

	table_each(blocks->table, keep, &snapshot);
	return snapshot.count;
}

void source_blocks_restore(
	struct source_blocks *blocks, const struct blocked_source_record *record, instant now)
{
	*find_or_add(blocks, &record->address, now) = *record;
}
