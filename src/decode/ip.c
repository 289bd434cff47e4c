/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/ip.h"

#include <stddef.h>

#define IPV4_HEADER_SIZE 20 /* without options; RFC 791 §3.1 */
#define DATAGRAM_MAX 65535  /* bytes that fragments may make together */
#define EXTENSIONS_MAX 8    /* RFC 8504 §5.3 lets a node refuse more */
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
	if (header->failed) {
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
	if (header->failed) {
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

static enum decode_result decode_ipv4(struct reader *header, struct ip_packet *packet)
{
	size_t header_size = 4 * (size_t)(reader_u8(header) & 0x0F);

	reader_skip(header, 1); /* type of service */
	size_t total = reader_u16(header);
	uint16_t id = reader_u16(header);
	uint16_t place = reader_u16(header);
	reader_skip(header, 1); /* time to live */
	packet->protocol = reader_u8(header);
	reader_skip(header, 2); /* checksum */
	const uint8_t *source = reader_take(header, 4);
	const uint8_t *destination = reader_take(header, 4);
	if (header_size < IPV4_HEADER_SIZE || (total != 0 && total < header_size)) {
		return header->failed ? DECODE_TRUNCATED : DECODE_MALFORMED;
	}
	reader_skip(header, header_size - IPV4_HEADER_SIZE);
	if (header->failed) {
		return DECODE_TRUNCATED;
	}
	packet->source = address_ipv4(source);
	packet->destination = address_ipv4(destination);
	/* Length 0: the network card was to fill it in when it cut the packet into segments. */
	set_payload(packet, header, total == 0 ? reader_left(header) : total - header_size);
	if (place & 0x3FFF) { /* more fragments, or an offset in units of 8 bytes */
		return set_fragment(packet, (uint16_t)((place & 0x1FFF) * 8), place & 0x2000, id);
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

	if (header->failed) {
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
	if (look.failed) {
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
