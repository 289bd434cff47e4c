/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/incident_set.h"

#include <string.h>

bool incident_is_open(const struct incidents *incidents, uint32_t slot)
{
	return slot_queue_has(incidents->ages, slot);
}

void incident_mark(struct incidents *incidents, uint32_t slot)
{
	incidents->changed[slot] = true;
}

/* ---- subjects ---- */

struct subject_key subject_key_of(const char *subject)
{
	struct subject_key key = {0};

	text_copy(text_of(subject), key.text, sizeof key.text);
	return key;
}

uint32_t incident_find(const struct incidents *incidents, const struct subject_key *key)
{
	const uint32_t *slot = table_find(incidents->slots, key, incidents->latest);

	return slot == NULL ? NO_SLOT : *slot;
}

void incident_add_subject(struct incidents *incidents, uint32_t slot, const struct subject_key *key)
{
	struct incident *incident = &incidents->items[slot];
	bool added;

	if (incident->subject_count == SUBJECTS_MAX || incident_find(incidents, key) != NO_SLOT) {
		return;
	}
	*(uint32_t *)table_find_or_add(incidents->slots, key, incidents->latest, &added) = slot;
	incident->subjects[incident->subject_count++] = *key;
}

/* ---- slots ---- */

void incident_touch(struct incidents *incidents, uint32_t slot)
{
	/* Strangers' tries first: a flood of them must not push out what is known of the site's own phones.
	 */
	bool is_outside = incidents->items[slot].call.leg == LEG_OUTSIDE;

	slot_queue_put(incidents->ages, slot, (struct slot_key){is_outside ? 0 : 1, ++incidents->orders});
	incident_mark(incidents, slot);
}

/* While an event is handled its incidents must not make room for each other, or for the limit's. */
void incident_pin(struct incidents *incidents, uint32_t slot)
{
	slot_queue_put(incidents->ages, slot, (struct slot_key){2, ++incidents->orders});
	incident_mark(incidents, slot);
}

void incident_forget(struct incidents *incidents, uint32_t slot)
{
	slot_queue_remove(incidents->deadlines, slot);
	slot_queue_remove(incidents->waiting, slot);
	slot_queue_remove(incidents->ages, slot);
	for (size_t i = 0; i < incidents->items[slot].subject_count; i++) {
		table_remove(incidents->slots, &incidents->items[slot].subjects[i]);
	}
	incidents->items[slot].id[0] = '\0';
	incidents->call_hashes[slot] = 0;
	incidents->limit_slot = slot == incidents->limit_slot ? NO_SLOT : incidents->limit_slot;
	incidents->unused[incidents->unused_count++] = slot;
	incident_mark(incidents, slot);
}

/* ---- calls ---- */

uint64_t incident_call_hash(const struct incidents *incidents, struct text call_id)
{
	return call_id.size == 0 ? 0 : digest_text(&incidents->hash_key, call_id) | 1;
}

static struct member_key member_key(
	const struct incidents *incidents, const struct event *event, bool is_sites)
{
	return (struct member_key){
		event->call != 0 ? event->call : incident_call_hash(incidents, event->call_id), is_sites};
}

struct member *incident_find_member(struct incidents *incidents, const struct event *event, bool is_sites)
{
	struct member_key key = member_key(incidents, event, is_sites);
	struct member *member = table_find(incidents->members, &key, incidents->latest);
	bool is_known = member != NULL && strcmp(incidents->items[member->slot].id, member->incident) == 0;

	return is_known ? member : NULL;
}

struct member *incident_add_member(
	struct incidents *incidents, uint32_t slot, const struct event *event, bool is_sites)
{
	struct member_key key = member_key(incidents, event, is_sites);
	bool added;
	uint64_t evicted = table_figures(incidents->members).evicted;
	struct member *member = table_find_or_add(incidents->members, &key, incidents->latest, &added);

	counter_add(incidents->counters, COUNTER_KEYS_EVICTED,
		table_figures(incidents->members).evicted - evicted);

	*member = (struct member){.slot = slot};
	memcpy(member->incident, incidents->items[slot].id, sizeof member->incident);
	story_add_call(&incidents->items[slot].story, event);
	return member;
}
