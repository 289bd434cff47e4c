/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints each alert as a line to a descriptor: standard output. */
#include "pbxguard/action/action.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define PATIENCE_MS 100

/* Of a pipe that is ready so many bytes are taken without waiting (POSIX: PIPE_BUF). */
#define PIECE_SIZE 4096

/* 0 or -errno; -ETIMEDOUT when the reader does not read. */
static int write_all(const struct action_output *output, const char *bytes, size_t size)
{
	while (size > 0) {
		struct pollfd ready = {.fd = output->descriptor, .events = POLLOUT};
		size_t piece = size < PIECE_SIZE || output->may_wait ? size : PIECE_SIZE;

		if (poll(&ready, 1, output->may_wait ? -1 : PATIENCE_MS) == 0) {
			return -ETIMEDOUT;
		}
		ssize_t written = write(output->descriptor, bytes, piece);
		if (written >= 0) {
			bytes += written;
			size -= (size_t)written;
		} else if (errno != EINTR && errno != EAGAIN) {
			return -errno;
		}
	}
	return 0;
}

static int perform(const struct action_surroundings *surroundings, const struct decision *decision)
{
	const struct action_output *output = &surroundings->output;
	char line[ALERT_LINE_SIZE];

	if (output->descriptor < 0) {
		return 0;
	}
	size_t size = alert_format_line(output->format, &surroundings->site, decision, line, sizeof line - 1);
	line[size] = '\n';
	return write_all(output, line, size + 1);
}

extern const struct action print_action;
const struct action print_action = {.name = "print", .perform = perform};
