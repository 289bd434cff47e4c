/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values by the first digits of telephone numbers: the longest prefix that a number begins with has the
 * answer. Filled when the configuration is read; a look-up is one binary search for each length that occurs
 * in the list.
 */
#ifndef PBXGUARD_RULES_PREFIX_LIST_H
#define PBXGUARD_RULES_PREFIX_LIST_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>

#define PREFIX_DIGITS_MAX 15 /* E.164 §6.2.1 */

struct prefix_list; /* opaque; made by prefix_list_new */

struct prefix_list *prefix_list_new(size_t value_size); /* bytes; NULL when there is no memory */
void prefix_list_free(struct prefix_list *list);

/* How many digits: 1 to PREFIX_DIGITS_MAX, hyphens between them ignored ("1-246"); 0 for anything else. */
size_t prefix_size(struct text prefix);

/*
 * Copies the value. 0; -EINVAL when it is no prefix; -EEXIST, and the list stays as it is, when it is there
 * already; -ENOMEM. Not on the packet path.
 */
int prefix_list_add(struct prefix_list *list, struct text prefix, const void *value);
size_t prefix_list_count(const struct prefix_list *list);

/*
 * The value of the longest prefix of these digits, and how long that is; NULL, and *size untouched, when
 * there is none. Borrowed until the next prefix_list_add.
 */
const void *prefix_list_find(const struct prefix_list *list, struct text digits, size_t *size);

#endif
