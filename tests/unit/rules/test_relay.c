/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inbound.h"

#define RULE "relay"
#define MOBILE "+819012345678"

static void open_relay(struct bench *bench)
{
	bench_open(bench, RULE);
	bench->site.number_count = 1;
	strcpy(bench->site.numbers[0], "+81312345678");
	bench_start(bench);
}

/* The PBX sends a call to the trunk; shown is what stands in its From. */
static void send_out(struct bench *bench, const char *shown, const char *e164,
	const struct destination *destination, instant when)
{
	bench_call(bench, shown, PBX, e164, destination, when);
	bench->event.from_user = text_of(shown);
	bench->event.call_id = TEXT("out@pbx");
	bench->event.leg = LEG_TRUNK_OUT;
}

static void a_call_abroad_by_who_called_in_and_is_connected_is_a_relay(void **state)
{
	static const char *const shown[] = {
		"+819012345678", "09012345678", "819012345678", "%2B819012345678"};
	const instant began = bench_time("2026-11-21 02:11");
	const struct inbound inbound = {1, MOBILE, "in@carrier", began, began + 10 * SECOND};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(shown); i++) {
		open_relay(&bench);
		inbound_begin(&bench, &inbound);
		send_out(&bench, shown[i], FRANCE, began + 40 * SECOND);
		assert_int_equal(bench_try(&bench), 1);
		assert_int_equal(bench.findings.items[0].severity, SEVERITY_WARNING);
		assert_string_equal(bench.findings.items[0].rule, RULE);
		assert_int_equal(bench.findings.items[0].window, 24 * HOUR);
		assert_string_equal(bench.findings.items[0].reason,
			"Call abroad while +819012345678, who called in at 02:11, is still connected: to France; "
			"the office is closed (weekend).");
		bench_close(&bench);
	}
}

/* What the PBX asserts counts as well as From; the caller of a phone's leg, too. */
static void the_number_may_stand_anywhere(void **state)
{
	const instant began = bench_time(NOON);
	const struct inbound inbound = {1, MOBILE, "in@carrier", began, 0};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	inbound_begin(&bench, &inbound);
	send_out(&bench, "anonymous", FRANCE, began + SECOND);
	assert_int_equal(bench_try(&bench), 0);
	bench.event.asserted_user = TEXT("09012345678");
	assert_int_equal(bench_try(&bench), 1);
	bench_call(&bench, "09012345678", PHONE, FRANCE, began + SECOND);
	assert_int_equal(bench_try(&bench), 1);
	bench_close(&bench);
}

static void a_call_that_just_began_is_enough(void **state)
{
	static const struct {
		duration after;
		bool found;
	} cases[] = {
		{0, true}, {12 * SECOND, true}, {60 * SECOND, true}, {60 * SECOND + 1, false}, {-1, false}};
	const instant began = bench_time(NOON);
	const struct inbound inbound = {1, MOBILE, "in@carrier", began, 0};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_relay(&bench);
		inbound_begin(&bench, &inbound);
		send_out(&bench, "09012345678", FRANCE, began + cases[i].after);
		assert_int_equal(bench_try(&bench), cases[i].found);
		if (cases[i].after == 12 * SECOND) {
			assert_string_equal(bench.findings.items[0].reason,
				"Call abroad 12 s after +819012345678 called in: to France; the office is open.");
		}
		bench_close(&bench);
	}
}

static void who_has_hung_up_is_no_relay(void **state)
{
	const instant began = bench_time(NOON);
	const struct inbound inbound = {1, MOBILE, "in@carrier", began, began + SECOND};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	inbound_begin(&bench, &inbound);
	inbound_tell(&bench, &inbound, EVENT_CALL_STILL_UP, began + 31 * SECOND);
	inbound_tell(&bench, &inbound, EVENT_CALL_STILL_UP, began + 61 * SECOND);
	send_out(&bench, "09012345678", FRANCE, began + 90 * SECOND);
	assert_int_equal(bench_try(&bench), 1);
	inbound_tell(&bench, &inbound, EVENT_CALL_ENDED, began + 91 * SECOND);
	send_out(&bench, "09012345678", FRANCE, began + 92 * SECOND);
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

/* The same leg that came in goes out: the caller has dialled abroad himself. */
static void a_call_that_is_passed_through_is_known_by_its_leg(void **state)
{
	const instant began = bench_time(NOON);
	const struct inbound inbound = {1, "", "in@carrier", began, 0};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	inbound_begin(&bench, &inbound);
	send_out(&bench, "0312345678", FRANCE, began + SECOND);
	bench.event.joined_call_id = TEXT("another@carrier");
	assert_int_equal(bench_try(&bench), 0);
	bench.event.joined_call_id = TEXT("in@carrier");
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:0312345678", 1, 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Call abroad 1 s after a hidden number called in: to France; the office is open.");
	bench_close(&bench);
}

/* A call of the office to its own number comes in with that number. */
static void the_sites_own_number_names_nobody(void **state)
{
	const instant began = bench_time(NOON);
	const struct inbound inbound = {1, "+81312345678", "in@carrier", began, began + SECOND};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	inbound_begin(&bench, &inbound);
	send_out(&bench, "0312345678", FRANCE, began + 2 * SECOND);
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

static void a_forwarded_or_transferred_call_is_one_and_whoever_moved_it_the_subject(void **state)
{
	static const struct {
		enum call_origin origin;
		const char *moved_by, *subject, *reason;
	} cases[] = {
		{CALL_ORIGIN_FORWARDED, "1001", "caller:1001",
			"Call abroad forwarded by 1001: to France; the office is open."},
		{CALL_ORIGIN_TRANSFERRED, "1001", "caller:1001",
			"Call abroad transferred by 1001: to France; the office is open."},
		{CALL_ORIGIN_FORWARDED, "", "caller:0312345678",
			"Call abroad forwarded: to France; the office is open."},
		{CALL_ORIGIN_TRANSFERRED, "10\n01", "caller:10\\x0A01",
			"Call abroad transferred by 10\\x0A01: to France; the office is open."},
	};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_relay(&bench);
		send_out(&bench, "0312345678", FRANCE, bench_time(NOON));
		bench.event.origin = cases[i].origin;
		bench.event.moved_by = text_of(cases[i].moved_by);
		assert_int_equal(bench_try(&bench), 1);
		bench_expect(&bench, 0, SEVERITY_WARNING, cases[i].subject, 1, 1);
		assert_string_equal(bench.findings.items[0].reason, cases[i].reason);
		bench_close(&bench);
	}
}

static void the_sentence_tells_all_that_is_known(void **state)
{
	const instant began = bench_time("2026-07-20 02:11");
	const struct inbound inbound = {1, MOBILE, "in@carrier", began, began + SECOND};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	inbound_begin(&bench, &inbound);
	for (int i = 0; i < 2; i++) {
		send_out(&bench, "09012345678", BARBADOS, began + 20 * SECOND + i);
		bench.event.origin = CALL_ORIGIN_FORWARDED;
		bench.event.moved_by = TEXT("1001");
		assert_int_equal(bench_try(&bench), 1);
	}
	assert_string_equal(bench.findings.items[0].reason,
		"Call abroad forwarded by 1001 while +819012345678, who called in at 02:11, is still connected "
		"(2 within 24 h): to Barbados (high-risk entry 1-246); the office is closed (holiday: 海の日).");
	bench_close(&bench);
}

static size_t forward(struct bench *bench, const char *mover, const char *e164,
	const struct destination *destination, instant when)
{
	send_out(bench, "0312345678", e164, destination, when);
	bench->event.origin = CALL_ORIGIN_FORWARDED;
	bench->event.moved_by = text_of(mover);
	return bench_try(bench);
}

static void the_second_within_a_day_is_critical(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_relay(&bench);
	assert_int_equal(forward(&bench, "1001", FRANCE, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	assert_int_equal(forward(&bench, "1002", FRANCE, noon), 1); /* each for himself */
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1002", 1, 1);
	assert_int_equal(forward(&bench, "1001", FRANCE, noon + 24 * HOUR - 1), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 2, 2);
	assert_int_equal(forward(&bench, "1002", FRANCE, noon + 24 * HOUR), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1002", 1, 1);
	bench_close(&bench);
}

static void limits_window_and_beginning_are_settings(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound inbound = {1, MOBILE, "in@carrier", noon, 0};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "warning", 2);
	bench_limit(&bench, RULE, "critical", 3);
	*(duration *)bench_setting(&bench, RULE, "window") = MINUTE;
	*(duration *)bench_setting(&bench, RULE, "just_began") = 5 * SECOND;
	bench_start(&bench);
	assert_int_equal(forward(&bench, "1001", CUBA, noon), 0); /* one below the limit, listed or not */
	assert_int_equal(forward(&bench, "1001", FRANCE, noon + MINUTE), 0);
	assert_int_equal(forward(&bench, "1001", FRANCE, noon + MINUTE + 1), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 2, 2);
	assert_int_equal(forward(&bench, "1001", FRANCE, noon + MINUTE + 2), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 3, 3);
	inbound_begin(&bench, &inbound);
	send_out(&bench, MOBILE, FRANCE, noon + 5 * SECOND);
	bench_try(&bench);
	send_out(&bench, MOBILE, FRANCE, noon + 5 * SECOND);
	assert_int_equal(bench_try(&bench), 1);
	send_out(&bench, MOBILE, FRANCE, noon + 5 * SECOND + 1);
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

static void a_listed_destination_is_critical_at_once_unless_allowed(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "SL");
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "FR");
	bench_start(&bench);
	assert_int_equal(forward(&bench, "1001", BARBADOS, bench_time(NOON)), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 1, 1);
	assert_int_equal(forward(&bench, "1002", SIERRA_LEONE, bench_time(NOON)), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1002", 1, 1);
	assert_int_equal(forward(&bench, "1003", FRANCE, bench_time(NOON)), 1); /* allowed, yet a relay */
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1003", 1, 1);
	bench_close(&bench);
}

static void a_call_counts_once_whatever_else_becomes_known(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_relay(&bench);
	bench_call(&bench, "1002", PHONE, FRANCE, noon);
	bench.event.origin = CALL_ORIGIN_FORWARDED;
	bench.event.moved_by = TEXT("1001");
	assert_int_equal(bench_try(&bench), 1);
	bench.event.kind = EVENT_CALL_IDENTIFIED;
	bench.event.has_account = true;
	assert_int_equal(bench_try(&bench), 0);
	bench.event.kind = EVENT_CALL_JOINED;
	bench.event.leg = LEG_TRUNK_OUT;
	assert_int_equal(bench_try(&bench), 0);
	static const enum event_kind later[] = {
		EVENT_CALL_RINGING, EVENT_CALL_ANSWERED, EVENT_CALL_STILL_UP, EVENT_CALL_ENDED};
	for (size_t i = 0; i < COUNT_OF(later); i++) {
		bench.event.kind = later[i];
		assert_int_equal(bench_try(&bench), 0);
	}
	assert_int_equal(forward(&bench, "1001", FRANCE, noon + 1), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 2, 2);
	bench_close(&bench);
}

/* He can write Diversion, Referred-By and any From, and blame anybody. */
static void what_a_stranger_writes_proves_nothing(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound inbound = {1, MOBILE, "in@carrier", noon, noon};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	inbound_begin(&bench, &inbound);
	bench_call(&bench, MOBILE, STRANGER, FRANCE, noon + 1);
	bench.event.leg = LEG_OUTSIDE;
	bench.event.from_user = TEXT(MOBILE);
	bench.event.origin = CALL_ORIGIN_FORWARDED;
	bench.event.moved_by = TEXT("1001");
	assert_int_equal(bench_try(&bench), 0);
	/* The PBX sends it on: another rule's. */
	bench.event.kind = EVENT_CALL_JOINED;
	bench.event.leg = LEG_TRUNK_OUT;
	bench.event.is_from_stranger = true;
	assert_int_equal(bench_try(&bench), 0);
	/* With an account he is somebody, but whom he names is still his word. */
	bench_call(&bench, "1002", STRANGER, FRANCE, noon + 1);
	bench.event.kind = EVENT_CALL_IDENTIFIED;
	bench.event.leg = LEG_OUTSIDE;
	bench.event.has_account = true;
	bench.event.origin = CALL_ORIGIN_FORWARDED;
	bench.event.moved_by = TEXT("1001");
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1002", 1, 1);
	bench_close(&bench);
}

static void only_calls_abroad_count(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound inbound = {1, MOBILE, "in@carrier", noon, noon};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	inbound_begin(&bench, &inbound);
	for (int kind = 0; kind < NUMBER_KIND_COUNT; kind++) {
		send_out(&bench, MOBILE, FRANCE, noon);
		bench.number.kind = (enum number_kind)kind;
		bench.event.origin = CALL_ORIGIN_FORWARDED;
		assert_int_equal(bench_try(&bench), kind == NUMBER_INTERNATIONAL);
	}
	send_out(&bench, MOBILE, FRANCE, noon);
	bench.event.is_outward = false;
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

/* ---- calls that no phone placed */

static void see_a_phone(struct bench *bench, instant when)
{
	bench_call(bench, "1001", PHONE, "", NULL, when);
	bench->number.kind = NUMBER_DOMESTIC;
	assert_int_equal(bench_try(bench), 0);
}

static void a_call_of_no_phone_after_a_machine_answered_is_a_notice(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound inbound = {1, MOBILE, "in@carrier", noon, noon + 3 * SECOND};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	see_a_phone(&bench, noon - 7 * DAY + 30 * SECOND);
	inbound_begin(&bench, &inbound);
	send_out(&bench, "0312345678", FRANCE, noon + 30 * SECOND);
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_NOTICE, "caller:0312345678", 1, 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Call abroad that no phone placed, 27 s after the telephone system answered +819012345678: to "
		"France; the office is open.");
	/* Again: graver, but not as grave as what is sure; and not counted with that. */
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:0312345678", 2, 2);
	bench.event.origin = CALL_ORIGIN_FORWARDED;
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:0312345678", 1, 1);
	send_out(&bench, "0312340000", BARBADOS, noon + 30 * SECOND);
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:0312340000", 1, 1);
	bench_close(&bench);
}

enum doubt {
	NO_DOUBT,
	NO_PHONE_SEEN,
	PHONE_LONG_AGO,
	ANSWERED_BY_SOMEBODY,
	NOT_ANSWERED,
	HUNG_UP,
	TOO_LATE,
	LEG_BEFORE,
	FROM_A_PHONE,
	DOUBT_COUNT
};

static size_t try_with(enum doubt doubt)
{
	const instant noon = bench_time(NOON);
	struct inbound inbound = {1, MOBILE, "in@carrier", noon, noon + SECOND};
	struct bench bench;

	open_relay(&bench);
	if (doubt != NO_PHONE_SEEN) {
		see_a_phone(&bench, noon - (doubt == PHONE_LONG_AGO ? 7 * DAY : HOUR));
	}
	if (doubt == ANSWERED_BY_SOMEBODY) {
		inbound.answered = noon + 3 * SECOND + 1;
	} else if (doubt == NOT_ANSWERED) {
		inbound.answered = 0;
	}
	inbound_begin(&bench, &inbound);
	if (doubt == HUNG_UP) {
		inbound_tell(&bench, &inbound, EVENT_CALL_ENDED, noon + 5 * SECOND);
	}
	send_out(&bench, "0312345678", FRANCE,
		inbound.answered + 60 * SECOND + (doubt == TOO_LATE || doubt == PHONE_LONG_AGO));
	if (doubt == PHONE_LONG_AGO) {
		bench.event.time = noon + 10 * SECOND;
	} else if (doubt == NOT_ANSWERED) {
		bench.event.time = noon + SECOND + 1; /* before, the PBX may have forwarded it */
	} else if (doubt == LEG_BEFORE) {
		bench.event.joined_call_id = TEXT("phone");
	} else if (doubt == FROM_A_PHONE) {
		bench.event.leg = LEG_EXTENSION;
	}
	size_t findings = bench_try(&bench);
	bench_close(&bench);
	return findings;
}

static void where_anything_else_may_explain_it_nothing_is_said(void **state)
{
	(void)state;
	for (int doubt = 0; doubt < DOUBT_COUNT; doubt++) {
		assert_int_equal(try_with((enum doubt)doubt), doubt == NO_DOUBT);
	}
}

/* ---- reload and room */

/* ---- calls with a twin */

/* What becomes of a call that the PBX places itself. */
static size_t follow_out(struct bench *bench, uint64_t call, enum event_kind kind, instant when)
{
	send_out(bench, "0312345678", FRANCE, when);
	bench->event.kind = kind;
	bench->event.call = call;
	return bench_try(bench);
}

/* In the same moment as the caller from outside; phones are seen, or not. */
static void relay_until_the_end(struct bench *bench, uint64_t call, instant began, duration apart)
{
	const struct inbound inbound = {call, MOBILE, "in@carrier", began, began + SECOND};

	inbound_begin(bench, &inbound);
	follow_out(bench, call + 1, EVENT_CALL_ATTEMPTED, began + 20 * SECOND);
	follow_out(bench, call + 1, EVENT_CALL_ANSWERED, began + 30 * SECOND);
	inbound_tell(bench, &inbound, EVENT_CALL_ENDED, began + 50 * SECOND);
	follow_out(bench, call + 1, EVENT_CALL_ENDED, began + 50 * SECOND + apart);
}

static void a_call_that_ends_with_one_from_outside_is_a_relay(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_relay(&bench);
	see_a_phone(&bench, noon - HOUR);
	relay_until_the_end(&bench, 10, noon, 300 * MILLISECOND);
	assert_int_equal(bench.findings.count, 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:0312345678", 1, 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Call abroad that no phone placed and that lives and ends with the call of +819012345678, who "
		"called in: to France; the office is open.");
	/* From now on what looks so is believed at once. */
	const struct inbound next = {20, MOBILE, "next@carrier", noon + HOUR, noon + HOUR + SECOND};
	inbound_begin(&bench, &next);
	assert_int_equal(follow_out(&bench, 21, EVENT_CALL_ATTEMPTED, noon + HOUR + 20 * SECOND), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:0312345678", 2, 2);
	/* That call was told: its end is no other. */
	inbound_tell(&bench, &next, EVENT_CALL_ENDED, noon + HOUR + MINUTE);
	assert_int_equal(follow_out(&bench, 21, EVENT_CALL_ENDED, noon + HOUR + MINUTE), 0);
	bench_close(&bench);
}

static void a_relay_of_last_week_makes_nothing_sure(void **state)
{
	const instant noon = bench_time(NOON), next = noon + 7 * DAY;
	struct bench bench;

	(void)state;
	for (int late = 0; late <= 1; late++) {
		const struct inbound inbound = {
			20, MOBILE, "next@carrier", next + late * MINUTE, next + late * MINUTE + SECOND};
		open_relay(&bench);
		see_a_phone(&bench, noon - HOUR);
		relay_until_the_end(&bench, 10, noon, 0); /* for 50 seconds */
		see_a_phone(&bench, next - HOUR);
		inbound_begin(&bench, &inbound);
		assert_int_equal(
			follow_out(&bench, 21, EVENT_CALL_ATTEMPTED, next + late * MINUTE + 20 * SECOND), 1);
		bench_expect(&bench, 0, late ? SEVERITY_NOTICE : SEVERITY_WARNING, "caller:0312345678", 1, 1);
		bench_close(&bench);
	}
}

static void calls_that_end_apart_are_no_twins(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_relay(&bench);
	see_a_phone(&bench, noon - HOUR);
	relay_until_the_end(&bench, 10, noon, 300 * MILLISECOND + 1);
	assert_int_equal(bench.findings.count, 0);
	bench_close(&bench);
}

/* A phone's call could end so by chance. */
static void where_no_phones_are_seen_a_twin_is_a_notice(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_relay(&bench);
	relay_until_the_end(&bench, 10, noon, MILLISECOND);
	assert_int_equal(bench.findings.count, 1);
	bench_expect(&bench, 0, SEVERITY_NOTICE, "caller:0312345678", 1, 1);
	bench_close(&bench);
}

/* Call forwarding of which the PBX says nothing: he who called in is answered when the call abroad is. */
static void a_call_that_is_forwarded_in_silence_is_a_relay(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound inbound = {10, MOBILE, "in@carrier", noon, 0},
			     answered = {10, MOBILE, "in@carrier", noon, noon + 8 * SECOND};
	struct bench bench;

	(void)state;
	open_relay(&bench);
	see_a_phone(&bench, noon - HOUR);
	inbound_begin(&bench, &inbound);
	assert_int_equal(follow_out(&bench, 11, EVENT_CALL_ATTEMPTED, noon + SECOND), 1);
	bench_expect(&bench, 0, SEVERITY_NOTICE, "caller:0312345678", 1, 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Call abroad that no phone placed, as soon as somebody called in: to France; the office is "
		"open.");
	assert_int_equal(follow_out(&bench, 11, EVENT_CALL_ANSWERED, noon + 8 * SECOND - MILLISECOND), 0);
	inbound_tell(&bench, &answered, EVENT_CALL_ANSWERED, noon + 8 * SECOND);
	assert_int_equal(follow_out(&bench, 11, EVENT_CALL_STILL_UP, noon + 38 * SECOND), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:0312345678", 1, 1);
	assert_int_equal(follow_out(&bench, 11, EVENT_CALL_ENDED, noon + 60 * SECOND), 0);
	bench_close(&bench);
}

static void a_reload_goes_on_with_counts_and_callers(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound inbound = {1, MOBILE, "in@carrier", noon, noon};
	struct bench bench, next;

	(void)state;
	open_relay(&bench);
	see_a_phone(&bench, noon);
	inbound_begin(&bench, &inbound);
	assert_int_equal(forward(&bench, "1001", FRANCE, noon), 1);
	open_relay(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(forward(&next, "1001", FRANCE, noon + 1), 1);
	bench_expect(&next, 0, SEVERITY_CRITICAL, "caller:1001", 2, 2);
	send_out(&next, MOBILE, FRANCE, noon + 30 * SECOND);
	assert_int_equal(bench_try(&next), 1);
	send_out(&next, "0312345678", FRANCE, noon + 30 * SECOND);
	assert_int_equal(bench_try(&next), 1);
	assert_int_equal(next.findings.items[0].severity, SEVERITY_NOTICE);
	bench_close(&next);
}

static void callers_and_movers_forgotten_early_are_counted(void **state)
{
	struct bench bench;
	char name[16];

	(void)state;
	open_relay(&bench);
	for (int i = 0; i < WINDOW_KEYS_MINIMUM + 3; i++) {
		snprintf(name, sizeof name, "%d", i);
		forward(&bench, name, FRANCE, bench_time(NOON));
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 3);
	for (int i = 0; i < 100; i++) {
		char number[24], call_id[24];
		snprintf(number, sizeof number, "+8190%08d", i);
		snprintf(call_id, sizeof call_id, "in-%d", i);
		inbound_begin(
			&bench, &(struct inbound){(uint64_t)i + 1, number, call_id, bench_time(NOON), 0});
	}
	assert_true(rules_keys_evicted(bench.rules) > 3);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_abroad_by_who_called_in_and_is_connected_is_a_relay),
		cmocka_unit_test(the_number_may_stand_anywhere),
		cmocka_unit_test(a_call_that_just_began_is_enough),
		cmocka_unit_test(who_has_hung_up_is_no_relay),
		cmocka_unit_test(a_call_that_is_passed_through_is_known_by_its_leg),
		cmocka_unit_test(the_sites_own_number_names_nobody),
		cmocka_unit_test(a_forwarded_or_transferred_call_is_one_and_whoever_moved_it_the_subject),
		cmocka_unit_test(the_sentence_tells_all_that_is_known),
		cmocka_unit_test(the_second_within_a_day_is_critical),
		cmocka_unit_test(limits_window_and_beginning_are_settings),
		cmocka_unit_test(a_listed_destination_is_critical_at_once_unless_allowed),
		cmocka_unit_test(a_call_counts_once_whatever_else_becomes_known),
		cmocka_unit_test(what_a_stranger_writes_proves_nothing),
		cmocka_unit_test(only_calls_abroad_count),
		cmocka_unit_test(a_call_of_no_phone_after_a_machine_answered_is_a_notice),
		cmocka_unit_test(where_anything_else_may_explain_it_nothing_is_said),
		cmocka_unit_test(a_call_that_ends_with_one_from_outside_is_a_relay),
		cmocka_unit_test(a_relay_of_last_week_makes_nothing_sure),
		cmocka_unit_test(calls_that_end_apart_are_no_twins),
		cmocka_unit_test(where_no_phones_are_seen_a_twin_is_a_notice),
		cmocka_unit_test(a_call_that_is_forwarded_in_silence_is_a_relay),
		cmocka_unit_test(a_reload_goes_on_with_counts_and_callers),
		cmocka_unit_test(callers_and_movers_forgotten_early_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
