/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dial-string tricks: digits mixed with what no telephone number has. A PBX that puts the user part of an
 * INVITE into its dial string unchecked dials what the caller wrote there: of 5551234&SIP/carrier/0101246…
 * Asterisk makes two calls, and checks one.
 */
#include "pbxguard/rules/rule.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>
#include <stdio.h>

#define EXAMINED_SIZE 256 /* bytes, decoded; what is behind is not looked at */
#define SHOWN_SIZE 72     /* of them in the sentence */

/* Fewer digits beside such a character are no number: "3&4" may be anybody's name. */
#define DIGITS_MINIMUM 3
/* A letter with fewer digits behind it may begin an extension: 12465550123x101. */
#define DIGITS_BEHIND_LETTER 6
/* More letters make a name, or a device's number in hexadecimal. */
#define LETTERS_MAXIMUM 3

struct injection_settings {
	bool enabled;
};

static const struct setting settings_list[] = {
	RULE_ENABLED(struct injection_settings),
};
static const struct setting_table settings_table = SETTING_TABLE(settings_list);

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool is_letter(char character)
{
	return text_lower(character) >= 'a' && text_lower(character) <= 'z';
}

/* P and W stand for a pause. */
static bool is_pause(char character)
{
	return text_lower(character) == 'p' || text_lower(character) == 'w';
}

/*
 * What means something to a PBX, a shell or a database, and nothing in a number. Not among them: separators
 * (also the slash of German numbers), pauses (commas), and bytes that are no ASCII, which are copied from
 * address books together with the number.
 */
static bool is_meaningful(char character)
{
	return text_find(TEXT("&|;\"'`<>$\\^!{}[]"), character) < sizeof "&|;\"'`<>$\\^!{}[]" - 1 ||
	       (unsigned char)character < ' ' || character == 0x7F;
}

/*
 * The number without its parameters (";phone-context=+81", RFC 3966 §3) and domain ("5551234%40example.com").
 * What else follows a semicolon is no parameter.
 */
static struct text number_part(struct text user)
{
	size_t end = 0;

	while (end < user.size && user.start[end] != '@' &&
		(user.start[end] != ';' || (end + 1 < user.size && !is_letter(user.start[end + 1])))) {
		end++;
	}
	return text_part(user, 0, end);
}

/* "SIP/" */
static bool begins_with_channel(struct text text)
{
	size_t end = 0;

	while (end < text.size && (is_letter(text.start[end]) || is_digit(text.start[end]))) {
		end++;
	}
	return end > 1 && end < text.size && is_letter(text.start[0]) && text.start[end] == '/';
}

/* "&SIP/": a second channel for Asterisk to dial. Also in a parameter, which some PBXs dial as well. */
static bool has_second_channel(struct text user)
{
	struct text piece;

	if (!text_split(&user, '&', &piece)) {
		return false;
	}
	while (text_split(&user, '&', &piece)) {
		if (begins_with_channel(piece)) {
			return true;
		}
	}
	return false;
}

/* The first such character; '\0' also for none, as *found says. */
static char first_meaningful(struct text part, bool *found)
{
	for (size_t i = 0; i < part.size; i++) {
		if (is_meaningful(part.start[i])) {
			*found = true;
			return part.start[i];
		}
	}
	*found = false;
	return '\0';
}

static size_t count_digits(struct text part)
{
	size_t count = 0;

	for (size_t i = 0; i < part.size; i++) {
		count += is_digit(part.start[i]);
	}
	return count;
}

/* Letters among the digits of a call abroad, which a filter for those digits does not expect. */
static bool has_letters_between(struct text part)
{
	size_t behind = count_digits(part), letters = 0, between = 0;

	for (size_t i = 0; i < part.size; i++) {
		behind -= is_digit(part.start[i]);
		if (is_letter(part.start[i]) && !is_pause(part.start[i])) {
			letters++;
			between += behind >= DIGITS_BEHIND_LETTER;
		}
	}
	/* Two letters in front begin a name. */
	bool is_name = part.size > 1 && is_letter(part.start[0]) && is_letter(part.start[1]);
	return between > 0 && letters <= LETTERS_MAXIMUM && !is_name;
}

/* What is wrong with it, to be shown; NULL: nothing. */
static const char *find_trick(struct text user, enum number_kind kind, char buffer[static sizeof "letters"])
{
	struct text part = number_part(user);
	bool found, begins_with_letter = part.size > 0 && is_letter(part.start[0]);
	char character = first_meaningful(part, &found);

	if (has_second_channel(user)) {
		return "&";
	}
	if (found && count_digits(part) >= DIGITS_MINIMUM &&
		(!begins_with_letter || kind == NUMBER_INTERNATIONAL)) {
		return text_make_safe((struct text){&character, 1}, buffer, sizeof "letters");
	}
	return kind == NUMBER_INTERNATIONAL && has_letters_between(part) ? "letters" : NULL;
}

/* Digits and what belongs to them, as nearly everybody dials. */
static bool is_plain_number(struct text user)
{
	for (size_t i = 0; i < user.size; i++) {
		char character = user.start[i];
		if (!is_digit(character) && character != '+' && character != '*' && character != '#') {
			return false;
		}
	}
	return true;
}

/* Also calls that are not abroad; a second leg only says again what the first did. */
static bool wants(const struct event *event)
{
	return event->is_outward &&
	       (event->kind == EVENT_CALL_ATTEMPTED || event->kind == EVENT_CALL_IDENTIFIED) &&
	       !is_plain_number(event->dialed);
}

static void evaluate(
	const void *opaque, void *state, const struct circumstances *circumstances, struct findings *findings)
{
	const struct event *event = circumstances->event;
	const struct tally tally = {.subject = circumstances_narrowest(circumstances),
		.severity = SEVERITY_WARNING,
		.count = 1,
		.limit = 1};
	char buffer[EXAMINED_SIZE], mark[sizeof "letters"], shown[SHOWN_SIZE];
	struct text user;

	(void)opaque;
	(void)state;
	text_decode_percent(event->dialed, buffer, sizeof buffer, &user);
	const char *trick = find_trick(user, event->number->kind, mark);
	/* Scanners send what they like; it matters once an account is named. */
	if (trick == NULL || circumstances->is_unproven) {
		return;
	}
	tally_report_as("dial_injection", &tally, circumstances, findings,
		"Dialled %s: digits mixed with %s can make a PBX dial past its dial plan",
		text_make_safe(event->dialed, shown, sizeof shown), trick);
}

static void say_limits(
	const void *opaque, const struct circumstances *circumstances, struct limits_text *text)
{
	(void)opaque;
	(void)circumstances;
	limits_say(text, "each dialled string with what no number has: warning");
}

extern const struct rule dial_injection_rule; /* as rules.c declares it */
const struct rule dial_injection_rule = {
	.name = "dial_injection",
	.settings = &settings_table,
	.settings_size = sizeof(struct injection_settings),
	.proves = PROVES_CALL | PROVES_SOURCE,
	.wants = wants,
	.evaluate = evaluate,
	.say_limits = say_limits,
};
