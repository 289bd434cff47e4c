/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/caller_group.h"

#include <stdio.h>
#include <string.h>

static bool check_name(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	if (text_is_empty(text_trim(value))) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE, "names no group");
		return false;
	}
	return true;
}

static const struct setting settings_list[] = {
	{.name = "name",
		.type = SETTING_TEXT,
		.offset = offsetof(struct caller_group_settings, name),
		.size = CALLER_GROUP_NAME_SIZE,
		.check = check_name,
		.required = true},
	{.name = "match",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct caller_group_settings, patterns),
		.size = CALLER_PATTERN_SIZE,
		.capacity = CALLER_PATTERNS_MAX,
		.count_offset = offsetof(struct caller_group_settings, pattern_count),
		.check = caller_pattern_check,
		.required = true},
};

const struct setting_table caller_group_settings_table = SETTING_TABLE(settings_list);

bool caller_pattern_check(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	size_t star = text_find(value, '*');

	if (text_is_empty(value)) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE, "matches no caller");
		return false;
	}
	if (text_find_any(value, " \t") < value.size) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE, "has a space in it; write each caller for himself");
		return false;
	}
	if (star < value.size && text_find(text_from(value, star + 1), '*') < value.size - star - 1) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE, "has more than one *");
		return false;
	}
	return true;
}

/* What stands before and behind the *. False, and all before it, where there is none. */
static bool split(const char *pattern, struct text *before, struct text *behind)
{
	struct text text = text_of(pattern);
	size_t star = text_find(text, '*');

	*before = text_part(text, 0, star);
	*behind = text_from(text, star + 1);
	return star < text.size;
}

static bool ends(struct text text, struct text end)
{
	return text.size >= end.size && text_equal(text_from(text, text.size - end.size), end);
}

bool caller_pattern_matches(const char *pattern, struct text caller)
{
	struct text before, behind;

	if (!split(pattern, &before, &behind)) {
		return text_equal(caller, before);
	}
	return caller.size >= before.size + behind.size && text_begins(caller, before) &&
	       ends(caller, behind);
}

bool caller_pattern_covers(const char *wide, const char *narrow)
{
	struct text before, behind, narrow_before, narrow_behind;

	if (!split(narrow, &narrow_before, &narrow_behind)) {
		return caller_pattern_matches(wide, narrow_before);
	}
	return split(wide, &before, &behind) && text_begins(narrow_before, before) &&
	       ends(narrow_behind, behind);
}

const struct caller_group *caller_group_find(
	const struct caller_group *groups, size_t count, struct text caller, const char **pattern)
{
	for (size_t i = 0; i < count; i++) {
		const struct caller_group_settings *settings = &groups[i].settings;
		for (size_t j = 0; j < settings->pattern_count; j++) {
			if (caller_pattern_matches(settings->patterns[j], caller)) {
				if (pattern != NULL) {
					*pattern = settings->patterns[j];
				}
				return &groups[i];
			}
		}
	}
	return NULL;
}
