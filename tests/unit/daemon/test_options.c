/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/options.h"

#include <getopt.h>

#define ARGUMENTS_MAX 8

static enum options_result read(const char *const *arguments, struct options *options)
{
	static char copies[ARGUMENTS_MAX][64];
	char *argv[ARGUMENTS_MAX + 2] = {(char[]){"pbxguard"}};
	int argc = 1;

	for (; arguments[argc - 1] != NULL; argc++) {
		argv[argc] = strcpy(copies[argc - 1], arguments[argc - 1]);
	}
	optind = 0; /* glibc: begin anew */
	return options_read(argc, argv, options);
}

static void each_option_is_taken(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(
		read((const char *const[]){"-c", "a.conf", "-i", "eth0", "--interface=eth1", "-v", NULL},
			&options),
		OPTIONS_GO_ON);
	assert_string_equal(options.config, "a.conf");
	assert_int_equal(options.interface_count, 2);
	assert_string_equal(options.interfaces[1], "eth1");
	assert_true(options.verbose);
	assert_false(options.has_format);
	assert_int_equal(
		read((const char *const[]){"-r", "-", "-r", "b", "-o", "json", "--stats", NULL}, &options),
		OPTIONS_GO_ON);
	assert_int_equal(options.file_count, 2);
	assert_string_equal(options.files[0], "-");
	assert_int_equal(options.format, ALERT_FORMAT_JSON);
	assert_true(options.stats);
	assert_int_equal(
		read((const char *const[]){"--check-number", "110", "--caller", "1001", "--at", "x", NULL},
			&options),
		OPTIONS_GO_ON);
	assert_string_equal(options.check_number, "110");
	assert_false(options.print_firewall);
	assert_int_equal(read((const char *const[]){"--print-firewall", "-c", "a.conf", NULL}, &options),
		OPTIONS_GO_ON);
	assert_true(options.print_firewall);
}

static void wrong_usage_is_told(void **state)
{
	static const char *const cases[][ARGUMENTS_MAX] = {
		{"--nonsense"},
		{"-r"},
		{"-r", ""},
		{"-o", "xml", "-r", "a"},
		{"capture.pcap"},
		{"-r", "a", "-i", "eth0"},
		{"--check-config", "-r", "a"},
		{"--caller", "1001"},
		{"--at", "2026-07-20 02:13"},
		{"--stats"},
		{"--print-firewall", "--check-config"},
		{"--print-firewall", "-o", "json"},
		{"--print-firewall", "--monitor"},
	};
	struct options options;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (read(cases[i], &options) != OPTIONS_WRONG) {
			fail_msg("%s was taken", cases[i][0]);
		}
	}
}

static void help_and_version_are_asked_for(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(read((const char *const[]){"-h", NULL}, &options), OPTIONS_HELP);
	assert_int_equal(read((const char *const[]){"--version", NULL}, &options), OPTIONS_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_is_taken),
		cmocka_unit_test(wrong_usage_is_told),
		cmocka_unit_test(help_and_version_are_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
