/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changes on this host behind our back, looked at on the slow thread as its guest: whether the firewall
 * still leads SIP to the queue, and the addresses that the host needs to live. The packet thread asks what
 * was seen.
 */
#ifndef PBXGUARD_DAEMON_HOST_WATCH_H
#define PBXGUARD_DAEMON_HOST_WATCH_H

#include "pbxguard/base/address.h"
#include "pbxguard/base/log.h"
#include "pbxguard/daemon/control_desk.h"
#include "pbxguard/daemon/slow_thread.h"

#include <stdbool.h>

struct host_watch; /* opaque; made by host_watch_new */

/* log is the slow thread's. NULL when the firewall has no rules of ours, or can't be asked: said. */
struct host_watch *host_watch_new(const struct log *log);
void host_watch_free(struct host_watch *watch); /* after the end of the thread that it moved in with */

/* Moves in with the thread. Still the caller's to free. */
void host_watch_move_in(struct host_watch *watch, struct slow_thread *thread);

/* On the packet thread: has the firewall lost our rules? It was logged. */
bool host_watch_lost_rules(const struct host_watch *watch);
/* On the packet thread: true, and the addresses, when they were read since it was asked last. */
bool host_watch_take_addresses(struct host_watch *watch, struct network_set *addresses);

/* A control_desk_never: on the slow thread only. */
bool host_watch_is_never(void *watch, const struct network *network, char why[static CONTROL_DESK_WHY_SIZE]);

#endif
