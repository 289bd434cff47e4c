/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/keep.h"

#include "pbxguard/incident/incident_keep.h"
#include "pbxguard/incident/policy.h"

#include <assert.h>
#include <time.h>

static_assert(RULE_SAVED_MAX <= STORE_LEARNED_MAX, "there is room for what each rule has learned");

#define WAIT_ROUNDS 1000 /* of a millisecond */

/* ---- read back ---- */

struct reading {
	struct pipeline *pipeline;
	const struct log *log;
	instant now;
	size_t incidents, refused, learned, accounts;
};

/* A rule_finder. */
static const char *find_rule(struct text name)
{
	for (size_t i = 0; i < rules_count(); i++) {
		if (text_equal(name, text_of(rules_at(i)->name))) {
			return rules_at(i)->name;
		}
	}
	return NULL;
}

static bool take_incident(void *context, const struct incident_record *record)
{
	struct reading *reading = context;
	bool good = incidents_restore(pipeline_incidents(reading->pipeline), record, reading->now, find_rule);

	reading->incidents += good;
	reading->refused += !good;
	return good;
}

/* What a rule that is switched off had learned stays for the day when it is on again. */
static bool take_learned(void *context, const char *name, const uint8_t *bytes, size_t size)
{
	struct reading *reading = context;
	struct rules *rules = pipeline_rules(reading->pipeline);

	for (size_t i = 0; i < rules_count(); i++) {
		if (!text_equal(text_of(name), text_of(rules_at(i)->name)) ||
			rules_save(rules, i, NULL, 0) == 0) {
			continue;
		}
		if (!rules_restore(rules, i, bytes, size)) {
			log_write(reading->log, LOG_LEVEL_WARNING,
				"what rule %s had learned is damaged or of another version: it learns anew",
				rules_at(i)->name);
			return false;
		}
		reading->learned++;
	}
	return true;
}

static bool take_account(void *context, const struct blocked_account_record *record)
{
	struct reading *reading = context;
	bool good = policy_block_account(pipeline_policy(reading->pipeline), record, reading->now);

	reading->accounts += good;
	return good;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

void keep_restore(struct store *store, struct pipeline *pipeline, const struct log *log, instant now)
{
	struct reading reading = {.pipeline = pipeline, .log = log, .now = now};
	const struct store_reader reader = {take_incident, take_learned, &reading};

	store_read(store, &reader, now);
	if (policy_is_blocking(pipeline_policy(pipeline))) {
		store_read_blocks(store,
			&(struct store_blocks_reader){.account = take_account, .context = &reading}, now);
	}
	log_write(log, LOG_LEVEL_NOTICE,
		"read back from the store: %zu open incident%s, what %zu rule%s learned", reading.incidents,
		plural(reading.incidents), reading.learned, reading.learned == 1 ? " has" : "s have");
	if (reading.accounts > 0) {
		log_write(log, LOG_LEVEL_NOTICE, "%zu account%s blocked as before", reading.accounts,
			reading.accounts == 1 ? " is" : "s are");
	}
	if (reading.refused > 0) {
		log_write(log, LOG_LEVEL_WARNING, "%zu incident%s in the store could not be read",
			reading.refused, plural(reading.refused));
	}
}

/* ---- kept ---- */

/* An incident_record_taker. */
static bool keep_incident(void *context, const struct incident_record *record)
{
	return slow_thread_keep(context, record);
}

/* False: there is no room now. */
static bool keep_rule(struct pipeline *pipeline, struct slow_thread *slow_thread, size_t index)
{
	uint8_t *room = slow_thread_learned_room(slow_thread);

	if (room == NULL) {
		return false;
	}
	size_t size = rules_save(pipeline_rules(pipeline), index, room, STORE_LEARNED_MAX);
	if (size > 0) {
		slow_thread_keep_learned(slow_thread, rules_at(index)->name, size);
	}
	return true;
}

/* False: there is no room now. */
static bool keep_accounts(struct pipeline *pipeline, struct slow_thread *slow_thread)
{
	const struct policy *policy = pipeline_policy(pipeline);
	struct blocked_account_record *room;

	if (!policy_is_blocking(policy)) {
		return true;
	}
	room = slow_thread_accounts_room(slow_thread);
	if (room == NULL) {
		return false;
	}
	slow_thread_keep_accounts(slow_thread, policy_save_accounts(policy, room, BLOCKED_ACCOUNTS_MAX));
	return true;
}

/* Where they have changed since the last time. */
static void keep_changed_accounts(
	struct keep *keep, struct pipeline *pipeline, struct slow_thread *slow_thread)
{
	uint64_t changes = policy_account_changes(pipeline_policy(pipeline));

	if (!keep->wants_accounts && changes == keep->account_changes) {
		return;
	}
	keep->wants_accounts = !keep_accounts(pipeline, slow_thread);
	keep->account_changes = changes;
}

void keep_begin(struct keep *keep, instant now)
{
	*keep = (struct keep){.learned_at = now + KEEP_LEARNED_EVERY, .next_rule = rules_count()};
}

void keep_tick(struct keep *keep, struct pipeline *pipeline, struct slow_thread *slow_thread, instant now)
{
	struct incidents *incidents = pipeline_incidents(pipeline);
	bool wants_all = slow_thread_wants_all(slow_thread);

	if (wants_all) {
		incidents_save_all(incidents);
	}
	if (wants_all || now >= keep->learned_at) {
		keep->learned_at = now + KEEP_LEARNED_EVERY;
		keep->next_rule = 0;
	}
	incidents_save(incidents, KEEP_AT_ONCE, keep_incident, slow_thread);
	keep->wants_accounts |= wants_all;
	keep_changed_accounts(keep, pipeline, slow_thread);
	while (keep->next_rule < rules_count() && keep_rule(pipeline, slow_thread, keep->next_rule)) {
		keep->next_rule++;
	}
}

bool keep_finish(struct pipeline *pipeline, struct slow_thread *slow_thread)
{
	const struct timespec millisecond = {.tv_nsec = 1000000};
	struct incidents *incidents = pipeline_incidents(pipeline);
	size_t rule = 0;
	bool has_accounts = false;

	for (int round = 0; round < WAIT_ROUNDS; round++) {
		bool is_done = incidents_save(incidents, UINT32_MAX, keep_incident, slow_thread);
		has_accounts = has_accounts || keep_accounts(pipeline, slow_thread);
		while (rule < rules_count() && keep_rule(pipeline, slow_thread, rule)) {
			rule++;
		}
		if (is_done && has_accounts && rule == rules_count()) {
			return true;
		}
		nanosleep(&millisecond, NULL);
	}
	return false;
}
