/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/host_facts.h"

#include <arpa/inet.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has(const struct network_set *set, const char *text)
{
	struct address address;

	assert_true(address_parse(text_of(text), &address));
	return network_set_contains(set, &address);
}

static void gateways_of_routes_that_are_up_are_known(void **state)
{
	struct network_set set = {0};
	char text[1024];

	(void)state;
	/* The kernel prints the number as it lies in memory. */
	snprintf(text, sizeof text,
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
		"eth0\t00000000\t%08X\t0003\t0\t0\t100\t00000000\t0\t0\t0 \n"
		"eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
		"eth1\t00000000\t%08X\t0002\t0\t0\t100\t00000000\t0\t0\t0\n"
		"tun0\t0000000A\t%08X\t0007\t0\t0\t100\t000000FF\t0\t0\t0\n"
		"odd\t1\n",
		htonl(0xC0000201), htonl(0xC0000202), htonl(0xCB007105));
	assert_true(host_facts_add_ipv4_gateways(&set, text_of(text)));
	/* htonl is the swap on the hosts where there is one; "%08X" of it is what the kernel prints. */
	assert_int_equal(set.count, 2);
	assert_true(has(&set, "192.0.2.1"));
	assert_true(has(&set, "203.0.113.5"));
}

static void ipv6_next_hops_are_known(void **state)
{
	static const char text[] =
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"20010db8000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
		"20010db8000000000000000000000000 40 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
		"short line\n";
	struct network_set set = {0};

	(void)state;
	assert_true(host_facts_add_ipv6_gateways(&set, text_of(text)));
	assert_int_equal(set.count, 1);
	assert_true(has(&set, "2001:db8::1"));
}

static void resolvers_are_known(void **state)
{
	static const char text[] =
		"# nameserver 192.0.2.9\nnameserver 192.0.2.53\n\tnameserver   2001:db8::53 \n"
		"nameserver fe80::1%eth0\nnameservers 192.0.2.8\nsearch a\nnameserver\nnameserver "
		"x\nnameserver 192.0.2.53";
	struct network_set set = {0};

	(void)state;
	assert_true(host_facts_add_resolvers(&set, text_of(text)));
	assert_int_equal(set.count, 3);
	assert_true(has(&set, "192.0.2.53"));
	assert_true(has(&set, "2001:db8::53"));
	assert_true(has(&set, "fe80::1"));
}

static void a_full_set_is_told(void **state)
{
	struct network_set set = {.count = NETWORK_SET_MAX};

	(void)state;
	assert_false(host_facts_add_resolvers(&set, TEXT("nameserver 192.0.2.53\n")));
}

static void this_hosts_are_read(void **state)
{
	struct network_set set = {.count = 5};

	(void)state;
	assert_int_equal(host_facts_read(&set), 0);
	assert_true(has(&set, "127.0.0.1"));
}

/* As systemd's ProcSubset=pid shows it. False: this test may not mount. */
static bool see_processes_only(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", "", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("proc", "/proc", "proc", 0, "subset=pid") == 0;
}

static void a_service_that_sees_processes_only_knows_as_much(void **state)
{
	static struct network_set before, after;

	(void)state;
	assert_int_equal(host_facts_read(&before), 0);
	pid_t child = fork();
	if (child == 0) {
		if (!see_processes_only()) {
			_exit(77);
		}
		bool is_hidden = access("/proc/net/route", F_OK) != 0;
		_exit(is_hidden && host_facts_read(&after) == 0 && after.count == before.count ? 0 : 1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WEXITSTATUS(status) == 77) {
		print_message("needs root, and a kernel that mounts /proc with subset=pid\n");
		skip();
	}
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateways_of_routes_that_are_up_are_known),
		cmocka_unit_test(ipv6_next_hops_are_known),
		cmocka_unit_test(resolvers_are_known),
		cmocka_unit_test(a_full_set_is_told),
		cmocka_unit_test(this_hosts_are_read),
		cmocka_unit_test(a_service_that_sees_processes_only_knows_as_much),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
