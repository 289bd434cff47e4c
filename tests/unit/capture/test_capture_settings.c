/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/capture/capture_settings.h"

static void all_interfaces_and_sixteen_mebibytes_are_the_default(void **state)
{
	struct capture_settings settings = {0};

	(void)state;
	setting_defaults(&capture_settings, &settings);
	assert_int_equal(settings.interface_count, 1);
	assert_string_equal(settings.interfaces[0], "any");
	assert_int_equal(settings.port_count, 0);
	assert_int_equal(settings.buffer, 16);
	assert_true(settings.promiscuous);
	assert_false(settings.tunnels);
}

static void an_interface_has_a_name_that_can_be_one(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {{"eth0", true}, {"any", true}, {"br-lan.100", true}, {"", false}, {"eth0 eth1", false},
		{"a/b", false}};
	const struct setting *interfaces = setting_find(&capture_settings, TEXT("interfaces"));
	char why[SETTING_CHECK_TEXT_SIZE];

	(void)state;
	assert_non_null(interfaces);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(interfaces->check(text_of(cases[i].name), why), cases[i].good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_interfaces_and_sixteen_mebibytes_are_the_default),
		cmocka_unit_test(an_interface_has_a_name_that_can_be_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
