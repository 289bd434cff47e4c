/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/alert_fields.h"

#include "pbxguard/base/local_time.h"

#include <assert.h>
#include <string.h>

static const char *const transport_names[] = {"udp", "tcp"};
static_assert(TRANSPORT_TCP == sizeof transport_names / sizeof transport_names[0] - 1, "each has a name");

const char *alert_transport_name(enum transport transport)
{
	return transport_names[transport];
}

char *alert_text_clean(struct text text, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	while (text.size > 0 && used < size - 1) {
		size_t plain = text_find(text, '\\');
		text_make_safe(text_part(text, 0, plain), buffer + used, size - used);
		used += strlen(buffer + used);
		if (plain < text.size && used < size - 1) {
			buffer[used++] = '\\';
			buffer[used] = '\0';
		}
		text = text_from(text, plain + 1);
	}
	return buffer;
}

static struct alert_field *add(struct alert_fields *fields, const char *name, enum alert_value value)
{
	assert(fields->count < ALERT_FIELDS_MAX);
	struct alert_field *field = &fields->items[fields->count++];
	field->name = name;
	field->value = value;
	field->number = 0;
	field->text[0] = '\0';
	return field;
}

/* Empty text says that there is no such thing: null. */
static void add_text(struct alert_fields *fields, const char *name, const char *text)
{
	struct alert_field *field = add(fields, name, text[0] == '\0' ? ALERT_NULL : ALERT_TEXT);

	alert_text_clean(text_of(text), field->text, sizeof field->text);
}

static void add_number(struct alert_fields *fields, const char *name, uint64_t number)
{
	add(fields, name, ALERT_NUMBER)->number = number;
}

/* Where 0 says that there is no such thing. */
static void add_number_or_null(struct alert_fields *fields, const char *name, uint64_t number)
{
	add(fields, name, number == 0 ? ALERT_NULL : ALERT_NUMBER)->number = number;
}

static void add_endpoint(struct alert_fields *fields, const char *name, const struct endpoint *endpoint)
{
	char text[ENDPOINT_TEXT_SIZE] = "";

	if (endpoint->address.family != ADDRESS_NONE) {
		endpoint_format(endpoint, text);
	}
	add_text(fields, name, text);
}

static void add_incident(
	struct alert_fields *fields, const struct site *site, const struct decision *decision)
{
	char time[INSTANT_TEXT_SIZE];

	add_text(fields, "type", "alert");
	add_text(fields, "time", instant_format(decision->time, time));
	add_text(fields, "site", site->name);
	add_text(fields, "incident", decision->incident);
	add_text(fields, "state", incident_state_name(decision->state));
	add_text(fields, "rule", decision->finding.rule);
	add_text(fields, "severity", severity_name(decision->finding.severity));
	add_text(fields, "action", action_taken_name(decision->action));
	add_text(fields, "subject", decision->finding.subject);
}

static void add_call(struct alert_fields *fields, const struct decision_call *call)
{
	add_text(fields, "caller", call->caller);
	add_text(fields, "dialed", call->dialed);
	add_text(fields, "number", call->number);
	add_text(fields, "stripped", call->stripped);
	add_text(fields, "country", call->country);
	add_text(fields, "country_name", call->country_name);
	add_text(fields, "prefix", call->prefix);
	add_text(fields, "leg", call->is_known ? leg_name(call->leg) : "");
	add_endpoint(fields, "source", &call->source);
	add_endpoint(fields, "destination", &call->destination);
	add_text(fields, "transport", call->is_known ? alert_transport_name(call->transport) : "");
	add_text(fields, "call_id", call->call_id);
	add_text(fields, "user_agent", call->user_agent);
}

static void add_evidence(struct alert_fields *fields, const struct decision *decision)
{
	const struct finding *finding = &decision->finding;

	add_number(fields, "count", finding->count);
	add_number_or_null(fields, "limit", finding->limit);
	add_number_or_null(fields, "window", (uint64_t)(finding->window / SECOND));
	add_number(fields, "suppressed", decision->suppressed);
	add_text(fields, "calendar", finding->calendar);
	add_text(fields, "reason", finding->reason);
}

/* What came after the first version: at the end, so that nobody's columns move. */
static void add_later_fields(struct alert_fields *fields, const struct decision *decision)
{
	const struct decision_call *call = &decision->call;
	char time[INSTANT_TEXT_SIZE];

	add_text(fields, "other_call_id", call->other_call_id);
	add_text(fields, "packet_time", instant_format(decision->packet_time, time));
	add(fields, "foreign_prefix", call->is_known ? ALERT_BOOLEAN : ALERT_NULL)->number =
		call->by_foreign_prefix;
}

/* The whole incident up to now; a line about alerts that wait has none. */
static void add_story(struct alert_fields *fields, const struct decision *decision)
{
	const struct story *story = &decision->story;
	bool is_told = story->calls > 0;
	char since[INSTANT_TEXT_SIZE] = "", rules[ALERT_TEXT_SIZE] = "";

	if (is_told) {
		instant_format(story->since, since);
	}
	add_text(fields, "since", since);
	add(fields, "calls", is_told ? ALERT_NUMBER : ALERT_NULL)->number = story->calls;
	add(fields, "answered", is_told ? ALERT_NUMBER : ALERT_NULL)->number = story->answered;
	add(fields, "talked", is_told ? ALERT_NUMBER : ALERT_NULL)->number =
		(uint64_t)(story->talked / SECOND);
	add(fields, "cost", story->currency[0] != '\0' ? ALERT_NUMBER : ALERT_NULL)->number =
		money_units(story->cost);
	add_text(fields, "currency", story->currency);
	add_text(fields, "rules", story_rules(story, rules, sizeof rules));
	add_text(fields, "story", decision->story_text);
}

void alert_fields_of(const struct site *site, const struct decision *decision, struct alert_fields *fields)
{
	fields->count = 0;
	add_incident(fields, site, decision);
	add_call(fields, &decision->call);
	add_evidence(fields, decision);
	add_later_fields(fields, decision);
	add_story(fields, decision);
}

const struct alert_field *alert_fields_find(const struct alert_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++) {
		if (strcmp(fields->items[i].name, name) == 0) {
			return &fields->items[i];
		}
	}
	return NULL;
}
