/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/action/json_values.h"

#define NIGHT (1795281185 * SECOND + 123456) /* 2026-11-22 02:13:05.123456 in Tokyo */

static void values_are_written_in_their_order(void **state)
{
	char line[256];
	json_t *object = json_object();

	(void)state;
	json_set_string(object, "empty", "");
	json_set_text(object, "none", "");
	json_set_text(object, "text", "a\"b");
	json_set_string(object, "cut", "\xE6\xB5\xB7\xE6\xB5"); /* in the middle of a character */
	json_set_instant(object, "never", 0);
	json_set_instant(object, "night", NIGHT);
	size_t size = json_write_line(object, line, sizeof line);
	assert_string_equal(line,
		"{\"empty\":\"\",\"none\":null,\"text\":\"a\\\"b\",\"cut\":\"\xE6\xB5\xB7\",\"never\":null,"
		"\"night\":\"2026-11-22T02:13:05.123456+09:00\"}");
	assert_int_equal(size, strlen(line));
}

static void a_line_that_does_not_fit_is_not_begun(void **state)
{
	char line[8];

	(void)state;
	assert_int_equal(json_write_line(json_pack("{s:i}", "a", 1), line, sizeof line), 7);
	assert_string_equal(line, "{\"a\":1}");
	assert_int_equal(json_write_line(json_pack("{s:i}", "a", 12), line, sizeof line), 0);
	assert_string_equal(line, "");
	assert_int_equal(json_write_line(NULL, line, sizeof line), 0);
}

static void values_are_read_only_if_they_are_of_their_kind(void **state)
{
	json_t *object = json_pack("{s:s, s:i, s:s, s:n, s:s}", "text", "\xE6\xB5\xB7\xE6\xB5\xB7", "number",
		7, "night", "2026-11-22T02:13:05.123456+09:00", "never", "nonsense", "yesterday");
	char text[6];
	instant when = 1;

	(void)state;
	json_get_text(object, "text", text, sizeof text);
	assert_string_equal(text, "\xE6\xB5\xB7"); /* cut after a whole character */
	json_get_text(object, "number", text, sizeof text);
	assert_string_equal(text, "");
	json_get_text(object, "missing", text, sizeof text);
	assert_string_equal(text, "");
	assert_true(json_get_instant(object, "night", &when));
	assert_int_equal(when, NIGHT);
	assert_false(json_get_instant(object, "nonsense", &when));
	assert_false(json_get_instant(object, "number", &when));
	assert_false(json_get_instant(object, "missing", &when));
	when = 0; /* as in a record that was all zero */
	assert_true(json_get_instant(object, "never", &when));
	assert_int_equal(when, 0);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_in_their_order),
		cmocka_unit_test(a_line_that_does_not_fit_is_not_begun),
		cmocka_unit_test(values_are_read_only_if_they_are_of_their_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
