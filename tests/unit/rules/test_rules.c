/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

/* So many rules come first that find something in any call abroad, if they are strict; the last speaks of
 * calls that are up. */
#define ABOUT_ANY_CALL_ABROAD 6

/* Deny everything and try at night: whatever can reach a rule is then found. only: as in bench_open. */
static void open_strict(struct bench *bench, const char *only)
{
	bench_open(bench, only);
	bench_place(bench->destinations.deny, &bench->destinations.deny_count, "*");
	bench_limit(bench, "call_burst", "minute_warning", 1);
	bench_limit(bench, "concurrent_calls", "warning", 1);
	bench_start(bench);
}

/* A followed call, as strict rules are to find it. The number of findings. */
static size_t try_followed(struct bench *bench)
{
	bench_call(bench, "1001", PHONE, BARBADOS, bench_time(NIGHT));
	return bench_live(bench, EVENT_CALL_ATTEMPTED, 1, bench_time(NIGHT));
}

static void only_calls_abroad_reach_a_rule(void **state)
{
	static const struct {
		enum number_kind kind;
		bool reaches;
	} cases[] = {
		{NUMBER_UNRECOGNISED, false},
		{NUMBER_INTERNAL, false},
		{NUMBER_EMERGENCY, false},
		{NUMBER_SERVICE, false},
		{NUMBER_DOMESTIC, false},
		{NUMBER_LOCAL, false},
		{NUMBER_CARRIER_SERVICE, false},
		{NUMBER_INTERNATIONAL, true},
	};
	struct bench bench;

	(void)state;
	assert_int_equal(COUNT_OF(cases), NUMBER_KIND_COUNT);
	open_strict(&bench, NULL);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (int n = 0; n < 20; n++) {
			bench_call(&bench, "1001", PHONE, BARBADOS, bench_time(NIGHT));
			bench.number.kind = cases[i].kind;
			assert_int_equal(bench_try(&bench) > 0, cases[i].reaches);
			/* The calls before were not even counted. */
			assert_true(n > 0 || !cases[i].reaches || bench.findings.items[1].count == 1);
		}
	}
	bench_close(&bench);
}

static void only_calls_that_cost_money_reach_a_rule(void **state)
{
	static const struct {
		enum event_kind kind;
		bool is_outward, reaches;
	} cases[] = {
		{EVENT_CALL_ATTEMPTED, true, true},
		{EVENT_CALL_ATTEMPTED, false, false},
		{EVENT_CALL_IDENTIFIED, true, true},
		{EVENT_CALL_IDENTIFIED, false, false},
		{EVENT_CALL_JOINED, true, false},
	};
	struct bench bench;

	(void)state;
	open_strict(&bench, NULL);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bench_call(&bench, "1001", PHONE, BARBADOS, bench_time(NIGHT));
		bench.event.kind = cases[i].kind;
		bench.event.is_outward = cases[i].is_outward;
		assert_int_equal(bench_try(&bench) > 0, cases[i].reaches);
	}
	bench_close(&bench);
}

static void the_rules_are_asked_in_the_order_of_the_table(void **state)
{
	static const char *const names[] = {"denied_destination", "high_risk_destination", "off_hours",
		"call_burst", "concurrent_calls", "long_call"};
	const size_t at_once = COUNT_OF(names) - 1; /* the last speaks of calls that are up */
	struct bench bench;

	(void)state;
	open_strict(&bench, NULL);
	assert_true(rules_count() >= COUNT_OF(names));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_string_equal(rules_at(i)->name, names[i]);
	}
	assert_int_equal(try_followed(&bench), at_once);
	for (size_t i = 0; i < at_once; i++) {
		assert_string_equal(bench.findings.items[i].rule, names[i]);
		assert_string_equal(bench.findings.items[i].calendar, "weekend");
		assert_true(bench.findings.items[i].reason[0] != '\0');
	}
	bench_close(&bench);
}

static void a_rule_that_is_not_enabled_says_nothing(void **state)
{
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < ABOUT_ANY_CALL_ABROAD; i++) {
		open_strict(&bench, rules_at(i)->name);
		bool is_about_tries = strcmp(rules_at(i)->name, "long_call") != 0;
		assert_int_equal(try_followed(&bench), is_about_tries);
		if (!is_about_tries) {
			bench.event.up = DAY;
			assert_int_equal(
				bench_live(&bench, EVENT_CALL_STILL_UP, 1, bench_time(NIGHT) + DAY), 1);
		}
		assert_string_equal(bench.findings.items[0].rule, rules_at(i)->name);
		bench_close(&bench);
	}
}

/* The credentials name the thief's account; the call itself was counted when it was attempted. */
static void an_identified_call_counts_for_the_new_caller_only(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, "high_risk_destination");
	bench_start(&bench);
	bench_dial(&bench, "forged", STRANGER, BARBADOS, noon);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:forged", 1, 1);
	bench_call(&bench, "1001", STRANGER, BARBADOS, noon + 1);
	bench.event.kind = EVENT_CALL_IDENTIFIED;
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_dial(&bench, "1002", STRANGER, BARBADOS, noon + 2);
	bench_expect(&bench, 1, SEVERITY_CRITICAL, "source:" STRANGER, 2, 2); /* not 3 */
	bench_close(&bench);
}

/* Scanners try all day; what the PBX lets in is another thing. */
static void a_strangers_try_is_a_warning_about_his_address_until_he_is_let_in(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, "high_risk_destination");
	bench_start(&bench);
	for (int i = 0; i < 3; i++) {
		bench_call(&bench, "1001", STRANGER, BARBADOS, noon + i);
		bench.event.leg = LEG_OUTSIDE;
		assert_int_equal(bench_try(&bench), 1);
		assert_string_equal(bench.findings.items[0].subject, "source:" STRANGER);
		assert_int_equal(bench.findings.items[0].severity, SEVERITY_WARNING);
	}
	for (int i = 0; i < 2; i++) { /* without credentials, yet the PBX sends it on */
		bench_call(&bench, "0312345678", PBX, BARBADOS, noon + 10 + i);
		bench.event.leg = LEG_TRUNK_OUT;
		bench.event.kind = EVENT_CALL_JOINED;
		assert_int_equal(bench_try(&bench), 0);
		bench.event.is_from_stranger = true;
		assert_int_equal(bench_try(&bench), 1);
		bench_expect(&bench, 0, i == 0 ? SEVERITY_WARNING : SEVERITY_CRITICAL, "site",
			(uint32_t)i + 1, (uint32_t)i + 1);
	}
	bench_call(&bench, "1001", STRANGER, BARBADOS, noon + 20); /* with credentials */
	bench.event.leg = LEG_OUTSIDE;
	bench.event.has_account = true;
	bench.event.kind = EVENT_CALL_IDENTIFIED;
	assert_int_equal(bench_try(&bench), 2);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_expect(&bench, 1, SEVERITY_CRITICAL, "site", 3, 2);
	bench_close(&bench);
}

static void the_pbx_and_the_way_to_the_carrier_stand_for_everybody(void **state)
{
	static const struct {
		const char *source;
		enum leg leg;
	} cases[] = {
		{PBX, LEG_TRUNK_OUT},
		{PBX, LEG_UNKNOWN},
		{"192.0.2.99", LEG_TRUNK_OUT},
	};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bench_open(&bench, "off_hours");
		bench_start(&bench);
		for (int n = 0; n < 5; n++) {
			char caller[8];
			snprintf(caller, sizeof caller, "100%d", n);
			bench_call(&bench, caller, cases[i].source, FRANCE, bench_time(NIGHT));
			bench.event.leg = cases[i].leg;
			assert_int_equal(bench_try(&bench), 1);
			assert_int_equal(bench.findings.items[0].severity, SEVERITY_WARNING);
		}
		bench_close(&bench);
	}
}

static void subjects_are_made_safe(void **state)
{
	static const struct {
		const char *caller, *subject;
	} cases[] = {
		{"1001", "caller:1001"},
		{"", "caller:unknown"},
		{"a\nb\x1b[2J", "caller:a\\x0Ab\\x1B[2J"},
		{"\xff", "caller:\\xFF"},
		{"海", "caller:海"},
		{"0123456789012345678901234567890123456789012345678901234567890123456789"
		 "0123456789",
			"caller:01234567890123456789012345678901234567890123456789012345678901234567890"
			"1"},
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, "off_hours");
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char source[24];
		snprintf(source, sizeof source, "192.168.10.%zu", i + 1);
		assert_int_equal(bench_dial(&bench, cases[i].caller, source, FRANCE, bench_time(NIGHT)), 1);
		assert_string_equal(bench.findings.items[0].subject, cases[i].subject);
	}
	bench_close(&bench);
}

static void a_long_sentence_is_cut_at_a_whole_character(void **state)
{
	struct destination far = {.prefix = "1246", .country = "BB"};
	char caller[72];
	struct bench bench;

	(void)state;
	bench_open(&bench, "high_risk_destination");
	bench_start(&bench);
	for (size_t size = 0; size < sizeof caller; size++) {
		memset(caller, 'c', size);
		caller[size] = '\0';
		for (size_t i = 0; i + 3 < sizeof far.name; i += 3) {
			memcpy(far.name + i, "海", 4);
		}
		bench_call(&bench, caller, PHONE, "+12465550123", &far, bench_time(HOLIDAY));
		bench.number.by_foreign_prefix = true;
		bench.number.step_count = 1;
		bench.number.steps[0] = (struct dial_step){"1010123011", DIAL_STEP_FOREIGN_PREFIX};
		assert_true(bench_try(&bench) > 0);
		const char *reason = bench.findings.items[0].reason;
		char safe[2 * REASON_SIZE];
		assert_true(strlen(reason) < REASON_SIZE);
		assert_string_equal(text_make_safe(text_of(reason), safe, sizeof safe), reason);
	}
	bench_close(&bench);
}

static void a_reload_goes_on_with_the_old_counts(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, NULL);
	bench_start(&bench);
	for (int i = 0; i < 4; i++) {
		bench_dial(&bench, "1001", PHONE, FRANCE, noon + i * SECOND);
	}
	bench_dial(&bench, "1002", STRANGER, BARBADOS, noon);

	struct bench next;
	bench_open(&next, NULL);
	bench_limit(&next, "call_burst", "minute_critical", 300); /* a larger ring */
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(bench_dial(&next, "1001", PHONE, FRANCE, noon + 5 * SECOND), 1);
	bench_expect(&next, 0, SEVERITY_WARNING, "caller:1001", 5, 3);
	assert_int_equal(bench_dial(&next, "1002", PHONE, CUBA, noon + 5 * SECOND), 1);
	bench_expect(&next, 0, SEVERITY_CRITICAL, "caller:1002", 2, 2);
	bench_close(&next);
}

static void a_reload_may_turn_rules_on_and_off(void **state)
{
	struct bench bench, next;
	instant night = bench_time(NIGHT);

	(void)state;
	bench_open(&bench, "off_hours");
	bench_start(&bench);
	bench_dial(&bench, "1001", PHONE, CUBA, night);
	bench_open(&next, "high_risk_destination");
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(bench_dial(&next, "1001", PHONE, CUBA, night + 1), 1);
	bench_expect(&next, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_close(&next);
}

static void callers_forgotten_early_are_counted_over_reloads(void **state)
{
	struct bench bench, next;

	(void)state;
	bench_open(&bench, "call_burst");
	bench_start(&bench);
	for (int i = 0; i < WINDOW_KEYS_MINIMUM + 10; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%d", i);
		bench_dial(&bench, caller, PHONE, FRANCE, bench_time(NOON));
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 10);
	bench_open(&next, "off_hours");
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(rules_keys_evicted(next.rules), 10);
	bench_close(&next);
}

/* ---- the tables */

static void check_limit(const struct setting_table *table, const struct setting *setting)
{
	if (setting->type != SETTING_NUMBER) {
		return;
	}
	if (strcmp(setting->unit, "calls") == 0) {
		assert_int_equal(setting->minimum, 1);
		assert_int_equal(setting->maximum, 10000);
	}
	if (strstr(setting->name, "critical") == NULL) {
		return;
	}
	/* site_hour_critical is not below site_hour_warning */
	char warning[64];
	snprintf(warning, sizeof warning, "%.*swarning", (int)(strlen(setting->name) - strlen("critical")),
		setting->name);
	assert_string_equal(setting->not_below, warning);
	assert_non_null(setting_find(table, text_of(warning)));
}

static void every_rule_has_a_name_of_its_own_and_can_be_turned_off(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, NULL);
	for (size_t i = 0; i < rules_count(); i++) {
		const struct rule *rule = rules_at(i);
		assert_ptr_equal(rules_at(bench_rule(rule->name)), rule);
		assert_true(*(bool *)bench_setting(&bench, rule->name, "enabled"));
		assert_int_equal(rule->state_new == NULL, rule->state_free == NULL);
		assert_int_equal(rule->state_new == NULL, rule->adopt == NULL);
		assert_int_equal(rule->state_new == NULL, rule->evicted == NULL);
		assert_int_equal(rule->save == NULL, rule->restore == NULL);
		assert_int_equal(rule->save == NULL, rule->restore == NULL);
		for (size_t n = 0; n < rule->settings->count; n++) {
			assert_true(rule->settings->settings[n].offset < rule->settings_size);
			check_limit(rule->settings, &rule->settings->settings[n]);
		}
	}
	bench_close(&bench);
}

static void severities_have_names(void **state)
{
	(void)state;
	assert_string_equal(severity_name(SEVERITY_NOTICE), "notice");
	assert_string_equal(severity_name(SEVERITY_WARNING), "warning");
	assert_string_equal(severity_name(SEVERITY_CRITICAL), "critical");
}

static void a_full_list_of_findings_takes_no_more(void **state)
{
	struct findings findings = {0};

	(void)state;
	memset(&findings.items, 0xFF, sizeof findings.items);
	for (int i = 0; i < FINDINGS_MAX; i++) {
		struct finding *finding = findings_add(&findings);
		assert_non_null(finding);
		assert_null(finding->rule);
	}
	assert_null(findings_add(&findings));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_calls_abroad_reach_a_rule),
		cmocka_unit_test(only_calls_that_cost_money_reach_a_rule),
		cmocka_unit_test(the_rules_are_asked_in_the_order_of_the_table),
		cmocka_unit_test(a_rule_that_is_not_enabled_says_nothing),
		cmocka_unit_test(an_identified_call_counts_for_the_new_caller_only),
		cmocka_unit_test(a_strangers_try_is_a_warning_about_his_address_until_he_is_let_in),
		cmocka_unit_test(the_pbx_and_the_way_to_the_carrier_stand_for_everybody),
		cmocka_unit_test(subjects_are_made_safe),
		cmocka_unit_test(a_long_sentence_is_cut_at_a_whole_character),
		cmocka_unit_test(a_reload_goes_on_with_the_old_counts),
		cmocka_unit_test(a_reload_may_turn_rules_on_and_off),
		cmocka_unit_test(callers_forgotten_early_are_counted_over_reloads),
		cmocka_unit_test(every_rule_has_a_name_of_its_own_and_can_be_turned_off),
		cmocka_unit_test(severities_have_names),
		cmocka_unit_test(a_full_list_of_findings_takes_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
