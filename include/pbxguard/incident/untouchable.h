/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The never list of calls: what no setting, mode, finding or block may touch. Asked before all else.
 *
 * - Emergency and public service numbers, however they are written, and what may be one for the PBX though it
 *   reads in another way here (struct dialed_number, may_be_short).
 * - INVITEs that could not be read: without a dialled string, or without a Call-ID.
 *
 * What is no INVITE is no call and makes no event, so nothing here is ever asked about a REGISTER or a
 * keep-alive: nothing can refuse them.
 */
#ifndef PBXGUARD_INCIDENT_UNTOUCHABLE_H
#define PBXGUARD_INCIDENT_UNTOUCHABLE_H

#include "pbxguard/call/event.h"

#include <stdbool.h>

bool untouchable_call(const struct event *event);

#endif
