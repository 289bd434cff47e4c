/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link layers: where in a frame IP begins. Ethernet, Linux "cooked" frames and ERF records with whatever
 * decode/ethertype follows (VLAN tags, MPLS, PPPoE), PPP, BSD loopback, raw IP.
 */
#ifndef PBXGUARD_DECODE_LINK_H
#define PBXGUARD_DECODE_LINK_H

#include "pbxguard/base/reader.h"
#include "pbxguard/decode/decode_result.h"

#include <stdbool.h>

/* The link types that are read: libpcap's DLT_ values, https://www.tcpdump.org/linktypes.html. */
enum link_type {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_SERIAL = 50,
	LINK_RAW_FILE = 101, /* LINKTYPE_RAW, which libpcap shows as LINK_RAW */
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_ERF = 197,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276,
};

/* Could link_decode ever find IP in frames of this type? */
bool link_type_is_known(int link_type);

/*
 * *ip becomes what follows the link header, borrowed from frame; an Ethernet frame's padding is still at its
 * end. DECODE_NOT_OURS: an unknown link type, or a frame that carries no IP.
 */
enum decode_result link_decode(int link_type, struct reader frame, struct reader *ip);

#endif
