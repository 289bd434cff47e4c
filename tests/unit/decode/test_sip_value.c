/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/sip_value.h"

static void assert_text(struct text text, const char *expected)
{
	if (text.size != strlen(expected) ||
		memcmp(text.size == 0 ? "" : text.start, expected, text.size) != 0) {
		fail_msg("\"%.*s\" is not \"%s\"", TEXT_PRINT(text), expected);
	}
}

static void a_uri_is_split_into_its_parts(void **state)
{
	static const struct {
		const char *value;
		enum sip_scheme scheme;
		const char *user, *host;
		unsigned port;
		const char *parameters;
	} cases[] = {
		{"sip:1001@192.0.2.10", SIP_SCHEME_SIP, "1001", "192.0.2.10", 0, ""},
		{"SIP:1001:secret@192.0.2.10:5080;user=phone;lr?Subject=x", SIP_SCHEME_SIP, "1001",
			"192.0.2.10", 5080, "user=phone;lr"},
		{"sips:alice@[2001:db8::10]:5061", SIP_SCHEME_SIPS, "alice", "2001:db8::10", 5061, ""},
		{"sip:[2001:db8::10]", SIP_SCHEME_SIP, "", "2001:db8::10", 0, ""},
		{"sip:%31%31%30@h", SIP_SCHEME_SIP, "%31%31%30", "h", 0, ""},
		{"sip:0101246;phone-context=+81@h", SIP_SCHEME_SIP, "0101246;phone-context=+81", "h", 0, ""},
		{"sip:user@h;maddr=a@b", SIP_SCHEME_SIP, "user", "h", 0, "maddr=a@b"},
		{"tel:+1-876-555-0100;phone-context=+1", SIP_SCHEME_TEL, "+1-876-555-0100", "", 0,
			"phone-context=+1"},
		{"urn:service:sos.police", SIP_SCHEME_URN, "service:sos.police", "", 0, ""},
		{"sip:0101246", SIP_SCHEME_SIP, "0101246", "", 0, ""},
		{"sip:192.0.2.10", SIP_SCHEME_SIP, "", "192.0.2.10", 0, ""},
		{"sip:@127.0.0.1", SIP_SCHEME_SIP, "", "127.0.0.1", 0, ""},
		{"1001@192.0.2.10", SIP_SCHEME_NONE, "1001", "192.0.2.10", 0, ""},
		{"1001@192.0.2.10:5060", SIP_SCHEME_NONE, "1001", "192.0.2.10", 5060, ""},
		{"mailto:x@h", SIP_SCHEME_OTHER, "", "", 0, ""},
		{"sip:1@h:99999", SIP_SCHEME_SIP, "1", "h", 0, ""},
		{"sip:[", SIP_SCHEME_SIP, "", "", 0, ""},
		{"sip:", SIP_SCHEME_SIP, "", "", 0, ""},
		{"", SIP_SCHEME_NONE, "", "", 0, ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sip_uri uri;
		sip_uri_read(text_of(cases[i].value), &uri);
		assert_int_equal(uri.scheme, cases[i].scheme);
		assert_text(uri.user, cases[i].user);
		assert_text(uri.host, cases[i].host);
		assert_int_equal(uri.port, cases[i].port);
		assert_text(uri.parameters, cases[i].parameters);
	}
}

static void a_party_has_a_name_a_uri_and_a_tag(void **state)
{
	static const struct {
		const char *value, *display, *user, *tag;
	} cases[] = {
		{"\"Alice, A.\" <sip:1001@h>;tag=a1", "Alice, A.", "1001", "a1"},
		{"Alice <sip:1001@h;tag=no>;x=y;TAG=a1", "Alice", "1001", "a1"},
		{"sip:1001@h;tag=a1", "", "1001", "a1"},
		{"\"<sip:trap@h>\" <sip:1001@h>", "<sip:trap@h>", "1001", ""},
		{"\"quote \\\" <\" <sip:1001@h>;tag=a1", "quote \\\" <", "1001", "a1"},
		{"<sip:1001@h", "", "1001", ""},
		{"\"open <sip:1001@h>", "", "", ""},
		{"<>;tag=1", "", "", "1"},
		{"", "", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sip_party party;
		sip_party_read(text_of(cases[i].value), &party);
		if (i != 6) { /* what an unclosed quote holds is anybody's guess; it must only not crash */
			assert_text(party.display, cases[i].display);
			assert_text(party.uri.user, cases[i].user);
			assert_text(party.tag, cases[i].tag);
		}
	}
}

static void only_what_has_one_reading_is_plain(void **state)
{
	static const struct {
		const char *uri;
		bool is_plain;
	} cases[] = {
		{"sip:1001@192.0.2.10", true},
		{" sip:+81312345678@pbx-1.example.com:5060 ", true},
		{"sip:0123456789+*-._@ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", true},
		{"sip:1001@h:0", true},
		{"SIP:1001@h", false},
		{"sips:1001@h", false},
		{"sip:h", false},
		{"sip:@h", false},
		{"sip:1001@", false},
		{"sip:1001:secret@h", false},
		{"sip:1001@h:", false},
		{"sip:1001@h:99999", false},
		{"sip:1001@h:005060", false},
		{"sip:%31@h", false},
		{"sip:1001@h;transport=udp", false},
		{"sip:1001@h?Subject=x", false},
		{"sip:1001 @h", false},
		{"sip:1/@h", false},
		{"sip:[@h", false},
		{"sip:1,2@h", false},
		{"sip:1001@h@i", false},
		{"", false},
	};
	char value[400];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sip_uri uri;
		sip_uri_read(text_of(cases[i].uri), &uri);
		assert_int_equal(uri.is_plain, cases[i].is_plain);
	}
	for (size_t size = 200; size < sizeof value - 10; size++) { /* what is long may be long to read */
		struct sip_uri uri;
		memset(value, '1', size);
		memcpy(value, "sip:", 4);
		memcpy(value + size, "@h", 3);
		sip_uri_read(text_of(value), &uri);
		assert_int_equal(uri.is_plain, size + 2 <= 255);
		assert_int_equal(uri.user.size, size - 4);
	}
}

static void a_party_is_plain_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *value;
		bool is_plain;
	} cases[] = {
		{"\"Alice A.\" <sip:1001@h:5060>;tag=a1", true},
		{"Alice A. <sip:1001@h>;tag=a1", true},
		{"<sip:1001@h>", true},
		{"\"Alice, A.\" <sip:1001@h>", false},
		{"\"a\\\"\" <sip:1001@h>", false},
		{"\"\" <sip:1001@h>", false},
		{"\"Alice <sip:1001@h>", false},
		{"Alice\" <sip:1001@h>", false},
		{"<sip:1001@h;transport=udp>", false},
		{"<sip:1001@h", false},
		{"< sip:1001@h>", false},
		{"<sip:1001@h>;tag=", false},
		{"<sip:1001@h>;tag=a;x", false},
		{"<sip:1001@h>;TAG=a", false},
		{"<sip:1001@h> ;tag=a", false},
		{"sip:1001@h", false},
		{"<>", false},
		{"", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sip_party party;
		sip_party_read(text_of(cases[i].value), &party);
		if (party.is_plain != cases[i].is_plain) {
			fail_msg("%s", cases[i].value);
		}
	}
}

static void credentials_name_an_account(void **state)
{
	(void)state;
	assert_text(
		sip_credential(TEXT("Digest username=\"1001\", realm=\"a,b\""), TEXT("username")), "1001");
	assert_text(sip_credential(TEXT("Digest realm=\"username=x\", username=\"1001\""), TEXT("username")),
		"1001");
	assert_text(sip_credential(TEXT("Digest realm=x,USERNAME = 1001"), TEXT("username")), "1001");
	assert_text(sip_credential(TEXT("Digest realm=x"), TEXT("username")), "");
	assert_text(sip_credential(TEXT(""), TEXT("username")), "");
}

static void the_first_of_several_values_ends_at_its_comma(void **state)
{
	(void)state;
	assert_text(sip_first_value(TEXT("<sip:a,b@h>;q=1 , <sip:c@h>")), "<sip:a,b@h>;q=1");
	assert_text(sip_first_value(TEXT("\"x,y\" <sip:a@h>, <sip:c@h>")), "\"x,y\" <sip:a@h>");
	assert_text(sip_first_value(TEXT("sip:a@h,sip:b@h")), "sip:a@h");
	assert_text(sip_first_value(TEXT("<sip:a@h")), "<sip:a@h");
	assert_text(sip_first_value(TEXT("")), "");
}

static void a_cseq_is_a_number_below_2_to_the_31_and_a_method(void **state)
{
	uint32_t number = 0;
	struct text method;

	(void)state;
	assert_true(sip_cseq_read(TEXT(" 314159 \r\n INVITE"), &number, &method));
	assert_int_equal(number, 314159);
	assert_text(method, "INVITE");
	assert_true(sip_cseq_read(TEXT("2147483647 ACK"), &number, &method));
	assert_false(sip_cseq_read(TEXT("2147483648 ACK"), &number, &method));
	assert_false(sip_cseq_read(TEXT("INVITE"), &number, &method));
	assert_false(sip_cseq_read(TEXT(""), &number, &method));
}

static void a_via_gives_its_branch(void **state)
{
	static const struct {
		const char *value, *branch;
	} cases[] = {
		{"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1;rport", "z9hG4bK1"},
		{"SIP / 2.0 / UDP   h ; branch = z9hG4bK1 ", "z9hG4bK1"},
		{"SIP/2.0/UDP [2001:db8::9]:5070;branch=b", "b"},
		{"SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2", "1"},
		{"SIP/2.0/UDP a, SIP/2.0/UDP b;branch=2", ""},
		{"SIP/2.0/UDP a", ""},
		{"", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_text(sip_via_branch(text_of(cases[i].value)), cases[i].branch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uri_is_split_into_its_parts),
		cmocka_unit_test(a_party_has_a_name_a_uri_and_a_tag),
		cmocka_unit_test(only_what_has_one_reading_is_plain),
		cmocka_unit_test(a_party_is_plain_whole_or_not_at_all),
		cmocka_unit_test(credentials_name_an_account),
		cmocka_unit_test(the_first_of_several_values_ends_at_its_comma),
		cmocka_unit_test(a_cseq_is_a_number_below_2_to_the_31_and_a_method),
		cmocka_unit_test(a_via_gives_its_branch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
