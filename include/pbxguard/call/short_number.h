/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May a dialled string be an emergency or service number for the PBX, though the dial plan reads it in
 * another way? Only for what must never be touched: it says yes too often rather than too rarely.
 */
#ifndef PBXGUARD_CALL_SHORT_NUMBER_H
#define PBXGUARD_CALL_SHORT_NUMBER_H

#include "pbxguard/base/site.h"
#include "pbxguard/base/text.h"
#include "pbxguard/call/dial_plan.h"

#include <stdbool.h>

/* Digits for an outside line that the configuration need not name: one or two is what PBXs use. */
#define SHORT_NUMBER_LINE_DIGITS 2
/* Characters in front of the number that are looked at; with more of them it is none. */
#define SHORT_NUMBER_FRONT_MAX 24

/*
 * characters are 0 to 9, +, * and #. True when they end with one of the plan's emergency or service numbers,
 * maybe with a # behind it, and in front of it is nothing but service codes, outside lines of the site,
 * pluses and at most SHORT_NUMBER_LINE_DIGITS other digits. The number of a call abroad is longer than that.
 */
bool short_number_may_be(const struct dial_plan *plan, const struct site *site, struct text characters);

#endif
