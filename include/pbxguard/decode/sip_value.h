/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lenient reading of a header field's value (RFC 3261 §19, §20, §25.1): takes from any text what a
 * forgiving PBX would take from it. What it gives are views of the value; it never fails, but may find
 * nothing. Most values are plain, as these examples' first: then one pass reads them, and is_plain says so.
 */
#ifndef PBXGUARD_DECODE_SIP_VALUE_H
#define PBXGUARD_DECODE_SIP_VALUE_H

#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>

/* "sip:1001@192.0.2.10:5060", "sips:1001@192.0.2.10;transport=udp", "tel:+81-3-1234-5678;phone-context=+81",
 * "urn:service:sos" */
void sip_uri_read(struct text value, struct sip_uri *uri);

/* "\"Alice\" <sip:1001@192.0.2.10>;tag=a1", "sip:1001@192.0.2.10;tag=a1" */
void sip_party_read(struct text value, struct sip_party *party);

/* Of ";a=1;b;c=\"x\"" (the first ';' may be missing): true when it is there; value without quotes, maybe
 * empty. */
bool sip_parameter(struct text parameters, struct text name, struct text *value);

/* Of "Digest username=\"1001\", realm=\"x\"": the named one, without quotes; empty when it is not there. */
struct text sip_credential(struct text value, struct text name);

/* The first of the values that a comma separates, commas in quotes and < > apart. */
struct text sip_first_value(struct text value);

/* "314159 INVITE". False when there is no number below 2^31 (RFC 3261 §8.1.1.5). */
bool sip_cseq_read(struct text value, uint32_t *number, struct text *method);

/* "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1": the branch of the first value, maybe empty. */
struct text sip_via_branch(struct text value);

#endif
