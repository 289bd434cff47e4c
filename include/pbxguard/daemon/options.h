/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of pbxguard(8). */
#ifndef PBXGUARD_DAEMON_OPTIONS_H
#define PBXGUARD_DAEMON_OPTIONS_H

#include "pbxguard/action/alert_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define OPTIONS_LIST_MAX 256 /* of -i and of -r each */

struct options {            /* strings are argv's */
	const char *config; /* NULL: the default, if it is there */
	size_t interface_count;
	const char *interfaces[OPTIONS_LIST_MAX];
	size_t file_count;
	const char *files[OPTIONS_LIST_MAX];
	bool has_format;
	enum alert_format format;
	bool check_config;
	const char *check_number; /* NULL: not asked for */
	const char *caller;       /* NULL: not given */
	const char *at;           /* NULL: now */
	bool print_firewall;
	bool monitor, stats, verbose;
};

enum options_result {
	OPTIONS_GO_ON,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_WRONG, /* said on standard error */
};

enum options_result options_read(int argc, char **argv, struct options *options);
void options_help(FILE *stream);

#endif
