/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/tcp.h"

#define PORTS "\x13\xC4\x9C\x40" /* 5060 to 40000 */
#define NUMBERS "\xFF\xFF\xFF\xFE\x00\x00\x00\x05"
#define REST "\x10\x00\xAB\xCD\x00\x00" /* window, checksum, urgent pointer */
#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct {
	const char *what;
	const char *bytes;
	size_t size;
	enum decode_result result;
	const char *payload;
	bool syn, fin, rst, ack;
} cases[] = {
	{"plain", BYTES(PORTS NUMBERS "\x50\x18" REST "INVITE"), DECODE_DONE, "INVITE", .ack = true},
	{"options", BYTES(PORTS NUMBERS "\x60\x02" REST "\x02\x04\x05\xB4"), DECODE_DONE, "", .syn = true},
	{"the longest options",
		BYTES(PORTS NUMBERS "\xF0\x11" REST "0123456789012345678901234567890123456789x"), DECODE_DONE,
		"x", .fin = true, .ack = true},
	{"reset", BYTES(PORTS NUMBERS "\x50\x04" REST), DECODE_DONE, "", .rst = true},
	{"options cut", BYTES(PORTS NUMBERS "\x70\x10" REST "\x01\x01\x01\x01"), DECODE_TRUNCATED, ""},
	{"header cut", BYTES(PORTS NUMBERS "\x50\x10\x10\x00\xAB\xCD\x00"), DECODE_TRUNCATED, ""},
	{"header shorter than one", BYTES(PORTS NUMBERS "\x40\x10" REST), DECODE_MALFORMED, ""},
	{"nothing", BYTES(""), DECODE_TRUNCATED, ""},
};

static void the_header_gives_ports_numbers_flags_and_payload(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct tcp_segment segment;
		enum decode_result result = tcp_decode(reader_of(cases[i].bytes, cases[i].size), &segment);
		if (result != cases[i].result) {
			fail_msg("%s: %d", cases[i].what, result);
		}
		if (result != DECODE_DONE) {
			continue;
		}
		assert_int_equal(segment.source_port, 5060);
		assert_int_equal(segment.destination_port, 40000);
		assert_int_equal(segment.sequence, 0xFFFFFFFE);
		assert_int_equal(segment.acknowledgement, 5);
		assert_int_equal(segment.syn, cases[i].syn);
		assert_int_equal(segment.fin, cases[i].fin);
		assert_int_equal(segment.rst, cases[i].rst);
		assert_int_equal(segment.ack, cases[i].ack);
		assert_int_equal(segment.payload.size, strlen(cases[i].payload));
		assert_true(segment.payload.size == 0 ||
			    memcmp(segment.payload.bytes, cases[i].payload, segment.payload.size) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_gives_ports_numbers_flags_and_payload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
