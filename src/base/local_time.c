/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/local_time.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/" /* tzfile(5) */

bool time_zone_exists(const char *name)
{
	char path[256];
	struct stat status;

	if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL) {
		return false;
	}
	int size = snprintf(path, sizeof path, ZONE_FOLDER "%s", name);
	return size > 0 && (size_t)size < sizeof path && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* How often the zone was set: what was worked out before is not for the present one. */
static atomic_uint zone_number = 1;

void time_zone_set(const char *name)
{
	zone_number++;
	if (name == NULL) {
		unsetenv("TZ");
	} else {
		setenv("TZ", name, 1);
	}
	tzset();
}

static void work_out(time_t seconds, struct local_time *local)
{
	struct tm broken = {0};

	localtime_r(&seconds, &broken);
	*local = (struct local_time){
		.date = {broken.tm_year + 1900, broken.tm_mon + 1, broken.tm_mday},
		.weekday = (broken.tm_wday + 6) % 7,
		.hour = broken.tm_hour,
		.minute = broken.tm_min,
		.second = broken.tm_sec,
		.offset = (int)broken.tm_gmtoff,
	};
}

void local_time_of(instant when, struct local_time *local)
{
	/* The minute that was asked for last: a packet mostly comes in the same one as the one before. */
	static _Thread_local struct {
		unsigned zone_number; /* 0: none yet */
		int64_t minute;       /* from 1970, UTC */
		struct local_time begin;
	} last;
	int64_t minute = when / MINUTE, rest = when % MINUTE;
	unsigned zone = zone_number;

	if (rest < 0) {
		rest += MINUTE;
		minute--;
	}
	time_t begin = (time_t)(minute * (MINUTE / SECOND));
	if (last.zone_number != zone || last.minute != minute) {
		work_out(begin, &last.begin);
		last.zone_number = zone;
		last.minute = minute;
	}
	if (last.begin.offset % 60 == 0) {
		*local = last.begin;
		local->second += (int)(rest / SECOND);
	} else { /* a hundred years ago clocks were not set by the minute */
		work_out(begin + (time_t)(rest / SECOND), local);
	}
	local->microsecond = (int)(rest % SECOND);
}

static bool is_leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

bool local_date_is_real(struct local_date date)
{
	return date.year >= 1900 && date.year <= 2999 && date.month >= 1 && date.month <= 12 &&
	       date.day >= 1 && date.day <= days_of_month(date.year, date.month);
}

struct local_date local_date_before(struct local_date date)
{
	if (--date.day == 0) {
		if (--date.month == 0) {
			date.month = 12;
			date.year--;
		}
		date.day = days_of_month(date.year, date.month);
	}
	return date;
}

int local_date_compare(struct local_date a, struct local_date b)
{
	if (a.year != b.year) {
		return a.year < b.year ? -1 : 1;
	}
	if (a.month != b.month) {
		return a.month < b.month ? -1 : 1;
	}
	return (a.day > b.day) - (a.day < b.day);
}

/* Exactly size digits at index start. */
static bool digits_at(struct text text, size_t start, size_t size, int *value)
{
	uint64_t number;

	if (text.size < start + size || !text_to_number(text_part(text, start, size), 9999, &number)) {
		return false;
	}
	*value = (int)number;
	return true;
}

static bool is_at(struct text text, size_t index, char character)
{
	return index < text.size && text.start[index] == character;
}

bool local_date_parse(struct text text, struct local_date *date)
{
	struct local_date read;

	if (text.size != 10 || !digits_at(text, 0, 4, &read.year) || !is_at(text, 4, '-') ||
		!digits_at(text, 5, 2, &read.month) || !is_at(text, 7, '-') ||
		!digits_at(text, 8, 2, &read.day) || !local_date_is_real(read)) {
		return false;
	}
	*date = read;
	return true;
}

char *instant_format(instant when, char buffer[static INSTANT_TEXT_SIZE])
{
	struct local_time local;

	local_time_of(when, &local);
	int offset = abs(local.offset);
	snprintf(buffer, INSTANT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%06d%c%02d:%02d", local.date.year,
		local.date.month, local.date.day, local.hour, local.minute, local.second, local.microsecond,
		local.offset < 0 ? '-' : '+', offset / 3600, offset / 60 % 60);
	return buffer;
}

char *instant_format_short(instant when, char buffer[static INSTANT_TEXT_SIZE])
{
	struct local_time local;

	local_time_of(when, &local);
	snprintf(buffer, INSTANT_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d", local.date.year,
		local.date.month, local.date.day, local.hour, local.minute, local.second);
	return buffer;
}

/* ".5", ".123456": microseconds; finer digits are dropped. */
static bool parse_fraction(struct text *rest, int64_t *microseconds)
{
	int64_t unit = SECOND / 10;

	*microseconds = 0;
	if (!is_at(*rest, 0, '.')) {
		return true;
	}
	size_t i = 1;
	for (; i < rest->size && rest->start[i] >= '0' && rest->start[i] <= '9'; i++) {
		*microseconds += (rest->start[i] - '0') * unit;
		unit /= 10;
	}
	*rest = text_from(*rest, i);
	return i > 1;
}

/* "Z", "+09:00": seconds east of UTC. */
static bool parse_offset(struct text text, int *seconds)
{
	int hours, minutes;

	if (text.size == 1 && (text.start[0] == 'Z' || text.start[0] == 'z')) {
		*seconds = 0;
		return true;
	}
	if (text.size != 6 || (text.start[0] != '+' && text.start[0] != '-') ||
		!digits_at(text, 1, 2, &hours) || !is_at(text, 3, ':') || !digits_at(text, 4, 2, &minutes) ||
		hours > 23 || minutes > 59) {
		return false;
	}
	*seconds = (hours * 3600 + minutes * 60) * (text.start[0] == '-' ? -1 : 1);
	return true;
}

bool instant_parse(struct text text, instant *when)
{
	struct local_date date;
	struct tm broken = {.tm_isdst = -1};
	int64_t microseconds = 0;
	int offset;

	if (!local_date_parse(text_part(text, 0, 10), &date) ||
		!(is_at(text, 10, ' ') || is_at(text, 10, 'T') || is_at(text, 10, 't')) ||
		!digits_at(text, 11, 2, &broken.tm_hour) || !is_at(text, 13, ':') ||
		!digits_at(text, 14, 2, &broken.tm_min) || broken.tm_hour > 23 || broken.tm_min > 59) {
		return false;
	}
	struct text rest = text_from(text, 16);
	if (is_at(rest, 0, ':')) {
		if (!digits_at(rest, 1, 2, &broken.tm_sec) || broken.tm_sec > 60) {
			return false;
		}
		rest = text_from(rest, 3);
		if (!parse_fraction(&rest, &microseconds)) {
			return false;
		}
	}
	broken.tm_year = date.year - 1900;
	broken.tm_mon = date.month - 1;
	broken.tm_mday = date.day;
	if (text_is_empty(rest)) {
		*when = mktime(&broken) * SECOND + microseconds;
		return true;
	}
	if (!parse_offset(rest, &offset)) {
		return false;
	}
	*when = (timegm(&broken) - offset) * SECOND + microseconds;
	return true;
}
