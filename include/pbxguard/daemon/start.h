/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the jobs of the command line share: the loaded configuration, where messages go, what is counted. */
#ifndef PBXGUARD_DAEMON_START_H
#define PBXGUARD_DAEMON_START_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/log.h"
#include "pbxguard/config/config.h"
#include "pbxguard/daemon/options.h"

/* Exit codes of pbxguard. */
enum exit_code { EXIT_DONE = 0, EXIT_COULD_NOT = 1, EXIT_USAGE = 2 };

struct start {
	struct options options;
	struct log log;
	char *host_zone;       /* TZ as it was at the start; NULL: not set. Owned */
	struct config *config; /* owned; replaced at a reload */
	struct counters counters;
};

/*
 * Reads the configuration that the options name, or the default file, or (for -r, -i and the checks, when
 * there is none) the built-in defaults; says what is wrong. NULL when it is wrong.
 */
struct config *start_read_config(const struct start *start);

/* Makes the configuration's time zone the process's, or the host's where it names none. */
void start_set_time_zone(const struct start *start, const struct config *config);

/* The jobs: replay of captures, guarding interfaces, --check-config, --check-number. Each gives the exit
 * code. */
int replay_run(struct start *start);
int guard_run(struct start *start);
int explain_config(struct start *start);
int explain_number(struct start *start);

/* "12 packets, 3 SIP messages, 1 call, 0 alerts", for the end and for SIGUSR1. */
void start_log_counters(const struct start *start, bool all);

#endif
