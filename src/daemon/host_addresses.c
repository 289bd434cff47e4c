/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/host_addresses.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

/* False for what is no IP address. */
static bool network_of(const struct sockaddr *address, struct network *network)
{
	if (address == NULL) {
		return false;
	}
	if (address->sa_family == AF_INET) {
		struct sockaddr_in ipv4;
		memcpy(&ipv4, address, sizeof ipv4);
		*network = (struct network){address_ipv4((const uint8_t *)&ipv4.sin_addr), 32};
		return true;
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 ipv6;
		memcpy(&ipv6, address, sizeof ipv6);
		*network = (struct network){address_ipv6(ipv6.sin6_addr.s6_addr), 128};
		return true;
	}
	return false;
}

int host_addresses_add(struct network_set *set)
{
	struct ifaddrs *list;
	struct network network;
	int result = 0;

	if (getifaddrs(&list) < 0) {
		return -errno;
	}
	for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
		if (network_of(entry->ifa_addr, &network) && !network_set_contains(set, &network.address) &&
			!network_set_add(set, &network)) {
			result = -ENOSPC;
		}
	}
	freeifaddrs(list);
	return result;
}
