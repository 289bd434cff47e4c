/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be written but is hardly meant: warnings. */
#include "pbxguard/capture/interface.h"
#include "pbxguard/config/config_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void __attribute__((format(printf, 4, 5)))
doubt(const struct config_reading *reading, const char *setting, size_t index, const char *format, ...)
{
	char element[CONFIG_ELEMENT_SIZE];
	struct config_place place = config_file_place(reading->file, config_element(element, setting, index));
	va_list arguments;

	va_start(arguments, format);
	config_errors_add_list(reading->errors, &place, element, true, format, arguments);
	va_end(arguments);
}

static void doubt_rules(const struct config_reading *reading)
{
	for (size_t i = 0; i < rules_count(); i++) {
		if (rules_settings_enabled(reading->config->rules, i)) {
			return;
		}
	}
	config_file_warn(reading->file, reading->errors, "rules",
		"every rule is switched off, so nothing is ever told");
}

/* Rules with limits for a shorter and for a longer time. */
static const struct spans {
	const char *rule, *shorter, *in_shorter, *longer, *in_longer;
} spans_of_rules[] = {
	{"call_burst", "minute", "a minute", "hour", "an hour"},
	{"country_spread", "ten_minutes", "ten minutes", "hour", "an hour"},
	{"country_spread", "site_ten_minutes", "ten minutes", "site_hour", "an hour"},
	{"number_range", "day", "a day", "week", "a week"},
	{"prefix_probing", "minute", "a minute", "day", "a day"},
};

static uint32_t number_of(const struct setting *setting, const void *settings)
{
	return *(const uint32_t *)(const void *)((const char *)settings + setting->offset);
}

static void doubt_level(const struct config_reading *reading, const struct config_part *part,
	const struct spans *spans, size_t index, const char *level)
{
	const struct rule *rule = rules_at(index);
	const void *settings = rules_settings_at(part->rules, index);
	char shorter[32], longer[32], path[CONFIG_ELEMENT_SIZE];

	snprintf(shorter, sizeof shorter, "%s_%s", spans->shorter, level);
	snprintf(longer, sizeof longer, "%s_%s", spans->longer, level);
	snprintf(path, sizeof path, "%s.%s.%s", part->rules_name, spans->rule, shorter);
	const struct setting *in_shorter = setting_find(rule->settings, text_of(shorter));
	uint32_t few = number_of(setting_find(rule->settings, text_of(longer)), settings);
	uint32_t many = number_of(in_shorter, settings);
	if (many > few) {
		config_file_warn(reading->file, reading->errors, path,
			"%" PRIu32 " %s in %s are more than %s, %" PRIu32 " in %s, which always comes first",
			many, in_shorter->unit, spans->in_shorter, longer, few, spans->in_longer);
	}
}

/* More calls in a minute than in an hour: the hour's limit always comes first. */
static void doubt_spans(const struct config_reading *reading, const struct config_part *part)
{
	for (size_t i = 0; i < rules_count(); i++) {
		for (size_t j = 0; j < sizeof spans_of_rules / sizeof spans_of_rules[0]; j++) {
			bool is_groups = part->rules != reading->config->rules;
			bool is_of_site = text_begins(text_of(spans_of_rules[j].shorter), TEXT("site_"));
			if (strcmp(rules_at(i)->name, spans_of_rules[j].rule) == 0 &&
				config_part_has_rule(reading, part, rules_at(i)) &&
				!(is_groups && is_of_site)) {
				doubt_level(reading, part, &spans_of_rules[j], i, "warning");
				doubt_level(reading, part, &spans_of_rules[j], i, "critical");
			}
		}
	}
}

/* The first of the settings that is what it is by default; NULL: none. */
static const struct setting *default_amount(const struct rule *rule, const void *settings)
{
	for (size_t i = 0; i < rule->settings->count; i++) {
		const struct setting *setting = &rule->settings->settings[i];
		uint64_t initial;
		if (setting->type == SETTING_NUMBER &&
			text_to_number(text_of(setting->initial), UINT32_MAX, &initial) &&
			number_of(setting, settings) == initial) {
			return setting;
		}
	}
	return NULL;
}

/* Five thousand dollars an hour are no limit for anybody. */
static void doubt_currency(const struct config_reading *reading)
{
	const struct rates *rates = reading->config->rates;

	if (rates == NULL || strcmp(rates_currency(rates), "JPY") == 0) {
		return;
	}
	for (size_t i = 0; i < rules_count(); i++) {
		const struct rule *rule = rules_at(i);
		if (strcmp(rule->name, "spend") != 0 || !rules_settings_enabled(reading->config->rules, i)) {
			continue;
		}
		const struct setting *setting =
			default_amount(rule, rules_settings_at(reading->config->rules, i));
		if (setting != NULL) {
			config_file_warn(reading->file, reading->errors, "rates.table",
				"the rates are in %s, but rules.spend.%s is the default of %s, which is meant for yen",
				rates_currency(rates), setting->name, setting->initial);
		}
	}
}

/* ---- places ----------------------------------------------------------------------------------------- */

static bool is_home(const struct config *config, const char *country)
{
	const struct dial_plan *plan = &config->dial_plan;
	bool is_home = country[0] != '\0' && strcmp(country, plan->country) == 0;

	for (size_t i = 0; i < plan->also_home_count; i++) {
		is_home = is_home || strcmp(country, plan->also_home[i]) == 0;
	}
	return is_home;
}

/* The country of an entry, "JP" or "+81"; empty for none. */
static const char *country_of(const struct config *config, const char *entry)
{
	const struct destination *row =
		entry[0] == '+' ? destination_find(config->destination_table, text_of(entry + 1)) : NULL;

	return entry[0] != '+' ? entry : row == NULL ? "" : row->country;
}

static void doubt_places(const struct config_reading *reading, const char *setting,
	const char entries[][DESTINATION_ENTRY_SIZE], size_t count)
{
	const struct config *config = reading->config;

	for (size_t i = 0; i < count && config->destination_table != NULL; i++) {
		if (is_home(config, country_of(config, entries[i]))) {
			doubt(reading, setting, i, "\"%s\" is at home: only calls abroad are judged",
				entries[i]);
		}
	}
}

static void doubt_destinations(const struct config_reading *reading, const struct config_part *part)
{
	const struct destinations_settings *settings = part->destinations;

	if (config_file_has(reading->file, part->deny_name)) {
		doubt_places(reading, part->deny_name, settings->deny, settings->deny_count);
	}
	if (!config_file_has(reading->file, part->allow_name)) {
		return;
	}
	doubt_places(reading, part->allow_name, settings->allow, settings->allow_count);
	for (size_t i = 0; reading->errors->wrong == 0 && i < settings->allow_count; i++) {
		if (strcmp(settings->allow[i], "*") == 0) {
			doubt(reading, part->allow_name, i,
				"\"*\" allows every country, so no high-risk destination is ever told");
		}
	}
}

/* ---- site and calendar ------------------------------------------------------------------------------ */

static void doubt_extensions(const struct config_reading *reading)
{
	const struct network_set *set = &reading->config->settings.site.extensions;
	char text[NETWORK_TEXT_SIZE];

	for (size_t i = 0; i < set->count; i++) {
		if (set->networks[i].prefix_length == 0) {
			doubt(reading, "site.extensions", i,
				"\"%s\" is every address, so nobody is a stranger",
				network_format(&set->networks[i], text));
		}
	}
}

/* Anybody can write a member's name into a call; by his address or credentials he is known. */
static void doubt_callers(const struct config_reading *reading)
{
	if (reading->errors->wrong == 0 && reading->config->group_count > 0 &&
		reading->config->settings.site.extensions.count == 0) {
		config_file_warn(reading->file, reading->errors, "callers",
			"without site.extensions no call is known to come from a phone, so a group is only for "
			"callers whom credentials name");
	}
}

/* "2026-08-13..2026-08-16" or "2026-08-15"; days of each year are never over. */
static void doubt_closed(const struct config_reading *reading, const struct config_part *part)
{
	const struct calendar_settings *settings = part->calendar_settings;
	struct local_date last;
	char setting[CONFIG_ELEMENT_SIZE];

	snprintf(setting, sizeof setting, "%s.closed", part->calendar_name);
	for (size_t i = 0; config_file_has(reading->file, setting) && i < settings->closed_count; i++) {
		struct text days = text_of(settings->closed[i]);
		struct text end = text_from(days, days.size < 10 ? 0 : days.size - 10);
		if (local_date_parse(end, &last) && local_date_compare(last, reading->today) < 0) {
			doubt(reading, setting, i, "\"%s\" is over", settings->closed[i]);
		}
	}
}

/* The default, which whoever changes the dial plan easily leaves as it is. */
static void doubt_holidays(const struct config_reading *reading)
{
	const struct calendar_settings *calendar = &reading->config->settings.calendar;
	const struct dial_plan *plan = &reading->config->dial_plan;

	if (plan->country[0] != '\0' && strcmp(plan->country, "JP") != 0 &&
		calendar->holiday_file_count == 1 &&
		strcmp(calendar->holiday_files[0], "holidays/japan.csv") == 0) {
		config_file_warn(reading->file, reading->errors, "calendar.holidays",
			"the dial plan is %s's, the holidays are Japan's; name a file of your own, or none: [ ]",
			plan->name);
	}
}

/* ---- store ------------------------------------------------------------------------------------------ */

/* The default's folder is made when the service starts. */
static void doubt_store(const struct config_reading *reading)
{
	const char *path = reading->config->settings.store.path;
	const char *end = strrchr(path, '/');
	char folder[STORE_PATH_SIZE];
	struct stat status;

	if (end == NULL || strcmp(path, setting_find(&store_settings_table, TEXT("path"))->initial) == 0) {
		return;
	}
	snprintf(folder, sizeof folder, "%.*s", end == path ? 1 : (int)(end - path), path);
	if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
		config_file_warn(reading->file, reading->errors, "store.path",
			"there is no folder %s, so a restart will forget what is open and was learned",
			folder);
	} else if (access(folder, W_OK) != 0) {
		config_file_warn(reading->file, reading->errors, "store.path",
			"the folder %s can't be written by this user; pbxguard as a service may be another",
			folder);
	}
}

/* ---- actions ---------------------------------------------------------------------------------------- */

static void warn_of_mode(const struct config_reading *reading, const char *setting, const char *sentence)
{
	config_file_warn(reading->file, reading->errors, setting, "mode \"%s\" %s",
		action_mode_name(reading->config->settings.actions.mode), sentence);
}

/* "any", the default, is no wish for certain ones. */
static bool names_interfaces(const struct capture_settings *capture)
{
	return capture->interface_count != 1 || !interface_is_any(capture->interfaces[0]);
}

/* What the modes that do something need, and what they leave aside. */
static void doubt_mode(const struct config_reading *reading)
{
	const struct config_settings *settings = &reading->config->settings;

	if (settings->actions.mode == ACTION_MODE_MONITOR || reading->errors->wrong > 0) {
		return;
	}
	if (settings->site.trunks.count == 0) {
		warn_of_mode(reading, "site.trunks",
			"without site.trunks takes the carrier for anybody: name its addresses, so that they "
			"can't be blocked, and that a call is refused on its way there");
	}
	if (settings->site.extensions.count == 0) {
		warn_of_mode(reading, "site.extensions",
			"without site.extensions takes every address for a phone's, so that nobody is a stranger");
	}
	if (config_file_has(reading->file, "capture.interfaces") && names_interfaces(&settings->capture)) {
		warn_of_mode(reading, "capture.interfaces",
			"reads SIP from the netfilter queue only, of all interfaces: these are not looked at");
	}
}

static void doubt_never(const struct config_reading *reading)
{
	const struct network_set *set = &reading->config->settings.actions.block.never;
	char text[NETWORK_TEXT_SIZE];

	for (size_t i = 0; i < set->count; i++) {
		if (set->networks[i].prefix_length == 0) {
			doubt(reading, "actions.block.never", i,
				"\"%s\" is every address, so no source is ever blocked",
				network_format(&set->networks[i], text));
		}
	}
}

static void (*const doubts[])(const struct config_reading *reading) = {
	doubt_rules,
	doubt_currency,
	doubt_extensions,
	doubt_callers,
	doubt_holidays,
	doubt_store,
	doubt_mode,
	doubt_never,
};

static config_part_check *const part_doubts[] = {
	doubt_spans,
	doubt_destinations,
	doubt_closed,
};

void config_check_doubts(const struct config_reading *reading)
{
	for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
		doubts[i](reading);
	}
	for (size_t i = 0; i < sizeof part_doubts / sizeof part_doubts[0]; i++) {
		config_check_parts(reading, part_doubts[i]);
	}
}
