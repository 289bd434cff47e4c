/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The call of an event as a decision shows it: by value, every text made safe. */
#ifndef PBXGUARD_INCIDENT_DECISION_CALL_H
#define PBXGUARD_INCIDENT_DECISION_CALL_H

#include "pbxguard/call/event.h"
#include "pbxguard/incident/decision.h"

void decision_call_of(const struct event *event, struct decision_call *call);

#endif
