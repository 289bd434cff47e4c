/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/sip_reply.h"

#include <inttypes.h>
#include <stdio.h>

#define SIP_PORT 5060 /* where Via names none; RFC 3261 §18.2.2 */

static const struct {
	unsigned status;
	const char *phrase; /* RFC 3261 §21 */
	bool has_reason;
} answers[] = {
	{SIP_REPLY_OK, "OK", false},
	{SIP_REPLY_FORBIDDEN, "Forbidden", true},
	{SIP_REPLY_NO_SUCH_CALL, "Call/Transaction Does Not Exist", false},
	{SIP_REPLY_DECLINE, "Decline", true},
};
#define ANSWERS (sizeof answers / sizeof answers[0])

static const struct text tag_prefix = TEXT_CONSTANT("pg-");

char *sip_reply_tag(const struct digest_key *key, const struct sip_identity *identity,
	char buffer[static SIP_REPLY_TAG_SIZE])
{
	uint64_t parts[2] = {
		digest_text(key, identity->call_id),
		digest_text(key, identity->from_tag),
	};

	snprintf(buffer, SIP_REPLY_TAG_SIZE, "%s%016" PRIx64, tag_prefix.start,
		digest_short(key, parts, sizeof parts));
	return buffer;
}

bool sip_reply_is_tagged(const struct digest_key *key, const struct sip_identity *identity)
{
	char tag[SIP_REPLY_TAG_SIZE];

	return text_begins(identity->to_tag, tag_prefix) &&
	       text_equal(identity->to_tag, text_of(sip_reply_tag(key, identity, tag)));
}

/* What answering needs to know of the topmost Via. */
struct via {
	struct text host; /* without the brackets of an IPv6 address */
	uint16_t port;    /* SIP_PORT where there is none */
	bool has_rport;
};

/* "SIP/2.0/UDP 192.0.2.1:5060", with white space between any of its parts (RFC 3261 §25.1). */
static void read_sent_by(struct text text, struct via *via)
{
	uint64_t port;

	for (int slash = 0; slash < 2; slash++) {
		text = text_from(text, text_find(text, '/') + 1);
	}
	text = text_trim(text);
	text = text_trim(text_from(text, text_find_space(text)));
	if (text.size > 0 && text.start[0] == '[') {
		size_t close = text_find(text, ']');
		via->host = text_part(text, 1, close - 1);
		text = text_from(text, close);
	} else {
		via->host = text_trim(text_part(text, 0, text_find(text, ':')));
	}
	text = text_trim(text_from(text, text_find(text, ':') + 1));
	via->port = text_to_number(text, UINT16_MAX, &port) && port > 0 ? (uint16_t)port : SIP_PORT;
}

static struct via read_via(struct text value)
{
	struct text parameters = sip_via_parameters(value), parameter, name, ignored;
	struct via via = {.has_rport = false};

	read_sent_by(text_part(value, 0, value.size - parameters.size), &via);
	while (sip_parameter_next(&parameters, &parameter, &name, &ignored)) {
		via.has_rport |= text_equal_ignoring_case(name, TEXT("rport"));
	}
	return via;
}

static struct endpoint answer_to(const struct via *via, const struct endpoint *source)
{
	struct endpoint to = *source;
	struct address host;
	bool is_address = address_parse(via->host, &host);

	if (!via->has_rport && (!is_address || address_equal(&host, &source->address))) {
		to.port = via->port;
	}
	return to;
}

/* Sender and port as we see them, in the place of what somebody else may have put there. */
static void add_topmost_via(
	struct line *line, struct text value, const struct via *via, const struct endpoint *source)
{
	struct text parameters = sip_via_parameters(value), parameter, name, ignored;
	char address_text[ADDRESS_TEXT_SIZE];
	struct address host;
	bool says_where = address_parse(via->host, &host) && address_equal(&host, &source->address);

	if (says_where && !via->has_rport) {
		sip_datagram_add_clean(line, value);
		return;
	}
	sip_datagram_add_clean(line, text_trim(text_part(value, 0, value.size - parameters.size)));
	while (sip_parameter_next(&parameters, &parameter, &name, &ignored)) {
		if (!text_equal_ignoring_case(name, TEXT("rport")) &&
			!text_equal_ignoring_case(name, TEXT("received"))) {
			line_add(line, TEXT(";"));
			sip_datagram_add_clean(line, parameter);
		}
	}
	line_format(line, ";received=%s", address_format(&source->address, address_text));
	if (via->has_rport) {
		line_format(line, ";rport=%u", source->port);
	}
}

static void add_vias(
	struct line *line, struct text request, const struct via *via, const struct endpoint *source)
{
	struct text value, topmost;
	struct sip_fields fields;
	enum sip_field field;
	bool is_topmost = true;

	sip_fields_begin(request, &fields, &value);
	while (sip_fields_next(&fields, &field, &value)) {
		if (field != SIP_FIELD_VIA) {
			continue;
		}
		line_add(line, TEXT("Via: "));
		if (is_topmost && sip_field_split(&value, &topmost)) {
			add_topmost_via(line, topmost, via, source);
			line_add(line, value.size > 0 ? TEXT(", ") : TEXT(""));
			is_topmost = false;
		}
		sip_datagram_add_clean(line, text_trim(value));
		line_add(line, TEXT("\r\n"));
	}
}

static void add_to(struct line *line, const struct digest_key *key, const struct sip_identity *identity)
{
	char tag[SIP_REPLY_TAG_SIZE];

	line_add(line, TEXT("To: "));
	sip_datagram_add_clean(line, identity->to);
	if (!identity->has_to_tag) {
		line_format(line, ";tag=%s", sip_reply_tag(key, identity, tag));
	}
	line_add(line, TEXT("\r\n"));
}

struct making {
	const struct digest_key *key;
	struct text request;
	const struct endpoint *source;
	struct sip_identity identity;
	struct via via;
	size_t answer; /* of answers */
};

static bool write_reply(const struct making *making, bool is_short, struct sip_datagram *reply)
{
	struct line line = sip_datagram_begin(reply);
	unsigned status = answers[making->answer].status;

	line_format(&line, "SIP/2.0 %u %s\r\n", status, answers[making->answer].phrase);
	add_vias(&line, making->request, &making->via, making->source);
	sip_datagram_add_field(&line, "From", making->identity.from);
	add_to(&line, making->key, &making->identity);
	sip_datagram_add_field(&line, "Call-ID", making->identity.call_id);
	sip_datagram_add_field(&line, "CSeq", making->identity.cseq);
	if (answers[making->answer].has_reason && !is_short) {
		line_format(&line,
			"Reason: SIP;cause=%u;text=\"refused by pbxguard: toll fraud suspected\"\r\n",
			status);
	}
	line_add(&line, is_short ? TEXT("") : TEXT("Server: pbxguard\r\n"));
	return sip_datagram_end(reply, &line);
}

static bool is_answerable(struct text start_line)
{
	struct text line = text_trim(start_line);

	return !text_begins_ignoring_case(line, TEXT("SIP/")) &&
	       !text_equal_ignoring_case(text_part(line, 0, text_find_space(line)), TEXT("ACK"));
}

bool sip_reply_make(const struct digest_key *key, struct text request, const struct endpoint *source,
	const struct endpoint *destination, unsigned status, struct sip_datagram *reply)
{
	struct making making = {.key = key, .request = request, .source = source};
	struct text start_line;
	struct sip_fields fields;

	while (making.answer < ANSWERS && answers[making.answer].status != status) {
		making.answer++;
	}
	if (making.answer == ANSWERS || !sip_fields_begin(request, &fields, &start_line) ||
		!is_answerable(start_line) || !sip_identity_read(request, &making.identity)) {
		return false;
	}
	making.via = read_via(making.identity.via);
	reply->source = *destination;
	reply->destination = answer_to(&making.via, source);
	return write_reply(&making, false, reply) || write_reply(&making, true, reply);
}
