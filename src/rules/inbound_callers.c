/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/inbound_callers.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"

#include <stdlib.h>
#include <string.h>

/* Each call is in the table twice, so that it is found either way. */
enum key_kind { KEY_NUMBER, KEY_CALL_ID };

struct key {
	uint64_t kind, value;
};

struct call_up {
	uint64_t call;
	instant until; /* unless something is heard of it again */
};

struct entry {
	struct shown_number number; /* of KEY_NUMBER */
	struct inbound_caller caller;
	struct call_up up[INBOUND_CALLS_MAX];
};

struct inbound_callers {
	duration just_began;
	struct digest_key digest_key;
	struct table *table;
};

struct inbound_callers *inbound_callers_new(size_t memory, duration just_began)
{
	struct table_shape shape = {.key_size = sizeof(struct key), .value_size = sizeof(struct entry)};
	struct inbound_callers *callers = calloc(1, sizeof *callers);

	if (callers == NULL) {
		return NULL;
	}
	shape.lifetime = just_began > INBOUND_SIGN_OF_LIFE ? just_began : INBOUND_SIGN_OF_LIFE;
	shape.capacity = table_entries_in(
		memory, &shape, (size_t)2 * INBOUND_CALLERS_MINIMUM, (size_t)2 * INBOUND_CALLERS_MAXIMUM);
	callers->just_began = just_began;
	callers->digest_key = digest_key_new();
	callers->table = table_new(&shape);
	if (callers->table == NULL) {
		inbound_callers_free(callers);
		return NULL;
	}
	return callers;
}

void inbound_callers_free(struct inbound_callers *callers)
{
	if (callers == NULL) {
		return;
	}
	table_free(callers->table);
	free(callers);
}

void inbound_callers_adopt(struct inbound_callers *callers, const struct inbound_callers *old)
{
	callers->digest_key = old->digest_key;
	table_adopt(callers->table, old->table);
}

uint64_t inbound_callers_evicted(const struct inbound_callers *callers)
{
	return table_figures(callers->table).evicted;
}

/* ---- the calls of one entry */

static struct call_up *find_up(struct entry *entry, uint64_t call)
{
	for (size_t i = 0; i < INBOUND_CALLS_MAX; i++) {
		if (entry->up[i].call == call) {
			return &entry->up[i];
		}
	}
	return NULL;
}

/* A free place, or the one of the call that was heard of longest ago. */
static struct call_up *place_for(struct entry *entry, uint64_t call)
{
	struct call_up *place = find_up(entry, call);

	if (place == NULL) {
		place = find_up(entry, 0);
	}
	if (place != NULL) {
		return place;
	}
	place = &entry->up[0];
	for (size_t i = 1; i < INBOUND_CALLS_MAX; i++) {
		if (entry->up[i].until < place->until) {
			place = &entry->up[i];
		}
	}
	return place;
}

static void note_in(struct entry *entry, const struct event *event)
{
	struct call_up *up;

	switch (event->kind) {
	case EVENT_CALL_ANSWERED:
	case EVENT_CALL_STILL_UP:
		*place_for(entry, event->call) =
			(struct call_up){event->call, event->time + INBOUND_SIGN_OF_LIFE};
		break;
	case EVENT_CALL_REFUSED:
	case EVENT_CALL_CANCELLED:
	case EVENT_CALL_ENDED:
		up = find_up(entry, event->call);
		if (up != NULL) {
			*up = (struct call_up){0};
		}
		break;
	default:
		break;
	}
}

/* ---- the entries */

static struct key key_of_number(const struct shown_number *number)
{
	return (struct key){KEY_NUMBER, shown_number_tail(number)};
}

static struct key key_of_call(const struct inbound_callers *callers, struct text call_id)
{
	call_id = text_part(call_id, 0, CALL_ID_COMPARED);
	return (struct key){KEY_CALL_ID, digest_text(&callers->digest_key, call_id)};
}

/* The number by which a caller is known, and what to call it. */
static bool read_number(const struct event *event, struct shown_number *number, char *text)
{
	const struct text users[] = {event->caller_e164, event->asserted_user, event->from_user};

	for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
		if (shown_number_read(users[i], number)) {
			text_make_safe(users[i], text, INBOUND_TEXT_SIZE);
			return true;
		}
	}
	text_copy(TEXT("a hidden number"), text, INBOUND_TEXT_SIZE);
	return false;
}

static struct entry *find_or_add(struct inbound_callers *callers, const struct key *key,
	const struct shown_number *number, instant now)
{
	bool added;
	struct entry *entry = table_find_or_add(callers->table, key, now, &added);

	/* Another number with the same end makes room. */
	if (!shown_number_equal(&entry->number, number)) {
		*entry = (struct entry){0};
	}
	entry->number = *number;
	return entry;
}

void inbound_callers_note(struct inbound_callers *callers, const struct event *event)
{
	struct key keys[] = {key_of_call(callers, event->call_id), {0}};
	instant began = event->attempted != 0 ? event->attempted : event->time;
	char text[INBOUND_TEXT_SIZE];
	struct shown_number number = {0};
	size_t key_count = text_is_empty(event->call_id) ? 0 : 1;

	if (read_number(event, &number, text)) {
		keys[key_count++] = key_of_number(&number);
	}
	for (size_t i = 0; i < key_count; i++) {
		struct entry *entry = find_or_add(callers, &keys[i], &number, event->time);
		if (entry->caller.number[0] == '\0' || began > entry->caller.began) {
			entry->caller.began = began;
			memcpy(entry->caller.number, text, sizeof text);
		}
		note_in(entry, event);
	}
}

static bool find(struct inbound_callers *callers, const struct key *key, const struct shown_number *number,
	instant now, struct inbound_caller *caller)
{
	const struct entry *entry = table_find(callers->table, key, now);
	bool is_up = false;

	if (entry == NULL || (number != NULL && !shown_number_equal(&entry->number, number)) ||
		entry->caller.began > now) {
		return false;
	}
	for (size_t i = 0; i < INBOUND_CALLS_MAX; i++) {
		is_up = is_up || (entry->up[i].call != 0 && entry->up[i].until >= now);
	}
	/* Without sign, so that no pair of times can overflow. */
	if (!is_up && (uint64_t)now - (uint64_t)entry->caller.began > (uint64_t)callers->just_began) {
		return false;
	}
	*caller = entry->caller;
	caller->is_up = is_up;
	return true;
}

bool inbound_callers_find_number(struct inbound_callers *callers, const struct shown_number *number,
	instant now, struct inbound_caller *caller)
{
	const struct key key = key_of_number(number);

	return find(callers, &key, number, now, caller);
}

bool inbound_callers_find_call(
	struct inbound_callers *callers, struct text call_id, instant now, struct inbound_caller *caller)
{
	const struct key key = key_of_call(callers, call_id);

	return !text_is_empty(call_id) && find(callers, &key, NULL, now, caller);
}
