/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report in the control socket's JSON: control_message.h has the line around it. */
#ifndef PBXGUARD_DAEMON_REPORT_MESSAGE_H
#define PBXGUARD_DAEMON_REPORT_MESSAGE_H

#include "pbxguard/action/json_values.h"
#include "pbxguard/daemon/control_message.h"

#include <stdbool.h>

/* "report", "rows" and "next" of a reply. */
void report_message_set(json_t *object, const struct control_report *report);
/* False when that is not what report_message_set sets. */
bool report_message_get(const json_t *object, struct control_report *report);

#endif
