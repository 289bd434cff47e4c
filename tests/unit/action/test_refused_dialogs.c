/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"
#include "sip_texts.h"

#include "pbxguard/action/refused_dialogs.h"
#include "pbxguard/action/sip_reply.h"

#include <stdlib.h>

struct fixture {
	struct counters counters;
	struct refused_dialogs *dialogs;
	struct sip_datagram answer;
	instant now;
	char tag[64]; /* ";tag=…" of our answer */
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->dialogs = refused_dialogs_new(&fixture->counters);
	fixture->now = 1000 * SECOND;
	*state = fixture;
	return fixture->dialogs == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	refused_dialogs_free(fixture->dialogs);
	free(fixture);
	return 0;
}

#define ABROAD "01012465550123"

/* A request of the phone; its texts hold until the next one. */
static const char *request(
	const char *method, const char *number, const char *call_id, int cseq, const char *to_tag)
{
	static char bytes[1000];

	snprintf(bytes, sizeof bytes,
		"%s sip:%s@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.21:5070;branch=z9hG4bK%d;rport\r\n"
		"From: <sip:1001@198.51.100.1>;tag=a1\r\nTo: <sip:%s@198.51.100.1>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"
		"Content-Length: 0\r\n\r\n",
		method, number, cseq, number, to_tag, call_id, cseq, method);
	return bytes;
}

static enum refused_fate refuse(struct fixture *fixture, const char *whole)
{
	struct sip_message message = message_of(whole, &phone, &pbx);
	enum refused_fate fate = refused_dialogs_refuse(fixture->dialogs, &message, text_of(whole),
		SIP_REPLY_DECLINE, fixture->now, &fixture->answer);

	if (fate == REFUSED_ANSWER) {
		const char *to = strstr(fixture->answer.bytes, "\r\nTo: "), *tag = strstr(to, ";tag=");
		text_copy((struct text){tag, (size_t)(strstr(tag, "\r\n") - tag)}, fixture->tag,
			sizeof fixture->tag);
	}
	return fate;
}

static enum refused_fate judge_from(struct fixture *fixture, const char *whole, const struct endpoint *source,
	const struct endpoint *destination)
{
	struct sip_message message = message_of(whole, source, destination);

	fixture->answer.size = 0;
	return refused_dialogs_judge(
		fixture->dialogs, &message, text_of(whole), fixture->now, &fixture->answer);
}

static enum refused_fate judge(struct fixture *fixture, const char *whole)
{
	return judge_from(fixture, whole, &phone, &pbx);
}

static void what_belongs_to_a_refused_call_gets_the_same_fate(void **state)
{
	static const struct {
		const char *method, *number;
		int cseq;
		const char *to_tag; /* "ours": as in our answer */
		enum refused_fate fate;
		unsigned status;
	} cases[] = {
		{"INVITE", ABROAD, 2, "", REFUSED_ANSWER, 603}, /* again */
		{"ACK", ABROAD, 2, "ours", REFUSED_SWALLOW, 0},
		{"ACK", ABROAD, 2, "ours", REFUSED_SWALLOW, 0},      /* answers were repeated */
		{"ACK", ABROAD, 1, ";tag=pbx", REFUSED_NOT_OURS, 0}, /* of a 407 that came before */
		{"CANCEL", ABROAD, 2, "", REFUSED_ANSWER, 200},
		{"CANCEL", ABROAD, 1, "", REFUSED_NOT_OURS, 0},
		{"BYE", ABROAD, 3, "ours", REFUSED_ANSWER, 481},
		{"PRACK", ABROAD, 3, "ours", REFUSED_ANSWER, 481},
		{"UPDATE", ABROAD, 3, "ours", REFUSED_ANSWER, 481},
		{"BYE", ABROAD, 3, ";tag=pbx", REFUSED_NOT_OURS, 0},
		{"REGISTER", ABROAD, 3, "ours", REFUSED_NOT_OURS, 0},
		{"OPTIONS", ABROAD, 3, "", REFUSED_NOT_OURS, 0},
		{"INVITE", ABROAD, 3, "", REFUSED_ANSWER, 603}, /* with credentials */
		{"ACK", ABROAD, 3, "ours", REFUSED_SWALLOW, 0},
		{"CANCEL", ABROAD, 3, "", REFUSED_ANSWER, 200},
		/* An emergency call under the same Call-ID (overlap dialling, RFC 3578; or a trick). */
		{"INVITE", "110", 4, "", REFUSED_NOT_OURS, 0},
		{"CANCEL", "110", 4, "", REFUSED_NOT_OURS, 0},
		{"ACK", "110", 4, ";tag=pbx", REFUSED_NOT_OURS, 0},
		{"PRACK", "110", 5, ";tag=pbx", REFUSED_NOT_OURS, 0},
		{"BYE", "110", 6, ";tag=pbx", REFUSED_NOT_OURS, 0},
	};
	struct fixture *fixture = *state;

	assert_int_equal(refuse(fixture, request("INVITE", ABROAD, "c1", 2, "")), REFUSED_ANSWER);
	assert_non_null(strstr(fixture->tag, ";tag=pg-"));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool is_ours = strcmp(cases[i].to_tag, "ours") == 0;
		enum refused_fate fate =
			judge(fixture, request(cases[i].method, cases[i].number, "c1", cases[i].cseq,
					       is_ours ? fixture->tag : cases[i].to_tag));
		unsigned status = fate == REFUSED_ANSWER ? (unsigned)atoi(fixture->answer.bytes + 8) : 0;
		if (fate != cases[i].fate || status != cases[i].status) {
			fail_msg("%zu: %s %s: %d %u", i, cases[i].method, cases[i].number, fate, status);
		}
	}
	assert_int_equal(counter_get(&fixture->counters, COUNTER_REPLIES_FAILED), 0);
}

static void the_tag_in_all_answers_is_the_same(void **state)
{
	struct fixture *fixture = *state;

	refuse(fixture, request("INVITE", ABROAD, "c1", 1, ""));
	assert_int_equal(judge(fixture, request("CANCEL", ABROAD, "c1", 1, "")), REFUSED_ANSWER);
	assert_non_null(strstr(fixture->answer.bytes, fixture->tag)); /* RFC 3261 §9.2 */
	assert_int_equal(judge(fixture, request("INVITE", ABROAD, "c1", 2, "")), REFUSED_ANSWER);
	assert_non_null(strstr(fixture->answer.bytes, fixture->tag));
}

static void other_calls_and_other_ways_are_left_alone(void **state)
{
	static const struct endpoint other = {{ADDRESS_IPV4, {192, 0, 2, 22}}, 5070};
	static const struct endpoint moved = {PHONE_ADDRESS, 6000};
	struct fixture *fixture = *state;
	const char *invite = request("INVITE", ABROAD, "c1", 1, "");

	assert_int_equal(judge(fixture, invite), REFUSED_NOT_OURS);
	refuse(fixture, invite);
	assert_int_equal(judge_from(fixture, invite, &other, &pbx), REFUSED_NOT_OURS);
	assert_int_equal(judge_from(fixture, invite, &pbx, &phone), REFUSED_NOT_OURS);
	assert_int_equal(judge_from(fixture, invite, &moved, &pbx), REFUSED_ANSWER); /* another port */
	assert_int_equal(fixture->answer.destination.port, 6000);
	assert_int_equal(judge(fixture, request("INVITE", ABROAD, "c2", 1, "")), REFUSED_NOT_OURS);
	assert_int_equal(
		judge_from(fixture,
			"SIP/2.0 407 No\r\nVia: SIP/2.0/UDP 192.0.2.21\r\nFrom: <sip:1>;tag=a1\r\nTo: <sip:2>;tag=b\r\n"
			"Call-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n",
			&pbx, &phone),
		REFUSED_NOT_OURS);
}

static enum refused_fate judge_tcp(struct fixture *fixture, const char *whole)
{
	struct sip_message message = message_of(whole, &phone, &pbx);

	message.transport = TRANSPORT_TCP;
	return refused_dialogs_judge(
		fixture->dialogs, &message, text_of(whole), fixture->now, &fixture->answer);
}

/* A PBX asks for credentials before it looks at the number. */
static void on_tcp_the_same_invite_with_credentials_is_to_be_made_undialable_again(void **state)
{
	struct fixture *fixture = *state;
	const char *invite = request("INVITE", ABROAD, "c1", 1, "");
	struct sip_message message = message_of(invite, &phone, &pbx);

	message.transport = TRANSPORT_TCP;
	assert_int_equal(judge_tcp(fixture, invite), REFUSED_NOT_OURS);
	assert_int_equal(refused_dialogs_refuse(fixture->dialogs, &message, text_of(invite), 603,
				 fixture->now, &fixture->answer),
		REFUSED_AGAIN);
	assert_int_equal(judge_tcp(fixture, request("ACK", ABROAD, "c1", 1, ";tag=pbx")), REFUSED_NOT_OURS);
	assert_int_equal(judge_tcp(fixture, request("INVITE", ABROAD, "c1", 2, "")), REFUSED_AGAIN);
	assert_int_equal(judge_tcp(fixture, request("INVITE", "110", "c1", 3, "")), REFUSED_NOT_OURS);
	assert_int_equal(judge_tcp(fixture, request("CANCEL", ABROAD, "c1", 2, "")), REFUSED_NOT_OURS);
	/* What comes by UDP gets what it gets there. */
	assert_int_equal(judge(fixture, request("CANCEL", ABROAD, "c1", 2, "")), REFUSED_NOT_OURS);
	assert_int_equal(judge(fixture, request("INVITE", ABROAD, "c1", 3, "")), REFUSED_ANSWER);
	assert_int_equal(judge(fixture, request("CANCEL", ABROAD, "c1", 3, "")), REFUSED_ANSWER);
	refused_dialogs_forget(fixture->dialogs, fixture->now);
	assert_int_equal(judge_tcp(fixture, request("INVITE", ABROAD, "c1", 4, "")), REFUSED_NOT_OURS);
}

static void an_invite_within_a_dialog_keeps_its_tag_and_its_ack_is_known_by_cseq(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(refuse(fixture, request("INVITE", ABROAD, "c1", 7, ";tag=b1")), REFUSED_ANSWER);
	assert_string_equal(fixture->tag, ";tag=b1");
	assert_int_equal(judge(fixture, request("ACK", ABROAD, "c1", 7, ";tag=b1")), REFUSED_SWALLOW);
	assert_int_equal(judge(fixture, request("ACK", ABROAD, "c1", 6, ";tag=b1")), REFUSED_NOT_OURS);
	assert_int_equal(judge(fixture, request("BYE", ABROAD, "c1", 8, ";tag=b1")), REFUSED_NOT_OURS);
}

static void it_is_forgotten_when_nothing_of_it_can_come_any_more(void **state)
{
	struct fixture *fixture = *state;

	refuse(fixture, request("INVITE", ABROAD, "c1", 1, ""));
	fixture->now += REFUSED_DIALOG_LIFETIME;
	assert_int_equal(judge(fixture, request("CANCEL", ABROAD, "c1", 1, "")), REFUSED_ANSWER);
	fixture->now += REFUSED_DIALOG_LIFETIME + 1;
	assert_int_equal(judge(fixture, request("CANCEL", ABROAD, "c1", 1, "")), REFUSED_NOT_OURS);
	assert_int_equal(judge(fixture, request("INVITE", ABROAD, "c1", 1, "")), REFUSED_NOT_OURS);
	/* An ACK is known by its tag alone. */
	assert_int_equal(judge(fixture, request("ACK", ABROAD, "c1", 1, fixture->tag)), REFUSED_SWALLOW);
	assert_int_equal(judge(fixture, request("ACK", ABROAD, "c2", 1, fixture->tag)), REFUSED_NOT_OURS);
	refuse(fixture, request("INVITE", ABROAD, "c1", 1, ""));
	refused_dialogs_forget(fixture->dialogs, fixture->now);
	assert_int_equal(judge(fixture, request("INVITE", ABROAD, "c1", 1, "")), REFUSED_NOT_OURS);
}

static void a_flood_forgets_the_oldest_and_counts_it(void **state)
{
	struct fixture *fixture = *state;
	char call_id[16];

	for (int i = 0; i < REFUSED_DIALOGS_MAX + 10; i++) {
		snprintf(call_id, sizeof call_id, "c%d", i);
		refuse(fixture, request("INVITE", ABROAD, call_id, 1, ""));
	}
	assert_int_equal(counter_get(&fixture->counters, COUNTER_REFUSED_EVICTED), 10);
	assert_int_equal(judge(fixture, request("INVITE", ABROAD, "c9", 1, "")), REFUSED_NOT_OURS);
	assert_int_equal(judge(fixture, request("INVITE", ABROAD, "c10", 1, "")), REFUSED_ANSWER);
	refused_dialogs_tick(fixture->dialogs, fixture->now);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_REFUSED_EVICTED), 10);
}

static void what_can_not_be_answered_is_dropped_and_counted(void **state)
{
	static const char invite[] =
		"INVITE sip:2@198.51.100.1 SIP/2.0\r\nFrom: <sip:1@198.51.100.1>;tag=a1\r\n"
		"To: <sip:2@198.51.100.1>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n";
	struct fixture *fixture = *state;

	assert_int_equal(refuse(fixture, invite), REFUSED_NO_ANSWER);
	assert_int_equal(judge(fixture, invite), REFUSED_NO_ANSWER);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_REPLIES_FAILED), 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_belongs_to_a_refused_call_gets_the_same_fate),
		TEST(the_tag_in_all_answers_is_the_same),
		TEST(other_calls_and_other_ways_are_left_alone),
		TEST(on_tcp_the_same_invite_with_credentials_is_to_be_made_undialable_again),
		TEST(an_invite_within_a_dialog_keeps_its_tag_and_its_ack_is_known_by_cseq),
		TEST(it_is_forgotten_when_nothing_of_it_can_come_any_more),
		TEST(a_flood_forgets_the_oldest_and_counts_it),
		TEST(what_can_not_be_answered_is_dropped_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
