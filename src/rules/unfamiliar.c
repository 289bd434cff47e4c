/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A caller who has never called abroad, or not for long. No sign of fraud alone, so a notice; but it makes
 * what other rules find in the same call one level graver.
 *
 * Calls to allowed places neither tell nor teach: who rings the customer in the United States each day is
 * still no caller of Sierra Leone's.
 */
#include "pbxguard/base/digest.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/table.h"
#include "pbxguard/rules/learned.h"
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE_NAME "unfamiliar"

struct unfamiliar_settings {
	bool enabled;
	duration absence;  /* who has not called abroad for so long is unfamiliar again */
	duration learning; /* so long after the first call seen nobody is */
};

static const struct setting settings_list[] = {
	RULE_ENABLED(struct unfamiliar_settings),
	{.name = "absence",
		.type = SETTING_DURATION,
		.offset = offsetof(struct unfamiliar_settings, absence),
		.minimum = DAY,
		.maximum = RULE_WINDOW_MAXIMUM,
		.initial = "90d"},
	{.name = "learning",
		.type = SETTING_DURATION,
		.offset = offsetof(struct unfamiliar_settings, learning),
		.minimum = 0,
		.maximum = RULE_WINDOW_MAXIMUM,
		.initial = "14d"},
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

/* ---- what is known ---- */

#define CALLERS_MINIMUM USUAL_OR_FEW(64, 4) /* however little memory there is */
#define CALLERS_MAXIMUM 65536

struct unfamiliar_state {
	struct digest_key digest_key;
	struct table *callers; /* digest to the instant of the last call abroad */
	size_t capacity;
	duration absence; /* of the settings; only tells evictions that matter from others */
	uint64_t evicted;
	duration watched; /* time seen, without gaps */
	instant latest;   /* the call of any kind before */
	bool has_latest;
};

static struct table_shape callers_shape(size_t capacity)
{
	return (struct table_shape){.capacity = capacity,
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = sizeof(instant)};
}

static void state_free(void *opaque)
{
	struct unfamiliar_state *state = opaque;

	if (state != NULL) {
		table_free(state->callers);
	}
	free(state);
}

static void *state_new(const void *opaque, size_t memory)
{
	const struct unfamiliar_settings *settings = opaque;
	struct table_shape shape = callers_shape(1);
	struct unfamiliar_state *state = calloc(1, sizeof *state);
	size_t capacity = memory / table_entry_size(&shape);

	if (state == NULL) {
		return NULL;
	}
	capacity = capacity < CALLERS_MINIMUM ? CALLERS_MINIMUM : capacity;
	capacity = capacity > CALLERS_MAXIMUM ? CALLERS_MAXIMUM : capacity;
	shape = callers_shape(capacity);
	state->digest_key = digest_key_new();
	state->callers = table_new(&shape);
	state->capacity = capacity;
	state->absence = settings->absence;
	if (state->callers == NULL) {
		state_free(state);
		return NULL;
	}
	return state;
}

static bool is_within(instant earlier, instant later, duration span)
{
	return later >= earlier && instant_distance(earlier, later) < (uint64_t)span;
}

/* When the caller called abroad before; false: never that we know. Now he has. */
static bool exchange_last(
	struct unfamiliar_state *state, const struct digest *caller, instant now, instant *last)
{
	instant *known = table_find(state->callers, caller, now), touched;
	const void *oldest;
	bool added;

	if (known != NULL) {
		*last = *known;
		*known = now;
		return true;
	}
	const instant *leaving = table_oldest(state->callers, &oldest, &touched);
	if (table_figures(state->callers).entries == state->capacity &&
		instant_distance(*leaving, now) < (uint64_t)state->absence) {
		state->evicted++;
	}
	known = table_find_or_add(state->callers, caller, now, &added);
	*known = now;
	return false;
}

/* Each call shows that time is watched, also where nobody calls abroad for weeks. */
static void watch(const void *settings, void *opaque, instant now)
{
	struct unfamiliar_state *state = opaque;

	(void)settings;
	if (state->has_latest && is_within(state->latest, now, RULE_SILENCE_SEEN)) {
		state->watched += now - state->latest;
	}
	if (state->watched > RULE_WINDOW_MAXIMUM) {
		state->watched = RULE_WINDOW_MAXIMUM; /* more is asked for by no setting */
	}
	/* A late packet does not turn the clock back; a clock that was set does. */
	if (!state->has_latest || now > state->latest ||
		instant_distance(now, state->latest) > (uint64_t)DAY) {
		state->latest = now;
		state->has_latest = true;
	}
}

static void adopt_caller(void *context, const void *key, void *value, instant touched)
{
	struct unfamiliar_state *state = context;
	instant last;

	(void)touched;
	exchange_last(state, key, *(const instant *)value, &last);
}

static void adopt(void *opaque, const void *opaque_old)
{
	struct unfamiliar_state *state = opaque;
	const struct unfamiliar_state *old = opaque_old;

	/* The names of the callers are gone; their digests mean the same only under the same key. */
	state->digest_key = old->digest_key;
	state->watched = old->watched;
	state->latest = old->latest;
	state->has_latest = old->has_latest;
	table_each(old->callers, adopt_caller, state);
}

static uint64_t evicted(const void *opaque)
{
	const struct unfamiliar_state *state = opaque;

	return state->evicted;
}

/* ---- what is kept over a restart ---- */

#define SAVED_VERSION 1
#define SAVED_CALLER_SIZE (sizeof(struct digest) + sizeof(uint64_t))
static_assert(CALLERS_MAXIMUM * SAVED_CALLER_SIZE + 128 <= RULE_SAVED_MAX, "all callers can be saved");

static void save_caller(void *context, const void *key, void *value, instant touched)
{
	(void)touched;
	learned_put(context, key, sizeof(struct digest));
	learned_put_u64(context, (uint64_t) * (const instant *)value);
}

/* The digests' key, the time watched, the number of callers, and each: digest and time, idle longest first.
 */
static size_t save(const void *opaque, uint8_t *bytes, size_t room)
{
	const struct unfamiliar_state *state = opaque;
	struct learned_writer writer = learned_write(bytes, room, RULE_NAME, SAVED_VERSION);

	learned_put(&writer, &state->digest_key, sizeof state->digest_key);
	learned_put_u64(&writer, (uint64_t)state->watched);
	learned_put_u32(&writer, (uint32_t)table_figures(state->callers).entries);
	table_each(state->callers, save_caller, &writer);
	return learned_end(&writer);
}

static void restore_callers(struct unfamiliar_state *state, struct reader *reader, uint32_t count)
{
	struct digest digest;
	instant last;

	for (uint32_t i = 0; i < count; i++) {
		learned_take(reader, &digest, sizeof digest);
		exchange_last(state, &digest, (instant)reader_u64_little(reader), &last);
	}
}

/* The time between is not watched: nobody knows what happened in it. */
static bool restore(void *opaque, const uint8_t *bytes, size_t size)
{
	struct unfamiliar_state *state = opaque;
	struct digest_key key;
	struct reader reader;

	if (table_figures(state->callers).entries > 0 ||
		!learned_read(bytes, size, RULE_NAME, SAVED_VERSION, &reader)) {
		return false;
	}
	learned_take(&reader, &key, sizeof key);
	uint64_t watched = reader_u64_little(&reader);
	uint32_t count = reader_u32_little(&reader);
	if (reader_failed(&reader) || watched > RULE_WINDOW_MAXIMUM ||
		reader_left(&reader) % SAVED_CALLER_SIZE != 0 ||
		reader_left(&reader) / SAVED_CALLER_SIZE != count) {
		return false;
	}
	state->digest_key = key;
	state->watched = (duration)watched;
	restore_callers(state, &reader, count);
	return true;
}

/* ---- what is found ---- */

#define SINCE_SIZE 40

/* "in 97 days", or how long he was not seen at all. */
static void say_since(const struct unfamiliar_state *state, bool is_known, instant last, instant now,
	char text[static SINCE_SIZE])
{
	if (is_known) {
		snprintf(
			text, SINCE_SIZE, "in %" PRIu64 " days", instant_distance(last, now) / (uint64_t)DAY);
	} else if (state->watched < 2 * DAY) {
		snprintf(text, SINCE_SIZE, "since watching began");
	} else {
		snprintf(text, SINCE_SIZE, "in all the %" PRId64 " days watched", state->watched / DAY);
	}
}

static void report(const struct unfamiliar_settings *settings, const char *since,
	const struct circumstances *circumstances, struct findings *findings)
{
	const struct subject *caller = &circumstances->subjects[SUBJECT_CALLER];
	const struct tally tally = {.subject = caller,
		.severity = SEVERITY_NOTICE,
		.count = 1,
		.limit = 1,
		.span = settings->absence};
	struct finding *finding = tally_report_as(RULE_NAME, &tally, circumstances, findings,
		"First call abroad by caller %s %s", caller->name, since);

	if (finding != NULL) {
		finding->raises_others = true;
		snprintf(finding->evidence, sizeof finding->evidence, "first call abroad %s", since);
	}
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct unfamiliar_settings *settings = opaque;
	struct unfamiliar_state *state = opaque_state;
	const struct subject *caller = &circumstances->subjects[SUBJECT_CALLER];
	instant now = circumstances->event->time, last = now;
	char since[SINCE_SIZE];

	if (!caller->counts || circumstances->destination.permission == DESTINATION_ALLOWED) {
		return;
	}
	struct digest digest = digest_long(&state->digest_key, caller->text, strlen(caller->text));
	bool is_known = exchange_last(state, &digest, now, &last);
	bool is_familiar = is_known && (last > now || is_within(last, now, settings->absence));
	if (!is_familiar && state->watched >= settings->learning) {
		say_since(state, is_known, last, now, since);
		report(settings, since, circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct unfamiliar_settings *settings = opaque;
	char absence[DURATION_TEXT_SIZE], learning[DURATION_TEXT_SIZE];

	if (circumstances->destination.permission == DESTINATION_ALLOWED) {
		limits_say(text, "leaves this place out, it is allowed");
		return;
	}
	limits_say(text,
		"a caller's first call abroad in %s: notice, and what else is found in it one level graver",
		duration_format(settings->absence, absence));
	if (settings->learning > 0) {
		limits_say(
			text, "after it has learned for %s", duration_format(settings->learning, learning));
	}
}

extern const struct rule unfamiliar_rule; /* as rules.c declares it */
const struct rule unfamiliar_rule = {
	.name = RULE_NAME,
	.settings = &settings_table,
	.settings_size = sizeof(struct unfamiliar_settings),
	.proves = PROVES_NOTHING,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.save = save,
	.restore = restore,
	.watch = watch,
	.evaluate = evaluate,
	.say_limits = say_limits,
	.of_one_call = "nothing: gets to know callers first, for the time of its setting learning",
};
