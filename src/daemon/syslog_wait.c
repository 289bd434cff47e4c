/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/syslog_wait.h"

#include "pbxguard/action/syslog_alert.h"

#include <inttypes.h>

void syslog_wait_look(
	struct syslog_wait *wait, const struct counters *counters, const struct log *log, instant now)
{
	uint64_t waiting = counter_get(counters, COUNTER_SYSLOG_QUEUED) -
			   counter_get(counters, COUNTER_SYSLOG_SENT) -
			   counter_get(counters, COUNTER_SYSLOG_LOST);

	if (waiting == 0) {
		wait->since = 0;
		wait->was_told = false;
	} else if (wait->since == 0) {
		wait->since = now;
	} else if (!wait->was_told && now - wait->since >= SYSLOG_PATIENCE) {
		wait->was_told = true;
		log_write(log, LOG_LEVEL_WARNING,
			"%" PRIu64 " alert lines wait: no syslog daemon takes them at " SYSLOG_PATH, waiting);
	}
}
