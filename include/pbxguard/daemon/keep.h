/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries what outlives the process between the pipeline, which has it, and the store: open incidents and
 * blocked accounts each second in which they change, what rules have learned every ten minutes; all of it at
 * the end. So a process that is killed loses a second or two of its incidents and accounts, and up to ten
 * minutes of experience. Accounts only in mode block: in the others none is blocked, and what the store has
 * of them is left as it is.
 *
 * On the packet thread it costs copies only: KEEP_AT_ONCE records of about 3 kB a second, what rules have
 * learned (of 65,536 callers 1.6 MB, in 2 ms), and all blocked accounts (of 4096 1.1 MB).
 */
#ifndef PBXGUARD_DAEMON_KEEP_H
#define PBXGUARD_DAEMON_KEEP_H

#include "pbxguard/action/store.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/log.h"
#include "pbxguard/daemon/pipeline.h"
#include "pbxguard/daemon/slow_thread.h"

#define KEEP_AT_ONCE 64
#define KEEP_LEARNED_EVERY (10 * MINUTE)

struct keep {
	instant learned_at; /* monotonic: when rules' experience is kept again */
	size_t next_rule;   /* in that round; rules_count(): it is over */
	bool wants_accounts;
	uint64_t account_changes; /* when they were kept the last time */
};

/* Before the first packet. Says in the log what there was. now is the clock's. */
void keep_restore(struct store *store, struct pipeline *pipeline, const struct log *log, instant now);

/* From now (monotonic) on. */
void keep_begin(struct keep *keep, instant now);
/* Once a second. */
void keep_tick(struct keep *keep, struct pipeline *pipeline, struct slow_thread *slow_thread, instant now);
/* At the end, when no packet comes any more; waits for room, a second at most. False: something is left. */
bool keep_finish(struct pipeline *pipeline, struct slow_thread *slow_thread);

#endif
