/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that a configuration names: finds each, reads it and says what is wrong with it. */
#ifndef PBXGUARD_CONFIG_CONFIG_DATA_H
#define PBXGUARD_CONFIG_CONFIG_DATA_H

#include "pbxguard/base/instant.h"
#include "pbxguard/config/config.h"
#include "pbxguard/config/config_file.h"
#include "pbxguard/config/data_folders.h"

/* What the checks after the reading have in hand. */
struct config_reading {
	struct config *config; /* settings filled; the rest is being made */
	const struct config_file *file;
	const struct data_folders *folders;
	struct local_date today;
	struct config_errors *errors;
};

/* Fills the dial plan, the table and lists of destinations, the rates and the calendar. What failed stays
 * NULL. */
void config_data_read(const struct config_reading *reading);

#endif
