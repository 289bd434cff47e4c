/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a TCP connection with the gate in it: segments go in, through decoder and gate, as the
 * daemon has them; what comes out is received as TCP receives it, the first copy of a byte counts. For the
 * gate's unit test and its fuzz target. INVITEs to a number that begins with 0 are refused, in whatever form
 * it is written.
 */
#ifndef PBXGUARD_TESTS_GATED_LINE_H
#define PBXGUARD_TESTS_GATED_LINE_H

#include "pbxguard/decode/decoder.h"
#include "pbxguard/decode/tcp_gate.h"

#include <stdlib.h>
#include <string.h>

#define LINE_STREAM_MAX 65536
#define LINE_HELD_MAX 256
#define LINE_CLIENT 40000
#define LINE_SERVER 5060

struct line_held {
	uint8_t *packet;
	size_t size;
};

struct line {
	struct counters counters;
	struct decoder *decoder;
	struct tcp_gate *gate;
	bool is_ipv6;
	size_t odd_bytes; /* of IP options or extension headers: 0 or 8 */
	uint32_t first;   /* sequence number of the stream's first byte */
	instant now;

	size_t held_count;
	struct line_held held[LINE_HELD_MAX];

	char received[LINE_STREAM_MAX];
	bool is_received[LINE_STREAM_MAX];
	size_t packets, bad_checksums, dropped, refused;
	size_t late; /* refused when all of it was received: it began behind what was taken for another line's
			beginning */
	char may_change[LINE_STREAM_MAX]; /* 1: part of what was refused */
};

static bool line_is_refused(const struct sip_message *message)
{
	char number[64];
	struct text user;

	if (!message->is_request || message->method != SIP_METHOD_INVITE) {
		return false;
	}
	text_decode_percent(message->request_uri.user, number, sizeof number, &user);
	return user.size > 0 && (user.start[0] == '0' || (user.start[0] == '+' && user.size > 1));
}

static void line_note_message(void *context, const struct sip_message *message)
{
	struct line *line = context;
	size_t at = message->sequence - line->first;

	if (message->source.port != LINE_CLIENT || !line_is_refused(message)) {
		return;
	}
	line->refused++;
	size_t received = 0;
	while (received < LINE_STREAM_MAX && line->is_received[received]) {
		received++;
	}
	line->late += at + message->whole.size <= received;
	for (size_t i = 0; i < message->whole.size && at + i < LINE_STREAM_MAX; i++) {
		line->may_change[at + i] = 1;
	}
	tcp_gate_refuse(line->gate, message, line->now);
}

static void line_open(struct line *line, bool is_ipv6, size_t odd_bytes, uint32_t first)
{
	static const uint32_t ports[] = {LINE_SERVER};

	memset(line, 0, sizeof *line);
	line->is_ipv6 = is_ipv6;
	line->odd_bytes = odd_bytes;
	line->first = first;
	line->now = 1784500000 * SECOND;
	line->decoder = decoder_new(ports, 1, &line->counters);
	line->gate = tcp_gate_new(&line->counters);
	decoder_set_inline(line->decoder, true);
}

static uint32_t line_sum(const uint8_t *bytes, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	}
	return sum;
}

static size_t line_ip_size(const struct line *line)
{
	return (line->is_ipv6 ? 40 : 20) + line->odd_bytes;
}

/* Of a packet as it is; 0: it is right. */
static uint16_t line_checksum(const struct line *line, const uint8_t *packet, size_t size)
{
	size_t ip = line_ip_size(line);
	uint32_t sum = line->is_ipv6 ? line_sum(packet + 8, 32, 6) : line_sum(packet + 12, 8, 6);

	sum = line_sum(packet + ip, size - ip, sum + (uint32_t)(size - ip));
	while (sum >> 16) {
		sum = (sum & 0xFFFF) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void line_put(uint8_t *at, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
	}
}

/* A heap block. */
static uint8_t *line_make(
	const struct line *line, uint32_t sequence, uint8_t flags, struct text payload, size_t *size)
{
	size_t ip = line_ip_size(line);
	uint8_t *packet = calloc(1, ip + 20 + payload.size), *tcp = packet + ip;

	*size = ip + 20 + payload.size;
	if (line->is_ipv6) {
		packet[0] = 0x60;
		line_put(packet + 4, (uint32_t)(*size - 40), 2);
		packet[6] = line->odd_bytes > 0 ? 60 : 6; /* destination options */
		packet[40] = 6; /* the TCP header writes over it where there are none */
		memcpy(packet + 8,
			"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
			32);
	} else {
		packet[0] = (uint8_t)(0x40 + ip / 4);
		line_put(packet + 2, (uint32_t)*size, 2);
		packet[9] = 6;
		memcpy(packet + 12, "\xc0\0\2\2\xc0\0\2\1", 8);
	}
	line_put(tcp, LINE_CLIENT, 2);
	line_put(tcp + 2, LINE_SERVER, 2);
	line_put(tcp + 4, sequence, 4);
	tcp[12] = 0x50;
	tcp[13] = flags;
	if (payload.size > 0) {
		memcpy(tcp + 20, payload.start, payload.size);
	}
	line_put(tcp + 16, 0, 2);
	line_put(tcp + 16, line_checksum(line, packet, *size), 2);
	return packet;
}

static void line_receive(struct line *line, const uint8_t *packet, size_t size)
{
	const uint8_t *tcp = packet + line_ip_size(line);
	uint32_t at = ((uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7]) -
		      line->first;

	line->packets++;
	line->bad_checksums += line_checksum(line, packet, size) != 0;
	for (size_t i = line_ip_size(line) + 20; i < size; i++, at++) {
		if (at < LINE_STREAM_MAX && !line->is_received[at]) {
			line->is_received[at] = true;
			line->received[at] = (char)packet[i];
		}
	}
}

static void line_decide(struct line *line, enum verdict verdict, const uint8_t *packet, size_t size)
{
	if (verdict == VERDICT_DROP) {
		line->dropped++;
	} else {
		line_receive(line, packet, size);
	}
}

/* Asks again about all that is held: there is one connection only. */
static void line_ask_again(struct line *line, bool no_longer)
{
	size_t count = line->held_count;

	line->held_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct line_held held = line->held[i];
		enum verdict verdict =
			tcp_gate_decide(line->gate, held.packet, held.size, no_longer, line->now);
		if (verdict == VERDICT_HOLD) {
			line->held[line->held_count++] = held;
			continue;
		}
		line_decide(line, verdict, held.packet, held.size);
		free(held.packet);
	}
}

static void line_send_packet(struct line *line, uint8_t *packet, size_t size)
{
	const struct packet record = {
		.time = line->now, .link_type = 12, .bytes = packet, .captured = size, .on_wire = size};
	struct tcp_wait wait;

	decoder_handle(line->decoder, &record, line_note_message, line);
	bool is_tcp = decoder_waits_for_more(line->decoder, &wait);
	struct tcp_gate_answer answer =
		tcp_gate_handle(line->gate, packet, size, is_tcp ? &wait : NULL, line->now);
	if (answer.release) {
		line_ask_again(line, false);
	}
	if (answer.verdict == VERDICT_HOLD && line->held_count < LINE_HELD_MAX) {
		line->held[line->held_count++] = (struct line_held){packet, size};
		return;
	}
	if (answer.verdict == VERDICT_HOLD) {
		answer.verdict = tcp_gate_decide(line->gate, packet, size, true, line->now);
	}
	line_decide(line, answer.verdict, packet, size);
	free(packet);
}

/* Flags as in TCP: 2 SYN, 16 ACK. */
static void line_send(struct line *line, size_t at, uint8_t flags, struct text payload)
{
	size_t size;
	uint8_t *packet = line_make(line, line->first + (uint32_t)at, flags, payload, &size);

	line_send_packet(line, packet, size);
}

/* Time passes; what waited for too long goes on. */
static void line_wait(struct line *line, duration time)
{
	line->now += time;
	if (line->held_count > 0) {
		line_ask_again(line, true);
	}
	decoder_tick(line->decoder, line->now, line_note_message, line);
}

static void line_close(struct line *line)
{
	for (size_t i = 0; i < line->held_count; i++) {
		free(line->held[i].packet);
	}
	tcp_gate_free(line->gate);
	decoder_free(line->decoder);
}

struct line_count {
	uint16_t port; /* others are of streams that the decoder gives up */
	size_t refused;
};

static void line_count_refused(void *context, const struct sip_message *message)
{
	struct line_count *count = context;

	count->refused += message->source.port == count->port && line_is_refused(message);
}

/*
 * Of the bytes that were received without a hole, read anew: how many INVITEs that should have been refused?
 * One decoder reads all, each stream from another port: a new one takes longer than the rest of a test.
 */
static size_t line_got_past(const struct line *line)
{
	static struct line again;
	static uint16_t port = UINT16_MAX;
	size_t size = 0;

	if (port == UINT16_MAX) {
		if (again.decoder != NULL) {
			line_close(&again);
		}
		line_open(&again, false, 0, 1);
		port = LINE_SERVER;
	}
	port++;
	struct line_count count = {.port = port};
	while (size < LINE_STREAM_MAX && line->is_received[size]) {
		size++;
	}
	for (size_t at = 0, part; at < size; at += part) {
		size_t packet_size;
		part = size - at < 1400 ? size - at : 1400;
		uint8_t *packet = line_make(&again, again.first + (uint32_t)at, 16,
			(struct text){line->received + at, part}, &packet_size);
		line_put(packet + 20, port, 2);
		const struct packet record = {.time = again.now,
			.link_type = 12,
			.bytes = packet,
			.captured = packet_size,
			.on_wire = packet_size};
		decoder_handle(again.decoder, &record, line_count_refused, &count);
		free(packet);
	}
	return count.refused;
}

#endif
