/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: an open incident as it outlives the process. By value whole: names of rules, which are strings of
 * the program elsewhere, are copied. Times are those of the packets.
 */
#ifndef PBXGUARD_INCIDENT_INCIDENT_RECORD_H
#define PBXGUARD_INCIDENT_INCIDENT_RECORD_H

#include "pbxguard/incident/action_taken.h"
#include "pbxguard/incident/decision.h"
#include "pbxguard/incident/story.h"
#include "pbxguard/rules/finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INCIDENT_SUBJECTS_MAX 8
#define RULE_NAME_SIZE 32

struct incident_record {
	uint32_t slot;             /* its place; each has one incident at most */
	char id[INCIDENT_ID_SIZE]; /* empty: none is open there any more, and all below means nothing */
	size_t subject_count;
	char subjects[INCIDENT_SUBJECTS_MAX][SUBJECT_SIZE]; /* what leads to it; the first one names it */
	uint64_t order;                                     /* incidents in the order in which they opened */
	bool is_limit;                                      /* it says that alerts wait */
	bool was_told, is_closing, waits;                   /* waits: a line for which there was no room */
	uint64_t waiting_order;
	instant waiting_since;
	enum severity worst, told_severity;
	instant last_line, last_finding;
	uint64_t findings;
	uint32_t untold, counted;
	struct finding finding; /* but for its rule */
	char rule[RULE_NAME_SIZE];
	instant packet_time;
	enum action_taken action;
	struct decision_call call;
	struct story story; /* but for its rules; how many these are is right */
	char rules[STORY_RULES_MAX][RULE_NAME_SIZE];
};

#endif
