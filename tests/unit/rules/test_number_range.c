/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "number_range"
#define WEEK (7 * DAY)
#define RANGE "number:+1246555"

/* A call to Barbados, of any caller; its number in the bench is the call's number, too. */
static size_t dial(struct bench *bench, uint64_t call, instant when)
{
	static char caller[16]; /* the event goes on borrowing it */
	char e164[E164_SIZE];

	snprintf(caller, sizeof caller, "1%03u", (unsigned)(call % 1000));
	snprintf(e164, sizeof e164, "+1246555%04u", (unsigned)(call % 10000));
	return bench_follow(bench, call, caller, PHONE, e164, &barbados, when);
}

/* It is answered at once and lasts so long. No finding comes of that. */
static void talk(struct bench *bench, uint64_t call, instant when, duration up)
{
	assert_int_equal(bench_live(bench, EVENT_CALL_ANSWERED, call, when), 0);
	bench->event.up = up;
	assert_int_equal(bench_live(bench, EVENT_CALL_ENDED, call, when + up), 0);
}

static void open_rule(struct bench *bench)
{
	bench_open(bench, RULE);
	bench_start(bench);
}

static void three_calls_within_a_day_after_a_short_first_one_are_a_warning(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	open_rule(&bench);
	assert_int_equal(dial(&bench, 1, night), 0);
	talk(&bench, 1, night, 20 * SECOND);
	assert_int_equal(dial(&bench, 2, night + HOUR), 0);
	talk(&bench, 2, night + HOUR, 10 * MINUTE);
	assert_int_equal(dial(&bench, 3, night + 2 * HOUR), 0);
	assert_int_equal(dial(&bench, 4, night + DAY - 1), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, RANGE, 3, 3);
	assert_int_equal(bench.findings.items[0].window, DAY);
	assert_string_equal(bench.findings.items[0].evidence, "3 calls in 24 h after a test call (limit 3)");
	assert_string_equal(bench.findings.items[0].reason,
		"3 calls to numbers that begin with +1246555 within 24 h after a test call, this one: to "
		"Barbados (high-risk entry 1-246); the office is closed (weekend).");
	assert_int_equal(dial(&bench, 5, night + DAY), 0); /* the test was a day ago */
	bench_close(&bench);
}

static void what_is_a_test_call(void **state)
{
	static const struct {
		enum event_kind end;
		duration up;
		bool is_test;
		uint16_t status;
	} cases[] = {
		{EVENT_CALL_ENDED, 0, true},
		{EVENT_CALL_ENDED, 60 * SECOND, true},
		{EVENT_CALL_ENDED, 60 * SECOND + 1, false},
		{EVENT_CALL_ENDED, HOUR, false},
		{EVENT_CALL_REFUSED, 0, true, 404},
		{EVENT_CALL_REFUSED, 0, false, 486},
		{EVENT_CALL_REFUSED, 0, false, 600},
		{EVENT_CALL_CANCELLED, 0, true},
		{EVENT_CALL_STILL_UP, 30 * SECOND, false},
		{EVENT_CALL_RINGING, 0, false},
	};
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_rule(&bench);
		dial(&bench, 1, night);
		bench.event.up = cases[i].up;
		bench.event.status = cases[i].status;
		assert_int_equal(bench_live(&bench, cases[i].end, 1, night + cases[i].up), 0);
		for (uint64_t call = 2; call <= 4; call++) {
			assert_int_equal(dial(&bench, call, night + 2 * HOUR), call == 4 && cases[i].is_test);
		}
		bench_close(&bench);
	}
}

/* Only the first call to a range can be the test: a customer's line may be busy on any day. */
static void a_short_call_later_on_is_no_test(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	open_rule(&bench);
	dial(&bench, 1, night);
	talk(&bench, 1, night, 5 * MINUTE);
	for (uint64_t call = 2; call <= 10; call++) {
		instant when = night + (instant)call * HOUR;
		assert_int_equal(dial(&bench, call, when), 0);
		bench_live(&bench, EVENT_CALL_REFUSED, call, when + SECOND);
	}
	/* A week later the next is a first one again. */
	assert_int_equal(dial(&bench, 11, night + 10 * HOUR + WEEK), 0);
	bench_live(&bench, EVENT_CALL_CANCELLED, 11, night + 10 * HOUR + WEEK + SECOND);
	for (uint64_t call = 12; call <= 14; call++) {
		assert_int_equal(dial(&bench, call, night + 11 * HOUR + WEEK), call == 14);
	}
	bench_close(&bench);
}

static void last_months_test_is_none_of_todays_calls(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	open_rule(&bench);
	dial(&bench, 1, night);
	bench_live(&bench, EVENT_CALL_CANCELLED, 1, night + SECOND);
	for (uint64_t call = 2; call <= 6; call++) { /* the first of these is still up */
		assert_int_equal(dial(&bench, call, night + 2 * WEEK + (instant)call * MINUTE), 0);
	}
	bench_close(&bench);
}

/* The same end told of another call changes nothing. */
static void the_end_of_another_call_proves_nothing(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	open_rule(&bench);
	dial(&bench, 0, night); /* a call that is not followed */
	bench_live(&bench, EVENT_CALL_REFUSED, 0, night);
	bench_live(&bench, EVENT_CALL_REFUSED, 77, night);
	for (uint64_t call = 2; call <= 6; call++) {
		assert_int_equal(dial(&bench, call, night + HOUR), 0);
	}
	bench_close(&bench);
}

static void twenty_calls_in_a_week_are_critical(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	open_rule(&bench);
	for (uint64_t call = 1; call <= 19; call++) {
		instant when = night + (instant)(call - 1) * 8 * HOUR;
		assert_int_equal(dial(&bench, call, when), 0);
		talk(&bench, call, when, 3 * MINUTE);
	}
	assert_int_equal(dial(&bench, 20, night + WEEK - 1), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, RANGE, 20, 20);
	assert_int_equal(bench.findings.items[0].window, WEEK);
	assert_string_equal(bench.findings.items[0].evidence, ""); /* the usual words fit */
	assert_string_equal(bench.findings.items[0].reason,
		"20 calls to numbers that begin with +1246555 within 7 d, this one: to Barbados (high-risk "
		"entry 1-246); the office is closed (weekend).");
	assert_int_equal(dial(&bench, 21, night + WEEK), 1); /* the first is out, this one is in */
	assert_int_equal(dial(&bench, 22, night + WEEK + 9 * HOUR), 1);
	assert_int_equal(dial(&bench, 23, night + WEEK + 4 * DAY), 0);
	bench_close(&bench);
}

static void of_both_the_graver_is_told(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	open_rule(&bench);
	for (uint64_t call = 1; call <= 30; call++) {
		size_t findings = dial(&bench, call, night + (instant)call * MINUTE);
		assert_int_equal(findings, call >= 4);
		if (call >= 4) { /* the test itself counts in the week, not after itself */
			bool is_critical = call >= 20;
			bench_expect(&bench, 0, is_critical ? SEVERITY_CRITICAL : SEVERITY_WARNING, RANGE,
				(uint32_t)(call == 20 ? call : call - 1), is_critical ? 20 : 3);
			assert_int_equal(bench.findings.items[0].window, call == 20 ? WEEK : DAY);
		}
		if (call == 1) {
			bench_live(&bench, EVENT_CALL_REFUSED, 1, night + MINUTE + 1);
		}
	}
	bench_close(&bench);
}

/* All but the last four digits, and seven or eight. */
static void a_range_has_seven_or_eight_digits(void **state)
{
	static const struct {
		const char *e164, *subject;
	} cases[] = {
		{"+2901234", "number:+2901234"},          /* Saint Helena: no more than the number */
		{"+37212345678", "number:+3721234"},      /* eleven digits */
		{"+5371234567", "number:+5371234"},       /* ten */
		{"+442079460000", "number:+44207946"},    /* twelve */
		{"+8613812345678", "number:+86138123"},   /* thirteen */
		{"+123456789012345", "number:+12345678"}, /* as many as there can be */
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "week_warning", 1);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(
			bench_dial(&bench, "1001", PHONE, cases[i].e164, &france, bench_time(NOON)), 1);
		bench_expect(&bench, 0, SEVERITY_WARNING, cases[i].subject, 1, 1);
	}
	bench_close(&bench);
}

static void ranges_are_counted_apart(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	open_rule(&bench);
	for (unsigned i = 0; i < 100; i++) {
		char e164[E164_SIZE];
		snprintf(e164, sizeof e164, "+12465%02u0000", i);
		bench_call(&bench, "1001", PHONE, e164, &barbados, night);
		assert_int_equal(bench_live(&bench, EVENT_CALL_ATTEMPTED, i + 1, night + i), 0);
		bench_live(&bench, EVENT_CALL_REFUSED, i + 1, night + i);
	}
	bench_close(&bench);
}

static void an_allowed_destination_is_left_out(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "BB");
	bench_start(&bench);
	for (uint64_t call = 1; call <= 40; call++) {
		assert_int_equal(dial(&bench, call, bench_time(NIGHT) + (instant)call), 0);
		bench_live(&bench, EVENT_CALL_REFUSED, call, bench_time(NIGHT) + (instant)call);
	}
	bench_close(&bench);
}

static void a_strangers_tries_count_when_he_is_let_in(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	open_rule(&bench);
	for (uint64_t call = 1; call <= 40; call++) { /* a scanner */
		bench_call(&bench, "1001", STRANGER, BARBADOS, night);
		bench.event.leg = LEG_OUTSIDE;
		assert_int_equal(bench_live(&bench, EVENT_CALL_ATTEMPTED, call, night + (instant)call), 0);
		assert_int_equal(bench_live(&bench, EVENT_CALL_REFUSED, call, night + (instant)call), 0);
	}
	for (uint64_t call = 41; call <= 44; call++) { /* with a stolen account */
		instant when = night + (instant)call * MINUTE;
		bench_call(&bench, "1001", STRANGER, BARBADOS, when);
		bench.event.leg = LEG_OUTSIDE;
		bench_live(&bench, EVENT_CALL_ATTEMPTED, call, when);
		bench.event.has_account = true;
		assert_int_equal(bench_live(&bench, EVENT_CALL_IDENTIFIED, call, when + 1), call == 44);
		if (call == 44) {
			bench_expect(&bench, 0, SEVERITY_WARNING, RANGE, 3, 3);
		}
		bench_live(&bench, EVENT_CALL_REFUSED, call, when + 2);
	}
	bench_close(&bench);
}

/* ---- against a plain list of all calls */

struct model {
	size_t count;
	struct {
		instant time;
		bool is_short;
	} calls[600];
};

/* What is to be said about the last call. */
static bool model_tally(const struct model *model, enum severity *severity, uint32_t *count)
{
	size_t last = model->count - 1, first = last;
	instant now = model->calls[last].time;
	uint32_t in_week = 0, after_test = 0;

	while (first > 0 && model->calls[first].time - model->calls[first - 1].time < WEEK) {
		first--;
	}
	for (size_t i = 0; i <= last; i++) {
		in_week += model->calls[i].time > now - WEEK;
	}
	if (first < last && model->calls[first].is_short && now - model->calls[first].time < DAY) {
		for (size_t i = first + 1; i <= last; i++) {
			after_test += model->calls[i].time > model->calls[first].time;
		}
	}
	*severity = after_test >= 20 || in_week >= 20 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	*count = after_test >= (*severity == SEVERITY_CRITICAL ? 20 : 3) ? after_test : in_week;
	return after_test >= 3 || in_week >= 20;
}

static unsigned next_random(unsigned *random)
{
	*random = *random * 1103515245 + 12345;
	return *random >> 8;
}

/* Bursts, lonely calls, weeks of silence; ends of all kinds, told before the next call. */
static void findings_agree_with_a_plain_list(void **state)
{
	static const enum event_kind ends[] = {EVENT_CALL_ENDED, EVENT_CALL_REFUSED, EVENT_CALL_CANCELLED};
	static struct model model;
	size_t found = 0;

	(void)state;
	for (unsigned seed = 1; seed <= 30; seed++) {
		struct bench bench;
		unsigned random = seed;
		instant now = bench_time(NIGHT);
		bench_open(&bench, RULE);
		memset(&bench.calendar_settings.business_hours, 0,
			sizeof bench.calendar_settings.business_hours);
		bench_start(&bench);
		for (model.count = 0; model.count < COUNT_OF(model.calls);) {
			unsigned kind = next_random(&random) % 100;
			unsigned minutes = kind < 75 ? 30 : kind < 92 ? 3 * 24 * 60 : 16 * 24 * 60;
			now += MINUTE + next_random(&random) % minutes * MINUTE;
			enum event_kind end = ends[next_random(&random) % COUNT_OF(ends)];
			duration up = next_random(&random) % 2 * MINUTE + next_random(&random) % 2;
			model.calls[model.count].time = now;
			model.calls[model.count++].is_short = end != EVENT_CALL_ENDED || up <= MINUTE;
			enum severity severity;
			uint32_t count;
			bool expected = model_tally(&model, &severity, &count);
			assert_int_equal(dial(&bench, model.count, now), expected);
			if (expected) {
				found++;
				assert_int_equal(bench.findings.items[0].severity, severity);
				assert_int_equal(bench.findings.items[0].count,
					count < WINDOW_TIMES_MINIMUM ? count : WINDOW_TIMES_MINIMUM);
			}
			bench.event.up = up;
			assert_int_equal(bench_live(&bench, end, model.count, now + MINUTE - 1), 0);
		}
		bench_close(&bench);
	}
	assert_in_range(found, 1000, 15000);
}

/* ---- a customer */

/* Calls on working days, none of which goes through. How many of them were found in the last week. */
static size_t call_by_day(struct bench *bench, instant monday, unsigned weeks, unsigned calls_a_day)
{
	static uint64_t call = 1000;
	size_t found = 0;

	for (unsigned day = 0; day < 5 * weeks; day++) {
		found = day % 5 == 0 ? 0 : found;
		for (unsigned i = 0; i < calls_a_day; i++) {
			instant when = monday + day / 5 * WEEK + day % 5 * DAY + i * (20 * MINUTE);
			found += dial(bench, ++call, when);
			bench_live(bench, EVENT_CALL_CANCELLED, call, when + SECOND);
		}
	}
	return found;
}

static void a_range_that_was_long_called_by_day_is_familiar(void **state)
{
	struct bench bench;
	instant monday = bench_time("2026-09-28 10:00");

	(void)state;
	open_rule(&bench);
	/* The fourth and fifth of the first day, and from the twentieth on. */
	assert_int_equal(call_by_day(&bench, monday, 1, 5), 2 + 6);
	assert_int_equal(call_by_day(&bench, monday + WEEK, 3, 5), 25);
	assert_int_equal(call_by_day(&bench, monday + 4 * WEEK, 4, 10), 0);
	/* At night it is not: a first call, and three behind it. */
	instant night = monday + 8 * WEEK + 12 * HOUR;
	for (uint64_t n = 1; n <= 4; n++) {
		assert_int_equal(dial(&bench, n, night + (instant)n * MINUTE), n == 4);
		bench_live(&bench, EVENT_CALL_REFUSED, n, bench.event.time + SECOND);
	}
	assert_int_equal(call_by_day(&bench, monday + 9 * WEEK, 1, 10), 0);
	bench_close(&bench);
}

static void calls_at_night_make_nothing_familiar(void **state)
{
	struct bench bench;
	instant evening = bench_time("2026-09-28 20:00");

	(void)state;
	open_rule(&bench);
	for (uint64_t call = 1; call <= 210; call++) { /* three each night, for ten weeks */
		instant when = evening + (instant)((call - 1) / 3) * DAY + (instant)(call % 3) * MINUTE;
		assert_int_equal(dial(&bench, call, when), call >= 20);
		talk(&bench, call, when, HOUR);
	}
	bench_close(&bench);
}

static void what_was_not_called_for_long_is_strange_again(void **state)
{
	struct bench bench;
	instant monday = bench_time("2026-09-28 10:00");

	(void)state;
	open_rule(&bench);
	call_by_day(&bench, monday, 5, 25);
	assert_int_equal(
		call_by_day(&bench, monday + 8 * WEEK, 1, 25), 0); /* 24 days later: still familiar */
	assert_true(call_by_day(&bench, monday + 13 * WEEK, 1, 25) > 0);
	bench_close(&bench);
}

static void a_reload_goes_on_with_the_old_counts(void **state)
{
	struct bench bench, next;
	instant night = bench_time(NIGHT), monday = bench_time("2026-09-28 10:00");

	(void)state;
	open_rule(&bench);
	dial(&bench, 1, night);
	bench_live(&bench, EVENT_CALL_REFUSED, 1, night + 1);
	dial(&bench, 2, night + 2);
	bench_open(&next, RULE);
	bench_limit(&next, RULE, "week_critical", 300);
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(dial(&next, 3, night + 3), 0);
	assert_int_equal(dial(&next, 4, night + 4), 1);
	bench_expect(&next, 0, SEVERITY_WARNING, RANGE, 3, 3);
	bench_close(&next);

	open_rule(&bench); /* what is familiar stays so */
	call_by_day(&bench, monday, 4, 5);
	open_rule(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(call_by_day(&next, monday + 4 * WEEK, 1, 10), 0);
	bench_close(&next);
}

static void ranges_forgotten_early_are_counted(void **state)
{
	struct bench bench;

	(void)state;
	open_rule(&bench);
	for (unsigned i = 0; i < WINDOW_KEYS_MINIMUM + 10; i++) {
		char e164[E164_SIZE];
		snprintf(e164, sizeof e164, "+12465%02u0000", i);
		bench_dial(&bench, "1001", PHONE, e164, &barbados, bench_time(NIGHT));
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 10);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_calls_within_a_day_after_a_short_first_one_are_a_warning),
		cmocka_unit_test(what_is_a_test_call),
		cmocka_unit_test(a_short_call_later_on_is_no_test),
		cmocka_unit_test(last_months_test_is_none_of_todays_calls),
		cmocka_unit_test(the_end_of_another_call_proves_nothing),
		cmocka_unit_test(twenty_calls_in_a_week_are_critical),
		cmocka_unit_test(of_both_the_graver_is_told),
		cmocka_unit_test(a_range_has_seven_or_eight_digits),
		cmocka_unit_test(ranges_are_counted_apart),
		cmocka_unit_test(an_allowed_destination_is_left_out),
		cmocka_unit_test(a_strangers_tries_count_when_he_is_let_in),
		cmocka_unit_test(findings_agree_with_a_plain_list),
		cmocka_unit_test(a_range_that_was_long_called_by_day_is_familiar),
		cmocka_unit_test(calls_at_night_make_nothing_familiar),
		cmocka_unit_test(what_was_not_called_for_long_is_strange_again),
		cmocka_unit_test(a_reload_goes_on_with_the_old_counts),
		cmocka_unit_test(ranges_forgotten_early_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
