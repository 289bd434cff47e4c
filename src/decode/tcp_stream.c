/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/tcp_stream.h"

#include "pbxguard/base/table.h"
#include "pbxguard/decode/stream_window.h"

#include <stdlib.h>
#include <string.h>

#define HALF_OPEN_MAX USUAL_OR_FEW(4096, 4)
#define HALF_OPEN_LIFETIME (1 * MINUTE)
#define STRAYS_MAX 3                       /* so many in a row are the stream, and we were wrong */
#define HOLES_LOOKED_AT (50 * MILLISECOND) /* how often at most */

/* Both endpoints as bytes without padding: source address, its port, destination address, its port. */
struct key {
	uint8_t bytes[38];
};

struct stream {
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

/* A connection of which no data were seen yet. */
struct half_open {
	uint32_t first;   /* sequence number of the first byte */
	bool is_answered; /* the other end took it: another SYN must be answered too before it counts */
};

struct tcp_streams {
	const struct tcp_reader *reader;
	struct counters *counters;
	struct table *table;     /* struct key → struct stream */
	struct table *half_open; /* struct key → struct half_open */
	struct window_pool *pool;
	duration patience; /* with holes */
	size_t holes;      /* streams with one */
	instant next_look; /* for holes that are due; 0: none */
};

/* What a segment is handled with. */
struct work {
	struct tcp_streams *streams;
	void *context;
	instant now;
};

struct tcp_streams *tcp_streams_new(const struct tcp_reader *reader, struct counters *counters)
{
	struct tcp_streams *streams = calloc(1, sizeof *streams);
	const struct table_shape shape = {.capacity = TCP_STREAMS_MAX,
		.key_size = sizeof(struct key),
		.value_size = sizeof(struct stream) + reader->state_size};
	const struct table_shape half_open = {.capacity = HALF_OPEN_MAX,
		.key_size = sizeof(struct key),
		.value_size = sizeof(struct half_open),
		.lifetime = HALF_OPEN_LIFETIME};

	if (streams == NULL) {
		return NULL;
	}
	*streams = (struct tcp_streams){.reader = reader,
		.patience = TCP_HOLE_PATIENCE,
		.counters = counters,
		.table = table_new(&shape),
		.half_open = table_new(&half_open),
		.pool = window_pool_new(TCP_STREAMS_MAX)};
	if (streams->table == NULL || streams->half_open == NULL || streams->pool == NULL) {
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
	window_pool_free(streams->pool);
	free(streams);
}

void tcp_streams_set_patience(struct tcp_streams *streams, duration patience)
{
	streams->patience = patience;
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

static void count(const struct work *work, enum counter counter, uint64_t amount)
{
	counter_add(work->streams->counters, counter, amount);
}

static void set_hole_due(struct tcp_streams *streams, struct stream *stream, instant due)
{
	streams->holes += (due != 0) - (size_t)(stream->hole_due != 0);
	stream->hole_due = due;
	if (due != 0 && (streams->next_look == 0 || due < streams->next_look)) {
		streams->next_look = due;
	}
}

static bool has_later(const struct stream *stream)
{
	return stream->window.reach > stream->window.end;
}

/* The reader is given the unread bytes. */
static void note_place(struct stream *stream)
{
	stream->place.sequence = stream->window.base + stream->window.used;
}

static void show_gap(const struct work *work, struct stream *stream, size_t missing)
{
	struct text rest = window_unread(&stream->window);

	note_place(stream);
	work->streams->reader->gap(work->context, &stream->place, stream->state, rest, missing);
	window_use(&stream->window, rest.size);
}

static void ignore(const struct work *work, struct stream *stream)
{
	set_hole_due(work->streams, stream, 0);
	window_release(work->streams->pool, &stream->window);
	stream->ignored = true;
}

static void read_stream(const struct work *work, struct stream *stream)
{
	struct text unread = window_unread(&stream->window);

	if (unread.size == 0) {
		return;
	}
	note_place(stream);
	size_t used = work->streams->reader->read(work->context, &stream->place, stream->state, unread);
	if (used == TCP_STREAM_IGNORE) {
		ignore(work, stream);
	} else {
		window_use(&stream->window, used);
	}
}

static void skip_hole(const struct work *work, struct stream *stream)
{
	size_t missing = window_hole(&stream->window);

	count(work, COUNTER_TCP_HOLES, 1);
	count(work, COUNTER_TCP_BYTES_LOST, missing);
	show_gap(work, stream, missing);
	window_skip_hole(&stream->window);
	stream->doubtful = true;
	read_stream(work, stream);
}

/* Forgets what is held; the stream goes on where its window ended. */
static void give_up(const struct work *work, struct stream *stream)
{
	count(work, COUNTER_TCP_STREAMS_GIVEN_UP, 1);
	show_gap(work, stream, SIZE_MAX);
	set_hole_due(work->streams, stream, 0);
	window_release(work->streams->pool, &stream->window);
	stream->doubtful = true;
}

static void leave(const struct work *work, struct stream *stream)
{
	stream->place.time = work->now;
	while (has_later(stream)) {
		skip_hole(work, stream);
	}
	show_gap(work, stream, 0);
	set_hole_due(work->streams, stream, 0);
	window_release(work->streams->pool, &stream->window);
}

/* Sees off what has been silent for too long and, when the table is full, whatever was silent longest. */
static void make_place(const struct work *work)
{
	const void *key;
	instant touched;
	struct table *table = work->streams->table;

	for (;;) {
		struct stream *oldest = table_oldest(table, &key, &touched);
		bool full = table_figures(table).entries >= TCP_STREAMS_MAX;
		if (oldest == NULL || (!full && work->now - touched <= TCP_STREAM_LIFETIME)) {
			return;
		}
		if (work->now - touched <= TCP_STREAM_LIFETIME) {
			count(work, COUNTER_TCP_STREAMS_GIVEN_UP, 1);
		}
		leave(work, oldest);
		struct key oldest_key; /* a copy: table_remove clears the entry */
		memcpy(&oldest_key, key, sizeof oldest_key);
		table_remove(table, &oldest_key);
	}
}

struct search {
	const struct stream *not_this;
	struct stream *oldest;
};

static void note_oldest(void *context, struct stream_window *window)
{
	struct search *search = context;
	struct stream *stream = (struct stream *)(void *)window;

	if (stream != search->not_this &&
		(search->oldest == NULL || stream->place.time < search->oldest->place.time)) {
		search->oldest = stream;
	}
}

/* False when so much can't be held. Takes the memory of the stream that was silent longest if it must. */
static bool grow(const struct work *work, struct stream *stream, size_t capacity)
{
	struct search search = {.not_this = stream};

	if (capacity > WINDOW_MAX) {
		return false;
	}
	if (window_grow(work->streams->pool, &stream->window, capacity)) {
		return true;
	}
	window_pool_each(work->streams->pool, capacity, note_oldest, &search);
	if (search.oldest == NULL) {
		return false;
	}
	give_up(work, search.oldest);
	return window_grow(work->streams->pool, &stream->window, capacity);
}

/* Room for at least one more byte in order, for all of them if that takes no more memory. */
static bool make_room(const struct work *work, struct stream *stream, size_t size)
{
	struct stream_window *window = &stream->window;

	if (window->end + size > window->capacity) {
		window_slide(window);
	}
	return window->end < window->capacity || grow(work, stream, window->end + 1);
}

static void append(const struct work *work, struct stream *stream, struct text bytes, bool *differs)
{
	struct stream_window *window = &stream->window;

	while (bytes.size > 0 && !stream->ignored) {
		if (!make_room(work, stream, bytes.size)) {
			give_up(work, stream);
			continue;
		}
		uint32_t before = window->base + window->end;
		struct text piece = text_part(bytes, 0, window->capacity - window->end);
		window_put(window, window->end, piece, differs);
		/* What came early may reach further than the piece. */
		size_t taken = window->base + window->end - before;
		bytes = text_from(bytes, taken < bytes.size ? taken : bytes.size);
		read_stream(work, stream);
	}
}

/* A segment that begins behind a hole. What does not fit ends the waiting for the hole. */
static void accept(const struct work *work, struct stream *stream, uint32_t sequence, struct text bytes);

static void hold(
	const struct work *work, struct stream *stream, uint32_t sequence, struct text bytes, bool *differs)
{
	struct stream_window *window = &stream->window;

	if (sequence - window->base + bytes.size > window->capacity && window->bytes != NULL) {
		window_slide(window);
	}
	size_t end = sequence - window->base + bytes.size;
	if (end <= window->capacity || grow(work, stream, end)) {
		window_put(window, sequence - window->base, bytes, differs);
	} else if (has_later(stream)) {
		skip_hole(work, stream);
		accept(work, stream, sequence, bytes);
	} else {
		show_gap(work, stream, sequence - window->base - window->end);
		count(work, COUNTER_TCP_HOLES, 1);
		count(work, COUNTER_TCP_BYTES_LOST, sequence - window->base - window->end);
		window_start(window, sequence);
		stream->doubtful = true;
		append(work, stream, bytes, differs);
	}
}

static void start_at(const struct work *work, struct stream *stream, uint32_t sequence)
{
	show_gap(work, stream, 0);
	set_hole_due(work->streams, stream, 0);
	window_start(&stream->window, sequence);
	stream->first = sequence;
	memset(stream->state, 0, work->streams->reader->state_size);
	stream->ignored = stream->has_new_start = stream->doubtful = false;
	stream->strays = 0;
}

static void show_alone(const struct work *work, struct stream *stream, uint32_t sequence, struct text bytes)
{
	stream->place.sequence = sequence;
	count(work, COUNTER_TCP_ODD_SEGMENTS, 1);
	work->streams->reader->alone(work->context, &stream->place, bytes);
}

/* Far outside of the window. Several in a row are the stream: then it is we who lost the place. */
static void handle_stray(const struct work *work, struct stream *stream, uint32_t sequence, struct text bytes)
{
	bool differs = false;

	if (++stream->strays < STRAYS_MAX) {
		show_alone(work, stream, sequence, bytes);
		return;
	}
	show_gap(work, stream, SIZE_MAX);
	count(work, COUNTER_TCP_HOLES, 1);
	window_start(&stream->window, sequence);
	stream->doubtful = true;
	stream->strays = 0;
	append(work, stream, bytes, &differs);
}

static void accept(const struct work *work, struct stream *stream, uint32_t sequence, struct text bytes)
{
	struct stream_window *window = &stream->window;
	int32_t offset = (int32_t)(sequence - window->base);
	size_t before = offset < 0 ? 0 - (size_t)offset : 0; /* bytes before the window */
	bool differs = false;

	if (before >= bytes.size && before > 0) {
		/* A keep-alive repeats one old byte, or an invented one (RFC 9293 §3.8.4). */
		bool may_be_news = stream->doubtful || (int32_t)(sequence - stream->first) < 0;
		if (may_be_news && bytes.size > 1) {
			handle_stray(work, stream, sequence, bytes);
		}
		return;
	}
	if (offset > (int32_t)(window->end + WINDOW_MAX)) {
		handle_stray(work, stream, sequence, bytes);
		return;
	}
	stream->strays = 0;
	struct text inside = text_from(bytes, before);
	size_t at = offset < 0 ? 0 : (size_t)offset;
	if (at > window->end) {
		hold(work, stream, sequence, inside, &differs);
	} else {
		size_t old = window->end - at;
		bool is_keep_alive = bytes.size == 1 && old > 0;
		differs = !is_keep_alive && !window_agrees(window, at, inside);
		if (old < inside.size) {
			append(work, stream, text_from(inside, old), &differs);
		}
	}
	if (differs) {
		stream->contradicted = true;
		show_alone(work, stream, sequence, bytes);
	}
}

static void note_syn(struct stream *stream, uint32_t start)
{
	bool has_bytes = stream->window.base + stream->window.end != stream->first;

	stream->new_start = start;
	stream->has_new_start = start != stream->first || has_bytes;
}

/* The answering end can't have chosen the same number for two connections. */
static bool is_handshake_again(struct tcp_streams *streams, const struct stream *stream,
	const struct stream *answer, const struct key *back, uint32_t start, instant now)
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
static void note_answered_syn(
	const struct work *work, const struct tcp_place *place, const struct tcp_segment *segment)
{
	struct tcp_streams *streams = work->streams;
	uint32_t start = segment->sequence + 1; /* of the answers */

	if (!segment->syn || !segment->ack) {
		return;
	}
	const struct key key = key_of(&place->destination, &place->source);
	note_answered_half(streams, &key, segment->acknowledgement, work->now);
	struct stream *stream = table_find(streams->table, &key, work->now);
	if (stream == NULL || !stream->has_new_start || stream->new_start != segment->acknowledgement) {
		return;
	}
	const struct key back = key_of(&place->source, &place->destination);
	struct stream *answer = table_find(streams->table, &back, work->now);
	if (is_handshake_again(streams, stream, answer, &back, start, work->now)) {
		return;
	}
	start_at(work, stream, stream->new_start);
	if (answer != NULL) {
		start_at(work, answer, start);
	}
}

/* Does the connection that we know reach there, or has it been there? */
static bool is_expected(const struct stream *stream, uint32_t sequence)
{
	int32_t offset = (int32_t)(sequence - stream->window.base);

	if (offset < 0) {
		return !stream->doubtful && (int32_t)(sequence - stream->first) >= 0;
	}
	return offset <= (int32_t)(stream->window.end + WINDOW_MAX);
}

/*
 * A SYN that nobody was seen to answer is believed when data follow that can't be the old connection's: its
 * own sender may have put it there, for the receiver to ignore (RFC 5961 §4).
 */
static bool is_of_new_connection(const struct stream *stream, uint32_t sequence)
{
	return stream->has_new_start && sequence - stream->new_start < WINDOW_MAX &&
	       !is_expected(stream, sequence);
}

static void handle_payload(
	const struct work *work, struct stream *stream, uint32_t sequence, struct text bytes)
{
	uint32_t end = stream->window.end + stream->window.base;

	if (is_of_new_connection(stream, sequence)) {
		start_at(work, stream, stream->new_start);
	} else if (stream->ignored && work->streams->reader->looks(bytes)) {
		start_at(work, stream, sequence);
	} else if (stream->ignored) {
		return;
	}
	accept(work, stream, sequence, bytes);
	if (!has_later(stream)) {
		set_hole_due(work->streams, stream, 0);
		window_shrink(work->streams->pool, &stream->window);
	} else if (stream->hole_due == 0 || stream->window.end + stream->window.base != end) {
		set_hole_due(work->streams, stream, work->now + work->streams->patience);
	}
}

/* In order, so that the receiver believes it too (RFC 5961 §3). Bytes may follow all the same. */
static void handle_end(const struct work *work, struct stream *stream, uint32_t sequence)
{
	if (!stream->ignored && !has_later(stream) && sequence == stream->window.base + stream->window.end) {
		show_gap(work, stream, 0);
	}
}

/* What the receiver says it has got, but was not seen here, won't be repeated: why wait for it. */
static void note_acknowledgement(
	const struct work *work, const struct tcp_place *place, const struct tcp_segment *segment)
{
	struct tcp_streams *streams = work->streams;
	instant due = work->now + TCP_HOLE_PATIENCE_ACKNOWLEDGED;

	if (streams->holes == 0 || !segment->ack) {
		return;
	}
	const struct key key = key_of(&place->destination, &place->source);
	struct stream *stream = table_find(streams->table, &key, work->now);
	if (stream == NULL || stream->hole_due <= due) {
		return;
	}
	const struct stream_window *window = &stream->window;
	uint32_t behind_hole = window->base + window->end + (uint32_t)window_hole(window);
	if ((int32_t)(segment->acknowledgement - behind_hole) >= 0) {
		set_hole_due(streams, stream, due);
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
static struct stream *begin(const struct work *work, const struct key *key, const struct tcp_segment *segment,
	struct text bytes, bool wanted_port)
{
	struct tcp_streams *streams = work->streams;
	bool added;

	if (wanted_port && segment->syn && bytes.size == 0) {
		note_half_open(streams, key, segment->sequence + 1, work->now);
		return NULL;
	}
	if (bytes.size == 0 || !(wanted_port || streams->reader->looks(bytes))) {
		return NULL;
	}
	uint32_t first = beginning_of(streams, key, segment, work->now);
	table_remove(streams->half_open, key);
	make_place(work);
	struct stream *stream = table_find_or_add(streams->table, key, work->now, &added);
	stream->first = stream->window.base = first;
	return stream;
}

void tcp_streams_handle(struct tcp_streams *streams, const struct tcp_place *place,
	const struct tcp_segment *segment, bool wanted_port, void *context)
{
	const struct work work = {streams, context, place->time};
	const struct key key = key_of(&place->source, &place->destination);
	struct text bytes = {(const char *)segment->payload.bytes, segment->payload.size};
	uint32_t sequence = segment->sequence + segment->syn; /* of the payload */

	tcp_streams_tick(streams, place->time, context);
	note_acknowledgement(&work, place, segment);
	note_answered_syn(&work, place, segment);
	struct stream *stream = table_find(streams->table, &key, place->time);
	if (stream == NULL) {
		stream = begin(&work, &key, segment, bytes, wanted_port);
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
		handle_end(&work, stream, sequence + (uint32_t)bytes.size);
	}
}

struct look {
	struct work work;
	instant next;
};

static void look_at_hole(void *context, const void *key, void *value, instant touched)
{
	struct look *look = context;
	struct stream *stream = value;

	(void)key;
	(void)touched;
	if (stream->hole_due == 0) {
		return;
	}
	if (stream->hole_due <= look->work.now) {
		stream->place.time = look->work.now;
		skip_hole(&look->work, stream);
		set_hole_due(look->work.streams, stream,
			has_later(stream) ? look->work.now + look->work.streams->patience : 0);
	}
	if (stream->hole_due != 0 && (look->next == 0 || stream->hole_due < look->next)) {
		look->next = stream->hole_due;
	}
}

void tcp_streams_tick(struct tcp_streams *streams, instant now, void *context)
{
	struct look look = {.work = {streams, context, now}};

	if (streams->next_look == 0 || now < streams->next_look) {
		return;
	}
	table_each(streams->table, look_at_hole, &look);
	/* Not at every packet, however many holes somebody makes. */
	streams->next_look =
		look.next != 0 && look.next < now + HOLES_LOOKED_AT ? now + HOLES_LOOKED_AT : look.next;
}

static void finish_stream(void *context, const void *key, void *value, instant touched)
{
	(void)key;
	(void)touched;
	leave(context, value);
}

void tcp_streams_finish(struct tcp_streams *streams, instant now, void *context)
{
	struct work work = {streams, context, now};

	table_each(streams->table, finish_stream, &work);
}

bool tcp_streams_unread(struct tcp_streams *streams, const struct tcp_place *place, struct tcp_unread *unread)
{
	const struct key key = key_of(&place->source, &place->destination);
	struct stream *stream = table_find(streams->table, &key, place->time);

	if (stream == NULL || stream->ignored) {
		return false;
	}
	*unread = (struct tcp_unread){.state = stream->state,
		.bytes = window_unread(&stream->window),
		.sequence = stream->window.base + stream->window.used,
		.has_hole = has_later(stream),
		.is_contradicted = stream->contradicted};
	return true;
}
