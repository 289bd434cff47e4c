/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an EtherType announces, followed until IP begins: VLAN tags (IEEE 802.1Q), MPLS labels (RFC 3032) over
 * IP or over an Ethernet pseudowire (RFC 4448), PPPoE sessions (RFC 2516), PPP (RFC 1661), Ethernet again. In
 * any order, as deep as ETHERTYPE_HEADERS_MAX.
 */
#ifndef PBXGUARD_DECODE_ETHERTYPE_H
#define PBXGUARD_DECODE_ETHERTYPE_H

#include "pbxguard/base/reader.h"
#include "pbxguard/decode/decode_result.h"

#include <stdint.h>

#define ETHERTYPE_HEADERS_MAX                                                                                \
	8 /* two tags, PPPoE and PPP are four; a pseudowire within a provider's, eight */

/* IEEE's numbers, as far as they are read. GRE and Geneve name their contents by them as well. */
enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ETHERNET = 0x6558, /* "transparent Ethernet bridging": a whole frame */
	ETHERTYPE_VLAN = 0x8100,     /* IEEE 802.1Q */
	ETHERTYPE_IPV6 = 0x86DD,
	ETHERTYPE_PPP = 0x880B,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_UPSTREAM = 0x8848, /* RFC 5332 */
	ETHERTYPE_PPPOE = 0x8864,         /* the session; 0x8863, the discovery, carries no IP */
	ETHERTYPE_SERVICE_VLAN = 0x88A8,  /* IEEE 802.1ad */
	ETHERTYPE_OLD_QINQ = 0x9100,      /* before 802.1ad was there */
};

/*
 * *ip becomes the IP packet in bytes, borrowed; padding may follow it. DECODE_NOT_OURS: something that
 * carries no IP. DECODE_MALFORMED: also what is nested deeper.
 */
enum decode_result ethertype_decode(uint16_t ethertype, struct reader bytes, struct reader *ip);

#endif
