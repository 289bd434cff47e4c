/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes one line into a buffer; what does not fit is cut at a whole UTF-8 character, and nothing follows it.
 */
#ifndef PBXGUARD_ACTION_LINE_H
#define PBXGUARD_ACTION_LINE_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct line {
	char *buffer; /* borrowed; always ends with a NUL */
	size_t size;  /* of buffer, at least 1 */
	size_t used;  /* bytes written, without the NUL */
	bool was_cut;
};

struct line line_in(char *buffer, size_t size);
void line_add(struct line *line, struct text text);
void line_add_string(struct line *line, const char *string);
void line_format(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with every one of `special` behind an escape character. */
void line_add_escaped(struct line *line, struct text text, const char *special, char escape);

/*
 * A word as it is, anything else in double quotes with \" and \\ inside: empty text, or one with a space, a
 * quote, a backslash, "=", brackets or a parenthesis.
 */
void line_add_word(struct line *line, struct text text);

/* The size of the longest beginning of at most `size` bytes that does not cut a character. */
size_t line_whole_characters(struct text text, size_t size);

#endif
