/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts a configuration's text into the pieces of which libconfig's syntax is made, and knows which piece may
 * follow which. It lets less through than libconfig does, and says in a person's words what is wrong, where
 * libconfig says "syntax error"; two strings without a comma it would even make one, in silence.
 */
#ifndef PBXGUARD_CONFIG_CONFIG_TOKEN_H
#define PBXGUARD_CONFIG_CONFIG_TOKEN_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_NESTING_MAX 16 /* groups, lists and arrays inside each other */
#define CONFIG_WHY_SIZE 160   /* bytes of a sentence with the NUL */

enum config_token {
	CONFIG_TOKEN_WRONG,
	CONFIG_TOKEN_BLANK,   /* white space, a comment */
	CONFIG_TOKEN_INCLUDE, /* the @ of @include */
	CONFIG_TOKEN_WORD,    /* a name */
	CONFIG_TOKEN_EQUALS,
	CONFIG_TOKEN_STRING, /* with its quotes */
	CONFIG_TOKEN_NUMBER,
	CONFIG_TOKEN_BOOLEAN,
	CONFIG_TOKEN_COMMA,
	CONFIG_TOKEN_SEMICOLON,
	CONFIG_TOKEN_OPEN,  /* { ( [ */
	CONFIG_TOKEN_CLOSE, /* } ) ] */
};

bool config_token_is_value(enum config_token token);

/* The piece with which the text (not empty) begins; why says what is wrong with CONFIG_TOKEN_WRONG. */
enum config_token config_token_next(struct text text, size_t *size, char why[static CONFIG_WHY_SIZE]);

/*
 * Is the first character one that looks like one of the syntax but is none: a full-width space, a curly
 * quote? The text is whole UTF-8, from a character's first byte or inside one; why names it.
 */
bool config_token_is_foreign(struct text text, char why[static CONFIG_WHY_SIZE]);
size_t config_token_find_foreign(struct text text); /* the index of the first such, or text.size */
/* Is it something else than a value, where a value has to begin: 192.0.2.10, CU? why says how to write it. */
bool config_token_lacks_quotes(struct text text, char why[static CONFIG_WHY_SIZE]);

struct config_bracket {
	char character;
	size_t line;                   /* as config_grammar_accept was told */
	enum config_token first_value; /* the kind of its values; CONFIG_TOKEN_WRONG: none yet */
};

/* What came before. All zero is the beginning. */
struct config_grammar {
	enum config_token before;
	struct text before_text; /* borrowed: of the piece before */
	size_t open_count;
	struct config_bracket open[CONFIG_NESTING_MAX];
};

/* May this piece (none of WRONG, BLANK, INCLUDE) come next? If so it is what came before. line: where it is.
 */
bool config_grammar_accept(struct config_grammar *grammar, enum config_token token, struct text text,
	size_t line, char why[static CONFIG_WHY_SIZE]);
/* Must a value come next, or the end of an empty list? */
bool config_grammar_wants_value(const struct config_grammar *grammar);
/* May a file end here? Brackets may stay open: the including file can close them. */
bool config_grammar_may_end(const struct config_grammar *grammar);
/* The bracket that was opened last and not closed; NULL when all are. */
const struct config_bracket *config_grammar_open(const struct config_grammar *grammar);

#endif
