/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 2048 /* below PIPE_BUF: a pipe that is ready takes it whole */

struct log log_to_standard_error(void)
{
	return (struct log){
		.descriptor = STDERR_FILENO,
		.level = LOG_LEVEL_NOTICE,
		.journal = getenv("JOURNAL_STREAM") != NULL, /* systemd.exec(5) */
	};
}

/* One write a line, so that lines of two threads do not mix. */
static void put(const struct log *log, struct text line)
{
	struct pollfd ready = {.fd = log->descriptor, .events = POLLOUT};

	if ((poll(&ready, 1, 0) != 1 || write(log->descriptor, line.start, line.size) < 0) &&
		log->counters != NULL) {
		counter_add(log->counters, COUNTER_LOG_LOST, 1);
	}
}

void log_write(const struct log *log, enum log_level level, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;

	if (level > log->level) {
		return;
	}
	int head = log->journal ? snprintf(line, sizeof line, "<%d>", (int)level)
				: snprintf(line, sizeof line, "pbxguard: ");
	va_start(arguments, format);
	int body = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
	va_end(arguments);
	size_t size = body < 0 ? (size_t)head : strlen(line);
	line[size++] = '\n';
	put(log, (struct text){line, size});
}

void log_lines(const struct log *log, struct text lines)
{
	struct text line;

	while (lines.size > 0) {
		size_t end = text_find(lines, '\n');
		line = text_part(lines, 0, end == lines.size ? end : end + 1);
		put(log, line);
		lines = text_from(lines, line.size);
	}
}
