/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A piece of text: borrowed pointer and length, no NUL at the end. The only functions that touch text from
 * the network; none of them reads a byte outside the piece.
 */
#ifndef PBXGUARD_BASE_TEXT_H
#define PBXGUARD_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	const char *start; /* borrowed; may be NULL when size is 0 */
	size_t size;       /* bytes */
};

/* A string literal as text. */
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
/* The same where C wants a constant: in the initialiser of a static array. */
#define TEXT_CONSTANT(literal)                                                                               \
	{                                                                                                    \
		(literal), sizeof(literal) - 1                                                               \
	}
/* For printf's "%.*s". */
#define TEXT_PRINT(text) (int)(text).size, ((text).size > 0 ? (text).start : "")

struct text text_of(const char *string); /* NULL gives the empty text */

static inline bool text_is_empty(struct text text)
{
	return text.size == 0;
}

static inline bool text_begins(struct text text, struct text prefix)
{
	return text.size >= prefix.size &&
	       (prefix.size == 0 || memcmp(text.start, prefix.start, prefix.size) == 0);
}

static inline bool text_equal(struct text a, struct text b)
{
	return a.size == b.size && text_begins(a, b);
}

/* ASCII letters only. */
static inline char text_lower(char character)
{
	return (unsigned char)(character - 'A') < 26 ? (char)(character | 0x20) : character;
}

static inline bool text_begins_ignoring_case(struct text text, struct text prefix)
{
	if (text.size < prefix.size) {
		return false;
	}
	for (size_t i = 0; i < prefix.size; i++) {
		char a = text.start[i], b = prefix.start[i];
		if (a != b && text_lower(a) != text_lower(b)) { /* nearly always the same */
			return false;
		}
	}
	return true;
}

static inline bool text_equal_ignoring_case(struct text a, struct text b)
{
	return a.size == b.size && text_begins_ignoring_case(a, b);
}

/* The index of the first occurrence, or text.size. */
static inline size_t text_find(struct text text, char character)
{
	const char *found = text.size == 0 ? NULL : (const char *)memchr(text.start, character, text.size);

	return found == NULL ? text.size : (size_t)(found - text.start);
}
/* The same for the first of several, none of them a NUL. */
size_t text_find_any(struct text text, const char *characters);

/* From index start (at most text.size) for at most size bytes. */
static inline struct text text_part(struct text text, size_t start, size_t size)
{
	if (start >= text.size) {
		return (struct text){text.start, 0};
	}
	return (struct text){text.start + start, size < text.size - start ? size : text.size - start};
}

static inline struct text text_from(struct text text, size_t start)
{
	return text_part(text, start, SIZE_MAX);
}

static inline bool text_is_space(char character)
{
	return (unsigned char)character <= ' ' &&
	       (character == ' ' || character == '\t' || character == '\r' || character == '\n');
}

/* The index of the first such character, or text.size. */
static inline size_t text_find_space(struct text text)
{
	size_t i = 0;

	while (i < text.size && !text_is_space(text.start[i])) {
		i++;
	}
	return i;
}

/* Without the SP, HT, CR and LF at both ends. */
static inline struct text text_trim(struct text text)
{
	while (text.size > 0 && text_is_space(text.start[0])) {
		text.start++;
		text.size--;
	}
	while (text.size > 0 && text_is_space(text.start[text.size - 1])) {
		text.size--;
	}
	return text;
}

/*
 * Takes the next piece of *rest up to separator (or the end); *rest becomes what follows. False when *rest
 * was used up before: "a,b" gives two pieces, "" gives none, "a," gives "a".
 */
bool text_split(struct text *rest, char separator, struct text *piece);

/* Decimal digits only, at least one, at most maximum. *value is written on success only. */
static inline bool text_to_number(struct text text, uint64_t maximum, uint64_t *value)
{
	uint64_t number = 0;

	if (text.size == 0) {
		return false;
	}
	for (size_t i = 0; i < text.size; i++) {
		unsigned digit = (unsigned)(unsigned char)text.start[i] - '0';
		if (digit > 9 || digit > maximum || number > (maximum - digit) / 10) {
			return false;
		}
		number = number * 10 + digit;
	}
	*value = number;
	return true;
}

/* Copies with a NUL at the end, cut to fit. False when it was cut. buffer_size is at least 1. */
bool text_copy(struct text text, char *buffer, size_t buffer_size);

/* Only whole UTF-8 characters; else *at is the first byte that is none. */
bool text_is_utf8(struct text text, size_t *at);

/*
 * Copies what came from the network so that it can be shown or logged: valid UTF-8 stays, control bytes (also
 * C1 and U+2028/2029), bytes that are no UTF-8 and the backslash become \xHH. Cut to fit, at a whole
 * character. Returns buffer.
 */
char *text_make_safe(struct text text, char *buffer, size_t buffer_size);
/* What text_make_safe could have given: nothing in it but backslashes would have to be made safe. */
bool text_is_safe(struct text text);

/*
 * Turns %HH into the byte it means; a broken escape stays as it is, as PBXs let it. False when buffer is too
 * small (what fits is there). *decoded borrows buffer.
 */
bool text_decode_percent(struct text text, char *buffer, size_t buffer_size, struct text *decoded);

#endif
