/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/calendar.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOURS_UNSET "default"
#define HOURS_OF_A_WORKDAY "09:00-18:00"
#define WORKDAYS 5 /* Monday to Friday */

#define DAY_HOURS(name_, index)                                                                              \
	{                                                                                                    \
		.name = (name_), .type = SETTING_TEXT,                                                       \
		.offset = offsetof(struct business_hours, days[index]), .size = CALENDAR_HOURS_SIZE,         \
		.initial = HOURS_UNSET, .check = calendar_check_hours                                        \
	}

static const struct setting hours_settings[] = {
	DAY_HOURS("mon", 0),
	DAY_HOURS("tue", 1),
	DAY_HOURS("wed", 2),
	DAY_HOURS("thu", 3),
	DAY_HOURS("fri", 4),
	DAY_HOURS("sat", 5),
	DAY_HOURS("sun", 6),
};
static_assert(sizeof hours_settings / sizeof hours_settings[0] == CALENDAR_DAYS, "each day has its hours");

static const struct setting_table hours_table = SETTING_TABLE(hours_settings);

static const struct setting settings_list[] = {
	{.name = "business_hours",
		.type = SETTING_GROUP,
		.offset = offsetof(struct calendar_settings, business_hours),
		.group = &hours_table},
	{.name = "holidays",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct calendar_settings, holiday_files),
		.size = CALENDAR_FILE_SIZE,
		.capacity = CALENDAR_FILES_MAX,
		.count_offset = offsetof(struct calendar_settings, holiday_file_count),
		.initial = "holidays/japan.csv"},
	{.name = "closed",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct calendar_settings, closed),
		.size = CALENDAR_CLOSED_SIZE,
		.capacity = CALENDAR_CLOSED_MAX,
		.count_offset = offsetof(struct calendar_settings, closed_count),
		.check = calendar_check_closed},
};

const struct setting_table calendar_setting_table = SETTING_TABLE(settings_list);

#define MINUTES_OF_A_DAY (24 * 60)
#define SPANS_MAX 8 /* of a day; CALENDAR_HOURS_SIZE holds no more than 8 */
static_assert(CALENDAR_HOURS_SIZE <= SPANS_MAX * sizeof "09:00-18:00", "no day has more spans than fit");

/* Minutes from the midnight with which the day begins; an end past MINUTES_OF_A_DAY lies on the next. */
struct span {
	int begin, end;
};

struct day_hours {
	size_t count;
	struct span spans[SPANS_MAX];
};

struct closing {
	bool is_yearly; /* the years of first and last do not count; last before first runs over new year */
	struct local_date first, last;
};

struct holiday {
	struct local_date date;
	char name[CALENDAR_TEXT_SIZE - sizeof "holiday: " + 1];
};

struct calendar {
	struct day_hours hours[CALENDAR_DAYS];
	size_t closing_count;
	struct closing closings[CALENDAR_CLOSED_MAX];
	size_t holiday_count, holiday_room;
	struct holiday *holidays; /* by date */
};

/* Two digits, a separator, two digits: "09:30", "12-29". */
static bool parse_pair(struct text text, char separator, int *first, int *second)
{
	uint64_t left, right;

	if (text.size != 5 || text.start[2] != separator ||
		!text_to_number(text_part(text, 0, 2), 99, &left) ||
		!text_to_number(text_part(text, 3, 2), 99, &right)) {
		return false;
	}
	*first = (int)left;
	*second = (int)right;
	return true;
}

static bool parse_time_of_day(struct text text, int *minutes)
{
	int hour, minute;

	if (!parse_pair(text, ':', &hour, &minute) || minute > 59 || hour * 60 + minute > MINUTES_OF_A_DAY) {
		return false;
	}
	*minutes = hour * 60 + minute;
	return true;
}

/* NULL, or what is wrong. */
static const char *parse_span(struct text text, struct span *span)
{
	if (text.size != 11 || text.start[5] != '-' ||
		!parse_time_of_day(text_part(text, 0, 5), &span->begin) ||
		!parse_time_of_day(text_from(text, 6), &span->end)) {
		return "is not a span of hours; write it like \"09:00-18:00\"";
	}
	if (span->begin == MINUTES_OF_A_DAY) {
		return "begins at 24:00; write 00:00 on the next day";
	}
	if (span->begin == span->end) {
		return "ends when it begins; a whole day is \"00:00-24:00\", a day without hours is \"\"";
	}
	if (span->end < span->begin) {
		span->end += MINUTES_OF_A_DAY;
	}
	return NULL;
}

static const char *parse_hours(struct text text, struct day_hours *hours)
{
	struct text piece;

	hours->count = 0;
	while (text_split(&text, ',', &piece)) {
		if (hours->count == SPANS_MAX) {
			return "has more than eight spans of hours";
		}
		const char *wrong = parse_span(text_trim(piece), &hours->spans[hours->count]);
		if (wrong != NULL) {
			return wrong;
		}
		hours->count++;
	}
	return NULL;
}

/* "12-29" (each year) or "2026-12-29". */
static bool parse_day(struct text text, bool *is_yearly, struct local_date *date)
{
	if (text.size != 5) {
		*is_yearly = false;
		return local_date_parse(text, date);
	}
	*is_yearly = true;
	date->year = 2000; /* a leap year: 02-29 may be a closing day */
	return parse_pair(text, '-', &date->month, &date->day) && local_date_is_real(*date);
}

static const char *parse_closing(struct text text, struct closing *closing)
{
	size_t dots = 0;
	bool is_last_yearly;

	while (dots + 1 < text.size && memcmp(text.start + dots, "..", 2) != 0) {
		dots++;
	}
	bool is_range = dots + 1 < text.size;
	struct text first = is_range ? text_part(text, 0, dots) : text;
	struct text last = is_range ? text_from(text, dots + 2) : text;
	if (!parse_day(first, &closing->is_yearly, &closing->first) ||
		!parse_day(last, &is_last_yearly, &closing->last)) {
		return "names no days; write \"12-29..01-03\" for each year, or \"2026-08-13..2026-08-16\"";
	}
	if (closing->is_yearly != is_last_yearly) {
		return "has a year on one side only";
	}
	if (!closing->is_yearly && local_date_compare(closing->last, closing->first) < 0) {
		return "ends before it begins";
	}
	return NULL;
}

static bool say(const char *wrong, char why[static SETTING_CHECK_TEXT_SIZE])
{
	if (wrong != NULL) {
		snprintf(why, SETTING_CHECK_TEXT_SIZE, "%s", wrong);
	}
	return wrong == NULL;
}

bool calendar_check_hours(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	struct day_hours hours;

	return say(parse_hours(value, &hours), why);
}

bool calendar_check_closed(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	struct closing closing;

	return say(parse_closing(value, &closing), why);
}

/* A day that is not named: workday's hours while no day is, none otherwise. */
static void take_hours(struct calendar *calendar, const struct business_hours *settings)
{
	bool is_any_named = false;

	for (size_t i = 0; i < CALENDAR_DAYS; i++) {
		is_any_named = is_any_named || strcmp(settings->days[i], HOURS_UNSET) != 0;
	}
	for (size_t i = 0; i < CALENDAR_DAYS; i++) {
		const char *hours = settings->days[i];
		if (strcmp(hours, HOURS_UNSET) == 0) {
			hours = !is_any_named && i < WORKDAYS ? HOURS_OF_A_WORKDAY : "";
		}
		const char *wrong = parse_hours(text_of(hours), &calendar->hours[i]);
		assert(wrong == NULL);
		(void)wrong;
	}
}

struct calendar *calendar_new(const struct calendar_settings *settings)
{
	struct calendar *calendar = calloc(1, sizeof *calendar);

	if (calendar == NULL) {
		return NULL;
	}
	take_hours(calendar, &settings->business_hours);
	for (; calendar->closing_count < settings->closed_count; calendar->closing_count++) {
		const char *wrong = parse_closing(text_of(settings->closed[calendar->closing_count]),
			&calendar->closings[calendar->closing_count]);
		assert(wrong == NULL);
		(void)wrong;
	}
	return calendar;
}

void calendar_free(struct calendar *calendar)
{
	if (calendar == NULL) {
		return;
	}
	free(calendar->holidays);
	free(calendar);
}

/* The index of the first holiday on or after the date. */
static size_t holiday_index(const struct calendar *calendar, struct local_date date)
{
	size_t low = 0, high = calendar->holiday_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (local_date_compare(calendar->holidays[middle].date, date) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static const struct holiday *find_holiday(const struct calendar *calendar, struct local_date date)
{
	size_t index = holiday_index(calendar, date);

	if (index == calendar->holiday_count ||
		local_date_compare(calendar->holidays[index].date, date) != 0) {
		return NULL;
	}
	return &calendar->holidays[index];
}

static bool make_room(struct calendar *calendar)
{
	if (calendar->holiday_count < calendar->holiday_room) {
		return true;
	}
	size_t room = calendar->holiday_room == 0 ? 64 : calendar->holiday_room * 2;
	struct holiday *holidays = reallocarray(calendar->holidays, room, sizeof *holidays);
	if (holidays == NULL) {
		return false;
	}
	calendar->holidays = holidays;
	calendar->holiday_room = room;
	return true;
}

bool calendar_add_holiday(struct calendar *calendar, struct local_date date, struct text name)
{
	if (find_holiday(calendar, date) != NULL) {
		return true;
	}
	if (!make_room(calendar)) {
		return false;
	}
	size_t index = holiday_index(calendar, date);
	struct holiday *holiday = &calendar->holidays[index];
	memmove(holiday + 1, holiday, (calendar->holiday_count - index) * sizeof *holiday);
	holiday->date = date;
	text_make_safe(name, holiday->name, sizeof holiday->name);
	calendar->holiday_count++;
	return true;
}

bool calendar_add_holidays_of(struct calendar *calendar, const struct calendar *other)
{
	for (size_t i = 0; i < other->holiday_count; i++) {
		const struct holiday *holiday = &other->holidays[i];
		if (!calendar_add_holiday(calendar, holiday->date, text_of(holiday->name))) {
			return false;
		}
	}
	return true;
}

size_t calendar_holiday_count(const struct calendar *calendar)
{
	return calendar->holiday_count;
}

bool calendar_last_holiday(const struct calendar *calendar, struct local_date *date)
{
	if (calendar->holiday_count == 0) {
		return false;
	}
	*date = calendar->holidays[calendar->holiday_count - 1].date;
	return true;
}

static bool closing_contains(const struct closing *closing, struct local_date date)
{
	if (closing->is_yearly) {
		date.year = closing->first.year;
	}
	bool is_after_first = local_date_compare(date, closing->first) >= 0;
	bool is_before_last = local_date_compare(date, closing->last) <= 0;
	if (local_date_compare(closing->last, closing->first) < 0) { /* over new year */
		return is_after_first || is_before_last;
	}
	return is_after_first && is_before_last;
}

static bool is_closing_day(const struct calendar *calendar, struct local_date date)
{
	for (size_t i = 0; i < calendar->closing_count; i++) {
		if (closing_contains(&calendar->closings[i], date)) {
			return true;
		}
	}
	return false;
}

/* Do the hours that begin on this day contain the minute, counted from this day's midnight? */
static bool day_is_open_at(const struct calendar *calendar, struct local_date date, int weekday, int minute)
{
	const struct day_hours *hours = &calendar->hours[weekday];
	bool contains = false;

	for (size_t i = 0; i < hours->count; i++) {
		contains = contains || (minute >= hours->spans[i].begin && minute < hours->spans[i].end);
	}
	return contains && !is_closing_day(calendar, date) && find_holiday(calendar, date) == NULL;
}

static void say_why_closed(
	const struct calendar *calendar, const struct local_time *local, char text[static CALENDAR_TEXT_SIZE])
{
	const struct holiday *holiday = find_holiday(calendar, local->date);

	if (is_closing_day(calendar, local->date)) {
		text_copy(TEXT("closing day"), text, CALENDAR_TEXT_SIZE);
	} else if (holiday != NULL) {
		snprintf(text, CALENDAR_TEXT_SIZE, "holiday: %s", holiday->name);
	} else if (calendar->hours[local->weekday].count == 0) {
		text_copy(TEXT("weekend"), text, CALENDAR_TEXT_SIZE);
	} else {
		text_copy(TEXT("night"), text, CALENDAR_TEXT_SIZE);
	}
}

void calendar_read(const struct calendar *calendar, instant when, struct calendar_reading *reading)
{
	struct local_time local;

	/* The clock on the wall decides, so a change to or from summer time needs no care of its own. */
	local_time_of(when, &local);
	int minute = local.hour * 60 + local.minute;
	int yesterday = (local.weekday + CALENDAR_DAYS - 1) % CALENDAR_DAYS;
	reading->is_open =
		day_is_open_at(calendar, local.date, local.weekday, minute) ||
		day_is_open_at(calendar, local_date_before(local.date), yesterday, minute + MINUTES_OF_A_DAY);
	if (reading->is_open) {
		text_copy(TEXT("open"), reading->text, sizeof reading->text);
	} else {
		say_why_closed(calendar, &local, reading->text);
	}
}
