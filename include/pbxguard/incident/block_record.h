/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records: a blocked account and a blocked address as they outlive the process and are listed. By value
 * whole, every text made safe. Times are those of the packets.
 */
#ifndef PBXGUARD_INCIDENT_BLOCK_RECORD_H
#define PBXGUARD_INCIDENT_BLOCK_RECORD_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/call/event.h"
#include "pbxguard/incident/decision.h"

struct blocked_account_record {
	char caller[CALLER_SIZE]; /* as alerts show it */
	instant since, until;     /* until 0: until it is released */
	char incident[INCIDENT_ID_SIZE];
};

struct blocked_source_record {
	struct address address;
	instant since, until; /* until before now: it is out again, and remembered in case it comes back */
	char incident[INCIDENT_ID_SIZE];
};

#endif
