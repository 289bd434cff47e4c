/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory the tables that traffic fills may take: the settings under "limits". */
#ifndef PBXGUARD_BASE_LIMITS_H
#define PBXGUARD_BASE_LIMITS_H

#include "pbxguard/base/setting.h"

#include <stddef.h>
#include <stdint.h>

/* What is taken whatever comes: program and data 20 MiB, fragments 10, TCP streams 18, incidents 11. */
#define LIMITS_FIXED 80 /* MiB, rounded up */

struct limits_settings {
	uint32_t memory; /* MiB of the whole process; the rings of the capture are the kernel's */
};

extern const struct setting_table limits_settings_table; /* of struct limits_settings */

/* What remains beside the fixed part, in bytes: a fifth for calls, the rest for all rules together. */
size_t limits_calls(const struct limits_settings *limits);
size_t limits_rules(const struct limits_settings *limits);

#endif
