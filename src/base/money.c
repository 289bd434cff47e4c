/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/money.h"

#include <inttypes.h>
#include <stdio.h>

#define DECIMALS 6

/* Behind the point: "5" is 500,000 millionths. */
static bool parse_decimals(struct text text, uint64_t *millionths)
{
	if (text.size > DECIMALS || !text_to_number(text, MONEY_UNIT - 1, millionths)) {
		return false;
	}
	for (size_t i = text.size; i < DECIMALS; i++) {
		*millionths *= 10;
	}
	return true;
}

bool money_parse(struct text text, money maximum, money *amount)
{
	size_t point = text_find(text, '.');
	uint64_t units, millionths = 0;

	if (!text_to_number(text_part(text, 0, point), MONEY_MAXIMUM / MONEY_UNIT - 1, &units) ||
		(point < text.size && !parse_decimals(text_from(text, point + 1), &millionths))) {
		return false;
	}
	money value = (money)units * MONEY_UNIT + (money)millionths;
	if (value > maximum) {
		return false;
	}
	*amount = value;
	return true;
}

bool currency_is_code(struct text text)
{
	bool is_code = text.size == CURRENCY_SIZE - 1;

	for (size_t i = 0; is_code && i < text.size; i++) {
		is_code = text.start[i] >= 'A' && text.start[i] <= 'Z';
	}
	return is_code;
}

money money_add(money a, money b)
{
	return a > MONEY_MAXIMUM - b ? MONEY_MAXIMUM : a + b;
}

money money_times(money amount, uint32_t times)
{
	return times > 0 && amount > MONEY_MAXIMUM / times ? MONEY_MAXIMUM : amount * times;
}

uint32_t money_units(money amount)
{
	money units = amount / MONEY_UNIT;

	return units > UINT32_MAX ? UINT32_MAX : (uint32_t)units;
}

/* "15,120". Returns what was written. */
static int format_units(money units, char *buffer, size_t size)
{
	if (units < 1000) {
		return snprintf(buffer, size, "%" PRId64, units);
	}
	int used = format_units(units / 1000, buffer, size);
	return used + snprintf(buffer + used, size - (size_t)used, ",%03" PRId64, units % 1000);
}

char *money_format(money amount, const char *currency, char buffer[static MONEY_TEXT_SIZE])
{
	int used = format_units(amount / MONEY_UNIT, buffer, MONEY_TEXT_SIZE);
	money rest = amount % MONEY_UNIT;

	if (rest > 0) {
		used += snprintf(buffer + used, MONEY_TEXT_SIZE - (size_t)used, ".%06" PRId64, rest);
		while (buffer[used - 1] == '0') {
			used--;
		}
	}
	snprintf(buffer + used, MONEY_TEXT_SIZE - (size_t)used, " %s", currency);
	return buffer;
}
