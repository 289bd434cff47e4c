/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payload: what the scan gives lies inside it, and neither CRLFs in front nor a body behind change it. */
#include "fuzz.h"

#include "pbxguard/decode/sip_scan.h"

#include <stdlib.h>

static void require_same(const struct sip_scan *a, const struct sip_scan *b)
{
	MUST_HOLD(a->is_request == b->is_request && a->method == b->method && a->status == b->status);
	MUST_HOLD(a->oddities == b->oddities && text_equal(a->request_uri, b->request_uri));
	for (int header = 0; header < SIP_HEADER_COUNT; header++) {
		MUST_HOLD(a->occurrences[header] == b->occurrences[header]);
		MUST_HOLD(text_equal(sip_scan_value(a, header), sip_scan_value(b, header)));
	}
}

static void require_inside(const struct sip_scan *scan, const uint8_t *bytes, size_t size)
{
	MUST_HOLD(
		fuzz_lies_in(scan->method_name, bytes, size) && fuzz_lies_in(scan->request_uri, bytes, size));
	MUST_HOLD(scan->is_request ? scan->method_name.size > 0 && scan->status == 0
				   : scan->status >= 100 && scan->status <= 699);
	for (int header = 0; header < SIP_HEADER_COUNT; header++) {
		MUST_HOLD(fuzz_lies_in(sip_scan_value(scan, header), bytes, size));
		MUST_HOLD(scan->occurrences[header] > 0 || sip_scan_value(scan, header).size == 0);
		MUST_HOLD(text_trim(sip_scan_value(scan, header)).size == sip_scan_value(scan, header).size);
	}
}

/* The same with other bytes around it. */
static void scan_again(const struct sip_scan *expected, struct text before, struct text after)
{
	size_t size = before.size + after.size;
	uint8_t *bytes = fuzz_join(before, after);
	struct sip_scan scan;

	MUST_HOLD(sip_scan((struct text){(char *)bytes, size}, &scan));
	require_same(expected, &scan);
	free(bytes);
}

/* What was looked at briefly is the same as in the whole look. */
static void scan_briefly(const struct sip_scan *whole, struct text payload)
{
	struct sip_scan brief;

	MUST_HOLD(sip_scan_brief(payload, &brief));
	MUST_HOLD(brief.is_brief || brief.oddities == whole->oddities);
	MUST_HOLD(!brief.is_brief || !brief.is_request || brief.method != SIP_METHOD_INVITE);
	for (int header = 0; header < SIP_HEADER_COUNT; header++) {
		MUST_HOLD(brief.occurrences[header] == 0 ||
			  text_equal(sip_scan_value(&brief, header), sip_scan_value(whole, header)));
	}
	MUST_HOLD(text_equal(
		sip_scan_value(&brief, SIP_HEADER_CALL_ID), sip_scan_value(whole, SIP_HEADER_CALL_ID)));
	MUST_HOLD(
		text_equal(sip_scan_value(&brief, SIP_HEADER_CSEQ), sip_scan_value(whole, SIP_HEADER_CSEQ)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = fuzz_copy(data, size);
	struct text payload = {(const char *)bytes, size};
	struct sip_scan scan;

	if (sip_scan(payload, &scan)) {
		require_inside(&scan, bytes, size);
		scan_briefly(&scan, payload);
		scan_again(&scan, TEXT("\r\n\n"), payload);
		if ((scan.oddities & (SIP_ODD_CUT | SIP_ODD_LONG)) == 0) {
			scan_again(&scan, payload, TEXT("\r\nInvite: 1\r\nTo: <sip:2@192.0.2.1>\r\n\r\n"));
		}
	}
	free(bytes);
	return 0;
}
