/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to many different countries in a short time: thieves look for a route that works, and sell to
 * wherever it pays. One country that is new is nothing; most people who call abroad call one or two.
 */
#include "pbxguard/rules/distinct_rule.h"

#include <stdio.h>

#define COUNTRY_CODE_MAX 3 /* digits; ITU-T E.164 §6.2.1 */

struct country_spread_settings {
	bool enabled;
	struct distinct_limits of_one; /* caller, or address */
	struct distinct_limits of_all;
};

#define LIMIT(name, member, initial, not_below)                                                              \
	RULE_LIMIT(name, struct country_spread_settings, member, "countries", initial, not_below)

static const struct setting settings_list[] = {
	RULE_ENABLED(struct country_spread_settings),
	LIMIT("ten_minutes_warning", of_one.short_warning, "4", NULL),
	LIMIT("ten_minutes_critical", of_one.short_critical, "10", "ten_minutes_warning"),
	LIMIT("hour_warning", of_one.long_warning, "10", NULL),
	LIMIT("hour_critical", of_one.long_critical, "10", "hour_warning"),
	LIMIT("site_ten_minutes_warning", of_all.short_warning, "4", NULL),
	LIMIT("site_ten_minutes_critical", of_all.short_critical, "10", "site_ten_minutes_warning"),
	LIMIT("site_hour_warning", of_all.long_warning, "10", NULL),
	LIMIT("site_hour_critical", of_all.long_critical, "10", "site_hour_warning"),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

static const struct distinct_spans spans = {10 * MINUTE, HOUR};

static void *state_new(const void *opaque, size_t memory)
{
	const struct country_spread_settings *settings = opaque;
	uint32_t of_one = distinct_highest(&settings->of_one), of_all = distinct_highest(&settings->of_all);

	return distinct_state_new(of_one > of_all ? of_one : of_all, &spans, memory);
}

/* "BB"; of what is no country the prefix, "882"; of a code that is nobody's as much as a code may have. */
static struct text country_of(const struct event *event)
{
	const struct destination *destination = event->destination;

	if (destination == NULL) {
		return text_part(text_of(event->number->e164), 0, sizeof "+" - 1 + COUNTRY_CODE_MAX);
	}
	return text_of(destination->country[0] != '\0' ? destination->country : destination->prefix);
}

static void report(
	const struct tally *tally, const struct circumstances *circumstances, struct findings *findings)
{
	char whom[TALLY_WHOM_SIZE], span[DURATION_TEXT_SIZE];
	const char *countries = tally->count == 1 ? "country" : "countries";

	duration_format(tally->span, span);
	struct finding *finding = tally_report_as("country_spread", tally, circumstances, findings,
		"Calls to %u different %s %s within %s, this one", tally->count, countries,
		tally_whom(tally->subject, whom), span);
	if (finding != NULL) {
		snprintf(finding->evidence, sizeof finding->evidence, "%u %s in %s (limit %u)", tally->count,
			countries, span, tally->limit);
	}
}

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	const struct country_spread_settings *settings = opaque;
	const struct event *event = circumstances->event;
	struct tally tallies[TALLIES_MAX], one;
	size_t reached = 0;

	if (circumstances->destination.permission == DESTINATION_ALLOWED) {
		return;
	}
	for (int kind = 0; kind < SUBJECT_KIND_COUNT; kind++) {
		const struct subject *subject = &circumstances->subjects[kind];
		const struct distinct_limits *limits =
			kind == SUBJECT_SITE ? &settings->of_all : &settings->of_one;
		if (subject->counts && distinct_tally(limits, &spans, state, subject, text_of(subject->text),
					       country_of(event), event->time, &one)) {
			reached = tally_add_wider(tallies, reached, &one);
		}
	}
	for (size_t i = 0; i < reached; i++) {
		report(&tallies[i], circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct country_spread_settings *settings = opaque;

	if (circumstances->destination.permission == DESTINATION_ALLOWED) {
		limits_say(text, "leaves this place out, it is allowed");
		return;
	}
	distinct_say_limits(text, "countries", &settings->of_one, &spans);
	distinct_say_limits(text, "countries of the site", &settings->of_all, &spans);
}

extern const struct rule country_spread_rule; /* as rules.c declares it */
const struct rule country_spread_rule = {
	.name = "country_spread",
	.settings = &settings_table,
	.settings_size = sizeof(struct country_spread_settings),
	.proves = PROVES_CALL | PROVES_CALLER | PROVES_SOURCE,
	.scope = RULE_OF_CALLERS_AND_SITE,
	.state_new = state_new,
	.state_free = distinct_state_free,
	.adopt = distinct_state_adopt,
	.evicted = distinct_state_evicted,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
