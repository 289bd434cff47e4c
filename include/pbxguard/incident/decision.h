/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: what is to be done: today an alert to raise, and what was done about its call. By value whole, so
 * that it can be copied to the thread that writes. Every text is made safe already: it can be shown as it is.
 */
#ifndef PBXGUARD_INCIDENT_DECISION_H
#define PBXGUARD_INCIDENT_DECISION_H

#include "pbxguard/call/event.h"
#include "pbxguard/incident/action_taken.h"
#include "pbxguard/incident/story.h"
#include "pbxguard/rules/finding.h"

enum incident_state {
	INCIDENT_OPENED,
	INCIDENT_RAISED,
	INCIDENT_REPEATED,
	INCIDENT_CLOSED,
	INCIDENT_STATE_COUNT
};

const char *incident_state_name(enum incident_state state); /* "opened" */

#define INCIDENT_ID_SIZE 17 /* 16 hexadecimal digits */
#define CALL_ID_SIZE 128    /* longer ones are cut in alerts */
#define USER_AGENT_SIZE 96
#define DIALED_SIZE 96

/* The call that a decision speaks of. */
struct decision_call {
	bool is_known; /* false: all below is empty, as in a line about no single call */
	char caller[CALLER_SIZE];
	char dialed[DIALED_SIZE];
	char number[E164_SIZE];
	char stripped[STRIPPED_TEXT_SIZE];
	char country[3];
	char country_name[DESTINATION_NAME_SIZE];
	char prefix[DESTINATION_PREFIX_SIZE];
	bool by_foreign_prefix; /* the number reads so only behind some other country's prefix */
	enum leg leg;
	struct endpoint source, destination;
	enum transport transport;
	char call_id[CALL_ID_SIZE];
	char other_call_id[CALL_ID_SIZE]; /* the other leg through the PBX, where it was seen */
	char user_agent[USER_AGENT_SIZE];
};

struct decision {
	instant time;        /* of the packet that caused the line, or the deadline that did */
	instant packet_time; /* of the packet behind the finding shown: earlier than time in a late line */
	char incident[INCIDENT_ID_SIZE];
	enum incident_state state;
	struct finding finding;
	enum action_taken action;
	uint32_t suppressed; /* findings held back since the last alert of this incident */
	struct story story;  /* of the incident up to now */
	char story_text[STORY_TEXT_SIZE];
	struct decision_call call;
};

typedef void decision_handler(void *context, const struct decision *decision);

#endif
