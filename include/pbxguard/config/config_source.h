/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a configuration before libconfig sees it: included files unfolded into one text that remembers
 * from which file and line each of its lines came, and every value's literal as it was written. libconfig
 * has no word for a folder in @include (it calls exit), wraps large numbers in silence, reads 010 as ten and
 * cuts a string at a NUL; so what it would take wrongly is found or refused here.
 */
#ifndef PBXGUARD_CONFIG_CONFIG_SOURCE_H
#define PBXGUARD_CONFIG_CONFIG_SOURCE_H

#include "pbxguard/base/text.h"
#include "pbxguard/config/config_errors.h"

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_TEXT_MAX ((size_t)1024 * 1024) /* bytes, includes unfolded */
#define CONFIG_FILES_MAX 64                   /* the file itself and its includes */
#define CONFIG_INCLUDE_DEPTH_MAX 10

struct config_origin {
	size_t file; /* index in files */
	size_t line; /* from 1 */
};

/* A string, number, true or false in the text. */
struct config_literal {
	size_t start, size; /* in text */
	size_t line;        /* of text, from 1 */
};

/* The name of a setting in the text, and the group in which it stands. */
struct config_name {
	size_t start, size; /* in text */
	size_t line;        /* of text, from 1 */
	size_t group;       /* 0: the whole file */
	size_t owner;       /* the index of that group's own name + 1; 0: none */
};

struct config_source {
	size_t size, text_capacity;
	char *text; /* ends with a NUL */
	size_t line_count, line_capacity;
	struct config_origin *lines; /* of each line of text */
	size_t literal_count, literal_capacity;
	struct config_literal *literals; /* in the order of the text */
	size_t name_count, name_capacity;
	struct config_name *names; /* likewise */
	size_t file_count;
	char *files[CONFIG_FILES_MAX];
};

/* False with one error when the text can't be a configuration. The source is to be freed either way. */
bool config_source_read(struct config_source *source, const char *path, struct config_errors *errors);
/* The same from memory; name stands for the file in errors, and includes are relative to its folder. */
bool config_source_read_text(
	struct config_source *source, const char *name, struct text contents, struct config_errors *errors);
void config_source_deinit(struct config_source *source);

/*
 * The last setting up to this line of the text that its group has once already. NULL when there is none; else
 * *first is the earlier one.
 */
const struct config_name *config_source_duplicate(
	const struct config_source *source, size_t line, const struct config_name **first);
/* "site.pbx". Returns path. */
char *config_source_path(
	const struct config_source *source, const struct config_name *name, char *path, size_t path_size);

/* Of a line of the text; borrows the source. */
struct config_place config_source_place(const struct config_source *source, size_t line);

#endif
