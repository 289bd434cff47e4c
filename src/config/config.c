/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config.h"

#include "pbxguard/config/config_check.h"
#include "pbxguard/config/config_data.h"
#include "pbxguard/config/config_file.h"
#include "pbxguard/config/config_schema.h"

#include <stdlib.h>
#include <string.h>

/* The tables' defaults are all that there is when nobody wrote a configuration. */
#define BUILT_IN_NAME "built-in defaults"

static void free_groups(struct config *config)
{
	for (size_t i = 0; i < config->group_count; i++) {
		rules_settings_free(config->groups[i].rules);
		calendar_free(config->groups[i].calendar);
		destination_lists_free(config->groups[i].lists);
	}
	free(config->groups);
	free(config->group_settings);
}

void config_free(struct config *config)
{
	if (config == NULL) {
		return;
	}
	rules_settings_free(config->rules);
	destination_table_free(config->destination_table);
	destination_lists_free(config->destination_lists);
	rates_free(config->rates);
	calendar_free(config->calendar);
	free_groups(config);
	free(config->data_files);
	free(config->path);
	free(config);
}

static struct config *new_config(const char *path)
{
	struct config *config = calloc(1, sizeof *config);

	if (config == NULL) {
		return NULL;
	}
	config->rules = rules_settings_new();
	config->path = path == NULL ? NULL : strdup(path);
	if (config->rules == NULL || (path != NULL && config->path == NULL)) {
		config_free(config);
		return NULL;
	}
	return config;
}

/* False without memory. */
static bool take_groups(struct config *config, const struct config_schema *schema, const void *block)
{
	size_t count = config_schema_group_count(schema, block);

	if (count == 0) {
		return true;
	}
	config->group_settings = calloc(count, sizeof *config->group_settings);
	config->groups = calloc(count, sizeof *config->groups);
	if (config->group_settings == NULL || config->groups == NULL) {
		return false;
	}
	for (; config->group_count < count; config->group_count++) {
		size_t i = config->group_count;
		config->group_settings[i] = *config_schema_group(schema, block, i);
		config->groups[i].settings = config->group_settings[i].who;
		config->groups[i].rules = rules_settings_new();
		if (config->groups[i].rules == NULL) {
			return false;
		}
		config_schema_copy_group_rules(schema, block, i, config->groups[i].rules);
	}
	return true;
}

/* Fills the settings of every layer and rule. False without memory. */
static bool fill_settings(struct config *config, const struct config_file *file, struct config_errors *errors)
{
	struct config_schema *schema = config_schema_new();
	void *block = schema == NULL ? NULL : calloc(1, config_schema_block_size(schema));
	bool good = block != NULL;

	if (good) {
		config_file_fill(file, config_schema_table(schema), block, errors);
		memcpy(&config->settings, block, sizeof config->settings);
		config_schema_copy_rules(schema, block, config->rules);
		good = take_groups(config, schema, block);
	}
	free(block);
	config_schema_free(schema);
	return good;
}

static bool read_all(struct config *config, const struct config_file *file,
	const struct data_folders *folders, instant now, struct config_errors *errors)
{
	struct local_time local;

	if (!fill_settings(config, file, errors)) {
		config_file_complain(file, errors, "", "out of memory");
		return false;
	}
	local_time_of(now, &local);
	struct config_reading reading = {config, file, folders, local.date, errors};
	config_data_read(&reading);
	config_check(&reading);
	return errors->wrong == 0;
}

struct config *config_new_with_folders(
	const char *path, const struct data_folders *folders, instant now, struct config_errors *errors)
{
	struct config_file *file = path == NULL ? config_file_from_text(BUILT_IN_NAME, TEXT(""), errors)
						: config_file_open(path, errors);
	struct config *config = file == NULL ? NULL : new_config(path);

	if (config == NULL || !read_all(config, file, folders, now, errors)) {
		config_free(config);
		config = NULL;
	}
	config_file_free(file);
	return config;
}

struct config *config_new_from(const char *path, instant now, struct config_errors *errors)
{
	struct data_folders folders;

	data_folders_for(path, &folders);
	return config_new_with_folders(path, &folders, now, errors);
}
