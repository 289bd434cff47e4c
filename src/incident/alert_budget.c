/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/alert_budget.h"

#include <assert.h>

instant alert_budget_free_at(const struct alert_budget *budget, size_t lines)
{
	assert(lines > 0 && lines <= ALERT_BUDGET_MAX);
	if (budget->count < lines) {
		return INT64_MIN;
	}
	return budget->told[(budget->count - lines) % ALERT_BUDGET_MAX] + ALERT_BUDGET_WINDOW;
}

void alert_budget_spend(struct alert_budget *budget, instant now)
{
	if (budget->count > 0) { /* packets come a little out of order; the ring stays in order */
		instant newest = budget->told[(budget->count - 1) % ALERT_BUDGET_MAX];
		now = now > newest ? now : newest;
	}
	budget->told[budget->count++ % ALERT_BUDGET_MAX] = now;
}

void alert_budget_recall(struct alert_budget *budget, instant told)
{
	if (budget->count >= ALERT_BUDGET_MAX) {
		return;
	}
	size_t place = budget->count++;
	for (; place > 0 && budget->told[place - 1] > told; place--) {
		budget->told[place] = budget->told[place - 1];
	}
	budget->told[place] = told;
}

void alert_budget_shift(struct alert_budget *budget, instant latest, duration by)
{
	instant oldest = latest - ALERT_BUDGET_WINDOW; /* what is older takes part in nothing any more */

	for (size_t i = 0; i < ALERT_BUDGET_MAX && i < budget->count; i++) {
		budget->told[i] = (budget->told[i] > oldest ? budget->told[i] : oldest) + by;
	}
}
