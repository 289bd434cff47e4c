/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP (RFC 9293 §3.1): ports, place in the stream, flags, payload. Checksums are not judged, as in ip. */
#ifndef PBXGUARD_DECODE_TCP_H
#define PBXGUARD_DECODE_TCP_H

#include "pbxguard/base/reader.h"
#include "pbxguard/decode/decode_result.h"

#include <stdbool.h>
#include <stdint.h>

struct tcp_segment {
	uint16_t source_port, destination_port;
	uint32_t sequence;        /* of the first byte of the payload, or of the SYN before it */
	uint32_t acknowledgement; /* what the sender expects next; means something when ack is set */
	bool syn, fin, rst, ack;
	struct reader payload; /* borrowed; options are skipped */
};

enum decode_result tcp_decode(struct reader bytes, struct tcp_segment *segment);

#endif
