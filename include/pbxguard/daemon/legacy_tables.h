/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of iptables-legacy, as the kernel gives them to whoever has CAP_NET_ADMIN. */
#ifndef PBXGUARD_DAEMON_LEGACY_TABLES_H
#define PBXGUARD_DAEMON_LEGACY_TABLES_H

#include <stdbool.h>

struct legacy_chain {
	bool is_led_to; /* a rule of the hook jumps to it */
	bool has_target;
};

/*
 * Looks for a chain in a table of this family (AF_INET, AF_INET6): does the chain of that hook (enum
 * nf_inet_hooks) jump to it, and has it a rule with this target ("NFQUEUE")? -errno: -ENOENT for no such
 * table, -EPERM, -EAGAIN when the rules changed meanwhile. Takes the table's size of memory for a moment.
 */
int legacy_tables_look(int family, const char *table, unsigned int hook, const char *chain,
	const char *target, struct legacy_chain *found);

#endif
