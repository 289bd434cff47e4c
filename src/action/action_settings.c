/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/action_settings.h"

#include "pbxguard/rules/finding.h"

#include <assert.h>

static const char *const modes[] = {"monitor", "dry_run", "block", NULL};
static_assert(sizeof modes / sizeof modes[0] == ACTION_MODE_BLOCK + 2, "each mode has its name");

static const char *const severities[] = {"notice", "warning", "critical", NULL};
static_assert(sizeof severities / sizeof severities[0] == SEVERITY_COUNT + 1, "each severity has its name");

static const struct setting block_list[] = {
	{.name = "on",
		.type = SETTING_CHOICE,
		.offset = offsetof(struct block_settings, on),
		.choices = severities,
		.initial = "critical"},
	{.name = "status",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct block_settings, status),
		.minimum = BLOCK_STATUS_FORBIDDEN, /* none between the two: config_check */
		.maximum = BLOCK_STATUS_DECLINE,
		.initial = "603"},
	{.name = "end_calls",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct block_settings, end_calls),
		.initial = "false"},
	{.name = "sources",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct block_settings, sources),
		.initial = "true"},
	{.name = "accounts",
		.type = SETTING_BOOLEAN,
		.offset = offsetof(struct block_settings, accounts),
		.initial = "true"},
	{.name = "source_time",
		.type = SETTING_DURATION,
		.offset = offsetof(struct block_settings, source_time),
		.minimum = MINUTE,
		.maximum = 20 * DAY, /* an ipset entry lives 2,147,483 s at most */
		.initial = "1h"},
	{.name = "never", .type = SETTING_NETWORKS, .offset = offsetof(struct block_settings, never)},
};
static const struct setting_table block_table = SETTING_TABLE(block_list);

static const struct setting settings[] = {
	{.name = "mode",
		.type = SETTING_CHOICE,
		.offset = offsetof(struct action_settings, mode),
		.choices = modes,
		.initial = "monitor"},
	{.name = "queue",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct action_settings, queue),
		.maximum = 65535,
		.initial = "5"},
	{.name = "alerts_per_minute",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct action_settings, alerts_per_minute),
		.minimum = 1,
		.maximum = 6000, /* ALERT_BUDGET_MAX of the incident layer */
		.unit = "alert lines",
		.initial = "60"},
	{.name = "alert_interval",
		.type = SETTING_DURATION,
		.offset = offsetof(struct action_settings, alert_interval),
		.minimum = MINUTE,
		.maximum = DAY,
		.initial = "15min"},
	{.name = "syslog",
		.type = SETTING_GROUP,
		.offset = offsetof(struct action_settings, syslog),
		.group = &syslog_settings_table},
	{.name = "block",
		.type = SETTING_GROUP,
		.offset = offsetof(struct action_settings, block),
		.group = &block_table},
};

const struct setting_table action_settings_table = SETTING_TABLE(settings);

const char *action_mode_name(enum action_mode mode)
{
	return modes[mode];
}
