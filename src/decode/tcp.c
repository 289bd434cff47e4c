/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/tcp.h"

#define TCP_HEADER_SIZE 20

enum { FLAG_FIN = 0x01, FLAG_SYN = 0x02, FLAG_RST = 0x04, FLAG_ACK = 0x10 };

enum decode_result tcp_decode(struct reader bytes, struct tcp_segment *segment)
{
	uint16_t source_port = reader_u16(&bytes);
	uint16_t destination_port = reader_u16(&bytes);
	uint32_t sequence = reader_u32(&bytes);
	uint32_t acknowledgement = reader_u32(&bytes);
	size_t header_size = 4 * (size_t)(reader_u8(&bytes) >> 4);
	uint8_t flags = reader_u8(&bytes);

	reader_skip(&bytes, 6); /* window, checksum, urgent pointer */
	if (reader_failed(&bytes)) {
		return DECODE_TRUNCATED;
	}
	if (header_size < TCP_HEADER_SIZE) {
		return DECODE_MALFORMED;
	}
	reader_skip(&bytes, header_size - TCP_HEADER_SIZE);
	if (reader_failed(&bytes)) {
		return DECODE_TRUNCATED;
	}
	*segment = (struct tcp_segment){
		.source_port = source_port,
		.destination_port = destination_port,
		.sequence = sequence,
		.acknowledgement = acknowledgement,
		.syn = flags & FLAG_SYN,
		.fin = flags & FLAG_FIN,
		.rst = flags & FLAG_RST,
		.ack = flags & FLAG_ACK,
		.payload = reader_rest(&bytes, SIZE_MAX),
	};
	return DECODE_DONE;
}
