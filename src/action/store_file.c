/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store_parts.h"
#include "pbxguard/base/local_time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MILLISECONDS 500
#define DAMAGED_NAME_SIZE (STORE_PATH_SIZE + 96)

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

	*code = store_run(database, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF;"
				    "PRAGMA cell_size_check = ON");
	*code = *code != SQLITE_OK ? *code : ask(database, "PRAGMA application_id", &application);
	*code = *code != SQLITE_OK ? *code : ask(database, "PRAGMA user_version", &version);
	*code = *code != SQLITE_OK ? *code : ask(database, "SELECT count(*) FROM sqlite_master", &tables);
	if (*code != SQLITE_OK) {
		return store_is_damage(*code) ? OPENING_DAMAGED : OPENING_FAILED;
	}
	if (application != STORE_APPLICATION_ID && (tables > 0 || version != 0 || application != 0)) {
		return OPENING_NOT_OURS;
	}
	if (version > STORE_VERSION) {
		return OPENING_LATER_VERSION;
	}
	if (application == STORE_APPLICATION_ID) {
		*code = check_whole(database);
		return *code == SQLITE_OK && version == STORE_VERSION ? OPENING_DONE
		       : *code == SQLITE_OK || store_is_damage(*code) ? OPENING_DAMAGED
								      : OPENING_FAILED;
	}
	*code = store_schema_create(database);
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
		code = store_run(store->database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
						  "PRAGMA journal_size_limit = 4194304");
		code = code == SQLITE_OK ? store_schema_complete(store->database) : code;
		if (code == SQLITE_OK && chmod(store->path, 0600) != 0) {
			*why = strerror(errno);
			return OPENING_FAILED;
		}
		opening = code == SQLITE_OK       ? OPENING_DONE
			  : store_is_damage(code) ? OPENING_DAMAGED
						  : OPENING_FAILED;
	}
	if (opening == OPENING_DONE) {
		/* A table or column that is not there. */
		code = store_schema_prepare(store);
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
bool store_set_aside(struct store *store, const char *why, instant now)
{
	static const char *const beside[] = {"-wal", "-shm", "-journal"};
	char name[DAMAGED_NAME_SIZE], from[DAMAGED_NAME_SIZE + 16], to[DAMAGED_NAME_SIZE + 16];

	store_close_database(store);
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
			strerror(errno), STORE_FORGETS);
	}
	return good;
}

/* Says why not. */
bool store_begin(struct store *store, instant now)
{
	const char *why = "";
	enum opening opening = open_database(store, &why);

	if (opening == OPENING_DAMAGED) {
		if (!store_set_aside(store, why, now)) {
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
		STORE_FORGETS);
	store_close_database(store);
	return false;
}
