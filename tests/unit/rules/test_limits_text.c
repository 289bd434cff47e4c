/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include "pbxguard/rules/limits_text.h"
#include "pbxguard/rules/tally.h"

static void parts_are_divided_and_levels_that_are_the_same_told_once(void **state)
{
	static const struct limits hour = {3, 5, HOUR}, same = {10, 10, HOUR}, at_once = {2, 4, 0};
	struct limits_text text = {0};

	(void)state;
	limits_say_count(&text, "calls", &hour);
	assert_string_equal(text.text, "calls within 60 min: warning from 3, critical from 5");
	limits_say_count(&text, "calls", &same);
	limits_say_count(&text, "calls up at once", &at_once);
	limits_say(&text, "now it is %s", "open");
	assert_string_equal(text.text, "calls within 60 min: warning from 3, critical from 5; "
				       "calls within 60 min: critical from 10; "
				       "calls up at once: warning from 2, critical from 4; now it is open");
}

static void what_is_too_long_is_cut(void **state)
{
	struct limits_text text = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		limits_say(&text, "%s", "0123456789");
		assert_true(text.size < sizeof text.text && strlen(text.text) == text.size);
	}
	assert_int_equal(text.size, sizeof text.text - 1);
}

static void every_rule_says_its_limits_whatever_the_call(void **state)
{
	static const struct {
		const char *e164;
		const struct destination *destination;
	} places[] = {{BARBADOS}, {FRANCE}, {NOWHERE}, {"+2", NULL}};
	struct bench bench;

	(void)state;
	bench_open(&bench, NULL);
	bench_place(bench.destinations.allow, &bench.destinations.allow_count, "FR");
	bench_start(&bench);
	for (size_t i = 0; i < rules_count(); i++) {
		for (size_t j = 0; j < COUNT_OF(places); j++) {
			struct limits_text text;
			bench_call(&bench, "1001", PHONE, places[j].e164, places[j].destination,
				bench_time(NOON));
			rules_say_limits(bench.rules, i, &bench.event, &text);
			assert_true(text.size > 10 && text.size < sizeof text.text - 1);
			assert_null(strstr(text.text, " from 0"));
		}
	}
	bench_close(&bench);
}

static void they_are_those_of_the_callers_group(void **state)
{
	struct bench bench;
	struct limits_text text;

	(void)state;
	bench_open(&bench, NULL);
	bench_limit(&bench, "call_burst", "site_hour_warning", 30);
	bench_group_limit(bench_group(&bench, "sales", "20*"), "call_burst", "hour_critical", 40);
	bench_start(&bench);
	bench_call(&bench, "2001", PHONE, FRANCE, bench_time(NOON));
	bench.event.leg = LEG_EXTENSION;
	rules_say_limits(bench.rules, bench_rule("call_burst"), &bench.event, &text);
	assert_string_equal(text.text,
		"calls within 1 min: warning from 3, critical from 5; calls within 60 min: warning from 6, "
		"critical from 40; calls of the site within 60 min: warning from 30, critical from 50");
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_divided_and_levels_that_are_the_same_told_once),
		cmocka_unit_test(what_is_too_long_is_cut),
		cmocka_unit_test(every_rule_says_its_limits_whatever_the_call),
		cmocka_unit_test(they_are_those_of_the_callers_group),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
