/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a file in libconfig's syntax and fills settings structs by walking their tables (base/setting.h).
 * Knows no setting by name. Every error of meaning is found in one run; a syntax error ends the reading.
 */
#ifndef PBXGUARD_CONFIG_CONFIG_FILE_H
#define PBXGUARD_CONFIG_CONFIG_FILE_H

#include "pbxguard/base/setting.h"
#include "pbxguard/base/text.h"
#include "pbxguard/config/config_errors.h"

#include <stdbool.h>

struct config_file; /* opaque; made by config_file_open or config_file_from_text */

/*
 * NULL with an error in the list when the file can't be read or its syntax is wrong. @include is relative to
 * the including file. Reads regular files only.
 */
struct config_file *config_file_open(const char *path, struct config_errors *errors);
/* The same from memory; name stands for the file in errors. contents is not needed afterwards. */
struct config_file *config_file_from_text(
	const char *name, struct text contents, struct config_errors *errors);
void config_file_free(struct config_file *file); /* NULL is fine */

/*
 * Fills the struct, which the caller set to zero, with the table's defaults and then with what the file says,
 * down into groups. A wrong setting keeps its default, a wrong list is empty. False
 * when the file has errors.
 */
bool config_file_fill(const struct config_file *file, const struct setting_table *table, void *settings,
	struct config_errors *errors);

/*
 * For what is checked after the reading: where a setting stands, by its path: "destinations.allow[2]"
 * (counted from 0), "site.pbx". What the file does not have stands where the nearest group around it does, or
 * in line 1, or in no line of an empty file. Borrows the file.
 */
struct config_place config_file_place(const struct config_file *file, const char *setting);
bool config_file_has(const struct config_file *file, const char *setting);
/* What stands there in quotes, good or not. False when nothing does. Borrows the file. */
bool config_file_text(const struct config_file *file, const char *setting, struct text *value);
/* An error, or a warning, at the place of the setting. */
void config_file_complain(const struct config_file *file, struct config_errors *errors, const char *setting,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
void config_file_warn(const struct config_file *file, struct config_errors *errors, const char *setting,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
