/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of something came together within a sliding time, for each of many keys: money, where window.h
 * counts calls.
 *
 * Each span is kept in SUM_PARTS parts of equal length, so a sum covers the whole span and up to one part
 * more: an amount leaves it span to span + span / SUM_PARTS after it came (1 min of an hour, 24 min of a
 * day). So a sum is never too small, and knows no midnight.
 *
 * An amount may come late: it counts in the part in which it lies, and the sums are those up to the latest
 * amount. What is older than the span before that is taken for a clock that was set back: the key begins anew
 * from there.
 *
 * Bounds. When all keys are taken, the one that got an amount longest ago makes room; if it had one within
 * the longest span, that is counted as an eviction.
 *
 * Memory for a key: about 600 bytes a span, reserved at the start; sum_window_add never allocates.
 */
#ifndef PBXGUARD_RULES_SUM_WINDOW_H
#define PBXGUARD_RULES_SUM_WINDOW_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/text.h"

#include <stddef.h>
#include <stdint.h>

#define SUM_SPANS_MAX 2
#define SUM_PARTS 60
#define SUM_SPAN_MINIMUM MINUTE
#define SUM_KEYS_MINIMUM USUAL_OR_FEW(64, 4) /* however little memory there is */
#define SUM_KEYS_MAXIMUM 1000000

struct sum_window; /* opaque; made by sum_window_new */

struct sum_window_shape {
	size_t keys;       /* at least 1 */
	size_t span_count; /* 1 to SUM_SPANS_MAX */
	duration spans[SUM_SPANS_MAX];
};

struct sum_window_figures {
	size_t keys;
	uint64_t evicted; /* keys that made room although they still counted */
};

/* As many keys as find room in so many bytes, within the bounds above. */
size_t sum_window_keys_in(size_t memory, size_t span_count);

/* NULL when there is no memory. */
struct sum_window *sum_window_new(const struct sum_window_shape *shape);
void sum_window_free(struct sum_window *window);

/*
 * Adds the amount (not below 0) to the key's (of any length) at now, and sets sums[i] to what came within
 * spans[i], this amount included. A sum stays at INT64_MAX where it would be more.
 */
void sum_window_add(struct sum_window *window, struct text key, instant now, int64_t amount, int64_t *sums);

/* At a reload: copies all of old, which has the same spans, into a window that was just made. */
void sum_window_adopt(struct sum_window *window, const struct sum_window *old);

struct sum_window_figures sum_window_figures(const struct sum_window *window);

#endif
