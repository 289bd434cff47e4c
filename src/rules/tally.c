/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/tally.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool tally_of(const struct subject *subject, uint32_t count, const struct limits *limits, struct tally *tally)
{
	if (count < limits->warning && count < limits->critical) {
		return false;
	}
	bool is_critical = count >= limits->critical;
	*tally = (struct tally){.subject = subject,
		.severity = is_critical ? SEVERITY_CRITICAL : SEVERITY_WARNING,
		.count = count,
		.limit = is_critical ? limits->critical : limits->warning,
		.span = limits->span};
	return true;
}

bool tally_of_two(const struct subject *subject, const uint32_t counts[static 2],
	const struct limits limits[static 2], struct tally *tally)
{
	struct tally of_long;
	bool short_reached = tally_of(subject, counts[0], &limits[0], tally);
	bool long_reached = tally_of(subject, counts[1], &limits[1], &of_long);

	if (long_reached && (!short_reached || of_long.severity > tally->severity)) {
		*tally = of_long;
	}
	return short_reached || long_reached;
}

size_t tally_add_wider(struct tally tallies[static TALLIES_MAX], size_t count, const struct tally *wider)
{
	if (count == 0 || wider->severity > tallies[count - 1].severity) {
		assert(count < TALLIES_MAX);
		tallies[count++] = *wider;
	}
	return count;
}

size_t tally_subjects(struct window *window, const struct circumstances *circumstances,
	enum subject_kind kinds, const struct limits *limits, struct tally tallies[static TALLIES_MAX])
{
	size_t reached = 0;

	for (int kind = 0; kind < (int)kinds; kind++) {
		const struct subject *subject = &circumstances->subjects[kind];
		struct tally one;
		uint32_t count;
		if (!subject->counts) {
			continue;
		}
		window_add(
			window, text_of(subject->text), circumstances->event->time, &limits->span, 1, &count);
		if (tally_of(subject, count, limits, &one)) {
			reached = tally_add_wider(tallies, reached, &one);
		}
	}
	return reached;
}

char *tally_whom(const struct subject *subject, char buffer[static TALLY_WHOM_SIZE])
{
	switch (subject->kind) {
	case SUBJECT_CALLER:
		snprintf(buffer, TALLY_WHOM_SIZE, "by caller %s", subject->name);
		break;
	case SUBJECT_SOURCE:
		snprintf(buffer, TALLY_WHOM_SIZE, "from the address %s", subject->name);
		break;
	default:
		snprintf(buffer, TALLY_WHOM_SIZE, "by all callers of the site together");
	}
	return buffer;
}

/* ---- the sentence */

struct sentence {
	bool is_cut;
	size_t size;
	char text[REASON_SIZE];
};

/* At the end there may be a part of a character of several bytes (RFC 3629). */
static void drop_last_character(struct sentence *sentence)
{
	size_t start = sentence->size;

	while (start > 0 && ((uint8_t)sentence->text[start - 1] & 0xC0) == 0x80) {
		start--;
	}
	if (start > 0 && (uint8_t)sentence->text[start - 1] >= 0xC0) {
		sentence->size = start - 1;
	}
	sentence->text[sentence->size] = '\0';
}

static void __attribute__((format(printf, 2, 0)))
say_arguments(struct sentence *sentence, const char *format, va_list arguments)
{
	size_t left = sizeof sentence->text - sentence->size;

	if (sentence->is_cut) {
		return;
	}
	int size = vsnprintf(sentence->text + sentence->size, left, format, arguments);
	sentence->is_cut = size < 0 || (size_t)size >= left;
	if (sentence->is_cut) {
		sentence->size = strlen(sentence->text);
		drop_last_character(sentence);
	} else {
		sentence->size += (size_t)size;
	}
}

static void __attribute__((format(printf, 2, 3))) say(struct sentence *sentence, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_arguments(sentence, format, arguments);
	va_end(arguments);
}

static const char *ordinal_ending(uint32_t number)
{
	static const char *const endings[] = {"th", "st", "nd", "rd"};

	return number / 10 % 10 == 1 || number % 10 > 3 ? "th" : endings[number % 10];
}

/* "Second call", or "Call" where nothing is counted. */
static void say_which(struct sentence *sentence, const struct tally *tally)
{
	static const char *const words[] = {"", "First ", "Second ", "Third "};

	if (tally->span == 0) {
		say(sentence, "Call");
	} else if (tally->count < sizeof words / sizeof words[0]) {
		say(sentence, "%scall", words[tally->count]);
	} else {
		say(sentence, "%" PRIu32 "%s call", tally->count, ordinal_ending(tally->count));
	}
}

static void say_by_whom(struct sentence *sentence, const struct tally *tally)
{
	char span[DURATION_TEXT_SIZE], whom[TALLY_WHOM_SIZE];

	say(sentence, " %s", tally_whom(tally->subject, whom));
	if (tally->span > 0) {
		say(sentence, " within %s", duration_format(tally->span, span));
	}
}

static void say_where(struct sentence *sentence, const struct circumstances *circumstances)
{
	const struct event *event = circumstances->event;
	const struct destination_reading *lists = &circumstances->destination;
	const char *separator = " (";

	if (event->destination != NULL) {
		say(sentence, ": to %s", event->destination->name);
	} else if (event->number->e164[0] == '\0') {
		return;
	} else {
		say(sentence, ": to %s, a country code that belongs to nobody", event->number->e164);
	}
	if (lists->high_risk != NULL) {
		say(sentence, "%shigh-risk entry %s", separator, lists->high_risk);
		separator = "; ";
	}
	if (lists->permission != DESTINATION_UNMENTIONED) {
		say(sentence, "%s%s by entry %s", separator,
			lists->permission == DESTINATION_DENIED ? "denied" : "allowed", lists->entry);
		separator = "; ";
	}
	if (separator[0] == ';') {
		say(sentence, ")");
	}
}

static void say_foreign_prefix(struct sentence *sentence, const struct dialed_number *number)
{
	for (size_t i = 0; number->by_foreign_prefix && i < number->step_count; i++) {
		if (number->steps[i].reason == DIAL_STEP_FOREIGN_PREFIX) {
			say(sentence, " behind the foreign prefix %s, which reaches nowhere from here",
				number->steps[i].digits);
			return;
		}
	}
}

static void say_unproven(struct sentence *sentence, bool is_unproven)
{
	if (is_unproven) {
		say(sentence, "; the caller comes from outside and has not been let in yet");
	}
}

/* By whose settings it was judged. */
static void say_group(struct sentence *sentence, const struct caller_group *group)
{
	char name[CALLER_GROUP_NAME_SIZE];

	if (group != NULL) {
		say(sentence, "; the caller is of the group %s",
			text_make_safe(text_of(group->settings.name), name, sizeof name));
	}
}

static void say_calendar(struct sentence *sentence, const struct calendar_reading *calendar)
{
	if (calendar->is_open) {
		say(sentence, "; the office is open.");
	} else {
		say(sentence, "; the office is closed (%s).", calendar->text);
	}
}

/* What every finding says behind its own first words, and all its fields. */
static void report(struct sentence *sentence, const char *rule, const struct tally *tally,
	const struct circumstances *circumstances, struct finding *finding)
{
	struct calendar_reading buffer;
	const struct calendar_reading *calendar = circumstances_calendar(circumstances, &buffer);

	say_where(sentence, circumstances);
	say_foreign_prefix(sentence, circumstances->event->number);
	say_unproven(sentence, circumstances->is_unproven);
	say_group(sentence, circumstances->group);
	say_calendar(sentence, calendar);

	finding->rule = rule;
	finding->is_unproven = circumstances->is_unproven;
	finding->severity = circumstances->is_unproven && tally->severity > SEVERITY_WARNING
				    ? SEVERITY_WARNING
				    : tally->severity;
	finding->count = tally->count;
	finding->limit = tally->limit;
	finding->window = tally->span;
	memcpy(finding->subject, tally->subject->text, sizeof finding->subject);
	memcpy(finding->calendar, calendar->text, sizeof finding->calendar);
	memcpy(finding->reason, sentence->text, sizeof finding->reason);
}

static void say_first_words(
	struct sentence *sentence, const struct report_words *words, const struct tally *tally)
{
	say_which(sentence, tally);
	say(sentence, " %s", words->to_what);
	say_by_whom(sentence, tally);
}

char *tally_words(
	const struct report_words *words, const struct tally *tally, char buffer[static REASON_SIZE])
{
	struct sentence sentence = {0};

	say_first_words(&sentence, words, tally);
	return memcpy(buffer, sentence.text, REASON_SIZE);
}

void tally_report(const struct report_words *words, const struct tally *tally,
	const struct circumstances *circumstances, struct findings *findings)
{
	struct sentence sentence = {0};
	struct finding *finding = findings_add(findings);

	if (finding == NULL) {
		return;
	}
	say_first_words(&sentence, words, tally);
	report(&sentence, words->rule, tally, circumstances, finding);
}

struct finding *tally_report_as(const char *rule, const struct tally *tally,
	const struct circumstances *circumstances, struct findings *findings, const char *format, ...)
{
	struct sentence sentence = {0};
	struct finding *finding = findings_add(findings);
	va_list arguments;

	if (finding == NULL) {
		return NULL;
	}
	va_start(arguments, format);
	say_arguments(&sentence, format, arguments);
	va_end(arguments);
	report(&sentence, rule, tally, circumstances, finding);
	return finding;
}
