/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choices, then fragments: a datagram of known bytes, cut and shuffled as the choices say, comes out whole
 * and once, whatever fragments of other datagrams come in between; and those keep within their bounds.
 */
#include "fuzz.h"

#include "pbxguard/decode/ip_reassembly.h"

#include <stdlib.h>
#include <string.h>

#define OURS_MAX 3000
#define PIECES_MAX (OURS_MAX / 8 + 1)

struct piece {
	size_t start, size;
};

struct run {
	struct ip_reassembly *reassembly;
	struct reader input;
	instant now;
	uint8_t bytes[OURS_MAX];
	size_t size;
	unsigned whole; /* how often ours came out whole */
	bool read;      /* the handler's answer */
};

static const uint8_t our_address[4] = {192, 0, 2, 1}, their_address[4] = {192, 0, 2, 2};
static const uint8_t destination[16] = {0x20, 0x01, 0x0d, 0xb8};

static bool take(void *context, const struct ip_datagram *datagram)
{
	struct run *run = context;
	const struct reader *payload = &datagram->packet.payload;
	struct address ours = address_ipv4(our_address);
	unsigned sum = 0;

	MUST_HOLD(!datagram->packet.is_fragment && payload->size <= 65535);
	for (size_t i = 0; i < payload->size; i++) {
		sum += payload->bytes[i]; /* the sanitizer sees whether they are there */
	}
	if (address_equal(&datagram->packet.source, &ours)) {
		MUST_HOLD(
			payload->size <= run->size && memcmp(payload->bytes, run->bytes, payload->size) == 0);
		MUST_HOLD(datagram->packet.cut || payload->size == run->size);
		run->whole += !datagram->packet.cut;
	}
	return run->read && sum != 1;
}

static void add(struct run *run, const struct ip_packet *packet)
{
	struct ip_reassembly_figures figures;

	ip_reassembly_add(run->reassembly, packet, run->now, take, run);
	figures = ip_reassembly_figures(run->reassembly);
	MUST_HOLD(figures.datagrams <= 8192 && figures.blocks <= 8192);
}

/* Another sender's fragment: all it says comes from the input. */
static void add_theirs(struct run *run)
{
	uint8_t choices = reader_u8(&run->input), id = reader_u8(&run->input);
	uint16_t offset = (uint16_t)(reader_u16(&run->input) % 8192 * 8);
	struct reader bytes = reader_rest(&run->input, reader_u8(&run->input));

	if (reader_failed(&run->input)) {
		return;
	}
	reader_skip(&run->input, bytes.size);
	uint8_t *copy = fuzz_copy(bytes.bytes, bytes.size);
	const struct ip_packet packet = {
		.version = choices & 1 ? 6 : 4,
		.source = choices & 1 ? address_ipv6(destination) : address_ipv4(their_address),
		.destination = choices & 1 ? address_ipv6(destination) : address_ipv4(our_address),
		.protocol = IP_PROTOCOL_UDP,
		.payload = reader_of(copy, offset + bytes.size > 65535 ? 0 : bytes.size),
		.cut = (choices & 2) && (choices & 4),
		.is_fragment = true,
		.more_fragments = choices & 8 || offset == 0,
		.fragment_offset = offset,
		.fragment_id = id % 4,
	};
	run->now += (choices >> 4) * MILLISECOND;
	add(run, &packet);
	free(copy);
}

static void add_ours(struct run *run, struct piece piece)
{
	uint8_t *copy = fuzz_copy(run->bytes + piece.start, piece.size);
	const struct ip_packet packet = {
		.version = 4,
		.source = address_ipv4(our_address),
		.destination = address_ipv4(our_address),
		.protocol = IP_PROTOCOL_UDP,
		.payload = reader_of(copy, piece.size),
		.is_fragment = true,
		.more_fragments = piece.start + piece.size < run->size,
		.fragment_offset = (uint16_t)piece.start,
		.fragment_id = 77,
	};

	add(run, &packet);
	free(copy);
}

static size_t cut(struct run *run, struct piece pieces[static PIECES_MAX])
{
	size_t count = 0, step = (size_t)(reader_u8(&run->input) % 64 + 1) * 8;

	for (size_t at = 0; at < run->size; at += step) {
		pieces[count++] = (struct piece){at, run->size - at < step ? run->size - at : step};
	}
	return count;
}

static void shuffle(struct piece *pieces, size_t count, uint32_t seed)
{
	for (size_t i = count; i > 1; i--) {
		seed = seed * 1664525 + 1013904223;
		size_t other = (seed >> 8) % i;
		struct piece piece = pieces[i - 1];
		pieces[i - 1] = pieces[other];
		pieces[other] = piece;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct counters counters;
	static struct piece pieces[PIECES_MAX];
	struct run *run = calloc(1, sizeof *run);

	run->input = reader_of(data, size);
	run->size = reader_u16(&run->input) % OURS_MAX + 1;
	run->read = reader_u8(&run->input) & 1;
	run->now = 1784500000 * SECOND;
	for (size_t i = 0; i < run->size; i++) {
		run->bytes[i] = (uint8_t)(i * 7 + i / 256);
	}
	size_t count = cut(run, pieces);
	shuffle(pieces, count, reader_u32(&run->input));
	fuzz_large_blocks(true);
	run->reassembly = ip_reassembly_new(&counters);
	fuzz_large_blocks(false);
	for (size_t i = 0; i < count; i++) {
		add_theirs(run);
		add_ours(run, pieces[i]);
	}
	MUST_HOLD(run->whole == 1);
	ip_reassembly_flush(run->reassembly, take, run);
	MUST_HOLD(ip_reassembly_figures(run->reassembly).datagrams == 0);
	MUST_HOLD(run->whole == 1);
	ip_reassembly_free(run->reassembly);
	free(run);
	return 0;
}
