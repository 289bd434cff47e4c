/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/service_notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

void service_notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void service_notify_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, instant_monotonic_now());
}

void service_notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void service_notify_status(const char *format, ...)
{
	char status[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(status, sizeof status, format, arguments);
	va_end(arguments);
	sd_notifyf(0, "STATUS=%s", status);
}

void service_notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}
