/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets → SIP messages: runs the decoders of this layer over one packet, counts what it sees and what it
 * can't. */
#ifndef PBXGUARD_DECODE_DECODER_H
#define PBXGUARD_DECODE_DECODER_H

#include "pbxguard/base/counter.h"
#include "pbxguard/capture/packet.h"
#include "pbxguard/decode/sip_message.h"
#include "pbxguard/decode/tcp_wait.h"

#include <stddef.h>
#include <stdint.h>

struct decoder; /* opaque; made by decoder_new */

/*
 * SIP is looked for on these ports, at either end of a datagram or connection (and over TCP on 5061, to tell
 * TLS); on every port when there are none. NULL when there is no memory. counters is borrowed.
 */
struct decoder *decoder_new(const uint32_t *ports, size_t port_count, struct counters *counters);
void decoder_free(struct decoder *decoder);
void decoder_set_ports(struct decoder *decoder, const uint32_t *ports, size_t port_count);

/*
 * Calls handler for each message that the packet completes, and for those of which the rest is overdue by the
 * packet's time. A message of which the beginning was handed on as overdue is handed on again if the rest
 * comes, but not counted again.
 */
void decoder_handle(
	struct decoder *decoder, const struct packet *packet, sip_message_handler *handler, void *context);
/* What is overdue at now though no packet came. */
void decoder_tick(struct decoder *decoder, instant now, sip_message_handler *handler, void *context);
/* Nothing more comes: hands on the beginnings of what is not whole. */
void decoder_flush(struct decoder *decoder, sip_message_handler *handler, void *context);

/* For who stands in line and sees all that the receiver gets: holes in TCP streams are waited for. */
void decoder_set_inline(struct decoder *decoder, bool is_inline);
/* What the connection of the packet just handled waits for. False when it was no TCP segment, or in a tunnel.
 */
bool decoder_waits_for_more(struct decoder *decoder, struct tcp_wait *wait);

#endif
