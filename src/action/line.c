/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/line.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct line line_in(char *buffer, size_t size)
{
	assert(size > 0);
	buffer[0] = '\0';
	return (struct line){.buffer = buffer, .size = size};
}

static bool continues_character(char c)
{
	return ((uint8_t)c & 0xC0) == 0x80;
}

size_t line_whole_characters(struct text text, size_t size)
{
	if (size >= text.size) {
		return text.size;
	}
	while (size > 0 && continues_character(text.start[size])) {
		size--;
	}
	return size;
}

void line_add(struct line *line, struct text text)
{
	if (line->was_cut || text.size == 0) {
		return;
	}
	size_t size = line_whole_characters(text, line->size - 1 - line->used);
	memcpy(line->buffer + line->used, text.start, size);
	line->used += size;
	line->buffer[line->used] = '\0';
	line->was_cut = size < text.size;
}

void line_add_string(struct line *line, const char *string)
{
	line_add(line, text_of(string));
}

void line_format(struct line *line, const char *format, ...)
{
	char piece[512];
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(piece, sizeof piece, format, arguments);
	va_end(arguments);
	assert(size >= 0 && (size_t)size < sizeof piece);
	line_add(line, (struct text){piece, (size_t)size});
}

void line_add_escaped(struct line *line, struct text text, const char *special, char escape)
{
	while (text.size > 0) {
		size_t plain = text_find_any(text, special);
		char pair[2] = {escape, plain < text.size ? text.start[plain] : '\0'};

		line_add(line, text_part(text, 0, plain));
		if (plain < text.size && line->size - 1 - line->used < sizeof pair) {
			line->was_cut = true; /* never half of a pair */
		} else if (plain < text.size) {
			line_add(line, (struct text){pair, sizeof pair});
		}
		text = text_from(text, plain + 1);
	}
}

void line_add_word(struct line *line, struct text text)
{
	if (text.size > 0 && text_find_any(text, " \"\\=[]()") == text.size) {
		line_add(line, text);
		return;
	}
	line_add_string(line, "\"");
	line_add_escaped(line, text, "\"\\", '\\');
	line_add_string(line, "\"");
}
