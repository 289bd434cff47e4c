/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/sip_parser.h"

#include <stdlib.h>
#include <unistd.h>

static void assert_text(struct text text, const char *expected)
{
	if (text.size != strlen(expected) ||
		memcmp(text.size == 0 ? "" : text.start, expected, text.size) != 0) {
		fail_msg("\"%.*s\" is not \"%s\"", TEXT_PRINT(text), expected);
	}
}

static void parse(const char *payload, struct sip_message *message)
{
	struct sip_scan scan;

	assert_true(sip_scan(text_of(payload), &scan));
	sip_parse(&scan, message);
}

#define BASICS                                                                                               \
	"Via: SIP/2.0/UDP 192.168.10.21:5060;branch=z9hG4bK-1\r\n"                                           \
	"From: \"Sales\" <sip:1001@192.0.2.10>;tag=f1\r\n"                                                   \
	"To: <sip:0101246@192.0.2.10>\r\n"                                                                   \
	"Call-ID: a84b4c76e66710@192.168.10.21\r\n"

static void an_ordinary_invite_is_read_without_a_mark(void **state)
{
	struct sip_message message;

	(void)state;
	parse("INVITE sip:0101246@192.0.2.10:5060;user=phone SIP/2.0\r\n" BASICS "CSeq: 2 INVITE\r\n"
	      "Contact: <sip:1001@192.168.10.21:5062>\r\n"
	      "Proxy-Authorization: Digest username=\"1001\", realm=\"pbx\", nonce=\"n\", uri=\"sip:h\", "
	      "response=\"r\"\r\n"
	      "P-Asserted-Identity: <sip:0312345678@192.0.2.10>\r\n"
	      "Diversion: <sip:1002@192.0.2.10>;reason=unconditional\r\n"
	      "User-Agent: phone 1.0\r\n\r\n",
		&message);
	assert_int_equal(message.oddities, 0);
	assert_true(message.is_request);
	assert_int_equal(message.method, SIP_METHOD_INVITE);
	assert_text(message.request_uri.user, "0101246");
	assert_text(message.request_uri.host, "192.0.2.10");
	assert_int_equal(message.request_uri.port, 5060);
	assert_text(message.from.display, "Sales");
	assert_text(message.from.uri.user, "1001");
	assert_text(message.from.tag, "f1");
	assert_text(message.to.tag, "");
	assert_text(message.call_id, "a84b4c76e66710@192.168.10.21");
	assert_true(message.has_cseq);
	assert_int_equal(message.cseq, 2);
	assert_text(message.via_branch, "z9hG4bK-1");
	assert_text(message.authorization_user, "1001");
	assert_text(message.asserted_identity.uri.user, "0312345678");
	assert_text(message.diversion.uri.user, "1002");
	assert_text(message.user_agent, "phone 1.0");
}

static void a_response_has_the_method_of_its_cseq(void **state)
{
	struct sip_message message;

	(void)state;
	parse("SIP/2.0 407 Proxy Authentication Required\r\n" BASICS "CSeq: 1 INVITE\r\nServer: pbx\r\n\r\n",
		&message);
	assert_false(message.is_request);
	assert_int_equal(message.status, 407);
	assert_int_equal(message.method, SIP_METHOD_INVITE);
	assert_text(message.user_agent, "pbx");
	assert_int_equal(message.oddities, 0);
}

static void a_302_names_whom_to_call(void **state)
{
	struct sip_message message;

	(void)state;
	parse("SIP/2.0 302 Moved Temporarily\r\n" BASICS
	      "CSeq: 1 INVITE\r\nm: \"Mori, Ken\" <sip:0101246@192.0.2.10:5062>, <sip:2@h>\r\n\r\n",
		&message);
	assert_text(message.contact.uri.user, "0101246");
	assert_int_equal(message.contact.uri.port, 5062);
}

/* What libosip2 refuses, or accepts without a word, still gives the number, and a mark. */
static void an_odd_invite_still_gives_the_number(void **state)
{
	static const struct {
		const char *what, *payload;
		uint32_t oddities;
	} cases[] = {
		{"no headers", "INVITE sip:0101246@h SIP/2.0\r\n\r\n", SIP_ODD_MISSING},
		{"angle brackets", "INVITE <sip:0101246@h> SIP/2.0\r\n" BASICS "CSeq: 1 INVITE\r\n\r\n",
			SIP_ODD_LINE},
		{"no colon", "INVITE sip:0101246@h SIP/2.0\r\n" BASICS "CSeq: 1 INVITE\r\nrubbish\r\n\r\n",
			SIP_ODD_LINE},
		{"two Call-IDs",
			"INVITE sip:0101246@h SIP/2.0\r\n" BASICS "CSeq: 1 INVITE\r\nCall-ID: 2\r\n\r\n",
			SIP_ODD_REPEATED},
		{"two Froms",
			"INVITE sip:0101246@h SIP/2.0\r\n" BASICS "CSeq: 1 INVITE\r\nf: <sip:x@h>\r\n\r\n",
			SIP_ODD_REPEATED},
		{"other method", "INVITE sip:0101246@h SIP/2.0\r\n" BASICS "CSeq: 1 OPTIONS\r\n\r\n",
			SIP_ODD_METHOD_MISMATCH},
		{"CSeq too large",
			"INVITE sip:0101246@h SIP/2.0\r\n" BASICS "CSeq: 36893488147419103232 INVITE\r\n\r\n",
			SIP_ODD_CSEQ},
		{"cut", "INVITE sip:0101246@h SIP/2.0\r\n" BASICS "CSeq: 1 INVITE\r\nContact: <sip:1",
			SIP_ODD_CUT},
		{"no host", "INVITE sip:0101246 SIP/2.0\r\n" BASICS "CSeq: 1 INVITE\r\n\r\n", 0},
		{"empty Via", "INVITE sip:0101246@h SIP/2.0\r\nVia:\r\n" BASICS "CSeq: 1 INVITE\r\n\r\n",
			SIP_ODD_MISSING},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sip_message message;
		parse(cases[i].payload, &message);
		assert_text(message.request_uri.user, "0101246");
		if ((message.oddities & cases[i].oddities) != cases[i].oddities) {
			fail_msg("%s: oddities %#x", cases[i].what, message.oddities);
		}
	}
}

static void a_value_over_the_budget_is_read_without_libosip2(void **state)
{
	static char payload[8192];
	char long_name[SIP_VALUE_MAX + 1];
	struct sip_message message;

	(void)state;
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	snprintf(payload, sizeof payload,
		"INVITE sip:0101246@h SIP/2.0\r\nFrom: \"%s\" <sip:1001@h>;tag=1\r\nCall-ID: 1\r\n\r\n",
		long_name);
	parse(payload, &message);
	assert_text(message.from.uri.user, "1001");
	assert_text(message.from.tag, "1");
	assert_true(message.oddities & SIP_ODD_LONG);
}

static void a_nul_does_not_hide_what_follows(void **state)
{
	static const char payload[] =
		"INVITE sip:0101246@h SIP/2.0\r\nFrom: \0<sip:1001@h>;tag=1\r\nCall-ID: 1\r\n\r\n";
	struct sip_scan scan;
	struct sip_message message;

	(void)state;
	assert_true(sip_scan((struct text){payload, sizeof payload - 1}, &scan));
	sip_parse(&scan, &message);
	assert_text(message.from.uri.user, "1001");
	assert_text(message.call_id, "1");
	assert_true(message.oddities & SIP_ODD_LINE);
}

static void the_arena_holds_for_any_number_of_messages(void **state)
{
	struct sip_message message;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		parse("INVITE sip:0101246@h SIP/2.0\r\n" BASICS "CSeq: 1 INVITE\r\n\r\n", &message);
		assert_int_equal(message.oddities, 0);
	}
}

static void a_challenge_and_what_answers_it_have_the_nonce(void **state)
{
	static const char challenge[] =
		"SIP/2.0 407 Proxy Authentication Required\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: <sip:a@b>\r\n"
		"To: <sip:c@d>;tag=1\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nno colon\r\n"
		"Proxy-Authenticate: Digest realm=\"nonce=1\",\r\n nonce=\"5f2a,b\", qop=\"auth\"\r\n\r\n";
	static const struct {
		const char *lines, *nonce;
		bool has_many;
	} credentials[] = {
		{"Authorization: Digest username=\"1001\", nonce=\"5f2a,b\"\r\n", "5f2a,b", false},
		{"Proxy-Authorization: Digest nonce=abc,username=\"1001\"\r\n", "abc", false},
		{"Authorization: Digest username=\"1001\"\r\n", "", false},
		{"Authorization: Digest username=\"1\", nonce=a\r\nProxy-Authorization: Digest username=\"2\"\r\n",
			"a", true},
		{"Authorization: Digest username=\"1\", Username=\"2\", nonce=a\r\n", "a", true},
		{"Authorization: Digest username=\"1\", nonce=a\r\nAuthorization: Digest x=y\r\n", "a", true},
		{"", "", false},
	};
	struct sip_message message = {0};
	struct sip_scan scan;

	(void)state;
	assert_true(sip_scan_brief(text_of(challenge), &scan));
	assert_true(scan.is_brief);
	sip_parse_again(&scan, &message);
	assert_true(text_equal(message.nonce, TEXT("5f2a,b")));
	assert_int_equal(message.oddities, 0);
	for (size_t i = 0; i < COUNT_OF(credentials); i++) {
		char invite[1024];
		snprintf(invite, sizeof invite,
			"INVITE sip:c@d SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: <sip:a@b>;tag=1\r\n"
			"To: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n%s\r\n",
			credentials[i].lines);
		assert_true(sip_scan_brief(text_of(invite), &scan));
		sip_parse_again(&scan, &message);
		assert_true(text_equal(message.nonce, text_of(credentials[i].nonce)));
		assert_int_equal(message.has_many_credentials, credentials[i].has_many);
	}
}

static void a_message_read_over_another_has_nothing_of_it(void **state)
{
	static const char *const payloads[] = {
		"INVITE sip:0101246@192.0.2.10 SIP/2.0\r\n" BASICS
		"CSeq: 2 INVITE\r\nSession-Expires: 90\r\nDiversion: <sip:1002@h>\r\n\r\n",
		"BYE sip:1001@192.0.2.10 SIP/2.0\r\n" BASICS "CSeq: 3 BYE\r\n\r\n",
		"OPTIONS sip:192.0.2.10 SIP/2.0\r\n" BASICS "CSeq: x\r\n\r\n",
		"SIP/2.0 180 Ringing\r\n" BASICS "CSeq: 2 INVITE\r\n\r\n",
		"OPTIONS sip:192.0.2.10 SIP/2.0\r\n\r\n",
	};
	struct sip_message message = {0}, alone;
	struct sip_scan scan;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(payloads) * COUNT_OF(payloads); i++) {
		assert_true(sip_scan_brief(text_of(payloads[i / COUNT_OF(payloads)]), &scan));
		sip_parse_again(&scan, &message);
		assert_true(sip_scan_brief(text_of(payloads[i % COUNT_OF(payloads)]), &scan));
		sip_parse_again(&scan, &message);
		sip_parse(&scan, &alone);
		assert_true(text_equal(message.from.tag, alone.from.tag));
		assert_true(text_equal(message.to.uri.user, alone.to.uri.user));
		assert_true(text_equal(message.request_uri.user, alone.request_uri.user));
		assert_true(text_equal(message.via_branch, alone.via_branch));
		assert_true(text_equal(message.diversion.uri.user, alone.diversion.uri.user));
		assert_true(text_equal(message.call_id, alone.call_id));
		assert_true(text_equal(message.method_name, alone.method_name));
		assert_int_equal(message.method, alone.method);
		assert_int_equal(message.status, alone.status);
		assert_int_equal(message.has_cseq, alone.has_cseq);
		assert_int_equal(message.cseq, alone.cseq);
		assert_int_equal(message.session_expires, alone.session_expires);
		assert_int_equal(message.oddities, alone.oddities);
	}
}

static void a_number_typed_by_hand_is_a_uri_too(void **state)
{
	static const struct {
		const char *dialed;
		enum sip_scheme scheme;
		const char *user;
	} cases[] = {
		{"0101246", SIP_SCHEME_NONE, "0101246"},
		{"tel:+1-876-555-0100", SIP_SCHEME_TEL, "+1-876-555-0100"},
		{"sip:110@192.0.2.10;user=phone", SIP_SCHEME_SIP, "110"},
		{"urn:service:sos", SIP_SCHEME_URN, "service:sos"},
		{"0101246;phone-context=+81", SIP_SCHEME_NONE, "0101246;phone-context=+81"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sip_uri uri;
		sip_parse_dialed(text_of(cases[i].dialed), &uri);
		assert_int_equal(uri.scheme, cases[i].scheme);
		assert_text(uri.user, cases[i].user);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_invite_is_read_without_a_mark),
		cmocka_unit_test(a_response_has_the_method_of_its_cseq),
		cmocka_unit_test(a_302_names_whom_to_call),
		cmocka_unit_test(an_odd_invite_still_gives_the_number),
		cmocka_unit_test(a_value_over_the_budget_is_read_without_libosip2),
		cmocka_unit_test(a_nul_does_not_hide_what_follows),
		cmocka_unit_test(the_arena_holds_for_any_number_of_messages),
		cmocka_unit_test(a_challenge_and_what_answers_it_have_the_nonce),
		cmocka_unit_test(a_message_read_over_another_has_nothing_of_it),
		cmocka_unit_test(a_number_typed_by_hand_is_a_uri_too),
	};
	sip_parser_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
