/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches that the rules which pbxguard-firewall laid are still there: a reload of another firewall takes
 * them away, and then SIP goes by unread. iptables is nf_tables on most hosts, which tells of each change;
 * where it is iptables-legacy, the kernel tells nothing and has to be asked from time to time. Needs
 * CAP_NET_ADMIN, at each question. No packet is waited for; a question takes well under a millisecond, but
 * longer while iptables-legacy is at work, so it is none for the packet thread.
 */
#ifndef PBXGUARD_DAEMON_FIREWALL_WATCH_H
#define PBXGUARD_DAEMON_FIREWALL_WATCH_H

#include <stdbool.h>

struct firewall_watch; /* opaque; made by firewall_watch_new */

#define FIREWALL_WHY_SIZE 96 /* bytes with the NUL */

enum firewall_state {
	FIREWALL_IN_PLACE,
	FIREWALL_GONE,    /* a chain of ours, the rule that leads to it, or what leads from it to the queue */
	FIREWALL_UNKNOWN, /* the kernel did not answer, or the rules changed meanwhile: ask again */
};

/*
 * Finds the rules, of IPv4 and, where it has some, of IPv6, and watches these. NULL with errno: ENOENT when
 * there are none for IPv4, EPERM without the capability.
 */
struct firewall_watch *firewall_watch_new(void);
void firewall_watch_free(struct firewall_watch *watch); /* NULL is fine */

/* Readable when somebody has changed the rules of nf_tables; -1 with iptables-legacy. Borrowed. */
int firewall_watch_descriptor(const struct firewall_watch *watch);

/*
 * Takes what waits at the descriptor, without waiting for more. True when rules or chains of our table were
 * taken away, or events were lost: then ask.
 */
bool firewall_watch_read(struct firewall_watch *watch);

/* Asks the kernel. why is a clause ("nothing leads to PBXGUARD-IN (IPv4) any more") unless all is in place.
 */
enum firewall_state firewall_watch_check(struct firewall_watch *watch, char why[static FIREWALL_WHY_SIZE]);

#endif
