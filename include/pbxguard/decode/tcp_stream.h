/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments → the bytes of each direction in order (RFC 9293 §3.10.7.4): late, early, repeated and
 * overlapping segments, sequence numbers that wrap around, connections whose beginning was not seen, and
 * holes that never fill because the capture lost a packet.
 *
 * Who sends may want the guard to read something else than the PBX does. So: the first copy of a byte wins,
 * as it does in Linux; a copy that differs, a segment far outside of the window and one that fills a hole too
 * late are counted and shown alone, and none of them moves the stream. Half-open connections take no place
 * from those that have shown data.
 *
 * Another connection of the same endpoints begins when the other end answers the SYN; where no answer is
 * seen, with bytes behind the SYN that can't be the old connection's. A SYN alone proves nothing: its sender
 * can put one into a connection that goes on.
 */
#ifndef PBXGUARD_DECODE_TCP_STREAM_H
#define PBXGUARD_DECODE_TCP_STREAM_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/decode/tcp.h"

#include <stddef.h>

#define TCP_STREAMS_MAX USUAL_OR_FEW(4096, 4)
#define TCP_STREAM_LIFETIME (1 * HOUR) /* without a segment; keep-alives come every few minutes */
#define TCP_HOLE_PATIENCE (2 * SECOND) /* a repetition takes 0.2 to 1 s (RFC 6298 §2) */
#define TCP_HOLE_PATIENCE_ACKNOWLEDGED (100 * MILLISECOND) /* the receiver has it: the capture lost it */
/* In line, the receiver lacks what is missing here, so nothing behind it counts until it comes or is
 * acknowledged. */
#define TCP_HOLE_PATIENCE_INLINE (5 * MINUTE)

struct tcp_streams; /* opaque; made by tcp_streams_new */

/* Whose bytes, and when the packet came that brought them to light. */
struct tcp_place {
	struct endpoint source, destination;
	instant time;
	uint32_t sequence; /* set for the reader: of the first byte that it is given */
};

/* What read answers when nothing in this direction will ever be of interest. */
#define TCP_STREAM_IGNORE SIZE_MAX

/* Who reads the streams. The texts are borrowed until the call returns. */
struct tcp_reader {
	size_t state_size; /* bytes of its own that each stream has; all zero at the beginning */
	/* The cheap look: may something that is wanted begin with these bytes? */
	bool (*looks)(struct text bytes);
	/* How many of the bytes are used up; the others come again with what follows them. */
	size_t (*read)(void *context, const struct tcp_place *place, void *state, struct text bytes);
	/*
	 * After rest, which was not used up and won't come again, missing bytes are lost (SIZE_MAX: nobody
	 * knows how many; 0: none, the stream ends here).
	 */
	void (*gap)(
		void *context, const struct tcp_place *place, void *state, struct text rest, size_t missing);
	/* Bytes that are no part of the stream, but which the receiver may have taken for one. */
	void (*alone)(void *context, const struct tcp_place *place, struct text bytes);
};

/* reader and counters are borrowed. NULL when there is no memory. */
struct tcp_streams *tcp_streams_new(const struct tcp_reader *reader, struct counters *counters);
void tcp_streams_free(struct tcp_streams *streams);

/*
 * One segment. Streams of wanted ports are followed from their SYN on; of others a stream begins with the
 * first segment that looks like something wanted, and costs nothing until then. context is the reader's.
 */
void tcp_streams_handle(struct tcp_streams *streams, const struct tcp_place *place,
	const struct tcp_segment *segment, bool wanted_port, void *context);

/* Goes on behind the holes that have been waited for long enough. Cheap when there are none. */
void tcp_streams_tick(struct tcp_streams *streams, instant now, void *context);
/* Nothing more will come: shows what was held back. */
void tcp_streams_finish(struct tcp_streams *streams, instant now, void *context);

/*
 * For who stands in line, and sees all that the receiver gets: a hole of which the receiver has not said that
 * it has the bytes is waited for so long, not TCP_HOLE_PATIENCE.
 */
void tcp_streams_set_patience(struct tcp_streams *streams, duration patience);

/* What the reader has not used up of one direction. Borrowed until the next segment. */
struct tcp_unread {
	const void *state;    /* the reader's */
	struct text bytes;    /* in order */
	uint32_t sequence;    /* of the first of them, or of the one expected next */
	bool has_hole;        /* later bytes are there, and wait for those between */
	bool is_contradicted; /* the last segment brought other bytes than were there, so the receiver may
				 read it otherwise */
};

/* False when nothing is known of it, or it is of no interest. */
bool tcp_streams_unread(
	struct tcp_streams *streams, const struct tcp_place *place, struct tcp_unread *unread);

size_t tcp_streams_count(const struct tcp_streams *streams);

#endif
