/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/incident.h"

#include <stdlib.h>

#define LINES_MAX 20000

static const struct incident_settings usual = {.alerts_per_minute = 60, .alert_interval = 15 * MINUTE};
static const struct site site = {.name = "tokyo-hq"};
static const struct dialed_number number = {.kind = NUMBER_INTERNATIONAL,
	.e164 = "+12465550123",
	.step_count = 1,
	.steps = {{"010", DIAL_STEP_INTERNATIONAL_PREFIX}}};
static const struct destination barbados = {.prefix = "1246", .country = "BB", .name = "Barbados"};

/* The call layer's, of which nothing else is needed here. */
char *dialed_number_stripped(const struct dialed_number *dialed, char buffer[static STRIPPED_TEXT_SIZE])
{
	snprintf(buffer, STRIPPED_TEXT_SIZE, "%s", dialed->steps[0].digits);
	return buffer;
}

struct fixture {
	struct incidents *incidents;
	struct counters counters;
	size_t line_count;
	struct decision *lines;
};

static void keep(void *context, const struct decision *decision)
{
	struct fixture *fixture = context;

	assert_true(fixture->line_count < LINES_MAX);
	fixture->lines[fixture->line_count++] = *decision;
}

static void set_up(struct fixture *fixture, const struct incident_settings *settings)
{
	memset(fixture, 0, sizeof *fixture);
	fixture->lines = calloc(LINES_MAX, sizeof *fixture->lines);
	assert_non_null(fixture->lines);
	fixture->incidents = incidents_new(settings, &site, &fixture->counters);
	assert_non_null(fixture->incidents);
}

static void tear_down(struct fixture *fixture)
{
	incidents_free(fixture->incidents);
	free(fixture->lines);
}

static struct event call_at(instant now, const char *call_id)
{
	return (struct event){.kind = EVENT_CALL_ATTEMPTED,
		.time = now,
		.call_id = text_of(call_id),
		.caller = TEXT("1001"),
		.dialed = TEXT("01012465550123"),
		.user_agent = TEXT("phone\r\n"),
		.leg = LEG_EXTENSION,
		.number = &number,
		.destination = &barbados};
}

static void find(struct fixture *fixture, instant now, const char *subject, enum severity severity)
{
	const struct event event = call_at(now, subject);
	struct findings findings = {.count = 1,
		.items = {{.rule = "high_risk_destination", .severity = severity, .count = 1, .limit = 1}}};

	snprintf(findings.items[0].subject, SUBJECT_SIZE, "%s", subject);
	incidents_handle(fixture->incidents, &event, &findings, keep, fixture);
}

static void tick(struct fixture *fixture, instant now)
{
	incidents_tick(fixture->incidents, now, keep, fixture);
}

static void assert_line(const struct fixture *fixture, size_t index, instant time, enum incident_state state,
	uint32_t suppressed)
{
	assert_true(index < fixture->line_count);
	assert_int_equal(fixture->lines[index].state, state);
	assert_int_equal(fixture->lines[index].time, time);
	assert_int_equal(fixture->lines[index].suppressed, suppressed);
}

static void the_first_finding_opens_and_the_next_ones_are_held(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_WARNING);
	find(&f, 1 * MINUTE, "caller:1001", SEVERITY_WARNING);
	find(&f, 2 * MINUTE, "caller:1001", SEVERITY_NOTICE);
	assert_int_equal(f.line_count, 1);
	assert_line(&f, 0, 0, INCIDENT_OPENED, 0);
	assert_int_equal(counter_get(&f.counters, COUNTER_ALERTS_SUPPRESSED), 2);
	tear_down(&f);
}

static void at_the_end_what_was_held_back_or_waits_is_told(void **state)
{
	static const struct incident_settings few = {.alerts_per_minute = 3, .alert_interval = 15 * MINUTE};
	struct fixture f;
	uint32_t told = 0;

	(void)state;
	set_up(&f, &few);
	for (int i = 0; i < 10; i++) {
		char subject[32];
		snprintf(subject, sizeof subject, "caller:%d", i);
		find(&f, i, subject, SEVERITY_WARNING);
		find(&f, i, subject, SEVERITY_WARNING);
	}
	assert_int_equal(f.line_count, 3);
	incidents_finish(f.incidents, keep, &f);
	for (size_t i = 0; i < f.line_count; i++) {
		const struct decision *line = &f.lines[i];
		if (strcmp(line->finding.rule, "alert_limit") != 0) {
			told += line->suppressed + (line->state == INCIDENT_OPENED);
		}
	}
	assert_int_equal(told, 20);
	size_t lines = f.line_count;
	incidents_finish(f.incidents, keep, &f); /* nothing is told twice */
	assert_int_equal(f.line_count, lines);
	tear_down(&f);
}

static void find_outside(struct fixture *fixture, instant now, const char *subject)
{
	struct event event = call_at(now, subject);
	struct findings findings = {.count = 1,
		.items = {{.rule = "high_risk_destination",
			.severity = SEVERITY_WARNING,
			.count = 1,
			.limit = 1}}};

	event.leg = LEG_OUTSIDE;
	snprintf(findings.items[0].subject, SUBJECT_SIZE, "%s", subject);
	incidents_handle(fixture->incidents, &event, &findings, keep, fixture);
}

static size_t place_of(const struct fixture *fixture, const char *subject)
{
	size_t place = 0;

	while (place < fixture->line_count && strcmp(fixture->lines[place].finding.subject, subject) != 0) {
		place++;
	}
	return place;
}

static void what_waits_of_the_sites_own_is_told_before_what_strangers_try(void **state)
{
	struct fixture f;
	char subject[40];

	(void)state;
	set_up(&f, &usual);
	for (int i = 0; i < INCIDENTS_MAX / 4; i++) {
		snprintf(subject, sizeof subject, "source:%d", i);
		find_outside(&f, i, subject);
	}
	find(&f, INCIDENTS_MAX, "caller:1001", SEVERITY_WARNING);
	tick(&f, 2 * MINUTE);
	assert_in_range(f.line_count, 100, 200);
	assert_int_equal(place_of(&f, "caller:1001"), 60); /* the first for which there is room */
	tear_down(&f);
}

/* However many addresses strangers use, what the site's own phone does is neither pushed out nor told last.
 */
static void a_flood_from_outside_does_not_push_out_the_sites_own(void **state)
{
	struct fixture f;
	char subject[40];

	(void)state;
	set_up(&f, &usual);
	for (int i = 0; i < INCIDENTS_MAX / 2; i++) {
		snprintf(subject, sizeof subject, "source:%d", i);
		find_outside(&f, i, subject);
	}
	find(&f, INCIDENTS_MAX, "caller:1001", SEVERITY_WARNING);
	for (int i = 0; i < 2 * INCIDENTS_MAX; i++) {
		snprintf(subject, sizeof subject, "source:b%d", i);
		find_outside(&f, INCIDENTS_MAX + i, subject);
	}
	tick(&f, 2 * MINUTE);
	assert_in_range(place_of(&f, "caller:1001"), 0, 61); /* with the first lines that there is room for */
	tear_down(&f);
}

static void a_graver_finding_raises_at_once(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_WARNING);
	find(&f, 1 * SECOND, "caller:1001", SEVERITY_WARNING);
	find(&f, 2 * SECOND, "caller:1001", SEVERITY_CRITICAL);
	find(&f, 3 * SECOND, "caller:1001", SEVERITY_CRITICAL);
	assert_int_equal(f.line_count, 2);
	assert_line(&f, 1, 2 * SECOND, INCIDENT_RAISED, 1);
	assert_int_equal(f.lines[1].finding.severity, SEVERITY_CRITICAL);
	assert_string_equal(f.lines[0].incident, f.lines[1].incident);
	tear_down(&f);
}

static void what_was_held_is_told_when_the_interval_is_over(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_WARNING);
	find(&f, 1 * MINUTE, "caller:1001", SEVERITY_WARNING);
	find(&f, 9 * MINUTE, "caller:1001", SEVERITY_WARNING);
	tick(&f, 15 * MINUTE - 1);
	assert_int_equal(f.line_count, 1);
	tick(&f, 20 * MINUTE);
	assert_int_equal(f.line_count, 2);
	assert_line(&f, 1, 15 * MINUTE, INCIDENT_REPEATED, 2);
	assert_int_equal(f.lines[1].packet_time, 9 * MINUTE);
	assert_int_equal(counter_get(&f.counters, COUNTER_ALERTS), 2);
	assert_int_equal(counter_get(&f.counters, COUNTER_ALERTS_SUPPRESSED), 2);
	tear_down(&f);
}

static void a_finding_after_the_interval_is_told_at_once(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_WARNING);
	find(&f, 15 * MINUTE, "caller:1001", SEVERITY_WARNING);
	find(&f, 40 * MINUTE, "caller:1001", SEVERITY_WARNING);
	assert_int_equal(f.line_count, 3);
	assert_line(&f, 1, 15 * MINUTE, INCIDENT_REPEATED, 0);
	assert_line(&f, 2, 40 * MINUTE, INCIDENT_REPEATED, 0);
	tear_down(&f);
}

static void two_quiet_intervals_close_it_and_the_next_finding_opens_another(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_CRITICAL);
	find(&f, 1 * MINUTE, "caller:1001", SEVERITY_CRITICAL);
	find(&f, 31 * MINUTE, "caller:1001", SEVERITY_CRITICAL);
	assert_int_equal(f.line_count, 4);
	assert_line(&f, 1, 15 * MINUTE, INCIDENT_REPEATED, 1);
	assert_line(&f, 2, 31 * MINUTE, INCIDENT_CLOSED, 0);
	assert_int_equal(f.lines[2].finding.severity, SEVERITY_NOTICE);
	assert_string_equal(
		f.lines[2].finding.reason, "Nothing more for 30 min after 2 findings, critical at worst.");
	assert_line(&f, 3, 31 * MINUTE, INCIDENT_OPENED, 0);
	assert_string_equal(f.lines[2].incident, f.lines[0].incident);
	assert_string_not_equal(f.lines[3].incident, f.lines[0].incident);
	tear_down(&f);
}

static void subjects_are_apart(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_WARNING);
	find(&f, 0, "caller:1002", SEVERITY_WARNING);
	assert_int_equal(f.line_count, 2);
	assert_string_not_equal(f.lines[0].incident, f.lines[1].incident);
	assert_int_equal(strlen(f.lines[0].incident), 16);
	tear_down(&f);
}

/* One event with findings about several subjects, "caller:1001 site" say, each of the same severity. */
static void find_all(struct fixture *fixture, instant now, uint64_t call, const char *rule,
	const char *subjects, enum severity severity)
{
	struct event event = call_at(now, "");
	struct findings findings = {0};

	event.call = call;
	for (struct text rest = text_of(subjects), subject; text_split(&rest, ' ', &subject);) {
		struct finding *finding = &findings.items[findings.count++];
		*finding = (struct finding){.rule = rule, .severity = severity, .count = 1, .limit = 1};
		text_copy(subject, finding->subject, sizeof finding->subject);
	}
	incidents_handle(fixture->incidents, &event, &findings, keep, fixture);
}

static void what_belongs_together_is_one_incident(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	/* The address first, as of a stranger; then the account he names; then what all of that means. */
	find_all(&f, 0, 1, "off_hours", "source:198.51.100.66", SEVERITY_WARNING);
	find_all(&f, 1 * SECOND, 1, "off_hours", "caller:1001", SEVERITY_WARNING);
	find_all(&f, 2 * SECOND, 2, "call_burst", "caller:1001 site", SEVERITY_WARNING);
	find_all(&f, 3 * SECOND, 3, "off_hours", "source:198.51.100.66 caller:1002", SEVERITY_WARNING);
	find_all(&f, 4 * SECOND, 4, "off_hours", "caller:1002", SEVERITY_WARNING);
	assert_int_equal(f.line_count, 1);
	find_all(&f, 5 * SECOND, 5, "high_risk_destination", "caller:1001", SEVERITY_CRITICAL);
	assert_int_equal(f.line_count, 2);
	assert_line(&f, 1, 5 * SECOND, INCIDENT_RAISED, 6);
	assert_string_equal(f.lines[0].incident, f.lines[1].incident);
	assert_int_equal(f.lines[1].story.calls, 5);
	assert_int_equal(f.lines[1].story.rule_count, 3);
	assert_int_equal(f.lines[1].story.since, 0);
	/* Somebody else is another story. */
	find_all(&f, 6 * SECOND, 6, "off_hours", "caller:1003", SEVERITY_WARNING);
	assert_int_equal(f.line_count, 3);
	assert_string_not_equal(f.lines[2].incident, f.lines[0].incident);
	tear_down(&f);
}

/* More calls of one incident than are kept: told, and forgotten without a word once they are long over. */
static void calls_of_an_incident_that_are_forgotten_early_are_counted(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	for (uint64_t call = 1; call <= 20000; call++) {
		find_all(&f, (instant)call, call, "off_hours", "caller:1001", SEVERITY_WARNING);
	}
	uint64_t evicted = counter_get(&f.counters, COUNTER_KEYS_EVICTED);
	assert_in_range(evicted, 1, 19999);
	find_all(&f, 2 * HOUR, 30000, "off_hours", "caller:1002", SEVERITY_WARNING);
	assert_int_equal(counter_get(&f.counters, COUNTER_KEYS_EVICTED), evicted);
	tear_down(&f);
}

static void what_is_graver_about_the_site_is_told_apart(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find_all(&f, 0, 1, "call_burst", "caller:1001", SEVERITY_WARNING);
	find_all(&f, 1, 2, "call_burst", "site", SEVERITY_CRITICAL);
	find_all(&f, 2, 3, "call_burst", "caller:1002 site", SEVERITY_WARNING);
	assert_int_equal(f.line_count, 3);
	assert_string_equal(f.lines[1].finding.subject, "site");
	assert_string_equal(f.lines[2].finding.subject, "caller:1002");
	tear_down(&f);
}

static void live(struct fixture *fixture, instant now, uint64_t call, enum event_kind kind, duration up)
{
	const struct findings findings = {.cost = up / MINUTE * MONEY_UNIT, .currency = "JPY"};
	struct event event = call_at(now, "");

	event.kind = kind;
	event.call = call;
	event.up = up;
	event.answered = kind >= EVENT_CALL_ANSWERED ? 1 : 0;
	incidents_handle(fixture->incidents, &event, &findings, keep, fixture);
}

static void a_story_goes_on_while_its_calls_are_up(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find_all(&f, 0, 7, "off_hours", "caller:1001", SEVERITY_WARNING);
	live(&f, 1 * SECOND, 7, EVENT_CALL_ANSWERED, 0);
	for (int minute = 1; minute <= 90; minute++) {
		live(&f, minute * MINUTE, 7, EVENT_CALL_STILL_UP, minute * MINUTE);
	}
	assert_int_equal(f.line_count, 1); /* not closed */
	live(&f, 91 * MINUTE, 7, EVENT_CALL_ENDED, 91 * MINUTE);
	live(&f, 91 * MINUTE, 7, EVENT_CALL_ENDED, 91 * MINUTE);
	live(&f, 92 * MINUTE, 8, EVENT_CALL_ENDED, 5 * MINUTE); /* nobody's */
	tick(&f, 3 * HOUR);
	assert_int_equal(f.line_count, 2);
	assert_line(&f, 1, 121 * MINUTE, INCIDENT_CLOSED, 0);
	assert_int_equal(f.lines[1].story.answered, 1);
	assert_int_equal(f.lines[1].story.up, 0);
	assert_int_equal(f.lines[1].story.talked, 91 * MINUTE);
	assert_int_equal(f.lines[1].story.cost, 91 * MONEY_UNIT);
	tear_down(&f);
}

static void the_line_shows_the_call_made_safe(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_WARNING);
	const struct decision_call *call = &f.lines[0].call;
	assert_true(call->is_known);
	assert_string_equal(call->caller, "1001");
	assert_string_equal(call->number, "+12465550123");
	assert_string_equal(call->stripped, "010");
	assert_string_equal(call->country_name, "Barbados");
	assert_string_equal(call->prefix, "1246");
	assert_string_equal(call->user_agent, "phone\\x0D\\x0A");
	assert_int_equal(call->leg, LEG_EXTENSION);
	tear_down(&f);
}

static void both_legs_are_shown_once_they_are_joined(void **state)
{
	static const struct findings none = {0};
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_WARNING);
	struct event joined = call_at(1 * SECOND, "leg-2");
	joined.kind = EVENT_CALL_JOINED;
	joined.joined_call_id = TEXT("other");
	incidents_handle(f.incidents, &joined, &none, keep, &f);
	joined.call_id = TEXT("leg-3");
	joined.joined_call_id = TEXT("caller:1001");
	incidents_handle(f.incidents, &joined, &none, keep, &f);
	find(&f, 2 * SECOND, "caller:1001", SEVERITY_CRITICAL);
	assert_int_equal(f.line_count, 2);
	assert_string_equal(f.lines[1].call.call_id, "caller:1001");
	assert_string_equal(f.lines[1].call.other_call_id, "leg-3");
	tear_down(&f);
}

/* At most `limit` lines in any 60 s: the limit'th line before a line is a minute older. */
static void assert_no_storm(const struct fixture *f, size_t limit)
{
	for (size_t i = limit; i < f->line_count; i++) {
		assert_true(f->lines[i].time - f->lines[i - limit].time >= MINUTE);
	}
}

static uint64_t findings_told(const struct fixture *f)
{
	uint64_t told = 0;

	for (size_t i = 0; i < f->line_count; i++) {
		const struct decision *line = &f->lines[i];
		if (strcmp(line->finding.rule, "alert_limit") != 0 && line->state != INCIDENT_CLOSED) {
			told += line->suppressed +
				(line->state != INCIDENT_REPEATED || line->time == line->packet_time);
		}
	}
	return told;
}

/* 500 findings in a minute about 120 subjects, and nothing lost from the counts when all is told. */
static void a_storm_keeps_to_the_limit_and_says_so(void **state)
{
	struct fixture f;
	char subject[32];
	size_t said = 0;

	(void)state;
	set_up(&f, &usual);
	for (unsigned i = 0; i < 500; i++) {
		snprintf(subject, sizeof subject, "caller:%u", i * 7 % 120);
		find(&f, i * MINUTE / 500, subject, (enum severity)(i % 3));
	}
	assert_int_equal(f.line_count, 60);
	assert_string_equal(f.lines[59].finding.rule, "alert_limit");
	assert_string_equal(f.lines[59].finding.subject, "site");
	assert_int_equal(f.lines[59].finding.severity, SEVERITY_WARNING);
	assert_false(f.lines[59].call.is_known);
	tick(&f, 3 * HOUR);
	assert_no_storm(&f, 60);
	assert_int_equal(findings_told(&f), 500);
	for (size_t i = 0; i < f.line_count; i++) {
		said += f.lines[i].state == INCIDENT_OPENED &&
			strcmp(f.lines[i].finding.rule, "alert_limit") == 0;
	}
	assert_int_equal(said, 1);
	assert_true(counter_get(&f.counters, COUNTER_ALERTS_DELAYED) > 0);
	assert_int_equal(counter_get(&f.counters, COUNTER_ALERTS), f.line_count);
	assert_int_equal(f.lines[f.line_count - 1].state, INCIDENT_CLOSED);
	tear_down(&f);
}

static void what_waits_is_told_gravest_first(void **state)
{
	const struct incident_settings few = {.alerts_per_minute = 3, .alert_interval = 15 * MINUTE};
	struct fixture f;

	(void)state;
	set_up(&f, &few);
	find(&f, 0, "caller:1", SEVERITY_NOTICE);
	find(&f, 1, "caller:2", SEVERITY_NOTICE);
	find(&f, 2, "caller:3", SEVERITY_NOTICE); /* no room: the limit is said instead */
	find(&f, 3, "caller:4", SEVERITY_WARNING);
	find(&f, 4, "caller:5", SEVERITY_CRITICAL);
	find(&f, 5, "caller:3", SEVERITY_NOTICE);
	find(&f, 6, "caller:4", SEVERITY_CRITICAL); /* raised while it waits */
	tick(&f, 2 * MINUTE);
	assert_string_equal(f.lines[2].finding.rule, "alert_limit");
	assert_line(&f, 3, MINUTE, INCIDENT_OPENED, 1);
	assert_string_equal(f.lines[3].finding.subject, "caller:4");
	assert_line(&f, 4, MINUTE + 1, INCIDENT_OPENED, 0);
	assert_string_equal(f.lines[4].finding.subject, "caller:5");
	assert_line(&f, 5, MINUTE + 2, INCIDENT_OPENED, 1);
	assert_string_equal(f.lines[5].finding.subject, "caller:3");
	assert_int_equal(f.lines[5].packet_time, 5);
	assert_no_storm(&f, 3);
	tear_down(&f);
}

static void one_line_a_minute_still_tells_everything(void **state)
{
	const struct incident_settings one = {.alerts_per_minute = 1, .alert_interval = MINUTE};
	struct fixture f;
	char subject[32];

	(void)state;
	set_up(&f, &one);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(subject, sizeof subject, "caller:%u", i % 5);
		find(&f, i * SECOND, subject, SEVERITY_WARNING);
	}
	assert_line(&f, 0, 0, INCIDENT_OPENED, 0);
	tick(&f, 2 * HOUR);
	assert_no_storm(&f, 1);
	assert_int_equal(findings_told(&f), 100);
	tear_down(&f);
}

/* A night of findings, some in bursts: the same for every caller of it. */
static void play(struct fixture *f, duration tick_every, bool late)
{
	unsigned random = 42;
	instant now = 1000 * HOUR, ticked = now;
	char subject[32];

	for (unsigned i = 0; i < 3000; i++) {
		random = random * 1103515245 + 12345;
		bool is_burst = i % 500 < 300;
		now += (random >> 8) % (is_burst ? 200 * MILLISECOND : 2 * MINUTE);
		for (; tick_every > 0 && ticked <= now; ticked += tick_every) {
			tick(f, ticked);
		}
		snprintf(subject, sizeof subject, "caller:%u", (random >> 20) % 150);
		find(f, now - (late && i % 10 == 0 ? 300 * MILLISECOND : 0), subject,
			(enum severity)((random >> 12) % 3));
	}
	tick(f, now + 3 * HOUR);
}

static void assert_same_lines(const struct fixture *a, const struct fixture *b)
{
	assert_int_equal(a->line_count, b->line_count);
	for (size_t i = 0; i < a->line_count; i++) {
		const struct decision *one = &a->lines[i], *other = &b->lines[i];

		assert_int_equal(one->time, other->time);
		assert_int_equal(one->packet_time, other->packet_time);
		assert_string_equal(one->incident, other->incident);
		assert_int_equal(one->state, other->state);
		assert_int_equal(one->suppressed, other->suppressed);
		assert_string_equal(one->finding.rule, other->finding.rule);
		assert_string_equal(one->finding.subject, other->finding.subject);
		assert_string_equal(one->finding.reason, other->finding.reason);
		assert_int_equal(one->finding.severity, other->finding.severity);
		assert_string_equal(one->call.call_id, other->call.call_id);
	}
}

static void the_spacing_of_ticks_does_not_change_a_line(void **state)
{
	static const duration spacings[] = {50 * MILLISECOND, SECOND, 7 * SECOND, 10 * MINUTE};
	struct fixture without, with;

	(void)state;
	set_up(&without, &usual);
	play(&without, 0, false);
	assert_true(without.line_count > 500);
	assert_no_storm(&without, 60);
	assert_int_equal(findings_told(&without), 3000);
	for (size_t i = 0; i < COUNT_OF(spacings); i++) {
		set_up(&with, &usual);
		play(&with, spacings[i], false);
		assert_same_lines(&without, &with);
		tear_down(&with);
	}
	tear_down(&without);
}

static void packets_a_little_out_of_order_break_nothing(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	play(&f, SECOND, true);
	assert_no_storm(&f, 60);
	assert_int_equal(findings_told(&f), 3000);
	tear_down(&f);
}

/* As in the capture nb6: a router that wakes up in 1970 and learns the time later. */
static void a_clock_that_jumps_breaks_nothing(void **state)
{
	static const instant year_2014 = 1400000000 * SECOND;
	struct fixture f;
	uint64_t findings = 0;
	char subject[32];

	(void)state;
	set_up(&f, &usual);
	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < 20; i++) {
			instant base = round % 2 == 0 ? 0 : year_2014;
			snprintf(subject, sizeof subject, "caller:%u", i % 5);
			find(&f, base + i * SECOND, subject, SEVERITY_WARNING);
			findings++;
		}
	}
	find(&f, INT64_MAX, "caller:1", SEVERITY_WARNING);
	find(&f, INT64_MIN, "caller:1", SEVERITY_WARNING);
	find(&f, INT64_MAX, "caller:1", SEVERITY_WARNING);
	find(&f, 0, "caller:1", SEVERITY_WARNING);
	tick(&f, 3 * HOUR);
	assert_int_equal(findings_told(&f), findings + 4);
	assert_int_equal(f.lines[f.line_count - 1].state, INCIDENT_CLOSED);
	tear_down(&f);
}

static void a_clock_set_back_does_not_silence_the_alerts(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 10 * HOUR, "caller:1001", SEVERITY_WARNING);
	find(&f, 9 * HOUR, "caller:1001", SEVERITY_WARNING);
	tick(&f, 9 * HOUR + 15 * MINUTE);
	assert_int_equal(f.line_count, 2);
	assert_line(&f, 1, 9 * HOUR + 15 * MINUTE, INCIDENT_REPEATED, 1);
	tear_down(&f);
}

static void more_subjects_than_slots_lose_nothing_uncounted(void **state)
{
	const struct incident_settings many = {.alerts_per_minute = 6000, .alert_interval = 15 * MINUTE};
	struct fixture f;
	char subject[32];

	(void)state;
	for (int is_tight = 0; is_tight < 2; is_tight++) {
		set_up(&f, is_tight ? &usual : &many);
		for (unsigned i = 0; i < 12000; i++) {
			snprintf(subject, sizeof subject, "caller:%u", i / 2);
			find(&f, i * 20 * MILLISECOND, subject, SEVERITY_WARNING);
		}
		tick(&f, 100 * HOUR);
		uint64_t lost = counter_get(&f.counters, COUNTER_FINDINGS_UNTOLD);
		assert_true(counter_get(&f.counters, COUNTER_KEYS_EVICTED) > 0);
		assert_int_equal(findings_told(&f) + lost, 12000);
		assert_true(is_tight || lost == 0);
		assert_no_storm(&f, is_tight ? 60 : 6000);
		tear_down(&f);
	}
}

static void a_reload_keeps_what_is_open(void **state)
{
	const struct incident_settings sooner = {.alerts_per_minute = 10, .alert_interval = 5 * MINUTE};
	struct fixture f;

	(void)state;
	set_up(&f, &usual);
	find(&f, 0, "caller:1001", SEVERITY_WARNING);
	find(&f, 1 * MINUTE, "caller:1001", SEVERITY_WARNING);
	incidents_configure(f.incidents, &sooner, &site);
	tick(&f, 5 * MINUTE);
	assert_int_equal(f.line_count, 2);
	assert_line(&f, 1, 5 * MINUTE, INCIDENT_REPEATED, 1);
	tick(&f, 11 * MINUTE);
	assert_line(&f, 2, 11 * MINUTE, INCIDENT_CLOSED, 0);
	tear_down(&f);
}

static void what_policy_says_is_told(void **state)
{
	struct fixture fixture;
	struct findings findings = {
		.count = 1, .items = {{.rule = "call_burst", .severity = SEVERITY_CRITICAL}}};
	struct judgement judgement = {.action = ACTION_REFUSED, .is_about_call = true};
	struct event event = call_at(1 * DAY, "a");

	(void)state;
	set_up(&fixture, &usual);
	snprintf(findings.items[0].subject, SUBJECT_SIZE, "caller:1001");
	incidents_handle_judged(fixture.incidents, &event, &findings, &judgement, keep, &fixture);
	assert_int_equal(fixture.line_count, 1);
	assert_int_equal(fixture.lines[0].action, ACTION_REFUSED);
	assert_non_null(strstr(fixture.lines[0].story_text, "The call was refused."));
	assert_string_equal(judgement.incident, fixture.lines[0].incident);
	incidents_note(fixture.incidents, judgement.incident, ACTION_SOURCE_BLOCKED);
	incidents_note(fixture.incidents, "", ACTION_SOURCE_BLOCKED);
	incidents_note(fixture.incidents, "another", ACTION_SOURCE_BLOCKED);
	incidents_tick(fixture.incidents, 1 * DAY + 1 * HOUR, keep, &fixture);
	assert_int_equal(fixture.line_count, 2); /* closed */
	assert_non_null(
		strstr(fixture.lines[1].story_text, "The call was refused, and the address was blocked."));
	assert_int_equal(fixture.lines[1].action, ACTION_NONE);
	tear_down(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_policy_says_is_told),
		cmocka_unit_test(the_first_finding_opens_and_the_next_ones_are_held),
		cmocka_unit_test(at_the_end_what_was_held_back_or_waits_is_told),
		cmocka_unit_test(what_waits_of_the_sites_own_is_told_before_what_strangers_try),
		cmocka_unit_test(a_flood_from_outside_does_not_push_out_the_sites_own),
		cmocka_unit_test(a_graver_finding_raises_at_once),
		cmocka_unit_test(what_was_held_is_told_when_the_interval_is_over),
		cmocka_unit_test(a_finding_after_the_interval_is_told_at_once),
		cmocka_unit_test(two_quiet_intervals_close_it_and_the_next_finding_opens_another),
		cmocka_unit_test(subjects_are_apart),
		cmocka_unit_test(what_belongs_together_is_one_incident),
		cmocka_unit_test(calls_of_an_incident_that_are_forgotten_early_are_counted),
		cmocka_unit_test(what_is_graver_about_the_site_is_told_apart),
		cmocka_unit_test(a_story_goes_on_while_its_calls_are_up),
		cmocka_unit_test(the_line_shows_the_call_made_safe),
		cmocka_unit_test(both_legs_are_shown_once_they_are_joined),
		cmocka_unit_test(a_storm_keeps_to_the_limit_and_says_so),
		cmocka_unit_test(what_waits_is_told_gravest_first),
		cmocka_unit_test(one_line_a_minute_still_tells_everything),
		cmocka_unit_test(the_spacing_of_ticks_does_not_change_a_line),
		cmocka_unit_test(packets_a_little_out_of_order_break_nothing),
		cmocka_unit_test(a_clock_that_jumps_breaks_nothing),
		cmocka_unit_test(a_clock_set_back_does_not_silence_the_alerts),
		cmocka_unit_test(more_subjects_than_slots_lose_nothing_uncounted),
		cmocka_unit_test(a_reload_keeps_what_is_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
