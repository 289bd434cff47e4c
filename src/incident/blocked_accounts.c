/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/blocked_accounts.h"

#include "pbxguard/base/table.h"

#include <stdlib.h>
#include <string.h>

struct account_key {
	char caller[CALLER_SIZE];
};

struct blocked_accounts {
	struct counters *counters; /* borrowed */
	struct table *table;       /* blocked_account_record by account_key */
};

struct blocked_accounts *blocked_accounts_new(struct counters *counters)
{
	static const struct table_shape shape = {.capacity = BLOCKED_ACCOUNTS_MAX,
		.key_size = sizeof(struct account_key),
		.value_size = sizeof(struct blocked_account_record)};
	struct blocked_accounts *accounts = calloc(1, sizeof *accounts);

	if (accounts == NULL) {
		return NULL;
	}
	accounts->counters = counters;
	accounts->table = table_new(&shape);
	if (accounts->table == NULL) {
		blocked_accounts_free(accounts);
		return NULL;
	}
	return accounts;
}

void blocked_accounts_free(struct blocked_accounts *accounts)
{
	if (accounts != NULL) {
		table_free(accounts->table);
		free(accounts);
	}
}

/* As alerts show it. */
static struct account_key key_of(struct text caller)
{
	struct account_key key = {0};

	text_make_safe(caller, key.caller, sizeof key.caller);
	return key;
}

/* Of a name that is so already; made safe again it were another. */
static struct account_key key_of_shown(const char *name)
{
	struct account_key key = {0};

	text_copy(text_of(name), key.caller, sizeof key.caller);
	return key;
}

static bool is_over(const struct blocked_account_record *record, instant now)
{
	return record->until != 0 && record->until <= now;
}

static const struct blocked_account_record *find(
	struct blocked_accounts *accounts, const struct account_key *key, instant now)
{
	const struct blocked_account_record *record = table_find(accounts->table, key, now);

	if (record != NULL && is_over(record, now)) {
		table_remove(accounts->table, key);
		return NULL;
	}
	return record;
}

const struct blocked_account_record *blocked_accounts_find(
	struct blocked_accounts *accounts, struct text caller, instant now)
{
	const struct account_key key = key_of(caller);

	return find(accounts, &key, now);
}

bool blocked_accounts_add(
	struct blocked_accounts *accounts, const struct blocked_account_record *record, instant now)
{
	const struct account_key key = key_of_shown(record->caller);
	uint64_t evicted = table_figures(accounts->table).evicted;
	bool added;

	if (is_over(record, now) || find(accounts, &key, now) != NULL) {
		return false;
	}
	struct blocked_account_record *kept = table_find_or_add(accounts->table, &key, now, &added);
	*kept = *record;
	memcpy(kept->caller, key.caller, sizeof kept->caller);
	counter_add(
		accounts->counters, COUNTER_KEYS_EVICTED, table_figures(accounts->table).evicted - evicted);
	return true;
}

bool blocked_accounts_release(struct blocked_accounts *accounts, const char *caller, instant now)
{
	const struct account_key key = key_of_shown(caller);
	bool was_blocked = find(accounts, &key, now) != NULL;

	if (was_blocked) {
		table_remove(accounts->table, &key);
	}
	return was_blocked;
}

struct snapshot {
	struct blocked_account_record *records;
	size_t room, count;
};

static void keep(void *context, const void *key, void *value, instant touched)
{
	struct snapshot *snapshot = context;

	(void)key;
	(void)touched;
	if (snapshot->count < snapshot->room) {
		snapshot->records[snapshot->count] = *(const struct blocked_account_record *)value;
	}
	snapshot->count++;
}

size_t blocked_accounts_snapshot(
	const struct blocked_accounts *accounts, struct blocked_account_record *records, size_t room)
{
	struct snapshot snapshot = {records, room, 0};

	table_each(accounts->table, keep, &snapshot);
	return snapshot.count;
}
