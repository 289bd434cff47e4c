/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store_parts.h"

#include <string.h>

void store_bind_text(sqlite3_stmt *statement, int place, struct text text)
{
	sqlite3_bind_text(statement, place, text.start, (int)text.size, SQLITE_TRANSIENT);
}

bool store_take_text(sqlite3_stmt *row, int place, struct text *text)
{
	/* Asked first: what follows would make it one. */
	if (sqlite3_column_type(row, place) != SQLITE_TEXT) {
		return false;
	}
	text->start = (const char *)sqlite3_column_text(row, place);
	text->size = (size_t)sqlite3_column_bytes(row, place);
	return text->start != NULL && memchr(text->start, '\0', text->size) == NULL;
}

bool store_take_number(sqlite3_stmt *row, int place, int64_t minimum, int64_t maximum, int64_t *number)
{
	*number = sqlite3_column_int64(row, place);
	return sqlite3_column_type(row, place) == SQLITE_INTEGER && *number >= minimum && *number <= maximum;
}

bool store_take_time(sqlite3_stmt *row, int place, instant *time)
{
	return store_take_number(row, place, -STORE_TIME_LIMIT, STORE_TIME_LIMIT, time);
}

bool store_take_name(sqlite3_stmt *row, int place, char *name, size_t size)
{
	struct text text;

	return store_take_text(row, place, &text) && text_is_safe(text) && text_copy(text, name, size);
}

bool store_take_shown(sqlite3_stmt *row, int place, char *buffer, size_t size)
{
	struct text text;

	if (!store_take_text(row, place, &text)) {
		return false;
	}
	if (text_is_safe(text)) {
		return text_copy(text, buffer, size);
	}
	text_make_safe(text, buffer, size);
	return true;
}
