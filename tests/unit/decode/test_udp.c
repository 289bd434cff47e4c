/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/udp.h"

#define BYTES(literal) (literal), sizeof(literal) - 1
#define PORTS "\x13\xC4\x13\xD8" /* 5060 to 5080 */
#define CHECKSUM "\xBA\xD0"

static const struct {
	const char *what;
	const char *bytes;
	size_t size;
	enum decode_result result;
	const char *payload;
	bool cut;
} cases[] = {
	{"a datagram", BYTES(PORTS "\x00\x0C" CHECKSUM "PING"), DECODE_DONE, "PING", false},
	{"an empty one", BYTES(PORTS "\x00\x08" CHECKSUM), DECODE_DONE, "", false},
	{"padding behind it", BYTES(PORTS "\x00\x0A" CHECKSUM "PING"), DECODE_DONE, "PI", false},
	{"only padding", BYTES(PORTS "\x00\x08" CHECKSUM "PING"), DECODE_DONE, "", false},
	{"longer than what is here", BYTES(PORTS "\x00\x0D" CHECKSUM "PING"), DECODE_DONE, "PING", true},
	{"no length (RFC 2675)", BYTES(PORTS "\x00\x00" CHECKSUM "PING"), DECODE_DONE, "PING", false},
	{"a length that can't be", BYTES(PORTS "\x00\x07" CHECKSUM "PING"), DECODE_MALFORMED, NULL, false},
	{"cut in the header", BYTES(PORTS "\x00\x0C\xBA"), DECODE_TRUNCATED, NULL, false},
	{"no byte", BYTES(""), DECODE_TRUNCATED, NULL, false},
};

static void the_length_field_bounds_the_payload(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct udp_datagram datagram = {0};
		enum decode_result result = udp_decode(reader_of(cases[i].bytes, cases[i].size), &datagram);

		if (result != cases[i].result) {
			fail_msg("%s: result %d instead of %d", cases[i].what, result, cases[i].result);
		}
		if (cases[i].payload == NULL) {
			assert_int_equal(datagram.source_port, 0); /* not written */
			continue;
		}
		assert_int_equal(datagram.source_port, 5060);
		assert_int_equal(datagram.destination_port, 5080);
		if (datagram.payload.size != strlen(cases[i].payload) || datagram.cut != cases[i].cut) {
			fail_msg("%s: payload of %zu bytes, cut: %d", cases[i].what, datagram.payload.size,
				datagram.cut);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_length_field_bounds_the_payload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
