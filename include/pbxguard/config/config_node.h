/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of a configuration file as config_file reads it from libconfig and config_fill walks it. */
#ifndef PBXGUARD_CONFIG_CONFIG_NODE_H
#define PBXGUARD_CONFIG_CONFIG_NODE_H

#include "pbxguard/base/setting.h"
#include "pbxguard/base/text.h"
#include "pbxguard/config/config_source.h"

#include <stddef.h>

enum config_node_kind {
	CONFIG_NODE_GROUP, /* { … }; children have names */
	CONFIG_NODE_LIST,  /* [ … ] or ( … ) */
	CONFIG_NODE_STRING,
	CONFIG_NODE_NUMBER,  /* value is the literal as written: libconfig's own number may have wrapped */
	CONFIG_NODE_BOOLEAN, /* value is "true" or "false" */
};

struct config_node {
	enum config_node_kind kind;
	struct text name;                       /* empty for an element of a list */
	struct text value;                      /* of a string, after its escapes; of a number, boolean */
	size_t line;                            /* of the source's text */
	const struct config_node *first, *next; /* child, sibling; NULL: none */
};

/* As config_file_fill, on a node that is a group. */
void config_fill(const struct config_source *source, const struct config_node *group,
	const struct setting_table *table, void *settings, struct config_errors *errors);

#endif
