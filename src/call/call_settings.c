/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/call_settings.h"

static const struct setting settings[] = {
	{.name = "max_age",
		.type = SETTING_DURATION,
		.offset = offsetof(struct call_settings, max_age),
		.minimum = 1 * MINUTE,
		.maximum = 30 * DAY,
		.initial = "12h"},
};

const struct setting_table call_settings_table = SETTING_TABLE(settings);
