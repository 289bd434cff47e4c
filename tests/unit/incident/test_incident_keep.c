/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/incident_keep.h"

#include <stdlib.h>

#define LINES_MAX 4000
#define EVENTS 150

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

/* The daemon's, from the rules' table. */
static const char *find_rule(struct text name)
{
	static const char *const rules[] = {"off_hours", "call_burst", "high_risk_destination"};

	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		if (text_equal(name, text_of(rules[i]))) {
			return rules[i];
		}
	}
	return NULL;
}

/* Incidents with what a store would have of them. */
struct fixture {
	struct incidents *incidents;
	struct counters counters;
	size_t line_count;
	struct decision *lines;
	struct incident_record *kept; /* by slot */
	uint32_t room;                /* so many records are taken before there is no room */
};

static void keep(void *context, const struct decision *decision)
{
	struct fixture *fixture = context;

	assert_true(fixture->line_count < LINES_MAX);
	fixture->lines[fixture->line_count++] = *decision;
}

static void set_up(struct fixture *fixture)
{
	memset(fixture, 0, sizeof *fixture);
	fixture->lines = calloc(LINES_MAX, sizeof *fixture->lines);
	fixture->kept = calloc(INCIDENTS_MAX, sizeof *fixture->kept);
	fixture->incidents = incidents_new(&usual, &site, &fixture->counters);
	fixture->room = UINT32_MAX;
	assert_true(fixture->lines != NULL && fixture->kept != NULL && fixture->incidents != NULL);
}

static void tear_down(struct fixture *fixture)
{
	incidents_free(fixture->incidents);
	free(fixture->lines);
	free(fixture->kept);
}

static bool take(void *context, const struct incident_record *record)
{
	struct fixture *fixture = context;

	if (fixture->room == 0) {
		return false;
	}
	fixture->room--;
	assert_true(record->slot < INCIDENTS_MAX);
	fixture->kept[record->slot] = *record;
	return true;
}

static void save(struct fixture *fixture)
{
	assert_true(incidents_save(fixture->incidents, UINT32_MAX, take, fixture));
}

static int by_order(const void *a, const void *b)
{
	const struct incident_record *one = a, *other = b;

	return one->order < other->order ? 1 : one->order > other->order ? -1 : 0;
}

/* How many went on. */
static size_t restart(struct fixture *fixture, instant now)
{
	struct incident_record *records = calloc(INCIDENTS_MAX, sizeof *records);
	size_t count = 0;

	assert_non_null(records);
	memcpy(records, fixture->kept, INCIDENTS_MAX * sizeof *records);
	qsort(records, INCIDENTS_MAX, sizeof *records, by_order);
	incidents_free(fixture->incidents);
	fixture->incidents = incidents_new(&usual, &site, &fixture->counters);
	assert_non_null(fixture->incidents);
	for (size_t i = 0; i < INCIDENTS_MAX; i++) {
		count += records[i].id[0] != '\0' &&
			 incidents_restore(fixture->incidents, &records[i], now, find_rule);
	}
	free(records);
	return count;
}

static void tick(struct fixture *fixture, instant now)
{
	incidents_tick(fixture->incidents, now, keep, fixture);
	save(fixture);
}

/* Subjects are words with spaces between them. */
static void find(struct fixture *fixture, instant now, uint64_t call, const char *rule, const char *subjects,
	enum severity severity)
{
	const struct event event = {.kind = EVENT_CALL_ATTEMPTED,
		.time = now,
		.call = call,
		.call_id = text_of(subjects),
		.caller = TEXT("1001"),
		.dialed = TEXT("01012465550123"),
		.leg = LEG_EXTENSION,
		.number = &number,
		.destination = &barbados};
	struct findings findings = {0};

	for (struct text rest = text_of(subjects), subject; text_split(&rest, ' ', &subject);) {
		struct finding *finding = &findings.items[findings.count++];
		*finding = (struct finding){.rule = rule, .severity = severity, .count = 1, .limit = 1};
		text_copy(subject, finding->subject, sizeof finding->subject);
	}
	incidents_handle(fixture->incidents, &event, &findings, keep, fixture);
	save(fixture);
}

static void live(struct fixture *fixture, instant now, uint64_t call, enum event_kind kind, duration up)
{
	const struct event event = {.kind = kind,
		.time = now,
		.call = call,
		.answered = now - up,
		.up = up,
		.number = &number,
		.destination = &barbados};
	struct findings findings = {.currency = "JPY", .cost = up};

	incidents_handle(fixture->incidents, &event, &findings, keep, fixture);
	save(fixture);
}

static void assert_same_line(const struct decision *one, const struct decision *other)
{
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
	assert_string_equal(one->call.dialed, other->call.dialed);
	assert_string_equal(one->story_text, other->story_text);
	assert_int_equal(one->story.calls, other->story.calls);
	assert_int_equal(one->story.talked, other->story.talked);
	assert_int_equal(one->story.cost, other->story.cost);
}

/* One event of a long night: a call of its own with findings, and what became of it. */
static void play_event(struct fixture *fixture, unsigned i, unsigned *random, instant *now)
{
	static const char *const subjects[] = {"caller:1001", "caller:1002 source:192.0.2.7",
		"source:192.0.2.7", "number:+1246", "caller:1003 site", "site"};
	static const char *const rules[] = {"off_hours", "call_burst", "high_risk_destination"};

	*random = *random * 1103515245 + 12345;
	*now += 1000 * (instant)(*random >> 8) % (i % 30 < 20 ? 4 * MINUTE : 90 * MINUTE);
	find(fixture, *now, i + 1, rules[(*random >> 10) % 3], subjects[(*random >> 16) % 6],
		(enum severity)((*random >> 12) % 3));
	live(fixture, *now + 1, i + 1, EVENT_CALL_ANSWERED, 1);
	live(fixture, *now + 2, i + 1, EVENT_CALL_ENDED, 2 * MINUTE);
}

/* Cut before the event number cut (EVENTS: never; -1: before each). */
static void play(struct fixture *fixture, int cut)
{
	unsigned random = 7;
	instant now = 1000 * HOUR;

	for (int i = 0; i < EVENTS; i++) {
		if (cut == i || cut == -1) {
			restart(fixture, now + 2);
		}
		play_event(fixture, (unsigned)i, &random, &now);
	}
	tick(fixture, now + 3 * HOUR);
}

/* Cut anywhere between calls, and everywhere, the lines are those of a guard that was never restarted. */
static void a_restart_between_calls_changes_no_line(void **state)
{
	struct fixture without, with;

	(void)state;
	set_up(&without);
	play(&without, EVENTS);
	assert_true(without.line_count > EVENTS / 3);
	for (int cut = -1; cut < EVENTS; cut++) {
		set_up(&with);
		play(&with, cut);
		assert_int_equal(with.line_count, without.line_count);
		for (size_t i = 0; i < without.line_count; i++) {
			assert_same_line(&with.lines[i], &without.lines[i]);
		}
		tear_down(&with);
	}
	tear_down(&without);
}

static void an_incident_goes_on_under_its_name(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 1, "off_hours", "caller:1001 source:192.0.2.7", SEVERITY_WARNING);
	find(&f, 1 * HOUR + SECOND, 2, "off_hours", "caller:1001", SEVERITY_WARNING);
	assert_int_equal(restart(&f, 1 * HOUR + MINUTE), 1);
	find(&f, 1 * HOUR + 2 * MINUTE, 1, "high_risk_destination", "source:192.0.2.7", SEVERITY_CRITICAL);
	assert_int_equal(f.line_count, 2);
	assert_int_equal(f.lines[1].state, INCIDENT_RAISED);
	assert_int_equal(f.lines[1].suppressed, 1);
	assert_string_equal(f.lines[1].incident, f.lines[0].incident);
	assert_int_equal(f.lines[1].story.calls, 3);
	assert_int_equal(f.lines[1].story.since, 1 * HOUR);
	tear_down(&f);
}

static void what_was_due_meanwhile_is_told_with_the_time_at_which_it_was(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 1, "off_hours", "caller:1001", SEVERITY_WARNING);
	find(&f, 1 * HOUR + MINUTE, 2, "off_hours", "caller:1001", SEVERITY_WARNING);
	restart(&f, 100 * HOUR);
	tick(&f, 100 * HOUR);
	assert_int_equal(f.line_count, 3);
	assert_int_equal(f.lines[1].state, INCIDENT_REPEATED);
	assert_int_equal(f.lines[1].time, 1 * HOUR + 15 * MINUTE);
	assert_int_equal(f.lines[2].state, INCIDENT_CLOSED);
	assert_int_equal(f.lines[2].time, 1 * HOUR + 31 * MINUTE);
	assert_string_equal(f.lines[2].incident, f.lines[0].incident);
	/* And it is kept no more. */
	assert_int_equal(restart(&f, 100 * HOUR), 0);
	tear_down(&f);
}

/* What a call that is up adds after a restart is not known, nor does it keep the incident open. */
static void calls_that_were_up_are_not_followed_any_more(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 7, "off_hours", "caller:1001", SEVERITY_WARNING);
	live(&f, 1 * HOUR + SECOND, 7, EVENT_CALL_ANSWERED, 0);
	live(&f, 1 * HOUR + 5 * MINUTE, 7, EVENT_CALL_STILL_UP, 5 * MINUTE);
	restart(&f, 1 * HOUR + 5 * MINUTE);
	live(&f, 1 * HOUR + 10 * MINUTE, 7, EVENT_CALL_STILL_UP, 10 * MINUTE);
	tick(&f, 2 * HOUR);
	assert_int_equal(f.line_count, 2);
	assert_int_equal(f.lines[1].state, INCIDENT_CLOSED);
	assert_int_equal(f.lines[1].time, 1 * HOUR + 35 * MINUTE);
	assert_int_equal(f.lines[1].story.up, 0);
	assert_int_equal(f.lines[1].story.answered, 1);
	assert_int_equal(f.lines[1].story.talked, 5 * MINUTE);
	tear_down(&f);
}

static void a_storm_does_not_begin_anew_with_each_restart(void **state)
{
	struct fixture f;
	char subject[32];

	(void)state;
	set_up(&f);
	for (int i = 0; i < 100; i++) {
		snprintf(subject, sizeof subject, "caller:%d", i);
		find(&f, 1 * HOUR + i, 0, "off_hours", subject, SEVERITY_WARNING);
	}
	assert_int_equal(f.line_count, 60);
	assert_int_equal(restart(&f, 1 * HOUR + SECOND), 101);
	find(&f, 1 * HOUR + SECOND, 0, "off_hours", "caller:2000", SEVERITY_WARNING);
	tick(&f, 1 * HOUR + 59 * SECOND);
	assert_int_equal(f.line_count, 60);
	/* What waited waits no longer than it would have. */
	tick(&f, 1 * HOUR + 2 * MINUTE + SECOND);
	assert_in_range(f.line_count, 101, 104);
	tear_down(&f);
}

static void a_clock_that_was_set_back_meanwhile_takes_them_with_it(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, 50 * HOUR, 1, "off_hours", "caller:1001", SEVERITY_WARNING);
	restart(&f, 10 * HOUR);
	tick(&f, 10 * HOUR + 29 * MINUTE);
	assert_int_equal(f.line_count, 1);
	tick(&f, 10 * HOUR + 30 * MINUTE);
	assert_int_equal(f.line_count, 2);
	assert_int_equal(f.lines[1].state, INCIDENT_CLOSED);
	tear_down(&f);
}

static void what_there_is_no_room_for_is_offered_again(void **state)
{
	struct fixture f;
	char subject[32];

	(void)state;
	set_up(&f);
	for (int i = 0; i < 10; i++) {
		snprintf(subject, sizeof subject, "caller:%d", i);
		find(&f, 1 * HOUR + i, 0, "off_hours", subject, SEVERITY_WARNING);
	}
	memset(f.kept, 0, INCIDENTS_MAX * sizeof *f.kept);
	incidents_save_all(f.incidents);
	f.room = 3;
	assert_false(incidents_save(f.incidents, 100, take, &f));
	f.room = 100;
	assert_false(incidents_save(f.incidents, 4, take, &f));
	assert_int_equal(f.room, 96);
	assert_true(incidents_save(f.incidents, 4, take, &f));
	assert_int_equal(f.room, 93);
	assert_true(incidents_save(f.incidents, 4, take, &f));
	assert_int_equal(f.room, 93); /* nothing has changed */
	assert_int_equal(restart(&f, 1 * HOUR), 10);
	tear_down(&f);
}

/* Of two that a crash left behind for one subject the later one has it. */
static void a_subject_leads_to_the_incident_opened_last(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	struct incident_record old = f.kept[0];
	tick(&f, 2 * HOUR);
	find(&f, 3 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	old.slot = 5;
	f.kept[5] = old;
	assert_int_equal(restart(&f, 3 * HOUR), 1);
	find(&f, 3 * HOUR + MINUTE, 0, "off_hours", "caller:1001", SEVERITY_CRITICAL);
	assert_int_equal(f.lines[f.line_count - 1].state, INCIDENT_RAISED);
	assert_string_equal(f.lines[f.line_count - 1].incident, f.lines[2].incident);
	tear_down(&f);
}

static void rules_that_there_are_no_more_are_left_out(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	find(&f, 1 * HOUR, 0, "call_burst", "caller:1001", SEVERITY_WARNING);
	snprintf(f.kept[0].rule, sizeof f.kept[0].rule, "gone");
	snprintf(f.kept[0].rules[0], sizeof f.kept[0].rules[0], "gone");
	assert_int_equal(restart(&f, 1 * HOUR), 1);
	tick(&f, 2 * HOUR);
	assert_string_equal(f.lines[1].finding.rule, "call_burst");
	assert_int_equal(f.lines[1].story.rule_count, 1);
	memset(f.kept[0].rules, 'x', sizeof f.kept[0].rules);
	assert_int_equal(restart(&f, 1 * HOUR), 0);
	tear_down(&f);
}

static void texts_that_could_break_a_line_are_mended(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	find(&f, 1 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	memset(f.kept[0].call.call_id, 'x', sizeof f.kept[0].call.call_id); /* without an end */
	memset(f.kept[0].story.callers[0], 0xFF, sizeof f.kept[0].story.callers[0]);
	snprintf(f.kept[0].call.user_agent, sizeof f.kept[0].call.user_agent, "a\nb\\x0A");
	assert_int_equal(restart(&f, 1 * HOUR), 1);
	tick(&f, 1 * HOUR + 20 * MINUTE);
	assert_int_equal(strlen(f.lines[1].call.call_id), CALL_ID_SIZE - 1);
	assert_string_equal(f.lines[1].call.user_agent, "a\\x0Ab\\x5Cx0A");
	assert_true(text_is_safe(text_of(f.lines[1].story_text)));
	tear_down(&f);
}

#define BREAK(member, value)                                                                                 \
	static void break_##member(struct incident_record *record)                                           \
	{                                                                                                    \
		record->member = (value);                                                                    \
	}
/* clang-format off: one line each */
BREAK(slot, INCIDENTS_MAX)
BREAK(subject_count, 0)
BREAK(order, UINT64_MAX)
BREAK(waiting_order, UINT64_MAX)
BREAK(waiting_since, INT64_MAX)
BREAK(last_line, INT64_MIN)
BREAK(last_finding, INT64_MAX)
BREAK(packet_time, INT64_MIN)
BREAK(worst, SEVERITY_COUNT)
BREAK(told_severity, (enum severity) - 1)
BREAK(counted, UINT32_MAX)
BREAK(action, ACTION_TAKEN_COUNT)
BREAK(was_told, false)
BREAK(is_closing, true)
/* clang-format on */
static void break_id(struct incident_record *record)
{
	record->id[3] = 'X';
}
static void break_id_end(struct incident_record *record)
{
	memset(record->id, 'a', sizeof record->id);
}
static void break_subjects(struct incident_record *record)
{
	record->subject_count = INCIDENT_SUBJECTS_MAX + 1;
}
static void break_severity(struct incident_record *record)
{
	record->finding.severity = SEVERITY_COUNT;
}
static void break_leg(struct incident_record *record)
{
	record->call.leg = LEG_COUNT;
}
static void break_transport(struct incident_record *record)
{
	record->call.transport = (enum transport)77;
}
static void break_family(struct incident_record *record)
{
	record->call.source.address.family = 5;
}
static void break_rules(struct incident_record *record)
{
	record->story.rule_count = STORY_RULES_MAX + 1;
}
static void break_places(struct incident_record *record)
{
	record->story.place_count = SIZE_MAX;
}
static void break_callers(struct incident_record *record)
{
	record->story.caller_count = STORY_CALLERS_MAX + 1;
}
static void break_talked(struct incident_record *record)
{
	record->story.talked = -1;
}
static void break_talked_for_ever(struct incident_record *record)
{
	record->story.talked = INT64_MAX;
}
static void break_cost(struct incident_record *record)
{
	record->story.cost = INT64_MIN;
}
static void break_since(struct incident_record *record)
{
	record->story.since = INT64_MAX;
}
static void break_latest(struct incident_record *record)
{
	record->story.latest = INT64_MIN;
}
static void break_window(struct incident_record *record)
{
	record->finding.window = -1;
}
static void break_other_family(struct incident_record *record)
{
	record->call.destination.address.family = 5;
}

/* By one that has no incident yet: no other reason to refuse it. */
static bool is_taken(struct fixture *fixture, const struct incident_record *record)
{
	incidents_free(fixture->incidents);
	fixture->incidents = incidents_new(&usual, &site, &fixture->counters);
	assert_non_null(fixture->incidents);
	return incidents_restore(fixture->incidents, record, 1 * HOUR, find_rule);
}

static void a_damaged_record_is_refused(void **state)
{
	static void (*const breaks[])(struct incident_record * record) = {break_slot, break_subject_count,
		break_order, break_waiting_order, break_waiting_since, break_last_line, break_last_finding,
		break_packet_time, break_worst, break_told_severity, break_counted, break_action,
		break_was_told, break_is_closing, break_id, break_id_end, break_subjects, break_severity,
		break_leg, break_transport, break_family, break_rules, break_places, break_callers,
		break_talked, break_talked_for_ever, break_cost, break_since, break_latest, break_window,
		break_other_family};
	struct fixture f;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	const struct incident_record whole = f.kept[0];
	assert_true(is_taken(&f, &whole));
	for (size_t i = 0; i < COUNT_OF(breaks); i++) {
		struct incident_record broken = whole;
		breaks[i](&broken);
		if (is_taken(&f, &broken)) {
			fail_msg("break number %zu was not seen", i);
		}
	}
	/* And a second one has no place there. */
	assert_int_equal(restart(&f, 1 * HOUR), 1);
	assert_false(incidents_restore(f.incidents, &whole, 1 * HOUR, find_rule));
	tear_down(&f);
}

static void of_two_records_of_the_limit_one_is_refused(void **state)
{
	struct fixture f;
	struct incident_record limit;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	limit = f.kept[0];
	limit.is_limit = true;
	assert_true(is_taken(&f, &limit));
	limit.slot++;
	text_copy(TEXT("caller:1002"), limit.subjects[0], sizeof limit.subjects[0]);
	assert_false(incidents_restore(f.incidents, &limit, 1 * HOUR, find_rule));
	limit.is_limit = false;
	assert_true(incidents_restore(f.incidents, &limit, 1 * HOUR, find_rule));
	tear_down(&f);
}

static void a_story_that_ends_before_it_begins_is_mended(void **state)
{
	struct fixture f;
	struct incident_record record;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	record = f.kept[0];
	record.story.since = record.story.latest + 1;
	assert_true(is_taken(&f, &record));
	incidents_save_all(f.incidents);
	save(&f);
	assert_int_equal(f.kept[0].story.since, record.story.latest);
	tear_down(&f);
}

/* Whatever a record has: what is taken can be told and saved again. */
static void random_bytes_break_nothing(void **state)
{
	struct fixture f;
	unsigned random = 1;
	size_t taken = 0;

	(void)state;
	set_up(&f);
	find(&f, 1 * HOUR, 0, "off_hours", "caller:1001", SEVERITY_WARNING);
	const struct incident_record whole = f.kept[0];
	for (int round = 0; round < 20000; round++) {
		union {
			struct incident_record record;
			uint8_t bytes[sizeof(struct incident_record)];
		} broken = {.record = whole};
		for (int i = 0; i < 4; i++) {
			random = random * 1103515245 + 12345;
			size_t place = (random >> 4) % sizeof broken.bytes;
			/* A bool that is neither true nor false is no record: the store makes none. */
			bool is_flag = place == offsetof(struct incident_record, finding.is_unproven) ||
				       place == offsetof(struct incident_record, finding.raises_others) ||
				       place == offsetof(struct incident_record, call.is_known) ||
				       place == offsetof(struct incident_record, call.by_foreign_prefix) ||
				       place == offsetof(struct incident_record, story.has_stranger) ||
				       place == offsetof(struct incident_record, story.is_moved) ||
				       place == offsetof(struct incident_record, story.has_blocked) ||
				       place == offsetof(struct incident_record, story.would_have_blocked) ||
				       place == offsetof(struct incident_record, story.has_more_callers) ||
				       (place >= offsetof(struct incident_record, is_limit) &&
					       place <= offsetof(struct incident_record, waits));
			broken.bytes[place] = (uint8_t)(is_flag ? random >> 30 & 1 : random >> 22);
		}
		if (broken.record.slot < 64) {
			f.kept[broken.record.slot] = broken.record;
		}
		if (round % 50 == 49) {
			taken += restart(&f, 1 * HOUR);
			memset(f.kept, 0, INCIDENTS_MAX * sizeof *f.kept);
			f.line_count = 0;
			tick(&f, 1 * HOUR + 20 * MINUTE);
			f.line_count = 0;
			tick(&f, INT64_MAX);
			f.line_count = 0;
		}
	}
	assert_true(taken > 0);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_between_calls_changes_no_line),
		cmocka_unit_test(an_incident_goes_on_under_its_name),
		cmocka_unit_test(what_was_due_meanwhile_is_told_with_the_time_at_which_it_was),
		cmocka_unit_test(calls_that_were_up_are_not_followed_any_more),
		cmocka_unit_test(a_storm_does_not_begin_anew_with_each_restart),
		cmocka_unit_test(a_clock_that_was_set_back_meanwhile_takes_them_with_it),
		cmocka_unit_test(what_there_is_no_room_for_is_offered_again),
		cmocka_unit_test(a_subject_leads_to_the_incident_opened_last),
		cmocka_unit_test(rules_that_there_are_no_more_are_left_out),
		cmocka_unit_test(texts_that_could_break_a_line_are_mended),
		cmocka_unit_test(a_damaged_record_is_refused),
		cmocka_unit_test(of_two_records_of_the_limit_one_is_refused),
		cmocka_unit_test(a_story_that_ends_before_it_begins_is_mended),
		cmocka_unit_test(random_bytes_break_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
