/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/actions.h"

#include <stdlib.h>

extern const struct action print_action, syslog_action;

static const struct action *const all_actions[] = {
	&syslog_action, /* first: it never waits, and standard output may */
	&print_action,
};

struct actions {
	struct action_surroundings surroundings;
	struct counters *counters;
};

struct actions *actions_new(const struct action_settings *settings, const struct site *site,
	struct action_output output, const char *syslog_path, struct counters *counters)
{
	struct actions *actions = calloc(1, sizeof *actions);

	if (actions == NULL) {
		return NULL;
	}
	actions_configure(actions, settings, site);
	actions->surroundings.output = output;
	actions->counters = counters;
	if (syslog_path != NULL) {
		actions->surroundings.syslog = syslog_alert_new(syslog_path, counters);
		if (actions->surroundings.syslog == NULL) {
			free(actions);
			return NULL;
		}
	}
	return actions;
}

void actions_free(struct actions *actions)
{
	if (actions == NULL) {
		return;
	}
	syslog_alert_free(actions->surroundings.syslog);
	free(actions);
}

void actions_configure(
	struct actions *actions, const struct action_settings *settings, const struct site *site)
{
	actions->surroundings.settings = *settings;
	actions->surroundings.site = *site;
}

int actions_perform(struct actions *actions, const struct decision *decision)
{
	int result = 0;

	for (size_t i = 0; i < sizeof all_actions / sizeof all_actions[0]; i++) {
		int error = all_actions[i]->perform(&actions->surroundings, decision);
		result = result == 0 ? error : result;
	}
	if (result != 0) {
		counter_add(actions->counters, COUNTER_OUTPUT_LOST, 1);
	}
	return result;
}

void actions_flush(struct actions *actions, instant now)
{
	if (actions->surroundings.syslog != NULL) {
		syslog_alert_flush(actions->surroundings.syslog, now);
	}
}
