/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/sip_framing.h"

static void emit(
	struct text message, bool odd, struct sip_scan *scan, const struct sip_framing_output *output)
{
	if (!sip_scan(message, scan)) {
		return; /* a start line judged without its end */
	}
	if (odd) {
		scan->oddities |= SIP_ODD_FRAMING;
	}
	output->handler(output->context, scan);
}

static bool ends_line(char c)
{
	return c == '\r' || c == '\n';
}

static void skip(uint64_t size, const struct sip_framing_output *output)
{
	counter_add(output->counters, COUNTER_TCP_BYTES_SKIPPED, size);
}

static void begin(struct sip_framing *framing, enum sip_framing_state state)
{
	*framing = (struct sip_framing){.state = (uint8_t)state, .odd = framing->odd};
}

/*
 * Where the message ends, by its header. No Content-Length on a stream, though it must be there: no body.
 * What can't be trusted is no body either, and what comes is searched; so is what follows a header that ends
 * with a CR alone, because an LF behind it may be its end or the body's beginning.
 */
static void begin_body(
	struct sip_framing *framing, const struct sip_scan *scan, const struct sip_framing_output *output)
{
	struct text value = sip_scan_value(scan, SIP_HEADER_CONTENT_LENGTH);
	uint64_t length = 0;

	framing->odd = false;
	if (scan->occurrences[SIP_HEADER_CONTENT_LENGTH] == 0 && !framing->ends_in_cr) {
		begin(framing, SIP_FRAMING_START);
	} else if (framing->ends_in_cr || scan->occurrences[SIP_HEADER_CONTENT_LENGTH] > 1 ||
		   !text_to_number(value, UINT64_MAX, &length)) {
		begin(framing, SIP_FRAMING_SEARCH);
	} else if (length > SIP_STREAM_MESSAGE_MAX) {
		counter_add(output->counters, COUNTER_MESSAGES_TOO_LARGE, 1);
		begin(framing, SIP_FRAMING_SEARCH);
	} else {
		begin(framing, length > 0 ? SIP_FRAMING_BODY : SIP_FRAMING_START);
		framing->body_left = (uint32_t)length;
	}
}

static bool length_is_odd(const struct sip_scan *scan)
{
	uint64_t length;

	return scan->occurrences[SIP_HEADER_CONTENT_LENGTH] != 1 ||
	       !text_to_number(
		       sip_scan_value(scan, SIP_HEADER_CONTENT_LENGTH), SIP_STREAM_MESSAGE_MAX, &length);
}

static void emit_header(struct sip_framing *framing, struct text header, struct sip_scan *scan,
	const struct sip_framing_output *output)
{
	struct sip_scan inside;

	if (sip_scan(header, scan)) {
		scan->oddities |= framing->odd || length_is_odd(scan) || framing->inside_count > 0
					  ? SIP_ODD_FRAMING
					  : 0;
		output->handler(output->context, scan);
	}
	for (uint8_t i = 0; i < framing->inside_count; i++) {
		emit(text_from(header, framing->inside[i]), true, &inside, output);
	}
}

/*
 * On the start line: others, since what is in front, a method that nobody knows, may be the rest of a body
 * that was longer than it said, or rubbish.
 */
static void note_others(struct sip_framing *framing, struct text line)
{
	enum sip_start start;
	size_t at = sip_start_search(line, 1, SIP_METHOD_OTHER, &start);

	while (start == SIP_START_YES && framing->inside_count < SIP_FRAMING_INSIDE_MAX) {
		framing->inside[framing->inside_count++] = (uint32_t)at;
		at = sip_start_search(line, at + 1, SIP_METHOD_OTHER, &start);
	}
}

/* False when not all of it is there, or the one byte more that tells how the lines end. */
static bool read_start_line(struct sip_framing *framing, struct text bytes)
{
	size_t size = sip_start_size(bytes);

	if (size == 0 || (size == bytes.size && size < SIP_STREAM_MESSAGE_MAX)) {
		return false;
	}
	note_others(framing, text_part(bytes, 0, size));
	framing->line = framing->piece = framing->seen = (uint32_t)size;
	framing->ends_in_cr =
		size < bytes.size && bytes.start[size - 1] == '\r' && !ends_line(bytes.start[size]);
	return true;
}

/* Behind the first CR or LF that is there and was not seen; 0: there is none. */
static size_t next_line(struct sip_framing *framing, struct text bytes)
{
	if (framing->piece == 0 && !read_start_line(framing, bytes)) {
		return 0;
	}
	size_t end = framing->seen + text_find_any(text_from(bytes, framing->seen), "\r\n");
	framing->seen = (uint32_t)end;
	return end < bytes.size ? end + 1 : 0;
}

/* Is it, to its end, an INVITE's start line? Of very many the last is remembered. */
static void note_line(struct sip_framing *framing, struct text bytes, size_t start, size_t end)
{
	struct text line = text_part(bytes, start, end - start);

	if (sip_start_find(text_part(line, 0, 7), 0, SIP_METHOD_INVITE) != 0 ||
		sip_start_judge(line) != SIP_START_YES || sip_start_size(line) != line.size) {
		return;
	}
	if (framing->inside_count == SIP_FRAMING_INSIDE_MAX) {
		framing->inside_count--;
	}
	framing->inside[framing->inside_count++] = (uint32_t)start;
}

/* The two that may end at end: what is behind the CR or LF before it, and what is behind the LF before it. */
static void note_lines(struct sip_framing *framing, struct text bytes, size_t end)
{
	size_t piece = framing->piece;

	note_line(framing, bytes, piece, end);
	framing->piece = framing->seen = (uint32_t)end;
	if (bytes.start[end - 1] == '\n') {
		if (framing->line < piece) {
			note_line(framing, bytes, framing->line, end);
		}
		framing->line = (uint32_t)end;
	}
}

/* Is the line that ends before end the empty one? Some PBXs take a CR alone for a line end: sip_scan.c. */
static bool ends_header(const struct sip_framing *framing, struct text bytes, size_t end)
{
	const char *behind = bytes.start + end;

	if (behind[-1] == '\r') {
		return framing->ends_in_cr && behind[-2] == '\r';
	}
	return behind[-2] == '\n' || (behind[-2] == '\r' && behind[-3] == '\n');
}

static size_t read_header(
	struct sip_framing *framing, struct text all, const struct sip_framing_output *output)
{
	struct text bytes = text_part(all, 0, SIP_STREAM_MESSAGE_MAX);
	struct sip_scan scan = {0};
	size_t end;

	while ((end = next_line(framing, bytes)) > 0) {
		if (ends_header(framing, bytes, end)) {
			emit_header(framing, text_part(bytes, 0, end), &scan, output);
			begin_body(framing, &scan, output);
			return end;
		}
		note_lines(framing, bytes, end);
	}
	if (bytes.size < SIP_STREAM_MESSAGE_MAX) {
		return 0;
	}
	emit_header(framing, bytes, &scan, output);
	counter_add(output->counters, COUNTER_MESSAGES_TOO_LARGE, 1);
	/* A start line that is cut here is not lost. */
	size_t used = framing->piece > 0 ? framing->piece : bytes.size;
	framing->odd = true;
	begin(framing, SIP_FRAMING_SEARCH);
	framing->in_line = !ends_line(bytes.start[used - 1]);
	return used;
}

static size_t read_start(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output)
{
	size_t line_ends = 0;

	(void)output;
	while (line_ends < bytes.size && ends_line(bytes.start[line_ends])) {
		line_ends++;
	}
	switch (sip_start_judge(text_from(bytes, line_ends))) {
	case SIP_START_YES:
		begin(framing, SIP_FRAMING_HEADER);
		break;
	case SIP_START_NO:
		framing->odd = true;
		begin(framing, SIP_FRAMING_SEARCH);
		break;
	default:
		break;
	}
	return line_ends;
}

/* Behind the line that at is in, or behind the bytes. */
static size_t line_after(struct text bytes, size_t at)
{
	size_t end = at + text_find(text_from(bytes, at), '\n');

	return end < bytes.size ? end + 1 : end;
}

/* A line may begin with any method; in its midst only those that we know are looked for. */
static size_t read_search(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output)
{
	enum sip_start start = SIP_START_NO;
	size_t at = 0;

	for (bool in_line = framing->in_line; at < bytes.size && start == SIP_START_NO; in_line = false) {
		if (!in_line) {
			start = sip_start_judge(text_from(bytes, at));
		}
		if (start == SIP_START_NO) {
			struct text up_to_line_end = text_part(bytes, 0, line_after(bytes, at));
			at = sip_start_search(up_to_line_end, at + !in_line, SIP_METHOD_OTHER, &start);
		}
	}
	skip(at, output);
	if (start == SIP_START_YES) {
		begin(framing, SIP_FRAMING_HEADER);
	} else if (at > 0) {
		framing->in_line = bytes.start[at - 1] != '\n';
	}
	return at;
}

/*
 * An INVITE's start line that crosses the body's end is none when another message begins at that end: else
 * "please INVITE" at a body's end would swallow the next start line.
 */
static bool crosses_into_message(struct text bytes, size_t at, size_t body_end)
{
	size_t end = at + sip_start_size(text_from(bytes, at));

	if (end <= body_end) {
		return false;
	}
	struct text behind = text_part(bytes, body_end, end - body_end);
	return sip_start_find(text_part(behind, 0, 12), 0, SIP_METHOD_OTHER) == 0 &&
	       sip_start_judge(behind) == SIP_START_YES;
}

static size_t read_body(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output)
{
	size_t end = framing->body_left < bytes.size ? framing->body_left : bytes.size;
	enum sip_start start = SIP_START_NO;
	size_t at = sip_start_find(text_part(bytes, 0, end + 7), 0, SIP_METHOD_INVITE);

	(void)output;
	if (at < end) {
		at = sip_start_search(bytes, at, SIP_METHOD_INVITE, &start);
	}
	if (at < end && start == SIP_START_YES && !crosses_into_message(bytes, at, framing->body_left)) {
		framing->odd = true;
		begin(framing, SIP_FRAMING_HEADER);
		return at;
	}
	if (at < end && start == SIP_START_MORE) {
		end = at;
	}
	framing->body_left -= (uint32_t)end;
	if (framing->body_left == 0) {
		begin(framing, SIP_FRAMING_START);
	}
	return end;
}

typedef size_t state_reader(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output);

static state_reader *const readers[] = {
	[SIP_FRAMING_START] = read_start,
	[SIP_FRAMING_HEADER] = read_header,
	[SIP_FRAMING_BODY] = read_body,
	[SIP_FRAMING_SEARCH] = read_search,
};

size_t sip_framing_read(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output)
{
	size_t used = 0;

	while (used < bytes.size) {
		uint8_t state = framing->state;
		size_t size = readers[state](framing, text_from(bytes, used), output);
		used += size;
		if (size == 0 && framing->state == state) {
			break;
		}
	}
	return used;
}

void sip_framing_gap(struct sip_framing *framing, struct text rest, size_t missing,
	const struct sip_framing_output *output)
{
	struct sip_scan scan;
	size_t lost = missing == SIZE_MAX ? SIZE_MAX : rest.size + missing;

	if (framing->state == SIP_FRAMING_BODY && lost <= framing->body_left) {
		framing->body_left -= (uint32_t)lost;
		if (framing->body_left == 0) {
			begin(framing, SIP_FRAMING_START);
		}
		return;
	}
	if (framing->state == SIP_FRAMING_HEADER) {
		emit_header(framing, rest, &scan, output);
	} else {
		skip(rest.size, output);
	}
	framing->odd = false; /* the hole explains it; it is counted by itself */
	begin(framing, missing == 0 ? SIP_FRAMING_START : SIP_FRAMING_SEARCH);
	framing->in_line = missing > 0; /* for all we know */
}

static bool may_be_invite(struct text bytes)
{
	return bytes.size > 0 && sip_start_find(text_part(bytes, 0, 7), 0, SIP_METHOD_INVITE) == 0;
}

size_t sip_framing_invite(const struct sip_framing *framing, struct text rest)
{
	if (framing->state != SIP_FRAMING_HEADER || framing->piece == 0) {
		return sip_start_find(rest, 0, SIP_METHOD_INVITE);
	}
	if (may_be_invite(rest)) {
		return 0;
	}
	if (framing->inside_count > 0) {
		return framing->inside[0];
	}
	if (may_be_invite(text_from(rest, framing->line))) {
		return framing->line;
	}
	return may_be_invite(text_from(rest, framing->piece)) ? framing->piece : rest.size;
}
