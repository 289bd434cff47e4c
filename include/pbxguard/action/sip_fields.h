/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header fields of a message as it was sent, for those who answer it: to copy what stands there, not to
 * judge it. Lines and values are read as decode/sip_scan reads them, which this layer does not know;
 * fuzz_sip_reply holds the two together. What is given are views of the message.
 */
#ifndef PBXGUARD_ACTION_SIP_FIELDS_H
#define PBXGUARD_ACTION_SIP_FIELDS_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum sip_field {
	SIP_FIELD_VIA,
	SIP_FIELD_FROM,
	SIP_FIELD_TO,
	SIP_FIELD_CALL_ID,
	SIP_FIELD_CSEQ,
	SIP_FIELD_CONTACT,
	SIP_FIELD_RECORD_ROUTE,
	SIP_FIELD_OTHER,
	SIP_FIELD_COUNT
};

struct sip_fields {
	struct text rest;
	char line_end; /* LF, with or without a CR; CR where the start line ends with a CR alone */
};

/* Goes behind the start line, which it gives without its end. False when there is nothing behind it. */
bool sip_fields_begin(struct text message, struct sip_fields *fields, struct text *start_line);
/* The next line with those that continue it, in compact form too; the value is trimmed. False at the end. */
bool sip_fields_next(struct sip_fields *fields, enum sip_field *field, struct text *value);

/* Takes the next of the values that a comma separates, commas in quotes and < > apart; trimmed. */
bool sip_field_split(struct text *rest, struct text *value);

/* Of From, To, Contact, Route: what is in < >; without these, what stands before the parameters. */
struct text sip_field_uri(struct text value);
/* Of From, To, Contact, Route: what follows the URI; may be empty. */
struct text sip_field_parameters(struct text value);
/* Of one value of Via: what follows the address, from the ';' on; may be empty. */
struct text sip_via_parameters(struct text value);
/*
 * Takes the next of ";a=1;b;c=\"x\"" (the first ';' may be missing), and its name; the parameter is trimmed,
 * value is without quotes. False when there is none.
 */
bool sip_parameter_next(
	struct text *parameters, struct text *parameter, struct text *name, struct text *value);

/* The first of each, with what the standard lets nobody leave out. Borrowed. */
struct sip_identity {
	struct text via; /* the topmost value */
	struct text from, to, call_id, cseq;
	struct text from_tag, to_tag; /* without quotes */
	bool has_to_tag;              /* be it empty */
	uint32_t cseq_number;
};

/* False when Via, From, To, Call-ID or CSeq is missing or empty, or CSeq has no number below 2^31. */
bool sip_identity_read(struct text message, struct sip_identity *identity);

#endif
