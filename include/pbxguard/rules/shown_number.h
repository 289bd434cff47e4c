/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A telephone number that a call shows for its caller. The same one is written in many ways: +81312345678,
 * 0312345678, 81312345678; so two are compared from their end.
 */
#ifndef PBXGUARD_RULES_SHOWN_NUMBER_H
#define PBXGUARD_RULES_SHOWN_NUMBER_H

#include "pbxguard/base/site.h"
#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fewer digits, zeros in front left out, are an extension, a short code or a number without its area: they
 * name nobody for sure. */
#define SHOWN_NUMBER_MINIMUM 8
#define SHOWN_NUMBER_MAXIMUM 20 /* a carrier's prefix and 15 digits */

struct shown_number {
	size_t size;
	char digits[SHOWN_NUMBER_MAXIMUM + 1]; /* without zeros in front, as a string */
};

/* False, and *number untouched, for a name, "anonymous", or what has too few or too many digits. */
bool shown_number_read(struct text user, struct shown_number *number);

/* Is one of them the end of the other? */
bool shown_number_equal(const struct shown_number *a, const struct shown_number *b);

/* The last SHOWN_NUMBER_MINIMUM digits: the same for all that are equal. */
uint64_t shown_number_tail(const struct shown_number *number);

/* One of site.numbers. */
bool shown_number_is_sites(const struct shown_number *number, const struct site *site);

#endif
