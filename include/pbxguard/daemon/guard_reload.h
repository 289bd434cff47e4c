/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGHUP: a new configuration is built and checked whole, then swapped; a broken one changes nothing. */
#ifndef PBXGUARD_DAEMON_GUARD_RELOAD_H
#define PBXGUARD_DAEMON_GUARD_RELOAD_H

#include "pbxguard/daemon/guard_parts.h"

/* Reads the configuration again and says what became of it. */
void guard_reload(struct guard *guard);

#endif
