/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/link.h"

#include "pbxguard/decode/ethertype.h"

static enum decode_result decode_ethernet(struct reader *frame, struct reader *ip)
{
	return ethertype_decode(ETHERTYPE_ETHERNET, *frame, ip);
}

/*
 * Of a frame with two tags newer kernels take the outer one off, name IP as the protocol and leave the inner
 * tag's number before it, and then the protocol once more. What has the version that the protocol names is
 * IP.
 */
static void skip_forgotten_tag(struct reader *ip)
{
	struct reader look = *ip;
	uint8_t outer = reader_u8(&look) >> 4;

	reader_skip(&look, 1);
	uint16_t protocol = reader_u16(&look);
	uint8_t inner = reader_u8(&look) >> 4;
	bool is_ipv4 = protocol == ETHERTYPE_IPV4 && inner == 4 && outer != 4;
	bool is_ipv6 = protocol == ETHERTYPE_IPV6 && inner == 6 && outer != 6;
	if (is_ipv4 || is_ipv6) {
		reader_skip(ip, 4);
		*ip = reader_rest(ip, SIZE_MAX);
	}
}

static enum decode_result decode_below_cooked(uint16_t protocol, struct reader *frame, struct reader *ip)
{
	enum decode_result result = ethertype_decode(protocol, *frame, ip);

	if (result == DECODE_DONE) {
		skip_forgotten_tag(ip);
	}
	return result;
}

/* https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html: 16 bytes, the protocol last. */
static enum decode_result decode_cooked(struct reader *frame, struct reader *ip)
{
	reader_skip(frame, 14);
	uint16_t protocol = reader_u16(frame);
	return decode_below_cooked(protocol, frame, ip);
}

/* https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html: 20 bytes, the protocol first. */
static enum decode_result decode_cooked2(struct reader *frame, struct reader *ip)
{
	uint16_t protocol = reader_u16(frame);

	reader_skip(frame, 18);
	return decode_below_cooked(protocol, frame, ip);
}

/*
 * Four bytes of address family: in the byte order of the host that captured (LINK_NULL) or the network's
 * (LINK_LOOP). A family is a small number, so the order shows.
 */
static enum decode_result decode_loopback(struct reader *frame, struct reader *ip)
{
	struct reader again = *frame;
	uint32_t family = reader_u32(frame);

	if (reader_failed(frame)) {
		return DECODE_TRUNCATED;
	}
	if (family > UINT16_MAX) {
		family = reader_u32_little(&again);
	}
	switch (family) {
	case 2:  /* IPv4 everywhere */
	case 10: /* IPv6 on Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		*ip = reader_rest(frame, SIZE_MAX);
		return DECODE_DONE;
	default:
		return DECODE_NOT_OURS;
	}
}

static enum decode_result decode_raw(struct reader *frame, struct reader *ip)
{
	*ip = *frame;
	return DECODE_DONE;
}

static enum decode_result decode_ppp(struct reader *frame, struct reader *ip)
{
	return ethertype_decode(ETHERTYPE_PPP, *frame, ip);
}

/* PPP in HDLC-like framing (RFC 1662), or Cisco's framing with an EtherType: the address, 0x0F or 0x8F,
 * tells. */
static enum decode_result decode_ppp_serial(struct reader *frame, struct reader *ip)
{
	struct reader look = *frame;

	if ((reader_u8(&look) | 0x80) != 0x8F) {
		return decode_ppp(frame, ip);
	}
	reader_skip(&look, 1); /* control */
	uint16_t protocol = reader_u16(&look);
	return ethertype_decode(protocol, look, ip);
}

/*
 * Endace's extensible record format, https://www.tcpdump.org/linktypes/LINKTYPE_ERF.html: 16 bytes, extension
 * headers of 8 each while the top bit says so, before an Ethernet frame two more. The record's padding is
 * left to IP's length.
 */
static enum decode_result decode_erf(struct reader *frame, struct reader *ip)
{
	reader_skip(frame, 8); /* time */
	uint8_t type = reader_u8(frame);
	reader_skip(frame, 7); /* flags, lengths, loss counter */
	for (uint8_t more = type; (more & 0x80) != 0 && !reader_failed(frame);) {
		more = reader_u8(frame);
		reader_skip(frame, 7);
	}
	switch (type & 0x7F) {
	case 2:  /* Ethernet */
	case 11: /* Ethernet with a colour */
	case 16: /* Ethernet with a colour and a stream */
	case 20: /* Ethernet with a colour and a hash */
		reader_skip(frame, 2);
		return ethertype_decode(ETHERTYPE_ETHERNET, *frame, ip);
	case 22:
		return ethertype_decode(ETHERTYPE_IPV4, *frame, ip);
	case 23:
		return ethertype_decode(ETHERTYPE_IPV6, *frame, ip);
	default:
		return reader_failed(frame) ? DECODE_TRUNCATED : DECODE_NOT_OURS;
	}
}

typedef enum decode_result link_decoder(struct reader *frame, struct reader *ip);

static link_decoder *decoder_of(int link_type)
{
	switch (link_type) {
	case LINK_ETHERNET:
		return decode_ethernet;
	case LINK_LINUX_SLL:
		return decode_cooked;
	case LINK_LINUX_SLL2:
		return decode_cooked2;
	case LINK_NULL:
	case LINK_LOOP:
		return decode_loopback;
	case LINK_RAW:
	case LINK_RAW_OPENBSD:
	case LINK_RAW_FILE:
	case LINK_IPV4:
	case LINK_IPV6:
		return decode_raw;
	case LINK_PPP:
		return decode_ppp;
	case LINK_PPP_SERIAL:
		return decode_ppp_serial;
	case LINK_ERF:
		return decode_erf;
	default:
		return NULL;
	}
}

bool link_type_is_known(int link_type)
{
	return decoder_of(link_type) != NULL;
}

enum decode_result link_decode(int link_type, struct reader frame, struct reader *ip)
{
	link_decoder *decode = decoder_of(link_type);

	return decode == NULL ? DECODE_NOT_OURS : decode(&frame, ip);
}
