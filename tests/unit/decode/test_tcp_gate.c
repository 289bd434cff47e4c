/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "../../gated_line.h"

#define HEAD                                                                                                 \
	"\r\nVia: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1\r\nFrom: <sip:1001@192.0.2.1>;tag=1\r\n"             \
	"To: <sip:1@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
#define END "Content-Length: 4\r\n\r\nv=0\n"
#define INVITE(uri) "INVITE " uri " SIP/2.0" HEAD END
#define OPTIONS "OPTIONS sip:192.0.2.1 SIP/2.0\r\nCall-ID: 2\r\nCSeq: 2 OPTIONS\r\nContent-Length: 0\r\n\r\n"

static struct line line;

/* The user part of the only URI with it becomes what is never dialled. */
static const struct {
	const char *sent, *received;
} streams[] = {
	{INVITE("sip:0101246@192.0.2.1"), INVITE("sip:refused@192.0.2.1")},
	{INVITE("sip:0101246123456@192.0.2.1"), INVITE("sip:refused_refus@192.0.2.1")},
	{INVITE("<sip:%30101246@192.0.2.1>"), INVITE("<sip:refused_r@192.0.2.1>")},
	{INVITE("sip:0101246:secret@192.0.2.1"), INVITE("sip:refused_refuse@192.0.2.1")},
	{INVITE("sip:0100@0101246@192.0.2.1"), INVITE("sip:refused_refu@192.0.2.1")},
	{INVITE("sip:0101246;a=b@192.0.2.1"), INVITE("sip:refused_ref@192.0.2.1")},
	{INVITE("sip:0101246"), INVITE("sip:refused")},
	{INVITE("tel:+12465550123"), INVITE("tel:ffffffffffff")},
	{OPTIONS INVITE("sip:0101246@192.0.2.1") OPTIONS, OPTIONS INVITE("sip:refused@192.0.2.1") OPTIONS},
	{INVITE("sip:110@192.0.2.1") "\r\n\r\n" INVITE("sip:0101246@192.0.2.1") INVITE("sip:0202@192.0.2.1"),
		INVITE("sip:110@192.0.2.1") "\r\n\r\n" INVITE("sip:refused@192.0.2.1")
			INVITE("sip:refu@192.0.2.1")},
	{OPTIONS INVITE("sip:1002@192.0.2.1") OPTIONS, OPTIONS INVITE("sip:1002@192.0.2.1") OPTIONS},
};

static void check(const char *received, const char *how, size_t cut)
{
	size_t size = strlen(received);

	if (line.held_count > 0 || line.bad_checksums > 0 || line.is_received[size] ||
		memcmp(line.received, received, size) != 0) {
		fail_msg("%s, cut at %zu: held %zu, checksums %zu: %.*s", how, cut, line.held_count,
			line.bad_checksums, (int)size, line.received);
	}
	assert_int_equal(line_got_past(&line), 0);
	line_close(&line);
}

static void begin(size_t number)
{
	line_open(&line, number & 1, number & 2 ? 8 : 0, number & 4 ? UINT32_MAX - 20 : 1000);
	line_send(&line, (size_t)-1, 2, (struct text){0});
}

static void wherever_an_invite_is_cut_its_number_is_changed_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(streams); i++) {
		struct text sent = text_of(streams[i].sent);
		for (size_t cut = 0; cut < sent.size; cut += i == 0 ? 1 : 3) {
			begin(i + cut);
			line_send(&line, 0, 16, text_part(sent, 0, cut));
			line_send(&line, cut, 16, text_from(sent, cut));
			check(streams[i].received, "in two", cut);

			begin(i + cut);
			line_send(&line, cut, 16, text_from(sent, cut));
			line_send(&line, cut, 16, text_from(sent, cut));
			line_send(&line, 0, 16, (struct text){0});
			line_send(&line, 0, 16, text_part(sent, 0, cut));
			line_send(&line, 0, 16,
				sent); /* all of it again, as if nothing had been acknowledged */
			check(streams[i].received, "the second first", cut);
		}
	}
}

static void byte_by_byte_what_is_held_is_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(streams); i++) {
		struct text sent = text_of(streams[i].sent);
		bool is_refused = strcmp(streams[i].sent, streams[i].received) != 0;
		begin(i);
		for (size_t at = 0; at < sent.size; at++) {
			line_send(&line, at, 16, text_part(sent, at, 1));
			assert_true(line.held_count <= TCP_GATE_HELD_MAX);
		}
		/* More pieces than are held: the last one never gets through. */
		assert_int_equal(line_got_past(&line), 0);
		assert_int_equal(counter_get(&line.counters, COUNTER_STREAMS_STOPPED) > 0, is_refused);
		assert_true(counter_get(&line.counters, COUNTER_QUEUE_HOLDS_GIVEN_UP) > 0);
		line_close(&line);
	}
}

static void pieces_in_any_order_and_repeated_are_put_right(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (size_t run = 0; run < 1500; run++) {
		size_t number = run % COUNT_OF(streams), count = 0, starts[TCP_GATE_HELD_MAX + 2];
		struct text sent = text_of(streams[number].sent);
		bool was_sent[TCP_GATE_HELD_MAX + 1] = {false};
		for (size_t at = 0; at < sent.size && count < TCP_GATE_HELD_MAX; count++) {
			starts[count] = at;
			seed = seed * 1664525 + 1013904223;
			at += (seed >> 8) % 97 + 1;
		}
		starts[count] = sent.size;
		begin(run);
		for (size_t left = count; left > 0;) {
			seed = seed * 1664525 + 1013904223;
			size_t piece = (seed >> 8) % count;
			left -= !was_sent[piece];
			was_sent[piece] = true;
			line_send(&line, starts[piece], 16,
				text_part(sent, starts[piece], starts[piece + 1] - starts[piece]));
		}
		check(streams[number].received, "shuffled", run);
	}
}

static void nothing_but_what_may_be_an_invite_waits(void **state)
{
	static const char *const passing[] = {"\r\n\r\n", "OPT",
		"REGISTER sip:192.0.2.1 SIP/2.0\r\nVia: ", "SIP/2.0 200 OK\r\n",
		"REGISTER sip:192.0.2.1 SIP/2.0\r\nCSeq: 1 INVITE",
		"REGISTER sip:192.0.2.1 SIP/2.0\r\nAllow: INVITE, ACK"};
	static const char *const waiting[] = {"I", "invite", "INVITE sip:0", "\r\n\r\nIN",
		"REGISTER sip:192.0.2.1 SIP/2.0\r\nINVITE sip:0101246@192.0.2.1",
		OPTIONS "INVITE sip:110@192.0.2.1 SIP/2.0\r\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(passing); i++) {
		begin(i);
		line_send(&line, 0, 16, text_of(passing[i]));
		assert_int_equal(line.held_count, 0);
		line_close(&line);
	}
	for (size_t i = 0; i < COUNT_OF(waiting); i++) {
		begin(i);
		line_send(&line, 0, 16, text_of(waiting[i]));
		assert_int_equal(line.held_count, 1);
		line_wait(&line, 200 * MILLISECOND);
		assert_int_equal(line.held_count, 0);
		assert_int_equal(line.packets, 2);
		line_close(&line);
	}
}

static void what_went_on_unfinished_is_refused_by_its_last_piece(void **state)
{
	struct text sent = text_of(streams[0].sent), head = text_part(sent, 0, sent.size - strlen(END));

	(void)state;
	for (size_t cut = 1; cut < head.size; cut++) {
		begin(cut);
		line_send(&line, 0, 16, text_part(sent, 0, cut));
		line_wait(&line, 250 * MILLISECOND); /* "INVITE sip:01", a pause, the rest */
		assert_true(line.is_received[cut - 1]);
		line_send(&line, cut, 16, text_from(sent, cut));
		line_send(&line, cut, 16, text_from(sent, cut));
		assert_int_equal(line.held_count, 0);
		assert_int_equal(line_got_past(&line), 0);
		bool had_user = cut > strlen("INVITE sip:");
		assert_int_equal(counter_get(&line.counters, COUNTER_STREAMS_STOPPED), had_user);
		assert_int_equal(line.is_received[sent.size - 1], !had_user);
		line_close(&line);
	}
}

static void an_honest_call_in_slow_pieces_gets_through(void **state)
{
	struct text sent = TEXT(INVITE("sip:1002@192.0.2.1"));

	(void)state;
	begin(0);
	for (size_t at = 0; at < sent.size; at += 40) {
		line_send(&line, at, 16, text_part(sent, at, 40));
		line_wait(&line, 250 * MILLISECOND);
	}
	check(sent.start, "slowly", 0);
}

static void a_segment_that_contradicts_another_is_dropped(void **state)
{
	struct text honest = TEXT(INVITE("sip:1002000@192.0.2.1")), other = text_of(streams[0].sent);

	(void)state;
	assert_int_equal(honest.size, other.size);
	begin(0);
	line_send(&line, 0, 16, honest);
	line_send(&line, 11, 16, text_part(other, 11, 7)); /* only the number */
	line_send(&line, 0, 16, other);
	line_send(&line, 0, 16, honest);
	assert_int_equal(line.dropped, 2);
	check(honest.start, "contradicted", 0);
}

static void a_packet_of_ours_may_come_by_twice(void **state)
{
	struct text sent = text_of(streams[0].sent);
	size_t size;

	(void)state;
	begin(0);
	line_send(&line, 0, 16, sent);
	uint8_t *again = line_make(&line, line.first, 16, text_of(streams[0].received), &size);
	line_send_packet(&line, again, size);
	assert_int_equal(line.dropped, 0);
	check(streams[0].received, "twice", 0);
}

static void other_packets_pass(void **state)
{
	uint8_t packet[] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1, 0, 80, 0x13,
		0xC4, 0, 8, 0, 0};

	(void)state;
	begin(0);
	for (size_t size = 0; size <= sizeof packet; size++) {
		assert_int_equal(
			tcp_gate_handle(line.gate, packet, size, NULL, line.now).verdict, VERDICT_ACCEPT);
		assert_int_equal(tcp_gate_decide(line.gate, packet, size, false, line.now), VERDICT_ACCEPT);
	}
	line_close(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_an_invite_is_cut_its_number_is_changed_and_nothing_else),
		cmocka_unit_test(byte_by_byte_what_is_held_is_bounded),
		cmocka_unit_test(pieces_in_any_order_and_repeated_are_put_right),
		cmocka_unit_test(nothing_but_what_may_be_an_invite_waits),
		cmocka_unit_test(what_went_on_unfinished_is_refused_by_its_last_piece),
		cmocka_unit_test(an_honest_call_in_slow_pieces_gets_through),
		cmocka_unit_test(a_segment_that_contradicts_another_is_dropped),
		cmocka_unit_test(a_packet_of_ours_may_come_by_twice),
		cmocka_unit_test(other_packets_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
