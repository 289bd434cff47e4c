/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/sip_parser.h"

#include "pbxguard/decode/sip_value.h"

#include <osipparser2/osip_parser.h>
#include <stdalign.h>
#include <stdarg.h>
#include <string.h>

/*
 * The arena: libosip2's allocator pointers belong to the process, so its memory must, too. A phone's message
 * takes 10 kB, the worst within the budgets 150 kB; when the arena is full libosip2 gets NULL and refuses the
 * value.
 */
#define ARENA_SIZE ((size_t)256 * 1024)

static struct {
	alignas(max_align_t) uint8_t bytes[ARENA_SIZE];
	size_t used;
} arena;

static void *arena_allocate(size_t size)
{
	/* The size stands in front of each block: realloc has to know it. */
	size_t whole = (size + 2 * sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);

	if (size > ARENA_SIZE || whole > ARENA_SIZE - arena.used) {
		return NULL;
	}
	uint8_t *block = arena.bytes + arena.used;
	memcpy(block, &size, sizeof size);
	arena.used += whole;
	return block + sizeof(max_align_t);
}

static void *arena_reallocate(void *old, size_t size)
{
	size_t old_size = 0;
	void *block = arena_allocate(size);

	if (block != NULL && old != NULL) {
		memcpy(&old_size, (uint8_t *)old - sizeof(max_align_t), sizeof old_size);
		memcpy(block, old, old_size < size ? old_size : size);
	}
	return block;
}

static void arena_release(void *block)
{
	(void)block; /* all goes at once, before the next message */
}

static void discard_trace(
	const char *file, int line, osip_trace_level_t level, const char *format, va_list arguments)
{
	(void)file, (void)line, (void)level, (void)format, (void)arguments;
}

void sip_parser_start(void)
{
	/* Disabling alone does not silence it: without a function of ours it prints to standard output. */
	osip_trace_initialize_func(END_TRACE_LEVEL, discard_trace);
	for (int level = TRACE_LEVEL0; level < END_TRACE_LEVEL; level++) {
		osip_trace_disable_level((osip_trace_level_t)level);
	}
	osip_set_allocators(arena_allocate, arena_reallocate, arena_release);
}

/*
 * The value with a NUL at the end and folds as spaces, as libosip2 wants it; NULL (and the mark) when it is
 * over the budget or holds a NUL.
 */
static const char *value_for_osip(struct text value, uint32_t *oddities)
{
	char *copy = value.size <= SIP_VALUE_MAX ? arena_allocate(value.size + 1) : NULL;

	if (copy == NULL) {
		*oddities |= SIP_ODD_LONG;
		return NULL;
	}
	if (value.size > 0 && memchr(value.start, '\0', value.size) != NULL) {
		return NULL;
	}
	size_t separators = 0;
	for (size_t i = 0; i < value.size; i++) {
		char c = value.start[i];
		separators += (size_t)(c == ';') + (size_t)(c == ',');
		copy[i] = c == '\r' || c == '\n' ? ' ' : c;
	}
	if (separators > SIP_SEPARATORS_MAX) {
		*oddities |= SIP_ODD_LONG;
		return NULL;
	}
	copy[value.size] = '\0';
	return copy;
}

/* libosip2's reading of a URI over ours; the user stays as it was sent, which libosip2 has decoded already.
 */
static void take_osip_uri(const osip_uri_t *from, struct sip_uri *uri)
{
	uint64_t port;

	if (uri->scheme != SIP_SCHEME_SIP && uri->scheme != SIP_SCHEME_SIPS) {
		return; /* libosip2 leaves all of tel: and urn: in one string */
	}
	if (from->host != NULL && !text_is_empty(uri->host)) {
		uri->host = text_of(from->host);
	}
	if (from->port != NULL && text_to_number(text_of(from->port), UINT16_MAX, &port)) {
		uri->port = (uint16_t)port;
	}
}

static bool osip_reads_uri(struct text value, uint32_t *oddities, struct sip_uri *uri)
{
	const char *copy = value_for_osip(value, oddities);
	osip_uri_t *parsed;

	if (copy == NULL || osip_uri_init(&parsed) != OSIP_SUCCESS ||
		osip_uri_parse(parsed, copy) != OSIP_SUCCESS) {
		return false;
	}
	take_osip_uri(parsed, uri);
	return true;
}

static bool osip_reads_party(struct text value, uint32_t *oddities, struct sip_party *party)
{
	const char *copy = value_for_osip(value, oddities);
	osip_generic_param_t *tag = NULL;
	char tag_name[] = "tag";
	osip_from_t *parsed;

	if (copy == NULL || osip_from_init(&parsed) != OSIP_SUCCESS ||
		osip_from_parse(parsed, copy) != OSIP_SUCCESS || parsed->url == NULL) {
		return false;
	}
	take_osip_uri(parsed->url, &party->uri);
	if (osip_generic_param_get_byname(&parsed->gen_params, tag_name, &tag) == OSIP_SUCCESS &&
		tag->gvalue != NULL) {
		party->tag = text_of(tag->gvalue);
	}
	return true;
}

static bool osip_reads_authorization(struct text value, uint32_t *oddities, struct text *user)
{
	const char *copy = value_for_osip(value, oddities);
	osip_authorization_t *parsed;

	if (copy == NULL || osip_authorization_init(&parsed) != OSIP_SUCCESS ||
		osip_authorization_parse(parsed, copy) != OSIP_SUCCESS) {
		return false;
	}
	struct text quoted = text_of(parsed->username);
	*user = quoted.size >= 2 && quoted.start[0] == '"' ? text_part(quoted, 1, quoted.size - 2) : quoted;
	return true;
}

/* The header fields that hold a party, where it goes, and the mark when it is refused. */
static const struct {
	enum sip_header header;
	size_t offset;
	uint32_t oddity;
	bool is_single; /* holds one value only, in which a comma is no separator */
} party_fields[] = {
	{SIP_HEADER_FROM, offsetof(struct sip_message, from), SIP_ODD_FROM, true},
	{SIP_HEADER_TO, offsetof(struct sip_message, to), SIP_ODD_TO, true},
	{SIP_HEADER_CONTACT, offsetof(struct sip_message, contact), SIP_ODD_OTHER_VALUE, false},
	{SIP_HEADER_P_ASSERTED_IDENTITY, offsetof(struct sip_message, asserted_identity), SIP_ODD_OTHER_VALUE,
		false},
	{SIP_HEADER_DIVERSION, offsetof(struct sip_message, diversion), SIP_ODD_OTHER_VALUE, false},
	{SIP_HEADER_REFERRED_BY, offsetof(struct sip_message, referred_by), SIP_ODD_OTHER_VALUE, false},
	{SIP_HEADER_REFER_TO, offsetof(struct sip_message, refer_to), SIP_ODD_OTHER_VALUE, false},
	{SIP_HEADER_HISTORY_INFO, offsetof(struct sip_message, history_info), SIP_ODD_OTHER_VALUE, false},
};

static void parse_parties(const struct sip_scan *scan, bool is_judged, struct sip_message *message)
{
	for (size_t i = 0; i < sizeof party_fields / sizeof party_fields[0]; i++) {
		enum sip_header header = party_fields[i].header;
		struct sip_party *party =
			(struct sip_party *)(void *)((char *)message + party_fields[i].offset);

		/* Where a phone wants its requests says nothing about who calls whom; a 3xx names whom to
		 * call. */
		if (!sip_scan_has(scan, header) ||
			(header == SIP_HEADER_CONTACT && scan->status / 100 != 3)) {
			continue;
		}
		struct text value = party_fields[i].is_single ? sip_scan_value(scan, header)
							      : sip_first_value(sip_scan_value(scan, header));
		sip_party_read(value, party);
		if (is_judged && !party->is_plain && !osip_reads_party(value, &message->oddities, party)) {
			message->oddities |= party_fields[i].oddity;
		}
	}
}

/* More than one header with credentials, or in one of them a word that may be a second name. */
static bool has_many_credentials(const struct sip_scan *scan, struct text value)
{
	static const struct text name = TEXT_CONSTANT("username");
	size_t names = 0;

	for (; value.size >= name.size; value = text_from(value, 1)) {
		names += text_begins_ignoring_case(value, name);
	}
	return names > 1 || scan->occurrences[SIP_HEADER_AUTHORIZATION] +
					    scan->occurrences[SIP_HEADER_PROXY_AUTHORIZATION] >
				    1;
}

static void parse_authorization(const struct sip_scan *scan, bool is_judged, struct sip_message *message)
{
	enum sip_header header = sip_scan_has(scan, SIP_HEADER_AUTHORIZATION)
					 ? SIP_HEADER_AUTHORIZATION
					 : SIP_HEADER_PROXY_AUTHORIZATION;
	struct text value = sip_scan_value(scan, header);

	if (!sip_scan_has(scan, header)) {
		return;
	}
	message->authorization_user = sip_credential(value, TEXT("username"));
	message->nonce = sip_credential(value, TEXT("nonce"));
	message->has_many_credentials = has_many_credentials(scan, value);
	if (is_judged && !osip_reads_authorization(value, &message->oddities, &message->authorization_user)) {
		message->oddities |= SIP_ODD_OTHER_VALUE;
	}
}

static void parse_cseq(const struct sip_scan *scan, struct sip_message *message)
{
	struct text method;

	message->has_cseq = sip_cseq_read(sip_scan_value(scan, SIP_HEADER_CSEQ), &message->cseq, &method);
	if (!sip_scan_has(scan, SIP_HEADER_CSEQ)) {
		return;
	}
	if (!message->has_cseq) {
		message->oddities |= SIP_ODD_CSEQ;
	}
	if (!message->is_request) {
		message->method_name = method;
		message->method = sip_method_of(method);
	} else if (!text_equal(method, message->method_name)) {
		message->oddities |= SIP_ODD_METHOD_MISMATCH;
	}
}

/* RFC 3261 §8.1.1: every request has these once (Via may be repeated), every response copies them. */
static void check_mandatory(const struct sip_scan *scan, struct sip_message *message)
{
	static const enum sip_header mandatory[] = {
		SIP_HEADER_FROM, SIP_HEADER_TO, SIP_HEADER_CALL_ID, SIP_HEADER_CSEQ, SIP_HEADER_VIA};

	for (size_t i = 0; i < sizeof mandatory / sizeof mandatory[0]; i++) {
		if (text_is_empty(sip_scan_value(scan, mandatory[i]))) {
			message->oddities |= SIP_ODD_MISSING;
		}
		if (scan->occurrences[mandatory[i]] > 1 && mandatory[i] != SIP_HEADER_VIA) {
			message->oddities |= SIP_ODD_REPEATED;
		}
	}
}

static void parse_request_uri(const struct sip_scan *scan, bool is_judged, struct sip_message *message)
{
	sip_uri_read(scan->request_uri, &message->request_uri);
	if (is_judged && !message->request_uri.is_plain &&
		!osip_reads_uri(scan->request_uri, &message->oddities, &message->request_uri)) {
		message->oddities |= SIP_ODD_REQUEST_URI;
	}
}

/* "1800;refresher=uac", RFC 4028 §4. */
static void parse_session(const struct sip_scan *scan, struct sip_message *message)
{
	struct text value = sip_scan_value(scan, SIP_HEADER_SESSION_EXPIRES);
	uint64_t seconds;

	if (text_to_number(text_trim(text_part(value, 0, text_find(value, ';'))), UINT32_MAX, &seconds)) {
		message->session_expires = (uint32_t)seconds;
	}
}

/* Who ends a call, and which branch of it. */
static void parse_tags(const struct sip_scan *scan, struct sip_message *message)
{
	struct sip_party party;

	if (message->is_request && message->method == SIP_METHOD_BYE) {
		sip_party_read(sip_scan_value(scan, SIP_HEADER_FROM), &party);
		message->from.tag = party.tag;
		sip_party_read(sip_scan_value(scan, SIP_HEADER_TO), &party);
		message->to.tag = party.tag;
	}
}

static void parse_challenge(const struct sip_scan *scan, struct sip_message *message)
{
	enum sip_header header = sip_scan_has(scan, SIP_HEADER_WWW_AUTHENTICATE)
					 ? SIP_HEADER_WWW_AUTHENTICATE
					 : SIP_HEADER_PROXY_AUTHENTICATE;

	message->nonce = (struct text){0};
	if ((scan->status == 401 || scan->status == 407) && sip_scan_has(scan, header)) {
		message->nonce = sip_credential(sip_scan_value(scan, header), TEXT("nonce"));
	}
}

/* What sip_parse_again writes of every message. */
static void parse_head(const struct sip_scan *scan, struct sip_message *message)
{
	message->whole = scan->whole;
	message->is_request = scan->is_request;
	message->method = scan->method;
	message->method_name = scan->method_name;
	message->status = scan->status;
	message->call_id = sip_scan_value(scan, SIP_HEADER_CALL_ID);
	message->user_agent = sip_scan_value(
		scan, sip_scan_has(scan, SIP_HEADER_USER_AGENT) ? SIP_HEADER_USER_AGENT : SIP_HEADER_SERVER);
	message->oddities = scan->oddities;
	message->from.tag = message->to.tag = (struct text){0};
	message->cseq = 0;
	parse_cseq(scan, message);
	parse_challenge(scan, message);
}

void sip_parse_again(const struct sip_scan *scan, struct sip_message *message)
{
	/* What starts or moves a call is judged by libosip2 too; the rest only belongs to some call. Nor has
	 * it anything to judge about plain values. */
	bool is_judged =
		scan->is_request && (scan->method == SIP_METHOD_INVITE || scan->method == SIP_METHOD_REFER);

	arena.used = 0;
	if (message->has_values) {
		*message = (struct sip_message){0};
	}
	parse_head(scan, message);
	if (scan->is_brief) {
		parse_tags(scan, message);
		return;
	}
	message->has_values = true;
	parse_session(scan, message);
	message->via_branch = sip_via_branch(sip_scan_value(scan, SIP_HEADER_VIA));
	if (scan->is_request) {
		parse_request_uri(scan, is_judged, message);
	}
	parse_parties(scan, is_judged, message);
	parse_authorization(scan, is_judged, message);
	check_mandatory(scan, message);
}

void sip_parse(const struct sip_scan *scan, struct sip_message *message)
{
	*message = (struct sip_message){0};
	sip_parse_again(scan, message);
}

void sip_parse_dialed(struct text dialed, struct sip_uri *uri)
{
	sip_uri_read(dialed, uri);
	if (uri->scheme == SIP_SCHEME_NONE || uri->scheme == SIP_SCHEME_OTHER) {
		*uri = (struct sip_uri){.whole = dialed, .scheme = SIP_SCHEME_NONE, .user = dialed};
	}
}
