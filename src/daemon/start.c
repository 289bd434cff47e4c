/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/start.h"

#include "pbxguard/base/instant.h"
#include "pbxguard/base/local_time.h"
#include "pbxguard/build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIGURATION PBXGUARD_CONFIGURATION_FOLDER "/pbxguard.conf"

/* The file to read; NULL: the built-in defaults will do. */
static const char *configuration_path(const struct options *options)
{
	if (options->config != NULL) {
		return options->config;
	}
	return access(DEFAULT_CONFIGURATION, F_OK) == 0 ? DEFAULT_CONFIGURATION : NULL;
}

/* As a service without a configuration we would guard by guesses: the administrator has to know. */
static bool defaults_suffice(const struct start *start)
{
	const struct options *options = &start->options;

	return options->file_count > 0 || options->interface_count > 0 || options->check_config ||
	       options->check_number != NULL;
}

/* Also at a reload, where nobody may be reading: through the log, which never waits. */
static void write_errors(const struct start *start, const struct config_errors *errors)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (stream != NULL) {
		config_errors_write(errors, stream);
		fclose(stream);
		log_lines(&start->log, (struct text){text, size});
	}
	free(text);
}

/* With -v: which files were taken. */
static void log_files(const struct start *start, const struct config *config)
{
	for (size_t i = 0; i < config->data_file_count; i++) {
		log_write(&start->log, LOG_LEVEL_INFO, "%s: %s", config->data_files[i].setting,
			config->data_files[i].path);
	}
}

struct config *start_read_config(const struct start *start)
{
	const char *path = configuration_path(&start->options);
	struct config_errors *errors = calloc(1, sizeof *errors);
	struct config *config = NULL;

	if (path == NULL && !defaults_suffice(start)) {
		log_write(&start->log, LOG_LEVEL_ERROR,
			"%s: there is no configuration; write one, or name an interface with -i",
			DEFAULT_CONFIGURATION);
	} else if (errors == NULL) {
		log_write(&start->log, LOG_LEVEL_ERROR, "could not read the configuration: no memory");
	} else {
		config = config_new_from(path, instant_now(), errors);
		write_errors(start, errors);
	}
	free(errors);
	if (config != NULL) {
		log_files(start, config);
	}
	return config;
}

void start_set_time_zone(const struct start *start, const struct config *config)
{
	const char *zone = config->settings.site.timezone;

	time_zone_set(zone[0] != '\0' ? zone : start->host_zone);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void start_log_counters(const struct start *start, bool all)
{
	const struct counters *counters = &start->counters;
	uint64_t packets = counter_get(counters, COUNTER_PACKETS);
	uint64_t messages = counter_get(counters, COUNTER_SIP_MESSAGES);
	uint64_t invites = counter_get(counters, COUNTER_INVITES);
	uint64_t calls = counter_get(counters, COUNTER_CALLS);
	uint64_t alerts = counter_get(counters, COUNTER_ALERTS);

	log_write(&start->log, LOG_LEVEL_NOTICE,
		"%" PRIu64 " packet%s, %" PRIu64 " SIP message%s, %" PRIu64 " INVITE%s, %" PRIu64
		" call%s (%" PRIu64 " abroad), %" PRIu64 " alert line%s; %" PRIu64 " dropped by the kernel",
		packets, plural(packets), messages, plural(messages), invites, plural(invites), calls,
		plural(calls), counter_get(counters, COUNTER_CALLS_INTERNATIONAL), alerts, plural(alerts),
		counter_get(counters, COUNTER_KERNEL_DROPS));
	for (int counter = 0; all && counter < COUNTER_COUNT; counter++) {
		log_write(&start->log, LOG_LEVEL_NOTICE, "%s %" PRIu64 " (%s)", counter_name(counter),
			counter_get(counters, counter), counter_meaning(counter));
	}
}
