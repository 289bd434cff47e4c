/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusing a call on TCP, for who stands in line: the INVITE goes on, but nobody can dial what is in it. The
 * stream lives, and with it the other calls on it; the PBX itself answers. Packets in, verdicts out: knows
 * nothing of the kernel.
 *
 * What is changed. The user part of the request-URI becomes "refused_refused_…", as long as it was: letters
 * that a URI may hold (RFC 3261 §25.1, unreserved), and that no dial plan dials. A tel: URI may hold no such
 * letters, but those of a local number's hexadecimal digits (RFC 3966 §3): it becomes "ffff…". Without a user
 * part the method becomes REFUSE, which nobody knows (405 or 501; where CSeq is compared, 400). The change is
 * remembered, and made again when TCP sends those bytes again, however it cuts them then.
 *
 * What is held. The segments of what may be an INVITE, until its header is whole and it is decided; and those
 * behind missing bytes. Nothing else: no acknowledgement, no keep-alive, no other message. A copy of what is
 * held is dropped. What waits too long goes on, and so does what follows of the same message (a sender may be
 * waiting for our receiver's acknowledgement); should it be refused when its last piece comes, that piece
 * never gets through, nor does the connection go on (COUNTER_STREAMS_STOPPED).
 *
 * What gets past all the same, and is counted (COUNTER_QUEUE_HOLDS_GIVEN_UP): an INVITE sent slowly behind
 * the beginning of a line of which only its end tells that it is none, for a PBX that ends lines with a CR
 * alone.
 *
 * A segment that contradicts an earlier one is dropped: only who wants two readers to read differently sends
 * one.
 */
#ifndef PBXGUARD_DECODE_TCP_GATE_H
#define PBXGUARD_DECODE_TCP_GATE_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/verdict.h"
#include "pbxguard/decode/sip_message.h"
#include "pbxguard/decode/tcp_wait.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_GATE_FLOWS_MAX USUAL_OR_FEW(1024, 4)
#define TCP_GATE_CHANGES_MAX                                                                                 \
	128 /* of one direction of a connection; then the oldest is forgotten, or the connection stopped     \
	       while that is on its way */
#define TCP_GATE_CHANGE_LIFETIME                                                                             \
	(5 * MINUTE)         /* TCP gives up sending again after 100 s at the least; RFC 9293 §3.8.3 */
#define TCP_GATE_HELD_MAX 32 /* segments of one direction */
#define TCP_GATE_HELD_BYTES_MAX 131072 /* as much as the decoder keeps of one */

struct tcp_gate; /* opaque; made by tcp_gate_new */

/* counters is borrowed. NULL when there is no memory. */
struct tcp_gate *tcp_gate_new(struct counters *counters);
void tcp_gate_free(struct tcp_gate *gate);

/*
 * The INVITE (over TCP) is to be refused: from the handler that decoder_handle calls, before tcp_gate_handle
 * is asked about the packet.
 */
void tcp_gate_refuse(struct tcp_gate *gate, const struct sip_message *message, instant now);

struct tcp_gate_answer {
	enum verdict verdict;
	uint64_t flow; /* of the packet */
	bool release;  /* first ask tcp_gate_decide about what is held of the flow, in order of arrival */
};

/*
 * A raw IP packet, when decoder_handle is done with it; wait by decoder_waits_for_more, NULL when that was
 * false. VERDICT_REWRITTEN: bytes were changed in place, with the TCP checksum right.
 */
struct tcp_gate_answer tcp_gate_handle(
	struct tcp_gate *gate, uint8_t *bytes, size_t size, const struct tcp_wait *wait, instant now);

/* One that was held. With no_longer it can't wait any more: then never VERDICT_HOLD. */
enum verdict tcp_gate_decide(struct tcp_gate *gate, uint8_t *bytes, size_t size, bool no_longer, instant now);

#endif
