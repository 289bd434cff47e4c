/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every country's number prefixes, from destinations.csv (columns prefix, iso, kind, name, name_ja): where an
 * E.164 number leads, by the longest prefix. Read once; the look-up allocates nothing and takes one step a
 * digit.
 */
#ifndef PBXGUARD_CALL_DESTINATION_H
#define PBXGUARD_CALL_DESTINATION_H

#include "pbxguard/base/text.h"
#include "pbxguard/call/event.h"

#include <stdbool.h>
#include <stddef.h>

struct destination_table; /* opaque; made by destination_table_read */

/* NULL on failure: error tells it, with file and line. */
struct destination_table *destination_table_read(const char *path, char *error, size_t error_size);
void destination_table_free(struct destination_table *table);

/*
 * The row with the longest prefix of the number (E.164, with or without the +), borrowed until the table is
 * freed. NULL when its country code is assigned to nobody.
 */
const struct destination *destination_find(const struct destination_table *table, struct text number);
/* Is there a row of this country (ISO 3166-1 alpha-2, in capitals)? */
bool destination_has_country(const struct destination_table *table, struct text country);
size_t destination_count(const struct destination_table *table); /* rows */

#endif
