/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of callers: their names and patterns. */
#include "pbxguard/config/config_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char *name_of(char path[static CONFIG_ELEMENT_SIZE], size_t group, const char *setting)
{
	snprintf(path, CONFIG_ELEMENT_SIZE, "callers[%zu].%s", group, setting);
	return path;
}

static void check_name(const struct config_reading *reading, size_t index)
{
	const struct config_group *groups = reading->config->group_settings;
	char path[CONFIG_ELEMENT_SIZE];

	for (size_t i = 0; i < index && groups[index].who.name[0] != '\0'; i++) {
		if (strcmp(groups[i].who.name, groups[index].who.name) == 0) {
			config_file_complain(reading->file, reading->errors, name_of(path, index, "name"),
				"\"%s\" is the name of callers[%zu] as well", groups[index].who.name, i);
			return;
		}
	}
}

static void check_patterns(const struct config_reading *reading, size_t index)
{
	char path[CONFIG_ELEMENT_SIZE], first[CONFIG_ELEMENT_SIZE];

	name_of(path, index, "match");
	name_of(first, index, "match[0]");
	if (config_file_has(reading->file, path) && !config_file_has(reading->file, first)) {
		config_file_complain(reading->file, reading->errors, path, "names no caller");
	}
}

/* ---- what is hardly meant ---------------------------------------------------------------------------- */

/* The first of the group's patterns, up to count of them, that matches all that this one does. NULL: none. */
static const char *find_wider(const struct config_group *group, size_t count, const char *pattern)
{
	for (size_t i = 0; i < count; i++) {
		if (caller_pattern_covers(group->who.patterns[i], pattern)) {
			return group->who.patterns[i];
		}
	}
	return NULL;
}

static void doubt_pattern(const struct config_reading *reading, size_t index, size_t number)
{
	const struct config_group *groups = reading->config->group_settings;
	const char *pattern = groups[index].who.patterns[number];
	const char *wider = find_wider(&groups[index], number, pattern);
	char list[CONFIG_ELEMENT_SIZE], path[CONFIG_ELEMENT_SIZE];

	config_element(path, name_of(list, index, "match"), number);
	if (wider != NULL) {
		config_file_warn(
			reading->file, reading->errors, path, "\"%s\" is in \"%s\" already", pattern, wider);
	}
	for (size_t i = 0; i < index && wider == NULL; i++) {
		wider = find_wider(&groups[i], groups[i].who.pattern_count, pattern);
		if (wider != NULL) {
			config_file_warn(reading->file, reading->errors, path,
				"\"%s\" is in \"%s\" of callers[%zu], which comes first", pattern, wider, i);
		}
	}
	if (strcmp(pattern, "*") == 0) {
		config_file_warn(reading->file, reading->errors, path,
			"\"*\" is every caller; what is for all stands outside of callers");
	}
}

/* ---- limits that make no difference ------------------------------------------------------------------- */

/* The site's limit that counts the calls of the group, too; NULL: none. */
static const struct setting *limit_of_all(const struct rule *rule, const struct setting *setting)
{
	bool has_any = false;

	for (size_t i = 0; i < rule->settings->count; i++) {
		const struct setting *other = &rule->settings->settings[i];
		bool is_of_site = text_begins(text_of(other->name), TEXT("site_"));
		has_any = has_any || is_of_site;
		if (is_of_site && strcmp(other->name + strlen("site_"), setting->name) == 0) {
			return other;
		}
	}
	/* A rule without any has the same limits for callers and the site. */
	return has_any ? NULL : setting;
}

static uint32_t number_of(const struct setting *setting, const void *settings)
{
	return *(const uint32_t *)(const void *)((const char *)settings + setting->offset);
}

static void doubt_limit(
	const struct config_reading *reading, size_t group, size_t rule_index, const struct setting *setting)
{
	const struct config *config = reading->config;
	const struct rule *rule = rules_at(rule_index);
	const struct setting *of_all = limit_of_all(rule, setting);
	uint32_t limit = number_of(setting, rules_settings_at(config->groups[group].rules, rule_index));
	char path[CONFIG_ELEMENT_SIZE];

	snprintf(path, sizeof path, "callers[%zu].rules.%s.%s", group, rule->name, setting->name);
	if (of_all == NULL || !config_file_has(reading->file, path)) {
		return;
	}
	uint32_t limit_of_site = number_of(of_all, rules_settings_at(config->rules, rule_index));
	if (limit > limit_of_site) {
		config_file_warn(reading->file, reading->errors, path,
			"%" PRIu32 " is more than rules.%s.%s, %" PRIu32
			", which counts all callers together and so comes first%s",
			limit, rule->name, of_all->name, limit_of_site,
			of_all == setting ? "; for places that the group calls there is allow" : "");
	}
}

/* Where the rule is off for the group, the same limits hold for the site all the same. */
static void doubt_switch(const struct config_reading *reading, size_t group, size_t rule_index)
{
	const struct config *config = reading->config;
	const struct rule *rule = rules_at(rule_index);
	const struct setting *enabled = setting_find(rule->settings, TEXT("enabled"));
	char path[CONFIG_ELEMENT_SIZE];

	if (limit_of_all(rule, enabled) == enabled &&
		!rules_settings_enabled(config->groups[group].rules, rule_index)) {
		snprintf(path, sizeof path, "callers[%zu].rules.%s.enabled", group, rule->name);
		config_file_warn(reading->file, reading->errors, path,
			"all callers together are judged by rules.%s, these among them; for places that the "
			"group calls there is allow",
			rule->name);
	}
}

static void doubt_rule(const struct config_reading *reading, size_t group, size_t rule_index)
{
	const struct rule *rule = rules_at(rule_index);

	if (rule->scope != RULE_OF_CALLERS_AND_SITE ||
		!rules_settings_enabled(reading->config->rules, rule_index)) {
		return;
	}
	doubt_switch(reading, group, rule_index);
	for (size_t i = 0; i < rule->settings->count; i++) {
		if (rule->settings->settings[i].type == SETTING_NUMBER) {
			doubt_limit(reading, group, rule_index, &rule->settings->settings[i]);
		}
	}
}

static void doubt_group(const struct config_reading *reading, size_t index)
{
	for (size_t i = 0; i < reading->config->group_settings[index].who.pattern_count; i++) {
		doubt_pattern(reading, index, i);
	}
	for (size_t i = 0; i < rules_count(); i++) {
		doubt_rule(reading, index, i);
	}
}

void config_check_callers(const struct config_reading *reading)
{
	const struct config *config = reading->config;

	for (size_t i = 0; i < config->group_count; i++) {
		check_name(reading, i);
		check_patterns(reading, i);
		doubt_group(reading, i);
	}
}
