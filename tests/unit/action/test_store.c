/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../store_folder.h"

#include "pbxguard/action/incident_row.h"
#include "pbxguard/action/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW (1795281185 * SECOND) /* 2026-11-22 02:13:05 in Tokyo */
#define READ_MAX 64

struct fixture {
	struct store_folder folder;
	struct store *store;
	/* What was read. */
	size_t incident_count, learned_count;
	struct incident_record incidents[READ_MAX];
	char learned_rule[32];
	uint8_t learned[64];
	size_t learned_size;
	bool refuses;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	*state = f;
	return !store_folder_make(&f->folder);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	int status = store_folder_remove(&f->folder);
	free(f);
	return status;
}

static bool take_incident(void *context, const struct incident_record *record)
{
	struct fixture *f = context;

	assert_true(f->incident_count < READ_MAX);
	f->incidents[f->incident_count++] = *record;
	return !f->refuses;
}

static bool take_learned(void *context, const char *rule, const uint8_t *bytes, size_t size)
{
	struct fixture *f = context;

	f->learned_count++;
	assert_true(size <= sizeof f->learned);
	snprintf(f->learned_rule, sizeof f->learned_rule, "%s", rule);
	memcpy(f->learned, bytes, size);
	f->learned_size = size;
	return !f->refuses;
}

static bool open_store(struct fixture *f)
{
	const struct store_reader reader = {take_incident, take_learned, f};

	store_free(f->store);
	f->incident_count = f->learned_count = 0;
	f->store = store_folder_open(&f->folder, NOW);
	if (f->store != NULL) {
		store_read(f->store, &reader, NOW);
	}
	return f->store != NULL;
}

static struct incident_record record_in(uint32_t slot)
{
	struct incident_record record = {
		.slot = slot,
		.id = "0123456789abcdef",
		.subject_count = 2,
		.subjects = {"caller:1001", "source:192.0.2.7"},
		.order = 100 + slot,
		.was_told = true,
		.waits = true,
		.waiting_order = 5,
		.waiting_since = NOW - 5,
		.worst = SEVERITY_CRITICAL,
		.told_severity = SEVERITY_WARNING,
		.last_line = NOW - 4,
		.last_finding = -3,
		.findings = 77,
		.untold = 9,
		.counted = 8,
		.rule = "off_hours",
		.finding = {.severity = SEVERITY_WARNING,
			.subject = "caller:1001",
			.count = 3,
			.limit = 2,
			.window = HOUR,
			.evidence = "up for 12 min",
			.calendar = "holiday: 海の日",
			.reason = "A sentence.",
			.raises_others = true},
		.packet_time = NOW - 2,
		.action = ACTION_WOULD_REFUSE,
		.call = {.is_known = true,
			.caller = "1001",
			.number = "+12465550123",
			.country = "BB",
			.leg = LEG_OUTSIDE,
			.source = {{ADDRESS_IPV4, {192, 0, 2, 7}}, 5060},
			.destination = {{ADDRESS_IPV6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}}, 65535},
			.transport = TRANSPORT_TCP,
			.call_id = "a\\x0Ab"},
		.story = {.since = NOW - HOUR,
			.latest = NOW,
			.calls = 4,
			.answered = 3,
			.talked = 5 * MINUTE,
			.cost = 12 * MONEY_UNIT,
			.currency = "JPY",
			.is_moved = true,
			.rule_count = 2,
			.place_count = 2,
			.places = {{"Barbados", 3}, {"Côte d'Ivoire", 1}},
			.calls_elsewhere = 6,
			.caller_count = 1,
			.callers = {"1001"}},
		.rules = {"off_hours", "call_burst"},
	};

	return record;
}

static void assert_same(const struct incident_record *one, const struct incident_record *other)
{
	struct row_value a, b;

	for (size_t i = 0; i < incident_row_columns(); i++) {
		incident_row_value(one, i, &a);
		incident_row_value(other, i, &b);
		assert_true(a.is_text ? text_equal(a.text, b.text) : a.number == b.number);
	}
}

/* What was written stays, also when the process ends without a word. */
static void what_is_written_is_read_again(void **state)
{
	struct fixture *f = *state;
	const struct incident_record record = record_in(3);
	const uint8_t bytes[] = {1, 0, 2};
	struct stat status;

	assert_true(open_store(f));
	assert_int_equal(f->incident_count + f->learned_count, 0);
	store_put_incident(f->store, &record, NOW);
	store_put_learned(f->store, "surge", bytes, sizeof bytes, NOW);
	store_commit(f->store, NOW);
	assert_true(open_store(f));
	assert_int_equal(f->incident_count, 1);
	assert_same(&f->incidents[0], &record);
	assert_int_equal(f->learned_count, 1);
	assert_string_equal(f->learned_rule, "surge");
	assert_int_equal(f->learned_size, sizeof bytes);
	assert_memory_equal(f->learned, bytes, sizeof bytes);
	assert_int_equal(stat(f->folder.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_false(was_said(&f->folder, "store"));
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), 0);
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_WRITES), 1);
}

static void a_slot_has_what_it_was_given_last(void **state)
{
	struct fixture *f = *state;
	struct incident_record records[3] = {record_in(1), record_in(7), record_in(2)};

	assert_true(open_store(f));
	for (size_t i = 0; i < 3; i++) {
		store_put_incident(f->store, &records[i], NOW);
	}
	records[1].untold = 10;
	store_put_incident(f->store, &records[1], NOW);
	records[0].id[0] = '\0';
	store_put_incident(f->store, &records[0], NOW);
	store_commit(f->store, NOW);
	store_put_incident(f->store, &records[2], NOW); /* never committed */
	assert_true(open_store(f));
	assert_int_equal(f->incident_count, 2);
	assert_int_equal(f->incidents[0].slot, 7); /* the one opened last comes first */
	assert_int_equal(f->incidents[0].untold, 10);
	assert_int_equal(f->incidents[1].slot, 2);
}

static void an_incident_that_nobody_takes_is_removed(void **state)
{
	struct fixture *f = *state;
	const struct incident_record record = record_in(3);

	assert_true(open_store(f));
	store_put_incident(f->store, &record, NOW);
	store_put_learned(f->store, "surge", (const uint8_t *)"x", 1, NOW);
	store_commit(f->store, NOW);
	f->refuses = true;
	assert_true(open_store(f));
	assert_int_equal(f->incident_count, 1);
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), 2);
	assert_true(open_store(f));
	assert_int_equal(f->incident_count, 0);
	assert_int_equal(f->learned_count, 1); /* a rule may be switched off */
}

/* ---- what is wrong with a file ---- */

/* How many files of the folder have such words in their names. */
static size_t files_with(const struct fixture *f, const char *words)
{
	DIR *folder = opendir(f->folder.name);
	size_t count = 0;

	assert_non_null(folder);
	for (const struct dirent *entry;
		(entry = readdir(folder)) != NULL;) { /* NOLINT(concurrency-mt-unsafe) */
		count += strstr(entry->d_name, words) != NULL;
	}
	closedir(folder);
	return count;
}

static void fill(struct fixture *f)
{
	assert_true(open_store(f));
	for (uint32_t slot = 0; slot < 40; slot++) {
		const struct incident_record record = record_in(slot);
		store_put_incident(f->store, &record, NOW);
	}
	store_commit(f->store, NOW);
	store_free(f->store);
	f->store = NULL;
}

static void run_sql(const struct fixture *f, const char *statement)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(f->folder.path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, statement, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

static void write_over(const struct fixture *f, off_t from, size_t size, bool truncates)
{
	int file = open(f->folder.path, O_RDWR | O_CREAT | (truncates ? O_TRUNC : 0), 0600);
	unsigned random = 3;

	assert_true(file >= 0);
	for (size_t i = 0; i < size; i++) {
		random = random * 1103515245 + 12345;
		const uint8_t byte = (uint8_t)(random >> 16);
		assert_int_equal(pwrite(file, &byte, 1, from + (off_t)i), 1);
	}
	close(file);
}

static void make_random(const struct fixture *f)
{
	write_over(f, 0, 5000, true);
}
static void make_cut(const struct fixture *f)
{
	assert_int_equal(truncate(f->folder.path, 6000), 0);
}
static void make_scratched(const struct fixture *f)
{
	write_over(f, 4096 + 8, 3000, false);
}
static void make_headless(const struct fixture *f)
{
	write_over(f, 16, 84, false);
}
static void make_poor(const struct fixture *f)
{
	run_sql(f, "ALTER TABLE incidents DROP COLUMN reason");
}
static void make_other(const struct fixture *f)
{
	run_sql(f, "ALTER TABLE blocked_sources DROP COLUMN reason");
}
static void make_empty(const struct fixture *f)
{
	run_sql(f, "DROP TABLE learned");
}

static void a_damaged_store_is_set_aside_and_a_new_one_begins(void **state)
{
	static void (*const damages[])(const struct fixture *f) = {
		make_random, make_cut, make_scratched, make_headless, make_poor, make_other, make_empty};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		void *opaque;
		assert_int_equal(set_up(&opaque), 0);
		struct fixture *f = opaque;
		fill(f);
		damages[i](f);
		assert_true(open_store(f));
		assert_int_equal(f->incident_count, 0);
		assert_true(was_said(&f->folder, "is damaged ("));
		assert_true(was_said(&f->folder, ".damaged-20261122T021305"));
		assert_int_equal(files_with(f, "store.db.damaged-20261122T021305"), 1);
		assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), 1);
		const struct incident_record record = record_in(3);
		store_put_incident(f->store, &record, NOW);
		store_commit(f->store, NOW);
		assert_true(open_store(f));
		assert_int_equal(f->incident_count, 1);
		assert_int_equal(tear_down(&opaque), 0);
	}
}

static void more_columns_and_tables_than_we_know_are_no_damage(void **state)
{
	struct fixture *f = *state;

	fill(f);
	run_sql(f, "ALTER TABLE incidents ADD COLUMN note TEXT; CREATE TABLE notes (text TEXT)");
	assert_true(open_store(f));
	assert_int_equal(f->incident_count, 40);
	assert_false(was_said(&f->folder, "store"));
}

static void assert_untouched(struct fixture *f, const char *statement, const char *words)
{
	char before[20000], after[20000];
	int file;

	run_sql(f, statement);
	assert_true((file = open(f->folder.path, O_RDONLY)) >= 0);
	ssize_t size = read(file, before, sizeof before);
	close(file);
	assert_false(open_store(f));
	assert_true(was_said(&f->folder, words));
	assert_true(was_said(&f->folder, "a restart will forget"));
	assert_true((file = open(f->folder.path, O_RDONLY)) >= 0);
	assert_int_equal(read(file, after, sizeof after), size);
	close(file);
	assert_memory_equal(before, after, (size_t)size);
	assert_int_equal(files_with(f, "damaged"), 0);
}

static void what_a_later_version_wrote_is_left_as_it_is(void **state)
{
	assert_true(open_store(*state));
	store_free(((struct fixture *)*state)->store);
	((struct fixture *)*state)->store = NULL;
	assert_untouched(*state, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 2", "a later version");
}

static void somebody_elses_database_is_left_as_it_is(void **state)
{
	assert_untouched(*state, "CREATE TABLE calls (id INTEGER); INSERT INTO calls VALUES (1)",
		"no store of pbxguard's");
}

static void rows_that_we_would_not_write_are_dropped(void **state)
{
	static const char *const changes[] = {"id = 'x' || id || id || id", "subjects = x'37'",
		"subjects = NULL", "untold = -1", "untold = 'many'", "was_told = 2", "worst = 4294967296",
		"source = '192.0.2'", "source_port = 65536",
		"rules = replace(hex(zeroblob(30)), '00', 'x' || char(10))", "place_calls = '3' || char(10)",
		"place_calls = 'a' || char(10) || 'b'", "places = ''", "last_line = 1.5",
		"reason = replace(hex(zeroblob(200)), '00', 'xx')", "call_id = 'a' || char(0) || 'b'",
		"reason = x'41'"};
	struct fixture *f = *state;
	char statement[256];

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		fill(f);
		snprintf(statement, sizeof statement, "UPDATE incidents SET %s WHERE slot < 5", changes[i]);
		run_sql(f, statement);
		assert_true(open_store(f));
		if (f->incident_count != 35) {
			fail_msg("%s: %zu", changes[i], f->incident_count);
		}
		assert_true(open_store(f));
		assert_int_equal(f->incident_count, 35);
		store_free(f->store);
		f->store = NULL;
	}
}

/* ---- who is blocked ---- */

struct blocks {
	size_t source_count, account_count;
	struct blocked_source_record sources[4];   /* the first ones */
	struct blocked_account_record accounts[4]; /* likewise */
	bool refuses;
};

static bool take_source(void *context, const struct blocked_source_record *record)
{
	struct blocks *blocks = context;

	if (blocks->source_count < COUNT_OF(blocks->sources)) {
		blocks->sources[blocks->source_count] = *record;
	}
	blocks->source_count++;
	return !blocks->refuses;
}

static bool take_account(void *context, const struct blocked_account_record *record)
{
	struct blocks *blocks = context;

	if (blocks->account_count < COUNT_OF(blocks->accounts)) {
		blocks->accounts[blocks->account_count] = *record;
	}
	blocks->account_count++;
	return !blocks->refuses;
}

/* After the process was killed. */
static void read_blocks(struct fixture *f, struct blocks *blocks)
{
	blocks->source_count = blocks->account_count = 0;
	assert_true(open_store(f));
	store_read_blocks(f->store, &(struct store_blocks_reader){take_source, take_account, blocks}, NOW);
}

static struct blocked_source_record source_of(const char *network, instant since)
{
	struct blocked_source_record record = {.since = since,
		.until = since + 2 * HOUR,
		.time = HOUR,
		.times = 3,
		.incident = "0123456789abcdef",
		.reason = "off_hours, critical; digest answered"};

	assert_true(network_parse(text_of(network), &record.network));
	return record;
}

static struct blocked_account_record account_of(const char *name, uint64_t order)
{
	struct blocked_account_record record = {
		.since = NOW, .until = NOW + DAY, .incident = "", .reason = "b\\x0A", .order = order};

	snprintf(record.account, sizeof record.account, "%s", name);
	return record;
}

static void assert_same_source(
	const struct blocked_source_record *one, const struct blocked_source_record *other)
{
	assert_int_equal(one->network.prefix_length, other->network.prefix_length);
	assert_true(address_equal(&one->network.address, &other->network.address));
	assert_int_equal(one->since, other->since);
	assert_int_equal(one->until, other->until);
	assert_int_equal(one->time, other->time);
	assert_int_equal(one->times, other->times);
	assert_string_equal(one->incident, other->incident);
	assert_string_equal(one->reason, other->reason);
}

static void assert_same_account(
	const struct blocked_account_record *one, const struct blocked_account_record *other)
{
	assert_string_equal(one->account, other->account);
	assert_int_equal(one->since, other->since);
	assert_int_equal(one->until, other->until);
	assert_string_equal(one->incident, other->incident);
	assert_string_equal(one->reason, other->reason);
	assert_int_equal(one->order, other->order);
}

static void who_is_blocked_is_read_again(void **state)
{
	struct fixture *f = *state;
	struct blocks blocks = {0};
	struct blocked_source_record sources[3] = {source_of("192.0.2.7", NOW),
		source_of("2001:db8::/32", NOW - HOUR), source_of("198.51.100.0/24", NOW + 1)};
	const struct blocked_account_record accounts[2] = {account_of("10\\x0D01", 9), account_of("1002", 7)};

	read_blocks(f, &blocks);
	assert_int_equal(blocks.source_count + blocks.account_count, 0);
	for (size_t i = 0; i < 3; i++) {
		store_put_source(f->store, &sources[i], NOW);
	}
	store_remove_source(f->store, &sources[2].network, NOW);
	sources[0].times = 4;
	store_put_source(f->store, &sources[0], NOW);
	store_put_accounts(f->store, accounts, 2, NOW);
	store_commit(f->store, NOW);
	store_remove_source(f->store, &sources[0].network, NOW); /* never committed */
	read_blocks(f, &blocks);
	assert_int_equal(blocks.source_count, 2);
	assert_same_source(&blocks.sources[0], &sources[1]); /* who was blocked first comes first */
	assert_same_source(&blocks.sources[1], &sources[0]);
	assert_int_equal(blocks.account_count, 2);
	assert_same_account(&blocks.accounts[0], &accounts[1]); /* likewise */
	assert_same_account(&blocks.accounts[1], &accounts[0]);
	store_put_accounts(f->store, &accounts[1], 1, NOW); /* the other one was released */
	store_clear_sources(f->store, NOW);
	store_commit(f->store, NOW);
	blocks.refuses = true;
	read_blocks(f, &blocks);
	assert_int_equal(blocks.source_count, 0);
	assert_int_equal(blocks.account_count, 1);
	read_blocks(f, &blocks); /* nobody took it */
	assert_int_equal(blocks.account_count, 0);
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), 1);
}

static void a_store_from_before_there_were_blocks_gets_them(void **state)
{
	struct fixture *f = *state;
	struct blocks blocks = {0};
	const struct blocked_source_record source = source_of("192.0.2.7", NOW);

	fill(f);
	run_sql(f, "DROP TABLE blocked_sources; DROP TABLE blocked_accounts");
	read_blocks(f, &blocks);
	assert_int_equal(f->incident_count, 40);
	store_put_source(f->store, &source, NOW);
	store_commit(f->store, NOW);
	read_blocks(f, &blocks);
	assert_int_equal(blocks.source_count, 1);
	assert_false(was_said(&f->folder, "store"));
}

static void blocks_that_we_would_not_write_are_dropped(void **state)
{
	static const char *const changes[] = {
		"UPDATE blocked_sources SET network = '192.0.2'",
		"UPDATE blocked_sources SET network = '192.0.2.7/24'",
		"UPDATE blocked_sources SET network = NULL",
		"UPDATE blocked_sources SET since = until + 1",
		"UPDATE blocked_sources SET until = 9223372036854775807",
		"UPDATE blocked_sources SET until = 'never'",
		"UPDATE blocked_sources SET time = -1",
		"UPDATE blocked_sources SET times = 0",
		"UPDATE blocked_sources SET times = 4294967296",
		"UPDATE blocked_sources SET incident = incident || '0'",
		"UPDATE blocked_sources SET incident = char(10)",
		"UPDATE blocked_sources SET reason = x'41'",
		"UPDATE blocked_sources SET reason = replace(hex(zeroblob(200)), '00', 'x')",
		"UPDATE blocked_accounts SET account = ''",
		"UPDATE blocked_accounts SET account = '10' || char(13)",
		"UPDATE blocked_accounts SET account = 'a' || char(0)",
		"UPDATE blocked_accounts SET account = replace(hex(zeroblob(64)), '00', 'x')",
		"UPDATE blocked_accounts SET since = NULL",
		"UPDATE blocked_accounts SET until = -9223372036854775807",
		"UPDATE blocked_accounts SET incident = NULL",
		"UPDATE blocked_accounts SET sequence = -1",
		"UPDATE blocked_accounts SET reason = NULL",
	};
	struct fixture *f = *state;
	struct blocks blocks = {0};
	const struct blocked_source_record source = source_of("192.0.2.7", NOW);
	const struct blocked_account_record account = account_of("1001", 1);

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		assert_true(open_store(f));
		store_put_source(f->store, &source, NOW);
		store_put_accounts(f->store, &account, 1, NOW);
		store_commit(f->store, NOW);
		store_free(f->store);
		f->store = NULL;
		run_sql(f, changes[i]);
		for (int again = 0; again < 2; again++) {
			read_blocks(f, &blocks);
			if (blocks.source_count + blocks.account_count != 1) {
				fail_msg("%s", changes[i]);
			}
		}
		assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), i + 1);
	}
}

/* As many as can be blocked, and more; those whose time is over first make room. */
static void a_full_list_stays_bounded(void **state)
{
	struct fixture *f = *state;
	struct blocks blocks = {0};
	struct blocked_source_record source = source_of("192.0.2.7", NOW);

	assert_true(open_store(f));
	for (uint32_t i = 0; i < BLOCKED_SOURCES_MAX + 10; i++) {
		source.network.address.bytes[1] = (uint8_t)(i >> 16);
		source.network.address.bytes[2] = (uint8_t)(i >> 8);
		source.network.address.bytes[3] = (uint8_t)i;
		source.since = NOW + i;
		source.until = NOW + HOUR + i;
		store_put_source(f->store, &source, NOW);
	}
	store_commit(f->store, NOW);
	store_forget_sources(f->store, NOW + HOUR - 1, BLOCKED_SOURCES_MAX, NOW);
	store_commit(f->store, NOW);
	read_blocks(f, &blocks);
	assert_int_equal(blocks.source_count, BLOCKED_SOURCES_MAX);
	assert_int_equal(blocks.sources[0].until, NOW + HOUR + 10);
	store_forget_sources(f->store, NOW + HOUR + 19, BLOCKED_SOURCES_MAX, NOW);
	store_commit(f->store, NOW);
	read_blocks(f, &blocks);
	assert_int_equal(blocks.source_count, BLOCKED_SOURCES_MAX - 10);
	assert_int_equal(blocks.sources[0].until, NOW + HOUR + 20);
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), 0);
}

/* ---- what is wrong with a disk ---- */

static void without_a_folder_it_goes_on_without(void **state)
{
	struct fixture *f = *state;

	snprintf(f->folder.path, sizeof f->folder.path, "%s/nowhere/store.db", f->folder.name);
	assert_false(open_store(f));
	assert_true(was_said(&f->folder, "going on without the store"));
	assert_true(was_said(&f->folder, "No such file or directory"));
	/* Below a file, which is as a folder that can't be written, also for root. */
	snprintf(f->folder.path, sizeof f->folder.path, "%s/file", f->folder.name);
	write_over(f, 0, 1, true);
	snprintf(f->folder.path, sizeof f->folder.path, "%s/file/store.db", f->folder.name);
	assert_false(open_store(f));
	assert_true(was_said(&f->folder, "Not a directory"));
	snprintf(f->folder.path, sizeof f->folder.path, "%s", f->folder.name);
	assert_false(open_store(f));
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), 3);
}

static void a_store_that_is_in_use_is_left_to_who_has_it(void **state)
{
	struct fixture *f = *state;
	const struct incident_record record = record_in(1);

	assert_true(open_store(f));
	store_put_incident(f->store, &record, NOW);
	store_commit(f->store, NOW);
	struct store *other = store_folder_open(&f->folder, NOW);
	assert_null(other);
	assert_true(was_said(&f->folder, "another process uses it"));
	store_put_incident(f->store, &record, NOW);
	store_commit(f->store, NOW);
	assert_false(was_said(&f->folder, "can't be written"));
}

/* By hand, before the service is started, or while it is stopped. */
static void what_root_makes_belongs_to_the_folders_owner(void **state)
{
	struct fixture *f = *state;
	struct stat status;

	if (geteuid() != 0 || chown(f->folder.name, 12345, 54321) != 0) {
		skip();
	}
	assert_true(open_store(f));
	assert_int_equal(stat(f->folder.path, &status), 0);
	assert_int_equal(status.st_uid, 12345);
	assert_int_equal(status.st_gid, 54321);
	snprintf(f->folder.path + strlen(f->folder.path), 8, "-wal");
	assert_int_equal(stat(f->folder.path, &status), 0);
	assert_int_equal(status.st_uid, 12345);
}

/* Files can't grow: as a full disk. It is said once, and once when it is over; all is asked for again. */
static void a_full_disk_is_told_and_gets_over(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[100000];
	struct rlimit unlimited, limited;
	instant now = NOW;

	assert_true(open_store(f));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &unlimited);
	limited = (struct rlimit){50000, unlimited.rlim_max};
	setrlimit(RLIMIT_FSIZE, &limited);
	for (int i = 0; i < 40; i++, now += SECOND) {
		if (i == 0 || store_wants_all(f->store, now)) {
			store_put_learned(f->store, "surge", bytes, sizeof bytes, now);
			store_commit(f->store, now);
		}
		store_put_learned(f->store, "unfamiliar", bytes, sizeof bytes, now);
		store_commit(f->store, now);
	}
	setrlimit(RLIMIT_FSIZE, &unlimited);
	assert_int_equal(times_said(&f->folder, "can't be written"), 1);
	assert_in_range(counter_get(&f->folder.counters, COUNTER_STORE_ERRORS), 3, 5);
	assert_int_equal(counter_get(&f->folder.counters, COUNTER_STORE_WRITES), 0);
	now += STORE_RETRY;
	assert_true(store_wants_all(f->store, now));
	assert_false(store_wants_all(f->store, now));
	store_put_learned(f->store, "surge", bytes, 50, now);
	store_commit(f->store, now);
	assert_int_equal(times_said(&f->folder, "is written again"), 1);
	assert_false(store_wants_all(f->store, now + HOUR));
	assert_true(open_store(f));
	assert_int_equal(f->learned_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		WITH_FOLDER(what_is_written_is_read_again),
		WITH_FOLDER(a_slot_has_what_it_was_given_last),
		WITH_FOLDER(an_incident_that_nobody_takes_is_removed),
		cmocka_unit_test(a_damaged_store_is_set_aside_and_a_new_one_begins),
		WITH_FOLDER(more_columns_and_tables_than_we_know_are_no_damage),
		WITH_FOLDER(what_a_later_version_wrote_is_left_as_it_is),
		WITH_FOLDER(somebody_elses_database_is_left_as_it_is),
		WITH_FOLDER(rows_that_we_would_not_write_are_dropped),
		WITH_FOLDER(who_is_blocked_is_read_again),
		WITH_FOLDER(a_store_from_before_there_were_blocks_gets_them),
		WITH_FOLDER(blocks_that_we_would_not_write_are_dropped),
		WITH_FOLDER(a_full_list_stays_bounded),
		WITH_FOLDER(without_a_folder_it_goes_on_without),
		WITH_FOLDER(a_store_that_is_in_use_is_left_to_who_has_it),
		WITH_FOLDER(what_root_makes_belongs_to_the_folders_owner),
		WITH_FOLDER(a_full_disk_is_told_and_gets_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
