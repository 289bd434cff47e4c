/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries what was refused, or would have been, from the packet thread to the store, and what was watched
 * with it; and gives it back for a report. On the packet thread it costs copies only, of about 1 kB a refused
 * call. A guest of the slow thread writes them once a second; a process that is killed loses what came since.
 *
 * Bounded everywhere: what comes faster than KEPT_REFUSALS_QUEUE a second, and what is older or more than the
 * store keeps, is counted (WATCHED_REFUSED) but has no row. Strangers have a half of their own.
 */
#ifndef PBXGUARD_DAEMON_KEPT_REFUSALS_H
#define PBXGUARD_DAEMON_KEPT_REFUSALS_H

#include "pbxguard/action/action_settings.h"
#include "pbxguard/action/store.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/daemon/control_desk.h"
#include "pbxguard/daemon/slow_thread.h"
#include "pbxguard/incident/refusal_record.h"

#include <stddef.h>

#define KEPT_REFUSALS_QUEUE 256 /* of strangers, and of all others */
#define KEPT_REFUSALS_MAX 8192  /* rows, likewise: 16,384 in all */
#define KEPT_REFUSALS_AGE (90 * DAY)

struct kept_refusals; /* opaque; made by kept_refusals_new */

/*
 * Before slow_thread_start. The store stays borrowed, and becomes the slow thread's; counters are the packet
 * thread's. now is the clock's. NULL when there is no memory.
 */
struct kept_refusals *kept_refusals_new(
	struct store *store, const struct counters *counters, enum action_mode mode, instant now);
/* After slow_thread_stop. NULL is fine. */
void kept_refusals_free(struct kept_refusals *kept);
/* From then on it is written; the thread must be that which has the store. */
void kept_refusals_move_in(struct kept_refusals *kept, struct slow_thread *thread);

/* These three on the packet thread; none waits. */
void kept_refusals_add(struct kept_refusals *kept, const struct refusal_record *record);
/* The call that was to be refused went through. */
void kept_refusals_slipped(struct kept_refusals *kept, struct text call_id);
/* Once a second: what was watched since. now is the clock's. */
void kept_refusals_tick(struct kept_refusals *kept, instant now);

/* What the control desk asks, on the slow thread. Borrows kept. Of NULL: there is none. */
struct control_desk_report kept_refusals_report(struct kept_refusals *kept);

#endif
