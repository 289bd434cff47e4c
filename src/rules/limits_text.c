/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/limits_text.h"

#include "pbxguard/rules/tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void __attribute__((format(printf, 2, 0)))
add(struct limits_text *text, const char *format, va_list arguments)
{
	size_t left = sizeof text->text - text->size;
	int size = vsnprintf(text->text + text->size, left, format, arguments);

	text->size += size < 0 ? 0 : (size_t)size < left ? (size_t)size : left - 1;
}

static void __attribute__((format(printf, 2, 3))) say(struct limits_text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(text, format, arguments);
	va_end(arguments);
}

void limits_say(struct limits_text *text, const char *format, ...)
{
	va_list arguments;

	say(text, "%s", text->size > 0 ? "; " : "");
	va_start(arguments, format);
	add(text, format, arguments);
	va_end(arguments);
}

void limits_say_count(struct limits_text *text, const char *what, const struct limits *limits)
{
	char span[DURATION_TEXT_SIZE] = "";

	if (limits->span > 0) {
		duration_format(limits->span, span);
	}
	limits_say(text, "%s%s%s: ", what, limits->span > 0 ? " within " : "", span);
	if (limits->warning < limits->critical) {
		say(text, "warning from %" PRIu32 ", ", limits->warning);
	}
	say(text, "critical from %" PRIu32, limits->critical);
}
