/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: one call that was refused or would have been, or one address or account that was blocked or would
 * have been, as it outlives the process and is reported. By value whole, every text made safe. Times are
 * those of the packets.
 */
#ifndef PBXGUARD_INCIDENT_REFUSAL_RECORD_H
#define PBXGUARD_INCIDENT_REFUSAL_RECORD_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/site.h"
#include "pbxguard/base/text.h"
#include "pbxguard/call/event.h"
#include "pbxguard/incident/decision.h"
#include "pbxguard/rules/finding.h"

#include <stddef.h>
#include <stdint.h>

enum refusal_about { REFUSAL_OF_CALL, REFUSAL_OF_SOURCE, REFUSAL_OF_ACCOUNT, REFUSAL_ABOUT_COUNT };

const char *refusal_about_name(enum refusal_about about); /* "call" */

enum refusal_action {
	/* of a call */
	REFUSAL_REFUSED,
	REFUSAL_WOULD_REFUSE,
	REFUSAL_ENDED,   /* it was up */
	REFUSAL_SLIPPED, /* it was to be refused on its trunk leg, which was not seen */
	/* of a source or an account */
	REFUSAL_BLOCKED,
	REFUSAL_WOULD_BLOCK,
	REFUSAL_ACTION_COUNT
};

const char *refusal_action_name(enum refusal_action action); /* "would_refuse" */

#define REFUSAL_RULES_SIZE 160

struct refusal_record {
	uint64_t order; /* in which they were kept; given by the store, from 1 on */
	instant time;
	enum refusal_about about;
	enum refusal_action action;
	enum severity severity;
	enum leg leg;                   /* of a call */
	char caller[CALLER_SIZE];       /* of a call; or the account */
	char source[NETWORK_TEXT_SIZE]; /* of a call; or the network that is blocked */
	char dialed[DIALED_SIZE];
	char number[E164_SIZE];
	char country[3];
	char country_name[DESTINATION_NAME_SIZE];
	char prefix[DESTINATION_PREFIX_SIZE];
	char rules[REFUSAL_RULES_SIZE]; /* of a call: those that would have stopped it, each alone, the
					   gravest first: "high_risk_destination off_hours"; empty: a rule
					   stopped another leg */
	char reason[REASON_SIZE];       /* one sentence, of the first of them; or why who is blocked */
	char incident[INCIDENT_ID_SIZE];
	char call_id[CALL_ID_SIZE];
};

struct refusal_text {
	const char *name; /* "caller": so the store's column is called, and the report's member */
	size_t offset, size;
};

/* All texts of a record but rules, a list in reports; in the order in which reports show them. */
#define REFUSAL_TEXTS 10
extern const struct refusal_text refusal_texts[REFUSAL_TEXTS];

#endif
