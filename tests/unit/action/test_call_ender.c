/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"
#include "sip_texts.h"

#include "pbxguard/action/call_ender.h"

#include <stdlib.h>

struct fixture {
	struct counters counters;
	struct call_ender *ender;
	struct sip_datagram sent[4];
	size_t count;
	instant now;
};

static void take(void *context, const struct sip_datagram *datagram)
{
	struct fixture *fixture = context;

	fixture->sent[fixture->count++ % COUNT_OF(fixture->sent)] = *datagram;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	fixture->ender = call_ender_new(1 * DAY, take, fixture, &fixture->counters);
	fixture->now = 1000 * SECOND;
	*state = fixture;
	return fixture->ender == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	call_ender_free(fixture->ender);
	free(fixture);
	return 0;
}

static char bytes[1000];

static const char *text_with(
	const char *start_line, const char *to_tag, const char *call_id, int cseq, const char *method)
{
	snprintf(bytes, sizeof bytes,
		"%s\r\nVia: SIP/2.0/UDP 192.0.2.21:5070;branch=z9hG4bK%d\r\n"
		"From: <sip:1001@198.51.100.1>;tag=a1\r\nTo: <sip:01012465550123@198.51.100.1>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"
		"Contact: <sip:1001@192.0.2.21:5070>\r\n\r\n",
		start_line, cseq, to_tag, call_id, cseq, method);
	return bytes;
}

static void invite(struct fixture *fixture, const char *call_id, int cseq)
{
	const char *whole =
		text_with("INVITE sip:01012465550123@198.51.100.1 SIP/2.0", "", call_id, cseq, "INVITE");
	struct sip_message message = message_of(whole, &phone, &pbx);

	call_ender_begin(fixture->ender, &message, text_of(whole), fixture->now);
}

static bool follow(struct fixture *fixture, const char *whole, bool from_phone)
{
	struct sip_message message =
		message_of(whole, from_phone ? &phone : &pbx, from_phone ? &pbx : &phone);

	return call_ender_follow(fixture->ender, &message, text_of(whole), fixture->now);
}

static void call_up(struct fixture *fixture, const char *call_id)
{
	invite(fixture, call_id, 1);
	assert_false(follow(fixture, text_with("SIP/2.0 407 No", ";tag=c1", call_id, 1, "INVITE"), false));
	assert_false(follow(fixture,
		text_with("INVITE sip:01012465550123@198.51.100.1 SIP/2.0", "", call_id, 2, "INVITE"), true));
	assert_false(
		follow(fixture, text_with("SIP/2.0 180 Ringing", ";tag=b1", call_id, 2, "INVITE"), false));
	assert_false(follow(fixture, text_with("SIP/2.0 200 OK", ";tag=b1", call_id, 2, "INVITE"), false));
}

static enum call_ending end(struct fixture *fixture, const char *call_id)
{
	return call_ender_end(fixture->ender, text_of(call_id), &phone.address, &pbx.address, fixture->now);
}

/* The answer of whom the BYE was sent to, made of the BYE. */
static const char *answer_to(const struct sip_datagram *bye, const char *status_line)
{
	const char *via = strstr(bye->bytes, "Via: "), *end = strstr(via, "Max-Forwards");
	const char *from = strstr(bye->bytes, "From: ");

	snprintf(bytes, sizeof bytes, "%s\r\n%.*s%s", status_line, (int)(end - via), via, from);
	return bytes;
}

static uint64_t get(const struct fixture *fixture, enum counter counter)
{
	return counter_get(&fixture->counters, counter);
}

static void a_call_that_is_up_gets_its_byes_and_their_answers_are_swallowed(void **state)
{
	struct fixture *fixture = *state;

	call_up(fixture, "c1");
	assert_false(follow(fixture, text_with("INFO sip:1 SIP/2.0", ";tag=b1", "c1", 9, "INFO"), true));
	assert_int_equal(end(fixture, "c1"), CALL_ENDING_SENT);
	assert_int_equal(end(fixture, "c1"), CALL_ENDING_SENT); /* as it was before: not again */
	assert_int_equal(fixture->count, 1);
	struct sip_datagram to_pbx = fixture->sent[0];
	assert_true(endpoint_equal(&to_pbx.destination, &pbx)); /* the carrier is what costs */
	assert_non_null(strstr(to_pbx.bytes, "CSeq: 109 BYE"));
	assert_true(follow(fixture, answer_to(&to_pbx, "SIP/2.0 200 OK"), false));
	assert_int_equal(fixture->count, 2);
	struct sip_datagram to_phone = fixture->sent[1];
	assert_true(endpoint_equal(&to_phone.destination, &phone));
	assert_true(follow(fixture, answer_to(&to_phone, "SIP/2.0 200 OK"), true));
	assert_true(follow(fixture, answer_to(&to_pbx, "SIP/2.0 200 OK"), false)); /* late */
	fixture->now += 1 * MINUTE;
	call_ender_tick(fixture->ender, fixture->now);
	assert_int_equal(fixture->count, 2);
	assert_int_equal(get(fixture, COUNTER_ENDS), 1);
	assert_int_equal(get(fixture, COUNTER_ENDS_REFUSED), 0);
	assert_int_equal(end(fixture, "c1"), CALL_ENDING_UNKNOWN);
	call_up(fixture, "c1"); /* the Call-ID again */
	assert_int_equal(end(fixture, "c1"), CALL_ENDING_SENT);
}

static void a_pbx_that_asks_credentials_is_counted(void **state)
{
	static const char *const refusals[] = {"SIP/2.0 401 Unauthorized",
		"SIP/2.0 407 Proxy Authentication Required", "SIP/2.0 403 Forbidden", "SIP/2.0 500 CSeq"};
	static const char *const ends[] = {"SIP/2.0 200 OK", "SIP/2.0 481 Gone", "SIP/2.0 408 Timeout"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		fixture->count = 0;
		call_up(fixture, refusals[i] + 8);
		assert_int_equal(end(fixture, refusals[i] + 8), CALL_ENDING_SENT);
		assert_true(follow(fixture, answer_to(&fixture->sent[0], refusals[i]), false));
		assert_int_equal(get(fixture, COUNTER_ENDS_REFUSED), i + 1);
		assert_int_equal(fixture->count, 1); /* the phone can still hang up */
	}
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		fixture->count = 0;
		call_up(fixture, ends[i] + 8);
		assert_int_equal(end(fixture, ends[i] + 8), CALL_ENDING_SENT);
		assert_true(follow(fixture, answer_to(&fixture->sent[0], "SIP/2.0 100 Trying"), false));
		assert_true(follow(fixture, answer_to(&fixture->sent[0], ends[i]), false));
		assert_true(follow(
			fixture, answer_to(&fixture->sent[1], "SIP/2.0 401 No"), true)); /* the phone's */
	}
	assert_int_equal(get(fixture, COUNTER_ENDS_REFUSED), COUNT_OF(refusals));
}

/* RFC 3261 §17.1.2.2: after 0.5, 1.5, 3.5, 7.5 s and every 4 s; until 32 s. */
static void a_bye_without_an_answer_is_repeated_for_32_seconds(void **state)
{
	struct fixture *fixture = *state;
	instant begin = fixture->now;

	call_up(fixture, "c1");
	assert_int_equal(end(fixture, "c1"), CALL_ENDING_SENT);
	struct sip_datagram to_pbx = fixture->sent[0];
	for (; fixture->now < begin + 1 * MINUTE; fixture->now += 100 * MILLISECOND) {
		call_ender_tick(fixture->ender, fixture->now);
		if (fixture->now == begin + 4 * SECOND) {
			assert_int_equal(fixture->count, 1 + 3);
			assert_int_equal(get(fixture, COUNTER_ENDS_REFUSED), 0);
		}
	}
	assert_int_equal(fixture->count, 1 + 10);
	assert_memory_equal(fixture->sent[2].bytes, to_pbx.bytes, to_pbx.size);
	assert_int_equal(get(fixture, COUNTER_ENDS_REFUSED), 1);
}

static void what_can_not_be_ended_is_said_and_counted(void **state)
{
	struct fixture *fixture = *state;
	const char *whole;

	assert_int_equal(end(fixture, "c0"), CALL_ENDING_UNKNOWN);
	invite(fixture, "c1", 1);
	assert_int_equal(end(fixture, "c1"), CALL_ENDING_NOT_UP);
	assert_false(follow(fixture, text_with("SIP/2.0 486 Busy", ";tag=b1", "c1", 1, "INVITE"), false));
	assert_int_equal(end(fixture, "c1"), CALL_ENDING_UNKNOWN);
	call_up(fixture, "c2");
	assert_false(follow(fixture, text_with("BYE sip:1 SIP/2.0", ";tag=b1", "c2", 3, "BYE"), true));
	assert_false(follow(fixture, text_with("SIP/2.0 200 OK", ";tag=b1", "c2", 3, "BYE"), false));
	assert_int_equal(end(fixture, "c2"), CALL_ENDING_UNKNOWN); /* it is over */
	whole = text_with("INVITE sip:1 SIP/2.0", "", "c3", 1, "INVITE");
	struct sip_message message = message_of(whole, &phone, &pbx);
	message.transport = TRANSPORT_TCP;
	call_ender_begin(fixture->ender, &message, text_of(whole), fixture->now);
	assert_int_equal(end(fixture, "c3"), CALL_ENDING_TCP);
	assert_int_equal(fixture->count, 0);
	assert_int_equal(get(fixture, COUNTER_ENDS), 0);
	assert_int_equal(get(fixture, COUNTER_ENDS_IMPOSSIBLE), 5);
}

static void too_many_calls_forget_the_oldest_and_count_it(void **state)
{
	struct fixture *fixture = *state;
	char call_id[16];

	for (int i = 0; i < CALL_ENDER_MAX + 3; i++) {
		snprintf(call_id, sizeof call_id, "c%d", i);
		call_up(fixture, call_id);
	}
	assert_int_equal(get(fixture, COUNTER_ENDABLE_EVICTED), 3);
	assert_int_equal(end(fixture, "c2"), CALL_ENDING_UNKNOWN);
	assert_int_equal(end(fixture, "c3"), CALL_ENDING_SENT);
	fixture->now += 2 * DAY;
	call_ender_tick(fixture->ender, fixture->now);
	assert_int_equal(end(fixture, "c4"), CALL_ENDING_UNKNOWN);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_call_that_is_up_gets_its_byes_and_their_answers_are_swallowed),
		TEST(a_pbx_that_asks_credentials_is_counted),
		TEST(a_bye_without_an_answer_is_repeated_for_32_seconds),
		TEST(what_can_not_be_ended_is_said_and_counted),
		TEST(too_many_calls_forget_the_oldest_and_count_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
