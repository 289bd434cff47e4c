/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/incident_keep.h"

#include "pbxguard/incident/incident_lines.h"

#include <assert.h>
#include <string.h>

#define ORDER_LIMIT (UINT64_MAX / 4) /* so that the next ones are never used up */

static_assert(SUBJECTS_MAX <= INCIDENT_SUBJECTS_MAX, "a record has room for all subjects");

/* ---- as records ---- */

static void record_names(const struct incident *incident, struct incident_record *record)
{
	text_copy(text_of(incident->finding.rule), record->rule, sizeof record->rule);
	record->finding.rule = NULL;
	for (size_t i = 0; i < incident->story.rule_count; i++) {
		text_copy(text_of(incident->story.rules[i]), record->rules[i], sizeof record->rules[i]);
		record->story.rules[i] = NULL;
	}
	for (size_t i = 0; i < incident->subject_count; i++) {
		text_copy(
			text_of(incident->subjects[i].text), record->subjects[i], sizeof record->subjects[i]);
	}
}

static void record_of(const struct incidents *incidents, uint32_t slot, struct incident_record *record)
{
	const struct incident *incident = &incidents->items[slot];

	*record = (struct incident_record){.slot = slot};
	if (!incident_is_open(incidents, slot)) {
		return;
	}
	*record = (struct incident_record){
		.slot = slot,
		.subject_count = incident->subject_count,
		.order = incident->order,
		.is_limit = incident->is_limit,
		.was_told = incident->was_told,
		.is_closing = incident->is_closing,
		.waits = slot_queue_has(incidents->waiting, slot),
		.waiting_order = incident->waiting_order,
		.waiting_since = incident->waiting_since,
		.worst = incident->worst,
		.told_severity = incident->told_severity,
		.last_line = incident->last_line,
		.last_finding = incident->last_finding,
		.findings = incident->findings,
		.untold = incident->untold,
		.counted = incident->counted,
		.finding = incident->finding,
		.packet_time = incident->packet_time,
		.action = incident->action,
		.call = incident->call,
		.story = incident->story,
	};
	memcpy(record->id, incident->id, sizeof record->id);
	record_names(incident, record);
}

static bool offer(
	const struct incidents *incidents, uint32_t slot, incident_record_taker *taker, void *context)
{
	struct incident_record record;

	record_of(incidents, slot, &record);
	return taker(context, &record);
}

bool incidents_save(
	struct incidents *incidents, uint32_t at_most, incident_record_taker *taker, void *context)
{
	for (uint32_t i = 0; i < incidents->used; i++) {
		uint32_t slot = incidents->save_next < incidents->used ? incidents->save_next : 0;
		if (incidents->changed[slot] && (at_most-- == 0 || !offer(incidents, slot, taker, context))) {
			return false;
		}
		incidents->changed[slot] = false;
		incidents->save_next = slot + 1;
	}
	return true;
}

void incidents_save_all(struct incidents *incidents)
{
	for (uint32_t slot = 0; slot < incidents->used; slot++) {
		incident_mark(incidents, slot);
	}
}

/* ---- and back: whoever wrote a record may have been anybody ---- */

#define TEXT_AT(member)                                                                                      \
	{                                                                                                    \
		offsetof(struct incident_record, member), sizeof(((struct incident_record *)0)->member)      \
	}

static const struct {
	size_t offset, size;
} texts[] = {
	TEXT_AT(finding.subject),
	TEXT_AT(finding.evidence),
	TEXT_AT(finding.calendar),
	TEXT_AT(finding.reason),
	TEXT_AT(call.caller),
	TEXT_AT(call.dialed),
	TEXT_AT(call.number),
	TEXT_AT(call.stripped),
	TEXT_AT(call.country),
	TEXT_AT(call.country_name),
	TEXT_AT(call.prefix),
	TEXT_AT(call.call_id),
	TEXT_AT(call.other_call_id),
	TEXT_AT(call.user_agent),
	TEXT_AT(story.currency),
};

/* Ends within its room, and could be shown. */
static void mend_text(char *text, size_t size)
{
	char safe[REASON_SIZE];

	assert(size <= sizeof safe);
	struct text whole = {text, strnlen(text, size)};
	if (whole.size == size || !text_is_safe(whole)) {
		text_make_safe(whole, safe, size);
		memcpy(text, safe, strlen(safe) + 1);
	}
}

static void mend_texts(struct incident_record *record)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		mend_text((char *)record + texts[i].offset, texts[i].size);
	}
	for (size_t i = 0; i < record->subject_count; i++) {
		mend_text(record->subjects[i], sizeof record->subjects[i]);
	}
	for (size_t i = 0; i < record->story.place_count; i++) {
		mend_text(record->story.places[i].name, sizeof record->story.places[i].name);
	}
	for (size_t i = 0; i < record->story.caller_count; i++) {
		mend_text(record->story.callers[i], sizeof record->story.callers[i]);
	}
}

static bool is_id(const char id[static INCIDENT_ID_SIZE])
{
	return strnlen(id, INCIDENT_ID_SIZE) == INCIDENT_ID_SIZE - 1 &&
	       strspn(id, "0123456789abcdef") == INCIDENT_ID_SIZE - 1;
}

static bool is_time(instant time)
{
	return time >= -INSTANT_LIMIT && time <= INSTANT_LIMIT;
}

static bool is_family(uint8_t family)
{
	return family == ADDRESS_NONE || family == ADDRESS_IPV4 || family == ADDRESS_IPV6;
}

static bool has_good_times(const struct incident_record *record)
{
	return is_time(record->waiting_since) && is_time(record->last_line) &&
	       is_time(record->last_finding) && is_time(record->packet_time) &&
	       is_time(record->story.since) && is_time(record->story.latest);
}

static bool has_good_choices(const struct incident_record *record)
{
	return (unsigned)record->worst < SEVERITY_COUNT && (unsigned)record->told_severity < SEVERITY_COUNT &&
	       (unsigned)record->finding.severity < SEVERITY_COUNT &&
	       (unsigned)record->action < ACTION_TAKEN_COUNT && (unsigned)record->call.leg < LEG_COUNT &&
	       (unsigned)record->call.transport <= TRANSPORT_TCP &&
	       is_family(record->call.source.address.family) &&
	       is_family(record->call.destination.address.family);
}

static bool has_good_numbers(const struct incident_record *record)
{
	const struct story *story = &record->story;

	return record->slot < INCIDENTS_MAX && record->subject_count > 0 &&
	       record->subject_count <= INCIDENT_SUBJECTS_MAX && record->order <= ORDER_LIMIT &&
	       record->waiting_order <= ORDER_LIMIT && record->counted <= record->untold &&
	       record->finding.window >= 0 && story->talked >= 0 && story->talked <= INSTANT_LIMIT &&
	       story->cost >= 0 && story->rule_count <= STORY_RULES_MAX &&
	       story->place_count <= STORY_PLACES_MAX && story->caller_count <= STORY_CALLERS_MAX;
}

/* What was never told waits, or it would never be. */
static bool is_good(const struct incident_record *record)
{
	return is_id(record->id) && has_good_numbers(record) && has_good_times(record) &&
	       has_good_choices(record) && (record->was_told || record->waits) &&
	       (record->waits || !record->is_closing);
}

static const char *find_rule(const char name[static RULE_NAME_SIZE], rule_finder *rules)
{
	size_t size = strnlen(name, RULE_NAME_SIZE);

	return size == RULE_NAME_SIZE ? NULL : rules((struct text){name, size});
}

/* Rules that there are no more are left out. False when the finding shown has none then. */
static bool restore_names(struct incident *incident, const struct incident_record *record, rule_finder *rules)
{
	struct story *story = &incident->story;

	story->rule_count = 0;
	for (size_t i = 0; i < record->story.rule_count; i++) {
		const char *name = find_rule(record->rules[i], rules);
		if (name != NULL) {
			story->rules[story->rule_count++] = name;
		}
	}
	incident->finding.rule = record->is_limit ? incident_limit_rule : find_rule(record->rule, rules);
	if (incident->finding.rule == NULL && story->rule_count > 0) {
		incident->finding.rule = story->rules[story->rule_count - 1];
	}
	return incident->finding.rule != NULL;
}

static void shift(struct incident_record *record, duration by)
{
	record->waiting_since += by;
	record->last_line += by;
	record->last_finding += by;
	record->packet_time += by;
	record->story.since += by;
	record->story.latest += by;
}

/* Where the clock was set back meanwhile, it goes back with it. */
static void settle_times(struct incident_record *record, instant now)
{
	instant latest = record->last_line > record->last_finding ? record->last_line : record->last_finding;

	if (latest > now + CLOCK_SET_BACK) {
		shift(record, now - latest);
	}
	if (record->story.since > record->story.latest) {
		record->story.since = record->story.latest;
	}
}

static void take(struct incident *incident, const struct incident_record *record)
{
	incident->order = record->order;
	incident->is_limit = record->is_limit;
	incident->was_told = record->was_told;
	incident->is_closing = record->is_closing;
	incident->waiting_order = record->waiting_order;
	incident->waiting_since = record->waiting_since;
	incident->worst = record->worst;
	incident->told_severity = record->told_severity;
	incident->last_line = record->last_line;
	incident->last_finding = record->last_finding;
	incident->findings = record->findings;
	incident->untold = record->untold;
	incident->counted = record->counted;
	incident->finding = record->finding;
	incident->packet_time = record->packet_time;
	incident->action = record->action;
	incident->call = record->call;
	incident->story = record->story;
	incident->story.up = 0; /* nobody knows how these went on */
	memcpy(incident->id, record->id, sizeof incident->id);
}

/* This very slot, where it is free. */
static bool take_slot(struct incidents *incidents, uint32_t slot)
{
	while (incidents->used <= slot) {
		incidents->unused[incidents->unused_count++] = incidents->used++;
	}
	for (uint32_t i = 0; i < incidents->unused_count; i++) {
		if (incidents->unused[i] == slot) {
			incidents->unused[i] = incidents->unused[--incidents->unused_count];
			return true;
		}
	}
	return false;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void begin_again(struct incidents *incidents, uint32_t slot)
{
	const struct incident *incident = &incidents->items[slot];

	incidents->orders = later(incidents->orders, later(incident->order, incident->waiting_order));
	incidents->call_hashes[slot] = incident_call_hash(incidents, text_of(incident->call.call_id));
	incidents->limit_slot = incident->is_limit ? slot : incidents->limit_slot;
	slot_queue_put(incidents->ages, slot,
		(struct slot_key){incident->call.leg == LEG_OUTSIDE ? 0 : 1, incident->order});
	if (incident->was_told) {
		alert_budget_recall(&incidents->budget, incident->last_line);
	}
}

static void see_time(struct incidents *incidents, const struct incident *incident)
{
	instant latest =
		incident->last_line > incident->last_finding ? incident->last_line : incident->last_finding;

	if (!incidents->has_time || latest > incidents->latest) {
		incidents->latest = latest;
	}
	incidents->has_time = true;
}

bool incidents_restore(
	struct incidents *incidents, const struct incident_record *record, instant now, rule_finder *rules)
{
	struct incident_record good = *record;
	struct incident incident = {0};

	if (!is_good(&good) || (good.is_limit && incidents->limit_slot != NO_SLOT)) {
		return false;
	}
	mend_texts(&good);
	settle_times(&good, now);
	take(&incident, &good);
	if (!restore_names(&incident, &good, rules) || !take_slot(incidents, good.slot)) {
		return false;
	}
	incidents->items[good.slot] = incident;
	for (size_t i = 0; i < good.subject_count; i++) {
		struct subject_key key = subject_key_of(good.subjects[i]);
		incident_add_subject(incidents, good.slot, &key);
	}
	if (incidents->items[good.slot].subject_count == 0) { /* they lead to a later one */
		incidents->unused[incidents->unused_count++] = good.slot;
		incident_mark(incidents, good.slot);
		return false;
	}
	begin_again(incidents, good.slot);
	see_time(incidents, &incident);
	incident_resume(incidents, good.slot, good.waits);
	return true;
}
