/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/decision.h"

#include <assert.h>

static const char *const state_names[] = {"opened", "raised", "repeated", "closed"};
static_assert(sizeof state_names / sizeof state_names[0] == INCIDENT_STATE_COUNT, "each state has a name");

static const char *const action_names[] = {
	"none", "refused", "would_refuse", "source_blocked", "would_block"};
static_assert(sizeof action_names / sizeof action_names[0] == ACTION_TAKEN_COUNT, "each action has a name");

const char *incident_state_name(enum incident_state state)
{
	return state_names[state];
}

const char *action_taken_name(enum action_taken action)
{
	return action_names[action];
}
