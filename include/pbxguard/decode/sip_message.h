/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: one SIP message (RFC 3261), as far as the later layers need it: of most only method, status,
 * Call-ID and CSeq, of a BYE the tags and of a challenge the nonce besides (sip_scan_brief). Decoding fills
 * it and decides nothing. Every text is borrowed until the handler returns, is as it was sent (not decoded,
 * not made safe) and may be empty where the message has no such thing.
 */
#ifndef PBXGUARD_DECODE_SIP_MESSAGE_H
#define PBXGUARD_DECODE_SIP_MESSAGE_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum transport { TRANSPORT_UDP, TRANSPORT_TCP };

enum sip_method {
	SIP_METHOD_OTHER,
	SIP_METHOD_INVITE,
	SIP_METHOD_ACK,
	SIP_METHOD_BYE,
	SIP_METHOD_CANCEL,
	SIP_METHOD_REGISTER,
	SIP_METHOD_OPTIONS,
	SIP_METHOD_PRACK,     /* RFC 3262 */
	SIP_METHOD_SUBSCRIBE, /* RFC 6665 */
	SIP_METHOD_NOTIFY,
	SIP_METHOD_PUBLISH, /* RFC 3903 */
	SIP_METHOD_INFO,    /* RFC 6086 */
	SIP_METHOD_REFER,   /* RFC 3515 */
	SIP_METHOD_MESSAGE, /* RFC 3428 */
	SIP_METHOD_UPDATE,  /* RFC 3311 */
	SIP_METHOD_COUNT
};

enum sip_scheme {
	SIP_SCHEME_NONE,
	SIP_SCHEME_SIP,
	SIP_SCHEME_SIPS,
	SIP_SCHEME_TEL,
	SIP_SCHEME_URN,
	SIP_SCHEME_OTHER
};

struct sip_uri {
	struct text whole;
	enum sip_scheme scheme;
	struct text user; /* before percent-decoding, without a password; a tel: URI's number; what follows
			     urn: */
	struct text host; /* without the brackets of an IPv6 address */
	uint16_t port;    /* 0: none */
	struct text parameters; /* what follows the first ';' after the host (tel:, urn: after the number) */
	bool is_plain;          /* so written that nobody can read it in another way */
};

/* From, To, Contact and their like. */
struct sip_party {
	struct text display; /* without the quotes */
	struct sip_uri uri;
	struct text tag;
	bool is_plain; /* the whole, as a URI may be */
};

/* What was odd about a message that was read all the same: bits. */
enum sip_oddity {
	SIP_ODD_CUT = 1 << 0,         /* the packet ends before the header does */
	SIP_ODD_REQUEST_URI = 1 << 1, /* libosip2 refused the value; the lenient scan read it */
	SIP_ODD_FROM = 1 << 2,
	SIP_ODD_TO = 1 << 3,
	SIP_ODD_CSEQ = 1 << 4,
	SIP_ODD_OTHER_VALUE = 1 << 5,     /* another header's value was refused */
	SIP_ODD_MISSING = 1 << 6,         /* From, To, Call-ID, CSeq or Via is not there, or empty */
	SIP_ODD_REPEATED = 1 << 7,        /* one of these is there more than once; the first counts */
	SIP_ODD_METHOD_MISMATCH = 1 << 8, /* CSeq names another method than the request line */
	SIP_ODD_LINE = 1 << 9,  /* a header line without a colon, a NUL, a bare CR, an odd start line */
	SIP_ODD_LONG = 1 << 10, /* a value too long for libosip2's budget, or more headers than we keep */
	SIP_ODD_FRAMING =
		1 << 11, /* on a stream: Content-Length missing or no number, or a message in another's
			    body, among its header lines, behind rubbish, outside of the stream */
};

struct sip_message {
	instant time;
	struct endpoint source, destination;
	enum transport transport;
	struct text whole; /* as sent: a datagram's payload, of a stream as far as the header goes;
			      method_name, call_id and request_uri.user lie within it */
	uint32_t sequence; /* TCP: the sequence number of its first byte */
	bool is_overdue; /* not of the packet at hand: earlier ones brought it, and waited in vain for more */

	bool is_request;
	enum sip_method method;  /* of a response: the one its CSeq names */
	struct text method_name; /* as sent */
	uint16_t status;         /* of a response, 100 to 699; 0 for a request */
	struct sip_uri request_uri;

	struct sip_party from, to;
	struct sip_party contact; /* of a response: whom a 3xx tells to call (RFC 3261 §8.1.3.4) */
	struct text call_id;
	bool has_cseq;
	uint32_t cseq;
	struct text via_branch; /* of the topmost Via */
	struct text user_agent; /* of a response: Server */

	struct text
		authorization_user; /* username of Authorization or Proxy-Authorization, without the quotes */
	/* Of a request with credentials, theirs; of a 401 or 407 to an INVITE, the one that it gives. */
	struct text nonce;
	bool has_many_credentials; /* more than one set, or name: the PBX may go by another than the first */
	struct sip_party asserted_identity; /* P-Asserted-Identity (RFC 3325) */
	struct sip_party diversion;         /* topmost Diversion (RFC 5806) */
	struct sip_party referred_by;       /* RFC 3892 */
	struct sip_party refer_to;          /* RFC 3515 */
	struct sip_party history_info;      /* of the first entry: whom was called at first (RFC 7044) */
	uint32_t session_expires;           /* seconds (RFC 4028); 0: none */

	uint32_t oddities; /* bits of enum sip_oddity */
	bool has_values; /* false: of texts there are only method_name, call_id, user_agent and a BYE's tags,
			    because the message was looked at briefly */
};

/* What a decoder does with each message it finds. */
typedef void sip_message_handler(void *context, const struct sip_message *message);

#endif
