/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_node.h"

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/config/config_token.h"
#include "pbxguard/config/nearest_name.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 192
#define SHOWN_SIZE 72 /* bytes of a value in a message */
#define NUMBER_SHOWN 40

/* One setting to fill: what it is, what the file says, where it goes and how it is called. */
struct filling {
	const struct config_source *source;
	struct config_errors *errors;
	const struct setting_table *root; /* the whole file's */
	/* Of the list element around it, which may have names of the file's again; NULL: it is in none. */
	const struct setting_table *element;
	const char *element_path;
	const char *path;
};

static void __attribute__((format(printf, 3, 4)))
complain(const struct filling *filling, const struct config_node *node, const char *format, ...)
{
	struct config_place place = config_source_place(filling->source, node->line);
	va_list arguments;

	va_start(arguments, format);
	config_errors_add_list(filling->errors, &place, filling->path, false, format, arguments);
	va_end(arguments);
}

static const char *const kind_names[] = {
	[CONFIG_NODE_GROUP] = "a group",
	[CONFIG_NODE_LIST] = "a list",
	[CONFIG_NODE_STRING] = "a text in quotes",
	[CONFIG_NODE_NUMBER] = "a number",
	[CONFIG_NODE_BOOLEAN] = "true or false",
};

/* The kind of one value of each type, and how to write it. */
static const struct form {
	enum config_node_kind kind;
	const char *wanted;
} forms[] = {
	[SETTING_BOOLEAN] = {CONFIG_NODE_BOOLEAN, "true or false"},
	[SETTING_NUMBER] = {CONFIG_NODE_NUMBER, "a number without quotes"},
	[SETTING_DURATION] = {CONFIG_NODE_STRING, "a duration in quotes, like \"15min\""},
	[SETTING_TEXT] = {CONFIG_NODE_STRING, "a text in quotes"},
	[SETTING_CHOICE] = {CONFIG_NODE_STRING, "a text in quotes"},
	[SETTING_NUMBERS] = {CONFIG_NODE_NUMBER, "a list of numbers: [ 1, 2 ]"},
	[SETTING_TEXTS] = {CONFIG_NODE_STRING, "a list of texts: [ \"a\", \"b\" ]"},
	[SETTING_NETWORKS] = {CONFIG_NODE_STRING, "a list of networks: [ \"192.0.2.0/24\", \"192.0.2.10\" ]"},
	[SETTING_GROUP] = {CONFIG_NODE_GROUP, "a group: { name = value; }"},
	[SETTING_GROUPS] = {CONFIG_NODE_GROUP, "a list of groups: ( { name = value; }, { name = value; } )"},
};
static_assert(sizeof forms / sizeof forms[0] == SETTING_GROUPS + 1, "each type has a form");

static bool has_form(
	const struct filling *filling, const struct setting *setting, const struct config_node *node)
{
	const struct form *form = &forms[setting->type];

	if (node->kind == form->kind) {
		return true;
	}
	/* By far the commonest of these mistakes. */
	if (setting->type == SETTING_DURATION && node->kind == CONFIG_NODE_NUMBER) {
		complain(filling, node, "%.*s needs a unit, like \"15min\"",
			TEXT_PRINT(text_part(node->value, 0, NUMBER_SHOWN)));
	} else if (form->kind == CONFIG_NODE_STRING && node->kind == CONFIG_NODE_NUMBER) {
		struct text shown = text_part(node->value, 0, NUMBER_SHOWN);
		complain(filling, node, "%.*s must stand in quotes: \"%.*s\"", TEXT_PRINT(shown),
			TEXT_PRINT(shown));
	} else {
		complain(filling, node, "is %s, must be %s", kind_names[node->kind], form->wanted);
	}
	return false;
}

/* ---- numbers ------------------------------------------------------------------------------------- */

/*
 * The literal's number; one that does not fit is as large as can be and so outside every range. libconfig's
 * own number would have wrapped, and 010 be ten.
 */
static bool read_literal(const struct filling *filling, const struct config_node *node, int64_t *value)
{
	struct text digits = node->value;
	bool is_negative = text_begins(digits, TEXT("-"));
	uint64_t number = INT64_MAX;

	digits = text_from(digits, is_negative || text_begins(digits, TEXT("+")) ? 1 : 0);
	while (digits.size > 1 && digits.start[digits.size - 1] == 'L') {
		digits.size--;
	}
	if (text_find_any(digits, "xX.") < digits.size) {
		complain(filling, node, "%.*s is not a whole number in decimal digits",
			TEXT_PRINT(text_part(node->value, 0, NUMBER_SHOWN)));
		return false;
	}
	if (digits.size > 1 && digits.start[0] == '0') {
		complain(filling, node, "%.*s begins with a zero; write the number without it",
			TEXT_PRINT(text_part(node->value, 0, NUMBER_SHOWN)));
		return false;
	}
	text_to_number(digits, INT64_MAX, &number);
	*value = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static bool fill_number(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, uint32_t *out)
{
	int64_t value;

	if (!has_form(filling, setting, node) || !read_literal(filling, node, &value)) {
		return false;
	}
	if (value < setting->minimum || value > setting->maximum) {
		complain(filling, node, "%.*s is not between %" PRId64 " and %" PRId64 "%s%s",
			TEXT_PRINT(text_part(node->value, 0, NUMBER_SHOWN)), setting->minimum,
			setting->maximum, setting->unit == NULL ? "" : " ",
			setting->unit == NULL ? "" : setting->unit);
		return false;
	}
	*out = (uint32_t)value;
	return true;
}

/* A reason that one does not see. */
static const char *foreign_note(struct text value)
{
	return config_token_find_foreign(value) < value.size
		       ? "; it has a full-width or other odd character in it"
		       : "";
}

static bool fill_duration(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, duration *out)
{
	char shown[SHOWN_SIZE], minimum[DURATION_TEXT_SIZE], maximum[DURATION_TEXT_SIZE];
	uint64_t number;
	duration value;

	if (!has_form(filling, setting, node)) {
		return false;
	}
	text_make_safe(node->value, shown, sizeof shown);
	if (!duration_parse(node->value, &value)) {
		complain(filling, node,
			text_to_number(node->value, UINT64_MAX, &number)
				? "\"%s\" needs a unit, like \"15min\"%s"
				: "\"%s\" is not a duration; write one like \"60s\", \"15min\", \"12h\" or \"90d\"%s",
			shown, foreign_note(node->value));
		return false;
	}
	if (value < setting->minimum || value > setting->maximum) {
		complain(filling, node, "\"%s\" is not between %s and %s", shown,
			duration_format(setting->minimum, minimum),
			duration_format(setting->maximum, maximum));
		return false;
	}
	*out = value;
	return true;
}

/* ---- texts --------------------------------------------------------------------------------------- */

static bool has_control_character(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if ((unsigned char)text.start[i] < ' ' || text.start[i] == 0x7F) {
			return true;
		}
	}
	return false;
}

static bool fill_text(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, char *out)
{
	char why[SETTING_CHECK_TEXT_SIZE] = "", shown[SHOWN_SIZE];

	if (!has_form(filling, setting, node)) {
		return false;
	}
	text_make_safe(node->value, shown, sizeof shown);
	if (has_control_character(node->value)) {
		complain(filling, node, "\"%s\" has a control character in it", shown);
		return false;
	}
	if (setting->check != NULL && !setting->check(node->value, why)) {
		complain(filling, node, "\"%s\" %s%s", shown, why, foreign_note(node->value));
		return false;
	}
	if (node->value.size >= setting->size) {
		complain(filling, node, "\"%s\" is longer than %zu bytes", shown, setting->size - 1);
		return false;
	}
	text_copy(node->value, out, setting->size);
	return true;
}

/* "a", "b" or "c" */
static char *list_choices(const struct setting *setting, char *list, size_t list_size)
{
	size_t used = 0;

	list[0] = '\0';
	for (int i = 0; setting->choices[i] != NULL && used < list_size; i++) {
		const char *between = i == 0 ? "" : setting->choices[i + 1] == NULL ? " or " : ", ";
		used += (size_t)snprintf(
			list + used, list_size - used, "%s\"%s\"", between, setting->choices[i]);
	}
	return list;
}

static bool fill_choice(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, int *out)
{
	char why[SETTING_CHECK_TEXT_SIZE] = "", list[256], shown[SHOWN_SIZE];
	const char *meant = NULL;

	if (!has_form(filling, setting, node)) {
		return false;
	}
	text_make_safe(node->value, shown, sizeof shown);
	if (setting->check != NULL && !setting->check(node->value, why)) {
		complain(filling, node, "\"%s\" %s", shown, why);
		return false;
	}
	for (int i = 0; setting->choices[i] != NULL; i++) {
		if (text_equal(node->value, text_of(setting->choices[i]))) {
			*out = i;
			return true;
		}
		if (text_equal_ignoring_case(node->value, text_of(setting->choices[i]))) {
			meant = setting->choices[i];
		}
	}
	complain(filling, node, "\"%s\" must be %s%s%s%s", shown, list_choices(setting, list, sizeof list),
		meant == NULL ? "" : "; did you mean \"", meant == NULL ? "" : meant,
		meant == NULL ? "" : "\"?");
	return false;
}

/* The network that was meant when bits past its length are set: 192.0.2.1/24 is 192.0.2.0/24. */
static bool network_meant(struct text text, struct network *network)
{
	size_t slash = text_find(text, '/');
	uint64_t length;

	if (!address_parse(text_part(text, 0, slash), &network->address) ||
		!text_to_number(text_from(text, slash + 1),
			network->address.family == ADDRESS_IPV4 ? 32 : 128, &length)) {
		return false;
	}
	network->prefix_length = (uint8_t)length;
	for (size_t i = 0; i < sizeof network->address.bytes; i++) {
		size_t kept = length > i * 8 ? length - i * 8 : 0;
		uint8_t mask = kept >= 8 ? 0xFF : (uint8_t)(0xFF << (8 - kept));
		network->address.bytes[i] &= mask;
	}
	return true;
}

static bool fill_network(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, struct network_set *set)
{
	struct network network;
	char shown[SHOWN_SIZE], meant[NETWORK_TEXT_SIZE];

	if (!has_form(filling, setting, node)) {
		return false;
	}
	text_make_safe(node->value, shown, sizeof shown);
	if (network_parse(node->value, &network)) {
		if (network_set_add(set, &network)) {
			return true;
		}
		complain(filling, node, "more than %d networks", NETWORK_SET_MAX);
	} else if (network_meant(node->value, &network)) {
		complain(filling, node, "\"%s\" has bits set past its length; did you mean \"%s\"?", shown,
			network_format(&network, meant));
	} else {
		complain(filling, node,
			"\"%s\" is neither an address, like \"192.0.2.10\", nor a network, like \"192.0.2.0/24\"%s",
			shown, foreign_note(node->value));
	}
	return false;
}

/* ---- groups and lists ---------------------------------------------------------------------------- */

static void fill_group(const struct filling *filling, const struct config_node *group,
	const struct setting_table *table, void *settings);

static bool fill_structs_element(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, const char *base, void *out)
{
	struct filling inner = *filling;

	if (!has_form(filling, setting, node)) {
		return false;
	}
	memset(out, 0, setting->size);
	if (setting->inherit != NULL) {
		setting->inherit(base, out);
	} else {
		setting_defaults(setting->group, out);
	}
	inner.element = setting->group;
	inner.element_path = filling->path;
	fill_group(&inner, node, setting->group, out);
	return true;
}

/* One element into the list's array, or into its network set. */
static bool fill_element(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, char *base, size_t index)
{
	char *list = base + setting->offset;

	switch (setting->type) {
	case SETTING_NUMBERS:
		return fill_number(filling, setting, node, (uint32_t *)(void *)list + index);
	case SETTING_TEXTS:
		return fill_text(filling, setting, node, list + index * setting->size);
	case SETTING_NETWORKS:
		return fill_network(filling, setting, node, (struct network_set *)(void *)list);
	default:
		return fill_structs_element(filling, setting, node, base, list + index * setting->size);
	}
}

static size_t *list_count(const struct setting *setting, char *base)
{
	if (setting->type == SETTING_NETWORKS) {
		return &((struct network_set *)(void *)(base + setting->offset))->count;
	}
	return (size_t *)(void *)(base + setting->count_offset);
}

static size_t list_capacity(const struct setting *setting)
{
	return setting->type == SETTING_NETWORKS ? NETWORK_SET_MAX : setting->capacity;
}

/*
 * A value alone is a list of one. What the file says replaces the default. A wrong list is empty, so that in
 * any other the n-th element is the file's n-th.
 */
static bool fill_list(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, char *base)
{
	bool is_list = node->kind == CONFIG_NODE_LIST;
	const struct config_node *element = is_list ? node->first : node;
	size_t *count = list_count(setting, base);
	char path[PATH_SIZE + sizeof "[18446744073709551615]"];
	bool good = true;

	*count = 0;
	for (size_t index = 0; element != NULL; element = is_list ? element->next : NULL, index++) {
		struct filling inner = *filling;
		if (is_list || setting->type == SETTING_GROUPS) {
			snprintf(path, sizeof path, "%s[%zu]", filling->path, index);
			inner.path = path;
		}
		if (index == list_capacity(setting)) {
			complain(&inner, element, "the list has more than %zu elements", index);
			good = false;
			break;
		}
		bool filled = fill_element(&inner, setting, element, base, *count);
		/* A network set counts for itself. */
		*count += filled && setting->type != SETTING_NETWORKS ? 1 : 0;
		good = good && filled;
	}
	*count = good ? *count : 0;
	return good;
}

static bool fill_setting(const struct filling *filling, const struct setting *setting,
	const struct config_node *node, char *base)
{
	void *value = base + setting->offset;

	switch (setting->type) {
	case SETTING_BOOLEAN:
		if (has_form(filling, setting, node)) {
			*(bool *)value = text_equal(node->value, TEXT("true"));
			return true;
		}
		return false;
	case SETTING_NUMBER:
		return fill_number(filling, setting, node, value);
	case SETTING_DURATION:
		return fill_duration(filling, setting, node, value);
	case SETTING_TEXT:
		return fill_text(filling, setting, node, value);
	case SETTING_CHOICE:
		return fill_choice(filling, setting, node, value);
	case SETTING_GROUP:
		if (has_form(filling, setting, node)) {
			fill_group(filling, node, setting->group, value);
			return true;
		}
		return false;
	case SETTING_NUMBERS:
	case SETTING_TEXTS:
	case SETTING_NETWORKS:
	case SETTING_GROUPS:
		return fill_list(filling, setting, node, base);
	}
	return false;
}

/* ---- names --------------------------------------------------------------------------------------- */

#define NAME_SHOWN 40 /* bytes of a name in a message */

static void join_path(char path[static PATH_SIZE], const char *group, struct text name)
{
	snprintf(path, PATH_SIZE, "%s%s%.*s", group, group[0] == '\0' ? "" : ".",
		TEXT_PRINT(text_part(name, 0, NAME_SHOWN)));
}

/* Where else settings have this name: how many, and the path of the last of them. */
static size_t find_elsewhere(
	const struct setting_table *table, const char *group, struct text name, char path[static PATH_SIZE])
{
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct setting *setting = &table->settings[i];
		char inner[PATH_SIZE];

		join_path(inner, group, text_of(setting->name));
		if (text_equal(text_of(setting->name), name)) {
			memcpy(path, inner, sizeof inner);
			count++;
		}
		if (setting->type == SETTING_GROUP) {
			count += find_elsewhere(setting->group, inner, name, path);
		}
	}
	return count;
}

static bool has_path(const struct setting_table *table, struct text path)
{
	size_t dot = text_find(path, '.');
	const struct setting *setting = setting_find(table, text_part(path, 0, dot));

	if (setting == NULL || dot == path.size) {
		return setting != NULL;
	}
	return setting->type == SETTING_GROUP && has_path(setting->group, text_from(path, dot + 1));
}

/* In an element of a list: what is called so in the element, or in the whole file. False: nothing. */
static bool complain_misplaced(const struct filling *filling, const struct config_node *node)
{
	const char *inner = filling->path + strlen(filling->element_path) + 1;
	char path[PATH_SIZE];

	if (has_path(filling->root, text_of(inner))) {
		complain(filling, node, "no such setting here; there is `%s`", inner);
		return true;
	}
	if (find_elsewhere(filling->element, filling->element_path, node->name, path) == 1) {
		complain(filling, node, "no such setting; did you mean `%s`?", path);
		return true;
	}
	return false;
}

static void complain_unknown(
	const struct filling *filling, const struct setting_table *table, const struct config_node *node)
{
	const char *nearest = nearest_name(table, node->name);
	char path[PATH_SIZE];

	if (filling->element != NULL && complain_misplaced(filling, node)) {
		return;
	}
	if (find_elsewhere(filling->root, "", node->name, path) == 1) {
		complain(filling, node, "no such setting; did you mean `%s`?", path);
	} else if (nearest != NULL) {
		complain(filling, node, "no such setting; did you mean `%s`?", nearest);
	} else {
		complain(filling, node, "no such setting");
	}
}

/* ---- what one setting of a group demands of another ------------------------------------------------- */

/* What the file said about the settings of one group, by their places in the table. */
struct seen {
	const struct config_node *node; /* NULL: nothing */
	bool is_wrong;
};

#define TABLE_MAX 64 /* settings of one group */

static int64_t value_of(const struct setting *setting, const char *base)
{
	const void *value = base + setting->offset;

	return setting->type == SETTING_DURATION ? *(const duration *)value : *(const uint32_t *)value;
}

static char *value_text(
	const struct setting *setting, const char *base, char buffer[static DURATION_TEXT_SIZE])
{
	if (setting->type == SETTING_DURATION) {
		return duration_format(value_of(setting, base), buffer);
	}
	snprintf(buffer, DURATION_TEXT_SIZE, "%" PRId64, value_of(setting, base));
	return buffer;
}

/* "critical: 1 is less than warning, 2": the line is that of the setting, or of the other when only it was
 * written. */
static void check_not_below(const struct filling *filling, const struct setting_table *table, size_t index,
	const struct seen *seen, const char *base)
{
	const struct setting *setting = &table->settings[index];
	const struct setting *other = setting_find(table, text_of(setting->not_below));
	char value[DURATION_TEXT_SIZE], other_value[DURATION_TEXT_SIZE];

	assert(other != NULL);
	const struct seen *of_other = &seen[other - table->settings];
	const struct config_node *node = seen[index].node != NULL ? seen[index].node : of_other->node;
	if (node == NULL || seen[index].is_wrong || of_other->is_wrong ||
		value_of(setting, base) >= value_of(other, base)) {
		return;
	}
	complain(filling, node, "%s is less than %s, %s", value_text(setting, base, value), other->name,
		value_text(other, base, other_value));
}

static void check_group(const struct filling *filling, const struct config_node *group,
	const struct setting_table *table, const struct seen *seen, const char *base)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < table->count; i++) {
		const struct setting *setting = &table->settings[i];
		struct filling inner = *filling;

		join_path(path, filling->path, text_of(setting->name));
		inner.path = path;
		if (setting->required && seen[i].node == NULL) {
			complain(&inner, group, "is missing");
		}
		if (setting->not_below != NULL) {
			check_not_below(&inner, table, i, seen, base);
		}
	}
}

/* Those settings of the group that inherit, or all others and what is unknown. */
static void fill_settings(const struct filling *filling, const struct config_node *group,
	const struct setting_table *table, bool inherit, struct seen *seen, void *settings)
{
	char path[PATH_SIZE];

	for (const struct config_node *node = group->first; node != NULL; node = node->next) {
		const struct setting *setting = setting_find(table, node->name);
		struct filling inner = *filling;

		if ((setting != NULL && setting->inherit != NULL) != inherit) {
			continue;
		}
		join_path(path, filling->path, node->name);
		inner.path = path;
		if (setting == NULL) {
			complain_unknown(&inner, table, node);
			continue;
		}
		struct seen *this_one = &seen[setting - table->settings];
		this_one->node = node;
		this_one->is_wrong = !fill_setting(&inner, setting, node, settings);
	}
}

static void fill_group(const struct filling *filling, const struct config_node *group,
	const struct setting_table *table, void *settings)
{
	struct seen seen[TABLE_MAX] = {0};

	assert(table->count <= TABLE_MAX);
	fill_settings(filling, group, table, false, seen, settings);
	fill_settings(filling, group, table, true, seen, settings);
	check_group(filling, group, table, seen, settings);
}

void config_fill(const struct config_source *source, const struct config_node *group,
	const struct setting_table *table, void *settings, struct config_errors *errors)
{
	const struct filling filling = {.source = source, .errors = errors, .root = table, .path = ""};

	fill_group(&filling, group, table, settings);
}
