/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/counted_rule.h"

#include "pbxguard/rules/window.h"

void *counted_state_new(const void *settings, size_t memory)
{
	const struct counted_settings *counted = settings;
	const struct window_shape shape = {.keys = window_keys_in(memory, counted->critical),
		.largest_limit = counted->critical,
		.longest_span = counted->window};

	return window_new(&shape);
}

void counted_state_free(void *state)
{
	window_free(state);
}

void counted_adopt(void *state, const void *old_state)
{
	window_adopt(state, old_state);
}

uint64_t counted_evicted(const void *state)
{
	return window_evicted(state);
}
