/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/instant.h"
#include "pbxguard/base/setting.h"

struct inner {
	uint32_t limit;
};

struct outer {
	bool on;
	uint32_t number;
	duration window;
	char name[8];
	int choice;
	size_t port_count;
	uint32_t ports[4];
	size_t file_count;
	char files[2][16];
	struct inner inner;
};

static const char *const choices[] = {"first", "second", NULL};
static const struct setting inner_list[] = {
	{.name = "limit", .type = SETTING_NUMBER, .offset = offsetof(struct inner, limit), .initial = "7"},
};
static const struct setting_table inner_table = SETTING_TABLE(inner_list);
static const struct setting outer_list[] = {
	{.name = "on", .type = SETTING_BOOLEAN, .offset = offsetof(struct outer, on), .initial = "true"},
	{.name = "number", .type = SETTING_NUMBER, .offset = offsetof(struct outer, number), .initial = "42"},
	{.name = "window",
		.type = SETTING_DURATION,
		.offset = offsetof(struct outer, window),
		.initial = "12h"},
	{.name = "name",
		.type = SETTING_TEXT,
		.offset = offsetof(struct outer, name),
		.size = 8,
		.initial = "pbx"},
	{.name = "choice",
		.type = SETTING_CHOICE,
		.offset = offsetof(struct outer, choice),
		.choices = choices,
		.initial = "second"},
	{.name = "ports",
		.type = SETTING_NUMBERS,
		.offset = offsetof(struct outer, ports),
		.capacity = 4,
		.count_offset = offsetof(struct outer, port_count),
		.initial = "5060, 5080"},
	{.name = "files",
		.type = SETTING_TEXTS,
		.offset = offsetof(struct outer, files),
		.size = 16,
		.capacity = 2,
		.count_offset = offsetof(struct outer, file_count),
		.initial = "a.csv,b.csv"},
	{.name = "inner",
		.type = SETTING_GROUP,
		.offset = offsetof(struct outer, inner),
		.group = &inner_table},
};
static const struct setting_table outer_table = SETTING_TABLE(outer_list);

static void every_type_has_its_default(void **state)
{
	struct outer outer = {0};

	(void)state;
	setting_defaults(&outer_table, &outer);
	assert_true(outer.on);
	assert_int_equal(outer.number, 42);
	assert_int_equal(outer.window, 12 * HOUR);
	assert_string_equal(outer.name, "pbx");
	assert_int_equal(outer.choice, 1);
	assert_int_equal(outer.port_count, 2);
	assert_int_equal(outer.ports[1], 5080);
	assert_int_equal(outer.file_count, 2);
	assert_string_equal(outer.files[1], "b.csv");
	assert_int_equal(outer.inner.limit, 7);
}

static void a_setting_is_found_by_its_whole_name(void **state)
{
	(void)state;
	assert_ptr_equal(setting_find(&outer_table, TEXT("window")), &outer_list[2]);
	assert_null(setting_find(&outer_table, TEXT("windo")));
	assert_null(setting_find(&outer_table, TEXT("windows")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_has_its_default),
		cmocka_unit_test(a_setting_is_found_by_its_whole_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
