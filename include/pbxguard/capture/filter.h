/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter that the kernel applies to an interface, in the language of pcap-filter(7): SIP's ports over UDP
 * and TCP, and whatever hides its ports from the kernel's simple look: later fragments, IPv6 extension
 * headers, authentication headers, VLAN tags. Too much is passed rather than too little.
 */
#ifndef PBXGUARD_CAPTURE_FILTER_H
#define PBXGUARD_CAPTURE_FILTER_H

#include <stddef.h>
#include <stdint.h>

#define FILTER_TEXT_SIZE 4096 /* enough for CAPTURE_PORTS_MAX ports */

/* At least one port, at most CAPTURE_PORTS_MAX; link_type is libpcap's DLT_ value. Returns buffer. */
char *filter_format(const uint32_t *ports, size_t count, int link_type, char buffer[static FILTER_TEXT_SIZE]);

#endif
