/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store_parts.h"

/* In the statements that put and read one, where time is at place 1 (statement_add_refusal_names). */
#define RULES_PLACE 6
#define TEXTS_PLACE 7

/* ---- written ---- */

void store_put_refusal(struct store *store, const struct refusal_record *record, instant now)
{
	if (!store_may_write(store, now)) {
		return;
	}
	sqlite3_stmt *statement = store->statements[PUT_REFUSAL];
	sqlite3_bind_int64(statement, 1, record->time);
	sqlite3_bind_int64(statement, 2, record->about);
	sqlite3_bind_int64(statement, 3, record->action);
	sqlite3_bind_int64(statement, 4, record->severity);
	sqlite3_bind_int64(statement, 5, record->leg);
	store_bind_text(statement, RULES_PLACE, text_of(record->rules));
	for (int i = 0; i < REFUSAL_TEXTS; i++) {
		store_bind_text(
			statement, TEXTS_PLACE + i, text_of((const char *)record + refusal_texts[i].offset));
	}
	store_carry_out(store, PUT_REFUSAL, now);
}

void store_slip_refusal(struct store *store, const char *call_id, instant since, instant now)
{
	if (!store_may_write(store, now)) {
		return;
	}
	sqlite3_stmt *statement = store->statements[SLIP_REFUSAL];
	sqlite3_bind_int64(statement, 1, REFUSAL_SLIPPED);
	store_bind_text(statement, 2, text_of(call_id));
	sqlite3_bind_int64(statement, 3, REFUSAL_REFUSED);
	sqlite3_bind_int64(statement, 4, since);
	store_carry_out(store, SLIP_REFUSAL, now);
}

static void limit(struct store *store, bool strangers, size_t most, instant now)
{
	if (!store->in_transaction) {
		return; /* what came before has failed */
	}
	sqlite3_stmt *statement = store->statements[LIMIT_REFUSALS];
	sqlite3_bind_int64(statement, 1, LEG_OUTSIDE);
	sqlite3_bind_int64(statement, 2, strangers);
	sqlite3_bind_int64(statement, 3, (int64_t)most);
	store_carry_out(store, LIMIT_REFUSALS, now);
}

void store_forget_refusals(struct store *store, instant before, size_t most, instant now)
{
	static const enum statement_kind kinds[] = {FORGET_REFUSALS, FORGET_WATCHED};

	if (!store_may_write(store, now)) {
		return;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && store->in_transaction; i++) {
		sqlite3_bind_int64(store->statements[kinds[i]], 1, before);
		store_carry_out(store, kinds[i], now);
	}
	limit(store, true, most, now);
	limit(store, false, most, now);
}

/* ---- read ---- */

static bool take(sqlite3_stmt *row, struct refusal_record *record)
{
	int64_t order = 0, about = 0, action = 0, severity = 0, leg = 0;

	*record = (struct refusal_record){0};
	bool good = store_take_number(row, 0, 1, INT64_MAX - 1, &order) &&
		    store_take_time(row, 1, &record->time) &&
		    store_take_number(row, 2, 0, REFUSAL_ABOUT_COUNT - 1, &about) &&
		    store_take_number(row, 3, 0, REFUSAL_ACTION_COUNT - 1, &action) &&
		    store_take_number(row, 4, 0, SEVERITY_COUNT - 1, &severity) &&
		    store_take_number(row, 5, 0, LEG_COUNT - 1, &leg) &&
		    store_take_shown(row, RULES_PLACE, record->rules, sizeof record->rules);
	for (int i = 0; good && i < REFUSAL_TEXTS; i++) {
		const struct refusal_text *text = &refusal_texts[i];
		good = store_take_shown(row, TEXTS_PLACE + i, (char *)record + text->offset, text->size);
	}
	record->order = (uint64_t)order;
	record->about = (enum refusal_about)about;
	record->action = (enum refusal_action)action;
	record->severity = (enum severity)severity;
	record->leg = (enum leg)leg;
	return good;
}

static int prepare_page(struct store *store, instant since, uint64_t after, sqlite3_stmt **row)
{
	struct statement_text select = {0};

	statement_add(&select, "SELECT sequence, ");
	statement_add_refusal_names(&select);
	statement_add(&select, " FROM refusals WHERE sequence > ? AND time >= ? ORDER BY sequence");
	int code = sqlite3_prepare_v2(store->database, select.text, -1, row, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int64(*row, 1, after < INT64_MAX ? (int64_t)after : INT64_MAX);
		sqlite3_bind_int64(*row, 2, since);
	}
	return code;
}

bool store_page_refusals(struct store *store, instant since, uint64_t after, struct refusal_record *records,
	size_t room, size_t *count, instant now)
{
	sqlite3_stmt *row = NULL;

	*count = 0;
	if (store->database == NULL) {
		return false;
	}
	int code = prepare_page(store, since, after, &row);
	while ((code == SQLITE_OK || code == SQLITE_ROW) && *count < room) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW && take(row, &records[*count])) {
			++*count;
		} else if (code == SQLITE_ROW) {
			store_drop(store, REMOVE_REFUSAL_ROW, sqlite3_column_int64(row, 0));
		}
	}
	sqlite3_finalize(row);
	if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
		store_fail(store, code, now);
		return false;
	}
	return true;
}
