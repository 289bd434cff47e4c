/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three lists of places: high-risk (of advisories, from files), denied and allowed (of the site's owner).
 *
 * A high-risk code matches the digits of the number in E.164, the longest code first; so "7" covers Russia
 * and Kazakhstan. An entry of deny or allow is a country ("CU"), a prefix ("+1246") or "*", which is every
 * call abroad. Between the two the longer prefix wins, at equal length deny. A country is as long as the
 * prefix by which the table of destinations found it (Barbados: 1246, four digits); "*" has length 0.
 */
#ifndef PBXGUARD_RULES_DESTINATION_LISTS_H
#define PBXGUARD_RULES_DESTINATION_LISTS_H

#include "pbxguard/base/setting.h"
#include "pbxguard/base/text.h"
#include "pbxguard/call/event.h"

#include <stdbool.h>
#include <stddef.h>

#define DESTINATION_FILES_MAX 16
#define DESTINATION_FILE_SIZE 256
#define DESTINATION_ENTRIES_MAX 256
#define DESTINATION_ENTRY_SIZE 20 /* "+" and 15 digits, or what an advisory prints: "1-246" */

struct destinations_settings {
	char table[DESTINATION_FILE_SIZE]; /* read by the call layer */
	size_t high_risk_count;
	char high_risk[DESTINATION_FILES_MAX][DESTINATION_FILE_SIZE]; /* CSV: code,name_ja,iso */
	size_t deny_count;
	char deny[DESTINATION_ENTRIES_MAX][DESTINATION_ENTRY_SIZE];
	size_t allow_count;
	char allow[DESTINATION_ENTRIES_MAX][DESTINATION_ENTRY_SIZE];
};

extern const struct setting_table destinations_setting_table; /* of struct destinations_settings */

/* The check of the entries of deny and allow. */
bool destination_check_entry(struct text value, char why[static SETTING_CHECK_TEXT_SIZE]);

struct destination_lists; /* opaque; made by destination_lists_new */

/* Takes deny and allow, copies them; their entries passed the check, else it asserts. NULL: no memory. */
struct destination_lists *destination_lists_new(const struct destinations_settings *settings);
void destination_lists_free(struct destination_lists *lists);

/*
 * Adds one row of a high-risk file; hyphens in the code are ignored. A code that is there already (a second
 * country behind it, another file) changes nothing. 0; -EINVAL when the code is not 1 to 15 digits;
 * -ENOMEM. Not on the packet path.
 */
int destination_lists_add_high_risk(struct destination_lists *lists, struct text code);
size_t destination_lists_high_risk_count(const struct destination_lists *lists); /* codes */

enum destination_permission { DESTINATION_UNMENTIONED, DESTINATION_DENIED, DESTINATION_ALLOWED };

struct destination_reading {
	const char *high_risk; /* the code as printed, "1-246"; NULL: not listed. Borrowed from the lists */
	enum destination_permission permission;
	const char *entry; /* which entry of deny or allow decided; NULL: none. Borrowed from the lists */
};

/* Listed, and not allowed: the owner's word stands above the advisory's. */
bool destination_is_high_risk(const struct destination_reading *reading);

/* e164 is "+12465550123"; destination is NULL when the number has no country. */
void destination_lists_read(const struct destination_lists *lists, const char *e164,
	const struct destination *destination, struct destination_reading *reading);

#endif
