/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one direction of a TCP connection waits for, as who stands in line must know. Plain data. */
#ifndef PBXGUARD_DECODE_TCP_WAIT_H
#define PBXGUARD_DECODE_TCP_WAIT_H

#include "pbxguard/base/address.h"

#include <stdbool.h>
#include <stdint.h>

struct tcp_wait {
	struct endpoint source, destination;
	bool waits; /* an INVITE may have begun whose header is not whole, or bytes are missing before others
		     */
	uint32_t sequence;    /* from which byte on */
	bool is_contradicted; /* the segment brought other bytes than another before it */
};

#endif
