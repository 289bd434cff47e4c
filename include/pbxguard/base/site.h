/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the site is: its name, its PBX, trunks, extensions and numbers; and which leg of a call two addresses
 * make. */
#ifndef PBXGUARD_BASE_SITE_H
#define PBXGUARD_BASE_SITE_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/setting.h"

#include <stdbool.h>
#include <stddef.h>

enum trunk_numbers { TRUNK_NUMBERS_AS_DIALLED, TRUNK_NUMBERS_E164 };

#define SITE_NAME_SIZE 64
#define SITE_NUMBERS_MAX 256
#define SITE_NUMBER_SIZE 40
#define SITE_NUMBER_DIGITS_MAX 15 /* E.164 §6.2.1 */
#define SITE_NUMBERS_DIGITS 6     /* at the end, in which the numbers of a block may differ */
#define OUTSIDE_LINES_MAX 8
#define OUTSIDE_LINE_SIZE 8

struct site {
	char name[SITE_NAME_SIZE];
	char timezone[64]; /* empty: the host's */
	struct network_set pbx, trunks, extensions;
	size_t number_count;
	/* "+81312345678"; a block: "+81312345600..+81312345699" or "+81312345600..99" */
	char numbers[SITE_NUMBERS_MAX][SITE_NUMBER_SIZE];
	size_t outside_line_count;
	char outside_line[OUTSIDE_LINES_MAX][OUTSIDE_LINE_SIZE]; /* digits dialled to get a line */
	int trunk_numbers;                                       /* enum trunk_numbers */
};

/* An element of numbers: one, or all from the first to the last, which have as many digits. */
struct site_numbers {
	char first[SITE_NUMBER_DIGITS_MAX + 2], last[SITE_NUMBER_DIGITS_MAX + 2]; /* "+81312345600" */
};

/* False for what is neither. */
bool site_numbers_read(struct text value, struct site_numbers *numbers);

extern const struct setting_table site_settings; /* of struct site */

enum leg {
	LEG_UNKNOWN,
	LEG_EXTENSION, /* a phone and the PBX */
	LEG_TRUNK_OUT, /* the PBX to the carrier */
	LEG_TRUNK_IN,  /* the carrier to the PBX */
	LEG_OUTSIDE,   /* an address that is none of these to the PBX */
	LEG_COUNT
};

const char *leg_name(enum leg leg); /* "trunk_out" */

/*
 * The leg on which a request travels. Without extensions in the configuration no address is LEG_OUTSIDE: any
 * could be a phone.
 */
enum leg site_leg(const struct site *site, const struct address *source, const struct address *destination);

bool site_is_pbx(const struct site *site, const struct address *address);
/* Does a request on this way ask for a call that costs the site money? Not one from the carrier, nor PBX to
 * phone. */
bool site_call_is_outward(
	const struct site *site, const struct address *source, const struct address *destination);

#endif
