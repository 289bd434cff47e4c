/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is blocked for a call: its account, its address; and who must never be. Also what policy.h promises
 * about blocking by hand.
 */
#ifndef PBXGUARD_INCIDENT_CULPRITS_H
#define PBXGUARD_INCIDENT_CULPRITS_H

#include "pbxguard/incident/policy_state.h"

/* Is the source of this call proven, to be blocked, and not blocked yet? */
bool culprits_will_block_source(struct policy *policy, const struct judged_call *call, instant now);

/* Blocks whom the call proves by now; each once. */
void culprits_block(
	struct policy *policy, struct judged_call *call, instant now, block_handler *handler, void *context);

#endif
