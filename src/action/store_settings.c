/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/store.h"
#include "pbxguard/base/text.h"

#include <stdio.h>

static bool check_path(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	if (text_is_empty(value) || value.start[0] == '/') {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE, "must begin with / (or be empty: no store)");
	return false;
}

static const struct setting settings[] = {
	{.name = "path",
		.type = SETTING_TEXT,
		.offset = offsetof(struct store_settings, path),
		.size = STORE_PATH_SIZE,
		.initial = "/var/lib/pbxguard/pbxguard.db",
		.check = check_path},
};

const struct setting_table store_settings_table = SETTING_TABLE(settings);
