/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was dialled, out of a URI: percent-escapes decoded, visual separators (RFC 3966 §3) and parameters
 * taken off. It decides nothing about the number.
 */
#ifndef PBXGUARD_CALL_DIAL_STRING_H
#define PBXGUARD_CALL_DIAL_STRING_H

#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>
#include <stddef.h>

#define DIAL_STRING_MAX 256  /* characters that can be dialled; the rest is cut */
#define DIAL_CONTEXT_SIZE 18 /* "+", 16 digits, NUL: one digit more than a number has */

struct dial_string {
	size_t size;
	char characters[DIAL_STRING_MAX]; /* 0 to 9, +, *, #; no NUL at the end */
	bool has_rubbish;                 /* other characters were between them, and were left out */
	bool has_letter;                  /* ASCII letters were among these */
	bool begins_with_letter;
	/* A global phone-context (RFC 3966 §5.1.5) with its +; empty: none, or a domain. */
	char context[DIAL_CONTEXT_SIZE];
};

void dial_string_read(const struct sip_uri *uri, struct dial_string *string);

#endif
