/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule says of its limits, for a person who asks by --check-number. */
#ifndef PBXGUARD_RULES_LIMITS_TEXT_H
#define PBXGUARD_RULES_LIMITS_TEXT_H

#include "pbxguard/base/instant.h"

#include <stddef.h>
#include <stdint.h>

struct limits;

#define LIMITS_TEXT_SIZE 512 /* what is longer is cut */

struct limits_text {
	size_t size;
	char text[LIMITS_TEXT_SIZE];
};

/* Adds a part, behind "; " where there is one before. */
void limits_say(struct limits_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "calls within 1 min: warning from 3, critical from 5". Without a span, and where there is no warning, less.
 */
void limits_say_count(struct limits_text *text, const char *what, const struct limits *limits);

#endif
