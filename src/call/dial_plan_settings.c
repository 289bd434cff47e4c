/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of a dial plan's file. */
#include "pbxguard/call/dial_pattern.h"
#include "pbxguard/call/dial_plan.h"

#include <stdio.h>

static bool check_country(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	bool good = value.size == 2;

	for (size_t i = 0; i < value.size; i++) {
		good = good && value.start[i] >= 'A' && value.start[i] <= 'Z';
	}
	if (!good) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE,
			"is not a country of ISO 3166-1; write two capital letters, like \"JP\"");
	}
	return good;
}

static bool check_country_code(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	uint64_t number;

	if (text_to_number(value, 999, &number) && value.start[0] != '0' && value.size <= 3) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE, "is not a country code; write 1 to 3 digits, like \"81\"");
	return false;
}

static bool check_trunk_prefix(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	uint64_t number;

	if (text_is_empty(value) || (value.size <= 3 && text_to_number(value, 999, &number))) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE,
		"is not a trunk prefix; write it like \"0\", or \"\" for nothing");
	return false;
}

static bool check_line(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	uint64_t number;

	if (text_to_number(value, UINT64_MAX, &number)) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE, "is not a dialled code; write digits, like \"9\"");
	return false;
}

/* Numbers that may never be refused are written out: a pattern could let more through than was meant. */
static bool check_number(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	uint64_t number;

	if (value.size >= 2 && value.size <= 6 && text_to_number(value, 999999, &number)) {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE, "is not a short number; write 2 to 6 digits, like \"110\"");
	return false;
}

static const struct setting number_settings[] = {
	{.name = "number",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_number, number),
		.size = DIAL_STEP_SIZE,
		.check = check_number,
		.required = true},
	{.name = "name",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_number, name),
		.size = DIAL_NAME_SIZE,
		.required = true},
};

static const struct setting form_settings[] = {
	{.name = "begins",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_form, begins),
		.size = DIAL_PATTERN_SIZE,
		.check = dial_pattern_check,
		.required = true},
	{.name = "length",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_form, length),
		.size = DIAL_LENGTH_SIZE,
		.check = dial_length_check,
		.required = true},
	{.name = "name",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_form, name),
		.size = DIAL_NAME_SIZE,
		.required = true},
};

static const struct setting_table number_table = SETTING_TABLE(number_settings);
static const struct setting_table form_table = SETTING_TABLE(form_settings);

static const struct setting settings[] = {
	{.name = "name",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_plan, name),
		.size = sizeof((struct dial_plan *)0)->name,
		.required = true},
	{.name = "country",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_plan, country),
		.size = sizeof((struct dial_plan *)0)->country,
		.check = check_country,
		.required = true},
	{.name = "country_code",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_plan, country_code),
		.size = sizeof((struct dial_plan *)0)->country_code,
		.check = check_country_code,
		.required = true},
	{.name = "trunk_prefix",
		.type = SETTING_TEXT,
		.offset = offsetof(struct dial_plan, trunk_prefix),
		.size = sizeof((struct dial_plan *)0)->trunk_prefix,
		.check = check_trunk_prefix,
		.required = true},
	{.name = "also_home",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct dial_plan, also_home),
		.size = sizeof((struct dial_plan *)0)->also_home[0],
		.capacity = DIAL_COUNTRIES_MAX,
		.count_offset = offsetof(struct dial_plan, also_home_count),
		.check = check_country},
	{.name = "emergency",
		.type = SETTING_GROUPS,
		.offset = offsetof(struct dial_plan, emergency),
		.size = sizeof(struct dial_number),
		.capacity = DIAL_NUMBERS_MAX,
		.count_offset = offsetof(struct dial_plan, emergency_count),
		.group = &number_table,
		.required = true},
	{.name = "services",
		.type = SETTING_GROUPS,
		.offset = offsetof(struct dial_plan, services),
		.size = sizeof(struct dial_number),
		.capacity = DIAL_NUMBERS_MAX,
		.count_offset = offsetof(struct dial_plan, service_count),
		.group = &number_table},
	{.name = "international_prefixes",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct dial_plan, international_prefixes),
		.size = DIAL_PATTERN_SIZE,
		.capacity = DIAL_PREFIXES_MAX,
		.count_offset = offsetof(struct dial_plan, international_count),
		.check = dial_pieces_check,
		.required = true},
	{.name = "carriers",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct dial_plan, carriers),
		.size = DIAL_PATTERN_SIZE,
		.capacity = DIAL_CARRIERS_MAX,
		.count_offset = offsetof(struct dial_plan, carrier_count),
		.check = dial_pattern_check},
	{.name = "service_codes",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct dial_plan, service_codes),
		.size = DIAL_PATTERN_SIZE,
		.capacity = DIAL_CODES_MAX,
		.count_offset = offsetof(struct dial_plan, service_code_count),
		.check = dial_pattern_check_codes},
	{.name = "foreign_prefixes",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct dial_plan, foreign_prefixes),
		.size = DIAL_PATTERN_SIZE,
		.capacity = DIAL_PREFIXES_MAX,
		.count_offset = offsetof(struct dial_plan, foreign_count),
		.check = dial_pieces_check},
	{.name = "domestic",
		.type = SETTING_GROUPS,
		.offset = offsetof(struct dial_plan, domestic),
		.size = sizeof(struct dial_form),
		.capacity = DIAL_FORMS_MAX,
		.count_offset = offsetof(struct dial_plan, domestic_count),
		.group = &form_table,
		.required = true},
	{.name = "carrier_services",
		.type = SETTING_GROUPS,
		.offset = offsetof(struct dial_plan, carrier_services),
		.size = sizeof(struct dial_form),
		.capacity = DIAL_LOCAL_MAX,
		.count_offset = offsetof(struct dial_plan, carrier_service_count),
		.group = &form_table},
	{.name = "local",
		.type = SETTING_GROUPS,
		.offset = offsetof(struct dial_plan, local),
		.size = sizeof(struct dial_form),
		.capacity = DIAL_LOCAL_MAX,
		.count_offset = offsetof(struct dial_plan, local_count),
		.group = &form_table},
	{.name = "usual_outside_lines",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct dial_plan, usual_lines),
		.size = OUTSIDE_LINE_SIZE,
		.capacity = OUTSIDE_LINES_MAX,
		.count_offset = offsetof(struct dial_plan, usual_line_count),
		.check = check_line,
		.initial = "0, 9"},
	{.name = "internal_digits",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct dial_plan, internal_digits),
		.minimum = 1,
		.maximum = 8,
		.unit = "digits",
		.initial = "5"},
};

const struct setting_table dial_plan_settings = SETTING_TABLE(settings);
