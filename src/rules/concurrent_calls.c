/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many calls abroad at one time: no one person talks to several people abroad at once. Thieves fill all lines
 * they get, and rotate callers, so addresses, ranges of numbers and the site are counted as well.
 */
#include "pbxguard/rules/live_calls.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>
#include <string.h>

/* Numbers that fraudsters rent change; their first 7 or 8 digits stay. */
#define RANGE_KIND "number:"
#define RANGE_DIGITS 7

struct concurrent_settings {
	bool enabled;
	uint32_t warning, critical; /* calls of one caller, or from one address */
	uint32_t range_warning, range_critical;
	uint32_t site_warning, site_critical;
};

#define LIMIT(name, initial, not_below)                                                                      \
	RULE_LIMIT(#name, struct concurrent_settings, name, "calls", initial, not_below)

static const struct setting settings_list[] = {
	RULE_ENABLED(struct concurrent_settings),
	LIMIT(warning, "3", NULL),
	LIMIT(critical, "5", "warning"),
	LIMIT(range_warning, "3", NULL),
	LIMIT(range_critical, "5", "range_warning"),
	LIMIT(site_warning, "10", NULL),
	LIMIT(site_critical, "20", "site_warning"),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

/* Narrowest first, as in the circumstances: of two equally grave findings the first is told. */
enum place { PLACE_CALLER, PLACE_SOURCE, PLACE_RANGE, PLACE_SITE, PLACE_COUNT };

static void *state_new(const void *settings, size_t memory)
{
	(void)settings;
	return live_calls_new(live_calls_in(memory));
}

static void state_free(void *state)
{
	live_calls_free(state);
}

static void adopt(void *state, const void *old_state)
{
	live_calls_adopt(state, old_state);
}

static uint64_t evicted(const void *state)
{
	return live_calls_figures(state).evicted;
}

/* "number:+1246555". Like the site, it does not count what a stranger only tries. */
static void name_range(const struct circumstances *circumstances, struct subject *range)
{
	const char *e164 = circumstances->event->number->e164;
	struct text leading = text_part(text_of(e164), 0, 1 + RANGE_DIGITS);

	*range = (struct subject){.kind = SUBJECT_KIND_COUNT,
		.counts = e164[0] != '\0' && circumstances->subjects[SUBJECT_SITE].counts,
		.text = RANGE_KIND};
	range->name = range->text + strlen(RANGE_KIND);
	text_make_safe(leading, range->text + strlen(RANGE_KIND), sizeof range->text - strlen(RANGE_KIND));
}

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	const struct concurrent_settings *settings = opaque;
	const struct limits each = {settings->warning, settings->critical, 0};
	const struct limits of_range = {settings->range_warning, settings->range_critical, 0};
	const struct limits of_site = {settings->site_warning, settings->site_critical, 0};
	const struct limits *const limits[PLACE_COUNT] = {&each, &each, &of_range, &of_site};
	struct subject range;
	const struct subject *const subjects[PLACE_COUNT] = {&circumstances->subjects[SUBJECT_CALLER],
		&circumstances->subjects[SUBJECT_SOURCE], &range, &circumstances->subjects[SUBJECT_SITE]};
	struct live_count counts[PLACE_COUNT];
	struct tally tally;
	int gravest = -1; /* severity of the narrower subjects, whether or not it is news */

	name_range(circumstances, &range);
	live_calls_follow(state, circumstances, subjects, PLACE_COUNT, counts);
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		if (!tally_of(subjects[i], counts[i].up, limits[i], &tally) ||
			(int)tally.severity <= gravest) {
			continue;
		}
		gravest = (int)tally.severity;
		if (counts[i].is_news) {
			live_calls_report(
				"concurrent_calls", "calls abroad", &tally, circumstances, findings);
		}
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct concurrent_settings *settings = opaque;
	const struct limits each = {settings->warning, settings->critical, 0};
	const struct limits of_range = {settings->range_warning, settings->range_critical, 0};
	const struct limits of_site = {settings->site_warning, settings->site_critical, 0};

	(void)circumstances;
	limits_say_count(text, "calls up at once", &each);
	limits_say_count(text, "of anybody to this range of numbers", &of_range);
	limits_say_count(text, "of the site", &of_site);
}

extern const struct rule concurrent_calls_rule; /* as rules.c declares it */
const struct rule concurrent_calls_rule = {
	.name = "concurrent_calls",
	.settings = &settings_table,
	.settings_size = sizeof(struct concurrent_settings),
	.proves = PROVES_CALL | PROVES_CALLER | PROVES_SOURCE,
	.scope = RULE_OF_CALLERS_AND_SITE,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = live_calls_wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
