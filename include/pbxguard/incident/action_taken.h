/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was done, or would have been, about the call of a decision. */
#ifndef PBXGUARD_INCIDENT_ACTION_TAKEN_H
#define PBXGUARD_INCIDENT_ACTION_TAKEN_H

enum action_taken {
	ACTION_NONE,
	ACTION_REFUSED,
	ACTION_WOULD_REFUSE,
	ACTION_SOURCE_BLOCKED,
	ACTION_WOULD_BLOCK,
	ACTION_TAKEN_COUNT
};

const char *action_taken_name(enum action_taken action); /* "would_refuse" */

#endif
