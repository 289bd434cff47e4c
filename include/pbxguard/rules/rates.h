/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a call abroad costs: an estimate, from a table of rates by number prefix. What the table lacks costs
 * what the settings say: more where an advisory, or the kind of the number (satellite, a network of its own,
 * premium), makes it likely; less where the owner says that the site calls there.
 *
 * The longest prefix in the table wins; but a row that is shorter than what makes a number risky was not made
 * for it (1 is the United States, 1-246 Barbados), so there the higher of the two prices holds.
 *
 * A started minute counts whole; of a carrier that bills by the second or by six this is more than the bill.
 */
#ifndef PBXGUARD_RULES_RATES_H
#define PBXGUARD_RULES_RATES_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/money.h"
#include "pbxguard/base/setting.h"
#include "pbxguard/call/event.h"
#include "pbxguard/rules/destination_lists.h"
#include "pbxguard/rules/prefix_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATES_FILE_SIZE 256
#define RATE_TEXT_SIZE 24
#define RATE_MAXIMUM (100000 * MONEY_UNIT) /* a minute, or to begin with */

struct rates_settings {
	char table[RATES_FILE_SIZE];             /* CSV: prefix,currency,per_minute,setup */
	char default_per_minute[RATE_TEXT_SIZE]; /* in the table's currency, as all amounts are */
	char risky_per_minute[RATE_TEXT_SIZE];
	char allowed_per_minute[RATE_TEXT_SIZE];
};

extern const struct setting_table rates_setting_table; /* of struct rates_settings */

/* The check of the three prices. */
bool rates_check_price(struct text value, char why[static SETTING_CHECK_TEXT_SIZE]);

struct rates; /* opaque; made by rates_read */

/*
 * The settings passed their checks, else it asserts. NULL on failure: error tells it, with file and line. All
 * rows are in one currency. Not on the packet path.
 */
struct rates *rates_read(
	const struct rates_settings *settings, const char *path, char *error, size_t error_size);
void rates_free(struct rates *rates); /* NULL is fine */

const char *rates_currency(const struct rates *rates); /* "JPY" */
size_t rates_count(const struct rates *rates);         /* rows */

struct rate {
	money per_minute, setup;
	char prefix[PREFIX_DIGITS_MAX + 1]; /* of the row that decided; empty: a setting did */
	const char *guess;                  /* its name: "default_per_minute"; NULL: a row did */
};

/* What a call to this number ("+12465550123", its destination and what the lists say of it) costs. */
void rates_find(const struct rates *rates, const char *e164, const struct destination *destination,
	const struct destination_reading *reading, struct rate *rate);

/* Minutes begun in this time; a call that was answered has begun one. */
uint32_t rate_minutes(duration up);
money rate_cost(const struct rate *rate, duration up);

/* Both in one: what a call has cost that was answered and is, or was, up for so long. */
money rates_cost(const struct rates *rates, const char *e164, const struct destination *destination,
	const struct destination_reading *reading, duration up);

#endif
