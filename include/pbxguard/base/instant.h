/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Points in time and durations. Time is an argument everywhere: only instant_now reads a clock, and only the
 * daemon layer calls it.
 */
#ifndef PBXGUARD_BASE_INSTANT_H
#define PBXGUARD_BASE_INSTANT_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef int64_t instant;  /* microseconds since 1970-01-01T00:00:00Z, leap seconds not counted */
typedef int64_t duration; /* microseconds */

#define MICROSECOND ((duration)1)
#define MILLISECOND (1000 * MICROSECOND)
#define SECOND (1000 * MILLISECOND)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* How far apart, in microseconds; without sign, so that no two instants are too far. */
static inline uint64_t instant_distance(instant a, instant b)
{
	return a < b ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b;
}

instant instant_now(void);           /* CLOCK_REALTIME */
instant instant_monotonic_now(void); /* CLOCK_MONOTONIC: for waiting, not for records */

/* "60s", "15min", "12h", "90d", "200ms". False for anything else or what does not fit. */
bool duration_parse(struct text text, duration *value);

#define DURATION_TEXT_SIZE 32
/* "12 h", "15 min", "90 s": the largest unit that divides it. Returns buffer. */
char *duration_format(duration value, char buffer[static DURATION_TEXT_SIZE]);

#endif
