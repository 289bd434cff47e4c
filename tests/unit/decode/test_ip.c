/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/ip.h"

#define BYTES(literal) (literal), sizeof(literal) - 1
#define V4_ADDRESSES "\xC0\x00\x02\x0A\xCB\x00\x71\x02" /* 192.0.2.10 to 203.0.113.2 */
/* IPv4 with what differs: version and header length, total length, identification, offset, protocol */
#define V4(first, total, id, place, protocol)                                                                \
	first "\x00" total id place "\x40" protocol "\xBA\xD0" V4_ADDRESSES
#define V4_ID "\x12\x34"
#define OPTIONS4 "\x94\x04\x00\x00" /* router alert; RFC 2113 */
#define V4_WHOLE "\x40\x00"         /* don't fragment */
#define V6_ADDRESSES                                                                                         \
	"\x20\x01\x0D\xB8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"                                   \
	"\x20\x01\x0D\xB8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
#define V6(length, next) "\x60\x00\x00\x00" length next "\x40" V6_ADDRESSES
#define MAPPED                                                                                               \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xFF\xFF\xC0\x00\x02\x0A"                                   \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xFF\xFF\xCB\x00\x71\x02"
/* Extension headers of 8 bytes, by what follows them. */
#define HOP(next) next "\x00\x05\x02\x00\x00\x01\x00" /* router alert, as RFC 2711 has it */
#define OPTIONS(next) next "\x00\x01\x04\x00\x00\x00\x00"
#define OPTIONS16(next)                                                                                      \
	next "\x01\x01\x0C"                                                                                  \
	     "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
#define FRAGMENT(next, place) next "\x00" place "\xDE\xAD\xBE\xEF"
/* RFC 4302 §2.2: the length counts 4 bytes, less 2; here with a check value of 12 bytes. */
#define AUTHENTICATION(next)                                                                                 \
	next "\x04\0\0"                                                                                      \
	     "\0\0\0\1"                                                                                      \
	     "\0\0\0\2"                                                                                      \
	     "\0\0\0\0\0\0\0\0\0\0\0\0"
#define UDP "\x11"

struct expected {
	enum decode_result result;
	int protocol;
	const char *payload;
	bool cut, is_fragment, more;
	unsigned offset, id;
};

#define WHOLE(protocol, payload)                                                                             \
	{                                                                                                    \
		DECODE_DONE, protocol, payload                                                               \
	}
#define CUT(protocol, payload)                                                                               \
	{                                                                                                    \
		DECODE_DONE, protocol, payload, true                                                         \
	}
#define FAILS(result)                                                                                        \
	{                                                                                                    \
		result                                                                                       \
	}
#define PART(protocol, payload, more, offset, id)                                                            \
	{                                                                                                    \
		DECODE_DONE, protocol, payload, false, true, more, offset, id                                \
	}

static const struct {
	const char *what;
	const char *bytes;
	size_t size;
	struct expected expected;
} cases[] = {
	{"IPv4", BYTES(V4("\x45", "\x00\x18", V4_ID, V4_WHOLE, UDP) "DATA"), WHOLE(17, "DATA")},
	{"IPv4 in a padded frame", BYTES(V4("\x45", "\x00\x16", V4_ID, V4_WHOLE, UDP) "DATA"),
		WHOLE(17, "DA")},
	{"IPv4, nothing but padding", BYTES(V4("\x45", "\x00\x14", V4_ID, V4_WHOLE, UDP) "DATA"),
		WHOLE(17, "")},
	{"IPv4, cut by the capture", BYTES(V4("\x45", "\x00\x19", V4_ID, V4_WHOLE, UDP) "DATA"),
		CUT(17, "DATA")},
	{"IPv4, length left to the card", BYTES(V4("\x45", "\x00\x00", V4_ID, V4_WHOLE, "\x06") "DATA"),
		WHOLE(6, "DATA")},
	{"IPv4 with options", BYTES(V4("\x46", "\x00\x1C", V4_ID, V4_WHOLE, UDP) OPTIONS4 "DATA"),
		WHOLE(17, "DATA")},
	{"IPv4, options past the end", BYTES(V4("\x4F", "\x00\x44", V4_ID, V4_WHOLE, UDP) "DATA"),
		FAILS(DECODE_TRUNCATED)},
	{"IPv4, header shorter than can be", BYTES(V4("\x44", "\x00\x18", V4_ID, V4_WHOLE, UDP) "DATA"),
		FAILS(DECODE_MALFORMED)},
	{"IPv4, total below the header", BYTES(V4("\x46", "\x00\x17", V4_ID, V4_WHOLE, UDP) OPTIONS4),
		FAILS(DECODE_MALFORMED)},
	{"IPv4, cut in the header", BYTES("\x45\x00\x00\x18"), FAILS(DECODE_TRUNCATED)},
	{"no byte", BYTES(""), FAILS(DECODE_TRUNCATED)},
	{"version 5", BYTES(V4("\x55", "\x00\x18", V4_ID, V4_WHOLE, UDP) "DATA"), FAILS(DECODE_MALFORMED)},
	{"IPv4, first fragment", BYTES(V4("\x45", "\x00\x1C", V4_ID, "\x20\x00", UDP) "FRAGMENT"),
		PART(17, "FRAGMENT", true, 0, 0x1234)},
	{"IPv4, middle fragment", BYTES(V4("\x45", "\x00\x1C", V4_ID, "\x20\xB9", UDP) "FRAGMENT"),
		PART(17, "FRAGMENT", true, 1480, 0x1234)},
	{"IPv4, last fragment", BYTES(V4("\x45", "\x00\x18", V4_ID, "\x00\xB9", UDP) "DATA"),
		PART(17, "DATA", false, 1480, 0x1234)},
	{"IPv4, past 65535 bytes", BYTES(V4("\x45", "\x00\x1C", V4_ID, "\x1F\xFF", UDP) "FRAGMENT"),
		FAILS(DECODE_MALFORMED)},
	{"IPv4, AH", BYTES(V4("\x45", "\x00\x30", V4_ID, V4_WHOLE, "\x33") AUTHENTICATION(UDP) "DATA"),
		WHOLE(17, "DATA")},
	{"IPv4, AH in fragments", BYTES(V4("\x45", "\x00\x1C", V4_ID, "\x20\x00", "\x33") "FRAGMENT"),
		PART(51, "FRAGMENT", true, 0, 0x1234)},
	{"IPv4 knows no hop-by-hop", BYTES(V4("\x45", "\x00\x1C", V4_ID, V4_WHOLE, "\x00") "\x11\1OPTION"),
		WHOLE(0, "\x11\1OPTION")},

	{"IPv6", BYTES(V6("\x00\x04", UDP) "DATA"), WHOLE(17, "DATA")},
	{"IPv6 in a padded frame", BYTES(V6("\x00\x02", UDP) "DATA"), WHOLE(17, "DA")},
	{"IPv6, cut by the capture", BYTES(V6("\x00\x05", UDP) "DATA"), CUT(17, "DATA")},
	{"IPv6, no length (RFC 2675)", BYTES(V6("\x00\x00", UDP) "DATA"), WHOLE(17, "DATA")},
	{"IPv6, cut in the header", BYTES("\x60\x00\x00\x00\x00\x04\x11\x40\x20\x01"),
		FAILS(DECODE_TRUNCATED)},
	{"IPv6, hop-by-hop", BYTES(V6("\x00\x0C", "\x00") HOP(UDP) "DATA"), WHOLE(17, "DATA")},
	{"IPv6, destination options", BYTES(V6("\x00\x0C", "\x3C") OPTIONS(UDP) "DATA"), WHOLE(17, "DATA")},
	{"IPv6, longer options", BYTES(V6("\x00\x14", "\x3C") OPTIONS16(UDP) "DATA"), WHOLE(17, "DATA")},
	{"IPv6, routing", BYTES(V6("\x00\x0C", "\x2B") OPTIONS(UDP) "DATA"), WHOLE(17, "DATA")},
	{"IPv6, AH", BYTES(V6("\x00\x1C", "\x33") AUTHENTICATION(UDP) "DATA"), WHOLE(17, "DATA")},
	{"IPv6, a chain in RFC 8200's order",
		BYTES(V6("\x00\x3C", "\x00") HOP("\x3C") OPTIONS("\x2B") OPTIONS("\x33")
				AUTHENTICATION("\x3C") OPTIONS(UDP) "DATA"),
		WHOLE(17, "DATA")},
	{"IPv6, eight headers",
		BYTES(V6("\x00\x44", "\x3C") OPTIONS("\x3C") OPTIONS("\x3C") OPTIONS("\x3C") OPTIONS("\x3C")
				OPTIONS("\x3C") OPTIONS("\x3C") OPTIONS("\x3C") OPTIONS(UDP) "DATA"),
		WHOLE(17, "DATA")},
	{"IPv6, nine headers",
		BYTES(V6("\x00\x4C", "\x3C") OPTIONS("\x3C") OPTIONS("\x3C") OPTIONS("\x3C") OPTIONS("\x3C")
				OPTIONS("\x3C") OPTIONS("\x3C") OPTIONS("\x3C") OPTIONS("\x3C")
					OPTIONS(UDP) "DATA"),
		FAILS(DECODE_MALFORMED)},
	{"IPv6, options past the end", BYTES(V6("\x00\x08", "\x3C") "\x11\x01\x01\x0C\x00\x00\x00\x00"),
		FAILS(DECODE_TRUNCATED)},
	{"IPv6, options cut after a byte", BYTES(V6("\x00\x08", "\x3C") "\x11"), FAILS(DECODE_TRUNCATED)},
	{"IPv6, nothing follows", BYTES(V6("\x00\x00", "\x3B")), WHOLE(59, "")},
	{"IPv6, encrypted", BYTES(V6("\x00\x04", "\x32") "DATA"), WHOLE(50, "DATA")},
	{"IPv6, first fragment", BYTES(V6("\x00\x10", "\x2C") FRAGMENT(UDP, "\x00\x01") "FRAGMENT"),
		PART(17, "FRAGMENT", true, 0, 0xDEADBEEF)},
	{"IPv6, last fragment", BYTES(V6("\x00\x0C", "\x2C") FRAGMENT(UDP, "\x05\xC8") "DATA"),
		PART(17, "DATA", false, 1480, 0xDEADBEEF)},
	{"IPv6, options before the fragment",
		BYTES(V6("\x00\x18", "\x00") HOP("\x2C") FRAGMENT(UDP, "\x00\x01") "FRAGMENT"),
		PART(17, "FRAGMENT", true, 0, 0xDEADBEEF)},
	{"IPv6, options in the fragment",
		BYTES(V6("\x00\x10", "\x2C") FRAGMENT("\x3C", "\x00\x01") "\x11\1OPTION"),
		PART(60, "\x11\1OPTION", true, 0, 0xDEADBEEF)},
	{"IPv6, a fragment that is the whole (RFC 6946)",
		BYTES(V6("\x00\x0C", "\x2C") FRAGMENT(UDP, "\x00\x06") "DATA"), WHOLE(17, "DATA")},
	{"IPv6, past 65535 bytes", BYTES(V6("\x00\x10", "\x2C") FRAGMENT(UDP, "\xFF\xF8") "FRAGMENT"),
		FAILS(DECODE_MALFORMED)},
	{"IPv6, fragment header cut", BYTES(V6("\x00\x08", "\x2C") "\x11\x00\x00\x01\xDE"),
		FAILS(DECODE_TRUNCATED)},
};

static bool payload_equals(const struct reader *payload, const char *text)
{
	size_t size = strlen(text);

	return payload->size == size && (size == 0 || memcmp(payload->bytes, text, size) == 0);
}

static void compare(const char *what, const struct ip_packet *packet, const struct expected *expected)
{
	if (packet->protocol != expected->protocol || !payload_equals(&packet->payload, expected->payload) ||
		packet->cut != expected->cut) {
		fail_msg("%s: protocol %d, %zu bytes of payload, cut: %d", what, packet->protocol,
			packet->payload.size, packet->cut);
	}
	if (packet->is_fragment != expected->is_fragment || packet->more_fragments != expected->more ||
		packet->fragment_offset != expected->offset || packet->fragment_id != expected->id) {
		fail_msg("%s: fragment: %d, more: %d, offset %d, identification %x", what,
			packet->is_fragment, packet->more_fragments, packet->fragment_offset,
			packet->fragment_id);
	}
}

static void headers_say_what_the_payload_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ip_packet packet = {0};
		enum decode_result result = ip_decode(reader_of(cases[i].bytes, cases[i].size), &packet);

		if (result != cases[i].expected.result) {
			fail_msg("%s: result %d instead of %d", cases[i].what, result,
				cases[i].expected.result);
		}
		if (result == DECODE_DONE) {
			compare(cases[i].what, &packet, &cases[i].expected);
		}
	}
}

static void addresses_are_told(const char *bytes, size_t size, const char *source, const char *destination)
{
	char text[ADDRESS_TEXT_SIZE];
	struct ip_packet packet = {0};

	assert_int_equal(ip_decode(reader_of(bytes, size), &packet), DECODE_DONE);
	assert_string_equal(address_format(&packet.source, text), source);
	assert_string_equal(address_format(&packet.destination, text), destination);
}

static void packets_go_from_source_to_destination(void **state)
{
	(void)state;
	addresses_are_told(BYTES(V4("\x45", "\x00\x14", V4_ID, V4_WHOLE, UDP)), "192.0.2.10", "203.0.113.2");
	addresses_are_told(BYTES(V6("\x00\x00", UDP)), "2001:db8::1", "2001:db8::2");
}

static void ipv4_mapped_addresses_do_not_hide_extension_headers(void **state)
{
	static const char bytes[] = "\x60\x00\x00\x00\x00\x0C\x3C\x40" MAPPED OPTIONS(UDP) "DATA";
	struct ip_packet packet = {0};

	(void)state;
	assert_int_equal(ip_decode(reader_of(bytes, sizeof bytes - 1), &packet), DECODE_DONE);
	assert_int_equal(packet.protocol, IP_PROTOCOL_UDP);
	assert_int_equal(packet.source.family, ADDRESS_IPV4);
}

static void a_datagram_put_together_has_its_extension_headers_skipped(void **state)
{
	static const char fragmentable[] = OPTIONS(UDP) "DATA";
	struct ip_packet packet = {.version = 6,
		.protocol = 60,
		.is_fragment = true,
		.payload = reader_of(fragmentable, sizeof fragmentable - 1)};

	(void)state;
	assert_int_equal(ip_skip_extensions(&packet), DECODE_DONE);
	assert_int_equal(packet.protocol, IP_PROTOCOL_UDP);
	assert_int_equal(packet.payload.size, 4);
	assert_false(packet.is_fragment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_say_what_the_payload_is),
		cmocka_unit_test(packets_go_from_source_to_destination),
		cmocka_unit_test(ipv4_mapped_addresses_do_not_hide_extension_headers),
		cmocka_unit_test(a_datagram_put_together_has_its_extension_headers_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
