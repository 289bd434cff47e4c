/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../osip_judge.h"
#include "../test.h"

#include "pbxguard/action/sip_reply.h"

#include <dirent.h>
#include <stdlib.h>

static const struct digest_key key = {{1, 2, 3, 4}};
static const struct endpoint phone = {{ADDRESS_IPV4, {192, 0, 2, 21}}, 40000};
static const struct endpoint pbx = {{ADDRESS_IPV4, {198, 51, 100, 1}}, 5060};

static bool make_from(
	const char *request, const struct endpoint *source, unsigned status, struct sip_datagram *reply)
{
	memset(reply, 0, sizeof *reply);
	return sip_reply_make(&key, text_of(request), source, &pbx, status, reply);
}

static bool make(const char *request, struct sip_datagram *reply)
{
	return make_from(request, &phone, SIP_REPLY_DECLINE, reply);
}

#define REST(to, more)                                                                                       \
	"From: \"Alice\" <sip:1001@198.51.100.1>;tag=a1\r\nTo: " to                                          \
	"\r\nCall-ID: 7d1@192.0.2.21\r\nCSeq: 2 INVITE\r\n" more "Content-Length: 0\r\n\r\n"
#define INVITE "INVITE sip:01012465550123@198.51.100.1 SIP/2.0\r\n"
#define ABROAD "<sip:01012465550123@198.51.100.1>"

static void an_invite_gets_its_own_fields_back_and_a_reason(void **state)
{
	struct sip_datagram reply;

	(void)state;
	assert_true(
		make(INVITE "Via: SIP/2.0/UDP 192.0.2.21:40000;branch=z9hG4bK1\r\n" REST(ABROAD,
			     "Max-Forwards: 70\r\nContact: <sip:1001@192.0.2.21:40000>\r\nSubject: x\r\n"),
			&reply));
	char *tag = strstr(reply.bytes, ";tag=pg-");
	assert_non_null(tag);
	memset(tag + strlen(";tag=pg-"), '0', 16);
	assert_string_equal(reply.bytes,
		"SIP/2.0 603 Decline\r\n"
		"Via: SIP/2.0/UDP 192.0.2.21:40000;branch=z9hG4bK1\r\n"
		"From: \"Alice\" <sip:1001@198.51.100.1>;tag=a1\r\n"
		"To: <sip:01012465550123@198.51.100.1>;tag=pg-0000000000000000\r\n"
		"Call-ID: 7d1@192.0.2.21\r\n"
		"CSeq: 2 INVITE\r\n"
		"Reason: SIP;cause=603;text=\"refused by pbxguard: toll fraud suspected\"\r\n"
		"Server: pbxguard\r\n"
		"Content-Length: 0\r\n\r\n");
	assert_int_equal(reply.size, strlen(reply.bytes));
	assert_true(endpoint_equal(&reply.source, &pbx));
	assert_true(endpoint_equal(&reply.destination, &phone));
}

static void each_status_has_its_phrase_and_refusals_a_reason(void **state)
{
	static const struct {
		unsigned status;
		const char *line, *reason;
	} cases[] = {
		{603, "SIP/2.0 603 Decline\r\n", "\r\nReason: SIP;cause=603;"},
		{403, "SIP/2.0 403 Forbidden\r\n", "\r\nReason: SIP;cause=403;"},
		{200, "SIP/2.0 200 OK\r\n", NULL},
		{481, "SIP/2.0 481 Call/Transaction Does Not Exist\r\n", NULL},
	};
	static const char invite[] = INVITE "Via: SIP/2.0/UDP 192.0.2.21\r\n" REST(ABROAD, "");
	struct sip_datagram reply;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(make_from(invite, &phone, cases[i].status, &reply));
		assert_true(text_begins(text_of(reply.bytes), text_of(cases[i].line)));
		assert_true((strstr(reply.bytes, "\r\nReason:") != NULL) == (cases[i].reason != NULL));
		assert_true(cases[i].reason == NULL || strstr(reply.bytes, cases[i].reason) != NULL);
	}
	assert_false(make_from(invite, &phone, 500, &reply));
}

static void via_lines_come_back_whole_and_in_order(void **state)
{
	static const struct {
		const char *sent, *back;
	} cases[] = {
		/* Kamailio behind Asterisk: two lines */
		{"Via: SIP/2.0/UDP 192.0.2.21;branch=z9hG4bKa.1;i=3\r\nVia: SIP/2.0/TCP 203.0.113.9:5066;branch=z9hG4bK2;rport=5066\r\n",
			"Via: SIP/2.0/UDP 192.0.2.21;branch=z9hG4bKa.1;i=3\r\nVia: SIP/2.0/TCP 203.0.113.9:5066;branch=z9hG4bK2;rport=5066\r\n"},
		/* several in one line, compact, folded */
		{"v: SIP/2.0/UDP 192.0.2.21;branch=z9hG4bK1 ,\r\n SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK2\r\nVIA :SIP/2.0/UDP 203.0.113.8;branch=z9hG4bK3\r\n",
			"Via: SIP/2.0/UDP 192.0.2.21;branch=z9hG4bK1, SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK2\r\nVia: SIP/2.0/UDP 203.0.113.8;branch=z9hG4bK3\r\n"},
		/* RFC 3581 §4: Asterisk's PJSIP, Linphone, sipp: rport without a value */
		{"Via: SIP/2.0/UDP 10.0.0.7:5060;rport;branch=z9hG4bKPj1;alias\r\n",
			"Via: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bKPj1;alias;received=192.0.2.21;rport=40000\r\n"},
		/* received even where it says nothing new, since there is rport */
		{"Via: SIP/2.0/UDP 192.0.2.21:40000;branch=z9hG4bK1;rport\r\n",
			"Via: SIP/2.0/UDP 192.0.2.21:40000;branch=z9hG4bK1;received=192.0.2.21;rport=40000\r\n"},
		/* RFC 3261 §18.2.1: a name, or another address */
		{"Via: SIP/2.0/UDP phone.example.com;branch=z9hG4bK1\r\n",
			"Via: SIP/2.0/UDP phone.example.com;branch=z9hG4bK1;received=192.0.2.21\r\n"},
		/* what somebody wrote there before us does not stay */
		{"Via: SIP/2.0/UDP 10.0.0.7;received=203.0.113.66;RPORT=1;branch=z9hG4bK1, SIP/2.0/UDP 203.0.113.8;received=203.0.113.7\r\n",
			"Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK1;received=192.0.2.21;rport=40000, SIP/2.0/UDP 203.0.113.8;received=203.0.113.7\r\n"},
		/* RFC 4475 §3.1.1.1: white space everywhere */
		{"Via  : SIP  / 2.0\r\n /UDP\r\n    192.0.2.21;branch=390skdjuw\r\n",
			"Via: SIP  / 2.0   /UDP      192.0.2.21;branch=390skdjuw\r\n"},
		/* commas and semicolons in quotes */
		{"Via: SIP/2.0/UDP 192.0.2.21;x=\"a,b;rport\";branch=z9hG4bK1\r\n",
			"Via: SIP/2.0/UDP 192.0.2.21;x=\"a,b;rport\";branch=z9hG4bK1\r\n"},
	};
	struct sip_datagram reply;
	char request[1000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(request, sizeof request, "%s%s%s", INVITE, cases[i].sent, REST(ABROAD, ""));
		assert_true(make(request, &reply));
		const char *from = strstr(reply.bytes, "From: ");
		const char *vias = strchr(reply.bytes, '\n') + 1;
		struct text back = {vias, (size_t)(from - vias)};
		if (!text_equal(back, text_of(cases[i].back))) {
			fail_msg("sent\n%sgot\n%.*s", cases[i].sent, TEXT_PRINT(back));
		}
	}
}

static void the_answer_goes_to_where_via_and_the_packet_say(void **state)
{
	static const struct {
		const char *via;
		unsigned port;
	} cases[] = {
		{"192.0.2.21:5070;branch=z9hG4bK1", 5070},        /* listens elsewhere than it sends from */
		{"192.0.2.21;branch=z9hG4bK1", 5060},             /* RFC 3261 §18.2.2 */
		{"192.0.2.21:5070;branch=z9hG4bK1;rport", 40000}, /* RFC 3581 §4 */
		{"10.0.0.7:5070;branch=z9hG4bK1", 40000},         /* behind a translator of addresses */
		{"phone.example.com:5070;branch=z9hG4bK1", 5070},
		{"192.0.2.21 : 5070 ;branch=z9hG4bK1", 5070},
		{"192.0.2.21:70000;branch=z9hG4bK1", 5060},
		{"192.0.2.21:0;branch=z9hG4bK1", 5060},
	};
	struct sip_datagram reply;
	char request[1000];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		snprintf(request, sizeof request, "%sVia: SIP/2.0/UDP %s\r\n%s", INVITE, cases[i].via,
			REST(ABROAD, ""));
		assert_true(make(request, &reply));
		assert_true(address_equal(&reply.destination.address, &phone.address));
		assert_int_equal(reply.destination.port, cases[i].port);
	}
}

static void ipv6_is_the_same(void **state)
{
	struct endpoint phone6 = {.port = 40000};
	struct sip_datagram reply;

	(void)state;
	address_parse(TEXT("2001:db8::21"), &phone6.address);
	assert_true(make_from(INVITE
		"Via: SIP/2.0/UDP [2001:db8:0::21]:5070;branch=z9hG4bK1\r\n" REST(ABROAD, ""),
		&phone6, 603, &reply));
	assert_int_equal(reply.destination.port, 5070);
	assert_non_null(strstr(reply.bytes, "Via: SIP/2.0/UDP [2001:db8:0::21]:5070;branch=z9hG4bK1\r\n"));
	assert_true(
		make_from(INVITE "Via: SIP/2.0/UDP [2001:db8::99];rport;branch=z9hG4bK1\r\n" REST(ABROAD, ""),
			&phone6, 603, &reply));
	assert_int_equal(reply.destination.port, 40000);
	assert_non_null(strstr(reply.bytes, ";branch=z9hG4bK1;received=2001:db8::21;rport=40000\r\n"));
}

static void the_tag_is_the_same_for_one_call_and_only_for_it(void **state)
{
	static const char format[] =
		"INVITE sip:%d@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.21;branch=z9hG4bK%d\r\n"
		"f: <sip:1001@198.51.100.1>;tag=%s\r\nt: sip:2@198.51.100.1%s\r\ni: %s\r\nCSeq: %d INVITE\r\n\r\n";
	static const struct {
		const char *from_tag, *call_id, *to_tag;
		bool is_same;
	} cases[] = {
		{"a1", "7d1", "", true},
		{"\"a1\"", "7d1", "", true},
		{"a2", "7d1", "", false},
		{"a1", "7d2", "", false},
		{"a", "17d1", "", false},
	};
	struct sip_datagram first, reply;
	char request[1000], tag[SIP_REPLY_TAG_SIZE];
	struct sip_identity identity;

	(void)state;
	snprintf(request, sizeof request, format, 1, 1, "a1", "", "7d1", 1);
	assert_true(make(request, &first));
	assert_true(sip_identity_read(text_of(request), &identity));
	sip_reply_tag(&key, &identity, tag);
	assert_non_null(strstr(first.bytes, tag));
	for (size_t i = 0; i < COUNT_OF(cases); i++) { /* with credentials: another branch and CSeq */
		snprintf(request, sizeof request, format, 1, 2, cases[i].from_tag, cases[i].to_tag,
			cases[i].call_id, 2);
		assert_true(make(request, &reply));
		assert_int_equal(strstr(reply.bytes, tag) != NULL, cases[i].is_same);
	}
	/* A To tag that is there stays, be it empty; ours is known again. */
	snprintf(request, sizeof request, format, 1, 2, "a1", ";TAG=theirs", "7d1", 2);
	assert_true(make(request, &reply));
	assert_non_null(strstr(reply.bytes, "To: sip:2@198.51.100.1;TAG=theirs\r\n"));
	assert_true(sip_identity_read(text_of(request), &identity));
	assert_false(sip_reply_is_tagged(&key, &identity));
	identity.to_tag = text_of(tag);
	assert_true(sip_reply_is_tagged(&key, &identity));
	identity.call_id = TEXT("7d2");
	assert_false(sip_reply_is_tagged(&key, &identity));
}

static void what_has_no_answer_gets_none(void **state)
{
	static const char *const requests[] = {
		"", "\r\n\r\n", INVITE, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.21\r\n" REST(ABROAD, ""),
		"ACK sip:2@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.21\r\n" REST(ABROAD, ""),
		INVITE REST(ABROAD, ""), INVITE "Via:\r\n" REST(ABROAD, ""),
		INVITE "Via: SIP/2.0/UDP 192.0.2.21\r\n" REST("", ""),
		INVITE
		"Via: SIP/2.0/UDP 192.0.2.21\r\nTo: <sip:2@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
		INVITE
		"Via: SIP/2.0/UDP 192.0.2.21\r\nFrom: <sip:2@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
		INVITE
		"Via: SIP/2.0/UDP 192.0.2.21\r\nFrom: <sip:2@192.0.2.1>\r\nTo: 2\r\nCSeq: 1 INVITE\r\n\r\n",
		INVITE
		"Via: SIP/2.0/UDP 192.0.2.21\r\nFrom: <sip:2@192.0.2.1>\r\nTo: 2\r\nCall-ID: 1\r\n\r\n",
		INVITE
		"Via: SIP/2.0/UDP 192.0.2.21\r\nFrom: <sip:2@192.0.2.1>\r\nTo: 2\r\nCall-ID: 1\r\nCSeq: x INVITE\r\n\r\n",
		INVITE "\r\nVia: SIP/2.0/UDP 192.0.2.21\r\n" REST(ABROAD, ""), /* in the body */
	};
	struct sip_datagram reply;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		if (make(requests[i], &reply)) {
			fail_msg("answered: %s", requests[i]);
		}
	}
}

static void no_field_can_begin_a_line_of_the_answer(void **state)
{
	static const char *const requests[] = {
		/* line ends of other kinds: CR alone, LF alone, mixed */
		"INVITE sip:2@198.51.100.1 SIP/2.0\rVia: SIP/2.0/UDP 192.0.2.21\rFrom: <sip:1@192.0.2.1>;tag=1\rTo: <sip:2@192.0.2.1>\rCall-ID: 1\rCSeq: 1 INVITE\r\r",
		"INVITE sip:2@198.51.100.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.21\nFrom: <sip:1@192.0.2.1>;tag=1\nTo: <sip:2@192.0.2.1>\nCall-ID: 1\nCSeq: 1 INVITE\n\n",
		INVITE
		"Via: SIP/2.0/UDP 192.0.2.21\r\nFrom: <sip:1@192.0.2.1>;tag=1\rContact: <sip:evil@203.0.113.66>\r\nTo: <sip:2@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
		INVITE
		"Via: SIP/2.0/UDP 192.0.2.21\r\nFrom: <sip:1@192.0.2.1>;tag=1\r\n Contact: <sip:evil@203.0.113.66>\r\nTo: <sip:2@192.0.2.1>\r\nCall-ID: 1\r\n\tContact: 2\r\nCSeq: 1 INVITE\r\n\r\n",
		INVITE
		"Via: SIP/2.0/UDP 192.0.2.21;x=\r\rContact: 1\r\nFrom: <sip:1@192.0.2.1>;tag=1\r\nTo: <sip:2@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
	};
	struct sip_datagram reply;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		assert_true(make(requests[i], &reply));
		for (size_t at = 0; at < reply.size; at++) {
			char c = reply.bytes[at], next = reply.bytes[at + 1];
			assert_true(c != '\r' || next == '\n');
			assert_true(c != '\n' || (at > 0 && reply.bytes[at - 1] == '\r'));
			assert_true(c != '\0');
		}
		assert_null(strstr(reply.bytes, "\nContact"));
		assert_non_null(strstr(reply.bytes, "\r\nCSeq: 1 INVITE\r\n"));
	}
}

/* A request with so many Vias of 60 bytes. */
static char *long_request(size_t vias)
{
	char *request = calloc(1, 1000 + vias * 60);

	strcat(request, INVITE "Via: SIP/2.0/UDP 192.0.2.21;branch=z9hG4bK1\r\n");
	for (size_t i = 0; i < vias; i++) {
		strcat(request, "Via: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK123456789012345\r\n");
	}
	return strcat(request, REST(ABROAD, ""));
}

static void a_long_answer_does_without_the_reason_a_longer_one_is_none(void **state)
{
	static const struct {
		size_t vias;
		bool is_made, has_reason;
	} cases[] = {{0, true, true}, {15, true, true}, {16, true, true}, {17, true, false},
		{18, false, false}, {900, false, false}};
	struct sip_datagram reply;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *request = long_request(cases[i].vias);
		bool is_made = make(request, &reply);
		assert_int_equal(is_made, cases[i].is_made);
		if (is_made) {
			assert_true(reply.size <= SIP_DATAGRAM_MAX);
			assert_int_equal(strstr(reply.bytes, "Reason:") != NULL, cases[i].has_reason);
			assert_true(text_equal(
				text_from(text_of(reply.bytes), reply.size - 4), TEXT("\r\n\r\n")));
		}
		free(request);
	}
}

static void judge(const char *name, struct text request, size_t *judged)
{
	struct sip_datagram reply;

	if (!sip_reply_make(&key, request, &phone, &pbx, SIP_REPLY_DECLINE, &reply)) {
		return;
	}
	osip_message_t *sent = osip_judge_read(request);
	if (sent != NULL && osip_judge_is_whole(sent)) {
		osip_message_t *answer = osip_judge_read((struct text){reply.bytes, reply.size});
		const char *wrong = answer == NULL ? "unreadable" : osip_judge_answer(sent, answer);
		if (wrong != NULL) {
			fail_msg("%s: %s:\n%s", name, wrong, reply.bytes);
		}
		osip_message_free(answer);
		++*judged;
	}
	osip_message_free(sent);
}

static void judge_folder(const char *folder, size_t *judged)
{
	char path[1024];
	static char bytes[70000];
	const char *source = getenv("PBXGUARD_SOURCE");

	snprintf(path, sizeof path, "%s/%s", source == NULL ? "." : source, folder);
	DIR *directory = opendir(path);
	assert_non_null(directory);
	for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
		snprintf(path, sizeof path, "%s/%s/%s", source == NULL ? "." : source, folder, entry->d_name);
		FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (file != NULL) {
			size_t size = fread(bytes, 1, sizeof bytes, file);
			judge(entry->d_name, (struct text){bytes, size}, judged);
			fclose(file);
		}
	}
	closedir(directory);
}

static void libosip2_reads_what_is_answered_to_requests_that_it_reads(void **state)
{
	size_t judged = 0;

	(void)state;
	judge_folder("tests/torture/messages", &judged);
	judge_folder("tests/fuzz/corpus/sip", &judged);
	print_message("%zu answers judged\n", judged);
	assert_true(judged > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_invite_gets_its_own_fields_back_and_a_reason),
		cmocka_unit_test(each_status_has_its_phrase_and_refusals_a_reason),
		cmocka_unit_test(via_lines_come_back_whole_and_in_order),
		cmocka_unit_test(the_answer_goes_to_where_via_and_the_packet_say),
		cmocka_unit_test(ipv6_is_the_same),
		cmocka_unit_test(the_tag_is_the_same_for_one_call_and_only_for_it),
		cmocka_unit_test(what_has_no_answer_gets_none),
		cmocka_unit_test(no_field_can_begin_a_line_of_the_answer),
		cmocka_unit_test(a_long_answer_does_without_the_reason_a_longer_one_is_none),
		cmocka_unit_test(libosip2_reads_what_is_answered_to_requests_that_it_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
