/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/incident_lines.h"

#include "pbxguard/incident/decision_call.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define QUIET_INTERVALS 2 /* without a finding, then an incident is closed */

const char incident_limit_rule[] = "alert_limit";

static void want_line(struct incidents *incidents, uint32_t slot, instant now);

void incident_schedule(struct incidents *incidents, uint32_t slot)
{
	const struct incident *incident = &incidents->items[slot];
	duration interval = incidents->settings.alert_interval;
	instant due = incident->last_line + interval;

	incident_mark(incidents, slot);
	if (slot_queue_has(incidents->waiting, slot)) {
		slot_queue_remove(incidents->deadlines, slot);
		return;
	}
	if (incident->untold == 0) {
		due = incident->last_finding + QUIET_INTERVALS * interval;
		/* Told late, it may be quiet for long already: a closing does not come before that line. */
		due = due > incident->last_line ? due : incident->last_line;
	}
	slot_queue_put(incidents->deadlines, slot, (struct slot_key){due, incident->order});
}

void incidents_schedule_all(struct incidents *incidents)
{
	for (uint32_t slot = 0; slot < incidents->used; slot++) {
		if (incident_is_open(incidents, slot)) {
			incident_schedule(incidents, slot);
		}
	}
}

/* ---- telling ---- */

/* The last line of a minute is kept for the one that says that others wait (unless there is only one). */
static size_t lines_for(const struct incidents *incidents, const struct incident *incident)
{
	size_t lines = incidents->settings.alerts_per_minute;
	uint32_t limit = incidents->limit_slot;
	bool is_said = limit != NO_SLOT && incidents->items[limit].was_told;

	return lines == 1 || is_said || incident->is_limit ? lines : lines - 1;
}

static enum incident_state state_of(const struct incident *incident)
{
	if (incident->is_closing) {
		return INCIDENT_CLOSED;
	}
	if (!incident->was_told) {
		return INCIDENT_OPENED;
	}
	return incident->finding.severity > incident->told_severity ? INCIDENT_RAISED : INCIDENT_REPEATED;
}

/* A line that opens or raises tells one finding itself; so does one that repeats it at once. In a digest all
 * of them were held back. */
static uint32_t suppressed_in(const struct incident *incident, enum incident_state state, instant now)
{
	bool tells_one = state == INCIDENT_OPENED || state == INCIDENT_RAISED || now == incident->packet_time;

	return incident->untold > 0 && tells_one ? incident->untold - 1 : incident->untold;
}

/* That it is quiet wakes nobody up: a notice, whatever it was before. */
static void say_closed(
	const struct incidents *incidents, const struct incident *incident, struct decision *decision)
{
	char quiet[DURATION_TEXT_SIZE];

	decision->finding.severity = SEVERITY_NOTICE;
	decision->action = ACTION_NONE;
	snprintf(decision->finding.reason, sizeof decision->finding.reason,
		"Nothing more for %s after %llu finding%s, %s at worst.",
		duration_format(QUIET_INTERVALS * incidents->settings.alert_interval, quiet),
		(unsigned long long)incident->findings, incident->findings == 1 ? "" : "s",
		severity_name(incident->told_severity));
}

/* While lines wait it is not over, though no new one has to. */
static void keep_limit_open(struct incidents *incidents, instant now)
{
	uint32_t limit = incidents->limit_slot;

	if (limit != NO_SLOT && incidents->items[limit].last_finding < now) {
		incidents->items[limit].last_finding = now;
		incident_schedule(incidents, limit);
	}
}

static void note_told(struct incidents *incidents, uint32_t slot, instant now)
{
	struct incident *incident = &incidents->items[slot];
	bool waited = slot_queue_has(incidents->waiting, slot);

	if (incident->is_closing) {
		incident_forget(incidents, slot);
	} else {
		if (!incident->was_told || incident->finding.severity > incident->told_severity) {
			incident->told_severity = incident->finding.severity;
		}
		incident->last_line = now > incident->last_line ? now : incident->last_line;
		incident->was_told = true;
		incident->untold = incident->counted = 0;
		slot_queue_remove(incidents->waiting, slot);
		incident_schedule(incidents, slot);
	}
	if (waited && !incident->is_limit) {
		keep_limit_open(incidents, now);
	}
}

static void tell(struct incidents *incidents, uint32_t slot, instant now)
{
	const struct incident *incident = &incidents->items[slot];
	enum incident_state state = state_of(incident);
	struct decision decision = {
		.time = now,
		.packet_time = incident->packet_time,
		.state = state,
		.finding = incident->finding,
		.action = incident->action,
		.suppressed = suppressed_in(incident, state, now),
		.call = incident->call,
	};

	memcpy(decision.incident, incident->id, sizeof decision.incident);
	if (!incident->is_limit) {
		decision.story = incident->story;
		story_tell(&incident->story, incident->subjects[0].text, decision.story_text);
	}
	if (state == INCIDENT_CLOSED) {
		say_closed(incidents, incident, &decision);
	}
	alert_budget_spend(&incidents->budget, now);
	counter_add(incidents->counters, COUNTER_ALERTS, 1);
	if (decision.suppressed > incident->counted &&
		!incident->is_limit) { /* a line that waited became a digest */
		counter_add(incidents->counters, COUNTER_ALERTS_SUPPRESSED,
			decision.suppressed - incident->counted);
	}
	note_told(incidents, slot, now);
	incidents->handler(incidents->context, &decision);
}

/* ---- opening ---- */

/* The incident touched longest ago makes room; what it held is told now, or its loss is counted. */
static void evict(struct incidents *incidents, instant now)
{
	uint32_t slot;
	bool is_any = slot_queue_top(incidents->ages, &slot, NULL);
	const struct incident *incident = &incidents->items[slot];

	assert(is_any);
	(void)is_any;
	if (incident->untold > 0 && !slot_queue_has(incidents->waiting, slot) &&
		alert_budget_free_at(&incidents->budget, lines_for(incidents, incident)) <= now) {
		tell(incidents, slot, now);
	}
	counter_add(incidents->counters, COUNTER_FINDINGS_UNTOLD, incident->untold);
	counter_add(incidents->counters, COUNTER_KEYS_EVICTED, 1);
	incident_forget(incidents, slot);
}

static uint32_t take_slot(struct incidents *incidents, instant now)
{
	if (incidents->unused_count == 0 && incidents->used < INCIDENTS_MAX) {
		return incidents->used++;
	}
	if (incidents->unused_count == 0) {
		evict(incidents, now);
	}
	return incidents->unused[--incidents->unused_count];
}

/* The same in every run: nothing of it is random. */
static void make_id(const struct incidents *incidents, const struct finding *finding, instant first,
	char id[static INCIDENT_ID_SIZE])
{
	char text[SITE_NAME_SIZE + SUBJECT_SIZE + 64 + 32];
	int size = snprintf(text, sizeof text, "%s\n%s\n%.64s\n%lld", incidents->site_name, finding->subject,
		finding->rule, (long long)first);

	assert(size > 0 && (size_t)size < sizeof text);
	struct digest digest = digest_plain(text, (size_t)size);
	for (size_t i = 0; i < (INCIDENT_ID_SIZE - 1) / 2; i++) {
		snprintf(id + 2 * i, 3, "%02x", digest.bytes[i]);
	}
}

static bool is_limit(const struct finding *finding)
{
	return strcmp(finding->rule, incident_limit_rule) == 0;
}

uint32_t incident_open(struct incidents *incidents, const struct finding *finding, instant now)
{
	/* Of the limit's own incident no call is a part, whatever else is said about the site. */
	struct subject_key key = subject_key_of(is_limit(finding) ? incident_limit_rule : finding->subject);
	uint32_t slot = take_slot(incidents, now);
	struct incident *incident = &incidents->items[slot];

	memset(incident, 0, sizeof *incident);
	incident->order = ++incidents->orders;
	incident->is_limit = is_limit(finding);
	incidents->limit_slot = incident->is_limit ? slot : incidents->limit_slot;
	incident->last_finding = incident->last_line = incident->waiting_since = now;
	make_id(incidents, finding, now, incident->id);
	incident_add_subject(incidents, slot, &key);
	return slot;
}

/* ---- findings ---- */

static void take_call(struct incidents *incidents, uint32_t slot, const struct event *event)
{
	uint64_t hash = incident_call_hash(incidents, event->call_id);
	struct decision_call *call = &incidents->items[slot].call;
	char other[CALL_ID_SIZE] = "";

	if (hash == incidents->call_hashes[slot]) { /* the same call again: its other leg stays known */
		memcpy(other, call->other_call_id, sizeof other);
	}
	decision_call_of(event, call);
	if (call->other_call_id[0] == '\0') {
		memcpy(call->other_call_id, other, sizeof other);
	}
	incidents->call_hashes[slot] = hash;
}

/* event is NULL for our own finding about the limit. */
static void absorb(struct incidents *incidents, uint32_t slot, const struct finding *finding,
	const struct event *event, enum action_taken action, instant now)
{
	struct incident *incident = &incidents->items[slot];

	if (incident->untold == 0 || finding->severity >= incident->finding.severity) {
		incident->finding = *finding;
		incident->action = action;
		incident->packet_time = now;
		if (event != NULL) {
			take_call(incidents, slot, event);
		}
	}
	if (finding->severity > incident->worst) {
		incident->worst = finding->severity;
	}
	incident->untold += incident->untold < UINT32_MAX;
	incident->findings++;
	incident->is_closing = false;
	if (now > incident->last_finding) {
		incident->last_finding = now;
	}
}

static bool is_told_at_once(const struct incidents *incidents, const struct incident *incident,
	const struct finding *finding, instant now)
{
	return !incident->was_told || finding->severity > incident->told_severity ||
	       now - incident->last_line >= incidents->settings.alert_interval;
}

static size_t gravest(const struct incident_batch *batch)
{
	size_t best = 0;

	for (size_t i = 1; i < batch->count; i++) {
		if (batch->findings[i]->severity > batch->findings[best]->severity) {
			best = i;
		}
	}
	return best;
}

void incident_gather(struct incidents *incidents, uint32_t slot, const struct incident_batch *batch,
	const struct event *event, enum action_taken action, instant now)
{
	struct incident *incident = &incidents->items[slot];
	bool waits = slot_queue_has(incidents->waiting, slot);
	size_t best = gravest(batch);
	bool is_at_once = !waits && is_told_at_once(incidents, incident, batch->findings[best], now);

	for (size_t i = 0; i < batch->count; i++) {
		story_add_finding(&incident->story, batch->findings[i], now);
	}
	for (size_t i = 0; i < batch->count; i++) {
		if (i != best) {
			absorb(incidents, slot, batch->findings[i], event, action, now);
		}
	}
	absorb(incidents, slot, batch->findings[best], event, action, now);
	if (!is_at_once && !incident->is_limit) {
		incident->counted += (uint32_t)batch->count;
		counter_add(incidents->counters, COUNTER_ALERTS_SUPPRESSED, batch->count);
	}
	if (waits || is_at_once) {
		want_line(incidents, slot, now);
	} else {
		incident_schedule(incidents, slot);
	}
}

/* ---- storms ---- */

static void say_limit(struct incidents *incidents, instant now)
{
	uint32_t lines = incidents->settings.alerts_per_minute;
	struct finding finding = {
		.rule = incident_limit_rule,
		.severity = SEVERITY_WARNING,
		.count = lines,
		.limit = lines,
		.window = ALERT_BUDGET_WINDOW,
	};

	text_copy(TEXT(SITE_SUBJECT), finding.subject, sizeof finding.subject);
	snprintf(finding.reason, sizeof finding.reason,
		"The limit of %u alert line%s in 60 s (actions.alerts_per_minute) is reached: further alerts "
		"wait and are told as soon as there is room, the gravest first.",
		lines, lines == 1 ? "" : "s");
	uint32_t slot = incidents->limit_slot;
	slot = slot != NO_SLOT ? slot : incident_open(incidents, &finding, now);
	incident_pin(incidents, slot);
	const struct incident_batch batch = {1, {&finding}};
	incident_gather(incidents, slot, &batch, NULL, ACTION_NONE, now);
	incident_touch(incidents, slot);
}

/* That alerts wait is told first, closings last, between them the gravest first, strangers' tries after
 * others. */
static int64_t rank_of(const struct incident *incident)
{
	if (incident->is_closing) {
		return INT64_C(2) * (SEVERITY_COUNT + 1);
	}
	if (incident->is_limit && !incident->was_told) {
		return 0;
	}
	return 2 * (SEVERITY_COUNT - (int64_t)incident->finding.severity) +
	       (incident->call.leg == LEG_OUTSIDE);
}

static void wait_for_room(struct incidents *incidents, uint32_t slot, instant now)
{
	struct incident *incident = &incidents->items[slot];
	bool is_new = !slot_queue_has(incidents->waiting, slot);

	incident_mark(incidents, slot);
	if (is_new) {
		incident->waiting_order = ++incidents->orders;
		incident->waiting_since = now;
	}
	slot_queue_put(
		incidents->waiting, slot, (struct slot_key){rank_of(incident), incident->waiting_order});
	slot_queue_remove(incidents->deadlines, slot);
	if (!is_new) {
		return;
	}
	counter_add(incidents->counters, COUNTER_ALERTS_DELAYED, 1);
	if (!incident->is_limit) {
		say_limit(incidents, now);
	}
}

static void want_line(struct incidents *incidents, uint32_t slot, instant now)
{
	const struct incident *incident = &incidents->items[slot];
	uint32_t first;
	bool others_wait = slot_queue_top(incidents->waiting, &first, NULL) && !incident->is_limit;

	if (!others_wait && alert_budget_free_at(&incidents->budget, lines_for(incidents, incident)) <= now) {
		tell(incidents, slot, now);
	} else {
		wait_for_room(incidents, slot, now);
	}
}

void incident_resume(struct incidents *incidents, uint32_t slot, bool waits)
{
	const struct incident *incident = &incidents->items[slot];

	if (waits) {
		slot_queue_put(incidents->waiting, slot,
			(struct slot_key){rank_of(incident), incident->waiting_order});
	}
	incident_schedule(incidents, slot);
}

/* ---- time ---- */

/* When there is room for the line that waits first. */
static instant room_at(const struct incidents *incidents, uint32_t slot)
{
	const struct incident *incident = &incidents->items[slot];
	instant at = alert_budget_free_at(&incidents->budget, lines_for(incidents, incident));

	/* Earlier only where a reload has raised the limit. */
	return at > incident->waiting_since ? at : incident->waiting_since;
}

static void meet_deadline(struct incidents *incidents, uint32_t slot, instant due)
{
	struct incident *incident = &incidents->items[slot];

	slot_queue_remove(incidents->deadlines, slot);
	incident->is_closing = incident->untold == 0;
	want_line(incidents, slot, due);
}

static void tell_what_is_due(struct incidents *incidents, instant now)
{
	for (;;) {
		uint32_t due_slot, waiting_slot;
		struct slot_key due = {INT64_MAX, 0};
		instant room = INT64_MAX;

		bool is_due = slot_queue_top(incidents->deadlines, &due_slot, &due) && due.first <= now;
		if (slot_queue_top(incidents->waiting, &waiting_slot, NULL)) {
			room = room_at(incidents, waiting_slot);
		}
		if (is_due && due.first <= room) {
			meet_deadline(incidents, due_slot, due.first);
		} else if (room <= now) {
			tell(incidents, waiting_slot, room);
		} else {
			return;
		}
	}
}

static void shift_all(struct incidents *incidents, duration by)
{
	for (uint32_t slot = 0; slot < incidents->used; slot++) {
		if (incident_is_open(incidents, slot)) {
			incidents->items[slot].last_line += by;
			incidents->items[slot].last_finding += by;
			incidents->items[slot].waiting_since += by;
		}
	}
	alert_budget_shift(&incidents->budget, incidents->latest, by);
	incidents_schedule_all(incidents);
}

/*
 * A clock that is set back takes everything that is planned with it: else nothing would be due until it has
 * caught up. Packets a little out of order are handled at their own time; what was told is told.
 */
instant incidents_arrive(struct incidents *incidents, instant now)
{
	now = now < -INSTANT_LIMIT ? -INSTANT_LIMIT : now > INSTANT_LIMIT ? INSTANT_LIMIT : now;
	if (incidents->has_time && now < incidents->latest - CLOCK_SET_BACK) {
		shift_all(incidents, now - incidents->latest);
		incidents->latest = now;
	}
	if (!incidents->has_time || now > incidents->latest) {
		incidents->latest = now;
	}
	incidents->has_time = true;
	tell_what_is_due(incidents, now);
	return now;
}

void incidents_tell_rest(struct incidents *incidents)
{
	uint32_t slot;

	for (slot = 0; slot < incidents->used; slot++) {
		const struct incident *incident = &incidents->items[slot];
		if (incident_is_open(incidents, slot) && incident->untold > 0 &&
			!slot_queue_has(incidents->waiting, slot)) {
			slot_queue_put(incidents->waiting, slot,
				(struct slot_key){rank_of(incident), incident->order});
		}
	}
	while (slot_queue_top(incidents->waiting, &slot, NULL)) {
		tell(incidents, slot, incidents->latest);
	}
}
