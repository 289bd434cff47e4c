/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/rates.h"

#include "pbxguard/base/csv.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRICE(name_, initial_)                                                                               \
	{                                                                                                    \
		.name = #name_, .type = SETTING_TEXT, .offset = offsetof(struct rates_settings, name_),      \
		.size = RATE_TEXT_SIZE, .initial = (initial_), .check = rates_check_price                    \
	}

static const struct setting settings_list[] = {
	{.name = "table",
		.type = SETTING_TEXT,
		.offset = offsetof(struct rates_settings, table),
		.size = RATES_FILE_SIZE,
		.initial = "rates/example-japan.csv"},
	PRICE(default_per_minute, "250"),
	PRICE(risky_per_minute, "500"),
	PRICE(allowed_per_minute, "150"),
};

const struct setting_table rates_setting_table = SETTING_TABLE(settings_list);

struct rates {
	struct prefix_list *list; /* of struct rate */
	char currency[CURRENCY_SIZE];
	struct rate standard, risky, allowed; /* of what the table lacks */
};

bool rates_check_price(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	money price;

	if (money_parse(value, RATE_MAXIMUM, &price)) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE,
		"is not a price a minute from 0 to 100000; write it like \"250\" or \"0.0135\"");
	return false;
}

/* ---- the table ---- */

enum column { COLUMN_PREFIX, COLUMN_CURRENCY, COLUMN_PER_MINUTE, COLUMN_SETUP, COLUMN_COUNT };
static const char *const columns[] = {"prefix", "currency", "per_minute", "setup", NULL};

/* An empty field is nothing to pay. */
static bool parse_setup(struct text text, money *setup)
{
	*setup = 0;
	return text_is_empty(text) || money_parse(text, RATE_MAXIMUM, setup);
}

static bool parse_row(struct csv *csv, const struct text *fields, struct rate *rate)
{
	char shown[40];

	if (prefix_size(fields[COLUMN_PREFIX]) == 0 || fields[COLUMN_PREFIX].start[0] == '0') {
		csv_fail(csv, "prefix: \"%s\" is not 1 to %d digits that begin with a country code",
			text_make_safe(fields[COLUMN_PREFIX], shown, sizeof shown), PREFIX_DIGITS_MAX);
	} else if (!currency_is_code(fields[COLUMN_CURRENCY])) {
		csv_fail(csv, "currency: \"%s\" is not a code of three capital letters, like JPY",
			text_make_safe(fields[COLUMN_CURRENCY], shown, sizeof shown));
	} else if (!money_parse(fields[COLUMN_PER_MINUTE], RATE_MAXIMUM, &rate->per_minute)) {
		csv_fail(csv, "per_minute: \"%s\" is not a price from 0 to 100000, like 9 or 0.0135",
			text_make_safe(fields[COLUMN_PER_MINUTE], shown, sizeof shown));
	} else if (!parse_setup(fields[COLUMN_SETUP], &rate->setup)) {
		csv_fail(csv, "setup: \"%s\" is not a price from 0 to 100000, nor empty",
			text_make_safe(fields[COLUMN_SETUP], shown, sizeof shown));
	}
	return !csv_failed(csv);
}

static void copy_digits(struct text prefix, char digits[static PREFIX_DIGITS_MAX + 1])
{
	for (size_t i = 0; i < prefix.size; i++) {
		if (prefix.start[i] != '-') {
			*digits++ = prefix.start[i];
		}
	}
	*digits = '\0';
}

static void add_row(struct rates *rates, struct csv *csv, const struct text *fields)
{
	struct rate rate = {0};

	if (!parse_row(csv, fields, &rate)) {
		return;
	}
	if (rates->currency[0] == '\0') {
		text_copy(fields[COLUMN_CURRENCY], rates->currency, sizeof rates->currency);
	} else if (!text_equal(fields[COLUMN_CURRENCY], text_of(rates->currency))) {
		csv_fail(csv, "currency: is %.*s, but %s in the lines before; a table has one currency",
			TEXT_PRINT(fields[COLUMN_CURRENCY]), rates->currency);
		return;
	}
	copy_digits(fields[COLUMN_PREFIX], rate.prefix);
	int error = prefix_list_add(rates->list, fields[COLUMN_PREFIX], &rate);
	if (error == -EEXIST) {
		csv_fail(csv, "prefix: %s is there twice", rate.prefix);
	} else if (error != 0) {
		csv_fail(csv, "there is no memory for it");
	}
}

static void read_rows(struct rates *rates, struct csv *csv)
{
	struct text fields[COLUMN_COUNT];

	while (csv_next(csv, fields)) {
		add_row(rates, csv, fields);
	}
	if (!csv_failed(csv) && prefix_list_count(rates->list) == 0) {
		csv_fail(csv, "the file ends without a single rate, so without a currency");
	}
}

static money price_of(const char *setting)
{
	money price = 0;
	bool is_price = money_parse(text_of(setting), RATE_MAXIMUM, &price);

	assert(is_price);
	(void)is_price;
	return price;
}

static struct rate guess_of(const char *name, const char *setting)
{
	return (struct rate){.per_minute = price_of(setting), .guess = name};
}

static struct rates *rates_new(const struct rates_settings *settings)
{
	struct rates *rates = calloc(1, sizeof *rates);

	if (rates == NULL || (rates->list = prefix_list_new(sizeof(struct rate))) == NULL) {
		rates_free(rates);
		return NULL;
	}
	rates->standard = guess_of("default_per_minute", settings->default_per_minute);
	rates->risky = guess_of("risky_per_minute", settings->risky_per_minute);
	rates->allowed = guess_of("allowed_per_minute", settings->allowed_per_minute);
	return rates;
}

struct rates *rates_read(
	const struct rates_settings *settings, const char *path, char *error, size_t error_size)
{
	struct csv *csv = csv_open(path, columns, error, error_size);
	struct rates *rates = csv == NULL ? NULL : rates_new(settings);

	if (rates != NULL) {
		read_rows(rates, csv);
	} else if (csv != NULL) {
		csv_fail(csv, "there is no memory for it");
	}
	if (csv != NULL && csv_failed(csv)) {
		rates_free(rates);
		rates = NULL;
	}
	csv_close(csv);
	return rates;
}

void rates_free(struct rates *rates)
{
	if (rates == NULL) {
		return;
	}
	prefix_list_free(rates->list);
	free(rates);
}

const char *rates_currency(const struct rates *rates)
{
	return rates->currency;
}

size_t rates_count(const struct rates *rates)
{
	return prefix_list_count(rates->list);
}

/* ---- what a call costs ---- */

static bool is_dear_kind(const struct destination *destination)
{
	return destination != NULL &&
	       (destination->kind == DESTINATION_SATELLITE || destination->kind == DESTINATION_NETWORK ||
		       destination->kind == DESTINATION_PREMIUM);
}

/* How many digits make the number a risky one; 0: nothing does. */
static size_t risky_size(const struct destination *destination, const struct destination_reading *reading)
{
	if (reading->high_risk != NULL) {
		return prefix_size(text_of(reading->high_risk));
	}
	return is_dear_kind(destination) ? strlen(destination->prefix) : 0;
}

/* The owner knows his own places: they are called for a purpose, and a telephone there is no thief's. */
static const struct rate *guess_for(const struct rates *rates, const struct destination *destination,
	const struct destination_reading *reading)
{
	if (is_dear_kind(destination)) {
		return &rates->risky;
	}
	if (reading->permission == DESTINATION_ALLOWED) {
		return &rates->allowed;
	}
	return reading->high_risk != NULL ? &rates->risky : &rates->standard;
}

void rates_find(const struct rates *rates, const char *e164, const struct destination *destination,
	const struct destination_reading *reading, struct rate *rate)
{
	struct text digits = text_from(text_of(e164), e164[0] == '+' ? 1 : 0);
	size_t risky = risky_size(destination, reading), size = 0;
	const struct rate *row = prefix_list_find(rates->list, digits, &size);
	const struct rate *guess = guess_for(rates, destination, reading);

	if (row != NULL && (size >= risky || row->per_minute >= guess->per_minute)) {
		*rate = *row;
		return;
	}
	*rate = *guess;
	rate->setup = row == NULL ? 0 : row->setup;
}

uint32_t rate_minutes(duration up)
{
	duration minutes = up <= 0 ? 1 : (up - 1) / MINUTE + 1;

	return minutes > UINT32_MAX ? UINT32_MAX : (uint32_t)minutes;
}

money rate_cost(const struct rate *rate, duration up)
{
	return money_add(rate->setup, money_times(rate->per_minute, rate_minutes(up)));
}

money rates_cost(const struct rates *rates, const char *e164, const struct destination *destination,
	const struct destination_reading *reading, duration up)
{
	struct rate rate;

	rates_find(rates, e164, destination, reading, &rate);
	return rate_cost(&rate, up);
}
