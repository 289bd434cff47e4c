/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be done about a call: asked for every call, finding or not. First the never list, which no
 * setting can shorten; then the mode. Only the mode "monitor" exists yet: nothing is ever done.
 */
#ifndef PBXGUARD_INCIDENT_POLICY_H
#define PBXGUARD_INCIDENT_POLICY_H

#include "pbxguard/call/event.h"
#include "pbxguard/incident/decision.h"
#include "pbxguard/rules/finding.h"

#include <stdbool.h>

/* Emergency and public service numbers: never refused, whoever dials them. */
bool policy_is_untouchable(const struct event *event);

enum action_taken policy_action(const struct event *event, const struct findings *findings);

#endif
