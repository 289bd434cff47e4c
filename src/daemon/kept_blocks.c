/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/kept_blocks.h"

#include <stdlib.h>

#define TIDY_INTERVAL HOUR
#define TIDY_PUTS 1024 /* or after so many, so that the store stays bounded whatever comes */
#define FIRST_ROOM 256

struct kept_blocks {
	struct store *store; /* borrowed; from the desk's start on the slow thread's */
	bool restores;
	struct blocked_source_record *records; /* read, until they are loaded */
	size_t count, room;
	bool has_all; /* false: there was no memory for some */
	instant tidied;
	size_t puts; /* since then */
};

static bool make_room(struct kept_blocks *kept)
{
	size_t room = kept->room > 0 ? 2 * kept->room : FIRST_ROOM;
	struct blocked_source_record *records;

	if (kept->count < kept->room) {
		return true;
	}
	records = realloc(kept->records, room * sizeof *records);
	if (records == NULL) {
		return false;
	}
	kept->records = records;
	kept->room = room;
	return true;
}

/* Always true: the row stays. */
static bool take(void *context, const struct blocked_source_record *record)
{
	struct kept_blocks *kept = context;

	if (kept->count < BLOCKED_SOURCES_MAX && kept->has_all) {
		kept->has_all = make_room(kept);
		if (kept->has_all) {
			kept->records[kept->count++] = *record;
		}
	}
	return true;
}

static void tidy(struct kept_blocks *kept, instant now)
{
	store_forget_sources(kept->store, now - BLOCKED_SOURCE_MEMORY, BLOCKED_SOURCES_MAX, now);
	kept->tidied = now;
	kept->puts = 0;
}

struct kept_blocks *kept_blocks_new(struct store *store, bool restores, instant now)
{
	struct kept_blocks *kept = calloc(1, sizeof *kept);

	if (kept == NULL) {
		return NULL;
	}
	*kept = (struct kept_blocks){.store = store, .restores = restores, .has_all = true, .tidied = now};
	if (restores) {
		tidy(kept, now);
		store_commit(store, now);
		store_read_blocks(store, &(struct store_blocks_reader){.source = take, .context = kept}, now);
	}
	if (!kept->has_all) {
		kept_blocks_free(kept);
		return NULL;
	}
	return kept;
}

void kept_blocks_free(struct kept_blocks *kept)
{
	if (kept != NULL) {
		free(kept->records);
	}
	free(kept);
}

static void load(void *context, blocked_sources_visit *restore, void *restore_context)
{
	struct kept_blocks *kept = context;

	for (size_t i = 0; i < kept->count; i++) {
		restore(restore_context, &kept->records[i]);
	}
	free(kept->records);
	kept->records = NULL;
	kept->count = kept->room = 0;
}

static void changed(void *context, const struct blocked_source_record *record, bool blocked)
{
	struct kept_blocks *kept = context;
	instant now = instant_now();

	if (!blocked) {
		store_remove_source(kept->store, &record->network, now);
		return;
	}
	store_put_source(kept->store, record, now);
	if (++kept->puts >= TIDY_PUTS || now - kept->tidied >= TIDY_INTERVAL || now < kept->tidied) {
		tidy(kept, now);
	}
}

/* A blocked_sources_visit. */
static void put(void *context, const struct blocked_source_record *record)
{
	const struct kept_blocks *kept = context;

	store_put_source(kept->store, record, instant_now());
}

/* Those who were let in while nothing could be written must not come back. */
static void keep_all(void *context, struct blocked_sources *sources)
{
	struct kept_blocks *kept = context;

	if (kept->restores) {
		store_clear_sources(kept->store, instant_now());
	}
	blocked_sources_each(sources, put, kept);
}

struct control_desk_store kept_blocks_hooks(struct kept_blocks *kept)
{
	if (kept == NULL) {
		return (struct control_desk_store){0};
	}
	return (struct control_desk_store){load, changed, keep_all, kept};
}
