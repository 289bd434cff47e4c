/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record: who did what. Made by the call layer from messages; each call gives each kind of event once,
 * however many packets it took. Texts are borrowed until the handler returns.
 */
#ifndef PBXGUARD_CALL_EVENT_H
#define PBXGUARD_CALL_EVENT_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/site.h"
#include "pbxguard/base/text.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>
#include <stddef.h>

enum number_kind {
	NUMBER_UNRECOGNISED, /* fits no form of the dial plan: shown and counted, never taken for domestic */
	NUMBER_INTERNAL,     /* an extension, a feature code, a name */
	NUMBER_EMERGENCY,    /* never refused, never counted against anybody */
	NUMBER_SERVICE,      /* a public service: likewise */
	NUMBER_DOMESTIC,
	NUMBER_LOCAL,           /* domestic without the area code */
	NUMBER_CARRIER_SERVICE, /* behind a carrier code, at the carrier itself */
	NUMBER_INTERNATIONAL,
	NUMBER_KIND_COUNT
};

const char *number_kind_name(enum number_kind kind);

/* Why something was taken off in front. */
enum dial_step_reason {
	DIAL_STEP_OUTSIDE_LINE, /* a digit of site.outside_line, or one digit that leaves a domestic form */
	DIAL_STEP_SERVICE_CODE, /* 184, 186, 122, *67: how to place the call, not where to */
	DIAL_STEP_CARRIER,      /* carrier selection: 0033, 1010333 */
	DIAL_STEP_INTERNATIONAL_PREFIX, /* the country's own: 010 */
	DIAL_STEP_FOREIGN_PREFIX, /* another country's, which reaches nowhere here but says what is meant */
	DIAL_STEP_PLUS,           /* + */
	DIAL_STEP_TRUNK_PREFIX,   /* the 0 in front of an area code */
	DIAL_STEP_COUNT
};

const char *dial_step_reason_text(enum dial_step_reason reason); /* "international prefix" */

#define DIAL_STEPS_MAX 8
#define DIAL_STEP_SIZE 16
#define E164_SIZE 17          /* "+", 15 digits (E.164 §6.2.1), NUL */
#define DIALED_DIGITS_SIZE 64 /* longer strings are cut: no number has so many */
#define STRIPPED_TEXT_SIZE (DIAL_STEPS_MAX * DIAL_STEP_SIZE)

struct dial_step {
	char digits[DIAL_STEP_SIZE];
	enum dial_step_reason reason;
};

/* How a dialled string reads. */
struct dialed_number {
	enum number_kind kind;
	char digits[DIALED_DIGITS_SIZE]; /* decoded, without visual separators: what the PBX acts on */
	char e164[E164_SIZE];            /* "+12465550123"; empty when there is none */
	bool by_foreign_prefix;          /* international only because the prefix is some other country's */
	/* Whatever the kind: the PBX may find an emergency or service number behind a digit for a line. */
	bool may_be_short;
	size_t step_count;
	struct dial_step steps[DIAL_STEPS_MAX];
	char form[32]; /* the dial plan's word for the form that fitted: "mobile", "police" */
};

/* "0 184 0033 010". Returns buffer. */
char *dialed_number_stripped(const struct dialed_number *number, char buffer[static STRIPPED_TEXT_SIZE]);

enum destination_kind {
	DESTINATION_GEOGRAPHIC,
	DESTINATION_SATELLITE,
	DESTINATION_NETWORK,     /* +882, +883 */
	DESTINATION_PREMIUM,     /* +979 */
	DESTINATION_SHARED_COST, /* +808 */
	DESTINATION_FREE,        /* +800 */
	DESTINATION_PERSONAL,    /* +878 */
	DESTINATION_KIND_COUNT
};

const char *destination_kind_name(enum destination_kind kind); /* as in destinations.csv */

#define DESTINATION_PREFIX_SIZE 12
#define DESTINATION_NAME_SIZE 96 /* bytes with the NUL; a Japanese character has three */

/* Where a number leads: one row of destinations.csv. */
struct destination {
	char prefix[DESTINATION_PREFIX_SIZE]; /* digits, without + */
	char country[3]; /* ISO 3166-1 alpha-2, XK for Kosovo; empty for what is no country */
	enum destination_kind kind;
	char name[DESTINATION_NAME_SIZE];    /* English */
	char name_ja[DESTINATION_NAME_SIZE]; /* Japanese */
};

/*
 * A call's life. ATTEMPTED, IDENTIFIED and JOINED come of every call's INVITEs; the rest only of calls that
 * are followed: those that cost money abroad, and those that come in by a trunk. Each comes once, but for
 * STILL_UP, which comes every CALL_STILL_UP_EVERY while the call lasts, at exactly that time.
 */
enum event_kind {
	/* The first INVITE of a call, or the first to another number in it. */
	EVENT_CALL_ATTEMPTED,
	/* Its credentials name another account than its From did: count the account, not the call again. */
	EVENT_CALL_IDENTIFIED,
	/* The other leg of a call through the PBX was seen. */
	EVENT_CALL_JOINED,
	EVENT_CALL_RINGING,   /* 180 to 183 */
	EVENT_CALL_ANSWERED,  /* 2xx: from here on it costs money */
	EVENT_CALL_REFUSED,   /* a final answer that is neither a challenge nor 2xx */
	EVENT_CALL_CANCELLED, /* by the caller, before it was answered */
	EVENT_CALL_STILL_UP,
	EVENT_CALL_ENDED, /* after it was answered */
	EVENT_KIND_COUNT
};

#define CALL_STILL_UP_EVERY (30 * SECOND)

const char *event_kind_name(enum event_kind kind); /* "answered" */

/* How it came that the PBX places a call. */
enum call_origin {
	CALL_ORIGIN_DIALLED,     /* somebody dialled the number */
	CALL_ORIGIN_FORWARDED,   /* Diversion, History-Info, or a 302 from a phone names who forwarded */
	CALL_ORIGIN_TRANSFERRED, /* Referred-By, or a REFER seen before */
};

/* Who ended a call. */
enum call_end {
	CALL_END_NONE, /* it has not ended */
	CALL_END_CALLER,
	CALL_END_CALLED,
	CALL_END_ASSUMED, /* no BYE was seen, and its session or calls.max_age is over */
};

#define CALLER_SIZE 64 /* bytes with the NUL; longer names are cut */

struct event {
	enum event_kind kind;
	instant time;
	struct text call_id;
	/* The authenticated user where there is one (but not what the PBX sends: that names itself), else
	 * From's. */
	struct text caller;
	struct text dialed; /* user of the request-URI as sent */
	struct text user_agent;
	struct text joined_call_id; /* of the leg before, where this is the next leg of a call */
	bool is_joined_surely;      /* no other leg that was seen can be the one before */
	bool is_from_stranger; /* likewise: the one before came from outside, and no credentials with it */
	bool has_account;      /* credentials came with it and name the caller; nobody has judged them yet */
	enum leg leg;
	bool is_outward; /* costs the site money if it is answered */
	struct endpoint source, destination_endpoint;
	enum transport transport;
	const struct dialed_number *number;    /* never NULL; borrowed */
	const struct destination *destination; /* NULL when the number has no country; borrowed */
	uint32_t oddities;                     /* bits of enum sip_oddity */

	/* What is shown as the caller's number, as sent: users of From and P-Asserted-Identity. */
	struct text from_user, asserted_user;
	/* Of a call that comes in by a trunk: From's number in E.164 ("+12465550123"); empty: none. */
	struct text caller_e164;
	enum call_origin origin;
	struct text moved_by; /* who forwarded or transferred it here; empty: nobody, or unknown */

	/* Of calls that are followed; 0 of others. */
	uint64_t call;          /* the same in every event of one call, whatever its legs */
	instant attempted;      /* when the call began */
	instant answered;       /* when it was answered; 0: it has not been */
	duration up;            /* STILL_UP, ENDED: since it was answered */
	uint16_t status;        /* REFUSED: the answer's */
	enum call_end ended_by; /* ENDED */
};

typedef void event_handler(void *context, const struct event *event);

#endif
