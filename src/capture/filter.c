/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/filter.h"

#include "pbxguard/capture/capture_settings.h"

#include <assert.h>
#include <stdio.h>

enum { /* libpcap's DLT_ values */
	LINK_TYPE_ETHERNET = 1,
	LINK_TYPE_LINUX_SLL = 113,
	LINK_TYPE_LINUX_SLL2 = 276,
};

/*
 * libpcap follows no extension header for "port": so every IPv6 packet that has one (hop-by-hop, routing,
 * fragment, authentication, destination options, mobility, HIP, shim6), and IPv4's authentication header.
 * Hop-by-hop before ICMPv6 is what every host sends to tell its multicast groups (RFC 3810): left out.
 */
#define HIDDEN_PORTS                                                                                         \
	"ip[6:2] & 0x1fff != 0 or ip proto 51 or (ip6[6] = 0 and ip6[40] != 58) or ip6[6] = 43 "             \
	"or ip6[6] = 44 or ip6[6] = 51 or ip6[6] = 60 or ip6[6] = 135 or ip6[6] = 139 or ip6[6] = 140"

#define WANTED_SIZE 1024

/* "(udp or tcp) and (port 5060 or 5061) or …", in parentheses. */
static void format_wanted(const uint32_t *ports, size_t count, char wanted[static WANTED_SIZE])
{
	size_t used = (size_t)snprintf(wanted, WANTED_SIZE, "((udp or tcp) and (port");

	for (size_t i = 0; i < count; i++) {
		used += (size_t)snprintf(
			wanted + used, WANTED_SIZE - used, "%s %u", i == 0 ? "" : " or", ports[i]);
	}
	used += (size_t)snprintf(wanted + used, WANTED_SIZE - used, ") or " HIDDEN_PORTS ")");
	assert(used < WANTED_SIZE);
}

char *filter_format(const uint32_t *ports, size_t count, int link_type, char buffer[static FILTER_TEXT_SIZE])
{
	char wanted[WANTED_SIZE];

	assert(count > 0 && count <= CAPTURE_PORTS_MAX);
	format_wanted(ports, count, wanted);
	switch (link_type) {
	case LINK_TYPE_ETHERNET: /* each "vlan" moves what follows it behind the tag */
		snprintf(buffer, FILTER_TEXT_SIZE, "%s or (vlan and (%s or (vlan and %s)))", wanted, wanted,
			wanted);
		break;
	case LINK_TYPE_LINUX_SLL:
	case LINK_TYPE_LINUX_SLL2:
		/*
		 * "vlan" can't be compiled for these. The kernel has taken the outer tag off already; what
		 * has a second one is passed whole.
		 */
		snprintf(buffer, FILTER_TEXT_SIZE,
			"%s or ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100", wanted);
		break;
	default:
		snprintf(buffer, FILTER_TEXT_SIZE, "%s", wanted);
	}
	return buffer;
}
