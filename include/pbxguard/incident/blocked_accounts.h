/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Callers whose calls abroad are refused until somebody releases them. By name, as alerts show it; who proves
 * that the name is theirs is for policy to ask. Bounded: of more than BLOCKED_ACCOUNTS_MAX the one heard of
 * longest ago is forgotten, and counted (keys_evicted).
 */
#ifndef PBXGUARD_INCIDENT_BLOCKED_ACCOUNTS_H
#define PBXGUARD_INCIDENT_BLOCKED_ACCOUNTS_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/text.h"
#include "pbxguard/incident/blocked_account_record.h"

#include <stdbool.h>
#include <stddef.h>

#define BLOCKED_ACCOUNTS_MAX USUAL_OR_FEW(4096, 4)

struct blocked_accounts; /* opaque; made by blocked_accounts_new */

/* counters stays borrowed. NULL when there is no memory. */
struct blocked_accounts *blocked_accounts_new(struct counters *counters);
void blocked_accounts_free(struct blocked_accounts *accounts);

/*
 * Also to bring back what a list has shown, in its order. False when it is blocked already, and stays as it
 * is, or its time is over.
 */
bool blocked_accounts_add(
	struct blocked_accounts *accounts, const struct blocked_account_record *record, instant now);

/* NULL when it is not blocked at that time. caller is as in struct event. Borrowed until the next call. */
const struct blocked_account_record *blocked_accounts_find(
	struct blocked_accounts *accounts, struct text caller, instant now);

/* account is as alerts show it. False when it was not blocked. */
bool blocked_accounts_release(struct blocked_accounts *accounts, const char *account, instant now);
/* All that were blocked for this incident: how many. */
size_t blocked_accounts_release_incident(struct blocked_accounts *accounts, const char *incident);
void blocked_accounts_clear(struct blocked_accounts *accounts);

/*
 * Copies up to room of them, in the order in which they were blocked, from the first behind the order `after`
 * (0: from the beginning). How many; fewer than room: these are the last.
 */
size_t blocked_accounts_list(const struct blocked_accounts *accounts, uint64_t after,
	struct blocked_account_record *records, size_t room);

/* ---- for a store ---- */

/* Grows with each change of who is blocked. */
uint64_t blocked_accounts_changes(const struct blocked_accounts *accounts);
/* Copies up to room of them, in no order: how many. In the time that copying takes. */
size_t blocked_accounts_save(
	const struct blocked_accounts *accounts, struct blocked_account_record *records, size_t room);

#endif
