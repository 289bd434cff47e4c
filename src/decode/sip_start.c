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

enum sip_start sip_start_judge(struct text bytes)
{
	struct text beginning = text_part(bytes, 0, METHOD_NAME_MAX + 1);
	size_t word = text_find_space(beginning);

	if (bytes.size == 0) {
		return SIP_START_MORE;
	}
	if (text_begins_ignoring_case(bytes, TEXT("SIP/"))) {
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
	struct text line = text_part(bytes, 0, SIP_STREAM_MESSAGE_MAX);
	size_t end = text_find(line, '\n');
	if (end == line.size) {
		return bytes.size < SIP_STREAM_MESSAGE_MAX ? SIP_START_MORE : SIP_START_NO;
	}
	return scans(text_part(line, 0, end + 1)) ? SIP_START_YES : SIP_START_NO;
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
