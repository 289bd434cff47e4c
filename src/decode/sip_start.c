/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/sip_start.h"

#include "pbxguard/decode/sip_scan.h"

#define METHOD_NAME_MAX 32 /* bytes; the longest of RFC 3261 and its extensions has 9 */
#define STATUS_LINE_MIN 11 /* "SIP/2.0 200" */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool scans(struct text line)
{
	struct sip_scan scan;

	return sip_scan(line, &scan);
}

/* One of the two ways in which a line may end. */
struct ending {
	size_t end;   /* behind it; SIZE_MAX: it is not there */
	bool is_none; /* a request that ends here would have been found already */
};

/* What is known of the line that a place is in, to be asked for each place in it. All zero: nothing. */
struct line {
	struct ending first, line_feed; /* CR or LF, whichever comes first; LF */
	bool needs_uri;
};

static size_t find_behind(struct text bytes, size_t at, char c)
{
	size_t found = at + text_find(text_from(bytes, at), c);

	return found < bytes.size ? found + 1 : SIZE_MAX;
}

static void find_ends(struct text bytes, size_t at, struct line *line)
{
	if (line->line_feed.end <= at) {
		line->line_feed = (struct ending){.end = find_behind(bytes, at, '\n')};
	}
	if (line->first.end <= at) {
		size_t end = find_behind(text_part(bytes, 0, line->line_feed.end), at, '\r');
		line->first = (struct ending){.end = end != SIZE_MAX ? end : line->line_feed.end};
	}
}

static bool is_request(struct text line, bool needs_uri)
{
	struct sip_scan scan;

	return sip_scan(line, &scan) && scan.is_request && (!needs_uri || scan.request_uri.size > 0);
}

static enum sip_start judge_ending(struct text bytes, size_t at, bool needs_uri, struct ending *ending)
{
	if (ending->end == SIZE_MAX) {
		return bytes.size - at < SIP_STREAM_MESSAGE_MAX ? SIP_START_MORE : SIP_START_NO;
	}
	if (ending->is_none || ending->end - at > SIP_STREAM_MESSAGE_MAX) {
		return SIP_START_NO;
	}
	ending->is_none = !is_request(text_part(bytes, at, ending->end - at), needs_uri);
	return ending->is_none ? SIP_START_NO : SIP_START_YES;
}

/*
 * A request line begins with the method at at, if it ends with a version. So no other method in front of the
 * same line end begins one when this does not.
 */
static enum sip_start judge_request(struct text bytes, size_t at, struct line *line)
{
	find_ends(bytes, at, line);
	if (judge_ending(bytes, at, line->needs_uri, &line->first) == SIP_START_YES) {
		return SIP_START_YES;
	}
	return judge_ending(bytes, at, line->needs_uri, &line->line_feed);
}

static enum sip_start judge_status_line(struct text bytes)
{
	/* No further than it takes: a long line must not be searched for its end again and again. */
	struct text beginning = text_part(bytes, 0, STATUS_LINE_MIN + 5);
	size_t end = text_find(beginning, '\n');

	if (end < beginning.size) {
		return scans(text_part(beginning, 0, end)) ? SIP_START_YES : SIP_START_NO;
	}
	if (beginning.size < STATUS_LINE_MIN + 5) {
		return SIP_START_MORE;
	}
	return scans(beginning) ? SIP_START_YES : SIP_START_NO;
}

static bool begins_status_line(struct text bytes)
{
	return text_begins_ignoring_case(bytes, TEXT("SIP/"));
}

enum sip_start sip_start_judge(struct text bytes)
{
	struct text beginning = text_part(bytes, 0, METHOD_NAME_MAX + 1);
	size_t word = text_find_space(beginning);
	struct line line = {0};

	if (bytes.size == 0) {
		return SIP_START_MORE;
	}
	if (begins_status_line(bytes)) {
		return judge_status_line(bytes);
	}
	for (size_t i = 0; i < word; i++) {
		/* Printable, and no colon: what media, TLS and header fields begin with. "SIP/" has a slash.
		 */
		if (bytes.start[i] < '!' || bytes.start[i] > '~' || bytes.start[i] == ':') {
			return SIP_START_NO;
		}
	}
	if (word == bytes.size) {
		return SIP_START_MORE;
	}
	if (word == 0 || word == beginning.size || !is_blank(bytes.start[word])) {
		return SIP_START_NO;
	}
	return judge_request(bytes, 0, &line);
}

size_t sip_start_size(struct text bytes)
{
	struct line line = {0};

	find_ends(bytes, 0, &line);
	size_t first = line.first.end, line_feed = line.line_feed.end;
	size_t size = first != SIZE_MAX && scans(text_part(bytes, 0, first)) ? first : line_feed;
	return size != SIZE_MAX ? size : 0;
}

/* Do bytes begin with name and a blank, as far as they go? */
static bool may_be_word(struct text bytes, struct text name)
{
	size_t known = bytes.size < name.size ? bytes.size : name.size;

	return text_equal_ignoring_case(text_part(bytes, 0, known), text_part(name, 0, known)) &&
	       (bytes.size <= name.size || is_blank(bytes.start[name.size]));
}

/* By its first two letters: most bytes end here. */
static bool may_begin_word(struct text bytes)
{
	static const char *const second[26] = {['A' - 'A'] = "C",
		['B' - 'A'] = "Y",
		['C' - 'A'] = "A",
		['I' - 'A'] = "N",
		['M' - 'A'] = "E",
		['N' - 'A'] = "O",
		['O' - 'A'] = "P",
		['P' - 'A'] = "RU",
		['R' - 'A'] = "E",
		['S' - 'A'] = "UI",
		['U' - 'A'] = "P"};
	unsigned first = (unsigned)((unsigned char)bytes.start[0] & 0xDFU) - 'A';

	if (first >= 26 || second[first] == NULL) {
		return false;
	}
	char next = bytes.size > 1 ? (char)(bytes.start[1] & 0xDF) : second[first][0];
	return next == second[first][0] || (next != 0 && next == second[first][1]);
}

static bool may_begin_message(struct text bytes)
{
	if (!may_begin_word(bytes)) {
		return false;
	}
	for (int method = SIP_METHOD_OTHER + 1; method < SIP_METHOD_COUNT; method++) {
		const char *name = sip_method_name((enum sip_method)method);
		if ((bytes.start[0] & 0xDF) == name[0] && may_be_word(bytes, text_of(name))) {
			return true;
		}
	}
	return text_begins_ignoring_case(TEXT("SIP/"), text_part(bytes, 0, 4)) &&
	       (bytes.size <= 4 || (bytes.start[4] >= '0' && bytes.start[4] <= '9'));
}

size_t sip_start_find(struct text bytes, size_t from, enum sip_method method)
{
	struct text name = text_of(sip_method_name(method));

	for (size_t at = from; at < bytes.size; at++) {
		struct text rest = text_from(bytes, at);
		if (method == SIP_METHOD_OTHER
				? may_begin_message(rest)
				: (rest.start[0] & 0xDF) == name.start[0] && may_be_word(rest, name)) {
			return at;
		}
	}
	return bytes.size;
}

size_t sip_start_search(struct text bytes, size_t from, enum sip_method method, enum sip_start *start)
{
	struct line line = {.needs_uri = true}; /* "REGISTER sip:example.info SIP/2.0" */
	size_t at = from;

	*start = SIP_START_NO;
	while ((at = sip_start_find(bytes, at, method)) < bytes.size) {
		struct text rest = text_from(bytes, at);
		*start = begins_status_line(rest) ? judge_status_line(rest) : judge_request(bytes, at, &line);
		if (*start != SIP_START_NO) {
			break;
		}
		at++;
	}
	return at;
}
