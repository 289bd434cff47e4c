/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/ip.h"

#include <assert.h>
#include <stddef.h>

#define DATAGRAM_MAX 65535 /* bytes that fragments may make together */
#define EXTENSIONS_MAX 8   /* RFC 8504 §5.3 lets a node refuse more */
#define NEXT_HEADER_FRAGMENT 44

/* Extension headers that say how long they are, in units of so many bytes behind the first 8; 0: none. */
static uint8_t extension_unit(const struct ip_packet *packet)
{
	switch (packet->protocol) {
	case 0:   /* hop-by-hop options; RFC 8200 §4.3 */
	case 43:  /* routing; §4.4 */
	case 60:  /* destination options; §4.6 */
	case 135: /* mobility; RFC 6275 §6.1 */
	case 139: /* HIP; RFC 7401 §5.1 */
	case 140: /* shim6; RFC 5533 §5.1 */
		return packet->version == 6 ? 8 : 0;
	case 51: /* authentication, in IPv4 too; RFC 4302 §2.2 */
		return 4;
	default:
		return 0;
	}
}

static void set_payload(struct ip_packet *packet, const struct reader *left, size_t size)
{
	packet->cut = size > reader_left(left);
	packet->payload = reader_rest(left, size);
}

static enum decode_result set_fragment(struct ip_packet *packet, uint16_t offset, bool more, uint32_t id)
{
	if (offset + packet->payload.size > DATAGRAM_MAX) {
		return DECODE_MALFORMED; /* the "ping of death" */
	}
	packet->is_fragment = true;
	packet->more_fragments = more;
	packet->fragment_offset = offset;
	packet->fragment_id = id;
	return DECODE_DONE;
}

/* RFC 8200 §4.5. Returns with is_fragment false when the fragment is the whole. */
static enum decode_result read_fragment_header(struct ip_packet *packet)
{
	struct reader *header = &packet->payload;
	uint8_t next = reader_u8(header);

	reader_skip(header, 1);
	uint16_t place = reader_u16(header);
	uint32_t id = reader_u32(header);
	if (reader_failed(header)) {
		return DECODE_TRUNCATED;
	}
	packet->protocol = next;
	packet->payload = reader_rest(header, SIZE_MAX);
	if (place & 0xFFF9) { /* all but the two reserved bits */
		return set_fragment(packet, place & 0xFFF8, place & 1, id);
	}
	return DECODE_DONE;
}

static enum decode_result skip_extension(struct ip_packet *packet, size_t unit)
{
	struct reader *header = &packet->payload;
	uint8_t next = reader_u8(header);

	size_t length = 8 + unit * reader_u8(header);
	reader_skip(header, length - 2);
	if (reader_failed(header)) {
		return DECODE_TRUNCATED;
	}
	packet->protocol = next;
	packet->payload = reader_rest(header, SIZE_MAX);
	return DECODE_DONE;
}

static enum decode_result walk_extensions(struct ip_packet *packet)
{
	enum decode_result result = DECODE_DONE;

	packet->is_fragment = false;
	for (int count = 0; count <= EXTENSIONS_MAX; count++) {
		uint8_t unit = extension_unit(packet);
		if (packet->version == 6 && packet->protocol == NEXT_HEADER_FRAGMENT) {
			result = read_fragment_header(packet);
		} else if (unit != 0) {
			result = skip_extension(packet, unit);
		} else {
			return DECODE_DONE;
		}
		if (result != DECODE_DONE || packet->is_fragment) {
			return result;
		}
	}
	return DECODE_MALFORMED;
}

enum decode_result ip_skip_extensions(struct ip_packet *packet)
{
	struct ip_packet walked = *packet;
	enum decode_result result = walk_extensions(&walked);

	if (result == DECODE_DONE) {
		*packet = walked;
	}
	return result;
}

/* RFC 791 §3.1, without options. */
struct ipv4_header {
	uint8_t version_and_size, service;
	uint8_t total[2], id[2], place[2];
	uint8_t time_to_live, protocol, checksum[2];
	uint8_t source[4], destination[4];
};
static_assert(sizeof(struct ipv4_header) == 20, "no gaps");

static uint16_t u16_of(const uint8_t bytes[static 2])
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static enum decode_result decode_ipv4(struct reader *bytes, struct ip_packet *packet)
{
	const struct ipv4_header *header = (const void *)reader_take(bytes, sizeof *header);

	if (header == NULL) {
		return DECODE_TRUNCATED;
	}
	size_t header_size = 4 * (size_t)(header->version_and_size & 0x0F), total = u16_of(header->total);
	if (header_size < sizeof *header || (total != 0 && total < header_size)) {
		return DECODE_MALFORMED;
	}
	reader_skip(bytes, header_size - sizeof *header);
	if (reader_failed(bytes)) {
		return DECODE_TRUNCATED;
	}
	packet->protocol = header->protocol;
	address_set_ipv4(&packet->source, header->source);
	address_set_ipv4(&packet->destination, header->destination);
	/* Length 0: the network card was to fill it in when it cut the packet into segments. */
	set_payload(packet, bytes, total == 0 ? reader_left(bytes) : total - header_size);
	uint16_t place = u16_of(header->place);
	if (place & 0x3FFF) { /* more fragments, or an offset in units of 8 bytes */
		return set_fragment(
			packet, (uint16_t)((place & 0x1FFF) * 8), place & 0x2000, u16_of(header->id));
	}
	return walk_extensions(packet);
}

static enum decode_result decode_ipv6(struct reader *header, struct ip_packet *packet)
{
	reader_skip(header, 4); /* version, traffic class, flow label */
	size_t length = reader_u16(header);
	packet->protocol = reader_u8(header);
	reader_skip(header, 1); /* hop limit */
	const uint8_t *source = reader_take(header, 16);
	const uint8_t *destination = reader_take(header, 16);

	if (reader_failed(header)) {
		return DECODE_TRUNCATED;
	}
	packet->source = address_ipv6(source);
	packet->destination = address_ipv6(destination);
	/* Length 0: a jumbogram (RFC 2675), or packets glued together by the kernel. */
	set_payload(packet, header, length == 0 ? reader_left(header) : length);
	return walk_extensions(packet);
}

enum decode_result ip_decode(struct reader bytes, struct ip_packet *packet)
{
	struct reader look = bytes;

	*packet = (struct ip_packet){.version = reader_u8(&look) >> 4};
	if (reader_failed(&look)) {
		return DECODE_TRUNCATED;
	}
	switch (packet->version) {
	case 4:
		return decode_ipv4(&bytes, packet);
	case 6:
		return decode_ipv6(&bytes, packet);
	default:
		return DECODE_MALFORMED;
	}
}
