/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which setting was meant by a name that is none. */
#ifndef PBXGUARD_CONFIG_NEAREST_NAME_H
#define PBXGUARD_CONFIG_NEAREST_NAME_H

#include "pbxguard/base/setting.h"
#include "pbxguard/base/text.h"

/*
 * The name of the table to which the fewest letters must be changed, put in, taken out or swapped; NULL when
 * none is near: at most a third of the letters, and three.
 */
const char *nearest_name(const struct setting_table *table, struct text name);

#endif
