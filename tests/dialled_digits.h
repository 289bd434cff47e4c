/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another reader of dialled numbers than ours: of the plain forms only, so simple that it is right. For the
 * fuzz targets that look after emergency and service numbers.
 */
#ifndef PBXGUARD_TESTS_DIALLED_DIGITS_H
#define PBXGUARD_TESTS_DIALLED_DIGITS_H

#include "pbxguard/call/dial_plan.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *digits, const struct dial_number *numbers, size_t count)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		/* As it stands, or behind one digit for a line. */
		found = found || strcmp(digits, numbers[i].number) == 0 ||
			(digits[0] != '\0' && strcmp(digits + 1, numbers[i].number) == 0);
	}
	return found;
}

/* Of "INVITE tel:110 SIP/2.0" this is the end of the number. Of "INVITE tel:110 010124655 SIP/2.0" not:
 * nobody can say what a PBX dials there. */
static bool ends_tel(const char *text, size_t size, size_t at)
{
	static const char version[] = " SIP/2.0\r\n";

	return text[7] == 't' && size - at >= sizeof version - 1 &&
	       memcmp(text + at, version, sizeof version - 1) == 0;
}

/* The digits of "INVITE sip:NUMBER@…", decoded and without separators; empty when it is not so plain. */
static void dialled_digits(const char *text, size_t size, char digits[static 32])
{
	static const char *const begins[] = {"INVITE sip:", "INVITE tel:", "INVITE sips:"};
	size_t used = 0, at = 0;

	digits[0] = '\0';
	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
		if (size > strlen(begins[i]) && memcmp(text, begins[i], strlen(begins[i])) == 0) {
			at = strlen(begins[i]);
		}
	}
	for (; at > 0 && at < size && used < 31; at++) {
		char character = text[at];
		if (character == '%' && at + 2 < size && isxdigit((unsigned char)text[at + 1]) &&
			isxdigit((unsigned char)text[at + 2])) {
			const char escape[] = {text[at + 1], text[at + 2], '\0'};
			character = (char)strtol(escape, NULL, 16);
			at += 2;
		} else if (character == '@' || ends_tel(text, size, at)) {
			digits[used] = '\0';
			return;
		}
		if (isdigit((unsigned char)character)) {
			digits[used++] = character;
		} else if (strchr("-.()", character) == NULL || character == '\0') {
			break;
		}
	}
	digits[0] = '\0';
}

#endif
