/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store.h"

#include "pbxguard/action/incident_row.h"
#include "pbxguard/base/local_time.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORE_VERSION 1           /* PRAGMA user_version */
#define APPLICATION_ID 0x70627867 /* "pbxg": by this we know our own */
#define BUSY_MILLISECONDS 500
#define STATEMENT_SIZE 4096
#define TIME_LIMIT (INT64_MAX / 4) /* beyond it sums would overflow */
#define DAMAGED_NAME_SIZE (STORE_PATH_SIZE + 96)

/* ---- settings ---- */

static bool check_path(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	if (text_is_empty(value) || value.start[0] == '/') {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE, "must begin with / (or be empty: no store)");
	return false;
}

static const struct setting settings[] = {
	{.name = "path",
		.type = SETTING_TEXT,
		.offset = offsetof(struct store_settings, path),
		.size = STORE_PATH_SIZE,
		.initial = "/var/lib/pbxguard/pbxguard.db",
		.check = check_path},
};

const struct setting_table store_settings_table = SETTING_TABLE(settings);

/* ---- the store ---- */

enum statement_kind {
	PUT_INCIDENT, /* its text is made of the columns' names */
	REMOVE_INCIDENT,
	PUT_LEARNED,
	PUT_SOURCE,
	REMOVE_SOURCE,
	REMOVE_SOURCE_ROW,
	CLEAR_SOURCES,
	FORGET_SOURCES,
	LIMIT_SOURCES,
	PUT_ACCOUNT,
	REMOVE_ACCOUNT_ROW,
	CLEAR_ACCOUNTS,
	STATEMENTS
};

static const char *const statement_texts[STATEMENTS] = {
	[REMOVE_INCIDENT] = "DELETE FROM incidents WHERE slot = ?",
	[PUT_LEARNED] = "INSERT OR REPLACE INTO learned (rule, saved, bytes) VALUES (?, ?, ?)",
	[PUT_SOURCE] = "INSERT OR REPLACE INTO blocked_sources"
		       " (network, since, until, time, times, incident, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[REMOVE_SOURCE] = "DELETE FROM blocked_sources WHERE network = ?",
	[REMOVE_SOURCE_ROW] = "DELETE FROM blocked_sources WHERE rowid = ?",
	[CLEAR_SOURCES] = "DELETE FROM blocked_sources",
	[FORGET_SOURCES] = "DELETE FROM blocked_sources WHERE until <= ?",
	[LIMIT_SOURCES] = "DELETE FROM blocked_sources WHERE rowid IN (SELECT rowid FROM blocked_sources"
			  " ORDER BY until LIMIT max(0, (SELECT count(*) FROM blocked_sources) - ?))",
	[PUT_ACCOUNT] = "INSERT OR REPLACE INTO blocked_accounts"
			" (account, since, until, incident, reason, sequence) VALUES (?, ?, ?, ?, ?, ?)",
	[REMOVE_ACCOUNT_ROW] = "DELETE FROM blocked_accounts WHERE rowid = ?",
	[CLEAR_ACCOUNTS] = "DELETE FROM blocked_accounts",
};

struct store {
	char path[STORE_PATH_SIZE];
	const struct log *log;     /* borrowed */
	struct counters *counters; /* borrowed */
	sqlite3 *database;         /* NULL: there is none any more */
	sqlite3_stmt *statements[STATEMENTS];
	bool in_transaction;
	bool is_failing;   /* told; not written since */
	bool is_trying;    /* all the same, to see whether it is still so */
	bool has_lost;     /* something; all has to be put again */
	instant failed_at; /* the last time */
};

static const char forgets[] = "a restart will forget open incidents, what was learned, and who is blocked";

static int run(sqlite3 *database, const char *statement)
{
	return sqlite3_exec(database, statement, NULL, NULL, NULL);
}

static bool is_damage(int code)
{
	return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

static void close_database(struct store *store)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
	sqlite3_close(store->database);
	store->database = NULL;
	store->in_transaction = false;
}

/* ---- the schema ---- */

struct statement {
	char text[STATEMENT_SIZE];
	size_t used;
};

static void __attribute__((format(printf, 2, 3))) add(struct statement *statement, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(statement->text + statement->used, sizeof statement->text - statement->used,
		format, arguments);
	va_end(arguments);
	assert(size >= 0 && (size_t)size < sizeof statement->text - statement->used);
	statement->used += (size_t)size;
}

static int create(sqlite3 *database)
{
	struct statement statement = {0};

	add(&statement, "BEGIN; CREATE TABLE incidents (slot INTEGER PRIMARY KEY");
	for (size_t i = 1; i < incident_row_columns(); i++) {
		add(&statement, ", %s %s", incident_row_name(i),
			incident_row_is_text(i) ? "TEXT" : "INTEGER");
	}
	add(&statement,
		"); CREATE TABLE learned (rule TEXT PRIMARY KEY, saved INTEGER, bytes BLOB);"
		"PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		APPLICATION_ID, STORE_VERSION);
	return run(database, statement.text);
}

/* A store that was begun before there were these gets them. */
static int create_more(sqlite3 *database)
{
	return run(database,
		"CREATE TABLE IF NOT EXISTS blocked_sources (network TEXT PRIMARY KEY, since INTEGER,"
		" until INTEGER, time INTEGER, times INTEGER, incident TEXT, reason TEXT);"
		"CREATE TABLE IF NOT EXISTS blocked_accounts (account TEXT PRIMARY KEY, since INTEGER,"
		" until INTEGER, incident TEXT, reason TEXT, sequence INTEGER)");
}

static void add_names(struct statement *statement)
{
	for (size_t i = 0; i < incident_row_columns(); i++) {
		add(statement, "%s%s", i == 0 ? "" : ", ", incident_row_name(i));
	}
}

static int prepare(struct store *store)
{
	struct statement put = {0};

	add(&put, "INSERT OR REPLACE INTO incidents (");
	add_names(&put);
	add(&put, ") VALUES (?");
	for (size_t i = 1; i < incident_row_columns(); i++) {
		add(&put, ", ?");
	}
	add(&put, ")");
	int code = SQLITE_OK;
	for (size_t i = 0; code == SQLITE_OK && i < STATEMENTS; i++) {
		const char *text = i == PUT_INCIDENT ? put.text : statement_texts[i];
		code = sqlite3_prepare_v2(store->database, text, -1, &store->statements[i], NULL);
	}
	return code;
}

/* ---- opened ---- */

enum opening {
	OPENING_DONE,
	OPENING_DAMAGED,
	OPENING_NOT_OURS,
	OPENING_LATER_VERSION,
	OPENING_FAILED, /* *why says it */
};

/* The one number that a statement gives. */
static int ask(sqlite3 *database, const char *question, int64_t *number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(database, question, -1, &statement, NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_step(statement);
		*number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	}
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

static int check_whole(sqlite3 *database)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(database, "PRAGMA quick_check(1)", -1, &statement, NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_step(statement);
		if (code == SQLITE_ROW) {
			const char *word = (const char *)sqlite3_column_text(statement, 0);
			code = word != NULL && strcmp(word, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
		}
	}
	sqlite3_finalize(statement);
	return code;
}

/*
 * One that root makes by hand belongs to whom the folder belongs to, or the service could not open it. SQLite
 * does the same with what it puts beside.
 */
static void give_to_owner(int descriptor, const char *path)
{
	const char *end = strrchr(path, '/');
	char folder[STORE_PATH_SIZE];
	struct stat status;

	if (geteuid() != 0 || end == NULL || end == path) {
		return;
	}
	snprintf(folder, sizeof folder, "%.*s", (int)(end - path), path);
	if (stat(folder, &status) == 0 && fchown(descriptor, status.st_uid, status.st_gid) != 0) {
		return; /* then it is root's */
	}
}

/* Made by us, so that from the first moment nobody else can read it. 0 or errno. */
static int make_file(const char *path)
{
	struct stat status;
	int error = 0;
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);

	if (descriptor < 0) {
		return errno;
	}
	if (fstat(descriptor, &status) != 0) {
		error = errno;
	} else if (!S_ISREG(status.st_mode)) {
		error = EISDIR;
	} else if (status.st_size == 0) {
		give_to_owner(descriptor, path);
	}
	close(descriptor);
	return error;
}

/* What it is. *code is SQLite's where it says nothing better. */
static enum opening look_into(struct store *store, int *code)
{
	sqlite3 *database = store->database;
	int64_t application = 0, version = 0, tables = 0;

	*code = run(database, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF;"
			      "PRAGMA cell_size_check = ON");
	*code = *code != SQLITE_OK ? *code : ask(database, "PRAGMA application_id", &application);
	*code = *code != SQLITE_OK ? *code : ask(database, "PRAGMA user_version", &version);
	*code = *code != SQLITE_OK ? *code : ask(database, "SELECT count(*) FROM sqlite_master", &tables);
	if (*code != SQLITE_OK) {
		return is_damage(*code) ? OPENING_DAMAGED : OPENING_FAILED;
	}
	if (application != APPLICATION_ID && (tables > 0 || version != 0 || application != 0)) {
		return OPENING_NOT_OURS;
	}
	if (version > STORE_VERSION) {
		return OPENING_LATER_VERSION;
	}
	if (application == APPLICATION_ID) {
		*code = check_whole(database);
		return *code == SQLITE_OK && version == STORE_VERSION ? OPENING_DONE
		       : *code == SQLITE_OK || is_damage(*code)       ? OPENING_DAMAGED
								      : OPENING_FAILED;
	}
	*code = create(database);
	return *code == SQLITE_OK ? OPENING_DONE : OPENING_FAILED;
}

static int connect_to(struct store *store)
{
	int code = sqlite3_open_v2(
		store->path, &store->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (code == SQLITE_OK) {
		sqlite3_busy_timeout(store->database, BUSY_MILLISECONDS);
		sqlite3_limit(store->database, SQLITE_LIMIT_LENGTH, 2 * (int)STORE_LEARNED_MAX);
		sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(store->database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
		sqlite3_db_config(store->database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	}
	return code;
}

/* *why lives until the next of SQLite's functions. */
static enum opening open_database(struct store *store, const char **why)
{
	int error = make_file(store->path);

	if (error != 0) {
		*why = strerror(error);
		return OPENING_FAILED;
	}
	int code = connect_to(store);
	enum opening opening = code == SQLITE_OK ? look_into(store, &code) : OPENING_FAILED;
	if (opening == OPENING_DONE) {
		code = run(store->database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
					    "PRAGMA journal_size_limit = 4194304");
		code = code == SQLITE_OK ? create_more(store->database) : code;
		if (code == SQLITE_OK && chmod(store->path, 0600) != 0) {
			*why = strerror(errno);
			return OPENING_FAILED;
		}
		opening = code == SQLITE_OK ? OPENING_DONE
			  : is_damage(code) ? OPENING_DAMAGED
					    : OPENING_FAILED;
	}
	if (opening == OPENING_DONE) {
		/* A table or column that is not there. */
		code = prepare(store);
		opening = code == SQLITE_OK ? OPENING_DONE : OPENING_DAMAGED;
	}
	*why = (code & 0xFF) == SQLITE_BUSY ? "another process uses it" : sqlite3_errstr(code);
	return opening;
}

static void name_damaged(const struct store *store, instant now, char name[static DAMAGED_NAME_SIZE])
{
	struct local_time local;

	local_time_of(now, &local);
	snprintf(name, DAMAGED_NAME_SIZE, "%s.damaged-%04d%02d%02dT%02d%02d%02d", store->path,
		local.date.year, local.date.month, local.date.day, local.hour, local.minute, local.second);
}

/* With what SQLite has put beside it: a log of another file would be taken for that of the new one. */
static bool set_aside(struct store *store, const char *why, instant now)
{
	static const char *const beside[] = {"-wal", "-shm", "-journal"};
	char name[DAMAGED_NAME_SIZE], from[DAMAGED_NAME_SIZE + 16], to[DAMAGED_NAME_SIZE + 16];

	close_database(store);
	name_damaged(store, now, name);
	bool good = rename(store->path, name) == 0;
	for (size_t i = 0; good && i < sizeof beside / sizeof beside[0]; i++) {
		snprintf(from, sizeof from, "%s%s", store->path, beside[i]);
		snprintf(to, sizeof to, "%s%s", name, beside[i]);
		good = rename(from, to) == 0 || errno == ENOENT;
	}
	counter_add(store->counters, COUNTER_STORE_ERRORS, 1);
	if (good) {
		log_write(store->log, LOG_LEVEL_WARNING,
			"the store %s is damaged (%s): it was set aside as %s, and a new one begins",
			store->path, why, name);
	} else {
		log_write(store->log, LOG_LEVEL_ERROR,
			"the store %s is damaged (%s), and could not be set aside: %s; %s", store->path, why,
			strerror(errno), forgets);
	}
	return good;
}

/* Says why not. */
static bool begin(struct store *store, instant now)
{
	const char *why = "";
	enum opening opening = open_database(store, &why);

	if (opening == OPENING_DAMAGED) {
		if (!set_aside(store, why, now)) {
			return false;
		}
		opening = open_database(store, &why);
	}
	if (opening == OPENING_DONE) {
		return true;
	}
	if (opening == OPENING_NOT_OURS) {
		why = "it is no store of pbxguard's, and is left as it is";
	} else if (opening == OPENING_LATER_VERSION) {
		why = "a later version of pbxguard wrote it, and it is left as it is";
	}
	counter_add(store->counters, COUNTER_STORE_ERRORS, 1);
	log_write(store->log, LOG_LEVEL_WARNING, "going on without the store %s: %s; %s", store->path, why,
		forgets);
	close_database(store);
	return false;
}

struct store *store_open(const char *path, const struct log *log, struct counters *counters, instant now)
{
	struct store *store = calloc(1, sizeof *store);

	if (store == NULL) {
		return NULL;
	}
	store->log = log;
	store->counters = counters;
	text_copy(text_of(path), store->path, sizeof store->path);
	if (!begin(store, now)) {
		free(store);
		return NULL;
	}
	return store;
}

void store_free(struct store *store)
{
	if (store != NULL) {
		close_database(store);
	}
	free(store);
}

/* ---- failures ---- */

static void fail(struct store *store, int code, instant now)
{
	char why[256];

	snprintf(why, sizeof why, "%s", sqlite3_errmsg(store->database));
	if (store->in_transaction) {
		run(store->database, "ROLLBACK");
		store->in_transaction = false;
	}
	store->has_lost = true;
	if (is_damage(code)) {
		if (set_aside(store, why, now)) {
			begin(store, now);
		}
		return;
	}
	counter_add(store->counters, COUNTER_STORE_ERRORS, 1);
	if (!store->is_failing) {
		log_write(store->log, LOG_LEVEL_WARNING,
			"the store %s can't be written: %s; until it can, a restart forgets what has changed",
			store->path, why);
	}
	store->is_failing = true;
	store->is_trying = false;
	store->failed_at = now;
}

static bool is_time(const struct store *store, instant now)
{
	return !store->is_failing || store->is_trying || now - store->failed_at >= STORE_RETRY ||
	       now < store->failed_at;
}

bool store_wants_all(struct store *store, instant now)
{
	bool wants = store->has_lost && store->database != NULL && is_time(store, now);

	if (wants) {
		store->has_lost = false;
		store->is_trying = store->is_failing;
	}
	return wants;
}

/* ---- written ---- */

static bool may_write(struct store *store, instant now)
{
	if (store->database == NULL || (store->is_failing && !store->is_trying)) {
		store->has_lost = true;
		return false;
	}
	if (!store->in_transaction) {
		int code = run(store->database, "BEGIN IMMEDIATE");
		if (code != SQLITE_OK) {
			fail(store, code, now);
			return false;
		}
		store->in_transaction = true;
	}
	return true;
}

static void bind_text(sqlite3_stmt *statement, int place, struct text text)
{
	sqlite3_bind_text(statement, place, text.start, (int)text.size, SQLITE_TRANSIENT);
}

static void bind_incident(sqlite3_stmt *statement, const struct incident_record *record)
{
	struct row_value value;

	for (size_t i = 0; i < incident_row_columns(); i++) {
		incident_row_value(record, i, &value);
		if (value.is_text) {
			bind_text(statement, (int)i + 1, value.text);
		} else {
			sqlite3_bind_int64(statement, (int)i + 1, value.number);
		}
	}
}

static void carry_out(struct store *store, enum statement_kind kind, instant now)
{
	sqlite3_step(store->statements[kind]);
	int code = sqlite3_reset(store->statements[kind]);

	if (code != SQLITE_OK) {
		fail(store, code, now);
	}
}

static void remove_incident(struct store *store, uint32_t slot, instant now)
{
	if (may_write(store, now)) {
		sqlite3_bind_int64(store->statements[REMOVE_INCIDENT], 1, slot);
		carry_out(store, REMOVE_INCIDENT, now);
	}
}

void store_put_incident(struct store *store, const struct incident_record *record, instant now)
{
	if (record->id[0] == '\0') {
		remove_incident(store, record->slot, now);
	} else if (may_write(store, now)) {
		bind_incident(store->statements[PUT_INCIDENT], record);
		carry_out(store, PUT_INCIDENT, now);
	}
}

void store_put_learned(struct store *store, const char *rule, const uint8_t *bytes, size_t size, instant now)
{
	assert(size <= STORE_LEARNED_MAX);
	if (may_write(store, now)) {
		bind_text(store->statements[PUT_LEARNED], 1, text_of(rule));
		sqlite3_bind_int64(store->statements[PUT_LEARNED], 2, now);
		sqlite3_bind_blob(store->statements[PUT_LEARNED], 3, bytes, (int)size, SQLITE_STATIC);
		carry_out(store, PUT_LEARNED, now);
		if (store->statements[PUT_LEARNED] != NULL) {
			sqlite3_clear_bindings(store->statements[PUT_LEARNED]);
		}
	}
}

void store_put_source(struct store *store, const struct blocked_source_record *record, instant now)
{
	char network[NETWORK_TEXT_SIZE];

	if (may_write(store, now)) {
		sqlite3_stmt *statement = store->statements[PUT_SOURCE];
		bind_text(statement, 1, text_of(network_format(&record->network, network)));
		sqlite3_bind_int64(statement, 2, record->since);
		sqlite3_bind_int64(statement, 3, record->until);
		sqlite3_bind_int64(statement, 4, record->time);
		sqlite3_bind_int64(statement, 5, record->times);
		bind_text(statement, 6, text_of(record->incident));
		bind_text(statement, 7, text_of(record->reason));
		carry_out(store, PUT_SOURCE, now);
	}
}

void store_remove_source(struct store *store, const struct network *network, instant now)
{
	char text[NETWORK_TEXT_SIZE];

	if (may_write(store, now)) {
		bind_text(store->statements[REMOVE_SOURCE], 1, text_of(network_format(network, text)));
		carry_out(store, REMOVE_SOURCE, now);
	}
}

void store_clear_sources(struct store *store, instant now)
{
	if (may_write(store, now)) {
		carry_out(store, CLEAR_SOURCES, now);
	}
}

void store_forget_sources(struct store *store, instant until, size_t most, instant now)
{
	if (may_write(store, now)) {
		sqlite3_bind_int64(store->statements[FORGET_SOURCES], 1, until);
		carry_out(store, FORGET_SOURCES, now);
	}
	if (store->in_transaction) {
		sqlite3_bind_int64(store->statements[LIMIT_SOURCES], 1, (int64_t)most);
		carry_out(store, LIMIT_SOURCES, now);
	}
}

static void put_account(struct store *store, const struct blocked_account_record *record, instant now)
{
	sqlite3_stmt *statement = store->statements[PUT_ACCOUNT];

	bind_text(statement, 1, text_of(record->account));
	sqlite3_bind_int64(statement, 2, record->since);
	sqlite3_bind_int64(statement, 3, record->until);
	bind_text(statement, 4, text_of(record->incident));
	bind_text(statement, 5, text_of(record->reason));
	sqlite3_bind_int64(statement, 6, (int64_t)record->order);
	carry_out(store, PUT_ACCOUNT, now);
}

void store_put_accounts(
	struct store *store, const struct blocked_account_record *records, size_t count, instant now)
{
	if (may_write(store, now)) {
		carry_out(store, CLEAR_ACCOUNTS, now);
	}
	for (size_t i = 0; i < count && store->in_transaction; i++) {
		put_account(store, &records[i], now);
	}
}

void store_commit(struct store *store, instant now)
{
	if (!store->in_transaction) {
		return;
	}
	int code = run(store->database, "COMMIT");
	if (code != SQLITE_OK) {
		fail(store, code, now);
		return;
	}
	store->in_transaction = false;
	counter_add(store->counters, COUNTER_STORE_WRITES, 1);
	if (store->is_failing) {
		log_write(store->log, LOG_LEVEL_NOTICE, "the store %s is written again", store->path);
	}
	store->is_failing = store->is_trying = false;
}

/* ---- read ---- */

static bool take_text(sqlite3_stmt *row, int place, struct text *text)
{
	/* Asked first: what follows would make it one. */
	if (sqlite3_column_type(row, place) != SQLITE_TEXT) {
		return false;
	}
	text->start = (const char *)sqlite3_column_text(row, place);
	text->size = (size_t)sqlite3_column_bytes(row, place);
	return text->start != NULL && memchr(text->start, '\0', text->size) == NULL;
}

/* What is of another kind than what we write makes the whole row unreadable. */
static bool take_incident(sqlite3_stmt *row, struct incident_record *record)
{
	struct row_value value;
	bool good = true;

	*record = (struct incident_record){0};
	for (int i = 0; good && i < (int)incident_row_columns(); i++) {
		value.is_text = sqlite3_column_type(row, i) == SQLITE_TEXT;
		value.number = sqlite3_column_int64(row, i);
		good = (value.is_text ? take_text(row, i, &value.text)
				      : sqlite3_column_type(row, i) == SQLITE_INTEGER) &&
		       incident_row_take(record, (size_t)i, &value);
	}
	return good;
}

/* remove: by the row's number. */
static void drop(struct store *store, enum statement_kind remove, int64_t row)
{
	counter_add(store->counters, COUNTER_STORE_ERRORS, 1);
	sqlite3_bind_int64(store->statements[remove], 1, row);
	sqlite3_step(store->statements[remove]);
	sqlite3_reset(store->statements[remove]);
}

static int read_incidents(struct store *store, const struct store_reader *reader)
{
	struct statement select = {0};
	struct incident_record record;
	sqlite3_stmt *row = NULL;

	add(&select, "SELECT ");
	add_names(&select);
	add(&select, " FROM incidents ORDER BY sequence DESC");
	int code = sqlite3_prepare_v2(store->database, select.text, -1, &row, NULL);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW &&
			(!take_incident(row, &record) || !reader->incident(reader->context, &record))) {
			drop(store, REMOVE_INCIDENT, sqlite3_column_int64(row, 0));
		}
	}
	sqlite3_finalize(row);
	return code;
}

/* False: it was not taken. */
static bool offer_learned(sqlite3_stmt *row, const struct store_reader *reader)
{
	struct text rule;
	const uint8_t *bytes = sqlite3_column_blob(row, 1);
	size_t size = (size_t)sqlite3_column_bytes(row, 1);

	return take_text(row, 0, &rule) && sqlite3_column_type(row, 1) == SQLITE_BLOB && bytes != NULL &&
	       size <= STORE_LEARNED_MAX && reader->learned(reader->context, rule.start, bytes, size);
}

static int read_learned(struct store *store, const struct store_reader *reader)
{
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(store->database, "SELECT rule, bytes FROM learned", -1, &row, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW && !offer_learned(row, reader)) {
			counter_add(store->counters, COUNTER_STORE_ERRORS, 1);
		}
	}
	sqlite3_finalize(row);
	return code;
}

void store_read(struct store *store, const struct store_reader *reader, instant now)
{
	int code = read_incidents(store, reader);

	if (code == SQLITE_DONE) {
		code = read_learned(store, reader);
	}
	if (code != SQLITE_DONE) {
		fail(store, code, now);
	}
}

/* ---- who is blocked, read ---- */

static bool take_number(sqlite3_stmt *row, int place, int64_t minimum, int64_t maximum, int64_t *number)
{
	*number = sqlite3_column_int64(row, place);
	return sqlite3_column_type(row, place) == SQLITE_INTEGER && *number >= minimum && *number <= maximum;
}

static bool take_time(sqlite3_stmt *row, int place, instant *time)
{
	return take_number(row, place, -TIME_LIMIT, TIME_LIMIT, time);
}

/* By which it is found: what would have to be changed is another's. */
static bool take_name(sqlite3_stmt *row, int place, char *name, size_t size)
{
	struct text text;

	return take_text(row, place, &text) && text_is_safe(text) && text_copy(text, name, size);
}

static bool take_reason(sqlite3_stmt *row, int place, char reason[static BLOCK_REASON_SIZE])
{
	struct text text;

	if (!take_text(row, place, &text)) {
		return false;
	}
	if (text_is_safe(text)) {
		return text_copy(text, reason, BLOCK_REASON_SIZE);
	}
	text_make_safe(text, reason, BLOCK_REASON_SIZE);
	return true;
}

static bool take_source(sqlite3_stmt *row, struct blocked_source_record *record)
{
	struct text network;
	int64_t times = 0;
	bool good = take_text(row, 1, &network) && network_parse(network, &record->network) &&
		    take_time(row, 2, &record->since) && take_time(row, 3, &record->until) &&
		    take_number(row, 4, 0, TIME_LIMIT, &record->time) &&
		    take_number(row, 5, 1, UINT32_MAX, &times) &&
		    take_name(row, 6, record->incident, sizeof record->incident) &&
		    take_reason(row, 7, record->reason);

	record->times = (uint32_t)times;
	return good && record->since <= record->until;
}

static bool take_account(sqlite3_stmt *row, struct blocked_account_record *record)
{
	int64_t order = 0;
	bool good = take_name(row, 1, record->account, sizeof record->account) &&
		    take_time(row, 2, &record->since) && take_time(row, 3, &record->until) &&
		    take_name(row, 4, record->incident, sizeof record->incident) &&
		    take_reason(row, 5, record->reason) && take_number(row, 6, 0, INT64_MAX, &order);

	record->order = (uint64_t)order;
	return good && record->account[0] != '\0';
}

/* Takes a row, whose number comes first, and gives it on; false for what is to be removed. */
typedef bool row_offer(sqlite3_stmt *row, const struct store_blocks_reader *reader);

static bool offer_source(sqlite3_stmt *row, const struct store_blocks_reader *reader)
{
	struct blocked_source_record record = {0};

	return take_source(row, &record) && reader->source(reader->context, &record);
}

static bool offer_account(sqlite3_stmt *row, const struct store_blocks_reader *reader)
{
	struct blocked_account_record record = {0};

	return take_account(row, &record) && reader->account(reader->context, &record);
}

static void read_rows(struct store *store, const char *select, row_offer *offer, enum statement_kind remove,
	const struct store_blocks_reader *reader, instant now)
{
	sqlite3_stmt *row = NULL;

	if (store->database == NULL) {
		return;
	}
	int code = sqlite3_prepare_v2(store->database, select, -1, &row, NULL);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW && !offer(row, reader)) {
			drop(store, remove, sqlite3_column_int64(row, 0));
		}
	}
	sqlite3_finalize(row);
	if (code != SQLITE_DONE) {
		fail(store, code, now);
	}
}

void store_read_blocks(struct store *store, const struct store_blocks_reader *reader, instant now)
{
	if (reader->source != NULL) {
		read_rows(store,
			"SELECT rowid, network, since, until, time, times, incident, reason"
			" FROM blocked_sources ORDER BY since",
			offer_source, REMOVE_SOURCE_ROW, reader, now);
	}
	if (reader->account != NULL) {
		read_rows(store,
			"SELECT rowid, account, since, until, incident, reason, sequence"
			" FROM blocked_accounts ORDER BY sequence",
			offer_account, REMOVE_ACCOUNT_ROW, reader, now);
	}
}
