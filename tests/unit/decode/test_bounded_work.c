/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crafted messages that cost libosip2 quadratic time when it parses them whole: here it gets a bounded part
 * of each. Counted, not timed. Includes the parser's source, to see what goes through its hands.
 */
#include "../../crafted.h"
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
#define osip_authorization_parse(parsed, value) osip_authorization_parse(parsed, count(value))

#include "../../../src/decode/sip_parser.c"

#define VALUES_MAX 8 /* header fields that the parser looks into, and the request-URI */
#define ARENA_BUDGET (ARENA_SIZE / 4 * 3)

static const char *const fields[] = {"Authorization: Digest username=\"1\"", "Diversion: <sip:1@192.0.2.7>",
	"Diversion: <sip:1@192.0.2.7>", "From: <sip:1@192.0.2.7>", "P-Asserted-Identity: <sip:1@192.0.2.7>",
	"Refer-To: <sip:1@192.0.2.7>", "Referred-By: <sip:1@192.0.2.7>", "To: <sip:1@192.0.2.7>",
	"Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1", "CSeq: 1 INVITE"};

static void require_bounded(const char *name)
{
	struct sip_message read;
	struct sip_scan scan;

	work.calls = work.bytes = work.longest = 0;
	sip_parser_start();
	assert_true(sip_scan((struct text){crafted, crafted_size}, &scan));
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
		craft(&traps[i]);
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
		begin("");
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
	crafted_size = 0;
	add("INVITE sip:01012465550123@192.0.2.10");
	while (crafted_size < 60000) {
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
	begin("");
	for (size_t field = 0; field < COUNT_OF(fields); field++) {
		const struct trap line = {"", fields[field], ";a=\"1\"", "", 1, 80};
		add_line(&line, line.line_size);
	}
	add("\r\n");
	sip_parser_start();
	osip_set_allocators(allocate_a_few, arena_reallocate, arena_release);
	for (size_t blocks = 0; blocks < 600; blocks++) {
		blocks_left = blocks;
		assert_true(sip_scan((struct text){crafted, crafted_size}, &scan));
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
