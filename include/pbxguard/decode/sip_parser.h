/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scanned header fields → our record. libosip2's element parsers judge the values that have structure, but
 * for plain ones (sip_value.h); what they refuse is taken from the lenient reading and the message is marked.
 * Then come the checks that libosip2 leaves out: fields missing or repeated, a CSeq that names another
 * method.
 *
 * Why not osip_message_parse: it costs seven times as much and refuses a whole INVITE for one odd header,
 * which a PBX may well accept (docs/architecture.md).
 */
#ifndef PBXGUARD_DECODE_SIP_PARSER_H
#define PBXGUARD_DECODE_SIP_PARSER_H

#include "pbxguard/decode/sip_message.h"
#include "pbxguard/decode/sip_scan.h"

/*
 * Longest value given to libosip2, in bytes: its list parsing takes quadratic time on crafted values. Longer
 * ones are read leniently and marked SIP_ODD_LONG.
 */
#define SIP_VALUE_MAX 1024
/* Semicolons and commas in it: each parameter makes libosip2 read the rest of the value several times. */
#define SIP_SEPARATORS_MAX 64

/*
 * Gives libosip2 its allocator (an arena that is emptied before each message) and silences its printing. Both
 * belong to the whole process, so: once, before the first message, and only one thread may parse.
 */
void sip_parser_start(void);

/*
 * Fills everything but time and addresses; of a brief scan only what tells to which call the message belongs
 * (method, status, Call-ID, CSeq). libosip2 judges INVITE and REFER; others are read leniently only. The
 * texts borrow the scan's payload and the parser's memory: they hold until the next call. Never fails: what
 * can't be read is empty.
 */
void sip_parse(const struct sip_scan *scan, struct sip_message *message);
/* The same over zeros or what it left of another message: does not clear anew what a brief one has not. */
void sip_parse_again(const struct sip_scan *scan, struct sip_message *message);

/* A dialled string as an operator may type it, "tel:+1-876-555-0100" or "0101246…", as a request-URI. */
void sip_parse_dialed(struct text dialed, struct sip_uri *uri);

#endif
