/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A byte that chooses the link type, then a frame: what link, ip and udp give lies inside it. */
#include "fuzz.h"

#include "pbxguard/decode/ip.h"
#include "pbxguard/decode/link.h"
#include "pbxguard/decode/udp.h"

#include <stdlib.h>

static void require_inside(struct reader inner, const uint8_t *bytes, size_t size)
{
	MUST_HOLD(!inner.failed && inner.position <= inner.size);
	MUST_HOLD(fuzz_lies_in((struct text){(const char *)inner.bytes, inner.size}, bytes, size));
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
	}
	if (ip.is_fragment && ip_skip_extensions(&ip) == DECODE_DONE) {
		require_inside(ip.payload, bytes, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
