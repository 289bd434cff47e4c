/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an action is: a name, and what it does with a decision. Each module of an action has one
 * `const struct action`, and actions.c lists them. An action that was not asked for does nothing.
 */
#ifndef PBXGUARD_ACTION_ACTION_H
#define PBXGUARD_ACTION_ACTION_H

#include "pbxguard/action/action_settings.h"
#include "pbxguard/action/alert_format.h"
#include "pbxguard/base/site.h"
#include "pbxguard/incident/decision.h"

#include <stdbool.h>

/* Where lines are printed to. */
struct action_output {
	int descriptor; /* -1: nowhere; borrowed */
	enum alert_format format;
	bool may_wait; /* for as long as the reader takes (a capture is replayed); else a line is lost after
			  100 ms */
};

/* What an action works with. */
struct action_surroundings {
	struct action_settings settings;
	struct site site;
	struct action_output output;
	struct syslog_alert *syslog; /* NULL: no syslog, whatever the settings say */
};

struct action {
	const char *name;
	/* 0 or -errno. */
	int (*perform)(const struct action_surroundings *surroundings, const struct decision *decision);
};

#endif
