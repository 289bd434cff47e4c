/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many different values came within a sliding time, for each of many keys: the countries that a caller
 * called, what was dialled in front of one number. window.h counts occurrences, this counts values: one that
 * comes again and again is one.
 *
 * Occurrences are kept with their times, but for those that no span can tell from others of the same value.
 * So the count slides and knows no midnight, one store answers several spans, and late packets and clocks
 * that jump are counted as in window.h.
 *
 * Bounds. A key keeps as many occurrences as the largest limit and DISTINCT_SPARE more; then one makes room
 * whose value came again since, which only a packet that is late could tell, or else the one farthest from
 * now. So, in order of time, however often values come again, a limit is never missed, and a shown count is
 * true up to what a key keeps and stays there beyond. All keys together keep DISTINCT_SHARE occurrences for
 * each key. When keys or occurrences are all taken, the key that was counted longest ago makes room; if it
 * was counted within the longest span, that is an eviction.
 *
 * Memory: about 220 bytes for a key with its share. All of it is reserved at the start and resident when
 * used; distinct_add never allocates.
 */
#ifndef PBXGUARD_RULES_DISTINCT_H
#define PBXGUARD_RULES_DISTINCT_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/text.h"

#include <stddef.h>
#include <stdint.h>

#define DISTINCT_KEYS_MINIMUM USUAL_OR_FEW(64, 4) /* however little memory there is */
#define DISTINCT_KEYS_MAXIMUM 1000000
#define DISTINCT_SPARE 64 /* occurrences of one key beyond the largest limit */
#define DISTINCT_SHARE 4  /* occurrences for each key, on the average */

struct distinct; /* opaque; made by distinct_new */

struct distinct_shape {
	size_t keys;            /* at least 1 */
	uint32_t largest_limit; /* that any count is compared with */
	duration shortest_span; /* that is asked for, above 0: decides what need not be kept */
	duration longest_span;  /* likewise; only tells evictions that matter from others */
};

struct distinct_figures {
	size_t keys;
	uint64_t evicted; /* keys that made room although they still counted */
};

/* As many keys as find room in so many bytes, within the bounds above. */
size_t distinct_keys_in(size_t memory, uint32_t largest_limit);

/* NULL when there is no memory. */
struct distinct *distinct_new(const struct distinct_shape *shape);
void distinct_free(struct distinct *distinct);

/*
 * Notes that the value (like the key, of any length) came at now, and sets counts[i]: how many different
 * values the key had within spans[i], this one included. Those of (now - spans[i], now]; and where
 * later ones are already there, the highest number of any span that now lies in.
 */
void distinct_add(struct distinct *distinct, struct text key, struct text value, instant now,
	const duration *spans, size_t span_count, uint32_t *counts);

/* At a reload: copies all of old into one that was just made, of the same or another shape. */
void distinct_adopt(struct distinct *distinct, const struct distinct *old);

struct distinct_figures distinct_figures(const struct distinct *distinct);

#endif
