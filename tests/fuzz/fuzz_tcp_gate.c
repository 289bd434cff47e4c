/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choices, then bytes: one direction of a connection, cut, shuffled, repeated and delayed as the choices say,
 * goes through decoder and gate. What comes out has right checksums and, where it differs at all, differs
 * only within refused INVITEs; nothing is lost unless the connection was stopped; and read anew there is no
 * INVITE that should have been refused, but those that were told too late, after waiting for too long.
 */
#include "fuzz.h"

#include "../gated_line.h"

#define PIECES_MAX 64

struct choices {
	uint8_t flags, most;
	uint32_t seed;
};

static struct line line;

static uint32_t next(struct choices *choices)
{
	choices->seed = choices->seed * 1664525 + 1013904223;
	return choices->seed >> 8;
}

static size_t cut(struct choices *choices, struct text stream, size_t starts[static PIECES_MAX + 1])
{
	size_t count = 0;

	for (size_t at = 0; at < stream.size && count < PIECES_MAX; count++) {
		starts[count] = at;
		at = count == PIECES_MAX - 1 ? stream.size : at + next(choices) % (choices->most * 4 + 1) + 1;
	}
	starts[count] = stream.size;
	return count;
}

static void send_all(struct choices *choices, struct text stream)
{
	size_t starts[PIECES_MAX + 1], count = cut(choices, stream, starts);
	bool was_sent[PIECES_MAX] = {false}, is_slow = choices->flags & 8, is_shuffled = choices->flags & 16;

	for (size_t left = count, piece = 0; left > 0; piece++) {
		piece %= count;
		if (is_shuffled) {
			piece = next(choices) % count;
		} else if (was_sent[piece]) {
			continue;
		}
		left -= !was_sent[piece];
		was_sent[piece] = true;
		line_send(&line, starts[piece], 16,
			text_part(stream, starts[piece], starts[piece + 1] - starts[piece]));
		if (is_slow && next(choices) % 4 == 0) {
			line_wait(&line, 250 * MILLISECOND);
		}
	}
}

static void check(const struct choices *choices, struct text stream)
{
	bool was_stopped = counter_get(&line.counters, COUNTER_STREAMS_STOPPED) > 0;

	/* What waits for longer, or in more pieces, than it may. */
	bool was_given_up =
		choices->flags & 8 || counter_get(&line.counters, COUNTER_QUEUE_HOLDS_GIVEN_UP) > 0;

	MUST_HOLD(line.bad_checksums == 0);
	for (size_t i = 0; i < stream.size; i++) {
		MUST_HOLD(line.is_received[i] || was_stopped || line.dropped > 0);
		MUST_HOLD(!line.is_received[i] || line.may_change[i] || line.received[i] == stream.start[i]);
	}
	MUST_HOLD(line_got_past(&line) <= line.late);
	MUST_HOLD(line.late == 0 || was_given_up);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader input = reader_of(data, size);
	struct choices choices = {.flags = reader_u8(&input), .most = reader_u8(&input)};

	choices.seed = reader_u32(&input);
	uint32_t first = reader_u32(&input);
	if (reader_failed(&input) || reader_left(&input) > 8192) {
		return 0;
	}
	struct text stream = {(const char *)input.bytes, reader_left(&input)};
	fuzz_large_blocks(true);
	line_open(&line, choices.flags & 1, choices.flags & 2 ? 8 : 0, choices.flags & 4 ? first : 1);
	fuzz_large_blocks(false);
	line_send(&line, (size_t)-1, 2, (struct text){0});
	send_all(&choices, stream);
	line_wait(&line, 250 * MILLISECOND);
	send_all(&choices, stream); /* TCP sends again what was lost, cut in another way */
	line_wait(&line, 250 * MILLISECOND);
	check(&choices, stream);
	line_close(&line);
	return 0;
}
