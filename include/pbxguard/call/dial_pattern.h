/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The patterns of a dial plan. A pattern describes the first characters of a dialled string:
 *
 *   0 to 9, *, #   themselves
 *   X              any digit
 *   Z              1 to 9
 *   N              2 to 9
 *   [357] [3-8]    one of these digits, or of this range
 *   a space        between pieces that are told apart: "1010XXX 011"
 *
 * A length is one number of digits, "10", or the shortest and the longest, "5-8".
 */
#ifndef PBXGUARD_CALL_DIAL_PATTERN_H
#define PBXGUARD_CALL_DIAL_PATTERN_H

#include "pbxguard/base/setting.h"
#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the text begin with what *pattern's next piece says? Then *size is how many of its characters that
 * took, and *pattern stands at the piece after it, or at the end ('\0').
 */
static inline bool dial_pattern_begins(const char **pattern, struct text text, size_t *size);
/* Is size one of the lengths? */
bool dial_length_contains(const char *length, size_t size);

bool dial_pattern_fits(const char **pattern, struct text text, size_t *size);

static inline bool dial_pattern_begins(const char **pattern, struct text text, size_t *size)
{
	const char *at = *pattern;

	/* Most begin with digits or signs that mean themselves, and most texts with others. */
	for (size_t i = 0; at[i] > ' ' && at[i] <= '9'; i++) {
		if (i == text.size || at[i] != text.start[i]) {
			return false;
		}
	}
	return dial_pattern_fits(pattern, text, size);
}

setting_check dial_pattern_check;       /* one piece of digits */
setting_check dial_pieces_check;        /* one or more pieces */
setting_check dial_pattern_check_codes; /* one piece, * and # allowed too */
setting_check dial_length_check;

#endif
