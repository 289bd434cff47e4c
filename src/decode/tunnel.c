/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/tunnel.h"

#include "pbxguard/decode/ethertype.h"
#include "pbxguard/decode/gre.h"

#include <assert.h>
#include <stddef.h>

#define GTP_EXTENSIONS_MAX 8 /* TS 29.281 §5.2 knows fewer */

/* *content becomes what the tunnel carries; *ethertype says what it is. IPv4's stands for IPv6, too. */
typedef enum decode_result content_decoder(struct reader bytes, uint16_t *ethertype, struct reader *content);

static enum decode_result set_content(
	const struct reader *bytes, uint16_t is, uint16_t *ethertype, struct reader *content)
{
	if (reader_failed(bytes)) {
		return DECODE_TRUNCATED;
	}
	*ethertype = is;
	*content = reader_rest(bytes, SIZE_MAX);
	return DECODE_DONE;
}

static enum decode_result decode_ip(struct reader bytes, uint16_t *ethertype, struct reader *content)
{
	return set_content(&bytes, ETHERTYPE_IPV4, ethertype, content);
}

static enum decode_result decode_mpls(struct reader bytes, uint16_t *ethertype, struct reader *content)
{
	return set_content(&bytes, ETHERTYPE_MPLS, ethertype, content);
}

/* RFC 7348 §5. Reserved bits are in use by extensions, so they may be anything. */
static enum decode_result decode_vxlan(struct reader bytes, uint16_t *ethertype, struct reader *content)
{
	uint8_t flags = reader_u8(&bytes);

	reader_skip(&bytes, 7);
	if (!(flags & 0x08)) { /* "the VXLAN network identifier is valid" */
		return DECODE_NOT_OURS;
	}
	return set_content(&bytes, ETHERTYPE_ETHERNET, ethertype, content);
}

/* TS 29.281 §5.2.1: each says how long it is in units of 4 bytes, and at its end what comes next. */
static enum decode_result skip_gtp_extensions(struct reader *bytes, uint8_t next)
{
	for (int extensions = 0; next != 0; extensions++) {
		size_t length = 4 * (size_t)reader_u8(bytes);
		if (reader_failed(bytes)) {
			return DECODE_TRUNCATED;
		}
		if (length == 0 || extensions == GTP_EXTENSIONS_MAX) {
			return DECODE_MALFORMED;
		}
		reader_skip(bytes, length - 2);
		next = reader_u8(bytes);
	}
	return DECODE_DONE;
}

/* TS 29.281 §5.1, version 1. */
static enum decode_result decode_gtp(struct reader bytes, uint16_t *ethertype, struct reader *content)
{
	enum { NOT_GTP_PRIME = 0x10, EXTENSIONS = 0x04, OPTIONAL_FIELDS = 0x07, USER_PACKET = 255 };
	uint8_t flags = reader_u8(&bytes);
	uint8_t type = reader_u8(&bytes);
	size_t length = reader_u16(&bytes);

	reader_skip(&bytes, 4); /* tunnel */
	if (flags >> 5 != 1 || !(flags & NOT_GTP_PRIME) || type != USER_PACKET) {
		return DECODE_NOT_OURS;
	}
	bytes = reader_rest(&bytes, length);
	if (flags & OPTIONAL_FIELDS) {
		reader_skip(&bytes, 3);
		uint8_t next = reader_u8(&bytes);
		enum decode_result result =
			flags & EXTENSIONS ? skip_gtp_extensions(&bytes, next) : DECODE_DONE;
		if (result != DECODE_DONE) {
			return result;
		}
	}
	return set_content(&bytes, ETHERTYPE_IPV4, ethertype, content);
}

/* RFC 8926 §3.4, version 0. */
static enum decode_result decode_geneve(struct reader bytes, uint16_t *ethertype, struct reader *content)
{
	uint8_t version_and_length = reader_u8(&bytes);

	reader_skip(&bytes, 1); /* flags */
	uint16_t protocol = reader_u16(&bytes);
	reader_skip(&bytes, 4 + 4 * (size_t)(version_and_length & 0x3F)); /* network, options */
	if (version_and_length >> 6 != 0) {
		return DECODE_NOT_OURS;
	}
	return set_content(&bytes, protocol, ethertype, content);
}

static content_decoder *const decoders[] = {
	[TUNNEL_IP] = decode_ip,
	[TUNNEL_MPLS] = decode_mpls,
	[TUNNEL_GRE] = gre_decode,
	[TUNNEL_VXLAN] = decode_vxlan,
	[TUNNEL_GTP] = decode_gtp,
	[TUNNEL_GENEVE] = decode_geneve,
};
static_assert(sizeof decoders / sizeof decoders[0] == TUNNEL_COUNT, "each tunnel has a decoder");

enum tunnel tunnel_of_protocol(uint8_t protocol)
{
	switch (protocol) { /* IANA's "Assigned Internet Protocol Numbers" */
	case 4:
	case 41:
		return TUNNEL_IP;
	case 47:
		return TUNNEL_GRE;
	case 137:
		return TUNNEL_MPLS;
	default:
		return TUNNEL_NONE;
	}
}

enum tunnel tunnel_of_port(uint16_t port)
{
	switch (port) {
	case 2152:
		return TUNNEL_GTP;
	case 4789:
		return TUNNEL_VXLAN;
	case 6081:
		return TUNNEL_GENEVE;
	default:
		return TUNNEL_NONE;
	}
}

enum decode_result tunnel_decode(enum tunnel tunnel, struct reader payload, struct reader *ip)
{
	uint16_t ethertype;
	struct reader content, found;

	assert(tunnel > TUNNEL_NONE && tunnel < TUNNEL_COUNT);
	enum decode_result result = decoders[tunnel](payload, &ethertype, &content);
	if (result == DECODE_DONE) {
		result = ethertype_decode(ethertype, content, &found);
	}
	if (result != DECODE_DONE) {
		return result;
	}
	struct reader look = found;
	uint8_t version = reader_u8(&look) >> 4;
	if (reader_failed(&look)) {
		return DECODE_TRUNCATED;
	}
	if (version != 4 && version != 6) {
		return DECODE_NOT_OURS;
	}
	*ip = found;
	return DECODE_DONE;
}
