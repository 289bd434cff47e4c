/* SPDX-License-Identifier: GPL-2.0-or-later */
/* send_alert SOCKET FORMAT INCIDENT: one alert through the action layer, as the daemon sends it. For
 * test_rsyslog. */
#include "pbxguard/action/actions.h"
#include "pbxguard/base/local_time.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static struct site site = {.name = "東京本社"};
	struct action_settings settings = {0};
	struct counters counters = {0};
	struct decision decision = {.finding = {.rule = "high_risk_destination",
					    .severity = SEVERITY_CRITICAL,
					    .subject = "caller:evil\" severity=notice",
					    .count = 2,
					    .limit = 2,
					    .window = 12 * HOUR,
					    .calendar = "holiday: 海の日",
					    .reason = "A test."}};

	if (argc != 4) {
		return 2;
	}
	setting_defaults(&action_settings_table, &settings);
	settings.syslog.format = strcmp(argv[2], "json") == 0 ? 1 : strcmp(argv[2], "cef") == 0 ? 2 : 0;
	decision.time = decision.packet_time = instant_now();
	text_copy(text_of(argv[3]), decision.incident, sizeof decision.incident);
	struct actions *actions = actions_new(
		&settings, &site, (struct action_output){-1, ALERT_FORMAT_TEXT}, argv[1], &counters);
	actions_perform(actions, &decision);
	actions_free(actions);
	return counter_get(&counters, COUNTER_SYSLOG_SENT) == 1 ? 0 : 1;
}
