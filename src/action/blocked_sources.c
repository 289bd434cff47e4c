/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/blocked_sources.h"

#include "pbxguard/base/table.h"

#include <stdlib.h>
#include <string.h>

#define REMOVED_AT_ONCE 256

struct source_key {
	uint8_t family, prefix_length, bytes[16];
};

struct source {
	struct blocked_source_record record;
	uint64_t number; /* grows with each touch: the table's order */
};

struct blocked_sources {
	struct table *table;
	struct blocked_sources_set set;
	struct counters *counters;
	uint64_t last_number, evicted;
};

static enum blocklist_result kernel_add(
	void *context, const struct network *network, duration time, char *why)
{
	return blocklist_add(context, network, time, why);
}

static enum blocklist_result kernel_remove(void *context, const struct network *network, char *why)
{
	return blocklist_remove(context, network, why);
}

struct blocked_sources_set blocked_sources_kernel(struct blocklist *blocklist)
{
	return (struct blocked_sources_set){kernel_add, kernel_remove, blocklist};
}

struct blocked_sources *blocked_sources_new(
	size_t capacity, const struct blocked_sources_set *set, struct counters *counters)
{
	struct blocked_sources *sources = calloc(1, sizeof *sources);
	const struct table_shape shape = {
		.capacity = capacity,
		.key_size = sizeof(struct source_key),
		.value_size = sizeof(struct source),
	};

	if (sources == NULL) {
		return NULL;
	}
	sources->set = *set;
	sources->counters = counters;
	sources->table = table_new(&shape);
	if (sources->table == NULL) {
		free(sources);
		return NULL;
	}
	return sources;
}

void blocked_sources_free(struct blocked_sources *sources)
{
	if (sources == NULL) {
		return;
	}
	table_free(sources->table);
	free(sources);
}

static struct source_key key_of(const struct network *network)
{
	struct source_key key = {network->address.family, network->prefix_length, {0}};

	memcpy(key.bytes, network->address.bytes, sizeof key.bytes);
	return key;
}

/* Every look moves the entry to the table's end, so it gets the next number: then both orders are one. */
static struct source *find(struct blocked_sources *sources, const struct network *network, instant now)
{
	struct source_key key = key_of(network);
	struct source *source = table_find(sources->table, &key, now);

	if (source != NULL) {
		source->number = ++sources->last_number;
	}
	return source;
}

static bool is_blocked(const struct source *source, instant now)
{
	return source->record.until > now;
}

/* Remembers; who had to make room is counted. */
static void keep(struct blocked_sources *sources, const struct blocked_source_record *record, instant now)
{
	struct source_key key = key_of(&record->network);
	bool added;
	struct source *source = table_find_or_add(sources->table, &key, now, &added);
	uint64_t evicted = table_figures(sources->table).evicted;

	source->record = *record;
	source->number = ++sources->last_number;
	counter_add(sources->counters, COUNTER_SOURCES_FORGOTTEN, evicted - sources->evicted);
	sources->evicted = evicted;
}

static void forget(struct blocked_sources *sources, const struct network *network)
{
	struct source_key key = key_of(network);

	table_remove(sources->table, &key);
}

static duration next_duration(const struct source *source, duration first)
{
	duration longest = first > BLOCKED_SOURCE_LONGEST ? first : BLOCKED_SOURCE_LONGEST;
	duration last = source == NULL ? 0 : source->record.time;

	if (source == NULL || last < first / 2) {
		return first;
	}
	return last >= longest / 2 ? longest : 2 * last;
}

/* What the kernel is asked for, and how that went, in numbers. */
static enum blocklist_result put_into_set(struct blocked_sources *sources, const struct network *network,
	duration time, char why[static BLOCKLIST_WHY_SIZE])
{
	enum blocklist_result result = sources->set.add(sources->set.context, network, time, why);

	counter_add(sources->counters,
		result == BLOCKLIST_DONE   ? COUNTER_SOURCES_BLOCKED
		: result == BLOCKLIST_FULL ? COUNTER_BLOCKLIST_FULL
					   : COUNTER_SOURCES_NOT_BLOCKED,
		1);
	return result;
}

static enum blocklist_result block(struct blocked_sources *sources, const struct block_request *request,
	const struct network *network, instant now, struct blocked_source_record *record, char *why)
{
	const struct source *before = find(sources, network, now);
	bool is_up = before != NULL && is_blocked(before, now);
	bool by_hand = request->incident[0] == '\0';
	struct blocked_source_record after = {
		.network = *network,
		.since = is_up ? before->record.since : now,
		.times = before == NULL ? 1 : before->record.times + !is_up,
	};

	after.time = is_up     ? before->record.time
		     : by_hand ? request->duration
			       : next_duration(before, request->duration);
	after.until = now + (is_up ? request->duration : after.time);
	if (is_up && before->record.until > after.until) {
		after.until = before->record.until;
	}
	memcpy(after.incident, request->incident, sizeof after.incident);
	memcpy(after.reason, request->reason, sizeof after.reason);
	enum blocklist_result result = put_into_set(sources, network, after.until - now, why);
	if (result == BLOCKLIST_DONE) {
		keep(sources, &after, now);
		*record = after;
	}
	return result;
}

static enum blocklist_result let_in(struct blocked_sources *sources, const struct network *network,
	instant now, struct blocked_source_record *record, char *why)
{
	const struct source *source = find(sources, network, now);
	bool was_blocked = source != NULL && is_blocked(source, now);
	enum blocklist_result result = sources->set.remove(sources->set.context, network, why);

	*record = source != NULL ? source->record : (struct blocked_source_record){.network = *network};
	if (was_blocked && (result == BLOCKLIST_NOT_THERE || result == BLOCKLIST_NO_SET)) {
		result = BLOCKLIST_DONE; /* somebody else took it out, or the whole set away */
	}
	if (result == BLOCKLIST_DONE) {
		forget(sources, network);
	}
	return result;
}

enum blocklist_result blocked_sources_perform(struct blocked_sources *sources,
	const struct block_request *request, instant now, struct blocked_source_record *record,
	char why[static BLOCKLIST_WHY_SIZE])
{
	const struct network network = {request->address, request->prefix_length};
	struct blocked_source_record in_force;
	enum blocklist_result result = request->kind == BLOCK_REMOVE
					       ? let_in(sources, &network, now, &in_force, why)
					       : block(sources, request, &network, now, &in_force, why);

	if (record != NULL && result == BLOCKLIST_DONE) {
		*record = in_force;
	}
	return result;
}

/* ---- looking through all ---------------------------------------------------------------------------- */

/* Collects the networks of some; the table can't be changed while it is looked through. */
struct collection {
	const char *incident; /* NULL: those to be forgotten */
	instant now;
	size_t count;
	struct network networks[REMOVED_AT_ONCE];
};

static bool is_wanted(const struct collection *collection, const struct source *source)
{
	if (collection->incident == NULL) {
		return source->record.until <= collection->now - BLOCKED_SOURCE_MEMORY;
	}
	return is_blocked(source, collection->now) &&
	       strcmp(source->record.incident, collection->incident) == 0;
}

static void collect(void *context, const void *key, void *value, instant touched)
{
	struct collection *collection = context;
	const struct source *source = value;

	(void)key;
	(void)touched;
	if (collection->count < REMOVED_AT_ONCE && is_wanted(collection, source)) {
		collection->networks[collection->count++] = source->record.network;
	}
}

enum blocklist_result blocked_sources_release(struct blocked_sources *sources, const char *incident,
	instant now, blocked_sources_visit *visit, void *context, char why[static BLOCKLIST_WHY_SIZE])
{
	struct collection collection = {.incident = incident, .now = now};
	struct blocked_source_record record;
	enum blocklist_result result = BLOCKLIST_DONE;

	do {
		collection.count = 0;
		table_each(sources->table, collect, &collection);
		for (size_t i = 0; i < collection.count && result == BLOCKLIST_DONE; i++) {
			result = let_in(sources, &collection.networks[i], now, &record, why);
			if (result == BLOCKLIST_DONE) {
				visit(context, &record);
			}
		}
	} while (collection.count > 0 && result == BLOCKLIST_DONE);
	return result;
}

void blocked_sources_expire(struct blocked_sources *sources, instant now)
{
	struct collection collection = {.now = now};

	do {
		collection.count = 0;
		table_each(sources->table, collect, &collection);
		for (size_t i = 0; i < collection.count; i++) {
			forget(sources, &collection.networks[i]);
		}
	} while (collection.count == REMOVED_AT_ONCE);
}

struct search {
	const struct network *network;
	instant now;
	bool found;
	struct network covering;
};

static void compare(void *context, const void *key, void *value, instant touched)
{
	struct search *search = context;
	const struct source *source = value;
	const struct network *network = &source->record.network;

	(void)key;
	(void)touched;
	if (!search->found && is_blocked(source, search->now) &&
		network->prefix_length < search->network->prefix_length &&
		network_overlaps(network, search->network)) {
		search->found = true;
		search->covering = *network;
	}
}

bool blocked_sources_covering(
	struct blocked_sources *sources, const struct network *network, instant now, struct network *covering)
{
	struct search search = {.network = network, .now = now};

	table_each(sources->table, compare, &search);
	if (search.found) {
		*covering = search.covering;
	}
	return search.found;
}

struct page {
	instant now;
	uint64_t after;
	struct blocked_source_record *records;
	size_t room, count;
};

static void put_on_page(void *context, const void *key, void *value, instant touched)
{
	struct page *page = context;
	const struct source *source = value;

	(void)key;
	(void)touched;
	if (page->count == page->room || source->number <= page->after || !is_blocked(source, page->now)) {
		return;
	}
	page->records[page->count++] = source->record;
	page->after = source->number;
}

size_t blocked_sources_page(struct blocked_sources *sources, instant now, uint64_t *after,
	struct blocked_source_record *records, size_t room)
{
	struct page page = {now, *after, records, room, 0};

	table_each(sources->table, put_on_page, &page);
	*after = page.after;
	return page.count;
}

/* ---- over a restart --------------------------------------------------------------------------------- */

struct visit {
	blocked_sources_visit *visit;
	void *context;
};

static void show(void *context, const void *key, void *value, instant touched)
{
	const struct visit *visit = context;
	const struct source *source = value;

	(void)key;
	(void)touched;
	visit->visit(visit->context, &source->record);
}

void blocked_sources_each(struct blocked_sources *sources, blocked_sources_visit *visit, void *context)
{
	struct visit all = {visit, context};

	table_each(sources->table, show, &all);
}

enum blocklist_result blocked_sources_restore(struct blocked_sources *sources,
	const struct blocked_source_record *record, instant now, char why[static BLOCKLIST_WHY_SIZE])
{
	enum blocklist_result result = BLOCKLIST_DONE;
	struct blocked_source_record settled = *record;

	if (settled.since > now) {
		settled.until -= settled.since - now;
		settled.since = now;
	}
	if (settled.until <= now - BLOCKED_SOURCE_MEMORY) {
		return BLOCKLIST_DONE;
	}
	if (settled.until > now) {
		result = put_into_set(sources, &settled.network, settled.until - now, why);
	}
	if (result == BLOCKLIST_DONE) {
		keep(sources, &settled, now);
	}
	return result;
}
