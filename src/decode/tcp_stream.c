/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/tcp_stream.h"

#include "pbxguard/base/table.h"
#include "pbxguard/decode/ordered_stream.h"

#include <stdlib.h>
#include <string.h>

#define HALF_OPEN_MAX USUAL_OR_FEW(4096, 4)
#define HALF_OPEN_LIFETIME (1 * MINUTE)
#define HOLES_LOOKED_AT (50 * MILLISECOND) /* how often at most */

/* Both endpoints as bytes without padding: source address, its port, destination address, its port. */
struct key {
	uint8_t bytes[38];
};

/* A connection of which no data were seen yet. */
struct half_open {
	uint32_t first;   /* sequence number of the first byte */
	bool is_answered; /* the other end took it: another SYN must be answered too before it counts */
};

struct tcp_streams {
	struct ordered_streams shared;
	struct table *table;     /* struct key → struct ordered_stream */
	struct table *half_open; /* struct key → struct half_open */
};

struct tcp_streams *tcp_streams_new(const struct tcp_reader *reader, struct counters *counters)
{
	struct tcp_streams *streams = calloc(1, sizeof *streams);
	const struct table_shape shape = {.capacity = TCP_STREAMS_MAX,
		.key_size = sizeof(struct key),
		.value_size = sizeof(struct ordered_stream) + reader->state_size};
	const struct table_shape half_open = {.capacity = HALF_OPEN_MAX,
		.key_size = sizeof(struct key),
		.value_size = sizeof(struct half_open),
		.lifetime = HALF_OPEN_LIFETIME};

	if (streams == NULL) {
		return NULL;
	}
	*streams = (struct tcp_streams){.shared = {.reader = reader,
						.counters = counters,
						.pool = window_pool_new(TCP_STREAMS_MAX),
						.patience = TCP_HOLE_PATIENCE},
		.table = table_new(&shape),
		.half_open = table_new(&half_open)};
	if (streams->table == NULL || streams->half_open == NULL || streams->shared.pool == NULL) {
		tcp_streams_free(streams);
		return NULL;
	}
	return streams;
}

void tcp_streams_free(struct tcp_streams *streams)
{
	if (streams == NULL) {
		return;
	}
	table_free(streams->table);
	table_free(streams->half_open);
	window_pool_free(streams->shared.pool);
	free(streams);
}

void tcp_streams_set_patience(struct tcp_streams *streams, duration patience)
{
	streams->shared.patience = patience;
}

size_t tcp_streams_count(const struct tcp_streams *streams)
{
	return table_figures(streams->table).entries;
}

static uint8_t *add_endpoint(uint8_t *at, const struct endpoint *endpoint)
{
	*at++ = endpoint->address.family;
	memcpy(at, endpoint->address.bytes, 16);
	at[16] = (uint8_t)(endpoint->port >> 8);
	at[17] = (uint8_t)endpoint->port;
	return at + 18;
}

static struct key key_of(const struct endpoint *source, const struct endpoint *destination)
{
	struct key key;

	add_endpoint(add_endpoint(key.bytes, source), destination);
	return key;
}

/* Sees off what has been silent for too long and, when the table is full, whatever was silent longest. */
static void make_place(struct tcp_streams *streams, const struct ordered_work *work)
{
	const void *key;
	instant touched;
	struct table *table = streams->table;

	for (;;) {
		struct ordered_stream *oldest = table_oldest(table, &key, &touched);
		bool full = table_figures(table).entries >= TCP_STREAMS_MAX;
		if (oldest == NULL || (!full && work->now - touched <= TCP_STREAM_LIFETIME)) {
			return;
		}
		if (work->now - touched <= TCP_STREAM_LIFETIME) {
			counter_add(streams->shared.counters, COUNTER_TCP_STREAMS_GIVEN_UP, 1);
		}
		ordered_stream_leave(work, oldest);
		struct key oldest_key; /* a copy: table_remove clears the entry */
		memcpy(&oldest_key, key, sizeof oldest_key);
		table_remove(table, &oldest_key);
	}
}

static void note_syn(struct ordered_stream *stream, uint32_t start)
{
	bool has_bytes = stream->window.base + stream->window.end != stream->first;

	stream->new_start = start;
	stream->has_new_start = start != stream->first || has_bytes;
}

/* The answering end can't have chosen the same number for two connections. */
static bool is_handshake_again(struct tcp_streams *streams, const struct ordered_stream *stream,
	const struct ordered_stream *answer, const struct key *back, uint32_t start, instant now)
{
	const struct half_open *half = answer == NULL ? table_find(streams->half_open, back, now) : NULL;
	bool is_known = answer != NULL || half != NULL;
	uint32_t first = answer != NULL ? answer->first : half != NULL ? half->first : 0;

	return stream->first == stream->new_start && is_known && first == start;
}

/* Of several SYNs it is the one that the other end takes. */
static void note_answered_half(
	struct tcp_streams *streams, const struct key *key, uint32_t acknowledgement, instant now)
{
	struct half_open *half = table_find(streams->half_open, key, now);

	if (half != NULL) {
		*half = (struct half_open){.first = acknowledgement, .is_answered = true};
	}
}

/*
 * The other end takes the SYN: what comes now is of another connection, wherever in the old one its numbers
 * lie.
 */
static void note_answered_syn(struct tcp_streams *streams, const struct ordered_work *work,
	const struct tcp_place *place, const struct tcp_segment *segment)
{
	uint32_t start = segment->sequence + 1; /* of the answers */

	if (!segment->syn || !segment->ack) {
		return;
	}
	const struct key key = key_of(&place->destination, &place->source);
	note_answered_half(streams, &key, segment->acknowledgement, work->now);
	struct ordered_stream *stream = table_find(streams->table, &key, work->now);
	if (stream == NULL || !stream->has_new_start || stream->new_start != segment->acknowledgement) {
		return;
	}
	const struct key back = key_of(&place->source, &place->destination);
	struct ordered_stream *answer = table_find(streams->table, &back, work->now);
	if (is_handshake_again(streams, stream, answer, &back, start, work->now)) {
		return;
	}
	ordered_stream_start(work, stream, stream->new_start);
	if (answer != NULL) {
		ordered_stream_start(work, answer, start);
	}
}

/*
 * A SYN that nobody was seen to answer is believed when data follow that can't be the old connection's: its
 * own sender may have put it there, for the receiver to ignore (RFC 5961 §4).
 */
static bool is_of_new_connection(const struct ordered_stream *stream, uint32_t sequence)
{
	return stream->has_new_start && sequence - stream->new_start < WINDOW_MAX &&
	       !ordered_stream_expects(stream, sequence);
}

static void handle_payload(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence, struct text bytes)
{
	if (is_of_new_connection(stream, sequence)) {
		ordered_stream_start(work, stream, stream->new_start);
	} else if (stream->ignored && work->shared->reader->looks(bytes)) {
		ordered_stream_start(work, stream, sequence);
	} else if (stream->ignored) {
		return;
	}
	ordered_stream_accept(work, stream, sequence, bytes);
}

/* Of the other direction, if a hole there is waited for. */
static void note_acknowledgement(struct tcp_streams *streams, const struct ordered_work *work,
	const struct tcp_place *place, const struct tcp_segment *segment)
{
	if (streams->shared.holes == 0 || !segment->ack) {
		return;
	}
	const struct key key = key_of(&place->destination, &place->source);
	struct ordered_stream *stream = table_find(streams->table, &key, work->now);
	if (stream != NULL) {
		ordered_stream_note_acknowledged(work, stream, segment->acknowledgement);
	}
}

/* A later SYN may be one that the receiver ignores (RFC 5961 §4). */
static void note_half_open(struct tcp_streams *streams, const struct key *key, uint32_t first, instant now)
{
	bool added;
	struct half_open *half = table_find_or_add(streams->half_open, key, now, &added);

	if (added || !half->is_answered) {
		*half = (struct half_open){.first = first};
	}
}

/* Where the stream of these data began: as was answered; else where a SYN said so if that fits; else with
 * them. */
static uint32_t beginning_of(
	struct tcp_streams *streams, const struct key *key, const struct tcp_segment *segment, instant now)
{
	const struct half_open *half = table_find(streams->half_open, key, now);
	uint32_t sequence = segment->sequence + segment->syn;
	bool fits = half != NULL && (half->is_answered || sequence - half->first < WINDOW_MAX);

	return fits ? half->first : sequence;
}

/* NULL when nothing says that somebody wants it. */
static struct ordered_stream *begin(struct tcp_streams *streams, const struct ordered_work *work,
	const struct key *key, const struct tcp_segment *segment, struct text bytes, bool wanted_port)
{
	bool added;

	if (wanted_port && segment->syn && bytes.size == 0) {
		note_half_open(streams, key, segment->sequence + 1, work->now);
		return NULL;
	}
	if (bytes.size == 0 || !(wanted_port || streams->shared.reader->looks(bytes))) {
		return NULL;
	}
	uint32_t first = beginning_of(streams, key, segment, work->now);
	table_remove(streams->half_open, key);
	make_place(streams, work);
	struct ordered_stream *stream = table_find_or_add(streams->table, key, work->now, &added);
	stream->first = stream->window.base = first;
	return stream;
}

void tcp_streams_handle(struct tcp_streams *streams, const struct tcp_place *place,
	const struct tcp_segment *segment, bool wanted_port, void *context)
{
	const struct ordered_work work = {&streams->shared, context, place->time};
	const struct key key = key_of(&place->source, &place->destination);
	struct text bytes = {(const char *)segment->payload.bytes, segment->payload.size};
	uint32_t sequence = segment->sequence + segment->syn; /* of the payload */

	tcp_streams_tick(streams, place->time, context);
	note_acknowledgement(streams, &work, place, segment);
	note_answered_syn(streams, &work, place, segment);
	struct ordered_stream *stream = table_find(streams->table, &key, place->time);
	if (stream == NULL) {
		stream = begin(streams, &work, &key, segment, bytes, wanted_port);
	} else if (segment->syn) {
		note_syn(stream, sequence);
	}
	if (stream == NULL) {
		return;
	}
	stream->place = *place;
	stream->contradicted = false;
	if (bytes.size > 0) {
		handle_payload(&work, stream, sequence, bytes);
	}
	if (segment->fin || segment->rst) {
		ordered_stream_end(&work, stream, sequence + (uint32_t)bytes.size);
	}
}

struct look {
	struct ordered_work work;
	instant next;
};

static void look_at_hole(void *context, const void *key, void *value, instant touched)
{
	struct look *look = context;
	struct ordered_stream *stream = value;

	(void)key;
	(void)touched;
	ordered_stream_look_at_hole(&look->work, stream);
	if (stream->hole_due != 0 && (look->next == 0 || stream->hole_due < look->next)) {
		look->next = stream->hole_due;
	}
}

void tcp_streams_tick(struct tcp_streams *streams, instant now, void *context)
{
	struct look look = {.work = {&streams->shared, context, now}};
	instant next_look = streams->shared.next_look;

	if (next_look == 0 || now < next_look) {
		return;
	}
	table_each(streams->table, look_at_hole, &look);
	/* Not at every packet, however many holes somebody makes. */
	streams->shared.next_look =
		look.next != 0 && look.next < now + HOLES_LOOKED_AT ? now + HOLES_LOOKED_AT : look.next;
}

static void finish_stream(void *context, const void *key, void *value, instant touched)
{
	(void)key;
	(void)touched;
	ordered_stream_leave(context, value);
}

void tcp_streams_finish(struct tcp_streams *streams, instant now, void *context)
{
	struct ordered_work work = {&streams->shared, context, now};

	table_each(streams->table, finish_stream, &work);
}

bool tcp_streams_unread(struct tcp_streams *streams, const struct tcp_place *place, struct tcp_unread *unread)
{
	const struct key key = key_of(&place->source, &place->destination);
	struct ordered_stream *stream = table_find(streams->table, &key, place->time);

	if (stream == NULL || stream->ignored) {
		return false;
	}
	*unread = (struct tcp_unread){.state = stream->state,
		.bytes = window_unread(&stream->window),
		.sequence = stream->window.base + stream->window.used,
		.has_hole = ordered_stream_has_later(stream),
		.is_contradicted = stream->contradicted};
	return true;
}
