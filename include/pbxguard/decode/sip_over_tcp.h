/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIP messages from TCP segments: tcp_stream puts the bytes in order, sip_framing cuts them. What begins as
 * TLS or as a WebSocket is counted and left alone.
 */
#ifndef PBXGUARD_DECODE_SIP_OVER_TCP_H
#define PBXGUARD_DECODE_SIP_OVER_TCP_H

#include "pbxguard/decode/sip_scan.h"
#include "pbxguard/decode/tcp_stream.h"
#include "pbxguard/decode/tcp_wait.h"

struct sip_over_tcp; /* opaque; made by sip_over_tcp_new */

/* The scan is borrowed until the handler returns. The place's sequence number is that of scan->whole. */
typedef void sip_over_tcp_handler(void *context, const struct tcp_place *place, const struct sip_scan *scan);

/* counters is borrowed. NULL when there is no memory. */
struct sip_over_tcp *sip_over_tcp_new(struct counters *counters);
void sip_over_tcp_free(struct sip_over_tcp *tcp);

/* wanted_port as in tcp_streams_handle. */
void sip_over_tcp_handle(struct sip_over_tcp *tcp, const struct tcp_place *place,
	const struct tcp_segment *segment, bool wanted_port, sip_over_tcp_handler *handler, void *context);
void sip_over_tcp_tick(struct sip_over_tcp *tcp, instant now, sip_over_tcp_handler *handler, void *context);
/* Nothing more will come. */
void sip_over_tcp_finish(struct sip_over_tcp *tcp, instant now, sip_over_tcp_handler *handler, void *context);

/* As tcp_streams_set_patience. */
void sip_over_tcp_set_patience(struct sip_over_tcp *tcp, duration patience);
/* After a segment of wait's endpoints: fills the rest of it. */
void sip_over_tcp_wait(struct sip_over_tcp *tcp, instant now, struct tcp_wait *wait);

#endif
