/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments → the streams they belong to, one for each direction of a connection: where a stream begins,
 * also when its beginning was not seen, how long a hole in it is waited for, and when it makes room. What a
 * segment's bytes are to its stream is ordered_stream.h. Half-open connections take no place from those that
 * have shown data.
 *
 * Another connection of the same endpoints begins when the other end answers the SYN; where no answer is
 * seen, with bytes behind the SYN that can't be the old connection's. A SYN alone proves nothing: its sender
 * can put one into a connection that goes on.
 */
#ifndef PBXGUARD_DECODE_TCP_STREAM_H
#define PBXGUARD_DECODE_TCP_STREAM_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/decode/tcp.h"
#include "pbxguard/decode/tcp_reader.h"

#include <stddef.h>

#define TCP_STREAMS_MAX USUAL_OR_FEW(4096, 4)
#define TCP_STREAM_LIFETIME (1 * HOUR) /* without a segment; keep-alives come every few minutes */
#define TCP_HOLE_PATIENCE (2 * SECOND) /* a repetition takes 0.2 to 1 s (RFC 6298 §2) */
/* In line, the receiver lacks what is missing here, so nothing behind it counts until it comes or is
 * acknowledged. */
#define TCP_HOLE_PATIENCE_INLINE (5 * MINUTE)

struct tcp_streams; /* opaque; made by tcp_streams_new */

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
