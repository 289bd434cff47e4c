/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/incident_row.h"
#include "pbxguard/action/store_parts.h"

static void bind_incident(sqlite3_stmt *statement, const struct incident_record *record)
{
	struct row_value value;

	for (size_t i = 0; i < incident_row_columns(); i++) {
		incident_row_value(record, i, &value);
		if (value.is_text) {
			store_bind_text(statement, (int)i + 1, value.text);
		} else {
			sqlite3_bind_int64(statement, (int)i + 1, value.number);
		}
	}
}

static void remove_incident(struct store *store, uint32_t slot, instant now)
{
	if (store_may_write(store, now)) {
		sqlite3_bind_int64(store->statements[REMOVE_INCIDENT], 1, slot);
		store_carry_out(store, REMOVE_INCIDENT, now);
	}
}

void store_put_incident(struct store *store, const struct incident_record *record, instant now)
{
	if (record->id[0] == '\0') {
		remove_incident(store, record->slot, now);
	} else if (store_may_write(store, now)) {
		bind_incident(store->statements[PUT_INCIDENT], record);
		store_carry_out(store, PUT_INCIDENT, now);
	}
}

/* What is of another kind than what we write makes the whole row unreadable. */
static bool take_incident(sqlite3_stmt *row, struct incident_record *record)
{
	struct row_value value;
	bool good = true;

	*record = (struct incident_record){0};
	for (int i = 0; good && i < (int)incident_row_columns(); i++) {
		value.is_text = sqlite3_column_type(row, i) == SQLITE_TEXT;
		value.number = sqlite3_column_int64(row, i);
		good = (value.is_text ? store_take_text(row, i, &value.text)
				      : sqlite3_column_type(row, i) == SQLITE_INTEGER) &&
		       incident_row_take(record, (size_t)i, &value);
	}
	return good;
}

int store_read_incidents(struct store *store, const struct store_reader *reader)
{
	struct statement_text select = {0};
	struct incident_record record;
	sqlite3_stmt *row = NULL;

	statement_add(&select, "SELECT ");
	statement_add_incident_names(&select);
	statement_add(&select, " FROM incidents ORDER BY sequence DESC");
	int code = sqlite3_prepare_v2(store->database, select.text, -1, &row, NULL);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW &&
			(!take_incident(row, &record) || !reader->incident(reader->context, &record))) {
			store_drop(store, REMOVE_INCIDENT, sqlite3_column_int64(row, 0));
		}
	}
	sqlite3_finalize(row);
	return code;
}
