/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How calls are followed: the settings under "calls". */
#ifndef PBXGUARD_CALL_CALL_SETTINGS_H
#define PBXGUARD_CALL_CALL_SETTINGS_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/setting.h"

struct call_settings {
	duration max_age; /* after which a call whose end was not seen is taken for ended */
};

extern const struct setting_table call_settings_table; /* of struct call_settings */

#endif
