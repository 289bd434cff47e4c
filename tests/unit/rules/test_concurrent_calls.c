/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include "pbxguard/rules/live_calls.h"

#define RULE "concurrent_calls"

/* To a range of numbers of its own. */
static size_t dial_elsewhere(
	struct bench *bench, uint64_t call, const char *caller, const char *source, instant when)
{
	char e164[E164_SIZE];

	snprintf(e164, sizeof e164, "+33%05u0000", (unsigned)call);
	return bench_follow(bench, call, caller, source, e164, &france, when);
}

static void a_caller_has_three_calls_at_once(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	assert_int_equal(dial_elsewhere(&bench, 1, "1001", PHONE, noon), 0);
	assert_int_equal(dial_elsewhere(&bench, 2, "1001", PHONE, noon + 1), 0);
	bench_call(&bench, "1001", PHONE, FRANCE, noon);
	assert_int_equal(bench_live(&bench, EVENT_CALL_ENDED, 1, noon + 2), 0);
	assert_int_equal(dial_elsewhere(&bench, 3, "1001", PHONE, noon + 3), 0);
	assert_int_equal(dial_elsewhere(&bench, 4, "1001", PHONE, noon + 4), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 3, 3);
	assert_string_equal(bench.findings.items[0].rule, RULE);
	assert_int_equal(bench.findings.items[0].window, 0);
	assert_string_equal(bench.findings.items[0].reason,
		"Caller 1001 has 3 calls abroad up at once, this one: to France; the office is open.");
	assert_string_equal(bench.findings.items[0].evidence, "3 calls at once (limit 3)");
	assert_int_equal(bench_live(&bench, EVENT_CALL_ANSWERED, 4, noon + 5), 0); /* once a call */
	assert_int_equal(bench_live(&bench, EVENT_CALL_STILL_UP, 4, noon + 30 * SECOND), 0);
	assert_int_equal(dial_elsewhere(&bench, 5, "1001", PHONE, noon + 30 * SECOND), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 4, 3);
	assert_int_equal(dial_elsewhere(&bench, 6, "1001", PHONE, noon + 30 * SECOND), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 5, 5);
	bench_close(&bench);
}

/* However many: one is over before the next begins. */
static void calls_one_after_the_other_are_none_at_once(void **state)
{
	static const enum event_kind ends[] = {EVENT_CALL_REFUSED, EVENT_CALL_CANCELLED, EVENT_CALL_ENDED};
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "warning", 2);
	bench_start(&bench);
	for (int i = 0; i < 1000; i++) {
		instant when = noon + i * SECOND;
		assert_int_equal(bench_follow(&bench, (uint64_t)i + 1, "1001", PHONE, BARBADOS, when), 0);
		assert_int_equal(bench_live(&bench, ends[i % 3], (uint64_t)i + 1, when + 1), 0);
	}
	bench_close(&bench);
}

static void thieves_who_rotate_callers_are_found_by_their_address(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 6; call++) {
		char caller[16];
		snprintf(caller, sizeof caller, "100%d", (int)call);
		size_t findings = dial_elsewhere(&bench, call, caller, STRANGER, noon);
		assert_int_equal(findings, call >= 3);
		if (call >= 3) {
			bench_expect(&bench, 0, call >= 5 ? SEVERITY_CRITICAL : SEVERITY_WARNING,
				"source:" STRANGER, (uint32_t)call, call >= 5 ? 5 : 3);
		}
	}
	assert_string_equal(bench.findings.items[0].reason,
		"The address 198.51.100.66 has 6 calls abroad up at once, this one: to France; the office is "
		"open.");
	bench_close(&bench);
}

/* Many phones, one range: what its owner earns by. */
static void a_range_of_numbers_has_three_calls_at_once(void **state)
{
	static const struct {
		const char *caller, *source, *e164;
		size_t findings;
	} calls[] = {
		{"1001", "192.168.10.1", "+12465550123", 0},
		{"1002", "192.168.10.2", "+12465559999", 0},
		{"1003", "192.168.10.3", "+12465540123", 0}, /* the seventh digit is another */
		{"1004", "192.168.10.4", "+12465550124", 1},
		{"1005", "192.168.10.5", "+1246555", 1}, /* a short one is its own range */
		{"1006", "192.168.10.6", "+124655", 0},
	};
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		assert_int_equal(bench_follow(&bench, i + 1, calls[i].caller, calls[i].source, calls[i].e164,
					 &barbados, noon),
			calls[i].findings);
		if (i == 3) {
			bench_expect(&bench, 0, SEVERITY_WARNING, "number:+1246555", 3, 3);
			assert_string_equal(bench.findings.items[0].reason,
				"Numbers that begin with +1246555 have 3 calls abroad up at once, this one: "
				"to Barbados (high-risk entry 1-246); the office is open.");
		}
	}
	bench_close(&bench);
}

static void the_site_has_a_limit_of_its_own(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 20; call++) {
		char caller[16], source[24];
		snprintf(caller, sizeof caller, "%d", 1000 + (int)call);
		snprintf(source, sizeof source, "192.168.10.%d", (int)call);
		assert_int_equal(dial_elsewhere(&bench, call, caller, source, noon), call >= 10);
		if (call >= 10) {
			bench_expect(&bench, 0, call == 20 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "site",
				(uint32_t)call, call == 20 ? 20 : 10);
		}
	}
	assert_string_equal(bench.findings.items[0].reason,
		"All callers of the site together have 20 calls abroad up at once, this one: to France; the "
		"office is open.");
	bench_close(&bench);
}

/* What many do together does not hide what one does, nor the other way round. */
static void a_wider_subject_is_told_only_where_it_is_graver(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	bench_follow(&bench, 1, "1001", "192.168.10.1", BARBADOS, noon);
	bench_follow(&bench, 2, "1001", "192.168.10.2", BARBADOS, noon);
	assert_int_equal(bench_follow(&bench, 3, "1001", "192.168.10.3", BARBADOS, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 3, 3); /* and the range, too */
	assert_int_equal(bench_follow(&bench, 4, "1002", "192.168.10.4", BARBADOS, noon), 1);
	assert_int_equal(bench_follow(&bench, 5, "1001", "192.168.10.5", BARBADOS, noon), 2);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 4, 3);
	bench_expect(&bench, 1, SEVERITY_CRITICAL, "number:+1246555", 5, 5);
	bench_close(&bench);
}

static void limits_are_settings(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "warning", 10000);
	bench_limit(&bench, RULE, "critical", 10000);
	bench_limit(&bench, RULE, "range_warning", 2);
	bench_limit(&bench, RULE, "range_critical", 2);
	bench_limit(&bench, RULE, "site_warning", 1);
	bench_start(&bench);
	assert_int_equal(bench_follow(&bench, 1, "1001", PHONE, BARBADOS, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 1, 1);
	assert_int_equal(bench_follow(&bench, 2, "1001", PHONE, BARBADOS, noon), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "number:+1246555", 2, 2);
	bench_close(&bench);
}

/* An allowed destination counts: the owner calls it, but nobody several times at once. */
static void only_calls_abroad_that_are_followed_count(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "BB");
	bench_limit(&bench, RULE, "warning", 2);
	bench_start(&bench);
	assert_int_equal(bench_follow(&bench, 1, "1001", PHONE, BARBADOS, noon), 0);
	for (uint64_t call = 2; call < 10; call++) {
		bench_call(&bench, "1001", PHONE, BARBADOS, noon);
		bench.number.kind = NUMBER_DOMESTIC;
		assert_int_equal(bench_live(&bench, EVENT_CALL_ATTEMPTED, call, noon), 0);
		bench_call(&bench, "1001", PHONE, BARBADOS, noon);
		bench.event.is_outward = false;
		assert_int_equal(bench_live(&bench, EVENT_CALL_ATTEMPTED, call, noon), 0);
	}
	assert_int_equal(bench_follow(&bench, 0, "1001", PHONE, BARBADOS, noon), 0);
	assert_int_equal(bench_follow(&bench, 10, "1001", PHONE, BARBADOS, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 2, 2);
	bench_close(&bench);
}

/* A scanner opens hundreds; they count for its address only, until one is answered. */
static void a_strangers_tries_are_a_warning_until_one_is_answered(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 30; call++) {
		bench_call(&bench, "1001", STRANGER, BARBADOS, noon);
		bench.event.leg = LEG_OUTSIDE;
		assert_int_equal(bench_live(&bench, EVENT_CALL_ATTEMPTED, call, noon), call >= 3);
		if (call >= 3) {
			assert_string_equal(bench.findings.items[0].subject, "source:" STRANGER);
			assert_int_equal(bench.findings.items[0].severity, SEVERITY_WARNING);
		}
	}
	assert_int_equal(bench_live(&bench, EVENT_CALL_RINGING, 30, noon + 1), 0);
	assert_int_equal(bench_live(&bench, EVENT_CALL_ANSWERED, 30, noon + 2), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "source:" STRANGER, 30, 5);
	assert_int_equal(
		dial_elsewhere(&bench, 31, "1002", PHONE, noon + 3), 0); /* neither site nor caller */
	bench_close(&bench);
}

/* With credentials it is told about the account; the address is no graver. Accounts rotated: the address is.
 */
static void a_thief_with_accounts_is_told_about_them_or_his_address(void **state)
{
	instant noon = bench_time(NOON);

	(void)state;
	for (int accounts = 1; accounts <= 5; accounts += 4) {
		struct bench bench;
		bench_open(&bench, RULE);
		bench_start(&bench);
		for (uint64_t call = 1; call <= 5; call++) {
			char account[16];
			snprintf(account, sizeof account, "100%d", (int)call % accounts);
			bench_call(&bench, account, STRANGER, FRANCE, noon);
			snprintf(bench.number.e164, E164_SIZE, "+33%05u0000", (unsigned)call);
			bench.event.leg = LEG_OUTSIDE;
			bench_live(&bench, EVENT_CALL_ATTEMPTED, call, noon);
			bench.event.has_account = true;
			assert_int_equal(bench_live(&bench, EVENT_CALL_IDENTIFIED, call, noon),
				accounts == 1 && call >= 3);
			if (accounts == 1 && call == 5) {
				bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1000", 5, 5);
			}
			assert_int_equal(bench_live(&bench, EVENT_CALL_RINGING, call, noon),
				accounts == 5 && call >= 3);
			if (accounts == 5 && call == 5) {
				bench_expect(&bench, 0, SEVERITY_CRITICAL, "source:" STRANGER, 5, 5);
			}
			assert_int_equal(bench_live(&bench, EVENT_CALL_ANSWERED, call, noon), 0);
		}
		bench_close(&bench);
	}
}

/* The PBX sends on two of the three: for the site and the range they count from then on. */
static void a_strangers_call_that_is_let_in_counts_for_the_site(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "range_warning", 2);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 2; call++) {
		bench_call(&bench, "1001", STRANGER, BARBADOS, noon);
		bench.event.leg = LEG_OUTSIDE;
		assert_int_equal(bench_live(&bench, EVENT_CALL_ATTEMPTED, call, noon), 0);
		bench_call(&bench, "0312345678", PBX, BARBADOS, noon);
		bench.event.leg = LEG_TRUNK_OUT;
		bench.event.is_from_stranger = true;
		assert_int_equal(bench_live(&bench, EVENT_CALL_JOINED, call, noon + 1), call == 2);
	}
	bench_expect(&bench, 0, SEVERITY_WARNING, "number:+1246555", 2, 2);
	bench_close(&bench);
}

/* The office's main number stands in every From; the credentials tell the phones apart. */
static void a_call_counts_for_the_account_that_pays(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 6; call++) {
		char account[16], source[24];
		snprintf(account, sizeof account, "100%d", (int)call);
		snprintf(source, sizeof source, "192.168.10.%d", (int)call);
		assert_int_equal(dial_elsewhere(&bench, call, "0312345678", source, noon), 0);
		bench.event.caller = text_of(account);
		assert_int_equal(bench_live(&bench, EVENT_CALL_IDENTIFIED, call, noon + 1), 0);
	}
	for (uint64_t call = 7; call <= 8; call++) {
		assert_int_equal(dial_elsewhere(&bench, call, "0312345678", "192.168.10.9", noon), 0);
		bench.event.caller = TEXT("1001");
		assert_int_equal(bench_live(&bench, EVENT_CALL_IDENTIFIED, call, noon + 1), call == 8);
	}
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 3, 3);
	bench_close(&bench);
}

static void a_reload_goes_on_with_the_calls_that_are_up(void **state)
{
	struct bench bench, next;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint64_t call = 1; call <= 3; call++) {
		dial_elsewhere(&bench, call, "1001", PHONE, noon);
	}
	bench_open(&next, RULE);
	bench_limit(&next, RULE, "warning", 2);
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	bench_call(&next, "1001", PHONE, FRANCE, noon);
	assert_int_equal(bench_live(&next, EVENT_CALL_ENDED, 1, noon + 1), 0);
	assert_int_equal(bench_live(&next, EVENT_CALL_ENDED, 2, noon + 1), 0);
	assert_int_equal(dial_elsewhere(&next, 4, "1001", PHONE, noon + 2), 1);
	bench_expect(&next, 0, SEVERITY_WARNING, "caller:1001", 2, 2);
	bench_close(&next);
}

static void calls_forgotten_early_are_counted(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (uint64_t call = 1; call <= LIVE_CALLS_MINIMUM + 10; call++) {
		dial_elsewhere(&bench, call, "1001", PHONE, noon);
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 10);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", LIVE_CALLS_MINIMUM, 5);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_caller_has_three_calls_at_once),
		cmocka_unit_test(calls_one_after_the_other_are_none_at_once),
		cmocka_unit_test(thieves_who_rotate_callers_are_found_by_their_address),
		cmocka_unit_test(a_range_of_numbers_has_three_calls_at_once),
		cmocka_unit_test(the_site_has_a_limit_of_its_own),
		cmocka_unit_test(a_wider_subject_is_told_only_where_it_is_graver),
		cmocka_unit_test(limits_are_settings),
		cmocka_unit_test(only_calls_abroad_that_are_followed_count),
		cmocka_unit_test(a_strangers_tries_are_a_warning_until_one_is_answered),
		cmocka_unit_test(a_thief_with_accounts_is_told_about_them_or_his_address),
		cmocka_unit_test(a_strangers_call_that_is_let_in_counts_for_the_site),
		cmocka_unit_test(a_call_counts_for_the_account_that_pays),
		cmocka_unit_test(a_reload_goes_on_with_the_calls_that_are_up),
		cmocka_unit_test(calls_forgotten_early_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
