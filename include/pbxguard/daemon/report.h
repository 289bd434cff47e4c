/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report that pbxguardctl makes of what pbxguard kept: the rows of refused calls counted by caller and by
 * country. Lives in pbxguardctl: the guard only hands its rows out, a page at a time.
 */
#ifndef PBXGUARD_DAEMON_REPORT_H
#define PBXGUARD_DAEMON_REPORT_H

#include "pbxguard/daemon/control_message.h"
#include "pbxguard/incident/refusal_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report_country {
	char country[3]; /* empty: no country's */
	char name[DESTINATION_NAME_SIZE];
	char prefix[DESTINATION_PREFIX_SIZE];
	char number[E164_SIZE]; /* one that was dialled */
	size_t calls, callers;
};

struct report_place {
	size_t country; /* its place among the countries */
	size_t calls;
	uint32_t rules; /* bits, as the caller's: those that stopped calls there */
};

struct report_caller {
	char name[CALLER_SIZE];
	bool is_stranger; /* from outside: any name can be written there, also one of a colleague */
	char source[NETWORK_TEXT_SIZE]; /* the last one */
	size_t calls, slipped;
	size_t by_phone;       /* of these, those that came from a phone's address */
	size_t under_critical; /* of these, those that actions.block.on = "critical" would let by */
	instant first, last;
	char dialed[DIALED_SIZE]; /* the last one's */
	uint32_t rules;           /* bits: places in the table of report_advice */
	size_t place_count;
	struct report_place *places;
};

struct report_block {
	enum refusal_about about;
	enum refusal_action action;
	char name[CALLER_SIZE]; /* of the account, or the address */
	char reason[REASON_SIZE];
	char incident[INCIDENT_ID_SIZE];
	size_t times;
	instant first;
};

struct report {
	struct control_report period; /* of its first page */
	size_t calls;                 /* that are listed */
	instant first;                /* of these; 0: none is */
	size_t caller_count, country_count, block_count;
	struct report_caller *callers; /* phones before strangers, who has most calls first (report_sort) */
	struct report_country *countries;
	struct report_block *blocks;
};

/* False: no memory. */
bool report_add(struct report *report, const struct refusal_record *row);
void report_sort(struct report *report); /* when all were added */
void report_free(struct report *report); /* what is in it */

/* ---- report_advice.c: what lets honest calls by ---- */

/* The bits of these rules: "high_risk_destination off_hours". */
uint32_t report_rules_of(const char *names);
size_t report_rules_count(void);
const char *report_rule_name(size_t bit);

#define REPORT_ADVICE_SIZE 1024

/*
 * The next setting for this caller, a line; *place begins with 0. False: that was all. Only what can be
 * copied into a configuration as it stands is given so: a caller named * would let everybody by.
 */
bool report_advise(const struct report *report, const struct report_caller *caller, size_t *place,
	char line[static REPORT_ADVICE_SIZE]);

/* ---- report_print.c ---- */

void report_print(const struct report *report, unsigned days);

#endif
