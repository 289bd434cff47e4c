/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/prefix_list.h"

#include <errno.h>
#include <stdint.h>

static void a_prefix_is_one_to_fifteen_digits(void **state)
{
	static const struct {
		const char *prefix;
		size_t size;
	} cases[] = {
		{"", 0},
		{"1", 1},
		{"01", 2},
		{"1-246", 4},
		{"-", 0},
		{"123456789012345", 15},
		{"1234567890123456", 0},
		{"+1", 0},
		{"1 2", 0},
		{"12a", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct prefix_list *list = prefix_list_new(1);
		assert_int_equal(prefix_size(text_of(cases[i].prefix)), cases[i].size);
		assert_int_equal(prefix_list_add(list, text_of(cases[i].prefix), "v"),
			cases[i].size > 0 ? 0 : -EINVAL);
		prefix_list_free(list);
	}
}

static void what_is_there_stays(void **state)
{
	struct prefix_list *list = prefix_list_new(4);
	size_t size = 77;

	(void)state;
	assert_null(prefix_list_find(list, TEXT("1246"), &size));
	assert_int_equal(size, 77);
	assert_int_equal(prefix_list_add(list, TEXT("1-246"), "old"), 0);
	assert_int_equal(prefix_list_add(list, TEXT("1246"), "new"), -EEXIST);
	assert_int_equal(prefix_list_count(list), 1);
	assert_string_equal(prefix_list_find(list, TEXT("12465550123"), &size), "old");
	assert_int_equal(size, 4);
	prefix_list_free(list);
	prefix_list_free(NULL);
}

/* Random prefixes, many or a few, and numbers of few different digits against a plain list of all prefixes.
 */
static void the_longest_prefix_wins(void **state)
{
	static char prefixes[400][PREFIX_DIGITS_MAX + 1];
	unsigned random = 1;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct prefix_list *list = prefix_list_new(sizeof(uint32_t));
		uint32_t count = 0;
		for (int i = 0; i < (round % 2 == 0 ? 400 : 3); i++) {
			char *prefix = prefixes[count];
			random = random * 1103515245 + 12345;
			size_t size = 1 + (random >> 16) % PREFIX_DIGITS_MAX;
			for (size_t n = 0; n < size; n++) {
				random = random * 1103515245 + 12345;
				prefix[n] = (char)('0' + (random >> 20) % 2);
			}
			prefix[size] = '\0';
			if (prefix_list_add(list, text_of(prefix), &count) == 0) {
				count++;
			}
		}
		assert_int_equal(prefix_list_count(list), count);
		for (int i = 0; i < 400; i++) {
			char number[21];
			size_t digits = 1 + (unsigned)i % 20;
			for (size_t n = 0; n < digits; n++) {
				random = random * 1103515245 + 12345;
				number[n] = (char)('0' + (random >> 20) % 2);
			}
			number[digits] = '\0';
			size_t size = 0, longest = 0;
			uint32_t expected = UINT32_MAX;
			for (uint32_t n = 0; n < count; n++) {
				if (strlen(prefixes[n]) > longest &&
					text_begins(text_of(number), text_of(prefixes[n]))) {
					longest = strlen(prefixes[n]);
					expected = n;
				}
			}
			const uint32_t *found = prefix_list_find(list, text_of(number), &size);
			assert_int_equal(found == NULL ? UINT32_MAX : *found, expected);
			assert_int_equal(size, longest);
		}
		prefix_list_free(list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_is_one_to_fifteen_digits),
		cmocka_unit_test(what_is_there_stays),
		cmocka_unit_test(the_longest_prefix_wins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
