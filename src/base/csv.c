/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/csv.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct csv {
	FILE *file;
	char *path;
	char *error; /* borrowed */
	size_t error_size;
	bool failed;
	size_t line;
	char *buffer; /* getline's */
	size_t buffer_size;
	size_t field_count; /* of the header, so of each row */
	size_t column_count;
	size_t places[CSV_COLUMNS_MAX]; /* for each column wanted, where it stands in a row */
};

void csv_fail(struct csv *csv, const char *format, ...)
{
	char sentence[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	snprintf(csv->error, csv->error_size, "%s:%zu: %s", csv->path, csv->line, sentence);
	csv->failed = true;
}

/* What concerns the file, not a line of it. */
static void fail_file(struct csv *csv, const char *sentence)
{
	snprintf(csv->error, csv->error_size, "%s: %s", csv->path, sentence);
	csv->failed = true;
}

/* The next line that is neither empty nor a comment, trimmed; it borrows the buffer. */
static bool next_line(struct csv *csv, struct text *line)
{
	ssize_t size;

	while (!csv->failed && (size = getline(&csv->buffer, &csv->buffer_size, csv->file)) >= 0) {
		static const struct text byte_order_mark = TEXT_CONSTANT("\xEF\xBB\xBF");
		struct text whole = {csv->buffer, (size_t)size};

		csv->line++;
		if (csv->line == 1 && text_begins(whole, byte_order_mark)) {
			whole = text_from(whole, byte_order_mark.size);
		}
		if (whole.size > CSV_LINE_MAX) {
			csv_fail(csv, "the line is longer than %d bytes", CSV_LINE_MAX);
		} else if (text_find(whole, '\0') < whole.size) {
			csv_fail(csv, "the line has a NUL byte: this is not a text file in UTF-8");
		} else {
			*line = text_trim(whole);
			if (line->size > 0 && line->start[0] != '#') {
				return true;
			}
		}
	}
	if (!csv->failed && ferror(csv->file)) {
		fail_file(csv, strerror(errno));
	}
	return false;
}

/*
 * Takes the quotes off at the start of *rest, in place, and the comma after it. The buffer behind the texts
 * is ours, so writing to it is right.
 */
static bool take_quoted(struct csv *csv, struct text *rest, struct text *field, bool *more)
{
	char *start = csv->buffer + (rest->start - csv->buffer) + 1;
	const char *end = rest->start + rest->size, *next = start;
	char *out = start;

	while (next < end && (*next != '"' || (next + 1 < end && next[1] == '"'))) {
		next += *next == '"' ? 1 : 0;
		*out++ = *next++;
	}
	if (next == end) {
		csv_fail(csv, "a field begins with a quote and does not end with one");
		return false;
	}
	*field = (struct text){start, (size_t)(out - start)};
	*rest = text_trim((struct text){next + 1, (size_t)(end - next - 1)});
	*more = rest->size > 0;
	if (*more && rest->start[0] != ',') {
		csv_fail(csv, "after a field in quotes comes something else than a comma");
		return false;
	}
	*rest = text_from(*rest, 1);
	return true;
}

static bool take_field(struct csv *csv, struct text *rest, struct text *field, bool *more)
{
	*rest = text_trim(*rest);
	if (rest->size > 0 && rest->start[0] == '"') {
		return take_quoted(csv, rest, field, more);
	}
	size_t end = text_find(*rest, ',');
	*more = end < rest->size;
	*field = text_trim(text_part(*rest, 0, end));
	*rest = text_from(*rest, end + 1);
	return true;
}

static bool split_line(
	struct csv *csv, struct text line, struct text fields[static CSV_COLUMNS_MAX], size_t *count)
{
	bool more = true;

	for (*count = 0; more; ++*count) {
		if (*count == CSV_COLUMNS_MAX) {
			csv_fail(csv, "the line has more than %d fields", CSV_COLUMNS_MAX);
			return false;
		}
		if (!take_field(csv, &line, &fields[*count], &more)) {
			return false;
		}
	}
	return true;
}

static bool find_column(struct csv *csv, const struct text *names, const char *column, size_t *place)
{
	for (size_t i = 0; i < csv->field_count; i++) {
		if (text_equal(names[i], text_of(column))) {
			*place = i;
			return true;
		}
	}
	csv_fail(csv, "the header line has no column %s", column);
	return false;
}

static void read_header(struct csv *csv, const char *const *columns)
{
	struct text names[CSV_COLUMNS_MAX], line;

	if (!next_line(csv, &line)) {
		if (!csv->failed) {
			fail_file(csv, "is empty: a header line with the columns' names is missing");
		}
		return;
	}
	if (!split_line(csv, line, names, &csv->field_count)) {
		return;
	}
	for (size_t i = 0; columns[i] != NULL && !csv->failed; i++) {
		assert(i < CSV_COLUMNS_MAX);
		if (find_column(csv, names, columns[i], &csv->places[i])) {
			csv->column_count++;
		}
	}
}

struct csv *csv_open(const char *path, const char *const *columns, char *error, size_t error_size)
{
	struct csv *csv = calloc(1, sizeof *csv);

	if (csv == NULL || (csv->path = strdup(path)) == NULL) {
		snprintf(error, error_size, "%s: %s", path, strerror(ENOMEM));
		free(csv);
		return NULL;
	}
	csv->error = error;
	csv->error_size = error_size;
	csv->file = fopen(path, "re");
	if (csv->file == NULL) {
		fail_file(csv, strerror(errno));
	} else {
		read_header(csv, columns);
	}
	if (csv->failed) {
		csv_close(csv);
		return NULL;
	}
	return csv;
}

void csv_close(struct csv *csv)
{
	if (csv == NULL) {
		return;
	}
	if (csv->file != NULL) {
		fclose(csv->file);
	}
	free(csv->buffer);
	free(csv->path);
	free(csv);
}

bool csv_next(struct csv *csv, struct text *fields)
{
	struct text row[CSV_COLUMNS_MAX], line;
	size_t count;

	if (!next_line(csv, &line) || !split_line(csv, line, row, &count)) {
		return false;
	}
	if (count != csv->field_count) {
		csv_fail(csv, "the line has %zu fields, the header line %zu", count, csv->field_count);
		return false;
	}
	for (size_t i = 0; i < csv->column_count; i++) {
		fields[i] = row[csv->places[i]];
	}
	return true;
}

bool csv_failed(const struct csv *csv)
{
	return csv->failed;
}

size_t csv_line(const struct csv *csv)
{
	return csv->line;
}
