/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends a UDP datagram in another's name: from an address that is not ours, to a phone on the network or to
 * the PBX on this very host. The packets carry a mark by which our own netfilter rules let them by. Never
 * waits.
 */
#ifndef PBXGUARD_ACTION_RAW_SENDER_H
#define PBXGUARD_ACTION_RAW_SENDER_H

#include "pbxguard/action/sip_datagram.h"
#include "pbxguard/base/counter.h"

#define RAW_SENDER_MARK 0x5150 /* as pbxguard-firewall has it */

struct raw_sender {
	int ipv4, ipv6; /* sockets; -1: none */
	struct counters *counters;
};

/* What is safe to close. */
#define RAW_SENDER_NONE ((struct raw_sender){-1, -1, NULL})

/*
 * Opens both sockets, which needs CAP_NET_RAW and, for the mark, CAP_NET_ADMIN on kernels before 5.17: to be
 * done before these are given up; sending needs none. A host without IPv6 has one socket only. counters
 * (COUNTER_REPLIES, COUNTER_REPLIES_FAILED) stays borrowed. 0 or -errno.
 */
int raw_sender_open(struct raw_sender *sender, struct counters *counters);
void raw_sender_close(struct raw_sender *sender);

/*
 * Sends, and counts that it did or could not. 0 or -errno: -EINVAL when the addresses are of different
 * families or a port is missing, -EAFNOSUPPORT without a socket for them, -EAGAIN when the kernel's buffer is
 * full, -EMSGSIZE when the way's MTU is below SIP_DATAGRAM_MAX and 48 bytes: nothing is fragmented. IPv6
 * addresses of one link only (fe80::/10) can't be reached: a packet's record does not say by which interface
 * it came.
 */
int raw_sender_send(struct raw_sender *sender, const struct sip_datagram *datagram);

/* The IP packet that is sent, for who sends it otherwise and for tests. */
#define RAW_PACKET_MAX (40 + 8 + SIP_DATAGRAM_MAX)
/* Its bytes; 0 when the addresses don't fit together. */
size_t raw_sender_packet(const struct sip_datagram *datagram, uint8_t packet[static RAW_PACKET_MAX]);

#endif
