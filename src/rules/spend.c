/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What calls abroad cost, by the table of rates, while they are up: a minute is added when it begins, so that
 * a call need not end before its price is known.
 *
 * Nothing is kept of single calls: an answered call is heard of every CALL_STILL_UP_EVERY, and each event
 * adds the minutes that began since the one before.
 */
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/sum_window.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* In whole units of the rates' currency. */
struct spend_settings {
	bool enabled;
	uint32_t hour_warning, hour_critical, day_warning, day_critical; /* of one caller */
	uint32_t site_hour_warning, site_hour_critical, site_day_warning, site_day_critical;
};

#define AMOUNT_MAXIMUM 1000000000

#define AMOUNT(name_, initial_, not_below_)                                                                  \
	{                                                                                                    \
		.name = #name_, .type = SETTING_NUMBER, .offset = offsetof(struct spend_settings, name_),    \
		.minimum = 1, .maximum = AMOUNT_MAXIMUM, .unit = "of the rates' currency",                   \
		.initial = (initial_), .not_below = (not_below_)                                             \
	}

static const struct setting settings_list[] = {
	RULE_ENABLED(struct spend_settings),
	AMOUNT(hour_warning, "5000", NULL),
	AMOUNT(hour_critical, "8000", "hour_warning"),
	AMOUNT(day_warning, "10000", NULL),
	AMOUNT(day_critical, "15000", "day_warning"),
	AMOUNT(site_hour_warning, "50000", NULL),
	AMOUNT(site_hour_critical, "80000", "site_hour_warning"),
	AMOUNT(site_day_warning, "100000", NULL),
	AMOUNT(site_day_critical, "150000", "site_day_warning"),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

enum span { SPAN_HOUR, SPAN_DAY, SPAN_COUNT };
static const duration spans[SPAN_COUNT] = {HOUR, DAY};

/* ---- the state is a struct sum_window ---- */

static void *state_new(const void *settings, size_t memory)
{
	const struct sum_window_shape shape = {.keys = sum_window_keys_in(memory, SPAN_COUNT),
		.span_count = SPAN_COUNT,
		.spans = {HOUR, DAY}};

	(void)settings;
	return sum_window_new(&shape);
}

static void state_free(void *state)
{
	sum_window_free(state);
}

static void adopt(void *state, const void *old_state)
{
	sum_window_adopt(state, old_state);
}

static uint64_t evicted(const void *state)
{
	return sum_window_figures(state).evicted;
}

/* ---- what is found ---- */

static bool wants(const struct event *event)
{
	return circumstances_is_abroad(event) &&
	       (event->kind == EVENT_CALL_ANSWERED || event->kind == EVENT_CALL_STILL_UP);
}

/* What the call has cost so far; the minute that begins just now counts. */
static money cost_so_far(const struct rate *rate, duration up)
{
	return rate_cost(rate, up + MICROSECOND);
}

/* What has come to it since the event before. */
static money new_cost(const struct circumstances *circumstances)
{
	const struct event *event = circumstances->event;
	struct rate rate;

	rates_find(circumstances->rates, event->number->e164, event->destination, &circumstances->destination,
		&rate);
	if (event->kind == EVENT_CALL_ANSWERED) {
		return cost_so_far(&rate, 0);
	}
	return cost_so_far(&rate, event->up) - cost_so_far(&rate, event->up - CALL_STILL_UP_EVERY);
}

static void report(
	const struct tally *tally, const struct circumstances *circumstances, struct findings *findings)
{
	static const char *const by[] = {
		[SUBJECT_CALLER] = "by caller ",
		[SUBJECT_SOURCE] = "from the address ",
		[SUBJECT_SITE] = "by all callers of the ",
	};
	const char *currency = rates_currency(circumstances->rates);
	char sum[MONEY_TEXT_SIZE], limit[MONEY_TEXT_SIZE], span[DURATION_TEXT_SIZE];

	money_format(tally->count * MONEY_UNIT, currency, sum);
	money_format(tally->limit * MONEY_UNIT, currency, limit);
	duration_format(tally->span, span);
	struct finding *finding = tally_report_as("spend", tally, circumstances, findings,
		"Calls abroad %s%s%s cost about %s within %s (limit %s), this one", by[tally->subject->kind],
		tally->subject->name, tally->subject->kind == SUBJECT_SITE ? " together" : "", sum, span,
		limit);
	if (finding != NULL) {
		snprintf(finding->evidence, sizeof finding->evidence, "about %.18s in %.8s (limit %.18s)",
			sum, span, limit);
	}
}

static void judge(struct sum_window *window, const struct subject *subject, money cost,
	const struct limits limits[static SPAN_COUNT], const struct circumstances *circumstances,
	struct findings *findings)
{
	struct tally tally;
	money sums[SPAN_COUNT];

	sum_window_add(window, text_of(subject->text), circumstances->event->time, cost, sums);
	const uint32_t units[] = {money_units(sums[SPAN_HOUR]), money_units(sums[SPAN_DAY])};
	if (tally_of_two(subject, units, limits, &tally)) {
		report(&tally, circumstances, findings);
	}
}

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	const struct spend_settings *settings = opaque;
	const struct limits caller_limits[SPAN_COUNT] = {
		{settings->hour_warning, settings->hour_critical, spans[SPAN_HOUR]},
		{settings->day_warning, settings->day_critical, spans[SPAN_DAY]},
	};
	const struct limits site_limits[SPAN_COUNT] = {
		{settings->site_hour_warning, settings->site_hour_critical, spans[SPAN_HOUR]},
		{settings->site_day_warning, settings->site_day_critical, spans[SPAN_DAY]},
	};
	const struct subject *narrowest = circumstances_narrowest(circumstances);
	const struct subject *site = &circumstances->subjects[SUBJECT_SITE];
	money cost = circumstances->rates == NULL ? 0 : new_cost(circumstances);

	if (cost == 0) {
		return;
	}
	if (narrowest->kind != SUBJECT_SITE) {
		judge(state, narrowest, cost, caller_limits, circumstances, findings);
	}
	if (site->counts) {
		judge(state, site, cost, site_limits, circumstances, findings);
	}
}

/* "sum within 24 h: warning from 10,000 JPY, critical from 15,000 JPY" */
static void say_amounts(struct limits_text *text, const char *what, uint32_t warning, uint32_t critical,
	enum span span, const struct rates *rates)
{
	char from[MONEY_TEXT_SIZE], above[MONEY_TEXT_SIZE], within[DURATION_TEXT_SIZE];

	limits_say(text, "%s within %s: warning from %s, critical from %s", what,
		duration_format(spans[span], within),
		money_format(warning * MONEY_UNIT, rates_currency(rates), from),
		money_format(critical * MONEY_UNIT, rates_currency(rates), above));
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct spend_settings *settings = opaque;
	const struct event *event = circumstances->event;
	struct rate rate;
	char minute[MONEY_TEXT_SIZE];

	if (circumstances->rates == NULL) {
		limits_say(text, "no prices are known");
		return;
	}
	rates_find(circumstances->rates, event->number->e164, event->destination, &circumstances->destination,
		&rate);
	limits_say(text, "%s a minute",
		money_format(rate.per_minute, rates_currency(circumstances->rates), minute));
	say_amounts(text, "sum", settings->hour_warning, settings->hour_critical, SPAN_HOUR,
		circumstances->rates);
	say_amounts(
		text, "sum", settings->day_warning, settings->day_critical, SPAN_DAY, circumstances->rates);
	say_amounts(text, "of the site", settings->site_hour_warning, settings->site_hour_critical, SPAN_HOUR,
		circumstances->rates);
	say_amounts(text, "of the site", settings->site_day_warning, settings->site_day_critical, SPAN_DAY,
		circumstances->rates);
}

extern const struct rule spend_rule; /* as rules.c declares it */
const struct rule spend_rule = {
	.name = "spend",
	.settings = &settings_table,
	.settings_size = sizeof(struct spend_settings),
	.proves = PROVES_CALL | PROVES_CALLER,
	.scope = RULE_OF_CALLERS_AND_SITE,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
	.of_one_call = "nothing: adds up what calls cost while they are up",
};
