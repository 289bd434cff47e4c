/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/blocked_accounts.h"

#include <stdlib.h>

#define NOON (1795143600 * SECOND)

static struct counters counters;

static struct blocked_account_record record_of(const char *caller)
{
	struct blocked_account_record record = {.since = NOON, .incident = "7f3a09c2d1e4b586"};

	snprintf(record.account, sizeof record.account, "%s", caller);
	return record;
}

static void an_account_is_blocked_until_it_is_released(void **state)
{
	struct blocked_accounts *accounts = blocked_accounts_new(&counters);
	const struct blocked_account_record record = record_of("1001");

	(void)state;
	assert_null(blocked_accounts_find(accounts, TEXT("1001"), NOON));
	assert_true(blocked_accounts_add(accounts, &record, NOON));
	assert_false(blocked_accounts_add(accounts, &record, NOON + 1)); /* it is already */
	assert_string_equal(blocked_accounts_find(accounts, TEXT("1001"), NOON + 999 * DAY)->incident,
		"7f3a09c2d1e4b586");
	assert_null(blocked_accounts_find(accounts, TEXT("100"), NOON));
	assert_null(blocked_accounts_find(accounts, TEXT(""), NOON));
	assert_true(blocked_accounts_release(accounts, "1001", NOON));
	assert_false(blocked_accounts_release(accounts, "1001", NOON));
	assert_null(blocked_accounts_find(accounts, TEXT("1001"), NOON));
	blocked_accounts_free(accounts);
}

static void a_block_with_an_end_ends(void **state)
{
	struct blocked_accounts *accounts = blocked_accounts_new(&counters);
	struct blocked_account_record record = record_of("1001");

	(void)state;
	record.until = NOON + 1 * HOUR;
	assert_true(blocked_accounts_add(accounts, &record, NOON));
	assert_non_null(blocked_accounts_find(accounts, TEXT("1001"), NOON + 1 * HOUR - 1));
	assert_null(blocked_accounts_find(accounts, TEXT("1001"), NOON + 1 * HOUR));
	assert_false(blocked_accounts_add(accounts, &record, NOON + 1 * HOUR)); /* over before it began */
	blocked_accounts_free(accounts);
}

static void odd_and_long_names_are_blocked_as_they_are_shown(void **state)
{
	struct blocked_accounts *accounts = blocked_accounts_new(&counters);
	char name[200];
	struct blocked_account_record record = {0};
	struct text odd = {"10\r\n01", 6};

	(void)state;
	text_make_safe(odd, record.account, sizeof record.account);
	assert_true(blocked_accounts_add(accounts, &record, NOON));
	assert_non_null(blocked_accounts_find(accounts, odd, NOON));
	memset(name, 'a', sizeof name);
	text_make_safe((struct text){name, sizeof name}, record.account, sizeof record.account);
	assert_true(blocked_accounts_add(accounts, &record, NOON));
	assert_non_null(blocked_accounts_find(accounts, (struct text){name, sizeof name}, NOON));
	blocked_accounts_free(accounts);
}

static void what_is_blocked_comes_back_from_records(void **state)
{
	struct blocked_accounts *accounts = blocked_accounts_new(&counters);
	struct blocked_account_record records[3], record = record_of("1001");

	(void)state;
	blocked_accounts_add(accounts, &record, NOON);
	record = record_of("1002");
	blocked_accounts_add(accounts, &record, NOON);
	assert_int_equal(blocked_accounts_list(accounts, 0, records, 1), 1);
	assert_string_equal(records[0].account, "1001");
	assert_int_equal(blocked_accounts_list(accounts, records[0].order, records, 3), 1);
	assert_string_equal(records[0].account, "1002");
	blocked_accounts_find(accounts, TEXT("1001"), NOON + 1); /* the order stays */
	assert_int_equal(blocked_accounts_list(accounts, 0, records, 3), 2);
	assert_string_equal(records[0].account, "1001");
	blocked_accounts_free(accounts);

	accounts = blocked_accounts_new(&counters);
	for (size_t i = 0; i < 2; i++) {
		assert_true(blocked_accounts_add(accounts, &records[i], NOON + 1 * DAY));
	}
	assert_int_equal(blocked_accounts_find(accounts, TEXT("1002"), NOON + 1 * DAY)->since, NOON);
	blocked_accounts_free(accounts);
}

static void more_than_there_is_room_for_are_counted(void **state)
{
	struct blocked_accounts *accounts = blocked_accounts_new(&counters);
	uint64_t before = counter_get(&counters, COUNTER_KEYS_EVICTED);

	(void)state;
	for (int i = 0; i < BLOCKED_ACCOUNTS_MAX + 5; i++) {
		char name[16];
		snprintf(name, sizeof name, "%d", i);
		const struct blocked_account_record record = record_of(name);
		assert_true(blocked_accounts_add(accounts, &record, NOON + i));
	}
	assert_int_equal(counter_get(&counters, COUNTER_KEYS_EVICTED) - before, 5);
	static struct blocked_account_record records[BLOCKED_ACCOUNTS_MAX + 1];
	assert_int_equal(
		blocked_accounts_list(accounts, 0, records, BLOCKED_ACCOUNTS_MAX + 1), BLOCKED_ACCOUNTS_MAX);
	assert_string_equal(records[0].account, "5");
	assert_int_equal(blocked_accounts_list(accounts, 0, records, 0), 0);
	blocked_accounts_free(accounts);
}

static void all_of_an_incident_are_released_together(void **state)
{
	struct blocked_accounts *accounts = blocked_accounts_new(&counters);
	struct blocked_account_record record = record_of("other"), rest[2];

	(void)state;
	snprintf(record.incident, sizeof record.incident, "another");
	blocked_accounts_add(accounts, &record, NOON);
	for (int i = 0; i < 50; i++) {
		char name[16];
		snprintf(name, sizeof name, "%d", i);
		record = record_of(name);
		blocked_accounts_add(accounts, &record, NOON);
	}
	assert_int_equal(blocked_accounts_release_incident(accounts, "none"), 0);
	assert_int_equal(blocked_accounts_release_incident(accounts, "7f3a09c2d1e4b586"), 50);
	assert_int_equal(blocked_accounts_list(accounts, 0, rest, 2), 1);
	blocked_accounts_clear(accounts);
	assert_int_equal(blocked_accounts_list(accounts, 0, rest, 2), 0);
	blocked_accounts_free(accounts);
}

static void each_change_is_counted_and_all_are_saved(void **state)
{
	struct blocked_accounts *accounts = blocked_accounts_new(&counters);
	struct blocked_account_record records[3], record = record_of("1001");

	(void)state;
	blocked_accounts_clear(accounts);
	assert_int_equal(blocked_accounts_changes(accounts), 0);
	blocked_accounts_add(accounts, &record, NOON);
	blocked_accounts_add(accounts, &record, NOON);
	assert_int_equal(blocked_accounts_changes(accounts), 1);
	record = record_of("1002");
	record.until = NOON + HOUR;
	blocked_accounts_add(accounts, &record, NOON);
	assert_int_equal(blocked_accounts_changes(accounts), 2);
	assert_int_equal(blocked_accounts_save(accounts, records, 3), 2);
	assert_int_equal(records[0].order + records[1].order, 3);
	assert_int_equal(blocked_accounts_save(accounts, records, 1), 1);
	assert_null(blocked_accounts_find(accounts, TEXT("1002"), NOON + HOUR));
	assert_int_equal(blocked_accounts_changes(accounts), 3);
	blocked_accounts_release(accounts, "1001", NOON);
	blocked_accounts_release(accounts, "1001", NOON);
	assert_int_equal(blocked_accounts_changes(accounts), 4);
	record = record_of("1003");
	blocked_accounts_add(accounts, &record, NOON);
	blocked_accounts_release_incident(accounts, "7f3a09c2d1e4b586");
	assert_int_equal(blocked_accounts_changes(accounts), 6);
	assert_int_equal(blocked_accounts_save(accounts, records, 3), 0);
	blocked_accounts_free(accounts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_is_blocked_until_it_is_released),
		cmocka_unit_test(a_block_with_an_end_ends),
		cmocka_unit_test(odd_and_long_names_are_blocked_as_they_are_shown),
		cmocka_unit_test(what_is_blocked_comes_back_from_records),
		cmocka_unit_test(all_of_an_incident_are_released_together),
		cmocka_unit_test(each_change_is_counted_and_all_are_saved),
		cmocka_unit_test(more_than_there_is_room_for_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
