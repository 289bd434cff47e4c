/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/ethertype.h"

#include <stddef.h>

#define ETHERNET_ADDRESSES_SIZE 12 /* IEEE 802.3 §3.2: destination and source */
#define MPLS_LABELS_MAX 16         /* hardware pushes about ten */

/* Each decoder of a header sets *ethertype to what stands where it leaves the reader. */

static enum decode_result decode_ethernet(struct reader *bytes, uint16_t *ethertype)
{
	reader_skip(bytes, ETHERNET_ADDRESSES_SIZE);
	*ethertype = reader_u16(bytes);
	return DECODE_DONE;
}

static enum decode_result decode_vlan(struct reader *bytes, uint16_t *ethertype)
{
	reader_skip(bytes, 2); /* priority and VLAN number */
	*ethertype = reader_u16(bytes);
	return DECODE_DONE;
}

/* Below the labels nothing says what comes; the first four bits do (RFC 4928 §3). */
static enum decode_result decode_below_mpls(struct reader *bytes, uint16_t *ethertype)
{
	struct reader look = *bytes;

	switch (reader_u8(&look) >> 4) {
	case 4:
		*ethertype = ETHERTYPE_IPV4;
		return DECODE_DONE;
	case 6:
		*ethertype = ETHERTYPE_IPV6;
		return DECODE_DONE;
	case 0: /* a pseudowire's control word, RFC 4385 §3 */
		reader_skip(bytes, 4);
		*ethertype = ETHERTYPE_ETHERNET;
		return DECODE_DONE;
	default:
		return DECODE_NOT_OURS;
	}
}

static enum decode_result decode_mpls(struct reader *bytes, uint16_t *ethertype)
{
	for (int labels = 0; labels < MPLS_LABELS_MAX; labels++) {
		uint32_t entry = reader_u32(bytes);
		if (reader_failed(bytes)) {
			return DECODE_TRUNCATED;
		}
		if (entry & 0x100) { /* bottom of stack, RFC 3032 §2.1 */
			return decode_below_mpls(bytes, ethertype);
		}
	}
	return DECODE_MALFORMED;
}

/* RFC 2516 §4. */
static enum decode_result decode_pppoe(struct reader *bytes, uint16_t *ethertype)
{
	uint8_t version_and_type = reader_u8(bytes);
	uint8_t code = reader_u8(bytes);

	reader_skip(bytes, 2); /* session */
	size_t length = reader_u16(bytes);
	if (reader_failed(bytes)) {
		return DECODE_TRUNCATED;
	}
	if (version_and_type != 0x11) {
		return DECODE_MALFORMED;
	}
	*bytes = reader_rest(bytes, length);
	*ethertype = ETHERTYPE_PPP;
	return code == 0 ? DECODE_DONE : DECODE_NOT_OURS;
}

/*
 * RFC 1661 §2: the protocol, behind RFC 1662's address and control, which may be left out. The protocol's
 * second byte alone is odd; where the first is, it was left out ("protocol field compression", §6.5).
 */
static enum decode_result decode_ppp(struct reader *bytes, uint16_t *ethertype)
{
	struct reader look = *bytes;

	if (reader_u16(&look) == 0xFF03) {
		reader_skip(bytes, 2);
	}
	uint16_t protocol = reader_u8(bytes);
	if ((protocol & 1) == 0) {
		protocol = (uint16_t)(protocol << 8 | reader_u8(bytes));
	}
	switch (protocol) {
	case 0x0021:
		*ethertype = ETHERTYPE_IPV4;
		return DECODE_DONE;
	case 0x0057: /* RFC 5072 */
		*ethertype = ETHERTYPE_IPV6;
		return DECODE_DONE;
	case 0x0281: /* RFC 3032 §4.3 */
		*ethertype = ETHERTYPE_MPLS;
		return DECODE_DONE;
	default:
		return DECODE_NOT_OURS;
	}
}

static enum decode_result decode_header(struct reader *bytes, uint16_t *ethertype)
{
	switch (*ethertype) {
	case ETHERTYPE_ETHERNET:
		return decode_ethernet(bytes, ethertype);
	case ETHERTYPE_VLAN:
	case ETHERTYPE_SERVICE_VLAN:
	case ETHERTYPE_OLD_QINQ:
		return decode_vlan(bytes, ethertype);
	case ETHERTYPE_PPPOE:
		return decode_pppoe(bytes, ethertype);
	case ETHERTYPE_PPP:
		return decode_ppp(bytes, ethertype);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_UPSTREAM:
		return decode_mpls(bytes, ethertype);
	default:
		return DECODE_NOT_OURS;
	}
}

enum decode_result ethertype_decode(uint16_t ethertype, struct reader bytes, struct reader *ip)
{
	for (int headers = 0; headers <= ETHERTYPE_HEADERS_MAX; headers++) {
		if (reader_failed(&bytes)) {
			return DECODE_TRUNCATED;
		}
		if (ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6) {
			*ip = reader_rest(&bytes, SIZE_MAX);
			return DECODE_DONE;
		}
		enum decode_result result = decode_header(&bytes, &ethertype);
		if (result != DECODE_DONE) {
			return reader_failed(&bytes) ? DECODE_TRUNCATED : result;
		}
	}
	return DECODE_MALFORMED;
}
