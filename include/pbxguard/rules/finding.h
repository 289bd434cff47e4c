/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Record: what a rule found in an event: about whom, how grave, on what evidence. By value. */
#ifndef PBXGUARD_RULES_FINDING_H
#define PBXGUARD_RULES_FINDING_H

#include "pbxguard/base/instant.h"
#include "pbxguard/base/money.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_NOTICE, SEVERITY_WARNING, SEVERITY_CRITICAL, SEVERITY_COUNT };

const char *severity_name(enum severity severity); /* "notice" */

/*
 * What a finding proves, if it is true of him whom it is about: bits. It never proves who he is, for anybody
 * can write any name and, on UDP, any address: what may be blocked is for the incident layer to say.
 */
enum proof {
	PROVES_NOTHING = 1 << 0, /* a reason to look; it stops nothing */
	PROVES_CALL = 1 << 1,    /* this call should not take place: it may be refused, or ended */
	PROVES_CALLER = 1 << 2,  /* he acts as a thief does: his further calls abroad may be refused */
	PROVES_SOURCE = 1 << 3,  /* so does whoever is at the address: it may be kept out */
};

#define SUBJECT_SIZE 80
#define CALENDAR_TEXT_SIZE 80
#define REASON_SIZE 320
#define EVIDENCE_SIZE 64

struct finding {
	const char *rule; /* the rule's name; a string of the program */
	enum severity severity;
	char subject[SUBJECT_SIZE]; /* "caller:1001", "source:198.51.100.66", "site", "number:+1246…"; made
				       safe */
	uint32_t count, limit;      /* limit is the one of this severity */
	duration window;
	/* For a line of text, where "5 calls in 1 min (limit 5)" does not say it: "up for 12 min (limit 10
	 * min)"; else empty. */
	char evidence[EVIDENCE_SIZE];
	char calendar[CALENDAR_TEXT_SIZE]; /* "open", "night", "holiday: 海の日" */
	char reason[REASON_SIZE];          /* one sentence for a person */
	bool is_unproven;                  /* a stranger's try: no more than a warning */
	bool raises_others;                /* the other findings about the same event are one level graver */
	unsigned proves;                   /* bits of enum proof: the rule's */
};

#define FINDINGS_MAX 48

struct findings {
	money cost;           /* of the event's call up to now, where it is known what it costs */
	const char *currency; /* "JPY"; NULL: it is not known */
	size_t count;
	struct finding items[FINDINGS_MAX];
};

/* The next free one, zeroed; NULL when all are taken. */
struct finding *findings_add(struct findings *findings);

#endif
