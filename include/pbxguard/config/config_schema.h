/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole configuration file as one settings table: each layer's table as a group, and each rule's inside
 * "rules". It describes a block of memory that begins with struct config_settings; the rules' settings
 * structs follow it.
 */
#ifndef PBXGUARD_CONFIG_CONFIG_SCHEMA_H
#define PBXGUARD_CONFIG_CONFIG_SCHEMA_H

#include "pbxguard/base/setting.h"
#include "pbxguard/rules/rules.h"

#include <stddef.h>

struct config_schema; /* opaque; made by config_schema_new */

struct config_schema *config_schema_new(void); /* NULL when there is no memory */
void config_schema_free(struct config_schema *schema);

const struct setting_table *config_schema_table(const struct config_schema *schema);
size_t config_schema_block_size(const struct config_schema *schema); /* bytes */
/* Copies the rules' part of a block to where the rules want it. */
void config_schema_copy_rules(
	const struct config_schema *schema, const void *block, struct rules_settings *rules);

#endif
