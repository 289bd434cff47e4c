/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/tunnel.h"

#include <stdlib.h>

#define BYTES(literal) (literal), sizeof(literal) - 1
#define V4 "\x45v4" /* enough of an IP packet: its version */
#define V6 "\x60v6"
#define MACS "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
#define TAG "\x81\x00\x02\x58"
#define LAST_LABEL "\x00\x06\x51\x40"
#define CONTROL_WORD "\x00\x00\x00\x07"
#define KEY "\x00\x00\x10\xE1"
#define SEQUENCE "\x00\x00\x00\x01"
#define CHECKSUM "\xBE\xEF\x00\x00"
#define ERSPAN_2 "\x10\x64\x00\x01\x00\x00\x00\x02"                    /* version 1, VLAN 100, session 1 */
#define ERSPAN_3(last) "\x20\x64\x00\x01\x01\x02\x03\x04\x00\x00" last /* version 2 */
#define GTP(flags, length) flags "\xFF" length "\x00\x00\x00\x01"
#define VXLAN "\x08\x00\x00\x00\x00\x00\x2A\x00"

static const struct {
	const char *what;
	enum tunnel tunnel;
	const char *bytes;
	size_t size;
	enum decode_result result;
	const char *ip; /* what is left when done */
} cases[] = {
	/* RFC 2003, 2473, 4213 */
	{"IPv4 in IP", TUNNEL_IP, BYTES(V4), DECODE_DONE, V4},
	{"IPv6 in IP", TUNNEL_IP, BYTES(V6), DECODE_DONE, V6},
	{"IP in IP, neither version", TUNNEL_IP, BYTES("\x50"), DECODE_NOT_OURS, NULL},
	{"IP in IP, nothing in it", TUNNEL_IP, BYTES(""), DECODE_TRUNCATED, NULL},
	/* RFC 4023 §3 */
	{"MPLS in IP", TUNNEL_MPLS, BYTES(LAST_LABEL V4), DECODE_DONE, V4},

	/* RFC 2784 §2, RFC 2890 §2 */
	{"GRE, IPv4", TUNNEL_GRE, BYTES("\x00\x00\x08\x00" V4), DECODE_DONE, V4},
	{"GRE, IPv6", TUNNEL_GRE, BYTES("\x00\x00\x86\xDD" V6), DECODE_DONE, V6},
	{"GRE, checksum", TUNNEL_GRE, BYTES("\x80\x00\x08\x00" CHECKSUM V4), DECODE_DONE, V4},
	{"GRE, key", TUNNEL_GRE, BYTES("\x20\x00\x08\x00" KEY V4), DECODE_DONE, V4},
	{"GRE, sequence", TUNNEL_GRE, BYTES("\x10\x00\x08\x00" SEQUENCE V4), DECODE_DONE, V4},
	{"GRE, all three", TUNNEL_GRE, BYTES("\xB0\x00\x08\x00" CHECKSUM KEY SEQUENCE V4), DECODE_DONE, V4},
	{"GRE, cut in the key", TUNNEL_GRE, BYTES("\x20\x00\x08\x00\x00"), DECODE_TRUNCATED, NULL},
	{"GRE, nothing in it", TUNNEL_GRE, BYTES("\x00\x00\x08\x00"), DECODE_TRUNCATED, NULL},
	{"GRE, keep-alive", TUNNEL_GRE, BYTES("\x00\x00\x00\x00"), DECODE_NOT_OURS, NULL},
	{"GRE, what says IPv4 and is not", TUNNEL_GRE, BYTES("\x00\x00\x08\x00\x15"), DECODE_NOT_OURS, NULL},
	{"GRE, version 2", TUNNEL_GRE, BYTES("\x00\x02\x08\x00" V4), DECODE_MALFORMED, NULL},
	{"GRE, MPLS", TUNNEL_GRE, BYTES("\x00\x00\x88\x47" LAST_LABEL V4), DECODE_DONE, V4},
	/* RFC 1701: one route of four bytes, then the empty one */
	{"GRE, routing", TUNNEL_GRE,
		BYTES("\x40\x00\x08\x00" CHECKSUM "\x08\x00\x00\x04\xC0\x00\x02\x01"
		      "\x00\x00\x00\x00" V4),
		DECODE_DONE, V4},
	{"GRE, routing without an end", TUNNEL_GRE, BYTES("\x40\x00\x08\x00" CHECKSUM "\x08\x00\x00\x04\xC0"),
		DECODE_TRUNCATED, NULL},
	/* RFC 7637 §3.2 */
	{"GRE, Ethernet", TUNNEL_GRE, BYTES("\x20\x00\x65\x58" KEY MACS "\x08\x00" V4), DECODE_DONE, V4},
	{"GRE, Ethernet with a tag", TUNNEL_GRE, BYTES("\x00\x00\x65\x58" MACS TAG "\x86\xDD" V6),
		DECODE_DONE, V6},
	{"GRE, ARP", TUNNEL_GRE, BYTES("\x00\x00\x65\x58" MACS "\x08\x06" V4), DECODE_NOT_OURS, NULL},
	{"GRE, pseudowire", TUNNEL_GRE, BYTES("\x00\x00\x88\x47" LAST_LABEL CONTROL_WORD MACS "\x08\x00" V4),
		DECODE_DONE, V4},
	/* draft-foschiano-erspan-03 §4 */
	{"ERSPAN I", TUNNEL_GRE, BYTES("\x00\x00\x88\xBE" MACS "\x08\x00" V4), DECODE_DONE, V4},
	{"ERSPAN II", TUNNEL_GRE, BYTES("\x10\x00\x88\xBE" SEQUENCE ERSPAN_2 MACS "\x08\x00" V4), DECODE_DONE,
		V4},
	{"ERSPAN II, a tag in it", TUNNEL_GRE,
		BYTES("\x10\x00\x88\xBE" SEQUENCE ERSPAN_2 MACS TAG "\x08\x00" V4), DECODE_DONE, V4},
	{"ERSPAN II of version 7", TUNNEL_GRE,
		BYTES("\x10\x00\x88\xBE" SEQUENCE "\x70\0\0\0\0\0\0\0" MACS "\x08\x00" V4), DECODE_MALFORMED,
		NULL},
	{"ERSPAN III", TUNNEL_GRE, BYTES("\x10\x00\x22\xEB" SEQUENCE ERSPAN_3("\x00\x00") MACS "\x08\x00" V4),
		DECODE_DONE, V4},
	{"ERSPAN III, the platform's part", TUNNEL_GRE,
		BYTES("\x10\x00\x22\xEB" SEQUENCE ERSPAN_3("\x80\x01") "\x0C\0\0\0\0\0\0\0" MACS
								       "\x08\x00" V4),
		DECODE_DONE, V4},
	{"ERSPAN III, IP", TUNNEL_GRE, BYTES("\x10\x00\x22\xEB" SEQUENCE ERSPAN_3("\x08\x00") V6),
		DECODE_DONE, V6},
	{"ERSPAN III, InfiniBand", TUNNEL_GRE, BYTES("\x10\x00\x22\xEB" SEQUENCE ERSPAN_3("\x04\x00") V4),
		DECODE_NOT_OURS, NULL},
	{"ERSPAN III, cut", TUNNEL_GRE, BYTES("\x10\x00\x22\xEB" SEQUENCE "\x20\x64"), DECODE_TRUNCATED,
		NULL},
	/* RFC 2637 §4.1 */
	{"PPTP", TUNNEL_GRE, BYTES("\x30\x01\x88\x0B\x00\x07\x00\x2A" SEQUENCE "\xFF\x03\x00\x21" V4 "pad"),
		DECODE_DONE, V4},
	{"PPTP, acknowledgement", TUNNEL_GRE,
		BYTES("\x30\x81\x88\x0B\x00\x04\x00\x2A" SEQUENCE SEQUENCE "\x21" V4), DECODE_DONE, V4},
	{"PPTP, acknowledgement only", TUNNEL_GRE, BYTES("\x20\x81\x88\x0B\x00\x00\x00\x2A" SEQUENCE),
		DECODE_NOT_OURS, NULL},
	{"PPTP, encrypted", TUNNEL_GRE,
		BYTES("\x30\x01\x88\x0B\x00\x06\x00\x2A" SEQUENCE "\x00\xFD\x90\x01" V4), DECODE_NOT_OURS,
		NULL},
	{"PPTP, another protocol", TUNNEL_GRE, BYTES("\x30\x01\x08\x00\x00\x03\x00\x2A" SEQUENCE V4),
		DECODE_MALFORMED, NULL},
	{"PPTP, cut", TUNNEL_GRE, BYTES("\x30\x01\x88\x0B\x00"), DECODE_TRUNCATED, NULL},

	/* RFC 7348 §5 */
	{"VXLAN", TUNNEL_VXLAN, BYTES(VXLAN MACS "\x08\x00" V4), DECODE_DONE, V4},
	{"VXLAN, a tag in it", TUNNEL_VXLAN, BYTES(VXLAN MACS TAG "\x86\xDD" V6), DECODE_DONE, V6},
	{"VXLAN, a group policy", TUNNEL_VXLAN, BYTES("\x88\x00\x00\x10\x00\x00\x2A\x00" MACS "\x08\x00" V4),
		DECODE_DONE, V4},
	{"VXLAN, no network", TUNNEL_VXLAN, BYTES("\x00\x00\x00\x00\x00\x00\x2A\x00" MACS "\x08\x00" V4),
		DECODE_NOT_OURS, NULL},
	{"VXLAN, cut", TUNNEL_VXLAN, BYTES("\x08\x00\x00"), DECODE_TRUNCATED, NULL},

	/* 3GPP TS 29.281 §5.1, §5.2 */
	{"GTP-U", TUNNEL_GTP, BYTES(GTP("\x30", "\x00\x03") V4), DECODE_DONE, V4},
	{"GTP-U, IPv6", TUNNEL_GTP, BYTES(GTP("\x30", "\x00\x03") V6), DECODE_DONE, V6},
	{"GTP-U, sequence", TUNNEL_GTP, BYTES(GTP("\x32", "\x00\x07") "\x00\x01\x00\x00" V4), DECODE_DONE,
		V4},
	{"GTP-U, N-PDU number, 'next' not valid", TUNNEL_GTP,
		BYTES(GTP("\x31", "\x00\x07") "\x00\x00\x05\x85" V4), DECODE_DONE, V4},
	{"GTP-U, extension (PDU session)", TUNNEL_GTP,
		BYTES(GTP("\x34", "\x00\x0B") "\x00\x00\x00\x85"
					      "\x01\x10\x01\x00" V4),
		DECODE_DONE, V4},
	{"GTP-U, two extensions", TUNNEL_GTP,
		BYTES(GTP("\x34", "\x00\x13") "\x00\x00\x00\x40"
					      "\x01\x08\x68\x85"
					      "\x02\x00\x00\x00\x00\x00\x00\x00" V4),
		DECODE_DONE, V4},
	{"GTP-U, extension of no size", TUNNEL_GTP,
		BYTES(GTP("\x34", "\x00\x0B") "\x00\x00\x00\x85"
					      "\x00\x10\x01\x00" V4),
		DECODE_MALFORMED, NULL},
	{"GTP-U, cut in an extension", TUNNEL_GTP,
		BYTES(GTP("\x34", "\x00\x0B") "\x00\x00\x00\x85"
					      "\x05\x10"),
		DECODE_TRUNCATED, NULL},
	{"GTP-U, echo request", TUNNEL_GTP,
		BYTES("\x32\x01\x00\x04\x00\x00\x00\x00"
		      "\x00\x01\x00\x00"),
		DECODE_NOT_OURS, NULL},
	{"GTP', for bills", TUNNEL_GTP, BYTES(GTP("\x20", "\x00\x03") V4), DECODE_NOT_OURS, NULL},
	{"GTP version 2", TUNNEL_GTP, BYTES(GTP("\x50", "\x00\x03") V4), DECODE_NOT_OURS, NULL},
	{"GTP-U, shorter than it must be", TUNNEL_GTP, BYTES(GTP("\x30", "\x00\x00") V4), DECODE_TRUNCATED,
		NULL},

	/* RFC 8926 §3.4 */
	{"Geneve, Ethernet", TUNNEL_GENEVE, BYTES("\x00\x00\x65\x58\x00\x00\x2A\x00" MACS "\x08\x00" V4),
		DECODE_DONE, V4},
	{"Geneve, options", TUNNEL_GENEVE,
		BYTES("\x01\x00\x86\xDD\x00\x00\x2A\x00"
		      "\x01\x02\x03\x00" V6),
		DECODE_DONE, V6},
	{"Geneve, version 1", TUNNEL_GENEVE, BYTES("\x40\x00\x08\x00\x00\x00\x2A\x00" V4), DECODE_NOT_OURS,
		NULL},
	{"Geneve, cut in the options", TUNNEL_GENEVE, BYTES("\x3F\x00\x08\x00\x00\x00\x2A\x00" V4),
		DECODE_TRUNCATED, NULL},

	{"RTP (RFC 3550 §5.1) to VXLAN's port", TUNNEL_VXLAN,
		BYTES("\x80\x08\x12\x34\x00\x00\x10\x00\xDE\xAD\xBE\xEF"
		      "ULAWULAWULAWULAW"),
		DECODE_NOT_OURS, NULL},
	{"RTP with padding, extension and sources", TUNNEL_VXLAN,
		BYTES("\xBF\x08\x12\x34\x00\x00\x10\x00\xDE\xAD\xBE\xEF"
		      "ULAWULAWULAWULAW"),
		DECODE_NOT_OURS, NULL},
	{"RTP to GTP-U's port", TUNNEL_GTP,
		BYTES("\x80\x08\x12\x34\x00\x00\x10\x00\xDE\xAD\xBE\xEF"
		      "ULAWULAW"),
		DECODE_NOT_OURS, NULL},
	{"SIP to VXLAN's port", TUNNEL_VXLAN, BYTES("INVITE sip:0101246@h SIP/2.0\r\n"), DECODE_NOT_OURS,
		NULL},
	{"SIP to GTP-U's port", TUNNEL_GTP, BYTES("INVITE sip:0101246@h SIP/2.0\r\n"), DECODE_NOT_OURS, NULL},
	{"SIP to Geneve's port", TUNNEL_GENEVE, BYTES("INVITE sip:0101246@h SIP/2.0\r\n"), DECODE_NOT_OURS,
		NULL},
};

static void a_tunnel_gives_the_ip_packet_in_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct reader ip = {0};
		enum decode_result result =
			tunnel_decode(cases[i].tunnel, reader_of(cases[i].bytes, cases[i].size), &ip);

		if (result != cases[i].result) {
			fail_msg("%s: result %d instead of %d", cases[i].what, result, cases[i].result);
		}
		if (cases[i].ip == NULL) {
			assert_null(ip.bytes); /* not written */
		} else if (ip.size < strlen(cases[i].ip) ||
			   memcmp(ip.bytes, cases[i].ip, strlen(cases[i].ip)) != 0) {
			fail_msg("%s: IP begins at the wrong place", cases[i].what);
		}
	}
}

static void a_length_in_the_tunnel_cuts_what_follows(void **state)
{
	struct reader ip;

	(void)state;
	assert_int_equal(tunnel_decode(TUNNEL_GTP, reader_of(BYTES(GTP("\x30", "\x00\x03") V4 "pad")), &ip),
		DECODE_DONE);
	assert_int_equal(ip.size, 3);
	assert_int_equal(
		tunnel_decode(TUNNEL_GRE,
			reader_of(BYTES("\x30\x01\x88\x0B\x00\x04\x00\x2A" SEQUENCE "\x21" V4 "pad")), &ip),
		DECODE_DONE);
	assert_int_equal(ip.size, 3);
}

static void tunnels_are_known_by_protocol_and_port(void **state)
{
	size_t protocols = 0, ports = 0;

	(void)state;
	assert_int_equal(tunnel_of_protocol(4), TUNNEL_IP);
	assert_int_equal(tunnel_of_protocol(41), TUNNEL_IP);
	assert_int_equal(tunnel_of_protocol(47), TUNNEL_GRE);
	assert_int_equal(tunnel_of_protocol(137), TUNNEL_MPLS);
	assert_int_equal(tunnel_of_port(2152), TUNNEL_GTP);
	assert_int_equal(tunnel_of_port(4789), TUNNEL_VXLAN);
	assert_int_equal(tunnel_of_port(6081), TUNNEL_GENEVE);
	for (unsigned number = 0; number <= UINT16_MAX; number++) {
		protocols += number <= UINT8_MAX && tunnel_of_protocol((uint8_t)number) != TUNNEL_NONE;
		ports += tunnel_of_port((uint16_t)number) != TUNNEL_NONE;
	}
	assert_int_equal(protocols, 4);
	assert_int_equal(ports, 3);
}

/* In memory of exactly their size, so that the sanitizer sees a byte too many. */
static void decode_copy(const char *bytes, size_t size, enum tunnel tunnel)
{
	uint8_t *copy = malloc(size + 1);
	struct reader ip = {0};

	assert_non_null(copy);
	memcpy(copy + 1, bytes, size);
	if (tunnel_decode(tunnel, reader_of(copy + 1, size), &ip) == DECODE_DONE) {
		assert_true(ip.size > 0);
		assert_in_range((uintptr_t)ip.bytes, (uintptr_t)copy + 1, (uintptr_t)copy + size);
		assert_true(ip.bytes + ip.size <= copy + 1 + size);
	}
	free(copy);
}

static void whatever_is_cut_anywhere_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t size = 0; size <= cases[i].size; size++) {
			decode_copy(cases[i].bytes, size, cases[i].tunnel);
		}
	}
}

/* The same at every run: xorshift, Marsaglia 2003. */
static uint32_t next_random(uint32_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	return *random;
}

#define RANDOM_ROUNDS 200

static void whatever_byte_is_changed_is_survived(void **state)
{
	uint32_t random = 2463534242;
	char bytes[128];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (int round = 0; round < RANDOM_ROUNDS && cases[i].size > 0; round++) {
			assert_true(cases[i].size <= sizeof bytes);
			memcpy(bytes, cases[i].bytes, cases[i].size);
			for (int changes = 0; changes < 3; changes++) {
				bytes[next_random(&random) % cases[i].size] = (char)next_random(&random);
			}
			decode_copy(bytes, cases[i].size, 1 + next_random(&random) % (TUNNEL_COUNT - 1));
			decode_copy(bytes, cases[i].size, cases[i].tunnel);
		}
	}
}

static void random_bytes_are_survived(void **state)
{
	uint32_t random = 362436069;
	char bytes[96];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof bytes; i++) {
			bytes[i] = (char)next_random(&random);
		}
		bytes[next_random(&random) % 4] = 0; /* so that some headers go on */
		decode_copy(bytes, next_random(&random) % sizeof bytes,
			1 + next_random(&random) % (TUNNEL_COUNT - 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tunnel_gives_the_ip_packet_in_it),
		cmocka_unit_test(a_length_in_the_tunnel_cuts_what_follows),
		cmocka_unit_test(tunnels_are_known_by_protocol_and_port),
		cmocka_unit_test(whatever_is_cut_anywhere_is_survived),
		cmocka_unit_test(whatever_byte_is_changed_is_survived),
		cmocka_unit_test(random_bytes_are_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
