/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call back to a number abroad that rang in and was not answered: a few percent of all people do so, and
 * whoever rings once and hangs up is paid for each.
 */
#include "pbxguard/base/limit.h"
#include "pbxguard/base/local_time.h"
#include "pbxguard/base/table.h"
#include "pbxguard/rules/inbound_callers.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MINIMUM USUAL_OR_FEW(64, 4) /* however little memory there is */
#define NUMBERS_MAXIMUM 1000000

struct callback_settings {
	bool enabled;
	duration window;
};

static const struct setting settings_list[] = {
	RULE_ENABLED(struct callback_settings),
	{.name = "window",
		.type = SETTING_DURATION,
		.offset = offsetof(struct callback_settings, window),
		.minimum = RULE_WINDOW_MINIMUM,
		.maximum = RULE_WINDOW_MAXIMUM,
		.initial = "24h"},
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

/* A number in E.164, filled up with NULs. */
struct bait_key {
	char e164[E164_SIZE];
};

/* The last call from there that was not answered. */
struct bait {
	instant began, ended;
};

struct bait_state {
	struct table *baits; /* struct bait by struct bait_key */
};

static void state_free(void *opaque)
{
	struct bait_state *state = opaque;

	if (state == NULL) {
		return;
	}
	table_free(state->baits);
	free(state);
}

static void *state_new(const void *opaque, size_t memory)
{
	const struct callback_settings *settings = opaque;
	struct table_shape shape = {
		.key_size = sizeof(struct bait_key),
		.value_size = sizeof(struct bait),
		.lifetime = settings->window,
	};
	struct bait_state *state = calloc(1, sizeof *state);

	if (state == NULL) {
		return NULL;
	}
	shape.capacity = table_entries_in(memory, &shape, NUMBERS_MINIMUM, NUMBERS_MAXIMUM);
	state->baits = table_new(&shape);
	if (state->baits == NULL) {
		state_free(state);
		return NULL;
	}
	return state;
}

static void adopt(void *opaque, const void *old_opaque)
{
	struct bait_state *state = opaque;
	const struct bait_state *old = old_opaque;

	table_adopt(state->baits, old->baits);
}

static uint64_t evicted(const void *opaque)
{
	const struct bait_state *state = opaque;

	return table_figures(state->baits).evicted;
}

static struct bait_key key_of(struct text e164)
{
	struct bait_key key = {{0}};

	memcpy(key.e164, e164.size > 0 ? e164.start : "", e164.size < sizeof key ? e164.size : sizeof key);
	return key;
}

static bool wants(const struct event *event)
{
	return circumstances_is_try(event) ||
	       (circumstances_is_inbound(event) && !text_is_empty(event->caller_e164));
}

/* Any number is remembered: only one abroad can be called abroad. */
static void note_inbound(struct table *baits, const struct event *event)
{
	const struct bait_key key = key_of(event->caller_e164);
	struct bait *bait;
	bool added;

	switch (event->kind) {
	case EVENT_CALL_REFUSED:
	case EVENT_CALL_CANCELLED:
	case EVENT_CALL_ENDED:
		if (event->answered != 0) {
			return;
		}
		bait = table_find_or_add(baits, &key, event->time, &added);
		bait->began = event->attempted != 0 ? event->attempted : event->time;
		bait->ended = event->time;
		return;
	case EVENT_CALL_ANSWERED: /* somebody is there who has something to say */
		table_remove(baits, &key);
		return;
	default:
		return;
	}
}

static void report(const struct callback_settings *settings, const struct bait *bait,
	const struct circumstances *circumstances, struct findings *findings)
{
	const struct tally tally = {.subject = circumstances_narrowest(circumstances),
		.severity = SEVERITY_NOTICE,
		.count = 1,
		.limit = 1,
		.span = settings->window};
	struct local_time ended;

	local_time_of(bait->ended, &ended);
	tally_report_as("callback_bait", &tally, circumstances, findings,
		"Call back to %s, which rang in at %02d:%02d for %" PRId64 " s and was not answered",
		circumstances->event->number->e164, ended.hour, ended.minute,
		(bait->ended - bait->began) / SECOND);
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct callback_settings *settings = opaque;
	struct bait_state *state = opaque_state;
	const struct event *event = circumstances->event;

	if (circumstances_is_inbound(event)) {
		note_inbound(state->baits, event);
		return;
	}
	const struct bait_key key = key_of(text_of(event->number->e164));
	const struct bait *bait = table_find(state->baits, &key, event->time);
	/* Within the window by half-open count, as all windows. A stranger's try calls nobody yet. */
	if (bait != NULL && !circumstances->is_unproven && bait->ended <= event->time &&
		event->time - bait->ended < settings->window) {
		report(settings, bait, circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct callback_settings *settings = opaque;
	char window[DURATION_TEXT_SIZE];

	(void)circumstances;
	limits_say(text, "each call back to a number that rang in unanswered within %s: notice",
		duration_format(settings->window, window));
}

extern const struct rule callback_bait_rule; /* as rules.c declares it */
const struct rule callback_bait_rule = {
	.name = "callback_bait",
	.settings = &settings_table,
	.settings_size = sizeof(struct callback_settings),
	.proves = PROVES_CALL,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
