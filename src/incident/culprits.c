/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/culprits.h"

#include <stdio.h>
#include <string.h>

/*
 * A name on the trunk leg with so many characters is a telephone number: mostly the site's own, which the PBX
 * shows for everybody. It stands for no account.
 */
#define TRUNK_NUMBER_SIZE 7

/* From a request until the kernel has the address, with time to spare for what was on its way. */
#define TAKES_EFFECT (10 * SECOND)

/* ---- blocking an address ---- */

/* Loopback, link-local, multicast, "this network" (RFC 6890), and what is no address: none is a thief's. */
static bool is_special(const struct address *address)
{
	const uint8_t *bytes = address->bytes;
	static const uint8_t loopback[16] = {[15] = 1}, unspecified[16] = {0};

	if (address->family == ADDRESS_IPV4) {
		return bytes[0] == 0 || bytes[0] == 127 || bytes[0] >= 224 ||
		       (bytes[0] == 169 && bytes[1] == 254);
	}
	return address->family != ADDRESS_IPV6 || bytes[0] == 0xFF ||
	       (bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) || memcmp(bytes, loopback, 16) == 0 ||
	       memcmp(bytes, unspecified, 16) == 0;
}

bool policy_may_block(struct policy *policy, const struct address *address, instant now)
{
	const struct network_set *const never[] = {&policy->site->pbx, &policy->site->trunks,
		&policy->site->extensions, &policy->settings.never, &policy->host};

	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
		if (network_set_contains(never[i], address)) {
			return false;
		}
	}
	return !is_special(address) && !evidence_is_in_good_standing(policy->evidence, address, now);
}

static void fill_request(
	const struct address *address, duration time, instant now, struct block_request *request)
{
	*request = (struct block_request){.kind = BLOCK_ADD,
		.address = *address,
		.prefix_length = address->family == ADDRESS_IPV4 ? 32 : 128,
		.time = now,
		.duration = time};
}

static enum source_proof proof_of_source(struct policy *policy, const struct judged_call *call, instant now)
{
	bool is_wanted = policy->settings.sources && call->wants_block;

	return is_wanted ? evidence_of_source(policy->evidence, text_of(call->call_id), &call->source, now)
			 : SOURCE_UNPROVEN;
}

/* What the kernel keeps out is not heard of any more: who is was let in again, by hand or by a new firewall.
 */
static bool is_blocked(struct policy *policy, const struct address *address, instant now)
{
	const instant *until = table_find(policy->sources, address, now);

	if (until == NULL || *until <= now) {
		return false;
	}
	instant since = *until - policy->settings.source_time;
	return !policy_performs(policy) || now - since <= TAKES_EFFECT;
}

bool culprits_will_block_source(struct policy *policy, const struct judged_call *call, instant now)
{
	return proof_of_source(policy, call, now) != SOURCE_UNPROVEN &&
	       policy_may_block(policy, &call->source, now) && !is_blocked(policy, &call->source, now);
}

/* Blocks the source of a call if it is proven and may be. False: not now, or not ever. */
static bool block_source(
	struct policy *policy, struct judged_call *call, instant now, struct block_request *request)
{
	enum source_proof proof = proof_of_source(policy, call, now);
	bool added;

	if (proof == SOURCE_UNPROVEN) {
		return false;
	}
	call->wants_block = false;
	if (!policy_may_block(policy, &call->source, now)) {
		counter_add(policy->counters, COUNTER_BLOCKS_WITHHELD, 1);
		return false;
	}
	if (is_blocked(policy, &call->source, now)) {
		return false;
	}
	*(instant *)table_find_or_add(policy->sources, &call->source, now, &added) =
		now + policy->settings.source_time;
	fill_request(&call->source, policy->settings.source_time, now, request);
	memcpy(request->incident, call->incident, sizeof request->incident);
	snprintf(request->reason, sizeof request->reason, "%s, %s; %s", call->rule,
		severity_name(call->severity), source_proof_words(proof));
	if (!policy_performs(policy)) { /* who blocks counts what was blocked */
		counter_add(policy->counters, COUNTER_SOURCES_WOULD_BLOCK, 1);
	}
	return true;
}

/* ---- blocking an account ---- */

static bool is_account_proven(struct policy *policy, const struct judged_call *call, instant now)
{
	struct text caller = text_of(call->caller);

	if (call->is_on_trunk) {
		return caller.size > 0 && caller.size < TRUNK_NUMBER_SIZE;
	}
	return evidence_of_account(policy->evidence, text_of(call->call_id), caller, now);
}

static bool add_account(struct policy *policy, const struct judged_call *call, instant now)
{
	struct blocked_account_record record = {.since = now};

	text_make_safe(text_of(call->caller), record.account, sizeof record.account);
	memcpy(record.incident, call->incident, sizeof record.incident);
	snprintf(record.reason, sizeof record.reason, "%s, critical; %s", call->rule,
		call->is_on_trunk ? "on the trunk leg" : "its credentials were accepted");
	return blocked_accounts_add(policy->accounts, &record, now);
}

static void block_account(struct policy *policy, struct judged_call *call, instant now)
{
	if (!call->is_critical || !is_account_proven(policy, call, now)) {
		return;
	}
	call->is_critical = false;
	if (!call->is_on_trunk) {
		evidence_mark_critical(policy->evidence, &call->source, text_of(call->caller), now);
	}
	if (policy->settings.accounts && add_account(policy, call, now)) {
		counter_add(policy->counters,
			policy_performs(policy) ? COUNTER_ACCOUNTS_BLOCKED : COUNTER_ACCOUNTS_WOULD_BLOCK, 1);
	}
}

void culprits_block(
	struct policy *policy, struct judged_call *call, instant now, block_handler *handler, void *context)
{
	struct block_request request;

	block_account(policy, call, now);
	if (block_source(policy, call, now, &request)) {
		handler(context, &request);
	}
}

/* ---- by hand, and over a restart ---- */

bool policy_block_account(struct policy *policy, const struct blocked_account_record *record, instant now)
{
	return blocked_accounts_add(policy->accounts, record, now);
}

bool policy_release_account(struct policy *policy, const char *account, instant now)
{
	return blocked_accounts_release(policy->accounts, account, now);
}

size_t policy_release_incident(struct policy *policy, const char *incident)
{
	return blocked_accounts_release_incident(policy->accounts, incident);
}

size_t policy_list_accounts(
	const struct policy *policy, uint64_t after, struct blocked_account_record *records, size_t room)
{
	return blocked_accounts_list(policy->accounts, after, records, room);
}

bool policy_is_blocking(const struct policy *policy)
{
	return policy_performs(policy);
}

uint64_t policy_account_changes(const struct policy *policy)
{
	return blocked_accounts_changes(policy->accounts);
}

size_t policy_save_accounts(const struct policy *policy, struct blocked_account_record *records, size_t room)
{
	return blocked_accounts_save(policy->accounts, records, room);
}
