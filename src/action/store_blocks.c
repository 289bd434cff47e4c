/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store_parts.h"

/* ---- written ---- */

void store_put_source(struct store *store, const struct blocked_source_record *record, instant now)
{
	char network[NETWORK_TEXT_SIZE];

	if (store_may_write(store, now)) {
		sqlite3_stmt *statement = store->statements[PUT_SOURCE];
		store_bind_text(statement, 1, text_of(network_format(&record->network, network)));
		sqlite3_bind_int64(statement, 2, record->since);
		sqlite3_bind_int64(statement, 3, record->until);
		sqlite3_bind_int64(statement, 4, record->time);
		sqlite3_bind_int64(statement, 5, record->times);
		store_bind_text(statement, 6, text_of(record->incident));
		store_bind_text(statement, 7, text_of(record->reason));
		store_carry_out(store, PUT_SOURCE, now);
	}
}

void store_remove_source(struct store *store, const struct network *network, instant now)
{
	char text[NETWORK_TEXT_SIZE];

	if (store_may_write(store, now)) {
		store_bind_text(store->statements[REMOVE_SOURCE], 1, text_of(network_format(network, text)));
		store_carry_out(store, REMOVE_SOURCE, now);
	}
}

void store_clear_sources(struct store *store, instant now)
{
	if (store_may_write(store, now)) {
		store_carry_out(store, CLEAR_SOURCES, now);
	}
}

void store_forget_sources(struct store *store, instant until, size_t most, instant now)
{
	if (store_may_write(store, now)) {
		sqlite3_bind_int64(store->statements[FORGET_SOURCES], 1, until);
		store_carry_out(store, FORGET_SOURCES, now);
	}
	if (store->in_transaction) {
		sqlite3_bind_int64(store->statements[LIMIT_SOURCES], 1, (int64_t)most);
		store_carry_out(store, LIMIT_SOURCES, now);
	}
}

static void put_account(struct store *store, const struct blocked_account_record *record, instant now)
{
	sqlite3_stmt *statement = store->statements[PUT_ACCOUNT];

	store_bind_text(statement, 1, text_of(record->account));
	sqlite3_bind_int64(statement, 2, record->since);
	sqlite3_bind_int64(statement, 3, record->until);
	store_bind_text(statement, 4, text_of(record->incident));
	store_bind_text(statement, 5, text_of(record->reason));
	sqlite3_bind_int64(statement, 6, (int64_t)record->order);
	store_carry_out(store, PUT_ACCOUNT, now);
}

void store_put_accounts(
	struct store *store, const struct blocked_account_record *records, size_t count, instant now)
{
	if (store_may_write(store, now)) {
		store_carry_out(store, CLEAR_ACCOUNTS, now);
	}
	for (size_t i = 0; i < count && store->in_transaction; i++) {
		put_account(store, &records[i], now);
	}
}

/* ---- read ---- */

static bool take_source(sqlite3_stmt *row, struct blocked_source_record *record)
{
	struct text network;
	int64_t times = 0;
	bool good = store_take_text(row, 1, &network) && network_parse(network, &record->network) &&
		    store_take_time(row, 2, &record->since) && store_take_time(row, 3, &record->until) &&
		    store_take_number(row, 4, 0, STORE_TIME_LIMIT, &record->time) &&
		    store_take_number(row, 5, 1, UINT32_MAX, &times) &&
		    store_take_name(row, 6, record->incident, sizeof record->incident) &&
		    store_take_shown(row, 7, record->reason, sizeof record->reason);

	record->times = (uint32_t)times;
	return good && record->since <= record->until;
}

static bool take_account(sqlite3_stmt *row, struct blocked_account_record *record)
{
	int64_t order = 0;
	bool good = store_take_name(row, 1, record->account, sizeof record->account) &&
		    store_take_time(row, 2, &record->since) && store_take_time(row, 3, &record->until) &&
		    store_take_name(row, 4, record->incident, sizeof record->incident) &&
		    store_take_shown(row, 5, record->reason, sizeof record->reason) &&
		    store_take_number(row, 6, 0, INT64_MAX, &order);

	record->order = (uint64_t)order;
	return good && record->account[0] != '\0';
}

/* Takes a row, whose number comes first, and gives it on; false for what is to be removed. */
typedef bool row_offer(sqlite3_stmt *row, const struct store_blocks_reader *reader);

static bool offer_source(sqlite3_stmt *row, const struct store_blocks_reader *reader)
{
	struct blocked_source_record record = {0};

	return take_source(row, &record) && reader->source(reader->context, &record);
}

static bool offer_account(sqlite3_stmt *row, const struct store_blocks_reader *reader)
{
	struct blocked_account_record record = {0};

	return take_account(row, &record) && reader->account(reader->context, &record);
}

static void read_rows(struct store *store, const char *select, row_offer *offer, enum statement_kind remove,
	const struct store_blocks_reader *reader, instant now)
{
	sqlite3_stmt *row = NULL;

	if (store->database == NULL) {
		return;
	}
	int code = sqlite3_prepare_v2(store->database, select, -1, &row, NULL);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW && !offer(row, reader)) {
			store_drop(store, remove, sqlite3_column_int64(row, 0));
		}
	}
	sqlite3_finalize(row);
	if (code != SQLITE_DONE) {
		store_fail(store, code, now);
	}
}

void store_read_blocks(struct store *store, const struct store_blocks_reader *reader, instant now)
{
	if (reader->source != NULL) {
		read_rows(store,
			"SELECT rowid, network, since, until, time, times, incident, reason"
			" FROM blocked_sources ORDER BY since",
			offer_source, REMOVE_SOURCE_ROW, reader, now);
	}
	if (reader->account != NULL) {
		read_rows(store,
			"SELECT rowid, account, since, until, incident, reason, sequence"
			" FROM blocked_accounts ORDER BY sequence",
			offer_account, REMOVE_ACCOUNT_ROW, reader, now);
	}
}
