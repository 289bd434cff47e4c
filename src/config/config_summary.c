/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config.h"

#include "pbxguard/capture/interface.h"
#include "pbxguard/config/config_check.h"

#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each line begins with what it is about. */
static void __attribute__((format(printf, 3, 4))) say(FILE *out, const char *about, const char *format, ...)
{
	va_list arguments;

	fprintf(out, "%-14s ", about);
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	fputc('\n', out);
}

/* ---- what is guarded ------------------------------------------------------------------------------- */

static void say_networks(FILE *out, const char *about, const struct network_set *set, const char *if_none)
{
	char text[NETWORK_TEXT_SIZE];

	if (set->count == 0) {
		say(out, about, "%s", if_none);
		return;
	}
	fprintf(out, "%-14s", about);
	for (size_t i = 0; i < set->count; i++) {
		fprintf(out, "%s %s", i == 0 ? "" : ",", network_format(&set->networks[i], text));
	}
	fputc('\n', out);
}

/* A list of equally long strings, one after the other in memory. */
static void say_texts(
	FILE *out, const char *about, const char *first, size_t size, size_t count, const char *if_none)
{
	if (count == 0) {
		say(out, about, "%s", if_none);
		return;
	}
	fprintf(out, "%-14s", about);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s %s", i == 0 ? "" : ",", first + i * size);
	}
	fputc('\n', out);
}

/* The zone's name where the configuration leaves it to the host; borrows buffer. */
static const char *host_zone(char *buffer, size_t buffer_size)
{
	static const char folder[] = "/zoneinfo/";
	const char *zone = getenv("TZ");

	if (zone != NULL && zone[0] != '\0') {
		return zone[0] == ':' ? zone + 1 : zone;
	}
	ssize_t size = readlink("/etc/localtime", buffer, buffer_size - 1);
	buffer[size < 0 ? 0 : size] = '\0';
	const char *name = strstr(buffer, folder);
	return name == NULL ? "of this computer" : name + sizeof folder - 1;
}

/* The first line to look at: with a wrong zone every hour is wrong. */
static void say_now(FILE *out, const struct config *config, instant now)
{
	const struct site *site = &config->settings.site;
	struct calendar_reading reading;
	struct local_time local;
	char zone[256];

	local_time_of(now, &local);
	calendar_read(config->calendar, now, &reading);
	say(out, "site", "%s, time zone %s, now %02d:%02d, %s%s", site->name,
		site->timezone[0] == '\0' ? host_zone(zone, sizeof zone) : site->timezone, local.hour,
		local.minute, reading.is_open ? "" : "closed: ", reading.text);
}

static void say_site(FILE *out, const struct config *config)
{
	const struct site *site = &config->settings.site;

	say_networks(out, "PBX", &site->pbx,
		"not given: live, this computer's own addresses; of a capture, every leg is unknown");
	say_networks(out, "trunks", &site->trunks,
		"not given: a call's way to the carrier is not told from its other ways");
	say_networks(out, "extensions", &site->extensions,
		"not given: any address could be a phone, so no caller is known for a stranger");
	say_texts(out, "numbers", site->numbers[0], SITE_NUMBER_SIZE, site->number_count, "not given");
	say_texts(out, "outside line", site->outside_line[0], OUTSIDE_LINE_SIZE, site->outside_line_count,
		"no digits are dialled for a line");
	say(out, "trunk numbers", "%s",
		site->trunk_numbers == TRUNK_NUMBERS_E164 ? "e164: country code and number without +"
							  : "as_dialled");
}

static void say_interfaces(FILE *out, const struct capture_settings *capture)
{
	fprintf(out, "%-14s", "interfaces");
	for (size_t i = 0; i < capture->interface_count; i++) {
		const char *name = capture->interfaces[i];
		bool is_there = interface_is_any(name) || if_nametoindex(name) != 0;
		fprintf(out, "%s %s%s", i == 0 ? "" : ",", name,
			is_there ? "" : " (warning: this computer has none of that name)");
	}
	fputc('\n', out);
}

static void say_ports(FILE *out, const struct capture_settings *capture)
{
	if (capture->port_count == 0) {
		say(out, "ports", "%d; of a capture, all", CAPTURE_SIP_PORT);
		return;
	}
	fprintf(out, "%-14s", "ports");
	for (size_t i = 0; i < capture->port_count; i++) {
		fprintf(out, "%s %" PRIu32, i == 0 ? "" : ",", capture->ports[i]);
	}
	fputc('\n', out);
}

static void say_capture(FILE *out, const struct config *config)
{
	const struct capture_settings *capture = &config->settings.capture;
	char silence[DURATION_TEXT_SIZE];

	say_interfaces(out, capture);
	say_ports(out, capture);
	if (capture->silence == 0) {
		say(out, "silence", "not told");
	} else {
		say(out, "silence", "told after %s of business hours without SIP from an interface",
			duration_format(capture->silence, silence));
	}
}

static void say_files(FILE *out, const struct config *config)
{
	for (size_t i = 0; i < config->data_file_count; i++) {
		const struct config_data_file *file = &config->data_files[i];
		say(out, i == 0 ? "files" : "", "%s: %s", file->setting, file->path);
	}
}

/* ---- destinations and calendar ------------------------------------------------------------------------ */

static void say_numbers(FILE *out, const char *about, const struct dial_number *numbers, size_t count)
{
	if (count == 0) {
		say(out, about, "none");
		return;
	}
	fprintf(out, "%-14s", about);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s %s %s", i == 0 ? "" : ",", numbers[i].number, numbers[i].name);
	}
	fputc('\n', out);
}

static const char *plural(size_t count, const char *one, const char *more)
{
	return count == 1 ? one : more;
}

static void say_destinations(FILE *out, const struct config *config)
{
	const struct destinations_settings *settings = &config->settings.destinations;
	const struct dial_plan *plan = &config->dial_plan;
	size_t rows = destination_count(config->destination_table);
	size_t codes = destination_lists_high_risk_count(config->destination_lists);

	say(out, "dial plan", "%s, country code +%s", plan->name, plan->country_code);
	say_numbers(out, "emergency", plan->emergency, plan->emergency_count);
	say_numbers(out, "services", plan->services, plan->service_count);
	say(out, "destinations", "%zu %s; %zu %s high-risk, under %zu %s", rows,
		plural(rows, "prefix", "prefixes"), config->high_risk_countries,
		plural(config->high_risk_countries, "country is", "countries are"), codes,
		plural(codes, "code", "codes"));
	say(out, "rates", "%zu %s in %s; elsewhere %s a minute, in risky places %s, in allowed ones %s",
		rates_count(config->rates), plural(rates_count(config->rates), "prefix", "prefixes"),
		rates_currency(config->rates), config->settings.rates.default_per_minute,
		config->settings.rates.risky_per_minute, config->settings.rates.allowed_per_minute);
	say_texts(out, "denied", settings->deny[0], DESTINATION_ENTRY_SIZE, settings->deny_count, "none");
	say_texts(out, "allowed", settings->allow[0], DESTINATION_ENTRY_SIZE, settings->allow_count, "none");
}

static void say_hours(FILE *out, const char *about, const struct business_hours *hours)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	struct open_minutes minutes;

	open_minutes_of(hours, &minutes);
	fprintf(out, "%-14s %zu h %zu min a week:", about, minutes.count / 60, minutes.count % 60);
	for (int day = 0; day < CALENDAR_DAYS; day++) {
		const char *of_day = business_hours_of(hours, day);
		fprintf(out, "%s %s %s", day == 0 ? "" : ";", days[day], of_day[0] == '\0' ? "-" : of_day);
	}
	fputc('\n', out);
}

static void say_calendar(FILE *out, const struct config *config)
{
	const struct calendar_settings *settings = &config->settings.calendar;
	size_t count = calendar_holiday_count(config->calendar);

	say_hours(out, "open", &settings->business_hours);
	say_texts(out, "closed", settings->closed[0], CALENDAR_CLOSED_SIZE, settings->closed_count,
		"no days of its own");
	if (count == 0) {
		say(out, "holidays", "none: a public holiday is a day like others");
		return;
	}
	fprintf(out, "%-14s %zu, next:", "holidays", count);
	for (size_t i = 0; i < config->next_holiday_count; i++) {
		const struct config_holiday *holiday = &config->next_holidays[i];
		fprintf(out, "%s %04d-%02d-%02d %s", i == 0 ? "" : ",", holiday->date.year,
			holiday->date.month, holiday->date.day, holiday->name);
	}
	fprintf(out, "%s\n", config->next_holiday_count == 0 ? " none" : "");
}

/* ---- rules --------------------------------------------------------------------------------------------- */

static void say_limit(FILE *out, const struct setting *setting, const char *base)
{
	const void *value = base + setting->offset;
	char text[DURATION_TEXT_SIZE];

	switch (setting->type) {
	case SETTING_NUMBER:
		fprintf(out, ", %s %" PRIu32, setting->name, *(const uint32_t *)value);
		break;
	case SETTING_DURATION:
		fprintf(out, ", %s %s", setting->name, duration_format(*(const duration *)value, text));
		break;
	case SETTING_CHOICE:
		fprintf(out, ", %s %s", setting->name, setting->choices[*(const int *)value]);
		break;
	case SETTING_BOOLEAN:
	case SETTING_TEXT:
	case SETTING_NUMBERS:
	case SETTING_TEXTS:
	case SETTING_NETWORKS:
	case SETTING_GROUP:
	case SETTING_GROUPS:
		break;
	}
}

static bool rule_is_enabled(const struct rule *rule, const char *settings)
{
	const struct setting *enabled = setting_find(rule->settings, TEXT("enabled"));

	return enabled == NULL || *(const bool *)(settings + enabled->offset);
}

static void say_rules(FILE *out, const struct config *config)
{
	for (size_t i = 0; i < rules_count(); i++) {
		const struct rule *rule = rules_at(i);
		const char *settings = rules_settings_at(config->rules, i);
		bool enabled = rule_is_enabled(rule, settings);

		fprintf(out, "%-14s %s: %s", i == 0 ? "rules" : "", rule->name, enabled ? "on" : "OFF");
		for (size_t j = 0; enabled && j < rule->settings->count; j++) {
			say_limit(out, &rule->settings->settings[j], settings);
		}
		fputc('\n', out);
	}
}

/* ---- groups of callers -------------------------------------------------------------------------------- */

/* The settings that are another's than the site's. */
static void say_group_rule(
	FILE *out, const char *about, const struct rule *rule, const char *settings, const char *of_site)
{
	bool enabled = rule_is_enabled(rule, settings);

	fprintf(out, "%-14s %s: %s", about, rule->name, enabled ? "on" : "OFF");
	for (size_t i = 0; enabled && i < rule->settings->count; i++) {
		const struct setting *setting = &rule->settings->settings[i];
		size_t size = setting->type == SETTING_NUMBER     ? sizeof(uint32_t)
			      : setting->type == SETTING_DURATION ? sizeof(duration)
			      : setting->type == SETTING_CHOICE   ? sizeof(int)
								  : 0;
		if (memcmp(settings + setting->offset, of_site + setting->offset, size) != 0) {
			say_limit(out, setting, settings);
		}
	}
	fputc('\n', out);
}

static void say_group_calendar(FILE *out, const struct config *config, size_t index)
{
	const struct calendar_settings *settings = &config->group_settings[index].calendar;
	const struct calendar *calendar = config->groups[index].calendar;

	if (calendar == NULL) {
		return;
	}
	say_hours(out, "  open", &settings->business_hours);
	say_texts(out, "  closed", settings->closed[0], CALENDAR_CLOSED_SIZE, settings->closed_count,
		"no days of its own");
	say(out, "  holidays", "%zu", calendar_holiday_count(calendar));
}

static void say_group_places(FILE *out, const struct config *config, size_t index)
{
	const struct destinations_settings *settings = &config->group_settings[index].destinations;

	if (config->groups[index].lists == NULL) {
		return;
	}
	say_texts(out, "  denied", settings->deny[0], DESTINATION_ENTRY_SIZE, settings->deny_count, "none");
	say_texts(
		out, "  allowed", settings->allow[0], DESTINATION_ENTRY_SIZE, settings->allow_count, "none");
}

static bool say_group_rules(FILE *out, const struct config *config, const struct caller_group *group)
{
	bool said = false;

	for (size_t i = 0; i < rules_count(); i++) {
		const char *settings = rules_settings_at(group->rules, i);
		const char *of_site = rules_settings_at(config->rules, i);
		if (memcmp(settings, of_site, rules_at(i)->settings_size) != 0) {
			say_group_rule(out, said ? "" : "  rules", rules_at(i), settings, of_site);
			said = true;
		}
	}
	return said;
}

/* What a group has of its own. */
static void say_group_of_callers(FILE *out, const struct config *config, size_t index)
{
	const struct caller_group *group = &config->groups[index];

	fprintf(out, "%-14s %s:", "callers", group->settings.name);
	for (size_t i = 0; i < group->settings.pattern_count; i++) {
		fprintf(out, "%s %s", i == 0 ? "" : ",", group->settings.patterns[i]);
	}
	fputc('\n', out);
	if (!say_group_rules(out, config, group) && group->calendar == NULL && group->lists == NULL) {
		say(out, "", "nothing of its own: the site's settings hold");
	}
	say_group_calendar(out, config, index);
	say_group_places(out, config, index);
}

static void say_callers(FILE *out, const struct config *config)
{
	for (size_t i = 0; i < config->group_count; i++) {
		say_group_of_callers(out, config, i);
	}
}

/* ---- alerts ---------------------------------------------------------------------------------------------
 */

/* The words of the file for what a group of settings says, whatever there is in it. */
static void say_group(FILE *out, const struct setting_table *table, const char *base)
{
	for (size_t i = 0; i < table->count; i++) {
		say_limit(out, &table->settings[i], base);
	}
}

static void say_blocking(FILE *out, const struct config *config)
{
	const struct action_settings *actions = &config->settings.actions;
	const struct block_settings *block = &actions->block;
	bool is_dry = actions->mode == ACTION_MODE_DRY_RUN;
	char time[DURATION_TEXT_SIZE];

	say(out, "queue", "%" PRIu32 ": SIP is read from this netfilter queue only", actions->queue);
	say(out, "calls", "%s from %s findings on, with %" PRIu32 " %s; those that are up %s",
		is_dry ? "would be refused" : "refused", severity_name(block->on), block->status,
		block->status == BLOCK_STATUS_DECLINE ? "Decline" : "Forbidden",
		block->end_calls ? "are ended" : "go on");
	if (block->sources) {
		say(out, "sources", "%s for %s, longer when they come back",
			is_dry ? "would be blocked" : "blocked", duration_format(block->source_time, time));
		say_networks(out, "never blocked", &block->never, "besides those of the site, none");
	} else {
		say(out, "sources", "no address is blocked");
	}
	say(out, "accounts", "%s",
		block->accounts
			? "no calls abroad for a caller with a critical incident, until he is released"
			: "only the calls that were found are refused");
	say(out, "report", "%s",
		config->settings.store.path[0] != '\0' && config->settings.control.path[0] != '\0'
			? "of what is refused or would be: sudo pbxguardctl report"
			: "none, as it needs store.path and control.path");
}

static void say_actions(FILE *out, const struct config *config)
{
	static const char *const meanings[] = {
		[ACTION_MODE_MONITOR] = "told, nothing is refused",
		[ACTION_MODE_DRY_RUN] = "told, also what would be refused; nothing is",
		[ACTION_MODE_BLOCK] = "told, and calls are refused",
	};
	const struct action_settings *actions = &config->settings.actions;

	say(out, "alerts", "mode %s: %s; at most %" PRIu32 " %s a minute", action_mode_name(actions->mode),
		meanings[actions->mode], actions->alerts_per_minute,
		plural(actions->alerts_per_minute, "line", "lines"));
	if (actions->mode != ACTION_MODE_MONITOR) {
		say_blocking(out, config);
	}
	if (!actions->syslog.enabled) {
		say(out, "syslog", "off");
		return;
	}
	const struct setting *syslog = setting_find(&action_settings_table, TEXT("syslog"));
	fprintf(out, "%-14s on", "syslog");
	say_group(out, syslog->group, (const char *)actions + syslog->offset);
	fputc('\n', out);
}

static void say_store(FILE *out, const struct config *config)
{
	const char *path = config->settings.store.path;

	say(out, "store", "%s",
		path[0] == '\0' ? "none: a restart forgets what is open and was learned" : path);
}

static void (*const parts[])(FILE *out, const struct config *config) = {
	say_site,
	say_capture,
	say_destinations,
	say_calendar,
	say_rules,
	say_callers,
	say_actions,
	say_store,
	say_files,
};

char *config_summary(const struct config *config, instant now)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL) {
		return NULL;
	}
	say(out, "configuration", "%s", config->path == NULL ? "none: the built-in defaults" : config->path);
	say_now(out, config, now);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		parts[i](out, config);
	}
	return fclose(out) == 0 ? text : NULL;
}
