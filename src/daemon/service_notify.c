/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of sd_notify(3), without libsystemd: that waits when systemd does not read, and the packet
 * thread must not.
 */
#include "pbxguard/daemon/service_notify.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 1000 /* for what has to arrive */

enum urgency { MAY_BE_LOST, HAS_TO_ARRIVE };

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

static void tell(const char *lines, enum urgency urgency)
{
	int descriptor = open_socket();
	struct pollfd room = {.fd = descriptor, .events = POLLOUT};

	if (descriptor < 0) {
		return;
	}
	if (send(descriptor, lines, strlen(lines), MSG_NOSIGNAL) < 0 && errno == EAGAIN &&
		urgency == HAS_TO_ARRIVE && poll(&room, 1, PATIENCE_MS) > 0) {
		/* Should others have taken the room, nothing more can be done. */
		(void)!send(descriptor, lines, strlen(lines), MSG_NOSIGNAL);
	}
	close(descriptor);
}

void service_notify_ready(void)
{
	tell("READY=1", HAS_TO_ARRIVE);
}

void service_notify_reloading(void)
{
	char lines[64];

	snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, instant_monotonic_now());
	tell(lines, HAS_TO_ARRIVE);
}

void service_notify_stopping(void)
{
	tell("STOPPING=1", HAS_TO_ARRIVE);
}

void service_notify_status(const char *format, ...)
{
	char line[256] = "STATUS=";
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line + strlen(line), sizeof line - strlen(line), format, arguments);
	va_end(arguments);
	tell(line, MAY_BE_LOST);
}

void service_notify_alive(void)
{
	tell("WATCHDOG=1", MAY_BE_LOST);
}
