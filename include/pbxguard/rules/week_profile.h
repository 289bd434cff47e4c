/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many of something are usual at each hour of the week, learned from the weeks gone by; in the local time
 * of the process (base/local_time.h).
 *
 * Hours are those of the clock on the wall. At a change from summer time the hour that comes twice is seen
 * twice; the one that is left out is not seen that week. An hour of which only the end was watched teaches
 * nothing; one without any call teaches that none is usual.
 *
 * Of the first three weeks the middle one holds: neither one attack nor one holiday makes it wrong. From then
 * on it is the mean of all weeks, and with many the later ones weigh more: each an eighth. An hour teaches no
 * more than twice what is usual in it, so that who attacks teaches little; and it teaches an hour later, when
 * no 60 minutes touch it any more.
 */
#ifndef PBXGUARD_RULES_WEEK_PROFILE_H
#define PBXGUARD_RULES_WEEK_PROFILE_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/reader.h"
#include "pbxguard/rules/learned.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEEK_HOURS ((size_t)7 * 24)
#define USUAL_UNIT 1000 /* what is usual is told in thousandths */

#define WEEKS_AT_FIRST 3

struct week_hour {
	uint32_t usual;   /* thousandths */
	uint32_t highest; /* of the first weeks, while usual is the lowest of them */
	uint32_t weeks;   /* that taught it */
};

/* By value; all zero knows nothing. */
struct week_profile {
	struct week_hour hours[WEEK_HOURS]; /* Monday 00:00 first */
	bool is_watching;
	instant hour; /* when the one in progress began */
	/* It and the one before, which teaches when this one is over: what is judged now may not be its own
	 * measure. */
	struct watched_hour {
		size_t index;
		bool is_whole; /* was watched from its beginning */
		uint32_t count;
	} now, before;
};

/* How many in an hour are too many, where so many thousandths are usual. */
uint32_t week_too_many(uint32_t usual, uint32_t factor, uint32_t minimum);

/*
 * It is now; learns from the hours that are over since the last time. Where that is longer ago than
 * RULE_SILENCE_SEEN, or the clock was set back, it begins to watch anew. So many as minimum an hour may
 * always teach.
 */
void week_profile_watch(struct week_profile *profile, instant now, uint32_t minimum);
/* One more, at the time last watched. */
void week_profile_count(struct week_profile *profile);

/*
 * What is usual in the 60 minutes up to now: of the two hours of the week that they touch the higher. False
 * while one of those has not been seen for so many weeks (WEEKS_AT_FIRST or more).
 */
bool week_profile_usual(const struct week_profile *profile, instant now, uint32_t weeks, uint32_t *usual);

/* What it has learned, without the hour in progress (learned.h). False: these are no such bytes. */
void week_profile_save(const struct week_profile *profile, struct learned_writer *writer);
bool week_profile_restore(struct week_profile *profile, struct reader *reader);

#endif
