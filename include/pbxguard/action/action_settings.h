/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `actions` group of the configuration. */
#ifndef PBXGUARD_ACTION_ACTION_SETTINGS_H
#define PBXGUARD_ACTION_ACTION_SETTINGS_H

#include "pbxguard/action/syslog_alert.h"
#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/setting.h"

#include <stdbool.h>
#include <stdint.h>

enum action_mode { ACTION_MODE_MONITOR, ACTION_MODE_DRY_RUN, ACTION_MODE_BLOCK };

/* With what a refused caller is answered: RFC 3261 §21.6.2 and §21.4.4. */
#define BLOCK_STATUS_DECLINE 603
#define BLOCK_STATUS_FORBIDDEN 403

struct block_settings {
	int on;          /* enum severity: from which one on something is done */
	uint32_t status; /* BLOCK_STATUS_DECLINE or BLOCK_STATUS_FORBIDDEN */
	bool end_calls;  /* also calls that are up */
	bool sources;    /* addresses, too */
	bool accounts;   /* all further calls abroad of a caller with a critical incident */
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

/* "monitor", "dry_run", "block", as in the file. */
const char *action_mode_name(enum action_mode mode);

#endif
