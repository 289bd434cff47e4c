/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls to the outside, at home too, that show a number which is not the site's: who steals a line for voice
 * phishing shows the number of a bank or an authority. Or a phone that shows itself as a colleague's.
 */
#include "pbxguard/base/digest.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/table.h"
#include "pbxguard/rules/counted_rule.h"
#include "pbxguard/rules/distinct.h"
#include "pbxguard/rules/inbound_callers.h"
#include "pbxguard/rules/shown_number.h"
#include "pbxguard/rules/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MINIMUM USUAL_OR_FEW(64, 4) /* of a table, however little memory there is */
#define ENTRIES_MAXIMUM 100000
/* So long the PBX may take to send a phone's call on. */
#define LEG_LIFETIME (30 * SECOND)
/* So long an extension is known to call from an address. */
#define EXTENSION_LIFETIME (30 * DAY)
/* So long after it began a call from outside may be passed on with the number it came with. */
#define INBOUND_LIFETIME MINUTE

#define EXTENSION_DIGITS_MINIMUM 2
#define EXTENSION_DIGITS_MAXIMUM 6

static const struct setting settings_list[] = {COUNTED_SETTINGS("numbers", "1", "3", "60min")};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

struct forged_state {
	struct digest_key digest_key;
	struct distinct *numbers;        /* forged ones, of each subject */
	struct inbound_callers *inbound; /* whose calls may be passed on */
	struct table *legs;              /* struct leg_caller by the Call-ID of a phone's leg */
	struct table *extensions;        /* struct extension by its digits */
};

/* Who called on a leg that the PBX may send on. */
struct leg_caller {
	char name[CALLER_SIZE]; /* as sent */
};

/* From where an extension calls: marks of addresses. */
struct extension {
	uint64_t latest, before; /* two different ones; 0: none */
};

static void state_free(void *opaque)
{
	struct forged_state *state = opaque;

	if (state == NULL) {
		return;
	}
	distinct_free(state->numbers);
	inbound_callers_free(state->inbound);
	table_free(state->legs);
	table_free(state->extensions);
	free(state);
}

static struct table *new_table(size_t memory, size_t value_size, duration lifetime)
{
	struct table_shape shape = {.key_size = sizeof(uint64_t),
		.key_is_digest = true,
		.value_size = value_size,
		.lifetime = lifetime};

	shape.capacity = table_entries_in(memory, &shape, ENTRIES_MINIMUM, ENTRIES_MAXIMUM);
	return table_new(&shape);
}

static void *state_new(const void *opaque, size_t memory)
{
	const struct counted_settings *settings = opaque;
	const struct distinct_shape numbers = {.keys = distinct_keys_in(memory / 4, settings->critical),
		.largest_limit = settings->critical,
		.shortest_span = settings->window,
		.longest_span = settings->window};
	struct forged_state *state = calloc(1, sizeof *state);

	if (state == NULL) {
		return NULL;
	}
	state->digest_key = digest_key_new();
	state->numbers = distinct_new(&numbers);
	state->inbound = inbound_callers_new(memory / 4, INBOUND_LIFETIME);
	state->legs = new_table(memory / 4, sizeof(struct leg_caller), LEG_LIFETIME);
	state->extensions = new_table(memory / 4, sizeof(struct extension), EXTENSION_LIFETIME);
	if (state->numbers == NULL || state->inbound == NULL || state->legs == NULL ||
		state->extensions == NULL) {
		state_free(state);
		return NULL;
	}
	return state;
}

static void adopt(void *opaque, const void *old_opaque)
{
	struct forged_state *state = opaque;
	const struct forged_state *old = old_opaque;

	state->digest_key = old->digest_key;
	distinct_adopt(state->numbers, old->numbers);
	inbound_callers_adopt(state->inbound, old->inbound);
	table_adopt(state->legs, old->legs);
	table_adopt(state->extensions, old->extensions);
}

static uint64_t evicted(const void *opaque)
{
	const struct forged_state *state = opaque;

	return distinct_figures(state->numbers).evicted + inbound_callers_evicted(state->inbound) +
	       table_figures(state->legs).evicted + table_figures(state->extensions).evicted;
}

/* ---- what goes before */

static uint64_t mark_of(const struct forged_state *state, struct text text)
{
	return digest_text(&state->digest_key, text);
}

static uint64_t mark_of_address(const struct forged_state *state, const struct address *address)
{
	return digest_short(&state->digest_key, address->bytes, sizeof address->bytes);
}

static bool is_extension(struct text user)
{
	uint64_t number;

	return user.size >= EXTENSION_DIGITS_MINIMUM && user.size <= EXTENSION_DIGITS_MAXIMUM &&
	       text_to_number(user, UINT64_MAX, &number);
}

static bool is_invite(const struct event *event)
{
	return event->kind == EVENT_CALL_ATTEMPTED || event->kind == EVENT_CALL_IDENTIFIED ||
	       event->kind == EVENT_CALL_JOINED;
}

static bool wants(const struct event *event)
{
	return circumstances_is_inbound(event) || (is_invite(event) && event->is_outward);
}

static uint64_t leg_key(const struct forged_state *state, struct text call_id)
{
	return mark_of(state, text_part(call_id, 0, CALL_ID_COMPARED));
}

static void note_leg(struct forged_state *state, const struct event *event, uint64_t key)
{
	bool added;
	struct leg_caller *leg = table_find_or_add(state->legs, &key, event->time, &added);

	text_copy(event->caller, leg->name, sizeof leg->name);
}

static void note_extension(struct forged_state *state, const struct event *event)
{
	bool added;

	if (!is_extension(event->from_user)) {
		return;
	}
	uint64_t key = mark_of(state, event->from_user);
	uint64_t address = mark_of_address(state, &event->source.address);
	struct extension *extension = table_find_or_add(state->extensions, &key, event->time, &added);
	if (extension->latest != address) {
		extension->before = extension->latest;
		extension->latest = address;
	}
}

/* ---- a number that is not the site's */

/* Whom the network is told: what the PBX asserts, else From. */
static struct text shown_by(const struct event *event)
{
	return text_is_empty(event->asserted_user) ? event->from_user : event->asserted_user;
}

/* Whoever forwards a call for somebody shows that one's number, and his own as the one who forwarded. */
static bool is_forwarded_by_site(const struct event *event, const struct site *site)
{
	struct shown_number mover;

	if (event->origin == CALL_ORIGIN_DIALLED || text_is_empty(event->moved_by)) {
		return false;
	}
	/* What is no number is a phone's name. */
	return !shown_number_read(event->moved_by, &mover) || shown_number_is_sites(&mover, site);
}

/* The number of who called in and is passed on. */
static bool is_passed_on(
	struct forged_state *state, const struct event *event, const struct shown_number *number)
{
	struct inbound_caller caller;

	return inbound_callers_find_number(state->inbound, number, event->time, &caller) ||
	       inbound_callers_find_call(state->inbound, event->joined_call_id, event->time, &caller);
}

static bool is_forged_at_trunk(
	struct forged_state *state, const struct circumstances *circumstances, struct shown_number *number)
{
	const struct event *event = circumstances->event;

	return event->leg == LEG_TRUNK_OUT && event->kind != EVENT_CALL_IDENTIFIED &&
	       event->number->kind != NUMBER_INTERNAL && circumstances->site->number_count > 0 &&
	       shown_number_read(shown_by(event), number) &&
	       !shown_number_is_sites(number, circumstances->site) &&
	       !is_forwarded_by_site(event, circumstances->site) && !is_passed_on(state, event, number);
}

/* The caller of the phone's leg, where it was seen. */
static bool find_leg_caller(struct forged_state *state, const struct event *event, struct subject *caller)
{
	uint64_t key = leg_key(state, event->joined_call_id);
	const struct leg_caller *leg =
		text_is_empty(event->joined_call_id) ? NULL : table_find(state->legs, &key, event->time);

	if (leg != NULL) {
		subject_of_caller(text_of(leg->name), caller);
	}
	return leg != NULL;
}

/* ---- a colleague's number */

/*
 * The account is one extension and the number shown another. Many accounts are named otherwise than their
 * phones, and phones have several: so only where this phone calls as the account, too, and some other phone
 * as the number shown.
 */
static bool is_colleagues(struct forged_state *state, const struct event *event)
{
	struct text shown = shown_by(event);

	if (event->leg != LEG_EXTENSION || !event->has_account || event->number->kind == NUMBER_INTERNAL ||
		!is_extension(event->caller) || !is_extension(shown) || text_equal(event->caller, shown)) {
		return false;
	}
	uint64_t account_key = mark_of(state, event->caller), shown_key = mark_of(state, shown);
	uint64_t here = mark_of_address(state, &event->source.address);
	const struct extension *account = table_find(state->extensions, &account_key, event->time);
	if (account == NULL || account->latest != here) {
		return false;
	}
	const struct extension *other = table_find(state->extensions, &shown_key, event->time);
	if (other == NULL) {
		return false;
	}
	uint64_t elsewhere = other->latest != here ? other->latest : other->before;
	/* A phone of several lines that got another address has taken all of them along. */
	return elsewhere != 0 && elsewhere != account->before;
}

/* ---- findings */

#define FORGERY_SUBJECTS 2

/* A number that should not be shown. */
struct forgery {
	struct text number;                               /* as it is counted */
	const struct subject *subjects[FORGERY_SUBJECTS]; /* for whom, the narrowest first; NULL: nobody */
	const char *sentence;
};

static void report(const struct tally *tally, const struct forgery *forgery,
	const struct circumstances *circumstances, struct findings *findings)
{
	char span[DURATION_TEXT_SIZE], counted[64] = "";

	if (tally->count > 1) {
		snprintf(counted, sizeof counted, " (%" PRIu32 " different ones within %s)", tally->count,
			duration_format(tally->span, span));
	}
	tally_report_as(
		"forged_caller_id", tally, circumstances, findings, "%s%s", forgery->sentence, counted);
}

/* Of a wider subject only what is graver is told. */
static void judge(const struct counted_settings *settings, struct forged_state *state,
	const struct forgery *forgery, const struct circumstances *circumstances, struct findings *findings)
{
	const struct limits limits = {settings->warning, settings->critical, settings->window};
	int told = -1;

	for (size_t i = 0; i < FORGERY_SUBJECTS; i++) {
		const struct subject *subject = forgery->subjects[i];
		struct tally tally;
		uint32_t count;
		if (subject == NULL) {
			continue;
		}
		distinct_add(state->numbers, text_of(subject->text), forgery->number,
			circumstances->event->time, &limits.span, 1, &count);
		if (tally_of(subject, count, &limits, &tally) && (int)tally.severity > told) {
			told = (int)tally.severity;
			report(&tally, forgery, circumstances, findings);
		}
	}
}

#define SENTENCE_SIZE 192

/* For the caller, where he is known, and for the site: who changes the number may change the caller, too. */
static void judge_trunk(const struct counted_settings *settings, struct forged_state *state,
	const struct circumstances *circumstances, struct findings *findings)
{
	const struct event *event = circumstances->event;
	char sentence[SENTENCE_SIZE], shown[SUBJECT_SIZE];
	struct shown_number number;
	struct subject caller;

	if (!is_forged_at_trunk(state, circumstances, &number)) {
		return;
	}
	bool is_known = find_leg_caller(state, event, &caller);
	snprintf(sentence, sizeof sentence, "Call %s%s shows the number %s, which is none of the site's",
		is_known ? "of caller " : "to the outside", is_known ? caller.name : "",
		text_make_safe(shown_by(event), shown, sizeof shown));
	judge(settings, state,
		&(struct forgery){
			.number = text_from(text_of(number.digits), number.size - SHOWN_NUMBER_MINIMUM),
			.subjects = {is_known ? &caller : NULL, &circumstances->subjects[SUBJECT_SITE]},
			.sentence = sentence},
		circumstances, findings);
}

static void judge_phone(const struct counted_settings *settings, struct forged_state *state,
	const struct circumstances *circumstances, struct findings *findings)
{
	const struct event *event = circumstances->event;
	char sentence[SENTENCE_SIZE];

	if (!is_colleagues(state, event)) {
		return;
	}
	snprintf(sentence, sizeof sentence,
		"Call of account %.*s shows the number %.*s, which is another phone's",
		TEXT_PRINT(event->caller), TEXT_PRINT(shown_by(event)));
	judge(settings, state,
		&(struct forgery){.number = shown_by(event),
			.subjects = {&circumstances->subjects[SUBJECT_CALLER]},
			.sentence = sentence},
		circumstances, findings);
}

static void evaluate(const void *opaque, void *opaque_state, const struct circumstances *circumstances,
	struct findings *findings)
{
	const struct counted_settings *settings = opaque;
	struct forged_state *state = opaque_state;
	const struct event *event = circumstances->event;

	if (circumstances_is_inbound(event)) {
		inbound_callers_note(state->inbound, event);
		return;
	}
	if (event->leg == LEG_TRUNK_OUT) {
		judge_trunk(settings, state, circumstances, findings);
		return;
	}
	/* Who called is asked only of calls that show another number than the site's. */
	bool is_leg = circumstances->site->number_count > 0 &&
		      circumstances->subjects[SUBJECT_CALLER].counts && !text_is_empty(event->call_id);
	uint64_t key = is_leg ? leg_key(state, event->call_id) : 0;
	if (is_leg) {
		table_prefetch(state->legs, &key); /* comes while the rest is done */
	}
	if (event->kind == EVENT_CALL_ATTEMPTED && event->leg == LEG_EXTENSION) {
		note_extension(state, event);
	}
	judge_phone(settings, state, circumstances, findings);
	if (is_leg) {
		note_leg(state, event, key);
	}
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	const struct counted_settings *settings = opaque;
	const struct limits limits = {settings->warning, settings->critical, settings->window};

	limits_say_count(text, "numbers shown that are not the site's", &limits);
	if (circumstances->site->number_count == 0) {
		limits_say(text, "site.numbers is empty, so only colleagues' extensions are seen");
	}
}

extern const struct rule forged_caller_id_rule; /* as rules.c declares it */
const struct rule forged_caller_id_rule = {
	.name = "forged_caller_id",
	.settings = &settings_table,
	.settings_size = sizeof(struct counted_settings),
	.proves = PROVES_CALL,
	.state_new = state_new,
	.state_free = state_free,
	.adopt = adopt,
	.evicted = evicted,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
