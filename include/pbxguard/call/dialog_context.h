/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Record: what numbers and addresses mean, for who makes calls of messages. Borrowed: must outlive its use.
 */
#ifndef PBXGUARD_CALL_DIALOG_CONTEXT_H
#define PBXGUARD_CALL_DIALOG_CONTEXT_H

#include "pbxguard/base/instant.h"

struct site;
struct dial_plan;
struct destination_table;

struct dialog_context {
	const struct site *site;
	const struct dial_plan *dial_plan;
	const struct destination_table *destinations;
	duration max_age; /* calls.max_age */
};

#endif
