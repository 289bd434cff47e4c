/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cheap look at a payload: is it SIP, and which method or status; then its header fields as pieces of
 * text (RFC 3261 §7). Never refuses a message for one odd line, because the PBX might not either: an INVITE
 * that libosip2 would refuse whole is read here all the same, and marked.
 */
#ifndef PBXGUARD_DECODE_SIP_SCAN_H
#define PBXGUARD_DECODE_SIP_SCAN_H

#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>
#include <stdint.h>

/* The header fields that anybody here needs. */
enum sip_header {
	SIP_HEADER_AUTHORIZATION,
	SIP_HEADER_CALL_ID,
	SIP_HEADER_CONTACT,
	SIP_HEADER_CONTENT_LENGTH,
	SIP_HEADER_CSEQ,
	SIP_HEADER_DIVERSION,
	SIP_HEADER_FROM,
	SIP_HEADER_HISTORY_INFO,
	SIP_HEADER_P_ASSERTED_IDENTITY,
	SIP_HEADER_PROXY_AUTHENTICATE,
	SIP_HEADER_PROXY_AUTHORIZATION,
	SIP_HEADER_REFER_TO,
	SIP_HEADER_REFERRED_BY,
	SIP_HEADER_SERVER,
	SIP_HEADER_SESSION_EXPIRES,
	SIP_HEADER_TO,
	SIP_HEADER_USER_AGENT,
	SIP_HEADER_VIA,
	SIP_HEADER_WWW_AUTHENTICATE,
	SIP_HEADER_COUNT
};

/* A phone's INVITE has 15 to 30 header lines; more than this are marked SIP_ODD_LONG, and read all the same.
 */
#define SIP_HEADER_LINES_USUAL 256

struct sip_scan {
	struct text whole; /* what was scanned */
	bool is_request;
	enum sip_method method;  /* of a request */
	struct text method_name; /* of a request, as sent */
	struct text request_uri; /* of a request: all between method and version, without < > */
	uint16_t status;         /* of a response */

	uint32_t oddities; /* SIP_ODD_CUT, SIP_ODD_LINE, SIP_ODD_LONG */
	bool is_brief;     /* the lines after From, To, Call-ID and CSeq were not looked at: sip_scan_brief */
	uint8_t occurrences[SIP_HEADER_COUNT]; /* lines; stops at 255 */
	struct text values[SIP_HEADER_COUNT];  /* set where there are occurrences: see sip_scan_value */
};

static inline bool sip_scan_has(const struct sip_scan *scan, enum sip_header header)
{
	return scan->occurrences[header] > 0;
}

/* The first line's, trimmed; folded lines stay folded. Empty: there is none. */
static inline struct text sip_scan_value(const struct sip_scan *scan, enum sip_header header)
{
	return sip_scan_has(scan, header) ? scan->values[header] : (struct text){0};
}

/*
 * False when the payload is no SIP message. It must begin with a start line (after CRLFs, which RFC 3261 §7.5
 * allows in front), in any case of letters, with any amount of space between its parts.
 */
bool sip_scan(struct text payload, struct sip_scan *scan);
/*
 * The same, but what neither starts, moves nor answers a call (requests other than INVITE, REFER and UPDATE,
 * responses other than 3xx and an INVITE's 2xx) is looked at only until From, To, Call-ID and CSeq are found:
 * they tell to which call it belongs, and most messages are such. Of a 401 or 407 to an INVITE the
 * challenge is read besides, but nothing marked that is odd behind these four.
 */
bool sip_scan_brief(struct text payload, struct sip_scan *scan);

enum sip_method sip_method_of(struct text name); /* case is ignored: some PBXs do */
const char *sip_method_name(enum sip_method method);

#endif
