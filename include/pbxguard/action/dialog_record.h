/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a dialog that a phone began with the PBX is made of (RFC 3261 §12), and the BYEs that end it: one to
 * the PBX as the phone, one to the phone as the PBX. Plain data: texts are copied into it, so it can be kept.
 */
#ifndef PBXGUARD_ACTION_DIALOG_RECORD_H
#define PBXGUARD_ACTION_DIALOG_RECORD_H

#include "pbxguard/action/sip_datagram.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>
#include <stdint.h>

enum dialog_text {
	DIALOG_CALL_ID,
	DIALOG_PHONE,         /* From of the INVITE, with the phone's tag */
	DIALOG_PHONE_CONTACT, /* URI */
	DIALOG_PBX,           /* To of the 2xx, with the PBX's tag */
	DIALOG_PBX_CONTACT,   /* URI: the phone's remote target */
	DIALOG_ROUTES,        /* Record-Route of the 2xx, in its order, separated by commas */
	DIALOG_TEXT_COUNT
};

#define DIALOG_BYTES 960 /* for all texts: usual ones have 300 to 500 */
#define DIALOG_ROUTES_MAX 8

struct dialog_record {
	struct endpoint phone, pbx;
	uint8_t transport;                          /* enum transport */
	bool is_up;                                 /* a 2xx was seen */
	uint32_t invite_cseq, phone_cseq, pbx_cseq; /* the latest of each side; 0: none seen */
	uint16_t used, used_by_invite;
	struct {
		uint16_t at, size;
	} texts[DIALOG_TEXT_COUNT];
	char bytes[DIALOG_BYTES];
};

struct text dialog_record_text(const struct dialog_record *record, enum dialog_text which);

/*
 * From an INVITE of the phone without a To tag; one with credentials begins anew. False, and an unusable
 * record, when a field is missing or the texts have no room.
 */
bool dialog_record_begin(struct dialog_record *record, const struct sip_message *invite, struct text whole);
/*
 * From the PBX's 2xx to that INVITE. A second one from another (a forked call, another To tag) changes
 * nothing. False when nothing was taken over.
 */
bool dialog_record_answer(struct dialog_record *record, const struct sip_message *answer, struct text whole);
/* Any request within the dialog: keeps count of CSeq. */
void dialog_record_request(struct dialog_record *record, const struct sip_message *request);

/*
 * The two BYEs of a record that is up; branch is a token without the z9hG4bK in front. The routes are those
 * of RFC 3261 §12.1.1 and §12.1.2: reversed for the phone, which began; a first one without `lr` gets the
 * request-URI (§12.2.1.1). CSeq goes on 100 above what was seen last, as some may not have been seen. The
 * packet goes between the addresses of the INVITE, whatever is in Contact and Route: by that way the phone
 * and the PBX do reach each other. False when the record is not up, or it does not fit.
 */
bool dialog_record_bye_to_pbx(
	const struct dialog_record *record, const char *branch, struct sip_datagram *bye);
bool dialog_record_bye_to_phone(
	const struct dialog_record *record, const char *branch, struct sip_datagram *bye);

#endif
