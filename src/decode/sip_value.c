/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/sip_value.h"

static const struct {
	struct text name;
	enum sip_scheme scheme;
} schemes[] = {
	{TEXT_CONSTANT("sip"), SIP_SCHEME_SIP},
	{TEXT_CONSTANT("sips"), SIP_SCHEME_SIPS},
	{TEXT_CONSTANT("tel"), SIP_SCHEME_TEL},
	{TEXT_CONSTANT("urn"), SIP_SCHEME_URN},
};

/* The index of the first of these two characters outside quotes, or text.size. */
static size_t find_unquoted(struct text text, char either, char or)
{
	bool quoted = false;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.start[i];
		if (quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == either || c == or)) {
			return i;
		}
	}
	return text.size;
}

#define NEAR 12 /* bytes */

/* The index of the first separator outside quotes, or text.size. */
static size_t find_separator(struct text text, char separator)
{
	size_t i = 0;

	/* Looking for it in large steps does not pay where each is near: a crafted value has thousands. */
	for (; i < text.size && i < NEAR; i++) {
		if (text.start[i] == separator) {
			return i;
		}
		if (text.start[i] == '"') {
			return find_unquoted(text, separator, separator);
		}
	}
	size_t end = i + text_find(text_from(text, i), separator);
	bool has_quotes = text_find(text_part(text, i, end - i), '"') < end - i;
	return has_quotes ? find_unquoted(text, separator, separator) : end;
}

static struct text without_quotes(struct text value)
{
	value = text_trim(value);
	if (value.size >= 2 && value.start[0] == '"' && value.start[value.size - 1] == '"') {
		return text_part(value, 1, value.size - 2);
	}
	return value;
}

/*
 * Nearly every URI, From and To is plain: short, of letters, digits and the signs that mean nothing anywhere
 * else in it, in the order that the standard gives. One pass reads such a one, and libosip2 reads it the
 * same.
 */
#define PLAIN_MAX 255 /* bytes */

/* clang-format off */
static const bool is_plain[256] = {
	['0'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	['A'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	['a'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['_'] = 1,
};
/* clang-format on */

/* Off the front of *rest; maybe empty. */
static struct text take_plain(struct text *rest)
{
	const char *start = rest->start, *end = start + rest->size, *here = start;

	while (end - here >= 4 && (is_plain[(uint8_t)here[0]] & is_plain[(uint8_t)here[1]] &
					  is_plain[(uint8_t)here[2]] & is_plain[(uint8_t)here[3]])) {
		here += 4;
	}
	while (here < end && is_plain[(uint8_t)*here]) {
		here++;
	}
	*rest = (struct text){here, (size_t)(end - here)};
	return (struct text){start, (size_t)(here - start)};
}

static bool take_character(struct text *rest, char character)
{
	if (rest->size == 0 || rest->start[0] != character) {
		return false;
	}
	rest->start++;
	rest->size--;
	return true;
}

static bool take_prefix(struct text *rest, struct text prefix)
{
	if (!text_begins(*rest, prefix)) {
		return false;
	}
	*rest = text_from(*rest, prefix.size);
	return true;
}

/* "sip:1001@192.0.2.10:5060" off the front of *rest. On false *rest and *uri are anything. */
static bool take_plain_uri(struct text *rest, struct sip_uri *uri)
{
	const char *start = rest->start;
	uint64_t port = 0;

	if (!take_prefix(rest, TEXT("sip:"))) {
		return false;
	}
	struct text user = take_plain(rest);
	bool has_at = take_character(rest, '@');
	struct text host = take_plain(rest);
	if (!has_at || user.size == 0 || host.size == 0) {
		return false;
	}
	if (take_character(rest, ':')) {
		struct text digits = take_plain(rest);
		if (digits.size > 5 || !text_to_number(digits, UINT16_MAX, &port)) {
			return false;
		}
	}
	/* One by one: what is put together elsewhere and then copied takes longer than all the reading. */
	uri->whole = (struct text){start, (size_t)(rest->start - start)};
	uri->scheme = SIP_SCHEME_SIP;
	uri->user = user;
	uri->host = host;
	uri->port = (uint16_t)port;
	uri->parameters = (struct text){0};
	uri->is_plain = true;
	return true;
}

/* "Alice Smith", with its quotes or without them. */
static bool take_plain_name(struct text *rest, struct text *name)
{
	bool quoted = take_character(rest, '"');
	const char *start = rest->start;

	do {
		take_plain(rest);
	} while (take_character(rest, ' '));
	*name = (struct text){start, (size_t)(rest->start - start)};
	if (!quoted) {
		*name = text_trim(*name);
		return true;
	}
	bool ended = take_character(rest, '"');
	while (take_character(rest, ' ')) {
	}
	return ended && name->size > 0;
}

/* "\"Alice\" <sip:1001@192.0.2.10>;tag=a1". False when it is no such: then *party is anything. */
static bool read_plain_party(struct text value, struct sip_party *party)
{
	if (value.size == 0 || value.size > PLAIN_MAX || !take_plain_name(&value, &party->display) ||
		!take_character(&value, '<') || !take_plain_uri(&value, &party->uri) ||
		!take_character(&value, '>')) {
		return false;
	}
	bool has_tag = take_prefix(&value, TEXT(";tag="));
	party->tag = has_tag ? take_plain(&value) : (struct text){0};
	party->is_plain = true;
	return value.size == 0 && (!has_tag || party->tag.size > 0);
}

static enum sip_scheme take_scheme(struct text *rest)
{
	if (text_begins_ignoring_case(*rest, TEXT("sip:"))) { /* nearly every one */
		*rest = text_from(*rest, 4);
		return SIP_SCHEME_SIP;
	}
	struct text name = text_trim(text_part(*rest, 0, text_find(*rest, ':')));

	/* "1001@192.0.2.10:5060": the colon is the port's. */
	if (name.size == rest->size || text_find(name, '@') < name.size) {
		return SIP_SCHEME_NONE;
	}
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (name.size == schemes[i].name.size && text_equal_ignoring_case(name, schemes[i].name)) {
			*rest = text_from(*rest, text_find(*rest, ':') + 1);
			return schemes[i].scheme;
		}
	}
	return SIP_SCHEME_OTHER;
}

static void read_host(struct text value, struct sip_uri *uri)
{
	uint64_t port;
	size_t end;

	value = text_trim(value);
	if (value.size > 0 && value.start[0] == '[') { /* an IPv6 reference, RFC 3261 §25.1 */
		end = text_find(value, ']');
		uri->host = text_part(value, 1, end - 1);
		value = text_from(value, end);
	} else {
		uri->host = text_trim(text_part(value, 0, text_find(value, ':')));
	}
	end = text_find(value, ':');
	if (text_to_number(text_trim(text_from(value, end + 1)), UINT16_MAX, &port)) {
		uri->port = (uint16_t)port;
	}
}

static bool is_dialable(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text_find(TEXT("+0123456789*#-"), text.start[i]) == 14) {
			return false;
		}
	}
	return text.size > 0;
}

static void read_sip_uri(struct text rest, struct sip_uri *uri)
{
	size_t at = text_find(rest, '@');

	if (at < rest.size) {
		struct text user = text_part(rest, 0, at);
		uri->user = text_trim(text_part(user, 0, text_find(user, ':')));
		rest = text_from(rest, at + 1);
	}
	size_t end = text_find(text_part(rest, 0, text_find(rest, '?')), ';');
	read_host(text_part(rest, 0, end), uri);
	if (end < rest.size && rest.start[end] == ';') {
		struct text parameters = text_from(rest, end + 1);
		uri->parameters = text_part(parameters, 0, text_find(parameters, '?'));
	}
	/* "sip:0101246…" without a host: some PBXs dial it. */
	if (at == rest.size && text_is_empty(uri->user) && is_dialable(uri->host)) {
		uri->user = uri->host;
		uri->host = (struct text){0};
	}
}

/* value is trimmed. */
static void read_uri(struct text value, struct sip_uri *uri)
{
	struct text rest = value;

	*uri = (struct sip_uri){.whole = rest};
	uri->scheme = take_scheme(&rest);
	if (uri->scheme == SIP_SCHEME_TEL || uri->scheme == SIP_SCHEME_URN) {
		size_t end = text_find(rest, ';');
		uri->user = text_trim(text_part(rest, 0, end));
		uri->parameters = text_from(rest, end + 1);
	} else if (uri->scheme != SIP_SCHEME_OTHER) {
		read_sip_uri(rest, uri);
	}
}

void sip_uri_read(struct text value, struct sip_uri *uri)
{
	struct text trimmed = text_trim(value), rest = trimmed;

	if (rest.size > PLAIN_MAX || !take_plain_uri(&rest, uri) || rest.size > 0) {
		read_uri(trimmed, uri);
	}
}

static void read_party(struct text value, struct sip_party *party)
{
	size_t open = find_separator(value, '<');
	struct text parameters;

	*party = (struct sip_party){0};
	if (open < value.size) {
		struct text inside = text_from(value, open + 1);
		size_t close = text_find(inside, '>');
		party->display = without_quotes(text_part(value, 0, open));
		sip_uri_read(text_part(inside, 0, close), &party->uri);
		parameters = text_from(inside, close + 1);
	} else { /* without < > the parameters are the field's, not the URI's (RFC 3261 §20.10) */
		size_t end = text_find(value, ';');
		sip_uri_read(text_part(value, 0, end), &party->uri);
		parameters = text_from(value, end + 1);
	}
	sip_parameter(parameters, TEXT("tag"), &party->tag);
}

void sip_party_read(struct text value, struct sip_party *party)
{
	if (!read_plain_party(value, party)) {
		read_party(value, party);
	}
}

bool sip_parameter(struct text parameters, struct text name, struct text *value)
{
	while (parameters.size > 0) {
		size_t end = find_separator(parameters, ';');
		struct text parameter = text_part(parameters, 0, end);
		size_t equal = text_find(parameter, '=');
		if (equal >= name.size &&
			text_equal_ignoring_case(text_trim(text_part(parameter, 0, equal)), name)) {
			*value = without_quotes(text_from(parameter, equal + 1));
			return true;
		}
		parameters = text_from(parameters, end + 1);
	}
	return false;
}

struct text sip_credential(struct text value, struct text name)
{
	struct text rest = text_trim(value);

	rest = text_from(rest, text_find_space(rest));
	while (rest.size > 0) {
		size_t end = find_separator(rest, ',');
		struct text parameter = text_part(rest, 0, end);
		size_t equal = text_find(parameter, '=');
		if (equal >= name.size &&
			text_equal_ignoring_case(text_trim(text_part(parameter, 0, equal)), name)) {
			return without_quotes(text_from(parameter, equal + 1));
		}
		rest = text_from(rest, end + 1);
	}
	return (struct text){0};
}

struct text sip_first_value(struct text value)
{
	if (text_find(value, ',') == value.size) {
		return text_trim(value); /* nearly every one */
	}
	size_t open = find_unquoted(value, '<', ',');

	if (open == value.size || value.start[open] == ',') {
		return text_trim(text_part(value, 0, open));
	}
	size_t close = open + text_find(text_from(value, open), '>');
	struct text after = text_from(value, close);
	return text_trim(text_part(value, 0, close + find_separator(after, ',')));
}

/* "314159 INVITE" as nearly everybody writes it. */
static bool read_plain_cseq(struct text value, uint32_t *number, struct text *method)
{
	size_t digits = 0;
	uint32_t read = 0;

	for (; digits < value.size && digits < 9 && value.start[digits] >= '0' && value.start[digits] <= '9';
		digits++) {
		read = read * 10 + (uint32_t)(value.start[digits] - '0');
	}
	if (digits == 0 || value.size < digits + 2 || value.start[digits] != ' ' ||
		value.start[digits + 1] <= ' ' || value.start[value.size - 1] <= ' ') {
		return false;
	}
	*number = read;
	*method = text_from(value, digits + 1);
	return true;
}

bool sip_cseq_read(struct text value, uint32_t *number, struct text *method)
{
	uint64_t read;

	if (read_plain_cseq(value, number, method)) {
		return true;
	}
	value = text_trim(value);
	struct text digits = text_part(value, 0, text_find_space(value));
	*method = text_trim(text_from(value, digits.size));
	if (!text_to_number(digits, INT32_MAX, &read)) {
		return false;
	}
	*number = (uint32_t)read;
	return true;
}

struct text sip_via_branch(struct text value)
{
	struct text first = sip_first_value(value), branch = {0};

	sip_parameter(text_from(first, text_find(first, ';')), TEXT("branch"), &branch);
	return branch;
}
