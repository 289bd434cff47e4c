/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/gre.h"

#include "pbxguard/decode/ethertype.h"

#include <stddef.h>

enum {
	FLAG_CHECKSUM = 0x8000,
	FLAG_ROUTING = 0x4000,
	FLAG_KEY = 0x2000,
	FLAG_SEQUENCE = 0x1000,
	FLAG_ACKNOWLEDGEMENT = 0x0080, /* version 1 */
	VERSION_MASK = 0x0007,
};

enum {
	PROTOCOL_ERSPAN_1_OR_2 = 0x88BE,
	PROTOCOL_ERSPAN_3 = 0x22EB,
};

#define ROUTES_MAX 16 /* nobody routes by them any more */

/* RFC 1701: entries of so many bytes until an empty one. */
static enum decode_result skip_routing(struct reader *bytes)
{
	for (int routes = 0; routes < ROUTES_MAX; routes++) {
		uint16_t family = reader_u16(bytes);
		reader_skip(bytes, 1);
		uint8_t length = reader_u8(bytes);
		if (family == 0 && length == 0) {
			return DECODE_DONE;
		}
		reader_skip(bytes, length);
	}
	return DECODE_MALFORMED;
}

static enum decode_result decode_erspan_2(struct reader *bytes, uint16_t *ethertype)
{
	uint8_t version = reader_u8(bytes) >> 4;

	reader_skip(bytes, 7);
	*ethertype = ETHERTYPE_ETHERNET;
	return version == 1 ? DECODE_DONE : DECODE_MALFORMED;
}

static enum decode_result decode_erspan_3(struct reader *bytes, uint16_t *ethertype)
{
	uint8_t version = reader_u8(bytes) >> 4;

	reader_skip(bytes, 9); /* VLAN, session, time, group tag */
	uint16_t last = reader_u16(bytes);
	if (last & 1) {
		reader_skip(bytes, 8); /* what only the platform understands */
	}
	switch (last >> 10 & 0x1F) {
	case 0:
		*ethertype = ETHERTYPE_ETHERNET;
		break;
	case 2:
		*ethertype = ETHERTYPE_IPV4; /* or IPv6: its version tells */
		break;
	default:
		return DECODE_NOT_OURS;
	}
	return version == 2 ? DECODE_DONE : DECODE_MALFORMED;
}

/* Type I has neither a sequence number nor a header of its own. */
static enum decode_result decode_contents(struct reader *bytes, uint16_t flags, uint16_t *ethertype)
{
	if (*ethertype == PROTOCOL_ERSPAN_3) {
		return decode_erspan_3(bytes, ethertype);
	}
	if (*ethertype == PROTOCOL_ERSPAN_1_OR_2 && flags & FLAG_SEQUENCE) {
		return decode_erspan_2(bytes, ethertype);
	}
	if (*ethertype == PROTOCOL_ERSPAN_1_OR_2) {
		*ethertype = ETHERTYPE_ETHERNET;
	}
	return DECODE_DONE;
}

static enum decode_result decode_version_0(struct reader *bytes, uint16_t flags, uint16_t *ethertype)
{
	if (flags & (FLAG_CHECKSUM | FLAG_ROUTING)) {
		reader_skip(bytes, 4); /* both values are there when one is wanted */
	}
	if (flags & FLAG_KEY) {
		reader_skip(bytes, 4);
	}
	if (flags & FLAG_SEQUENCE) {
		reader_skip(bytes, 4);
	}
	if (flags & FLAG_ROUTING && skip_routing(bytes) != DECODE_DONE) {
		return DECODE_MALFORMED;
	}
	return decode_contents(bytes, flags, ethertype);
}

/* RFC 2637 §4.1: the key is the payload's length and the call. */
static enum decode_result decode_version_1(struct reader *bytes, uint16_t flags, uint16_t ethertype)
{
	size_t length = reader_u16(bytes);

	reader_skip(bytes, 2);
	if (!(flags & FLAG_KEY) || ethertype != ETHERTYPE_PPP) {
		return DECODE_MALFORMED;
	}
	if (!(flags & FLAG_SEQUENCE)) { /* only an acknowledgement */
		return DECODE_NOT_OURS;
	}
	reader_skip(bytes, flags & FLAG_ACKNOWLEDGEMENT ? 8 : 4);
	*bytes = reader_rest(bytes, length);
	return DECODE_DONE;
}

enum decode_result gre_decode(struct reader bytes, uint16_t *ethertype, struct reader *content)
{
	enum decode_result result = DECODE_MALFORMED;
	uint16_t flags = reader_u16(&bytes);
	uint16_t protocol = reader_u16(&bytes);

	if ((flags & VERSION_MASK) == 0) {
		result = decode_version_0(&bytes, flags, &protocol);
	} else if ((flags & VERSION_MASK) == 1) {
		result = decode_version_1(&bytes, flags, protocol);
	}
	if (reader_failed(&bytes)) {
		return DECODE_TRUNCATED;
	}
	if (result == DECODE_DONE) {
		*ethertype = protocol;
		*content = reader_rest(&bytes, SIZE_MAX);
	}
	return result;
}
