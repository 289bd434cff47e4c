/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/config/nearest_name.h"

#include <string.h>

#define NAME_MAX_SIZE 40 /* bytes; longer names are not near anything */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be changed, put in, taken out or swapped with their neighbour. */
static size_t edit_distance(struct text a, struct text b)
{
	size_t row[3][NAME_MAX_SIZE + 1]; /* of the letter before the last, the last, this one */

	for (size_t j = 0; j <= b.size; j++) {
		row[1][j] = j;
	}
	for (size_t i = 1; i <= a.size; i++) {
		row[2][0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			size_t change = a.start[i - 1] == b.start[j - 1] ? 0 : 1;
			row[2][j] = least(least(row[1][j], row[2][j - 1]) + 1, row[1][j - 1] + change);
			if (i > 1 && j > 1 && a.start[i - 1] == b.start[j - 2] &&
				a.start[i - 2] == b.start[j - 1]) {
				row[2][j] = least(row[2][j], row[0][j - 2] + 1);
			}
		}
		memcpy(row[0], row[1], sizeof row[0]);
		memcpy(row[1], row[2], sizeof row[1]);
	}
	return row[1][b.size];
}

const char *nearest_name(const struct setting_table *table, struct text name)
{
	const char *nearest = NULL;
	size_t distance = least(name.size / 3 + 1, 4); /* this far is not near any more */

	for (size_t i = 0; i < table->count && name.size <= NAME_MAX_SIZE; i++) {
		struct text known = text_of(table->settings[i].name);
		size_t this_one = known.size > NAME_MAX_SIZE ? NAME_MAX_SIZE : edit_distance(name, known);
		if (this_one < distance) {
			distance = this_one;
			nearest = table->settings[i].name;
		}
	}
	return nearest;
}
