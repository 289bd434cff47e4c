/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a TCP connection: segments → its bytes in order, for who reads them (RFC 9293 §3.10.7.4).
 * Late, early, repeated and overlapping segments, sequence numbers that wrap around, and holes that never
 * fill because the capture lost a packet.
 *
 * Who sends may want the guard to read something else than the PBX does. So: the first copy of a byte wins,
 * as it does in Linux; a copy that differs, a segment far outside of the window and one that fills a hole too
 * late are counted and shown alone, and none of them moves the stream.
 */
#ifndef PBXGUARD_DECODE_ORDERED_STREAM_H
#define PBXGUARD_DECODE_ORDERED_STREAM_H

#include "pbxguard/base/counter.h"
#include "pbxguard/decode/stream_window.h"
#include "pbxguard/decode/tcp_reader.h"

#define TCP_HOLE_PATIENCE_ACKNOWLEDGED (100 * MILLISECOND) /* the receiver has it: the capture lost it */

/* All zero: begins at sequence number 0. */
struct ordered_stream {
	struct stream_window window; /* first: the pool knows streams by their windows */
	struct tcp_place place;      /* time: of the last segment */
	instant hole_due;            /* when the hole is given up; 0: there is none */
	uint32_t first;              /* sequence number where it began */
	uint32_t new_start;          /* where another connection of the same endpoints would begin */
	bool has_new_start;
	bool ignored;
	bool contradicted; /* by the last segment */
	bool doubtful;     /* gone on without knowing what was before: older bytes may be news */
	uint8_t strays;
	int64_t state[]; /* the reader's */
};

/* What all streams share. */
struct ordered_streams {
	const struct tcp_reader *reader;
	struct counters *counters;
	struct window_pool *pool;
	duration patience; /* with holes */
	size_t holes;      /* streams with one */
	instant next_look; /* for holes that are due; 0: none */
};

/* What a segment is handled with. */
struct ordered_work {
	struct ordered_streams *shared;
	void *context; /* the reader's */
	instant now;
};

/* The first byte of a connection has this sequence number; what was unread of the one before is shown. */
void ordered_stream_start(const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence);
/* A segment's bytes. What can be read after them is read; a hole before them is waited for. */
void ordered_stream_accept(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence, struct text bytes);
/* What the receiver says it has got, but was not seen here, won't be repeated: why wait for it. */
void ordered_stream_note_acknowledged(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t acknowledgement);
/* Goes on behind the hole if that is due. */
void ordered_stream_look_at_hole(const struct ordered_work *work, struct ordered_stream *stream);
/* Nothing comes behind sequence, says the sender: believed when all before it is there, as the receiver does
 * (RFC 5961 §3). Bytes may follow all the same. */
void ordered_stream_end(const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence);
/* Shows all that is held back, and gives its memory back. */
void ordered_stream_leave(const struct ordered_work *work, struct ordered_stream *stream);

/* Are later bytes there, behind a hole? */
bool ordered_stream_has_later(const struct ordered_stream *stream);
/* Does the stream that we know reach there, or has it been there? */
bool ordered_stream_expects(const struct ordered_stream *stream, uint32_t sequence);

#endif
