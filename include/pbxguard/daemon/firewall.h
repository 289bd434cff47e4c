/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon and the script pbxguard-firewall agree on. The script lays the rules, as root, before the
 * daemon starts; the daemon reads the queue they lead to, fills the sets they ask, and watches that they stay
 * (daemon/firewall_watch). The script never reads the configuration: --print-firewall tells it what it needs.
 */
#ifndef PBXGUARD_DAEMON_FIREWALL_H
#define PBXGUARD_DAEMON_FIREWALL_H

#include "pbxguard/config/config.h"
#include "pbxguard/daemon/start.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * The kernel asks this table after "filter". What a queue accepts goes on to the next table: queued in
 * "filter", SIP would pass by all the administrator's own rules there.
 */
#define FIREWALL_TABLE "security"
#define FIREWALL_CHAIN_IN "PBXGUARD-IN"
#define FIREWALL_CHAIN_OUT "PBXGUARD-OUT"
#define FIREWALL_CHAIN_FORWARD "PBXGUARD-FORWARD"

#define FIREWALL_SET4 "pbxguard4"
#define FIREWALL_SET6 "pbxguard6"
#define FIREWALL_SET_SIZE 262144  /* networks in each; the kernel's own default is 65536 */
#define FIREWALL_SET_TIMEOUT 3600 /* seconds, for an entry that is added without one */

#define FIREWALL_MARK 0x5150 /* on packets that the daemon sends itself: they pass by the queue */

/*
 * Where the kernel shows the beginnings of TCP connections, which are not queued (NFLOG; capture/packet_log).
 * Others take small numbers.
 */
#define FIREWALL_SYN_GROUP 0x5150

/*
 * Datagrams a second from one network (IPv4 /16, IPv6 /16) above which those that can't begin a call pass by
 * the queue. 200 calls a second through one carrier are 400 to 600 of such.
 */
#define FIREWALL_FLOOD 2000

/*
 * NAME=value lines for the script. Values are made of letters, digits, "_", "-" and ",", so that a shell can
 * take them in without harm.
 */
void firewall_describe(const struct config_settings *settings, FILE *stream);

/* Would the script lay the same rules? If not, they change at the next start. */
bool firewall_is_same(const struct config_settings *a, const struct config_settings *b);

/* --print-firewall. Gives the exit code. */
int firewall_print(struct start *start);

#endif
