/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that the firewall shows without waiting for a verdict (NFLOG): the beginnings of TCP connections. A
 * SYN that waited in the queue when its reader died would be sent again after a second only (RFC 6298 §2).
 *
 * The kernel puts the copy here before the packet goes on. So whoever holds a connection's data in his hands
 * finds its SYN, and the answer to that, here.
 */
#ifndef PBXGUARD_CAPTURE_PACKET_LOG_H
#define PBXGUARD_CAPTURE_PACKET_LOG_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/capture/packet.h"

#include <stdbool.h>
#include <stdint.h>

#define PACKET_LOG_COPIED 128 /* bytes of a packet; the headers of a SYN take 120 (IPv6, all options) */

struct packet_log {
	int descriptor;     /* for epoll; -1: closed */
	uint32_t last_copy; /* number of the latest */
	bool has_copy;
};

/* 0, or -errno: -EBUSY when another program reads this group, -EINVAL when the kernel has no such thing. */
int packet_log_open(struct packet_log *log, uint16_t group);
void packet_log_close(struct packet_log *log);

/*
 * Those that are there, not those that come meanwhile. Never waits. Verdicts are not asked for. What was lost
 * because we were too slow is counted (COUNTER_QUEUE_OVERRUNS).
 */
void packet_log_read(struct packet_log *log, instant now, packet_handler *handler, void *context,
	struct counters *counters);

#endif
