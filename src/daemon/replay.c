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

static void perform(void *context, const struct decision *decision)
{
	actions_perform(context, decision);
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

	if (fwrite(line, 1, size, stdout) != size || putchar('\n') == EOF || fflush(stdout) == EOF) {
		log_write(&start->log, LOG_LEVEL_ERROR, "could not write to standard output: %s",
			strerror(errno));
		return false;
	}
	return true;
}

int replay_run(struct start *start)
{
	const struct options *options = &start->options;
	const struct config *config = start->config;
	struct blind_spots blind_spots = {0};
	char error[512];

	struct file_merge *merge = file_merge_open(options->files, options->file_count, error, sizeof error);
	if (merge == NULL) {
		log_write(&start->log, LOG_LEVEL_ERROR, "%s", error);
		return EXIT_COULD_NOT;
	}
	const struct action_output output = {STDOUT_FILENO, options->format};
	struct actions *actions = actions_new(
		&config->settings.actions, &config->settings.site, output, NULL, &start->counters);
	const struct pipeline_setup setup = {
		.config = config,
		.ports = config->settings.capture.ports, /* none configured: every port is looked at */
		.port_count = config->settings.capture.port_count,
		.counters = &start->counters,
		.handler = perform,
		.context = actions,
	};
	struct pipeline *pipeline = actions != NULL ? pipeline_new(&setup) : NULL;
	bool good = pipeline != NULL;
	if (good) {
		good = read_all(start, merge, pipeline);
		blind_spots_tell(&blind_spots, &start->counters, &start->log, 0, true);
		good = (!options->stats || print_stats(start)) && good;
	} else {
		log_write(&start->log, LOG_LEVEL_ERROR, "could not begin: no memory");
	}
	pipeline_free(pipeline);
	actions_free(actions);
	file_merge_free(merge);
	return good ? EXIT_DONE : EXIT_COULD_NOT;
}
