/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site's calendar: business hours, holidays and closing days. Open or closed at an instant, and why, in
 * the time zone of the process (base/local_time.h).
 *
 * Hours that run over midnight belong to the day they begin: with "22:00-06:00" on Friday, Saturday 02:00 is
 * open, unless that Friday was a holiday or a closing day. An end is exclusive: at 18:00:00 an office with
 * "09:00-18:00" is closed.
 */
#ifndef PBXGUARD_RULES_CALENDAR_H
#define PBXGUARD_RULES_CALENDAR_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/local_time.h"
#include "pbxguard/base/setting.h"
#include "pbxguard/base/text.h"
#include "pbxguard/rules/finding.h"

#include <stdbool.h>
#include <stddef.h>

#define CALENDAR_DAYS 7
#define CALENDAR_HOURS_SIZE 96
#define CALENDAR_FILES_MAX 16
#define CALENDAR_FILE_SIZE 256
#define CALENDAR_CLOSED_MAX 64
#define CALENDAR_CLOSED_SIZE 24 /* "2026-08-13..2026-08-16" */

/* As text, the way the file has it; calendar_new reads it. */
struct calendar_settings {
	/*
	 * Monday first: "09:00-18:00", "09:00-12:00,13:00-18:00", "22:00-06:00", "00:00-24:00"; empty: no
	 * hours. The initial "default" on every day means Monday to Friday 09:00-18:00; as soon as the file
	 * names one day, a day it does not name has no hours.
	 */
	struct business_hours {
		char days[CALENDAR_DAYS][CALENDAR_HOURS_SIZE];
	} business_hours;
	size_t holiday_file_count;
	char holiday_files[CALENDAR_FILES_MAX][CALENDAR_FILE_SIZE]; /* CSV: date,name,name_en */
	size_t closed_count;
	/* "12-29..01-03" and "08-15" each year; "2026-08-13..2026-08-16" and "2026-08-15" once. */
	char closed[CALENDAR_CLOSED_MAX][CALENDAR_CLOSED_SIZE];
};

extern const struct setting_table calendar_setting_table; /* of struct calendar_settings */

/* The checks of the table. */
bool calendar_check_hours(struct text value, char why[static SETTING_CHECK_TEXT_SIZE]);
bool calendar_check_closed(struct text value, char why[static SETTING_CHECK_TEXT_SIZE]);

struct calendar; /* opaque; made by calendar_new */

/* Copies what it needs. The settings passed their checks, else it asserts. NULL when there is no memory. */
struct calendar *calendar_new(const struct calendar_settings *settings);
void calendar_free(struct calendar *calendar);

/*
 * Adds one row of a holiday file; the name is made safe and cut to fit. A date that is there already keeps
 * its first name. False when there is no memory. Not on the packet path.
 */
bool calendar_add_holiday(struct calendar *calendar, struct local_date date, struct text name);
/* All that the other one has. Likewise. */
bool calendar_add_holidays_of(struct calendar *calendar, const struct calendar *other);
size_t calendar_holiday_count(const struct calendar *calendar);
/* The last day of which a holiday is known, to warn when a file has run out. False when there is none. */
bool calendar_last_holiday(const struct calendar *calendar, struct local_date *date);

struct calendar_reading {
	bool is_open;
	/* "open", or the first of "closing day", "holiday: 海の日", "weekend" (a weekday without hours),
	 * "night" */
	char text[CALENDAR_TEXT_SIZE];
};

void calendar_read(const struct calendar *calendar, instant when, struct calendar_reading *reading);

#endif
