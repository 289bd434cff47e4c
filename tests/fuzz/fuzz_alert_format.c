/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a decision, with whatever in its texts: no form of the alert has a control byte, the JSON is
 * JSON, and key=value splits back into the pairs that went in.
 */
#include "fuzz.h"

#include "pbxguard/action/alert_fields.h"
#include "pbxguard/action/alert_format.h"
#include "pbxguard/incident/decision.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A byte for the size, then as many bytes. */
static void take_text(struct reader *input, char *buffer, size_t buffer_size)
{
	struct reader piece = reader_rest(input, reader_u8(input));

	reader_skip(
		input, reader_left(&piece) < reader_left(input) ? reader_left(&piece) : reader_left(input));
	text_copy((struct text){(const char *)piece.bytes, piece.size}, buffer, buffer_size);
}

static int64_t take_time(struct reader *input)
{
	uint64_t high = reader_u32(input);

	return (int64_t)(high << 32 | reader_u32(input));
}

static struct endpoint take_endpoint(struct reader *input)
{
	struct endpoint endpoint = {.port = reader_u16(input)};
	const uint8_t *bytes = reader_take(input, 16);

	if (bytes != NULL) {
		endpoint.address = bytes[0] % 2 ? address_ipv6(bytes) : address_ipv4(bytes);
	}
	return endpoint;
}

static void take_call(struct reader *input, struct decision_call *call)
{
	call->leg = reader_u8(input) % LEG_COUNT;
	call->transport = reader_u8(input) % (TRANSPORT_TCP + 1);
	call->by_foreign_prefix = reader_u8(input) & 1;
	call->source = take_endpoint(input);
	call->destination = take_endpoint(input);
	take_text(input, call->caller, sizeof call->caller);
	take_text(input, call->dialed, sizeof call->dialed);
	take_text(input, call->number, sizeof call->number);
	take_text(input, call->stripped, sizeof call->stripped);
	take_text(input, call->country, sizeof call->country);
	take_text(input, call->country_name, sizeof call->country_name);
	take_text(input, call->prefix, sizeof call->prefix);
	take_text(input, call->call_id, sizeof call->call_id);
	take_text(input, call->other_call_id, sizeof call->other_call_id);
	take_text(input, call->user_agent, sizeof call->user_agent);
}

static void take_decision(struct reader *input, struct decision *decision)
{
	struct finding *finding = &decision->finding;

	decision->time = take_time(input);
	decision->packet_time = take_time(input);
	decision->state = reader_u8(input) % INCIDENT_STATE_COUNT;
	decision->action = reader_u8(input) % ACTION_TAKEN_COUNT;
	decision->suppressed = reader_u32(input);
	finding->rule = "high_risk_destination";
	finding->severity = reader_u8(input) % SEVERITY_COUNT;
	finding->count = reader_u32(input);
	finding->limit = reader_u16(input);
	finding->window = reader_u32(input) * SECOND;
	snprintf(decision->incident, sizeof decision->incident, "%016" PRIx64, (uint64_t)take_time(input));
	take_text(input, finding->subject, sizeof finding->subject);
	take_text(input, finding->calendar, sizeof finding->calendar);
	take_text(input, finding->reason, sizeof finding->reason);
	decision->call.is_known = reader_u8(input) & 1;
	if (decision->call.is_known) {
		take_call(input, &decision->call);
	}
}

static void expected_value(const struct alert_field *field, char *buffer, size_t size)
{
	if (field->value == ALERT_TEXT) {
		snprintf(buffer, size, "%s", field->text);
	} else if (field->value == ALERT_BOOLEAN) {
		snprintf(buffer, size, "%s", field->number ? "true" : "false");
	} else {
		snprintf(buffer, size, "%" PRIu64, field->number);
	}
}

/* As docs and the header promise: a name, "=", then a word up to a space or a quoted text. */
static struct text take_value(struct text *line, char *buffer)
{
	size_t used = 0;

	if (line->size == 0 || line->start[0] != '"') {
		struct text word = text_part(*line, 0, text_find(*line, ' '));
		*line = text_from(*line, word.size);
		return word;
	}
	*line = text_from(*line, 1);
	while (line->size > 0 && line->start[0] != '"') {
		*line = text_from(*line, line->start[0] == '\\' ? 1 : 0);
		MUST_HOLD(line->size > 0);
		buffer[used++] = line->start[0];
		*line = text_from(*line, 1);
	}
	MUST_HOLD(line->size > 0);
	*line = text_from(*line, 1);
	return (struct text){buffer, used};
}

static void check_key_value(struct text line, const struct alert_fields *fields)
{
	char buffer[ALERT_LINE_SIZE], expected[ALERT_TEXT_SIZE];

	for (size_t i = 0; i < fields->count; i++) {
		const struct alert_field *field = &fields->items[i];
		if (field->value == ALERT_NULL || strcmp(field->name, "type") == 0) {
			continue;
		}
		expected_value(field, expected, sizeof expected);
		struct text name = text_part(line, 0, text_find(line, '='));
		MUST_HOLD(text_equal(name, text_of(field->name)));
		line = text_from(line, name.size + 1);
		MUST_HOLD(text_equal(take_value(&line, buffer), text_of(expected)));
		MUST_HOLD(line.size == 0 || line.start[0] == ' ');
		line = text_from(line, 1);
	}
	MUST_HOLD(line.size == 0);
}

static void check_json(struct text line, const struct alert_fields *fields)
{
	json_t *object = json_loadb(line.start, line.size, JSON_REJECT_DUPLICATES, NULL);

	MUST_HOLD(json_is_object(object) && json_object_size(object) == fields->count);
	for (size_t i = 0; i < fields->count; i++) {
		const struct alert_field *field = &fields->items[i];
		const json_t *value = json_object_get(object, field->name);
		MUST_HOLD(value != NULL && json_is_null(value) == (field->value == ALERT_NULL));
		MUST_HOLD(!json_is_string(value) || strcmp(json_string_value(value), field->text) == 0);
	}
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct site site;
	struct reader input = reader_of(data, size);
	struct decision decision = {0};
	struct alert_fields fields;
	char *line = malloc(ALERT_LINE_SIZE);

	take_text(&input, site.name, sizeof site.name);
	take_decision(&input, &decision);
	alert_fields_of(&site, &decision, &fields);
	for (int format = 0; format < ALERT_FORMAT_COUNT; format++) {
		size_t used = alert_format_line(format, &site, &decision, line, ALERT_LINE_SIZE);
		MUST_HOLD(used > 0 && used < ALERT_LINE_SIZE - 1 && line[used] == '\0');
		MUST_HOLD(fuzz_is_clean((struct text){line, used}));
		if (format == ALERT_FORMAT_JSON) {
			check_json((struct text){line, used}, &fields);
		} else if (format == ALERT_FORMAT_KEY_VALUE) {
			check_key_value((struct text){line, used}, &fields);
		}
	}
	free(line);
	return 0;
}
