/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole configuration file as one settings table: each layer's table as a group, and each rule's inside
 * "rules". It describes a block of memory that begins with struct config_settings; the rules' settings
 * structs follow it, then the groups of "callers", each a struct config_group with rules' settings structs
 * behind it.
 */
#ifndef PBXGUARD_CONFIG_CONFIG_SCHEMA_H
#define PBXGUARD_CONFIG_CONFIG_SCHEMA_H

#include "pbxguard/base/setting.h"
#include "pbxguard/config/config.h"
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

size_t config_schema_group_count(const struct config_schema *schema, const void *block);
/* Borrows the block. */
const struct config_group *config_schema_group(
	const struct config_schema *schema, const void *block, size_t index);
void config_schema_copy_group_rules(
	const struct config_schema *schema, const void *block, size_t index, struct rules_settings *rules);

#endif
