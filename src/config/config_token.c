/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_token.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 40 /* bytes of a piece in a message */

static void __attribute__((format(printf, 2, 3)))
say(char why[static CONFIG_WHY_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, CONFIG_WHY_SIZE, format, arguments);
	va_end(arguments);
}

bool config_token_is_value(enum config_token token)
{
	return token == CONFIG_TOKEN_STRING || token == CONFIG_TOKEN_NUMBER || token == CONFIG_TOKEN_BOOLEAN;
}

/* ---- the pieces ------------------------------------------------------------------------------------ */

/* NUL past the end; the text has none. */
static char at(struct text text, size_t index)
{
	return index < text.size ? text.start[index] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_of_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '*';
}

static enum config_token next_word(struct text text, size_t *size)
{
	*size = 1;
	while (is_of_word(at(text, *size))) {
		++*size;
	}
	struct text word = text_part(text, 0, *size);
	return text_equal_ignoring_case(word, TEXT("true")) || text_equal_ignoring_case(word, TEXT("false"))
		       ? CONFIG_TOKEN_BOOLEAN
		       : CONFIG_TOKEN_WORD;
}

/* A number that libconfig takes for one: digits, hexadecimal or with a point, perhaps with L. */
static bool is_number(struct text text)
{
	size_t begin = text.start[0] == '-' || text.start[0] == '+' ? 1 : 0;
	bool is_hexadecimal = text_begins_ignoring_case(text_from(text, begin), TEXT("0x"));
	const char *allowed = is_hexadecimal ? "0123456789abcdefABCDEF" : "0123456789.";

	begin += is_hexadecimal ? 2 : 0;
	size_t end = begin;
	while (end < text.size && strchr(allowed, text.start[end]) != NULL) {
		end++;
	}
	struct text suffix = text_from(text, end);
	return end > begin &&
	       (text_is_empty(suffix) || text_equal(suffix, TEXT("L")) || text_equal(suffix, TEXT("LL")));
}

static enum config_token next_number(struct text text, size_t *size, char why[static CONFIG_WHY_SIZE])
{
	*size = 1;
	while (is_of_word(at(text, *size)) || at(text, *size) == '.') {
		++*size;
	}
	if (is_number(text_part(text, 0, *size))) {
		return CONFIG_TOKEN_NUMBER;
	}
	struct text shown = text_part(text, 0, *size < SHOWN ? *size : SHOWN);
	say(why, "%.*s is no number; text and durations stand in quotes: \"%.*s\"", TEXT_PRINT(shown),
		TEXT_PRINT(shown));
	return CONFIG_TOKEN_WRONG;
}

static enum config_token next_string(struct text text, size_t *size, char why[static CONFIG_WHY_SIZE])
{
	size_t end = 1;

	while (at(text, end) != '"') {
		if (text_begins_ignoring_case(text_from(text, end), TEXT("\\x00"))) {
			say(why, "\\x00 can't be part of a text");
			return CONFIG_TOKEN_WRONG;
		}
		end += at(text, end) == '\\' ? 1 : 0;
		if (end >= text.size || at(text, end) == '\n') {
			say(why, "the quote that opens here is not closed on its line");
			return CONFIG_TOKEN_WRONG;
		}
		end++;
	}
	*size = end + 1;
	return CONFIG_TOKEN_STRING;
}

static enum config_token next_block_comment(struct text text, size_t *size, char why[static CONFIG_WHY_SIZE])
{
	size_t end = 2;

	while (!(at(text, end) == '*' && at(text, end + 1) == '/')) {
		if (end >= text.size) {
			say(why, "the comment that opens here is never closed");
			return CONFIG_TOKEN_WRONG;
		}
		end++;
	}
	*size = end + 2;
	return CONFIG_TOKEN_BLANK;
}

static enum config_token next_mark(struct text text, size_t *size, char why[static CONFIG_WHY_SIZE])
{
	static const struct {
		char character;
		enum config_token token;
	} marks[] = {
		{' ', CONFIG_TOKEN_BLANK},
		{'\t', CONFIG_TOKEN_BLANK},
		{'\r', CONFIG_TOKEN_BLANK},
		{'\n', CONFIG_TOKEN_BLANK},
		{'\f', CONFIG_TOKEN_BLANK},
		{'@', CONFIG_TOKEN_INCLUDE},
		{'=', CONFIG_TOKEN_EQUALS},
		{':', CONFIG_TOKEN_EQUALS},
		{',', CONFIG_TOKEN_COMMA},
		{';', CONFIG_TOKEN_SEMICOLON},
		{'{', CONFIG_TOKEN_OPEN},
		{'(', CONFIG_TOKEN_OPEN},
		{'[', CONFIG_TOKEN_OPEN},
		{'}', CONFIG_TOKEN_CLOSE},
		{')', CONFIG_TOKEN_CLOSE},
		{']', CONFIG_TOKEN_CLOSE},
	};

	*size = 1;
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		if (text.start[0] == marks[i].character) {
			return marks[i].token;
		}
	}
	if (text.start[0] > ' ' && text.start[0] < 0x7F) {
		say(why, "`%c` has no meaning here; is a quote missing?", text.start[0]);
	} else {
		say(why, "a character that has no meaning outside quotes");
	}
	return CONFIG_TOKEN_WRONG;
}

enum config_token config_token_next(struct text text, size_t *size, char why[static CONFIG_WHY_SIZE])
{
	char c = at(text, 0), next = at(text, 1);

	if (c == '#' || (c == '/' && next == '/')) {
		*size = text_find(text, '\n');
		return CONFIG_TOKEN_BLANK;
	} else if (c == '/' && next == '*') {
		return next_block_comment(text, size, why);
	} else if (c == '"') {
		return next_string(text, size, why);
	} else if (is_letter(c) || c == '*') {
		return next_word(text, size);
	} else if (is_digit(c) || c == '-' || c == '+' || c == '.') {
		return next_number(text, size, why);
	}
	return next_mark(text, size, why);
}

/* ---- what may follow what --------------------------------------------------------------------------- */

const struct config_bracket *config_grammar_open(const struct config_grammar *grammar)
{
	return grammar->open_count == 0 ? NULL : &grammar->open[grammar->open_count - 1];
}

static bool is_in_list(const struct config_grammar *grammar)
{
	const struct config_bracket *open = config_grammar_open(grammar);

	return open != NULL && open->character != '{';
}

/* What passes here libconfig judges. */
static bool check_order(const struct config_grammar *grammar, enum config_token token, struct text text,
	char why[static CONFIG_WHY_SIZE])
{
	enum config_token before = grammar->before;
	bool is_in_front = before == CONFIG_TOKEN_OPEN || before == CONFIG_TOKEN_COMMA;
	struct text shown = text_part(text, 0, SHOWN);

	why[0] = '\0';
	if (before == CONFIG_TOKEN_WORD && token != CONFIG_TOKEN_EQUALS) {
		say(why, "`=` is missing after %.*s, before `%.*s`",
			TEXT_PRINT(text_part(grammar->before_text, 0, SHOWN)), TEXT_PRINT(shown));
	} else if (token == CONFIG_TOKEN_WORD &&
		   (before == CONFIG_TOKEN_EQUALS || (is_in_front && is_in_list(grammar)))) {
		say(why, "%.*s is no value: true, false, a number, or text in quotes: \"%.*s\"",
			TEXT_PRINT(shown), TEXT_PRINT(shown));
	} else if (before == CONFIG_TOKEN_EQUALS && !config_token_is_value(token) &&
		   token != CONFIG_TOKEN_OPEN) {
		say(why, "a value is missing after `=`");
	} else if (config_token_is_value(before) && config_token_is_value(token)) {
		say(why, "a comma is missing before %.*s", TEXT_PRINT(shown));
	} else if (before == CONFIG_TOKEN_COMMA && token == CONFIG_TOKEN_CLOSE && is_in_list(grammar)) {
		say(why, "a comma with nothing after it; take it out");
	}
	return why[0] == '\0';
}

static bool open_bracket(
	struct config_grammar *grammar, char character, size_t line, char why[static CONFIG_WHY_SIZE])
{
	if (grammar->open_count == CONFIG_NESTING_MAX) {
		say(why, "more than %d groups inside each other", CONFIG_NESTING_MAX);
		return false;
	}
	grammar->open[grammar->open_count++] = (struct config_bracket){character, line};
	return true;
}

static bool close_bracket(struct config_grammar *grammar, char character, char why[static CONFIG_WHY_SIZE])
{
	const struct config_bracket *open = config_grammar_open(grammar);

	if (open == NULL) {
		say(why, "`%c` closes what was never opened", character);
		return false;
	}
	char closing = open->character == '{' ? '}' : open->character == '(' ? ')' : ']';
	if (closing != character) {
		say(why, "`%c` stands where `%c` must close the last `%c`", character, closing,
			open->character);
		return false;
	}
	grammar->open_count--;
	return true;
}

bool config_grammar_accept(struct config_grammar *grammar, enum config_token token, struct text text,
	size_t line, char why[static CONFIG_WHY_SIZE])
{
	if (!check_order(grammar, token, text, why) ||
		(token == CONFIG_TOKEN_OPEN && !open_bracket(grammar, text.start[0], line, why)) ||
		(token == CONFIG_TOKEN_CLOSE && !close_bracket(grammar, text.start[0], why))) {
		return false;
	}
	grammar->before = token;
	grammar->before_text = text;
	return true;
}

bool config_grammar_may_end(const struct config_grammar *grammar)
{
	return grammar->before != CONFIG_TOKEN_WORD && grammar->before != CONFIG_TOKEN_EQUALS;
}
