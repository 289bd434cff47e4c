/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often something happened within a sliding time, for each of many keys. Each occurrence is kept with its
 * time, so the count is exact, slides with every call and knows no midnight; one store answers several spans.
 *
 * An occurrence may come late (packets of two interfaces) or from another decade (a clock that was set, a
 * capture that jumps): occurrences are kept in order of their time, and what counts are those within the
 * span of each other, whenever they arrived.
 *
 * Bounds. A key keeps as many times as the largest limit and some to spare, at least WINDOW_TIMES_MINIMUM;
 * then the one farthest from now makes room. So a limit is never missed, and a shown count is true up to that
 * number and stays there beyond. When all keys are taken, the one that was counted longest ago makes room;
 * if it still had times within the longest span, that is counted as an eviction. An attacker who invents
 * callers can push out callers so, which is why rules count the source and the whole site, too: those are
 * touched by each of his calls and stay.
 *
 * Memory for a key: about 200 bytes, and with more than WINDOW_TIMES_NEAR times a ring of its own, 2 kB at
 * least. All of it is reserved at the start and resident when used; window_add never allocates.
 */
#ifndef PBXGUARD_RULES_WINDOW_H
#define PBXGUARD_RULES_WINDOW_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/text.h"

#include <stddef.h>
#include <stdint.h>

#define WINDOW_KEYS_MINIMUM USUAL_OR_FEW(64, 4) /* however little memory there is */
#define WINDOW_KEYS_MAXIMUM 1000000
#define WINDOW_TIMES_MINIMUM 256 /* times a key keeps at least */
#define WINDOW_TIMES_NEAR 8      /* times that lie with the key itself */

struct window; /* opaque; made by window_new */

struct window_shape {
	size_t keys;            /* at least 1 */
	uint32_t largest_limit; /* that any count is compared with */
	duration longest_span;  /* that is asked for; only tells evictions that matter from others */
};

struct window_figures {
	size_t keys;
	uint64_t evicted; /* keys that made room although they still counted */
};

/* As many keys as find room in so many bytes when each of them uses its ring, within the bounds above. */
size_t window_keys_in(size_t memory, uint32_t largest_limit);

/* NULL when there is no memory. */
struct window *window_new(const struct window_shape *shape);
void window_free(struct window *window);

/*
 * Notes that it happened to the key (of any length) at now, and sets counts[i]: how often it happened within
 * spans[i] (above 0), this time included. That is the count of (now - spans[i], now]; and where later times
 * are already there, the highest count of any span that now lies in, so that no order of arrival hides a
 * burst.
 */
void window_add(struct window *window, struct text key, instant now, const duration *spans, size_t span_count,
	uint32_t *counts);

/* How often it happened to the key in (now - span, now]. Changes nothing. */
uint32_t window_count(const struct window *window, struct text key, instant now, duration span);

/*
 * At a reload: copies all keys and times of old into a window that was just made, of the
 * same or another shape. What does not fit a smaller shape is what would have made room there.
 */
void window_adopt(struct window *window, const struct window *old);

struct window_figures window_figures(const struct window *window);
uint64_t window_evicted(const struct window *window); /* of the figures */

#endif
