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
	assert_true(settings.silence == 1 * HOUR);
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

/* A reload opens the interfaces anew where these differ, and only there. */
static void settings_are_equal_unless_the_interface_would_differ(void **state)
{
	struct capture_settings a = {0}, b = {0};

	(void)state;
	setting_defaults(&capture_settings, &a);
	setting_defaults(&capture_settings, &b);
	assert_true(capture_settings_equal(&a, &b));
	b.silence = 0;
	assert_true(capture_settings_equal(&a, &b));
	b.tunnels = true;
	assert_false(capture_settings_equal(&a, &b));
	b = a;
	b.promiscuous = false;
	assert_false(capture_settings_equal(&a, &b));
	b = a;
	b.buffer++;
	assert_false(capture_settings_equal(&a, &b));
	b = a;
	b.ports[b.port_count++] = 5070;
	assert_false(capture_settings_equal(&a, &b));
	a = b;
	b.ports[0]++;
	assert_false(capture_settings_equal(&a, &b));
	b = a;
	b.interfaces[0][0] = 'b';
	assert_false(capture_settings_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_interfaces_and_sixteen_mebibytes_are_the_default),
		cmocka_unit_test(an_interface_has_a_name_that_can_be_one),
		cmocka_unit_test(settings_are_equal_unless_the_interface_would_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
