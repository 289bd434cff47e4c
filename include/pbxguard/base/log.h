/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened, to whom, what we did: for people, on standard error ("pbxguard: …"), or with the journal's
 * priority prefix ("<4>…") where systemd reads it. Not for alerts. Text from the network goes through
 * text_make_safe first.
 *
 * Never waits: a line that whoever reads standard error does not take at once is lost and counted.
 */
#ifndef PBXGUARD_BASE_LOG_H
#define PBXGUARD_BASE_LOG_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/text.h"

#include <stdbool.h>

/* The numbers are syslog's severities (RFC 5424 §6.2.1). */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

struct log {
	int descriptor;            /* where lines go; each is one write */
	enum log_level level;      /* lines above it are left out */
	bool journal;              /* with the priority prefix instead of the program's name */
	struct counters *counters; /* for COUNTER_LOG_LOST; NULL: not counted. Borrowed */
};

/* Standard error; the journal's form where systemd says so (JOURNAL_STREAM). Up to NOTICE. */
struct log log_to_standard_error(void);

void log_write(const struct log *log, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whole lines as they are, such as the complaints about a configuration. */
void log_lines(const struct log *log, struct text lines);

#endif
