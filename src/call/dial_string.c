/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/dial_string.h"

#include <string.h>

static bool is_letter(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

static bool is_dialable(char character)
{
	return (character >= '0' && character <= '9') || character == '+' || character == '*' ||
	       character == '#';
}

static bool is_separator(char character)
{
	return character == '-' || character == '.' || character == '(' || character == ')' ||
	       character == ' ';
}

/* Takes the next character, decoded. rest is not empty. */
static char next_character(struct text *rest)
{
	struct text escape = text_part(*rest, 0, 3), decoded;
	char buffer[3];

	text_decode_percent(escape, buffer, sizeof buffer, &decoded);
	*rest = text_from(*rest, decoded.size == 1 ? escape.size : 1);
	return buffer[0];
}

/*
 * Parameters have names that begin with a letter. What else follows a semicolon is rubbish inside the number:
 * "110;0101246…" is not 110.
 */
static bool is_parameter_start(char character, struct text rest)
{
	return character == ';' && (rest.size == 0 || is_letter(next_character(&rest)));
}

static void add_character(struct dial_string *string, char character)
{
	if (is_dialable(character)) {
		if (string->size < sizeof string->characters) {
			string->characters[string->size++] = character;
		}
	} else if (!is_separator(character)) {
		string->begins_with_letter =
			string->begins_with_letter ||
			(string->size == 0 && !string->has_rubbish && is_letter(character));
		string->has_letter = string->has_letter || is_letter(character);
		string->has_rubbish = true;
	}
}

static void read_context(struct text value, struct dial_string *string)
{
	size_t used = 0;

	while (value.size > 0 && used < sizeof string->context - 1) {
		char character = next_character(&value);
		if (character == ';') {
			break;
		}
		if (is_dialable(character) && (character == '+') == (used == 0)) {
			string->context[used++] = character;
		} else if (!is_separator(character) && character != '"') {
			used = 0; /* a domain name, which says nothing about the number */
			break;
		}
	}
	string->context[used > 1 ? used : 0] = '\0';
}

static void find_context(struct text parameters, struct dial_string *string)
{
	static const struct text name = TEXT_CONSTANT("phone-context=");
	struct text parameter;

	while (string->context[0] == '\0' && text_split(&parameters, ';', &parameter)) {
		if (text_begins_ignoring_case(parameter, name)) {
			read_context(text_from(parameter, name.size), string);
		}
	}
}

void dial_string_read(const struct sip_uri *uri, struct dial_string *string)
{
	struct text rest = uri->user;

	string->size = 0;
	string->has_rubbish = string->has_letter = string->begins_with_letter = false;
	string->context[0] = '\0';
	while (rest.size > 0) {
		/* Nearly all characters; 60,000 of them must not take long either. */
		if (rest.start[0] != '%' && rest.start[0] != ';') {
			add_character(string, rest.start[0]);
			rest.start++;
			rest.size--;
			continue;
		}
		char character = next_character(&rest);
		if (is_parameter_start(character, rest)) {
			find_context(rest, string);
			break;
		}
		add_character(string, character);
	}
	if (uri->scheme == SIP_SCHEME_TEL) {
		find_context(uri->parameters, string);
	}
}
