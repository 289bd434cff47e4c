/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instants in the site's time zone. The zone is the process's (TZ): set at the start and at a reload, between
 * packets.
 */
#ifndef PBXGUARD_BASE_LOCAL_TIME_H
#define PBXGUARD_BASE_LOCAL_TIME_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct local_date {
	int year;  /* 2026 */
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
};

struct local_time {
	struct local_date date;
	int weekday; /* 0 Monday to 6 Sunday, as ISO 8601 orders them */
	int hour, minute, second, microsecond;
	int offset; /* seconds east of UTC */
};

/* Is there such a zone ("Asia/Tokyo") in the host's time zone database? The C library takes any other for
 * UTC. */
bool time_zone_exists(const char *name);
/* Makes it the process's zone; NULL: the one of /etc/localtime. */
void time_zone_set(const char *name);

void local_time_of(instant when, struct local_time *local);
struct local_date local_date_before(struct local_date date); /* the day before */
bool local_date_is_real(struct local_date date);             /* 2026-02-30 is not */
/* Below, equal or above zero, as strcmp. */
int local_date_compare(struct local_date a, struct local_date b);
/* "2026-07-20". */
bool local_date_parse(struct text text, struct local_date *date);

#define INSTANT_TEXT_SIZE 40
/* RFC 3339 with microseconds and the zone's offset: 2026-11-22T02:13:05.123456+09:00. Returns buffer. */
char *instant_format(instant when, char buffer[static INSTANT_TEXT_SIZE]);
/* 2026-11-22 02:13:05, in the zone. Returns buffer. */
char *instant_format_short(instant when, char buffer[static INSTANT_TEXT_SIZE]);
/* RFC 3339 ("2026-11-22T02:13:05+09:00", "…Z", fractions allowed), or "YYYY-MM-DD HH:MM[:SS]" in the zone. */
bool instant_parse(struct text text, instant *when);

#endif
