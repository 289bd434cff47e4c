/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crafted messages that cost libosip2 quadratic time when it parses them whole: here it gets a bounded part
 * of each. Counted, not timed. Includes the parser's source, to see what goes through its hands.
 */
#include "../test.h"

#include <osipparser2/osip_parser.h>
#include <stdlib.h>

static struct {
	size_t calls, bytes, longest;
} work;

static const char *count(const char *value)
{
	size_t size = strlen(value);

	work.calls++;
	work.bytes += size;
	work.longest = size > work.longest ? size : work.longest;
	return value;
}

#define osip_uri_parse(parsed, value) osip_uri_parse(parsed, count(value))
#define osip_from_parse(parsed, value) osip_from_parse(parsed, count(value))
#define osip_cseq_parse(parsed, value) osip_cseq_parse(parsed, count(value))
#define osip_via_parse(parsed, value) osip_via_parse(parsed, count(value))
#define osip_authorization_parse(parsed, value) osip_authorization_parse(parsed, count(value))

#include "../../../src/decode/sip_parser.c"

#define MESSAGE_SIZE 65000
#define VALUES_MAX 11 /* header fields that the parser looks into, and the request-URI */
#define ARENA_BUDGET (ARENA_SIZE / 4 * 3)

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
	{"a comma list", "Contact: <sip:1@192.0.2.7>", ",<sip:1@192.0.2.7>", "", 1, 60000},
	{"commas alone", "Contact: ", ",", "", 1, 60000},
	{"quoted strings", "Contact: ", "\"a\",", "<sip:1@192.0.2.7>", 1, 60000},
	{"escaped quotes", "Contact: \"", "\\\"", "\" <sip:1@192.0.2.7>", 1, 60000},
	{"quotes that never end", "Contact: ", "\"", "", 1, 60001},
	{"many parameters", "Contact: <sip:1@192.0.2.7>", ";a=1", "", 1, 60000},
	{"parameters without values", "Contact: <sip:1@192.0.2.7>", ";", "", 1, 60000},
	{"parameters of the URI", "Contact: <sip:1@192.0.2.7", ";a=1", ">", 1, 60000},
	{"headers of the URI", "Contact: <sip:1@192.0.2.7?a=1", "&a=1", ">", 1, 60000},
	{"credentials", "Authorization: Digest username=\"1\"", ",a=\"1\"", "", 1, 60000},
	{"brackets", "Contact: ", "<", "", 1, 60000},
	{"folded lines", "Contact:", "\r\n ", "<sip:1@192.0.2.7>", 1, 60000},
	{"spaces", "Contact: <sip:1@192.0.2.7>;a", " ", "=1", 1, 60000},
	{"escapes", "Contact: <sip:", "%41", "@192.0.2.7>", 1, 60000},
	{"lines without a colon", "x", "", "", 20000, 1},
	{"lines of one field", "m: <sip:1@192.0.2.7>", ";a", "", 60, 1000},
};

static const char *const fields[] = {"Authorization: Digest username=\"1\"", "Contact: <sip:1@192.0.2.7>",
	"Diversion: <sip:1@192.0.2.7>", "From: <sip:1@192.0.2.7>", "P-Asserted-Identity: <sip:1@192.0.2.7>",
	"Refer-To: <sip:1@192.0.2.7>", "Referred-By: <sip:1@192.0.2.7>", "To: <sip:1@192.0.2.7>",
	"Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1", "CSeq: 1 INVITE"};

static char message[MESSAGE_SIZE * 2];
static size_t message_size;

static void add(const char *text)
{
	size_t size = strlen(text);

	assert_true(message_size + size < sizeof message);
	memcpy(message + message_size, text, size);
	message_size += size;
}

static void add_line(const struct trap *trap, size_t size)
{
	size_t from = message_size;

	add(trap->start);
	while (trap->piece[0] != '\0' && message_size - from + strlen(trap->piece) <= size) {
		add(trap->piece);
	}
	add(trap->end);
	add("\r\n");
}

static void begin(void)
{
	message_size = 0;
	add("INVITE sip:01012465550123@192.0.2.10 SIP/2.0\r\n");
}

static void require_bounded(const char *name)
{
	struct sip_message read;
	struct sip_scan scan;

	work.calls = work.bytes = work.longest = 0;
	sip_parser_start();
	assert_true(sip_scan((struct text){message, message_size}, &scan));
	sip_parse(&scan, &read);
	if (work.calls > VALUES_MAX || work.longest > SIP_VALUE_MAX || arena.used > ARENA_BUDGET) {
		fail_msg("%s: %zu calls of libosip2 for %zu bytes, the longest %zu, %zu of memory", name,
			work.calls, work.bytes, work.longest, arena.used);
	}
	assert_true(text_equal(read.request_uri.user, TEXT("01012465550123")));
}

static void crafted_messages_reach_libosip2_in_bounded_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(traps); i++) {
		begin();
		for (size_t line = 0; line < traps[i].lines; line++) {
			add_line(&traps[i], traps[i].line_size);
		}
		add("\r\n");
		require_bounded(traps[i].name);
	}
}

/* Each value as long as libosip2 may get it, of the pieces that cost most. */
static void values_at_the_limit_stay_within_the_memory(void **state)
{
	static const char *const pieces[] = {";a=1", ";a", ";", ",a=\"1\"", ",", "\"\"", " ", "?a=1", "&a=1",
		";flag-of-15-let", ";name-of-15=val", ";q=\"quoted-val\"", ",<sip:1@a.test>"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		begin();
		for (size_t field = 0; field < COUNT_OF(fields); field++) {
			const struct trap line = {"", fields[field], pieces[i], "", 1, 0};
			add_line(&line, SIP_VALUE_MAX);
		}
		add("\r\n");
		require_bounded(pieces[i]);
	}
}

static void a_longer_request_uri_is_not_given_to_libosip2(void **state)
{
	(void)state;
	message_size = 0;
	add("INVITE sip:01012465550123@192.0.2.10");
	while (message_size < 60000) {
		add(";a=1");
	}
	add(" SIP/2.0\r\n\r\n");
	require_bounded("a long request-URI");
	assert_int_equal(work.calls, 0);
}

static size_t blocks_left;

static void *allocate_a_few(size_t size)
{
	return blocks_left > 0 ? blocks_left--, arena_allocate(size) : NULL;
}

/* As in an arena that is full: libosip2 gives up in the middle of a value, at each of its allocations. */
static void without_memory_the_lenient_reading_stays(void **state)
{
	struct sip_message read;
	struct sip_scan scan;

	(void)state;
	begin();
	for (size_t field = 0; field < COUNT_OF(fields); field++) {
		const struct trap line = {"", fields[field], ";a=\"1\"", "", 1, 80};
		add_line(&line, line.line_size);
	}
	add("\r\n");
	sip_parser_start();
	osip_set_allocators(allocate_a_few, arena_reallocate, arena_release);
	for (size_t blocks = 0; blocks < 600; blocks++) {
		blocks_left = blocks;
		assert_true(sip_scan((struct text){message, message_size}, &scan));
		sip_parse(&scan, &read);
		assert_true(text_equal(read.request_uri.user, TEXT("01012465550123")));
		assert_true(text_equal(read.from.uri.user, TEXT("1")));
		assert_true(text_equal(read.via_branch, TEXT("z9hG4bK1")));
	}
	assert_true(blocks_left > 0); /* the last time there was enough */
	sip_parser_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crafted_messages_reach_libosip2_in_bounded_pieces),
		cmocka_unit_test(values_at_the_limit_stay_within_the_memory),
		cmocka_unit_test(a_longer_request_uri_is_not_given_to_libosip2),
		cmocka_unit_test(without_memory_the_lenient_reading_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
