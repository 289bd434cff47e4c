/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/alert_json.h"

#include "pbxguard/action/json_values.h"

static json_t *value_of(const struct alert_field *field)
{
	switch (field->value) {
	case ALERT_TEXT:
		return json_string(field->text);
	case ALERT_NUMBER:
		return json_integer((json_int_t)field->number);
	case ALERT_BOOLEAN:
		return json_boolean(field->number != 0);
	case ALERT_NULL:
		break;
	}
	return json_null();
}

size_t alert_json_write(const struct alert_fields *fields, char *buffer, size_t size)
{
	json_t *object = json_object();

	for (size_t i = 0; i < fields->count; i++) {
		json_object_set_new(object, fields->items[i].name, value_of(&fields->items[i]));
	}
	return json_write_line(object, buffer, size);
}

size_t alert_json_write_stats(const struct counters *counters, char *buffer, size_t size)
{
	json_t *object = json_object();

	json_object_set_new(object, "type", json_string("stats"));
	for (int i = 0; i < COUNTER_COUNT; i++) {
		enum counter counter = (enum counter)i;
		json_object_set_new(object, counter_name(counter),
			json_integer((json_int_t)counter_get(counters, counter)));
	}
	return json_write_line(object, buffer, size);
}
