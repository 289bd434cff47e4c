/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reading of dialled digits by a plan: which pieces come off in front, in which order, and what is left.
 * dial_plan_read calls it with what the URI dials.
 */
#ifndef PBXGUARD_CALL_DIAL_DIGITS_H
#define PBXGUARD_CALL_DIAL_DIGITS_H

#include "pbxguard/base/site.h"
#include "pbxguard/base/text.h"
#include "pbxguard/call/dial_plan.h"
#include "pbxguard/call/event.h"

#include <stdbool.h>

#define DIAL_DIGITS_MAX 384 /* characters; more are an error of the program */

/*
 * characters are 0 to 9, +, * and #. Writes all of number but digits; of no characters it makes an
 * unrecognised number.
 */
void dial_digits_read(const struct dial_plan *plan, const struct site *site, struct text characters,
	bool is_trunk_leg, struct dialed_number *number);

#endif
