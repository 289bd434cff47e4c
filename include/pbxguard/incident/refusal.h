/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is judged, as a record of what was refused or blocked, or would have been. */
#ifndef PBXGUARD_INCIDENT_REFUSAL_H
#define PBXGUARD_INCIDENT_REFUSAL_H

#include "pbxguard/call/event.h"
#include "pbxguard/incident/block_request.h"
#include "pbxguard/incident/blocked_account_record.h"
#include "pbxguard/incident/judgement.h"
#include "pbxguard/incident/refusal_record.h"
#include "pbxguard/rules/finding.h"

#include <stdbool.h>

/* Borrowed. */
typedef void refusal_handler(void *context, const struct refusal_record *record);

/*
 * False: nothing was refused, or it was told of an earlier leg of the call. on: actions.block.on. Of a call
 * that may pass until its trunk leg is seen it says refused: that it slipped comes later (policy_tick).
 */
bool refusal_of_call(const struct event *event, const struct findings *findings,
	const struct judgement *judgement, enum severity on, struct refusal_record *record);
/* is_done: else it only would be. */
void refusal_of_source(const struct block_request *request, bool is_done, struct refusal_record *record);
void refusal_of_account(
	const struct blocked_account_record *account, bool is_done, struct refusal_record *record);

#endif
