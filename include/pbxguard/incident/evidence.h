/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is it he? What proves that a call came from the address and the account that it names: anybody can write
 * any From, and on UDP any source address. docs/rules.md, "What proves what", is the table of it.
 *
 * Of an address, one of these, in the same call (Call-ID):
 * - its INVITE names a nonce that the PBX gave in a 401 or 407 to this address, and to no other. Who forges
 * an address never sees what is sent there. Some PBXs give the same nonce to all who ask in one second: such
 * a one proves nothing. Nor does one shorter than EVIDENCE_NONCE_MIN: it could be guessed;
 * - over TCP, the PBX answered the call on the connection that it came by (address and port): its kernel let
 * it read what came through a handshake only. That segments were seen proves nothing: the guard sees those
 * that the kernel throws away, too;
 * - it acknowledged our own refusal (evidence_acknowledged): ACK with the tag that was in it.
 *
 * Of an account: credentials in its name, the only ones in the INVITE, with such a nonce, and a From that
 * says the same (a PBX that lets guests in looks at no credentials of theirs); and then, in the same call,
 * the PBX rings or answers (180 to 299); or it has sent the call on, after these credentials came, and
 * refuses it with something else than 401, 403, 407 or 422. 403 will do where no other call can be meant that
 * it has sent on: Asterisk makes 403 of our 603 on the trunk, but other PBXs say 403 to a wrong password, and
 * that of one caller must not be taken for what another's call came to.
 *
 * All this believes that what comes from the PBX's address comes from the PBX. That is so where the guard
 * sits: a packet from elsewhere with that address would have to be routed past it on its way to the forger's
 * victim.
 *
 * Bounded: what was seen longest ago is forgotten, so a flood can hide evidence, never make it.
 */
#ifndef PBXGUARD_INCIDENT_EVIDENCE_H
#define PBXGUARD_INCIDENT_EVIDENCE_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/site.h"
#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>

#define EVIDENCE_CALLS_MAX USUAL_OR_FEW(16384, 4)
#define EVIDENCE_NONCES_MAX USUAL_OR_FEW(16384, 4)
#define EVIDENCE_ADDRESSES_MAX USUAL_OR_FEW(16384, 4)
#define EVIDENCE_LIFETIME (10 * MINUTE) /* of a nonce, and of a call since it was last asked about */
#define EVIDENCE_NONCE_MIN 8 /* bytes: chan_sip's, 32 random bits in hexadecimal, is the shortest */
#define EVIDENCE_STANDING (24 * HOUR)

enum source_proof { SOURCE_UNPROVEN, SOURCE_BY_NONCE, SOURCE_BY_TCP, SOURCE_BY_ACK, SOURCE_PROOF_COUNT };

const char *source_proof_words(enum source_proof proof); /* "it answered a challenge" */

struct evidence; /* opaque; made by evidence_new */

/* site stays borrowed. NULL when there is no memory. */
struct evidence *evidence_new(const struct site *site);
void evidence_free(struct evidence *evidence);
/* After a reload. */
void evidence_configure(struct evidence *evidence, const struct site *site);

/* Every message, before what comes of it is judged. Never allocates. */
void evidence_watch(struct evidence *evidence, const struct sip_message *message);

/* Our refusal of this call was acknowledged from there: the refusal's tag was in the ACK. */
void evidence_acknowledged(
	struct evidence *evidence, struct text call_id, const struct address *source, instant now);
/* The PBX has sent this call on by its trunk; surely: no other call that was seen can be meant. */
void evidence_sent_on(struct evidence *evidence, struct text call_id, bool surely, instant now);

/* What proves that the call came from there. Call-IDs are told apart by their first 127 bytes. */
enum source_proof evidence_of_source(
	struct evidence *evidence, struct text call_id, const struct address *source, instant now);
/* Is the call proven to be this account's? caller is as in struct event. */
bool evidence_of_account(struct evidence *evidence, struct text call_id, struct text caller, instant now);

/* This account, proven at this address, has a critical incident: it is in no good standing for a day. */
void evidence_mark_critical(
	struct evidence *evidence, const struct address *source, struct text caller, instant now);

/*
 * Is some account there in good standing? One whose call was answered after its credentials were accepted, or
 * any that the PBX has registered from there (200), within EVIDENCE_STANDING, and without a critical incident
 * since then and as long before.
 */
bool evidence_is_in_good_standing(struct evidence *evidence, const struct address *source, instant now);

#endif
