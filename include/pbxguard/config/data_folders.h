/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where data files are sought: a name in the configuration ("destinations.csv", "holidays/japan.csv") stands
 * for the first regular file of that name beside the configuration, in the data folder and the configuration
 * folder set when it was built (/usr/share/pbxguard, /etc/pbxguard), and, when the program runs from a build
 * folder inside its source, in the source's conf/. That source is found from where the executable lies (up to
 * four folders up, one with both meson.build and conf/destinations.csv), so that no path of the builder's
 * machine is in the program.
 */
#ifndef PBXGUARD_CONFIG_DATA_FOLDERS_H
#define PBXGUARD_CONFIG_DATA_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#define DATA_FOLDERS_MAX 8
#define DATA_PATH_SIZE 512 /* bytes with the NUL */

/* By value; a folder that would not fit is left out. */
struct data_folders {
	size_t count;
	char folders[DATA_FOLDERS_MAX][DATA_PATH_SIZE];
};

/* The folders for this configuration (NULL: none, so first the configuration folder). */
void data_folders_for(const char *configuration, struct data_folders *folders);
void data_folders_add(struct data_folders *folders, const char *folder);

/* A name that begins with a slash is only itself. False when it is nowhere; path is then untouched. */
bool data_folders_find(
	const struct data_folders *folders, const char *name, char path[static DATA_PATH_SIZE]);
/* What stands where a file of this name was expected: "is a folder, not a file", "can't be read: …"; NULL
 * when nothing does. */
const char *data_folders_what(
	const struct data_folders *folders, const char *name, char *buffer, size_t buffer_size);
/* The files of a folder ("dial-plans"), as they could be named: "dial-plans/germany.conf, …"; empty when
 * there are none. Returns buffer. */
char *data_folders_files(
	const struct data_folders *folders, const char *folder, char *buffer, size_t buffer_size);
/* "conf, /usr/share/pbxguard", for the message. Returns buffer. */
char *data_folders_list(const struct data_folders *folders, char *buffer, size_t buffer_size);

#endif
