/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/story.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/incident/judgement.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void note_time(struct story *story, instant when)
{
	bool is_first = story->calls == 0 && story->rule_count == 0;

	if (is_first || when < story->since) {
		story->since = when;
	}
	if (is_first || when > story->latest) {
		story->latest = when;
	}
}

void story_add_finding(struct story *story, const struct finding *finding, instant when)
{
	size_t i = 0;

	note_time(story, when);
	while (i < story->rule_count && strcmp(story->rules[i], finding->rule) != 0) {
		i++;
	}
	if (i == story->rule_count && i < STORY_RULES_MAX) {
		story->rules[story->rule_count++] = finding->rule;
	}
}

static void add_place(struct story *story, const char *name)
{
	char cut[STORY_PLACE_SIZE];
	size_t i = 0;

	text_copy(text_of(name), cut, sizeof cut);
	while (i < story->place_count && strcmp(story->places[i].name, cut) != 0) {
		i++;
	}
	if (i == STORY_PLACES_MAX) {
		story->calls_elsewhere++;
		return;
	}
	if (i == story->place_count) {
		memcpy(story->places[story->place_count++].name, cut, sizeof cut);
	}
	story->places[i].calls++;
	/* The most called first. */
	for (; i > 0 && story->places[i].calls > story->places[i - 1].calls; i--) {
		struct story_place kept = story->places[i];
		story->places[i] = story->places[i - 1];
		story->places[i - 1] = kept;
	}
}

static void add_caller(struct story *story, struct text caller)
{
	char safe[CALLER_SIZE] = ""; /* copied whole, and kept on disk */

	text_make_safe(text_is_empty(caller) ? TEXT("unknown") : caller, safe, sizeof safe);
	for (size_t i = 0; i < story->caller_count; i++) {
		if (strcmp(story->callers[i], safe) == 0) {
			return;
		}
	}
	if (story->caller_count == STORY_CALLERS_MAX) {
		story->has_more_callers = true;
	} else {
		memcpy(story->callers[story->caller_count++], safe, sizeof safe);
	}
}

void story_add_call(struct story *story, const struct event *event)
{
	note_time(story, event->time);
	story->calls++;
	story->has_stranger = story->has_stranger || event->leg == LEG_OUTSIDE;
	story->is_moved = story->is_moved || event->origin != CALL_ORIGIN_DIALLED;
	add_caller(story, event->caller);
	if (event->destination != NULL) {
		add_place(story, event->destination->name);
	} else {
		add_place(story, event->number->e164[0] != '\0' ? event->number->e164 : "no country");
	}
}

void story_follow(struct story *story, struct story_call *call, const struct event *event, money cost,
	const char *currency)
{
	note_time(story, event->time);
	if (call->is_over) {
		return;
	}
	if (event->answered != 0 && !call->is_answered) {
		call->is_answered = true;
		story->answered++;
		story->up++;
	}
	if (event->up > call->talked) {
		story->talked += event->up - call->talked;
		call->talked = event->up;
	}
	if (currency != NULL && cost > call->cost) {
		story->cost = money_add(story->cost, cost - call->cost);
		call->cost = cost;
		text_copy(text_of(currency), story->currency, sizeof story->currency);
	}
	call->is_over = event->kind == EVENT_CALL_ENDED || event->kind == EVENT_CALL_REFUSED ||
			event->kind == EVENT_CALL_CANCELLED;
	if (call->is_over && call->is_answered) {
		story->up--;
	}
}

void story_add_judgement(struct story *story, const struct judgement *judgement)
{
	bool is_block = judgement->action == ACTION_SOURCE_BLOCKED || judgement->action == ACTION_WOULD_BLOCK;

	story->has_blocked = story->has_blocked || judgement->action == ACTION_SOURCE_BLOCKED;
	story->would_have_blocked = story->would_have_blocked || judgement->action == ACTION_WOULD_BLOCK;
	/* An address is blocked for a call, which is refused, too; but not when it is said of the address
	 * alone. */
	if (judgement->is_repeated || (is_block && !judgement->is_about_call)) {
		return;
	}
	story->refused += judgement->action == ACTION_REFUSED || judgement->action == ACTION_SOURCE_BLOCKED;
	story->would_refuse +=
		judgement->action == ACTION_WOULD_REFUSE || judgement->action == ACTION_WOULD_BLOCK;
}

/* ---- the sentence ---- */

struct writer {
	char *text;
	size_t size, used;
};

static void __attribute__((format(printf, 2, 3))) say(struct writer *writer, const char *format, ...)
{
	size_t left = writer->size - writer->used;
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(writer->text + writer->used, left, format, arguments);
	va_end(arguments);
	writer->used += size < 0 ? 0 : (size_t)size < left ? (size_t)size : left - 1;
}

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* "caller:1001" → "Caller 1001". */
static void say_who(struct writer *writer, const char *subject)
{
	static const struct {
		const char *kind, *words;
	} kinds[] = {{"caller:", "Caller "}, {"source:", "The address "}, {"number:", "Calls to the range "}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t size = strlen(kinds[i].kind);
		if (strncmp(subject, kinds[i].kind, size) == 0) {
			say(writer, "%s%s", kinds[i].words, subject + size);
			return;
		}
	}
	say(writer, "The site");
}

/* When it began: the time alone on the same day. */
static void say_since(struct writer *writer, const struct story *story)
{
	const size_t date_size = strlen("2026-11-22 "), to_minute = strlen("2026-11-22 02:11");
	char since[INSTANT_TEXT_SIZE], latest[INSTANT_TEXT_SIZE];

	instant_format_short(story->since, since);
	instant_format_short(story->latest, latest);
	since[to_minute] = '\0';
	bool is_same_day = strncmp(since, latest, date_size) == 0;
	say(writer, " since %s", since + (is_same_day ? date_size : 0));
}

static void say_callers(struct writer *writer, const struct story *story, const char *subject)
{
	bool is_one = story->caller_count == 1 && strncmp(subject, "caller:", strlen("caller:")) == 0 &&
		      strcmp(subject + strlen("caller:"), story->callers[0]) == 0;

	if (is_one || story->caller_count == 0) {
		return;
	}
	say(writer, " as caller");
	for (size_t i = 0; i < story->caller_count; i++) {
		say(writer, "%s%s", i == 0 ? " " : ", ", story->callers[i]);
	}
	if (story->has_more_callers) {
		say(writer, " and others");
	}
}

static void say_places(struct writer *writer, const struct story *story)
{
	for (size_t i = 0; i < story->place_count; i++) {
		say(writer, "%s%s %" PRIu32, i == 0 ? ": " : ", ", story->places[i].name,
			story->places[i].calls);
	}
	if (story->calls_elsewhere > 0) {
		say(writer, ", elsewhere %" PRIu32, story->calls_elsewhere);
	}
}

/* "45 s", "37 min", "2 h 5 min": as one says it. */
static void say_time(struct writer *writer, duration time)
{
	int64_t minutes = time / MINUTE;

	if (minutes == 0) {
		say(writer, "%" PRId64 " s", time / SECOND);
	} else if (minutes < 120) {
		say(writer, "%" PRId64 " min", minutes);
	} else {
		say(writer, "%" PRId64 " h %" PRId64 " min", minutes / 60, minutes % 60);
	}
}

static void say_figures(struct writer *writer, const struct story *story)
{
	char text[MONEY_TEXT_SIZE];

	if (story->answered == 0) {
		say(writer, "; none was answered");
		return;
	}
	say(writer, "; %" PRIu32 " answered, ", story->answered);
	say_time(writer, story->talked);
	say(writer, " in all");
	if (story->currency[0] != '\0') {
		say(writer, ", about %s so far", money_format(story->cost, story->currency, text));
	}
	if (story->up > 0) {
		say(writer, ", %" PRIu32 " up now", story->up);
	}
}

/* "The calls", "2 of the 5 calls": calls may be refused that came too early for the story to count. */
static void say_how_many(struct writer *writer, const struct story *story, uint32_t count, const char *the)
{
	if (count < story->calls) {
		say(writer, "%" PRIu32 " of %s %" PRIu32 " calls", count, the[0] == 'T' ? "the" : the,
			story->calls);
	} else {
		say(writer, "%s call%s", the, plural(story->calls));
	}
}

static void say_what_was_done(struct writer *writer, const struct story *story)
{
	bool is_one = story->refused == 1;

	if (story->refused == 0 && !story->has_blocked) {
		say(writer, "Nothing was stopped");
	}
	if (story->refused > 0) {
		say_how_many(writer, story, story->refused, "The");
		say(writer, " %s refused", is_one ? "was" : "were");
	}
	if (story->has_blocked) {
		say(writer, "%s address was blocked", story->refused > 0 ? ", and the" : "The");
	}
	if (story->would_refuse > 0) {
		say(writer, "; in mode block ");
		say_how_many(writer, story, story->would_refuse, "the");
		say(writer, " would have been refused");
	}
	if (story->would_have_blocked) {
		say(writer, "%s",
			story->would_refuse > 0 ? " and the address blocked"
						: "; in mode block the address would have been blocked");
	}
	say(writer, ".");
}

static bool has_rule(const struct story *story, const char *rule)
{
	bool found = false;

	for (size_t i = 0; i < story->rule_count; i++) {
		found = found || strcmp(story->rules[i], rule) == 0;
	}
	return found;
}

static const char *what_to_do(const struct story *story, const char *subject)
{
	if (story->is_moved) {
		return "Next: look for call forwarding, DISA and dial-out from voice mail in the PBX, and switch them "
		       "off.";
	}
	if (story->has_stranger) {
		return "Next: close SIP to this address at the firewall, and change the password of the account it "
		       "uses.";
	}
	if (has_rule(story, "blocked_account")) {
		return "Next: ask who uses this account; change its password if it is not they, and then release it.";
	}
	if (strncmp(subject, "caller:", strlen("caller:")) == 0) {
		return "Next: ask who uses this account; if it is not they, change its password and bar calls abroad "
		       "at the PBX or the carrier.";
	}
	return "Next: look which accounts place these calls, and bar calls to these places at the PBX or the carrier.";
}

char *story_rules(const struct story *story, char *buffer, size_t buffer_size)
{
	struct writer writer = {buffer, buffer_size, 0};

	buffer[0] = '\0';
	for (size_t i = 0; i < story->rule_count; i++) {
		say(&writer, "%s%s", i == 0 ? "" : ", ", story->rules[i]);
	}
	return buffer;
}

char *story_tell(const struct story *story, const char *subject, char buffer[static STORY_TEXT_SIZE])
{
	struct writer writer = {buffer, STORY_TEXT_SIZE, 0};
	char rules[STORY_TEXT_SIZE / 2];

	buffer[0] = '\0';
	say_who(&writer, subject);
	say(&writer, ": %" PRIu32 " call%s", story->calls, plural(story->calls));
	say_since(&writer, story);
	say_callers(&writer, story, subject);
	say_places(&writer, story);
	say_figures(&writer, story);
	say(&writer, ". Signs: %s. ", story_rules(story, rules, sizeof rules));
	say_what_was_done(&writer, story);
	say(&writer, " %s", what_to_do(story, subject));
	return buffer;
}
