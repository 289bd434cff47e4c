/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/distinct_rule.h"

uint32_t distinct_highest(const struct distinct_limits *limits)
{
	return limits->short_critical > limits->long_critical ? limits->short_critical
							      : limits->long_critical;
}

void *distinct_state_new(uint32_t largest_limit, const struct distinct_spans *spans, size_t memory)
{
	const struct distinct_shape shape = {.keys = distinct_keys_in(memory, largest_limit),
		.largest_limit = largest_limit,
		.shortest_span = spans->in_short,
		.longest_span = spans->in_long};

	return distinct_new(&shape);
}

void distinct_state_free(void *state)
{
	distinct_free(state);
}

void distinct_state_adopt(void *state, const void *old_state)
{
	distinct_adopt(state, old_state);
}

uint64_t distinct_state_evicted(const void *state)
{
	return distinct_figures(state).evicted;
}

void distinct_say_limits(struct limits_text *text, const char *what, const struct distinct_limits *limits,
	const struct distinct_spans *spans)
{
	const struct limits in_short = {limits->short_warning, limits->short_critical, spans->in_short};
	const struct limits in_long = {limits->long_warning, limits->long_critical, spans->in_long};

	limits_say_count(text, what, &in_short);
	limits_say_count(text, what, &in_long);
}

bool distinct_tally(const struct distinct_limits *limits, const struct distinct_spans *spans,
	struct distinct *distinct, const struct subject *subject, struct text key, struct text value,
	instant now, struct tally *tally)
{
	const struct limits both[] = {
		{limits->short_warning, limits->short_critical, spans->in_short},
		{limits->long_warning, limits->long_critical, spans->in_long},
	};
	const duration times[] = {spans->in_short, spans->in_long};
	uint32_t counts[2];

	distinct_add(distinct, key, value, now, times, 2, counts);
	return tally_of_two(subject, counts, both, tally);
}
