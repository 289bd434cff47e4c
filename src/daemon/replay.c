/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -r: reads captures and prints alerts. Does nothing else: no syslog, no store, no firewall. */
#include "pbxguard/action/actions.h"
#include "pbxguard/action/alert_format.h"
#include "pbxguard/capture/file_merge.h"
#include "pbxguard/daemon/blind_spots.h"
#include "pbxguard/daemon/pipeline.h"
#include "pbxguard/daemon/start.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct replay {
	struct actions *actions;
	int error; /* the first -errno of writing; 0: none */
};

static void perform(void *context, const struct decision *decision)
{
	struct replay *replay = context;

	if (replay->error == 0) {
		replay->error = actions_perform(replay->actions, decision);
	}
}

/* False when some file could not be read to its end; said. */
static bool read_all(const struct start *start, struct file_merge *merge, struct pipeline *pipeline)
{
	struct packet packet;
	bool good = true;

	for (;;) {
		switch (file_merge_next(merge, &packet)) {
		case PCAP_SOURCE_PACKET:
			pipeline_handle_packet(pipeline, &packet);
			break;
		case PCAP_SOURCE_FAILED:
			log_write(&start->log, LOG_LEVEL_ERROR, "%s", file_merge_error(merge));
			good = false;
			break;
		default:
			return good;
		}
	}
}

static bool print_stats(const struct start *start)
{
	char line[8192];
	size_t size = alert_format_stats(&start->counters, line, sizeof line);

	return fwrite(line, 1, size, stdout) == size && putchar('\n') != EOF && fflush(stdout) != EOF;
}

/* Silence about a capture must not look like a clean bill. */
static void tell_the_end(const struct start *start)
{
	struct blind_spots blind_spots = {0};

	blind_spots_tell(&blind_spots, &start->counters, &start->log, 0, true);
	start_log_counters(start, false);
	if (counter_get(&start->counters, COUNTER_SIP_MESSAGES) == 0) {
		log_write(&start->log, LOG_LEVEL_WARNING, "no SIP was found%s",
			start->config->settings.capture.port_count > 0
				? "; capture.ports says where it was looked for"
				: "");
	}
}

static bool run(
	const struct start *start, struct file_merge *merge, struct pipeline *pipeline, struct replay *replay)
{
	bool good = read_all(start, merge, pipeline);

	pipeline_finish(pipeline);
	tell_the_end(start);
	errno = -replay->error;
	if (replay->error != 0 || (start->options.stats && !print_stats(start))) {
		log_write(&start->log, LOG_LEVEL_ERROR, "could not write to standard output: %s",
			strerror(errno));
		good = false;
	}
	return good;
}

int replay_run(struct start *start)
{
	const struct options *options = &start->options;
	const struct config *config = start->config;
	struct replay replay = {0};
	char error[512];

	struct file_merge *merge = file_merge_open(options->files, options->file_count, error, sizeof error);
	if (merge == NULL) {
		log_write(&start->log, LOG_LEVEL_ERROR, "%s", error);
		return EXIT_COULD_NOT;
	}
	const struct action_output output = {STDOUT_FILENO, options->format, .may_wait = true};
	replay.actions = actions_new(
		&config->settings.actions, &config->settings.site, output, NULL, &start->counters);
	const struct pipeline_setup setup = {
		.config = config,
		.ports = config->settings.capture.ports, /* none configured: every port is looked at */
		.port_count = config->settings.capture.port_count,
		.counters = &start->counters,
		.log = &start->log,
		.handler = perform,
		.context = &replay,
		.is_replay = true,
	};
	struct pipeline *pipeline = replay.actions != NULL ? pipeline_new(&setup) : NULL;
	bool good = pipeline != NULL && run(start, merge, pipeline, &replay);
	if (pipeline == NULL) {
		log_write(&start->log, LOG_LEVEL_ERROR, "could not begin: no memory");
	}
	pipeline_free(pipeline);
	actions_free(replay.actions);
	file_merge_free(merge);
	return good ? EXIT_DONE : EXIT_COULD_NOT;
}
