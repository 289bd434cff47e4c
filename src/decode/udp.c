/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/udp.h"

#define UDP_HEADER_SIZE 8

enum decode_result udp_decode(struct reader bytes, struct udp_datagram *datagram)
{
	uint16_t source_port = reader_u16(&bytes);
	uint16_t destination_port = reader_u16(&bytes);
	size_t length = reader_u16(&bytes);

	reader_skip(&bytes, 2); /* checksum */
	if (reader_failed(&bytes)) {
		return DECODE_TRUNCATED;
	}
	if (length == 0) { /* a jumbogram (RFC 2675 §4), or datagrams glued together by the network card */
		length = UDP_HEADER_SIZE + reader_left(&bytes);
	}
	if (length < UDP_HEADER_SIZE) {
		return DECODE_MALFORMED;
	}
	*datagram = (struct udp_datagram){
		.source_port = source_port,
		.destination_port = destination_port,
		.payload = reader_rest(&bytes, length - UDP_HEADER_SIZE),
		.cut = length - UDP_HEADER_SIZE > reader_left(&bytes),
	};
	return DECODE_DONE;
}
