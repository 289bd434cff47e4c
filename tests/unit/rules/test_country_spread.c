/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include "pbxguard/rules/distinct.h"

#include <stdlib.h>

#define RULE "country_spread"
#define COUNTRIES 26

/* The nth country: "AX", "BX"…, each with a code of its own. */
static const struct destination *country(unsigned n)
{
	static struct destination countries[COUNTRIES];
	struct destination *country = &countries[n];

	snprintf(country->prefix, sizeof country->prefix, "%u", 210 + n);
	snprintf(country->country, sizeof country->country, "%cX", (char)('A' + n));
	snprintf(country->name, sizeof country->name, "Country %u", n);
	return country;
}

/* A call there. The number of findings. */
static size_t dial(struct bench *bench, const char *caller, const char *source, unsigned n, instant when)
{
	char e164[E164_SIZE];

	snprintf(e164, sizeof e164, "+%u12345678", 210 + n);
	return bench_dial(bench, caller, source, e164, country(n), when);
}

static void four_countries_in_ten_minutes_are_a_warning(void **state)
{
	static const struct {
		duration after;
		unsigned country;
		uint32_t count; /* 0: no finding */
	} calls[] = {
		{0, 0, 0},
		{1 * MINUTE, 1, 0},
		{2 * MINUTE, 2, 0},
		{9 * MINUTE, 2, 0},  /* the same again is no fourth */
		{10 * MINUTE, 3, 0}, /* the first is out */
		{11 * MINUTE - 1, 4, 4},
		{11 * MINUTE, 4, 0}, /* the second is out */
		{11 * MINUTE, 5, 4}, /* the third counts since it was called last */
		{15 * MINUTE, 6, 5},
		{40 * MINUTE, 7, 0},
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		size_t findings =
			dial(&bench, "1001", PHONE, calls[i].country, bench_time(NOON) + calls[i].after);
		assert_int_equal(findings, calls[i].count > 0);
		if (findings > 0) {
			bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", calls[i].count, 4);
			assert_int_equal(bench.findings.items[0].window, 10 * MINUTE);
		}
	}
	bench_close(&bench);
}

static void ten_countries_in_an_hour_are_critical(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (unsigned n = 0; n < 9; n++) { /* never more than two in ten minutes */
		assert_int_equal(dial(&bench, "1001", PHONE, n, noon + n * 6 * MINUTE), 0);
	}
	assert_int_equal(dial(&bench, "1001", PHONE, 8, noon + HOUR - 2), 0);
	assert_int_equal(dial(&bench, "1001", PHONE, 9, noon + HOUR - 1), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 10, 10);
	assert_int_equal(bench.findings.items[0].window, HOUR);
	assert_string_equal(bench.findings.items[0].evidence, "10 countries in 60 min (limit 10)");
	assert_string_equal(bench.findings.items[0].reason,
		"Calls to 10 different countries by caller 1001 within 60 min, this one: to Country 9; the "
		"office is open.");
	assert_int_equal(dial(&bench, "1001", PHONE, 9, noon + HOUR), 0); /* the first is out */
	bench_close(&bench);
}

static void of_ten_in_ten_minutes_the_ten_minutes_are_told(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (unsigned n = 0; n < COUNTRIES; n++) {
		assert_int_equal(dial(&bench, "1001", PHONE, n, bench_time(NIGHT) + n * 10 * SECOND), n >= 3);
		if (n >= 3) {
			bench_expect(&bench, 0, n >= 9 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "caller:1001",
				n + 1, n >= 9 ? 10 : 4);
			assert_int_equal(bench.findings.items[0].window, 10 * MINUTE);
		}
	}
	bench_close(&bench);
}

/* 0.85 % of calls go to a country that the caller never called. */
static void a_new_country_alone_is_normal(void **state)
{
	struct bench bench;
	instant when = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (unsigned n = 0; n < 300; n++) {
		assert_int_equal(dial(&bench, "1001", PHONE, n % 3, when + n * SECOND), 0);
	}
	assert_int_equal(dial(&bench, "1001", PHONE, 3, when + HOUR), 0);
	bench_close(&bench);
}

static void an_allowed_destination_is_left_out(void **state)
{
	struct bench bench;
	instant when = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "AX");
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "+211");
	bench_start(&bench);
	for (unsigned n = 0; n < 5; n++) {
		assert_int_equal(dial(&bench, "1001", PHONE, n, when + n), 0);
	}
	assert_int_equal(dial(&bench, "1001", PHONE, 0, when + 5), 0);
	assert_int_equal(dial(&bench, "1001", PHONE, 5, when + 6), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 4, 4);
	bench_close(&bench);
}

static void what_is_no_country_counts_by_its_prefix(void **state)
{
	static const struct destination satellite = {.prefix = "8816", .name = "Iridium"},
					other = {.prefix = "8818", .name = "Globalstar"},
					canada = {.prefix = "1204", .country = "CA", .name = "Canada"},
					also_canada = {.prefix = "1250", .country = "CA", .name = "Canada"};
	static const struct {
		const char *e164;
		const struct destination *destination;
		uint32_t count;
	} calls[] = {
		{"+12045550100", &canada, 1},
		{"+12505550100", &also_canada, 1}, /* one country behind two prefixes */
		{"+881612345678", &satellite, 2},
		{"+881812345678", &other, 3},
		{"+21012345678", NULL, 4}, /* nobody's: by as many digits as a country code may have */
		{"+21055555555", NULL, 4},
		{"+21112345678", NULL, 5},
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "ten_minutes_warning", 1);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		assert_int_equal(bench_dial(&bench, "1001", PHONE, calls[i].e164, calls[i].destination,
					 bench_time(NOON) + (instant)i),
			1);
		bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", calls[i].count, 1);
	}
	bench_close(&bench);
}

/* Thieves rotate callers and addresses; what many do must not hide what one does. */
static void callers_sources_and_the_site_count(void **state)
{
	struct bench bench;
	instant when = bench_time(NIGHT);
	char caller[16], source[24];

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (unsigned n = 0; n < 8; n++) { /* from one address */
		snprintf(caller, sizeof caller, "10%02u", n);
		assert_int_equal(dial(&bench, caller, STRANGER, n, when + n), n >= 3);
		if (n >= 3) {
			bench_expect(&bench, 0, SEVERITY_WARNING, "source:" STRANGER, n + 1, 4);
		}
	}
	for (unsigned n = 8; n < 12; n++) { /* from many */
		snprintf(caller, sizeof caller, "10%02u", n);
		snprintf(source, sizeof source, "203.0.113.%u", n);
		assert_int_equal(dial(&bench, caller, source, n, when + n), 1);
		bench_expect(&bench, 0, n >= 9 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "site", n + 1,
			n >= 9 ? 10 : 4);
	}
	for (unsigned n = 12; n < 16; n++) { /* one caller, besides */
		assert_int_equal(dial(&bench, "2001", PHONE, n, when + n), n == 15 ? 2 : 1);
	}
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:2001", 4, 4);
	bench_expect(&bench, 1, SEVERITY_CRITICAL, "site", 16, 10);
	assert_non_null(strstr(bench.findings.items[1].reason, " by all callers of the site together "));
	bench_close(&bench);
}

/* Six people who sell abroad reach more countries in ten minutes than any of them. */
static void what_all_call_together_has_limits_of_its_own(void **state)
{
	struct bench bench;
	instant when = bench_time(NOON);
	char caller[16], source[24];

	(void)state;
	bench_open(&bench, RULE);
	bench_limit(&bench, RULE, "site_ten_minutes_warning", 8);
	bench_limit(&bench, RULE, "site_hour_warning", 9);
	bench_start(&bench);
	for (unsigned n = 0; n < 9; n++) {
		snprintf(caller, sizeof caller, "10%02u", n);
		snprintf(source, sizeof source, "192.168.10.%u", n);
		when += n < 7 ? MINUTE : 10 * MINUTE;
		assert_int_equal(dial(&bench, caller, source, n, when), n == 8);
		if (n == 8) {
			bench_expect(&bench, 0, SEVERITY_WARNING, "site", 9, 9);
			assert_int_equal(bench.findings.items[0].window, HOUR);
		}
	}
	bench_close(&bench);
}

static void a_strangers_tries_are_a_warning_about_his_address(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (unsigned n = 0; n < 12; n++) {
		char e164[E164_SIZE];
		snprintf(e164, sizeof e164, "+%u12345678", 210 + n);
		bench_call(&bench, "1001", STRANGER, e164, country(n), bench_time(NIGHT) + n);
		bench.event.leg = LEG_OUTSIDE;
		assert_int_equal(bench_try(&bench), n >= 3);
		if (n >= 3) {
			bench_expect(&bench, 0, SEVERITY_WARNING, "source:" STRANGER, n + 1, n >= 9 ? 10 : 4);
		}
	}
	bench_close(&bench);
}

static void a_reload_goes_on_with_the_old_counts(void **state)
{
	struct bench bench, next;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (unsigned n = 0; n < 3; n++) {
		dial(&bench, "1001", PHONE, n, noon + n);
	}
	bench_open(&next, RULE);
	bench_limit(&next, RULE, "hour_critical", 300);
	bench_limit(&next, RULE, "ten_minutes_critical", 300);
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(dial(&next, "1001", PHONE, 0, noon + 3), 0);
	assert_int_equal(dial(&next, "1001", PHONE, 3, noon + 4), 1);
	bench_expect(&next, 0, SEVERITY_WARNING, "caller:1001", 4, 4);
	bench_close(&next);
}

static void callers_forgotten_early_are_counted(void **state)
{
	struct bench bench;
	char caller[16];

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (int i = 0; i < DISTINCT_KEYS_MINIMUM + 10; i++) {
		snprintf(caller, sizeof caller, "%d", i);
		dial(&bench, caller, PHONE, 0, bench_time(NOON));
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 12); /* the address and the site are keys, too */
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_countries_in_ten_minutes_are_a_warning),
		cmocka_unit_test(ten_countries_in_an_hour_are_critical),
		cmocka_unit_test(of_ten_in_ten_minutes_the_ten_minutes_are_told),
		cmocka_unit_test(a_new_country_alone_is_normal),
		cmocka_unit_test(an_allowed_destination_is_left_out),
		cmocka_unit_test(what_is_no_country_counts_by_its_prefix),
		cmocka_unit_test(callers_sources_and_the_site_count),
		cmocka_unit_test(what_all_call_together_has_limits_of_its_own),
		cmocka_unit_test(a_strangers_tries_are_a_warning_about_his_address),
		cmocka_unit_test(a_reload_goes_on_with_the_old_counts),
		cmocka_unit_test(callers_forgotten_early_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
