/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The places that deny and allow name, the site's and those of groups, against the table of destinations. */
#include "pbxguard/config/config_check.h"

#include <stdio.h>
#include <string.h>

#define HINT_SIZE 64

static void __attribute__((format(printf, 4, 5)))
complain(const struct config_reading *reading, const char *setting, size_t index, const char *format, ...)
{
	char element[CONFIG_ELEMENT_SIZE];
	struct config_place place = config_file_place(reading->file, config_element(element, setting, index));
	va_list arguments;

	va_start(arguments, format);
	config_errors_add_list(reading->errors, &place, element, false, format, arguments);
	va_end(arguments);
}

/* Does a row's prefix begin with these digits? Rows of up to two digits more are enough to tell: country
 * codes have at most three. */
static bool is_beginning_of_prefix(const struct destination_table *table, const char *digits, int more)
{
	char longer[DESTINATION_ENTRY_SIZE + 3];

	if (destination_find(table, text_of(digits)) != NULL) {
		return true;
	}
	for (char digit = '0'; more > 0 && digit <= '9'; digit++) {
		snprintf(longer, sizeof longer, "%s%c", digits, digit);
		if (is_beginning_of_prefix(table, longer, more - 1)) {
			return true;
		}
	}
	return false;
}

/* "CU", "+882" or "*" that names some place. */
static bool names_place(const struct destination_table *table, const char *entry)
{
	if (strcmp(entry, "*") == 0) {
		return true;
	}
	return entry[0] == '+' ? is_beginning_of_prefix(table, entry + 1, 2)
			       : destination_has_country(table, text_of(entry));
}

/* ---- what was meant ------------------------------------------------------------------------------- */

/* What people call a country, and no table does. */
static const char *usual_name(struct text name)
{
	static const struct {
		const char *name, *country;
	} names[] = {
		{"UK", "GB"},
		{"USA", "US"},
		{"UAE", "AE"},
		{"EL", "GR"},
		{"JPN", "JP"},
		{"PRC", "CN"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (text_equal_ignoring_case(name, text_of(names[i].name))) {
			return names[i].country;
		}
	}
	return NULL;
}

/* By the table's English or Japanese name. Tries every prefix up to six digits: only for a mistake's hint. */
static const char *country_by_name(const struct destination_table *table, struct text name)
{
	char digits[16];

	for (unsigned prefix = 1; prefix <= 999999; prefix++) {
		snprintf(digits, sizeof digits, "%u", prefix);
		const struct destination *row = destination_find(table, text_of(digits));
		if (row != NULL && row->country[0] != '\0' &&
			(text_equal_ignoring_case(name, text_of(row->name)) ||
				text_equal(name, text_of(row->name_ja)))) {
			return row->country;
		}
	}
	return NULL;
}

/* "cu" is "CU", "882" and "00882" are "+882". */
static bool guess_form(const struct destination_table *table, struct text text, char guess[static HINT_SIZE])
{
	uint64_t number;

	if (text_to_number(text, UINT64_MAX, &number)) {
		snprintf(guess, HINT_SIZE, "+%.*s",
			TEXT_PRINT(text_from(text, text_begins(text, TEXT("00")) ? 2 : 0)));
	} else if (text.size == 2) {
		snprintf(guess, HINT_SIZE, "%c%c", text.start[0] & ~0x20, text.start[1] & ~0x20);
	} else {
		return false;
	}
	char why[SETTING_CHECK_TEXT_SIZE];
	return destination_check_entry(text_of(guess), why) && names_place(table, guess);
}

/* "; did you mean "CU"?", or nothing. */
static char *hint(const struct destination_table *table, struct text text, char buffer[static HINT_SIZE])
{
	char guess[HINT_SIZE];
	const char *country = usual_name(text_trim(text));

	buffer[0] = '\0';
	if (country == NULL && guess_form(table, text_trim(text), guess)) {
		country = guess;
	} else if (country == NULL) {
		country = country_by_name(table, text_trim(text));
	}
	if (country != NULL) {
		snprintf(buffer, HINT_SIZE, "; did you mean \"%.30s\"?", country);
	}
	return buffer;
}

/* ---- the lists ------------------------------------------------------------------------------------ */

/* The n-th entry as the file has it, also of a list in which another one is wrong. */
static bool entry_at(
	const struct config_reading *reading, const char *setting, size_t index, struct text *entry)
{
	char element[CONFIG_ELEMENT_SIZE];

	return config_file_text(reading->file, config_element(element, setting, index), entry);
}

static bool is_there(const struct config_reading *reading, const char *setting, size_t index)
{
	char element[CONFIG_ELEMENT_SIZE];

	return config_file_has(reading->file, config_element(element, setting, index));
}

/* Among the first count. */
static bool is_among(
	const struct config_reading *reading, const char *setting, size_t count, struct text entry)
{
	struct text other;

	for (size_t i = 0; i < count && is_there(reading, setting, i); i++) {
		if (entry_at(reading, setting, i, &other) && text_equal(other, entry)) {
			return true;
		}
	}
	return false;
}

/* Its form was judged when it was read; the table knows better what was meant. */
static void explain_form(
	const struct config_reading *reading, const char *setting, size_t index, struct text entry)
{
	char element[CONFIG_ELEMENT_SIZE], more[HINT_SIZE];
	struct config_place place = config_file_place(reading->file, config_element(element, setting, index));

	config_errors_append(
		reading->errors, &place, element, hint(reading->config->destination_table, entry, more));
}

/* The list of places denied to whom this one allows: a group that names none has the site's. */
static const char *denied_beside(const struct config_reading *reading, const struct config_part *part)
{
	return config_file_has(reading->file, part->deny_name) ? part->deny_name : "destinations.deny";
}

static void check_place(const struct config_reading *reading, const struct config_part *part,
	const char *setting, size_t index, struct text text)
{
	const struct destination_table *table = reading->config->destination_table;
	char why[SETTING_CHECK_TEXT_SIZE], more[HINT_SIZE], entry[DESTINATION_ENTRY_SIZE];

	if (!destination_check_entry(text, why) || !text_copy(text, entry, sizeof entry)) {
		if (table != NULL) {
			explain_form(reading, setting, index, text);
		}
	} else if (table != NULL && !names_place(table, entry)) {
		complain(reading, setting, index,
			entry[0] == '+'
				? "\"%s\" names nothing: no number abroad begins so%s"
				: "\"%s\" names nothing: the table of destinations has no such country%s",
			entry, entry[0] == '+' ? "" : hint(table, text, more));
	} else if (is_among(reading, setting, index, text)) {
		complain(reading, setting, index, "\"%s\" is there twice", entry);
	} else if (setting == part->allow_name &&
		   is_among(reading, denied_beside(reading, part), SIZE_MAX, text)) {
		complain(reading, setting, index, "\"%s\" is in %s as well", entry,
			denied_beside(reading, part));
	}
}

static void check_list(
	const struct config_reading *reading, const struct config_part *part, const char *setting)
{
	struct text entry;

	for (size_t i = 0; i < DESTINATION_ENTRIES_MAX && is_there(reading, setting, i); i++) {
		if (entry_at(reading, setting, i, &entry)) {
			check_place(reading, part, setting, i, entry);
		}
	}
}

void config_check_places(const struct config_reading *reading, const struct config_part *part)
{
	check_list(reading, part, part->deny_name);
	check_list(reading, part, part->allow_name);
}
