/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to one range of numbers again and again. Thieves share the income of a range of numbers with those
 * who run it: the exact numbers change, the leading seven or eight digits stay. They try it with one short
 * call, and come when that went through. Callers are not told apart, as thieves rotate them.
 */
#include "pbxguard/base/table.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"
#include "pbxguard/rules/window.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define WEEK (7 * DAY)
#define RANGE_DIGITS_MIN 7
#define RANGE_DIGITS_MAX 8
#define DIGITS_BEHIND 4 /* that a range leaves open: ten thousand numbers in most countries */
#define RANGE_SIZE (sizeof "+" + RANGE_DIGITS_MAX)

struct number_range_settings {
	bool enabled;
	duration test_call; /* an answered call up to so long may be a test */
	uint32_t day_warning, day_critical, week_warning, week_critical; /* calls */
	duration familiar;
};

#define LIMIT(name, initial, not_below)                                                                      \
	RULE_LIMIT(#name, struct number_range_settings, name, "calls", initial, not_below)

static const struct setting settings_list[] = {
	RULE_ENABLED(struct number_range_settings),
	{.name = "test_call",
		.type = SETTING_DURATION,
		.offset = offsetof(struct number_range_settings, test_call),
		.minimum = SECOND,
		.maximum = HOUR,
		.initial = "60s"},
	LIMIT(day_warning, "3", NULL),
	LIMIT(day_critical, "20", "day_warning"),
	LIMIT(week_warning, "20", NULL),
	LIMIT(week_critical, "20", "week_warning"),
	{.name = "familiar",
		.type = SETTING_DURATION,
		.offset = offsetof(struct number_range_settings, familiar),
		.minimum = DAY,
		.maximum = RULE_WINDOW_MAXIMUM,
		.initial = "28d"},
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

/* What is known of one range besides the times of its calls. */
struct history {
	instant latest;  /* call that counts */
	instant first;   /* of those, the first behind a week without any */
	uint64_t call;   /* that one */
	bool is_tested;  /* it was short, or did not come about */
	bool is_trusted; /* called in business hours: */
	instant trusted_since, trusted_until;
};

struct number_range_state {
	struct window *calls;    /* of each range */
	struct table *histories; /* likewise; keys as in range_of */
};

static struct table_shape histories_shape(const struct number_range_settings *settings, size_t ranges)
{
	return (struct table_shape){.capacity = ranges,
		.key_size = RANGE_SIZE,
		.value_size = sizeof(struct history),
		.lifetime = settings->familiar > WEEK ? settings->familiar : WEEK};
}

static void state_free(void *opaque)
{
	struct number_range_state *state = opaque;

	if (state == NULL) {
		return;
	}
	window_free(state->calls);
	table_free(state->histories);
	free(state);
}

static void *state_new(const void *opaque, size_t memory)
{
	const struct number_range_settings *settings = opaque;
	uint32_t largest_limit = settings->day_critical > settings->week_critical ? settings->day_critical
										  : settings->week_critical;
	/* A history is small beside the times of the calls. */
	const struct window_shape calls = {.keys = window_keys_in(memory / 16 * 15, largest_limit),
		.largest_limit = largest_limit,
		.longest_span = WEEK};
	const struct table_shape histories = histories_shape(settings, calls.keys);
	struct number_range_state *state = calloc(1, sizeof *state);

	if (state == NULL) {
		return NULL;
	}
	state->calls = window_new(&calls);
	state->histories = table_new(&histories);
	if (state->calls == NULL || state->histories == NULL) {
		state_free(state);
		return NULL;
	}
	return state;
}

static void adopt_history(void *context, const void *key, void *value, instant touched)
{
	struct number_range_state *state = context;
	bool added;

	*(struct history *)table_find_or_add(state->histories, key, touched, &added) =
		*(const struct history *)value;
}

static void adopt(void *opaque, const void *old_opaque)
{
	struct number_range_state *state = opaque;
	const struct number_range_state *old = old_opaque;

	window_adopt(state->calls, old->calls);
	table_each(old->histories, adopt_history, state);
}

/* Each range whose calls are kept has a history, and there is room for as many. */
static uint64_t evicted(const void *opaque)
{
	const struct number_range_state *state = opaque;

	return table_figures(state->histories).evicted;
}

/* Tries, and what tells that the first of them was a test. */
static bool wants(const struct event *event)
{
	return circumstances_is_try(event) ||
	       (circumstances_is_abroad(event) &&
		       (event->kind == EVENT_CALL_REFUSED || event->kind == EVENT_CALL_CANCELLED ||
			       event->kind == EVENT_CALL_ENDED));
}

/* "+1246555": all but the last digits, and seven or eight. Filled up with NULs. */
static void range_of(const char *e164, char range[static RANGE_SIZE])
{
	size_t digits = strlen(e164) - strlen("+");
	size_t size = digits > DIGITS_BEHIND ? digits - DIGITS_BEHIND : 0;

	size = size < RANGE_DIGITS_MIN ? RANGE_DIGITS_MIN : size;
	size = size > RANGE_DIGITS_MAX ? RANGE_DIGITS_MAX : size;
	memset(range, 0, RANGE_SIZE);
	text_copy(text_part(text_of(e164), 0, strlen("+") + size), range, RANGE_SIZE);
}

/* A busy line is no thief's, and who redials it tests nothing: 486 Busy Here, 600 Busy Everywhere. */
static bool is_busy(const struct event *event)
{
	return event->kind == EVENT_CALL_REFUSED && (event->status == 486 || event->status == 600);
}

static bool is_test(const struct number_range_settings *settings, const struct event *event)
{
	if (is_busy(event)) {
		return false;
	}
	return event->kind != EVENT_CALL_ENDED || event->up <= settings->test_call;
}

static void note_end(const struct number_range_settings *settings, struct number_range_state *state,
	const char *range, const struct event *event)
{
	struct history *history = table_find(state->histories, range, event->time);

	if (history != NULL && event->call != 0 && history->call == event->call) {
		history->is_tested = is_test(settings, event);
	}
}

/*
 * The site has long called there in business hours, and does so now. Such calls do not count: a customer who
 * is called each day is no thief's range. What is called at night makes nothing familiar, nor is it excused.
 */
static bool is_familiar(const struct number_range_settings *settings, struct history *history,
	const struct circumstances *circumstances)
{
	instant now = circumstances->event->time;

	if (!circumstances->calendar.is_open) {
		return false;
	}
	if (!history->is_trusted || now - history->trusted_until >= settings->familiar) {
		history->is_trusted = true;
		history->trusted_since = now;
	}
	history->trusted_until = now;
	return now - history->trusted_since >= settings->familiar;
}

/* Is it the first call behind a week without any? (A clock may have been set back.) */
static bool is_first(const struct history *history, instant now, bool added)
{
	return added || now - history->latest >= WEEK || history->latest - now >= WEEK;
}

/* The calls since the first, that one left out, where it was a test less than a day ago; else 0. */
static duration since_test(const struct history *history, instant now)
{
	bool is_recent = now > history->first && now - history->first < DAY;

	return history->is_tested && is_recent ? now - history->first : 0;
}

static bool tally_range(const struct number_range_settings *settings, struct number_range_state *state,
	const struct subject *subject, duration since_test, instant now, struct tally *tally)
{
	const struct limits limits[] = {
		{settings->day_warning, settings->day_critical, DAY},
		{settings->week_warning, settings->week_critical, WEEK},
	};
	const duration spans[] = {WEEK, since_test};
	uint32_t counts[2] = {0};

	window_add(state->calls, text_of(subject->name), now, spans, since_test > 0 ? 2 : 1, counts);
	return tally_of_two(subject, (const uint32_t[]){counts[1], counts[0]}, limits, tally);
}

static void report(
	const struct tally *tally, const struct circumstances *circumstances, struct findings *findings)
{
	bool is_after_test = tally->span == DAY;
	const char *calls = tally->count == 1 ? "call" : "calls";
	char span[DURATION_TEXT_SIZE];

	struct finding *finding = tally_report_as("number_range", tally, circumstances, findings,
		"%u %s to numbers that begin with %s within %s%s, this one", tally->count, calls,
		tally->subject->name, duration_format(tally->span, span),
		is_after_test ? " after a test call" : "");
	if (finding != NULL && is_after_test) {
		snprintf(finding->evidence, sizeof finding->evidence,
			"%u %s in 24 h after a test call (limit %u)", tally->count, calls, tally->limit);
	}
}

/* A call that counts for the site. */
static void note_call(const struct number_range_settings *settings, struct number_range_state *state,
	const char *range, const struct circumstances *circumstances, struct findings *findings)
{
	const struct event *event = circumstances->event;
	struct subject subject = {.kind = SUBJECT_SITE, .counts = true};
	struct tally tally;
	bool added;
	struct history *history = table_find_or_add(state->histories, range, event->time, &added);

	if (is_familiar(settings, history, circumstances)) {
		return;
	}
	if (is_first(history, event->time, added)) {
		history->first = event->time;
		history->call = event->call;
		history->is_tested = false;
	}
	history->latest = event->time;
	snprintf(subject.text, sizeof subject.text, "number:%s", range);
	subject.name = subject.text + strlen("number:");
	if (tally_range(settings, state, &subject, since_test(history, event->time), event->time, &tally)) {
		report(&tally, circumstances, findings);
	}
}

static void evaluate(const void *settings, void *state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct event *event = circumstances->event;
	char range[RANGE_SIZE];

	if (circumstances->destination.permission == DESTINATION_ALLOWED) {
		return;
	}
	range_of(event->number->e164, range);
	if (!circumstances_is_try(event)) {
		note_end(settings, state, range, event);
	} else if (circumstances->subjects[SUBJECT_SITE].counts) {
		note_call(settings, state, range, circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct number_range_settings *settings = opaque;
	const struct limits day = {settings->day_warning, settings->day_critical, DAY};
	const struct limits week = {settings->week_warning, settings->week_critical, WEEK};
	char range[RANGE_SIZE], test[96];

	if (circumstances->destination.permission == DESTINATION_ALLOWED) {
		limits_say(text, "leaves this place out, it is allowed");
		return;
	}
	range_of(circumstances->event->number->e164, range);
	snprintf(test, sizeof test, "of anybody to numbers that begin with %s: after a test call, calls",
		range);
	limits_say_count(text, test, &day);
	limits_say_count(text, "calls", &week);
}

extern const struct rule number_range_rule; /* as rules.c declares it */
const struct rule number_range_rule = {
	.name = "number_range",
	.settings = &settings_table,
	.settings_size = sizeof(struct number_range_settings),
	.proves = PROVES_CALL,
	.scope = RULE_OF_SITE,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
