/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/ordered_stream.h"

#include <string.h>

#define STRAYS_MAX 3 /* so many in a row are the stream, and we were wrong */

static void count(const struct ordered_work *work, enum counter counter, uint64_t amount)
{
	counter_add(work->shared->counters, counter, amount);
}

static void set_hole_due(struct ordered_streams *shared, struct ordered_stream *stream, instant due)
{
	shared->holes += (due != 0) - (size_t)(stream->hole_due != 0);
	stream->hole_due = due;
	if (due != 0 && (shared->next_look == 0 || due < shared->next_look)) {
		shared->next_look = due;
	}
}

bool ordered_stream_has_later(const struct ordered_stream *stream)
{
	return stream->window.reach > stream->window.end;
}

/* The reader is given the unread bytes. */
static void note_place(struct ordered_stream *stream)
{
	stream->place.sequence = stream->window.base + stream->window.used;
}

static void show_gap(const struct ordered_work *work, struct ordered_stream *stream, size_t missing)
{
	struct text rest = window_unread(&stream->window);

	note_place(stream);
	work->shared->reader->gap(work->context, &stream->place, stream->state, rest, missing);
	window_use(&stream->window, rest.size);
}

static void ignore(const struct ordered_work *work, struct ordered_stream *stream)
{
	set_hole_due(work->shared, stream, 0);
	window_release(work->shared->pool, &stream->window);
	stream->ignored = true;
}

static void read_stream(const struct ordered_work *work, struct ordered_stream *stream)
{
	struct text unread = window_unread(&stream->window);

	if (unread.size == 0) {
		return;
	}
	note_place(stream);
	size_t used = work->shared->reader->read(work->context, &stream->place, stream->state, unread);
	if (used == TCP_STREAM_IGNORE) {
		ignore(work, stream);
	} else {
		window_use(&stream->window, used);
	}
}

static void skip_hole(const struct ordered_work *work, struct ordered_stream *stream)
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
static void give_up(const struct ordered_work *work, struct ordered_stream *stream)
{
	count(work, COUNTER_TCP_STREAMS_GIVEN_UP, 1);
	show_gap(work, stream, SIZE_MAX);
	set_hole_due(work->shared, stream, 0);
	window_release(work->shared->pool, &stream->window);
	stream->doubtful = true;
}

void ordered_stream_leave(const struct ordered_work *work, struct ordered_stream *stream)
{
	stream->place.time = work->now;
	while (ordered_stream_has_later(stream)) {
		skip_hole(work, stream);
	}
	show_gap(work, stream, 0);
	set_hole_due(work->shared, stream, 0);
	window_release(work->shared->pool, &stream->window);
}

struct search {
	const struct ordered_stream *not_this;
	struct ordered_stream *oldest;
};

static void note_oldest(void *context, struct stream_window *window)
{
	struct search *search = context;
	struct ordered_stream *stream = (struct ordered_stream *)(void *)window;

	if (stream != search->not_this &&
		(search->oldest == NULL || stream->place.time < search->oldest->place.time)) {
		search->oldest = stream;
	}
}

/* False when so much can't be held. Takes the memory of the stream that was silent longest if it must. */
static bool grow(const struct ordered_work *work, struct ordered_stream *stream, size_t capacity)
{
	struct search search = {.not_this = stream};

	if (capacity > WINDOW_MAX) {
		return false;
	}
	if (window_grow(work->shared->pool, &stream->window, capacity)) {
		return true;
	}
	window_pool_each(work->shared->pool, capacity, note_oldest, &search);
	if (search.oldest == NULL) {
		return false;
	}
	give_up(work, search.oldest);
	return window_grow(work->shared->pool, &stream->window, capacity);
}

/* Room for at least one more byte in order, for all of them if that takes no more memory. */
static bool make_room(const struct ordered_work *work, struct ordered_stream *stream, size_t size)
{
	struct stream_window *window = &stream->window;

	if (window->end + size > window->capacity) {
		window_slide(window);
	}
	return window->end < window->capacity || grow(work, stream, window->end + 1);
}

static void append(
	const struct ordered_work *work, struct ordered_stream *stream, struct text bytes, bool *differs)
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

static void take(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence, struct text bytes);

/* A segment that begins behind a hole. What does not fit ends the waiting for the hole. */
static void hold(const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence,
	struct text bytes, bool *differs)
{
	struct stream_window *window = &stream->window;

	if (sequence - window->base + bytes.size > window->capacity && window->bytes != NULL) {
		window_slide(window);
	}
	size_t end = sequence - window->base + bytes.size;
	if (end <= window->capacity || grow(work, stream, end)) {
		window_put(window, sequence - window->base, bytes, differs);
	} else if (ordered_stream_has_later(stream)) {
		skip_hole(work, stream);
		take(work, stream, sequence, bytes);
	} else {
		show_gap(work, stream, sequence - window->base - window->end);
		count(work, COUNTER_TCP_HOLES, 1);
		count(work, COUNTER_TCP_BYTES_LOST, sequence - window->base - window->end);
		window_start(window, sequence);
		stream->doubtful = true;
		append(work, stream, bytes, differs);
	}
}

void ordered_stream_start(const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence)
{
	show_gap(work, stream, 0);
	set_hole_due(work->shared, stream, 0);
	window_start(&stream->window, sequence);
	stream->first = sequence;
	memset(stream->state, 0, work->shared->reader->state_size);
	stream->ignored = stream->has_new_start = stream->doubtful = false;
	stream->strays = 0;
}

static void show_alone(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence, struct text bytes)
{
	stream->place.sequence = sequence;
	count(work, COUNTER_TCP_ODD_SEGMENTS, 1);
	work->shared->reader->alone(work->context, &stream->place, bytes);
}

/* Far outside of the window. Several in a row are the stream: then it is we who lost the place. */
static void handle_stray(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence, struct text bytes)
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

static void take(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence, struct text bytes)
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

void ordered_stream_accept(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence, struct text bytes)
{
	uint32_t end = stream->window.end + stream->window.base;

	take(work, stream, sequence, bytes);
	if (!ordered_stream_has_later(stream)) {
		set_hole_due(work->shared, stream, 0);
		window_shrink(work->shared->pool, &stream->window);
	} else if (stream->hole_due == 0 || stream->window.end + stream->window.base != end) {
		set_hole_due(work->shared, stream, work->now + work->shared->patience);
	}
}

void ordered_stream_note_acknowledged(
	const struct ordered_work *work, struct ordered_stream *stream, uint32_t acknowledgement)
{
	const struct stream_window *window = &stream->window;
	instant due = work->now + TCP_HOLE_PATIENCE_ACKNOWLEDGED;

	if (stream->hole_due <= due) {
		return;
	}
	uint32_t behind_hole = window->base + window->end + (uint32_t)window_hole(window);
	if ((int32_t)(acknowledgement - behind_hole) >= 0) {
		set_hole_due(work->shared, stream, due);
	}
}

void ordered_stream_look_at_hole(const struct ordered_work *work, struct ordered_stream *stream)
{
	if (stream->hole_due == 0 || stream->hole_due > work->now) {
		return;
	}
	stream->place.time = work->now;
	skip_hole(work, stream);
	set_hole_due(work->shared, stream,
		ordered_stream_has_later(stream) ? work->now + work->shared->patience : 0);
}

bool ordered_stream_expects(const struct ordered_stream *stream, uint32_t sequence)
{
	int32_t offset = (int32_t)(sequence - stream->window.base);

	if (offset < 0) {
		return !stream->doubtful && (int32_t)(sequence - stream->first) >= 0;
	}
	return offset <= (int32_t)(stream->window.end + WINDOW_MAX);
}

void ordered_stream_end(const struct ordered_work *work, struct ordered_stream *stream, uint32_t sequence)
{
	if (!stream->ignored && !ordered_stream_has_later(stream) &&
		sequence == stream->window.base + stream->window.end) {
		show_gap(work, stream, 0);
	}
}
