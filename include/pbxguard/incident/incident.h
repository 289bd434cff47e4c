/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathers the findings that belong together into an incident, and keeps alerts from becoming a storm.
 *
 * What one event shows of its caller, its address and its number goes into one incident: that of its call,
 * else that to which one of these subjects has led before, else a new one; and from then on all of them lead
 * there. What is found about the whole site goes with it, unless it is graver than all that is known there.
 *
 * The first finding opens the incident: a line at once. A graver one raises it: a line at once. All others
 * are held back, and told as a count, interval after the last line at the earliest: with the finding that
 * comes then, or without one (a digest). Two intervals without a finding, and with none of its calls up,
 * close it. A finding after that opens another incident.
 *
 * All incidents together keep to alerts_per_minute lines in any 60 seconds. When they would not, one line
 * says so (rule "alert_limit", subject "site": an incident like the others), and what can't be told waits,
 * the gravest first. Nothing is lost from the counts.
 *
 * What is due at a time (a digest, a closing, room for what waits) bears exactly that time, however late the
 * call comes that finds it due, and comes before any event of that time. So a replay gives the same lines.
 */
#ifndef PBXGUARD_INCIDENT_INCIDENT_H
#define PBXGUARD_INCIDENT_INCIDENT_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/limit.h"
#include "pbxguard/base/site.h"
#include "pbxguard/call/event.h"
#include "pbxguard/incident/decision.h"
#include "pbxguard/incident/judgement.h"
#include "pbxguard/rules/finding.h"

#define INCIDENTS_MAX USUAL_OR_FEW(2048, 4)

struct incident_settings {
	uint32_t alerts_per_minute; /* 1 to ALERT_BUDGET_MAX */
	duration alert_interval;
};

struct incidents; /* opaque; made by incidents_new */

/* Copies what it needs of settings and site; counters stays borrowed. NULL when there is no memory. */
struct incidents *incidents_new(
	const struct incident_settings *settings, const struct site *site, struct counters *counters);
void incidents_free(struct incidents *incidents);

/* Takes over other settings; what is open stays open. */
void incidents_configure(
	struct incidents *incidents, const struct incident_settings *settings, const struct site *site);

/*
 * Tells what is due up to the event's time, then what the findings bring. To be called for every event, also
 * without findings: EVENT_CALL_JOINED adds the other leg's Call-ID to what is known of a call.
 */
void incidents_handle(struct incidents *incidents, const struct event *event, const struct findings *findings,
	decision_handler *handler, void *context);

/*
 * The same, where policy has judged the event: alerts and the story say what was done. Fills
 * judgement->incident when the call belongs to one.
 */
void incidents_handle_judged(struct incidents *incidents, const struct event *event,
	const struct findings *findings, struct judgement *judgement, decision_handler *handler,
	void *context);
/* Something was done about an incident afterwards. Does nothing when it is not open. */
void incidents_note(struct incidents *incidents, const char *incident, enum action_taken action);

/*
 * Tells what is due up to now. Live, now should lag behind the clock as far as packets come late; a packet
 * older than that is handled all the same.
 */
void incidents_tick(struct incidents *incidents, instant now, decision_handler *handler, void *context);

/*
 * At the end: tells at the time of the last event what was held back or waits for room, whatever the limits
 * say, so that nothing is lost. What is open stays open.
 */
void incidents_finish(struct incidents *incidents, decision_handler *handler, void *context);

#endif
