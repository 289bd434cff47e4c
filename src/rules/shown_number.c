/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/shown_number.h"

#include <string.h>

#define USER_SIZE 64 /* bytes of a user part that is looked at; no number is so long */

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* RFC 3966 §3, and the space that people write. */
static bool is_separator(char character)
{
	return text_find(TEXT("-.() "), character) < sizeof "-.() " - 1;
}

bool shown_number_read(struct text user, struct shown_number *number)
{
	struct shown_number reading = {0};
	char buffer[USER_SIZE];

	if (!text_decode_percent(user, buffer, sizeof buffer, &user)) {
		return false;
	}
	user = text_trim(text_part(user, 0, text_find(user, ';')));
	if (text_begins(user, TEXT("+"))) {
		user = text_from(user, 1);
	}
	for (size_t i = 0; i < user.size; i++) {
		char character = user.start[i];
		bool is_zero_in_front = character == '0' && reading.size == 0;
		if (!is_digit(character) && !is_separator(character)) {
			return false;
		}
		if (is_digit(character) && !is_zero_in_front) {
			if (reading.size == SHOWN_NUMBER_MAXIMUM) {
				return false;
			}
			reading.digits[reading.size++] = character;
		}
	}
	if (reading.size < SHOWN_NUMBER_MINIMUM) {
		return false;
	}
	*number = reading;
	return true;
}

bool shown_number_equal(const struct shown_number *a, const struct shown_number *b)
{
	const struct shown_number *longer = a->size >= b->size ? a : b, *shorter = longer == a ? b : a;

	return memcmp(longer->digits + longer->size - shorter->size, shorter->digits, shorter->size) == 0;
}

uint64_t shown_number_tail(const struct shown_number *number)
{
	uint64_t tail = 0;

	text_to_number(
		text_from(text_of(number->digits), number->size - SHOWN_NUMBER_MINIMUM), UINT64_MAX, &tail);
	return tail;
}

/* Compared from their end, as far as both go: the numbers of a block differ in their last digits only. */
static bool is_between(
	const struct shown_number *number, const struct shown_number *first, const struct shown_number *last)
{
	size_t size = number->size < first->size ? number->size : first->size;
	const char *end = number->digits + number->size - size;

	return first->size == last->size && memcmp(end, first->digits + first->size - size, size) >= 0 &&
	       memcmp(end, last->digits + last->size - size, size) <= 0;
}

bool shown_number_is_sites(const struct shown_number *number, const struct site *site)
{
	struct shown_number first, last;
	struct site_numbers own;

	for (size_t i = 0; i < site->number_count; i++) {
		if (site_numbers_read(text_of(site->numbers[i]), &own) &&
			shown_number_read(text_of(own.first), &first) &&
			shown_number_read(text_of(own.last), &last) && is_between(number, &first, &last)) {
			return true;
		}
	}
	return false;
}
