/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An incident as a row of the store: columns with names, each a whole number or a text. A list is one text
 * with a line end behind each element; nothing that is made safe has one inside.
 */
#ifndef PBXGUARD_ACTION_INCIDENT_ROW_H
#define PBXGUARD_ACTION_INCIDENT_ROW_H

#include "pbxguard/base/text.h"
#include "pbxguard/incident/incident_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INCIDENT_ROW_TEXT_SIZE 2048

struct row_value {
	bool is_text;
	int64_t number;
	struct text text; /* borrowed; of incident_row_value from the record or this buffer */
	char buffer[INCIDENT_ROW_TEXT_SIZE];
};

size_t incident_row_columns(void);
const char *incident_row_name(size_t column); /* the first is "slot" */
bool incident_row_is_text(size_t column);

void incident_row_value(const struct incident_record *record, size_t column, struct row_value *value);
/* All columns in their order fill a record that was all zero. False for what we would not have written. */
bool incident_row_take(struct incident_record *record, size_t column, const struct row_value *value);

#endif
