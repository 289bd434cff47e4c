/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/alert_format.h"

#include "pbxguard/action/alert_fields.h"
#include "pbxguard/action/alert_json.h"
#include "pbxguard/action/line.h"
#include "pbxguard/base/local_time.h"
#include "pbxguard/build.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* ---- text ---- */

static const char *const severity_words[] = {"NOTICE", "WARNING", "CRITICAL"};
static_assert(sizeof severity_words / sizeof severity_words[0] == SEVERITY_COUNT, "each severity has a word");

static void add_clean_word(struct line *line, const char *string)
{
	char clean[ALERT_TEXT_SIZE];

	line_add_word(line, text_of(alert_text_clean(text_of(string), clean, sizeof clean)));
}

static void add_clean(struct line *line, const char *string)
{
	char clean[ALERT_TEXT_SIZE];

	line_add_string(line, alert_text_clean(text_of(string), clean, sizeof clean));
}

static void text_call(struct line *line, const struct decision_call *call)
{
	line_add_string(line, " ");
	add_clean_word(line, call->dialed);
	if (call->number[0] != '\0') {
		line_add_string(line, " -> ");
		add_clean_word(line, call->number);
	}
	if (call->country_name[0] != '\0') {
		line_add_string(line, " ");
		add_clean(line, call->country_name);
	}
	if (call->by_foreign_prefix) {
		line_add_string(line, " (behind ");
		add_clean(line, call->stripped);
		line_add_string(line, ", another country's prefix)");
	}
}

static void text_count(struct line *line, const struct finding *finding)
{
	char window[DURATION_TEXT_SIZE];

	line_format(line, ": %u call%s", finding->count, finding->count == 1 ? "" : "s");
	if (finding->window > 0) {
		line_format(line, " in %s", duration_format(finding->window, window));
	}
	if (finding->limit > 0) {
		line_format(line, " (limit %u)", finding->limit);
	}
}

static void text_evidence(struct line *line, const struct finding *finding)
{
	if (finding->evidence[0] != '\0') {
		line_add_string(line, ": ");
		add_clean(line, finding->evidence);
	} else {
		text_count(line, finding);
	}
	if (strcmp(finding->calendar, "open") == 0) {
		line_add_string(line, ", open");
	} else if (finding->calendar[0] != '\0') {
		line_add_string(line, ", closed: ");
		add_clean(line, finding->calendar);
	}
}

/* When the call was that a late line speaks of: the time alone on the same day. */
static void text_packet_time(struct line *line, const struct decision *decision)
{
	char time[INSTANT_TEXT_SIZE], packet_time[INSTANT_TEXT_SIZE];
	const size_t date_size = strlen("2026-11-22 ");

	instant_format_short(decision->time, time);
	instant_format_short(decision->packet_time, packet_time);
	bool is_same_day = strncmp(time, packet_time, date_size) == 0;
	line_format(line, ", last at %s", packet_time + (is_same_day ? date_size : 0));
}

static void text_state(struct line *line, const struct decision *decision)
{
	bool is_late = decision->time != decision->packet_time;
	bool is_opened = decision->state == INCIDENT_OPENED;

	if (is_opened && decision->suppressed == 0 && !is_late) {
		return;
	}
	line_format(line, " (%s", is_opened ? "new" : incident_state_name(decision->state));
	if (decision->suppressed > 0) {
		line_format(line, ", %u %sheld back", decision->suppressed, is_opened ? "more " : "");
	}
	if (is_late) {
		text_packet_time(line, decision);
	}
	line_add_string(line, ")");
}

static void write_text(struct line *line, const struct decision *decision)
{
	char time[INSTANT_TEXT_SIZE];
	bool is_closed = decision->state == INCIDENT_CLOSED;

	line_format(line, "%s %s %s ", instant_format_short(decision->time, time),
		severity_words[decision->finding.severity], decision->finding.rule);
	add_clean_word(line, decision->finding.subject);
	if (decision->call.is_known && !is_closed) {
		text_call(line, &decision->call);
		text_evidence(line, &decision->finding);
	} else {
		line_add_string(line, is_closed ? " closed: " : ": ");
		add_clean(line, decision->finding.reason);
	}
	if (decision->action != ACTION_NONE) {
		line_format(line, " [%s]", action_taken_name(decision->action));
	}
	if (!is_closed) {
		text_state(line, decision);
	}
	line_format(line, " incident %s", decision->incident);
	/* With the first finding there is no more to tell than stands in front. */
	if (decision->state != INCIDENT_OPENED && decision->story_text[0] != '\0') {
		line_add_string(line, " - ");
		add_clean(line, decision->story_text);
	}
}

/* ---- key=value ---- */

static void write_key_value(struct line *line, const struct alert_fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct alert_field *field = &fields->items[i];

		if (field->value == ALERT_NULL || strcmp(field->name, "type") == 0) {
			continue;
		}
		line_format(line, "%s%s=", line->used > 0 ? " " : "", field->name);
		if (field->value == ALERT_TEXT) {
			line_add_word(line, text_of(field->text));
		} else if (field->value == ALERT_BOOLEAN) {
			line_add_string(line, field->number != 0 ? "true" : "false");
		} else {
			line_format(line, "%" PRIu64, field->number);
		}
	}
}

/* ---- CEF ---- */

static const int cef_severities[] = {3, 6, 10}; /* low, medium, very high */
static_assert(sizeof cef_severities / sizeof cef_severities[0] == SEVERITY_COUNT, "each has its number");

/* CEF's key, our field, and the label where the key is one that anybody may use. */
static const struct {
	const char *key, *field;
	bool has_label;
} cef_keys[] = {
	{"externalId", "incident", false},
	{"cat", "state", false},
	{"act", "action", false},
	{"dvchost", "site", false},
	{"suser", "caller", false},
	{"duser", "dialed", false},
	{"proto", "transport", false},
	{"requestClientApplication", "user_agent", false},
	{"cnt", "count", false},
	{"cn1", "limit", true},
	{"cn2", "window", true},
	{"cn3", "suppressed", true},
	{"cs1", "subject", true},
	{"cs2", "number", true},
	{"cs3", "country", true},
	{"cs4", "call_id", true},
	{"cs5", "calendar", true},
	{"cs6", "stripped", true},
	{"flexString1", "leg", true},
	{"flexString2", "country_name", true},
	{"reason", "reason", false},
	{"msg", "story", false},
};

static void cef_pair(struct line *line, const char *key, const char *text)
{
	line_format(line, " %s=", key);
	line_add_escaped(line, text_of(text), "\\=", '\\');
}

static void cef_endpoint(struct line *line, const struct endpoint *endpoint, const char *address_key,
	const char *port_key, const char *address6_key, const char *label6)
{
	char text[ADDRESS_TEXT_SIZE];

	if (endpoint->address.family == ADDRESS_NONE) {
		return;
	}
	address_format(&endpoint->address, text);
	if (endpoint->address.family == ADDRESS_IPV4) {
		cef_pair(line, address_key, text);
	} else {
		cef_pair(line, address6_key, text);
		line_format(line, " %sLabel=%s", address6_key, label6);
	}
	line_format(line, " %s=%u", port_key, endpoint->port);
}

static void cef_field(struct line *line, const struct alert_field *field, const char *key, bool has_label)
{
	assert(field != NULL);
	if (field->value == ALERT_NULL) {
		return;
	}
	if (field->value == ALERT_TEXT) {
		cef_pair(line, key, field->text);
	} else {
		line_format(line, " %s=%" PRIu64, key, field->number);
	}
	if (has_label) {
		line_format(line, " %sLabel=%s", key, field->name);
	}
}

/* "high risk destination" */
static void cef_name(struct line *line, const char *rule)
{
	for (struct text rest = text_of(rule), word; text_split(&rest, '_', &word);) {
		line_add_escaped(line, word, "\\|", '\\');
		line_add_string(line, rest.size > 0 ? " " : "");
	}
}

static void write_cef(struct line *line, const struct alert_fields *fields, const struct decision *decision)
{
	line_add_string(line, "CEF:0|pbxguard|pbxguard|" PBXGUARD_VERSION "|");
	line_add_escaped(line, text_of(decision->finding.rule), "\\|", '\\');
	line_add_string(line, "|");
	cef_name(line, decision->finding.rule);
	line_format(line, "|%d|rt=%" PRId64, cef_severities[decision->finding.severity],
		decision->time / MILLISECOND);
	cef_endpoint(line, &decision->call.source, "src", "spt", "c6a2", "Source IPv6 Address");
	cef_endpoint(line, &decision->call.destination, "dst", "dpt", "c6a3", "Destination IPv6 Address");
	for (size_t i = 0; i < sizeof cef_keys / sizeof cef_keys[0]; i++) {
		cef_field(line, alert_fields_find(fields, cef_keys[i].field), cef_keys[i].key,
			cef_keys[i].has_label);
	}
}

/* ---- */

size_t alert_format_line(enum alert_format format, const struct site *site, const struct decision *decision,
	char *buffer, size_t size)
{
	struct line line = line_in(buffer, size);
	struct alert_fields fields;

	if (format == ALERT_FORMAT_TEXT) {
		write_text(&line, decision);
		return line.used;
	}
	alert_fields_of(site, decision, &fields);
	if (format == ALERT_FORMAT_JSON) {
		return alert_json_write(&fields, buffer, size);
	}
	if (format == ALERT_FORMAT_CEF) {
		write_cef(&line, &fields, decision);
	} else {
		write_key_value(&line, &fields);
	}
	return line.used;
}

size_t alert_format_stats(const struct counters *counters, char *buffer, size_t size)
{
	return alert_json_write_stats(counters, buffer, size);
}
