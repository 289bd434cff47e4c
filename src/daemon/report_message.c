/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/report_message.h"

#include "pbxguard/action/action_settings.h"

#include <string.h>

/* ---- written ---- */

static json_t *list_of_rules(const char *rules)
{
	json_t *list = json_array();

	for (struct text rest = text_of(rules); !text_is_empty(rest);) {
		size_t end = text_find(rest, ' ');
		json_array_append_new(list, json_stringn(rest.start, end));
		rest = text_from(rest, end + (end < rest.size));
	}
	return list;
}

static json_t *object_of(const struct refusal_record *row)
{
	json_t *object = json_object();

	json_set_string(object, "type", refusal_about_name(row->about));
	json_set_instant(object, "time", row->time);
	json_set_string(object, "action", refusal_action_name(row->action));
	json_set_string(object, "severity", severity_name(row->severity));
	json_set_string(object, "leg", leg_name(row->leg));
	json_object_set_new(object, "rules", list_of_rules(row->rules));
	for (size_t i = 0; i < REFUSAL_TEXTS; i++) {
		const struct refusal_text *text = &refusal_texts[i];
		json_set_text(object, text->name, (const char *)row + text->offset);
	}
	return object;
}

static json_t *object_of_hours(const struct watched_hour *watched)
{
	json_t *object = json_object();

	json_set_string(object, "mode", action_mode_name((enum action_mode)watched->mode));
	json_set_instant(object, "since", watched->hour);
	for (int i = 0; i < WATCHED_COUNT; i++) {
		uint64_t count = watched->counts[i] < INT64_MAX ? watched->counts[i] : INT64_MAX;
		json_object_set_new(
			object, watched_count_name((enum watched_count)i), json_integer((json_int_t)count));
	}
	return object;
}

static json_t *object_of_period(const struct control_report *report)
{
	json_t *object = json_object(), *watched = json_array();

	json_set_string(object, "type", "report");
	json_set_string(object, "mode", action_mode_name(report->mode));
	json_set_instant(object, "since", report->since);
	json_set_instant(object, "until", report->until);
	for (int i = 0; i < WATCHED_MODES; i++) {
		json_array_append_new(watched, object_of_hours(&report->watched[i]));
	}
	json_object_set_new(object, "watched", watched);
	return object;
}

void report_message_set(json_t *object, const struct control_report *report)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < report->count; i++) {
		json_array_append_new(rows, object_of(&report->rows[i]));
	}
	json_object_set_new(object, "report", object_of_period(report));
	json_object_set_new(object, "rows", rows);
	json_object_set_new(object, "next",
		report->next > INT64_MAX ? json_null() : json_integer((json_int_t)report->next));
}

size_t control_period_write(const struct control_report *report, char *buffer, size_t size)
{
	return json_write_line(object_of_period(report), buffer, size);
}

size_t control_row_write(const struct refusal_record *row, char *buffer, size_t size)
{
	return json_write_line(object_of(row), buffer, size);
}

/* ---- read ---- */

/* The place of a name among count names; count: there is no such. */
static unsigned find_name(struct text name, const char *(*name_of)(unsigned), unsigned count)
{
	unsigned i = 0;

	while (i < count && !text_equal(name, text_of(name_of(i)))) {
		i++;
	}
	return i;
}

static const char *about_name(unsigned i)
{
	return refusal_about_name((enum refusal_about)i);
}

static const char *taken_name(unsigned i)
{
	return refusal_action_name((enum refusal_action)i);
}

static const char *grave_name(unsigned i)
{
	return severity_name((enum severity)i);
}

static const char *leg_name_of(unsigned i)
{
	return leg_name((enum leg)i);
}

static const char *mode_name(unsigned i)
{
	return action_mode_name((enum action_mode)i);
}

static bool get_name(const json_t *object, const char *member, const char *(*name_of)(unsigned),
	unsigned count, unsigned *value)
{
	*value = find_name(json_text_in(json_object_get(object, member)), name_of, count);
	return *value < count;
}

static bool get_rules(const json_t *list, char rules[static REFUSAL_RULES_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct text rule = json_text_in(json_array_get(list, i));
		if (text_is_empty(rule) || text_find(rule, ' ') < rule.size ||
			used + (used > 0) + rule.size >= REFUSAL_RULES_SIZE) {
			return false;
		}
		if (used > 0) {
			rules[used++] = ' ';
		}
		memcpy(rules + used, rule.start, rule.size);
		used += rule.size;
	}
	rules[used] = '\0';
	return json_is_array(list);
}

static bool get_row(const json_t *object, struct refusal_record *row)
{
	unsigned about, action, severity, leg;

	*row = (struct refusal_record){0};
	if (!get_name(object, "type", about_name, REFUSAL_ABOUT_COUNT, &about) ||
		!get_name(object, "action", taken_name, REFUSAL_ACTION_COUNT, &action) ||
		!get_name(object, "severity", grave_name, SEVERITY_COUNT, &severity) ||
		!get_name(object, "leg", leg_name_of, LEG_COUNT, &leg)) {
		return false;
	}
	row->about = (enum refusal_about)about;
	row->action = (enum refusal_action)action;
	row->severity = (enum severity)severity;
	row->leg = (enum leg)leg;
	for (size_t i = 0; i < REFUSAL_TEXTS; i++) {
		const struct refusal_text *text = &refusal_texts[i];
		json_get_text(object, text->name, (char *)row + text->offset, text->size);
	}
	return json_get_instant(object, "time", &row->time) &&
	       get_rules(json_object_get(object, "rules"), row->rules);
}

static bool get_hours(const json_t *object, struct watched_hour *watched)
{
	for (int i = 0; i < WATCHED_COUNT; i++) {
		const json_t *count = json_object_get(object, watched_count_name((enum watched_count)i));
		if (!json_is_integer(count) || json_integer_value(count) < 0) {
			return false;
		}
		watched->counts[i] = (uint64_t)json_integer_value(count);
	}
	return get_name(object, "mode", mode_name, WATCHED_MODES, &watched->mode) &&
	       json_get_instant(object, "since", &watched->hour);
}

static bool get_period(const json_t *object, struct control_report *report)
{
	const json_t *watched = json_object_get(object, "watched");
	unsigned mode;

	if (!get_name(object, "mode", mode_name, WATCHED_MODES, &mode) ||
		!json_get_instant(object, "since", &report->since) ||
		!json_get_instant(object, "until", &report->until) ||
		json_array_size(watched) != WATCHED_MODES) {
		return false;
	}
	report->mode = (enum action_mode)mode;
	for (unsigned i = 0; i < WATCHED_MODES; i++) {
		if (!get_hours(json_array_get(watched, i), &report->watched[i]) ||
			report->watched[i].mode != i) {
			return false;
		}
	}
	return true;
}

bool report_message_get(const json_t *object, struct control_report *report)
{
	const json_t *rows = json_object_get(object, "rows"), *next = json_object_get(object, "next");

	report->next = json_is_integer(next) ? (uint64_t)json_integer_value(next) : UINT64_MAX;
	if (!get_period(json_object_get(object, "report"), report) || !json_is_array(rows) ||
		json_array_size(rows) > CONTROL_ROWS_MAX || !(json_is_null(next) || json_is_integer(next)) ||
		(json_is_integer(next) && json_integer_value(next) < 0)) {
		return false;
	}
	for (size_t i = 0; i < json_array_size(rows); i++) {
		if (!get_row(json_array_get(rows, i), &report->rows[report->count++])) {
			return false;
		}
	}
	return true;
}
