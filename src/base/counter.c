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
