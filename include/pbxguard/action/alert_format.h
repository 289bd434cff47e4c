/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A decision as one line without an end, in one of four forms. What came from the network can't end a line or
 * forge a field in any of them.
 *
 * text: for people.
 *   2026-11-22 02:13:05 CRITICAL high_risk_destination caller:1001 01012465550123 -> +12465550123 Barbados: 2
 *   calls in 12 h (limit 2), closed: weekend incident 7f3a09c2d1e4b586
 *
 * json: one object with every field of docs/alerts.md, null where it does not apply.
 *
 * key=value: the same fields without the null ones, and without `type`, each after a single space:
 *     pair  = name "=" ( word / quoted )
 *     word  = one or more characters, none of them a space, '"', '\', '=', brackets or parentheses
 *     quoted = '"', any characters with '"' as '\"' and '\' as '\\', '"'
 *   A name is of a-z and '_'. Control bytes never occur: they are written \xHH (then '\' is '\\' inside the
 *   quotes). So a reader that takes a name, "=", then either a word up to the next space or a quoted text up
 * to the next bare '"', reads every line, and no value can look like another pair.
 *
 * cef: ArcSight's Common Event Format, version 0: severity 3, 6 or 10; fields that CEF has no key for are
 *   cs1 to cs6, cn1 to cn3 and flexString1, 2 with labels. IPv6 addresses are c6a2 and c6a3.
 */
#ifndef PBXGUARD_ACTION_ALERT_FORMAT_H
#define PBXGUARD_ACTION_ALERT_FORMAT_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/site.h"
#include "pbxguard/incident/decision.h"

#include <stddef.h>

enum alert_format {
	ALERT_FORMAT_TEXT,
	ALERT_FORMAT_JSON,
	ALERT_FORMAT_CEF,
	ALERT_FORMAT_KEY_VALUE,
	ALERT_FORMAT_COUNT
};

/* Holds any alert in any form. */
#define ALERT_LINE_SIZE 8192

/*
 * Writes the line and a NUL; returns its bytes without the NUL. Into a buffer that is too small: what fits,
 * in whole characters; of JSON nothing (0).
 */
size_t alert_format_line(enum alert_format format, const struct site *site, const struct decision *decision,
	char *buffer, size_t size);

/* {"type":"stats", every counter by its name}. 0 when it does not fit. */
size_t alert_format_stats(const struct counters *counters, char *buffer, size_t size);

#endif
