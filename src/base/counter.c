/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/counter.h"

#include <assert.h>

static const struct {
	const char *name, *meaning;
} texts[] = {
#define COUNTER_TEXT(identifier, name, meaning) {name, meaning},
	COUNTERS(COUNTER_TEXT)
#undef COUNTER_TEXT
};
static_assert(sizeof texts / sizeof texts[0] == COUNTER_COUNT, "each counter has a name");

const char *counter_name(enum counter counter)
{
	return texts[counter].name;
}

const char *counter_meaning(enum counter counter)
{
	return texts[counter].meaning;
}

void counter_add(struct counters *counters, enum counter counter, uint64_t amount)
{
	/* One thread writes a counter, another may show it: whole numbers, no lock. */
	__atomic_store_n(&counters->value[counter], counters->value[counter] + amount, __ATOMIC_RELAXED);
}

void counter_set(struct counters *counters, enum counter counter, uint64_t value)
{
	__atomic_store_n(&counters->value[counter], value, __ATOMIC_RELAXED);
}

uint64_t counter_get(const struct counters *counters, enum counter counter)
{
	return __atomic_load_n(&counters->value[counter], __ATOMIC_RELAXED);
}
