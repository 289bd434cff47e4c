/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints each alert as a line to a descriptor: standard output. */
#include "pbxguard/action/action.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* Waits where the descriptor would block: who asked for lines on standard output reads them. 0 or -errno. */
static int write_all(int descriptor, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(descriptor, bytes, size);

		if (written >= 0) {
			bytes += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){.fd = descriptor, .events = POLLOUT}, 1, -1);
		} else if (errno != EINTR) {
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
	return write_all(output->descriptor, line, size + 1);
}

extern const struct action print_action;
const struct action print_action = {.name = "print", .perform = perform};
