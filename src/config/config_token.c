/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/config_token.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_SIZE 41 /* bytes of a piece in a message, with the NUL */

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
	size_t end = begin, points = 0;
	while (end < text.size && strchr(allowed, text.start[end]) != NULL) {
		points += text.start[end] == '.' ? 1 : 0;
		end++;
	}
	struct text suffix = text_from(text, end);
	return end > begin && points <= 1 &&
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
	char shown[SHOWN_SIZE];
	say(why, "%s is not a number", text_make_safe(text_part(text, 0, *size), shown, sizeof shown));
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
	if (text.start[0] == '\'') {
		say(why, "text stands in double quotes: \"…\"");
	} else if (text.start[0] > ' ' && text.start[0] < 0x7F) {
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

/* ---- characters of another keyboard ------------------------------------------------------------------ */

/* The first character of a text in UTF-8, not empty; its size in bytes. */
static size_t decode_character(struct text text, uint32_t *code)
{
	unsigned char lead = (unsigned char)text.start[0];
	size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

	*code = lead < 0x80 ? lead : lead & (0x7FU >> size);
	for (size_t i = 1; i < size; i++) {
		*code = *code << 6 | ((unsigned char)at(text, i) & 0x3F);
	}
	return size;
}

/* What people call it; NULL when nobody takes it for a character of the syntax. */
static const char *foreign_name(uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *name;
	} names[] = {
		{0x00A0, "a no-break space"},
		{0x200B, "a zero-width space"},
		{0x2013, "a long dash"},
		{0x2014, "a long dash"},
		{0x2018, "a curly quote"},
		{0x2019, "a curly quote"},
		{0x201C, "a curly quote"},
		{0x201D, "a curly quote"},
		{0x201E, "a curly quote"},
		{0x2212, "a minus sign"},
		{0x3000, "a full-width space"},
		{0x3001, "a full-width comma"},
		{0xFEFF, "a byte-order mark"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (names[i].code == code) {
			return names[i].name;
		}
	}
	return NULL;
}

bool config_token_is_foreign(struct text text, char why[static CONFIG_WHY_SIZE])
{
	uint32_t code;

	if (text.size == 0 || (unsigned char)text.start[0] < 0xC0) { /* ASCII, or inside a character */
		return false;
	}
	decode_character(text, &code);
	if (foreign_name(code) != NULL) {
		say(why, "%s (U+%04" PRIX32 ") stands here; type an ordinary one", foreign_name(code), code);
		return true;
	}
	if (code >= 0xFF01 && code <= 0xFF5E) { /* the printable characters of ASCII once more */
		say(why, "a full-width `%c` (U+%04" PRIX32 ") stands here; type an ordinary one",
			(char)(code - 0xFEE0), code);
		return true;
	}
	return false;
}

size_t config_token_find_foreign(struct text text)
{
	char why[CONFIG_WHY_SIZE];
	size_t index = 0;

	while (index < text.size && !config_token_is_foreign(text_from(text, index), why)) {
		index++;
	}
	return index;
}

/* ---- values without their quotes ---------------------------------------------------------------------- */

static bool ends_bare(struct text text)
{
	return text.size == 0 || strchr(",;=\"#()[]{}\n", text.start[0]) != NULL ||
	       text_begins(text, TEXT("//")) || text_begins(text, TEXT("/*"));
}

/* How far a value without quotes goes: to the end of the word, or over the blanks in it too. */
static size_t bare_size(struct text text, bool with_blanks)
{
	char why[CONFIG_WHY_SIZE];
	size_t size = 0;

	while (!ends_bare(text_from(text, size)) && !config_token_is_foreign(text_from(text, size), why) &&
		(with_blanks || strchr(" \t\r\f", text.start[size]) == NULL)) {
		size++;
	}
	return text_trim(text_part(text, 0, size)).size;
}

static bool begins_bare(char c)
{
	return is_letter(c) || is_digit(c) || (c != '\0' && strchr("*+-.:", c) != NULL) ||
	       (unsigned char)c >= 0x80;
}

static bool is_yes_or_no(struct text word)
{
	static const char *const words[] = {"yes", "no", "on", "off", "enabled", "disabled"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (text_equal_ignoring_case(word, text_of(words[i]))) {
			return true;
		}
	}
	return false;
}

bool config_token_lacks_quotes(struct text text, char why[static CONFIG_WHY_SIZE])
{
	struct text word = text_part(text, 0, bare_size(text, false));
	size_t whole = bare_size(text, true);
	char shown[SHOWN_SIZE];

	if (!begins_bare(at(text, 0)) || word.size == 0 || is_number(word) ||
		text_equal_ignoring_case(word, TEXT("true")) ||
		text_equal_ignoring_case(word, TEXT("false"))) {
		return false;
	}
	if (text_begins(text_trim(text_from(text, whole)), TEXT("="))) { /* the next setting's name */
		say(why, "a value is missing after `=`");
	} else if (is_yes_or_no(word)) {
		say(why, "%.*s is not a value; write true or false", TEXT_PRINT(word));
	} else {
		text_make_safe(text_part(text, 0, whole), shown, sizeof shown);
		say(why, "%s must stand in quotes: \"%s\"", shown, shown);
	}
	return true;
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

bool config_grammar_wants_value(const struct config_grammar *grammar)
{
	enum config_token before = grammar->before;

	return before == CONFIG_TOKEN_EQUALS ||
	       (is_in_list(grammar) && (before == CONFIG_TOKEN_OPEN || before == CONFIG_TOKEN_COMMA));
}

static char closing_of(char opening)
{
	return opening == '{' ? '}' : opening == '(' ? ')' : ']';
}

/* A value, or the bracket with which a group or list begins. */
static void judge_value(const struct config_grammar *grammar, enum config_token token, const char *shown,
	char why[static CONFIG_WHY_SIZE])
{
	const struct config_bracket *open = config_grammar_open(grammar);
	bool is_array = open != NULL && open->character == '[';

	if (!config_grammar_wants_value(grammar)) {
		if (is_in_list(grammar)) {
			say(why, "a comma is missing before %s", shown);
		} else if (config_token_is_value(grammar->before)) {
			say(why, "a second value, %s; several stand in a list: [ 1, 2 ]", shown);
		} else {
			say(why, "a name and `=` are missing before %s", shown);
		}
	} else if (is_array && token == CONFIG_TOKEN_OPEN) {
		say(why, "`%s` inside [ ]; a list of groups stands in parentheses: ( { … } )", shown);
	} else if (is_array && open->first_value == CONFIG_TOKEN_STRING && token != CONFIG_TOKEN_STRING) {
		say(why, "%s must stand in quotes: \"%s\"", shown, shown);
	} else if (is_array && open->first_value != CONFIG_TOKEN_WRONG && open->first_value != token) {
		say(why, "%s is of another kind than the first element of the list", shown);
	}
}

/* A mark between names and values, or the end of a bracket. */
static void judge_mark(
	const struct config_grammar *grammar, enum config_token token, char why[static CONFIG_WHY_SIZE])
{
	enum config_token before = grammar->before;

	if (before == CONFIG_TOKEN_EQUALS) {
		say(why, "a value is missing after `=`");
	} else if (token == CONFIG_TOKEN_EQUALS && before != CONFIG_TOKEN_WORD) {
		say(why, "a name is missing before `=`");
	} else if (token == CONFIG_TOKEN_SEMICOLON && is_in_list(grammar)) {
		say(why, "a comma belongs between the elements of a list, and `%c` at its end",
			closing_of(config_grammar_open(grammar)->character));
	} else if (token == CONFIG_TOKEN_CLOSE && before == CONFIG_TOKEN_COMMA && is_in_list(grammar)) {
		say(why, "a comma with nothing after it; take it out");
	} else if ((token == CONFIG_TOKEN_SEMICOLON || token == CONFIG_TOKEN_COMMA) &&
		   !config_token_is_value(before) && before != CONFIG_TOKEN_CLOSE) {
		say(why, "`%c` with nothing before it; take it out", token == CONFIG_TOKEN_COMMA ? ',' : ';');
	}
}

/* What passes here libconfig judges. */
static bool check_order(const struct config_grammar *grammar, enum config_token token, struct text text,
	char why[static CONFIG_WHY_SIZE])
{
	char shown[SHOWN_SIZE], name[SHOWN_SIZE];

	why[0] = '\0';
	text_make_safe(text, shown, sizeof shown);
	if (grammar->before == CONFIG_TOKEN_WORD && token != CONFIG_TOKEN_EQUALS) {
		say(why, "`=` is missing after %s, before `%s`",
			text_make_safe(grammar->before_text, name, sizeof name), shown);
	} else if (config_token_is_value(token) || token == CONFIG_TOKEN_OPEN) {
		judge_value(grammar, token, shown, why);
	} else if (token != CONFIG_TOKEN_WORD) {
		judge_mark(grammar, token, why);
	} else if (is_in_list(grammar)) {
		say(why, "a comma is missing before %s", shown);
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
	grammar->open[grammar->open_count++] = (struct config_bracket){.character = character, .line = line};
	return true;
}

static bool close_bracket(struct config_grammar *grammar, char character, char why[static CONFIG_WHY_SIZE])
{
	const struct config_bracket *open = config_grammar_open(grammar);

	if (open == NULL) {
		say(why, "`%c` closes what was never opened", character);
		return false;
	}
	char closing = closing_of(open->character);
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
	if (config_token_is_value(token) && grammar->open_count > 0) {
		grammar->open[grammar->open_count - 1].first_value = token;
	}
	grammar->before = token;
	grammar->before_text = text;
	return true;
}

bool config_grammar_may_end(const struct config_grammar *grammar)
{
	return grammar->before != CONFIG_TOKEN_WORD && grammar->before != CONFIG_TOKEN_EQUALS;
}
