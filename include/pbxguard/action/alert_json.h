/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts and counters as JSON objects, by libjansson. Called by alert_format. */
#ifndef PBXGUARD_ACTION_ALERT_JSON_H
#define PBXGUARD_ACTION_ALERT_JSON_H

#include "pbxguard/action/alert_fields.h"
#include "pbxguard/base/counter.h"

#include <stddef.h>

/* Both write one line without its end and a NUL; they return its bytes, 0 and empty when it does not fit
 * (half an object is of no use to anybody) or there is no memory. */
size_t alert_json_write(const struct alert_fields *fields, char *buffer, size_t size);
size_t alert_json_write_stats(const struct counters *counters, char *buffer, size_t size);

#endif
