/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choices, then the bytes of a stream, with a hole in it or none. Cut into pieces of any size it gives the
 * same messages as at once, in the same order, and the same is counted; whatever it is, it does not hide the
 * call behind it. Since the limits are at 64 kB, a byte 0xFF and a number repeat the byte before them so many
 * times, or 300 times as often.
 */
#include "fuzz.h"

#include "pbxguard/decode/sip_framing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_MAX ((size_t)100000)
#define PIECES_MAX 200 /* of long streams; each may copy 64 kB */
#define CALL "\r\n\r\nINVITE sip:behind SIP/2.0\r\nl: 0\r\n\r\n"

struct choices {
	size_t most;   /* bytes of a piece; 0: all at once */
	uint32_t seed; /* for the sizes of the pieces */
	bool begins_in_midst;
	size_t hole;    /* before this byte of the stream; 0: none */
	size_t missing; /* as in sip_framing_gap */
};

struct told {
	char *text; /* all that the messages say */
	size_t size;
	bool call; /* the one behind the stream */
	struct counters counters;
};

struct run {
	const struct choices *choices;
	struct sip_framing framing;
	struct sip_framing_output output;
	FILE *file; /* writes told->text */
	struct told *told;
	const uint8_t *bytes; /* in which the next message's texts must lie */
	size_t size;
};

static void tell_text(struct run *run, struct text text)
{
	MUST_HOLD(fuzz_lies_in(text, run->bytes, run->size));
	fprintf(run->file, "%zu:", text.size);
	fwrite(text.size > 0 ? text.start : "", 1, text.size, run->file);
}

static void tell(void *context, const struct sip_scan *scan)
{
	struct run *run = context;

	MUST_HOLD(scan->is_request ? scan->method_name.size > 0 : scan->status >= 100 && scan->status <= 699);
	run->told->call |= text_equal(scan->request_uri, TEXT("sip:behind"));
	fprintf(run->file, "\n%d %d %x ", scan->method, scan->status, scan->oddities);
	tell_text(run, scan->method_name);
	tell_text(run, scan->request_uri);
	for (int header = 0; header < SIP_HEADER_COUNT; header++) {
		fprintf(run->file, " %d ", scan->occurrences[header]);
		tell_text(run, sip_scan_value(scan, header));
	}
}

/* In a block of their size. Returns how many were used up. */
static size_t show(struct run *run, struct text bytes, bool gap, size_t missing)
{
	uint8_t *copy = fuzz_copy(bytes.start, bytes.size);
	const struct text shown = {(const char *)copy, bytes.size};
	size_t used = bytes.size;

	run->bytes = copy;
	run->size = bytes.size;
	if (gap) {
		sip_framing_gap(&run->framing, shown, missing, &run->output);
	} else {
		used = sip_framing_read(&run->framing, shown, &run->output);
		MUST_HOLD(used <= bytes.size && bytes.size - used < SIP_STREAM_MESSAGE_MAX);
	}
	free(copy);
	return used;
}

/* Then missing bytes follow it, or it ends. */
static void read_part(struct run *run, struct text part, size_t most, size_t missing)
{
	uint32_t seed = run->choices->seed;
	size_t used = 0, given = 0;

	while (given < part.size) {
		seed = seed * 1664525 + 1013904223;
		size_t piece = most == 0 ? part.size : (seed >> 8) % most + 1;
		given = piece < part.size - given ? given + piece : part.size;
		used += show(run, text_part(part, used, given - used), false, 0);
	}
	show(run, text_from(part, used), true, missing);
}

static struct told read_stream(struct text stream, const struct choices *choices, size_t most)
{
	struct told told = {0};
	struct run run = {.choices = choices, .told = &told};

	run.file = open_memstream(&told.text, &told.size);
	MUST_HOLD(run.file != NULL);
	run.output = (struct sip_framing_output){tell, &run, &told.counters};
	if (choices->begins_in_midst) {
		sip_framing_gap(&run.framing, (struct text){0}, SIZE_MAX, &run.output);
	}
	if (choices->hole > 0) {
		read_part(&run, text_part(stream, 0, choices->hole), most, choices->missing);
	}
	read_part(&run, text_from(stream, choices->hole), most, 0);
	fclose(run.file);
	return told;
}

/* A heap block, the caller's. */
static char *expand(struct reader *input, size_t step, size_t *expanded)
{
	char *bytes = malloc(STREAM_MAX + sizeof CALL);
	size_t size = 0;

	MUST_HOLD(bytes != NULL);
	while (reader_left(input) > 0 && size < STREAM_MAX) {
		uint8_t byte = reader_u8(input);
		if (byte != 0xFF || size == 0) {
			bytes[size++] = (char)byte;
			continue;
		}
		size_t count = reader_u8(input) * step;
		count = count < STREAM_MAX - size ? count : STREAM_MAX - size;
		memset(bytes + size, bytes[size - 1], count);
		size += count;
	}
	memcpy(bytes + size, CALL, sizeof CALL - 1);
	*expanded = size;
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t missing[] = {0, 1, 1400, SIZE_MAX};
	struct reader input = reader_of(data, size);
	uint8_t kind = reader_u8(&input), hole = reader_u8(&input);
	struct choices choices = {.seed = reader_u8(&input)};

	choices.most = (size_t)1 << kind % 12;
	choices.begins_in_midst = kind & 16;
	choices.missing = missing[kind >> 6];
	choices.hole = kind & 32 ? hole * (size_t)8 : 0;
	size_t expanded;
	char *bytes = expand(&input, choices.seed & 128 ? 300 : 1, &expanded);
	const struct text stream = {bytes, expanded + sizeof CALL - 1};
	if (choices.hole > expanded) {
		choices.hole = 0;
	}
	if (choices.most < stream.size / PIECES_MAX) {
		choices.most = stream.size / PIECES_MAX;
	}

	struct told whole = read_stream(stream, &choices, 0);
	struct told pieces = read_stream(stream, &choices, choices.most);
	MUST_HOLD(whole.call && pieces.call);
	MUST_HOLD(whole.size == pieces.size && memcmp(whole.text, pieces.text, whole.size) == 0);
	MUST_HOLD(memcmp(&whole.counters, &pieces.counters, sizeof whole.counters) == 0);
	free(whole.text);
	free(pieces.text);
	free(bytes);
	return 0;
}
