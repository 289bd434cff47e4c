/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP (RFC 768): ports and payload. Checksums are not judged, as in ip. */
#ifndef PBXGUARD_DECODE_UDP_H
#define PBXGUARD_DECODE_UDP_H

#include "pbxguard/base/reader.h"
#include "pbxguard/decode/decode_result.h"

#include <stdbool.h>
#include <stdint.h>

struct udp_datagram {
	uint16_t source_port, destination_port;
	struct reader payload; /* borrowed */
	bool cut;              /* the payload is shorter than the header says */
};

enum decode_result udp_decode(struct reader bytes, struct udp_datagram *datagram);

#endif
