/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/incident.h"

#include "pbxguard/incident/incident_lines.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Without an event of the call; one that is up has one every 30 seconds. */
#define MEMBER_LIFETIME HOUR

/* ---- made, freed, configured ---- */

static void take_settings(
	struct incidents *incidents, const struct incident_settings *settings, const struct site *site)
{
	assert(settings->alerts_per_minute > 0 && settings->alerts_per_minute <= ALERT_BUDGET_MAX);
	assert(settings->alert_interval > 0);
	incidents->settings = *settings;
	text_make_safe(text_of(site->name), incidents->site_name, sizeof incidents->site_name);
}

struct incidents *incidents_new(
	const struct incident_settings *settings, const struct site *site, struct counters *counters)
{
	static const struct table_shape shape = {.capacity = (size_t)INCIDENTS_MAX * SUBJECTS_MAX,
		.key_size = sizeof(struct subject_key),
		.value_size = sizeof(uint32_t)};
	static const struct table_shape members = {.capacity = MEMBERS_MAX,
		.key_size = sizeof(struct member_key),
		.value_size = sizeof(struct member),
		.lifetime = MEMBER_LIFETIME};
	struct incidents *incidents = calloc(1, sizeof *incidents);

	if (incidents == NULL) {
		return NULL;
	}
	take_settings(incidents, settings, site);
	incidents->counters = counters;
	incidents->hash_key = digest_key_new();
	incidents->limit_slot = NO_SLOT;
	incidents->slots = table_new(&shape);
	incidents->members = table_new(&members);
	incidents->items = calloc(INCIDENTS_MAX, sizeof *incidents->items);
	incidents->deadlines = slot_queue_new(INCIDENTS_MAX);
	incidents->waiting = slot_queue_new(INCIDENTS_MAX);
	incidents->ages = slot_queue_new(INCIDENTS_MAX);
	if (incidents->slots == NULL || incidents->members == NULL || incidents->items == NULL ||
		incidents->deadlines == NULL || incidents->waiting == NULL || incidents->ages == NULL) {
		incidents_free(incidents);
		return NULL;
	}
	return incidents;
}

void incidents_free(struct incidents *incidents)
{
	if (incidents == NULL) {
		return;
	}
	table_free(incidents->slots);
	table_free(incidents->members);
	free(incidents->items);
	slot_queue_free(incidents->deadlines);
	slot_queue_free(incidents->waiting);
	slot_queue_free(incidents->ages);
	free(incidents);
}

void incidents_configure(
	struct incidents *incidents, const struct incident_settings *settings, const struct site *site)
{
	take_settings(incidents, settings, site);
	incidents_schedule_all(incidents);
}

/* ---- which incident ---- */

static bool is_about_site(const struct finding *finding)
{
	return strcmp(finding->subject, SITE_SUBJECT) == 0;
}

/* The incident that a subject of this event's findings leads to. */
static uint32_t slot_by_subjects(struct incidents *incidents, const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct subject_key key = subject_key_of(findings->items[i].subject);
		uint32_t slot = is_about_site(&findings->items[i]) ? NO_SLOT : incident_find(incidents, &key);
		if (slot != NO_SLOT) {
			return slot;
		}
	}
	return NO_SLOT;
}

/* The finding whose subject names a new incident: the caller before the address, both before all else. */
static const struct finding *naming(const struct findings *findings)
{
	static const char *const kinds[] = {"caller:", "source:", "number:"};

	for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
		for (size_t i = 0; i < findings->count; i++) {
			const struct finding *finding = &findings->items[i];
			if (strncmp(finding->subject, kinds[kind], strlen(kinds[kind])) == 0) {
				return finding;
			}
		}
	}
	return NULL;
}

/*
 * The incident for all that an event shows about its caller, address and number: that of its call, else that
 * of one of these, else a new one. NO_SLOT when there are findings about the site only.
 */
static uint32_t slot_of(struct incidents *incidents, const struct member *member,
	const struct findings *findings, instant now)
{
	const struct finding *name = naming(findings);
	uint32_t slot = member != NULL ? member->slot : slot_by_subjects(incidents, findings);

	if (slot == NO_SLOT && name != NULL) {
		slot = incident_open(incidents, name, now);
	}
	for (size_t i = 0; slot != NO_SLOT && i < findings->count; i++) {
		struct subject_key key = subject_key_of(findings->items[i].subject);
		if (!is_about_site(&findings->items[i])) {
			incident_add_subject(incidents, slot, &key);
		}
	}
	return slot;
}

/* ---- the calls of an incident ---- */

/* The other leg of a call was seen: it belongs to every incident whose last call that is. */
static void join_call(struct incidents *incidents, const struct event *event)
{
	uint64_t hash = incident_call_hash(incidents, event->joined_call_id);

	for (uint32_t slot = 0; hash != 0 && slot < incidents->used; slot++) {
		struct decision_call *call = &incidents->items[slot].call;
		if (incidents->call_hashes[slot] == hash) {
			incident_mark(incidents, slot);
			text_make_safe(event->call_id, call->other_call_id, sizeof call->other_call_id);
		}
	}
}

/* What becomes of its calls keeps an incident open. */
static void follow(struct incidents *incidents, struct member *member, const struct event *event,
	const struct findings *findings, instant now)
{
	struct incident *incident = &incidents->items[member->slot];

	incident_mark(incidents, member->slot);
	story_follow(&incident->story, &member->call, event, findings->cost, findings->currency);
	if (now > incident->last_finding) {
		incident->last_finding = now;
		incident_schedule(incidents, member->slot);
	}
}

/* One event's incident: its own, or the site's. */
static void handle_in(struct incidents *incidents, uint32_t slot, const struct event *event,
	const struct findings *findings, instant now, bool is_sites)
{
	struct member *member = incident_find_member(incidents, event, is_sites);

	if (member == NULL) {
		member = incident_add_member(incidents, slot, event, is_sites);
	}
	follow(incidents, member, event, findings, now);
}

/* ---- events ---- */

/* The findings of an event that go into one incident. */
static void add_to_batch(struct incident_batch *batch, const struct finding *finding)
{
	batch->findings[batch->count++] = finding;
}

/* Of the site's findings, too, what is no news. Gives the slot, or NO_SLOT. */
static uint32_t handle_own(struct incidents *incidents, const struct event *event,
	const struct findings *findings, const struct judgement *judgement, instant now)
{
	uint32_t slot = slot_of(incidents, incident_find_member(incidents, event, false), findings, now);
	struct incident_batch batch = {0};
	enum severity worst = slot == NO_SLOT ? SEVERITY_NOTICE : incidents->items[slot].worst;

	if (slot == NO_SLOT) {
		return slot;
	}
	incident_pin(incidents, slot);
	handle_in(incidents, slot, event, findings, now, false);
	story_add_judgement(&incidents->items[slot].story, judgement);
	for (size_t i = 0; i < findings->count; i++) {
		if (!is_about_site(&findings->items[i])) {
			add_to_batch(&batch, &findings->items[i]);
			worst = findings->items[i].severity > worst ? findings->items[i].severity : worst;
		}
	}
	for (size_t i = 0; i < findings->count; i++) {
		if (is_about_site(&findings->items[i]) && findings->items[i].severity <= worst) {
			add_to_batch(&batch, &findings->items[i]);
		}
	}
	if (batch.count > 0) {
		incident_gather(incidents, slot, &batch, event, judgement->action, now);
	}
	return slot;
}

/* What is found about the whole site, and graver than what is known of him who calls. */
static void handle_sites(struct incidents *incidents, const struct event *event,
	const struct findings *findings, const struct judgement *judgement, instant now, uint32_t own)
{
	struct member *member = incident_find_member(incidents, event, true);
	struct incident_batch batch = {0};

	if (member != NULL) {
		follow(incidents, member, event, findings, now);
	}
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		if (is_about_site(finding) &&
			(own == NO_SLOT || finding->severity > incidents->items[own].worst)) {
			add_to_batch(&batch, finding);
		}
	}
	if (batch.count == 0) {
		return;
	}
	struct subject_key key = subject_key_of(SITE_SUBJECT);
	uint32_t slot = incident_find(incidents, &key);
	slot = slot != NO_SLOT ? slot : incident_open(incidents, batch.findings[0], now);
	incident_pin(incidents, slot);
	if (member == NULL) {
		handle_in(incidents, slot, event, findings, now, true);
	}
	story_add_judgement(&incidents->items[slot].story, judgement);
	incident_gather(incidents, slot, &batch, event, judgement->action, now);
	incident_touch(incidents, slot);
}

void incidents_handle_judged(struct incidents *incidents, const struct event *event,
	const struct findings *findings, struct judgement *judgement, decision_handler *handler,
	void *context)
{
	incidents->handler = handler;
	incidents->context = context;
	instant now = incidents_arrive(incidents, event->time);

	if (event->kind == EVENT_CALL_JOINED) {
		join_call(incidents, event);
	}
	if (findings->count == 0 && event->call == 0) {
		return; /* most events: nothing was found, and nothing comes of the call that could be told */
	}
	uint32_t slot = handle_own(incidents, event, findings, judgement, now);
	handle_sites(incidents, event, findings, judgement, now, slot);
	if (slot != NO_SLOT) {
		memcpy(judgement->incident, incidents->items[slot].id, sizeof judgement->incident);
		incident_touch(incidents, slot);
	}
}

void incidents_handle(struct incidents *incidents, const struct event *event, const struct findings *findings,
	decision_handler *handler, void *context)
{
	struct judgement judgement = {.action = ACTION_NONE};

	incidents_handle_judged(incidents, event, findings, &judgement, handler, context);
}

void incidents_note(struct incidents *incidents, const char *incident, enum action_taken action)
{
	const struct judgement judgement = {.action = action};

	for (uint32_t slot = 0; incident[0] != '\0' && slot < incidents->used; slot++) {
		if (strcmp(incidents->items[slot].id, incident) == 0) {
			story_add_judgement(&incidents->items[slot].story, &judgement);
		}
	}
}

void incidents_tick(struct incidents *incidents, instant now, decision_handler *handler, void *context)
{
	incidents->handler = handler;
	incidents->context = context;
	incidents_arrive(incidents, now);
}

void incidents_finish(struct incidents *incidents, decision_handler *handler, void *context)
{
	incidents->handler = handler;
	incidents->context = context;
	incidents_tell_rest(incidents);
}
