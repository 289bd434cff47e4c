/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_schema.h"

#include "pbxguard/config/config_check.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP(name_, member, table)                                                                          \
	{                                                                                                    \
		.name = (name_), .type = SETTING_GROUP, .offset = offsetof(struct config_settings, member),  \
		.group = &(table)                                                                            \
	}

/* A new layer's settings are one line here; the rules and callers come last. */
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
	GROUP("store", store, store_settings_table),
	GROUP("control", control, control_settings_table),
	GROUP("limits", limits, limits_settings_table),
};

#define SECTIONS (sizeof sections / sizeof sections[0])

/* Of a group of callers: name, match, calendar, deny, allow, rules. */
#define GROUP_SETTINGS_MAX 8

struct config_schema {
	struct setting root[SECTIONS + 2];
	struct setting_table root_table, rules_table;
	size_t block_size;
	struct setting *rules; /* one for each of rules_at() */

	struct setting group[GROUP_SETTINGS_MAX];
	struct setting_table group_table, group_rules_table;
	struct setting *group_rules;             /* of those that a group may have */
	struct setting_table *group_rule_tables; /* likewise */
	struct setting *group_rule_settings;     /* of all of these */
};

/* Where a struct of any kind may begin. */
static size_t align(size_t offset)
{
	size_t unit = _Alignof(max_align_t);

	return (offset + unit - 1) / unit * unit;
}

/* ---- the rules' settings, one behind the other ----------------------------------------------------- */

/* In a block behind a struct of this size. */
static size_t rules_begin(size_t before)
{
	return align(before);
}

static size_t rules_size(void)
{
	size_t size = 0;

	for (size_t i = 0; i < rules_count(); i++) {
		size = align(size) + rules_at(i)->settings_size;
	}
	return size;
}

static void place_rules(struct config_schema *schema)
{
	size_t end = rules_begin(sizeof(struct config_settings));

	for (size_t i = 0; i < rules_count(); i++) {
		const struct rule *rule = rules_at(i);
		schema->rules[i] = (struct setting){.name = rule->name,
			.type = SETTING_GROUP,
			.offset = align(end),
			.group = rule->settings};
		end = schema->rules[i].offset + rule->settings_size;
	}
	schema->block_size = end;
	schema->rules_table = (struct setting_table){schema->rules, rules_count()};
}

/* ---- groups of callers ------------------------------------------------------------------------------ */

/* An element of the list: struct config_group, then its rules. */
static size_t group_size(void)
{
	return align(rules_begin(sizeof(struct config_group)) + rules_size());
}

/*
 * A group has what the site has. The site's hours are written out, so that a day which the group does not
 * name is the site's day, also where that is the default.
 */
static void inherit_site(const void *settings, void *element)
{
	const struct config_settings *site = settings;
	struct config_group *group = element;

	group->calendar = site->calendar;
	for (int day = 0; day < CALENDAR_DAYS; day++) {
		snprintf(group->calendar.business_hours.days[day], CALENDAR_HOURS_SIZE, "%s",
			business_hours_of(&site->calendar.business_hours, day));
	}
	group->destinations = site->destinations;
	memcpy((char *)element + rules_begin(sizeof(struct config_group)),
		(const char *)settings + rules_begin(sizeof(struct config_settings)), rules_size());
}

static size_t count_rule_settings(void)
{
	size_t count = 0;

	for (size_t i = 0; i < rules_count(); i++) {
		count += rules_at(i)->settings->count;
	}
	return count;
}

/* A rule's settings, in a block that begins there, but for those of all callers. Gives where the next begin.
 */
static struct setting *take_group_rule(
	const struct rule *rule, struct setting *settings, struct setting_table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < rule->settings->count; i++) {
		if (rule_setting_is_of_callers(rule, &rule->settings->settings[i])) {
			settings[count++] = rule->settings->settings[i];
		}
	}
	*table = (struct setting_table){settings, count};
	return settings + count;
}

static size_t group_rule_offset(const struct config_schema *schema, size_t index)
{
	return schema->rules[index].offset - rules_begin(sizeof(struct config_settings)) +
	       rules_begin(sizeof(struct config_group));
}

static void add_group_rules(struct config_schema *schema)
{
	struct setting *settings = schema->group_rule_settings;
	size_t count = 0;

	for (size_t i = 0; i < rules_count(); i++) {
		struct setting_table *table = &schema->group_rule_tables[count];
		settings = take_group_rule(rules_at(i), settings, table);
		if (table->count > 0) {
			schema->group_rules[count++] = (struct setting){.name = rules_at(i)->name,
				.type = SETTING_GROUP,
				.offset = group_rule_offset(schema, i),
				.group = table};
		}
	}
	schema->group_rules_table = (struct setting_table){schema->group_rules, count};
}

/* destinations.deny and allow are the group's own settings. */
static struct setting group_places(const char *name)
{
	struct setting setting = *setting_find(&destinations_setting_table, text_of(name));

	setting.offset += offsetof(struct config_group, destinations);
	setting.count_offset += offsetof(struct config_group, destinations);
	return setting;
}

static void add_group_settings(struct config_schema *schema)
{
	const struct setting_table *who = &caller_group_settings_table;
	struct setting *setting = schema->group;

	static_assert(offsetof(struct config_group, who) == 0, "its settings count from the beginning");
	assert(who->count + 4 <= GROUP_SETTINGS_MAX);
	memcpy(setting, who->settings, who->count * sizeof *setting);
	setting += who->count;
	*setting++ = (struct setting){.name = "calendar",
		.type = SETTING_GROUP,
		.offset = offsetof(struct config_group, calendar),
		.group = &calendar_setting_table};
	*setting++ = group_places("deny");
	*setting++ = group_places("allow");
	add_group_rules(schema);
	*setting++ = (struct setting){
		.name = "rules", .type = SETTING_GROUP, .offset = 0, .group = &schema->group_rules_table};
	schema->group_table = (struct setting_table){schema->group, (size_t)(setting - schema->group)};
}

/* The list of groups, at the end of the block. */
static struct setting callers_list(struct config_schema *schema)
{
	const struct setting list = {.name = "callers",
		.type = SETTING_GROUPS,
		.offset = align(schema->block_size) + align(sizeof(size_t)),
		.size = group_size(),
		.capacity = CALLER_GROUPS_MAX,
		.count_offset = align(schema->block_size),
		.group = &schema->group_table,
		.inherit = inherit_site};

	schema->block_size = list.offset + list.capacity * list.size;
	return list;
}

/* ---- the whole file --------------------------------------------------------------------------------- */

static bool make_room(struct config_schema *schema)
{
	schema->rules = calloc(rules_count(), sizeof *schema->rules);
	schema->group_rules = calloc(rules_count(), sizeof *schema->group_rules);
	schema->group_rule_tables = calloc(rules_count(), sizeof *schema->group_rule_tables);
	schema->group_rule_settings = calloc(count_rule_settings() + 1, sizeof *schema->group_rule_settings);
	return schema->rules != NULL && schema->group_rules != NULL && schema->group_rule_tables != NULL &&
	       schema->group_rule_settings != NULL;
}

struct config_schema *config_schema_new(void)
{
	struct config_schema *schema = calloc(1, sizeof *schema);

	if (schema == NULL || !make_room(schema)) {
		config_schema_free(schema);
		return NULL;
	}
	place_rules(schema);
	memcpy(schema->root, sections, sizeof sections);
	/* The rules' offsets count from the block's beginning. */
	schema->root[SECTIONS] = (struct setting){
		.name = "rules", .type = SETTING_GROUP, .offset = 0, .group = &schema->rules_table};
	add_group_settings(schema);
	schema->root[SECTIONS + 1] = callers_list(schema);
	schema->root_table = (struct setting_table){schema->root, SECTIONS + 2};
	return schema;
}

void config_schema_free(struct config_schema *schema)
{
	if (schema == NULL) {
		return;
	}
	free(schema->rules);
	free(schema->group_rules);
	free(schema->group_rule_tables);
	free(schema->group_rule_settings);
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

size_t config_schema_group_count(const struct config_schema *schema, const void *block)
{
	return *(const size_t *)(const void *)((const char *)block + schema->root[SECTIONS + 1].count_offset);
}

const struct config_group *config_schema_group(
	const struct config_schema *schema, const void *block, size_t index)
{
	const struct setting *list = &schema->root[SECTIONS + 1];

	return (const void *)((const char *)block + list->offset + index * list->size);
}

void config_schema_copy_group_rules(
	const struct config_schema *schema, const void *block, size_t index, struct rules_settings *rules)
{
	const char *group = (const char *)config_schema_group(schema, block, index);

	for (size_t i = 0; i < rules_count(); i++) {
		memcpy(rules_settings_at(rules, i), group + group_rule_offset(schema, i),
			rules_at(i)->settings_size);
	}
}
