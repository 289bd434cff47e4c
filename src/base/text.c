/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/text.h"

#include <string.h>

struct text text_of(const char *string)
{
	return (struct text){string, string == NULL ? 0 : strlen(string)};
}

size_t text_find_any(struct text text, const char *characters)
{
	uint64_t wanted[4] = {0}; /* a bit a byte value */
	size_t i = 0;

	for (; *characters != '\0'; characters++) {
		wanted[(uint8_t)*characters / 64] |= UINT64_C(1) << (uint8_t)*characters % 64;
	}
	while (i < text.size &&
		(wanted[(uint8_t)text.start[i] / 64] >> (uint8_t)text.start[i] % 64 & 1) == 0) {
		i++;
	}
	return i;
}

bool text_split(struct text *rest, char separator, struct text *piece)
{
	if (rest->size == 0) {
		return false;
	}
	size_t end = text_find(*rest, separator);
	*piece = text_part(*rest, 0, end);
	*rest = text_from(*rest, end == rest->size ? end : end + 1);
	return true;
}

bool text_copy(struct text text, char *buffer, size_t buffer_size)
{
	bool fits = text.size < buffer_size;
	size_t size = fits ? text.size : buffer_size - 1;

	if (size > 0) {
		memcpy(buffer, text.start, size);
	}
	buffer[size] = '\0';
	return fits;
}

/* The bytes of the UTF-8 character at the start of text (RFC 3629 §4), or 0 when it is none. */
static size_t utf8_character_size(struct text text)
{
	const uint8_t *byte = (const uint8_t *)text.start;
	size_t size;
	uint8_t second_minimum = 0x80, second_maximum = 0xBF;

	if (byte[0] < 0x80) {
		return 1;
	} else if (byte[0] >= 0xC2 && byte[0] <= 0xDF) {
		size = 2;
	} else if (byte[0] >= 0xE0 && byte[0] <= 0xEF) {
		size = 3;
		second_minimum = byte[0] == 0xE0 ? 0xA0 : 0x80; /* overlong */
		second_maximum = byte[0] == 0xED ? 0x9F : 0xBF; /* surrogates */
	} else if (byte[0] >= 0xF0 && byte[0] <= 0xF4) {
		size = 4;
		second_minimum = byte[0] == 0xF0 ? 0x90 : 0x80;
		second_maximum = byte[0] == 0xF4 ? 0x8F : 0xBF; /* past U+10FFFF */
	} else {
		return 0;
	}
	if (text.size < size || byte[1] < second_minimum || byte[1] > second_maximum) {
		return 0;
	}
	for (size_t i = 2; i < size; i++) {
		if (byte[i] < 0x80 || byte[i] > 0xBF) {
			return 0;
		}
	}
	return size;
}

bool text_is_utf8(struct text text, size_t *at)
{
	for (size_t size, i = 0; i < text.size; i += size) {
		size = utf8_character_size(text_from(text, i));
		if (size == 0) {
			*at = i;
			return false;
		}
	}
	return true;
}

/* Control characters, and those that end a line or turn its direction in a terminal or browser. */
static bool is_unsafe(const char *character, size_t size)
{
	const uint8_t *byte = (const uint8_t *)character;

	if (size == 1) {
		return byte[0] < 0x20 || byte[0] == 0x7F || byte[0] == '\\';
	}
	if (size == 2) {
		return byte[0] == 0xC2 && byte[1] < 0xA0; /* C1 */
	}
	if (size == 3 && byte[0] == 0xE2) { /* U+200B to U+200F, U+2028 to U+202E, U+2066 to U+2069 */
		return (byte[1] == 0x80 && ((byte[2] >= 0x8B && byte[2] <= 0x8F) ||
						   (byte[2] >= 0xA8 && byte[2] <= 0xAE))) ||
		       (byte[1] == 0x81 && byte[2] >= 0xA6 && byte[2] <= 0xA9);
	}
	return false;
}

char *text_make_safe(struct text text, char *buffer, size_t buffer_size)
{
	static const char hexadecimal[] = "0123456789ABCDEF";
	size_t used = 0;

	while (text.size > 0) {
		size_t size = utf8_character_size(text);
		bool unsafe = size == 0 || is_unsafe(text.start, size);
		size_t taken = size == 0 ? 1 : size;

		if ((unsafe ? 4 * taken : taken) > buffer_size - 1 - used) {
			break;
		}
		for (size_t i = 0; i < taken; i++) {
			uint8_t byte = (uint8_t)text.start[i];
			if (unsafe) {
				buffer[used++] = '\\';
				buffer[used++] = 'x';
				buffer[used++] = hexadecimal[byte >> 4];
				buffer[used++] = hexadecimal[byte & 15];
			} else {
				buffer[used++] = (char)byte;
			}
		}
		text = text_from(text, taken);
	}
	buffer[used] = '\0';
	return buffer;
}

bool text_is_safe(struct text text)
{
	while (text.size > 0) {
		size_t size = utf8_character_size(text);
		if (size == 0 || (text.start[0] != '\\' && is_unsafe(text.start, size))) {
			return false;
		}
		text = text_from(text, size);
	}
	return true;
}

static int hexadecimal_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = text_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_decode_percent(struct text text, char *buffer, size_t buffer_size, struct text *decoded)
{
	size_t used = 0, i = 0;

	while (i < text.size && used < buffer_size) {
		int high =
			text.size - i > 2 && text.start[i] == '%' ? hexadecimal_value(text.start[i + 1]) : -1;
		int low = high >= 0 ? hexadecimal_value(text.start[i + 2]) : -1;

		if (low >= 0) {
			buffer[used++] = (char)(high * 16 + low);
			i += 3;
		} else {
			buffer[used++] = text.start[i++];
		}
	}
	*decoded = (struct text){buffer, used};
	return i == text.size;
}
