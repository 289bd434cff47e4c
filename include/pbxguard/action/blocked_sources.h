/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sources that we block: puts them into the kernel's set and keeps who they are, since and until when,
 * for which incident. A source that comes back after its time is blocked for twice as long as before, up to a
 * day; one not blocked for a week begins anew. Bounded: when the list is full, the source blocked longest ago
 * is forgotten here (COUNTER_SOURCES_FORGOTTEN); the kernel still drops it until its time is over.
 *
 * Belongs on the slow thread, as blocklist does. Time is the clock's (instant_now), because it outlives a
 * restart.
 */
#ifndef PBXGUARD_ACTION_BLOCKED_SOURCES_H
#define PBXGUARD_ACTION_BLOCKED_SOURCES_H

#include "pbxguard/action/blocklist.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/incident/block_request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCKED_SOURCES_MAX 65536
#define BLOCKED_SOURCE_LONGEST DAY      /* to where doubling goes */
#define BLOCKED_SOURCE_MEMORY (7 * DAY) /* after its time was over */

/* Of one source; also what a store keeps of it. */
struct blocked_source_record {
	struct network network;
	instant since, until;            /* of the last block */
	duration time;                   /* its length as it was given out, before anybody prolonged it */
	uint32_t times;                  /* how often it was blocked */
	char incident[INCIDENT_ID_SIZE]; /* empty: by hand */
	char reason[BLOCK_REASON_SIZE];  /* made safe */
};

/* How the kernel's set is changed: blocklist_functions, or a test's own. */
struct blocked_sources_set {
	enum blocklist_result (*add)(void *context, const struct network *network, duration time, char *why);
	enum blocklist_result (*remove)(void *context, const struct network *network, char *why);
	void *context;
};

struct blocked_sources_set blocked_sources_kernel(struct blocklist *blocklist); /* borrowed */

struct blocked_sources; /* opaque; made by blocked_sources_new */

/* counters stays borrowed and belongs to the thread that calls. NULL when there is no memory. */
struct blocked_sources *blocked_sources_new(
	size_t capacity, const struct blocked_sources_set *set, struct counters *counters);
void blocked_sources_free(struct blocked_sources *sources);

/*
 * Blocks the source of the request for the request's time, or for twice as long as the last time when it
 * comes back, but not above BLOCKED_SOURCE_LONGEST (or the request's time, where that is longer); by hand
 * for exactly the request's time. Or lets it in again (BLOCK_REMOVE). One that is blocked already stays so
 * until the later of both ends, which is no come-back. BLOCKLIST_NOT_THERE: nothing to let in. Anything but
 * BLOCKLIST_DONE has changed nothing; why says what it was. *record (may be NULL) is what is now in force; of
 * a removal, what was.
 */
enum blocklist_result blocked_sources_perform(struct blocked_sources *sources,
	const struct block_request *request, instant now, struct blocked_source_record *record,
	char why[static BLOCKLIST_WHY_SIZE]);

typedef void blocked_sources_visit(void *context, const struct blocked_source_record *record);

/*
 * Lets all in again that are blocked for this incident, up to the first failure, which why explains. visit is
 * told of each that was let in.
 */
enum blocklist_result blocked_sources_release(struct blocked_sources *sources, const char *incident,
	instant now, blocked_sources_visit *visit, void *context, char why[static BLOCKLIST_WHY_SIZE]);

/* Is an address of it blocked by another, wider network? Which. */
bool blocked_sources_covering(struct blocked_sources *sources, const struct network *network, instant now,
	struct network *covering);

/*
 * Up to room of those that are blocked now, in the order in which they were; *after, 0 to begin with, is
 * moved past the last of them. One that is blocked anew meanwhile may come twice, none is left out. Returns
 * how many; fewer than room: that was the last.
 */
size_t blocked_sources_page(struct blocked_sources *sources, instant now, uint64_t *after,
	struct blocked_source_record *records, size_t room);

/* For a store: every record, also of those whose time is over but who would be blocked for longer the next
 * time. */
void blocked_sources_each(struct blocked_sources *sources, blocked_sources_visit *visit, void *context);

/*
 * After a restart, what a store has kept: blocked for what is left of its time; where the clock was set back
 * before it was blocked, for all of it. As blocked_sources_perform.
 */
enum blocklist_result blocked_sources_restore(struct blocked_sources *sources,
	const struct blocked_source_record *record, instant now, char why[static BLOCKLIST_WHY_SIZE]);

/* Forgets those whose time was over a week ago: about once a minute. */
void blocked_sources_expire(struct blocked_sources *sources, instant now);

#endif
