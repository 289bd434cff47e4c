/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A byte that chooses the link type, then a frame: what link, ip, udp and tunnels give lies inside it. */
#include "fuzz.h"

#include "pbxguard/decode/ip.h"
#include "pbxguard/decode/link.h"
#include "pbxguard/decode/tunnel.h"
#include "pbxguard/decode/udp.h"

#include <stdlib.h>

static void require_inside(struct reader inner, const uint8_t *bytes, size_t size)
{
	MUST_HOLD(!reader_failed(&inner));
	MUST_HOLD(fuzz_lies_in((struct text){(const char *)inner.bytes, inner.size}, bytes, size));
}

static void check_tunnel(enum tunnel tunnel, struct reader payload)
{
	struct reader ip;

	if (tunnel != TUNNEL_NONE && tunnel_decode(tunnel, payload, &ip) == DECODE_DONE) {
		require_inside(ip, payload.bytes, payload.size);
		MUST_HOLD(ip.size > 0);
	}
}

static void check_ip(struct ip_packet ip, const uint8_t *bytes, size_t size)
{
	struct udp_datagram datagram;

	require_inside(ip.payload, bytes, size);
	MUST_HOLD(ip.version == 4 || ip.version == 6);
	MUST_HOLD(ip.source.family != ADDRESS_NONE && ip.destination.family != ADDRESS_NONE);
	MUST_HOLD(!ip.is_fragment ||
		  (ip.fragment_offset % 8 == 0 && (ip.fragment_offset || ip.more_fragments)));
	MUST_HOLD(!ip.is_fragment || ip.fragment_offset + ip.payload.size <= 65535);
	if (udp_decode(ip.payload, &datagram) == DECODE_DONE) {
		require_inside(datagram.payload, ip.payload.bytes, ip.payload.size);
		MUST_HOLD(datagram.payload.size <= 65535 - 8 || ip.payload.size > 65535);
		check_tunnel(tunnel_of_port(datagram.destination_port), datagram.payload);
	}
	check_tunnel(tunnel_of_protocol(ip.protocol), ip.payload);
	if (ip.is_fragment && ip_skip_extensions(&ip) == DECODE_DONE) {
		require_inside(ip.payload, bytes, size);
	}
}

/* A link type that is read can also be chosen. */
static void require_every_link_type(void)
{
	static bool is_done;

	for (int type = 0; !is_done && type <= UINT16_MAX; type++) {
		int choice = 0;
		while (link_type_is_known(type) && fuzz_link_type((uint8_t)choice) != type) {
			MUST_HOLD(++choice <= UINT8_MAX);
		}
	}
	is_done = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	require_every_link_type();
	if (size == 0) {
		return 0;
	}
	uint8_t *frame = fuzz_copy(data + 1, size - 1);
	struct reader bytes;
	struct ip_packet ip;

	if (link_decode(fuzz_link_type(data[0]), reader_of(frame, size - 1), &bytes) == DECODE_DONE) {
		require_inside(bytes, frame, size - 1);
		if (ip_decode(bytes, &ip) == DECODE_DONE) {
			check_ip(ip, bytes.bytes, bytes.size);
		}
	}
	free(frame);
	return 0;
}
