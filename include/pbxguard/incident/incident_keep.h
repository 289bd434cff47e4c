/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open incidents over a restart: as records, and back.
 *
 * After it an incident goes on as if nothing had been, under its name. What was found meanwhile nobody saw;
 * what was due meanwhile (a digest, a closing) is told at the first tick, with the time at which it was due.
 * Only this is not as it would have been:
 *
 *   - Calls that were up are not followed any more: what they add to the story is unknown, and they do not
 *     keep it open. A call under way that is heard of again counts once more.
 *   - Of the lines told in the minute before, the latest of each incident counts against the limit.
 */
#ifndef PBXGUARD_INCIDENT_INCIDENT_KEEP_H
#define PBXGUARD_INCIDENT_INCIDENT_KEEP_H

#include "pbxguard/base/text.h"
#include "pbxguard/incident/incident.h"
#include "pbxguard/incident/incident_record.h"

#include <stdbool.h>
#include <stdint.h>

/* False: there is no room now; it will be offered again. */
typedef bool incident_record_taker(void *context, const struct incident_record *record);
/* The rule of that name as a string of the program; NULL: there is none. */
typedef const char *rule_finder(struct text name);

/*
 * Hands out what has changed since it was taken last, at most so many. False when some is left for the next
 * time.
 */
bool incidents_save(
	struct incidents *incidents, uint32_t at_most, incident_record_taker *taker, void *context);
/* All is to be handed out again: whoever keeps it may have lost some. */
void incidents_save_all(struct incidents *incidents);

/*
 * To be called before the first event, of several in the order from the one opened last. False for one that
 * is damaged, or to which nothing would lead; texts and names of rules are mended. now is only to tell a
 * clock that was set back.
 */
bool incidents_restore(
	struct incidents *incidents, const struct incident_record *record, instant now, rule_finder *rules);

#endif
