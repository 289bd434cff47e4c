/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts that wait for a syslog which is away or stuck must not do so in silence. */
#ifndef PBXGUARD_DAEMON_SYSLOG_WAIT_H
#define PBXGUARD_DAEMON_SYSLOG_WAIT_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/log.h"

#include <stdbool.h>

#define SYSLOG_PATIENCE (5 * SECOND) /* so long an alert may wait before we say so */

/* All zero to begin with. */
struct syslog_wait {
	instant since; /* monotonic; 0: nothing waits */
	bool was_told;
};

/* To be called each second: tells once of each wait. now is monotonic. */
void syslog_wait_look(
	struct syslog_wait *wait, const struct counters *counters, const struct log *log, instant now);

#endif
