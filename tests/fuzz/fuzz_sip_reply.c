/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A payload, refused: the answer is bounded, none of its lines comes from the payload, the same payload gets
 * the same one, and libosip2 reads it as an answer to the request where it reads the request. The fields are
 * those that decode reads.
 */
#include "../osip_judge.h"
#include "fuzz.h"

#include "pbxguard/action/sip_reply.h"
#include "pbxguard/decode/sip_scan.h"
#include "pbxguard/decode/sip_value.h"

#include <stdlib.h>
#include <string.h>

static const struct digest_key key = {{1, 2, 3, 4}};
static const struct endpoint phone = {{ADDRESS_IPV4, {192, 0, 2, 21}}, 40000};
static const struct endpoint phone6 = {{ADDRESS_IPV6, {0x20, 0x01, 0x0D, 0xB8, [15] = 0x21}}, 5060};
static const struct endpoint pbx = {{ADDRESS_IPV4, {198, 51, 100, 1}}, 5060};

/* Every line is one of ours, and the header ends once, at the end. */
static void require_lines(const struct sip_datagram *reply)
{
	static const struct text begins[] = {TEXT_CONSTANT("SIP/2.0 "), TEXT_CONSTANT("Via: "),
		TEXT_CONSTANT("From: "), TEXT_CONSTANT("To: "), TEXT_CONSTANT("Call-ID: "),
		TEXT_CONSTANT("CSeq: "), TEXT_CONSTANT("Reason: SIP;cause=603;text="),
		TEXT_CONSTANT("Server: pbxguard"), TEXT_CONSTANT("Content-Length: 0")};
	size_t counts[COUNT_OF(begins)] = {0};
	struct text rest = {reply->bytes, reply->size}, line;

	MUST_HOLD(reply->size <= SIP_DATAGRAM_MAX && reply->bytes[reply->size] == '\0');
	while (text_split(&rest, '\n', &line) && line.size > 1) {
		size_t which = 0;
		MUST_HOLD(line.start[line.size - 1] == '\r');
		for (size_t i = 0; i < line.size - 1; i++) {
			MUST_HOLD(line.start[i] != '\r' && line.start[i] != '\0');
		}
		while (which < COUNT_OF(begins) && !text_begins(line, begins[which])) {
			which++;
		}
		MUST_HOLD(which < COUNT_OF(begins));
		counts[which]++;
	}
	MUST_HOLD(line.size == 1 && rest.size == 0);
	for (size_t i = 0; i < COUNT_OF(begins); i++) {
		MUST_HOLD(
			counts[i] == 1 || (i == 1 && counts[i] > 1) || (i >= 6 && i <= 7 && counts[i] == 0));
	}
}

static void require_as_scanned(struct text payload, const struct sip_identity *identity)
{
	struct sip_scan scan;
	struct sip_party from, to;
	struct text method;
	uint32_t number;

	if (!sip_scan(payload, &scan)) {
		return;
	}
	MUST_HOLD(text_equal(sip_scan_value(&scan, SIP_HEADER_FROM), identity->from));
	MUST_HOLD(text_equal(sip_scan_value(&scan, SIP_HEADER_TO), identity->to));
	MUST_HOLD(text_equal(sip_scan_value(&scan, SIP_HEADER_CALL_ID), identity->call_id));
	MUST_HOLD(text_equal(sip_scan_value(&scan, SIP_HEADER_CSEQ), identity->cseq));
	MUST_HOLD(text_equal(sip_first_value(sip_scan_value(&scan, SIP_HEADER_VIA)), identity->via));
	MUST_HOLD(sip_cseq_read(sip_scan_value(&scan, SIP_HEADER_CSEQ), &number, &method));
	MUST_HOLD(number == identity->cseq_number);
	sip_party_read(identity->from, &from);
	sip_party_read(identity->to, &to);
	MUST_HOLD(text_equal(from.tag, identity->from_tag) && text_equal(to.tag, identity->to_tag));
}

/*
 * What libosip2 may read in another way than we do, and does not take in an answer though it did in the
 * request: bare CRs, folded lines, lists in one line, quotes, comments, and bytes that are no letters.
 */
static bool is_odd(struct text payload)
{
	for (size_t i = 0; i < payload.size; i++) {
		char c = payload.start[i], next = i + 1 < payload.size ? payload.start[i + 1] : '\0';
		bool is_end = (c == '\r' && next == '\n') || (c == '\n' && next != ' ' && next != '\t');
		if (!is_end && (c < ' ' || c > '~' || c == '"' || c == ',' || c == '(')) {
			return true;
		}
	}
	return false;
}

/* A parameter with = and no value: libosip2 takes it in the last place only, and there ours go. */
static bool has_empty_parameter(struct text value)
{
	for (size_t i = 0; i < value.size; i++) {
		bool is_last = i + 1 == value.size;
		if (value.start[i] == '=' && (is_last || strchr(";, \t\r\n", value.start[i + 1]) != NULL)) {
			return true;
		}
	}
	return false;
}

/* What an answer changes has to be well made for libosip2 to take it with the change; a folded line in a
 * Call-ID, which has no blanks, becomes other blanks. */
static bool is_well_made(const struct sip_identity *identity)
{
	return text_find_any(identity->call_id, " \t\r\n") == identity->call_id.size &&
	       text_begins(identity->via, TEXT("SIP/2.0/")) && !has_empty_parameter(identity->via) &&
	       !has_empty_parameter(identity->to);
}

static void require_as_osip(
	struct text payload, const struct sip_identity *identity, const struct sip_datagram *reply)
{
	bool is_left_out = is_odd(payload) || !is_well_made(identity);
	osip_message_t *request = is_left_out ? NULL : osip_judge_read(payload);

	if (request != NULL && osip_judge_is_whole(request)) {
		osip_message_t *answer = osip_judge_read((struct text){reply->bytes, reply->size});
		MUST_HOLD(answer != NULL);
		const char *wrong = osip_judge_answer(request, answer);
		if (wrong != NULL) {
			fuzz_fail(__FILE__, __LINE__, wrong);
		}
		osip_message_free(answer);
	}
	osip_message_free(request);
}

static void answer(struct text payload, const struct endpoint *source)
{
	struct sip_identity identity, again;
	struct sip_datagram reply, same;
	char tag[SIP_REPLY_TAG_SIZE];

	if (!sip_reply_make(&key, payload, source, &pbx, SIP_REPLY_DECLINE, &reply)) {
		return;
	}
	require_lines(&reply);
	MUST_HOLD(sip_reply_make(&key, payload, source, &pbx, SIP_REPLY_DECLINE, &same));
	MUST_HOLD(reply.size == same.size && memcmp(reply.bytes, same.bytes, reply.size) == 0);
	MUST_HOLD(address_equal(&reply.destination.address, &source->address) && reply.destination.port > 0);
	MUST_HOLD(endpoint_equal(&reply.source, &pbx));
	MUST_HOLD(sip_identity_read(payload, &identity));
	MUST_HOLD(sip_identity_read((struct text){reply.bytes, reply.size}, &again));
	MUST_HOLD(again.cseq_number == identity.cseq_number);
	MUST_HOLD(identity.has_to_tag || strstr(reply.bytes, sip_reply_tag(&key, &identity, tag)) != NULL);
	require_as_scanned(payload, &identity);
	require_as_osip(payload, &identity, &reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = fuzz_copy(data, size);

	answer((struct text){(const char *)bytes, size}, &phone);
	answer((struct text){(const char *)bytes, size}, &phone6);
	free(bytes);
	return 0;
}
