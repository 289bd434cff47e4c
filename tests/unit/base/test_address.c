/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/address.h"

static void networks_contain_their_addresses_only(void **state)
{
	static const struct {
		const char *network, *address;
		bool contains;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"203.0.113.0/28", "203.0.113.15", true},
		{"203.0.113.0/28", "203.0.113.16", false},
		{"198.51.100.7", "198.51.100.7", true},
		{"198.51.100.7", "198.51.100.8", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"2001:db8::/32", "2001:db8:ffff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"::ffff:192.0.2.1", "192.0.2.1", true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct network network;
		struct address address;
		assert_true(network_parse(text_of(cases[i].network), &network));
		assert_true(address_parse(text_of(cases[i].address), &address));
		assert_int_equal(network_contains(&network, &address), cases[i].contains);
	}
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const cases[] = {"", "192.0.2.0/33", "192.0.2.1/24", "192.0.2", "192.0.2.0/",
		"192.0.2.0/-1", "2001:db8::/129", "2001:db8::1/64", "localhost", "192.0.2.1:5060",
		"192.0.2.0/24/24"};
	struct network network;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_false(network_parse(text_of(cases[i]), &network));
	}
}

static void endpoints_are_shown_with_brackets_for_ipv6(void **state)
{
	char buffer[ENDPOINT_TEXT_SIZE], network_buffer[NETWORK_TEXT_SIZE];
	struct endpoint endpoint = {.port = 5060};
	struct network network;

	(void)state;
	assert_true(address_parse(TEXT("198.51.100.66"), &endpoint.address));
	assert_string_equal(endpoint_format(&endpoint, buffer), "198.51.100.66:5060");
	assert_true(address_parse(TEXT("2001:db8::1"), &endpoint.address));
	assert_string_equal(endpoint_format(&endpoint, buffer), "[2001:db8::1]:5060");
	assert_true(network_parse(TEXT("2001:db8::/32"), &network));
	assert_string_equal(network_format(&network, network_buffer), "2001:db8::/32");
	assert_true(network_parse(TEXT("192.0.2.1/32"), &network));
	assert_string_equal(network_format(&network, network_buffer), "192.0.2.1");
}

static void addresses_are_shown_as_they_are_written(void **state)
{
	static const char *const cases[] = {"0.0.0.0", "9.10.99.100", "199.200.249.255", "255.255.255.255",
		"::", "2001:db8::10", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
	const struct address none = {0};
	char buffer[ADDRESS_TEXT_SIZE];
	struct address address;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(address_parse(text_of(cases[i]), &address));
		assert_string_equal(address_format(&address, buffer), cases[i]);
	}
	for (unsigned byte = 0; byte < 256; byte++) {
		char expected[ADDRESS_TEXT_SIZE];
		const uint8_t bytes[] = {(uint8_t)byte, 0, (uint8_t)(255 - byte), (uint8_t)byte};
		address = address_ipv4(bytes);
		snprintf(expected, sizeof expected, "%u.0.%u.%u", byte, 255 - byte, byte);
		assert_string_equal(address_format(&address, buffer), expected);
	}
	assert_string_equal(address_format(&none, buffer), "");
}

static void networks_overlap_where_one_is_within_the_other(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.7", true},
		{"192.0.2.0/24", "192.0.0.0/16", true},
		{"192.0.2.0/25", "192.0.2.128/25", false},
		{"192.0.2.0/24", "2001:db8::/32", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"::/0", "203.0.113.9", false},
		{"2001:db8::/32", "2001:db8:1::1", true},
	};
	struct network a, b;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct network_set set = {0};
		assert_true(network_parse(text_of(cases[i].a), &a) && network_parse(text_of(cases[i].b), &b));
		assert_int_equal(network_overlaps(&a, &b), cases[i].overlap);
		assert_int_equal(network_overlaps(&b, &a), cases[i].overlap);
		assert_false(network_set_overlaps(&set, &b));
		network_set_add(&set, &a);
		assert_int_equal(network_set_overlaps(&set, &b), cases[i].overlap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_contain_their_addresses_only),
		cmocka_unit_test(networks_overlap_where_one_is_within_the_other),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(addresses_are_shown_as_they_are_written),
		cmocka_unit_test(endpoints_are_shown_with_brackets_for_ipv6),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
