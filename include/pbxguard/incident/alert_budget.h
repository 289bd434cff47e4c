/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many alert lines were told in the last minute: remembers when each was, so that the limit holds in
 * every minute, not only from one full minute to the next.
 */
#ifndef PBXGUARD_INCIDENT_ALERT_BUDGET_H
#define PBXGUARD_INCIDENT_ALERT_BUDGET_H

#include "pbxguard/base/instant.h"

#include <stddef.h>

#define ALERT_BUDGET_MAX 6000
#define ALERT_BUDGET_WINDOW MINUTE

struct alert_budget {
	size_t count;                   /* lines ever told */
	instant told[ALERT_BUDGET_MAX]; /* a ring: the count'th line is at count % ALERT_BUDGET_MAX */
};

/* From when on one more line keeps to `lines` a minute; INT64_MIN: at any time. */
instant alert_budget_free_at(const struct alert_budget *budget, size_t lines);
void alert_budget_spend(struct alert_budget *budget, instant now);
/* At the start, for a line that was told before a restart; these may come in any order. */
void alert_budget_recall(struct alert_budget *budget, instant told);
/* For a clock that was set back from `latest` by so much (a negative duration). */
void alert_budget_shift(struct alert_budget *budget, instant latest, duration by);

#endif
