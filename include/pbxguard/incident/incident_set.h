/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The incidents that are open, and what leads to them: subjects ("caller:1001") and calls. The insides of
 * struct incidents, for the modules of incident only: incident.c says what belongs together, incident_lines
 * what is told when.
 *
 * An incident has a slot, a number below INCIDENTS_MAX, as long as it is open.
 */
#ifndef PBXGUARD_INCIDENT_INCIDENT_SET_H
#define PBXGUARD_INCIDENT_INCIDENT_SET_H

#include "pbxguard/base/digest.h"
#include "pbxguard/base/slot_queue.h"
#include "pbxguard/base/table.h"
#include "pbxguard/incident/alert_budget.h"
#include "pbxguard/incident/incident.h"

#define SUBJECTS_MAX USUAL_OR_FEW(8, 2)    /* of one incident */
#define MEMBERS_MAX USUAL_OR_FEW(16384, 8) /* calls of all incidents */
/* Times beyond are no times; so that sums of times and durations never overflow. */
#define INSTANT_LIMIT (INT64_MAX / 4)

/* A time this far before the latest is no late packet: the clock was set back. */
#define CLOCK_SET_BACK MINUTE

#define NO_SLOT UINT32_MAX

#define SITE_SUBJECT "site"

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
	bool changed[INCIDENTS_MAX];  /* since it was saved */
	uint32_t save_next;           /* where saving goes on */
	bool has_time;
	instant latest; /* the latest time seen */
	struct alert_budget budget;
	decision_handler *handler; /* of the call in progress */
	void *context;
};

bool incident_is_open(const struct incidents *incidents, uint32_t slot);

/* Something in it has changed: it is to be saved. */
void incident_mark(struct incidents *incidents, uint32_t slot);

/* The slot to which the subject leads, or NO_SLOT. */
struct subject_key subject_key_of(const char *subject);
uint32_t incident_find(const struct incidents *incidents, const struct subject_key *key);
/* From now on it leads there, unless it leads elsewhere or the incident has enough of them. */
void incident_add_subject(struct incidents *incidents, uint32_t slot, const struct subject_key *key);

/* Who is touched is the last to make room when all slots are taken. */
void incident_touch(struct incidents *incidents, uint32_t slot);
void incident_pin(struct incidents *incidents, uint32_t slot);
/* The slot is free, nothing leads there any more. */
void incident_forget(struct incidents *incidents, uint32_t slot);

/* Never 0 for a Call-ID that is not empty. */
uint64_t incident_call_hash(const struct incidents *incidents, struct text call_id);
/* The call of the event as a part of its own incident, or of the site's; NULL: of none that is open. */
struct member *incident_find_member(struct incidents *incidents, const struct event *event, bool is_sites);
struct member *incident_add_member(
	struct incidents *incidents, uint32_t slot, const struct event *event, bool is_sites);

#endif
