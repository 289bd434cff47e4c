/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/incident/judgement.h"
#include "pbxguard/incident/story.h"

static const struct dialed_number number = {.kind = NUMBER_INTERNATIONAL, .e164 = "+12465550123"};
static const struct destination barbados = {.prefix = "1246", .country = "BB", .name = "Barbados"};
static const struct destination leone = {.prefix = "232", .country = "SL", .name = "Sierra Leone"};

static instant at(const char *text)
{
	instant when = 0;

	assert_true(instant_parse(text_of(text), &when));
	return when;
}

static void add_call(struct story *story, const char *when, const char *caller, const struct destination *to)
{
	const struct event event = {.kind = EVENT_CALL_ATTEMPTED,
		.time = at(when),
		.caller = text_of(caller),
		.leg = LEG_EXTENSION,
		.number = &number,
		.destination = to};

	story_add_call(story, &event);
}

static void add_rule(struct story *story, const char *when, const char *rule)
{
	const struct finding finding = {.rule = rule};

	story_add_finding(story, &finding, at(when));
}

static void follow(struct story *story, struct story_call *call, enum event_kind kind, duration up)
{
	const struct event event = {
		.kind = kind, .time = at("2026-11-22 03:00"), .answered = 1, .up = up, .number = &number};

	story_follow(story, call, &event, up / MINUTE * 100 * MONEY_UNIT, "JPY");
}

static const char *tell(const struct story *story, const char *subject)
{
	static char text[STORY_TEXT_SIZE];

	return story_tell(story, subject, text);
}

static void who_where_to_how_long_and_what_it_costs(void **state)
{
	struct story story = {0};
	struct story_call first = {0}, second = {0};

	(void)state;
	add_call(&story, "2026-11-22 02:11", "1001", &barbados);
	add_rule(&story, "2026-11-22 02:11", "off_hours");
	assert_string_equal(tell(&story, "caller:1001"),
		"Caller 1001: 1 call since 02:11: Barbados 1; none was answered. Signs: off_hours. Nothing was "
		"stopped. Next: ask who uses this account; if it is not they, change its password and bar calls "
		"abroad at the PBX or the carrier.");
	add_call(&story, "2026-11-22 02:12", "1001", &leone);
	add_call(&story, "2026-11-22 02:13", "1001", &leone);
	add_rule(&story, "2026-11-22 02:13", "call_burst");
	add_rule(&story, "2026-11-22 02:13", "off_hours");
	follow(&story, &first, EVENT_CALL_STILL_UP, 30 * MINUTE);
	follow(&story, &first, EVENT_CALL_ENDED, 31 * MINUTE);
	follow(&story, &second, EVENT_CALL_STILL_UP, 2 * MINUTE);
	assert_memory_equal(tell(&story, "caller:1001"),
		TEXT("Caller 1001: 3 calls since 02:11: Sierra Leone 2, Barbados 1; 2 answered, 33 min in all, about "
		     "3,300 JPY so far, 1 up now. Signs: off_hours, call_burst. Nothing was stopped. Next: ask ")
			.start,
		150);
}

static void callers_and_places_are_named_up_to_a_point(void **state)
{
	struct story story = {0};
	char caller[8], place[8];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(caller, sizeof caller, "10%02d", i);
		snprintf(place, sizeof place, "P%d", i);
		struct destination to = {0};
		text_copy(text_of(place), to.name, sizeof to.name);
		add_call(&story, "2026-11-22 02:11", caller, &to);
	}
	assert_non_null(strstr(tell(&story, "source:192.0.2.66"),
		"The address 192.0.2.66: 20 calls since 02:11 as caller 1000, 1001, 1002, 1003 and others: P0 1, P1 1, "
		"P2 1, P3 1, P4 1, P5 1, elsewhere 14; none was answered."));
}

static void who_called_besides_the_one_it_is_about_is_named(void **state)
{
	struct story story = {0};

	(void)state;
	add_call(&story, "2026-11-22 02:11", "1001", &barbados);
	add_call(&story, "2026-11-22 02:12", "1002", &barbados);
	assert_non_null(strstr(tell(&story, "caller:1001"),
		"Caller 1001: 2 calls since 02:11 as caller 1001, 1002: Barbados 2;"));
}

static void what_is_told_late_makes_no_call_longer_or_cheaper(void **state)
{
	struct story story = {0};
	struct story_call talked = {0}, refused = {0};
	const struct event refusal = {
		.kind = EVENT_CALL_REFUSED, .time = at("2026-11-22 02:10"), .number = &number};

	(void)state;
	add_call(&story, "2026-11-22 02:11", "1001", &barbados);
	follow(&story, &talked, EVENT_CALL_STILL_UP, 30 * MINUTE);
	follow(&story, &talked, EVENT_CALL_STILL_UP, 20 * MINUTE); /* it costs less, too */
	assert_non_null(strstr(
		tell(&story, "caller:1001"), "1 answered, 30 min in all, about 3,000 JPY so far, 1 up"));
	follow(&story, &talked, EVENT_CALL_ENDED, 31 * MINUTE);
	follow(&story, &talked, EVENT_CALL_STILL_UP, 40 * MINUTE);
	follow(&story, &talked, EVENT_CALL_ENDED, 41 * MINUTE);
	story_follow(&story, &refused, &refusal, 0, "JPY"); /* nobody had answered it; and it came late */
	assert_non_null(strstr(tell(&story, "caller:1001"),
		"1 call since 02:10: Barbados 1; 1 answered, 31 min in all, about 3,100 JPY so far. Signs"));
}

static void what_to_do_next_fits_the_way_in(void **state)
{
	struct story story = {.calls = 1, .has_stranger = true};

	(void)state;
	assert_non_null(
		strstr(tell(&story, "source:192.0.2.66"), "close SIP to this address at the firewall"));
	story.is_moved = true;
	assert_non_null(strstr(tell(&story, "caller:1001"), "look for call forwarding, DISA"));
	assert_non_null(strstr(tell(&(struct story){.calls = 1}, "site"), "look which accounts"));
}

/* However long the names are: it is cut, not overrun. */
static void the_sentence_stays_in_its_bounds(void **state)
{
	struct story story = {.calls = UINT32_MAX, .has_more_callers = true, .rule_count = STORY_RULES_MAX};

	(void)state;
	for (size_t i = 0; i < STORY_RULES_MAX; i++) {
		story.rules[i] = "a_rule_with_a_very_long_name_indeed";
	}
	for (story.caller_count = 0; story.caller_count < STORY_CALLERS_MAX; story.caller_count++) {
		memset(story.callers[story.caller_count], 'x', CALLER_SIZE - 1);
	}
	for (story.place_count = 0; story.place_count < STORY_PLACES_MAX; story.place_count++) {
		memset(story.places[story.place_count].name, 'y', STORY_PLACE_SIZE - 1);
	}
	assert_in_range(strlen(tell(&story, "caller:1001")), 400, STORY_TEXT_SIZE - 1);
}

static void judge(struct story *story, enum action_taken action, bool is_about_call, bool is_repeated)
{
	const struct judgement judgement = {
		.action = action, .is_about_call = is_about_call, .is_repeated = is_repeated};

	story_add_judgement(story, &judgement);
}

static void what_was_done_is_told(void **state)
{
	static const struct {
		unsigned refused, would_refuse;
		bool blocks, would_block;
		const char *told;
	} cases[] = {
		{0, 0, false, false, ". Nothing was stopped. Next"},
		{1, 0, false, false, ". 1 of the 2 calls was refused. Next"},
		{2, 0, false, false, ". The calls were refused. Next"},
		{2, 0, true, false, ". The calls were refused, and the address was blocked. Next"},
		{0, 0, true, false, ". The address was blocked. Next"},
		{0, 1, false, false,
			". Nothing was stopped; in mode block 1 of the 2 calls would have been refused. "
			"Next"},
		{0, 2, false, true,
			". Nothing was stopped; in mode block the calls would have been refused and the "
			"address blocked. Next"},
		{0, 0, false, true,
			". Nothing was stopped; in mode block the address would have been blocked. Next"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct story story = {0};
		add_call(&story, "2026-11-22 02:11", "1001", &barbados);
		add_call(&story, "2026-11-22 02:12", "1001", &barbados);
		add_rule(&story, "2026-11-22 02:11", "off_hours");
		for (unsigned n = 0; n < cases[i].refused; n++) {
			judge(&story, ACTION_REFUSED, true, false);
			judge(&story, ACTION_REFUSED, true, true); /* its next leg */
		}
		for (unsigned n = 0; n < cases[i].would_refuse; n++) {
			judge(&story, ACTION_WOULD_REFUSE, true, false);
		}
		if (cases[i].blocks || cases[i].would_block) {
			judge(&story, cases[i].blocks ? ACTION_SOURCE_BLOCKED : ACTION_WOULD_BLOCK, false,
				false);
		}
		if (strstr(tell(&story, "source:198.51.100.66"), cases[i].told) == NULL) {
			fail_msg("%s", tell(&story, "source:198.51.100.66"));
		}
	}
}

static void a_blocked_account_is_to_be_released(void **state)
{
	struct story story = {0};

	(void)state;
	add_call(&story, "2026-11-22 02:11", "1001", &barbados);
	judge(&story, ACTION_SOURCE_BLOCKED, true, false); /* the call, too */
	add_rule(&story, "2026-11-22 02:11", "blocked_account");
	assert_non_null(strstr(tell(&story, "caller:1001"),
		"The call was refused, and the address was blocked. Next: ask who uses this account; change its "
		"password if it is not they, and then release it."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_done_is_told),
		cmocka_unit_test(a_blocked_account_is_to_be_released),
		cmocka_unit_test(who_where_to_how_long_and_what_it_costs),
		cmocka_unit_test(callers_and_places_are_named_up_to_a_point),
		cmocka_unit_test(who_called_besides_the_one_it_is_about_is_named),
		cmocka_unit_test(what_is_told_late_makes_no_call_longer_or_cheaper),
		cmocka_unit_test(what_to_do_next_fits_the_way_in),
		cmocka_unit_test(the_sentence_stays_in_its_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
