/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store_parts.h"

#include <stdio.h>
#include <stdlib.h>

int store_run(sqlite3 *database, const char *statement)
{
	return sqlite3_exec(database, statement, NULL, NULL, NULL);
}

bool store_is_damage(int code)
{
	return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

void store_close_database(struct store *store)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
	sqlite3_close(store->database);
	store->database = NULL;
	store->in_transaction = false;
}

struct store *store_open(const char *path, const struct log *log, struct counters *counters, instant now)
{
	struct store *store = calloc(1, sizeof *store);

	if (store == NULL) {
		return NULL;
	}
	store->log = log;
	store->counters = counters;
	text_copy(text_of(path), store->path, sizeof store->path);
	if (!store_begin(store, now)) {
		free(store);
		return NULL;
	}
	return store;
}

void store_free(struct store *store)
{
	if (store != NULL) {
		store_close_database(store);
	}
	free(store);
}

/* ---- failures ---- */

void store_fail(struct store *store, int code, instant now)
{
	char why[256];

	snprintf(why, sizeof why, "%s", sqlite3_errmsg(store->database));
	if (store->in_transaction) {
		store_run(store->database, "ROLLBACK");
		store->in_transaction = false;
	}
	store->has_lost = true;
	if (store_is_damage(code)) {
		if (store_set_aside(store, why, now)) {
			store_begin(store, now);
		}
		return;
	}
	counter_add(store->counters, COUNTER_STORE_ERRORS, 1);
	if (!store->is_failing) {
		log_write(store->log, LOG_LEVEL_WARNING,
			"the store %s can't be written: %s; until it can, a restart forgets what has changed",
			store->path, why);
	}
	store->is_failing = true;
	store->is_trying = false;
	store->failed_at = now;
}

static bool is_time(const struct store *store, instant now)
{
	return !store->is_failing || store->is_trying || now - store->failed_at >= STORE_RETRY ||
	       now < store->failed_at;
}

bool store_wants_all(struct store *store, instant now)
{
	bool wants = store->has_lost && store->database != NULL && is_time(store, now);

	if (wants) {
		store->has_lost = false;
		store->is_trying = store->is_failing;
	}
	return wants;
}

/* ---- written ---- */

bool store_may_write(struct store *store, instant now)
{
	if (store->database == NULL || (store->is_failing && !store->is_trying)) {
		store->has_lost = true;
		return false;
	}
	if (!store->in_transaction) {
		int code = store_run(store->database, "BEGIN IMMEDIATE");
		if (code != SQLITE_OK) {
			store_fail(store, code, now);
			return false;
		}
		store->in_transaction = true;
	}
	return true;
}

void store_carry_out(struct store *store, enum statement_kind kind, instant now)
{
	sqlite3_step(store->statements[kind]);
	int code = sqlite3_reset(store->statements[kind]);

	if (code != SQLITE_OK) {
		store_fail(store, code, now);
	}
}

void store_commit(struct store *store, instant now)
{
	if (!store->in_transaction) {
		return;
	}
	int code = store_run(store->database, "COMMIT");
	if (code != SQLITE_OK) {
		store_fail(store, code, now);
		return;
	}
	store->in_transaction = false;
	counter_add(store->counters, COUNTER_STORE_WRITES, 1);
	if (store->is_failing) {
		log_write(store->log, LOG_LEVEL_NOTICE, "the store %s is written again", store->path);
	}
	store->is_failing = store->is_trying = false;
}

/* ---- read ---- */

/* remove: by the row's number. */
void store_drop(struct store *store, enum statement_kind remove, int64_t row)
{
	counter_add(store->counters, COUNTER_STORE_ERRORS, 1);
	sqlite3_bind_int64(store->statements[remove], 1, row);
	sqlite3_step(store->statements[remove]);
	sqlite3_reset(store->statements[remove]);
}

void store_read(struct store *store, const struct store_reader *reader, instant now)
{
	int code = store_read_incidents(store, reader);

	if (code == SQLITE_DONE) {
		code = store_read_learned(store, reader);
	}
	if (code != SQLITE_DONE) {
		store_fail(store, code, now);
	}
}
