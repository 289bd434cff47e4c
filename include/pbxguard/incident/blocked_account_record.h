/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: an account whose calls abroad are refused, as it outlives the process and is listed. By value
 * whole, every text made safe. Times are those of the packets.
 */
#ifndef PBXGUARD_INCIDENT_BLOCKED_ACCOUNT_RECORD_H
#define PBXGUARD_INCIDENT_BLOCKED_ACCOUNT_RECORD_H

#include "pbxguard/base/instant.h"
#include "pbxguard/call/event.h"
#include "pbxguard/incident/block_request.h"
#include "pbxguard/incident/decision.h"

#include <stdint.h>

struct blocked_account_record {
	char account[CALLER_SIZE]; /* as alerts show the caller */
	instant since, until;      /* until 0: until it is released */
	char incident[INCIDENT_ID_SIZE];
	char reason[BLOCK_REASON_SIZE]; /* "high_risk_destination, critical; its credentials were accepted" */
	uint64_t order;                 /* in which they were blocked; given by blocked_accounts_add */
};

#endif
