/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/tcp_stream.h"

#include <stdlib.h>

/* What a stream gave: its bytes, "[n]" for a hole of n, "|" for an end, "{...}" for what was shown alone. */
struct story {
	char text[512];
};

static void add(struct story *story, const char *before, struct text bytes, const char *after)
{
	size_t used = strlen(story->text);

	snprintf(story->text + used, sizeof story->text - used, "%s%.*s%s", before, TEXT_PRINT(bytes), after);
}

static bool looks(struct text bytes)
{
	return bytes.start[0] == 'S';
}

/* Uses up whole words only, each with its blank; "X " is of no interest. */
static size_t read_words(void *context, const struct tcp_place *place, void *state, struct text bytes)
{
	size_t used = bytes.size;

	(void)place;
	(void)state;
	while (used > 0 && bytes.start[used - 1] != ' ') {
		used--;
	}
	if (text_begins(bytes, TEXT("X "))) {
		return TCP_STREAM_IGNORE;
	}
	add(context, "", text_part(bytes, 0, used), "");
	return used;
}

static void note_gap(
	void *context, const struct tcp_place *place, void *state, struct text rest, size_t missing)
{
	char hole[32] = "|";

	(void)place;
	(void)state;
	if (missing > 0) {
		snprintf(hole, sizeof hole, missing == SIZE_MAX ? "[?]" : "[%zu]", missing);
	}
	add(context, "", rest, hole);
}

static void show_alone(void *context, const struct tcp_place *place, struct text bytes)
{
	(void)place;
	add(context, "{", bytes, "}");
}

static const struct tcp_reader reader = {8, looks, read_words, note_gap, show_alone};

enum {
	NO_FLAG,
	SYN = 1,
	FIN = 2,
	RST = 4,
	BACK = 8,
	ANEW = 16
}; /* BACK: the other direction; sequence: what it has got. ANEW: that end begins with another number. */

struct step {
	uint32_t sequence;
	const char *bytes; /* NULL: the end of the steps */
	int flags;
	int milliseconds; /* since the first */
};

static void take_step(struct tcp_streams *streams, const struct step *step, bool wanted, struct story *story)
{
	struct tcp_place place = {.source = {.port = 40000}, .destination = {.port = 5060}};
	size_t size = strlen(step->bytes);
	struct tcp_segment segment = {.sequence = step->sequence,
		.syn = step->flags & SYN,
		.fin = step->flags & FIN,
		.rst = step->flags & RST};
	uint8_t *copy = malloc(size + (size == 0));

	memcpy(copy, step->bytes, size);
	segment.payload = reader_of(copy, size);
	if (step->flags & BACK) {
		place.source.port = 5060;
		place.destination.port = 40000;
		segment.ack = true;
		segment.acknowledgement = step->sequence;
		segment.sequence += step->flags & ANEW ? 5000 : 0;
	}
	place.time = DAY + step->milliseconds * MILLISECOND;
	tcp_streams_handle(streams, &place, &segment, wanted, story);
	free(copy);
}

#define STEPS_MAX 12

static const struct {
	const char *what;
	struct step steps[STEPS_MAX];
	const char *story;
	bool any_port;
} cases[] = {
	{"in order", {{9, "", SYN, 0}, {10, "ab ", 0, 0}, {13, "cd ", 0, 0}}, "ab cd "},
	{"a word in three", {{10, "a", 0, 0}, {11, "b", 0, 0}, {12, "c ", 0, 0}}, "abc "},
	{"out of order", {{9, "", SYN, 0}, {16, "ef ", 0, 0}, {13, "cd ", 0, 0}, {10, "ab ", 0, 0}},
		"ab cd ef "},
	{"repeated", {{10, "ab ", 0, 0}, {10, "ab ", 0, 0}, {13, "cd ", 0, 0}, {10, "ab cd ", 0, 0}},
		"ab cd "},
	{"overlapping", {{10, "ab c", 0, 0}, {12, " cd ef ", 0, 0}}, "ab cd ef "},
	{"filled over what came early",
		{{10, "a", 0, 0}, {13, "d", 0, 0}, {15, "f", 0, 0}, {11, "bcdefg ", 0, 0}}, "abcdefg "},
	{"numbers wrap around",
		{{0xFFFFFFFC, "", SYN, 0}, {1, "ef ", 0, 0}, {0xFFFFFFFD, "abc ", 0, 0}, {4, "gh ", 0, 0}},
		"abc ef gh "},
	{"keep-alives", {{10, "ab ", 0, 0}, {12, "\1", 0, 0}, {12, " ", 0, 0}, {13, "cd ", 0, 0}}, "ab cd "},
	{"a repetition that differs", {{10, "ab ", 0, 0}, {10, "aX ", 0, 0}, {13, "cd ", 0, 0}},
		"ab {aX }cd "},
	{"early ones that differ: the first wins",
		{{10, "a", 0, 0}, {12, "cd ", 0, 0}, {12, "XY ", 0, 0}, {11, "b", 0, 0}}, "{XY }abcd "},
	{"differing where it overlaps", {{10, "ab c", 0, 0}, {13, "Xd ", 0, 0}}, "ab cd {Xd }"},
	{"a hole is waited for",
		{{10, "ab ", 0, 0}, {16, "ef ", 0, 10}, {19, "gh ", 0, 1900}, {13, "cd ", 0, 1950}},
		"ab cd ef gh "},
	{"for two seconds", {{10, "ab ", 0, 0}, {16, "ef ", 0, 10}, {19, "gh ", 0, 2010}}, "ab [3]ef gh "},
	{"less when the receiver has the bytes",
		{{10, "ab ", 0, 0}, {16, "ef ", 0, 10}, {19, "", BACK, 20}, {1, "", BACK, 130}}, "ab [3]ef "},
	{"not less when it has not",
		{{10, "ab ", 0, 0}, {16, "ef ", 0, 10}, {13, "", BACK, 20}, {1, "", BACK, 130}}, "ab "},
	{"filled too late",
		{{10, "ab ", 0, 0}, {16, "ef ", 0, 10}, {19, "gh ", 0, 3000}, {13, "cd ", 0, 3001}},
		"ab [3]ef gh {cd }"},
	{"far ahead", {{10, "ab ", 0, 0}, {900000, "S ", 0, 0}, {13, "cd ", 0, 0}}, "ab {S }cd "},
	{"ever again: it is the stream",
		{{10, "ab ", 0, 0}, {900000, "cd ", 0, 0}, {900003, "ef ", 0, 0}, {900006, "gh ", 0, 0},
			{900009, "ij ", 0, 0}},
		"ab {cd }{ef }[?]gh ij "},
	{"and back again",
		{{900000, "ab ", 0, 0}, {10, "cd ", 0, 0}, {13, "ef ", 0, 0}, {16, "gh ", 0, 0},
			{19, "ij ", 0, 0}},
		"ab {cd }{ef }[?]gh ij "},
	{"the end", {{9, "", SYN, 0}, {10, "ab ", 0, 0}, {13, "cd", FIN, 0}}, "ab cd|"},
	{"a reset in order", {{10, "ab c", 0, 0}, {14, "", RST, 0}}, "ab c|"},
	{"a reset elsewhere", {{10, "ab c", 0, 0}, {99, "", RST, 0}, {14, "d ", 0, 0}}, "ab cd "},
	{"another connection",
		{{9, "", SYN, 0}, {10, "ab c", 0, 0}, {700, "", SYN, 0}, {701, "", SYN | BACK, 0},
			{701, "ef ", 0, 0}},
		"ab c|ef "},
	{"another connection, its second segment first",
		{{9, "", SYN, 0}, {10, "ab c", 0, 0}, {700, "", SYN, 0}, {701, "", SYN | BACK, 0},
			{704, "gh ", 0, 0}, {701, "ef ", 0, 0}},
		"ab c|ef gh "},
	{"another connection with the old one's number",
		{{9, "", SYN, 0}, {10, "ab c", 0, 0}, {9, "", SYN, 0}, {10, "", SYN | BACK, 0},
			{10, "ef ", 0, 0}},
		"ab c|ef "},
	{"with the old one's number, and the first was answered",
		{{9, "", SYN, 0}, {10, "", SYN | BACK, 0}, {10, "ab c", 0, 0}, {9, "", SYN, 0},
			{10, "", SYN | BACK | ANEW, 0}, {10, "ef ", 0, 0}},
		"ab c|ef "},
	{"with the very next number",
		{{9, "", SYN, 0}, {10, "ab c", 0, 0}, {13, "", SYN, 0}, {14, "", SYN | BACK, 0},
			{14, "ef ", 0, 0}},
		"ab c|ef "},
	{"another connection of which one direction is seen",
		{{9, "", SYN, 0}, {10, "ab c", 0, 0}, {900000, "", SYN, 0}, {900001, "ef ", 0, 0}},
		"ab c|ef "},
	{"of that too, its second segment first",
		{{9, "", SYN, 0}, {10, "ab c", 0, 0}, {900000, "", SYN, 0}, {900004, "gh ", 0, 0},
			{900001, "ef ", 0, 0}},
		"ab c|ef gh "},
	{"a SYN that the receiver ignores",
		{{9, "", SYN, 0}, {10, "ab c", 0, 0}, {13, "", SYN, 0}, {14, "d ", 0, 0}}, "ab cd "},
	{"one where the bytes will be",
		{{9, "", SYN, 0}, {10, "ab c", 0, 0}, {14, "", SYN, 0}, {14, "d", 0, 0}, {15, "e ", 0, 0}},
		"ab cde "},
	{"the same handshake once more",
		{{9, "", SYN, 0}, {10, "", SYN | BACK, 0}, {10, "a", 0, 0}, {9, "", SYN, 0},
			{10, "", SYN | BACK, 0}, {11, "b ", 0, 0}},
		"ab "},
	{"a forged SYN", {{9, "", SYN, 0}, {10, "ab c", 0, 0}, {700, "", SYN, 0}, {14, "d ", 0, 0}},
		"ab cd "},
	{"a SYN that the receiver ignores, before any data",
		{{9, "", SYN, 0}, {10, "", SYN | BACK, 0}, {900000, "", SYN, 0}, {10, "a", 0, 0},
			{11, "b c", 0, 0}, {14, "d ", 0, 0}},
		"ab cd "},
	{"there, too, the second segment first",
		{{9, "", SYN, 0}, {10, "", SYN | BACK, 0}, {900000, "", SYN, 0}, {11, "b ", 0, 0},
			{10, "a", 0, 0}},
		"ab "},
	{"one before its receiver answered the true one",
		{{9, "", SYN, 0}, {900000, "", SYN, 0}, {800000, "", SYN, 0}, {10, "", SYN | BACK, 0},
			{10, "a", 0, 0}, {11, "b ", 0, 0}},
		"ab "},
	{"what the receiver drops, before any other data",
		{{999, "", SYN, 0}, {1000, "", SYN | BACK, 0}, {900, "XX ", 0, 0}, {1000, "a", 0, 0},
			{1001, "b ", 0, 0}},
		"{XX }ab "},
	{"one where answers are not seen",
		{{9, "", SYN, 0}, {900000, "", SYN, 0}, {10, "a", 0, 0}, {11, "b ", 0, 0}}, "ab "},
	{"a port used again before any data",
		{{9, "", SYN, 0}, {10, "", SYN | BACK, 0}, {900000, "", SYN, 0}, {900001, "", SYN | BACK, 0},
			{900003, "b ", 0, 0}, {900001, "aa", 0, 0}},
		"aab "},
	{"there, too, where answers are not seen",
		{{9, "", SYN, 0}, {900000, "", SYN, 0}, {900003, "b ", 0, 0}, {900001, "aa", 0, 0}}, "aab "},
	{"a minute later, its SYN not seen",
		{{9, "", SYN, 0}, {10, "", SYN | BACK, 0}, {900001, "ab ", 0, 60001},
			{900004, "cd ", 0, 60002}},
		"ab cd "},
	{"a SYN again", {{9, "", SYN, 0}, {10, "ab ", 0, 0}, {9, "", SYN, 0}, {10, "ab ", 0, 0}}, "ab "},
	{"data with the SYN", {{9, "ab ", SYN, 0}, {13, "cd ", 0, 0}}, "ab cd "},
	{"nothing of interest", {{10, "X ", 0, 0}, {12, "ab ", 0, 0}, {900, "S ", 0, 0}}, "|S "},
	{"other ports: from what looks right",
		{{9, "", SYN, 0}, {10, "ab ", 0, 0}, {13, "S ", 0, 0}, {15, "cd ", 0, 0}}, "S cd ", true},
};

static void the_bytes_of_a_direction_come_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct counters counters = {0};
		struct tcp_streams *streams = tcp_streams_new(&reader, &counters);
		struct story story = {0};
		for (const struct step *step = cases[i].steps; step->bytes != NULL; step++) {
			take_step(streams, step, !cases[i].any_port, &story);
		}
		if (strcmp(story.text, cases[i].story) != 0) {
			fail_msg("%s: \"%s\"", cases[i].what, story.text);
		}
		tcp_streams_free(streams);
	}
}

static void at_the_end_of_a_capture_what_was_held_is_shown(void **state)
{
	struct counters counters = {0};
	struct tcp_streams *streams = tcp_streams_new(&reader, &counters);
	struct story story = {0};

	(void)state;
	take_step(streams, &(struct step){10, "ab c", 0, 0}, true, &story);
	take_step(streams, &(struct step){20, "ef g", 0, 0}, true, &story);
	tcp_streams_finish(streams, 2 * DAY, &story);
	assert_string_equal(story.text, "ab c[6]ef g|");
	assert_int_equal(counter_get(&counters, COUNTER_TCP_HOLES), 1);
	tcp_streams_free(streams);
}

static void silent_streams_leave_and_show_what_they_held(void **state)
{
	struct counters counters = {0};
	struct tcp_streams *streams = tcp_streams_new(&reader, &counters);
	struct story story = {0};
	struct tcp_place place = {.source = {.port = 1}, .destination = {.port = 2}};
	const struct tcp_segment segment = {.payload = reader_of("S ", 2)};

	(void)state;
	take_step(streams, &(struct step){10, "ab c", 0, 0}, true, &story);
	place.time = DAY + TCP_STREAM_LIFETIME + 1;
	tcp_streams_handle(streams, &place, &segment, true, &story);
	assert_string_equal(story.text, "ab c|S ");
	assert_int_equal(tcp_streams_count(streams), 1);
	assert_int_equal(counter_get(&counters, COUNTER_TCP_STREAMS_GIVEN_UP), 0);
	tcp_streams_free(streams);
}

/* Where it began was told once: who was forgotten goes on with what comes next. */
static void a_stream_that_had_to_leave_begins_anew_in_the_middle(void **state)
{
	struct counters counters = {0};
	struct tcp_streams *streams = tcp_streams_new(&reader, &counters);
	struct story story = {0}, others = {0};
	struct tcp_place place = {.source = {.port = 40000}, .destination = {.port = 5061}, .time = DAY};
	const struct tcp_segment segment = {.payload = reader_of("X ", 2)};

	(void)state;
	take_step(streams, &(struct step){9, "", SYN, 0}, true, &story);
	take_step(streams, &(struct step){10, "", SYN | BACK, 0}, true, &story);
	take_step(streams, &(struct step){10, "ab ", 0, 0}, true, &story);
	for (uint32_t i = 0; i < TCP_STREAMS_MAX; i++) {
		memcpy(place.source.address.bytes, &i, sizeof i);
		tcp_streams_handle(streams, &place, &segment, true, &others);
	}
	assert_int_equal(counter_get(&counters, COUNTER_TCP_STREAMS_GIVEN_UP), 1);
	take_step(streams, &(struct step){13, "cd ", 0, 0}, true, &story);
	assert_string_equal(story.text, "ab |cd ");
	tcp_streams_free(streams);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_of_a_direction_come_in_order),
		cmocka_unit_test(at_the_end_of_a_capture_what_was_held_is_shown),
		cmocka_unit_test(silent_streams_leave_and_show_what_they_held),
		cmocka_unit_test(a_stream_that_had_to_leave_begins_anew_in_the_middle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
