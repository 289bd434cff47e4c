/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a stream → single SIP messages, by Content-Length (RFC 3261 §18.3, RFC 4475 on what goes
 * wrong).
 *
 * A message is handed out as soon as its header is whole, once: nobody needs its body, and the number should
 * be known as early as it can be. So bodies are never held. Content-Length is what an attacker may lie with,
 * so it decides where the body ends only if there is one and it is a plain number up to 64 kB; else the next
 * start line is looked for. And even inside a body, or among header lines, the start line of an INVITE is
 * taken for a message (marked SIP_ODD_FRAMING): a PBX that counts differently would take it.
 *
 * However the stream is cut, by the sender or on its way, the messages are the same: what can't be told yet
 * waits for more bytes.
 */
#ifndef PBXGUARD_DECODE_SIP_FRAMING_H
#define PBXGUARD_DECODE_SIP_FRAMING_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_scan.h"
#include "pbxguard/decode/sip_start.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIP_FRAMING_INSIDE_MAX 8

enum sip_framing_state {
	SIP_FRAMING_START, /* a start line is next, maybe after CRLFs that keep the connection alive (RFC
			      5626) */
	SIP_FRAMING_HEADER,
	SIP_FRAMING_BODY,
	SIP_FRAMING_SEARCH, /* rubbish, until something looks like a start line */
};

/* All zero: at the beginning of a message. Offsets are from the first byte that is not used up. */
struct sip_framing {
	uint8_t state;   /* enum sip_framing_state */
	bool odd;        /* the next message begins where none should */
	bool in_line;    /* SEARCH: what was skipped ends within a line */
	bool ends_in_cr; /* HEADER: its lines end with a CR alone */
	uint8_t inside_count;
	uint32_t line, piece; /* HEADER: what begins behind the last LF, behind the last CR or LF */
	uint32_t seen;        /* HEADER: neither is between piece and this */
	uint32_t body_left;   /* BODY: bytes */
	uint32_t inside[SIP_FRAMING_INSIDE_MAX]; /* HEADER: lines that are an INVITE's start line */
};

struct sip_framing_output {
	/* The scan borrows the bytes. */
	void (*handler)(void *context, const struct sip_scan *scan);
	void *context;
	struct counters *counters;
};

/*
 * Takes messages off the bytes. Returns how many bytes are used up; the rest is to be given again, with more
 * behind it. At most 64 kB are left.
 */
size_t sip_framing_read(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output);
/*
 * After rest (which read left, and which won't come again) so many bytes are missing; SIZE_MAX: nobody knows
 * how many, 0: the stream ends. Of a message whose header is not whole, what is there is handed out, marked
 * SIP_ODD_CUT.
 */
void sip_framing_gap(struct sip_framing *framing, struct text rest, size_t missing,
	const struct sip_framing_output *output);

/*
 * Where in the rest, which read left, an INVITE may have begun that is not whole; rest.size: nowhere. As few
 * as one letter may be its beginning.
 */
size_t sip_framing_invite(const struct sip_framing *framing, struct text rest);

#endif
