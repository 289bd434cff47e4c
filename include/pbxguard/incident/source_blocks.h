/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that are kept out: for how long, and who comes back. Each time that an address comes back within
 * SOURCE_BLOCKS_MEMORY after its block has ended it is blocked for twice as long, up to a day (or the first
 * time, where that is longer). Who may be blocked at all is for policy to ask. Bounded: the address blocked
 * longest ago is forgotten, and begins anew when it comes back.
 */
#ifndef PBXGUARD_INCIDENT_SOURCE_BLOCKS_H
#define PBXGUARD_INCIDENT_SOURCE_BLOCKS_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/incident/block_record.h"

#include <stdbool.h>
#include <stddef.h>

#define SOURCE_BLOCKS_MAX USUAL_OR_FEW(16384, 4)
#define SOURCE_BLOCKS_MEMORY (7 * DAY)
#define SOURCE_BLOCKS_LONGEST (1 * DAY)

struct source_blocks; /* opaque; made by source_blocks_new */

/* counters stays borrowed. NULL when there is no memory. */
struct source_blocks *source_blocks_new(struct counters *counters);
void source_blocks_free(struct source_blocks *blocks);

/*
 * Blocks the address and gives for how long; first is actions.block.source_time. 0 when it is blocked
 * already: nothing changes.
 */
duration source_blocks_add(struct source_blocks *blocks, const struct address *address, duration first,
	const char *incident, instant now);

bool source_blocks_is_blocked(struct source_blocks *blocks, const struct address *address, instant now);

/* Forgets it, its earlier blocks too. False when it was not blocked. */
bool source_blocks_remove(struct source_blocks *blocks, const struct address *address, instant now);

/* Those blocked and those remembered. Copies as many as there is room for; gives how many there are. */
size_t source_blocks_snapshot(
	const struct source_blocks *blocks, struct blocked_source_record *records, size_t room);
/* What a snapshot kept: blocked until then, or remembered. */
void source_blocks_restore(
	struct source_blocks *blocks, const struct blocked_source_record *record, instant now);

#endif
