/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `actions` group of the configuration. */
#ifndef PBXGUARD_ACTION_ACTION_SETTINGS_H
#define PBXGUARD_ACTION_ACTION_SETTINGS_H

#include "pbxguard/action/syslog_alert.h"
#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/setting.h"

#include <stdint.h>

enum action_mode { ACTION_MODE_MONITOR, ACTION_MODE_DRY_RUN, ACTION_MODE_BLOCK };

struct block_settings {
	int on; /* enum severity: from which one on a source is blocked */
	duration source_time;
	struct network_set never;
};

struct action_settings {
	int mode;                   /* enum action_mode */
	uint32_t queue;             /* NFQUEUE number */
	uint32_t alerts_per_minute; /* these two are for the incident layer: the daemon hands them on */
	duration alert_interval;
	struct syslog_settings syslog;
	struct block_settings block;
};

extern const struct setting_table action_settings_table;

#endif
