/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_check.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 64

/* An error at one element of a list. */
#define COMPLAIN_OF_ELEMENT(reading, setting, index, ...)                                                    \
	do {                                                                                                 \
		char element_[PATH_SIZE];                                                                    \
		snprintf(element_, sizeof element_, "%s[%zu]", (setting), (index));                          \
		config_file_complain((reading)->file, (reading)->errors, element_, __VA_ARGS__);             \
	} while (false)

/* ---- the site's networks ------------------------------------------------------------------------- */

static bool networks_overlap(const struct network *a, const struct network *b)
{
	return network_contains(a, &b->address) || network_contains(b, &a->address);
}

static bool is_within(const struct network *inner, const struct network *outer)
{
	return inner->prefix_length >= outer->prefix_length && network_contains(outer, &inner->address);
}

/* Each network of the second list against each of the first. */
static void check_networks(const struct config_reading *reading, const struct network_set *first,
	const struct network_set *second, const char *setting,
	bool (*collide)(const struct network *second, const struct network *first), const char *sentence)
{
	char text[NETWORK_TEXT_SIZE], other[NETWORK_TEXT_SIZE];

	for (size_t i = 0; i < second->count; i++) {
		for (size_t j = 0; j < first->count; j++) {
			if (collide(&second->networks[i], &first->networks[j])) {
				COMPLAIN_OF_ELEMENT(reading, setting, i, "\"%s\" %s \"%s\"",
					network_format(&second->networks[i], text), sentence,
					network_format(&first->networks[j], other));
				break;
			}
		}
	}
}

/* A PBX inside the network of the phones is usual; what is both its own and the carrier's side is neither. */
static void check_site(const struct config_reading *reading)
{
	const struct site *site = &reading->config->settings.site;

	check_networks(reading, &site->pbx, &site->trunks, "site.trunks", is_within,
		"is the carrier's side and the PBX at once, by site.pbx");
	check_networks(reading, &site->trunks, &site->extensions, "site.extensions", networks_overlap,
		"has addresses of the carrier's side, by site.trunks");
	if (reading->errors->wrong == 0 && site->pbx.count == 0 &&
		site->trunks.count + site->extensions.count > 0) {
		config_file_warn(reading->file, reading->errors, "site",
			"without pbx the host's own addresses are taken for the PBX");
	}
}

/* ---- places --------------------------------------------------------------------------------------- */

/* Does a row's prefix begin with these digits? Rows of up to two digits more are enough to tell: country
 * codes have at most three. */
static bool is_beginning_of_prefix(const struct destination_table *table, const char *digits, int more)
{
	char longer[DESTINATION_ENTRY_SIZE + 3];

	if (destination_find(table, text_of(digits)) != NULL) {
		return true;
	}
	for (char digit = '0'; more > 0 && digit <= '9'; digit++) {
		snprintf(longer, sizeof longer, "%s%c", digits, digit);
		if (is_beginning_of_prefix(table, longer, more - 1)) {
			return true;
		}
	}
	return false;
}

/* "CU", "+882" or "*" that names some place. */
static bool names_place(const struct destination_table *table, const char *entry)
{
	if (strcmp(entry, "*") == 0) {
		return true;
	}
	return entry[0] == '+' ? is_beginning_of_prefix(table, entry + 1, 2)
			       : destination_has_country(table, text_of(entry));
}

typedef char place_entry[DESTINATION_ENTRY_SIZE];

static bool is_among(const place_entry *entries, size_t count, const char *entry)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(entries[i], entry) == 0) {
			return true;
		}
	}
	return false;
}

static void check_place_list(
	const struct config_reading *reading, const char *setting, const place_entry *entries, size_t count)
{
	const struct destination_table *table = reading->config->destination_table;

	for (size_t i = 0; i < count; i++) {
		if (table != NULL && !names_place(table, entries[i])) {
			COMPLAIN_OF_ELEMENT(reading, setting, i,
				entries[i][0] == '+'
					? "\"%s\" names nothing: no number abroad begins so"
					: "\"%s\" names nothing: it is no country of the table of destinations",
				entries[i]);
		} else if (is_among(entries, i, entries[i])) {
			COMPLAIN_OF_ELEMENT(reading, setting, i, "\"%s\" is there twice", entries[i]);
		}
	}
}

static void check_places(const struct config_reading *reading)
{
	const struct destinations_settings *settings = &reading->config->settings.destinations;
	const place_entry *deny = settings->deny, *allow = settings->allow;

	check_place_list(reading, "destinations.deny", deny, settings->deny_count);
	check_place_list(reading, "destinations.allow", allow, settings->allow_count);
	for (size_t i = 0; i < settings->allow_count; i++) {
		if (is_among(deny, settings->deny_count, allow[i])) {
			COMPLAIN_OF_ELEMENT(reading, "destinations.allow", i,
				"\"%s\" is in destinations.deny as well", allow[i]);
		}
	}
}

/* ---- the calendar ---------------------------------------------------------------------------------- */

#define HOLIDAYS_WARNING_DAYS 60

static int two_digits(const char *digits)
{
	return (digits[0] - '0') * 10 + digits[1] - '0';
}

/* "09:00-18:00" of a day; an end before the beginning lies on the next day. */
static void mark_span(struct open_minutes *minutes, int day, struct text span)
{
	int begin = two_digits(span.start) * 60 + two_digits(span.start + 3);
	int end = two_digits(span.start + 6) * 60 + two_digits(span.start + 9);

	end += end < begin ? 24 * 60 : 0;
	for (int minute = begin; minute < end; minute++) {
		bool *open = &minutes->open[(day * 24 * 60 + minute) % MINUTES_OF_A_WEEK];
		if (*open && minutes->double_day < 0) {
			minutes->double_day = day;
		}
		minutes->count += *open ? 0 : 1;
		*open = true;
	}
}

/* A day that the file does not name has a workday's hours while no day is named (rules/calendar.h). */
const char *business_hours_of(const struct business_hours *hours, int day)
{
	static const char unset[] = "default", workday[] = "09:00-18:00";
	bool is_any_named = false;

	for (int i = 0; i < CALENDAR_DAYS; i++) {
		is_any_named = is_any_named || strcmp(hours->days[i], unset) != 0;
	}
	if (strcmp(hours->days[day], unset) != 0) {
		return hours->days[day];
	}
	return !is_any_named && day < 5 ? workday : "";
}

void open_minutes_of(const struct business_hours *hours, struct open_minutes *minutes)
{
	struct text piece;

	*minutes = (struct open_minutes){.double_day = -1};
	for (int day = 0; day < CALENDAR_DAYS; day++) {
		struct text rest = text_of(business_hours_of(hours, day));
		while (text_split(&rest, ',', &piece)) {
			mark_span(minutes, day, text_trim(piece));
		}
	}
}

static void check_hours(const struct config_reading *reading)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	struct open_minutes minutes;
	char setting[PATH_SIZE];

	open_minutes_of(&reading->config->settings.calendar.business_hours, &minutes);
	if (minutes.double_day >= 0) {
		snprintf(setting, sizeof setting, "calendar.business_hours.%s", days[minutes.double_day]);
		config_file_complain(
			reading->file, reading->errors, setting, "has hours that overlap others");
	}
	if (minutes.count == 0) {
		config_file_warn(reading->file, reading->errors, "calendar.business_hours",
			"the site is never open, so every call abroad is an off_hours one");
	}
}

static struct local_date days_before(struct local_date date, int days)
{
	for (; days > 0; days--) {
		date = local_date_before(date);
	}
	return date;
}

/* A list of holidays that has run out makes each holiday an ordinary day without a word. */
static void check_holidays(const struct config_reading *reading)
{
	struct local_date last;

	if (reading->config->calendar == NULL || !calendar_last_holiday(reading->config->calendar, &last)) {
		return;
	}
	if (local_date_compare(days_before(last, HOLIDAYS_WARNING_DAYS), reading->today) < 0) {
		config_file_warn(reading->file, reading->errors, "calendar.holidays",
			"the last known holiday is %04d-%02d-%02d; renew the list", last.year, last.month,
			last.day);
	}
}

/* ---- the rest --------------------------------------------------------------------------------------- */

static void check_capture(const struct config_reading *reading)
{
	const struct capture_settings *settings = &reading->config->settings.capture;

	for (size_t i = 0; i < settings->port_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (settings->ports[i] == settings->ports[j]) {
				COMPLAIN_OF_ELEMENT(
					reading, "capture.ports", i, "%u is there twice", settings->ports[i]);
				break;
			}
		}
	}
	for (size_t i = 0; i < settings->interface_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(settings->interfaces[i], settings->interfaces[j]) == 0) {
				COMPLAIN_OF_ELEMENT(reading, "capture.interfaces", i, "\"%s\" is there twice",
					settings->interfaces[i]);
				break;
			}
		}
	}
}

static void check_dial_plan(const struct config_reading *reading)
{
	const struct dial_plan *plan = &reading->config->dial_plan;

	if (reading->errors->wrong == 0 && plan->emergency_count == 0) {
		config_file_warn(reading->file, reading->errors, "dial_plan",
			"the plan names no emergency numbers, so calls to them are judged like any other");
	}
}

static void (*const checks[])(const struct config_reading *reading) = {
	check_site,
	check_places,
	check_hours,
	check_holidays,
	check_capture,
	check_dial_plan,
};

void config_check(const struct config_reading *reading)
{
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		checks[i](reading);
	}
}
