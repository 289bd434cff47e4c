/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dialled digits → what kind of number, and E.164. A plan is one country's, read from a file of
 * conf/dial-plans/ through dial_plan_settings; docs/dial-plans.md tells the file's form and the order of
 * reading. Patterns and lengths are explained in dial_pattern.h.
 */
#ifndef PBXGUARD_CALL_DIAL_PLAN_H
#define PBXGUARD_CALL_DIAL_PLAN_H

#include "pbxguard/base/setting.h"
#include "pbxguard/base/site.h"
#include "pbxguard/call/destination.h"
#include "pbxguard/call/event.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAL_PATTERN_SIZE 24
#define DIAL_LENGTH_SIZE 8
#define DIAL_NAME_SIZE 32 /* as dialed_number's form */
#define DIAL_NUMBERS_MAX 64
#define DIAL_FORMS_MAX 64
#define DIAL_LOCAL_MAX 8
#define DIAL_PREFIXES_MAX 32
#define DIAL_CARRIERS_MAX 64
#define DIAL_CODES_MAX 16
#define DIAL_COUNTRIES_MAX 16

/* One number, dialled as it stands: emergency, public service. */
struct dial_number {
	char number[DIAL_STEP_SIZE];
	char name[DIAL_NAME_SIZE];
};

/* A form of numbers: how they begin, and how many digits they have in all, as dialled. */
struct dial_form {
	char begins[DIAL_PATTERN_SIZE];
	char length[DIAL_LENGTH_SIZE];
	char name[DIAL_NAME_SIZE];
};

struct dial_plan {
	char name[64];
	char country[3];      /* ISO 3166-1 alpha-2 */
	char country_code[4]; /* digits */
	char trunk_prefix[4]; /* in front of an area code, left out behind the country code; may be empty */
	size_t also_home_count;
	char also_home[DIAL_COUNTRIES_MAX][3]; /* countries that share the code and are not abroad */

	size_t emergency_count, service_count;
	struct dial_number emergency[DIAL_NUMBERS_MAX], services[DIAL_NUMBERS_MAX];

	size_t international_count, carrier_count, service_code_count, foreign_count;
	char international_prefixes[DIAL_PREFIXES_MAX][DIAL_PATTERN_SIZE]; /* pieces; the last is the prefix,
									      the others select carriers */
	char carriers[DIAL_CARRIERS_MAX][DIAL_PATTERN_SIZE];
	char service_codes[DIAL_CODES_MAX][DIAL_PATTERN_SIZE];
	char foreign_prefixes[DIAL_PREFIXES_MAX][DIAL_PATTERN_SIZE]; /* pieces, likewise */

	size_t domestic_count, carrier_service_count, local_count;
	struct dial_form domestic[DIAL_FORMS_MAX];
	struct dial_form carrier_services[DIAL_LOCAL_MAX];
	struct dial_form local[DIAL_LOCAL_MAX];
	/* Dialled for a line in many offices: tried where the number fits nothing else. */
	size_t usual_line_count;
	char usual_lines[OUTSIDE_LINES_MAX][OUTSIDE_LINE_SIZE];
	uint32_t internal_digits; /* numbers with at most so many digits are the PBX's own */

	/*
	 * No setting: borrowed, set by who has read both files. It says which country codes are assigned and
	 * which country of a shared one a number belongs to; with NULL no foreign prefix is recognised and
	 * all numbers of the country code are domestic.
	 */
	const struct destination_table *destinations;
};

extern const struct setting_table dial_plan_settings; /* of struct dial_plan */

/*
 * Reads what a request's URI dials. is_trunk_leg: it goes from the PBX to the carrier, so an outside-line
 * digit is mostly gone and site.trunk_numbers applies. Writes all of number; allocates nothing.
 */
void dial_plan_read(const struct dial_plan *plan, const struct site *site, const struct sip_uri *uri,
	bool is_trunk_leg, struct dialed_number *number);

#endif
