/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers: who to whom, which protocol, and where it
 * begins. Checksums are not judged: offloaded on the capturing host, they are often wrong there.
 */
#ifndef PBXGUARD_DECODE_IP_H
#define PBXGUARD_DECODE_IP_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/reader.h"
#include "pbxguard/decode/decode_result.h"

#include <stdbool.h>
#include <stdint.h>

enum ip_protocol {
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
};

struct ip_packet {
	uint8_t version; /* 4 or 6; the addresses may say IPv4 in an IPv6 header: IPv4-mapped ones */
	struct address source, destination;
	uint8_t protocol;      /* IANA's number of what the payload is */
	struct reader payload; /* borrowed; link padding is cut off */
	bool cut;              /* the payload is shorter than the header says */
	bool is_fragment;      /* the payload is a part of a datagram; the three below say which */
	bool more_fragments;
	uint16_t fragment_offset; /* bytes */
	uint32_t fragment_id;
};

/*
 * A fragment is DECODE_DONE too. Its payload begins right behind the IPv4 header or IPv6's fragment header,
 * and protocol is what stands there in the first fragment. A "fragment" that is the whole datagram (RFC 6946)
 * is none. *packet holds something only when it is DECODE_DONE.
 */
enum decode_result ip_decode(struct reader bytes, struct ip_packet *packet);

/*
 * Goes on from packet->payload past the extension headers that packet->protocol announces: ip_decode has done
 * that, but not inside fragments. For a first fragment or a datagram put together from its fragments. It may
 * find a fragment again.
 */
enum decode_result ip_skip_extensions(struct ip_packet *packet);

#endif
