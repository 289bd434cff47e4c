/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/evidence.h"

#define NOON (1795143600 * SECOND)
#define NONCE "5f2ab3c4d5e6"

static const struct site site = {.pbx = {1, {{{ADDRESS_IPV4, {192, 0, 2, 10}}, 32}}}};
static const struct endpoint pbx = {{ADDRESS_IPV4, {192, 0, 2, 10}}, 5060};
static const struct endpoint caller = {{ADDRESS_IPV4, {198, 51, 100, 66}}, 5062};
static const struct endpoint other = {{ADDRESS_IPV4, {198, 51, 100, 67}}, 5060};

static struct evidence *evidence;

static int set_up(void **state)
{
	(void)state;
	evidence = evidence_new(&site);
	return evidence == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	evidence_free(evidence);
	return 0;
}

static struct sip_message invite(const char *user, const char *nonce)
{
	return (struct sip_message){.time = NOON,
		.source = caller,
		.destination = pbx,
		.is_request = true,
		.method = SIP_METHOD_INVITE,
		.call_id = TEXT("call"),
		.from = {.uri = {.user = text_of(user)}},
		.authorization_user = text_of(nonce != NULL ? user : ""),
		.nonce = text_of(nonce != NULL ? nonce : "")};
}

static struct sip_message answer(uint16_t status, const char *nonce)
{
	return (struct sip_message){.time = NOON,
		.source = pbx,
		.destination = caller,
		.method = SIP_METHOD_INVITE,
		.status = status,
		.call_id = TEXT("call"),
		.nonce = text_of(nonce != NULL ? nonce : "")};
}

static void watch(struct sip_message message)
{
	evidence_watch(evidence, &message);
}

static enum source_proof source_proof(void)
{
	return evidence_of_source(evidence, TEXT("call"), &caller.address, NOON);
}

static bool is_account(const char *name)
{
	return evidence_of_account(evidence, TEXT("call"), text_of(name), NOON);
}

static void who_echoes_a_nonce_is_at_the_address_it_was_sent_to(void **state)
{
	(void)state;
	watch(invite("1001", NULL));
	watch(answer(407, NONCE));
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
	watch(invite("1001", NONCE));
	assert_int_equal(source_proof(), SOURCE_BY_NONCE);
	assert_int_equal(
		evidence_of_source(evidence, TEXT("other call"), &caller.address, NOON), SOURCE_UNPROVEN);
	assert_int_equal(evidence_of_source(evidence, TEXT("call"), &other.address, NOON), SOURCE_UNPROVEN);
	assert_int_equal(evidence_of_source(evidence, TEXT("call"), &caller.address, NOON + 11 * MINUTE),
		SOURCE_UNPROVEN);
}

static void a_nonce_that_was_not_sent_there_proves_nothing(void **state)
{
	static const char *const nonces[] = {"", "short", "made up by somebody", NONCE};

	(void)state;
	struct sip_message challenge = answer(401, NONCE);
	challenge.destination = other; /* the forger's own */
	watch(challenge);
	for (size_t i = 0; i < COUNT_OF(nonces); i++) {
		watch(invite("1001", nonces[i]));
		watch(answer(200, NULL));
		assert_int_equal(source_proof(), SOURCE_UNPROVEN);
		assert_false(is_account("1001"));
	}
	watch(answer(401, NONCE)); /* to both: the forger knows it */
	watch(invite("1001", NONCE));
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
	watch(answer(401, "sent to the caller first"));
	challenge.nonce = TEXT("sent to the caller first");
	watch(challenge);
	watch(invite("1001", "sent to the caller first"));
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
}

static void a_challenge_that_the_pbx_did_not_send_proves_nothing(void **state)
{
	(void)state;
	struct sip_message challenge = answer(401, NONCE);
	challenge.source = other;
	watch(challenge);
	watch(invite("1001", NONCE));
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
	watch(answer(401, "1234567")); /* could be guessed */
	watch(invite("1001", "1234567"));
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
}

static void plain_requests_prove_nothing_however_many(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct sip_message message = invite("1001", NULL);
		message.method = i % 3 == 0   ? SIP_METHOD_INVITE
				 : i % 3 == 1 ? SIP_METHOD_REGISTER
					      : SIP_METHOD_OPTIONS;
		watch(message);
		watch(answer(i % 2 == 0 ? 100 : 404, NULL));
	}
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
	assert_false(evidence_is_in_good_standing(evidence, &caller.address, NOON));
}

static void over_tcp_the_pbxs_answer_proves_the_address(void **state)
{
	struct sip_message request = invite("1001", NULL), response = answer(404, NULL);

	(void)state;
	request.transport = response.transport = TRANSPORT_TCP;
	watch(request);
	assert_int_equal(source_proof(), SOURCE_UNPROVEN); /* the segments may be forged */
	watch(answer(404, NULL));                          /* on UDP */
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
	response.destination.port = 5063; /* on another connection */
	watch(response);
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
	response.destination.port = 5062;
	watch(response);
	assert_int_equal(source_proof(), SOURCE_BY_TCP);
}

static void who_acknowledges_our_refusal_is_there(void **state)
{
	(void)state;
	evidence_acknowledged(evidence, TEXT("call"), &caller.address, NOON);
	assert_int_equal(source_proof(), SOURCE_BY_ACK);
	assert_int_equal(evidence_of_source(evidence, TEXT("call"), &other.address, NOON), SOURCE_UNPROVEN);
}

static void an_account_is_proven_when_the_pbx_goes_on_with_its_credentials(void **state)
{
	static const struct {
		uint16_t status;
		enum { STAYED, SENT_ON, SURELY_SENT_ON } way;
		bool is_proven;
	} cases[] = {
		{100, STAYED, false}, {180, STAYED, true}, {183, STAYED, true}, {200, STAYED, true},
		{401, STAYED, false}, {403, STAYED, false}, {407, SURELY_SENT_ON, false},
		{422, SURELY_SENT_ON, false}, {486, STAYED, false}, /* it may have refused for any reason */
		{486, SENT_ON, true},                               /* but not when it has sent the call on */
		{603, SENT_ON, true},                               /* as when it passes our refusal on */
		{403, SENT_ON, false},
		{403, SURELY_SENT_ON, true}, /* Asterisk's word for a 603 of the trunk */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		evidence_free(evidence);
		evidence = evidence_new(&site);
		watch(answer(407, NONCE));
		watch(invite("1001", NONCE));
		assert_false(is_account("1001"));
		if (cases[i].way != STAYED) {
			evidence_sent_on(evidence, TEXT("call"), cases[i].way == SURELY_SENT_ON, NOON);
		}
		watch(answer(cases[i].status, NULL));
		if (is_account("1001") != cases[i].is_proven) {
			fail_msg("%d, %d", cases[i].status, cases[i].way);
		}
		assert_false(is_account("1002"));
	}
}

/* Or whoever brings a wrong password for another would wait for any call to be sent on. */
static void what_was_sent_on_before_the_credentials_came_proves_nothing(void **state)
{
	(void)state;
	watch(answer(407, NONCE));
	watch(invite("1002", NONCE));
	evidence_sent_on(evidence, TEXT("call"), true, NOON);
	watch(answer(403, NULL));
	watch(invite("1001", NONCE));
	watch(answer(403, NULL));
	assert_false(is_account("1001"));
	watch(invite("1001", NONCE));
	watch(answer(486, NULL));
	assert_false(is_account("1001"));
}

static void credentials_that_can_mean_another_prove_nobody(void **state)
{
	struct sip_message many = invite("1001", NONCE), guest = invite("1001", NONCE);

	(void)state;
	watch(answer(407, NONCE));
	many.has_many_credentials = true;
	watch(many);
	watch(answer(200, NULL));
	assert_false(is_account("1001"));
	guest.from.uri.user = TEXT("guest"); /* nobody asked a guest for credentials */
	watch(guest);
	watch(answer(200, NULL));
	assert_false(is_account("1001"));
	assert_false(is_account("guest"));
	watch(invite("1001", NULL)); /* none */
	watch(answer(200, NULL));
	assert_false(is_account("1001"));
	assert_int_equal(source_proof(), SOURCE_BY_NONCE); /* who he is at all is another thing */
}

static void credentials_accepted_prove_no_other_named_before_or_after(void **state)
{
	(void)state;
	watch(answer(407, NONCE));
	watch(invite("1001", NONCE)); /* without its password */
	watch(answer(407, NONCE));
	watch(invite("2002", NONCE)); /* his own */
	watch(answer(200, NULL));
	assert_false(is_account("1001"));
	assert_true(is_account("2002"));
	watch(invite("1001", NONCE));
	assert_false(is_account("1001"));
	assert_false(is_account("2002"));
}

static void names_are_compared_as_callers_are(void **state)
{
	struct sip_message message = invite("10%301;x=y", NONCE);

	(void)state;
	watch(answer(407, NONCE));
	message.authorization_user = TEXT("1001");
	watch(message);
	watch(answer(180, NULL));
	assert_true(is_account("1001"));
}

static void an_account_that_calls_or_registers_is_in_good_standing_for_a_day(void **state)
{
	struct sip_message registered = answer(200, NULL);

	(void)state;
	watch(answer(407, NONCE));
	watch(invite("1001", NONCE));
	watch(answer(180, NULL));
	assert_false(evidence_is_in_good_standing(evidence, &caller.address, NOON));
	watch(answer(200, NULL));
	assert_true(evidence_is_in_good_standing(evidence, &caller.address, NOON + 24 * HOUR));
	evidence_mark_critical(evidence, &caller.address, TEXT("1001"), NOON);
	assert_false(evidence_is_in_good_standing(evidence, &caller.address, NOON));
	registered.method = SIP_METHOD_REGISTER;
	watch(registered); /* another phone behind the same router */
	assert_true(evidence_is_in_good_standing(evidence, &caller.address, NOON));
	assert_false(evidence_is_in_good_standing(evidence, &other.address, NOON));
	assert_false(evidence_is_in_good_standing(evidence, &caller.address, NOON + 24 * HOUR + 1));
}

/* Anybody can ask. */
static void who_is_not_registered_is_in_no_good_standing(void **state)
{
	static const uint16_t statuses[] = {100, 401, 403, 404, 503};
	struct sip_message registered = answer(401, NONCE);

	(void)state;
	registered.method = SIP_METHOD_REGISTER;
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		registered.status = statuses[i];
		watch(registered);
		assert_false(evidence_is_in_good_standing(evidence, &caller.address, NOON));
	}
}

/* What proved the one before does not prove whoever uses his Call-ID next. */
static void a_call_id_used_by_another_is_anothers_call(void **state)
{
	struct sip_message request = invite("1001", NULL), response = answer(404, NULL);

	(void)state;
	request.transport = response.transport = TRANSPORT_TCP;
	watch(request);
	watch(response);
	assert_int_equal(source_proof(), SOURCE_BY_TCP);
	request.source = other;
	watch(request);
	assert_int_equal(source_proof(), SOURCE_UNPROVEN);
	assert_int_equal(evidence_of_source(evidence, TEXT("call"), &other.address, NOON), SOURCE_UNPROVEN);
	response.destination = other;
	watch(response);
	assert_int_equal(evidence_of_source(evidence, TEXT("call"), &other.address, NOON), SOURCE_BY_TCP);
}

/* All that have none would be one call. */
static void without_a_call_id_nothing_is_proven(void **state)
{
	struct sip_message request = invite("1001", NONCE);

	(void)state;
	watch(answer(407, NONCE));
	request.call_id = TEXT("");
	watch(request);
	assert_int_equal(evidence_of_source(evidence, TEXT(""), &caller.address, NOON), SOURCE_UNPROVEN);
}

static void an_address_with_many_accounts_is_left_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		char name[8];
		snprintf(name, sizeof name, "%d", i);
		evidence_mark_critical(evidence, &caller.address, text_of(name), NOON);
	}
	assert_true(evidence_is_in_good_standing(evidence, &caller.address, NOON));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(who_echoes_a_nonce_is_at_the_address_it_was_sent_to),
		TEST(a_nonce_that_was_not_sent_there_proves_nothing),
		TEST(a_challenge_that_the_pbx_did_not_send_proves_nothing),
		TEST(plain_requests_prove_nothing_however_many),
		TEST(over_tcp_the_pbxs_answer_proves_the_address),
		TEST(who_acknowledges_our_refusal_is_there),
		TEST(an_account_is_proven_when_the_pbx_goes_on_with_its_credentials),
		TEST(what_was_sent_on_before_the_credentials_came_proves_nothing),
		TEST(credentials_that_can_mean_another_prove_nobody),
		TEST(credentials_accepted_prove_no_other_named_before_or_after),
		TEST(names_are_compared_as_callers_are),
		TEST(an_account_that_calls_or_registers_is_in_good_standing_for_a_day),
		TEST(who_is_not_registered_is_in_no_good_standing),
		TEST(a_call_id_used_by_another_is_anothers_call),
		TEST(without_a_call_id_nothing_is_proven),
		TEST(an_address_with_many_accounts_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
