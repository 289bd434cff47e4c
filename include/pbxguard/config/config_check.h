/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one setting demands of another, and of the files that were read. */
#ifndef PBXGUARD_CONFIG_CONFIG_CHECK_H
#define PBXGUARD_CONFIG_CONFIG_CHECK_H

#include "pbxguard/config/config_data.h"

#define CONFIG_ELEMENT_SIZE 96 /* of the path of a setting */
#define CONFIG_PART_SIZE 48

void config_check(const struct config_reading *reading);

/* The site, or one of the groups of callers: what is checked alike of both, and how its settings are called.
 */
struct config_part {
	bool is_site;
	struct rules_settings *rules;
	const struct calendar_settings *calendar_settings;
	const struct calendar *calendar; /* NULL: it could not be made, or is the site's */
	const struct destinations_settings *destinations;
	char rules_name[CONFIG_PART_SIZE],
		calendar_name[CONFIG_PART_SIZE]; /* "calendar", "callers[0].calendar" */
	char deny_name[CONFIG_PART_SIZE], allow_name[CONFIG_PART_SIZE];
};

typedef void config_part_check(const struct config_reading *reading, const struct config_part *part);
/* The site first. */
void config_check_parts(const struct config_reading *reading, config_part_check *check);
/* Does the file say so for this part? of: one of its names; name: ".closed". */
bool config_part_has(const struct config_reading *reading, const char *of, const char *name);

/* The site has each rule, a group those that the file names for it. */
bool config_part_has_rule(
	const struct config_reading *reading, const struct config_part *part, const struct rule *rule);

/* Those that have files of their own: the places of deny and allow; groups of callers; what is good but
 * hardly meant, which are warnings. */
void config_check_places(const struct config_reading *reading, const struct config_part *part);
void config_check_callers(const struct config_reading *reading);
void config_check_doubts(const struct config_reading *reading);

/* "destinations.deny[2]". Returns path. */
char *config_element(char path[static CONFIG_ELEMENT_SIZE], const char *setting, size_t index);

/* The minutes of a week in which the site is open, Monday first; for hours that passed their table's check.
 */
#define MINUTES_OF_A_WEEK (7 * 24 * 60)
struct open_minutes {
	size_t count;
	int double_day; /* 0 Monday to 6: the first day with hours that overlap others; -1: none */
	bool open[MINUTES_OF_A_WEEK];
};
/* "09:00-18:00" of a day, 0 Monday to 6, empty for none, the default where the file names no day. */
const char *business_hours_of(const struct business_hours *hours, int day);
void open_minutes_of(const struct business_hours *hours, struct open_minutes *minutes);

#endif
