/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against the kernel's own tables, in a network namespace of the test's own. */
#include "../test.h"

#include "pbxguard/daemon/firewall_watch.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static bool has_namespace;

/* Does this shell line succeed? */
static bool does(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool does(const char *format, ...)
{
	char command[1024], line[1100];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	snprintf(line, sizeof line, "PATH=$PATH:/usr/sbin:/sbin\n{ %s\n} >/dev/null 2>&1", command);
	return system(line) == 0; /* NOLINT(cert-env33-c): a test's own command */
}

/* Rules as pbxguard-firewall lays them, as far as it matters here. program: "iptables", "ip6tables-legacy".
 */
static bool lay(const char *program)
{
	return does("%s-restore --noflush <<-'RULES'\n"
		    "*security\n"
		    ":PBXGUARD-IN - [0:0]\n:PBXGUARD-OUT - [0:0]\n:PBXGUARD-FORWARD - [0:0]\n"
		    "-A PBXGUARD-IN -m mark --mark 0x5150 -j RETURN\n"
		    "-A PBXGUARD-IN -p udp --dport 5060 -j NFQUEUE --queue-num 5 --queue-bypass\n"
		    "-A PBXGUARD-OUT -p udp --dport 5060 -j NFQUEUE --queue-num 5 --queue-bypass\n"
		    "-A PBXGUARD-FORWARD -p udp --dport 5060 -j NFQUEUE --queue-num 5 --queue-bypass\n"
		    "-A INPUT -p udp --sport 53 -j ACCEPT\n"
		    "-A INPUT -j PBXGUARD-IN\n-A OUTPUT -j PBXGUARD-OUT\n-A FORWARD -j PBXGUARD-FORWARD\n"
		    "COMMIT\nRULES\n",
		program);
}

static void clear(void)
{
	static const char *const programs[] = {
		"iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"};

	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		(void)does("%s -t security -F; %s -t security -X", programs[i], programs[i]);
	}
}

/* As a user without root, one's own user namespace gives what is needed. */
static int enter_namespace(void **state)
{
	(void)state;
	has_namespace = (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) &&
			does("iptables-nft -t security -S && ip6tables-nft -t security -S");
	return 0;
}

static struct firewall_watch *watch_rules(void)
{
	if (!has_namespace) {
		skip();
	}
	clear();
	assert_true(lay("iptables-nft"));
	assert_true(lay("ip6tables-nft"));
	struct firewall_watch *watch = firewall_watch_new();
	assert_non_null(watch);
	(void)firewall_watch_read(watch);
	return watch;
}

/* Within a second. */
static bool is_told(const struct firewall_watch *watch)
{
	struct pollfd waiting = {.fd = firewall_watch_descriptor(watch), .events = POLLIN};

	return poll(&waiting, 1, 1000) == 1;
}

static void without_rules_there_is_nothing_to_watch(void **state)
{
	(void)state;
	if (!has_namespace) {
		skip();
	}
	clear();
	assert_null(firewall_watch_new());
	assert_int_equal(errno, ENOENT);
	assert_true(lay("ip6tables-nft")); /* of IPv6 alone: half of a job */
	assert_null(firewall_watch_new());
	assert_int_equal(errno, ENOENT);
}

static void what_others_take_away_is_told_at_once(void **state)
{
	static const struct {
		const char *command, *why;
	} cases[] = {
		{"iptables-nft -t security -F INPUT", "nothing leads to PBXGUARD-IN (IPv4) any more"},
		{"iptables-nft -t security -F",
			"nothing leads to the queue from PBXGUARD-IN (IPv4) any more"},
		{"iptables-nft -t security -D OUTPUT -j PBXGUARD-OUT",
			"nothing leads to PBXGUARD-OUT (IPv4) any more"},
		{"iptables-nft -t security -F PBXGUARD-FORWARD",
			"nothing leads to the queue from PBXGUARD-FORWARD (IPv4) any more"},
		{"iptables-nft -t security -D PBXGUARD-IN 2",
			"nothing leads to the queue from PBXGUARD-IN (IPv4) any more"},
		{"printf '*security\\n-A INPUT -s 192.0.2.1 -j ACCEPT\\nCOMMIT\\n' | iptables-nft-restore",
			"nothing leads to the queue from PBXGUARD-IN (IPv4) any more"},
		{"ip6tables-nft -t security -F FORWARD", "nothing leads to PBXGUARD-FORWARD (IPv6) any more"},
		{"nft flush ruleset || { iptables-nft -t security -F; iptables-nft -t security -X; }",
			"nothing leads to the queue from PBXGUARD-IN (IPv4) any more"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct firewall_watch *watch = watch_rules();
		char why[FIREWALL_WHY_SIZE] = "";
		assert_int_equal(firewall_watch_check(watch, why), FIREWALL_IN_PLACE);
		assert_true(does("%s", cases[i].command));
		assert_true(is_told(watch));
		assert_true(firewall_watch_read(watch));
		assert_int_equal(firewall_watch_check(watch, why), FIREWALL_GONE);
		assert_string_equal(why, cases[i].why);
		firewall_watch_free(watch);
	}
}

static void what_others_do_with_their_own_rules_is_none_of_ours(void **state)
{
	char why[FIREWALL_WHY_SIZE];

	(void)state;
	struct firewall_watch *watch = watch_rules();
	assert_true(does("iptables-nft -A INPUT -s 192.0.2.9 -j DROP"));
	assert_true(is_told(watch));
	assert_false(firewall_watch_read(watch));
	assert_true(does("iptables-nft -F INPUT && iptables-nft -N OTHER && iptables-nft -X OTHER"));
	assert_true(is_told(watch));
	assert_false(firewall_watch_read(watch));
	assert_true(does("iptables-nft -t security -D INPUT -p udp --sport 53 -j ACCEPT"));
	assert_true(is_told(watch));
	assert_true(firewall_watch_read(watch));
	assert_int_equal(firewall_watch_check(watch, why), FIREWALL_IN_PLACE);
	firewall_watch_free(watch);
}

/* pbxguard-firewall install, run by hand: one transaction takes all away and lays it again. */
static void rules_laid_again_are_in_place(void **state)
{
	char why[FIREWALL_WHY_SIZE];

	(void)state;
	struct firewall_watch *watch = watch_rules();
	assert_true(lay("iptables-nft"));
	assert_true(is_told(watch));
	assert_true(firewall_watch_read(watch));
	assert_int_equal(firewall_watch_check(watch, why), FIREWALL_IN_PLACE);
	firewall_watch_free(watch);
}

static void a_host_without_ipv6_rules_is_watched_for_ipv4(void **state)
{
	char why[FIREWALL_WHY_SIZE];

	(void)state;
	firewall_watch_free(watch_rules());
	clear();
	assert_true(lay("iptables-nft"));
	struct firewall_watch *watch = firewall_watch_new();
	assert_non_null(watch);
	assert_int_equal(firewall_watch_check(watch, why), FIREWALL_IN_PLACE);
	firewall_watch_free(watch);
}

/* More rules than one piece of an answer takes. */
static void many_rules_of_others_hide_none_of_ours(void **state)
{
	char why[FIREWALL_WHY_SIZE];

	(void)state;
	struct firewall_watch *watch = watch_rules();
	assert_true(
		does("{ echo '*security'; for i in $(seq 2000); do echo \"-I INPUT -s 192.0.2.$((i %% 250)) "
		     "-j ACCEPT\"; done; echo COMMIT; } | iptables-nft-restore --noflush"));
	assert_int_equal(firewall_watch_check(watch, why), FIREWALL_IN_PLACE);
	assert_true(does("iptables-nft -t security -D INPUT -j PBXGUARD-IN"));
	assert_true(firewall_watch_read(watch));
	assert_int_equal(firewall_watch_check(watch, why), FIREWALL_GONE);
	firewall_watch_free(watch);
}

static void rules_of_the_old_kind_are_asked_for(void **state)
{
	static const struct {
		const char *command, *why;
	} cases[] = {
		{"iptables-legacy -t security -F INPUT", "nothing leads to PBXGUARD-IN (IPv4) any more"},
		{"iptables-legacy -t security -F PBXGUARD-FORWARD",
			"nothing leads to the queue from PBXGUARD-FORWARD (IPv4) any more"},
		{"iptables-legacy -t security -F && iptables-legacy -t security -X",
			"nothing leads to the queue from PBXGUARD-IN (IPv4) any more"},
		{"ip6tables-legacy -t security -D OUTPUT -j PBXGUARD-OUT",
			"nothing leads to PBXGUARD-OUT (IPv6) any more"},
	};
	char why[FIREWALL_WHY_SIZE];

	(void)state;
	if (!has_namespace || !does("iptables-legacy -t security -S && ip6tables-legacy -t security -S")) {
		skip();
	}
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		clear();
		assert_true(lay("iptables-legacy"));
		assert_true(lay("ip6tables-legacy"));
		struct firewall_watch *watch = firewall_watch_new();
		assert_non_null(watch);
		assert_int_equal(firewall_watch_descriptor(watch), -1);
		assert_false(firewall_watch_read(watch));
		assert_int_equal(firewall_watch_check(watch, why), FIREWALL_IN_PLACE);
		assert_true(does("%s", cases[i].command));
		assert_int_equal(firewall_watch_check(watch, why), FIREWALL_GONE);
		assert_string_equal(why, cases[i].why);
		firewall_watch_free(watch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_rules_there_is_nothing_to_watch),
		cmocka_unit_test(what_others_take_away_is_told_at_once),
		cmocka_unit_test(what_others_do_with_their_own_rules_is_none_of_ours),
		cmocka_unit_test(rules_laid_again_are_in_place),
		cmocka_unit_test(a_host_without_ipv6_rules_is_watched_for_ipv4),
		cmocka_unit_test(many_rules_of_others_hide_none_of_ours),
		cmocka_unit_test(rules_of_the_old_kind_are_asked_for),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
