/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/call/destination.h"
#include "pbxguard/call/dial_plan.h"
#include "pbxguard/call/dialog.h"
#include "pbxguard/call/followed_call.h"
#include "pbxguard/call/known_calls.h"
#include "pbxguard/call/waiting_legs.h"

#include <stdlib.h>

#define PHONE "192.168.10.21"
#define OTHER_PHONE "192.168.10.22"
#define PBX "192.0.2.10"
#define TRUNK "203.0.113.2"
#define STRANGER "198.51.100.66"

static struct site site;
static const struct site nowhere; /* no addresses configured */
static struct dial_plan plan = {
	.name = "test",
	.country = "JP",
	.country_code = "81",
	.trunk_prefix = "0",
	.emergency_count = 1,
	.emergency = {{"110", "police"}},
	.international_count = 1,
	.international_prefixes = {"010"},
	.domestic_count = 1,
	.domestic = {{"0Z", "10", "geographic"}},
	.internal_digits = 5,
};

struct fixture {
	struct dialogs *dialogs;
	struct counters counters;
	instant now;
	size_t events;
	enum event_kind kinds[64];
	char callers[64][CALLER_SIZE];
	char numbers[64][E164_SIZE];
	char joined[64][64];
	struct event last; /* its texts are gone; the two below are kept */
	char moved_by[CALLER_SIZE], caller_e164[E164_SIZE];
	instant times[64];
};

static void add(struct network_set *set, const char *text)
{
	struct network network;

	assert_true(network_parse(text_of(text), &network));
	assert_true(network_set_add(set, &network));
}

static void note(void *context, const struct event *event)
{
	struct fixture *fixture = context;
	size_t i = fixture->events++;

	assert_true(i < 64);
	fixture->kinds[i] = event->kind;
	text_copy(event->caller, fixture->callers[i], CALLER_SIZE);
	memcpy(fixture->numbers[i], event->number->e164, E164_SIZE);
	text_copy(event->joined_call_id, fixture->joined[i], sizeof fixture->joined[i]);
	fixture->times[i] = event->time;
	fixture->last = *event;
	text_copy(event->moved_by, fixture->moved_by, sizeof fixture->moved_by);
	text_copy(event->caller_e164, fixture->caller_e164, sizeof fixture->caller_e164);
}

static int set_up(void **state)
{
	static struct destination_table *destinations;
	struct fixture *fixture = calloc(1, sizeof *fixture);
	char error[512], path[4096];

	if (destinations == NULL) {
		snprintf(path, sizeof path, "%s/conf/destinations.csv", getenv("PBXGUARD_SOURCE"));
		destinations = destination_table_read(path, error, sizeof error);
		assert_non_null(destinations);
		plan.destinations = destinations;
		add(&site.pbx, PBX);
		add(&site.trunks, TRUNK);
		add(&site.extensions, "192.168.10.0/24");
	}
	fixture->dialogs = dialogs_new(
		&(struct dialog_context){&site, &plan, destinations, 12 * HOUR}, 0, &fixture->counters);
	fixture->now = 1000 * SECOND;
	*state = fixture;
	return fixture->dialogs == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	dialogs_free(fixture->dialogs);
	free(fixture);
	return 0;
}

static void configure(struct fixture *fixture, const struct site *other)
{
	dialogs_configure(
		fixture->dialogs, &(struct dialog_context){other, &plan, plan.destinations, 12 * HOUR});
}

/* What differs from one message of these tests to the next; the rest has a default. */
struct sketch {
	const char *from, *number, *source, *destination, *call_id;
	const char *tag, *to_tag, *account;
	uint32_t cseq;
	const char *branch;
	enum sip_method method;
	uint16_t port;
	uint16_t status; /* of an answer */
	duration earlier;
	uint32_t oddities;
	uint32_t session_expires;
	const char *diversion, *history, *referred_by, *refer_to, *contact; /* users */
	bool in_line;           /* by who refuses calls, and knows no repetition in it */
	bool refused, deferred; /* and does it with this one */
};

static struct sip_party party(const char *user)
{
	return (struct sip_party){
		.uri = {.whole = text_of(user), .scheme = SIP_SCHEME_SIP, .user = text_of(user)}};
}

static void send(struct fixture *fixture, struct sketch sketch)
{
	struct sip_message message = {
		.time = (fixture->now += MILLISECOND) - sketch.earlier,
		.is_request = sketch.status == 0,
		.status = sketch.status,
		.oddities = sketch.oddities,
		.via_branch = text_of(sketch.branch),
		.method = sketch.method != SIP_METHOD_OTHER ? sketch.method : SIP_METHOD_INVITE,
		.request_uri = {.whole = text_of(sketch.number),
			.scheme = SIP_SCHEME_SIP,
			.user = text_of(sketch.number)},
		.from = {.uri.user = text_of(sketch.from != NULL ? sketch.from : "1001"),
			.tag = text_of(sketch.tag)},
		.to.tag = text_of(sketch.to_tag),
		.call_id = text_of(sketch.call_id != NULL ? sketch.call_id : "call-1"),
		.has_cseq = true,
		.cseq = sketch.cseq,
		.authorization_user = text_of(sketch.account),
		.source.port = sketch.port != 0 ? sketch.port : 5060,
		.destination.port = 5060,
		.session_expires = sketch.session_expires,
		.diversion = party(sketch.diversion),
		.history_info = party(sketch.history),
		.referred_by = party(sketch.referred_by),
		.refer_to = party(sketch.refer_to),
		.contact = party(sketch.contact),
	};

	assert_true(address_parse(
		text_of(sketch.source != NULL ? sketch.source : PHONE), &message.source.address));
	assert_true(address_parse(text_of(sketch.destination != NULL ? sketch.destination : PBX),
		&message.destination.address));
	if (sketch.in_line) {
		dialogs_retried(fixture->dialogs, &message);
	}
	dialogs_handle(fixture->dialogs, &message, note, fixture);
	if (sketch.refused || sketch.deferred) {
		dialogs_refused(fixture->dialogs, &message, sketch.deferred);
	}
}

#define BARBADOS "01012465550123"
#define BARBADOS_TOO "01012465550199"

static uint64_t calls(const struct fixture *fixture)
{
	return counter_get(&fixture->counters, COUNTER_CALLS);
}

static void retransmissions_challenges_and_reinvites_are_one_call(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 10; i++) {
		send(fixture, (struct sketch){.number = BARBADOS, .cseq = 1, .tag = "a"});
	}
	send(fixture, (struct sketch){.number = BARBADOS, .cseq = 2, .tag = "a", .account = "1001"});
	send(fixture, (struct sketch){.number = BARBADOS, .cseq = 3, .tag = "a", .to_tag = "b"});
	assert_int_equal(fixture->events, 1);
	assert_int_equal(fixture->kinds[0], EVENT_CALL_ATTEMPTED);
	assert_string_equal(fixture->numbers[0], "+12465550123");
	assert_int_equal(calls(fixture), 1);
}

static void both_legs_through_the_pbx_are_one_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS});
	send(fixture, (struct sketch){.number = BARBADOS,
			      .call_id = "leg-2",
			      .from = "0312345678",
			      .source = PBX,
			      .destination = TRUNK,
			      .account = "trunk-account"});
	assert_int_equal(fixture->events, 2);
	assert_int_equal(fixture->kinds[1], EVENT_CALL_JOINED);
	assert_string_equal(fixture->joined[1], "call-1");
	assert_string_equal(fixture->callers[1], "0312345678");
	assert_int_equal(calls(fixture), 1);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_JOINED), 1);
}

static void without_addresses_the_receiver_of_the_first_leg_is_the_pbx(void **state)
{
	struct fixture *fixture = *state;

	configure(fixture, &nowhere);
	send(fixture, (struct sketch){.number = BARBADOS});
	send(fixture,
		(struct sketch){
			.number = "+12465550123", .call_id = "leg-2", .source = PBX, .destination = TRUNK});
	assert_int_equal(calls(fixture), 1);
	send(fixture,
		(struct sketch){
			.number = BARBADOS, .call_id = "leg-3", .source = STRANGER, .destination = TRUNK});
	assert_int_equal(calls(fixture), 2);
}

static void a_leg_that_comes_too_late_is_another_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS});
	fixture->now += WAITING_LEG_TIME;
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "late", .source = PBX, .destination = TRUNK});
	assert_int_equal(calls(fixture), 2);
}

static void two_phones_calling_one_number_are_two_calls_of_two_legs(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .call_id = "a1"});
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "a2", .from = "1002", .source = OTHER_PHONE});
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "b1", .source = PBX, .destination = TRUNK});
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "b2", .source = PBX, .destination = TRUNK});
	assert_int_equal(calls(fixture), 2);
	assert_string_equal(fixture->joined[2], "a1");
	assert_string_equal(fixture->joined[3], "a2");
}

static void to_trunk(struct fixture *fixture, const char *call_id, uint16_t answer)
{
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = call_id, .source = PBX, .destination = TRUNK});
	if (answer != 0) {
		send(fixture, (struct sketch){.number = BARBADOS,
				      .call_id = call_id,
				      .source = TRUNK,
				      .destination = PBX,
				      .to_tag = "b",
				      .status = answer});
	}
}

static void a_pbx_may_try_another_trunk_when_one_has_failed(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS});
	to_trunk(fixture, "try-1", 503);
	to_trunk(fixture, "try-2", 486);
	to_trunk(fixture, "try-3", 200);
	assert_int_equal(calls(fixture), 1);
	to_trunk(fixture, "more", 0); /* the third has not failed: somebody calls from the PBX itself */
	assert_int_equal(calls(fixture), 2);
}

static void a_next_leg_says_whether_another_call_could_be_meant(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS});
	assert_false(fixture->last.is_joined_surely);
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "2", .source = PBX, .destination = TRUNK});
	assert_int_equal(fixture->last.kind, EVENT_CALL_JOINED);
	assert_true(fixture->last.is_joined_surely);
	send(fixture, (struct sketch){.number = BARBADOS, .call_id = "3", .from = "1002"});
	send(fixture, (struct sketch){.number = BARBADOS, .call_id = "4", .from = "1003"});
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "5", .source = PBX, .destination = TRUNK});
	assert_int_equal(fixture->last.kind, EVENT_CALL_JOINED);
	assert_false(fixture->last.is_joined_surely);
}

static void a_session_border_controller_makes_a_third_leg_of_the_same_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS});
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "2", .source = PBX, .destination = TRUNK});
	send(fixture, (struct sketch){
			      .number = BARBADOS, .call_id = "3", .source = TRUNK, .destination = STRANGER});
	assert_int_equal(calls(fixture), 1);
	assert_int_equal(fixture->events, 3);
	assert_int_equal(fixture->kinds[2], EVENT_CALL_JOINED);
}

/* An INVITE from the carrier costs nothing, so no rule has looked at it; what the PBX makes of it does. */
static void a_call_from_the_carrier_does_not_hide_one_that_goes_out(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .source = TRUNK, .call_id = "in"});
	send(fixture,
		(struct sketch){.number = BARBADOS, .source = PBX, .destination = TRUNK, .call_id = "out"});
	assert_int_equal(fixture->events, 2);
	assert_int_equal(fixture->kinds[1], EVENT_CALL_ATTEMPTED);
	send(fixture, (struct sketch){.number = BARBADOS_TOO, .source = TRUNK, .call_id = "kept"});
	send(fixture,
		(struct sketch){
			.number = BARBADOS_TOO, .source = PBX, .destination = TRUNK, .call_id = "kept"});
	assert_int_equal(fixture->events, 4);
	assert_int_equal(fixture->kinds[3], EVENT_CALL_ATTEMPTED);
}

static void a_reinvite_of_an_unknown_call_is_a_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .to_tag = "b"});
	send(fixture, (struct sketch){.number = BARBADOS, .to_tag = "b", .cseq = 2});
	assert_int_equal(calls(fixture), 1);
}

static void a_gateway_among_the_phones_costs_money_too(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .source = PBX, .destination = PHONE});
	assert_int_equal(fixture->events, 1);
}

static void a_clock_set_back_joins_nothing(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS});
	send(fixture, (struct sketch){.number = BARBADOS,
			      .call_id = "2",
			      .source = PBX,
			      .destination = TRUNK,
			      .earlier = HOUR});
	assert_int_equal(calls(fixture), 2);
}

static void two_call_ids_in_one_message_hide_nothing(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 5; i++) {
		char branch[8];
		snprintf(branch, sizeof branch, "b%d", i);
		send(fixture,
			(struct sketch){.number = BARBADOS, .branch = branch, .oddities = SIP_ODD_REPEATED});
		send(fixture,
			(struct sketch){.number = BARBADOS, .branch = branch, .oddities = SIP_ODD_REPEATED});
	}
	assert_int_equal(calls(fixture), 5);
}

static void where_only_the_trunk_is_seen_each_leg_is_a_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "b1", .source = PBX, .destination = TRUNK});
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "b2", .source = PBX, .destination = TRUNK});
	assert_int_equal(calls(fixture), 2);
}

/* As sipp plays both sides on one address: 771 calls are 771. */
static void callers_on_the_pbx_host_are_told_apart_by_port(void **state)
{
	struct fixture *fixture = *state;

	configure(fixture, &nowhere);
	send(fixture, (struct sketch){.number = "service", .call_id = "1", .source = PBX, .port = 5061});
	send(fixture, (struct sketch){.number = "service", .call_id = "2", .source = PBX, .port = 5061});
	assert_int_equal(calls(fixture), 2);
	send(fixture,
		(struct sketch){.number = "service", .call_id = "3", .source = PBX, .destination = TRUNK});
	assert_int_equal(calls(fixture), 2);
}

static void the_leg_that_tells_more_counts(void **state)
{
	struct fixture *fixture = *state;

	send(fixture,
		(struct sketch){.number = "5501012465550123"}); /* 55: a prefix that only the PBX knows */
	send(fixture,
		(struct sketch){.number = BARBADOS, .call_id = "leg-2", .source = PBX, .destination = TRUNK});
	assert_int_equal(fixture->events, 2);
	assert_int_equal(fixture->kinds[1], EVENT_CALL_ATTEMPTED);
	assert_string_equal(fixture->numbers[1], "+12465550123");
	assert_int_equal(calls(fixture), 1);
}

static void a_proxy_that_keeps_the_call_id_is_one_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS});
	send(fixture, (struct sketch){.number = "+12465550123", .source = PBX, .destination = TRUNK});
	send(fixture, (struct sketch){.number = "12465550123", .source = PBX, .destination = TRUNK});
	assert_int_equal(fixture->events, 1);
	assert_int_equal(calls(fixture), 1);
}

static void a_call_id_does_not_hide_a_second_number_or_caller(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS});
	send(fixture, (struct sketch){.number = BARBADOS_TOO});
	send(fixture, (struct sketch){.number = BARBADOS, .from = "1002"});
	assert_int_equal(calls(fixture), 3);
	for (int i = 0; i < 40; i++) { /* more than are remembered: each counts, none is swallowed */
		char number[32];
		snprintf(number, sizeof number, "010124655501%02d", i);
		send(fixture, (struct sketch){.number = number, .from = "1003"});
	}
	assert_int_equal(calls(fixture), 43);
}

static void a_call_id_used_again_after_the_end_is_another_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .branch = "1", .tag = "a"});
	send(fixture,
		(struct sketch){.number = BARBADOS, .tag = "a", .method = SIP_METHOD_BYE, .to_tag = "b"});
	send(fixture,
		(struct sketch){.number = BARBADOS, .branch = "1", .tag = "a"}); /* a late retransmission */
	assert_int_equal(calls(fixture), 1);
	send(fixture, (struct sketch){.number = BARBADOS, .branch = "2", .tag = "a"});
	assert_int_equal(calls(fixture), 2);
}

static void another_tag_is_another_call_unless_it_was_asked_for(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .tag = "a"});
	send(fixture,
		(struct sketch){.number = BARBADOS, .status = 407, .source = PBX, .destination = PHONE});
	send(fixture, (struct sketch){.number = BARBADOS, .tag = "b", .account = "1001"});
	assert_int_equal(calls(fixture), 1);
	send(fixture, (struct sketch){.number = BARBADOS, .tag = "c", .account = "1001"});
	send(fixture, (struct sketch){.number = BARBADOS, .tag = "d", .account = "1001"});
	assert_int_equal(calls(fixture), 3);
}

/* Anyone can write From: 1004; that its credentials name 1004 is told, too. */
static void a_stranger_is_known_by_his_credentials_only(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .from = "1004", .source = STRANGER, .cseq = 1});
	send(fixture, (struct sketch){.number = BARBADOS,
			      .from = "1004",
			      .source = STRANGER,
			      .cseq = 2,
			      .account = "1004"});
	send(fixture, (struct sketch){.number = BARBADOS,
			      .from = "1004",
			      .source = STRANGER,
			      .cseq = 2,
			      .account = "1004"});
	assert_int_equal(fixture->events, 2);
	assert_int_equal(fixture->kinds[1], EVENT_CALL_IDENTIFIED);
	assert_int_equal(calls(fixture), 1);
}

static void credentials_that_name_another_account_identify_the_caller(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .from = "anonymous", .cseq = 1});
	send(fixture, (struct sketch){.number = BARBADOS, .from = "anonymous", .cseq = 2, .account = "1004"});
	send(fixture, (struct sketch){.number = BARBADOS, .from = "anonymous", .cseq = 2, .account = "1004"});
	assert_int_equal(fixture->events, 2);
	assert_int_equal(fixture->kinds[1], EVENT_CALL_IDENTIFIED);
	assert_string_equal(fixture->callers[1], "1004");
	assert_int_equal(calls(fixture), 1);
}

static void a_callers_name_is_the_same_however_it_is_written(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .from = "%31001;x=y"});
	assert_string_equal(fixture->callers[0], "1001");
}

static void what_rings_a_phone_is_no_call_of_its_own(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = "0312345678", .source = TRUNK, .call_id = "in"});
	send(fixture,
		(struct sketch){.number = "1001", .source = PBX, .destination = PHONE, .call_id = "ring-1"});
	send(fixture,
		(struct sketch){
			.number = "1002", .source = PBX, .destination = OTHER_PHONE, .call_id = "ring-2"});
	assert_int_equal(calls(fixture), 1);
	assert_int_equal(fixture->events, 1);
}

static void an_invite_without_call_id_still_counts(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = BARBADOS, .call_id = ""});
	send(fixture, (struct sketch){.number = BARBADOS, .call_id = ""});
	send(fixture, (struct sketch){.number = BARBADOS_TOO, .call_id = ""});
	assert_int_equal(calls(fixture), 2);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_UNREADABLE_INVITES), 3);
}

static void an_unreadable_invite_is_counted_for_its_reason(void **state)
{
	static const struct {
		struct sketch sketch;
		enum counter counter; /* COUNTER_COUNT: it is readable */
	} cases[] = {
		{{.number = BARBADOS, .call_id = "1"}, COUNTER_COUNT},
		{{.number = BARBADOS, .call_id = "2", .oddities = SIP_ODD_CUT}, COUNTER_COUNT},
		{{.number = BARBADOS, .call_id = ""}, COUNTER_INVITES_NO_CALL_ID},
		{{.number = "", .call_id = "3"}, COUNTER_INVITES_NO_NUMBER},
		{{.number = "", .call_id = ""}, COUNTER_INVITES_NO_NUMBER},
		{{.number = BARBADOS, .call_id = "", .oddities = SIP_ODD_CUT}, COUNTER_INVITES_CUT},
		{{.number = "", .call_id = "4", .oddities = SIP_ODD_CUT}, COUNTER_INVITES_CUT},
		/* Rings a phone: it costs nothing, however it is written. */
		{{.number = "", .call_id = "5", .source = PBX, .destination = PHONE}, COUNTER_COUNT},
		/* A re-INVITE goes to the Contact, which may have no user. */
		{{.number = "", .call_id = "1", .to_tag = "a"}, COUNTER_COUNT},
	};
	static const enum counter reasons[] = {
		COUNTER_INVITES_CUT, COUNTER_INVITES_NO_NUMBER, COUNTER_INVITES_NO_CALL_ID};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t is_unreadable = cases[i].counter != COUNTER_COUNT;
		memset(&fixture->counters, 0, sizeof fixture->counters);
		send(fixture, cases[i].sketch);
		for (size_t j = 0; j < COUNT_OF(reasons); j++) {
			if (counter_get(&fixture->counters, reasons[j]) != (reasons[j] == cases[i].counter)) {
				fail_msg("case %zu: %s", i, counter_name(reasons[j]));
			}
		}
		assert_int_equal(counter_get(&fixture->counters, COUNTER_UNREADABLE_INVITES), is_unreadable);
	}
}

static void the_table_forgets_and_counts_it(void **state)
{
	struct fixture *fixture = *state;
	char call_id[16];

	for (int i = 0; i < KNOWN_CALLS_MINIMUM + 100; i++) {
		snprintf(call_id, sizeof call_id, "%d", i);
		fixture->events = 0;
		send(fixture, (struct sketch){.number = BARBADOS, .call_id = call_id});
	}
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_EVICTED), 100);
	assert_int_equal(calls(fixture), KNOWN_CALLS_MINIMUM + 100);
}

/* ---- the life of a call ---- */

static void wait(struct fixture *fixture, duration time)
{
	fixture->now += time;
	dialogs_tick(fixture->dialogs, fixture->now, note, fixture);
}

static void expect_last(const struct fixture *fixture, size_t events, enum event_kind kind)
{
	assert_int_equal(fixture->events, events);
	if (fixture->last.kind != kind) {
		fail_msg("%s instead of %s", event_kind_name(fixture->last.kind), event_kind_name(kind));
	}
}

#define CALL .number = BARBADOS, .tag = "a"
#define ANSWER(code) .status = (code), .tag = "a", .to_tag = "b"

static void a_call_is_followed_from_ring_to_end(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	uint64_t call = fixture->last.call;
	assert_int_not_equal(call, 0);
	send(fixture, (struct sketch){.status = 100, .tag = "a"});
	send(fixture, (struct sketch){.status = 407, .tag = "a"});
	expect_last(fixture, 1, EVENT_CALL_ATTEMPTED);
	send(fixture, (struct sketch){CALL, .cseq = 2, .branch = "2"});
	send(fixture, (struct sketch){ANSWER(180)});
	send(fixture, (struct sketch){ANSWER(183)});
	expect_last(fixture, 2, EVENT_CALL_RINGING);
	send(fixture, (struct sketch){ANSWER(200)});
	send(fixture, (struct sketch){ANSWER(200)});
	expect_last(fixture, 3, EVENT_CALL_ANSWERED);
	instant answered = fixture->last.time;
	wait(fixture, 70 * SECOND);
	expect_last(fixture, 5, EVENT_CALL_STILL_UP);
	assert_int_equal(fixture->last.time, answered + 60 * SECOND);
	assert_int_equal(fixture->last.up, 60 * SECOND);
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE, .tag = "a", .to_tag = "b"});
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE, .tag = "a", .to_tag = "b"});
	expect_last(fixture, 6, EVENT_CALL_ENDED);
	assert_int_equal(fixture->last.ended_by, CALL_END_CALLER);
	assert_int_equal(fixture->last.up, fixture->last.time - answered);
	assert_int_equal(fixture->last.call, call);
	assert_int_equal(fixture->last.answered, answered);
	assert_string_equal(fixture->numbers[5], "+12465550123");
	assert_string_equal(fixture->callers[5], "1001");
	wait(fixture, 1 * DAY);
	assert_int_equal(fixture->events, 6);
}

static void who_is_called_may_hang_up(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	send(fixture, (struct sketch){ANSWER(200)});
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE,
			      .source = PBX,
			      .destination = PHONE,
			      .tag = "b",
			      .to_tag = "a"});
	expect_last(fixture, 3, EVENT_CALL_ENDED);
	assert_int_equal(fixture->last.ended_by, CALL_END_CALLED);
}

static void a_refusal_tells_its_code(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	send(fixture, (struct sketch){ANSWER(486)});
	send(fixture, (struct sketch){ANSWER(486)});
	expect_last(fixture, 2, EVENT_CALL_REFUSED);
	assert_int_equal(fixture->last.status, 486);
}

static void a_cancelled_call_was_not_answered(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	send(fixture, (struct sketch){.method = SIP_METHOD_CANCEL, .tag = "a"});
	send(fixture, (struct sketch){ANSWER(487)});
	expect_last(fixture, 2, EVENT_CALL_CANCELLED);
	assert_int_equal(fixture->last.answered, 0);
}

static void a_call_that_nobody_answers_is_over_in_the_end(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	wait(fixture, 4 * MINUTE);
	assert_int_equal(fixture->events, 1);
	wait(fixture, 2 * MINUTE);
	expect_last(fixture, 2, EVENT_CALL_CANCELLED);
	assert_int_equal(fixture->last.time, fixture->times[0] + 5 * MINUTE);
}

static void domestic_calls_are_not_followed(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = "0312345678", .tag = "a"});
	assert_int_equal(fixture->last.call, 0);
	send(fixture, (struct sketch){ANSWER(200)});
	wait(fixture, 1 * HOUR);
	assert_int_equal(fixture->events, 1);
}

#define LEG_2 .call_id = "leg-2", .source = PBX, .destination = TRUNK
#define LEG_2_BACK .call_id = "leg-2", .source = TRUNK, .destination = PBX

static void both_legs_tell_one_story(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	uint64_t call = fixture->last.call;
	send(fixture, (struct sketch){CALL, LEG_2});
	expect_last(fixture, 2, EVENT_CALL_JOINED);
	assert_int_equal(fixture->last.call, call);
	send(fixture, (struct sketch){ANSWER(180), LEG_2_BACK});
	send(fixture, (struct sketch){ANSWER(180)});
	expect_last(fixture, 3, EVENT_CALL_RINGING);
	send(fixture, (struct sketch){ANSWER(200), LEG_2_BACK});
	send(fixture, (struct sketch){ANSWER(200)});
	expect_last(fixture, 4, EVENT_CALL_ANSWERED);
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE, .tag = "a", .to_tag = "b"});
	assert_int_equal(fixture->events, 4); /* the trunk's leg still costs */
	wait(fixture, 30 * SECOND);
	expect_last(fixture, 5, EVENT_CALL_STILL_UP);
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE, LEG_2, .tag = "a", .to_tag = "b"});
	expect_last(fixture, 6, EVENT_CALL_ENDED);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_ANSWERED), 1);
}

static void a_busy_trunk_does_not_end_the_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	send(fixture, (struct sketch){CALL, LEG_2});
	send(fixture, (struct sketch){ANSWER(503), LEG_2_BACK});
	assert_int_equal(fixture->events, 2);
	send(fixture, (struct sketch){ANSWER(503)});
	expect_last(fixture, 3, EVENT_CALL_REFUSED);
}

static void a_forked_call_ends_with_its_last_branch(void **state)
{
	static const char *const tags[] = {"b", "c", "d"};
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	for (size_t i = 0; i < 3; i++) {
		send(fixture, (struct sketch){.status = 180, .tag = "a", .to_tag = tags[i]});
		send(fixture, (struct sketch){.status = 200, .tag = "a", .to_tag = tags[i]});
	}
	expect_last(fixture, 3, EVENT_CALL_ANSWERED);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fixture->events, 3);
		send(fixture, (struct sketch){.method = SIP_METHOD_BYE, .tag = "a", .to_tag = tags[i]});
	}
	expect_last(fixture, 4, EVENT_CALL_ENDED);
}

static void a_session_that_is_not_refreshed_is_over(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	send(fixture, (struct sketch){ANSWER(200), .session_expires = 1800});
	instant answered = fixture->last.time;
	fixture->now += 15 * MINUTE;
	fixture->events = 0;
	send(fixture, (struct sketch){CALL, .to_tag = "b", .session_expires = 1800}); /* a re-INVITE */
	fixture->now += 15 * MINUTE;
	fixture->events = 0;
	send(fixture,
		(struct sketch){
			.method = SIP_METHOD_UPDATE, .tag = "a", .to_tag = "b", .session_expires = 600});
	instant refreshed = fixture->now;
	fixture->events = 0;
	wait(fixture, 20 * MINUTE);
	expect_last(fixture, fixture->events, EVENT_CALL_ENDED);
	assert_int_equal(fixture->last.ended_by, CALL_END_ASSUMED);
	assert_int_equal(fixture->last.time, refreshed + 11 * MINUTE);
	assert_int_equal(fixture->last.up, fixture->last.time - answered);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_END_ASSUMED), 1);
}

static void a_call_without_an_end_is_over_at_its_greatest_age(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	send(fixture, (struct sketch){ANSWER(200)});
	for (int i = 0; i < 12 * 60; i++) {
		fixture->events = 0;
		wait(fixture, 1 * MINUTE);
	}
	expect_last(fixture, 2, EVENT_CALL_ENDED);
	assert_int_equal(fixture->last.up, 12 * HOUR);
	assert_int_equal(fixture->last.ended_by, CALL_END_ASSUMED);
}

/* The table forgets calls that nothing is heard of for an hour; but not those. */
static void a_long_call_is_still_known_when_it_ends(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL});
	send(fixture, (struct sketch){CALL, LEG_2});
	send(fixture, (struct sketch){ANSWER(200), LEG_2_BACK});
	send(fixture, (struct sketch){ANSWER(200)});
	for (int i = 0; i < 3 * 60; i++) {
		fixture->events = 0;
		wait(fixture, 1 * MINUTE);
	}
	fixture->events = 0;
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE, LEG_2, .tag = "a", .to_tag = "b"});
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE, .tag = "a", .to_tag = "b"});
	expect_last(fixture, 1, EVENT_CALL_ENDED);
	assert_int_equal(fixture->last.ended_by, CALL_END_CALLER);
}

static void what_the_pbx_makes_of_a_302_or_a_refer_is_a_call_of_its_own(void **state)
{
	struct fixture *fixture = *state;

	/* The phone that rings sends the call to Barbados. */
	send(fixture,
		(struct sketch){
			.number = "0312345678", .source = TRUNK, .from = "0312340000", .call_id = "in"});
	assert_int_not_equal(fixture->last.call, 0);
	send(fixture, (struct sketch){.status = 302, .contact = BARBADOS, .call_id = "ring"});
	assert_int_equal(fixture->events, 1);
	send(fixture, (struct sketch){CALL, LEG_2, .from = "0312340000"});
	expect_last(fixture, 2, EVENT_CALL_ATTEMPTED);
	assert_int_equal(fixture->last.origin, CALL_ORIGIN_FORWARDED);

	send(fixture, (struct sketch){.method = SIP_METHOD_REFER,
			      .from = "1002",
			      .refer_to = BARBADOS_TOO,
			      .call_id = "up"});
	send(fixture, (struct sketch){.number = BARBADOS_TOO,
			      .call_id = "leg-3",
			      .source = PBX,
			      .destination = TRUNK,
			      .tag = "x"});
	expect_last(fixture, 3, EVENT_CALL_ATTEMPTED);
	assert_int_equal(fixture->last.origin, CALL_ORIGIN_TRANSFERRED);
	assert_string_equal(fixture->moved_by, "1002");
	/* One came in, two went out. */
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS), 3);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_INTERNATIONAL), 2);
}

/* A proxy hands a REFER on: the colleague's phone calls then, and the PBX sends that on. */
static void a_transfer_by_the_callers_phone_is_one_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.method = SIP_METHOD_REFER,
			      .from = "1003",
			      .source = OTHER_PHONE,
			      .refer_to = BARBADOS,
			      .call_id = "up-1"});
	send(fixture, (struct sketch){.method = SIP_METHOD_REFER,
			      .from = "1003",
			      .source = PBX,
			      .destination = PHONE,
			      .refer_to = BARBADOS,
			      .call_id = "up-2"});
	assert_int_equal(fixture->events, 0);
	send(fixture, (struct sketch){CALL});
	expect_last(fixture, 1, EVENT_CALL_ATTEMPTED);
	assert_int_equal(fixture->last.origin, CALL_ORIGIN_TRANSFERRED);
	send(fixture, (struct sketch){CALL, LEG_2});
	expect_last(fixture, 2, EVENT_CALL_JOINED);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS), 1);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_INTERNATIONAL), 1);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_JOINED), 1);
}

static void an_invite_tells_who_forwarded_it(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL, .call_id = "1", .diversion = "1003"});
	assert_int_equal(fixture->last.origin, CALL_ORIGIN_FORWARDED);
	assert_string_equal(fixture->moved_by, "1003");
	send(fixture, (struct sketch){CALL, .call_id = "2", .history = "1004", .source = OTHER_PHONE});
	assert_int_equal(fixture->last.origin, CALL_ORIGIN_FORWARDED);
	assert_string_equal(fixture->moved_by, "1004");
	send(fixture,
		(struct sketch){CALL, .call_id = "3", .referred_by = "1005", .source = "192.168.10.30"});
	assert_int_equal(fixture->last.origin, CALL_ORIGIN_TRANSFERRED);
	assert_string_equal(fixture->moved_by, "1005");
	send(fixture, (struct sketch){CALL, .call_id = "4", .history = BARBADOS, .source = "192.168.10.31"});
	assert_int_equal(fixture->last.origin, CALL_ORIGIN_DIALLED);
}

static void a_trunks_call_shows_its_callers_number(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){.number = "0312345678", .source = TRUNK, .from = "+23222123456"});
	assert_string_equal(fixture->caller_e164, "+23222123456");
	assert_false(fixture->last.is_outward);
	assert_int_not_equal(fixture->last.call, 0);
	send(fixture, (struct sketch){.method = SIP_METHOD_CANCEL, .source = TRUNK});
	expect_last(fixture, 2, EVENT_CALL_CANCELLED);
	assert_string_equal(fixture->caller_e164, "+23222123456");
}

static void legs_forgotten_while_they_wait_are_counted(void **state)
{
	struct fixture *fixture = *state;
	char call_id[16];

	for (int i = 0; i < 9000; i++) {
		snprintf(call_id, sizeof call_id, "%d", i);
		fixture->events = 0;
		send(fixture, (struct sketch){.number = "0312345678", .tag = "a", .call_id = call_id});
	}
	assert_in_range(counter_get(&fixture->counters, COUNTER_LEGS_EVICTED), 1, 8999);
}

static void more_calls_than_can_be_followed_are_told(void **state)
{
	struct fixture *fixture = *state;
	char call_id[16];

	for (int i = 0; i < FOLLOWED_MINIMUM + 5; i++) {
		snprintf(call_id, sizeof call_id, "%d", i);
		fixture->events = 0;
		send(fixture, (struct sketch){CALL, .call_id = call_id});
	}
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_UNFOLLOWED), 5);
}

static void who_was_answered_and_invites_anew_places_another_call(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 3; i++) {
		const char *const branch = i == 0 ? "1" : i == 1 ? "2" : "3";
		send(fixture, (struct sketch){CALL, .branch = branch});
		send(fixture, (struct sketch){CALL, .branch = branch});
		send(fixture, (struct sketch){
				      ANSWER(200), .number = BARBADOS, .source = PBX, .destination = PHONE});
		send(fixture, (struct sketch){CALL, .branch = branch});
		assert_int_equal(calls(fixture), i + 1);
	}
}

/* The next leg of a proxy that keeps the Call-ID has a branch of its own. */
static void a_phones_late_repetition_is_no_other_call_than_its_proxys(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL, .branch = "1"});
	send(fixture, (struct sketch){CALL, .branch = "2", .source = PBX, .destination = TRUNK});
	send(fixture, (struct sketch){ANSWER(200), .number = BARBADOS, .source = TRUNK, .destination = PBX});
	send(fixture, (struct sketch){CALL, .branch = "1"}); /* the answer is still on its way to it */
	assert_int_equal(calls(fixture), 1);
	assert_int_equal(fixture->last.kind, EVENT_CALL_ANSWERED);
}

#define BYE .method = SIP_METHOD_BYE, .tag = "a", .to_tag = "b"

static void what_an_ended_call_sends_late_is_no_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL, .branch = "1"});
	send(fixture, (struct sketch){ANSWER(200)});
	send(fixture, (struct sketch){BYE});
	expect_last(fixture, 3, EVENT_CALL_ENDED);
	send(fixture, (struct sketch){CALL, .branch = "1"});
	send(fixture, (struct sketch){CALL, .branch = "3", .to_tag = "b"}); /* a re-INVITE that met the BYE */
	send(fixture, (struct sketch){ANSWER(200)});
	send(fixture, (struct sketch){BYE});
	assert_int_equal(fixture->events, 3);
	fixture->now += KNOWN_CALL_REPETITION_TIME - SECOND;
	send(fixture, (struct sketch){CALL, .branch = "1"});
	assert_int_equal(fixture->events, 3);
	fixture->now += 2 * SECOND; /* that it was sent again did not prolong it */
	send(fixture, (struct sketch){CALL, .branch = "1"});
	expect_last(fixture, 4, EVENT_CALL_ATTEMPTED);
	assert_int_equal(calls(fixture), 2);
}

static void only_an_ended_calls_own_invite_is_no_call(void **state)
{
	static const struct sketch others[] = {
		{CALL, .branch = "2"}, {.number = BARBADOS, .tag = "c", .branch = "1"},
		{CALL, .branch = "1", .from = "1002"}, {CALL, .branch = "1", .account = "1002"},
		{.number = BARBADOS_TOO, .tag = "a", .branch = "1"},
		{.number = "01013465550123", .tag = "a", .branch = "1"}, /* its last digits are the same */
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct sketch other = others[i];
		char call_id[16];
		snprintf(call_id, sizeof call_id, "%zu", i);
		other.call_id = call_id;
		send(fixture, (struct sketch){CALL, .branch = "1", .call_id = call_id});
		send(fixture, (struct sketch){ANSWER(200), .call_id = call_id});
		send(fixture, (struct sketch){BYE, .call_id = call_id});
		send(fixture, other);
		expect_last(fixture, 4 * (i + 1), EVENT_CALL_ATTEMPTED);
	}
}

/* Who writes it into the wire while the phone rings may not hide that the call is answered. */
static void a_bye_before_the_answer_does_not_hide_it(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL, .branch = "1"});
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE, .tag = "a"});
	send(fixture, (struct sketch){ANSWER(200)});
	expect_last(fixture, 2, EVENT_CALL_ANSWERED);
	/* Nor does it make another call of what a proxy sends on, which keeps the Call-ID. */
	send(fixture, (struct sketch){CALL, .branch = "2", .source = PBX, .destination = TRUNK});
	send(fixture, (struct sketch){BYE});
	expect_last(fixture, 3, EVENT_CALL_ENDED);
}

static void a_bye_before_the_answer_ends_what_its_tag_began(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL, .branch = "1"});
	send(fixture, (struct sketch){.method = SIP_METHOD_BYE, .tag = "a"});
	send(fixture, (struct sketch){CALL, .branch = "1"});
	assert_int_equal(fixture->events, 1);
	send(fixture, (struct sketch){.number = BARBADOS, .tag = "c", .branch = "1", .source = OTHER_PHONE});
	expect_last(fixture, 2, EVENT_CALL_ATTEMPTED);
}

static void calls_that_have_ended_do_not_make_one_forgotten_that_is_up(void **state)
{
	struct fixture *fixture = *state;
	char call_id[16];

	send(fixture, (struct sketch){CALL, .call_id = "up"});
	send(fixture, (struct sketch){ANSWER(200), .call_id = "up"});
	for (int i = 0; i < 2 * KNOWN_CALLS_MINIMUM; i++) {
		snprintf(call_id, sizeof call_id, "%d", i);
		fixture->events = 0;
		fixture->now += SECOND;
		send(fixture, (struct sketch){.number = "0312345678", .tag = "a", .call_id = call_id});
		send(fixture, (struct sketch){ANSWER(200), .call_id = call_id});
		send(fixture, (struct sketch){BYE, .call_id = call_id});
	}
	send(fixture, (struct sketch){BYE, .call_id = "up"});
	assert_int_equal(fixture->last.kind, EVENT_CALL_ENDED);
	assert_int_equal(counter_get(&fixture->counters, COUNTER_CALLS_EVICTED), 0);
}

/* The PBX sends on what a stranger began without credentials, though his own leg is over already. */
static void a_strangers_call_stays_his_when_it_has_ended(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){CALL, .source = STRANGER});
	send(fixture, (struct sketch){ANSWER(200), .source = PBX, .destination = STRANGER});
	send(fixture, (struct sketch){BYE, .source = STRANGER});
	send(fixture, (struct sketch){CALL, LEG_2});
	expect_last(fixture, 4, EVENT_CALL_JOINED);
	assert_true(fixture->last.is_from_stranger);
}

/* All the same again, so without a refusal it would make no event. */
#define AGAIN CALL, .in_line = true

static void what_was_refused_and_comes_again_is_another_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){AGAIN, .refused = true});
	assert_int_equal(fixture->events, 1);
	send(fixture, (struct sketch){AGAIN, .refused = true});
	assert_int_equal(fixture->events, 2);
	assert_int_equal(fixture->kinds[1], EVENT_CALL_ATTEMPTED);
	send(fixture, (struct sketch){AGAIN, .source = OTHER_PHONE});
	assert_int_equal(fixture->events, 3);
	send(fixture, (struct sketch){AGAIN, .source = OTHER_PHONE}); /* this one was let by */
	assert_int_equal(fixture->events, 3);
	assert_int_equal(calls(fixture), 3);
}

static void what_is_to_be_refused_on_its_next_leg_may_be_repeated_for_a_while(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){AGAIN, .deferred = true});
	fixture->now += KNOWN_CALL_REPETITION_TIME - SECOND;
	send(fixture, (struct sketch){AGAIN});
	send(fixture,
		(struct sketch){.number = BARBADOS, .status = 407, .source = PBX, .destination = PHONE});
	send(fixture, (struct sketch){AGAIN, .branch = "2"});
	send(fixture, (struct sketch){AGAIN, .branch = "2"});
	assert_int_equal(fixture->events, 1);
	/* Another's, though he copied all of it. */
	send(fixture, (struct sketch){AGAIN, .branch = "2", .source = OTHER_PHONE, .deferred = true});
	assert_int_equal(fixture->events, 2);
	fixture->now += KNOWN_CALL_REPETITION_TIME + SECOND;
	send(fixture, (struct sketch){AGAIN, .branch = "2", .source = OTHER_PHONE});
	assert_int_equal(fixture->events, 3);
}

/* Later than the number of the refused trunk leg is remembered (JUDGED_NUMBER_LIFETIME). */
static void what_was_to_be_refused_there_and_is_invited_anew_is_another_call(void **state)
{
	struct fixture *fixture = *state;

	send(fixture, (struct sketch){AGAIN, .deferred = true});
	send(fixture,
		(struct sketch){.number = BARBADOS, .status = 403, .source = PBX, .destination = PHONE});
	assert_int_equal(fixture->kinds[1], EVENT_CALL_REFUSED);
	fixture->now += KNOWN_CALL_REPETITION_TIME - SECOND;
	send(fixture, (struct sketch){AGAIN, .branch = "2", .deferred = true});
	assert_int_equal(fixture->events, 3);
	assert_int_equal(fixture->kinds[2], EVENT_CALL_ATTEMPTED);
	send(fixture, (struct sketch){AGAIN, .branch = "2"});
	assert_int_equal(fixture->events, 3);
}

int main(void)
{
#define DIALOG_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		DIALOG_TEST(retransmissions_challenges_and_reinvites_are_one_call),
		DIALOG_TEST(both_legs_through_the_pbx_are_one_call),
		DIALOG_TEST(without_addresses_the_receiver_of_the_first_leg_is_the_pbx),
		DIALOG_TEST(a_leg_that_comes_too_late_is_another_call),
		DIALOG_TEST(two_phones_calling_one_number_are_two_calls_of_two_legs),
		DIALOG_TEST(a_pbx_may_try_another_trunk_when_one_has_failed),
		DIALOG_TEST(a_next_leg_says_whether_another_call_could_be_meant),
		DIALOG_TEST(a_session_border_controller_makes_a_third_leg_of_the_same_call),
		DIALOG_TEST(a_call_from_the_carrier_does_not_hide_one_that_goes_out),
		DIALOG_TEST(a_reinvite_of_an_unknown_call_is_a_call),
		DIALOG_TEST(a_gateway_among_the_phones_costs_money_too),
		DIALOG_TEST(a_clock_set_back_joins_nothing),
		DIALOG_TEST(two_call_ids_in_one_message_hide_nothing),
		DIALOG_TEST(another_tag_is_another_call_unless_it_was_asked_for),
		DIALOG_TEST(a_stranger_is_known_by_his_credentials_only),
		DIALOG_TEST(where_only_the_trunk_is_seen_each_leg_is_a_call),
		DIALOG_TEST(callers_on_the_pbx_host_are_told_apart_by_port),
		DIALOG_TEST(the_leg_that_tells_more_counts),
		DIALOG_TEST(a_proxy_that_keeps_the_call_id_is_one_call),
		DIALOG_TEST(a_call_id_does_not_hide_a_second_number_or_caller),
		DIALOG_TEST(a_call_id_used_again_after_the_end_is_another_call),
		DIALOG_TEST(credentials_that_name_another_account_identify_the_caller),
		DIALOG_TEST(a_callers_name_is_the_same_however_it_is_written),
		DIALOG_TEST(what_rings_a_phone_is_no_call_of_its_own),
		DIALOG_TEST(an_invite_without_call_id_still_counts),
		DIALOG_TEST(an_unreadable_invite_is_counted_for_its_reason),
		DIALOG_TEST(the_table_forgets_and_counts_it),
		DIALOG_TEST(a_call_is_followed_from_ring_to_end),
		DIALOG_TEST(who_is_called_may_hang_up),
		DIALOG_TEST(a_refusal_tells_its_code),
		DIALOG_TEST(a_cancelled_call_was_not_answered),
		DIALOG_TEST(a_call_that_nobody_answers_is_over_in_the_end),
		DIALOG_TEST(domestic_calls_are_not_followed),
		DIALOG_TEST(both_legs_tell_one_story),
		DIALOG_TEST(a_busy_trunk_does_not_end_the_call),
		DIALOG_TEST(a_forked_call_ends_with_its_last_branch),
		DIALOG_TEST(a_session_that_is_not_refreshed_is_over),
		DIALOG_TEST(a_call_without_an_end_is_over_at_its_greatest_age),
		DIALOG_TEST(a_long_call_is_still_known_when_it_ends),
		DIALOG_TEST(what_the_pbx_makes_of_a_302_or_a_refer_is_a_call_of_its_own),
		DIALOG_TEST(a_transfer_by_the_callers_phone_is_one_call),
		DIALOG_TEST(an_invite_tells_who_forwarded_it),
		DIALOG_TEST(a_trunks_call_shows_its_callers_number),
		DIALOG_TEST(legs_forgotten_while_they_wait_are_counted),
		DIALOG_TEST(more_calls_than_can_be_followed_are_told),
		DIALOG_TEST(who_was_answered_and_invites_anew_places_another_call),
		DIALOG_TEST(a_phones_late_repetition_is_no_other_call_than_its_proxys),
		DIALOG_TEST(what_an_ended_call_sends_late_is_no_call),
		DIALOG_TEST(only_an_ended_calls_own_invite_is_no_call),
		DIALOG_TEST(a_bye_before_the_answer_does_not_hide_it),
		DIALOG_TEST(a_bye_before_the_answer_ends_what_its_tag_began),
		DIALOG_TEST(calls_that_have_ended_do_not_make_one_forgotten_that_is_up),
		DIALOG_TEST(a_strangers_call_stays_his_when_it_has_ended),
		DIALOG_TEST(what_was_refused_and_comes_again_is_another_call),
		DIALOG_TEST(what_is_to_be_refused_on_its_next_leg_may_be_repeated_for_a_while),
		DIALOG_TEST(what_was_to_be_refused_there_and_is_invited_anew_is_another_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
