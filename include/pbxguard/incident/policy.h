/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be done about a call: asked for every event of every call, finding or not. In this order: the
 * never list, which no setting can shorten (untouchable.h); the mode; blocked accounts; what was found.
 *
 * A call is refused when a finding about it that proves something against calls (enum proof) is at least as
 * grave as `on`, and it costs the site money. So are its next legs, and further calls abroad of a caller who
 * is blocked. A caller is blocked for a critical finding, an address for one as grave as `on`, and both only
 * where the same call proves that it is he (evidence.h, docs/rules.md).
 *
 * In mode dry run everything is judged in the same way, remembered and counted, and nothing done. Nothing is
 * remembered in mode monitor. What was judged in one of the two other modes is forgotten when the mode
 * changes, so a block that only would have been never becomes one.
 *
 * For each message policy_tick and policy_watch; for each event policy_judge, then incidents_handle_judged,
 * then policy_conclude.
 */
#ifndef PBXGUARD_INCIDENT_POLICY_H
#define PBXGUARD_INCIDENT_POLICY_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/site.h"
#include "pbxguard/call/event.h"
#include "pbxguard/decode/sip_message.h"
#include "pbxguard/incident/block_request.h"
#include "pbxguard/incident/blocked_account_record.h"
#include "pbxguard/incident/judgement.h"
#include "pbxguard/rules/finding.h"

#include <stdbool.h>
#include <stddef.h>

#define POLICY_SOURCES_MAX USUAL_OR_FEW(16384, 4) /* addresses that are blocked, as far as is known here */

enum policy_mode { POLICY_MONITOR, POLICY_DRY_RUN, POLICY_BLOCK }; /* as enum action_mode */

struct policy_settings {
	enum policy_mode mode;
	bool is_replay;           /* mode block does what dry run does */
	enum severity on;         /* from which one on calls are refused and addresses blocked */
	bool accounts;            /* block callers, too */
	bool sources;             /* block addresses, too */
	bool end_calls;           /* end what is up already */
	duration source_time;     /* of an address's first block */
	struct network_set never; /* addresses that are never blocked */
};

typedef void block_handler(void *context, const struct block_request *request);
/* A call that was to be refused on its trunk leg went through. Borrowed. */
typedef void slip_handler(void *context, struct text call_id, instant now);

struct policy; /* opaque; made by policy_new */

/* Copies settings; site and counters stay borrowed. NULL when there is no memory. */
struct policy *policy_new(
	const struct policy_settings *settings, const struct site *site, struct counters *counters);
void policy_free(struct policy *policy);
/* After a reload. */
void policy_configure(struct policy *policy, const struct policy_settings *settings, const struct site *site);
/* What this host needs to live: its addresses, gateway, resolvers (daemon/host_facts). Copied. */
void policy_set_host(struct policy *policy, const struct network_set *host);

/* Every message, before its events: it may prove whose call it is, so that an address is to be blocked. */
void policy_watch(
	struct policy *policy, const struct sip_message *message, block_handler *handler, void *context);
/* Our refusal of this call was acknowledged from there, with the tag that was in it. Likewise. */
void policy_acknowledged(struct policy *policy, struct text call_id, const struct address *source,
	instant now, block_handler *handler, void *context);

/* Fills the judgement; never allocates; may add a finding of its own, that the caller is blocked (rule
 * "blocked_account"). */
void policy_judge(struct policy *policy, const struct event *event, struct findings *findings,
	struct judgement *judgement);
/* The incident to which the call belongs is known now: blocks whom the judgement and the call prove. */
void policy_conclude(struct policy *policy, const struct event *event, const struct judgement *judgement,
	block_handler *handler, void *context);

/* Finds the calls that have slipped up to now; to be asked now and then, also when nothing comes. */
void policy_tick(struct policy *policy, instant now, slip_handler *handler, void *context);

/* ---- by hand, and over a restart ---- */

/* Could this address be blocked now? False for all that must never be, whoever asks. */
bool policy_may_block(struct policy *policy, const struct address *address, instant now);

/* As blocked_accounts.h says. By hand, for an operator who knows that it is stolen; after a restart; a list.
 */
bool policy_block_account(struct policy *policy, const struct blocked_account_record *record, instant now);
bool policy_release_account(struct policy *policy, const char *account, instant now);
size_t policy_release_incident(struct policy *policy, const char *incident);
size_t policy_list_accounts(
	const struct policy *policy, uint64_t after, struct blocked_account_record *records, size_t room);
/* Is what is blocked here really blocked? Else it only would be, and is nothing to be kept. */
bool policy_is_blocking(const struct policy *policy);
uint64_t policy_account_changes(const struct policy *policy);
size_t policy_save_accounts(const struct policy *policy, struct blocked_account_record *records, size_t room);

#endif
