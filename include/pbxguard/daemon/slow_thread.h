/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slow thread: performs decisions and writes the store, so that the packet thread never waits for a
 * terminal, a pipe, a log socket or a disk. Between the two is one bounded queue of copied records, one
 * writer and one reader, without locks; a decision that does not fit is counted (COUNTER_ALERTS_OVERFLOWED)
 * and told in the log. What is for the store leaves half of it to decisions, and is offered again. A
 * guest or three may live on the thread besides.
 */
#ifndef PBXGUARD_DAEMON_SLOW_THREAD_H
#define PBXGUARD_DAEMON_SLOW_THREAD_H

#include "pbxguard/action/actions.h"
#include "pbxguard/action/store.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/incident/blocked_accounts.h"
#include "pbxguard/incident/decision.h"
#include "pbxguard/incident/incident_record.h"

#define SLOW_THREAD_QUEUE 1024 /* records of about 4 kB */
#define SLOW_THREAD_GUESTS 3

struct slow_thread; /* opaque; made by slow_thread_start */

/*
 * Takes actions and store over: the thread works with them and frees them. store: NULL for none. counters is
 * the packet thread's, for overflow. NULL when the thread could not be started (actions and store are then
 * still the caller's).
 */
struct slow_thread *slow_thread_start(
	struct actions *actions, struct store *store, struct counters *counters);

/* Never waits. From the packet thread only. */
void slow_thread_push(struct slow_thread *thread, const struct decision *decision);

/*
 * For the store; never wait, from the packet thread only, and only where there is a store. False: there is no
 * room now.
 */
bool slow_thread_keep(struct slow_thread *thread, const struct incident_record *record);
/* STORE_LEARNED_MAX bytes, to be filled and handed over; NULL: they are not written yet. */
uint8_t *slow_thread_learned_room(struct slow_thread *thread);
/* So many of these bytes are what the rule has learned. */
void slow_thread_keep_learned(struct slow_thread *thread, const char *rule, size_t size);
/* BLOCKED_ACCOUNTS_MAX records, likewise; so many of them are all accounts that are blocked. */
struct blocked_account_record *slow_thread_accounts_room(struct slow_thread *thread);
void slow_thread_keep_accounts(struct slow_thread *thread, size_t count);
/* True once after something was lost: all has to be kept again. */
bool slow_thread_wants_all(struct slow_thread *thread);

/* Who lives on the thread besides: all its functions are called there, and none may wait. */
struct slow_thread_guest {
	int descriptor; /* wakes the thread when it is readable; -1: none */
	/* When the descriptor is readable, after slow_thread_wake, and ten times a second. now: monotonic */
	void (*serve)(void *context, instant now);
	/* At a reload, as the thread itself takes the settings over; both borrowed for the call. May be NULL.
	 */
	void (*configure)(void *context, const struct action_settings *settings, const struct site *site);
	/* What it keeps in the store was lost: all of that has to be put again. NULL: it keeps nothing. */
	void (*keep_all)(void *context);
	/* The last call, when the thread has ended; what it puts into the store is still written. Not made
	 * when it hangs. */
	void (*end)(void *context);
	void *context;
};

/* At most SLOW_THREAD_GUESTS, from the packet thread; they stay to the end. */
void slow_thread_invite(struct slow_thread *thread, const struct slow_thread_guest *guest);
/* The guest is served soon. From any thread. */
void slow_thread_wake(struct slow_thread *thread);

/* At a reload: the thread takes copies of these over before its next decision. */
void slow_thread_configure(
	struct slow_thread *thread, const struct action_settings *settings, const struct site *site);

/*
 * Performs and writes what is queued, for two seconds at the most (a reader of our output may hang), and ends
 * the thread. False when it hung: then the process should end without more ado.
 */
bool slow_thread_stop(struct slow_thread *thread);

#endif
