/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/data_folders.h"

#include "pbxguard/build.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_regular_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* False when it does not fit. */
static bool join(const char *folder, const char *name, char path[static DATA_PATH_SIZE])
{
	int size = strcmp(folder, ".") == 0 ? snprintf(path, DATA_PATH_SIZE, "%s", name)
					    : snprintf(path, DATA_PATH_SIZE, "%s/%s", folder, name);

	return size > 0 && size < DATA_PATH_SIZE;
}

void data_folders_add(struct data_folders *folders, const char *folder)
{
	for (size_t i = 0; i < folders->count; i++) {
		if (strcmp(folders->folders[i], folder) == 0) {
			return;
		}
	}
	size_t size = strlen(folder) + 1;
	if (folders->count < DATA_FOLDERS_MAX && size <= DATA_PATH_SIZE) {
		memcpy(folders->folders[folders->count++], folder, size);
	}
}

/* "/etc/pbxguard" of "/etc/pbxguard/pbxguard.conf"; "." of a name alone. */
static void add_folder_of(struct data_folders *folders, const char *file)
{
	char folder[DATA_PATH_SIZE];
	const char *slash = strrchr(file, '/');
	int size = slash == NULL ? 1 : (int)(slash - file);

	if (slash == file) {
		data_folders_add(folders, "/");
	} else if (size < DATA_PATH_SIZE) {
		snprintf(folder, sizeof folder, "%.*s", size, slash == NULL ? "." : file);
		data_folders_add(folders, folder);
	}
}

static bool is_source(const char *folder)
{
	char path[DATA_PATH_SIZE];

	return join(folder, "meson.build", path) && is_regular_file(path) &&
	       join(folder, "conf/destinations.csv", path) && is_regular_file(path);
}

static void add_source(struct data_folders *folders)
{
	char folder[DATA_PATH_SIZE], conf[DATA_PATH_SIZE];
	ssize_t size = readlink("/proc/self/exe", folder, sizeof folder - 1);

	if (size <= 0 || (size_t)size == sizeof folder - 1) {
		return;
	}
	folder[size] = '\0';
	for (int up = 0; up < 4; up++) {
		char *slash = strrchr(folder, '/');
		if (slash == NULL || slash == folder) {
			return;
		}
		*slash = '\0';
		if (is_source(folder) && join(folder, "conf", conf)) {
			data_folders_add(folders, conf);
			return;
		}
	}
}

void data_folders_for(const char *configuration, struct data_folders *folders)
{
	*folders = (struct data_folders){0};
	if (configuration != NULL) {
		add_folder_of(folders, configuration);
	}
	data_folders_add(
		folders, configuration == NULL ? PBXGUARD_CONFIGURATION_FOLDER : PBXGUARD_DATA_FOLDER);
	data_folders_add(
		folders, configuration == NULL ? PBXGUARD_DATA_FOLDER : PBXGUARD_CONFIGURATION_FOLDER);
	add_source(folders);
}

bool data_folders_find(const struct data_folders *folders, const char *name, char path[static DATA_PATH_SIZE])
{
	char candidate[DATA_PATH_SIZE];

	if (name[0] == '/') {
		return is_regular_file(name) && snprintf(path, DATA_PATH_SIZE, "%s", name) < DATA_PATH_SIZE;
	}
	for (size_t i = 0; i < folders->count; i++) {
		if (join(folders->folders[i], name, candidate) && is_regular_file(candidate)) {
			memcpy(path, candidate, sizeof candidate);
			return true;
		}
	}
	return false;
}

/* NULL: there is nothing of this name. */
static const char *what_is(const char *path, char *buffer, size_t buffer_size)
{
	struct stat status;

	if (stat(path, &status) != 0) {
		if (errno == ENOENT || errno == ENOTDIR) {
			return NULL;
		}
		snprintf(buffer, buffer_size, "can't be read: %s", strerror(errno));
		return buffer;
	}
	return S_ISREG(status.st_mode)                              ? NULL
	       : S_ISDIR(status.st_mode)                            ? "is a folder, not a file"
	       : S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) ? "is a device, not a file"
								    : "is not a regular file";
}

const char *data_folders_what(
	const struct data_folders *folders, const char *name, char *buffer, size_t buffer_size)
{
	char path[DATA_PATH_SIZE];
	const char *what = name[0] == '/' ? what_is(name, buffer, buffer_size) : NULL;

	for (size_t i = 0; name[0] != '/' && what == NULL && i < folders->count; i++) {
		what = join(folders->folders[i], name, path) ? what_is(path, buffer, buffer_size) : NULL;
	}
	return what;
}

static int is_data_file(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end != NULL && end != entry->d_name && (strcmp(end, ".conf") == 0 || strcmp(end, ".csv") == 0);
}

char *data_folders_files(
	const struct data_folders *folders, const char *folder, char *buffer, size_t buffer_size)
{
	char path[DATA_PATH_SIZE];
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < folders->count && used == 0; i++) {
		struct dirent **entries = NULL;
		int count = join(folders->folders[i], folder, path)
				    ? scandir(path, &entries, is_data_file, alphasort)
				    : 0;
		for (int j = 0; j < count; j++) {
			if (used < buffer_size) {
				used += (size_t)snprintf(buffer + used, buffer_size - used, "%s%s/%s",
					j == 0 ? "" : ", ", folder, entries[j]->d_name);
			}
			free(entries[j]);
		}
		free(entries);
	}
	return buffer;
}

char *data_folders_list(const struct data_folders *folders, char *buffer, size_t buffer_size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < folders->count && used < buffer_size; i++) {
		used += (size_t)snprintf(
			buffer + used, buffer_size - used, "%s%s", i == 0 ? "" : ", ", folders->folders[i]);
	}
	return buffer;
}
