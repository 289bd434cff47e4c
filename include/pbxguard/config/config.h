/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole configuration: every layer's settings as the file has them, and what the files that it names
 * hold. Made new at each start and reload; nothing of it changes afterwards.
 */
#ifndef PBXGUARD_CONFIG_CONFIG_H
#define PBXGUARD_CONFIG_CONFIG_H

#include "pbxguard/action/action_settings.h"
#include "pbxguard/action/control_settings.h"
#include "pbxguard/action/store.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/limits.h"
#include "pbxguard/base/local_time.h"
#include "pbxguard/base/site.h"
#include "pbxguard/call/call_settings.h"
#include "pbxguard/call/destination.h"
#include "pbxguard/call/dial_plan.h"
#include "pbxguard/capture/capture_settings.h"
#include "pbxguard/config/config_errors.h"
#include "pbxguard/config/data_folders.h"
#include "pbxguard/rules/calendar.h"
#include "pbxguard/rules/caller_group.h"
#include "pbxguard/rules/destination_lists.h"
#include "pbxguard/rules/rates.h"
#include "pbxguard/rules/rules.h"

#include <stddef.h>

#define CONFIG_FILE_NAME_SIZE 256
#define CONFIG_HOLIDAYS_SHOWN 3

/* As the file has them. */
struct config_settings {
	struct site site;
	char dial_plan_file[CONFIG_FILE_NAME_SIZE];
	struct destinations_settings destinations;
	struct rates_settings rates;
	struct calendar_settings calendar;
	struct capture_settings capture;
	struct call_settings calls;
	struct action_settings actions;
	struct store_settings store;
	struct control_settings control;
	struct limits_settings limits;
};

/* Of one group of callers: as the file has it, and as the site has it where the file says nothing. */
struct config_group {
	struct caller_group_settings who;
	struct calendar_settings calendar;
	struct destinations_settings destinations; /* only deny and allow may be the group's own */
};

/* A data file that the configuration names, and which was taken for the name. */
struct config_data_file {
	char setting[48];                 /* "destinations.high_risk[0]" */
	char name[CONFIG_FILE_NAME_SIZE]; /* as in the configuration */
	char path[DATA_PATH_SIZE];
};

struct config_holiday {
	struct local_date date;
	char name[64];
};

struct config {
	char *path; /* owned; NULL: the built-in defaults */
	struct config_settings settings;
	struct rules_settings *rules; /* owned, as all below */
	struct dial_plan dial_plan;   /* of dial_plan_file; borrows destination_table */
	struct destination_table *destination_table;
	struct destination_lists *destination_lists;
	struct rates *rates;
	struct calendar *calendar;
	size_t group_count;
	struct config_group *group_settings;
	struct caller_group *groups; /* with all in them */

	/* For the summary. */
	size_t data_file_count;
	struct config_data_file *data_files;
	size_t high_risk_countries; /* of all high-risk files together */
	size_t next_holiday_count;
	struct config_holiday next_holidays[CONFIG_HOLIDAYS_SHOWN]; /* from the day of now on */
};

/*
 * Reads the file with every file that it names, and checks all of it; without a path the built-in defaults
 * (Japan, monitor). NULL when anything is wrong: errors has every reason. Warnings are added in either case.
 * now is only for what a warning says about the files' age. About 2 MB while it is read. Not on the packet
 * path.
 */
struct config *config_new_from(const char *path, instant now, struct config_errors *errors);
/* The same with folders of one's own for data files, for tests. */
struct config *config_new_with_folders(
	const char *path, const struct data_folders *folders, instant now, struct config_errors *errors);
void config_free(struct config *config); /* NULL is fine */

/*
 * What is guarded and how, in lines for a person (--check-config). The process's time zone is the site's; now
 * is for whether it is open. Heap, the caller's; NULL without memory.
 */
char *config_summary(const struct config *config, instant now);

#endif
