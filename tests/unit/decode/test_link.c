/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/link.h"

#define MACS "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
#define BYTES(literal) (literal), sizeof(literal) - 1
#define TAG "\x81\x00\x02\x58" /* VLAN 600 */
#define IP "IP"
#define PPPOE(code, length) "\x88\x64\x11" code "\x00\x2A" length /* session 42 */
#define LABEL "\x00\x06\x40\x40"                                  /* label 100, not the last */
#define LAST_LABEL "\x00\x06\x51\x40"
#define CONTROL_WORD "\x00\x00\x00\x07"
#define ERF(type) "\x01\x02\x03\x04\x05\x06\x07\x08" type "\x04\x00\x40\x00\x00\x00\x30"
/* Linux cooked v1 up to the protocol: a packet to us, Ethernet, an address of 6 bytes. */
#define COOKED "\x00\x00\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"
/* Linux cooked v2 behind the protocol: reserved, interface 2, Ethernet, to us, an address of 6 bytes. */
#define COOKED2 "\x00\x00\x00\x00\x00\x02\x00\x01\x00\x06\x02\x00\x00\x00\x00\x01\x00\x00"

static const struct {
	const char *what;
	int link_type;
	const char *bytes;
	size_t size;
	enum decode_result result;
	const char *ip; /* what is left when done */
} cases[] = {
	{"Ethernet, IPv4", LINK_ETHERNET, BYTES(MACS "\x08\x00" IP), DECODE_DONE, "IP"},
	{"Ethernet, IPv6", LINK_ETHERNET, BYTES(MACS "\x86\xDD" IP), DECODE_DONE, "IP"},
	{"Ethernet, nothing in it", LINK_ETHERNET, BYTES(MACS "\x08\x00"), DECODE_DONE, ""},
	{"Ethernet, ARP", LINK_ETHERNET, BYTES(MACS "\x08\x06" IP), DECODE_NOT_OURS, NULL},
	{"Ethernet, 802.3 length", LINK_ETHERNET, BYTES(MACS "\x00\x26\x42\x42"), DECODE_NOT_OURS, NULL},
	{"Ethernet, cut in the EtherType", LINK_ETHERNET, BYTES(MACS "\x08"), DECODE_TRUNCATED, NULL},
	{"Ethernet, no byte", LINK_ETHERNET, BYTES(""), DECODE_TRUNCATED, NULL},
	{"one VLAN tag", LINK_ETHERNET, BYTES(MACS "\x81\x00\x02\x58\x08\x00" IP), DECODE_DONE, "IP"},
	{"a provider's and a customer's tag", LINK_ETHERNET,
		BYTES(MACS "\x88\xA8\x00\x64\x81\x00\x20\x0A\x86\xDD" IP), DECODE_DONE, "IP"},
	{"the old double tag", LINK_ETHERNET, BYTES(MACS "\x91\x00\x00\x64\x81\x00\x00\x0A\x08\x00" IP),
		DECODE_DONE, "IP"},
	{"four tags", LINK_ETHERNET, BYTES(MACS TAG TAG TAG TAG "\x08\x00" IP), DECODE_DONE, "IP"},
	{"eight headers", LINK_ETHERNET, BYTES(MACS TAG TAG TAG TAG TAG TAG TAG "\x08\x00" IP), DECODE_DONE,
		"IP"},
	{"nine headers", LINK_ETHERNET, BYTES(MACS TAG TAG TAG TAG TAG TAG TAG TAG "\x08\x00" IP),
		DECODE_MALFORMED, NULL},
	{"cut in a tag", LINK_ETHERNET, BYTES(MACS "\x81\x00\x02"), DECODE_TRUNCATED, NULL},
	{"ARP in a VLAN", LINK_ETHERNET, BYTES(MACS "\x81\x00\x02\x58\x08\x06" IP), DECODE_NOT_OURS, NULL},

	/* RFC 2516 §5.2 */
	{"PPPoE, IPv4", LINK_ETHERNET, BYTES(MACS PPPOE("\x00", "\x00\x04") "\x00\x21" IP), DECODE_DONE,
		"IP"},
	{"PPPoE, IPv6", LINK_ETHERNET, BYTES(MACS PPPOE("\x00", "\x00\x04") "\x00\x57" IP), DECODE_DONE,
		"IP"},
	{"PPPoE, protocol of one byte", LINK_ETHERNET, BYTES(MACS PPPOE("\x00", "\x00\x03") "\x21" IP),
		DECODE_DONE, "IP"},
	{"PPPoE, padding cut off", LINK_ETHERNET, BYTES(MACS PPPOE("\x00", "\x00\x04") "\x00\x21" IP "pad"),
		DECODE_DONE, "IP"},
	{"PPPoE, cut", LINK_ETHERNET, BYTES(MACS PPPOE("\x00", "\x05\xDC") "\x00\x21" IP), DECODE_DONE, "IP"},
	{"PPPoE in a VLAN", LINK_ETHERNET, BYTES(MACS TAG PPPOE("\x00", "\x00\x04") "\x00\x21" IP),
		DECODE_DONE, "IP"},
	{"PPPoE, link control", LINK_ETHERNET, BYTES(MACS PPPOE("\x00", "\x00\x04") "\xC0\x21" IP),
		DECODE_NOT_OURS, NULL},
	{"PPPoE, compressed by MPPC", LINK_ETHERNET, BYTES(MACS PPPOE("\x00", "\x00\x04") "\x00\xFD" IP),
		DECODE_NOT_OURS, NULL},
	{"PPPoE, end of session", LINK_ETHERNET, BYTES(MACS PPPOE("\xA7", "\x00\x00")), DECODE_NOT_OURS,
		NULL},
	{"PPPoE, discovery", LINK_ETHERNET, BYTES(MACS "\x88\x63\x11\x09\x00\x00\x00\x00"), DECODE_NOT_OURS,
		NULL},
	{"PPPoE, version 2", LINK_ETHERNET, BYTES(MACS "\x88\x64\x21\x00\x00\x2A\x00\x04\x00\x21" IP),
		DECODE_MALFORMED, NULL},
	{"PPPoE, cut in its header", LINK_ETHERNET, BYTES(MACS "\x88\x64\x11\x00\x00\x2A\x00"),
		DECODE_TRUNCATED, NULL},
	{"PPPoE, shorter than the protocol", LINK_ETHERNET,
		BYTES(MACS PPPOE("\x00", "\x00\x01") "\x00\x21" IP), DECODE_TRUNCATED, NULL},

	/* RFC 3032 §2.1, RFC 4448 §4.6 */
	{"MPLS, IPv4", LINK_ETHERNET, BYTES(MACS "\x88\x47" LAST_LABEL "\x45"), DECODE_DONE, "\x45"},
	{"MPLS, IPv6", LINK_ETHERNET, BYTES(MACS "\x88\x47" LAST_LABEL "\x60"), DECODE_DONE, "\x60"},
	{"MPLS, upstream labels", LINK_ETHERNET, BYTES(MACS "\x88\x48" LABEL LABEL LAST_LABEL "\x45"),
		DECODE_DONE, "\x45"},
	{"MPLS, Ethernet pseudowire", LINK_ETHERNET,
		BYTES(MACS "\x88\x47" LABEL LAST_LABEL CONTROL_WORD MACS TAG "\x08\x00" IP), DECODE_DONE,
		"IP"},
	{"MPLS, a pseudowire's own channel", LINK_ETHERNET,
		BYTES(MACS "\x88\x47" LAST_LABEL "\x10\x00\x00\x21" IP), DECODE_NOT_OURS, NULL},
	{"MPLS, no last label", LINK_ETHERNET, BYTES(MACS "\x88\x47" LABEL LABEL), DECODE_TRUNCATED, NULL},
	{"MPLS, nothing below", LINK_ETHERNET, BYTES(MACS "\x88\x47" LAST_LABEL), DECODE_TRUNCATED, NULL},
	{"MPLS, 17 labels", LINK_ETHERNET,
		BYTES(MACS "\x88\x47" LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL LABEL
				LABEL LABEL LABEL LABEL LAST_LABEL "\x45"),
		DECODE_MALFORMED, NULL},

	/* RFC 1661 §2, RFC 1662 §3.1 */
	{"PPP", LINK_PPP, BYTES("\x00\x21" IP), DECODE_DONE, "IP"},
	{"PPP, IPv6", LINK_PPP, BYTES("\x00\x57" IP), DECODE_DONE, "IP"},
	{"PPP, MPLS", LINK_PPP, BYTES("\x02\x81" LAST_LABEL "\x45"), DECODE_DONE, "\x45"},
	{"PPP, address and control", LINK_PPP, BYTES("\xFF\x03\x00\x21" IP), DECODE_DONE, "IP"},
	{"PPP, both and a protocol of one byte", LINK_PPP, BYTES("\xFF\x03\x57" IP), DECODE_DONE, "IP"},
	{"PPP, link control", LINK_PPP, BYTES("\xFF\x03\xC0\x21" IP), DECODE_NOT_OURS, NULL},
	{"PPP, cut in the protocol", LINK_PPP, BYTES("\xFF\x03\x00"), DECODE_TRUNCATED, NULL},
	{"PPP, no byte", LINK_PPP, BYTES(""), DECODE_TRUNCATED, NULL},
	{"PPP on a serial line", LINK_PPP_SERIAL, BYTES("\xFF\x03\x00\x21" IP), DECODE_DONE, "IP"},
	{"Cisco's HDLC", LINK_PPP_SERIAL, BYTES("\x0F\x00\x08\x00" IP), DECODE_DONE, "IP"},
	{"Cisco's HDLC, to all", LINK_PPP_SERIAL, BYTES("\x8F\x00\x86\xDD" IP), DECODE_DONE, "IP"},
	{"Cisco's HDLC, keep-alive", LINK_PPP_SERIAL, BYTES("\x8F\x00\x80\x35" IP), DECODE_NOT_OURS, NULL},
	{"serial line, no byte", LINK_PPP_SERIAL, BYTES(""), DECODE_TRUNCATED, NULL},

	{"ERF, Ethernet", LINK_ERF, BYTES(ERF("\x02") "\x00\x00" MACS "\x08\x00" IP), DECODE_DONE, "IP"},
	{"ERF, Ethernet of a stream", LINK_ERF, BYTES(ERF("\x10") "\x00\x00" MACS TAG "\x86\xDD" IP),
		DECODE_DONE, "IP"},
	{"ERF, two extension headers", LINK_ERF,
		BYTES(ERF("\x82") "\x84\x01\x02\x03\x04\x05\x06\x07"
				  "\x05\x01\x02\x03\x04\x05\x06\x07"
				  "\x00\x00" MACS "\x08\x00" IP),
		DECODE_DONE, "IP"},
	{"ERF, IPv4", LINK_ERF, BYTES(ERF("\x16") IP), DECODE_DONE, "IP"},
	{"ERF, IPv6", LINK_ERF, BYTES(ERF("\x17") IP), DECODE_DONE, "IP"},
	{"ERF, ATM", LINK_ERF, BYTES(ERF("\x03") IP), DECODE_NOT_OURS, NULL},
	{"ERF, cut in an extension header", LINK_ERF, BYTES(ERF("\x82") "\x84\x01"), DECODE_TRUNCATED, NULL},
	{"ERF, cut", LINK_ERF, BYTES("\x01\x02\x03"), DECODE_TRUNCATED, NULL},

	{"cooked v1, IPv4", LINK_LINUX_SLL, BYTES(COOKED "\x08\x00" IP), DECODE_DONE, "IP"},
	{"cooked v1, IPv6", LINK_LINUX_SLL, BYTES(COOKED "\x86\xDD" IP), DECODE_DONE, "IP"},
	{"cooked v1, VLAN", LINK_LINUX_SLL, BYTES(COOKED "\x81\x00\x02\x58\x08\x00" IP), DECODE_DONE, "IP"},
	{"cooked v1, PPPoE", LINK_LINUX_SLL, BYTES(COOKED PPPOE("\x00", "\x00\x04") "\x00\x21" IP),
		DECODE_DONE, "IP"},
	{"cooked v1, ARP", LINK_LINUX_SLL, BYTES(COOKED "\x08\x06" IP), DECODE_NOT_OURS, NULL},
	{"cooked v1, cut", LINK_LINUX_SLL, BYTES(COOKED "\x08"), DECODE_TRUNCATED, NULL},
	{"cooked v2, IPv4", LINK_LINUX_SLL2, BYTES("\x08\x00" COOKED2 IP), DECODE_DONE, "IP"},
	{"cooked v2, IPv6", LINK_LINUX_SLL2, BYTES("\x86\xDD" COOKED2 IP), DECODE_DONE, "IP"},
	{"cooked v2, VLAN", LINK_LINUX_SLL2, BYTES("\x81\x00" COOKED2 "\x02\x58\x08\x00" IP), DECODE_DONE,
		"IP"},
	{"cooked v2, a second tag left, IPv4", LINK_LINUX_SLL2,
		BYTES("\x08\x00" COOKED2 "\x00\x0A\x08\x00\x45"), DECODE_DONE, "\x45"},
	{"cooked v2, a second tag left, IPv6", LINK_LINUX_SLL2,
		BYTES("\x86\xDD" COOKED2 "\x00\x0A\x86\xDD\x60"), DECODE_DONE, "\x60"},
	{"cooked v1, a second tag left", LINK_LINUX_SLL,
		BYTES("\x00\x03\x00\x01\x00\x06\x02\x00\x00\x00\x00\x14\x00\x00\x88\xA8\x00\x64\x08\x00\x60\x0A\x08\x00\x45"),
		DECODE_DONE, "\x45"},
	{"cooked v2, a flow label like a tag", LINK_LINUX_SLL2,
		BYTES("\x86\xDD" COOKED2 "\x60\x0A\x86\xDD\x60"), DECODE_DONE, "\x60\x0A\x86\xDD\x60"},
	{"cooked v2, cut", LINK_LINUX_SLL2, BYTES("\x08\x00\x00\x00\x00\x00"), DECODE_TRUNCATED, NULL},

	{"loopback, IPv4, little-endian", LINK_NULL, BYTES("\x02\x00\x00\x00" IP), DECODE_DONE, "IP"},
	{"loopback, IPv4, big-endian", LINK_NULL, BYTES("\x00\x00\x00\x02" IP), DECODE_DONE, "IP"},
	{"loopback, IPv6, Linux", LINK_NULL, BYTES("\x0A\x00\x00\x00" IP), DECODE_DONE, "IP"},
	{"loopback, IPv6, OpenBSD", LINK_NULL, BYTES("\x18\x00\x00\x00" IP), DECODE_DONE, "IP"},
	{"loopback, IPv6, FreeBSD", LINK_NULL, BYTES("\x1C\x00\x00\x00" IP), DECODE_DONE, "IP"},
	{"loopback, IPv6, macOS", LINK_NULL, BYTES("\x1E\x00\x00\x00" IP), DECODE_DONE, "IP"},
	{"loopback, IPv6, macOS, big-endian", LINK_NULL, BYTES("\x00\x00\x00\x1E" IP), DECODE_DONE, "IP"},
	{"loopback, AppleTalk", LINK_NULL, BYTES("\x10\x00\x00\x00" IP), DECODE_NOT_OURS, NULL},
	{"loopback, no family", LINK_NULL, BYTES("\x02\x00\x00\x02" IP), DECODE_NOT_OURS, NULL},
	{"loopback, cut", LINK_NULL, BYTES("\x02\x00\x00"), DECODE_TRUNCATED, NULL},
	{"OpenBSD loopback", LINK_LOOP, BYTES("\x00\x00\x00\x02" IP), DECODE_DONE, "IP"},

	{"raw", LINK_RAW, BYTES("IP"), DECODE_DONE, "IP"},
	{"raw, OpenBSD", LINK_RAW_OPENBSD, BYTES("IP"), DECODE_DONE, "IP"},
	{"raw, as in files", LINK_RAW_FILE, BYTES("IP"), DECODE_DONE, "IP"},
	{"raw IPv4", LINK_IPV4, BYTES("IP"), DECODE_DONE, "IP"},
	{"raw IPv6", LINK_IPV6, BYTES("IP"), DECODE_DONE, "IP"},
	{"USB", 189, BYTES("IP"), DECODE_NOT_OURS, NULL},
};

static void ip_begins_behind_the_link_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct reader ip = {0};
		enum decode_result result =
			link_decode(cases[i].link_type, reader_of(cases[i].bytes, cases[i].size), &ip);

		if (result != cases[i].result) {
			fail_msg("%s: result %d instead of %d", cases[i].what, result, cases[i].result);
		}
		if (cases[i].ip == NULL) {
			assert_null(ip.bytes); /* not written */
			continue;
		}
		if (ip.size != strlen(cases[i].ip) ||
			(ip.size > 0 && memcmp(ip.bytes, cases[i].ip, ip.size) != 0)) {
			fail_msg("%s: IP begins at the wrong place", cases[i].what);
		}
	}
}

static void known_link_types_are_those_that_are_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(link_type_is_known(cases[i].link_type), cases[i].link_type != 189);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip_begins_behind_the_link_header),
		cmocka_unit_test(known_link_types_are_those_that_are_decoded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
