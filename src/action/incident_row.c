/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/incident_row.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum column_kind {
	COLUMN_TEXT,    /* char[size] */
	COLUMN_FLAG,    /* bool */
	COLUMN_U32,     /* uint32_t, or an enum */
	COLUMN_64,      /* int64_t, or uint64_t */
	COLUMN_TEXTS,   /* char[size] each, with a line end between them; never in a text that is safe */
	COLUMN_NUMBERS, /* uint32_t each, likewise */
	COLUMN_ADDRESS, /* struct endpoint: as text; empty: none */
	COLUMN_PORT,    /* of the same */
};

struct column {
	const char *name;
	enum column_kind kind;
	size_t offset, size;
	size_t capacity, stride, count_offset; /* lists */
};

static_assert(sizeof(enum severity) == sizeof(uint32_t), "an enum is as a number of 32 bits");

#define AT(member) offsetof(struct incident_record, member)
#define SIZE(member) sizeof(((struct incident_record *)0)->member)
/* first: its first element; part: of that, what is in this column. */
#define LIST(list, first, part, count) AT(part), SIZE(part), SIZE(list) / SIZE(first), SIZE(first), AT(count)

/* clang-format off: one line each */
static const struct column columns[] = {
	{"slot", COLUMN_U32, AT(slot)}, /* the first: PRIMARY KEY */
	{"id", COLUMN_TEXT, AT(id), SIZE(id)},
	{"subjects", COLUMN_TEXTS, LIST(subjects, subjects[0], subjects[0], subject_count)},
	{"sequence", COLUMN_64, AT(order)},
	{"is_limit", COLUMN_FLAG, AT(is_limit)},
	{"was_told", COLUMN_FLAG, AT(was_told)},
	{"is_closing", COLUMN_FLAG, AT(is_closing)},
	{"waits", COLUMN_FLAG, AT(waits)},
	{"waiting_sequence", COLUMN_64, AT(waiting_order)},
	{"waiting_since", COLUMN_64, AT(waiting_since)},
	{"worst", COLUMN_U32, AT(worst)},
	{"told_severity", COLUMN_U32, AT(told_severity)},
	{"last_line", COLUMN_64, AT(last_line)},
	{"last_finding", COLUMN_64, AT(last_finding)},
	{"findings", COLUMN_64, AT(findings)},
	{"untold", COLUMN_U32, AT(untold)},
	{"counted", COLUMN_U32, AT(counted)},
	{"rule", COLUMN_TEXT, AT(rule), SIZE(rule)},
	{"severity", COLUMN_U32, AT(finding.severity)},
	{"subject", COLUMN_TEXT, AT(finding.subject), SIZE(finding.subject)},
	{"found", COLUMN_U32, AT(finding.count)},
	{"found_limit", COLUMN_U32, AT(finding.limit)},
	{"found_window", COLUMN_64, AT(finding.window)},
	{"evidence", COLUMN_TEXT, AT(finding.evidence), SIZE(finding.evidence)},
	{"calendar", COLUMN_TEXT, AT(finding.calendar), SIZE(finding.calendar)},
	{"reason", COLUMN_TEXT, AT(finding.reason), SIZE(finding.reason)},
	{"is_unproven", COLUMN_FLAG, AT(finding.is_unproven)},
	{"raises_others", COLUMN_FLAG, AT(finding.raises_others)},
	{"packet_time", COLUMN_64, AT(packet_time)},
	{"action", COLUMN_U32, AT(action)},
	{"has_call", COLUMN_FLAG, AT(call.is_known)},
	{"caller", COLUMN_TEXT, AT(call.caller), SIZE(call.caller)},
	{"dialed", COLUMN_TEXT, AT(call.dialed), SIZE(call.dialed)},
	{"number", COLUMN_TEXT, AT(call.number), SIZE(call.number)},
	{"stripped", COLUMN_TEXT, AT(call.stripped), SIZE(call.stripped)},
	{"country", COLUMN_TEXT, AT(call.country), SIZE(call.country)},
	{"country_name", COLUMN_TEXT, AT(call.country_name), SIZE(call.country_name)},
	{"prefix", COLUMN_TEXT, AT(call.prefix), SIZE(call.prefix)},
	{"by_foreign_prefix", COLUMN_FLAG, AT(call.by_foreign_prefix)},
	{"leg", COLUMN_U32, AT(call.leg)},
	{"source", COLUMN_ADDRESS, AT(call.source)},
	{"source_port", COLUMN_PORT, AT(call.source)},
	{"destination", COLUMN_ADDRESS, AT(call.destination)},
	{"destination_port", COLUMN_PORT, AT(call.destination)},
	{"transport", COLUMN_U32, AT(call.transport)},
	{"call_id", COLUMN_TEXT, AT(call.call_id), SIZE(call.call_id)},
	{"other_call_id", COLUMN_TEXT, AT(call.other_call_id), SIZE(call.other_call_id)},
	{"user_agent", COLUMN_TEXT, AT(call.user_agent), SIZE(call.user_agent)},
	{"since", COLUMN_64, AT(story.since)},
	{"latest", COLUMN_64, AT(story.latest)},
	{"calls", COLUMN_U32, AT(story.calls)},
	{"answered", COLUMN_U32, AT(story.answered)},
	{"up", COLUMN_U32, AT(story.up)},
	{"talked", COLUMN_64, AT(story.talked)},
	{"cost", COLUMN_64, AT(story.cost)},
	{"currency", COLUMN_TEXT, AT(story.currency), SIZE(story.currency)},
	{"has_stranger", COLUMN_FLAG, AT(story.has_stranger)},
	{"is_moved", COLUMN_FLAG, AT(story.is_moved)},
	{"refused", COLUMN_U32, AT(story.refused)},
	{"would_refuse", COLUMN_U32, AT(story.would_refuse)},
	{"has_blocked", COLUMN_FLAG, AT(story.has_blocked)},
	{"would_have_blocked", COLUMN_FLAG, AT(story.would_have_blocked)},
	{"rules", COLUMN_TEXTS, LIST(rules, rules[0], rules[0], story.rule_count)},
	{"places", COLUMN_TEXTS,
		LIST(story.places, story.places[0], story.places[0].name, story.place_count)},
	{"place_calls", COLUMN_NUMBERS,
		LIST(story.places, story.places[0], story.places[0].calls, story.place_count)},
	{"calls_elsewhere", COLUMN_U32, AT(story.calls_elsewhere)},
	{"callers", COLUMN_TEXTS,
		LIST(story.callers, story.callers[0], story.callers[0], story.caller_count)},
	{"has_more_callers", COLUMN_FLAG, AT(story.has_more_callers)},
};
/* clang-format on */
#define COLUMNS (sizeof columns / sizeof columns[0])

size_t incident_row_columns(void)
{
	return COLUMNS;
}

const char *incident_row_name(size_t column)
{
	assert(column < COLUMNS);
	return columns[column].name;
}

bool incident_row_is_text(size_t column)
{
	assert(column < COLUMNS);
	enum column_kind kind = columns[column].kind;
	return kind == COLUMN_TEXT || kind == COLUMN_TEXTS || kind == COLUMN_NUMBERS ||
	       kind == COLUMN_ADDRESS;
}

/* ---- written ---- */

static const void *element(const struct incident_record *record, const struct column *column, size_t index)
{
	return (const char *)record + column->offset + index * column->stride;
}

static size_t count_of(const struct incident_record *record, const struct column *column)
{
	return *(const size_t *)(const void *)((const char *)record + column->count_offset);
}

static struct text write_list(const struct incident_record *record, const struct column *column,
	char list[static INCIDENT_ROW_TEXT_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < count_of(record, column); i++) {
		const void *value = element(record, column, i);
		size_t left = INCIDENT_ROW_TEXT_SIZE - used;
		int size = column->kind == COLUMN_TEXTS
				   ? snprintf(list + used, left, "%s\n", (const char *)value)
				   : snprintf(list + used, left, "%u\n", *(const uint32_t *)value);
		assert(size > 0 && (size_t)size < left);
		used += (size_t)size;
	}
	return (struct text){list, used};
}

void incident_row_value(const struct incident_record *record, size_t column, struct row_value *value)
{
	assert(column < COLUMNS);
	const struct column *shape = &columns[column];
	const void *member = element(record, shape, 0);
	const struct endpoint *endpoint = member;

	value->is_text = incident_row_is_text(column);
	switch (shape->kind) {
	case COLUMN_TEXT:
		value->text = text_of(member);
		break;
	case COLUMN_TEXTS:
	case COLUMN_NUMBERS:
		value->text = write_list(record, shape, value->buffer);
		break;
	case COLUMN_ADDRESS:
		value->text = endpoint->address.family == ADDRESS_NONE
				      ? TEXT("")
				      : text_of(address_format(&endpoint->address, value->buffer));
		break;
	case COLUMN_FLAG:
		value->number = *(const bool *)member;
		break;
	case COLUMN_U32:
		value->number = *(const uint32_t *)member;
		break;
	case COLUMN_64:
		value->number = *(const int64_t *)member;
		break;
	case COLUMN_PORT:
		value->number = endpoint->port;
		break;
	}
}

/* ---- read ---- */

static bool take_element(const struct column *column, struct text piece, void *value)
{
	uint64_t number;

	if (column->kind == COLUMN_TEXTS) {
		return text_copy(piece, value, column->size);
	}
	if (!text_to_number(piece, UINT32_MAX, &number)) {
		return false;
	}
	*(uint32_t *)value = (uint32_t)number;
	return true;
}

/* Of two lists with one count the second has to be as long as the first. */
static bool take_list(struct incident_record *record, const struct column *column, struct text list)
{
	size_t *known = (size_t *)(void *)((char *)record + column->count_offset), count = 0;
	struct text piece;

	for (; text_split(&list, '\n', &piece); count++) {
		void *value = (char *)record + column->offset + count * column->stride;
		if (count == column->capacity || !take_element(column, piece, value)) {
			return false;
		}
	}
	if (column->kind == COLUMN_NUMBERS && *known != count) {
		return false;
	}
	*known = count;
	return true;
}

static bool take_text(struct incident_record *record, const struct column *column, struct text text)
{
	void *member = (char *)record + column->offset;

	switch (column->kind) {
	case COLUMN_TEXT:
		return text_copy(text, member, column->size);
	case COLUMN_ADDRESS:
		return text_is_empty(text) || address_parse(text, &((struct endpoint *)member)->address);
	default:
		return take_list(record, column, text);
	}
}

static bool take_number(struct incident_record *record, const struct column *column, int64_t number)
{
	static const int64_t maxima[] = {[COLUMN_FLAG] = 1,
		[COLUMN_U32] = UINT32_MAX,
		[COLUMN_64] = INT64_MAX,
		[COLUMN_PORT] = UINT16_MAX};
	void *member = (char *)record + column->offset;

	if (number > maxima[column->kind] || (number < 0 && column->kind != COLUMN_64)) {
		return false;
	}
	switch (column->kind) {
	case COLUMN_FLAG:
		*(bool *)member = number != 0;
		break;
	case COLUMN_U32:
		*(uint32_t *)member = (uint32_t)number;
		break;
	case COLUMN_PORT:
		((struct endpoint *)member)->port = (uint16_t)number;
		break;
	default:
		*(int64_t *)member = number;
	}
	return true;
}

bool incident_row_take(struct incident_record *record, size_t column, const struct row_value *value)
{
	assert(column < COLUMNS);
	if (value->is_text != incident_row_is_text(column)) {
		return false;
	}
	return value->is_text ? take_text(record, &columns[column], value->text)
			      : take_number(record, &columns[column], value->number);
}
