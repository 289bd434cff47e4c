/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static instant read_clock(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

instant instant_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

instant instant_monotonic_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static const struct unit {
	const char *name;
	duration size;
} units[] = {
	/* Largest first: duration_format takes the first that divides. */
	{"d", DAY},
	{"h", HOUR},
	{"min", MINUTE},
	{"s", SECOND},
	{"ms", MILLISECOND},
};

bool duration_parse(struct text text, duration *value)
{
	size_t digits = 0;
	uint64_t number;

	while (digits < text.size && text.start[digits] >= '0' && text.start[digits] <= '9') {
		digits++;
	}
	struct text unit = text_trim(text_from(text, digits));
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (text_equal(unit, text_of(units[i].name)) &&
			text_to_number(
				text_part(text, 0, digits), (uint64_t)(INT64_MAX / units[i].size), &number)) {
			*value = (duration)number * units[i].size;
			return true;
		}
	}
	return false;
}

char *duration_format(duration value, char buffer[static DURATION_TEXT_SIZE])
{
	size_t i = 0;

	while (i < sizeof units / sizeof units[0] - 1 && (value == 0 || value % units[i].size != 0)) {
		i++;
	}
	/* People say 24 h and 60 min for the windows of these rules. */
	if (value == units[i].size && i + 1 < sizeof units / sizeof units[0] && units[i].size >= HOUR) {
		i++;
	}
	snprintf(buffer, DURATION_TEXT_SIZE, "%" PRId64 " %s", value / units[i].size, units[i].name);
	return buffer;
}
