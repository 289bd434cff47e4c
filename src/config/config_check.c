/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_check.h"

#include "pbxguard/capture/interface.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* An error at one element of a list. */
#define COMPLAIN_OF_ELEMENT(reading, setting, index, ...)                                                    \
	do {                                                                                                 \
		char element_[CONFIG_ELEMENT_SIZE];                                                          \
		config_file_complain((reading)->file, (reading)->errors,                                     \
			config_element(element_, (setting), (index)), __VA_ARGS__);                          \
	} while (false)

char *config_element(char path[static CONFIG_ELEMENT_SIZE], const char *setting, size_t index)
{
	snprintf(path, CONFIG_ELEMENT_SIZE, "%s[%zu]", setting, index);
	return path;
}

/* ---- the site and groups of callers ------------------------------------------------------------------ */

static void take_site(const struct config *config, struct config_part *part)
{
	*part = (struct config_part){.is_site = true,
		.calendar_settings = &config->settings.calendar,
		.destinations = &config->settings.destinations,
		.calendar = config->calendar,
		.calendar_name = "calendar",
		.deny_name = "destinations.deny",
		.allow_name = "destinations.allow",
		.rules_name = "rules",
		.rules = config->rules};
}

static void take_group(const struct config *config, size_t index, struct config_part *part)
{
	*part = (struct config_part){.calendar_settings = &config->group_settings[index].calendar,
		.destinations = &config->group_settings[index].destinations,
		.calendar = config->groups[index].calendar,
		.rules = config->groups[index].rules};
	snprintf(part->calendar_name, sizeof part->calendar_name, "callers[%zu].calendar", index);
	snprintf(part->deny_name, sizeof part->deny_name, "callers[%zu].deny", index);
	snprintf(part->allow_name, sizeof part->allow_name, "callers[%zu].allow", index);
	snprintf(part->rules_name, sizeof part->rules_name, "callers[%zu].rules", index);
}

void config_check_parts(const struct config_reading *reading, config_part_check *check)
{
	struct config_part part;

	take_site(reading->config, &part);
	check(reading, &part);
	for (size_t i = 0; i < reading->config->group_count; i++) {
		take_group(reading->config, i, &part);
		check(reading, &part);
	}
}

bool config_part_has(const struct config_reading *reading, const char *of, const char *name)
{
	char setting[CONFIG_ELEMENT_SIZE];

	snprintf(setting, sizeof setting, "%s%s", of, name);
	return config_file_has(reading->file, setting);
}

bool config_part_has_rule(
	const struct config_reading *reading, const struct config_part *part, const struct rule *rule)
{
	char name[CONFIG_PART_SIZE];

	snprintf(name, sizeof name, ".%s", rule->name);
	return part->is_site || config_part_has(reading, part->rules_name, name);
}

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

/* ---- actions --------------------------------------------------------------------------------------- */

static void check_actions(const struct config_reading *reading)
{
	uint32_t status = reading->config->settings.actions.block.status;

	if (status != BLOCK_STATUS_DECLINE && status != BLOCK_STATUS_FORBIDDEN) {
		config_file_complain(reading->file, reading->errors, "actions.block.status",
			"%" PRIu32 " is neither 603 (Decline) nor 403 (Forbidden)", status);
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

static void check_hours(const struct config_reading *reading, const struct config_part *part)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	struct open_minutes minutes;
	char setting[CONFIG_ELEMENT_SIZE];

	if (!part->is_site && !config_part_has(reading, part->calendar_name, ".business_hours")) {
		return;
	}
	open_minutes_of(&part->calendar_settings->business_hours, &minutes);
	if (minutes.double_day >= 0) {
		snprintf(setting, sizeof setting, "%s.business_hours.%s", part->calendar_name,
			days[minutes.double_day]);
		config_file_complain(
			reading->file, reading->errors, setting, "has hours that overlap others");
	}
	if (minutes.count == 0) {
		snprintf(setting, sizeof setting, "%s.business_hours", part->calendar_name);
		config_file_warn(reading->file, reading->errors, setting,
			"%s never open, so every call abroad is an off_hours one",
			part->is_site ? "the site is" : "for these callers it is");
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
static void check_holidays(const struct config_reading *reading, const struct config_part *part)
{
	struct local_date last;
	char setting[CONFIG_ELEMENT_SIZE];

	if (part->calendar == NULL || !calendar_last_holiday(part->calendar, &last) ||
		(!part->is_site && !config_part_has(reading, part->calendar_name, ".holidays"))) {
		return;
	}
	if (local_date_compare(days_before(last, HOLIDAYS_WARNING_DAYS), reading->today) < 0) {
		snprintf(setting, sizeof setting, "%s.holidays", part->calendar_name);
		config_file_warn(reading->file, reading->errors, setting,
			"the last known holiday is %04d-%02d-%02d; renew the list", last.year, last.month,
			last.day);
	}
}

/* ---- the rest --------------------------------------------------------------------------------------- */

static void check_ports(const struct config_reading *reading)
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
}

static void warn_of_interface(const struct config_reading *reading, size_t index)
{
	const struct capture_settings *settings = &reading->config->settings.capture;
	const char *name = settings->interfaces[index];
	char element[CONFIG_ELEMENT_SIZE];

	config_element(element, "capture.interfaces", index);
	if (settings->interface_count > 1 && interface_is_any(name)) {
		config_file_warn(reading->file, reading->errors, element,
			"\"%s\" is all the others too: their packets would count twice", name);
	}
	for (size_t i = 0; i < index; i++) {
		if (strcmp(settings->interfaces[i], name) == 0) {
			config_file_warn(reading->file, reading->errors, element,
				"\"%s\" is there twice: its packets would count twice", name);
			return;
		}
	}
}

static void check_interfaces(const struct config_reading *reading)
{
	const char *setting = "capture.interfaces";

	if (config_file_has(reading->file, setting) &&
		!config_file_has(reading->file, "capture.interfaces[0]")) {
		config_file_complain(
			reading->file, reading->errors, setting, "names no interface; write \"any\" for all");
	}
	for (size_t i = 0; i < reading->config->settings.capture.interface_count; i++) {
		warn_of_interface(reading, i);
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
	config_check_callers,
	check_ports,
	check_interfaces,
	check_dial_plan,
	check_actions,
};

static config_part_check *const part_checks[] = {
	config_check_places,
	check_hours,
	check_holidays,
};

void config_check(const struct config_reading *reading)
{
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		checks[i](reading);
	}
	for (size_t i = 0; i < sizeof part_checks / sizeof part_checks[0]; i++) {
		config_check_parts(reading, part_checks[i]);
	}
	config_check_doubts(reading);
}
