/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/link.h"

#define ETHERNET_ADDRESSES_SIZE 12 /* IEEE 802.3 §3.2: destination and source */
#define VLAN_TAGS_MAX 4            /* two are in use (802.1ad); nobody's switch passes more than four */

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_VLAN = 0x8100, /* IEEE 802.1Q */
	ETHERTYPE_IPV6 = 0x86DD,
	ETHERTYPE_SERVICE_VLAN = 0x88A8, /* IEEE 802.1ad */
	ETHERTYPE_OLD_QINQ = 0x9100,     /* before 802.1ad was there */
};

/* Reads headers from one EtherType to the next until it stands before IP. */
static enum decode_result decode_ethertype(uint16_t ethertype, struct reader *frame, struct reader *ip)
{
	for (int tags = 0; tags <= VLAN_TAGS_MAX; tags++) {
		if (frame->failed) {
			return DECODE_TRUNCATED;
		}
		switch (ethertype) {
		case ETHERTYPE_IPV4:
		case ETHERTYPE_IPV6:
			*ip = reader_rest(frame, SIZE_MAX);
			return DECODE_DONE;
		case ETHERTYPE_VLAN:
		case ETHERTYPE_SERVICE_VLAN:
		case ETHERTYPE_OLD_QINQ:
			reader_skip(frame, 2); /* priority and VLAN number */
			ethertype = reader_u16(frame);
			break;
		default:
			return DECODE_NOT_OURS;
		}
	}
	return DECODE_MALFORMED;
}

static enum decode_result decode_ethernet(struct reader *frame, struct reader *ip)
{
	reader_skip(frame, ETHERNET_ADDRESSES_SIZE);
	return decode_ethertype(reader_u16(frame), frame, ip);
}

/* https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html: 16 bytes, the protocol last. */
static enum decode_result decode_cooked(struct reader *frame, struct reader *ip)
{
	reader_skip(frame, 14);
	return decode_ethertype(reader_u16(frame), frame, ip);
}

/* https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html: 20 bytes, the protocol first. */
static enum decode_result decode_cooked2(struct reader *frame, struct reader *ip)
{
	uint16_t protocol = reader_u16(frame);

	reader_skip(frame, 18);
	return decode_ethertype(protocol, frame, ip);
}

/*
 * Four bytes of address family: in the byte order of the host that captured (LINK_NULL) or the network's
 * (LINK_LOOP). A family is a small number, so the order shows.
 */
static enum decode_result decode_loopback(struct reader *frame, struct reader *ip)
{
	struct reader again = *frame;
	uint32_t family = reader_u32(frame);

	if (frame->failed) {
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

typedef enum decode_result link_decoder(struct reader *frame, struct reader *ip);

static const struct {
	int link_type;
	link_decoder *decode;
} decoders[] = {
	{LINK_ETHERNET, decode_ethernet},
	{LINK_LINUX_SLL, decode_cooked},
	{LINK_LINUX_SLL2, decode_cooked2},
	{LINK_NULL, decode_loopback},
	{LINK_LOOP, decode_loopback},
	{LINK_RAW, decode_raw},
	{LINK_RAW_OPENBSD, decode_raw},
	{LINK_RAW_FILE, decode_raw},
	{LINK_IPV4, decode_raw},
	{LINK_IPV6, decode_raw},
};

static link_decoder *decoder_of(int link_type)
{
	for (size_t i = 0; i < sizeof decoders / sizeof decoders[0]; i++) {
		if (decoders[i].link_type == link_type) {
			return decoders[i].decode;
		}
	}
	return NULL;
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
