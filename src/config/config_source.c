/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_source.h"

#include "pbxguard/config/config_token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SHOWN 40 /* bytes of a name in a message */

/* What goes on from a file into those that it includes. */
struct scan {
	struct config_source *source;
	struct config_errors *errors;
	struct config_grammar grammar; /* borrows the contents of files that are still open */
	size_t group_count;
	size_t groups[CONFIG_NESTING_MAX + 1], owners[CONFIG_NESTING_MAX + 1]; /* of each open bracket */
};

/* One file while it is read. */
struct cursor {
	struct text contents;
	size_t at;                     /* the next byte */
	size_t file;                   /* index in files */
	size_t line;                   /* of this file */
	bool line_is_blank;            /* nothing but blanks so far */
	const struct cursor *includer; /* NULL: nobody */
};

static bool out_of_memory(struct config_errors *errors, const char *file)
{
	config_errors_add(errors, &(struct config_place){.file = file}, NULL, "out of memory");
	return false;
}

struct config_place config_source_place(const struct config_source *source, size_t line)
{
	if (source->line_count == 0) {
		return (struct config_place){source->file_count > 0 ? source->files[0] : "", 0, 0};
	}
	size_t index = line == 0 ? 0 : line > source->line_count ? source->line_count - 1 : line - 1;
	const struct config_origin *origin = &source->lines[index];
	return (struct config_place){source->files[origin->file], origin->line, index + 1};
}

void config_source_deinit(struct config_source *source)
{
	for (size_t i = 0; i < source->file_count; i++) {
		free(source->files[i]);
	}
	free(source->text);
	free(source->lines);
	free(source->literals);
	free(source->names);
	*source = (struct config_source){0};
}

/* The error of the place where the text now ends. Always false. */
static bool __attribute__((format(printf, 2, 3))) refuse(struct scan *scan, const char *format, ...)
{
	struct config_place place = config_source_place(scan->source, scan->source->line_count);
	va_list arguments;

	va_start(arguments, format);
	config_errors_add_list(scan->errors, &place, NULL, false, format, arguments);
	va_end(arguments);
	return false;
}

/* Room for one more element of an array. */
static bool grow(void **array, size_t *capacity, size_t needed, size_t element_size)
{
	if (needed <= *capacity) {
		return true;
	}
	size_t larger = *capacity == 0 ? 256 : *capacity * 2;
	larger = larger < needed ? needed : larger;
	void *moved = reallocarray(*array, larger, element_size);
	if (moved == NULL) {
		return false;
	}
	*array = moved;
	*capacity = larger;
	return true;
}

static bool begin_line(struct scan *scan, size_t file, size_t line)
{
	struct config_source *source = scan->source;

	if (!grow((void **)&source->lines, &source->line_capacity, source->line_count + 1,
		    sizeof source->lines[0])) {
		return out_of_memory(scan->errors, source->files[0]);
	}
	source->lines[source->line_count++] = (struct config_origin){file, line};
	return true;
}

/* Appends to the text; line feeds are the caller's to count. */
static bool append(struct scan *scan, struct text piece)
{
	struct config_source *source = scan->source;

	if (source->size + piece.size > CONFIG_TEXT_MAX) {
		return refuse(scan, "the configuration with all that it includes has more than %zu KiB",
			CONFIG_TEXT_MAX / 1024);
	}
	if (!grow((void **)&source->text, &source->text_capacity, source->size + piece.size + 1, 1)) {
		return out_of_memory(scan->errors, source->files[0]);
	}
	if (piece.size > 0) {
		memcpy(source->text + source->size, piece.start, piece.size);
	}
	source->size += piece.size;
	source->text[source->size] = '\0';
	return true;
}

/* Takes size bytes of the file into the text. */
static bool take(struct scan *scan, struct cursor *cursor, size_t size)
{
	struct text piece = text_part(cursor->contents, cursor->at, size);

	if (!append(scan, piece)) {
		return false;
	}
	for (size_t i = 0; i < piece.size; i++) {
		if (piece.start[i] == '\n') {
			cursor->line++;
			cursor->line_is_blank = true;
			if (!begin_line(scan, cursor->file, cursor->line)) {
				return false;
			}
		}
	}
	cursor->at += piece.size;
	return true;
}

/* Remembers where in the text a value is that comes next. */
static bool add_literal(struct scan *scan, size_t size)
{
	struct config_source *source = scan->source;

	if (!grow((void **)&source->literals, &source->literal_capacity, source->literal_count + 1,
		    sizeof source->literals[0])) {
		return out_of_memory(scan->errors, source->files[0]);
	}
	source->literals[source->literal_count++] =
		(struct config_literal){source->size, size, source->line_count};
	return true;
}

/* Remembers where in the text a name is that comes next. */
static bool add_name(struct scan *scan, size_t size)
{
	struct config_source *source = scan->source;
	size_t depth = scan->grammar.open_count;

	if (!grow((void **)&source->names, &source->name_capacity, source->name_count + 1,
		    sizeof source->names[0])) {
		return out_of_memory(scan->errors, source->files[0]);
	}
	source->names[source->name_count++] = (struct config_name){
		source->size, size, source->line_count, scan->groups[depth], scan->owners[depth]};
	return true;
}

/* What comes next is a name, a value or a bracket that was just opened. */
static bool remember(struct scan *scan, enum config_token token, size_t size)
{
	size_t depth = scan->grammar.open_count;

	if (token == CONFIG_TOKEN_OPEN) {
		scan->groups[depth] = ++scan->group_count;
		/* An element of a list is called as the list. */
		scan->owners[depth] = depth > 1 && scan->grammar.open[depth - 2].character != '{'
					      ? scan->owners[depth - 1]
					      : scan->source->name_count;
	}
	return (token != CONFIG_TOKEN_WORD || add_name(scan, size)) &&
	       (!config_token_is_value(token) || add_literal(scan, size));
}

static struct text name_text(const struct config_source *source, const struct config_name *name)
{
	return (struct text){source->text + name->start, name->size};
}

const struct config_name *config_source_duplicate(
	const struct config_source *source, size_t line, const struct config_name **first)
{
	for (size_t last = source->name_count; last > 0; last--) {
		const struct config_name *name = &source->names[last - 1];
		if (name->line > line) {
			continue;
		}
		for (size_t i = 0; i < last - 1; i++) {
			if (source->names[i].group == name->group &&
				text_equal(name_text(source, &source->names[i]), name_text(source, name))) {
				*first = &source->names[i];
				return name;
			}
		}
	}
	return NULL;
}

char *config_source_path(
	const struct config_source *source, const struct config_name *name, char *path, size_t path_size)
{
	const struct config_name *names[CONFIG_NESTING_MAX + 1];
	size_t count = 0, used = 0;

	path[0] = '\0';
	for (; name != NULL && count < CONFIG_NESTING_MAX + 1; count++) {
		names[count] = name;
		name = name->owner == 0 ? NULL : &source->names[name->owner - 1];
	}
	for (; count > 0 && used < path_size; count--) {
		used += (size_t)snprintf(path + used, path_size - used, "%s%.*s", used == 0 ? "" : ".",
			TEXT_PRINT(text_part(name_text(source, names[count - 1]), 0, NAME_SHOWN)));
	}
	return path;
}

/* ---- files ---------------------------------------------------------------------------------------- */

static bool scan_contents(struct scan *scan, struct cursor *cursor);
static bool scan_file(struct scan *scan, char *path, const struct cursor *includer);

/* The name as written, relative to the folder of the including file. Heap; NULL without memory. */
static char *beside(const char *file, struct text name)
{
	const char *slash = strrchr(file, '/');
	int folder = slash == NULL || name.start[0] == '/' ? 0 : (int)(slash + 1 - file);
	char *path = NULL;

	return asprintf(&path, "%.*s%.*s", folder, file, TEXT_PRINT(name)) < 0 ? NULL : path;
}

/* @include "FILE", first on its line: the file's text stands in its place. */
static bool take_include(struct scan *scan, struct cursor *cursor)
{
	struct text rest = text_from(cursor->contents, cursor->at);
	struct text line = text_part(rest, 0, text_find(rest, '\n'));
	struct text name = text_trim(text_from(line, sizeof "@include" - 1));
	size_t close = text_find(text_from(name, 1), '"');

	if (!text_begins(line, TEXT("@include")) || !cursor->line_is_blank) {
		return refuse(scan, "`@` only begins a line that says: @include \"FILE\"");
	}
	if (!text_begins(name, TEXT("\"")) || close + 1 >= name.size || close == 0 ||
		text_find(name, '\\') < close) {
		return refuse(scan, "@include needs a file name in quotes, without a backslash");
	}
	size_t size = (size_t)(name.start - line.start) + close + 2;
	name = text_part(name, 1, close);
	char *path = beside(scan->source->files[cursor->file], name);
	if (path == NULL) {
		return out_of_memory(scan->errors, scan->source->files[0]);
	}
	if (!scan_file(scan, path, cursor)) {
		return false;
	}
	cursor->at += size;
	cursor->line_is_blank = false;
	return append(scan, TEXT("\n")) && begin_line(scan, cursor->file, cursor->line);
}

/* A character that is hard to see stands at this byte of the file's present line. Always false. */
static bool refuse_character(struct scan *scan, const struct cursor *cursor, size_t at, const char *why)
{
	size_t column = 1;

	for (size_t i = at; i > 0 && cursor->contents.start[i - 1] != '\n'; i--) {
		/* A byte that goes on with a character is no column. */
		column += ((unsigned char)cursor->contents.start[i - 1] & 0xC0) != 0x80 ? 1 : 0;
	}
	return refuse(scan, "column %zu: %s", column, why);
}

/* A quote that is not closed may have been closed by a curly one. */
static bool refuse_wrong(struct scan *scan, const struct cursor *cursor, const char *why)
{
	char foreign[CONFIG_WHY_SIZE];
	struct text rest = text_from(cursor->contents, cursor->at);
	struct text line = text_part(rest, 0, text_find(rest, '\n'));
	size_t at = rest.start[0] == '"' ? config_token_find_foreign(line) : line.size;

	if (at < line.size && config_token_is_foreign(text_from(line, at), foreign)) {
		return refuse_character(scan, cursor, cursor->at + at, foreign);
	}
	return refuse(scan, "%s", why);
}

/* The next piece of the file. */
static bool take_piece(struct scan *scan, struct cursor *cursor)
{
	char why[CONFIG_WHY_SIZE];
	size_t size = 0;
	struct text rest = text_from(cursor->contents, cursor->at);

	if (config_token_is_foreign(rest, why)) {
		return refuse_character(scan, cursor, cursor->at, why);
	}
	if (config_grammar_wants_value(&scan->grammar) && config_token_lacks_quotes(rest, why)) {
		return refuse(scan, "%s", why);
	}
	enum config_token token = config_token_next(rest, &size, why);
	if (token == CONFIG_TOKEN_WRONG) {
		return refuse_wrong(scan, cursor, why);
	} else if (token == CONFIG_TOKEN_INCLUDE) {
		return take_include(scan, cursor);
	} else if (token == CONFIG_TOKEN_BLANK) {
		return take(scan, cursor, size);
	}
	cursor->line_is_blank = false;
	if (!config_grammar_accept(
		    &scan->grammar, token, text_part(rest, 0, size), scan->source->line_count, why)) {
		return refuse(scan, "%s", why);
	}
	return remember(scan, token, size) && take(scan, cursor, size);
}

static bool refuse_line(struct scan *scan, const struct cursor *cursor, size_t at, const char *sentence)
{
	struct config_place place = {
		scan->source->files[cursor->file], cursor->line, scan->source->line_count};

	for (size_t i = 0; i < at; i++) {
		place.line += cursor->contents.start[i] == '\n' ? 1 : 0;
	}
	config_errors_add(scan->errors, &place, NULL, "%s", sentence);
	return false;
}

/* A NUL would end the string for libconfig, and a file in Shift_JIS has backslashes inside its characters. */
static bool check_bytes(struct scan *scan, const struct cursor *cursor)
{
	struct text contents = cursor->contents;
	size_t at = text_find(contents, '\0');

	if (at < contents.size) {
		return refuse_line(scan, cursor, at, "a NUL byte; this is not a text file");
	}
	if (!text_is_utf8(contents, &at)) {
		return refuse_line(scan, cursor, at, "a byte that is not UTF-8; save the file as UTF-8");
	}
	return true;
}

static bool scan_contents(struct scan *scan, struct cursor *cursor)
{
	if (text_begins(cursor->contents, TEXT("\xEF\xBB\xBF"))) { /* the mark that some editors begin with */
		cursor->contents = text_from(cursor->contents, 3);
	}
	if (!check_bytes(scan, cursor) || (scan->source->line_count > 0 && !append(scan, TEXT("\n"))) ||
		!append(scan, TEXT("")) || !begin_line(scan, cursor->file, 1)) {
		return false;
	}
	while (cursor->at < cursor->contents.size) {
		if (!take_piece(scan, cursor)) {
			return false;
		}
	}
	if (!config_grammar_may_end(&scan->grammar)) {
		return refuse(scan, "the file ends in the middle of a setting");
	}
	return true;
}

/* The whole file, heap. NULL with errno. Never waits (a pipe) and never reads what is no regular file. */
static char *read_whole(const char *path, size_t *size)
{
	struct stat status;
	char *contents = NULL;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (descriptor < 0) {
		return NULL;
	}
	errno = 0;
	if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
		/* One byte more than may be, so that the limit is seen to be passed. */
		contents = malloc(CONFIG_TEXT_MAX + 1);
	} else if (errno == 0) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	}
	*size = 0;
	for (ssize_t got = 1; contents != NULL && got > 0 && *size <= CONFIG_TEXT_MAX; *size += (size_t)got) {
		got = read(descriptor, contents + *size, CONFIG_TEXT_MAX + 1 - *size);
		if (got < 0) {
			free(contents);
			contents = NULL;
			break;
		}
	}
	int error = errno;
	close(descriptor);
	errno = error;
	return contents;
}

/* Why the file may not be included here, or NULL. Links may hide a loop from the names: then depth ends it.
 */
static const char *include_refused(
	const struct config_source *source, const char *path, const struct cursor *includer)
{
	size_t depth = 0;

	for (; includer != NULL; includer = includer->includer) {
		depth++;
		if (strcmp(source->files[includer->file], path) == 0) {
			return "includes itself";
		}
	}
	return depth > CONFIG_INCLUDE_DEPTH_MAX || source->file_count == CONFIG_FILES_MAX
		       ? "too many files include each other"
		       : NULL;
}

/* Takes path over. The line that includes the file is to blame, or the file itself. */
static bool refuse_file(struct scan *scan, char *path, const struct cursor *includer, const char *why)
{
	struct config_place place = {.file = path};

	if (includer != NULL) {
		refuse(scan, "@include: %s: %s", path, why);
	} else {
		config_errors_add(scan->errors, &place, NULL, "%s", why);
	}
	free(path);
	return false;
}

/* Takes path over. */
static bool scan_file(struct scan *scan, char *path, const struct cursor *includer)
{
	struct config_source *source = scan->source;
	const char *why = include_refused(source, path, includer);
	size_t size = 0;

	if (why != NULL) {
		return refuse_file(scan, path, includer, why);
	}
	char *contents = read_whole(path, &size);
	if (contents == NULL) {
		return refuse_file(scan, path, includer,
			errno == EISDIR   ? "is a folder, not a file"
			: errno == EINVAL ? "is not a regular file"
					  : strerror(errno));
	}
	source->files[source->file_count] = path;
	struct cursor cursor = {
		.contents = {contents, size},
		.file = source->file_count++,
		.line = 1,
		.line_is_blank = true,
		.includer = includer,
	};
	bool good = scan_contents(scan, &cursor);
	free(contents);
	return good;
}

static bool check_all_closed(struct scan *scan)
{
	const struct config_bracket *open = config_grammar_open(&scan->grammar);

	if (open == NULL) {
		return true;
	}
	struct config_place place = config_source_place(scan->source, open->line);
	config_errors_add(
		scan->errors, &place, NULL, "the `%c` that opens here is never closed", open->character);
	return false;
}

bool config_source_read(struct config_source *source, const char *path, struct config_errors *errors)
{
	struct scan scan = {.source = source, .errors = errors};
	char *copy = strdup(path);

	*source = (struct config_source){0};
	return copy == NULL ? out_of_memory(errors, path)
			    : scan_file(&scan, copy, NULL) && check_all_closed(&scan);
}

bool config_source_read_text(
	struct config_source *source, const char *name, struct text contents, struct config_errors *errors)
{
	struct scan scan = {.source = source, .errors = errors};
	struct cursor cursor = {.contents = contents, .line = 1, .line_is_blank = true};

	*source = (struct config_source){0};
	source->files[0] = strdup(name);
	if (source->files[0] == NULL) {
		return out_of_memory(errors, name);
	}
	source->file_count = 1;
	return scan_contents(&scan, &cursor) && check_all_closed(&scan);
}
