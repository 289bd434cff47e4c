/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/sip_scan.h"

static void assert_text(struct text text, const char *expected)
{
	assert_int_equal(text.size, strlen(expected));
	assert_memory_equal(text.size == 0 ? "" : text.start, expected, text.size);
}

static void the_start_line_tells_what_is_sip(void **state)
{
	static const struct {
		const char *payload;
		bool is_sip, is_request;
		enum sip_method method;
		unsigned status;
	} cases[] = {
		{"INVITE sip:1@h SIP/2.0\r\n\r\n", true, true, SIP_METHOD_INVITE, 0},
		{"\r\n\r\nINVITE sip:1@h SIP/2.0\r\n\r\n", true, true, SIP_METHOD_INVITE, 0},
		{"invite sip:1@h sip/2.0\r\n\r\n", true, true, SIP_METHOD_INVITE, 0},
		{"INVITE   sip:1@h   SIP/2.0  \r\n\r\n", true, true, SIP_METHOD_INVITE, 0},
		{"INVITE\tsip:1@h\tSIP/2.0\r\n\r\n", true, true, SIP_METHOD_INVITE, 0},
		{"INVITE sip:1@h SIP/2.0\n\n", true, true, SIP_METHOD_INVITE, 0},
		{"INVITE sip:1@h SIP/7.0\r\n\r\n", true, true, SIP_METHOD_INVITE, 0}, /* RFC 4475 §3.1.2.16 */
		{"NEWMETHOD sip:1@h SIP/2.0\r\n\r\n", true, true, SIP_METHOD_OTHER, 0},
		{"!interesting-Method0123456789_*+`.%indeed'~ sip:1@h SIP/2.0\r\n\r\n", true, true,
			SIP_METHOD_OTHER, 0}, /* RFC 4475 §3.1.1.2 */
		{"  INVITE sip:1@h SIP/2.0\r\n\r\n", true, true, SIP_METHOD_INVITE, 0},
		{"INVITE sip:1@h SIP/2.0\rCall-ID: 1\r\r", true, true, SIP_METHOD_INVITE, 0},
		{"OPTIONS sip:h SIP/2.0", true, true, SIP_METHOD_OPTIONS, 0},
		{"SIP/2.0 200 OK\r\n\r\n", true, false, SIP_METHOD_OTHER, 200},
		{"SIP/2.0 200\r\n\r\n", true, false, SIP_METHOD_OTHER, 200},
		{"sip/2.0 699 x\r\n\r\n", true, false, SIP_METHOD_OTHER, 699},
		{"SIP/2.0 2000 OK\r\n\r\n", false, false, SIP_METHOD_OTHER, 0},
		{"SIP/2.0 OK\r\n\r\n", false, false, SIP_METHOD_OTHER, 0},
		{"GET / HTTP/1.1\r\n\r\n", false, false, SIP_METHOD_OTHER, 0},
		{"HTTP/1.1 200 OK\r\n\r\n", false, false, SIP_METHOD_OTHER, 0},
		{"IN{VITE sip:1@h SIP/2.0\r\n\r\n", false, false, SIP_METHOD_OTHER, 0},
		{"SIP/2.0\r\n\r\n", false, false, SIP_METHOD_OTHER, 0},
		{"INVITE SIP/2.0\r\n\r\n", true, true, SIP_METHOD_INVITE, 0},
		{"\r\n\r\n", false, false, SIP_METHOD_OTHER, 0}, /* keep-alive, RFC 5626 §4.4.1 */
		{"", false, false, SIP_METHOD_OTHER, 0},
		{"\x80\x00\x12\x34", false, false, SIP_METHOD_OTHER, 0}, /* RTP */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sip_scan scan;
		bool is_sip = sip_scan(text_of(cases[i].payload), &scan);
		if (is_sip != cases[i].is_sip) {
			fail_msg("case %zu: %s", i, cases[i].payload);
		}
		if (is_sip) {
			assert_int_equal(scan.is_request, cases[i].is_request);
			assert_int_equal(scan.method, cases[i].method);
			assert_int_equal(scan.status, cases[i].status);
		}
	}
}

static void the_request_uri_is_all_between_method_and_version(void **state)
{
	static const struct {
		const char *line, *uri;
	} cases[] = {
		{"INVITE sip:1@h SIP/2.0\r\n\r\n", "sip:1@h"},
		{"INVITE <sip:1@h> SIP/2.0\r\n\r\n", "sip:1@h"},
		{"INVITE sip:1@h; lr SIP/2.0\r\n\r\n", "sip:1@h; lr"}, /* RFC 4475 §3.1.2.9 */
		{"INVITE  SIP/2.0\r\n\r\n", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sip_scan scan;
		assert_true(sip_scan(text_of(cases[i].line), &scan));
		assert_text(scan.request_uri, cases[i].uri);
	}
}

static void header_fields_are_found_in_every_form(void **state)
{
	static const char payload[] = "INVITE sip:1@h SIP/2.0\r\n"
				      "v: SIP/2.0/UDP a\r\n"
				      "VIA: SIP/2.0/UDP b\r\n"
				      "fRoM  :  <sip:f@h>;tag=1  \r\n"
				      "t: <sip:t@h>\n"
				      "i: 1@a\r\n"
				      "User-Agent: one\r\n"
				      " two\r\n"
				      "\tthree\r\n"
				      "this line has no colon\r\n"
				      "CSeq: 1 INVITE\r\n"
				      "\r\n"
				      "To: not a header\r\n";
	struct sip_scan scan;

	(void)state;
	assert_true(sip_scan(text_of(payload), &scan));
	assert_text(sip_scan_value(&scan, SIP_HEADER_VIA), "SIP/2.0/UDP a");
	assert_int_equal(scan.occurrences[SIP_HEADER_VIA], 2);
	assert_text(sip_scan_value(&scan, SIP_HEADER_FROM), "<sip:f@h>;tag=1");
	assert_text(sip_scan_value(&scan, SIP_HEADER_TO), "<sip:t@h>");
	assert_text(sip_scan_value(&scan, SIP_HEADER_CALL_ID), "1@a");
	assert_text(sip_scan_value(&scan, SIP_HEADER_USER_AGENT), "one\r\n two\r\n\tthree");
	assert_text(sip_scan_value(&scan, SIP_HEADER_CSEQ), "1 INVITE");
	assert_int_equal(scan.occurrences[SIP_HEADER_TO], 1);
	assert_int_equal(scan.oddities, SIP_ODD_LINE);
}

static void a_header_that_does_not_end_is_marked_as_cut(void **state)
{
	struct sip_scan scan;

	(void)state;
	assert_true(sip_scan(TEXT("INVITE sip:1@h SIP/2.0\r\nCall-ID: 1\r\nFrom: <sip:f"), &scan));
	assert_text(sip_scan_value(&scan, SIP_HEADER_CALL_ID), "1");
	assert_text(sip_scan_value(&scan, SIP_HEADER_FROM), "<sip:f");
	assert_int_equal(scan.oddities, SIP_ODD_CUT);
}

static void many_lines_are_odd_but_hide_nothing(void **state)
{
	char payload[SIP_HEADER_LINES_USUAL * 4 + 100] = "INVITE sip:1@h SIP/2.0\r\n";
	struct sip_scan scan;

	(void)state;
	for (int i = 0; i < SIP_HEADER_LINES_USUAL; i++) {
		strcat(payload, "a:\r\n");
	}
	strcat(payload, "i: late\r\n\r\n");
	assert_true(sip_scan(text_of(payload), &scan));
	assert_int_equal(scan.oddities, SIP_ODD_LONG);
	assert_text(sip_scan_value(&scan, SIP_HEADER_CALL_ID), "late");
}

/* Lines are looked for in blocks of bytes. */
static void it_does_not_matter_where_a_line_begins(void **state)
{
	static const char behind[] =
		"\r\nVia: v\nCall-ID: c\r\n d\r\n\te\nf: <sip:f@h>\r\nTo:\r\n <sip:t@h>\r\n"
		"CSeq: 1 INVITE\r\n\r\n v=0\r\nFrom: nobody\r\n";
	const size_t body = strstr(behind, "v=0") - behind - 1;
	char payload[512];
	struct sip_scan scan;

	(void)state;
	for (int size = 0; size < 200; size++) {
		int first =
			snprintf(payload, sizeof payload, "INVITE sip:1@h SIP/2.0\r\nX: %0*d", size + 1, 0);
		strcpy(payload + first, behind);
		assert_true(sip_scan(text_of(payload), &scan));
		assert_text(sip_scan_value(&scan, SIP_HEADER_CALL_ID), "c\r\n d\r\n\te");
		assert_text(sip_scan_value(&scan, SIP_HEADER_FROM), "<sip:f@h>");
		assert_text(sip_scan_value(&scan, SIP_HEADER_TO), "<sip:t@h>");
		assert_text(sip_scan_value(&scan, SIP_HEADER_CSEQ), "1 INVITE");
		assert_int_equal(scan.oddities, 0);
		for (size_t cut = (size_t)first + 1; cut < (size_t)first + body; cut++) {
			assert_true(sip_scan((struct text){payload, cut}, &scan));
			assert_true(scan.oddities & SIP_ODD_CUT);
		}
	}
}

static void lines_that_end_with_cr_alone_are_lines(void **state)
{
	struct sip_scan scan;

	(void)state;
	assert_true(sip_scan(TEXT("INVITE sip:1@h SIP/2.0\rCall-ID: 1\rFrom: <sip:f@h>\r\rv=0\r"), &scan));
	assert_text(sip_scan_value(&scan, SIP_HEADER_CALL_ID), "1");
	assert_text(sip_scan_value(&scan, SIP_HEADER_FROM), "<sip:f@h>");
	assert_int_equal(scan.oddities, SIP_ODD_LINE);
}

/* Found by fuzzing: one LF in the body hid the whole INVITE. */
static void a_line_feed_below_does_not_hide_a_message_of_cr_lines(void **state)
{
	static const char *const payloads[] = {
		"INVITE sip:1@h SIP/2.0\rCall-ID: 1\rFrom: <sip:f@h>\r\rv=0\n",
		"INVITE sip:1@h SIP/2.0\rCall-ID: 1\r\nFrom: <sip:f@h>\r\n\r\nv=0\r\n",
		"INVITE sip:1@h SIP/2.0\r\r\nCall-ID: 1\r\nFrom: <sip:f@h>\r\n\r\nv=0\r\n",
	};
	struct sip_scan scan;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(payloads); i++) {
		assert_true(sip_scan(text_of(payloads[i]), &scan));
		assert_text(scan.request_uri, "sip:1@h");
		assert_text(sip_scan_value(&scan, SIP_HEADER_CALL_ID), "1");
		assert_text(sip_scan_value(&scan, SIP_HEADER_FROM), "<sip:f@h>");
		assert_int_equal(scan.oddities, i == 2 ? 0 : SIP_ODD_LINE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_start_line_tells_what_is_sip),
		cmocka_unit_test(the_request_uri_is_all_between_method_and_version),
		cmocka_unit_test(header_fields_are_found_in_every_form),
		cmocka_unit_test(a_header_that_does_not_end_is_marked_as_cut),
		cmocka_unit_test(many_lines_are_odd_but_hide_nothing),
		cmocka_unit_test(it_does_not_matter_where_a_line_begins),
		cmocka_unit_test(lines_that_end_with_cr_alone_are_lines),
		cmocka_unit_test(a_line_feed_below_does_not_hide_a_message_of_cr_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
