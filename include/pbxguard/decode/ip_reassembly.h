/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP reassembly: fragments in, whole datagrams out (RFC 791 §3.2, RFC 815, RFC 8200 §4.5).
 *
 * No first fragment goes unread. A datagram is handed out whole when its last hole is filled, which is when
 * its receiver gets it. One that is still not whole after a second (fragments of one datagram follow each
 * other in microseconds) has its beginning handed out then, as a datagram that is cut, and again whole if the
 * rest does come: waiting for the time-out would make a late alert, reading each first fragment at once would
 * read every message twice. One that is given up before has its beginning handed out at that moment. The
 * handler answers whether it read anything, so that a message is counted once.
 *
 * A guard has to see what the receiver sees. Nearly every IP-PBX runs on Linux, so in doubt the rules are
 * Linux's (ip_fragment.c, inet_fragment.c); where another receiver is stricter we see a call that it does
 * not, which is the safe side:
 * - What repeats bytes that are there is ignored. Do its bytes differ, the earlier ones count (Linux does not
 *   compare), but a first fragment that differs is also handed out on its own, cut.
 * - A partial overlap, a second end that contradicts the first, and an empty fragment drop the datagram (RFC
 *   5722) and themselves. Fragments that come later begin anew: Linux does not keep in mind what it dropped,
 *   so refusing them, as RFC 5722 has it, would let one forged fragment hide a call.
 * - IPv4 fragments that others follow are cut to a multiple of 8 bytes, IPv6 ones that are none are refused.
 * - What the capture holds in part only is no piece of a datagram.
 * - A datagram is expired 30 s (IPv4, Linux) or 60 s (IPv6, RFC 8200) after its first arrival.
 *
 * Room: 8192 datagrams, 8 MiB in blocks of 1 kB; Linux's limit of 4 MB holds about 4000 of the smallest. With
 * no room left the destination that holds most gives up its newest datagram. So a flood against one host,
 * from whatever forged sources, costs that host's newest, which are the flood's own; what waits there longer
 * stays, as it does in Linux, which refuses what is new; and hosts that hold less lose nothing. Evicting the
 * oldest would let anybody push out the first half of his own INVITE before sending the second.
 *
 * What remains: who puts the request line itself across two fragments and floods in between, or makes
 * fragments that we take and the receiver does not (a wrong checksum, a short time to live). Both are counted
 * (fragments_evicted, fragments_overlapping) and told.
 */
#ifndef PBXGUARD_DECODE_IP_REASSEMBLY_H
#define PBXGUARD_DECODE_IP_REASSEMBLY_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/decode/ip.h"

#include <stdbool.h>
#include <stddef.h>

#define IP_REASSEMBLY_PATIENCE (1 * SECOND) /* then the beginning is read alone */
#define IP_REASSEMBLY_IPV4_TIME (30 * SECOND)
#define IP_REASSEMBLY_IPV6_TIME (60 * SECOND)

struct ip_datagram {
	struct ip_packet packet; /* no fragment any more; what its protocol announces follows unread; cut:
				    only the beginning */
	instant time;            /* of its newest fragment */
	bool was_read;           /* the handler has read its beginning before */
};

/* The packet's payload is borrowed until the handler returns. True: read, do not count it again. */
typedef bool ip_datagram_handler(void *context, const struct ip_datagram *datagram);

struct ip_reassembly; /* opaque; made by ip_reassembly_new */

/* NULL when there is no memory. counters is borrowed. */
struct ip_reassembly *ip_reassembly_new(struct counters *counters);
void ip_reassembly_free(struct ip_reassembly *reassembly);

/* Copies the fragment. Calls handler for what becomes whole and for the beginnings of what is given up. */
void ip_reassembly_add(struct ip_reassembly *reassembly, const struct ip_packet *fragment, instant now,
	ip_datagram_handler *handler, void *context);
/* What is due up to now though no fragment came. */
void ip_reassembly_tick(
	struct ip_reassembly *reassembly, instant now, ip_datagram_handler *handler, void *context);
/* Gives up all: nothing more will come. */
void ip_reassembly_flush(struct ip_reassembly *reassembly, ip_datagram_handler *handler, void *context);

struct ip_reassembly_figures {
	size_t datagrams, blocks;
};

/* What is held at the moment. */
struct ip_reassembly_figures ip_reassembly_figures(const struct ip_reassembly *reassembly);

#endif
