/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: an address to be kept out by the firewall for a time, or to be let in again. Made by policy, which
 * has asked who may be blocked; performed by the action layer. By value whole, so that it can be copied to
 * the thread that performs it; every text is made safe.
 */
#ifndef PBXGUARD_INCIDENT_BLOCK_REQUEST_H
#define PBXGUARD_INCIDENT_BLOCK_REQUEST_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/incident/decision.h"

#include <stdint.h>

enum block_request_kind { BLOCK_ADD, BLOCK_REMOVE };

#define BLOCK_REASON_SIZE 160

struct block_request {
	enum block_request_kind kind;
	struct address address;
	uint8_t prefix_length; /* bits: 32 or 128 is the address alone */
	instant time;          /* when it was decided; of the packets */
	/* The first time's; who blocks knows who comes back and for how long he stays out then. */
	duration duration;               /* from then on; of BLOCK_REMOVE 0 */
	char incident[INCIDENT_ID_SIZE]; /* empty: none, as by hand */
	char reason[BLOCK_REASON_SIZE];  /* "high_risk_destination, critical; digest answered" */
};

#endif
