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
 * What can't be trusted is no body either, and what comes is searched.
 */
static void begin_body(
	struct sip_framing *framing, const struct sip_scan *scan, const struct sip_framing_output *output)
{
	struct text value = scan->values[SIP_HEADER_CONTENT_LENGTH];
	uint64_t length = 0;

	framing->odd = false;
	if (scan->occurrences[SIP_HEADER_CONTENT_LENGTH] == 0) {
		begin(framing, SIP_FRAMING_START);
	} else if (scan->occurrences[SIP_HEADER_CONTENT_LENGTH] > 1 ||
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
	       !text_to_number(scan->values[SIP_HEADER_CONTENT_LENGTH], SIP_STREAM_MESSAGE_MAX, &length);
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

/* The line is in bytes from start to end, its LF included. Of very many the last is remembered. */
static void note_line(struct sip_framing *framing, struct text bytes, size_t start, size_t end)
{
	struct text line = text_part(bytes, start, end - start);

	if (start == 0 || sip_start_find(text_part(line, 0, 7), 0, SIP_METHOD_INVITE) != 0 ||
		sip_start_judge(line) != SIP_START_YES) {
		return;
	}
	if (framing->inside_count == SIP_FRAMING_INSIDE_MAX) {
		framing->inside_count--;
	}
	framing->inside[framing->inside_count++] = (uint32_t)start;
}

static bool is_empty_line(struct text bytes, size_t start, size_t end)
{
	return end - start == 1 || (end - start == 2 && bytes.start[start] == '\r');
}

static size_t read_header(
	struct sip_framing *framing, struct text all, const struct sip_framing_output *output)
{
	struct text bytes = text_part(all, 0, SIP_STREAM_MESSAGE_MAX);
	struct sip_scan scan = {0};

	for (;;) {
		size_t end = framing->seen + text_find(text_from(bytes, framing->seen), '\n');
		if (end == bytes.size) {
			break;
		}
		size_t start = framing->line;
		framing->line = framing->seen = (uint32_t)++end;
		if (is_empty_line(bytes, start, end)) {
			emit_header(framing, text_part(bytes, 0, end), &scan, output);
			begin_body(framing, &scan, output);
			return end;
		}
		note_line(framing, bytes, start, end);
	}
	framing->seen = (uint32_t)bytes.size;
	if (bytes.size < SIP_STREAM_MESSAGE_MAX) {
		return 0;
	}
	emit_header(framing, bytes, &scan, output);
	counter_add(output->counters, COUNTER_MESSAGES_TOO_LARGE, 1);
	framing->odd = true;
	begin(framing, SIP_FRAMING_SEARCH);
	return bytes.size;
}

static size_t read_start(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output)
{
	size_t line_ends = 0;

	(void)output;
	while (line_ends < bytes.size && (bytes.start[line_ends] == '\r' || bytes.start[line_ends] == '\n')) {
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

/* On the line of a start line that was searched for: more of them, since rubbish may look like one. */
static void note_others(struct sip_framing *framing, struct text bytes)
{
	size_t end = line_after(bytes, 0);

	for (size_t at = sip_start_find(bytes, 1, SIP_METHOD_OTHER); at < end;
		at = sip_start_find(bytes, at + 1, SIP_METHOD_OTHER)) {
		if (framing->inside_count < SIP_FRAMING_INSIDE_MAX &&
			sip_start_judge(text_from(bytes, at)) == SIP_START_YES) {
			framing->inside[framing->inside_count++] = (uint32_t)at;
		}
	}
}

static bool begins_status_line(struct text bytes, size_t at)
{
	return text_begins_ignoring_case(text_from(bytes, at), TEXT("SIP/"));
}

/*
 * Where to look next after at, which is no start line: at the words of its line that we know, at last behind
 * the line, which ends bytes. What began like a request told by its line's end that it is none: so are all
 * the others of that line, but a status line may follow.
 */
static size_t next_candidate(struct text bytes, size_t at)
{
	bool was_request = !begins_status_line(bytes, at) &&
			   sip_start_find(text_part(bytes, at, 12), 0, SIP_METHOD_OTHER) == 0;

	do {
		at = sip_start_find(bytes, at + 1, SIP_METHOD_OTHER);
	} while (was_request && at < bytes.size && !begins_status_line(bytes, at));
	return at;
}

static size_t read_search(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output)
{
	size_t line = line_after(bytes, 0);
	size_t at = framing->in_line ? sip_start_find(text_part(bytes, 0, line), 0, SIP_METHOD_OTHER) : 0;
	enum sip_start start = SIP_START_NO;

	while (at < bytes.size && (start = sip_start_judge(text_from(bytes, at))) == SIP_START_NO) {
		line = at < line ? line : line_after(bytes, at);
		at = next_candidate(text_part(bytes, 0, line), at);
	}
	skip(at, output);
	if (at < bytes.size && start == SIP_START_YES) {
		begin(framing, SIP_FRAMING_HEADER);
		note_others(framing, text_from(bytes, at));
	} else {
		framing->in_line = at == bytes.size && bytes.start[at - 1] != '\n';
	}
	return at;
}

/*
 * Does an INVITE begin at at, before the body's end? A line that crosses the end is one only when no other
 * message begins at that end: else "please INVITE" at a body's end would swallow the next start line.
 */
static enum sip_start judge_inside(struct text bytes, size_t at, size_t body_end)
{
	enum sip_start inside = sip_start_judge(text_from(bytes, at));

	if (inside != SIP_START_YES || line_after(bytes, at) <= body_end) {
		return inside;
	}
	struct text behind = text_from(bytes, body_end);
	bool other = sip_start_find(text_part(behind, 0, 12), 0, SIP_METHOD_OTHER) == 0 &&
		     sip_start_judge(behind) == SIP_START_YES;
	return other ? SIP_START_NO : SIP_START_YES;
}

static size_t read_body(
	struct sip_framing *framing, struct text bytes, const struct sip_framing_output *output)
{
	size_t end = framing->body_left < bytes.size ? framing->body_left : bytes.size;
	size_t at = 0;

	(void)output;
	while ((at = sip_start_find(bytes, at, SIP_METHOD_INVITE)) < end) {
		enum sip_start start = judge_inside(bytes, at, framing->body_left);
		if (start == SIP_START_YES) {
			framing->odd = true;
			begin(framing, SIP_FRAMING_HEADER);
			return at;
		}
		if (start == SIP_START_MORE) {
			end = at;
			break;
		}
		at = line_after(bytes, at);
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
