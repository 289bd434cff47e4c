/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Amounts of money. Whole millionths of the currency's unit (yen, dollar): binary fractions would not add up
 * to what is on a bill. Which currency it is, is said beside.
 */
#ifndef PBXGUARD_BASE_MONEY_H
#define PBXGUARD_BASE_MONEY_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef int64_t money; /* millionths of a unit; never negative here */

#define MONEY_UNIT ((money)1000000)
#define MONEY_MAXIMUM INT64_MAX

#define CURRENCY_SIZE 4 /* "JPY" (ISO 4217) with the NUL */

/* "175", "0.5", "12.345678": digits, then up to six behind a point. At most maximum. */
bool money_parse(struct text text, money maximum, money *amount);
/* Three capital letters. */
bool currency_is_code(struct text text);

/* Stay at MONEY_MAXIMUM where it would be passed. */
money money_add(money a, money b);
money money_times(money amount, uint32_t times);
/* Whole units: what is behind the point is left out. Stays at UINT32_MAX. */
uint32_t money_units(money amount);

#define MONEY_TEXT_SIZE 40
/* "15,120 JPY", "0.0135 USD". Returns buffer. */
char *money_format(money amount, const char *currency, char buffer[static MONEY_TEXT_SIZE]);

#endif
