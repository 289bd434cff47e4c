/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/prefix_list.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FRONT_DIGITS 3
#define FRONTS 1000

/* In order of the digits read as a number with a 1 in front, which keeps 1 and 01 apart. */
struct prefix_list {
	size_t count, room, value_size;
	uint16_t lengths; /* bit n: a prefix of n digits is there */
	/* Of a number's first three digits: some prefix begins so, or is shorter and fits. Most numbers are
	 * on no list, and this tells at once. */
	bool begins[FRONTS];
	uint64_t *digits;
	uint8_t *values; /* in the same order */
};

struct prefix_list *prefix_list_new(size_t value_size)
{
	struct prefix_list *list = calloc(1, sizeof *list);

	if (list != NULL) {
		list->value_size = value_size;
	}
	return list;
}

void prefix_list_free(struct prefix_list *list)
{
	if (list == NULL) {
		return;
	}
	free(list->digits);
	free(list->values);
	free(list);
}

/* The number of digits, or 0. */
static size_t pack_digits(struct text prefix, uint64_t *packed)
{
	size_t count = 0;
	uint64_t value = 1;

	for (size_t i = 0; i < prefix.size; i++) {
		char c = prefix.start[i];
		if (c == '-') {
			continue;
		}
		if (c < '0' || c > '9' || count == PREFIX_DIGITS_MAX) {
			return 0;
		}
		value = value * 10 + (uint64_t)(c - '0');
		count++;
	}
	*packed = value;
	return count;
}

size_t prefix_size(struct text prefix)
{
	uint64_t packed;

	return pack_digits(prefix, &packed);
}

/* The numbers of three digits that begin with the prefix, or with which it begins. */
static void note_front(struct prefix_list *list, uint64_t packed, size_t size)
{
	size_t numbers = 1;

	for (; size > FRONT_DIGITS; size--) {
		packed /= 10;
	}
	for (; size < FRONT_DIGITS; size++) {
		packed *= 10;
		numbers *= 10;
	}
	for (size_t i = 0; i < numbers; i++) {
		list->begins[packed - FRONTS + i] = true; /* without the 1 in front */
	}
}

/* False: no prefix of the list is one of these digits. */
static bool may_begin(const struct prefix_list *list, struct text digits)
{
	size_t front = 0;

	if (digits.size < FRONT_DIGITS) {
		return true;
	}
	for (size_t i = 0; i < FRONT_DIGITS; i++) {
		unsigned digit = (unsigned)(unsigned char)digits.start[i] - '0';
		if (digit > 9) {
			return true;
		}
		front = front * 10 + digit;
	}
	return list->begins[front];
}

/* The index of the first prefix that is not below digits. */
static size_t index_of(const struct prefix_list *list, uint64_t digits)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->digits[middle] < digits) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool make_room(struct prefix_list *list)
{
	if (list->count < list->room) {
		return true;
	}
	size_t room = list->room == 0 ? 64 : list->room * 2;
	uint64_t *digits = reallocarray(list->digits, room, sizeof *digits);
	if (digits == NULL) {
		return false;
	}
	list->digits = digits;
	uint8_t *values = reallocarray(list->values, room, list->value_size);
	if (values == NULL) {
		return false;
	}
	list->values = values;
	list->room = room;
	return true;
}

int prefix_list_add(struct prefix_list *list, struct text prefix, const void *value)
{
	uint64_t packed;
	size_t size = pack_digits(prefix, &packed);

	if (size == 0) {
		return -EINVAL;
	}
	size_t index = index_of(list, packed);
	if (index < list->count && list->digits[index] == packed) {
		return -EEXIST;
	}
	if (!make_room(list)) {
		return -ENOMEM;
	}
	size_t behind = list->count - index;
	uint8_t *place = list->values + index * list->value_size;
	memmove(&list->digits[index + 1], &list->digits[index], behind * sizeof list->digits[0]);
	memmove(place + list->value_size, place, behind * list->value_size);
	list->digits[index] = packed;
	memcpy(place, value, list->value_size);
	list->lengths = (uint16_t)(list->lengths | 1U << size);
	note_front(list, packed, size);
	list->count++;
	return 0;
}

size_t prefix_list_count(const struct prefix_list *list)
{
	return list->count;
}

const void *prefix_list_find(const struct prefix_list *list, struct text digits, size_t *size)
{
	if (!may_begin(list, digits)) {
		return NULL;
	}
	for (size_t length = digits.size < PREFIX_DIGITS_MAX ? digits.size : PREFIX_DIGITS_MAX; length > 0;
		length--) {
		uint64_t packed = 0;
		if ((list->lengths & 1U << length) == 0 ||
			pack_digits(text_part(digits, 0, length), &packed) != length) {
			continue;
		}
		size_t index = index_of(list, packed);
		if (index < list->count && list->digits[index] == packed) {
			*size = length;
			return list->values + index * list->value_size;
		}
	}
	return NULL;
}
