/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host needs to live and the firewall must never keep out: its own addresses, its gateways, its
 * resolvers. They change while it runs (DHCP, a VPN, a laptop that moves), so the slow thread reads them anew
 * every HOST_FACTS_EVERY and hands the set to who asks it (policy_set_host).
 *
 * Reads files, so not in the packet thread. Allocates nothing but what getifaddrs does.
 */
#ifndef PBXGUARD_DAEMON_HOST_FACTS_H
#define PBXGUARD_DAEMON_HOST_FACTS_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/text.h"

#include <stddef.h>

#define HOST_FACTS_EVERY (1 * MINUTE)

/*
 * Empties the set and adds them all. What can't be read is left out: 0, or the -errno of the last file that
 * is there and could not be read; -ENOSPC when the set is full.
 */
int host_facts_read(struct network_set *set);

/* ---- its parts, for tests: each adds to the set what the text of a file says; false when the set is full */

/* /proc/self/net/route (proc(5)): gateways of routes that are up; hexadecimal, in the host's byte order. */
bool host_facts_add_ipv4_gateways(struct network_set *set, struct text text);
/* /proc/self/net/ipv6_route: the next hops; 32 hexadecimal digits. */
bool host_facts_add_ipv6_gateways(struct network_set *set, struct text text);
/* resolv.conf(5): nameserver lines; also /run/systemd/resolve/resolv.conf, which has those behind 127.0.0.53.
 */
bool host_facts_add_resolvers(struct network_set *set, struct text text);

#endif
