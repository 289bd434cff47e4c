/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/destination_lists.h"

#include "pbxguard/rules/prefix_list.h"

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

#define COUNTRIES (26 * 26)

/* deny or allow */
struct place_list {
	struct prefix_list *prefixes; /* to entries as they were written */
	char countries[COUNTRIES][3]; /* empty: not in the list */
	bool is_everywhere;           /* "*" */
};

struct destination_lists {
	struct prefix_list *high_risk; /* to entries as they were written */
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

bool destination_check_entry(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	bool has_plus = value.size > 0 && value.start[0] == '+';
	bool is_prefix =
		has_plus && text_find(value, '-') == value.size && prefix_size(text_from(value, 1)) > 0;

	if (is_prefix || country_index(value) >= 0 || text_equal(value, TEXT("*"))) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE,
		"is not a place; write a country in two capital letters (\"CU\"), a prefix (\"+882\") or \"*\"");
	return false;
}

/* What is there already keeps its first text. */
static int add_prefix(struct prefix_list *list, struct text digits, struct text as_written)
{
	char text[DESTINATION_ENTRY_SIZE] = "";

	text_copy(as_written, text, sizeof text);
	int error = prefix_list_add(list, digits, text);
	return error == -EEXIST ? 0 : error;
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
	return add_prefix(list->prefixes, text_from(entry, 1), entry);
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
	lists->high_risk = prefix_list_new(DESTINATION_ENTRY_SIZE);
	lists->deny.prefixes = prefix_list_new(DESTINATION_ENTRY_SIZE);
	lists->allow.prefixes = prefix_list_new(DESTINATION_ENTRY_SIZE);
	if (lists->high_risk == NULL || lists->deny.prefixes == NULL || lists->allow.prefixes == NULL ||
		!add_places(&lists->deny, settings->deny, settings->deny_count) ||
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
	prefix_list_free(lists->high_risk);
	prefix_list_free(lists->deny.prefixes);
	prefix_list_free(lists->allow.prefixes);
	free(lists);
}

int destination_lists_add_high_risk(struct destination_lists *lists, struct text code)
{
	return add_prefix(lists->high_risk, code, code);
}

size_t destination_lists_high_risk_count(const struct destination_lists *lists)
{
	return prefix_list_count(lists->high_risk);
}

/* The entry of the list that fits most closely, and how closely in digits; NULL when none does. */
static const char *closest_entry(const struct place_list *list, struct text digits,
	const struct destination *destination, size_t *size)
{
	const char *entry = prefix_list_find(list->prefixes, digits, size);
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

bool destination_is_high_risk(const struct destination_reading *reading)
{
	return reading->high_risk != NULL && reading->permission != DESTINATION_ALLOWED;
}

void destination_lists_read(const struct destination_lists *lists, const char *e164,
	const struct destination *destination, struct destination_reading *reading)
{
	struct text digits = text_from(text_of(e164), e164[0] == '+' ? 1 : 0);
	size_t size = 0, denied_size = 0, allowed_size = 0;
	const char *listed = prefix_list_find(lists->high_risk, digits, &size);
	const char *denied = closest_entry(&lists->deny, digits, destination, &denied_size);
	const char *allowed = closest_entry(&lists->allow, digits, destination, &allowed_size);

	*reading = (struct destination_reading){.high_risk = listed};
	if (allowed != NULL && (denied == NULL || allowed_size > denied_size)) {
		reading->permission = DESTINATION_ALLOWED;
		reading->entry = allowed;
	} else if (denied != NULL) {
		reading->permission = DESTINATION_DENIED;
		reading->entry = denied;
	}
}
