/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Record: what is to be done about the call of an event, and why. By value; every text is made safe. */
#ifndef PBXGUARD_INCIDENT_JUDGEMENT_H
#define PBXGUARD_INCIDENT_JUDGEMENT_H

#include "pbxguard/incident/action_taken.h"
#include "pbxguard/incident/decision.h"

#include <stdbool.h>

#define JUDGEMENT_WHY_SIZE 160

struct judgement {
	enum action_taken action; /* as alerts show it */
	/* To be done now; never set where the mode or a replay forbids it. */
	bool refuse;   /* this INVITE: it is dropped and answered */
	bool end_call; /* the call is up or rings and should not be: end it */
	/* It may pass: its trunk leg is refused instead, when that is seen (refusal_place.h). */
	bool is_deferred;
	bool is_about_call;              /* refused, or would be, whatever else the action says */
	bool is_repeated;                /* the same was said of an earlier leg of this call */
	char why[JUDGEMENT_WHY_SIZE];    /* "high_risk_destination: critical"; empty when nothing is done */
	char incident[INCIDENT_ID_SIZE]; /* filled by incidents_handle_judged; empty: it belongs to none */
};

#endif
