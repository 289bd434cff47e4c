/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells systemd how we are (sd_notify(3)); does nothing where no systemd listens. Where it listens but does
 * not read, what can be said again is lost, and what can't waits a second at most.
 */
#ifndef PBXGUARD_DAEMON_SERVICE_NOTIFY_H
#define PBXGUARD_DAEMON_SERVICE_NOTIFY_H

#include "pbxguard/base/instant.h"

void service_notify_ready(void);
void service_notify_reloading(void); /* followed by service_notify_ready */
void service_notify_stopping(void);
/* The line that `systemctl status` shows. */
void service_notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* To be called more often than each half of the unit's WatchdogSec. */
void service_notify_alive(void);

#endif
