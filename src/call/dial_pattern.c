/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/dial_pattern.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LENGTH_MAX 32 /* digits; no number of any country has so many */

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* Is the digit in the set, "[3-8]"? *pattern stands at its bracket, and behind it afterwards. */
static bool set_contains(const char **pattern, char digit)
{
	const char *at = *pattern + 1;
	bool found = false;

	while (*at != ']' && *at != '\0') {
		char first = *at++, last = first;
		if (at[0] == '-' && is_digit(at[1])) {
			last = at[1];
			at += 2;
		}
		found = found || (digit >= first && digit <= last);
	}
	*pattern = *at == ']' ? at + 1 : at;
	return found;
}

/* Does the character fit the element of the pattern at *pattern? Moves behind that element. */
static bool element_fits(const char **pattern, char character)
{
	if (**pattern == '[') {
		return set_contains(pattern, character);
	}
	switch (*(*pattern)++) {
	case 'X':
		return is_digit(character);
	case 'Z':
		return character >= '1' && character <= '9';
	case 'N':
		return character >= '2' && character <= '9';
	default:
		return character == (*pattern)[-1];
	}
}

bool dial_pattern_fits(const char **pattern, struct text text, size_t *size)
{
	const char *at = *pattern;
	size_t used = 0;

	while (*at != '\0' && *at != ' ') {
		if (used == text.size || !element_fits(&at, text.start[used])) {
			return false;
		}
		used++;
	}
	while (*at == ' ') {
		at++;
	}
	*pattern = at;
	*size = used;
	return true;
}

static bool parse_length(struct text length, uint64_t *shortest, uint64_t *longest)
{
	size_t dash = text_find(length, '-');

	if (!text_to_number(text_part(length, 0, dash), LENGTH_MAX, shortest)) {
		return false;
	}
	*longest = *shortest;
	return dash == length.size || text_to_number(text_from(length, dash + 1), LENGTH_MAX, longest);
}

bool dial_length_contains(const char *length, size_t size)
{
	uint64_t shortest, longest;

	return parse_length(text_of(length), &shortest, &longest) && size >= shortest && size <= longest;
}

bool dial_length_check(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	uint64_t shortest, longest;

	if (parse_length(value, &shortest, &longest) && shortest >= 1 && shortest <= longest) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE,
		"is no length from 1 to %d digits; write it like \"10\" or \"5-8\"", LENGTH_MAX);
	return false;
}

/* The size of the digit or range at the start of text, "3" or "3-8"; 0 when it is none. */
static size_t set_element_size(struct text text)
{
	if (text.size == 0 || !is_digit(text.start[0])) {
		return 0;
	}
	if (text.size == 1 || text.start[1] != '-') {
		return 1;
	}
	return text.size > 2 && is_digit(text.start[2]) && text.start[0] < text.start[2] ? 3 : 0;
}

/* The size of the set at the start of text, its brackets included; 0 when it is none. */
static size_t set_size(struct text text)
{
	size_t end = text_find(text, ']');
	struct text elements = text_part(text, 1, end - 1);

	if (end == text.size || end == 1) {
		return 0;
	}
	while (elements.size > 0) {
		size_t size = set_element_size(elements);
		if (size == 0) {
			return 0;
		}
		elements = text_from(elements, size);
	}
	return end + 1;
}

static bool piece_is_good(struct text piece, const char *elements)
{
	while (piece.size > 0) {
		size_t size = piece.start[0] == '[' ? set_size(piece) : 1;
		if (size == 0 || (size == 1 && strchr(elements, piece.start[0]) == NULL)) {
			return false;
		}
		piece = text_from(piece, size);
	}
	return true;
}

static bool check(struct text value, const char *elements, size_t pieces_max, char *why)
{
	struct text rest = value, piece;
	size_t pieces = 0;
	bool good = true;

	while (text_split(&rest, ' ', &piece)) {
		good = good && piece.size > 0 && piece_is_good(piece, elements);
		pieces++;
	}
	if (good && pieces >= 1 && pieces <= pieces_max && value.start[value.size - 1] != ' ') {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE,
		"is no pattern; use digits, X (any digit), Z (1-9), N (2-9) and sets like [3-8]%s",
		pieces_max > 1 ? ", in pieces with one space between them" : "");
	return false;
}

bool dial_pattern_check(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	return check(value, "0123456789XZN", 1, why);
}

bool dial_pieces_check(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	return check(value, "0123456789XZN", SIZE_MAX, why);
}

bool dial_pattern_check_codes(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	return check(value, "0123456789XZN*#", 1, why);
}
