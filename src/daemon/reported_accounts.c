/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/reported_accounts.h"

#include "pbxguard/incident/refusal.h"

#define LOOKED_AT 16 /* at a time */

void reported_accounts_look(
	struct reported_accounts *reported, const struct policy *policy, struct kept_refusals *kept)
{
	struct blocked_account_record accounts[LOOKED_AT];
	struct refusal_record record;
	size_t count;

	if (policy_account_changes(policy) == reported->changes) {
		return;
	}
	reported->changes = policy_account_changes(policy);
	do {
		count = policy_list_accounts(policy, reported->latest, accounts, LOOKED_AT);
		for (size_t i = 0; i < count; i++) {
			reported->latest = accounts[i].order;
			refusal_of_account(&accounts[i], policy_is_blocking(policy), &record);
			if (kept != NULL) {
				kept_refusals_add(kept, &record);
			}
		}
	} while (count == LOOKED_AT);
}
