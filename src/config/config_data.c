/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_data.h"

#include "pbxguard/base/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILURE_SIZE 512
#define SETTING_NAME_SIZE sizeof((struct config_data_file *)0)->setting

/* The reader's own "FILE:LINE: sentence", in the place of the setting that names the file. */
static void complain_of_file(const struct config_reading *reading, const char *setting, const char *failure)
{
	struct config_place place = config_file_place(reading->file, setting);
	char text[CONFIG_ERROR_SIZE];

	if (config_file_has(reading->file, setting)) {
		snprintf(text, sizeof text, "%.480s (named as %s at %.80s:%zu)", failure, setting, place.file,
			place.line);
	} else {
		snprintf(text, sizeof text, "%.500s (named as %s by default)", failure, setting);
	}
	config_errors_add_text(reading->errors, place.order, text);
}

/* The folder in which files for this setting lie; NULL: none. */
static const char *usual_folder(const char *setting)
{
	return strcmp(setting, "dial_plan") == 0                               ? "dial-plans"
	       : text_begins(text_of(setting), TEXT("destinations.high_risk")) ? "high-risk"
	       : strstr(setting, "calendar.holidays") != NULL                  ? "holidays"
	       : strcmp(setting, "rates.table") == 0                           ? "rates"
									       : NULL;
}

/* There is no such file: where it was sought, and which there are. */
static void complain_missing(const struct config_reading *reading, const char *setting, const char *name)
{
	char sought[CONFIG_ERROR_SIZE / 4] = "", others[CONFIG_ERROR_SIZE / 2] = "";
	const char *folder = usual_folder(setting);

	if (name[0] != '/') {
		data_folders_list(reading->folders, sought, sizeof sought);
	}
	if (folder != NULL) {
		data_folders_files(reading->folders, folder, others, sizeof others);
	}
	if (reading->config->path == NULL) {
		config_file_complain(reading->file, reading->errors, setting,
			"\"%s\" does not exist in %s: pbxguard is not installed completely", name, sought);
		return;
	}
	config_file_complain(reading->file, reading->errors, setting, "\"%s\" does not exist%s%s%s%s", name,
		sought[0] == '\0' ? "" : "; sought in ", sought,
		others[0] == '\0' ? "" : "; there are: ", others);
}

/* One more, which does not count yet. NULL without memory. */
static struct config_data_file *add_file(struct config *config)
{
	struct config_data_file *files =
		reallocarray(config->data_files, config->data_file_count + 1, sizeof *files);

	if (files == NULL) {
		return NULL;
	}
	config->data_files = files;
	return &files[config->data_file_count];
}

/* Which file is meant; NULL and an error when there is none. Borrows the configuration, until the next. */
static const char *find_file(const struct config_reading *reading, const char *setting, const char *name)
{
	struct config *config = reading->config;
	struct config_data_file *file = add_file(config);
	char buffer[80];

	if (file == NULL) {
		config_file_complain(reading->file, reading->errors, setting, "out of memory");
		return NULL;
	}
	if (name[0] == '\0') {
		config_file_complain(reading->file, reading->errors, setting, "a file's name is missing");
		return NULL;
	}
	if (!data_folders_find(reading->folders, name, file->path)) {
		const char *what = data_folders_what(reading->folders, name, buffer, sizeof buffer);
		if (what != NULL) {
			config_file_complain(
				reading->file, reading->errors, setting, "\"%s\" %s", name, what);
		} else {
			complain_missing(reading, setting, name);
		}
		return NULL;
	}
	snprintf(file->setting, sizeof file->setting, "%s", setting);
	snprintf(file->name, sizeof file->name, "%s", name);
	config->data_file_count++;
	return file->path;
}

/* ---- the dial plan -------------------------------------------------------------------------------- */

/* The plan's errors have their own lines, and stand where the plan is named. */
static void take_over_errors(const struct config_reading *reading, const struct config_errors *of_plan)
{
	for (size_t i = 0; i < of_plan->count; i++) {
		complain_of_file(reading, "dial_plan", of_plan->list[i].text);
	}
}

/* Something else in the same syntax, such as pbxguard.conf itself, lacks all that a plan must have. */
static bool is_dial_plan(const struct config_file *file)
{
	for (size_t i = 0; i < dial_plan_settings.count; i++) {
		const struct setting *setting = &dial_plan_settings.settings[i];
		if (setting->required && config_file_has(file, setting->name)) {
			return true;
		}
	}
	return false;
}

static void read_dial_plan(const struct config_reading *reading)
{
	struct config *config = reading->config;
	const char *path = find_file(reading, "dial_plan", config->settings.dial_plan_file);

	if (path == NULL) {
		return;
	}
	struct config_errors *errors = calloc(1, sizeof *errors);
	if (errors == NULL) {
		config_file_complain(reading->file, reading->errors, "dial_plan", "out of memory");
		return;
	}
	struct config_file *file = config_file_open(path, errors);
	if (file != NULL && is_dial_plan(file)) {
		config_file_fill(file, &dial_plan_settings, &config->dial_plan, errors);
	} else if (file != NULL) {
		config_errors_add(errors, &(struct config_place){.file = path}, NULL,
			"is not a dial plan: it names no country, no emergency numbers, nothing that one has");
	}
	config_file_free(file);
	take_over_errors(reading, errors);
	free(errors);
}

/* ---- destinations ---------------------------------------------------------------------------------- */

static void read_destination_table(const struct config_reading *reading)
{
	struct config *config = reading->config;
	const char *path = find_file(reading, "destinations.table", config->settings.destinations.table);
	char failure[FAILURE_SIZE];

	if (path == NULL) {
		return;
	}
	config->destination_table = destination_table_read(path, failure, sizeof failure);
	if (config->destination_table == NULL) {
		complain_of_file(reading, "destinations.table", failure);
	}
	config->dial_plan.destinations = config->destination_table;
}

enum high_risk_column { HIGH_RISK_CODE, HIGH_RISK_ISO };
static const char *const high_risk_columns[] = {"code", "iso", NULL};

/* Do numbers with this code lead anywhere? Advisories print "1-246". */
static bool code_leads_somewhere(const struct destination_table *table, struct text code)
{
	char digits[DESTINATION_ENTRY_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < code.size && count < sizeof digits; i++) {
		if (code.start[i] != '-') {
			digits[count++] = code.start[i];
		}
	}
	return destination_find(table, (struct text){digits, count}) != NULL;
}

/* One country or code of a list. */
static void add_high_risk(
	const struct config_reading *reading, struct csv *csv, const struct text fields[static 2])
{
	const struct destination_table *table = reading->config->destination_table;
	struct text code = fields[HIGH_RISK_CODE], iso = fields[HIGH_RISK_ISO];
	char shown[40];

	if (destination_lists_add_high_risk(reading->config->destination_lists, code) != 0) {
		csv_fail(csv, "\"%s\" is not a country or area code of 1 to 15 digits",
			text_make_safe(code, shown, sizeof shown));
	} else if (table != NULL && !text_is_empty(iso) && !destination_has_country(table, iso)) {
		csv_fail(csv, "\"%s\" is not a country of the table of destinations",
			text_make_safe(iso, shown, sizeof shown));
	} else if (table != NULL && !code_leads_somewhere(table, code)) {
		csv_fail(csv, "\"%s\" is not a code of the table of destinations",
			text_make_safe(code, shown, sizeof shown));
	} else {
		reading->config->high_risk_countries++;
	}
}

static void read_high_risk_file(const struct config_reading *reading, const char *setting, const char *path)
{
	char failure[FAILURE_SIZE];
	struct text fields[2];
	struct csv *csv = csv_open(path, high_risk_columns, failure, sizeof failure);

	while (csv != NULL && csv_next(csv, fields)) {
		add_high_risk(reading, csv, fields);
	}
	if (csv == NULL || csv_failed(csv)) {
		complain_of_file(reading, setting, failure);
	}
	csv_close(csv);
}

static void read_destination_lists(const struct config_reading *reading)
{
	struct config *config = reading->config;
	const struct destinations_settings *settings = &config->settings.destinations;
	char setting[SETTING_NAME_SIZE];

	config->destination_lists = destination_lists_new(settings);
	if (config->destination_lists == NULL) {
		config_file_complain(reading->file, reading->errors, "destinations", "out of memory");
		return;
	}
	for (size_t i = 0; i < settings->high_risk_count; i++) {
		snprintf(setting, sizeof setting, "destinations.high_risk[%zu]", i);
		const char *path = find_file(reading, setting, settings->high_risk[i]);
		if (path != NULL) {
			read_high_risk_file(reading, setting, path);
		}
	}
}

/* ---- rates ----------------------------------------------------------------------------------------- */

static void read_rates(const struct config_reading *reading)
{
	struct config *config = reading->config;
	const struct rates_settings *settings = &config->settings.rates;
	const char *path = find_file(reading, "rates.table", settings->table);
	char failure[FAILURE_SIZE];

	if (path == NULL) {
		return;
	}
	config->rates = rates_read(settings, path, failure, sizeof failure);
	if (config->rates == NULL) {
		complain_of_file(reading, "rates.table", failure);
	}
}

/* ---- holidays -------------------------------------------------------------------------------------- */

enum holiday_column { HOLIDAY_DATE, HOLIDAY_NAME };
static const char *const holiday_columns[] = {"date", "name", NULL};

/* Keeps the first few from today on, by date. */
static void remember_holiday(const struct config_reading *reading, struct local_date date, struct text name)
{
	struct config *config = reading->config;
	size_t at = config->next_holiday_count;

	if (local_date_compare(date, reading->today) < 0) {
		return;
	}
	while (at > 0 && local_date_compare(config->next_holidays[at - 1].date, date) > 0) {
		at--;
	}
	if (at == CONFIG_HOLIDAYS_SHOWN ||
		(at > 0 && local_date_compare(config->next_holidays[at - 1].date, date) == 0)) {
		return;
	}
	config->next_holiday_count += config->next_holiday_count < CONFIG_HOLIDAYS_SHOWN ? 1 : 0;
	memmove(&config->next_holidays[at + 1], &config->next_holidays[at],
		(config->next_holiday_count - 1 - at) * sizeof config->next_holidays[0]);
	config->next_holidays[at].date = date;
	text_make_safe(name, config->next_holidays[at].name, sizeof config->next_holidays[at].name);
}

static void read_holiday_file(const struct config_reading *reading, const char *setting, const char *path,
	struct calendar *calendar)
{
	char failure[FAILURE_SIZE], shown[40];
	struct text fields[2];
	struct local_date date;
	struct csv *csv = csv_open(path, holiday_columns, failure, sizeof failure);

	while (csv != NULL && csv_next(csv, fields)) {
		if (!local_date_parse(fields[HOLIDAY_DATE], &date)) {
			csv_fail(csv, "\"%s\" is not a day; write it like \"2026-07-20\"",
				text_make_safe(fields[HOLIDAY_DATE], shown, sizeof shown));
		} else if (!calendar_add_holiday(calendar, date, fields[HOLIDAY_NAME])) {
			csv_fail(csv, "out of memory");
		} else if (calendar == reading->config->calendar) {
			remember_holiday(reading, date, fields[HOLIDAY_NAME]);
		}
	}
	if (csv == NULL || csv_failed(csv)) {
		complain_of_file(reading, setting, failure);
	}
	csv_close(csv);
}

/* holidays: the setting, "calendar.holidays". */
static void read_holidays(const struct config_reading *reading, const char *holidays,
	const struct calendar_settings *settings, struct calendar *calendar)
{
	char setting[SETTING_NAME_SIZE];

	for (size_t i = 0; i < settings->holiday_file_count; i++) {
		snprintf(setting, sizeof setting, "%s[%zu]", holidays, i);
		const char *path = find_file(reading, setting, settings->holiday_files[i]);
		if (path != NULL) {
			read_holiday_file(reading, setting, path, calendar);
		}
	}
}

static void read_calendar(const struct config_reading *reading)
{
	struct config *config = reading->config;

	config->calendar = calendar_new(&config->settings.calendar);
	if (config->calendar == NULL) {
		config_file_complain(reading->file, reading->errors, "calendar", "out of memory");
		return;
	}
	read_holidays(reading, "calendar.holidays", &config->settings.calendar, config->calendar);
}

/* ---- groups of callers ----------------------------------------------------------------------------- */

/* False without memory. */
static bool read_group_calendar(const struct config_reading *reading, size_t index)
{
	const struct config *config = reading->config;
	const struct calendar_settings *settings = &config->group_settings[index].calendar;
	struct caller_group *group = &config->groups[index];
	char setting[SETTING_NAME_SIZE];

	snprintf(setting, sizeof setting, "callers[%zu].calendar", index);
	if (!config_file_has(reading->file, setting)) {
		return true;
	}
	group->calendar = calendar_new(settings);
	if (group->calendar == NULL) {
		return false;
	}
	snprintf(setting, sizeof setting, "callers[%zu].calendar.holidays", index);
	if (!config_file_has(reading->file, setting)) {
		return config->calendar != NULL &&
		       calendar_add_holidays_of(group->calendar, config->calendar);
	}
	read_holidays(reading, setting, settings, group->calendar);
	return true;
}

static bool read_group_places(const struct config_reading *reading, size_t index)
{
	struct caller_group *group = &reading->config->groups[index];
	char deny[SETTING_NAME_SIZE], allow[SETTING_NAME_SIZE];

	snprintf(deny, sizeof deny, "callers[%zu].deny", index);
	snprintf(allow, sizeof allow, "callers[%zu].allow", index);
	if (!config_file_has(reading->file, deny) && !config_file_has(reading->file, allow)) {
		return true;
	}
	group->lists = destination_lists_new(&reading->config->group_settings[index].destinations);
	return group->lists != NULL;
}

static void read_groups(const struct config_reading *reading)
{
	for (size_t i = 0; i < reading->config->group_count; i++) {
		if (!read_group_calendar(reading, i) || !read_group_places(reading, i)) {
			config_file_complain(reading->file, reading->errors, "callers", "out of memory");
		}
	}
}

/* In this order: the lists are compared with the table, and groups have what the site has. */
static void (*const readers[])(const struct config_reading *reading) = {
	read_dial_plan,
	read_destination_table,
	read_destination_lists,
	read_rates,
	read_calendar,
	read_groups,
};

void config_data_read(const struct config_reading *reading)
{
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		readers[i](reading);
	}
}
