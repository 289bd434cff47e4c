/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "../../../src/daemon/queue_guard.c"

static void only_udp_is_surely_no_tcp(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[40];
		size_t size;
		bool may_be;
	} cases[] = {
		{"UDP by IPv4", {[0] = 0x45, [9] = IPPROTO_UDP}, 28, false},
		{"TCP by IPv4", {[0] = 0x45, [9] = IPPROTO_TCP}, 40, true},
		{"a tunnel by IPv4", {[0] = 0x45, [9] = IPPROTO_GRE}, 40, true},
		{"IPv4 with 17 where IPv6 names what follows", {[0] = 0x45, [6] = 17, [9] = IPPROTO_TCP}, 40,
			true},
		{"UDP by IPv6", {[0] = 0x60, [6] = IPPROTO_UDP}, 40, false},
		{"TCP by IPv6", {[0] = 0x60, [6] = IPPROTO_TCP}, 40, true},
		{"TCP by IPv6 with 17 in its source", {[0] = 0x60, [6] = IPPROTO_TCP, [9] = 17}, 40, true},
		{"a fragment of IPv6", {[0] = 0x60, [6] = IPPROTO_FRAGMENT}, 40, true},
		{"IPv6 with options", {[0] = 0x60, [6] = IPPROTO_HOPOPTS}, 40, true},
		{"neither", {[0] = 0x50, [6] = 17, [9] = 17}, 40, true},
		{"less than what says so", {[0] = 0x45}, 9, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct packet packet = {.bytes = cases[i].bytes, .captured = cases[i].size};

		if (may_be_tcp(&packet) != cases[i].may_be) {
			fail_msg("%s", cases[i].name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_udp_is_surely_no_tcp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
