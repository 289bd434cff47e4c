/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accounts that the policy blocks come into the report, each once. */
#ifndef PBXGUARD_DAEMON_REPORTED_ACCOUNTS_H
#define PBXGUARD_DAEMON_REPORTED_ACCOUNTS_H

#include "pbxguard/daemon/kept_refusals.h"
#include "pbxguard/incident/policy.h"

#include <stdint.h>

/* All zero to begin with. */
struct reported_accounts {
	uint64_t latest;  /* the order of the latest that is in the report */
	uint64_t changes; /* policy_account_changes when it was looked the last time */
};

/* Adds those that were blocked since it was looked the last time. kept NULL: they are there already. */
void reported_accounts_look(
	struct reported_accounts *reported, const struct policy *policy, struct kept_refusals *kept);

#endif
