/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/dtls.h"

#define BYTES(literal) (literal), sizeof(literal) - 1
#define REST "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x40" /* epoch, sequence number, length */

static const struct {
	const char *what;
	const char *bytes;
	size_t size;
	bool is_dtls;
} cases[] = {
	{"a handshake of DTLS 1.0", BYTES("\x16\xFE\xFF" REST), true},
	{"one of DTLS 1.2 or 1.3", BYTES("\x16\xFE\xFD" REST "\x01"), true},
	{"a change of the cipher", BYTES("\x14\xFE\xFD" REST), true},
	{"an alert", BYTES("\x15\xFE\xFD" REST), true},
	{"data", BYTES("\x17\xFE\xFD" REST), true},
	{"a heartbeat", BYTES("\x18\xFE\xFD" REST), true},
	{"data with the connection's name", BYTES("\x19\xFE\xFD" REST), true},
	{"a type too low", BYTES("\x13\xFE\xFD" REST), false},
	{"a type too high", BYTES("\x1A\xFE\xFD" REST), false},
	{"TLS", BYTES("\x16\x03\x03" REST), false},
	{"a version that was never given", BYTES("\x16\xFE\xFE" REST), false},
	{"cut in the header", BYTES("\x16\xFE\xFD\x00\x00\x00\x00\x00\x00\x00\x01\x00"), false},
	{"a STUN request", BYTES("\x00\x01\x00\x00\x21\x12\xA4\x42\x00\x00\x00\x00\x00\x00"), false},
	{"SIP", BYTES("INVITE sip:1@h SIP/2.0"), false},
	{"nothing", BYTES(""), false},
};

static void the_header_of_a_record_tells(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (dtls_begins(reader_of(cases[i].bytes, cases[i].size)) != cases[i].is_dtls) {
			fail_msg("%s", cases[i].what);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_of_a_record_tells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
