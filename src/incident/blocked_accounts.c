/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/blocked_accounts.h"

#include "pbxguard/base/table.h"

#include <stdlib.h>
#include <string.h>

struct account_key {
	char name[CALLER_SIZE];
};

struct blocked_accounts {
	struct counters *counters; /* borrowed */
	struct table *table;       /* blocked_account_record by account_key */
	uint64_t orders;           /* the last order given */
	uint64_t changes;
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

	text_make_safe(caller, key.name, sizeof key.name);
	return key;
}

/* Of a name that is so already; made safe again it were another. */
static struct account_key key_of_shown(const char *name)
{
	struct account_key key = {0};

	text_copy(text_of(name), key.name, sizeof key.name);
	return key;
}

static bool is_over(const struct blocked_account_record *record, instant now)
{
	return record->until != 0 && record->until <= now;
}

static void forget(struct blocked_accounts *accounts, const struct account_key *key)
{
	table_remove(accounts->table, key);
	accounts->changes++;
}

static const struct blocked_account_record *find(
	struct blocked_accounts *accounts, const struct account_key *key, instant now)
{
	const struct blocked_account_record *record = table_find(accounts->table, key, now);

	if (record != NULL && is_over(record, now)) {
		forget(accounts, key);
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
	const struct account_key key = key_of_shown(record->account);
	uint64_t evicted = table_figures(accounts->table).evicted;
	bool added;

	if (is_over(record, now) || find(accounts, &key, now) != NULL) {
		return false;
	}
	struct blocked_account_record *kept = table_find_or_add(accounts->table, &key, now, &added);
	*kept = *record;
	kept->order = ++accounts->orders;
	accounts->changes++;
	memcpy(kept->account, key.name, sizeof kept->account);
	counter_add(
		accounts->counters, COUNTER_KEYS_EVICTED, table_figures(accounts->table).evicted - evicted);
	return true;
}

bool blocked_accounts_release(struct blocked_accounts *accounts, const char *account, instant now)
{
	const struct account_key key = key_of_shown(account);
	bool was_blocked = find(accounts, &key, now) != NULL;

	if (was_blocked) {
		forget(accounts, &key);
	}
	return was_blocked;
}

void blocked_accounts_clear(struct blocked_accounts *accounts)
{
	accounts->changes += table_figures(accounts->table).entries > 0;
	table_clear(accounts->table);
}

struct list {
	uint64_t after;
	struct blocked_account_record *records;
	size_t room, count;
};

/* Into its place among those that come first. */
static void keep(void *context, const void *key, void *value, instant touched)
{
	struct list *list = context;
	const struct blocked_account_record *record = value;
	size_t i = list->count;

	(void)key;
	(void)touched;
	if (record->order <= list->after ||
		(i == list->room && (i == 0 || list->records[i - 1].order < record->order))) {
		return;
	}
	i -= i == list->room;
	for (; i > 0 && list->records[i - 1].order > record->order; i--) {
		list->records[i] = list->records[i - 1];
	}
	list->records[i] = *record;
	list->count += list->count < list->room;
}

size_t blocked_accounts_list(const struct blocked_accounts *accounts, uint64_t after,
	struct blocked_account_record *records, size_t room)
{
	struct list list = {after, records, room, 0};

	table_each(accounts->table, keep, &list);
	return list.count;
}

#define RELEASED_AT_ONCE 16

size_t blocked_accounts_release_incident(struct blocked_accounts *accounts, const char *incident)
{
	struct blocked_account_record records[RELEASED_AT_ONCE];
	size_t released = 0, count = RELEASED_AT_ONCE;

	for (uint64_t after = 0; count == RELEASED_AT_ONCE; after = records[RELEASED_AT_ONCE - 1].order) {
		count = blocked_accounts_list(accounts, after, records, RELEASED_AT_ONCE);
		for (size_t i = 0; i < count; i++) {
			const struct account_key key = key_of_shown(records[i].account);
			if (strcmp(records[i].incident, incident) == 0) {
				forget(accounts, &key);
				released++;
			}
		}
	}
	return released;
}

/* ---- for a store ---- */

uint64_t blocked_accounts_changes(const struct blocked_accounts *accounts)
{
	return accounts->changes;
}

static void copy(void *context, const void *key, void *value, instant touched)
{
	struct list *list = context;
	const struct blocked_account_record *record = value;

	(void)key;
	(void)touched;
	if (list->count < list->room) {
		list->records[list->count++] = *record;
	}
}

size_t blocked_accounts_save(
	const struct blocked_accounts *accounts, struct blocked_account_record *records, size_t room)
{
	struct list list = {0, records, room, 0};

	table_each(accounts->table, copy, &list);
	return list.count;
}
