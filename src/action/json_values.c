/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/json_values.h"

#include "pbxguard/base/local_time.h"

/* Of what was cut to fit, the last character may be half: JSON takes whole ones only. */
static struct text whole(const char *string)
{
	struct text text = text_of(string);
	size_t at;

	return text_is_utf8(text, &at) ? text : text_part(text, 0, at);
}

void json_set_string(json_t *object, const char *name, const char *value)
{
	struct text text = whole(value);

	json_object_set_new(object, name, json_stringn(text.start, text.size));
}

void json_set_instant(json_t *object, const char *name, instant when)
{
	char text[INSTANT_TEXT_SIZE];

	if (when == 0) {
		json_object_set_new(object, name, json_null());
	} else {
		json_set_string(object, name, instant_format(when, text));
	}
}

void json_set_text(json_t *object, const char *name, const char *text)
{
	if (text[0] == '\0') {
		json_object_set_new(object, name, json_null());
	} else {
		json_set_string(object, name, text);
	}
}

struct text json_text_in(const json_t *string)
{
	return (struct text){json_string_value(string), json_string_length(string)};
}

void json_get_text(const json_t *object, const char *name, char *buffer, size_t size)
{
	text_copy(json_text_in(json_object_get(object, name)), buffer, size);
	buffer[whole(buffer).size] = '\0';
}

bool json_get_instant(const json_t *object, const char *name, instant *when)
{
	const json_t *value = json_object_get(object, name);

	return json_is_null(value) || (json_is_string(value) && instant_parse(json_text_in(value), when));
}

size_t json_write_line(json_t *object, char *buffer, size_t size)
{
	size_t used = object == NULL ? 0 : json_dumpb(object, buffer, size - 1, JSON_COMPACT);

	json_decref(object);
	if (used > size - 1) {
		used = 0;
	}
	buffer[used] = '\0';
	return used;
}
