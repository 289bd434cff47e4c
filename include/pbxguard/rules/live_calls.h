/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which calls abroad are up, and how many of them at one time for each of several subjects. A call is up from
 * its first event until it is refused, cancelled or over: one that only rings counts, since thieves open many
 * at once.
 *
 * Bounds. When an end is never told, a call is gone LIVE_SILENT_MAX after its last event. When all places are
 * taken, the call heard of longest ago makes room, which counts as an eviction.
 *
 * Memory for a call: about 400 bytes, reserved at the start; live_calls_follow never allocates.
 */
#ifndef PBXGUARD_RULES_LIVE_CALLS_H
#define PBXGUARD_RULES_LIVE_CALLS_H

#include "pbxguard/base/limit.h"
#include "pbxguard/rules/circumstances.h"
#include "pbxguard/rules/finding.h"
#include "pbxguard/rules/tally.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_SUBJECTS_MAX 4
#define LIVE_CALLS_MINIMUM USUAL_OR_FEW(64, 2) /* however little memory there is */
#define LIVE_CALLS_MAXIMUM 100000
/* An answered call is heard of every CALL_STILL_UP_EVERY, and none rings for so long. */
#define LIVE_SILENT_MAX (10 * MINUTE)

struct live_calls; /* opaque; made by live_calls_new */

/* As many calls as find room in so many bytes, within the bounds above. */
size_t live_calls_in(size_t memory);

/* NULL when there is no memory. */
struct live_calls *live_calls_new(size_t calls);
void live_calls_free(struct live_calls *live);

/* An event of a call abroad that is followed. */
bool live_calls_wants(const struct event *event);
/* With this event the call is no more. */
bool live_calls_is_end(const struct event *event);

/* For one subject. */
struct live_count {
	uint32_t up; /* calls, the event's included; 0: it does not count for this subject */
	/* The event made them one more, or showed a stranger's call to be more than a try. */
	bool is_news;
};

/*
 * Takes the event's call as up for those of the subjects (LIVE_SUBJECTS_MAX at most, always in the same
 * order) for which it counts, or for none any more when it ends. A try that names another subject than the
 * tries before counts for that one instead. counts[i] is of subjects[i].
 */
void live_calls_follow(struct live_calls *live, const struct circumstances *circumstances,
	const struct subject *const subjects[], size_t subject_count, struct live_count counts[]);

/* At a reload: copies the calls of old to one that was just made. */
void live_calls_adopt(struct live_calls *live, const struct live_calls *old);

struct live_figures {
	size_t calls, subjects;
	uint64_t evicted; /* calls that made room although they may still have been up */
};

struct live_figures live_calls_figures(const struct live_calls *live);

/*
 * A finding about calls at one time: "Caller 1001 has 3 calls abroad up at once, this one: to Barbados …".
 * calls: "calls abroad". A subject that is none of the circumstances' kinds is a range of numbers.
 */
void live_calls_report(const char *rule, const char *calls, const struct tally *tally,
	const struct circumstances *circumstances, struct findings *findings);

#endif
