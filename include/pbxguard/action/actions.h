/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Performs what a decision names: today the alert, to the outputs that were asked for. */
#ifndef PBXGUARD_ACTION_ACTIONS_H
#define PBXGUARD_ACTION_ACTIONS_H

#include "pbxguard/action/action.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"

struct actions; /* opaque; made by actions_new */

/*
 * Copies settings and site. syslog_path: SYSLOG_PATH, or NULL for no syslog whatever the settings say (a
 * capture read with -r). counters (COUNTER_SYSLOG_*) stays borrowed: it belongs to the thread that performs.
 * NULL when there is no memory.
 */
struct actions *actions_new(const struct action_settings *settings, const struct site *site,
	struct action_output output, const char *syslog_path, struct counters *counters);
/* What the syslog has not taken by now is counted as lost. */
void actions_free(struct actions *actions);

/* Takes over other settings; what waits goes on waiting. */
void actions_configure(
	struct actions *actions, const struct action_settings *settings, const struct site *site);

/* All of them; 0, or the first -errno (of printing: the syslog counts its losses instead). */
int actions_perform(struct actions *actions, const struct decision *decision);
/* To be called about once a second, also when nothing happens. */
void actions_flush(struct actions *actions, instant now);

#endif
