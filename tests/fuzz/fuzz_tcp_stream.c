/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choices, then bytes. As one direction of a connection, cut, shuffled and repeated as the choices say, the
 * bytes come out as they were and in order. As segments with whatever in their headers they stay within
 * bounds.
 */
#include "fuzz.h"

#include "pbxguard/decode/tcp_stream.h"

#include <stdlib.h>
#include <string.h>

#define PIECES_MAX 512

struct run {
	struct tcp_streams *streams;
	struct tcp_place place;
	struct text stream;
	size_t out;  /* bytes of it that came out */
	bool honest; /* they come out as they went in */
};

static bool looks(struct text bytes)
{
	return bytes.size > 0 && bytes.start[0] == 'I';
}

static size_t read_bytes(void *context, const struct tcp_place *place, void *state, struct text bytes)
{
	struct run *run = context;
	size_t *calls = state;
	size_t used = ++*calls % 4 == 0 && !run->honest ? bytes.size / 2 : bytes.size;
	unsigned sum = 0;

	(void)place;
	for (size_t i = 0; i < bytes.size; i++) {
		sum += (uint8_t)bytes.start[i]; /* the sanitizer sees whether they are there */
	}
	if (run->honest) {
		MUST_HOLD(bytes.size <= run->stream.size - run->out);
		MUST_HOLD(bytes.size == 0 ||
			  memcmp(bytes.start, run->stream.start + run->out, bytes.size) == 0);
	}
	run->out += used;
	return sum == 1 && !run->honest ? TCP_STREAM_IGNORE : used;
}

static void gap(void *context, const struct tcp_place *place, void *state, struct text rest, size_t missing)
{
	struct run *run = context;

	(void)place, (void)state;
	MUST_HOLD(!run->honest || (rest.size == 0 && missing == 0));
}

static void alone(void *context, const struct tcp_place *place, struct text bytes)
{
	struct run *run = context;

	(void)place, (void)bytes;
	MUST_HOLD(!run->honest);
}

static void give(struct run *run, struct tcp_segment segment, struct text bytes, bool wanted)
{
	uint8_t *copy = fuzz_copy(bytes.start, bytes.size);

	segment.payload = reader_of(copy, bytes.size);
	segment.source_port = run->place.source.port;
	segment.destination_port = run->place.destination.port;
	tcp_streams_handle(run->streams, &run->place, &segment, wanted, run);
	MUST_HOLD(tcp_streams_count(run->streams) <= TCP_STREAMS_MAX);
	free(copy);
}

static void run_honestly(struct run *run, struct reader *input)
{
	size_t most = reader_u8(input) * 4 + 1, count = 0, at = 0, starts[PIECES_MAX + 1];
	uint32_t first = reader_u32(input), seed = reader_u32(input);

	run->honest = true;
	run->stream = (struct text){(const char *)input->bytes, reader_left(input)};
	give(run, (struct tcp_segment){.sequence = first - 1, .syn = true}, (struct text){0}, true);
	for (; at < run->stream.size && count < PIECES_MAX; count++) {
		starts[count] = at;
		seed = seed * 1664525 + 1013904223;
		at += (seed >> 8) % most + 1;
	}
	starts[count] = run->stream.size = at < run->stream.size ? at : run->stream.size;
	uint8_t given[PIECES_MAX] = {0};
	for (size_t left = count; left > 0;) {
		seed = seed * 1664525 + 1013904223;
		size_t piece = (seed >> 8) % (count < 8 ? count : 8); /* some of the next, or one again */
		for (size_t i = 0; i < count && piece < count && given[piece] && seed % 4 != 0; i++) {
			piece = (piece + 1) % count;
		}
		left -= !given[piece];
		given[piece] = 1;
		give(run, (struct tcp_segment){.sequence = first + (uint32_t)starts[piece], .ack = true},
			text_part(run->stream, starts[piece], starts[piece + 1] - starts[piece]), true);
	}
	MUST_HOLD(run->out == run->stream.size);
}

static void run_wildly(struct run *run, struct reader *input)
{
	while (!reader_failed(input) && reader_left(input) > 0) {
		uint8_t flags = reader_u8(input), choices = reader_u8(input);
		const struct tcp_segment segment = {
			.sequence = reader_u16(input) * (flags & 64 ? 65537U : 1U),
			.acknowledgement = reader_u16(input),
			.syn = flags & 1,
			.fin = flags & 2,
			.rst = flags & 4,
			.ack = flags & 8};
		struct reader bytes = reader_rest(input, reader_u8(input) * (flags & 16 ? 16U : 1U));
		run->place.source.port = (uint16_t)(5060 + choices % 2);
		run->place.destination.port = (uint16_t)(5061 - choices % 2);
		run->place.source.address.bytes[3] = choices >> 4 & 3;
		run->place.time += (choices >> 6) * 100 * MILLISECOND;
		reader_skip(input, bytes.size);
		give(run, segment, (struct text){(const char *)bytes.bytes, bytes.size}, flags & 32);
		tcp_streams_tick(run->streams, run->place.time, run);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t address[4] = {192, 0, 2, 1};
	static const struct tcp_reader reader = {sizeof(size_t), looks, read_bytes, gap, alone};
	static struct counters counters;
	struct reader input = reader_of(data, size);
	struct run run = {.place = {{address_ipv4(address), 50000}, {address_ipv4(address), 5060},
				  1784500000 * SECOND}};

	fuzz_large_blocks(true);
	run.streams = tcp_streams_new(&reader, &counters);
	fuzz_large_blocks(false);
	MUST_HOLD(run.streams != NULL);
	if (reader_u8(&input) & 1) {
		run_wildly(&run, &input);
	} else if (reader_left(&input) > 9) {
		run_honestly(&run, &input);
	}
	tcp_streams_finish(run.streams, run.place.time, &run);
	tcp_streams_free(run.streams);
	return 0;
}
