/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/sip_fields.h"

#include <assert.h>
#include <string.h>

/* compact is 0 where the field has no compact form (RFC 3261 §7.3.3). */
static const struct {
	struct text name;
	char compact;
} field_names[] = {
	[SIP_FIELD_VIA] = {TEXT_CONSTANT("Via"), 'v'},
	[SIP_FIELD_FROM] = {TEXT_CONSTANT("From"), 'f'},
	[SIP_FIELD_TO] = {TEXT_CONSTANT("To"), 't'},
	[SIP_FIELD_CALL_ID] = {TEXT_CONSTANT("Call-ID"), 'i'},
	[SIP_FIELD_CSEQ] = {TEXT_CONSTANT("CSeq"), 0},
	[SIP_FIELD_CONTACT] = {TEXT_CONSTANT("Contact"), 'm'},
	[SIP_FIELD_RECORD_ROUTE] = {TEXT_CONSTANT("Record-Route"), 0},
};
static_assert(sizeof field_names / sizeof field_names[0] == SIP_FIELD_OTHER, "each field has a name");

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Off the front of *rest, without its end. False when it has none: then it is all that is left. */
static bool take_line(struct text *rest, char line_end, struct text *line)
{
	size_t size = text_find(*rest, line_end);
	bool ended = size < rest->size;

	*line = text_part(*rest, 0, size);
	*rest = text_from(*rest, size + 1);
	if (ended && line_end == '\r' && rest->size > 0 && rest->start[0] == '\n') {
		*rest = text_from(*rest, 1);
	}
	if (ended && line->size > 0 && line->start[line->size - 1] == '\r') {
		line->size--;
	}
	return ended;
}

/* Whether it may be one: who calls has read the message before. */
static bool is_start_line(struct text line)
{
	line = text_trim(line);
	size_t last = line.size;

	while (last > 0 && !is_blank(line.start[last - 1])) {
		last--;
	}
	return text_begins_ignoring_case(line, TEXT("SIP/")) ||
	       (last > 0 && text_begins_ignoring_case(text_from(line, last), TEXT("SIP/")));
}

bool sip_fields_begin(struct text message, struct sip_fields *fields, struct text *start_line)
{
	struct text rest = message, line, shorter;

	while (rest.size > 0 && text_is_space(rest.start[0])) {
		rest = text_from(rest, 1);
	}
	struct text behind = rest;
	bool ended = take_line(&rest, '\n', &line);

	fields->line_end = '\n';
	if (text_find(line, '\r') < line.size && take_line(&behind, '\r', &shorter) &&
		text_find(behind, '\r') > 0 && is_start_line(shorter)) {
		fields->line_end = '\r';
		rest = behind;
		line = shorter;
		ended = true;
	}
	fields->rest = rest;
	*start_line = line;
	return ended;
}

static bool has_name(struct text name, enum sip_field field)
{
	return text_equal_ignoring_case(name, field_names[field].name) ||
	       (name.size == 1 && field_names[field].compact != 0 &&
		       text_lower(name.start[0]) == field_names[field].compact);
}

bool sip_fields_next(struct sip_fields *fields, enum sip_field *field, struct text *value)
{
	struct text line, more;

	if (fields->rest.size == 0) {
		return false;
	}
	bool ended = take_line(&fields->rest, fields->line_end, &line);
	if (line.size == 0) {
		fields->rest.size = 0;
		return false;
	}
	while (ended && fields->rest.size > 0 && is_blank(fields->rest.start[0])) {
		ended = take_line(&fields->rest, fields->line_end, &more);
		line.size = (size_t)(more.start + more.size - line.start);
	}
	size_t end = text_find_any(line, ": \t");
	struct text behind = text_trim(text_from(line, end));
	bool is_field = behind.size > 0 && behind.start[0] == ':';

	*field = 0;
	while (*field < SIP_FIELD_OTHER && (!is_field || !has_name(text_part(line, 0, end), *field))) {
		++*field;
	}
	*value = is_field ? text_trim(text_from(behind, 1)) : (struct text){0};
	return true;
}

/* The index of the first of these characters outside of quotes, or text.size. */
static size_t find_unquoted(struct text text, char either, char or)
{
	bool is_quoted = false;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.start[i];
		if (is_quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			is_quoted = !is_quoted;
		} else if (!is_quoted && (c == either || c == or)) {
			return i;
		}
	}
	return text.size;
}

bool sip_field_split(struct text *rest, struct text *value)
{
	if (rest->size == 0) {
		return false;
	}
	size_t end = find_unquoted(*rest, '<', ',');

	if (end < rest->size && rest->start[end] == '<') {
		end += text_find(text_from(*rest, end), '>');
		end += find_unquoted(text_from(*rest, end), ',', ',');
	}
	*value = text_trim(text_part(*rest, 0, end));
	*rest = text_from(*rest, end + 1);
	return true;
}

struct text sip_field_uri(struct text value)
{
	size_t open = find_unquoted(value, '<', '<');

	if (open == value.size) {
		return text_trim(text_part(value, 0, text_find(value, ';')));
	}
	struct text inside = text_from(value, open + 1);
	return text_trim(text_part(inside, 0, text_find(inside, '>')));
}

struct text sip_field_parameters(struct text value)
{
	size_t open = find_unquoted(value, '<', '<');

	if (open < value.size) {
		value = text_from(value, open);
		return text_from(value, text_find(value, '>') + 1);
	}
	return text_from(value, text_find(value, ';'));
}

struct text sip_via_parameters(struct text value)
{
	return text_from(value, text_find(value, ';'));
}

static struct text without_quotes(struct text value)
{
	bool is_quoted = value.size >= 2 && value.start[0] == '"' && value.start[value.size - 1] == '"';

	return is_quoted ? text_part(value, 1, value.size - 2) : value;
}

bool sip_parameter_next(
	struct text *parameters, struct text *parameter, struct text *name, struct text *value)
{
	while (parameters->size > 0) {
		size_t end = find_unquoted(*parameters, ';', ';');

		*parameter = text_trim(text_part(*parameters, 0, end));
		*parameters = text_from(*parameters, end + 1);
		if (parameter->size > 0) {
			size_t equal = text_find(*parameter, '=');
			*name = text_trim(text_part(*parameter, 0, equal));
			*value = without_quotes(text_trim(text_from(*parameter, equal + 1)));
			return true;
		}
	}
	return false;
}

static bool read_tag(struct text party, struct text *tag)
{
	struct text parameters = sip_field_parameters(party), parameter, name, value;

	*tag = (struct text){0};
	while (sip_parameter_next(&parameters, &parameter, &name, &value)) {
		if (text_equal_ignoring_case(name, TEXT("tag"))) {
			*tag = value;
			return true;
		}
	}
	return false;
}

/* NULs are blanks in an answer (sip_datagram.h), so a value of nothing else is none. */
static bool says_something(struct text value)
{
	static const char blanks[] = " \t\r\n"; /* and the NUL at its end */

	for (size_t i = 0; i < value.size; i++) {
		if (memchr(blanks, value.start[i], sizeof blanks) == NULL) {
			return true;
		}
	}
	return false;
}

bool sip_identity_read(struct text message, struct sip_identity *identity)
{
	struct text values[SIP_FIELD_COUNT] = {{0}}, value, rest;
	bool is_there[SIP_FIELD_COUNT] = {false};
	struct sip_fields fields;
	enum sip_field field;
	uint64_t number;

	if (!sip_fields_begin(message, &fields, &rest)) {
		return false;
	}
	while (sip_fields_next(&fields, &field, &value)) {
		if (!is_there[field]) {
			values[field] = value;
			is_there[field] = true;
		}
	}
	*identity = (struct sip_identity){.from = values[SIP_FIELD_FROM],
		.to = values[SIP_FIELD_TO],
		.call_id = values[SIP_FIELD_CALL_ID],
		.cseq = values[SIP_FIELD_CSEQ]};
	rest = values[SIP_FIELD_VIA];
	sip_field_split(&rest, &identity->via);
	read_tag(identity->from, &identity->from_tag);
	identity->has_to_tag = read_tag(identity->to, &identity->to_tag);
	if (!text_to_number(
		    text_part(identity->cseq, 0, text_find_space(identity->cseq)), INT32_MAX, &number)) {
		return false;
	}
	identity->cseq_number = (uint32_t)number;
	return says_something(identity->via) && says_something(identity->from) &&
	       says_something(identity->to) && says_something(identity->call_id);
}
