/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store_parts.h"

#include <assert.h>

void store_put_learned(struct store *store, const char *rule, const uint8_t *bytes, size_t size, instant now)
{
	assert(size <= STORE_LEARNED_MAX);
	if (store_may_write(store, now)) {
		store_bind_text(store->statements[PUT_LEARNED], 1, text_of(rule));
		sqlite3_bind_int64(store->statements[PUT_LEARNED], 2, now);
		sqlite3_bind_blob(store->statements[PUT_LEARNED], 3, bytes, (int)size, SQLITE_STATIC);
		store_carry_out(store, PUT_LEARNED, now);
		if (store->statements[PUT_LEARNED] != NULL) {
			sqlite3_clear_bindings(store->statements[PUT_LEARNED]);
		}
	}
}

/* False: it was not taken. */
static bool offer_learned(sqlite3_stmt *row, const struct store_reader *reader)
{
	struct text rule;
	const uint8_t *bytes = sqlite3_column_blob(row, 1);
	size_t size = (size_t)sqlite3_column_bytes(row, 1);

	return store_take_text(row, 0, &rule) && sqlite3_column_type(row, 1) == SQLITE_BLOB &&
	       bytes != NULL && size <= STORE_LEARNED_MAX &&
	       reader->learned(reader->context, rule.start, bytes, size);
}

int store_read_learned(struct store *store, const struct store_reader *reader)
{
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(store->database, "SELECT rule, bytes FROM learned", -1, &row, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW && !offer_learned(row, reader)) {
			counter_add(store->counters, COUNTER_STORE_ERRORS, 1);
		}
	}
	sqlite3_finalize(row);
	return code;
}
