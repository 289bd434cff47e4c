/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../osip_judge.h"
#include "../test.h"
#include "sip_texts.h"

#include "pbxguard/action/dialog_record.h"

#include <stdlib.h>

#define INVITE                                                                                                   \
	"INVITE sip:01012465550123@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.21:5070;branch=z9hG4bK1\r\n" \
	"From: \"Alice\" <sip:1001@198.51.100.1>;tag=a1\r\nTo: <sip:01012465550123@198.51.100.1>\r\n"            \
	"Call-ID: 7d1@192.0.2.21\r\nCSeq: 2 INVITE\r\nContact: <sip:1001@192.0.2.21:5070;ob>;expires=60\r\n\r\n"
#define ANSWER(more)                                                                                         \
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.21:5070;branch=z9hG4bK1\r\n"                             \
	"From: \"Alice\" <sip:1001@198.51.100.1>;tag=a1\r\nTo: <sip:01012465550123@198.51.100.1>;tag=b1\r\n" \
	"Call-ID: 7d1@192.0.2.21\r\nCSeq: 2 INVITE\r\n" more "\r\n"
#define PBX_CONTACT "Contact: <sip:asterisk@198.51.100.1:5060>\r\n"

static bool begin(struct dialog_record *record, const char *whole)
{
	struct sip_message message = message_of(whole, &phone, &pbx);

	return dialog_record_begin(record, &message, text_of(whole));
}

static bool answer(struct dialog_record *record, const char *whole)
{
	struct sip_message message = message_of(whole, &pbx, &phone);

	return dialog_record_answer(record, &message, text_of(whole));
}

static void require_readable(const struct sip_datagram *bye)
{
	osip_message_t *message = osip_judge_read((struct text){bye->bytes, bye->size});

	assert_true(osip_judge_is_whole(message));
	osip_message_free(message);
}

static void asterisks_call_is_ended_from_both_sides(void **state)
{
	struct dialog_record record;
	struct sip_datagram bye;

	(void)state;
	assert_true(begin(&record, INVITE));
	assert_false(dialog_record_bye_to_pbx(&record, "-x", &bye)); /* not up */
	assert_true(answer(&record, ANSWER(PBX_CONTACT)));
	assert_true(dialog_record_bye_to_pbx(&record, "-x", &bye));
	assert_string_equal(bye.bytes,
		"BYE sip:asterisk@198.51.100.1:5060 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.21:5070;branch=z9hG4bK-x;rport\r\n"
		"Max-Forwards: 70\r\n"
		"From: \"Alice\" <sip:1001@198.51.100.1>;tag=a1\r\n"
		"To: <sip:01012465550123@198.51.100.1>;tag=b1\r\n"
		"Call-ID: 7d1@192.0.2.21\r\n"
		"CSeq: 102 BYE\r\n"
		"Reason: SIP;cause=603;text=\"ended by pbxguard: toll fraud suspected\"\r\n"
		"Content-Length: 0\r\n\r\n");
	assert_true(endpoint_equal(&bye.source, &phone) && endpoint_equal(&bye.destination, &pbx));
	require_readable(&bye);
	assert_true(dialog_record_bye_to_phone(&record, "-y", &bye));
	assert_string_equal(bye.bytes,
		"BYE sip:1001@192.0.2.21:5070;ob SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK-y;rport\r\n"
		"Max-Forwards: 70\r\n"
		"From: <sip:01012465550123@198.51.100.1>;tag=b1\r\n"
		"To: \"Alice\" <sip:1001@198.51.100.1>;tag=a1\r\n"
		"Call-ID: 7d1@192.0.2.21\r\n"
		"CSeq: 100 BYE\r\n"
		"Reason: SIP;cause=603;text=\"ended by pbxguard: toll fraud suspected\"\r\n"
		"Content-Length: 0\r\n\r\n");
	assert_true(endpoint_equal(&bye.source, &pbx) && endpoint_equal(&bye.destination, &phone));
	require_readable(&bye);
}

static void routes_are_followed_as_rfc_3261_says(void **state)
{
	static const struct {
		const char *record_routes;
		const char *to_pbx, *to_phone; /* request-URI and routes */
	} cases[] = {
		/* Kamailio at both sides of itself */
		{"Record-Route: <sip:203.0.113.1;r2=on;lr=on>, <sip:198.51.100.1;r2=on;lr=on>\r\n",
			"BYE sip:asterisk@198.51.100.1:5060 SIP/2.0\r\n"
			"Route: <sip:198.51.100.1;r2=on;lr=on>\r\nRoute: <sip:203.0.113.1;r2=on;lr=on>\r\n",
			"BYE sip:1001@192.0.2.21:5070;ob SIP/2.0\r\n"
			"Route: <sip:203.0.113.1;r2=on;lr=on>\r\nRoute: <sip:198.51.100.1;r2=on;lr=on>\r\n"},
		/* RFC 3261 §12.2.1.1: a strict router; three lines, one with a comma in a name */
		{"Record-Route: \"a,b\" <sip:one@192.0.2.1>\r\nrecord-route: <sip:two;LR>\r\nRecord-Route:\r\n <sip:three>;x\r\n",
			"BYE sip:three SIP/2.0\r\nRoute: <sip:two;LR>\r\nRoute: \"a,b\" <sip:one@192.0.2.1>\r\n"
			"Route: <sip:asterisk@198.51.100.1:5060>\r\n",
			"BYE sip:one@192.0.2.1 SIP/2.0\r\nRoute: <sip:two;LR>\r\nRoute: <sip:three>;x\r\n"
			"Route: <sip:1001@192.0.2.21:5070;ob>\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct dialog_record record;
		struct sip_datagram bye[2];
		char whole[1500], shown[2][1500];

		snprintf(whole, sizeof whole, ANSWER(PBX_CONTACT "%s"), cases[i].record_routes);
		assert_true(begin(&record, INVITE));
		assert_true(answer(&record, whole));
		assert_true(dialog_record_bye_to_pbx(&record, "-x", &bye[0]));
		assert_true(dialog_record_bye_to_phone(&record, "-x", &bye[1]));
		for (int side = 0; side < 2; side++) {
			const char *rest = strstr(bye[side].bytes, "Max-Forwards: 70\r\n") + 18;
			snprintf(shown[side], sizeof shown[side], "%.*s%.*s",
				(int)(strchr(bye[side].bytes, '\n') + 1 - bye[side].bytes), bye[side].bytes,
				(int)(strstr(bye[side].bytes, "From: ") - rest), rest);
			require_readable(&bye[side]);
		}
		assert_string_equal(shown[0], cases[i].to_pbx);
		assert_string_equal(shown[1], cases[i].to_phone);
	}
}

static void cseq_goes_on_above_what_each_side_has_sent(void **state)
{
	struct dialog_record record;
	struct sip_datagram bye;
	struct sip_message request = {.is_request = true, .has_cseq = true, .cseq = 40, .source = phone};

	(void)state;
	assert_true(begin(&record, INVITE) && answer(&record, ANSWER(PBX_CONTACT)));
	dialog_record_request(&record, &request);
	request.source = pbx;
	request.cseq = 7;
	dialog_record_request(&record, &request);
	request.cseq = 5; /* late */
	dialog_record_request(&record, &request);
	assert_true(dialog_record_bye_to_pbx(&record, "-x", &bye));
	assert_non_null(strstr(bye.bytes, "\r\nCSeq: 140 BYE\r\n"));
	assert_true(dialog_record_bye_to_phone(&record, "-x", &bye));
	assert_non_null(strstr(bye.bytes, "\r\nCSeq: 107 BYE\r\n"));
	request.cseq = INT32_MAX;
	dialog_record_request(&record, &request);
	assert_false(dialog_record_bye_to_phone(&record, "-x", &bye));
}

static void only_the_answer_to_this_invite_counts(void **state)
{
	static const char *const others[] = {
		"SIP/2.0 183 Session Progress\r\nVia: a\r\nFrom: <sip:1>;tag=a1\r\nTo: <sip:2>;tag=b1\r\nCall-ID: 7d1@192.0.2.21\r\nCSeq: 2 INVITE\r\n" PBX_CONTACT
		"\r\n",
		"SIP/2.0 200 OK\r\nVia: a\r\nFrom: <sip:1>;tag=a1\r\nTo: <sip:2>;tag=b1\r\nCall-ID: 7d1@192.0.2.21\r\nCSeq: 1 INVITE\r\n" PBX_CONTACT
		"\r\n",
		"SIP/2.0 200 OK\r\nVia: a\r\nFrom: <sip:1>;tag=a1\r\nTo: <sip:2>\r\nCall-ID: 7d1@192.0.2.21\r\nCSeq: 2 INVITE\r\n" PBX_CONTACT
		"\r\n",
		ANSWER(""),
		ANSWER("Contact: *;x\r\nContact: <>\r\n"),
	};
	struct dialog_record record;
	struct sip_datagram bye;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others) - 1; i++) {
		assert_true(begin(&record, INVITE));
		assert_false(answer(&record, others[i]));
		assert_false(dialog_record_bye_to_pbx(&record, "-x", &bye));
	}
	assert_true(begin(&record, INVITE) && answer(&record, ANSWER(PBX_CONTACT)));
	/* again, with another Contact: that counts; from another who was called, too: that does not */
	assert_true(answer(&record, ANSWER("Contact: sip:b@198.51.100.1;x=1\r\n")));
	assert_false(answer(&record,
		"SIP/2.0 200 OK\r\nVia: a\r\nFrom: <sip:1>;tag=a1\r\nTo: <sip:2>;tag=c1\r\nCall-ID: 7d1@192.0.2.21\r\nCSeq: 2 INVITE\r\n" PBX_CONTACT
		"\r\n"));
	assert_true(dialog_record_bye_to_pbx(&record, "-x", &bye));
	assert_true(text_begins(text_of(bye.bytes), TEXT("BYE sip:b@198.51.100.1 SIP/2.0\r\n")));
}

static void what_has_no_room_is_not_kept(void **state)
{
	struct dialog_record record;
	char routes[2000], whole[4000];

	(void)state;
	assert_true(begin(&record, INVITE));
	snprintf(routes, sizeof routes, "Record-Route: <sip:%01000d;lr>\r\n", 1);
	snprintf(whole, sizeof whole, ANSWER(PBX_CONTACT "%s"), routes);
	assert_false(answer(&record, whole));
	assert_false(record.is_up);
	snprintf(whole, sizeof whole, ANSWER(PBX_CONTACT "%s"),
		"Record-Route: <sip:1;lr>,<sip:2;lr>,<sip:3;lr>,<sip:4;lr>,<sip:5;lr>,<sip:6;lr>,<sip:7;lr>,<sip:8;lr>,<sip:9;lr>\r\n");
	assert_false(answer(&record, whole));
	assert_true(answer(&record, ANSWER(PBX_CONTACT)));
	snprintf(whole, sizeof whole,
		"INVITE sip:2@198.51.100.1 SIP/2.0\r\nVia: a\r\nFrom: <sip:1>;tag=%01000d\r\nTo: <sip:2>\r\nCall-ID: 1\r\n"
		"CSeq: 1 INVITE\r\nContact: <sip:1>\r\n\r\n",
		1);
	assert_false(begin(&record, whole));
	/* within a dialog, without a tag, without a Contact */
	assert_false(begin(&record,
		"INVITE sip:2 SIP/2.0\r\nVia: a\r\nFrom: <sip:1>;tag=1\r\nTo: <sip:2>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:1>\r\n\r\n"));
	assert_false(begin(&record,
		"INVITE sip:2 SIP/2.0\r\nVia: a\r\nFrom: <sip:1>\r\nTo: <sip:2>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:1>\r\n\r\n"));
	assert_false(begin(&record,
		"INVITE sip:2 SIP/2.0\r\nVia: a\r\nFrom: <sip:1>;tag=1\r\nTo: <sip:2>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asterisks_call_is_ended_from_both_sides),
		cmocka_unit_test(routes_are_followed_as_rfc_3261_says),
		cmocka_unit_test(cseq_goes_on_above_what_each_side_has_sent),
		cmocka_unit_test(only_the_answer_to_this_invite_counts),
		cmocka_unit_test(what_has_no_room_is_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
