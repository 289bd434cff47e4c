/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/sip_scan.h"

#include <assert.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const struct text method_names[] = {
	[SIP_METHOD_OTHER] = TEXT_CONSTANT(""),
	[SIP_METHOD_INVITE] = TEXT_CONSTANT("INVITE"),
	[SIP_METHOD_ACK] = TEXT_CONSTANT("ACK"),
	[SIP_METHOD_BYE] = TEXT_CONSTANT("BYE"),
	[SIP_METHOD_CANCEL] = TEXT_CONSTANT("CANCEL"),
	[SIP_METHOD_REGISTER] = TEXT_CONSTANT("REGISTER"),
	[SIP_METHOD_OPTIONS] = TEXT_CONSTANT("OPTIONS"),
	[SIP_METHOD_PRACK] = TEXT_CONSTANT("PRACK"),
	[SIP_METHOD_SUBSCRIBE] = TEXT_CONSTANT("SUBSCRIBE"),
	[SIP_METHOD_NOTIFY] = TEXT_CONSTANT("NOTIFY"),
	[SIP_METHOD_PUBLISH] = TEXT_CONSTANT("PUBLISH"),
	[SIP_METHOD_INFO] = TEXT_CONSTANT("INFO"),
	[SIP_METHOD_REFER] = TEXT_CONSTANT("REFER"),
	[SIP_METHOD_MESSAGE] = TEXT_CONSTANT("MESSAGE"),
	[SIP_METHOD_UPDATE] = TEXT_CONSTANT("UPDATE"),
};
static_assert(sizeof method_names / sizeof method_names[0] == SIP_METHOD_COUNT, "each method has a name");

/* compact is 0 where the field has no compact form (RFC 3261 §7.3.3, RFC 3515, RFC 3892). */
static const struct {
	struct text name;
	char compact;
} header_names[] = {
	[SIP_HEADER_AUTHORIZATION] = {TEXT_CONSTANT("Authorization"), 0},
	[SIP_HEADER_CALL_ID] = {TEXT_CONSTANT("Call-ID"), 'i'},
	[SIP_HEADER_CONTACT] = {TEXT_CONSTANT("Contact"), 'm'},
	[SIP_HEADER_CONTENT_LENGTH] = {TEXT_CONSTANT("Content-Length"), 'l'},
	[SIP_HEADER_CSEQ] = {TEXT_CONSTANT("CSeq"), 0},
	[SIP_HEADER_DIVERSION] = {TEXT_CONSTANT("Diversion"), 0},
	[SIP_HEADER_FROM] = {TEXT_CONSTANT("From"), 'f'},
	[SIP_HEADER_HISTORY_INFO] = {TEXT_CONSTANT("History-Info"), 0},
	[SIP_HEADER_P_ASSERTED_IDENTITY] = {TEXT_CONSTANT("P-Asserted-Identity"), 0},
	[SIP_HEADER_PROXY_AUTHENTICATE] = {TEXT_CONSTANT("Proxy-Authenticate"), 0},
	[SIP_HEADER_PROXY_AUTHORIZATION] = {TEXT_CONSTANT("Proxy-Authorization"), 0},
	[SIP_HEADER_REFER_TO] = {TEXT_CONSTANT("Refer-To"), 'r'},
	[SIP_HEADER_REFERRED_BY] = {TEXT_CONSTANT("Referred-By"), 'b'},
	[SIP_HEADER_SERVER] = {TEXT_CONSTANT("Server"), 0},
	[SIP_HEADER_SESSION_EXPIRES] = {TEXT_CONSTANT("Session-Expires"), 'x'},
	[SIP_HEADER_TO] = {TEXT_CONSTANT("To"), 't'},
	[SIP_HEADER_USER_AGENT] = {TEXT_CONSTANT("User-Agent"), 0},
	[SIP_HEADER_VIA] = {TEXT_CONSTANT("Via"), 'v'},
	[SIP_HEADER_WWW_AUTHENTICATE] = {TEXT_CONSTANT("WWW-Authenticate"), 0},
};
static_assert(sizeof header_names / sizeof header_names[0] == SIP_HEADER_COUNT, "each header has a name");

/* What nearly all messages are: a comparison or two each, as the sizes are constant. */
static enum sip_method usual_method_of(struct text name)
{
	return text_equal(name, TEXT("INVITE"))     ? SIP_METHOD_INVITE
	       : text_equal(name, TEXT("REGISTER")) ? SIP_METHOD_REGISTER
	       : text_equal(name, TEXT("OPTIONS"))  ? SIP_METHOD_OPTIONS
	       : text_equal(name, TEXT("BYE"))      ? SIP_METHOD_BYE
	       : text_equal(name, TEXT("ACK"))      ? SIP_METHOD_ACK
						    : SIP_METHOD_OTHER;
}

enum sip_method sip_method_of(struct text name)
{
	enum sip_method usual = usual_method_of(name);

	if (usual != SIP_METHOD_OTHER) {
		return usual;
	}
	for (int method = SIP_METHOD_OTHER + 1; method < SIP_METHOD_COUNT; method++) {
		/* Sizes first: for nine of ten that settles it. */
		if (name.size == method_names[method].size &&
			(name.start[0] | 0x20) == (method_names[method].start[0] | 0x20) &&
			text_equal_ignoring_case(name, method_names[method])) {
			return (enum sip_method)method;
		}
	}
	return SIP_METHOD_OTHER;
}

const char *sip_method_name(enum sip_method method)
{
	return method_names[method].start;
}

/* For what is done with every line of every message: the compiler would rather call it. */
#define ONE_PIECE static inline __attribute__((always_inline))

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A line's end is LF or CRLF; where end_character is CR, also CR alone. */
ONE_PIECE struct text line_before(const char *start, const char *end)
{
	if (end > start && end[-1] == '\r') {
		end--;
	}
	return (struct text){start, (size_t)(end - start)};
}

/* Where the next line begins. */
ONE_PIECE const char *next_line(const char *end, const char *behind, char end_character)
{
	end++;
	return end_character == '\r' && end < behind && end[0] == '\n' ? end + 1 : end;
}

/* Takes a line off *rest, without its end. False when there is no line end: *line is what is left. */
static bool take_line(struct text *rest, char end_character, struct text *line)
{
	const char *start = rest->start, *behind = start + rest->size;
	const char *end = memchr(start, end_character, rest->size);

	if (end == NULL) {
		*line = *rest;
		*rest = (struct text){behind, 0};
		return false;
	}
	const char *next = next_line(end, behind, end_character);
	*line = line_before(start, end);
	*rest = (struct text){next, (size_t)(behind - next)};
	return true;
}

#define BLOCK 64 /* bytes that are looked at together */

/* A bit for each place of the block where c is, the lowest for the first. */
ONE_PIECE uint64_t places_in_block(char c, const char block[static BLOCK])
{
	uint64_t places = 0;

#ifdef __SSE2__
	for (size_t i = 0; i < BLOCK; i += sizeof(__m128i)) {
		__m128i part = _mm_loadu_si128((const void *)(block + i));
		uint64_t equal = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_set1_epi8(c)));
		places |= equal << i;
	}
#else
	for (size_t i = 0; i < BLOCK; i++) {
		places |= (uint64_t)(block[i] == c) << i;
	}
#endif
	return places;
}

/* The same of so many bytes, of which no more than a block are looked at. c is not NUL. */
ONE_PIECE uint64_t places_of(char c, const char *bytes, size_t size)
{
	char block[BLOCK] = {0};

	if (size >= BLOCK) {
		return places_in_block(c, bytes);
	}
	memcpy(block, bytes, size);
	return places_in_block(c, block);
}

/* "SIP/2.0 200 OK". Reason phrase and version are not judged. */
static bool read_status_line(struct text line, struct sip_scan *scan)
{
	uint64_t status;

	if (text_begins(line, TEXT("SIP/2.0 "))) { /* every one */
		line = text_from(line, sizeof "SIP/2.0" - 1);
	} else if (text_begins_ignoring_case(line, TEXT("SIP/"))) {
		line = text_from(line, text_find(line, ' '));
	} else {
		return false;
	}
	struct text code = text_trim(line);
	if (!text_to_number(text_part(code, 0, 3), 699, &status) || status < 100 ||
		(code.size > 3 && !is_blank(code.start[3]))) {
		return false;
	}
	scan->is_request = false;
	scan->status = (uint16_t)status;
	return true;
}

/* Where the last word of a request line starts. */
static size_t last_word(struct text line)
{
	static const struct text usual = TEXT_CONSTANT(" SIP/2.0");
	size_t start = line.size;

	if (line.size > usual.size && text_begins(text_from(line, line.size - usual.size), usual)) {
		return line.size - usual.size + 1;
	}
	while (start > 0 && !is_blank(line.start[start - 1])) {
		start--;
	}
	return start;
}

static bool is_token(struct text word)
{
	for (size_t i = 0; i < word.size; i++) {
		char c = word.start[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && text_find(TEXT("-.!%*_+`'~"), c) == 10) { /* RFC 3261 §25.1 token */
			return false;
		}
	}
	return word.size > 0;
}

/*
 * "INVITE sip:1001@192.0.2.10 SIP/2.0". All between the first word and the last is the request-URI, spaces in
 * it too (RFC 4475 §3.1.2.9 shows such), and the < > that some send around it are taken off.
 */
static bool read_request_line(struct text line, struct sip_scan *scan)
{
	line = text_trim(line);
	struct text method = text_part(line, 0, text_find_space(line));
	size_t version = last_word(line);

	if (version <= method.size || !text_begins_ignoring_case(text_from(line, version), TEXT("SIP/"))) {
		return false;
	}
	enum sip_method known = sip_method_of(method);
	if (known == SIP_METHOD_OTHER && !is_token(method)) {
		return false;
	}
	struct text uri = text_trim(text_part(line, method.size, version - method.size));
	if (uri.size >= 2 && uri.start[0] == '<' && uri.start[uri.size - 1] == '>') {
		uri = text_trim(text_part(uri, 1, uri.size - 2));
		scan->oddities |= SIP_ODD_LINE;
	}
	scan->is_request = true;
	scan->method_name = method;
	scan->method = known;
	scan->request_uri = uri;
	return true;
}

/*
 * The headers whose name begins with a letter, ended by SIP_HEADER_COUNT: one look tells for most lines of a
 * message that nobody needs them.
 */
static const uint8_t by_first_letter[26][5] = {
	['a' - 'a'] = {SIP_HEADER_AUTHORIZATION, SIP_HEADER_COUNT},
	['b' - 'a'] = {SIP_HEADER_REFERRED_BY, SIP_HEADER_COUNT},
	['c' - 'a'] = {SIP_HEADER_CALL_ID, SIP_HEADER_CONTACT, SIP_HEADER_CONTENT_LENGTH, SIP_HEADER_CSEQ,
		SIP_HEADER_COUNT},
	['d' - 'a'] = {SIP_HEADER_DIVERSION, SIP_HEADER_COUNT},
	['e' - 'a'] = {SIP_HEADER_COUNT},
	['f' - 'a'] = {SIP_HEADER_FROM, SIP_HEADER_COUNT},
	['g' - 'a'] = {SIP_HEADER_COUNT},
	['h' - 'a'] = {SIP_HEADER_HISTORY_INFO, SIP_HEADER_COUNT},
	['i' - 'a'] = {SIP_HEADER_CALL_ID, SIP_HEADER_COUNT},
	['j' - 'a'] = {SIP_HEADER_COUNT},
	['k' - 'a'] = {SIP_HEADER_COUNT},
	['l' - 'a'] = {SIP_HEADER_CONTENT_LENGTH, SIP_HEADER_COUNT},
	['m' - 'a'] = {SIP_HEADER_CONTACT, SIP_HEADER_COUNT},
	['n' - 'a'] = {SIP_HEADER_COUNT},
	['o' - 'a'] = {SIP_HEADER_COUNT},
	['p' - 'a'] = {SIP_HEADER_P_ASSERTED_IDENTITY, SIP_HEADER_PROXY_AUTHENTICATE,
		SIP_HEADER_PROXY_AUTHORIZATION, SIP_HEADER_COUNT},
	['q' - 'a'] = {SIP_HEADER_COUNT},
	['r' - 'a'] = {SIP_HEADER_REFER_TO, SIP_HEADER_REFERRED_BY, SIP_HEADER_COUNT},
	['s' - 'a'] = {SIP_HEADER_SERVER, SIP_HEADER_SESSION_EXPIRES, SIP_HEADER_COUNT},
	['t' - 'a'] = {SIP_HEADER_TO, SIP_HEADER_COUNT},
	['u' - 'a'] = {SIP_HEADER_USER_AGENT, SIP_HEADER_COUNT},
	['v' - 'a'] = {SIP_HEADER_VIA, SIP_HEADER_COUNT},
	['w' - 'a'] = {SIP_HEADER_WWW_AUTHENTICATE, SIP_HEADER_COUNT},
	['x' - 'a'] = {SIP_HEADER_SESSION_EXPIRES, SIP_HEADER_COUNT},
	['y' - 'a'] = {SIP_HEADER_COUNT},
	['z' - 'a'] = {SIP_HEADER_COUNT},
};

/* What may stand behind a header's name. */
static bool ends_name(char c)
{
	return c == ':' || is_blank(c);
}

static bool has_name(struct text field, struct text name)
{
	return field.size > name.size && ends_name(field.start[name.size]) &&
	       text_begins_ignoring_case(field, name);
}

/* Which header a field is, or SIP_HEADER_COUNT. */
static enum sip_header header_of(struct text field)
{
	unsigned letter = field.size < 2 ? 26 : ((unsigned)(uint8_t)field.start[0] | 0x20) - 'a';

	if (letter >= 26) {
		return SIP_HEADER_COUNT;
	}
	const uint8_t *candidate = by_first_letter[letter];
	if (ends_name(field.start[1])) {
		while (*candidate != SIP_HEADER_COUNT &&
			header_names[*candidate].compact != (char)('a' + letter)) {
			candidate++;
		}
	} else {
		while (*candidate != SIP_HEADER_COUNT && !has_name(field, header_names[*candidate].name)) {
			candidate++;
		}
	}
	return (enum sip_header) * candidate;
}

ONE_PIECE bool begins_with(struct text field, struct text name_and_colon, struct text *value)
{
	if (!text_begins(field, name_and_colon)) {
		return false;
	}
	*value = (struct text){field.start + name_and_colon.size, field.size - name_and_colon.size};
	return true;
}

/* Which header a field is, if it is one of those that nearly every message has, written as nearly everybody
 * does: a comparison or two. Else SIP_HEADER_COUNT. */
ONE_PIECE enum sip_header read_usual_header(struct text field, struct text *value)
{
	switch (field.start[0]) {
	case 'C':
		if (begins_with(field, TEXT("Call-ID:"), value)) {
			return SIP_HEADER_CALL_ID;
		}
		if (begins_with(field, TEXT("CSeq:"), value)) {
			return SIP_HEADER_CSEQ;
		}
		return begins_with(field, TEXT("Contact:"), value) ? SIP_HEADER_CONTACT : SIP_HEADER_COUNT;
	case 'F':
		return begins_with(field, TEXT("From:"), value) ? SIP_HEADER_FROM : SIP_HEADER_COUNT;
	case 'S':
		return begins_with(field, TEXT("Server:"), value) ? SIP_HEADER_SERVER : SIP_HEADER_COUNT;
	case 'T':
		return begins_with(field, TEXT("To:"), value) ? SIP_HEADER_TO : SIP_HEADER_COUNT;
	case 'U':
		return begins_with(field, TEXT("User-Agent:"), value) ? SIP_HEADER_USER_AGENT
								      : SIP_HEADER_COUNT;
	case 'V':
		return begins_with(field, TEXT("Via:"), value) ? SIP_HEADER_VIA : SIP_HEADER_COUNT;
	default:
		return SIP_HEADER_COUNT;
	}
}

/* The same for any header, however it is written. */
static enum sip_header read_any_header(struct text field, struct text *value, uint32_t *oddities)
{
	enum sip_header header = header_of(field);

	if (header == SIP_HEADER_COUNT) {
		if (text_find(field, ':') == field.size) {
			*oddities |= SIP_ODD_LINE;
		}
		return header;
	}
	size_t name_size = ends_name(field.start[1]) ? 1 : header_names[header].name.size;
	struct text behind_name = text_trim(text_from(field, name_size));
	if (text_is_empty(behind_name) || behind_name.start[0] != ':') {
		*oddities |= SIP_ODD_LINE;
		return SIP_HEADER_COUNT;
	}
	*value = text_from(behind_name, 1);
	return header;
}

/* Nearly always a space in front, and nothing behind. */
ONE_PIECE struct text trim_value(struct text value)
{
	if (value.size > 1 && value.start[0] == ' ' && value.start[1] > ' ' &&
		value.start[value.size - 1] > ' ') {
		return (struct text){value.start + 1, value.size - 1};
	}
	return text_trim(value);
}

/* Which header it was, or SIP_HEADER_COUNT. */
ONE_PIECE enum sip_header read_header(struct text field, struct sip_scan *scan)
{
	struct text value;

	if (text_begins(field, TEXT("Max-Forwards:"))) { /* in every request, and nobody needs it */
		return SIP_HEADER_COUNT;
	}
	enum sip_header header = read_usual_header(field, &value);

	if (header == SIP_HEADER_COUNT) {
		header = read_any_header(field, &value, &scan->oddities);
		if (header == SIP_HEADER_COUNT) {
			return header;
		}
	}
	if (scan->occurrences[header] == 0) {
		scan->values[header] = trim_value(value);
	}
	if (scan->occurrences[header] < UINT8_MAX) {
		scan->occurrences[header]++;
	}
	return header;
}

/* What may stand in front: CRLFs (RFC 3261 §7.5), and blanks, which some PBXs skip. */
static struct text without_leading_space(struct text payload)
{
	size_t i = 0;

	while (i < payload.size &&
		(payload.start[i] == '\r' || payload.start[i] == '\n' || is_blank(payload.start[i]))) {
		i++;
	}
	return text_from(payload, i);
}

/* These tell to which call a message belongs. */
#define ALL_HEADERS UINT_MAX /* one bit more than there are: never all seen */
static const unsigned identity =
	1U << SIP_HEADER_FROM | 1U << SIP_HEADER_TO | 1U << SIP_HEADER_CALL_ID | 1U << SIP_HEADER_CSEQ;

static bool is_response_to_invite(const struct sip_scan *scan)
{
	static const struct text invite = TEXT_CONSTANT("INVITE");
	struct text cseq = sip_scan_value(scan, SIP_HEADER_CSEQ);

	return !scan->is_request && cseq.size > invite.size &&
	       text_equal_ignoring_case(text_from(cseq, cseq.size - invite.size), invite);
}

/* A 2xx to an INVITE: what stands behind, too, says how long the call may last. */
static bool is_answer(const struct sip_scan *scan)
{
	return scan->status / 100 == 2 && is_response_to_invite(scan);
}

static bool is_challenge(const struct sip_scan *scan)
{
	return (scan->status == 401 || scan->status == 407) && is_response_to_invite(scan);
}

/* A header on its way. */
struct header_reading {
	struct sip_scan *scan;
	unsigned wanted, seen; /* bits of enum sip_header */
	unsigned fields;
	bool is_complete;  /* the empty line was there */
	uint32_t oddities; /* where is_brief: what is odd behind that is no matter */
};

/* Takes in one field. False: that was all that is wanted. */
ONE_PIECE bool take_field(struct header_reading *reading, struct text field)
{
	struct sip_scan *scan = reading->scan;

	reading->seen |= 1U << read_header(field, scan);
	reading->fields++;
	if ((reading->seen & reading->wanted) != reading->wanted) {
		return true;
	}
	reading->wanted = ALL_HEADERS;
	if (is_answer(scan)) {
		return true;
	}
	scan->is_brief = true;
	reading->oddities = scan->oddities;
	return is_challenge(scan); /* which stands behind */
}

/* Takes in the fields, and gives where it stopped: behind the empty line that ends the header, or before. */
ONE_PIECE const char *take_fields(struct header_reading *reading, struct text rest, char end_character)
{
	const char *start = rest.start, *behind = start + rest.size;

	for (size_t at = 0; at < rest.size; at += BLOCK) {
		const char *block = rest.start + at;
		uint64_t ends = places_of(end_character, block, rest.size - at);
		for (; ends != 0; ends &= ends - 1) {
			const char *end = block + __builtin_ctzll(ends);
			const char *next = next_line(end, behind, end_character);
			struct text field = line_before(start, end);
			if (field.size == 0) {
				reading->is_complete = true;
				return next;
			}
			if (next < behind && is_blank(next[0])) {
				continue; /* the line continues the field (RFC 3261 §7.3.1) */
			}
			if (!take_field(reading, field)) {
				return next;
			}
			start = next;
		}
	}
	if (start < behind) {
		take_field(reading, (struct text){start, (size_t)(behind - start)});
	}
	return behind;
}

/* Reads lines up to the empty one, or until all of wanted were seen. */
ONE_PIECE void read_headers(struct text rest, char end_character, unsigned wanted, struct sip_scan *scan)
{
	struct header_reading reading = {.scan = scan, .wanted = wanted};
	const char *stop = take_fields(&reading, rest, end_character);

	if (scan->is_brief) {
		scan->oddities = reading.oddities;
		return;
	}
	if (!reading.is_complete) {
		scan->oddities |= SIP_ODD_CUT;
	}
	if (reading.fields > SIP_HEADER_LINES_USUAL) {
		scan->oddities |= SIP_ODD_LONG;
	}
	if (memchr(rest.start, '\0', (size_t)(stop - rest.start)) != NULL) {
		scan->oddities |= SIP_ODD_LINE;
	}
}

static bool read_start_line(struct text line, struct sip_scan *scan)
{
	return read_status_line(line, scan) || read_request_line(line, scan);
}

/*
 * Some PBXs take a CR alone for the end of a line. A start line that ends so is read so, whatever stands
 * behind it: an LF far below must not hide the message. Leaves the scan empty when there is no start line.
 */
static bool take_start_line(struct text *rest, char *end_character, struct sip_scan *scan)
{
	struct text whole = *rest, line, shorter;
	bool ended = take_line(rest, '\n', &line);

	if (text_find(line, '\r') < line.size) {
		struct text behind = whole;
		if (take_line(&behind, '\r', &shorter) && text_find(behind, '\r') > 0 &&
			read_start_line(shorter, scan)) {
			*rest = behind;
			*end_character = '\r';
			scan->oddities |= SIP_ODD_LINE;
			return true;
		}
	}
	read_start_line(line, scan);
	return ended;
}

/* All headers are wanted of what starts, moves or prolongs a call, or where is_brief is not asked for. */
static unsigned wanted_headers(const struct sip_scan *scan, bool is_brief)
{
	bool is_start = scan->is_request
				? scan->method == SIP_METHOD_INVITE || scan->method == SIP_METHOD_REFER ||
					  scan->method == SIP_METHOD_UPDATE
				: scan->status / 100 == 3;

	return is_brief && !is_start ? identity : ALL_HEADERS;
}

static bool scan_message(struct text payload, bool is_brief, struct sip_scan *scan)
{
	struct text rest = without_leading_space(payload);
	char end_character = '\n';

	memset(scan, 0, offsetof(struct sip_scan, values));
	scan->whole = payload;
	/* Media begins with a byte above 0x7F (RFC 7983 §7), the other rubbish on these ports with a control.
	 */
	if (rest.size == 0 || rest.start[0] < '!' || rest.start[0] > '~') {
		return false;
	}
	bool ended = take_start_line(&rest, &end_character, scan);
	if (!scan->is_request && scan->status == 0) {
		return false;
	}
	unsigned wanted = wanted_headers(scan, is_brief);
	if (!ended) {
		scan->oddities |= SIP_ODD_CUT;
	} else if (end_character == '\n') {
		read_headers(rest, '\n', wanted, scan); /* with a constant it is made for it */
	} else {
		read_headers(rest, end_character, wanted, scan);
	}
	return true;
}

bool sip_scan(struct text payload, struct sip_scan *scan)
{
	return scan_message(payload, false, scan);
}

bool sip_scan_brief(struct text payload, struct sip_scan *scan)
{
	return scan_message(payload, true, scan);
}
