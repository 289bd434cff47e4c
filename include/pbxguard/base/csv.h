/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads data files: comma-separated values in UTF-8 (RFC 4180, with LF or CRLF), with a header line that
 * names the columns. Empty lines and lines that begin with # are left out. White space around a field is
 * taken off unless the field is in quotes. A field does not run over the end of its line.
 */
#ifndef PBXGUARD_BASE_CSV_H
#define PBXGUARD_BASE_CSV_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>

#define CSV_COLUMNS_MAX 16
#define CSV_LINE_MAX 4096 /* bytes */

struct csv; /* opaque; made by csv_open */

/*
 * Opens the file and reads its header, which must have all these columns, in any order; others are ignored.
 * columns ends with NULL. NULL on failure: error tells it ("FILE:LINE: sentence"; the line where there is
 * one). error is borrowed until csv_close: what csv_next and csv_fail find goes there too.
 */
struct csv *csv_open(const char *path, const char *const *columns, char *error, size_t error_size);
void csv_close(struct csv *csv); /* NULL is fine */

/*
 * The next row: one field for each of columns, in their order, borrowed until the next call. False at the end
 * and on failure; csv_failed tells which.
 */
bool csv_next(struct csv *csv, struct text *fields);
bool csv_failed(const struct csv *csv);
size_t csv_line(const struct csv *csv); /* of the row that csv_next gave; the first line is 1 */

/* The row's contents are wrong: writes the sentence with file and line to error and ends the reading. */
void csv_fail(struct csv *csv, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
