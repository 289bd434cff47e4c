/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/site.h"

#include "pbxguard/base/local_time.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ZONE_FOLDER "/usr/share/zoneinfo" /* tzfile(5) */
#define ZONE_SIZE 64

/* The name in the folder that is this one but for capitals and blanks. */
static bool find_in_folder(const char *folder, struct text name, char found[static ZONE_SIZE])
{
	DIR *listing = opendir(folder);
	const struct dirent *entry = NULL;
	char wanted[ZONE_SIZE];

	text_copy(name, wanted, sizeof wanted);
	for (char *c = wanted; *c != '\0'; c++) {
		*c = *c == ' ' ? '_' : *c;
	}
	while (listing != NULL && (entry = readdir(listing)) != NULL) {
		if (strcasecmp(entry->d_name, wanted) == 0) {
			text_copy(text_of(entry->d_name), found, ZONE_SIZE);
			break;
		}
	}
	if (listing != NULL) {
		closedir(listing);
	}
	return entry != NULL;
}

/* "asia/tokyo" is "Asia/Tokyo", and so is "Tokyo". */
static bool find_zone(const char *name, char meant[static ZONE_SIZE])
{
	static const char *const regions[] = {"Asia", "Europe", "America", "Australia", "Pacific", "Africa"};
	char path[sizeof ZONE_FOLDER + ZONE_SIZE], first[ZONE_SIZE], second[ZONE_SIZE];
	struct text rest = text_of(name), piece;

	if (!text_split(&rest, '/', &piece)) {
		return false;
	}
	for (size_t i = 0; text_is_empty(rest) && i < sizeof regions / sizeof regions[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", ZONE_FOLDER, regions[i]);
		if (find_in_folder(path, piece, second)) {
			snprintf(meant, ZONE_SIZE, "%s/%.40s", regions[i], second);
			return time_zone_exists(meant);
		}
	}
	if (!find_in_folder(ZONE_FOLDER, piece, first)) {
		return false;
	}
	snprintf(path, sizeof path, "%s/%s", ZONE_FOLDER, first);
	if (text_is_empty(rest)) {
		text_copy(text_of(first), meant, ZONE_SIZE);
	} else if (find_in_folder(path, rest, second)) {
		snprintf(meant, ZONE_SIZE, "%.20s/%.40s", first, second);
	}
	return time_zone_exists(meant);
}

static bool check_zone(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	char name[ZONE_SIZE], meant[ZONE_SIZE] = "";

	if (text_is_empty(value) || (text_copy(value, name, sizeof name) && time_zone_exists(name))) {
		return true;
	}
	if (text_copy(value, name, sizeof name) && find_zone(name, meant)) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE,
			"is not a time zone of this host; did you mean \"%s\"?", meant);
	} else {
		snprintf(why, SETTING_CHECK_TEXT_SIZE,
			"is not a time zone of this host; write it like \"Asia/Tokyo\"");
	}
	return false;
}

static bool are_digits(struct text text)
{
	uint64_t digits;

	return !text_is_empty(text) && text_to_number(text, UINT64_MAX, &digits);
}

static bool is_number(struct text text)
{
	return text.size >= 3 && text.size <= SITE_NUMBER_DIGITS_MAX + 1 && text.start[0] == '+' &&
	       are_digits(text_from(text, 1));
}

bool site_numbers_read(struct text value, struct site_numbers *numbers)
{
	struct text first = value, end = {0};

	for (size_t i = 0; i + 1 < value.size && text_is_empty(end); i++) {
		if (value.start[i] == '.' && value.start[i + 1] == '.') {
			first = text_part(value, 0, i);
			end = text_from(value, i + 2);
		}
	}
	if (!is_number(first)) {
		return false;
	}
	text_copy(first, numbers->first, sizeof numbers->first);
	text_copy(first, numbers->last, sizeof numbers->last);
	if (first.size == value.size) {
		return true;
	}
	/* The end is the whole last number, or the digits that take the place of the first one's last. */
	bool is_whole = is_number(end) && end.size == first.size;
	if (!is_whole && (!are_digits(end) || end.size > SITE_NUMBERS_DIGITS || end.size + 2 > first.size)) {
		return false;
	}
	memcpy(numbers->last + first.size - end.size, end.start, end.size);
	size_t same = first.size > SITE_NUMBERS_DIGITS ? first.size - SITE_NUMBERS_DIGITS : 1;
	return memcmp(numbers->first, numbers->last, same) == 0 && strcmp(numbers->first, numbers->last) <= 0;
}

static bool check_number(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	struct site_numbers numbers;

	if (site_numbers_read(value, &numbers)) {
		return true;
	}
	if (text_find(value, '.') < value.size) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE,
			"is no block of numbers that differ in their last digits; write it like "
			"\"+81312345600..99\"");
		return false;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE,
		"is not a number with country code; write it like \"+81312345678\"");
	return false;
}

static bool check_outside_line(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	static const char dialable[] = "0123456789*#";
	bool good = value.size > 0;

	for (size_t i = 0; i < value.size; i++) {
		good = good && text_find(TEXT(dialable), value.start[i]) < sizeof dialable - 1;
	}
	if (!good) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE, "is not a dialled code; write digits, like \"0\"");
	}
	return good;
}

static const char *const trunk_number_choices[] = {"as_dialled", "e164", NULL};

static const struct setting settings[] = {
	{.name = "name",
		.type = SETTING_TEXT,
		.offset = offsetof(struct site, name),
		.size = SITE_NAME_SIZE,
		.initial = "pbx"},
	{.name = "timezone",
		.type = SETTING_TEXT,
		.offset = offsetof(struct site, timezone),
		.size = sizeof((struct site *)0)->timezone,
		.check = check_zone},
	{.name = "pbx", .type = SETTING_NETWORKS, .offset = offsetof(struct site, pbx)},
	{.name = "trunks", .type = SETTING_NETWORKS, .offset = offsetof(struct site, trunks)},
	{.name = "extensions", .type = SETTING_NETWORKS, .offset = offsetof(struct site, extensions)},
	{.name = "numbers",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct site, numbers),
		.size = SITE_NUMBER_SIZE,
		.capacity = SITE_NUMBERS_MAX,
		.count_offset = offsetof(struct site, number_count),
		.check = check_number},
	{.name = "outside_line",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct site, outside_line),
		.size = OUTSIDE_LINE_SIZE,
		.capacity = OUTSIDE_LINES_MAX,
		.count_offset = offsetof(struct site, outside_line_count),
		.check = check_outside_line},
	{.name = "trunk_numbers",
		.type = SETTING_CHOICE,
		.offset = offsetof(struct site, trunk_numbers),
		.choices = trunk_number_choices,
		.initial = "as_dialled"},
};

const struct setting_table site_settings = SETTING_TABLE(settings);

static const char *const leg_names[] = {"unknown", "extension", "trunk_out", "trunk_in", "outside"};
static_assert(sizeof leg_names / sizeof leg_names[0] == LEG_COUNT, "each leg has a name");

const char *leg_name(enum leg leg)
{
	return leg_names[leg];
}

bool site_is_pbx(const struct site *site, const struct address *address)
{
	return network_set_contains(&site->pbx, address);
}

enum leg site_leg(const struct site *site, const struct address *source, const struct address *destination)
{
	if (site_is_pbx(site, source)) {
		if (network_set_contains(&site->trunks, destination)) {
			return LEG_TRUNK_OUT;
		}
		return network_set_contains(&site->extensions, destination) ? LEG_EXTENSION : LEG_UNKNOWN;
	}
	if (!site_is_pbx(site, destination)) {
		return LEG_UNKNOWN;
	}
	if (network_set_contains(&site->trunks, source)) {
		return LEG_TRUNK_IN;
	}
	if (network_set_contains(&site->extensions, source)) {
		return LEG_EXTENSION;
	}
	return site->extensions.count > 0 ? LEG_OUTSIDE : LEG_UNKNOWN;
}

bool site_call_is_outward(
	const struct site *site, const struct address *source, const struct address *destination)
{
	switch (site_leg(site, source, destination)) {
	case LEG_TRUNK_IN:
		return false;
	case LEG_EXTENSION:
		return !site_is_pbx(site, source);
	default:
		return true;
	}
}
