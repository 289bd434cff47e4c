/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 2048

struct log log_to_standard_error(void)
{
	return (struct log){
		.descriptor = STDERR_FILENO,
		.level = LOG_LEVEL_NOTICE,
		.journal = getenv("JOURNAL_STREAM") != NULL, /* systemd.exec(5) */
	};
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
	/* One write a line, so that lines of two threads do not mix; there is nowhere to tell that it failed.
	 */
	if (write(log->descriptor, line, size) < 0) {
		return;
	}
}
