/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `control` group of the configuration. */
#ifndef PBXGUARD_ACTION_CONTROL_SETTINGS_H
#define PBXGUARD_ACTION_CONTROL_SETTINGS_H

#include "pbxguard/base/setting.h"

#define CONTROL_PATH_SIZE 108 /* bytes with the NUL: what an address of a local socket holds (unix(7)) */
#define CONTROL_PATH "/run/pbxguard/control.sock"

struct control_settings {
	char path[CONTROL_PATH_SIZE]; /* empty: no control socket */
};

extern const struct setting_table control_settings_table;

#endif
