/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One header field's value, read in each way there is: everything found lies inside it, and what is plain
 * reads the same without that knowledge. Includes the source, which has both ways.
 */
#include "../../src/decode/sip_value.c"

#include "fuzz.h"

#include <stdlib.h>

static void require_uri(const struct sip_uri *uri, struct text value)
{
	const struct text parts[] = {uri->whole, uri->user, uri->host, uri->parameters};

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		MUST_HOLD(fuzz_lies_in(parts[i], value.start, value.size));
	}
}

static void require_same_uri(const struct sip_uri *a, const struct sip_uri *b)
{
	MUST_HOLD(text_equal(a->whole, b->whole) && a->scheme == b->scheme && a->port == b->port);
	MUST_HOLD(text_equal(a->user, b->user) && text_equal(a->host, b->host));
	MUST_HOLD(text_equal(a->parameters, b->parameters));
}

static void require_same_as_lenient(
	struct text value, const struct sip_uri *uri, const struct sip_party *party)
{
	struct sip_party lenient_party;
	struct sip_uri lenient_uri;

	read_uri(text_trim(value), &lenient_uri);
	require_same_uri(uri, &lenient_uri);
	read_party(value, &lenient_party);
	require_same_uri(&party->uri, &lenient_party.uri);
	MUST_HOLD(text_equal(party->display, lenient_party.display));
	MUST_HOLD(text_equal(party->tag, lenient_party.tag));
}

static void read_all(struct text value)
{
	struct text method, parameter, first = sip_first_value(value);
	struct sip_party party;
	struct sip_uri uri;
	uint32_t number = 0;

	sip_uri_read(value, &uri);
	require_uri(&uri, value);
	sip_party_read(value, &party);
	require_uri(&party.uri, value);
	require_same_as_lenient(value, &uri, &party);
	MUST_HOLD(fuzz_lies_in(party.display, value.start, value.size));
	MUST_HOLD(fuzz_lies_in(party.tag, value.start, value.size));
	MUST_HOLD(fuzz_lies_in(first, value.start, value.size));
	MUST_HOLD(text_equal(sip_first_value(first), first));
	MUST_HOLD(fuzz_lies_in(sip_credential(value, TEXT("username")), value.start, value.size));
	MUST_HOLD(!sip_parameter(value, TEXT("tag"), &parameter) ||
		  fuzz_lies_in(parameter, value.start, value.size));
	MUST_HOLD(!sip_cseq_read(value, &number, &method) || number <= INT32_MAX);
	MUST_HOLD(fuzz_lies_in(sip_via_branch(value), value.start, value.size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = fuzz_copy(data, size);

	read_all((struct text){(const char *)bytes, size});
	free(bytes);
	return 0;
}
