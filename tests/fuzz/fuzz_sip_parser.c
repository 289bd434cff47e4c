/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A payload through scan and parser: every text lies in it or in the parser's memory, and the number dialled
 * is found whatever libosip2 says. Of a plain value it would say the same as we. Includes the parser's
 * source, whose arena is to be seen.
 */
#include "../../src/decode/sip_parser.c"

#include "fuzz.h"

#include <stdlib.h>

static void require_text(struct text text, struct text payload)
{
	MUST_HOLD(fuzz_lies_in(text, payload.start, payload.size) ||
		  fuzz_lies_in(text, arena.bytes, arena.used));
}

static void require_uri(const struct sip_uri *uri, struct text payload)
{
	require_text(uri->whole, payload);
	require_text(uri->user, payload);
	require_text(uri->host, payload);
	require_text(uri->parameters, payload);
}

static void require_message(const struct sip_message *message, struct text payload)
{
	const struct text texts[] = {message->method_name, message->call_id, message->via_branch,
		message->user_agent, message->authorization_user, message->nonce};
	const struct sip_party *parties[] = {&message->from, &message->to, &message->contact,
		&message->asserted_identity, &message->diversion, &message->referred_by, &message->refer_to,
		&message->history_info};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		require_text(texts[i], payload);
	}
	for (size_t i = 0; i < COUNT_OF(parties); i++) {
		require_text(parties[i]->display, payload);
		require_text(parties[i]->tag, payload);
		require_uri(&parties[i]->uri, payload);
	}
	require_uri(&message->request_uri, payload);
}

static void require_as_osip(const struct sip_uri *uri)
{
	struct sip_uri judged = *uri;
	uint32_t oddities = 0;

	if (uri->is_plain) {
		MUST_HOLD(osip_reads_uri(uri->whole, &oddities, &judged) && oddities == 0);
		MUST_HOLD(text_equal(judged.host, uri->host) && judged.port == uri->port);
	}
}

static void require_party_as_osip(struct text value)
{
	struct sip_party party, judged;
	uint32_t oddities = 0;

	sip_party_read(value, &party);
	judged = party;
	require_as_osip(&party.uri);
	if (party.is_plain) {
		MUST_HOLD(osip_reads_party(value, &oddities, &judged) && oddities == 0);
		MUST_HOLD(text_equal(judged.uri.host, party.uri.host) && judged.uri.port == party.uri.port);
		MUST_HOLD(text_equal(judged.tag, party.tag));
	}
}

/* False when it is no SIP. */
static bool parse(struct text payload, struct sip_message *message)
{
	struct sip_scan scan;
	struct sip_uri uri;

	if (!sip_scan(payload, &scan)) {
		return false;
	}
	sip_parse(&scan, message);
	require_message(message, payload);
	sip_uri_read(scan.request_uri, &uri);
	MUST_HOLD(text_equal(message->request_uri.user, uri.user));
	require_as_osip(&uri);
	require_party_as_osip(sip_scan_value(&scan, SIP_HEADER_FROM));
	require_party_as_osip(sip_scan_value(&scan, SIP_HEADER_TO));
	MUST_HOLD(text_equal(message->call_id, sip_scan_value(&scan, SIP_HEADER_CALL_ID)));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct text invite = TEXT_CONSTANT("INVITE sip:01012465550123@192.0.2.10 SIP/2.0\r\n");
	struct text input = {(const char *)data, size};
	struct sip_message message;

	sip_parser_start();
	uint8_t *bytes = fuzz_copy(data, size);
	parse((struct text){(const char *)bytes, size}, &message);
	free(bytes);

	/* Whatever comes behind the request line can't hide whom it calls. */
	bytes = fuzz_join(invite, input);
	MUST_HOLD(parse((struct text){(const char *)bytes, invite.size + size}, &message));
	MUST_HOLD(message.is_request && message.method == SIP_METHOD_INVITE);
	MUST_HOLD(text_equal(message.request_uri.user, TEXT("01012465550123")));
	MUST_HOLD(text_equal(message.request_uri.host, TEXT("192.0.2.10")));
	free(bytes);
	return 0;
}
