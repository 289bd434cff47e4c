/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include "pbxguard/rules/sum_window.h"

#include <stdlib.h>
#include <unistd.h>

#define RULE "spend"

/* Yen a minute: France 100, with 30 to begin with; Cuba 1000; other places 250, listed ones 500. */
static struct rates *rates_for_tests(void)
{
	static const char text[] = "prefix,currency,per_minute,setup\n"
				   "33,JPY,100,30\n"
				   "53,JPY,1000,\n"
				   "49,JPY,0,\n"
				   "44,JPY,0.4,\n";
	char path[] = "/tmp/pbxguard-spend-XXXXXX", error[256];
	struct rates_settings settings = {0};
	int file = mkstemp(path);

	assert_true(file >= 0 && write(file, text, sizeof text - 1) == sizeof text - 1);
	close(file);
	setting_defaults(&rates_setting_table, &settings);
	struct rates *rates = rates_read(&settings, path, error, sizeof error);
	unlink(path);
	assert_non_null(rates);
	return rates;
}

struct spend_bench {
	struct bench bench;
	struct rates *rates;
	uint64_t calls;
};

static void start(struct spend_bench *spend)
{
	struct bench *bench = &spend->bench;

	bench_start(bench);
	rules_free(bench->rules);
	spend->rates = rates_for_tests();
	spend->calls = 0;
	bench->rules = rules_new(bench->settings, &(struct surroundings){&bench->site, bench->calendar,
							  bench->lists, 0, .rates = spend->rates});
	assert_non_null(bench->rules);
}

static void open_spend(struct spend_bench *spend)
{
	bench_open(&spend->bench, RULE);
	start(spend);
}

static void end(struct spend_bench *spend)
{
	bench_close(&spend->bench);
	rates_free(spend->rates);
}

/* A call that is answered at when. The number of findings. */
static size_t answer(struct spend_bench *spend, const char *caller, const char *e164,
	const struct destination *destination, instant when)
{
	struct bench *bench = &spend->bench;

	bench_call(bench, caller, PHONE, e164, destination, when - 5 * SECOND);
	assert_int_equal(bench_live(bench, EVENT_CALL_ATTEMPTED, ++spend->calls, when - 5 * SECOND), 0);
	assert_int_equal(bench_live(bench, EVENT_CALL_RINGING, spend->calls, when - 3 * SECOND), 0);
	return bench_live(bench, EVENT_CALL_ANSWERED, spend->calls, when);
}

/* The answered call goes on. The number of findings of the last event. */
static size_t stay(struct spend_bench *spend, duration up)
{
	struct bench *bench = &spend->bench;
	size_t findings = 0;

	for (bench->event.up = CALL_STILL_UP_EVERY; bench->event.up <= up;
		bench->event.up += CALL_STILL_UP_EVERY) {
		findings = bench_live(bench, EVENT_CALL_STILL_UP, bench->event.call,
			bench->event.answered + bench->event.up);
	}
	bench->event.up = up;
	return findings;
}

static void hang_up(struct spend_bench *spend)
{
	struct bench *bench = &spend->bench;

	assert_int_equal(bench_live(bench, EVENT_CALL_ENDED, bench->event.call,
				 bench->event.answered + bench->event.up),
		0);
}

static void only_what_is_answered_costs(void **state)
{
	static const enum event_kind kinds[] = {EVENT_CALL_ATTEMPTED, EVENT_CALL_IDENTIFIED,
		EVENT_CALL_JOINED, EVENT_CALL_RINGING, EVENT_CALL_REFUSED, EVENT_CALL_CANCELLED,
		EVENT_CALL_ENDED};
	struct spend_bench spend;

	(void)state;
	bench_open(&spend.bench, RULE);
	bench_limit(&spend.bench, RULE, "hour_warning", 1);
	start(&spend);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		bench_call(&spend.bench, "1001", PHONE, CUBA, bench_time(NOON));
		assert_int_equal(bench_live(&spend.bench, kinds[i], 1, bench_time(NOON)), 0);
	}
	assert_int_equal(answer(&spend, "1001", CUBA, bench_time(NOON)), 1);
	bench_expect(&spend.bench, 0, SEVERITY_WARNING, "caller:1001", 1000, 1);
	end(&spend);
}

static void what_costs_nothing_is_never_told(void **state)
{
	struct spend_bench spend;

	(void)state;
	open_spend(&spend);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(answer(&spend, "1001", "+4930123456", NULL, bench_time(NOON) + i), 0);
	}
	end(&spend);
}

static void a_rule_without_rates_is_silent(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	bench_call(&bench, "1001", PHONE, CUBA, bench_time(NOON));
	assert_int_equal(bench_live(&bench, EVENT_CALL_ANSWERED, 1, bench_time(NOON)), 0);
	bench_close(&bench);
}

/* 1000 yen a minute: the fifth minute begins at 4:00. */
static void a_call_is_told_while_it_is_up(void **state)
{
	static const struct {
		duration up;
		size_t findings;
		enum severity severity;
		uint32_t count, limit;
	} cases[] = {
		{30 * SECOND, 0, 0, 0, 0}, {3 * MINUTE + 30 * SECOND, 0, 0, 0, 0},
		{4 * MINUTE, 1, SEVERITY_WARNING, 5000, 5000},
		{4 * MINUTE + 30 * SECOND, 0, 0, 0, 0}, /* no minute begins */
		{5 * MINUTE, 1, SEVERITY_WARNING, 6000, 5000}, {6 * MINUTE, 1, SEVERITY_WARNING, 7000, 5000},
		{7 * MINUTE, 1, SEVERITY_CRITICAL, 8000, 8000},
		{14 * MINUTE, 1, SEVERITY_CRITICAL, 15000, 8000}, /* of equals the hour */
	};
	struct spend_bench spend;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_spend(&spend);
		assert_int_equal(answer(&spend, "1001", CUBA, bench_time(NOON)), 0);
		assert_int_equal(stay(&spend, cases[i].up), cases[i].findings);
		if (cases[i].findings > 0) {
			bench_expect(&spend.bench, 0, cases[i].severity, "caller:1001", cases[i].count,
				cases[i].limit);
			assert_int_equal(spend.bench.findings.items[0].window, HOUR);
		}
		hang_up(&spend);
		end(&spend);
	}
}

static void the_sentence_tells_the_sum_the_currency_and_the_limit(void **state)
{
	struct spend_bench spend;
	struct finding *finding = &spend.bench.findings.items[0];

	(void)state;
	open_spend(&spend);
	answer(&spend, "1001", CUBA, bench_time(NOON));
	assert_int_equal(stay(&spend, 7 * MINUTE), 1);
	assert_string_equal(finding->reason,
		"Calls abroad by caller 1001 cost about 8,000 JPY within 60 min (limit 8,000 JPY), this one: to "
		"Cuba (high-risk entry 53); the office is open.");
	assert_string_equal(finding->evidence, "about 8,000 JPY in 60 min (limit 8,000 JPY)");
	end(&spend);

	bench_open(&spend.bench, RULE);
	bench_limit(&spend.bench, RULE, "hour_warning", 1000000);
	bench_limit(&spend.bench, RULE, "hour_critical", 1000000);
	bench_limit(&spend.bench, RULE, "day_warning", 1000000);
	bench_limit(&spend.bench, RULE, "day_critical", 1000000);
	start(&spend);
	answer(&spend, "1001", CUBA, bench_time(NIGHT));
	assert_int_equal(stay(&spend, 49 * MINUTE), 1);
	bench_expect(&spend.bench, 0, SEVERITY_WARNING, "site", 50000, 50000);
	assert_string_equal(finding->reason,
		"Calls abroad by all callers of the site together cost about 50,000 JPY within 60 min (limit "
		"50,000 JPY), this one: to Cuba (high-risk entry 53); the office is closed (weekend).");
	end(&spend);
}

/* Short calls now and then: 130 yen each, of which no hour sees enough. */
static void a_day_adds_up_what_no_hour_sees(void **state)
{
	struct spend_bench spend;
	instant noon = bench_time(NOON);

	(void)state;
	open_spend(&spend);
	for (uint32_t i = 1; i <= 116; i++) {
		size_t findings = answer(&spend, "1001", FRANCE, noon + i * 10 * MINUTE);
		assert_int_equal(findings, i >= 77); /* 77 * 130 = 10,010 */
		if (findings > 0) {
			bench_expect(&spend.bench, 0, i >= 116 ? SEVERITY_CRITICAL : SEVERITY_WARNING,
				"caller:1001", i * 130, i >= 116 ? 15000 : 10000);
			assert_int_equal(spend.bench.findings.items[0].window, DAY);
		}
	}
	/* A day later all of it is forgotten. */
	assert_int_equal(answer(&spend, "1001", FRANCE, noon + 3 * DAY), 0);
	end(&spend);
}

/* One unit below the limit does not fire: 0.4 yen a minute. */
static void fractions_add_up_exactly(void **state)
{
	struct spend_bench spend;

	(void)state;
	bench_open(&spend.bench, RULE);
	bench_limit(&spend.bench, RULE, "hour_warning", 20);
	start(&spend);
	for (int i = 1; i <= 60; i++) {
		/* 50 * 0.4 = 20 */
		size_t findings =
			answer(&spend, "1001", "+441632960123", NULL, bench_time(NOON) + i * SECOND);
		assert_int_equal(findings, i >= 50);
	}
	bench_expect(&spend.bench, 0, SEVERITY_WARNING, "caller:1001", 24, 20);
	end(&spend);
}

static void callers_are_added_up_for_the_site(void **state)
{
	struct spend_bench spend;
	instant noon = bench_time(NOON);

	(void)state;
	open_spend(&spend);
	for (uint32_t i = 1; i <= 100; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%u", 1000 + i);
		size_t findings = answer(&spend, caller, CUBA, noon + i * SECOND);
		assert_int_equal(findings, i >= 50);
		if (findings > 0) {
			bench_expect(&spend.bench, 0, i >= 80 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "site",
				i * 1000, i >= 80 ? 80000 : 50000);
		}
	}
	end(&spend);
}

/* Who is let in without credentials has no name: his address has the caller's limits. */
static void a_strangers_address_stands_for_him(void **state)
{
	struct spend_bench spend;
	struct bench *bench = &spend.bench;
	instant noon = bench_time(NOON);

	(void)state;
	open_spend(&spend);
	for (int i = 1; i <= 8; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", i);
		bench_call(bench, caller, STRANGER, CUBA, noon + i);
		bench->event.leg = LEG_OUTSIDE;
		assert_int_equal(
			bench_live(bench, EVENT_CALL_ANSWERED, (uint64_t)i, noon + i * SECOND), i >= 5);
	}
	bench_expect(bench, 0, SEVERITY_CRITICAL, "source:" STRANGER, 8000, 8000);
	end(&spend);
}

/* ---- against what each call costs when it is over ---- */

static void a_call_costs_in_the_end_what_the_rates_say(void **state)
{
	const struct destination_reading nothing = {0};
	unsigned random = 3;
	struct spend_bench spend;

	(void)state;
	for (int i = 0; i < 100; i++) {
		bench_open(&spend.bench, RULE);
		bench_limit(&spend.bench, RULE, "day_warning", 1);
		bench_limit(&spend.bench, RULE, "hour_warning", 1000000000);
		bench_limit(&spend.bench, RULE, "hour_critical", 1000000000);
		start(&spend);
		random = random * 1103515245 + 12345;
		duration up = (random >> 8) % (20 * MINUTE) * 60 % (20 * HOUR) + 1;
		size_t findings = answer(&spend, "1001", FRANCE, bench_time(NOON));
		assert_int_equal(findings, 1);
		uint32_t told = spend.bench.findings.items[0].count;
		for (duration so_far = CALL_STILL_UP_EVERY; so_far < up; so_far += CALL_STILL_UP_EVERY) {
			spend.bench.event.up = so_far;
			if (bench_live(&spend.bench, EVENT_CALL_STILL_UP, 1,
				    spend.bench.event.answered + so_far) > 0) {
				told = spend.bench.findings.items[0].count;
			}
		}
		money cost = rates_cost(spend.rates, "+33123456789", &france, &nothing, up);
		assert_int_equal(told, money_units(cost));
		end(&spend);
	}
}

/* ---- */

static void a_reload_goes_on_with_the_old_sums(void **state)
{
	struct spend_bench spend, next;

	(void)state;
	open_spend(&spend);
	answer(&spend, "1001", CUBA, bench_time(NOON));
	assert_int_equal(stay(&spend, 3 * MINUTE), 0); /* 4,000 */
	open_spend(&next);
	rules_adopt(next.bench.rules, spend.bench.rules);
	end(&spend);
	assert_int_equal(answer(&next, "1001", CUBA, bench_time(NOON) + 4 * MINUTE), 1);
	bench_expect(&next.bench, 0, SEVERITY_WARNING, "caller:1001", 5000, 5000);
	end(&next);
}

static void callers_forgotten_early_are_counted(void **state)
{
	struct spend_bench spend;

	(void)state;
	open_spend(&spend);
	/* The site has a place, too. */
	for (int i = 0; i < SUM_KEYS_MINIMUM - 1 + 10; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", i);
		answer(&spend, caller, FRANCE, bench_time(NOON) + i);
	}
	assert_int_equal(rules_keys_evicted(spend.bench.rules), 10);
	end(&spend);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_answered_costs),
		cmocka_unit_test(what_costs_nothing_is_never_told),
		cmocka_unit_test(a_rule_without_rates_is_silent),
		cmocka_unit_test(a_call_is_told_while_it_is_up),
		cmocka_unit_test(the_sentence_tells_the_sum_the_currency_and_the_limit),
		cmocka_unit_test(a_day_adds_up_what_no_hour_sees),
		cmocka_unit_test(fractions_add_up_exactly),
		cmocka_unit_test(callers_are_added_up_for_the_site),
		cmocka_unit_test(a_strangers_address_stands_for_him),
		cmocka_unit_test(a_call_costs_in_the_end_what_the_rates_say),
		cmocka_unit_test(a_reload_goes_on_with_the_old_sums),
		cmocka_unit_test(callers_forgotten_early_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
