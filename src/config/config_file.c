/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_file.h"

#include "pbxguard/config/config_node.h"
#include "pbxguard/config/config_source.h"

#include <assert.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

struct config_file {
	struct config_source source;
	config_t library; /* owns the strings to which nodes point */
	size_t node_count;
	struct config_node *nodes; /* the first is the whole file */
};

/* While the nodes are made. */
struct building {
	struct config_file *file;
	size_t literal; /* the next one: libconfig's tree has the values in the order of the text */
};

void config_file_free(struct config_file *file)
{
	if (file == NULL) {
		return;
	}
	config_destroy(&file->library);
	config_source_deinit(&file->source);
	free(file->nodes);
	free(file);
}

static size_t count_settings(const config_setting_t *setting)
{
	size_t count = 1;
	int length = config_setting_is_aggregate(setting) ? config_setting_length(setting) : 0;

	for (int i = 0; i < length; i++) {
		count += count_settings(config_setting_get_elem(setting, (unsigned)i));
	}
	return count;
}

/*
 * A value stands on the line of its literal: for the last string of an array libconfig gives the line of what
 * comes after it.
 */
static void take_literal(struct building *building, struct config_node *node)
{
	const struct config_source *source = &building->file->source;

	if (building->literal < source->literal_count) {
		const struct config_literal *literal = &source->literals[building->literal++];
		node->line = literal->line;
		node->value = (struct text){source->text + literal->start, literal->size};
	}
}

static void take_value(struct building *building, const config_setting_t *setting, struct config_node *node)
{
	take_literal(building, node);
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		node->kind = CONFIG_NODE_STRING;
		node->value = text_of(config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_BOOL:
		node->kind = CONFIG_NODE_BOOLEAN;
		node->value = config_setting_get_bool(setting) ? TEXT("true") : TEXT("false");
		break;
	default:
		node->kind = CONFIG_NODE_NUMBER;
	}
}

static struct config_node *build_node(struct building *building, const config_setting_t *setting)
{
	struct config_node *node = &building->file->nodes[building->file->node_count++];

	node->name = text_of(config_setting_name(setting));
	node->line = config_setting_source_line(setting);
	if (!config_setting_is_aggregate(setting)) {
		take_value(building, setting, node);
		return node;
	}
	node->kind = config_setting_is_group(setting) ? CONFIG_NODE_GROUP : CONFIG_NODE_LIST;
	const struct config_node **link = &node->first;
	for (int i = 0; i < config_setting_length(setting); i++) {
		struct config_node *child =
			build_node(building, config_setting_get_elem(setting, (unsigned)i));
		*link = child;
		link = &child->next;
	}
	return node;
}

/* What libconfig found and the scanner did not. Always false. */
static bool refuse(const struct config_file *file, struct config_errors *errors)
{
	int at = config_error_line(&file->library);
	size_t line = at < 1 ? 1 : (size_t)at;
	const char *sentence = config_error_text(&file->library);
	const struct config_name *first, *name = NULL;
	char path[192];

	if (strstr(sentence, "duplicate") != NULL) {
		name = config_source_duplicate(&file->source, line, &first);
	}
	struct config_place place = config_source_place(&file->source, name == NULL ? line : name->line);
	if (name == NULL) {
		config_errors_add(errors, &place, NULL, "%s", sentence);
		return false;
	}
	struct config_place before = config_source_place(&file->source, first->line);
	config_errors_add(errors, &place, config_source_path(&file->source, name, path, sizeof path),
		"is there twice; the first is at %s:%zu", before.file, before.line);
	return false;
}

static bool parse(struct config_file *file, struct config_errors *errors)
{
	if (config_read_string(&file->library, file->source.text) != CONFIG_TRUE) {
		return refuse(file, errors);
	}
	const config_setting_t *root = config_root_setting(&file->library);
	file->nodes = calloc(count_settings(root), sizeof file->nodes[0]);
	if (file->nodes == NULL) {
		struct config_place place = config_source_place(&file->source, 1);
		config_errors_add(errors, &place, NULL, "out of memory");
		return false;
	}
	struct building building = {.file = file};
	build_node(&building, root);
	/* The scanner lets nothing through that libconfig would cut into values in another way. */
	assert(building.literal == file->source.literal_count);
	return true;
}

static struct config_file *new_file(const char *name, struct config_errors *errors)
{
	struct config_file *file = calloc(1, sizeof *file);

	if (file == NULL) {
		config_errors_add(errors, &(struct config_place){.file = name}, NULL, "out of memory");
		return NULL;
	}
	config_init(&file->library);
	return file;
}

struct config_file *config_file_open(const char *path, struct config_errors *errors)
{
	struct config_file *file = new_file(path, errors);

	if (file != NULL && !(config_source_read(&file->source, path, errors) && parse(file, errors))) {
		config_file_free(file);
		return NULL;
	}
	return file;
}

struct config_file *config_file_from_text(
	const char *name, struct text contents, struct config_errors *errors)
{
	struct config_file *file = new_file(name, errors);

	if (file != NULL &&
		!(config_source_read_text(&file->source, name, contents, errors) && parse(file, errors))) {
		config_file_free(file);
		return NULL;
	}
	return file;
}

bool config_file_fill(const struct config_file *file, const struct setting_table *table, void *settings,
	struct config_errors *errors)
{
	size_t wrong_before = errors->wrong;

	setting_defaults(table, settings);
	config_fill(&file->source, &file->nodes[0], table, settings, errors);
	return errors->wrong == wrong_before;
}

static const struct config_node *child_by_name(const struct config_node *node, struct text name)
{
	const struct config_node *child = node->kind == CONFIG_NODE_GROUP ? node->first : NULL;

	while (child != NULL && !text_equal(child->name, name)) {
		child = child->next;
	}
	return child;
}

/* A value alone is the list of that one value. */
static const struct config_node *child_by_index(const struct config_node *node, uint64_t index)
{
	if (node->kind != CONFIG_NODE_LIST) {
		return index == 0 ? node : NULL;
	}
	const struct config_node *child = node->first;
	for (; child != NULL && index > 0; index--) {
		child = child->next;
	}
	return child;
}

/* One step of a path: "allow", "[2]". Takes it off *path. */
static const struct config_node *step(const struct config_node *node, struct text *path)
{
	uint64_t index;

	if (text_begins(*path, TEXT("."))) {
		*path = text_from(*path, 1);
	}
	if (text_begins(*path, TEXT("["))) {
		size_t end = text_find(*path, ']');
		bool is_index = text_to_number(text_part(*path, 1, end - 1), UINT32_MAX, &index);
		*path = text_from(*path, end + 1);
		return is_index ? child_by_index(node, index) : NULL;
	}
	size_t end = text_find_any(*path, ".[");
	struct text name = text_part(*path, 0, end);
	*path = text_from(*path, end);
	return child_by_name(node, name);
}

/* The setting, or what of its path there is. */
static const struct config_node *find_nearest(
	const struct config_file *file, struct text path, bool *is_there)
{
	const struct config_node *node = &file->nodes[0];

	*is_there = true;
	while (!text_is_empty(path)) {
		const struct config_node *next = step(node, &path);
		if (next == NULL) {
			*is_there = false;
			break;
		}
		node = next;
	}
	return node;
}

struct config_place config_file_place(const struct config_file *file, const char *setting)
{
	bool is_there;
	const struct config_node *node = find_nearest(file, text_of(setting), &is_there);

	struct config_place place = config_source_place(&file->source, node->line);
	place.line = file->source.size == 0 ? 0 : place.line;
	return place;
}

bool config_file_has(const struct config_file *file, const char *setting)
{
	bool is_there;

	find_nearest(file, text_of(setting), &is_there);
	return is_there;
}

bool config_file_text(const struct config_file *file, const char *setting, struct text *value)
{
	bool is_there;
	const struct config_node *node = find_nearest(file, text_of(setting), &is_there);

	if (!is_there || node->kind != CONFIG_NODE_STRING) {
		return false;
	}
	*value = node->value;
	return true;
}

void config_file_complain(const struct config_file *file, struct config_errors *errors, const char *setting,
	const char *format, ...)
{
	struct config_place place = config_file_place(file, setting);
	va_list arguments;

	va_start(arguments, format);
	config_errors_add_list(errors, &place, setting, false, format, arguments);
	va_end(arguments);
}

void config_file_warn(const struct config_file *file, struct config_errors *errors, const char *setting,
	const char *format, ...)
{
	struct config_place place = config_file_place(file, setting);
	va_list arguments;

	va_start(arguments, format);
	config_errors_add_list(errors, &place, setting, true, format, arguments);
	va_end(arguments);
}
