/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A group of callers with settings of its own: the overseas sales desk, the night watch. A caller is of the
 * first group that matches. What the group does not name is as the site has it.
 */
#ifndef PBXGUARD_RULES_CALLER_GROUP_H
#define PBXGUARD_RULES_CALLER_GROUP_H

#include "pbxguard/base/setting.h"
#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>

#define CALLER_GROUPS_MAX 32
#define CALLER_GROUP_NAME_SIZE 48
#define CALLER_PATTERNS_MAX 64
#define CALLER_PATTERN_SIZE 64

struct caller_group_settings {
	char name[CALLER_GROUP_NAME_SIZE];
	/* "2001", or with one * for any characters, also none: "21*", "*@sales". As the caller is sent, so
	 * capitals differ from small letters. */
	size_t pattern_count;
	char patterns[CALLER_PATTERNS_MAX][CALLER_PATTERN_SIZE];
};

extern const struct setting_table caller_group_settings_table; /* of struct caller_group_settings */

/* The check of the patterns. */
bool caller_pattern_check(struct text value, char why[static SETTING_CHECK_TEXT_SIZE]);
bool caller_pattern_matches(const char *pattern, struct text caller);
/* Does wide match whatever narrow does? */
bool caller_pattern_covers(const char *wide, const char *narrow);

struct rules_settings;
struct calendar;
struct destination_lists;

struct caller_group {
	struct caller_group_settings settings;
	struct rules_settings *rules; /* all of them: the group's where it has some, else the site's */
	struct calendar *calendar;    /* NULL: the site's */
	/* Only deny and allow: high-risk lists are the site's. NULL: the site's, all. */
	struct destination_lists *lists;
};

/* The first that matches; NULL: none does. *pattern, unless that is NULL, is the one that did. */
const struct caller_group *caller_group_find(
	const struct caller_group *groups, size_t count, struct text caller, const char **pattern);

#endif
