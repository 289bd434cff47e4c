/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/base/limits.h"

static const struct setting settings[] = {
	{.name = "memory",
		.type = SETTING_NUMBER,
		.offset = offsetof(struct limits_settings, memory),
		.minimum = 96,
		.maximum = 65536,
		.unit = "MiB",
		.initial = "256"},
};

const struct setting_table limits_settings_table = SETTING_TABLE(settings);

static size_t shared(const struct limits_settings *limits)
{
	return (size_t)(limits->memory - LIMITS_FIXED) * 1024 * 1024;
}

size_t limits_calls(const struct limits_settings *limits)
{
	return shared(limits) / 5;
}

size_t limits_rules(const struct limits_settings *limits)
{
	return shared(limits) - limits_calls(limits);
}
