/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a configuration: all of it, in the order of the lines, each as
 * "FILE:LINE: setting: sentence". Warnings stand among the errors and say so.
 */
#ifndef PBXGUARD_CONFIG_CONFIG_ERRORS_H
#define PBXGUARD_CONFIG_CONFIG_ERRORS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONFIG_ERRORS_MAX 100
#define CONFIG_ERROR_SIZE 640 /* bytes with the NUL; longer ones are cut */

/* Where a setting stands. */
struct config_place {
	const char *file; /* borrowed */
	size_t line;      /* from 1; 0 leaves it out */
	size_t order;     /* errors are sorted by it: the line counted with all included files unfolded */
};

struct config_error {
	size_t order;
	bool is_warning;
	char text[CONFIG_ERROR_SIZE];
};

/* All zero is an empty list. About 64 KiB. */
struct config_errors {
	size_t wrong;    /* errors that are no warnings, those left out too */
	size_t left_out; /* did not fit; those of the last lines */
	size_t count;
	struct config_error list[CONFIG_ERRORS_MAX];
};

/* setting may be NULL, as in a syntax error. */
void config_errors_add(struct config_errors *errors, const struct config_place *place, const char *setting,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same with arguments that came from elsewhere; a warning does not make the configuration wrong. */
void config_errors_add_list(struct config_errors *errors, const struct config_place *place,
	const char *setting, bool is_warning, const char *format, va_list arguments)
	__attribute__((format(printf, 5, 0)));
/* A line that is whole already, as the readers of data files give it. */
void config_errors_add_text(struct config_errors *errors, size_t order, const char *text);

/* Adds to the error, if there is one, that has this place and setting. */
void config_errors_append(struct config_errors *errors, const struct config_place *place, const char *setting,
	const char *more);

/* One a line, then "and N more" where some did not fit. */
void config_errors_write(const struct config_errors *errors, FILE *stream);

#endif
