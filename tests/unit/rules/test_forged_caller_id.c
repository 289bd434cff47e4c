/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inbound.h"

#include <stdlib.h>

#define RULE "forged_caller_id"

static const struct destination japan = {.prefix = "81", .country = "JP", .name = "Japan"};

static void open_with(struct bench *bench, size_t number_count)
{
	bench_open(bench, RULE);
	bench->site.number_count = number_count;
	strcpy(bench->site.numbers[0], "+81312345678");
	strcpy(bench->site.numbers[1], "+81120999888");
	bench_start(bench);
}

/* A call of a phone to a domestic number: the account is empty for a call without credentials. */
static size_t phone(struct bench *bench, enum event_kind kind, const char *from, const char *account,
	const char *source, const char *call_id, instant when)
{
	bench_call(bench, account[0] != '\0' ? account : from, source, "+81312349999", &japan, when);
	bench->number.kind = NUMBER_DOMESTIC;
	bench->event.kind = kind;
	bench->event.from_user = text_of(from);
	bench->event.has_account = account[0] != '\0';
	bench->event.call_id = text_of(call_id);
	return bench_try(bench);
}

/* What the PBX sends to the trunk; joined: the Call-ID of the phone's leg, empty if it was not seen. */
static void trunk(struct bench *bench, const char *from, const char *joined, instant when)
{
	bench_call(bench, from, PBX, "+81312349999", &japan, when);
	bench->number.kind = NUMBER_DOMESTIC;
	bench->event.kind = joined[0] != '\0' ? EVENT_CALL_JOINED : EVENT_CALL_ATTEMPTED;
	bench->event.from_user = text_of(from);
	bench->event.leg = LEG_TRUNK_OUT;
	bench->event.joined_call_id = text_of(joined);
}

static size_t show(struct bench *bench, const char *from, instant when)
{
	trunk(bench, from, "", when);
	return bench_try(bench);
}

static void a_number_that_is_not_the_sites_is_forged(void **state)
{
	static const struct {
		const char *from, *asserted;
		bool forged;
	} cases[] = {
		{"+81312345678", "", false},
		{"0312345678", "", false},
		{"0120999888", "", false},
		{"81312345678", "", false},
		{"0312345679", "", true},
		{"+442079460000", "", true},
		{"0335811234", "", true},
		{"anonymous", "", false},
		{"", "", false},
		{"1001", "", false}, /* the carrier shows the main number then */
		{"110", "", false},
		{"trunk-account", "", false},
		{"0312345679", "+81312345678", false}, /* the network is told the one that is asserted */
		{"+81312345678", "0312345679", true},
		{"anonymous", "0312345679", true},
		{"anonymous", "0312345678", false},
	};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_with(&bench, 2);
		trunk(&bench, cases[i].from, "", bench_time(NOON));
		bench.event.asserted_user = text_of(cases[i].asserted);
		assert_int_equal(bench_try(&bench), cases[i].forged);
		if (cases[i].forged) {
			bench_expect(&bench, 0, SEVERITY_WARNING, "site", 1, 1);
		}
		bench_close(&bench);
	}
}

static void calls_at_home_count_but_not_those_that_cost_nothing(void **state)
{
	static const bool judged[NUMBER_KIND_COUNT] = {
		[NUMBER_UNRECOGNISED] = true,
		[NUMBER_DOMESTIC] = true,
		[NUMBER_LOCAL] = true,
		[NUMBER_CARRIER_SERVICE] = true,
		[NUMBER_INTERNATIONAL] = true,
	};
	struct bench bench;

	(void)state;
	open_with(&bench, 1);
	for (int kind = 0; kind < NUMBER_KIND_COUNT; kind++) {
		trunk(&bench, "0335811234", "", bench_time(NOON));
		bench.number.kind = (enum number_kind)kind;
		assert_int_equal(bench_try(&bench), judged[kind]);
	}
	trunk(&bench, "0335811234", "", bench_time(NOON));
	bench.event.leg = LEG_UNKNOWN; /* whether that is a trunk, nobody knows */
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

static void without_the_sites_numbers_none_is_forged(void **state)
{
	struct bench bench;

	(void)state;
	open_with(&bench, 0);
	assert_int_equal(show(&bench, "0335811234", bench_time(NOON)), 0);
	bench_close(&bench);
}

static void the_third_different_number_in_an_hour_is_critical(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_with(&bench, 1);
	for (int i = 0; i < 5; i++) { /* one and the same stays one */
		assert_int_equal(show(&bench, i % 2 ? "0335811234" : "+81335811234", noon), 1);
		bench_expect(&bench, 0, SEVERITY_WARNING, "site", 1, 1);
	}
	assert_int_equal(show(&bench, "0335811235", noon + 1), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 2, 1);
	assert_int_equal(show(&bench, "0335811236", noon + HOUR), 1); /* the first is an hour old */
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 2, 1);
	assert_int_equal(show(&bench, "0335811237", noon + HOUR), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "site", 3, 3);
	assert_int_equal(bench.findings.items[0].window, HOUR);
	assert_string_equal(bench.findings.items[0].reason,
		"Call to the outside shows the number 0335811237, which is none of the site's (3 different ones "
		"within 60 min): to Japan; the office is open.");
	bench_close(&bench);
}

static void the_phone_behind_it_is_told_where_it_was_seen(void **state)
{
	static const char *const numbers[] = {"0335811234", "0335811235", "0335811236"};
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_with(&bench, 1);
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		assert_int_equal(phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, "leg-1", noon), 0);
		trunk(&bench, numbers[i], "leg-1", noon + SECOND);
		assert_int_equal(bench_try(&bench), 1);
		bench_expect(&bench, 0, i == 2 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "caller:1001",
			(uint32_t)i + 1, i == 2 ? 3 : 1);
	}
	assert_string_equal(bench.findings.items[0].reason,
		"Call of caller 1001 shows the number 0335811236, which is none of the site's (3 different ones "
		"within 60 min): to Japan; the office is open.");
	/* Another phone, once: a warning about it, and what the site has come to. */
	phone(&bench, EVENT_CALL_ATTEMPTED, "10\\02", "", PHONE, "leg-2", noon);
	trunk(&bench, "0335811237", "leg-2", noon + SECOND);
	assert_int_equal(bench_try(&bench), 2);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:10\\x5C02", 1, 1);
	bench_expect(&bench, 1, SEVERITY_CRITICAL, "site", 4, 3);
	bench_close(&bench);
}

static void the_account_stands_above_from(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_with(&bench, 1);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, "leg-1", noon);
	phone(&bench, EVENT_CALL_IDENTIFIED, "1001", "alice", PHONE, "leg-1", noon);
	trunk(&bench, "0335811234", "leg-1", noon + SECOND);
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:alice", 1, 1);
	trunk(&bench, "0335811234", "leg-1", noon + 40 * SECOND); /* long after: another call's */
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 1, 1);
	bench_close(&bench);
}

static void a_strangers_name_accuses_nobody(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_with(&bench, 1);
	bench_call(&bench, "1001", STRANGER, "+81312349999", &japan, noon);
	bench.number.kind = NUMBER_DOMESTIC;
	bench.event.leg = LEG_OUTSIDE;
	bench.event.call_id = TEXT("leg-1");
	assert_int_equal(bench_try(&bench), 0);
	trunk(&bench, "0335811234", "leg-1", noon + SECOND);
	bench.event.is_from_stranger = true;
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 1, 1);
	bench_close(&bench);
}

static void a_forwarded_call_rightly_shows_who_called(void **state)
{
	static const struct {
		enum call_origin origin;
		const char *moved_by;
		bool forged;
	} cases[] = {
		{CALL_ORIGIN_FORWARDED, "+81312345678", false},
		{CALL_ORIGIN_FORWARDED, "0312345678", false},
		{CALL_ORIGIN_FORWARDED, "1001", false},
		{CALL_ORIGIN_FORWARDED, "reception", false},
		{CALL_ORIGIN_TRANSFERRED, "1001", false},
		{CALL_ORIGIN_FORWARDED, "0335811235", true}, /* not one of ours either */
		{CALL_ORIGIN_FORWARDED, "", true},
		{CALL_ORIGIN_DIALLED, "1001", true},
	};
	struct bench bench;

	(void)state;
	open_with(&bench, 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		trunk(&bench, "0335811234", "", bench_time(NOON));
		bench.event.origin = cases[i].origin;
		bench.event.moved_by = text_of(cases[i].moved_by);
		assert_int_equal(bench_try(&bench), cases[i].forged);
	}
	bench_close(&bench);
}

static void so_does_a_call_that_just_came_in_and_is_passed_on(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound shown = {1, "+819012345678", "in-1", noon, 0},
			     hidden = {2, "", "in-2", noon, noon + SECOND};
	struct bench bench;

	(void)state;
	open_with(&bench, 1);
	assert_int_equal(show(&bench, "09012345678", noon - 1), 1);
	inbound_begin(&bench, &shown);
	inbound_begin(&bench, &hidden);
	assert_int_equal(show(&bench, "09012345678", noon + MINUTE), 0);
	assert_int_equal(show(&bench, "09012345678", noon + MINUTE + 1), 1);
	trunk(&bench, "09012345679", "in-2", noon + 2 * SECOND);
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

static void limits_and_window_are_settings(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench.site.number_count = 1;
	strcpy(bench.site.numbers[0], "+81312345678");
	bench_limit(&bench, RULE, "warning", 2);
	bench_limit(&bench, RULE, "critical", 4);
	*(duration *)bench_setting(&bench, RULE, "window") = MINUTE;
	bench_start(&bench);
	assert_int_equal(show(&bench, "0335811231", noon), 0);
	assert_int_equal(show(&bench, "0335811232", noon + MINUTE), 0);
	assert_int_equal(show(&bench, "0335811233", noon + MINUTE), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 2, 2);
	assert_int_equal(show(&bench, "0335811234", noon + MINUTE), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 3, 2);
	assert_int_equal(show(&bench, "0335811235", noon + MINUTE), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "site", 4, 4);
	bench_close(&bench);
}

/* ---- a colleague's number */

#define OTHER_PHONE "192.168.10.22"

/* 1001 calls from PHONE and 1002 from OTHER_PHONE; then PHONE calls as 1002 with the account 1001. */
static size_t call_as_colleague(struct bench *bench, const char *shown, const char *account, instant when)
{
	assert_int_equal(phone(bench, EVENT_CALL_ATTEMPTED, shown, "", PHONE, "leg", when), 0);
	return phone(bench, EVENT_CALL_IDENTIFIED, shown, account, PHONE, "leg", when + 1);
}

static void a_phone_that_shows_a_colleagues_number_is_told(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_with(&bench, 0); /* the site's numbers do not matter */
	phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, "a", noon);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1002", "", OTHER_PHONE, "b", noon);
	assert_int_equal(call_as_colleague(&bench, "1002", "1001", noon + HOUR), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Call of account 1001 shows the number 1002, which is another phone's: to Japan; the office is "
		"open.");
	/* Again, also when the colleague has called meanwhile, or credentials come at once. */
	phone(&bench, EVENT_CALL_ATTEMPTED, "1002", "", OTHER_PHONE, "c", noon + 2 * HOUR);
	assert_int_equal(call_as_colleague(&bench, "1002", "1001", noon + 3 * HOUR), 1);
	assert_int_equal(phone(&bench, EVENT_CALL_ATTEMPTED, "1002", "1001", PHONE, "d", noon + 3 * HOUR), 1);
	bench_close(&bench);
}

static void an_asserted_identity_counts_there_too(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_with(&bench, 0);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, "a", noon);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1002", "", OTHER_PHONE, "b", noon);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "1001", PHONE, "c", noon);
	assert_int_equal(bench.findings.count, 0);
	bench.event.asserted_user = TEXT("1002");
	assert_int_equal(bench_try(&bench), 1);
	bench_close(&bench);
}

static void accounts_may_be_named_otherwise_than_phones(void **state)
{
	static const struct {
		const char *shown, *account;
	} cases[] = {
		{"1002", "48213"}, /* an account that never calls by that name */
		{"1002", "alice"}, /* no extension */
		{"1003", "1001"},  /* a second line of this phone, never another's */
		{"1002", "1002"},  /* itself */
		{"0312345678", "1001"},
		{"anonymous", "1001"},
	};
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_with(&bench, 1);
		phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, "a", noon);
		phone(&bench, EVENT_CALL_ATTEMPTED, "1002", "", OTHER_PHONE, "b", noon);
		phone(&bench, EVENT_CALL_ATTEMPTED, "1003", "", PHONE, "c", noon);
		assert_int_equal(call_as_colleague(&bench, cases[i].shown, cases[i].account, noon + 1), 0);
		bench_close(&bench);
	}
}

/* Its lines move together. */
static void a_phone_of_two_lines_may_get_another_address(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_with(&bench, 0);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", OTHER_PHONE, "a", noon);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1002", "", OTHER_PHONE, "b", noon);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, "c", noon);
	assert_int_equal(call_as_colleague(&bench, "1002", "1001", noon + 1), 0);
	bench_close(&bench);
}

static void a_call_to_a_colleague_may_show_anything(void **state)
{
	const instant noon = bench_time(NOON);
	struct bench bench;

	(void)state;
	open_with(&bench, 0);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, "a", noon);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1002", "", OTHER_PHONE, "b", noon);
	assert_int_equal(call_as_colleague(&bench, "1002", "1001", noon), 1);
	bench.number.kind = NUMBER_INTERNAL;
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

/* ---- reload, room, and a model */

static void a_reload_goes_on_with_what_was_seen(void **state)
{
	const instant noon = bench_time(NOON);
	const struct inbound inbound = {1, "+819012345678", "in-1", noon, 0};
	struct bench bench, next;

	(void)state;
	open_with(&bench, 1);
	show(&bench, "0335811231", noon);
	show(&bench, "0335811232", noon);
	inbound_begin(&bench, &inbound);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, "leg-1", noon);
	phone(&bench, EVENT_CALL_ATTEMPTED, "1002", "", OTHER_PHONE, "leg-2", noon);
	open_with(&next, 1);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	trunk(&next, "0335811233", "leg-1", noon + SECOND);
	assert_int_equal(bench_try(&next), 2);
	bench_expect(&next, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_expect(&next, 1, SEVERITY_CRITICAL, "site", 3, 3);
	assert_int_equal(show(&next, "09012345678", noon + SECOND), 0);
	assert_int_equal(call_as_colleague(&next, "1002", "1001", noon + SECOND), 1);
	bench_close(&next);
}

static void what_was_forgotten_early_is_counted(void **state)
{
	struct bench bench;
	char name[16];

	(void)state;
	open_with(&bench, 1);
	for (int i = 0; i < 70; i++) {
		snprintf(name, sizeof name, "leg-%d", i);
		phone(&bench, EVENT_CALL_ATTEMPTED, "1001", "", PHONE, name, bench_time(NOON));
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 6);
	bench_close(&bench);
}

#define MODEL_NUMBERS 6

static void the_counts_agree_with_a_simple_model(void **state)
{
	instant seen[MODEL_NUMBERS], now = bench_time(NOON);
	unsigned random = 3;
	struct bench bench;
	char number[16];

	(void)state;
	for (size_t i = 0; i < MODEL_NUMBERS; i++) {
		seen[i] = now - DAY;
	}
	open_with(&bench, 1);
	for (int step = 0; step < 5000; step++) {
		random = random * 1103515245 + 12345;
		size_t which = (random >> 8) % MODEL_NUMBERS;
		uint32_t count = 0;
		now += (instant)((random >> 16) % 40) * MINUTE;
		seen[which] = now;
		for (size_t i = 0; i < MODEL_NUMBERS; i++) {
			count += now - seen[i] < HOUR;
		}
		snprintf(number, sizeof number, "033581123%zu", which);
		assert_int_equal(show(&bench, number, now), 1);
		bench_expect(&bench, 0, count >= 3 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "site", count,
			count >= 3 ? 3 : 1);
	}
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_that_is_not_the_sites_is_forged),
		cmocka_unit_test(calls_at_home_count_but_not_those_that_cost_nothing),
		cmocka_unit_test(without_the_sites_numbers_none_is_forged),
		cmocka_unit_test(the_third_different_number_in_an_hour_is_critical),
		cmocka_unit_test(the_phone_behind_it_is_told_where_it_was_seen),
		cmocka_unit_test(the_account_stands_above_from),
		cmocka_unit_test(a_strangers_name_accuses_nobody),
		cmocka_unit_test(a_forwarded_call_rightly_shows_who_called),
		cmocka_unit_test(so_does_a_call_that_just_came_in_and_is_passed_on),
		cmocka_unit_test(limits_and_window_are_settings),
		cmocka_unit_test(a_phone_that_shows_a_colleagues_number_is_told),
		cmocka_unit_test(an_asserted_identity_counts_there_too),
		cmocka_unit_test(accounts_may_be_named_otherwise_than_phones),
		cmocka_unit_test(a_phone_of_two_lines_may_get_another_address),
		cmocka_unit_test(a_call_to_a_colleague_may_show_anything),
		cmocka_unit_test(a_reload_goes_on_with_what_was_seen),
		cmocka_unit_test(what_was_forgotten_early_is_counted),
		cmocka_unit_test(the_counts_agree_with_a_simple_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
