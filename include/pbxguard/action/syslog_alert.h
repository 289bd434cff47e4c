/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines to the local syslog without ever waiting for it. Not syslog(3), which drops silently when there is no
 * daemon and blocks for ever when the daemon hangs: a non-blocking socket of our own, and a ring of lines
 * that wait while it is full or away. What the ring can't hold is lost, the oldest first, and counted.
 *
 * The form is the local one, "<PRI>pbxguard[pid]: text": rsyslog does not read RFC 5424 on the local socket.
 * Without a time stamp: the daemon at the other end puts its own there, while ours would be in the site's
 * zone, which need not be the host's. A datagram each; on a stream socket each ends with a NUL, as syslog(3)
 * does it.
 */
#ifndef PBXGUARD_ACTION_SYSLOG_ALERT_H
#define PBXGUARD_ACTION_SYSLOG_ALERT_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/setting.h"
#include "pbxguard/base/text.h"
#include "pbxguard/rules/finding.h"

#include <stdbool.h>
#include <stddef.h>

#define SYSLOG_PATH "/dev/log"
#define SYSLOG_LINE_MAX 8192 /* bytes with what stands in front; rsyslog's default limit too */
#define SYSLOG_RING_LINES 1024

struct syslog_settings {
	bool enabled;
	int facility; /* an index of the choices: see syslog_facility_code */
	int format;   /* likewise */
};

extern const struct setting_table syslog_settings_table;

int syslog_facility_code(int choice); /* RFC 5424 §6.2.1: local0 is 16 */

struct syslog_alert; /* opaque; made by syslog_alert_new */

/* Connects if it can. NULL when there is no memory. path is copied; counters stays borrowed. */
struct syslog_alert *syslog_alert_new(const char *path, struct counters *counters);
/* Tries once more; what is still waiting then is lost and counted. */
void syslog_alert_free(struct syslog_alert *alert);

/* Queues one line, cut to fit at a whole character, and sends what can be sent at once. */
void syslog_alert_send(
	struct syslog_alert *alert, int facility_code, enum severity severity, struct text line);

/*
 * Sends what waits; about once a second looks whether the socket was replaced, and connects where it is not.
 * To be called about once a second. now: any clock, used for that second only.
 */
void syslog_alert_flush(struct syslog_alert *alert, instant now);

#endif
