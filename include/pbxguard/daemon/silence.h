/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Silence on a line that should talk: no SIP message from an interface for capture.silence. Only business
 * hours count: a line that is quiet at night is in order, but what began in the evening goes on in the
 * morning. Most of it is a mirror port that somebody has moved, and then no guard would ever tell of
 * anything.
 */
#ifndef PBXGUARD_DAEMON_SILENCE_H
#define PBXGUARD_DAEMON_SILENCE_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/log.h"

#include <stdbool.h>

#define SILENCE_INTERVAL (10 * MINUTE) /* an interface is told to be silent at most so often */

/* Of one interface. All zero to begin with. */
struct silence {
	instant looked;   /* when last; 0: never */
	duration quiet;   /* without a message, of the time that counts */
	instant told;     /* when it was told last that SIP is missing; 0: never */
	bool was_heard;   /* a message since the last look */
	bool was_counted; /* this silence */
	bool was_told;
};

struct silence_terms {
	const char *name;          /* of the interface, for the log */
	duration limit;            /* 0: nothing is told */
	bool counts;               /* the time since the last look: business hours, the interface is up */
	struct counters *counters; /* for COUNTER_SILENCES */
	const struct log *log;
};

/* A SIP message came. Cheap. */
void silence_heard(struct silence *silence);

/* To be called each second: counts a silence and tells it, and when SIP is back. now is monotonic. */
void silence_look(struct silence *silence, const struct silence_terms *terms, instant now);

#endif
