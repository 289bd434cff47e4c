/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/interface.h"

#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool interface_is_any(const char *name)
{
	return strcmp(name, INTERFACE_ANY) == 0;
}

char *interface_names(char *buffer, size_t buffer_size)
{
	struct if_nameindex *list = if_nameindex();
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; list != NULL && list[i].if_index != 0 && used < buffer_size; i++) {
		used += (size_t)snprintf(
			buffer + used, buffer_size - used, "%s%s", i == 0 ? "" : ", ", list[i].if_name);
	}
	if_freenameindex(list);
	return buffer;
}

/* When its interface is deleted the socket gets the index -1, whatever index the next interface has. */
static bool socket_is_bound_to(int packet_socket, int index)
{
	struct sockaddr_ll bound = {0};
	socklen_t size = sizeof bound;

	if (getsockname(packet_socket, (struct sockaddr *)&bound, &size) < 0 ||
		bound.sll_family != AF_PACKET) {
		return true; /* libpcap captures there by other means; it will say itself */
	}
	return bound.sll_ifindex == index;
}

const char *interface_trouble(int packet_socket, const char *name)
{
	struct ifreq request = {0};

	if (interface_is_any(name)) {
		return NULL;
	}
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (ioctl(packet_socket, SIOCGIFINDEX, &request) < 0 ||
		!socket_is_bound_to(packet_socket, request.ifr_ifindex)) {
		return "is gone";
	}
	if (ioctl(packet_socket, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) == 0) {
		return "is down";
	}
	return NULL;
}

duration interface_lateness(duration timeout, const char *release, duration tick)
{
	int major = 0, minor = 0;

	sscanf(release, "%d.%d", &major, &minor);
	if (major > 6 || (major == 6 && minor >= 18)) {
		return timeout; /* by an hrtimer */
	}
	/* Rounded up to whole ticks; the one that is running does not count. */
	return ((timeout + tick - 1) / tick + 1) * tick;
}
