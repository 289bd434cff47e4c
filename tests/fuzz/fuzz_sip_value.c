/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One header field's value, read in each way there is: everything found lies inside it. */
#include "fuzz.h"

#include "pbxguard/decode/sip_value.h"

#include <stdlib.h>

static void require_uri(const struct sip_uri *uri, struct text value)
{
	const struct text parts[] = {uri->whole, uri->user, uri->host, uri->parameters};

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		MUST_HOLD(fuzz_lies_in(parts[i], value.start, value.size));
	}
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
