/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks sources and lets them in again: for the packet thread's decisions, and for people by the control
 * socket, who can also list what is blocked and release accounts. Lives on the slow thread as its guest. What
 * must never be blocked is refused, whoever asks.
 */
#ifndef PBXGUARD_DAEMON_CONTROL_DESK_H
#define PBXGUARD_DAEMON_CONTROL_DESK_H

#include "pbxguard/action/action_settings.h"
#include "pbxguard/action/blocked_sources.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/log.h"
#include "pbxguard/base/site.h"
#include "pbxguard/daemon/account_link.h"
#include "pbxguard/daemon/control_message.h"
#include "pbxguard/daemon/event_loop.h"
#include "pbxguard/daemon/slow_thread.h"

#define CONTROL_DESK_QUEUE 1024 /* requests to block that may wait */
#define CONTROL_DESK_WHY_SIZE 160

/*
 * Must nobody in the network be blocked, for a reason that the desk does not know itself? Then why is what
 * follows "… is never blocked: ". Called on the slow thread, and while the desk starts on the starting one:
 * whatever it looks at must not be changed elsewhere meanwhile.
 */
typedef bool control_desk_never(
	void *context, const struct network *network, char why[static CONTROL_DESK_WHY_SIZE]);

/* Where the blocked sources are kept over a restart; NULL functions: nowhere. */
struct control_desk_store {
	/* Once, before anything else, on the starting thread: calls restore for each, in the order in which
	 * they were blocked. Who must never be blocked by now is left out. */
	void (*load)(void *context, blocked_sources_visit *restore, void *restore_context);
	/* On the slow thread: what is in force now, or (blocked false) no more. */
	void (*changed)(void *context, const struct blocked_source_record *record, bool blocked);
	/* On the slow thread: something was lost; these are all (blocked_sources_each). */
	void (*keep_all)(void *context, struct blocked_sources *sources);
	void *context;
};

/* What was refused or would have been, for a report; on the slow thread. NULL functions: nothing is kept. */
struct control_desk_report {
	/* The mode, and what was watched from since on. False: it can't be read. */
	bool (*sum)(void *context, instant since, struct control_report *report);
	/* At most room rows from since on, beyond after. Likewise. */
	bool (*page)(void *context, instant since, uint64_t after, struct refusal_record *rows, size_t room,
		size_t *count);
	void *context;
};

struct control_desk_setup {
	const char *path;        /* of the control socket; empty: none. Copied */
	const struct site *site; /* both copied; at a reload the slow thread brings new ones */
	const struct action_settings *settings;
	struct blocked_sources_set set; /* add NULL: the kernel's */
	control_desk_never *is_never;   /* may be NULL, as the desk knows the site's and block.never */
	void *never_context;
	struct account_functions accounts; /* release NULL: there are none that could be blocked */
	struct control_desk_store store;
	struct control_desk_report report;
	struct event_loop *loop;   /* the packet thread's, for questions about accounts; NULL: call
				    * control_desk_serve_accounts yourself */
	struct counters *counters; /* both borrowed */
	const struct log *log;
};

struct control_desk; /* opaque; made by control_desk_start */

/*
 * Moves in with the thread, which frees it at its end. A control socket that can't be had is told, and all
 * else goes on. NULL with errno when there is no memory or no descriptor.
 */
struct control_desk *control_desk_start(const struct control_desk_setup *setup, struct slow_thread *thread);

/* From the packet thread, never waits; what does not fit is counted (COUNTER_BLOCKS_OVERFLOWED). */
void control_desk_push(struct control_desk *desk, const struct block_request *request);

/* On the packet thread, when the descriptor is readable: an event_loop_callback. context: the desk. */
int control_desk_descriptor(const struct control_desk *desk);
void control_desk_serve_accounts(void *context);

#endif
