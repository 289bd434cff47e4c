/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/policy.h"

#include <stdlib.h>

#define NOON (1795143600 * SECOND)
#define NONCE "5f2ab3c4d5e6"

/* The call layer's, of which nothing else is needed here. */
char *dialed_number_stripped(const struct dialed_number *dialed, char buffer[static STRIPPED_TEXT_SIZE])
{
	snprintf(buffer, STRIPPED_TEXT_SIZE, "%s", dialed->steps[0].digits);
	return buffer;
}

static const struct site site = {
	.pbx = {1, {{{ADDRESS_IPV4, {192, 0, 2, 10}}, 32}}},
	.trunks = {1, {{{ADDRESS_IPV4, {203, 0, 113, 0}}, 28}}},
	.extensions = {1, {{{ADDRESS_IPV4, {192, 168, 10, 0}}, 24}}},
};
static const struct endpoint pbx = {{ADDRESS_IPV4, {192, 0, 2, 10}}, 5060};
static const struct endpoint trunk = {{ADDRESS_IPV4, {203, 0, 113, 1}}, 5060};
static const struct endpoint phone = {{ADDRESS_IPV4, {192, 168, 10, 21}}, 5060};
static const struct endpoint thief = {{ADDRESS_IPV4, {198, 51, 100, 66}}, 5060};

static const struct dialed_number abroad = {
	.kind = NUMBER_INTERNATIONAL, .digits = "01012465550123", .e164 = "+12465550123"};
static const struct dialed_number abroad_too = {
	.kind = NUMBER_INTERNATIONAL, .digits = "01012465550199", .e164 = "+12465550199"};
static const struct dialed_number at_home = {
	.kind = NUMBER_DOMESTIC, .digits = "0312345678", .e164 = "+81312345678"};
static const struct destination barbados = {.prefix = "1246", .country = "BB", .name = "Barbados"};

static const struct policy_settings usual = {.mode = POLICY_BLOCK,
	.on = SEVERITY_CRITICAL,
	.accounts = true,
	.sources = true,
	.source_time = 1 * HOUR};

struct fixture {
	struct policy *policy;
	struct counters counters;
	instant now;
	struct findings findings;
	struct judgement judgement;
	size_t blocks;
	struct block_request block; /* the last */
	size_t slips;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	*state = fixture;
	fixture->now = NOON;
	fixture->policy = policy_new(&usual, &site, &fixture->counters);
	return fixture->policy == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	policy_free(fixture->policy);
	free(fixture);
	return 0;
}

static void configure(struct fixture *fixture, struct policy_settings settings)
{
	policy_configure(fixture->policy, &settings, &site);
}

static uint64_t count(const struct fixture *fixture, enum counter counter)
{
	return counter_get(&fixture->counters, counter);
}

/* ---- events */

static struct event call(enum leg leg, const char *call_id, const char *caller)
{
	struct event event = {.kind = EVENT_CALL_ATTEMPTED,
		.time = NOON,
		.call_id = text_of(call_id),
		.caller = text_of(caller),
		.dialed = TEXT("01012465550123"),
		.leg = leg,
		.is_outward = true,
		.source = leg == LEG_TRUNK_OUT ? pbx
			  : leg == LEG_OUTSIDE ? thief
					       : phone,
		.destination_endpoint = leg == LEG_TRUNK_OUT ? trunk : pbx,
		.number = &abroad,
		.destination = &barbados,
		.call = 7};

	return event;
}

static struct event trunk_leg(const char *call_id, const char *first_call_id)
{
	struct event event = call(LEG_TRUNK_OUT, call_id, "0312345678");

	event.kind = EVENT_CALL_JOINED;
	event.joined_call_id = text_of(first_call_id);
	return event;
}

static struct finding finding_of(enum severity severity, const char *subject)
{
	struct finding finding = {.rule = "call_burst",
		.severity = severity,
		.proves = PROVES_CALL | PROVES_CALLER | PROVES_SOURCE};

	snprintf(finding.subject, sizeof finding.subject, "%s", subject);
	return finding;
}

static void keep_block(void *context, const struct block_request *request)
{
	struct fixture *fixture = context;

	fixture->blocks++;
	fixture->block = *request;
}

static void keep_slip(void *context, struct text call_id, instant now)
{
	struct fixture *fixture = context;

	(void)call_id;
	(void)now;
	fixture->slips++;
}

/* As the daemon does it, with an incident for whatever was found. */
static const struct judgement *judge(
	struct fixture *fixture, struct event event, const struct finding *finding)
{
	event.time = fixture->now;
	fixture->findings.count = 0;
	if (finding != NULL) {
		*findings_add(&fixture->findings) = *finding;
	}
	policy_tick(fixture->policy, fixture->now, keep_slip, fixture);
	policy_judge(fixture->policy, &event, &fixture->findings, &fixture->judgement);
	if (fixture->findings.count > 0) {
		snprintf(fixture->judgement.incident, INCIDENT_ID_SIZE, "7f3a09c2d1e4b586");
	}
	policy_conclude(fixture->policy, &event, &fixture->judgement, keep_block, fixture);
	return &fixture->judgement;
}

static const struct judgement *judge_critical(struct fixture *fixture, struct event event)
{
	const struct finding finding = finding_of(SEVERITY_CRITICAL, "caller:1001");

	return judge(fixture, event, &finding);
}

/* ---- messages */

static void send(struct fixture *fixture, struct sip_message message)
{
	message.time = fixture->now;
	policy_watch(fixture->policy, &message, keep_block, fixture);
}

static struct sip_message invite(
	struct endpoint from, const char *call_id, const char *user, const char *nonce)
{
	return (struct sip_message){.source = from,
		.destination = pbx,
		.is_request = true,
		.method = SIP_METHOD_INVITE,
		.call_id = text_of(call_id),
		.from = {.uri = {.user = text_of(user)}},
		.authorization_user = text_of(nonce != NULL ? user : ""),
		.nonce = text_of(nonce != NULL ? nonce : "")};
}

static struct sip_message answer(struct endpoint to, const char *call_id, uint16_t status, const char *nonce)
{
	return (struct sip_message){.source = pbx,
		.destination = to,
		.method = SIP_METHOD_INVITE,
		.call_id = text_of(call_id),
		.status = status,
		.nonce = text_of(nonce != NULL ? nonce : "")};
}

/* The INVITE with credentials that answer the PBX's challenge. */
static void show_credentials(struct fixture *fixture, struct endpoint from, const char *call_id)
{
	send(fixture, invite(from, call_id, "1001", NULL));
	send(fixture, answer(from, call_id, 407, NONCE));
	send(fixture, invite(from, call_id, "1001", NONCE));
}

/* ---- the never list and the modes */

static void emergency_and_service_numbers_are_never_touched(void **state)
{
	struct fixture *fixture = *state;

	for (int mode = POLICY_MONITOR; mode <= POLICY_BLOCK; mode++) {
		struct policy_settings settings = usual;
		settings.mode = (enum policy_mode)mode;
		configure(fixture, settings);
		for (int kind = 0; kind < NUMBER_KIND_COUNT; kind++) {
			struct dialed_number number = {.kind = (enum number_kind)kind, .digits = "110"};
			struct event event = call(LEG_EXTENSION, "a", "1001");
			event.number = &number;
			bool is_short = kind == NUMBER_EMERGENCY || kind == NUMBER_SERVICE;
			assert_int_equal(
				judge_critical(fixture, event)->refuse, mode == POLICY_BLOCK && !is_short);
			number.may_be_short = true;
			assert_int_equal(judge_critical(fixture, event)->action, ACTION_NONE);
		}
	}
}

static void what_could_not_be_read_is_never_touched(void **state)
{
	struct event no_number = call(LEG_EXTENSION, "a", "1001"), no_call_id = no_number;

	no_number.dialed = TEXT("");
	no_call_id.call_id = TEXT("");
	assert_int_equal(judge_critical(*state, no_number)->action, ACTION_NONE);
	assert_int_equal(judge_critical(*state, no_call_id)->action, ACTION_NONE);
}

static void each_mode_does_what_it_says(void **state)
{
	static const struct {
		enum policy_mode mode;
		bool is_replay;
		enum action_taken action;
		bool refuse;
	} cases[] = {
		{POLICY_MONITOR, false, ACTION_NONE, false},
		{POLICY_DRY_RUN, false, ACTION_WOULD_REFUSE, false},
		{POLICY_BLOCK, false, ACTION_REFUSED, true},
		{POLICY_BLOCK, true, ACTION_WOULD_REFUSE, false},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct policy_settings settings = usual;
		settings.mode = cases[i].mode;
		settings.is_replay = cases[i].is_replay;
		configure(fixture, settings);
		const struct judgement *judgement = judge_critical(fixture, call(LEG_EXTENSION, "a", "1001"));
		assert_int_equal(judgement->action, cases[i].action);
		assert_int_equal(judgement->refuse, cases[i].refuse);
		assert_string_equal(
			judgement->why, cases[i].action == ACTION_NONE ? "" : "call_burst: critical");
	}
	assert_int_equal(count(fixture, COUNTER_CALLS_REFUSED), 1);
	assert_int_equal(count(fixture, COUNTER_CALLS_WOULD_REFUSE), 2);
}

static void calls_are_refused_from_the_severity_that_is_set(void **state)
{
	struct fixture *fixture = *state;

	for (int on = SEVERITY_NOTICE; on <= SEVERITY_CRITICAL; on++) {
		for (int severity = SEVERITY_NOTICE; severity <= SEVERITY_CRITICAL; severity++) {
			struct policy_settings settings = usual;
			struct finding finding = finding_of((enum severity)severity, "source:198.51.100.66");
			settings.on = (enum severity)on;
			configure(fixture, settings);
			assert_int_equal(judge(fixture, call(LEG_EXTENSION, "a", "1001"), &finding)->refuse,
				severity >= on);
			finding.proves = PROVES_NOTHING;
			assert_false(judge(fixture, call(LEG_EXTENSION, "b", "1001"), &finding)->refuse);
		}
	}
	assert_false(judge(fixture, call(LEG_EXTENSION, "a", "1001"), NULL)->refuse);
}

static void what_costs_nothing_and_what_is_no_try_is_not_refused(void **state)
{
	struct event inward = call(LEG_TRUNK_IN, "a", "1001");

	inward.is_outward = false;
	assert_int_equal(judge_critical(*state, inward)->action, ACTION_NONE);
	for (int kind = EVENT_CALL_RINGING; kind < EVENT_KIND_COUNT; kind++) {
		struct event event = call(LEG_EXTENSION, "a", "1001");
		event.kind = (enum event_kind)kind;
		assert_int_equal(judge_critical(*state, event)->action, ACTION_NONE);
		assert_false(((struct fixture *)*state)->judgement.end_call);
	}
}

/* ---- legs */

/* A call of both legs is seen, so trunk legs are. */
static void see_both_legs(struct fixture *fixture)
{
	struct event event = call(LEG_EXTENSION, "honest", "1002"), next = trunk_leg("h2", "honest");

	event.number = next.number = &at_home;
	assert_int_equal(judge(fixture, event, NULL)->action, ACTION_NONE);
	assert_int_equal(judge(fixture, next, NULL)->action, ACTION_NONE);
}

static void the_next_leg_of_a_refused_call_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct event again = call(LEG_EXTENSION, "a", "1001"), other = again;

	assert_true(judge_critical(fixture, again)->refuse);
	again.kind = other.kind = EVENT_CALL_IDENTIFIED;
	assert_true(judge(fixture, again, NULL)->refuse);
	assert_true(fixture->judgement.is_repeated);
	other.number = &at_home; /* the same Call-ID, as some phones have it */
	assert_false(judge(fixture, other, NULL)->refuse);
	assert_false(judge(fixture, trunk_leg("c", "unknown"), NULL)->refuse);
	/* The PBX has never seen it, so this is another's call to the same number. */
	assert_int_equal(judge(fixture, trunk_leg("b", "a"), NULL)->action, ACTION_NONE);
	assert_int_equal(count(fixture, COUNTER_CALLS_REFUSED), 1);
}

static void a_refused_call_hides_no_other_to_the_same_number(void **state)
{
	struct fixture *fixture = *state;

	see_both_legs(fixture);
	assert_true(judge_critical(fixture, call(LEG_OUTSIDE, "a", "1001"))->refuse);
	assert_true(judge_critical(fixture, call(LEG_EXTENSION, "b", "1001"))->is_deferred);
	/* Of the two to this number the first is taken for the one before. */
	assert_true(judge(fixture, trunk_leg("c", "a"), NULL)->refuse);
	assert_int_equal(judge(fixture, trunk_leg("d", "a"), NULL)->action, ACTION_NONE);
	assert_int_equal(fixture->slips, 0);
}

/* Nor is it a repetition of the refused one when something is found about it, too. */
static void a_call_to_the_same_number_is_refused_for_its_own_reason(void **state)
{
	struct fixture *fixture = *state;

	assert_true(judge_critical(fixture, call(LEG_EXTENSION, "a", "1001"))->refuse);
	assert_true(judge_critical(fixture, trunk_leg("b", "a"))->refuse);
	assert_false(fixture->judgement.is_repeated);
	assert_int_equal(count(fixture, COUNTER_CALLS_REFUSED), 2);
}

static void another_number_under_one_call_id_is_another_refusal(void **state)
{
	struct fixture *fixture = *state;
	struct event event = call(LEG_EXTENSION, "a", "1001");

	assert_true(judge_critical(fixture, event)->refuse);
	event.kind = EVENT_CALL_IDENTIFIED;
	event.number = &abroad_too;
	assert_true(judge_critical(fixture, event)->refuse);
	assert_false(fixture->judgement.is_repeated);
	assert_int_equal(count(fixture, COUNTER_CALLS_REFUSED), 2);
}

static void the_gravest_reason_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;
	struct finding lesser = finding_of(SEVERITY_WARNING, "caller:1001");
	struct event event = call(LEG_EXTENSION, "a", "1001");

	settings.on = SEVERITY_WARNING;
	configure(fixture, settings);
	judge_critical(fixture, event);
	event.kind = EVENT_CALL_IDENTIFIED;
	lesser.rule = "off_hours";
	assert_string_equal(judge(fixture, event, &lesser)->why, "call_burst: critical");
}

static void the_trunk_leg_is_refused_where_such_are_seen(void **state)
{
	struct fixture *fixture = *state;

	see_both_legs(fixture);
	judge_critical(fixture, call(LEG_EXTENSION, "a", "1001"));
	assert_true(fixture->judgement.is_deferred && !fixture->judgement.refuse);
	assert_int_equal(fixture->judgement.action, ACTION_REFUSED);
	assert_int_equal(count(fixture, COUNTER_CALLS_REFUSED), 0);
	assert_true(judge(fixture, trunk_leg("b", "a"), NULL)->refuse);
	assert_int_equal(count(fixture, COUNTER_CALLS_REFUSED), 1);
	fixture->now += 1 * MINUTE;
	assert_true(judge_critical(fixture, call(LEG_EXTENSION, "c", "1001"))->is_deferred);
	assert_int_equal(fixture->slips, 0);
}

static void a_stranger_without_credentials_is_refused_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct event event = call(LEG_OUTSIDE, "a", "1001");

	see_both_legs(fixture);
	assert_true(judge_critical(fixture, event)->refuse);
	event.call_id = TEXT("b");
	event.has_account = true;
	assert_true(judge_critical(fixture, event)->is_deferred);
}

static void no_call_slips_through_twice(void **state)
{
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;
	struct event event = call(LEG_EXTENSION, "a", "1001");

	settings.end_calls = true;
	configure(fixture, settings);
	see_both_legs(fixture);
	assert_true(judge_critical(fixture, event)->is_deferred);
	event.kind = EVENT_CALL_ANSWERED;
	assert_false(judge(fixture, event, NULL)->end_call); /* it may answer before it dials */
	fixture->now += 2 * SECOND + 1;
	event.kind = EVENT_CALL_STILL_UP;
	assert_true(judge(fixture, event, NULL)->end_call);
	assert_int_equal(fixture->slips, 1);
	assert_int_equal(count(fixture, COUNTER_CALLS_SLIPPED), 1);
	see_both_legs(fixture);
	assert_true(judge_critical(fixture, call(LEG_EXTENSION, "b", "1001"))->refuse);
	/* Late as it is. */
	assert_true(judge(fixture, trunk_leg("c", "a"), NULL)->refuse);
}

static void a_trunk_leg_under_another_number_is_the_deferred_calls(void **state)
{
	struct fixture *fixture = *state;
	struct event other = call(LEG_TRUNK_OUT, "b", "0312345678");

	see_both_legs(fixture);
	assert_true(judge_critical(fixture, call(LEG_EXTENSION, "a", "1001"))->is_deferred);
	other.number = &abroad_too;
	fixture->now += 1 * SECOND;
	assert_true(judge(fixture, other, NULL)->refuse);
	fixture->now += 10 * SECOND;
	other.call_id = TEXT("c"); /* by another trunk */
	assert_true(judge(fixture, other, NULL)->refuse);
	fixture->now += 31 * SECOND;
	other.call_id = TEXT("d");
	assert_false(judge(fixture, other, NULL)->refuse);
	assert_int_equal(fixture->slips, 0);
}

static void while_a_call_waits_for_its_trunk_leg_phones_may_call_there(void **state)
{
	struct fixture *fixture = *state;

	see_both_legs(fixture);
	assert_true(judge_critical(fixture, call(LEG_EXTENSION, "a", "1001"))->is_deferred);
	assert_int_equal(judge(fixture, call(LEG_EXTENSION, "b", "1002"), NULL)->action, ACTION_NONE);
	assert_true(judge(fixture, trunk_leg("c", "a"), NULL)->refuse);
}

static void a_deferred_call_that_ends_has_not_slipped_through(void **state)
{
	static const enum event_kind ends[] = {EVENT_CALL_REFUSED, EVENT_CALL_CANCELLED, EVENT_CALL_ENDED};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct event event = call(LEG_EXTENSION, "a", "1001");
		see_both_legs(fixture);
		assert_true(judge_critical(fixture, event)->is_deferred);
		event.kind = EVENT_CALL_RINGING;
		judge(fixture, event, NULL);
		event.kind = ends[i];
		judge(fixture, event, NULL);
		fixture->now += 3 * SECOND;
		policy_tick(fixture->policy, fixture->now, keep_slip, fixture);
		assert_int_equal(fixture->slips, 0);
	}
}

static void what_is_up_is_ended_only_where_that_is_set(void **state)
{
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;
	struct event event = call(LEG_EXTENSION, "a", "1001");

	judge(fixture, event, NULL);
	event.kind = EVENT_CALL_STILL_UP;
	assert_false(judge_critical(fixture, event)->end_call);
	settings.end_calls = true;
	configure(fixture, settings);
	assert_true(judge_critical(fixture, event)->end_call);
	assert_false(fixture->judgement.refuse || fixture->judgement.is_repeated);
	assert_true(judge_critical(fixture, event)->is_repeated);
	event.call_id = TEXT("unknown");
	assert_false(judge_critical(fixture, event)->end_call);
	settings.is_replay = true;
	configure(fixture, settings);
	event.call_id = TEXT("a");
	assert_false(judge_critical(fixture, event)->end_call);
}

static void what_a_caller_has_up_is_ended_when_he_is_blocked(void **state)
{
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;
	struct blocked_account_record record = {.account = "1001", .since = NOON};
	struct event event = call(LEG_EXTENSION, "a", "1001"), other = call(LEG_EXTENSION, "b", "1002");

	settings.end_calls = true;
	configure(fixture, settings);
	judge(fixture, event, NULL);
	judge(fixture, other, NULL);
	event.kind = other.kind = EVENT_CALL_STILL_UP;
	assert_false(judge(fixture, event, NULL)->end_call);
	assert_true(policy_block_account(fixture->policy, &record, NOON));
	assert_true(judge(fixture, event, NULL)->end_call);
	assert_string_equal(fixture->findings.items[0].rule, "blocked_account");
	assert_false(judge(fixture, other, NULL)->end_call);
	settings.accounts = false;
	configure(fixture, settings);
	assert_false(judge(fixture, event, NULL)->end_call);
}

static void a_call_id_that_an_emergency_call_uses_ends_nothing(void **state)
{
	static const struct dialed_number police = {.kind = NUMBER_EMERGENCY, .digits = "110"};
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;
	struct event event = call(LEG_EXTENSION, "a", "1001"), emergency = event;

	settings.end_calls = true;
	configure(fixture, settings);
	emergency.number = &police;
	judge(fixture, event, NULL);
	judge_critical(fixture, emergency);
	for (int i = 0; i < 2; i++) {
		event.kind = EVENT_CALL_STILL_UP;
		assert_int_equal(judge_critical(fixture, event)->action, ACTION_NONE);
		event.kind = EVENT_CALL_ATTEMPTED; /* the INVITE is another one, and refused */
		assert_true(judge_critical(fixture, event)->refuse);
	}
}

/* ---- accounts */

static size_t blocked_accounts(const struct fixture *fixture)
{
	struct blocked_account_record record;

	return policy_list_accounts(fixture->policy, 0, &record, 1);
}

static void an_account_whose_credentials_were_accepted_is_blocked(void **state)
{
	struct fixture *fixture = *state;
	struct event event = call(LEG_EXTENSION, "a", "1001");
	struct blocked_account_record record;

	see_both_legs(fixture);
	assert_true(judge_critical(fixture, event)->is_deferred);
	show_credentials(fixture, phone, "a");
	judge(fixture, trunk_leg("b", "a"), NULL);
	assert_int_equal(blocked_accounts(fixture), 0);
	send(fixture, answer(phone, "a", 603, NULL)); /* the PBX passes our refusal on */
	assert_int_equal(policy_list_accounts(fixture->policy, 0, &record, 1), 1);
	assert_string_equal(record.account, "1001");
	assert_string_equal(record.incident, "7f3a09c2d1e4b586");
	assert_string_equal(record.reason, "call_burst, critical; its credentials were accepted");
	assert_int_equal(count(fixture, COUNTER_ACCOUNTS_BLOCKED), 1);

	fixture->now += 1 * DAY;
	event.call_id = TEXT("c");
	assert_true(judge(fixture, event, NULL)->refuse);
	assert_int_equal(fixture->findings.count, 1);
	assert_string_equal(fixture->findings.items[0].rule, "blocked_account");
	assert_string_equal(fixture->findings.items[0].subject, "caller:1001");
	event.call_id = TEXT("d");
	event.number = &at_home; /* domestic calls go on */
	assert_int_equal(judge(fixture, event, NULL)->action, ACTION_NONE);
	event.number = &abroad;
	event.caller = TEXT("1002");
	assert_int_equal(judge(fixture, event, NULL)->action, ACTION_NONE);
	event.caller = TEXT("1001");
	assert_true(policy_release_account(fixture->policy, "1001", fixture->now));
	assert_int_equal(judge(fixture, event, NULL)->action, ACTION_NONE);
}

/* Else the call that it was blocked for would do it again. */
static void who_is_released_stays_so_until_his_next_call(void **state)
{
	struct fixture *fixture = *state;

	show_credentials(fixture, phone, "a");
	judge_critical(fixture, call(LEG_EXTENSION, "a", "1001"));
	send(fixture, answer(phone, "a", 200, NULL));
	assert_int_equal(blocked_accounts(fixture), 1);
	assert_true(policy_release_account(fixture->policy, "1001", fixture->now));
	send(fixture, answer(phone, "a", 200, NULL));
	assert_int_equal(blocked_accounts(fixture), 0);
	show_credentials(fixture, phone, "b");
	judge_critical(fixture, call(LEG_EXTENSION, "b", "1001"));
	send(fixture, answer(phone, "b", 200, NULL));
	assert_int_equal(blocked_accounts(fixture), 1);
}

/* The trunk leg, on which the PBX shows its own number for everybody, is critical as well. */
static void the_culprit_is_the_caller_of_the_first_leg(void **state)
{
	struct fixture *fixture = *state;

	see_both_legs(fixture);
	show_credentials(fixture, phone, "a");
	assert_true(judge_critical(fixture, call(LEG_EXTENSION, "a", "1001"))->is_deferred);
	assert_true(judge_critical(fixture, trunk_leg("b", "a"))->refuse);
	send(fixture, answer(phone, "a", 603, NULL));
	assert_int_equal(blocked_accounts(fixture), 1);
}

static void a_blocked_account_is_refused_however_much_else_was_found(void **state)
{
	struct fixture *fixture = *state;
	struct blocked_account_record record = {.account = "1001", .since = NOON};
	struct event event = call(LEG_EXTENSION, "a", "1001");

	assert_true(policy_block_account(fixture->policy, &record, NOON));
	event.time = NOON;
	while (findings_add(&fixture->findings) != NULL) {
	}
	policy_judge(fixture->policy, &event, &fixture->findings, &fixture->judgement);
	assert_true(fixture->judgement.refuse);
	assert_int_equal(policy_release_incident(fixture->policy, ""), 1);
}

static void a_name_in_from_blocks_nobody(void **state)
{
	struct fixture *fixture = *state;

	see_both_legs(fixture);
	send(fixture, invite(phone, "a", "1001", NULL));
	judge_critical(fixture, call(LEG_EXTENSION, "a", "1001"));
	judge(fixture, trunk_leg("b", "a"), NULL);
	send(fixture, answer(phone, "a", 180, NULL));
	send(fixture, answer(phone, "a", 200, NULL));
	/* Nor do credentials that are not accepted. */
	show_credentials(fixture, phone, "c");
	judge_critical(fixture, call(LEG_EXTENSION, "c", "1001"));
	send(fixture, answer(phone, "c", 403, NULL));
	assert_int_equal(blocked_accounts(fixture), 0);
	/* Nor does a call that was no reason to. */
	show_credentials(fixture, phone, "d");
	judge(fixture, call(LEG_EXTENSION, "d", "1001"), NULL);
	send(fixture, answer(phone, "d", 200, NULL));
	assert_int_equal(blocked_accounts(fixture), 0);
}

static void only_what_proves_a_thief_blocks_an_account(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		enum severity severity;
		const char *subject;
		unsigned proves;
	} cases[] = {
		{SEVERITY_WARNING, "caller:1001", PROVES_CALL | PROVES_CALLER},
		{SEVERITY_CRITICAL, "caller:1001", PROVES_CALL},
		{SEVERITY_CRITICAL, "site", PROVES_CALL | PROVES_CALLER},
		{SEVERITY_CRITICAL, "number:+1246555", PROVES_CALL | PROVES_CALLER},
	};
	struct policy_settings settings = usual;

	settings.on = SEVERITY_WARNING;
	configure(fixture, settings);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct finding finding = finding_of(cases[i].severity, cases[i].subject);
		finding.proves = cases[i].proves;
		show_credentials(fixture, phone, "a");
		assert_true(judge(fixture, call(LEG_EXTENSION, "a", "1001"), &finding)->refuse);
		send(fixture, answer(phone, "a", 200, NULL));
		assert_int_equal(blocked_accounts(fixture), 0);
	}
}

static void on_the_trunk_leg_a_short_name_is_an_account(void **state)
{
	struct fixture *fixture = *state;

	judge_critical(fixture, call(LEG_TRUNK_OUT, "a", "0312345678")); /* everybody's */
	assert_int_equal(blocked_accounts(fixture), 0);
	judge_critical(fixture, call(LEG_TRUNK_OUT, "b", ""));
	assert_int_equal(blocked_accounts(fixture), 0);
	judge_critical(fixture, call(LEG_TRUNK_OUT, "c", "1001"));
	assert_int_equal(blocked_accounts(fixture), 1);
}

static void in_a_dry_run_accounts_would_be_blocked_and_never_are(void **state)
{
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;
	struct event event = call(LEG_TRUNK_OUT, "a", "1001");

	settings.mode = POLICY_DRY_RUN;
	configure(fixture, settings);
	judge_critical(fixture, event);
	event.call_id = TEXT("b");
	event.number = &abroad_too;
	assert_int_equal(judge(fixture, event, NULL)->action, ACTION_WOULD_REFUSE);
	assert_int_equal(count(fixture, COUNTER_ACCOUNTS_WOULD_BLOCK), 1);
	configure(fixture, usual);
	event.call_id = TEXT("c");
	assert_int_equal(judge(fixture, event, NULL)->action, ACTION_NONE);
	assert_int_equal(count(fixture, COUNTER_ACCOUNTS_BLOCKED), 0);
}

static void without_the_setting_no_account_is_blocked(void **state)
{
	struct policy_settings settings = usual;

	settings.accounts = false;
	configure(*state, settings);
	judge_critical(*state, call(LEG_TRUNK_OUT, "a", "1001"));
	assert_int_equal(blocked_accounts(*state), 0);
}

/* ---- addresses */

static void a_stranger_who_answers_a_challenge_is_blocked(void **state)
{
	struct fixture *fixture = *state;

	show_credentials(fixture, thief, "a");
	assert_int_equal(
		judge_critical(fixture, call(LEG_OUTSIDE, "a", "1001"))->action, ACTION_SOURCE_BLOCKED);
	assert_true(fixture->judgement.refuse);
	assert_int_equal(fixture->blocks, 1);
	assert_int_equal(fixture->block.kind, BLOCK_ADD);
	assert_true(address_equal(&fixture->block.address, &thief.address));
	assert_int_equal(fixture->block.prefix_length, 32);
	assert_int_equal(fixture->block.duration, 1 * HOUR);
	assert_string_equal(fixture->block.incident, "7f3a09c2d1e4b586");
	assert_string_equal(fixture->block.reason, "call_burst, critical; it answered a challenge");
	assert_int_equal(count(fixture, COUNTER_SOURCES_WOULD_BLOCK), 0);
	show_credentials(fixture, thief, "b"); /* what was on its way */
	assert_int_equal(judge_critical(fixture, call(LEG_OUTSIDE, "b", "1001"))->action, ACTION_REFUSED);
	assert_int_equal(fixture->blocks, 1);
	fixture->now += 1 * HOUR;
	show_credentials(fixture, thief, "c");
	judge_critical(fixture, call(LEG_OUTSIDE, "c", "1001"));
	assert_int_equal(fixture->blocks, 2);
	fixture->now += 11 * SECOND; /* he was let in again by hand: who is blocked is not heard of */
	show_credentials(fixture, thief, "d");
	judge_critical(fixture, call(LEG_OUTSIDE, "d", "1001"));
	assert_int_equal(fixture->blocks, 3);
}

static void a_proof_may_come_after_the_call(void **state)
{
	struct fixture *fixture = *state;
	struct sip_message request = invite(thief, "tcp", "1001", NULL);
	struct sip_message response = answer(thief, "tcp", 404, NULL);

	request.transport = response.transport = TRANSPORT_TCP;
	send(fixture, request);
	judge_critical(fixture, call(LEG_OUTSIDE, "tcp", "1001"));
	assert_int_equal(fixture->blocks, 0);
	send(fixture, response);
	assert_int_equal(fixture->blocks, 1);
	fixture->now += 11 * SECOND;

	judge_critical(fixture, call(LEG_OUTSIDE, "ack", "1001"));
	assert_int_equal(fixture->blocks, 1);
	policy_acknowledged(fixture->policy, TEXT("ack"), &phone.address, fixture->now, keep_block, fixture);
	assert_int_equal(fixture->blocks, 1);
	policy_acknowledged(fixture->policy, TEXT("ack"), &thief.address, fixture->now, keep_block, fixture);
	assert_int_equal(fixture->blocks, 2);
	assert_string_equal(fixture->block.incident, "7f3a09c2d1e4b586");
}

static void only_strangers_are_blocked(void **state)
{
	struct fixture *fixture = *state;
	static const enum leg legs[] = {LEG_UNKNOWN, LEG_EXTENSION, LEG_TRUNK_OUT, LEG_TRUNK_IN};

	for (size_t i = 0; i < COUNT_OF(legs); i++) {
		struct event event = call(legs[i], "a", "1001");
		event.source = thief;
		show_credentials(fixture, thief, "a");
		judge_critical(fixture, event);
		assert_int_equal(fixture->blocks, 0);
	}
}

/* The site's or a range's limit is anybody's work. */
static void what_is_found_about_all_blocks_no_address(void **state)
{
	static const char *const subjects[] = {"site", "number:+1246555"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(subjects); i++) {
		const struct finding finding = finding_of(SEVERITY_CRITICAL, subjects[i]);
		show_credentials(fixture, thief, "a");
		assert_int_equal(
			judge(fixture, call(LEG_OUTSIDE, "a", "1001"), &finding)->action, ACTION_REFUSED);
		assert_int_equal(fixture->blocks, 0);
	}
}

static void who_must_never_be_blocked_is_not(void **state)
{
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;
	static const char *const never[] = {"192.0.2.10", "203.0.113.5", "192.168.10.200", "127.0.0.1", "::1",
		"fe80::1", "ff02::1", "224.0.0.1", "255.255.255.255", "169.254.1.1", "0.0.0.0",
		"::", "198.51.100.1", "2001:db8::53", "198.51.100.99"};
	struct network_set host = {0};
	struct network network;
	struct address address;

	assert_true(network_parse(TEXT("198.51.100.1"), &network) && network_set_add(&host, &network));
	assert_true(network_parse(TEXT("2001:db8::53"), &network) && network_set_add(&host, &network));
	policy_set_host(fixture->policy, &host);
	assert_true(network_parse(TEXT("198.51.100.96/29"), &network) &&
		    network_set_add(&settings.never, &network));
	configure(fixture, settings);
	for (size_t i = 0; i < COUNT_OF(never); i++) {
		struct event event = call(LEG_OUTSIDE, "a", "1001");
		assert_true(address_parse(text_of(never[i]), &address));
		assert_false(policy_may_block(fixture->policy, &address, fixture->now));
		event.source.address = address;
		show_credentials(fixture, event.source, "a");
		judge_critical(fixture, event);
		assert_int_equal(fixture->blocks, 0);
	}
	assert_true(address_parse(TEXT("2001:db8::54"), &address));
	assert_true(policy_may_block(fixture->policy, &address, fixture->now));
	assert_true(policy_may_block(fixture->policy, &thief.address, fixture->now));
}

static void an_address_with_an_account_in_good_standing_is_not_blocked(void **state)
{
	struct fixture *fixture = *state;
	struct sip_message registered = answer(thief, "r", 200, NULL);

	registered.method = SIP_METHOD_REGISTER;
	send(fixture, registered);
	show_credentials(fixture, thief, "a");
	assert_int_equal(judge_critical(fixture, call(LEG_OUTSIDE, "a", "1001"))->action, ACTION_REFUSED);
	assert_int_equal(fixture->blocks, 0);
	assert_int_equal(count(fixture, COUNTER_BLOCKS_WITHHELD), 1);
	send(fixture, answer(thief, "a", 404, NULL));
	assert_int_equal(count(fixture, COUNTER_BLOCKS_WITHHELD), 1); /* once a call */
}

static void in_a_dry_run_addresses_would_be_blocked(void **state)
{
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;

	settings.mode = POLICY_DRY_RUN;
	configure(fixture, settings);
	show_credentials(fixture, thief, "a");
	assert_int_equal(judge_critical(fixture, call(LEG_OUTSIDE, "a", "1001"))->action, ACTION_WOULD_BLOCK);
	assert_false(fixture->judgement.refuse);
	assert_int_equal(count(fixture, COUNTER_SOURCES_WOULD_BLOCK), 1);
	fixture->now += 1 * HOUR - 1;
	show_credentials(fixture, thief, "again");
	judge_critical(fixture, call(LEG_OUTSIDE, "again", "1001"));
	assert_int_equal(count(fixture, COUNTER_SOURCES_WOULD_BLOCK), 1);
	fixture->now += 1; /* he would be let in by now */
	show_credentials(fixture, thief, "later");
	judge_critical(fixture, call(LEG_OUTSIDE, "later", "1001"));
	assert_int_equal(count(fixture, COUNTER_SOURCES_WOULD_BLOCK), 2);
	settings.mode = POLICY_BLOCK;
	settings.sources = false;
	configure(fixture, settings);
	show_credentials(fixture, thief, "b");
	assert_int_equal(judge_critical(fixture, call(LEG_OUTSIDE, "b", "1001"))->action, ACTION_REFUSED);
}

/* ---- forgers */

static uint64_t random_state;

static uint64_t pick(uint64_t choices)
{
	random_state = random_state * 6364136223846793005U + 1442695040888963407U;
	return (random_state >> 33) % choices;
}

/*
 * A forger on UDP writes whatever he likes, and sees what is sent to him alone. The PBX answers what it gets,
 * to where it seems to come from. Whatever he does, neither the PBX nor a trunk nor a phone is blocked; nor
 * an address outside whose owner does nothing; nor an account.
 */
static void who_forges_addresses_gets_nobody_blocked(void **state)
{
	static const struct endpoint victim = {{ADDRESS_IPV4, {198, 51, 100, 7}}, 5060};
	const struct endpoint forged[] = {pbx, trunk, phone, victim};
	static const enum leg legs[] = {LEG_OUTSIDE, LEG_EXTENSION, LEG_UNKNOWN, LEG_TRUNK_IN};
	static const char *const call_ids[] = {"a", "b", "c", "d", "e"};
	struct fixture *fixture = *state;
	struct policy_settings settings = usual;
	char known[64] = ""; /* a nonce that was sent to himself */
	unsigned nonces = 0;

	settings.on = SEVERITY_NOTICE;
	configure(fixture, settings);
	for (int i = 0; i < 200000; i++) {
		struct endpoint from = pick(6) == 0 ? thief : forged[pick(COUNT_OF(forged))];
		const char *call_id = call_ids[pick(COUNT_OF(call_ids))];
		const char *guess = pick(2) == 0 && known[0] != '\0' ? known : "a nonce made up";
		fixture->now += (duration)pick(2 * SECOND);
		struct sip_message request = invite(from, call_id, "1001", pick(2) == 0 ? guess : NULL);
		if (address_equal(&from.address, &thief.address)) {
			request.authorization_user = TEXT(""); /* his own is blocked elsewhere */
		}
		request.transport = pick(8) == 0 ? TRANSPORT_TCP : TRANSPORT_UDP;
		send(fixture, request);
		if (pick(3) == 0) {
			char nonce[64];
			snprintf(nonce, sizeof nonce, "nonce number %u", pick(4) == 0 ? nonces : ++nonces);
			/* Over TCP it answers only whom it has spoken with. */
			send(fixture, answer(from, call_id, 407, nonce));
			if (address_equal(&from.address, &thief.address)) {
				snprintf(known, sizeof known, "%s", nonce);
			}
		}
		if (pick(3) == 0) {
			send(fixture, answer(from, call_id, (uint16_t)(100 + pick(600)), NULL));
		}
		struct event event = call(legs[pick(COUNT_OF(legs))], call_id, "1001");
		event.kind = (enum event_kind)pick(EVENT_KIND_COUNT);
		event.joined_call_id = text_of(call_ids[pick(COUNT_OF(call_ids))]);
		event.source = from;
		event.has_account = pick(2) == 0;
		if (!address_equal(&from.address, &thief.address)) {
			judge_critical(fixture, event);
		}
		assert_int_equal(fixture->blocks, 0);
		assert_int_equal(blocked_accounts(fixture), 0);
	}
}

static void every_state_and_action_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(incident_state_name(INCIDENT_OPENED), "opened");
	assert_string_equal(incident_state_name(INCIDENT_CLOSED), "closed");
	assert_string_equal(action_taken_name(ACTION_NONE), "none");
	assert_string_equal(action_taken_name(ACTION_WOULD_BLOCK), "would_block");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(emergency_and_service_numbers_are_never_touched),
		TEST(what_could_not_be_read_is_never_touched),
		TEST(each_mode_does_what_it_says),
		TEST(calls_are_refused_from_the_severity_that_is_set),
		TEST(what_costs_nothing_and_what_is_no_try_is_not_refused),
		TEST(the_next_leg_of_a_refused_call_is_refused),
		TEST(a_call_to_the_same_number_is_refused_for_its_own_reason),
		TEST(another_number_under_one_call_id_is_another_refusal),
		TEST(the_gravest_reason_is_told),
		TEST(the_trunk_leg_is_refused_where_such_are_seen),
		TEST(a_refused_call_hides_no_other_to_the_same_number),
		TEST(a_stranger_without_credentials_is_refused_at_once),
		TEST(no_call_slips_through_twice),
		TEST(a_trunk_leg_under_another_number_is_the_deferred_calls),
		TEST(while_a_call_waits_for_its_trunk_leg_phones_may_call_there),
		TEST(a_deferred_call_that_ends_has_not_slipped_through),
		TEST(what_is_up_is_ended_only_where_that_is_set),
		TEST(what_a_caller_has_up_is_ended_when_he_is_blocked),
		TEST(a_call_id_that_an_emergency_call_uses_ends_nothing),
		TEST(an_account_whose_credentials_were_accepted_is_blocked),
		TEST(who_is_released_stays_so_until_his_next_call),
		TEST(the_culprit_is_the_caller_of_the_first_leg),
		TEST(a_blocked_account_is_refused_however_much_else_was_found),
		TEST(a_name_in_from_blocks_nobody),
		TEST(only_what_proves_a_thief_blocks_an_account),
		TEST(on_the_trunk_leg_a_short_name_is_an_account),
		TEST(in_a_dry_run_accounts_would_be_blocked_and_never_are),
		TEST(without_the_setting_no_account_is_blocked),
		TEST(a_stranger_who_answers_a_challenge_is_blocked),
		TEST(a_proof_may_come_after_the_call),
		TEST(only_strangers_are_blocked),
		TEST(what_is_found_about_all_blocks_no_address),
		TEST(who_must_never_be_blocked_is_not),
		TEST(an_address_with_an_account_in_good_standing_is_not_blocked),
		TEST(in_a_dry_run_addresses_would_be_blocked),
		TEST(who_forges_addresses_gets_nobody_blocked),
		cmocka_unit_test(every_state_and_action_has_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
