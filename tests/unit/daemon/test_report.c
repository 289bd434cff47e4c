/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/config/config.h"
#include "pbxguard/daemon/report.h"
#include "pbxguard/rules/rules.h"

#include <stdlib.h>
#include <unistd.h>

#define NOW (1795281185 * SECOND) /* 2026-11-22 02:13:05 in Tokyo */

static struct refusal_record call_of(const char *caller, enum leg leg, const char *country, instant time)
{
	struct refusal_record record = {.time = time,
		.about = REFUSAL_OF_CALL,
		.action = REFUSAL_WOULD_REFUSE,
		.severity = SEVERITY_CRITICAL,
		.leg = leg,
		.source = "198.51.100.66",
		.dialed = "01023200550101",
		.number = "+23200550101",
		.prefix = "232",
		.rules = "high_risk_destination off_hours"};

	snprintf(record.caller, sizeof record.caller, "%s", caller);
	snprintf(record.country, sizeof record.country, "%s", country);
	return record;
}

static void add(struct report *report, struct refusal_record record)
{
	assert_true(report_add(report, &record));
}

static void calls_are_counted_by_caller_and_country(void **state)
{
	struct report report = {0};

	(void)state;
	add(&report, call_of("1001", LEG_EXTENSION, "BE",
			     NOW + 9)); /* the first country, but not the one with most */
	add(&report, call_of("1004", LEG_EXTENSION, "SL", NOW + 5));
	add(&report, call_of("1004", LEG_EXTENSION, "BE", NOW + 1));
	add(&report, call_of("1004", LEG_EXTENSION, "SL", NOW + 7));
	for (int i = 0; i < 5; i++) {
		add(&report, call_of("1001", LEG_OUTSIDE, "SL", NOW + i)); /* who says that he is */
	}
	report_sort(&report);
	assert_int_equal(report.calls, 9);
	assert_int_equal(report.first, NOW);
	assert_int_equal(report.caller_count, 3);
	assert_string_equal(report.callers[0].name, "1004");
	assert_int_equal(report.callers[0].calls, 3);
	assert_int_equal(report.callers[0].first, NOW + 1);
	assert_int_equal(report.callers[0].last, NOW + 7);
	assert_int_equal(report.callers[0].place_count, 2);
	assert_string_equal(report.countries[report.callers[0].places[0].country].country, "SL");
	assert_int_equal(report.callers[0].places[0].calls, 2);
	assert_false(report.callers[1].is_stranger);
	assert_int_equal(report.callers[1].calls, 1);
	assert_true(report.callers[2].is_stranger); /* strangers last, however many calls they have */
	assert_int_equal(report.callers[2].calls, 5);
	assert_int_equal(report.country_count, 2);
	assert_string_equal(report.countries[0].country, "SL");
	assert_int_equal(report.countries[0].calls, 7);
	assert_int_equal(report.countries[0].callers, 2);
	report_free(&report);
}

static void who_was_blocked_again_is_one_line(void **state)
{
	struct report report = {0};
	struct refusal_record block = {
		.about = REFUSAL_OF_SOURCE, .action = REFUSAL_BLOCKED, .source = "198.51.100.66"};

	(void)state;
	add(&report, block);
	add(&report, block);
	block.about = REFUSAL_OF_ACCOUNT;
	add(&report, block);
	assert_int_equal(report.calls, 0);
	assert_int_equal(report.block_count, 2);
	assert_int_equal(report.blocks[0].times, 2);
	report_free(&report);
}

static void many_callers_and_places_fit(void **state)
{
	struct report report = {0};
	char name[16], country[3] = "AA";

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "%d", i % 1000);
		country[0] = (char)('A' + i % 26);
		country[1] = (char)('A' + i / 26 % 7);
		add(&report, call_of(name, LEG_OUTSIDE, country, NOW));
	}
	report_sort(&report);
	assert_int_equal(report.caller_count, 1000);
	assert_int_equal(report.country_count, 26 * 7);
	size_t places = 0;
	for (size_t i = 0; i < report.caller_count; i++) {
		for (size_t j = 0; j < report.callers[i].place_count; j++) {
			places += report.callers[i].places[j].calls;
		}
	}
	assert_int_equal(places, 3000);
	report_free(&report);
}

/* ---- what lets honest calls by ---- */

/* All lines for the report's first caller. */
static const char *advice_of(const struct report *report)
{
	static char all[16 * REPORT_ADVICE_SIZE];
	char line[REPORT_ADVICE_SIZE];
	size_t place = 0, used = 0;

	all[0] = '\0';
	while (report_advise(report, &report->callers[0], &place, line)) {
		used += (size_t)snprintf(all + used, sizeof all - used, "%s\n", line);
	}
	return all;
}

static void each_rule_that_refuses_calls_has_advice(void **state)
{
	(void)state;
	for (size_t i = 0; i < rules_count(); i++) {
		struct report report = {0};
		struct refusal_record record = call_of("1004", LEG_EXTENSION, "SL", NOW);
		if ((rules_at(i)->proves & PROVES_CALL) == 0) {
			assert_int_equal(report_rules_of(rules_at(i)->name), 0);
			continue;
		}
		snprintf(record.rules, sizeof record.rules, "%s", rules_at(i)->name);
		assert_true(record.rules[0] != '\0' && report_rules_of(record.rules) != 0);
		record.dialed[0] = '\0'; /* no line but those of the rule */
		add(&report, record);
		if (advice_of(&report)[0] == '\0') {
			fail_msg("%s has no advice", rules_at(i)->name);
		}
		report_free(&report);
	}
	assert_int_equal(
		report_rules_of("high_risk_destination nonsense"), report_rules_of("high_risk_destination"));
}

/* The settings of the lines that are meant to be copied, in a configuration of their own. */
static void is_accepted(const char *advice)
{
	char path[] = "/tmp/pbxguard-advice-XXXXXX";
	struct config_errors errors = {0};
	int descriptor = mkstemp(path);
	FILE *file = fdopen(descriptor, "w");
	bool has_any = false;

	fputs("site = { trunks = \"203.0.113.2\"; extensions = \"192.168.10.0/24\"; pbx = \"192.168.10.1\"; };\n",
		file);
	for (const char *line = advice; *line != '\0'; line = strchr(line, '\n') + 1) {
		const char *end = strstr(line, ";  ");
		bool is_allow = strncmp(line, "destinations.allow = ", 21) == 0;
		if (end == NULL || end > strchr(line, '\n') ||
			(!is_allow && strncmp(line, "callers = (", 11) != 0)) {
			continue;
		}
		fprintf(file, is_allow ? "destinations = { %.*s; };\n" : "%.*s;\n",
			(int)(end - line - (is_allow ? 13 : 0)), line + (is_allow ? 13 : 0));
		has_any = true;
	}
	fclose(file);
	struct config *config = config_new_from(path, NOW, &errors);
	unlink(path);
	if (config == NULL || errors.count > 0) {
		fail_msg("%s\nis answered: %s", advice, errors.count > 0 ? errors.list[0].text : "");
	}
	assert_true(has_any);
	config_free(config);
}

static void what_is_advised_is_a_good_configuration(void **state)
{
	static const char *const rules[] = {"denied_destination", "high_risk_destination", "country_spread",
		"number_range", "off_hours", "call_burst", "concurrent_calls", "long_call", "spend",
		"high_risk_destination off_hours call_burst",
		"long_call spend concurrent_calls number_range"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		struct report report = {0};
		struct refusal_record record = call_of("1004", LEG_EXTENSION, "SL", NOW);
		snprintf(record.rules, sizeof record.rules, "%s", rules[i]);
		add(&report, record);
		record.country[0] = '\0';
		snprintf(record.prefix, sizeof record.prefix, "882");
		add(&report, record);
		is_accepted(advice_of(&report));
		report_free(&report);
	}
}

/* "rules.call_burst.site_hour_critical" in a sentence. */
static void each_setting_of_a_rule_that_is_named_exists(void **state)
{
	struct report report = {0};
	struct refusal_record record = call_of("1004", LEG_EXTENSION, "SL", NOW);
	size_t named = 0;

	(void)state;
	record.rules[0] = '\0';
	add(&report, record);
	report.callers[0].rules = UINT32_MAX;
	for (const char *word = advice_of(&report); (word = strstr(word, "rules.")) != NULL; word++) {
		char rule[64] = "", setting[64] = "";
		if (sscanf(word, "rules.%63[a-z_].%63[a-z_]", rule, setting) != 2) {
			continue;
		}
		bool found = false;
		for (size_t i = 0; i < rules_count(); i++) {
			found = found ||
				(strcmp(rules_at(i)->name, rule) == 0 &&
					setting_find(rules_at(i)->settings, text_of(setting)) != NULL);
		}
		if (!found) {
			fail_msg("there is no rules.%s.%s", rule, setting);
		}
		named++;
	}
	assert_true(named >= 6);
	report_free(&report);
}

/* Who copies a line must not let everybody by, nor run what a thief dialled. */
static void what_could_mean_something_else_is_not_given_to_be_copied(void **state)
{
	static const char *const names[] = {"*", "10*", "a\"; };", "\\x1B[2J", "$(reboot)", "-V", "a b", ""};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct report report = {0};
		struct refusal_record record = call_of(names[i], LEG_EXTENSION, "SL", NOW);
		add(&report, record);
		const char *advice = advice_of(&report);
		assert_null(strstr(advice, "callers ="));
		assert_null(strstr(advice, "--caller"));
		assert_non_null(strstr(advice, "destinations.allow = [ \"SL\" ];"));
		report_free(&report);
	}
	struct report report = {0};
	struct refusal_record record = call_of("1004", LEG_EXTENSION, "SL", NOW);
	snprintf(record.dialed, sizeof record.dialed, "010232;reboot");
	add(&report, record);
	assert_null(strstr(advice_of(&report), "reboot"));
	report_free(&report);
}

static void advice_is_what_helps_this_caller(void **state)
{
	struct report report = {0};
	struct refusal_record record = call_of("1004", LEG_OUTSIDE, "SL", NOW);

	(void)state;
	record.severity = SEVERITY_WARNING;
	add(&report, record);
	const char *advice = advice_of(&report);
	assert_non_null(strstr(advice, "came from 198.51.100.66"));
	assert_non_null(strstr(advice, "site.extensions"));
	assert_non_null(strstr(advice, "actions.block.on = \"critical\";  lets 1 of them by"));
	assert_non_null(strstr(advice, "off_hours = { enabled = false; }"));
	assert_non_null(strstr(advice, "it holds only for calls that come from site.extensions"));
	assert_non_null(strstr(advice, "calendar.business_hours"));
	assert_non_null(strstr(advice, "pbxguard --check-number 01023200550101 --caller 1004"));
	report_free(&report);
	record = call_of("1004", LEG_EXTENSION, "SL", NOW);
	snprintf(record.rules, sizeof record.rules, "forged_caller_id");
	add(&report, record);
	advice = advice_of(&report);
	assert_null(strstr(advice, "it holds only"));
	assert_non_null(strstr(advice, "site.numbers"));
	assert_null(strstr(advice, "destinations.allow"));
	assert_null(strstr(advice, "block.on"));
	report_free(&report);
	snprintf(record.rules, sizeof record.rules, "blocked_account");
	record.severity = SEVERITY_WARNING;
	report.period.mode = ACTION_MODE_BLOCK;
	add(&report, record);
	snprintf(record.country, sizeof record.country, "BE");
	snprintf(record.rules, sizeof record.rules, "high_risk_destination");
	record.severity = SEVERITY_CRITICAL;
	add(&report, record);
	advice = advice_of(&report);
	assert_non_null(strstr(advice, "destinations.allow = [ \"BE\" ];")); /* that is why he is blocked */
	assert_non_null(strstr(advice, "sudo pbxguardctl release caller:1004"));
	assert_null(strstr(advice, "block.on")); /* it is refused whatever that is */
	report_free(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_counted_by_caller_and_country),
		cmocka_unit_test(who_was_blocked_again_is_one_line),
		cmocka_unit_test(many_callers_and_places_fit),
		cmocka_unit_test(each_rule_that_refuses_calls_has_advice),
		cmocka_unit_test(what_is_advised_is_a_good_configuration),
		cmocka_unit_test(each_setting_of_a_rule_that_is_named_exists),
		cmocka_unit_test(what_could_mean_something_else_is_not_given_to_be_copied),
		cmocka_unit_test(advice_is_what_helps_this_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
