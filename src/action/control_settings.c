/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/control_settings.h"

#include <stdio.h>

static bool check_path(struct text value, char why[static SETTING_CHECK_TEXT_SIZE])
{
	if (text_is_empty(value) || value.start[0] == '/') {
		return true;
	}
	snprintf(why, SETTING_CHECK_TEXT_SIZE, "must begin with /, or be empty for no control socket");
	return false;
}

static const struct setting settings[] = {
	{.name = "path",
		.type = SETTING_TEXT,
		.offset = offsetof(struct control_settings, path),
		.size = CONTROL_PATH_SIZE,
		.initial = CONTROL_PATH,
		.check = check_path},
};

const struct setting_table control_settings_table = SETTING_TABLE(settings);
