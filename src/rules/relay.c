/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In by a trunk and out by a trunk: thieves call the PBX by telephone and have it call abroad, by DISA, a
 * forwarding they have set or remote maintenance.
 */
#include "pbxguard/base/local_time.h"
#include "pbxguard/rules/counted_rule.h"
#include "pbxguard/rules/inbound_callers.h"
#include "pbxguard/rules/tally.h"
#include "pbxguard/rules/twin_calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Nobody takes a call up so fast: a machine did, and may have asked for a number to dial. */
#define ANSWERED_AT_ONCE (3 * SECOND)
/* Where no phone has called for so long, the phones' side is not seen, and no call can be said to have none.
 */
#define PHONES_SEEN (7 * DAY)
/* A PBX that forwards does so as soon as the call is there. */
#define FORWARDED_AT_ONCE (1 * SECOND)
/* A PBX that was seen to connect callers from outside with calls of its own may do so again. */
#define RELAY_SEEN (7 * DAY)

struct relay_settings {
	struct counted_settings counted;
	duration just_began;
};

static const struct setting settings_list[] = {
	COUNTED_SETTINGS("calls", "1", "2", "24h"),
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
	bool has_seen_phones, has_seen_relay;
	instant phones_seen; /* the latest call of a phone */
	instant relay_seen;  /* the latest call of the PBX's own that had a twin */
	struct twin_calls twins;
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
	state->has_seen_relay = old->has_seen_relay;
	state->relay_seen = old->relay_seen;
	state->twins = old->twins;
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

/* A call abroad that the PBX has placed itself, as far as is seen. */
static bool is_own_call(const struct event *event)
{
	return event->call != 0 && event->leg == LEG_TRUNK_OUT && circumstances_is_abroad(event);
}

static bool wants(const struct event *event)
{
	return circumstances_is_inbound(event) || is_phones_call(event) || circumstances_is_try(event) ||
	       is_own_call(event);
}

/* What becomes of a call may show that it has a twin. */
static void note_twin(struct relay_state *state, const struct event *event)
{
	switch (event->kind) {
	case EVENT_CALL_ANSWERED:
		twin_calls_answer(&state->twins, event->call, event->time);
		break;
	case EVENT_CALL_REFUSED:
	case EVENT_CALL_CANCELLED:
	case EVENT_CALL_ENDED:
		twin_calls_end(&state->twins, event->call, event->time);
		break;
	default:
		break;
	}
}

static void note_inbound(struct relay_state *state, const struct event *event)
{
	struct inbound_caller caller;

	inbound_callers_note(state->inbound, event);
	if (event->kind == EVENT_CALL_ATTEMPTED &&
		inbound_callers_find_call(state->inbound, event->call_id, event->time, &caller)) {
		twin_calls_add_inbound(&state->twins, event->call, event->time, caller.number);
	}
	note_twin(state, event);
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

/* A machine has just taken a call from outside, or one has come in this moment. */
static bool has_just_come_in(
	const struct relay_settings *settings, const struct relay_state *state, instant now)
{
	const struct machine_answered *machine = &state->machine;

	return (machine->call != 0 && now >= machine->answered &&
		       now - machine->answered <= settings->just_began) ||
	       twin_calls_rings(&state->twins, now, FORWARDED_AT_ONCE);
}

/* Would a phone that dialled have been seen? */
static bool phones_are_seen(const struct relay_state *state, instant now)
{
	return state->has_seen_phones && now - state->phones_seen <= PHONES_SEEN;
}

/* Weak evidence: no phone has dialled, and somebody has just called in. */
static bool may_be_machines(
	const struct relay_settings *settings, const struct relay_state *state, const struct event *event)
{
	return event->kind == EVENT_CALL_ATTEMPTED && event->leg == LEG_TRUNK_OUT &&
	       text_is_empty(event->joined_call_id) && phones_are_seen(state, event->time) &&
	       has_just_come_in(settings, state, event->time);
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

/* from is say_inbound's or say_twin's. */
static void judge(const struct relay_settings *settings, struct relay_state *state,
	const struct circumstances *circumstances, const char *from, struct findings *findings)
{
	const struct event *event = circumstances->event;
	const struct limits limits = {
		settings->counted.warning, settings->counted.critical, settings->counted.window};
	char moved[PHRASE_SIZE], counted[PHRASE_SIZE];
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
	if (destination_is_high_risk(&circumstances->destination)) {
		tally.severity = SEVERITY_CRITICAL; /* the limit stays the one that was reached */
	}
	tally_report_as("relay", &tally, circumstances, findings, "Call abroad%s%s%s",
		say_moved(event->origin, has_mover ? &mover : NULL, moved), from, say_count(&tally, counted));
}

/* What makes a call look as if the telephone system had placed it for somebody outside. */
static const char *say_machine(const struct relay_settings *settings, const struct relay_state *state,
	instant now, char buffer[static PHRASE_SIZE])
{
	const struct machine_answered *machine = &state->machine;

	if (machine->call != 0 && now - machine->answered <= settings->just_began) {
		snprintf(buffer, PHRASE_SIZE,
			" that no phone placed, %" PRId64 " s after the telephone system answered %s",
			(now - machine->answered) / SECOND, machine->number);
	} else {
		snprintf(buffer, PHRASE_SIZE, " that no phone placed, as soon as somebody called in");
	}
	return buffer;
}

static const char *say_twin(const char *inbound, char buffer[static PHRASE_SIZE])
{
	snprintf(buffer, PHRASE_SIZE,
		" that no phone placed and that lives and ends with the call of %s, who called in", inbound);
	return buffer;
}

/* One level lower than what is sure, and counted apart. */
static void judge_machines(const struct relay_settings *settings, struct relay_state *state,
	const struct circumstances *circumstances, const char *from, struct findings *findings)
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
	bool is_grave =
		tally.severity == SEVERITY_CRITICAL || destination_is_high_risk(&circumstances->destination);
	tally.severity = is_grave ? SEVERITY_WARNING : SEVERITY_NOTICE;
	tally_report_as("relay", &tally, circumstances, findings, "Call abroad%s%s", from,
		say_count(&tally, counted));
}

/* ---- which of them */

/* A twin is proof where phones are seen; else it may be a phone's call, and the moment chance. */
static void judge_twin(const struct relay_settings *settings, struct relay_state *state,
	const struct circumstances *circumstances, struct findings *findings)
{
	const struct event *event = circumstances->event;
	struct twin_call own;
	char from[PHRASE_SIZE];

	if (!twin_calls_take(&state->twins, event->call, &own)) {
		return;
	}
	if (phones_are_seen(state, event->time)) {
		state->has_seen_relay = true;
		state->relay_seen = event->time;
		judge(settings, state, circumstances, say_twin(own.inbound, from), findings);
	} else {
		judge_machines(settings, state, circumstances, say_twin(own.inbound, from), findings);
	}
}

static void judge_try(const struct relay_settings *settings, struct relay_state *state,
	const struct circumstances *circumstances, struct findings *findings)
{
	const struct event *event = circumstances->event;
	struct inbound_caller inbound;
	char from[PHRASE_SIZE];
	bool has_inbound = find_inbound(state, circumstances, &inbound);

	if (has_inbound || event->origin != CALL_ORIGIN_DIALLED) {
		say_inbound(has_inbound ? &inbound : NULL, event->time, from);
		judge(settings, state, circumstances, from, findings);
		return;
	}
	bool is_machines = may_be_machines(settings, state, event);
	if (is_machines && state->has_seen_relay && event->time - state->relay_seen <= RELAY_SEEN) {
		say_machine(settings, state, event->time, from);
		judge(settings, state, circumstances, from, findings);
		return;
	}
	if (is_machines) {
		say_machine(settings, state, event->time, from);
		judge_machines(settings, state, circumstances, from, findings);
	}
	if (is_own_call(event) && event->kind == EVENT_CALL_ATTEMPTED) {
		twin_calls_add_own(&state->twins, event->call, event->time);
	}
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct relay_settings *settings = opaque;
	struct relay_state *state = opaque_state;
	const struct event *event = circumstances->event;

	if (circumstances_is_inbound(event)) {
		note_inbound(state, event);
		return;
	}
	if (is_phones_call(event)) {
		state->has_seen_phones = true;
		state->phones_seen = event->time;
	}
	/* A stranger can write all of this into his INVITE: outside_source is about him. */
	if (circumstances->is_unproven) {
		return;
	}
	if (circumstances_is_try(event) && event->kind != EVENT_CALL_JOINED) {
		judge_try(settings, state, circumstances, findings);
	} else if (is_own_call(event)) {
		note_twin(state, event);
		judge_twin(settings, state, circumstances, findings);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct relay_settings *settings = opaque;
	const struct limits limits = {
		settings->counted.warning, settings->counted.critical, settings->counted.window};

	limits_say_count(
		text, "calls that were forwarded or transferred, or whose caller has called in,", &limits);
	if (destination_is_high_risk(&circumstances->destination)) {
		limits_say(text, "to this place each is critical");
	}
}

extern const struct rule relay_rule; /* as rules.c declares it */
const struct rule relay_rule = {
	.name = "relay",
	.settings = &settings_table,
	.settings_size = sizeof(struct relay_settings),
	.proves = PROVES_CALL,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
