/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/destination_lists.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct setting settings_list[] = {
	{.name = "table",
		.type = SETTING_TEXT,
		.offset = offsetof(struct destinations_settings, table),
		.size = DESTINATION_FILE_SIZE,
		.initial = "destinations.csv"},
	{.name = "high_risk",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct destinations_settings, high_risk),
		.size = DESTINATION_FILE_SIZE,
		.capacity = DESTINATION_FILES_MAX,
		.count_offset = offsetof(struct destinations_settings, high_risk_count),
		.initial = "high-risk/ntt-2022-07-01.csv"},
	{.name = "deny",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct destinations_settings, deny),
		.size = DESTINATION_ENTRY_SIZE,
		.capacity = DESTINATION_ENTRIES_MAX,
		.count_offset = offsetof(struct destinations_settings, deny_count),
		.check = destination_check_entry},
	{.name = "allow",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct destinations_settings, allow),
		.size = DESTINATION_ENTRY_SIZE,
		.capacity = DESTINATION_ENTRIES_MAX,
		.count_offset = offsetof(struct destinations_settings, allow_count),
		.check = destination_check_entry},
};

const struct setting_table destinations_setting_table = SETTING_TABLE(settings_list);

#define DIGITS_MAX 15 /* E.164 §6.2.1 */

/*
 * A list of number prefixes in order of their digits read as a number with a 1 in front, which keeps 1 and
 * 01 apart. A look-up is one binary search for each length that occurs in the list.
 */
struct prefix {
	uint64_t digits;
	char text[DESTINATION_ENTRY_SIZE]; /* as the operator or the advisory wrote it */
};

struct prefix_list {
	size_t count, room;
	uint16_t lengths; /* bit n: a prefix of n digits is there */
	struct prefix *prefixes;
};

#define COUNTRIES (26 * 26)

/* deny or allow */
struct place_list {
	struct prefix_list prefixes;
	char countries[COUNTRIES][3]; /* empty: not in the list */
	bool is_everywhere;           /* "*" */
};

struct destination_lists {
	struct prefix_list high_risk;
	struct place_list deny, allow;
};

/* The index of a country's two capital letters; -1 when it is anything else. */
static int country_index(struct text code)
{
	if (code.size != 2 || code.start[0] < 'A' || code.start[0] > 'Z' || code.start[1] < 'A' ||
		code.start[1] > 'Z') {
		return -1;
	}
	return (code.start[0] - 'A') * 26 + code.start[1] - 'A';
}

/* 1 to 15 digits, hyphens between them ignored. The number of digits, or 0. */
static size_t pack_digits(struct text code, uint64_t *packed)
{
	size_t count = 0;
	uint64_t value = 1;

	for (size_t i = 0; i < code.size; i++) {
		char c = code.start[i];
		if (c == '-') {
			continue;
		}
		if (c < '0' || c > '9' || count == DIGITS_MAX) {
			return 0;
		}
		value = value * 10 + (uint64_t)(c - '0');
		count++;
	}
	*packed = value;
	return count;
}

bool destination_check_entry(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	uint64_t digits;
	bool has_plus = value.size > 0 && value.start[0] == '+';
	bool is_prefix = has_plus && text_find(value, '-') == value.size &&
			 pack_digits(text_from(value, 1), &digits) > 0;

	if (is_prefix || country_index(value) >= 0 || text_equal(value, TEXT("*"))) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE,
		"is not a place; write a country in two capital letters (\"CU\"), a prefix (\"+882\") or \"*\"");
	return false;
}

/* The index of the first prefix that is not below digits. */
static size_t prefix_index(const struct prefix_list *list, uint64_t digits)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->prefixes[middle].digits < digits) {
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
	struct prefix *prefixes = reallocarray(list->prefixes, room, sizeof *prefixes);
	if (prefixes == NULL) {
		return false;
	}
	list->prefixes = prefixes;
	list->room = room;
	return true;
}

static int add_prefix(struct prefix_list *list, struct text digits, struct text as_written)
{
	uint64_t packed;
	size_t size = pack_digits(digits, &packed);

	if (size == 0) {
		return -EINVAL;
	}
	size_t index = prefix_index(list, packed);
	if (index < list->count && list->prefixes[index].digits == packed) {
		return 0;
	}
	if (!make_room(list)) {
		return -ENOMEM;
	}
	struct prefix *prefix = &list->prefixes[index];
	memmove(prefix + 1, prefix, (list->count - index) * sizeof *prefix);
	prefix->digits = packed;
	text_copy(as_written, prefix->text, sizeof prefix->text);
	list->lengths = (uint16_t)(list->lengths | 1U << size);
	list->count++;
	return 0;
}

/* The longest prefix in the list that the digits begin with, and its length; NULL when there is none. */
static const struct prefix *longest_prefix(const struct prefix_list *list, struct text digits, size_t *size)
{
	for (size_t length = digits.size < DIGITS_MAX ? digits.size : DIGITS_MAX; length > 0; length--) {
		uint64_t packed = 0;
		if ((list->lengths & 1U << length) == 0 ||
			pack_digits(text_part(digits, 0, length), &packed) != length) {
			continue;
		}
		size_t index = prefix_index(list, packed);
		if (index < list->count && list->prefixes[index].digits == packed) {
			*size = length;
			return &list->prefixes[index];
		}
	}
	return NULL;
}

static int add_place(struct place_list *list, struct text entry)
{
	int country = country_index(entry);

	if (text_equal(entry, TEXT("*"))) {
		list->is_everywhere = true;
		return 0;
	}
	if (country >= 0) {
		text_copy(entry, list->countries[country], sizeof list->countries[country]);
		return 0;
	}
	return add_prefix(&list->prefixes, text_from(entry, 1), entry);
}

static bool add_places(struct place_list *list, const char entries[][DESTINATION_ENTRY_SIZE], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int error = add_place(list, text_of(entries[i]));
		assert(error != -EINVAL);
		if (error != 0) {
			return false;
		}
	}
	return true;
}

struct destination_lists *destination_lists_new(const struct destinations_settings *settings)
{
	struct destination_lists *lists = calloc(1, sizeof *lists);

	if (lists == NULL) {
		return NULL;
	}
	if (!add_places(&lists->deny, settings->deny, settings->deny_count) ||
		!add_places(&lists->allow, settings->allow, settings->allow_count)) {
		destination_lists_free(lists);
		return NULL;
	}
	return lists;
}

void destination_lists_free(struct destination_lists *lists)
{
	if (lists == NULL) {
		return;
	}
	free(lists->high_risk.prefixes);
	free(lists->deny.prefixes.prefixes);
	free(lists->allow.prefixes.prefixes);
	free(lists);
}

int destination_lists_add_high_risk(struct destination_lists *lists, struct text code)
{
	return add_prefix(&lists->high_risk, code, code);
}

size_t destination_lists_high_risk_count(const struct destination_lists *lists)
{
	return lists->high_risk.count;
}

/* The entry of the list that fits most closely, and how closely in digits; NULL when none does. */
static const char *closest_entry(const struct place_list *list, struct text digits,
	const struct destination *destination, size_t *size)
{
	const struct prefix *prefix = longest_prefix(&list->prefixes, digits, size);
	const char *entry = prefix == NULL ? NULL : prefix->text;
	int country = destination == NULL ? -1 : country_index(text_of(destination->country));

	if (country >= 0 && list->countries[country][0] != '\0') {
		size_t country_size = strlen(destination->prefix);
		if (entry == NULL || country_size > *size) {
			entry = list->countries[country];
			*size = country_size;
		}
	}
	if (entry == NULL && list->is_everywhere) {
		entry = "*";
		*size = 0;
	}
	return entry;
}

void destination_lists_read(const struct destination_lists *lists, const char *e164,
	const struct destination *destination, struct destination_reading *reading)
{
	struct text digits = text_from(text_of(e164), e164[0] == '+' ? 1 : 0);
	size_t size = 0, denied_size = 0, allowed_size = 0;
	const struct prefix *listed = longest_prefix(&lists->high_risk, digits, &size);
	const char *denied = closest_entry(&lists->deny, digits, destination, &denied_size);
	const char *allowed = closest_entry(&lists->allow, digits, destination, &allowed_size);

	*reading = (struct destination_reading){.high_risk = listed == NULL ? NULL : listed->text};
	if (allowed != NULL && (denied == NULL || allowed_size > denied_size)) {
		reading->permission = DESTINATION_ALLOWED;
		reading->entry = allowed;
	} else if (denied != NULL) {
		reading->permission = DESTINATION_DENIED;
		reading->entry = denied;
	}
}
