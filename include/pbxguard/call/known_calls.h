/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which calls are known, by their Call-IDs, and what has become of each: challenged, refused, answered by
 * which branches, ended. So it can be said of an INVITE whether it is the same call again.
 *
 * Memory: about 450 bytes a call, as much as is given; the call heard of longest ago makes room. Of a call
 * that was up and has ended, 100 bytes stay, as long as what was sent of it may be on its way.
 */
#ifndef PBXGUARD_CALL_KNOWN_CALLS_H
#define PBXGUARD_CALL_KNOWN_CALLS_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/digest.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/call/attempt_view.h"

#include <stddef.h>
#include <stdint.h>

#define KNOWN_CALLS_MINIMUM USUAL_OR_FEW(1024, 8) /* kept however little memory there is */
#define KNOWN_CALL_LIFETIME                                                                                  \
	(1 * HOUR) /* without an INVITE, a final answer to one or a BYE; then an INVITE of that Call-ID      \
		      counts again */
/* A caller repeats an INVITE for 64·T1, and what was sent last may take T4 (RFC 3261 §17.1.1.2, table 4). */
#define KNOWN_CALL_REPETITION_TIME (64 * (500 * MILLISECOND) + 5 * SECOND)
#define KNOWN_CALL_ATTEMPTS                                                                                  \
	8 /* callers and numbers remembered of one Call-ID; more than that is an attack: counted anew */
#define KNOWN_CALL_BRANCHES 4 /* of a forked call that answer; more are taken for one */

/* One caller's attempt at one number. */
struct known_attempt {
	uint64_t caller;
	struct number_marks number;
	bool is_judged; /* it was outward and abroad: the rules have seen it */
};

struct known_call {
	uint64_t source, from_tag, branch; /* of its latest INVITE outside a dialog */
	bool is_challenged;                /* 401 or 407 since then: the next INVITE is the same call */
	bool has_failed;                   /* another final refusal since then */
	bool has_account;                  /* some INVITE of it came with credentials */
	bool has_bye;                      /* before it was up: the next INVITE is another call */
	bool is_first_leg;                 /* its refusal or CANCEL ends the call, not only this leg */
	bool is_refused;                   /* by us */
	uint64_t followed;                 /* its number there (followed_call.h); 0: none */
	uint64_t invited;                  /* by its latest INVITE: a mark of who called whom */
	uint8_t branch_count;              /* that answered and are up */
	uint8_t attempt_count;
	uint32_t deferred; /* when it was let by to be refused on its next leg, in seconds; 0: it was not */
	uint64_t branches[KNOWN_CALL_BRANCHES]; /* their To tags */
	struct known_attempt attempts[KNOWN_CALL_ATTEMPTS];
};

struct known_calls; /* opaque; made by known_calls_new */

/* Takes at most about so many bytes. NULL when there is no memory. key and counters are borrowed. */
struct known_calls *known_calls_new(size_t memory, const struct digest_key *key, struct counters *counters);
void known_calls_free(struct known_calls *calls);

/* What the message's call is known by; begins to fetch what asking for it will need. */
struct digest known_calls_key(const struct known_calls *calls, const struct sip_message *message);
void known_calls_prefetch(const struct known_calls *calls, const struct digest *key);

/* Borrowed until the next call is added; NULL when it is not known. Keeps it from being forgotten. */
struct known_call *known_calls_find(struct known_calls *calls, const struct digest *key, instant now);
struct known_call *known_calls_find_message(struct known_calls *calls, const struct sip_message *message);
/*
 * The call of an INVITE outside a dialog, which it notes: a new one when it is not the known call again.
 * NULL: the call has ended, and this is its old INVITE. invited is a mark of who calls whom.
 */
struct known_call *known_calls_invite(struct known_calls *calls, const struct digest *key,
	const struct sip_message *message, uint64_t invited);

/* The call, which was up, is over: no pointer to it is good any more. */
void known_calls_end(struct known_calls *calls, const struct digest *key, instant now);
bool known_calls_has_ended(struct known_calls *calls, const struct digest *key, instant now);
/* Is it known, or has ended, and no INVITE of it came with credentials? */
bool known_calls_is_without_account(struct known_calls *calls, const struct digest *key, instant now);

/* This INVITE is refused, or is let by to be refused on its next leg: see dialogs_refused. */
void known_calls_refused(struct known_calls *calls, const struct sip_message *invite, bool is_deferred);
/* Before an INVITE is noted: its call, if it was refused and this is no repetition, is forgotten. */
void known_calls_retried(struct known_calls *calls, const struct sip_message *invite);

/* Was this number tried by this caller in this call, so that it needs not be counted again? */
bool known_call_has_attempt(const struct known_call *call, uint64_t caller, const struct attempt_view *view);
void known_call_add_attempt(struct known_call *call, uint64_t caller, const struct attempt_view *view);

/* Which of its branches this To tag is; branch_count: none. */
size_t known_call_branch(const struct known_call *call, uint64_t tag);

#endif
