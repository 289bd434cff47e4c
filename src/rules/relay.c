/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In by a trunk and out by a trunk: thieves call the PBX by telephone and have it call abroad, by DISA, a
 * forwarding they have set or remote maintenance.
 */
#include "pbxguard/base/local_time.h"
#include "pbxguard/rules/counted_rule.h"
#include "pbxguard/rules/inbound_callers.h"
#include "pbxguard/rules/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Nobody takes a call up so fast: a machine did, and may have asked for a number to dial. */
#define ANSWERED_AT_ONCE (3 * SECOND)
/* Where no phone has called for so long, the phones' side is not seen, and no call can be said to have none.
 */
#define PHONES_SEEN (7 * DAY)

struct relay_settings {
	struct counted_settings counted;
	duration just_began;
};

static const struct setting settings_list[] = {
	COUNTED_SETTINGS("1", "2", "24h"),
	{.name = "just_began",
		.type = SETTING_DURATION,
		.offset = offsetof(struct relay_settings, just_began),
		.minimum = SECOND,
		.maximum = HOUR,
		.initial = "60s"},
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

/* The last call that came in and was answered at once. */
struct machine_answered {
	uint64_t call; /* 0: none, or it is over */
	instant answered;
	char number[INBOUND_TEXT_SIZE];
};

struct relay_state {
	struct window *counts;
	struct inbound_callers *inbound;
	struct machine_answered machine;
	bool has_seen_phones;
	instant phones_seen; /* the latest call of a phone */
};

static void state_free(void *opaque)
{
	struct relay_state *state = opaque;

	if (state == NULL) {
		return;
	}
	window_free(state->counts);
	inbound_callers_free(state->inbound);
	free(state);
}

static void *state_new(const void *opaque, size_t memory)
{
	const struct relay_settings *settings = opaque;
	struct relay_state *state = calloc(1, sizeof *state);

	if (state == NULL) {
		return NULL;
	}
	state->counts = counted_state_new(&settings->counted, memory / 2);
	state->inbound = inbound_callers_new(memory / 2, settings->just_began);
	if (state->counts == NULL || state->inbound == NULL) {
		state_free(state);
		return NULL;
	}
	return state;
}

static void adopt(void *opaque, const void *old_opaque)
{
	struct relay_state *state = opaque;
	const struct relay_state *old = old_opaque;

	window_adopt(state->counts, old->counts);
	inbound_callers_adopt(state->inbound, old->inbound);
	state->machine = old->machine;
	state->has_seen_phones = old->has_seen_phones;
	state->phones_seen = old->phones_seen;
}

static uint64_t evicted(const void *opaque)
{
	const struct relay_state *state = opaque;

	return window_figures(state->counts).evicted + inbound_callers_evicted(state->inbound);
}

/* ---- what goes before */

static bool is_phones_call(const struct event *event)
{
	return event->kind == EVENT_CALL_ATTEMPTED && event->leg == LEG_EXTENSION && event->is_outward;
}

static bool wants(const struct event *event)
{
	return inbound_is_one(event) || is_phones_call(event) || circumstances_is_try(event);
}

static void note_inbound(struct relay_state *state, const struct event *event)
{
	struct inbound_caller caller;

	inbound_callers_note(state->inbound, event);
	if (event->kind == EVENT_CALL_ENDED && event->call == state->machine.call) {
		state->machine.call = 0;
	}
	if (event->kind == EVENT_CALL_ANSWERED && event->time - event->attempted <= ANSWERED_AT_ONCE &&
		inbound_callers_find_call(state->inbound, event->call_id, event->time, &caller)) {
		state->machine = (struct machine_answered){.call = event->call, .answered = event->time};
		text_copy(text_of(caller.number), state->machine.number, sizeof state->machine.number);
	}
}

/* ---- the call abroad */

/* Who called in and now calls out: by the number that the call shows, unless that is the site's own. */
static bool find_inbound(
	struct relay_state *state, const struct circumstances *circumstances, struct inbound_caller *inbound)
{
	const struct event *event = circumstances->event;
	const struct text users[] = {event->asserted_user, event->from_user, event->caller};
	struct shown_number number;

	if (inbound_callers_find_call(state->inbound, event->joined_call_id, event->time, inbound)) {
		return true;
	}
	for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
		if (shown_number_read(users[i], &number) &&
			inbound_callers_find_number(state->inbound, &number, event->time, inbound) &&
			!shown_number_is_sites(&number, circumstances->site)) {
			return true;
		}
	}
	return false;
}

/* Weak evidence: no phone has dialled, and a machine has just taken a call from outside. */
static bool may_be_machines(
	const struct relay_settings *settings, const struct relay_state *state, const struct event *event)
{
	const struct machine_answered *machine = &state->machine;

	return event->kind == EVENT_CALL_ATTEMPTED && event->leg == LEG_TRUNK_OUT &&
	       text_is_empty(event->joined_call_id) && machine->call != 0 &&
	       event->time >= machine->answered && event->time - machine->answered <= settings->just_began &&
	       state->has_seen_phones && event->time - state->phones_seen <= PHONES_SEEN;
}

/* The owner's word (allow) stands above the advisory's. */
static bool is_graver(const struct destination_reading *destination)
{
	return destination->high_risk != NULL && destination->permission != DESTINATION_ALLOWED;
}

#define PHRASE_SIZE 128

/* " (2 within 24 h)"; nothing for the first. */
static const char *say_count(const struct tally *tally, char buffer[static PHRASE_SIZE])
{
	char span[DURATION_TEXT_SIZE];

	buffer[0] = '\0';
	if (tally->count > 1) {
		snprintf(buffer, PHRASE_SIZE, " (%" PRIu32 " within %s)", tally->count,
			duration_format(tally->span, span));
	}
	return buffer;
}

/* " forwarded by 1001". mover is NULL where nobody is named. */
static const char *say_moved(
	enum call_origin origin, const struct subject *mover, char buffer[static PHRASE_SIZE])
{
	static const char *const words[] = {[CALL_ORIGIN_DIALLED] = "",
		[CALL_ORIGIN_FORWARDED] = " forwarded",
		[CALL_ORIGIN_TRANSFERRED] = " transferred"};

	snprintf(buffer, PHRASE_SIZE, "%s%s%s", words[origin], mover != NULL ? " by " : "",
		mover != NULL ? mover->name : "");
	return buffer;
}

static const char *say_inbound(
	const struct inbound_caller *inbound, instant now, char buffer[static PHRASE_SIZE])
{
	struct local_time began;

	buffer[0] = '\0';
	if (inbound != NULL && inbound->is_up) {
		local_time_of(inbound->began, &began);
		snprintf(buffer, PHRASE_SIZE, " while %s, who called in at %02d:%02d, is still connected",
			inbound->number, began.hour, began.minute);
	} else if (inbound != NULL) {
		snprintf(buffer, PHRASE_SIZE, " %" PRId64 " s after %s called in",
			(now - inbound->began) / SECOND, inbound->number);
	}
	return buffer;
}

/* Who forwarded or transferred the call; but a caller from outside could write so about anybody. */
static bool find_mover(const struct event *event, struct subject *mover)
{
	if (event->origin == CALL_ORIGIN_DIALLED || text_is_empty(event->moved_by) ||
		event->leg == LEG_OUTSIDE) {
		return false;
	}
	subject_of_caller(event->moved_by, mover);
	return true;
}

/* inbound may be NULL. */
static void judge(const struct relay_settings *settings, struct relay_state *state,
	const struct circumstances *circumstances, const struct inbound_caller *inbound,
	struct findings *findings)
{
	const struct event *event = circumstances->event;
	const struct limits limits = {
		settings->counted.warning, settings->counted.critical, settings->counted.window};
	char moved[PHRASE_SIZE], from[PHRASE_SIZE], counted[PHRASE_SIZE];
	struct subject mover;
	bool has_mover = find_mover(event, &mover);
	const struct subject *subject = has_mover ? &mover : circumstances_narrowest(circumstances);
	struct tally tally;
	uint32_t count;

	/* The mover stays the same whatever account is named: he was counted when the call was attempted. */
	if (has_mover && event->kind == EVENT_CALL_IDENTIFIED) {
		return;
	}
	window_add(state->counts, text_of(subject->text), event->time, &limits.span, 1, &count);
	if (!tally_of(subject, count, &limits, &tally)) {
		return;
	}
	if (is_graver(&circumstances->destination)) {
		tally.severity = SEVERITY_CRITICAL; /* the limit stays the one that was reached */
	}
	tally_report_as("relay", &tally, circumstances, findings, "Call abroad%s%s%s",
		say_moved(event->origin, has_mover ? &mover : NULL, moved),
		say_inbound(inbound, event->time, from), say_count(&tally, counted));
}

/* One level lower than what is sure, and counted apart. */
static void judge_machines(const struct relay_settings *settings, struct relay_state *state,
	const struct circumstances *circumstances, struct findings *findings)
{
	const struct limits limits = {
		settings->counted.warning, settings->counted.critical, settings->counted.window};
	const struct subject *subject = circumstances_narrowest(circumstances);
	const struct event *event = circumstances->event;
	char key[SUBJECT_SIZE + sizeof "machine's "], counted[PHRASE_SIZE];
	struct tally tally;
	uint32_t count;

	snprintf(key, sizeof key, "machine's %s", subject->text);
	window_add(state->counts, text_of(key), event->time, &limits.span, 1, &count);
	if (!tally_of(subject, count, &limits, &tally)) {
		return;
	}
	bool is_grave = tally.severity == SEVERITY_CRITICAL || is_graver(&circumstances->destination);
	tally.severity = is_grave ? SEVERITY_WARNING : SEVERITY_NOTICE;
	tally_report_as("relay", &tally, circumstances, findings,
		"Call abroad that no phone placed, %" PRId64 " s after the telephone system answered %s%s",
		(event->time - state->machine.answered) / SECOND, state->machine.number,
		say_count(&tally, counted));
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct relay_settings *settings = opaque;
	struct relay_state *state = opaque_state;
	const struct event *event = circumstances->event;
	struct inbound_caller inbound;

	if (inbound_is_one(event)) {
		note_inbound(state, event);
		return;
	}
	if (is_phones_call(event)) {
		state->has_seen_phones = true;
		state->phones_seen = event->time;
	}
	/* A stranger can write all of this into his INVITE: outside_source is about him. */
	if (!circumstances_is_try(event) || event->kind == EVENT_CALL_JOINED || circumstances->is_unproven) {
		return;
	}
	bool has_inbound = find_inbound(state, circumstances, &inbound);
	if (has_inbound || event->origin != CALL_ORIGIN_DIALLED) {
		judge(settings, state, circumstances, has_inbound ? &inbound : NULL, findings);
	} else if (may_be_machines(settings, state, event)) {
		judge_machines(settings, state, circumstances, findings);
	}
}

extern const struct rule relay_rule; /* as rules.c declares it */
const struct rule relay_rule = {
	.name = "relay",
	.settings = &settings_table,
	.settings_size = sizeof(struct relay_settings),
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = wants,
	.evaluate = evaluate,
};
