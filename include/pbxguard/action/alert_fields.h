/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A decision as the list of fields that users know, in their order: what the JSON and key=value forms show
 * whole, and CEF in part. The texts hold no control byte and no broken UTF-8, whatever the decision held.
 */
#ifndef PBXGUARD_ACTION_ALERT_FIELDS_H
#define PBXGUARD_ACTION_ALERT_FIELDS_H

#include "pbxguard/base/site.h"
#include "pbxguard/base/text.h"
#include "pbxguard/incident/decision.h"

#include <stddef.h>
#include <stdint.h>

enum alert_value { ALERT_NULL, ALERT_TEXT, ALERT_NUMBER, ALERT_BOOLEAN };

#define ALERT_TEXT_SIZE (STORY_TEXT_SIZE + 80)
#define ALERT_FIELDS_MAX 48

struct alert_field {
	const char *name;
	enum alert_value value;
	uint64_t number; /* of a boolean: 0 or 1 */
	char text[ALERT_TEXT_SIZE];
};

struct alert_fields {
	size_t count;
	struct alert_field items[ALERT_FIELDS_MAX];
};

void alert_fields_of(const struct site *site, const struct decision *decision, struct alert_fields *fields);
/* NULL when there is no such field. */
const struct alert_field *alert_fields_find(const struct alert_fields *fields, const char *name);

/* Copies what should be safe already; what is not, is escaped. A backslash stays one. Returns buffer. */
char *alert_text_clean(struct text text, char *buffer, size_t size);

const char *alert_transport_name(enum transport transport); /* "udp" */

#endif
