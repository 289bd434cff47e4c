/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/incident.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/slot_queue.h"
#include "pbxguard/base/table.h"
#include "pbxguard/base/text.h"
#include "pbxguard/incident/alert_budget.h"
#include "pbxguard/incident/decision_call.h"
#include "pbxguard/incident/policy.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECTS_MAX USUAL_OR_FEW(8, 2)    /* of one incident */
#define MEMBERS_MAX USUAL_OR_FEW(16384, 8) /* calls of all incidents */
/* Without an event of the call; one that is up has one every 30 seconds. */
#define MEMBER_LIFETIME HOUR
#define QUIET_INTERVALS 2 /* without a finding, then an incident is closed */
/* A time this far before the latest is no late packet: the clock was set back. */
#define CLOCK_SET_BACK MINUTE
/* Times beyond are no times; so that sums of times and durations never overflow. */
#define INSTANT_LIMIT (INT64_MAX / 4)

#define NO_SLOT UINT32_MAX

static const char limit_rule[] = "alert_limit";
static const char site_subject[] = "site";

/* Each subject leads to one incident at most, and an incident has several: what one call shows of the caller
 * and of the address belongs together. */
struct subject_key {
	char text[SUBJECT_SIZE];
};

/* A call as a part of its own incident, or of the site's. */
struct member_key {
	uint64_t call; /* its number; of one that is not followed, a digest of its Call-ID */
	uint64_t is_sites;
};

struct member {
	uint32_t slot;
	char incident[INCIDENT_ID_SIZE]; /* the slot may be another's by now */
	struct story_call call;
};

struct incident {
	size_t subject_count;
	struct subject_key subjects[SUBJECTS_MAX]; /* the first one names it */
	struct story story;
	char id[INCIDENT_ID_SIZE];
	uint64_t order;         /* incidents in the order in which they opened */
	uint64_t waiting_order; /* and in the order in which they began to wait for room */
	bool is_limit;          /* the one that says that alerts wait */
	bool was_told, is_closing;
	enum severity worst;             /* of all findings */
	enum severity told_severity;     /* the gravest told */
	instant last_line, last_finding; /* what deadlines are counted from */
	instant waiting_since;           /* while it waits for room */
	uint64_t findings;               /* in all */
	uint32_t untold;                 /* findings since the last line */
	uint32_t counted;                /* those of them that are in COUNTER_ALERTS_SUPPRESSED */
	struct finding finding;          /* the latest of the gravest untold ones; else the last told */
	instant packet_time;             /* of that finding */
	enum action_taken action;        /* at that finding */
	struct decision_call call;       /* of that finding */
};

struct incidents {
	struct incident_settings settings;
	char site_name[SITE_NAME_SIZE];
	struct counters *counters; /* borrowed */
	struct table *slots;       /* subject_key to slot */
	struct table *members;     /* struct member by member_key */
	struct incident *items;
	uint64_t call_hashes[INCIDENTS_MAX]; /* beside the items, so that a look at all of them is short */
	struct digest_key hash_key;
	uint32_t used; /* slots ever taken */
	uint32_t unused_count, unused[INCIDENTS_MAX];
	uint32_t limit_slot;          /* of the incident that says that alerts wait; NO_SLOT */
	struct slot_queue *deadlines; /* by time: a digest or a closing */
	struct slot_queue *waiting;   /* by rank: lines for which there was no room */
	struct slot_queue *ages;      /* by the last touch: who makes room when all slots are taken */
	uint64_t orders;              /* the last order given */
	bool has_time;
	instant latest; /* the latest time seen */
	struct alert_budget budget;
	decision_handler *handler; /* of the call in progress */
	void *context;
};

static void want_line(struct incidents *incidents, uint32_t slot, instant now);

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

static void schedule(struct incidents *incidents, uint32_t slot)
{
	const struct incident *incident = &incidents->items[slot];
	duration interval = incidents->settings.alert_interval;
	instant due = incident->last_line + interval;

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

static bool is_open(const struct incidents *incidents, uint32_t slot)
{
	return slot_queue_has(incidents->ages, slot);
}

static void schedule_all(struct incidents *incidents)
{
	for (uint32_t slot = 0; slot < incidents->used; slot++) {
		if (is_open(incidents, slot)) {
			schedule(incidents, slot);
		}
	}
}

void incidents_configure(
	struct incidents *incidents, const struct incident_settings *settings, const struct site *site)
{
	take_settings(incidents, settings, site);
	schedule_all(incidents);
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

static void forget(struct incidents *incidents, uint32_t slot)
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
		schedule(incidents, limit);
	}
}

static void note_told(struct incidents *incidents, uint32_t slot, instant now)
{
	struct incident *incident = &incidents->items[slot];
	bool waited = slot_queue_has(incidents->waiting, slot);

	if (incident->is_closing) {
		forget(incidents, slot);
	} else {
		if (!incident->was_told || incident->finding.severity > incident->told_severity) {
			incident->told_severity = incident->finding.severity;
		}
		incident->last_line = now > incident->last_line ? now : incident->last_line;
		incident->was_told = true;
		incident->untold = incident->counted = 0;
		slot_queue_remove(incidents->waiting, slot);
		schedule(incidents, slot);
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
		story_tell(
			&incident->story, incident->subjects[0].text, incident->action, decision.story_text);
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

/* ---- slots ---- */

static void touch(struct incidents *incidents, uint32_t slot)
{
	/* Strangers' tries first: a flood of them must not push out what is known of the site's own phones.
	 */
	bool is_outside = incidents->items[slot].call.leg == LEG_OUTSIDE;

	slot_queue_put(incidents->ages, slot, (struct slot_key){is_outside ? 0 : 1, ++incidents->orders});
}

/* While an event is handled its incidents must not make room for each other, or for the limit's. */
static void pin(struct incidents *incidents, uint32_t slot)
{
	slot_queue_put(incidents->ages, slot, (struct slot_key){2, ++incidents->orders});
}

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
	forget(incidents, slot);
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

/* ---- which incident ---- */

static struct subject_key key_of(const char *subject)
{
	struct subject_key key = {0};

	text_copy(text_of(subject), key.text, sizeof key.text);
	return key;
}

static bool is_limit(const struct finding *finding)
{
	return strcmp(finding->rule, limit_rule) == 0;
}

static uint32_t find_slot(const struct incidents *incidents, const struct subject_key *key)
{
	const uint32_t *slot = table_find(incidents->slots, key, incidents->latest);

	return slot == NULL ? NO_SLOT : *slot;
}

/* A subject that leads elsewhere already stays there. */
static void add_subject(struct incidents *incidents, uint32_t slot, const struct subject_key *key)
{
	struct incident *incident = &incidents->items[slot];
	bool added;

	if (incident->subject_count == SUBJECTS_MAX || find_slot(incidents, key) != NO_SLOT) {
		return;
	}
	*(uint32_t *)table_find_or_add(incidents->slots, key, incidents->latest, &added) = slot;
	incident->subjects[incident->subject_count++] = *key;
}

static uint32_t open_incident(struct incidents *incidents, const struct finding *finding, instant now)
{
	/* Of the limit's own incident no call is a part, whatever else is said about the site. */
	struct subject_key key = key_of(is_limit(finding) ? limit_rule : finding->subject);
	uint32_t slot = take_slot(incidents, now);
	struct incident *incident = &incidents->items[slot];

	memset(incident, 0, sizeof *incident);
	incident->order = ++incidents->orders;
	incident->is_limit = is_limit(finding);
	incidents->limit_slot = incident->is_limit ? slot : incidents->limit_slot;
	incident->last_finding = incident->last_line = incident->waiting_since = now;
	make_id(incidents, finding, now, incident->id);
	add_subject(incidents, slot, &key);
	return slot;
}

static bool is_about_site(const struct finding *finding)
{
	return strcmp(finding->subject, site_subject) == 0;
}

/* The incident that a subject of this event's findings leads to. */
static uint32_t slot_by_subjects(struct incidents *incidents, const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct subject_key key = key_of(findings->items[i].subject);
		uint32_t slot = is_about_site(&findings->items[i]) ? NO_SLOT : find_slot(incidents, &key);
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
		slot = open_incident(incidents, name, now);
	}
	for (size_t i = 0; slot != NO_SLOT && i < findings->count; i++) {
		struct subject_key key = key_of(findings->items[i].subject);
		if (!is_about_site(&findings->items[i])) {
			add_subject(incidents, slot, &key);
		}
	}
	return slot;
}

/* ---- calls ---- */

static uint64_t call_hash(const struct incidents *incidents, struct text call_id)
{
	return call_id.size == 0 ? 0 : digest_short(&incidents->hash_key, call_id.start, call_id.size) | 1;
}

static void take_call(struct incidents *incidents, uint32_t slot, const struct event *event)
{
	uint64_t hash = call_hash(incidents, event->call_id);
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

/* The other leg of a call was seen: it belongs to every incident whose last call that is. */
static void join_call(struct incidents *incidents, const struct event *event)
{
	uint64_t hash = call_hash(incidents, event->joined_call_id);

	for (uint32_t slot = 0; hash != 0 && slot < incidents->used; slot++) {
		struct decision_call *call = &incidents->items[slot].call;
		if (incidents->call_hashes[slot] == hash) {
			text_make_safe(event->call_id, call->other_call_id, sizeof call->other_call_id);
		}
	}
}

/* ---- findings ---- */

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

/* What one event brings to an incident: told, if at all, in one line, by the gravest, of equals the first. */
struct batch {
	size_t count;
	const struct finding *findings[FINDINGS_MAX];
};

static size_t gravest(const struct batch *batch)
{
	size_t best = 0;

	for (size_t i = 1; i < batch->count; i++) {
		if (batch->findings[i]->severity > batch->findings[best]->severity) {
			best = i;
		}
	}
	return best;
}

static void gather(struct incidents *incidents, uint32_t slot, const struct batch *batch,
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
		schedule(incidents, slot);
	}
}

/* ---- storms ---- */

static void say_limit(struct incidents *incidents, instant now)
{
	uint32_t lines = incidents->settings.alerts_per_minute;
	struct finding finding = {
		.rule = limit_rule,
		.severity = SEVERITY_WARNING,
		.count = lines,
		.limit = lines,
		.window = ALERT_BUDGET_WINDOW,
	};

	text_copy(text_of(site_subject), finding.subject, sizeof finding.subject);
	snprintf(finding.reason, sizeof finding.reason,
		"The limit of %u alert line%s in 60 s (actions.alerts_per_minute) is reached: further alerts "
		"wait and are told as soon as there is room, the gravest first.",
		lines, lines == 1 ? "" : "s");
	uint32_t slot = incidents->limit_slot;
	slot = slot != NO_SLOT ? slot : open_incident(incidents, &finding, now);
	pin(incidents, slot);
	const struct batch batch = {1, {&finding}};
	gather(incidents, slot, &batch, NULL, ACTION_NONE, now);
	touch(incidents, slot);
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
		if (is_open(incidents, slot)) {
			incidents->items[slot].last_line += by;
			incidents->items[slot].last_finding += by;
			incidents->items[slot].waiting_since += by;
		}
	}
	alert_budget_shift(&incidents->budget, incidents->latest, by);
	schedule_all(incidents);
}

/*
 * A clock that is set back takes everything that is planned with it: else nothing would be due until it has
 * caught up. Packets a little out of order are handled at their own time; what was told is told.
 */
static instant arrive(struct incidents *incidents, instant now)
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

void incidents_tick(struct incidents *incidents, instant now, decision_handler *handler, void *context)
{
	incidents->handler = handler;
	incidents->context = context;
	arrive(incidents, now);
}

/* ---- the calls of an incident ---- */

static struct member_key member_key(
	const struct incidents *incidents, const struct event *event, bool is_sites)
{
	return (struct member_key){
		event->call != 0 ? event->call : call_hash(incidents, event->call_id), is_sites};
}

/* NULL when the call belongs to no incident that is open. */
static struct member *find_member(struct incidents *incidents, const struct event *event, bool is_sites)
{
	struct member_key key = member_key(incidents, event, is_sites);
	struct member *member = table_find(incidents->members, &key, incidents->latest);
	bool is_known = member != NULL && strcmp(incidents->items[member->slot].id, member->incident) == 0;

	return is_known ? member : NULL;
}

static struct member *add_member(
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

/* What becomes of its calls keeps an incident open. */
static void follow(struct incidents *incidents, struct member *member, const struct event *event,
	const struct findings *findings, instant now)
{
	struct incident *incident = &incidents->items[member->slot];

	story_follow(&incident->story, &member->call, event, findings->cost, findings->currency);
	if (now > incident->last_finding) {
		incident->last_finding = now;
		schedule(incidents, member->slot);
	}
}

/* One event's incident: its own, or the site's. */
static void handle_in(struct incidents *incidents, uint32_t slot, const struct event *event,
	const struct findings *findings, instant now, bool is_sites)
{
	struct member *member = find_member(incidents, event, is_sites);

	if (member == NULL) {
		member = add_member(incidents, slot, event, is_sites);
	}
	follow(incidents, member, event, findings, now);
}

/* The findings of an event that go into one incident. */
static void add_to_batch(struct batch *batch, const struct finding *finding)
{
	batch->findings[batch->count++] = finding;
}

/* Of the site's findings, too, what is no news. Gives the slot, or NO_SLOT. */
static uint32_t handle_own(struct incidents *incidents, const struct event *event,
	const struct findings *findings, enum action_taken action, instant now)
{
	uint32_t slot = slot_of(incidents, find_member(incidents, event, false), findings, now);
	struct batch batch = {0};
	enum severity worst = slot == NO_SLOT ? SEVERITY_NOTICE : incidents->items[slot].worst;

	if (slot == NO_SLOT) {
		return slot;
	}
	pin(incidents, slot);
	handle_in(incidents, slot, event, findings, now, false);
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
		gather(incidents, slot, &batch, event, action, now);
	}
	return slot;
}

/* What is found about the whole site, and graver than what is known of him who calls. */
static void handle_sites(struct incidents *incidents, const struct event *event,
	const struct findings *findings, enum action_taken action, instant now, uint32_t own)
{
	struct member *member = find_member(incidents, event, true);
	struct batch batch = {0};

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
	struct subject_key key = key_of(site_subject);
	uint32_t slot = find_slot(incidents, &key);
	slot = slot != NO_SLOT ? slot : open_incident(incidents, batch.findings[0], now);
	pin(incidents, slot);
	if (member == NULL) {
		handle_in(incidents, slot, event, findings, now, true);
	}
	gather(incidents, slot, &batch, event, action, now);
	touch(incidents, slot);
}

void incidents_handle(struct incidents *incidents, const struct event *event, const struct findings *findings,
	decision_handler *handler, void *context)
{
	incidents->handler = handler;
	incidents->context = context;
	instant now = arrive(incidents, event->time);
	enum action_taken action = policy_action(event, findings);

	if (event->kind == EVENT_CALL_JOINED) {
		join_call(incidents, event);
	}
	if (findings->count == 0 && event->call == 0) {
		return; /* most events: nothing was found, and nothing comes of the call that could be told */
	}
	uint32_t slot = handle_own(incidents, event, findings, action, now);
	handle_sites(incidents, event, findings, action, now, slot);
	if (slot != NO_SLOT) {
		touch(incidents, slot);
	}
}

void incidents_finish(struct incidents *incidents, decision_handler *handler, void *context)
{
	uint32_t slot;

	incidents->handler = handler;
	incidents->context = context;
	for (slot = 0; slot < incidents->used; slot++) {
		const struct incident *incident = &incidents->items[slot];
		if (is_open(incidents, slot) && incident->untold > 0 &&
			!slot_queue_has(incidents->waiting, slot)) {
			slot_queue_put(incidents->waiting, slot,
				(struct slot_key){rank_of(incident), incident->order});
		}
	}
	while (slot_queue_top(incidents->waiting, &slot, NULL)) {
		tell(incidents, slot, incidents->latest);
	}
}
