/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The insides of struct store, for the modules that it consists of only: store.c writes and fails, store_file
 * opens, store_schema knows the tables, and store_incidents, store_learned, store_blocks, store_refusals and
 * store_watched what is in them.
 */
#ifndef PBXGUARD_ACTION_STORE_PARTS_H
#define PBXGUARD_ACTION_STORE_PARTS_H

#include "pbxguard/action/store.h"
#include "pbxguard/base/text.h"

#include <sqlite3.h>

#define STORE_FORGETS "a restart will forget open incidents, what was learned, and who is blocked"
#define STATEMENT_SIZE 4096

enum statement_kind {
	PUT_INCIDENT, /* its text is made of the columns' names */
	REMOVE_INCIDENT,
	PUT_LEARNED,
	PUT_SOURCE,
	REMOVE_SOURCE,
	REMOVE_SOURCE_ROW,
	CLEAR_SOURCES,
	FORGET_SOURCES,
	LIMIT_SOURCES,
	PUT_ACCOUNT,
	REMOVE_ACCOUNT_ROW,
	CLEAR_ACCOUNTS,
	PUT_REFUSAL, /* its text is made of the columns' names */
	SLIP_REFUSAL,
	FORGET_REFUSALS,
	LIMIT_REFUSALS,
	REMOVE_REFUSAL_ROW,
	PUT_WATCHED, /* its text is made of the counts' names */
	FORGET_WATCHED,
	STATEMENTS
};

struct store {
	char path[STORE_PATH_SIZE];
	const struct log *log;     /* borrowed */
	struct counters *counters; /* borrowed */
	sqlite3 *database;         /* NULL: there is none any more */
	sqlite3_stmt *statements[STATEMENTS];
	bool in_transaction;
	bool is_failing;   /* told; not written since */
	bool is_trying;    /* all the same, to see whether it is still so */
	bool has_lost;     /* something; all has to be put again */
	instant failed_at; /* the last time */
};

/* ---- store.c ---- */

int store_run(sqlite3 *database, const char *statement);
bool store_is_damage(int code);
void store_close_database(struct store *store);
/* Gives the transaction up; code says why. */
void store_fail(struct store *store, int code, instant now);
/* Begins a transaction where there is none. False: nothing can be written now. */
bool store_may_write(struct store *store, instant now);
/* What is bound to the statement. */
void store_carry_out(struct store *store, enum statement_kind kind, instant now);
/* A row that can't be taken. remove: by the row's number. */
void store_drop(struct store *store, enum statement_kind remove, int64_t row);

/* ---- store_file.c ---- */

/* Opens it, or sets a damaged one aside and begins a new one. Says why not. */
bool store_begin(struct store *store, instant now);
/* Closes and renames it; says so. */
bool store_set_aside(struct store *store, const char *why, instant now);

/* ---- store_schema.c ---- */

struct statement_text {
	char text[STATEMENT_SIZE];
	size_t used;
};

void statement_add(struct statement_text *statement, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void statement_add_incident_names(struct statement_text *statement);
/* Of a refusal, but for its sequence: time, about, action, severity, leg, rules, then refusal_texts. */
void statement_add_refusal_names(struct statement_text *statement);
void statement_add_watched_names(struct statement_text *statement, const char *before, const char *after);

#define STORE_VERSION 1                 /* PRAGMA user_version */
#define STORE_APPLICATION_ID 0x70627867 /* "pbxg": by this we know our own */

/* Each gives SQLite's code. */
int store_schema_create(sqlite3 *database);
int store_schema_complete(sqlite3 *database);
int store_schema_prepare(struct store *store);

/* ---- store_row.c: a value goes in, and comes out only if it is of the kind that we write ---- */

void store_bind_text(sqlite3_stmt *statement, int place, struct text text);
/* Borrowed until the row's next step. */
bool store_take_text(sqlite3_stmt *row, int place, struct text *text);
bool store_take_number(sqlite3_stmt *row, int place, int64_t minimum, int64_t maximum, int64_t *number);
bool store_take_time(sqlite3_stmt *row, int place, instant *time);
/* By which something is found: what would have to be changed is another's. */
bool store_take_name(sqlite3_stmt *row, int place, char *name, size_t size);
/* Which is only shown: made safe where it is not (as when its last character was cut). */
bool store_take_shown(sqlite3_stmt *row, int place, char *buffer, size_t size);

#define STORE_TIME_LIMIT (INT64_MAX / 4) /* beyond it sums would overflow */

/* ---- store_incidents.c, store_learned.c: SQLite's code, SQLITE_DONE when all were read ---- */

int store_read_incidents(struct store *store, const struct store_reader *reader);
int store_read_learned(struct store *store, const struct store_reader *reader);

#endif
