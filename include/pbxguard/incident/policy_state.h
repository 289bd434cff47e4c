/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The insides of struct policy, for the modules of incident only: policy.c says what becomes of calls,
 * culprits who is blocked.
 */
#ifndef PBXGUARD_INCIDENT_POLICY_STATE_H
#define PBXGUARD_INCIDENT_POLICY_STATE_H

#include "pbxguard/base/table.h"
#include "pbxguard/incident/blocked_accounts.h"
#include "pbxguard/incident/evidence.h"
#include "pbxguard/incident/judged_calls.h"
#include "pbxguard/incident/policy.h"
#include "pbxguard/incident/refusal_place.h"

struct policy {
	struct policy_settings settings;
	const struct site *site;   /* borrowed */
	struct counters *counters; /* borrowed */
	struct network_set host;
	struct evidence *evidence;
	struct blocked_accounts *accounts;
	struct table *sources; /* until when each address is blocked */
	struct judged_calls *calls;
	struct refusal_places places;
};

/* Mode block, and not of a capture. */
static inline bool policy_performs(const struct policy *policy)
{
	return policy->settings.mode == POLICY_BLOCK && !policy->settings.is_replay;
}

#endif
