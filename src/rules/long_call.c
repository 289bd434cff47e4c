/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call abroad that lasts, told while it is up: what is only looked at when a call ends comes too late.
 * High-risk destinations pay by the minute, so they have limits of their own.
 */
#include "pbxguard/base/limit.h"
#include "pbxguard/base/table.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct long_call_settings {
	bool enabled;
	duration listed_warning, listed_critical; /* to a high-risk destination */
	duration warning, critical;               /* to any other */
};

#define LENGTH(name_, initial_, not_below_)                                                                  \
	{                                                                                                    \
		.name = #name_, .type = SETTING_DURATION,                                                    \
		.offset = offsetof(struct long_call_settings, name_), .minimum = MINUTE, .maximum = DAY,     \
		.initial = (initial_), .not_below = (not_below_)                                             \
	}

static const struct setting settings_list[] = {
	RULE_ENABLED(struct long_call_settings),
	LENGTH(listed_warning, "10min", NULL),
	LENGTH(listed_critical, "20min", "listed_warning"),
	LENGTH(warning, "60min", NULL),
	LENGTH(critical, "120min", "warning"),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

/* ---- what has been told */

#define CALLS_MINIMUM USUAL_OR_FEW(64, 4) /* however little memory there is */
#define CALLS_MAXIMUM 100000
/* A call that is up is heard of every CALL_STILL_UP_EVERY. */
#define SILENT_MAX (10 * MINUTE)

struct long_calls {
	struct table *told; /* event.call to the severity that was told of it */
};

static struct table_shape told_shape(size_t calls)
{
	return (struct table_shape){.capacity = calls,
		.key_size = sizeof(uint64_t),
		.value_size = sizeof(enum severity),
		.lifetime = SILENT_MAX};
}

static void state_free(void *opaque)
{
	struct long_calls *calls = opaque;

	if (calls != NULL) {
		table_free(calls->told);
	}
	free(calls);
}

static void *state_new(const void *settings, size_t memory)
{
	const struct table_shape one = told_shape(1);
	size_t count = memory / table_entry_size(&one);
	struct long_calls *calls = calloc(1, sizeof *calls);

	(void)settings;
	if (calls == NULL) {
		return NULL;
	}
	count = count < CALLS_MINIMUM ? CALLS_MINIMUM : count > CALLS_MAXIMUM ? CALLS_MAXIMUM : count;
	const struct table_shape shape = told_shape(count);
	calls->told = table_new(&shape);
	if (calls->told == NULL) {
		state_free(calls);
		return NULL;
	}
	return calls;
}

static void remember(struct long_calls *calls, uint64_t call, enum severity severity, instant now)
{
	bool added;

	*(enum severity *)table_find_or_add(calls->told, &call, now, &added) = severity;
}

static bool was_told(struct long_calls *calls, const struct event *event, enum severity severity)
{
	const enum severity *told = table_find(calls->told, &event->call, event->time);

	return told != NULL && *told >= severity;
}

static void adopt_call(void *context, const void *key, void *value, instant touched)
{
	uint64_t call;

	memcpy(&call, key, sizeof call);
	remember(context, call, *(const enum severity *)value, touched);
}

static void adopt(void *opaque, const void *opaque_old)
{
	const struct long_calls *old = opaque_old;

	table_each(old->told, adopt_call, opaque);
}

static uint64_t evicted(const void *opaque)
{
	const struct long_calls *calls = opaque;

	return table_figures(calls->told).evicted;
}

/* ---- what is found */

static bool wants(const struct event *event)
{
	return event->call != 0 && circumstances_is_abroad(event) &&
	       (event->kind == EVENT_CALL_STILL_UP || event->kind == EVENT_CALL_ENDED);
}

/* "12 min": whole minutes, since whole calls are hardly ever whole units. Below that, seconds. */
static char *length_text(duration up, char buffer[static DURATION_TEXT_SIZE])
{
	return duration_format(up - up % (up >= MINUTE ? MINUTE : SECOND), buffer);
}

static void report(const struct tally *tally, duration limit, const struct circumstances *circumstances,
	struct findings *findings)
{
	static const char *const by[] = {
		[SUBJECT_CALLER] = "by caller ",
		[SUBJECT_SOURCE] = "from the address ",
		[SUBJECT_SITE] = "of the ",
	};
	const struct event *event = circumstances->event;
	bool is_over = event->kind == EVENT_CALL_ENDED;
	char length[DURATION_TEXT_SIZE], limit_text[DURATION_TEXT_SIZE];
	struct finding *finding = tally_report_as("long_call", tally, circumstances, findings,
		"Call %s%s %s %s", by[tally->subject->kind], tally->subject->name,
		is_over ? "lasted" : "has been up for", length_text(event->up, length));

	if (finding != NULL) {
		snprintf(finding->evidence, sizeof finding->evidence, "%s %s (limit %s)",
			is_over ? "lasted" : "up for", length, duration_format(limit, limit_text));
	}
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct long_call_settings *settings = opaque;
	struct long_calls *calls = opaque_state;
	const struct event *event = circumstances->event;
	bool listed = destination_is_high_risk(&circumstances->destination);
	duration warning = listed ? settings->listed_warning : settings->warning;
	duration critical = listed ? settings->listed_critical : settings->critical;
	bool is_critical = event->up >= critical;
	enum severity severity = is_critical ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	duration limit = is_critical ? critical : warning;
	/* Where the end is assumed, the call may have been over long before. */
	bool is_reached = event->up >= limit && event->ended_by != CALL_END_ASSUMED;

	if (is_reached && !was_told(calls, event, severity)) {
		const struct tally tally = {.subject = circumstances_narrowest(circumstances),
			.severity = severity,
			.count = (uint32_t)(event->up / SECOND),
			.limit = (uint32_t)(limit / SECOND)};
		report(&tally, limit, circumstances, findings);
		remember(calls, event->call, severity, event->time);
	}
	if (event->kind == EVENT_CALL_ENDED) {
		table_remove(calls->told, &event->call);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct long_call_settings *settings = opaque;
	bool listed = destination_is_high_risk(&circumstances->destination);
	char warning[DURATION_TEXT_SIZE], critical[DURATION_TEXT_SIZE];

	limits_say(text, "a call to this place: warning after %s, critical after %s",
		duration_format(listed ? settings->listed_warning : settings->warning, warning),
		duration_format(listed ? settings->listed_critical : settings->critical, critical));
}

extern const struct rule long_call_rule; /* as rules.c declares it */
const struct rule long_call_rule = {
	.name = "long_call",
	.settings = &settings_table,
	.settings_size = sizeof(struct long_call_settings),
	.proves = PROVES_CALL,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
