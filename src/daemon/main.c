/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/build.h"
#include "pbxguard/daemon/firewall.h"
#include "pbxguard/daemon/options.h"
#include "pbxguard/daemon/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_version(void)
{
	puts("pbxguard " PBXGUARD_VERSION "\n" PBXGUARD_LIBRARIES);
	return EXIT_DONE;
}

static int do_the_job(struct start *start)
{
	if (start->options.check_config) {
		return explain_config(start);
	}
	if (start->options.check_number != NULL) {
		return explain_number(start);
	}
	if (start->options.print_firewall) {
		return firewall_print(start);
	}
	if (start->options.file_count > 0) {
		return replay_run(start);
	}
	return guard_run(start);
}

static int run(struct start *start)
{
	const char *zone = getenv("TZ");

	start->host_zone = zone != NULL ? strdup(zone) : NULL;
	start->log = log_to_standard_error();
	start->log.counters = &start->counters;
	if (start->options.verbose) {
		start->log.level = LOG_LEVEL_DEBUG;
	}
	start->config = start_read_config(start);
	if (start->config == NULL) {
		free(start->host_zone);
		return EXIT_COULD_NOT;
	}
	start_set_time_zone(start, start->config);
	int code = do_the_job(start);
	config_free(start->config);
	free(start->host_zone);
	return code;
}

int main(int argc, char **argv)
{
	struct start *start = calloc(1, sizeof *start); /* its lists of names are too large for a stack */
	int code = EXIT_COULD_NOT;

	if (start == NULL) {
		fputs("pbxguard: could not begin: no memory\n", stderr);
		return EXIT_COULD_NOT;
	}
	switch (options_read(argc, argv, &start->options)) {
	case OPTIONS_GO_ON:
		code = run(start);
		break;
	case OPTIONS_HELP:
		options_help(stdout);
		code = EXIT_DONE;
		break;
	case OPTIONS_VERSION:
		code = print_version();
		break;
	case OPTIONS_WRONG:
		code = EXIT_USAGE;
	}
	free(start);
	return code;
}
