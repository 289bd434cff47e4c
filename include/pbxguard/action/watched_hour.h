/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: what was looked at in an hour of the clock, so that a report in which nothing was found is not
 * mistaken for one of a guard that was blind or away.
 */
#ifndef PBXGUARD_ACTION_WATCHED_HOUR_H
#define PBXGUARD_ACTION_WATCHED_HOUR_H

#include "pbxguard/base/instant.h"

#include <stdint.h>

/* The names are those of the store's columns, and of the report for programs. */
/* clang-format off */
#define WATCHED_COUNTS(X) \
	X(SECONDS, "seconds")        /* that the guard was there */ \
	X(MESSAGES, "sip_messages") \
	X(CALLS, "calls") \
	X(ABROAD, "calls_international") \
	X(REFUSED, "calls_refused")  /* or would have been, or ended, or slipped */ \
	X(UNREADABLE, "unreadable")  /* INVITEs without a number, and other messages not read whole */ \
	X(UNRECOGNISED, "unrecognised") /* calls whose number no rule could judge */ \
	X(ENCRYPTED, "encrypted")    /* TLS, DTLS, WebSocket */ \
	X(MISSED, "missed")          /* packets that went by unread, and holes in TCP streams */
/* clang-format on */

enum watched_count {
#define WATCHED_ENUM(identifier, name) WATCHED_##identifier,
	WATCHED_COUNTS(WATCHED_ENUM)
#undef WATCHED_ENUM
		WATCHED_COUNT
};

#define WATCHED_MODES 3 /* enum action_mode */

struct watched_hour {
	instant hour;  /* its beginning */
	unsigned mode; /* enum action_mode */
	uint64_t counts[WATCHED_COUNT];
};

const char *watched_count_name(enum watched_count count); /* "calls" */

#endif
