/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of sd_notify(3), without libsystemd: that waits when systemd does not read, and the packet
 * thread must not.
 */
#include "pbxguard/daemon/service_notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * What has to arrive, but found no room yet. Only the latest: READY=1 says all that RELOADING=1 before it
 * would, and after STOPPING=1 there is nothing more to say.
 */
static char owed[64];

/* -1: nobody listens. */
static int open_socket(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = path == NULL ? 0 : strlen(path);

	if (size < 2 || size >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) {
		return -1;
	}
	memcpy(address.sun_path, path, size);
	if (path[0] == '@') {
		address.sun_path[0] = '\0'; /* abstract; unix(7) */
	}
	int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t used = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	if (descriptor >= 0 && connect(descriptor, (const struct sockaddr *)&address, used) < 0) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

/* False: there was no room, now. */
static bool tell(const char *lines)
{
	int descriptor = open_socket();

	if (descriptor < 0) {
		return true; /* to nobody */
	}
	bool has_room = send(descriptor, lines, strlen(lines), MSG_NOSIGNAL) >= 0 ||
			(errno != EAGAIN && errno != ENOBUFS);
	close(descriptor);
	return has_room;
}

static void tell_surely(const char *lines)
{
	char copy[sizeof owed];

	snprintf(copy, sizeof copy, "%s", lines);
	memcpy(owed, copy, sizeof owed);
	if (tell(copy)) {
		owed[0] = '\0';
	}
}

void service_notify_ready(void)
{
	tell_surely("READY=1");
}

void service_notify_reloading(void)
{
	char lines[64];

	snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, instant_monotonic_now());
	tell_surely(lines);
}

void service_notify_stopping(void)
{
	tell_surely("STOPPING=1");
}

void service_notify_status(const char *format, ...)
{
	char line[256] = "STATUS=";
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + strlen(line), sizeof line - strlen(line), format, arguments);
	va_end(arguments);
	(void)tell(line);
}

void service_notify_alive(void)
{
	if (owed[0] != '\0') {
		tell_surely(owed);
	}
	(void)tell("WATCHDOG=1");
}
