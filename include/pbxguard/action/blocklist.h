/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's sets of blocked sources: two ipsets of type hash:net with time-outs, for IPv4 and IPv6.
 * Packets from what is in them are dropped before anybody looks at them. The sets are made by
 * pbxguard-firewall; here entries come and go, by netlink (libmnl), without another program. Needs
 * CAP_NET_ADMIN.
 *
 * The kernel answers within the call; should it ever not, half a second is waited, so this belongs on the
 * slow thread.
 */
#ifndef PBXGUARD_ACTION_BLOCKLIST_H
#define PBXGUARD_ACTION_BLOCKLIST_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"

#include <stddef.h>

#define BLOCKLIST_SET4 "pbxguard4"
#define BLOCKLIST_SET6 "pbxguard6"
#define BLOCKLIST_TIME_MAX (2147483 * SECOND) /* IPSET_MAX_TIMEOUT of linux/netfilter/ipset/ip_set.h */
#define BLOCKLIST_WHY_SIZE 160

enum blocklist_result {
	BLOCKLIST_DONE,
	BLOCKLIST_NOT_THERE, /* of remove: there is no such entry */
	BLOCKLIST_NO_SET,
	BLOCKLIST_FULL,
	BLOCKLIST_NOT_PERMITTED,
	BLOCKLIST_NO_IPSET, /* the kernel has none */
	BLOCKLIST_FAILED,   /* anything else: why says it */
};

struct blocklist; /* opaque; made by blocklist_new */

/* Asks the kernel for nothing yet. NULL when there is no memory. */
struct blocklist *blocklist_new(void);
void blocklist_free(struct blocklist *blocklist);

/*
 * Each writes to why, on any result but BLOCKLIST_DONE, what could not be done and what helps: a sentence
 * without its full stop. A network of length 0 is refused (BLOCKLIST_FAILED), as the kernel does.
 */

/* Blocks it for so long from now on, also when it is there already. At least a second, at most
 * BLOCKLIST_TIME_MAX; other times become the nearest of these. */
enum blocklist_result blocklist_add(struct blocklist *blocklist, const struct network *network, duration time,
	char why[static BLOCKLIST_WHY_SIZE]);
enum blocklist_result blocklist_remove(
	struct blocklist *blocklist, const struct network *network, char why[static BLOCKLIST_WHY_SIZE]);

#endif
