/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one setting demands of another, and of the files that were read. */
#ifndef PBXGUARD_CONFIG_CONFIG_CHECK_H
#define PBXGUARD_CONFIG_CONFIG_CHECK_H

#include "pbxguard/config/config_data.h"

#define CONFIG_ELEMENT_SIZE 64

void config_check(const struct config_reading *reading);
/* Its parts that have files of their own: the places of destinations.deny and allow; what is good but
 * hardly meant, which are warnings. */
void config_check_places(const struct config_reading *reading);
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
