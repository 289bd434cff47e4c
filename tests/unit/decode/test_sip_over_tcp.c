/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/sip_over_tcp.h"

#include <stdlib.h>

/* Streams made at random, of a fixed seed, and what must come of them however they are cut. */

#define MESSAGES_MAX 40
#define STREAM_MAX ((size_t)600000)
#define SEGMENTS_MAX 40000
#define FLOOD 100000

struct chance {
	uint64_t state;
};

/* xorshift64*: the same everywhere. From 0 to below limit. */
static uint32_t draw(struct chance *chance, uint32_t limit)
{
	chance->state ^= chance->state >> 12;
	chance->state ^= chance->state << 25;
	chance->state ^= chance->state >> 27;
	return (uint32_t)((chance->state * 2685821657736338717U) >> 32) % limit;
}

struct model {
	char *bytes;
	size_t size;
	size_t count;
	size_t start[MESSAGES_MAX], end[MESSAGES_MAX]; /* of the message with its body */
	bool is_unknown[MESSAGES_MAX];                 /* its method */
};

static void add_bytes(struct model *model, const char *text, size_t size)
{
	assert_true(model->size + size <= STREAM_MAX);
	memcpy(model->bytes + model->size, text, size);
	model->size += size;
}

static void add_line(struct model *model, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_line(struct model *model, const char *format, ...)
{
	char line[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	add_bytes(model, line, strlen(line));
}

/* Message number n; its Call-ID is n. */
static void add_message(struct model *model, struct chance *chance, size_t n)
{
	static const char *const starts[] = {"INVITE sip:0044@h SIP/2.0", "REGISTER sip:h SIP/2.0",
		"SIP/2.0 200 OK", "BYE sip:1@h SIP/2.0", "BREW sip:pot SIP/2.0"};
	enum { UNKNOWN = COUNT_OF(starts) - 1 };
	static const char body[] = "v=0\r\no=- 1 1 IN IP4 h\r\nINFO i I in SIP/ INVITEs ACK\r\n\r\n";
	uint32_t body_size = draw(chance, 3) == 0 ? draw(chance, draw(chance, 8) == 0 ? 60000 : 900) : 0;

	while (draw(chance, 4) == 0) {
		add_bytes(model, "\r\n\r\n", 4);
	}
	uint32_t start = draw(chance, COUNT_OF(starts));
	model->start[n] = model->size;
	model->is_unknown[n] = start == UNKNOWN;
	add_line(model, "%s\r\nCall-ID: %zu\r\n", starts[start], n);
	for (uint32_t lines = draw(chance, draw(chance, 6) == 0 ? 200 : 20); lines > 0; lines--) {
		add_line(model, "X-%u: %0*u\r\n", lines, (int)draw(chance, 200) + 1, lines);
	}
	add_line(model, "%s: %u\r\n\r\n", draw(chance, 2) == 0 ? "l" : "Content-Length", body_size);
	for (uint32_t i = 0; i < body_size; i++) {
		add_bytes(model, &body[i % (sizeof body - 1)], 1);
	}
	model->end[n] = model->size;
	model->count = n + 1;
}

static void make_model(struct model *model, struct chance *chance)
{
	model->size = 0;
	for (size_t n = 0; n < MESSAGES_MAX && model->size < STREAM_MAX - 150000; n++) {
		add_message(model, chance, n);
	}
}

struct segment {
	size_t start, size;
};

/* Cut anywhere, some twice, some again with their neighbours' bytes. */
static size_t cut(
	const struct model *model, struct chance *chance, struct segment *segments, uint32_t largest)
{
	size_t count = 0;

	for (size_t at = 0; at < model->size && count < SEGMENTS_MAX - 2;) {
		size_t size = 1 + draw(chance, largest);
		size = size < model->size - at ? size : model->size - at;
		segments[count++] = (struct segment){at, size};
		if (draw(chance, 10) == 0) {
			size_t back = draw(chance, 2000) % (at + 1);
			segments[count++] =
				(struct segment){at - back, draw(chance, (uint32_t)(back + size)) + 1};
		}
		at += size;
	}
	return count;
}

static void shuffle(
	struct chance *chance, struct segment *segments, size_t first, size_t count, uint32_t reach)
{
	for (size_t i = first; i < count; i++) {
		size_t place = (i - first) % reach; /* among so many neighbours */
		size_t other = i - draw(chance, (uint32_t)place + 1);
		struct segment swapped = segments[i];
		segments[i] = segments[other];
		segments[other] = swapped;
	}
}

struct seen {
	size_t count;
	size_t numbers[10 * MESSAGES_MAX];
	uint32_t oddities;
};

static void note(void *context, const struct tcp_place *place, const struct sip_scan *scan)
{
	struct seen *seen = context;
	uint64_t number = 0;

	assert_int_equal(place->source.port, 40000);
	text_to_number(sip_scan_value(scan, SIP_HEADER_CALL_ID), 1000, &number);
	assert_in_range(seen->count, 0, COUNT_OF(seen->numbers) - 1);
	seen->numbers[seen->count++] = number;
	seen->oddities |= scan->oddities;
}

static struct tcp_place place_of(uint32_t client, instant time)
{
	struct tcp_place place = {.source = {.port = 40000}, .destination = {.port = 5060}, .time = time};

	place.source.address = address_ipv4(
		(const uint8_t[]){10, (uint8_t)(client >> 16), (uint8_t)(client >> 8), (uint8_t)client});
	place.destination.address = address_ipv4((const uint8_t[]){192, 0, 2, 1});
	return place;
}

static void send_segment(struct sip_over_tcp *tcp, const struct tcp_place *place, uint32_t sequence, bool syn,
	struct text bytes, struct seen *seen)
{
	struct tcp_segment segment = {.sequence = sequence, .syn = syn};
	uint8_t *copy = malloc(bytes.size + 1);

	if (bytes.size > 0) {
		memcpy(copy, bytes.start, bytes.size);
	}
	segment.payload = reader_of(copy, bytes.size);
	sip_over_tcp_handle(tcp, place, &segment, true, note, seen);
	free(copy);
}

static const struct {
	uint32_t largest, reach;
	bool syn;
} ways[] = {
	{1, 1, true},
	{10, 5, true},
	{100, 40, true},
	{1400, 8, true},
	{1400, 8, false},
	{1400, 1, false},
	{30000, 2, true},
	{65000, 1, false},
};

/* lost: number of the segment that the capture lost; SIZE_MAX: none. */
static struct seen play(const struct model *model, const struct segment *segments, size_t count,
	uint32_t base, bool syn, size_t lost, struct counters *counters)
{
	struct sip_over_tcp *tcp = sip_over_tcp_new(counters);
	struct seen seen = {0};
	instant time = DAY;

	if (syn) {
		const struct tcp_place place = place_of(0, time);
		send_segment(tcp, &place, base - 1, true, TEXT(""), &seen);
	}
	for (size_t i = 0; i < count; i++) {
		const struct tcp_place place = place_of(0, time += MILLISECOND);
		if (i != lost) {
			send_segment(tcp, &place, base + (uint32_t)segments[i].start, false,
				(struct text){model->bytes + segments[i].start, segments[i].size}, &seen);
		}
	}
	sip_over_tcp_finish(tcp, time, note, &seen);
	sip_over_tcp_free(tcp);
	return seen;
}

static void however_a_stream_is_cut_the_messages_are_the_same(void **state)
{
	struct chance chance = {20261122};
	struct model model = {.bytes = malloc(STREAM_MAX)};
	struct segment *segments = calloc(SEGMENTS_MAX, sizeof *segments);

	(void)state;
	for (unsigned round = 0; round < 80; round++) {
		size_t way = round % COUNT_OF(ways);
		struct counters counters = {0};
		make_model(&model, &chance);
		while (model.size > (size_t)ways[way].largest * 10000) { /* so that the segments suffice */
			model.size = model.start[--model.count];
		}
		size_t count = cut(&model, &chance, segments, ways[way].largest);
		/* Without a SYN nobody knows that something came before the first. */
		shuffle(&chance, segments, ways[way].syn ? 0 : 1, count, ways[way].reach);
		struct seen seen = play(&model, segments, count, 0xFFFFFFFF - draw(&chance, 300000),
			ways[way].syn, SIZE_MAX, &counters);
		if (seen.count != model.count || seen.oddities != 0) {
			fail_msg("round %u: %zu of %zu messages, oddities %x", round, seen.count, model.count,
				seen.oddities);
		}
		for (size_t n = 0; n < model.count; n++) {
			assert_int_equal(seen.numbers[n], n);
		}
		assert_int_equal(counter_get(&counters, COUNTER_TCP_BYTES_SKIPPED), 0);
		assert_int_equal(counter_get(&counters, COUNTER_TCP_ODD_SEGMENTS), 0);
	}
	free(segments);
	free(model.bytes);
}

/*
 * Touched: header or body lie in the lost bytes, at least in part. Behind them a method that nobody knows is
 * not found where the line does not begin with it.
 */
static bool was_touched(const struct model *model, size_t n, const struct segment *lost)
{
	size_t lost_end = lost->start + lost->size;
	bool follows = n == 0 || model->start[n - 1] < lost_end;

	return (model->start[n] < lost_end && lost->start < model->end[n]) ||
	       (model->is_unknown[n] && follows);
}

static void a_lost_segment_costs_only_the_messages_that_it_held(void **state)
{
	struct chance chance = {5060};
	struct model model = {.bytes = malloc(STREAM_MAX)};
	struct segment *segments = calloc(SEGMENTS_MAX, sizeof *segments);

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct counters counters = {0};
		bool found[MESSAGES_MAX] = {false};
		size_t count = 0;
		make_model(&model, &chance);
		for (size_t at = 0; at < model.size; at += segments[count - 1].size) {
			size_t size = 1 + draw(&chance, 1400);
			segments[count++] =
				(struct segment){at, size < model.size - at ? size : model.size - at};
		}
		size_t lost = draw(&chance, (uint32_t)count);
		struct seen seen =
			play(&model, segments, count, draw(&chance, UINT32_MAX), true, lost, &counters);
		for (size_t i = 0; i < seen.count; i++) {
			found[seen.numbers[i]] = true;
		}
		for (size_t n = 0; n < model.count; n++) {
			if (!found[n] && !was_touched(&model, n, &segments[lost])) {
				fail_msg("round %u: message %zu is lost", round, n);
			}
		}
	}
	free(segments);
	free(model.bytes);
}

#define HTTP "GET / HTTP/1.1\r\n"

static void tls_and_websockets_are_known_however_the_bytes_come(void **state)
{
	static const struct {
		struct text stream;
		unsigned tls, websocket;
	} cases[] = {
		{TEXT_CONSTANT("\x16\x03\x01\x02\x05\x01\x01"), 1, 0},
		{TEXT_CONSTANT("\x17\x03\x03\x02\x05\xAA\xBB"), 1, 0},
		{TEXT_CONSTANT("\x16\x03\x03\x02\x05\x02\x01"), 0, 0}, /* the other direction counts */
		{TEXT_CONSTANT("\x16\x02\x03\x02\x05\x01\x01"), 0, 0},
		{TEXT_CONSTANT("\r\n\r\n\x16\x03\x01\x02\x05\x01"), 0, 0},
		{TEXT_CONSTANT(HTTP "Sec-WebSocket-Protocol: chat, SIP\r\n\r\n"), 0, 1},
		{TEXT_CONSTANT(HTTP "Sec-WebSocket-Protocol: sip2\r\n\r\n"), 0, 0},
		{TEXT_CONSTANT(HTTP "A: b\r\n c\r\nsec-websocket-protocol: sip\r\n"), 0, 1},
		{TEXT_CONSTANT(HTTP "\r\nSec-WebSocket-Protocol: sip\r\n"), 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t piece = 1; piece < 100; piece++) {
			struct counters counters = {0};
			struct sip_over_tcp *tcp = sip_over_tcp_new(&counters);
			const struct tcp_place place = place_of(0, DAY);
			struct seen seen = {0};
			for (uint32_t at = 0; at < cases[i].stream.size; at += (uint32_t)piece) {
				send_segment(
					tcp, &place, at, false, text_part(cases[i].stream, at, piece), &seen);
			}
			assert_int_equal(counter_get(&counters, COUNTER_TLS_STREAMS), cases[i].tls);
			assert_int_equal(
				counter_get(&counters, COUNTER_WEBSOCKET_STREAMS), cases[i].websocket);
			sip_over_tcp_free(tcp);
		}
	}
}

#define INVITE "INVITE sip:0044@h SIP/2.0\r\nCall-ID: 7\r\nl: 0\r\n\r\n"

static void half_open_connections_take_no_place_from_the_others(void **state)
{
	struct counters counters = {0};
	struct sip_over_tcp *tcp = sip_over_tcp_new(&counters);
	struct seen seen = {0};
	struct tcp_place place = place_of(0, DAY);

	(void)state;
	send_segment(tcp, &place, 10, false, text_part(TEXT(INVITE), 0, 20), &seen);
	for (uint32_t i = 1; i <= FLOOD; i++) {
		place = place_of(i, DAY + i);
		send_segment(tcp, &place, i, true, TEXT(""), &seen);
	}
	place = place_of(0, DAY + FLOOD);
	send_segment(tcp, &place, 30, false, text_from(TEXT(INVITE), 20), &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.oddities, 0);
	assert_int_equal(counter_get(&counters, COUNTER_TCP_STREAMS_GIVEN_UP), 0);
	sip_over_tcp_free(tcp);
}

/* Each sends a start line and the beginning of a header; whoever is pushed out is handed out as it is. */
static void connections_that_never_end_their_message_are_pushed_out_and_counted(void **state)
{
	struct counters counters = {0};
	struct sip_over_tcp *tcp = sip_over_tcp_new(&counters);
	static char filler[3000];

	(void)state;
	memset(filler, 'x', sizeof filler);
	for (uint32_t i = 0; i < FLOOD / 10; i++) {
		struct seen seen = {0};
		struct tcp_place place = place_of(i, DAY + i);
		send_segment(tcp, &place, 10, false, text_part(TEXT(INVITE), 0, 40), &seen);
		send_segment(tcp, &place, 50, false, (struct text){filler, sizeof filler}, &seen);
		assert_int_equal(seen.count, i >= 256 + 32 ? 1 : 0); /* those with larger blocks */
		assert_true(seen.count == 0 || seen.oddities & SIP_ODD_CUT);
	}
	assert_in_range(counter_get(&counters, COUNTER_TCP_STREAMS_GIVEN_UP), FLOOD / 10 - 288, FLOOD / 5);
	sip_over_tcp_free(tcp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(however_a_stream_is_cut_the_messages_are_the_same),
		cmocka_unit_test(a_lost_segment_costs_only_the_messages_that_it_held),
		cmocka_unit_test(tls_and_websockets_are_known_however_the_bytes_come),
		cmocka_unit_test(half_open_connections_take_no_place_from_the_others),
		cmocka_unit_test(connections_that_never_end_their_message_are_pushed_out_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
