/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

/* ---- who is of a group */

static void a_pattern_is_a_caller_or_has_one_star_for_anything(void **state)
{
	static const struct {
		const char *pattern, *caller;
		bool matches;
	} cases[] = {
		{"2001", "2001", true},
		{"2001", "2002", false},
		{"2001", "20011", false},
		{"2001", "200", false},
		{"2001", "", false},
		{"Sales", "sales", false},
		{"21*", "2101", true},
		{"21*", "21", true},
		{"21*", "2", false},
		{"21*", "1210", false},
		{"*01", "2101", true},
		{"*01", "01", true},
		{"*01", "1", false},
		{"*01", "2102", false},
		{"2*1", "2001", true},
		{"2*1", "21", true},
		{"2*1", "2", false},
		{"12*21", "121", false}, /* no character stands for two */
		{"12*21", "1221", true},
		{"*", "", true},
		{"*", "anybody", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (caller_pattern_matches(cases[i].pattern, text_of(cases[i].caller)) != cases[i].matches) {
			fail_msg("%s and %s", cases[i].pattern, cases[i].caller);
		}
	}
}

static void a_pattern_that_can_match_nobody_is_refused(void **state)
{
	static const struct {
		const char *pattern, *why;
	} cases[] = {
		{"2001", NULL},
		{"*", NULL},
		{"2*1", NULL},
		{"alice.b", NULL},
		{"", "matches no caller"},
		{"2001 2002", "has a space in it; write each caller for himself"},
		{"2*0*", "has more than one *"},
		{"**", "has more than one *"},
	};
	char why[SETTING_CHECK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(caller_pattern_check(text_of(cases[i].pattern), why), cases[i].why == NULL);
		assert_true(cases[i].why == NULL || strcmp(why, cases[i].why) == 0);
	}
}

static void a_wide_pattern_covers_a_narrow_one(void **state)
{
	static const struct {
		const char *wide, *narrow;
		bool covers;
	} cases[] = {
		{"2001", "2001", true},
		{"2001", "2002", false},
		{"20*", "2001", true},
		{"2001", "2001*", false},
		{"20*", "200*", true},
		{"200*", "20*", false},
		{"20*", "20*", true},
		{"*1", "20*1", true},
		{"2*1", "20*01", true},
		{"2*1", "20*", false},
		{"*", "2*1", true},
		{"*", "x", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (caller_pattern_covers(cases[i].wide, cases[i].narrow) != cases[i].covers) {
			fail_msg("%s and %s", cases[i].wide, cases[i].narrow);
		}
	}
}

static void the_first_group_that_matches_wins(void **state)
{
	static const struct caller_group groups[] = {
		{.settings = {.name = "boss", .pattern_count = 1, .patterns = {"2001"}}},
		{.settings = {.name = "sales", .pattern_count = 2, .patterns = {"30*", "20*"}}},
		{.settings = {.name = "watch", .pattern_count = 1, .patterns = {"2002"}}},
	};
	static const struct {
		const char *caller, *name, *pattern;
	} cases[] = {
		{"2001", "boss", "2001"},
		{"2002", "sales", "20*"},
		{"3001", "sales", "30*"},
	};
	const char *pattern;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct caller_group *group =
			caller_group_find(groups, COUNT_OF(groups), text_of(cases[i].caller), &pattern);
		assert_non_null(group);
		assert_string_equal(group->settings.name, cases[i].name);
		assert_string_equal(pattern, cases[i].pattern);
	}
	assert_null(caller_group_find(groups, COUNT_OF(groups), TEXT("1001"), NULL));
	assert_null(caller_group_find(NULL, 0, TEXT("1001"), NULL));
}

/* ---- what it changes */

/* n calls of the caller, a second apart; the findings of the last. */
static size_t dial_times(struct bench *bench, const char *caller, int n, const char *e164,
	const struct destination *destination, instant when)
{
	size_t found = 0;

	for (int i = 0; i < n; i++) {
		found = bench_dial(bench, caller, PHONE, e164, destination, when + i * SECOND);
	}
	return found;
}

/* A rule with one pair of limits. */
static void limit_rule(struct caller_group *group, const char *rule, uint32_t warning, uint32_t critical)
{
	bench_group_limit(group, rule, "warning", warning);
	bench_group_limit(group, rule, "critical", critical);
}

static void limit_bursts(struct caller_group *group, uint32_t minute_warning, uint32_t minute_critical,
	uint32_t hour_warning, uint32_t hour_critical)
{
	bench_group_limit(group, "call_burst", "minute_warning", minute_warning);
	bench_group_limit(group, "call_burst", "minute_critical", minute_critical);
	bench_group_limit(group, "call_burst", "hour_warning", hour_warning);
	bench_group_limit(group, "call_burst", "hour_critical", hour_critical);
}

/* At night 2001 is the watch, which may call. */
static void start_with_watch(struct bench *bench)
{
	bench_open(bench, "off_hours");
	bench_group_enable(bench_group(bench, "watch", "2001"), "off_hours", false);
	bench_start(bench);
}

static void a_group_has_limits_of_its_own(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, "call_burst");
	limit_bursts(bench_group(&bench, "sales", "20*"), 10, 12, 20, 30);
	bench_start(&bench);
	assert_int_equal(dial_times(&bench, "2001", 9, FRANCE, noon), 0);
	assert_int_equal(dial_times(&bench, "2001", 1, FRANCE, noon + 9 * SECOND), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:2001", 10, 10);
	assert_non_null(
		strstr(bench.findings.items[0].reason, "; the caller is of the group sales; the office"));
	assert_int_equal(dial_times(&bench, "1001", 3, FRANCE, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 3, 3);
	assert_null(strstr(bench.findings.items[0].reason, "group"));
	bench_close(&bench);
}

static void a_group_may_be_stricter(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, "call_burst");
	struct caller_group *lobby = bench_group(&bench, "lobby", "100");
	bench_group_limit(lobby, "call_burst", "minute_warning", 1);
	bench_group_limit(lobby, "call_burst", "minute_critical", 2);
	bench_start(&bench);
	assert_int_equal(dial_times(&bench, "100", 2, FRANCE, bench_time(NOON)), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:100", 2, 2);
	bench_close(&bench);
}

/* Anybody can write 2001 into a call. */
static void a_group_is_only_for_callers_who_are_proven(void **state)
{
	static const struct {
		enum leg leg;
		enum event_kind kind;
		bool has_account, is_of_group;
	} cases[] = {
		{LEG_EXTENSION, EVENT_CALL_ATTEMPTED, false, true},
		{LEG_EXTENSION, EVENT_CALL_IDENTIFIED, true, true},
		{LEG_OUTSIDE, EVENT_CALL_ATTEMPTED, false, false},
		{LEG_OUTSIDE, EVENT_CALL_ATTEMPTED, true, true},
		{LEG_OUTSIDE, EVENT_CALL_IDENTIFIED, true, true},
		{LEG_OUTSIDE, EVENT_CALL_ANSWERED, false, false},
		{LEG_OUTSIDE, EVENT_CALL_ANSWERED, true, true},
		{LEG_UNKNOWN, EVENT_CALL_ATTEMPTED, false, false},
		{LEG_UNKNOWN, EVENT_CALL_ATTEMPTED, true, true},
		{LEG_TRUNK_OUT, EVENT_CALL_ATTEMPTED, false, false},
		{LEG_TRUNK_OUT, EVENT_CALL_JOINED, false, false},
		{LEG_TRUNK_IN, EVENT_CALL_ATTEMPTED, false, false},
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, NULL);
	bench_group(&bench, "sales", "2001");
	const struct surroundings surroundings = {.groups = bench.groups, .group_count = 1};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bench_call(&bench, "2001", STRANGER, FRANCE, bench_time(NOON));
		bench.event.leg = cases[i].leg;
		bench.event.kind = cases[i].kind;
		bench.event.has_account = cases[i].has_account;
		assert_int_equal(
			circumstances_group(&bench.event, &surroundings) != NULL, cases[i].is_of_group);
	}
	bench_close(&bench);
}

static void a_stranger_who_writes_a_members_name_is_judged_as_a_stranger(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	start_with_watch(&bench);
	assert_int_equal(bench_dial(&bench, "2001", PHONE, BARBADOS, night), 0);
	bench_call(&bench, "2001", STRANGER, BARBADOS, night);
	bench.event.leg = LEG_OUTSIDE;
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "source:" STRANGER, 1, 1);
	bench.event.has_account = true; /* his password, too */
	assert_int_equal(bench_try(&bench), 0);
	bench_close(&bench);
}

/* The thief has one account and writes a generous member's name into his From. */
static void the_account_decides_not_the_name_in_from(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	start_with_watch(&bench);
	assert_int_equal(bench_dial(&bench, "2001", PHONE, FRANCE, night), 0);
	bench_call(&bench, "3005", PHONE, FRANCE, night);
	bench.event.kind = EVENT_CALL_IDENTIFIED;
	bench.event.has_account = true;
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:3005", 1, 1);
	bench_close(&bench);
}

/* ---- the site, the group as a whole, and addresses */

static void the_sites_own_limits_count_members_too(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, "call_burst");
	limit_bursts(bench_group(&bench, "sales", "20*"), 1000, 1000, 1000, 1000);
	bench_start(&bench);
	assert_int_equal(dial_times(&bench, "2001", 24, FRANCE, noon), 0);
	assert_int_equal(dial_times(&bench, "2002", 1, FRANCE, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 25, 25);
	assert_int_equal(dial_times(&bench, "1001", 1, FRANCE, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 26, 25);
	bench_close(&bench);
}

static void also_where_the_group_has_the_rule_off(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, "call_burst");
	bench_group_enable(bench_group(&bench, "sales", "20*"), "call_burst", false);
	bench_start(&bench);
	assert_int_equal(dial_times(&bench, "2001", 24, FRANCE, noon), 0);
	assert_int_equal(dial_times(&bench, "2001", 1, FRANCE, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 25, 25);
	/* The caller himself was not counted. */
	bench_call(&bench, "2001", PBX, FRANCE, noon);
	bench.event.leg = LEG_TRUNK_OUT;
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 26, 25);
	bench_close(&bench);
}

/* Thieves who go from member to member, and members who do what nobody at the site should. */
static void also_where_callers_and_the_site_have_the_same_limits(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, "high_risk_destination");
	limit_rule(bench_group(&bench, "overseas sales", "20*"), "high_risk_destination", 3, 9);
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "2001", PHONE, BARBADOS, noon), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "site", 1, 1);
	assert_int_equal(bench_dial(&bench, "2001", PHONE, BARBADOS, noon + 1), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "site", 2, 2);
	assert_int_equal(bench_dial(&bench, "2001", PHONE, BARBADOS, noon + 2), 2);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:2001", 3, 3);
	bench_expect(&bench, 1, SEVERITY_CRITICAL, "site", 3, 2);
	bench_close(&bench);
}

static size_t count_about_all(const struct findings *findings)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const char *subject = findings->items[i].subject;
		count += strcmp(subject, "site") == 0 || strncmp(subject, "number:", 7) == 0;
	}
	return count;
}

static bool has_same(const struct findings *findings, const struct finding *wanted)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		if (strcmp(finding->rule, wanted->rule) == 0 &&
			strcmp(finding->subject, wanted->subject) == 0 && finding->count == wanted->count &&
			finding->limit == wanted->limit) {
			return true;
		}
	}
	return false;
}

/* As config does it: nothing that is of all callers. */
static void set_highest(struct caller_group *group, bool enabled)
{
	for (size_t i = 0; i < rules_count(); i++) {
		const struct rule *rule = rules_at(i);
		char *settings = rules_settings_at(group->rules, i);
		for (size_t j = 0; j < rule->settings->count; j++) {
			const struct setting *setting = &rule->settings->settings[j];
			void *value = settings + setting->offset;
			if (!rule_setting_is_of_callers(rule, setting)) {
				continue;
			}
			if (setting->type == SETTING_NUMBER) {
				*(uint32_t *)value =
					(uint32_t)(setting->maximum < 500 ? setting->maximum : 500);
			} else if (setting->type == SETTING_BOOLEAN &&
				   strcmp(setting->name, "enabled") == 0) {
				*(bool *)value = enabled;
			}
		}
	}
}

static size_t place_and_answer(struct bench *bench, const char *caller, const char *source, const char *e164,
	const struct destination *destination, uint64_t call, instant when, struct findings *answered)
{
	size_t found = bench_follow(bench, call, caller, source, e164, destination, when);
	struct findings attempted = bench->findings;

	bench_live(bench, EVENT_CALL_ANSWERED, call, when + SECOND);
	*answered = bench->findings;
	bench->findings = attempted;
	return found;
}

static void require_all_of(const struct findings *all, const struct findings *some)
{
	for (size_t i = 0; i < some->count; i++) {
		const struct finding *finding = &some->items[i];
		bool is_about_all =
			strcmp(finding->subject, "site") == 0 || strncmp(finding->subject, "number:", 7) == 0;
		if (is_about_all && !has_same(all, finding)) {
			fail_msg("%s hides: %s", finding->rule, finding->reason);
		}
	}
}

/* Every rule, whatever it is: a rule that judges the site without saying so (rule.scope) fails here. */
static void no_group_hides_what_the_whole_site_does(void **state)
{
	static const struct {
		const char *e164;
		const struct destination *destination;
	} places[] = {{BARBADOS}, {SIERRA_LEONE}, {CUBA}, {FRANCE}};
	struct findings answered_with, answered_without;

	(void)state;
	for (int enabled = 0; enabled < 2; enabled++) {
		struct bench with, without;
		size_t about_all = 0;
		bench_open(&with, NULL);
		bench_open(&without, NULL);
		set_highest(bench_group(&with, "generous", "20*"), enabled == 1);
		bench_limit(&with, "country_spread", "site_hour_warning", 4);
		bench_limit(&without, "country_spread", "site_hour_warning", 4);
		bench_start(&with);
		bench_start(&without);
		for (uint64_t call = 1; call <= 60; call++) {
			char caller[8], source[24];
			size_t place = call % COUNT_OF(places);
			instant when = bench_time(NIGHT) + (instant)call * 20 * SECOND;
			snprintf(caller, sizeof caller, "20%02u", (unsigned)call % 7);
			snprintf(source, sizeof source, "192.168.10.%u", (unsigned)call % 7 + 1);
			place_and_answer(&with, caller, source, places[place].e164, places[place].destination,
				call, when, &answered_with);
			place_and_answer(&without, caller, source, places[place].e164,
				places[place].destination, call, when, &answered_without);
			require_all_of(&with.findings, &without.findings);
			require_all_of(&answered_with, &answered_without);
			about_all += count_about_all(&without.findings) + count_about_all(&answered_without);
		}
		assert_true(about_all > 60);
		bench_close(&with);
		bench_close(&without);
	}
}

/* An address is the caller once more: by the site's limit each call of the watch would be told. */
static void an_address_is_judged_by_the_settings_of_who_calls(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	bench_open(&bench, "off_hours");
	limit_rule(bench_group(&bench, "watch", "20*"), "off_hours", 3, 3);
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "2001", PHONE, FRANCE, night), 0);
	assert_int_equal(bench_dial(&bench, "2002", PHONE, FRANCE, night), 0);
	assert_int_equal(bench_dial(&bench, "2003", PHONE, FRANCE, night), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "source:" PHONE, 3, 3);
	bench_close(&bench);
}

/* ---- on and off */

static void a_rule_may_be_on_for_a_group_only(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, "denied_destination");
	struct caller_group *lobby = bench_group(&bench, "lobby", "100");
	bench_group_enable(lobby, "call_burst", true);
	bench_group_limit(lobby, "call_burst", "minute_warning", 2);
	bench_limit(&bench, "call_burst", "site_hour_warning", 2);
	bench_group_limit(lobby, "call_burst", "site_hour_warning", 2);
	bench_start(&bench);
	assert_int_equal(dial_times(&bench, "1001", 20, FRANCE, noon), 0);
	assert_int_equal(dial_times(&bench, "100", 2, FRANCE, noon), 1); /* nothing about the site */
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:100", 2, 2);
	bench_close(&bench);
}

static void a_rule_that_is_off_for_a_group_does_not_count_its_callers(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	start_with_watch(&bench);
	assert_int_equal(dial_times(&bench, "2001", 5, FRANCE, night), 0);
	/* Nor their address. */
	assert_int_equal(bench_dial(&bench, "1001", PHONE, FRANCE, night), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_close(&bench);
}

/* ---- calendar and lists */

static void a_group_may_have_hours_of_its_own(void **state)
{
	struct bench bench;
	struct calendar_settings hours;
	instant night = bench_time(NIGHT);

	(void)state;
	bench_open(&bench, "off_hours");
	memset(&hours, 0, sizeof hours);
	setting_defaults(&calendar_setting_table, &hours);
	strcpy(hours.business_hours.days[4], "22:00-06:00"); /* Friday's night is NIGHT */
	bench_group(&bench, "watch", "2001")->calendar = calendar_new(&hours);
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "2001", PHONE, BARBADOS, night), 0);
	assert_int_equal(bench_dial(&bench, "1001", PHONE, BARBADOS, night), 1);
	/* By day the watch is not there. */
	assert_int_equal(bench_dial(&bench, "2001", PHONE, FRANCE, bench_time(NOON)), 1);
	assert_string_equal(bench.findings.items[0].calendar, "night");
	bench_close(&bench);
}

static void a_group_may_have_places_of_its_own(void **state)
{
	struct bench bench;
	struct destinations_settings places = {0};
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, NULL);
	bench_place(bench.destinations.deny, &bench.destinations.deny_count, "*");
	bench_place(places.deny, &places.deny_count, "FR");
	bench_place(places.allow, &places.allow_count, "BB");
	bench_group(&bench, "sales", "2001")->lists = destination_lists_new(&places);
	bench_start(&bench);
	assert_int_equal(bench_dial(&bench, "2001", PHONE, BARBADOS, noon), 0);
	/* Which places are high-risk is the site's. */
	assert_int_equal(bench_dial(&bench, "2001", PHONE, CUBA, noon), 1);
	assert_string_equal(bench.findings.items[0].rule, "high_risk_destination");
	assert_int_equal(bench_dial(&bench, "2001", PHONE, FRANCE, noon + HOUR), 1);
	assert_string_equal(bench.findings.items[0].rule, "denied_destination");
	assert_int_equal(bench_dial(&bench, "1001", "192.168.10.9", BARBADOS, noon + HOUR), 3);
	bench_close(&bench);
}

/* ---- what is remembered */

static void windows_have_room_for_the_largest_group(void **state)
{
	struct bench bench;
	instant night = bench_time(NIGHT);

	(void)state;
	bench_open(&bench, "off_hours");
	struct caller_group *watch = bench_group(&bench, "watch", "20*");
	limit_rule(watch, "off_hours", 1000, 2000);
	*(duration *)bench_setting_of(watch->rules, "off_hours", "window") = DAY;
	bench_start(&bench);
	assert_int_equal(dial_times(&bench, "2001", 999, FRANCE, night), 0);
	assert_int_equal(dial_times(&bench, "2001", 1001, FRANCE, night + 999 * SECOND), 1);
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:2001", 2000, 2000);
	bench_close(&bench);
}

static void a_reload_that_makes_moves_or_ends_a_group_goes_on_with_the_counts(void **state)
{
	struct bench bench, next, last;
	instant noon = bench_time(NOON);

	(void)state;
	bench_open(&bench, "call_burst");
	bench_start(&bench);
	dial_times(&bench, "2001", 5, FRANCE, noon);

	bench_open(&next, "call_burst");
	limit_bursts(bench_group(&next, "sales", "20*"), 7, 300, 300, 300); /* a larger ring */
	bench_start(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(dial_times(&next, "2001", 1, FRANCE, noon + 5 * SECOND), 0);
	assert_int_equal(dial_times(&next, "2001", 1, FRANCE, noon + 6 * SECOND), 1);
	bench_expect(&next, 0, SEVERITY_WARNING, "caller:2001", 7, 7);

	bench_open(&last, "call_burst");
	bench_start(&last);
	rules_adopt(last.rules, next.rules);
	bench_close(&next);
	assert_int_equal(dial_times(&last, "2001", 1, FRANCE, noon + 7 * SECOND), 1);
	bench_expect(&last, 0, SEVERITY_CRITICAL, "caller:2001", 8, 5);
	bench_close(&last);
}

/* ---- every rule */

static void what_is_of_all_callers_is_no_setting_of_a_group(void **state)
{
	static const struct {
		const char *rule, *name;
		bool is_of_callers;
	} cases[] = {
		{"call_burst", "site_hour_warning", false},
		{"call_burst", "hour_warning", true},
		{"concurrent_calls", "range_critical", false},
		{"concurrent_calls", "critical", true},
		{"surge", "warning", false},
		{"surge", "enabled", false},
		{"number_range", "day_warning", false},
		{"off_hours", "enabled", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct rule *rule = rules_at(bench_rule(cases[i].rule));
		const struct setting *setting = setting_find(rule->settings, text_of(cases[i].name));
		assert_non_null(setting);
		assert_int_equal(rule_setting_is_of_callers(rule, setting), cases[i].is_of_callers);
	}
	/* Limits of the site are judged, so the rule has to say that it judges the site. */
	for (size_t i = 0; i < rules_count(); i++) {
		const struct rule *rule = rules_at(i);
		for (size_t j = 0; j < rule->settings->count; j++) {
			bool is_of_callers = rule_setting_is_of_callers(rule, &rule->settings->settings[j]);
			assert_true(is_of_callers || rule->scope != RULE_OF_CALLERS);
		}
	}
}

/* Higher limits for a group are no lower ones for anybody else. */
static void whoever_is_of_no_group_is_judged_as_if_there_were_none(void **state)
{
	struct bench with, without;
	instant when = bench_time("2026-11-20 17:30");

	(void)state;
	bench_open(&without, NULL);
	bench_start(&without);
	bench_open(&with, NULL);
	set_highest(bench_group(&with, "sales", "20*"), true);
	bench_start(&with);
	for (int i = 0; i < 60; i++) {
		char caller[8];
		snprintf(caller, sizeof caller, "100%d", i % 3);
		instant now = when + i * MINUTE;
		size_t found = bench_dial(&without, caller, PHONE, BARBADOS, now);
		assert_int_equal(bench_dial(&with, caller, PHONE, BARBADOS, now), found);
		for (size_t j = 0; j < found; j++) {
			assert_string_equal(with.findings.items[j].reason, without.findings.items[j].reason);
		}
	}
	bench_close(&with);
	bench_close(&without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_a_caller_or_has_one_star_for_anything),
		cmocka_unit_test(a_pattern_that_can_match_nobody_is_refused),
		cmocka_unit_test(a_wide_pattern_covers_a_narrow_one),
		cmocka_unit_test(the_first_group_that_matches_wins),
		cmocka_unit_test(a_group_has_limits_of_its_own),
		cmocka_unit_test(a_group_may_be_stricter),
		cmocka_unit_test(a_group_is_only_for_callers_who_are_proven),
		cmocka_unit_test(a_stranger_who_writes_a_members_name_is_judged_as_a_stranger),
		cmocka_unit_test(the_account_decides_not_the_name_in_from),
		cmocka_unit_test(the_sites_own_limits_count_members_too),
		cmocka_unit_test(also_where_the_group_has_the_rule_off),
		cmocka_unit_test(also_where_callers_and_the_site_have_the_same_limits),
		cmocka_unit_test(no_group_hides_what_the_whole_site_does),
		cmocka_unit_test(an_address_is_judged_by_the_settings_of_who_calls),
		cmocka_unit_test(a_rule_may_be_on_for_a_group_only),
		cmocka_unit_test(a_rule_that_is_off_for_a_group_does_not_count_its_callers),
		cmocka_unit_test(a_group_may_have_hours_of_its_own),
		cmocka_unit_test(a_group_may_have_places_of_its_own),
		cmocka_unit_test(windows_have_room_for_the_largest_group),
		cmocka_unit_test(a_reload_that_makes_moves_or_ends_a_group_goes_on_with_the_counts),
		cmocka_unit_test(what_is_of_all_callers_is_no_setting_of_a_group),
		cmocka_unit_test(whoever_is_of_no_group_is_judged_as_if_there_were_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
