/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder of a test's own for a store, and what is counted and said about that. */
#ifndef PBXGUARD_TESTS_STORE_FOLDER_H
#define PBXGUARD_TESTS_STORE_FOLDER_H

#include "test.h"

#include "pbxguard/action/store.h"

#include <stdlib.h>
#include <unistd.h>

struct store_folder {
	char name[64], path[96]; /* path: of the store in it */
	struct counters counters;
	struct log log;
	FILE *logged;
};

static inline bool store_folder_make(struct store_folder *folder)
{
	snprintf(folder->name, sizeof folder->name, "/tmp/pbxguard-store-XXXXXX");
	folder->logged = tmpfile();
	if (mkdtemp(folder->name) == NULL || folder->logged == NULL) {
		return false;
	}
	snprintf(folder->path, sizeof folder->path, "%s/store.db", folder->name);
	folder->log = (struct log){.descriptor = fileno(folder->logged), .level = LOG_LEVEL_NOTICE};
	return true;
}

/* With all that is in it. 0: it is gone. */
static inline int store_folder_remove(struct store_folder *folder)
{
	char command[128];

	fclose(folder->logged);
	snprintf(command, sizeof command, "rm -r %s", folder->name);
	return system(command); /* NOLINT(cert-env33-c): a folder of our own */
}

static inline struct store *store_folder_open(struct store_folder *folder, instant now)
{
	return store_open(folder->path, &folder->log, &folder->counters, now);
}

static inline size_t times_said(const struct store_folder *folder, const char *words)
{
	char said[8192];
	size_t count = 0;
	ssize_t size = pread(fileno(folder->logged), said, sizeof said - 1, 0);

	said[size > 0 ? size : 0] = '\0';
	for (const char *place = said; (place = strstr(place, words)) != NULL; place++) {
		count++;
	}
	return count;
}

static inline bool was_said(const struct store_folder *folder, const char *words)
{
	return times_said(folder, words) > 0;
}

#endif
