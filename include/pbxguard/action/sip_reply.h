/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to a request, in the name of whom it was sent to: 603 or 403 for an INVITE that is refused, 200
 * and 481 for what belongs to it. Made of the request alone, so the same request always gets the same one
 * (RFC 3261 §8.2.7).
 */
#ifndef PBXGUARD_ACTION_SIP_REPLY_H
#define PBXGUARD_ACTION_SIP_REPLY_H

#include "pbxguard/action/sip_datagram.h"
#include "pbxguard/action/sip_fields.h"
#include "pbxguard/base/digest.h"

#include <stdbool.h>
#include <stdint.h>

#define SIP_REPLY_OK 200
#define SIP_REPLY_FORBIDDEN 403
#define SIP_REPLY_NO_SUCH_CALL 481
#define SIP_REPLY_DECLINE 603

/*
 * The To tag by which our answers are known again when they are acknowledged: a keyed digest of Call-ID and
 * From tag, so that retransmissions, and repetitions with credentials, get the same, and nobody else can make
 * it.
 */
#define SIP_REPLY_TAG_SIZE 20 /* "pg-", 16 hexadecimal digits, NUL */
char *sip_reply_tag(const struct digest_key *key, const struct sip_identity *identity,
	char buffer[static SIP_REPLY_TAG_SIZE]);
/* Is the request's To tag ours? */
bool sip_reply_is_tagged(const struct digest_key *key, const struct sip_identity *identity);

/*
 * The answer with this status (one of the above) to the request that came from source to destination. All Via
 * values, From, To, Call-ID and CSeq are copied as they are (RFC 3261 §8.2.6.2), a tag is put to To where
 * there is none, `received` and `rport` to the topmost Via (§18.2.1, RFC 3581 §4), and a refusal says why
 * (Reason, RFC 3326). It goes to where RFC 3261 §18.2.2 and RFC 3581 send it: to the source's port, where
 * `rport` asks for it; else to the one in Via, unless the address there is not the source's: then a
 * translator of addresses stands between, and only the source's port leads through it. `maddr` is not
 * followed.
 *
 * False, and nothing in *reply to be used, when it is no request, an ACK (which gets no answer, §17.1.1.3),
 * when one of the fields is missing, or when the answer is longer than SIP_DATAGRAM_MAX (it does without
 * Server and Reason before).
 */
bool sip_reply_make(const struct digest_key *key, struct text request, const struct endpoint *source,
	const struct endpoint *destination, unsigned status, struct sip_datagram *reply);

#endif
