/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slow thread: performs decisions, so that the packet thread never waits for a terminal, a pipe or a log
 * socket. Between the two is one bounded queue of copied decisions, one writer and one reader, without locks;
 * what does not fit is counted (COUNTER_ALERTS_OVERFLOWED) and told in the log.
 */
#ifndef PBXGUARD_DAEMON_SLOW_THREAD_H
#define PBXGUARD_DAEMON_SLOW_THREAD_H

#include "pbxguard/action/actions.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/incident/decision.h"

#define SLOW_THREAD_QUEUE 1024 /* decisions of about 2 kB */

struct slow_thread; /* opaque; made by slow_thread_start */

/*
 * Takes actions over: the thread performs with it and frees it. counters is the packet thread's, for
 * overflow. NULL when the thread could not be started (actions is then still the caller's).
 */
struct slow_thread *slow_thread_start(struct actions *actions, struct counters *counters);

/* Never waits. From the packet thread only. */
void slow_thread_push(struct slow_thread *thread, const struct decision *decision);

/* At a reload: the thread takes copies of these over before its next decision. */
void slow_thread_configure(
	struct slow_thread *thread, const struct action_settings *settings, const struct site *site);

/*
 * Performs what is queued, for two seconds at the most (a reader of our output may hang), and ends the
 * thread. False when it hung: then the process should end without more ado.
 */
bool slow_thread_stop(struct slow_thread *thread);

#endif
