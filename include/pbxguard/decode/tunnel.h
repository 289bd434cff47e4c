/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnels: what may stand between two IP headers. IP in IP (RFC 2003, 2473), 6in4 (RFC 4213), MPLS in IP
 * (RFC 4023), GRE with its many contents (decode/gre), VXLAN (RFC 7348), GTP-U (3GPP TS 29.281), Geneve
 * (RFC 8926).
 */
#ifndef PBXGUARD_DECODE_TUNNEL_H
#define PBXGUARD_DECODE_TUNNEL_H

#include "pbxguard/base/reader.h"
#include "pbxguard/decode/decode_result.h"

#include <stdint.h>

enum tunnel {
	TUNNEL_NONE,
	TUNNEL_IP,
	TUNNEL_MPLS,
	TUNNEL_GRE,
	TUNNEL_VXLAN,
	TUNNEL_GTP,
	TUNNEL_GENEVE,
	TUNNEL_COUNT
};

enum tunnel tunnel_of_protocol(uint8_t protocol); /* of an IP packet */
/* Of a datagram's destination: what the source's says about a tunnel is chance. */
enum tunnel tunnel_of_port(uint16_t port);

/*
 * *ip becomes the IP packet in the payload of tunnel's protocol or port, borrowed; it has at least a version.
 * DECODE_NOT_OURS: no IP in it, e.g. a keep-alive. With a port, anything but DECODE_DONE may mean that it was
 * no tunnel.
 */
enum decode_result tunnel_decode(enum tunnel tunnel, struct reader payload, struct reader *ip);

#endif
