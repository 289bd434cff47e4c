/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Describes settings: each module has a table of its own, which says name, type, unit, range, default and
 * where in the module's settings struct the value lies. The config layer walks the tables to read a file;
 * nothing else knows a setting's name.
 */
#ifndef PBXGUARD_BASE_SETTING_H
#define PBXGUARD_BASE_SETTING_H

#include "pbxguard/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
	SETTING_BOOLEAN,  /* bool */
	SETTING_NUMBER,   /* uint32_t, from minimum to maximum */
	SETTING_DURATION, /* duration, from minimum to maximum (microseconds); "15min" in the file */
	SETTING_TEXT,     /* char[size] */
	SETTING_CHOICE,   /* int: the index in choices */
	SETTING_NUMBERS,  /* uint32_t[capacity], an array of numbers in the file */
	SETTING_TEXTS, /* char[capacity][size], an array of strings in the file; a string alone is an array of
			  one */
	SETTING_NETWORKS, /* struct network_set; an array of strings */
	SETTING_GROUP,    /* a struct described by group: "name = { … };" */
	SETTING_GROUPS,   /* structs of size bytes, each described by group: "name = ( { … }, { … } );" */
};

#define SETTING_CHECK_TEXT_SIZE 160
/*
 * Judges one string (of SETTING_TEXT or an element of SETTING_TEXTS): true when it is good, else a sentence
 * about what is wrong, without the value itself, e.g. "is neither a country nor a number prefix".
 */
typedef bool setting_check(struct text value, char why[static SETTING_CHECK_TEXT_SIZE]);
/*
 * Fills an element of SETTING_GROUPS, all zero, with what it has where the file does not say otherwise.
 * settings is the struct around the list, filled but for lists of this kind.
 */
typedef void setting_inherit(const void *settings, void *element);

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;            /* of the value or the array's first element in the settings struct */
	size_t size;              /* TEXT, TEXTS: bytes with the NUL; GROUPS: bytes of one struct */
	size_t capacity;          /* lists: elements at most */
	size_t count_offset;      /* lists but NETWORKS: of the size_t that counts the elements */
	int64_t minimum, maximum; /* NUMBER, NUMBERS, DURATION */
	const char *unit;         /* NUMBER: for messages, "calls"; may be NULL */
	const char *initial; /* default as in a file, list elements separated by commas; NULL: zero, empty */
	const char *const *choices; /* CHOICE: ends with NULL */
	const struct setting_table *group;
	setting_check *check;     /* may be NULL */
	setting_inherit *inherit; /* GROUPS: instead of the defaults; may be NULL */
	const char *not_below;    /* another setting of the same table that this one may not be less than */
	bool required;            /* the file must have it */
};

struct setting_table {
	const struct setting *settings;
	size_t count;
};

#define SETTING_TABLE(array)                                                                                 \
	{                                                                                                    \
		(array), sizeof(array) / sizeof((array)[0])                                                  \
	}

/* Fills the struct with the table's defaults; groups too. The tables are ours: a default that does not fit
 * asserts. */
void setting_defaults(const struct setting_table *table, void *settings);
const struct setting *setting_find(const struct setting_table *table, struct text name);

#endif
