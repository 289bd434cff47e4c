/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Record: one captured packet. Everything is borrowed until the handler returns. */
#ifndef PBXGUARD_CAPTURE_PACKET_H
#define PBXGUARD_CAPTURE_PACKET_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/verdict.h"

#include <stddef.h>
#include <stdint.h>

struct packet {
	instant time;         /* when the kernel or the file says it passed */
	int link_type;        /* libpcap's DLT_ value */
	const uint8_t *bytes; /* borrowed */
	size_t captured;      /* bytes here */
	size_t on_wire;       /* bytes that passed; more than captured when the capture cut it */
	size_t interface;     /* live: which of those that are guarded it came by, from 0 */
};

/* What a source does with each packet. */
typedef enum verdict packet_handler(void *context, const struct packet *packet);

#endif
