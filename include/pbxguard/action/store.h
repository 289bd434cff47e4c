/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives the process, in one SQLite file: open incidents, what rules have learned, who is blocked, and
 * what was refused or would have been. Read once at the start, then only written, by the slow thread; but
 * what was refused is read by it whenever somebody asks for a report. Nothing that is wrong with the store
 * ever stops the guard: it is told, and without a store a restart forgets.
 *
 * The file belongs to us alone while it is open; a second guard goes on without. A damaged one is set aside
 * (renamed, with the time in its name) and a new one begun. One that is no store of ours, or a later
 * version's, is left as it is.
 *
 * What is written is there when the process dies; when the power fails, all but the last seconds.
 */
#ifndef PBXGUARD_ACTION_STORE_H
#define PBXGUARD_ACTION_STORE_H

#include "pbxguard/action/blocked_sources.h"
#include "pbxguard/action/watched_hour.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/log.h"
#include "pbxguard/base/setting.h"
#include "pbxguard/incident/blocked_account_record.h"
#include "pbxguard/incident/incident_record.h"
#include "pbxguard/incident/refusal_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_PATH_SIZE 256
#define STORE_LEARNED_MAX ((size_t)2 << 20) /* bytes of one rule */
#define STORE_RETRY (10 * SECOND)           /* after a failure, so long nothing is tried */

struct store_settings {
	char path[STORE_PATH_SIZE]; /* empty: no store */
};

extern const struct setting_table store_settings_table;

struct store; /* opaque; made by store_open */

/*
 * Opens it, or begins a new one. NULL when that can't be; said in the log. log and counters (COUNTER_STORE_*)
 * stay borrowed. now is the clock's, here and below.
 */
struct store *store_open(const char *path, const struct log *log, struct counters *counters, instant now);
void store_free(struct store *store); /* NULL is fine */

/* Each gives false for what could not be taken; such an incident is removed, as its slot will have others. */
struct store_reader {
	bool (*incident)(void *context, const struct incident_record *record);
	bool (*learned)(void *context, const char *rule, const uint8_t *bytes, size_t size);
	void *context;
};

/* All that is there, of the incidents the one opened last first. */
void store_read(struct store *store, const struct store_reader *reader, instant now);

/* NULL functions: those are not read. Each gives false for what is to be removed. */
struct store_blocks_reader {
	bool (*source)(void *context, const struct blocked_source_record *record);
	bool (*account)(void *context, const struct blocked_account_record *record);
	void *context;
};

/* Who is blocked, in the order in which they were. Rows that we would not have written are removed. */
void store_read_blocks(struct store *store, const struct store_blocks_reader *reader, instant now);

/* In place of what the slot had, or the rule. Written with the next commit, all or nothing. */
void store_put_incident(struct store *store, const struct incident_record *record, instant now);
void store_put_learned(struct store *store, const char *rule, const uint8_t *bytes, size_t size, instant now);
/* One row for each network. */
void store_put_source(struct store *store, const struct blocked_source_record *record, instant now);
void store_remove_source(struct store *store, const struct network *network, instant now);
void store_clear_sources(struct store *store, instant now); /* all */
/* Those whose time was over by until; and of more than most, those whose time is over first. */
void store_forget_sources(struct store *store, instant until, size_t most, instant now);
/* In place of all accounts that were there. */
void store_put_accounts(
	struct store *store, const struct blocked_account_record *records, size_t count, instant now);

/* One row more; its order is the store's to give. */
void store_put_refusal(struct store *store, const struct refusal_record *record, instant now);
/* The call that was to be refused since then went through. */
void store_slip_refusal(struct store *store, const char *call_id, instant since, instant now);
/* In place of what the hour had in this mode. */
void store_put_watched(struct store *store, const struct watched_hour *hour, instant now);
/*
 * What was before `before`; and of the rows about strangers (LEG_OUTSIDE) and of the others all but so many,
 * the oldest first. They are bounded apart, so that a scan from outside does not push out what phones did.
 */
void store_forget_refusals(struct store *store, instant before, size_t most, instant now);

/* Those from since on whose order is beyond after, in order. False: they can't be read. */
bool store_page_refusals(struct store *store, instant since, uint64_t after, struct refusal_record *records,
	size_t room, size_t *count, instant now);
/* An hour; all zero when it was not watched in this mode. */
void store_read_watched(
	struct store *store, instant hour, unsigned mode, struct watched_hour *watched, instant now);
/* All hours from since on, summed up for each mode; hour is the first of them (seconds 0: there is none). */
bool store_sum_watched(
	struct store *store, instant since, struct watched_hour sums[static WATCHED_MODES], instant now);

void store_commit(struct store *store, instant now);

/*
 * True once after what was put could not be written, when it is time to try again: all has to be put again.
 * To be called about once a second.
 */
bool store_wants_all(struct store *store, instant now);

#endif
