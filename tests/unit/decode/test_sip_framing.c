/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/sip_framing.h"

#include <stdlib.h>

#define LONG_STREAM 200000

/* What came out: for each message its request-URI or status, '!' when odd, '/' when cut, and a blank. */
struct told {
	char text[1024];
	size_t messages;
};

static void tell(void *context, const struct sip_scan *scan)
{
	struct told *told = context;
	size_t used = strlen(told->text);
	char number[16];
	struct text what = scan->request_uri;

	if (!scan->is_request) {
		snprintf(number, sizeof number, "%u", scan->status);
		what = text_of(number);
	}
	snprintf(told->text + used, sizeof told->text - used, "%.*s%s%s ",
		what.size > 40 ? 40 : (int)what.size, what.start, scan->oddities & SIP_ODD_FRAMING ? "!" : "",
		scan->oddities & SIP_ODD_CUT ? "/" : "");
	told->messages++;
}

/* Gives the stream in pieces of this size, each copied to a block of exactly what is at hand. */
static struct told frame(struct text stream, size_t piece, struct counters *counters, bool end)
{
	struct told told = {0};
	const struct sip_framing_output output = {tell, &told, counters};
	struct sip_framing framing = {0};
	size_t used = 0, shown = 0;

	while (shown < stream.size) {
		shown = shown + piece < stream.size ? shown + piece : stream.size;
		char *copy = malloc(shown - used);
		memcpy(copy, stream.start + used, shown - used);
		size_t taken = sip_framing_read(&framing, (struct text){copy, shown - used}, &output);
		assert_in_range(taken, 0, shown - used);
		used += taken;
		assert_in_range(shown - used, 0, SIP_STREAM_MESSAGE_MAX);
		free(copy);
	}
	if (end) {
		sip_framing_gap(&framing, text_from(stream, used), 0, &output);
	}
	return told;
}

#define INVITE(uri, headers) "INVITE " uri " SIP/2.0\r\nCall-ID: 1\r\n" headers "\r\n"
#define LENGTH(n) "Content-Length: " n "\r\n"
#define OPTIONS(headers) "OPTIONS sip:o SIP/2.0\r\n" headers "\r\n"
#define NEXT "BYE sip:next SIP/2.0\r\n" LENGTH("0") "\r\n"

static const struct {
	const char *what, *stream, *told;
} cases[] = {
	{"one", INVITE("sip:1", LENGTH("0")), "sip:1 "},
	{"one after another", INVITE("sip:1", LENGTH("4")) "v=0\n" NEXT "SIP/2.0 200 OK\r\nl: 0\r\n\r\n",
		"sip:1 sip:next 200 "},
	{"a body without a line end", INVITE("sip:1", "l:5\r\n") "Hello" NEXT, "sip:1 sip:next "},
	{"keep-alives", "\r\n\r\n" NEXT "\r\n\r\n\r\n\r\n" NEXT "\r\n\r\n", "sip:next sip:next "},
	{"lines end with LF alone", "BYE sip:1 SIP/2.0\nl: 3\n\na\n\n" NEXT, "sip:1 sip:next "},
	{"a folded length", OPTIONS("Content-Length:\r\n 4\r\n") "abcd" NEXT, "sip:o sip:next "},
	{"a method that nobody knows", "BREW sip:pot SIP/2.0\r\nl: 0\r\n\r\n" NEXT, "sip:pot sip:next "},
	{"no length", OPTIONS("") NEXT, "sip:o! sip:next "},
	{"no length, but a body", OPTIONS("") "v=0\r\nm=audio 1\r\n" NEXT, "sip:o! sip:next! "},
	{"in the midst of something", "ound\r\n\r\nv=0\r\no=- 1\r\n" NEXT NEXT, "sip:next! sip:next "},
	{"rubbish that ends without a line end", "\x01\x02zzz" NEXT, "sip:next! "},
	{"rubbish that looks like a method", "ACK ACK no\r\nBYE\r\nSIP/x\r\n" NEXT, "sip:next! "},
	{"rubbish that ends with half a word", "\x01o SIP/\nxINVITE\n" NEXT, "sip:next! "},
	{"a method in the midst of a line", "a: branOPTIONS sip:o SIP/2.0\r\n\r\n" NEXT, "sip:o! sip:next "},
	{"rubbish, a status line, and more on its line", "\x01SIP/2.0 200 OKBYE sip:2 SIP/2.0\r\n\r\n" NEXT,
		"200! sip:2! sip:next "},
	{"a host that is named like a method", "REGISTER sip:example.info SIP/2.0\r\nl: 0\r\n\r\n" NEXT,
		"sip:example.info sip:next "},
	/* FreeSWITCH takes a CR alone for a line end. */
	{"lines end with CR alone", "INVITE sip:1 SIP/2.0\rl: 0\r\rINVITE sip:2 SIP/2.0\rl: 0\r\r" NEXT,
		"sip:1 sip:2 sip:next "},
	{"a body behind such lines", "OPTIONS sip:o SIP/2.0\rl: 3\r\r\nv=INVITE sip:2 SIP/2.0\rl: 0\r\r" NEXT,
		"sip:o sip:2 sip:next "},
	{"nothing but such lines", "INVITE sip:1 SIP/2.0\rCall-ID: 1\r", "sip:1!/ "},
	{"only some end so", INVITE("sip:1", "a: b\r\rINVITE sip:2 SIP/2.0\r\nl: 0\r\n"), "sip:1! sip:2! "},
	{"CRs in front of LFs", "BYE sip:1 SIP/2.0\r\r\nl: 0\r\r\n\r\n" NEXT, "sip:1 sip:next "},
	/* Asterisk's chan_sip drops every CR. */
	{"a CR within the start line", "INVITE sip:1\r SIP/2.0\r\nl: 0\r\n\r\n" NEXT, "sip:1 sip:next "},
	{"among header lines, too", INVITE("sip:1", "\r\r\nINVITE sip:2\r SIP/2.0\r\nl: 0\r\n"),
		"sip:1! sip:2! "},
	{"two on a line", INVITE("sip:1", "INVITE sip:2 SIP/2.0\rINVITE sip:3 SIP/2.0\r\nl: 0\r\n"),
		"sip:1! sip:2! sip:3! "},
	/* Lies. */
	{"negative", OPTIONS(LENGTH("-9")) INVITE("sip:2", LENGTH("0")), "sip:o! sip:2 "},
	{"above 64 bits", OPTIONS(LENGTH("18446744073709551617")) "v=0\r\n" INVITE("sip:2", LENGTH("0")) NEXT,
		"sip:o! sip:2 sip:next "},
	{"2 GB", OPTIONS(LENGTH("2000000000")) NEXT, "sip:o! sip:next "},
	{"no number", OPTIONS(LENGTH("0x40")) NEXT, "sip:o! sip:next "},
	{"twice", OPTIONS(LENGTH("0") LENGTH("500")) NEXT, "sip:o! sip:next "},
	{"compact and long", OPTIONS("l: 500\r\n" LENGTH("0")) NEXT, "sip:o! sip:next "},
	{"too large: a call in the body", OPTIONS(LENGTH("5000")) INVITE("sip:2", LENGTH("0")) NEXT,
		"sip:o sip:2! sip:next "},
	{"the same behind a real body",
		OPTIONS(LENGTH("5000")) "v=0\r\no=- 1" INVITE("sip:2", LENGTH("0")) NEXT,
		"sip:o sip:2! sip:next "},
	{"ends within the next start line", OPTIONS(LENGTH("9")) INVITE("sip:2", LENGTH("0")),
		"sip:o sip:2! "},
	{"ends so that a method that nobody knows is left", OPTIONS(LENGTH("3")) INVITE("sip:2", LENGTH("0")),
		"sip:o sip:2! "},
	{"too small: the rest is rubbish", OPTIONS(LENGTH("2")) "v=0\r\no=- 1\r\n" NEXT, "sip:o sip:next! "},
	{"too small: the rest is a method that nobody knows",
		OPTIONS(LENGTH("4")) "Hello" INVITE("sip:2", LENGTH("0")) NEXT,
		"sip:o sip:2! sip:2! sip:next "},
	{"a body that ends with the word", OPTIONS(LENGTH("13")) "please INVITE" NEXT, "sip:o sip:next "},
	{"and a blank", OPTIONS(LENGTH("14")) "please INVITE " NEXT, "sip:o sip:next "},
	{"a call quoted in a body hides no other", /* message/sipfrag, RFC 3420 */
		OPTIONS(LENGTH("30")) "INVITE sip:q SIP/2.0\r\nTo: <a>" INVITE("sip:2", LENGTH("0")) NEXT,
		"sip:o sip:q! sip:next "},
	{"nor when its lines are whole",
		OPTIONS(LENGTH("28")) "INVITE sip:q SIP/2.0\r\nT: a\r\n" INVITE("sip:2", LENGTH("0")) NEXT,
		"sip:o sip:q! sip:2! sip:next "},
	{"a second start line among the lines", "INVITE sip:1 SIP/2.0\r\n" INVITE("sip:2", LENGTH("0")) NEXT,
		"sip:1! sip:2! sip:next "},
	{"cut", "INVITE sip:1 SIP/2.0\r\nCall-ID: 1\r\nFro", "sip:1!/ "},
	{"not even a start line", "INVITE sip:1 SIP/", ""},
};

static void messages_are_found_however_the_bytes_come(void **state)
{
	static const size_t pieces[] = {1, 2, 3, 7, 20, 100, 10000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t j = 0; j < COUNT_OF(pieces); j++) {
			struct counters counters = {0};
			struct told told = frame(text_of(cases[i].stream), pieces[j], &counters, true);
			if (strcmp(told.text, cases[i].told) != 0) {
				fail_msg("%s, by %zu: %s", cases[i].what, pieces[j], told.text);
			}
		}
	}
}

static void what_is_too_large_is_handed_out_and_the_rest_skipped(void **state)
{
	static char stream[LONG_STREAM];
	struct counters counters = {0};

	(void)state;
	int size = snprintf(stream, sizeof stream, "INVITE sip:1 SIP/2.0\r\nCall-ID: 1\r\n");
	while (size < 150000) {
		size += snprintf(stream + size, sizeof stream - (size_t)size, "X-Long: %0600d\r\n", size);
	}
	snprintf(stream + size, sizeof stream - (size_t)size, "\r\n%s", NEXT);
	struct told told = frame(text_of(stream), 1400, &counters, false);
	assert_string_equal(told.text, "sip:1!/ sip:next! ");
	assert_int_equal(counter_get(&counters, COUNTER_MESSAGES_TOO_LARGE), 1);
	assert_true(counter_get(&counters, COUNTER_TCP_BYTES_SKIPPED) > 80000);

	size = snprintf(stream, sizeof stream, "%s", OPTIONS(LENGTH("100000")));
	memset(stream + size, 'x', 100000);
	snprintf(stream + size + 100000, sizeof stream - (size_t)size - 100000, "%s", NEXT);
	told = frame(text_of(stream), 1400, &counters, false);
	assert_string_equal(told.text, "sip:o! sip:next ");
	assert_int_equal(counter_get(&counters, COUNTER_MESSAGES_TOO_LARGE), 2);
}

static void no_start_line_is_lost_at_64_kB(void **state)
{
	static const size_t pieces[] = {1400, LONG_STREAM};
	static char stream[LONG_STREAM];
	struct counters counters = {0};

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		/* A header that is too large just there. */
		size_t size = (size_t)snprintf(stream, sizeof stream, "OPTIONS sip:o SIP/2.0\r\nX: ");
		memset(stream + size, 'x', SIP_STREAM_MESSAGE_MAX);
		snprintf(stream + SIP_STREAM_MESSAGE_MAX - i, sizeof stream - SIP_STREAM_MESSAGE_MAX,
			"\r\n" INVITE("sip:2", LENGTH("0")) NEXT);
		for (size_t j = 0; j < COUNT_OF(pieces); j++) {
			struct told told = frame(text_of(stream), pieces[j], &counters, true);
			assert_non_null(strstr(told.text, "sip:2!"));
		}
		/* Rubbish that begins like a request, on one line with the call. */
		memset(stream, 'x', SIP_STREAM_MESSAGE_MAX);
		memcpy(stream, ": ACK ", 6);
		snprintf(stream + SIP_STREAM_MESSAGE_MAX - i, sizeof stream - SIP_STREAM_MESSAGE_MAX,
			INVITE("sip:2", LENGTH("0")) NEXT);
		for (size_t j = 0; j < COUNT_OF(pieces); j++) {
			struct told told = frame(text_of(stream), pieces[j], &counters, true);
			assert_non_null(strstr(told.text, "sip:2!"));
			assert_non_null(strstr(told.text, "sip:next"));
		}
	}
}

static void a_message_is_handed_out_before_its_body_has_come(void **state)
{
	struct counters counters = {0};
	struct told told = frame(text_of(INVITE("sip:1", LENGTH("300")) "v="), 1400, &counters, false);

	(void)state;
	assert_string_equal(told.text, "sip:1 ");
}

static void a_hole_in_a_body_costs_no_message(void **state)
{
	struct counters counters = {0};
	struct told told = {0};
	const struct sip_framing_output output = {tell, &told, &counters};
	struct sip_framing framing = {0};

	(void)state;
	sip_framing_read(&framing, TEXT(INVITE("sip:1", LENGTH("300")) "v=0"), &output);
	sip_framing_gap(&framing, TEXT(""), 297, &output);
	sip_framing_read(&framing, TEXT(NEXT), &output);
	sip_framing_read(&framing, TEXT(INVITE("sip:2", LENGTH("300")) "v=0"), &output);
	sip_framing_gap(&framing, TEXT(""), 298, &output);
	sip_framing_read(&framing, TEXT("E sip:x SIP/2.0\r\n\r\n" NEXT), &output);
	sip_framing_read(&framing, TEXT("BYE sip:3 SIP/2.0\r\nVia"), &output);
	sip_framing_gap(&framing, TEXT("BYE sip:3 SIP/2.0\r\nVia"), SIZE_MAX, &output);
	sip_framing_read(&framing, TEXT("branch=1\r\n\r\n" NEXT), &output);
	assert_string_equal(told.text, "sip:1 sip:next sip:2 sip:next sip:3!/ sip:next ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_found_however_the_bytes_come),
		cmocka_unit_test(what_is_too_large_is_handed_out_and_the_rest_skipped),
		cmocka_unit_test(no_start_line_is_lost_at_64_kB),
		cmocka_unit_test(a_message_is_handed_out_before_its_body_has_come),
		cmocka_unit_test(a_hole_in_a_body_costs_no_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
