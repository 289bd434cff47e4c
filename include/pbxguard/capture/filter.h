/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter that the kernel applies to an interface, in the language of pcap-filter(7): SIP's ports over UDP
 * and TCP, also in a PPPoE session, and whatever hides its ports from the kernel's simple look: later
 * fragments, IPv6 extension headers, authentication headers, VLAN tags; tunnels where they are wished for.
 * Too much is passed rather than too little.
 */
#ifndef PBXGUARD_CAPTURE_FILTER_H
#define PBXGUARD_CAPTURE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_TEXT_SIZE 12288 /* enough for CAPTURE_PORTS_MAX ports */

struct filter_wish {
	const uint32_t *ports; /* borrowed */
	size_t port_count;     /* 1 to CAPTURE_PORTS_MAX */
	bool tunnels;          /* also whole tunnels, with all that is in them */
};

/* link_type is libpcap's DLT_ value. Returns buffer. */
char *filter_format(const struct filter_wish *wish, int link_type, char buffer[static FILTER_TEXT_SIZE]);

#endif
