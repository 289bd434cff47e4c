/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_schema.h"

#include "pbxguard/config/config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP(name_, member, table)                                                                          \
	{                                                                                                    \
		.name = (name_), .type = SETTING_GROUP, .offset = offsetof(struct config_settings, member),  \
		.group = &(table)                                                                            \
	}

/* A new layer's settings are one line here; the rules come last. */
static const struct setting sections[] = {
	GROUP("site", site, site_settings),
	{.name = "dial_plan",
		.type = SETTING_TEXT,
		.offset = offsetof(struct config_settings, dial_plan_file),
		.size = CONFIG_FILE_NAME_SIZE,
		.initial = "dial-plans/japan.conf"},
	GROUP("destinations", destinations, destinations_setting_table),
	GROUP("rates", rates, rates_setting_table),
	GROUP("calendar", calendar, calendar_setting_table),
	GROUP("capture", capture, capture_settings),
	GROUP("calls", calls, call_settings_table),
	GROUP("actions", actions, action_settings_table),
	GROUP("limits", limits, limits_settings_table),
};

#define ACTIONS_MAX 16 /* settings of the group */

#define SECTIONS (sizeof sections / sizeof sections[0])

struct config_schema {
	struct setting root[SECTIONS + 1];
	struct setting actions[ACTIONS_MAX];
	struct setting_table root_table, rules_table, actions_table;
	size_t block_size;
	struct setting *rules; /* one for each of rules_at() */
};

/* Two of the modes are names kept for later: offering them would lead from one error to the next. */
static bool check_mode(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	if (text_equal(value, TEXT("monitor"))) {
		return true;
	}
	bool is_later = text_equal_ignoring_case(value, TEXT("dry_run")) ||
			text_equal_ignoring_case(value, TEXT("block"));
	snprintf(why, SETTING_CHECK_TEXT_SIZE, "%s",
		is_later ? "is not built yet: this version only watches; write \"monitor\""
			 : "must be \"monitor\": this version only watches");
	return false;
}

/* The actions' table, with that check. */
static void add_actions(struct config_schema *schema)
{
	assert(action_settings_table.count <= ACTIONS_MAX);
	memcpy(schema->actions, action_settings_table.settings,
		action_settings_table.count * sizeof schema->actions[0]);
	schema->actions_table = (struct setting_table){schema->actions, action_settings_table.count};
	for (size_t i = 0; i < action_settings_table.count; i++) {
		if (strcmp(schema->actions[i].name, "mode") == 0) {
			schema->actions[i].check = check_mode;
		}
	}
	for (size_t i = 0; i < SECTIONS; i++) {
		if (schema->root[i].group == &action_settings_table) {
			schema->root[i].group = &schema->actions_table;
		}
	}
}

/* Where a struct of any kind may begin. */
static size_t align(size_t offset)
{
	size_t unit = _Alignof(max_align_t);

	return (offset + unit - 1) / unit * unit;
}

struct config_schema *config_schema_new(void)
{
	struct config_schema *schema = calloc(1, sizeof *schema);

	if (schema == NULL || (schema->rules = calloc(rules_count() + 1, sizeof *schema->rules)) == NULL) {
		free(schema);
		return NULL;
	}
	schema->block_size = sizeof(struct config_settings);
	for (size_t i = 0; i < rules_count(); i++) {
		const struct rule *rule = rules_at(i);
		schema->rules[i] = (struct setting){.name = rule->name,
			.type = SETTING_GROUP,
			.offset = align(schema->block_size),
			.group = rule->settings};
		schema->block_size = schema->rules[i].offset + rule->settings_size;
	}
	memcpy(schema->root, sections, sizeof sections);
	add_actions(schema);
	schema->rules_table = (struct setting_table){schema->rules, rules_count()};
	/* The rules' offsets count from the block's beginning. */
	schema->root[SECTIONS] = (struct setting){
		.name = "rules", .type = SETTING_GROUP, .offset = 0, .group = &schema->rules_table};
	schema->root_table = (struct setting_table){schema->root, SECTIONS + 1};
	return schema;
}

void config_schema_free(struct config_schema *schema)
{
	if (schema == NULL) {
		return;
	}
	free(schema->rules);
	free(schema);
}

const struct setting_table *config_schema_table(const struct config_schema *schema)
{
	return &schema->root_table;
}

size_t config_schema_block_size(const struct config_schema *schema)
{
	return schema->block_size;
}

void config_schema_copy_rules(
	const struct config_schema *schema, const void *block, struct rules_settings *rules)
{
	for (size_t i = 0; i < rules_count(); i++) {
		memcpy(rules_settings_at(rules, i), (const char *)block + schema->rules[i].offset,
			rules_at(i)->settings_size);
	}
}
