/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told of the incidents, and when: at once, held back, waiting for room, or due at a time. As
 * incident.h promises it; for the modules of incident only.
 */
#ifndef PBXGUARD_INCIDENT_INCIDENT_LINES_H
#define PBXGUARD_INCIDENT_INCIDENT_LINES_H

#include "pbxguard/incident/incident_set.h"

extern const char incident_limit_rule[]; /* of what we find ourselves: that alerts wait */

/* What one event brings to an incident: told, if at all, in one line, by the gravest, of equals the first. */
struct incident_batch {
	size_t count;
	const struct finding *findings[FINDINGS_MAX]; /* borrowed */
};

/* It is now, unless a packet comes late: tells what is due. Gives the time at which to handle what came. */
instant incidents_arrive(struct incidents *incidents, instant now);

/* A new incident of which nothing was told yet. Who makes room for it is told first. Gives the slot. */
uint32_t incident_open(struct incidents *incidents, const struct finding *finding, instant now);
/* Adds findings, at least one. event is NULL for our own about the limit. */
void incident_gather(struct incidents *incidents, uint32_t slot, const struct incident_batch *batch,
	const struct event *event, enum action_taken action, instant now);

/* When it is due next, after something has changed in it, or for all in the settings. */
void incident_schedule(struct incidents *incidents, uint32_t slot);
void incidents_schedule_all(struct incidents *incidents);

/* After a restart: it goes on waiting for room, or for what is due. */
void incident_resume(struct incidents *incidents, uint32_t slot, bool waits);

/* All that is held back or waits, at once. */
void incidents_tell_rest(struct incidents *incidents);

#endif
