/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/incident_row.h"
#include "pbxguard/action/store_parts.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const statement_texts[STATEMENTS] = {
	[REMOVE_INCIDENT] = "DELETE FROM incidents WHERE slot = ?",
	[PUT_LEARNED] = "INSERT OR REPLACE INTO learned (rule, saved, bytes) VALUES (?, ?, ?)",
	[PUT_SOURCE] = "INSERT OR REPLACE INTO blocked_sources"
		       " (network, since, until, time, times, incident, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[REMOVE_SOURCE] = "DELETE FROM blocked_sources WHERE network = ?",
	[REMOVE_SOURCE_ROW] = "DELETE FROM blocked_sources WHERE rowid = ?",
	[CLEAR_SOURCES] = "DELETE FROM blocked_sources",
	[FORGET_SOURCES] = "DELETE FROM blocked_sources WHERE until <= ?",
	[LIMIT_SOURCES] = "DELETE FROM blocked_sources WHERE rowid IN (SELECT rowid FROM blocked_sources"
			  " ORDER BY until LIMIT max(0, (SELECT count(*) FROM blocked_sources) - ?))",
	[PUT_ACCOUNT] = "INSERT OR REPLACE INTO blocked_accounts"
			" (account, since, until, incident, reason, sequence) VALUES (?, ?, ?, ?, ?, ?)",
	[REMOVE_ACCOUNT_ROW] = "DELETE FROM blocked_accounts WHERE rowid = ?",
	[CLEAR_ACCOUNTS] = "DELETE FROM blocked_accounts",
	[SLIP_REFUSAL] = "UPDATE refusals SET action = ? WHERE call_id = ? AND action = ? AND time >= ?",
	[FORGET_REFUSALS] = "DELETE FROM refusals WHERE time < ?",
	[LIMIT_REFUSALS] =
		"DELETE FROM refusals WHERE (leg = ?1) = ?2 AND sequence <= (SELECT sequence FROM refusals"
		" WHERE (leg = ?1) = ?2 ORDER BY sequence DESC LIMIT 1 OFFSET ?3)",
	[REMOVE_REFUSAL_ROW] = "DELETE FROM refusals WHERE sequence = ?",
	[FORGET_WATCHED] = "DELETE FROM watched WHERE hour < ?",
};

void statement_add(struct statement_text *statement, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(statement->text + statement->used, sizeof statement->text - statement->used,
		format, arguments);
	va_end(arguments);
	assert(size >= 0 && (size_t)size < sizeof statement->text - statement->used);
	statement->used += (size_t)size;
}

int store_schema_create(sqlite3 *database)
{
	struct statement_text statement = {0};

	statement_add(&statement, "BEGIN; CREATE TABLE incidents (slot INTEGER PRIMARY KEY");
	for (size_t i = 1; i < incident_row_columns(); i++) {
		statement_add(&statement, ", %s %s", incident_row_name(i),
			incident_row_is_text(i) ? "TEXT" : "INTEGER");
	}
	statement_add(&statement,
		"); CREATE TABLE learned (rule TEXT PRIMARY KEY, saved INTEGER, bytes BLOB);"
		"PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		STORE_APPLICATION_ID, STORE_VERSION);
	return store_run(database, statement.text);
}

void statement_add_watched_names(struct statement_text *statement, const char *before, const char *after)
{
	for (int i = 0; i < WATCHED_COUNT; i++) {
		statement_add(
			statement, ", %s%s%s", before, watched_count_name((enum watched_count)i), after);
	}
}

static int create_watched(sqlite3 *database)
{
	struct statement_text statement = {0};

	statement_add(&statement, "CREATE TABLE IF NOT EXISTS watched (hour INTEGER, mode INTEGER");
	statement_add_watched_names(&statement, "", " INTEGER");
	statement_add(&statement, ", PRIMARY KEY (hour, mode)) WITHOUT ROWID");
	return store_run(database, statement.text);
}

/*
 * A store that was begun before there were these gets them. They are no reason for another STORE_VERSION: a
 * pbxguard that does not know them leaves them alone, so going back to it loses nothing.
 */
int store_schema_complete(sqlite3 *database)
{
	int code = create_watched(database);

	return code != SQLITE_OK
		       ? code
		       : store_run(database,
				 "CREATE TABLE IF NOT EXISTS refusals (sequence INTEGER PRIMARY KEY, time INTEGER, about INTEGER,"
				 " action INTEGER, severity INTEGER, leg INTEGER, caller TEXT, source TEXT, dialed TEXT,"
				 " number TEXT, country TEXT, country_name TEXT, prefix TEXT, rules TEXT, reason TEXT,"
				 " incident TEXT, call_id TEXT);"
				 "CREATE TABLE IF NOT EXISTS blocked_sources (network TEXT PRIMARY KEY, since INTEGER,"
				 " until INTEGER, time INTEGER, times INTEGER, incident TEXT, reason TEXT);"
				 "CREATE TABLE IF NOT EXISTS blocked_accounts (account TEXT PRIMARY KEY, since INTEGER,"
				 " until INTEGER, incident TEXT, reason TEXT, sequence INTEGER)");
}

void statement_add_incident_names(struct statement_text *statement)
{
	for (size_t i = 0; i < incident_row_columns(); i++) {
		statement_add(statement, "%s%s", i == 0 ? "" : ", ", incident_row_name(i));
	}
}

void statement_add_refusal_names(struct statement_text *statement)
{
	statement_add(statement, "time, about, action, severity, leg, rules");
	for (size_t i = 0; i < REFUSAL_TEXTS; i++) {
		statement_add(statement, ", %s", refusal_texts[i].name);
	}
}

static void add_values(struct statement_text *put, size_t count)
{
	statement_add(put, ") VALUES (?");
	for (size_t i = 1; i < count; i++) {
		statement_add(put, ", ?");
	}
	statement_add(put, ")");
}

int store_schema_prepare(struct store *store)
{
	struct statement_text put = {0}, put_refusal = {0}, put_watched = {0};

	statement_add(&put, "INSERT OR REPLACE INTO incidents (");
	statement_add_incident_names(&put);
	add_values(&put, incident_row_columns());
	statement_add(&put_refusal, "INSERT INTO refusals (");
	statement_add_refusal_names(&put_refusal);
	add_values(&put_refusal, 6 + REFUSAL_TEXTS);
	statement_add(&put_watched, "INSERT OR REPLACE INTO watched (hour, mode");
	statement_add_watched_names(&put_watched, "", "");
	add_values(&put_watched, 2 + WATCHED_COUNT);
	int code = SQLITE_OK;
	for (size_t i = 0; code == SQLITE_OK && i < STATEMENTS; i++) {
		const char *text = i == PUT_INCIDENT  ? put.text
				   : i == PUT_REFUSAL ? put_refusal.text
				   : i == PUT_WATCHED ? put_watched.text
						      : statement_texts[i];
		code = sqlite3_prepare_v2(store->database, text, -1, &store->statements[i], NULL);
	}
	return code;
}
