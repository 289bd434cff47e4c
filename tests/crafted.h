/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INVITEs made to cost a parser as much time as they can. */
#ifndef PBXGUARD_TESTS_CRAFTED_H
#define PBXGUARD_TESTS_CRAFTED_H

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define CRAFTED_SIZE 65000 /* bytes: nearly what a datagram may have */

/* A message with all there has to be, and `lines` header lines that are made of a start, many pieces, an end.
 */
struct trap {
	const char *name, *start, *piece, *end;
	size_t lines, line_size;
};

static const struct trap traps[] = {
	{"a header of many values", "Via: SIP/2.0/UDP 192.0.2.7;branch=1", ", SIP/2.0/UDP 192.0.2.7;branch=1",
		"", 1, 60000},
	{"many Via lines", "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1", "", "", 1200, 50},
	{"a comma list", "Diversion: <sip:1@192.0.2.7>", ",<sip:1@192.0.2.7>", "", 1, 60000},
	{"commas alone", "Diversion: ", ",", "", 1, 60000},
	{"quoted strings", "Diversion: ", "\"a\",", "<sip:1@192.0.2.7>", 1, 60000},
	{"escaped quotes", "Diversion: \"", "\\\"", "\" <sip:1@192.0.2.7>", 1, 60000},
	{"quotes that never end", "Diversion: ", "\"", "", 1, 60001},
	{"many parameters", "Diversion: <sip:1@192.0.2.7>", ";a=1", "", 1, 60000},
	{"parameters without values", "Diversion: <sip:1@192.0.2.7>", ";", "", 1, 60000},
	{"parameters of the URI", "Diversion: <sip:1@192.0.2.7", ";a=1", ">", 1, 60000},
	{"headers of the URI", "Diversion: <sip:1@192.0.2.7?a=1", "&a=1", ">", 1, 60000},
	{"credentials", "Authorization: Digest username=\"1\"", ",a=\"1\"", "", 1, 60000},
	{"credentials of nobody", "Authorization: Digest a=\"1\"", ",", "", 1, 60000},
	{"brackets", "Diversion: ", "<", "", 1, 60000},
	{"folded lines", "Diversion:", "\r\n ", "<sip:1@192.0.2.7>", 1, 60000},
	{"spaces", "Diversion: <sip:1@192.0.2.7>;a", " ", "=1", 1, 60000},
	{"escapes", "Diversion: <sip:", "%41", "@192.0.2.7>", 1, 60000},
	{"lines without a colon", "x", "", "", 20000, 1},
	{"lines of one field", "Diversion: <sip:1@192.0.2.7>", ";a", "", 60, 1000},
};

static char crafted[CRAFTED_SIZE * 2];
static size_t crafted_size;

static void add(const char *text)
{
	size_t size = strlen(text);

	assert(crafted_size + size < sizeof crafted);
	memcpy(crafted + crafted_size, text, size);
	crafted_size += size;
}

static void add_line(const struct trap *trap, size_t size)
{
	size_t from = crafted_size;

	add(trap->start);
	while (trap->piece[0] != '\0' && crafted_size - from + strlen(trap->piece) <= size) {
		add(trap->piece);
	}
	add(trap->end);
	add("\r\n");
}

/* The request line, the dialled number followed by many such pieces. */
static void begin(const char *piece)
{
	crafted_size = 0;
	add("INVITE sip:01012465550123");
	while (piece[0] != '\0' && crafted_size < 60000) {
		add(piece);
	}
	add("@192.0.2.10 SIP/2.0\r\n");
}

static void craft(const struct trap *trap)
{
	begin("");
	for (size_t line = 0; line < trap->lines; line++) {
		add_line(trap, trap->line_size);
	}
	add("\r\n");
}

#endif
