/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was refused, and what was watched, in the store. */
#include "../store_folder.h"

#include "pbxguard/action/store.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>

#define NOW (1795281185 * SECOND) /* 2026-11-22 02:13:05 in Tokyo */

struct fixture {
	struct store_folder folder;
	struct store *store;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	*state = f;
	if (!store_folder_make(&f->folder)) {
		return 1;
	}
	f->store = store_folder_open(&f->folder, NOW);
	return f->store == NULL;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	int status = store_folder_remove(&f->folder);
	free(f);
	return status;
}

static void reopen(struct fixture *f)
{
	store_free(f->store);
	f->store = store_folder_open(&f->folder, NOW);
	assert_non_null(f->store);
}

static void run_sql(struct fixture *f, const char *statement)
{
	sqlite3 *database = NULL;

	store_free(f->store);
	f->store = NULL;
	assert_int_equal(sqlite3_open(f->folder.path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, statement, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
	reopen(f);
}

static struct refusal_record record_of(instant time, enum leg leg)
{
	return (struct refusal_record){
		.time = time,
		.about = REFUSAL_OF_CALL,
		.action = REFUSAL_WOULD_REFUSE,
		.severity = SEVERITY_CRITICAL,
		.leg = leg,
		.caller = "1004",
		.source = "192.168.10.24",
		.dialed = "01023200550101",
		.number = "+23200550101",
		.country = "SL",
		.country_name = "Sierra Leone",
		.prefix = "232",
		.rules = "high_risk_destination off_hours",
		.reason = "2 calls \xE6\xB5\xB7 of caller 1004",
		.incident = "b2d5eade061b19ae",
		.call_id = "a84b4c76e66710@192.168.10.24",
	};
}

static size_t page(
	struct fixture *f, instant since, uint64_t after, struct refusal_record *records, size_t room)
{
	size_t count = 0;

	assert_true(store_page_refusals(f->store, since, after, records, room, &count, NOW));
	assert_true(count <= room);
	return count;
}

static void what_was_refused_is_read_as_it_was_put(void **state)
{
	struct fixture *f = *state;
	struct refusal_record put = record_of(NOW, LEG_EXTENSION), read[4];
	struct refusal_record source = {.time = NOW + SECOND,
		.about = REFUSAL_OF_SOURCE,
		.action = REFUSAL_BLOCKED,
		.leg = LEG_OUTSIDE,
		.source = "198.51.100.66",
		.reason = "off_hours, critical"};

	store_put_refusal(f->store, &put, NOW);
	store_put_refusal(f->store, &source, NOW);
	store_commit(f->store, NOW);
	reopen(f);
	assert_int_equal(page(f, 0, 0, read, 4), 2);
	put.order = 1;
	source.order = 2;
	assert_memory_equal(&read[0], &put, sizeof put);
	assert_memory_equal(&read[1], &source, sizeof source);
}

/* In whatever order they are written: a file outlives the pbxguard that made it. */
static void columns_are_known_by_their_names(void **state)
{
	struct fixture *f = *state;
	struct refusal_record row = record_of(NOW, LEG_EXTENSION), read[1];
	char statement[2048];

	snprintf(statement, sizeof statement,
		"INSERT INTO refusals (call_id, incident, reason, rules, prefix, country_name, country, number,"
		" dialed, source, caller, leg, severity, action, about, time, sequence) VALUES ('%s', '%s', '%s',"
		" '%s', '%s', '%s', '%s', '%s', '%s', '%s', '%s', %d, %d, %d, %d, %" PRId64 ", 1)",
		row.call_id, row.incident, row.reason, row.rules, row.prefix, row.country_name, row.country,
		row.number, row.dialed, row.source, row.caller, row.leg, row.severity, row.action, row.about,
		row.time);
	run_sql(f, statement);
	assert_int_equal(page(f, 0, 0, read, 1), 1);
	row.order = 1;
	assert_memory_equal(&read[0], &row, sizeof row);
}

static void pages_go_on_where_the_last_ended(void **state)
{
	struct fixture *f = *state;
	struct refusal_record read[4];
	uint64_t after = 0;
	size_t count, all = 0;

	for (int i = 0; i < 10; i++) {
		const struct refusal_record record = record_of(NOW + i * SECOND, LEG_EXTENSION);
		store_put_refusal(f->store, &record, NOW);
	}
	while ((count = page(f, NOW + 3 * SECOND, after, read, 4)) > 0) {
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(read[i].time, NOW + (instant)(3 + all++) * SECOND);
		}
		after = read[count - 1].order;
	}
	assert_int_equal(all, 7);
	assert_int_equal(page(f, 0, UINT64_MAX, read, 4), 0);
}

static void a_call_that_slipped_is_told_so(void **state)
{
	struct fixture *f = *state;
	struct refusal_record put = record_of(NOW, LEG_EXTENSION), read[4];

	put.action = REFUSAL_REFUSED;
	store_put_refusal(f->store, &put, NOW); /* the same Call-ID, long ago */
	put.time = NOW + HOUR;
	store_put_refusal(f->store, &put, NOW);
	snprintf(put.call_id, sizeof put.call_id, "another");
	store_put_refusal(f->store, &put, NOW);
	store_slip_refusal(f->store, "a84b4c76e66710@192.168.10.24", NOW + HOUR - MINUTE, NOW);
	assert_int_equal(page(f, 0, 0, read, 4), 3);
	assert_int_equal(read[0].action, REFUSAL_REFUSED);
	assert_int_equal(read[1].action, REFUSAL_SLIPPED);
	assert_int_equal(read[2].action, REFUSAL_REFUSED);
}

/* A scan from outside does not push out what phones did. */
static void strangers_and_phones_are_bounded_apart(void **state)
{
	static struct refusal_record read[64];
	struct fixture *f = *state;
	size_t phones = 0;

	for (int i = 0; i < 40; i++) {
		const struct refusal_record record =
			record_of(NOW + i * SECOND, i % 10 == 0 ? LEG_EXTENSION : LEG_OUTSIDE);
		store_put_refusal(f->store, &record, NOW);
	}
	store_forget_refusals(f->store, NOW + 5 * SECOND, 8, NOW);
	store_commit(f->store, NOW);
	size_t count = page(f, 0, 0, read, 64);
	assert_int_equal(count, 3 + 8); /* of four phones' calls one was too old */
	for (size_t i = 0; i < count; i++) {
		phones += read[i].leg == LEG_EXTENSION;
	}
	assert_int_equal(phones, 3);
	assert_int_equal(read[count - 1].time, NOW + 39 * SECOND); /* of strangers the newest stay */
	assert_int_equal(read[1].time, NOW + 20 * SECOND);
}

static void rows_that_we_would_not_write_are_dropped(void **state)
{
	static const char *const changes[] = {"about = 3", "action = -1", "severity = 'grave'", "leg = 99",
		"time = 1.5", "caller = NULL", "caller = x'31'", "country = 'SLE'", "reason = 'a' || char(0)",
		"number = '+12345678901234567'", "rules = replace(hex(zeroblob(80)), '0', 'x')"};
	struct fixture *f = *state;
	const struct refusal_record put = record_of(NOW, LEG_EXTENSION);
	struct refusal_record read[4];
	char statement[160];

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		store_put_refusal(f->store, &put, NOW);
		store_put_refusal(f->store, &put, NOW);
		store_commit(f->store, NOW);
		snprintf(statement, sizeof statement,
			"UPDATE refusals SET %s WHERE sequence = (SELECT min(sequence) FROM refusals)",
			changes[i]);
		run_sql(f, statement);
		assert_int_equal(page(f, 0, 0, read, 4), 1);
		assert_int_equal(page(f, 0, 0, read, 4), 1);
		run_sql(f, "DELETE FROM refusals");
	}
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), COUNT_OF(changes));
}

/* What somebody has written into the file can't drive a terminal. */
static void what_is_shown_is_made_safe(void **state)
{
	struct fixture *f = *state;
	const struct refusal_record put = record_of(NOW, LEG_EXTENSION);
	struct refusal_record read[1];

	store_put_refusal(f->store, &put, NOW);
	store_commit(f->store, NOW);
	run_sql(f, "UPDATE refusals SET caller = char(27) || '[2J' || char(10)");
	assert_int_equal(page(f, 0, 0, read, 1), 1);
	assert_true(text_is_safe(text_of(read[0].caller)));
	assert_non_null(strstr(read[0].caller, "[2J"));
}

static struct watched_hour hour_of(instant hour, unsigned mode, uint64_t calls)
{
	struct watched_hour watched = {.hour = hour, .mode = mode};

	for (size_t i = 0; i < WATCHED_COUNT; i++) {
		watched.counts[i] = calls + i;
	}
	return watched;
}

static void hours_are_kept_and_summed_up_for_each_mode(void **state)
{
	struct fixture *f = *state;
	const instant first = NOW - NOW % HOUR;
	struct watched_hour sums[WATCHED_MODES], read,
		hours[] = {hour_of(first - 9 * HOUR, 1, 7000), hour_of(first, 1, 100),
			hour_of(first + HOUR, 1, 20), hour_of(first + 2 * HOUR, 2, 5),
			hour_of(first + HOUR, 1, 30)};

	for (size_t i = 0; i < COUNT_OF(hours); i++) {
		store_put_watched(f->store, &hours[i], NOW);
	}
	store_commit(f->store, NOW);
	reopen(f);
	store_read_watched(f->store, first + HOUR, 1, &read, NOW);
	assert_memory_equal(&read, &hours[4], sizeof read); /* in place of the one before */
	store_read_watched(f->store, first + 5 * HOUR, 1, &read, NOW);
	assert_int_equal(read.counts[WATCHED_SECONDS], 0);
	assert_true(store_sum_watched(f->store, first, sums, NOW));
	assert_int_equal(sums[0].counts[WATCHED_SECONDS], 0);
	assert_int_equal(sums[1].hour, first);
	assert_int_equal(sums[2].hour, first + 2 * HOUR);
	for (size_t i = 0; i < WATCHED_COUNT; i++) {
		assert_int_equal(sums[1].counts[i], 100 + 30 + 2 * i);
		assert_int_equal(sums[2].counts[i], 5 + i);
	}
	store_forget_refusals(f->store, first + 2 * HOUR, 8, NOW);
	assert_true(store_sum_watched(f->store, 0, sums, NOW));
	assert_int_equal(sums[1].counts[WATCHED_CALLS], 0);
	assert_int_equal(sums[2].hour, first + 2 * HOUR);
}

/* One that was begun before there were reports goes on, with all that is in it. */
static void an_older_store_is_taken_over_without_loss(void **state)
{
	struct fixture *f = *state;
	const struct refusal_record put = record_of(NOW, LEG_EXTENSION);
	const struct blocked_account_record account = {
		.account = "1004", .since = NOW, .reason = "x", .order = 1};
	const uint8_t learned[] = {1, 2, 3};
	struct refusal_record read[2];
	int64_t rows = 0;
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;

	store_put_learned(f->store, "surge", learned, sizeof learned, NOW);
	store_put_accounts(f->store, &account, 1, NOW);
	store_commit(f->store, NOW);
	run_sql(f, "DROP TABLE refusals; DROP TABLE watched");
	store_put_refusal(f->store, &put, NOW);
	store_commit(f->store, NOW);
	assert_int_equal(page(f, 0, 0, read, 2), 1);
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), 0);
	store_free(f->store);
	f->store = NULL;
	assert_int_equal(sqlite3_open(f->folder.path, &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(database,
			"SELECT (SELECT count(*) FROM learned) + (SELECT count(*) FROM blocked_accounts)", -1,
			&statement, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	rows = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(database);
	assert_int_equal(rows, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_refused_is_read_as_it_was_put, set_up, tear_down),
		cmocka_unit_test_setup_teardown(columns_are_known_by_their_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pages_go_on_where_the_last_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_that_slipped_is_told_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strangers_and_phones_are_bounded_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_that_we_would_not_write_are_dropped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_shown_is_made_safe, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			hours_are_kept_and_summed_up_for_each_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_older_store_is_taken_over_without_loss, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
