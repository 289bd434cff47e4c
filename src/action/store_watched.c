/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store_parts.h"

#include <assert.h>

static const char *const names[] = {
#define WATCHED_NAME(identifier, name) name,
	WATCHED_COUNTS(WATCHED_NAME)
#undef WATCHED_NAME
};
static_assert(sizeof names / sizeof names[0] == WATCHED_COUNT, "each count has its name");

const char *watched_count_name(enum watched_count count)
{
	return names[count];
}

void store_put_watched(struct store *store, const struct watched_hour *hour, instant now)
{
	if (!store_may_write(store, now)) {
		return;
	}
	sqlite3_stmt *statement = store->statements[PUT_WATCHED];
	sqlite3_bind_int64(statement, 1, hour->hour);
	sqlite3_bind_int64(statement, 2, hour->mode);
	for (int i = 0; i < WATCHED_COUNT; i++) {
		sqlite3_bind_int64(statement, 3 + i, (int64_t)hour->counts[i]);
	}
	store_carry_out(store, PUT_WATCHED, now);
}

/* hour, mode, and the counts. What is no number that we would have written counts as nothing. */
static void take(sqlite3_stmt *row, struct watched_hour *watched)
{
	int64_t number = 0;

	watched->hour = store_take_time(row, 0, &number) ? number : 0;
	for (int i = 0; i < WATCHED_COUNT; i++) {
		bool good = store_take_number(row, 2 + i, 0, STORE_TIME_LIMIT, &number);
		watched->counts[i] = good ? (uint64_t)number : 0;
	}
}

void store_read_watched(
	struct store *store, instant hour, unsigned mode, struct watched_hour *watched, instant now)
{
	struct statement_text select = {0};
	sqlite3_stmt *row = NULL;

	*watched = (struct watched_hour){.hour = hour, .mode = mode};
	if (store->database == NULL) {
		return;
	}
	statement_add(&select, "SELECT hour, mode");
	statement_add_watched_names(&select, "", "");
	statement_add(&select, " FROM watched WHERE hour = ? AND mode = ?");
	int code = sqlite3_prepare_v2(store->database, select.text, -1, &row, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int64(row, 1, hour);
		sqlite3_bind_int64(row, 2, mode);
		code = sqlite3_step(row);
	}
	if (code == SQLITE_ROW) {
		take(row, watched);
	}
	sqlite3_finalize(row);
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		store_fail(store, code, now);
	}
}

bool store_sum_watched(
	struct store *store, instant since, struct watched_hour sums[static WATCHED_MODES], instant now)
{
	struct statement_text select = {0};
	sqlite3_stmt *row = NULL;
	int64_t mode;

	for (unsigned i = 0; i < WATCHED_MODES; i++) {
		sums[i] = (struct watched_hour){.mode = i};
	}
	if (store->database == NULL) {
		return false;
	}
	statement_add(&select, "SELECT min(hour), mode");
	/* total() can't overflow, which sum() takes for an error. */
	statement_add_watched_names(&select, "CAST(total(", ") AS INTEGER)");
	statement_add(&select, " FROM watched WHERE hour >= ? GROUP BY mode");
	int code = sqlite3_prepare_v2(store->database, select.text, -1, &row, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int64(row, 1, since);
	}
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW && store_take_number(row, 1, 0, WATCHED_MODES - 1, &mode)) {
			take(row, &sums[mode]);
		}
	}
	sqlite3_finalize(row);
	if (code != SQLITE_DONE) {
		store_fail(store, code, now);
	}
	return code == SQLITE_DONE;
}
