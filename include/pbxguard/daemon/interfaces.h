/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network interfaces that are guarded: opened all or none, watched, given up when they go away and taken
 * up again when they are back; their packets in order of time; what they lost; which of them is silent.
 */
#ifndef PBXGUARD_DAEMON_INTERFACES_H
#define PBXGUARD_DAEMON_INTERFACES_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/log.h"
#include "pbxguard/capture/capture_settings.h"
#include "pbxguard/capture/packet.h"
#include "pbxguard/daemon/event_loop.h"

#include <stdbool.h>
#include <stddef.h>

struct interfaces; /* opaque; made by interfaces_new */

/* All borrowed. */
struct interfaces_setup {
	struct event_loop *loop;
	struct counters *counters;
	const struct log *log;
	packet_handler *handler; /* gets each packet */
	void *context;
};

/* None yet. NULL when there is no memory. */
struct interfaces *interfaces_new(const struct interfaces_setup *setup);
/* Closes what is open; what waits in it is dropped: call interfaces_close first. */
void interfaces_free(struct interfaces *interfaces);

/*
 * Opens these, all or none, beside those that are guarded; what went wrong was logged. interfaces_take then
 * guards them instead of those before, interfaces_discard closes them again.
 */
bool interfaces_open(struct interfaces *interfaces, const struct capture_settings *settings,
	const char *const *names, size_t count);
bool interfaces_take(struct interfaces *interfaces);
void interfaces_discard(struct interfaces *interfaces);

/* Hands over what the kernel still holds, in order, and guards none any more. */
void interfaces_close(struct interfaces *interfaces);

size_t interfaces_count(const struct interfaces *interfaces);
/* "eth0, eth1". Returns buffer. */
char *interfaces_names(const struct interfaces *interfaces, char *buffer, size_t size);

/* To be called each second: notices what is lost and what is back, and brings the counters of drops up to
 * date. */
void interfaces_look_after(struct interfaces *interfaces);
void interfaces_count_drops(struct interfaces *interfaces);
/* Likewise: tells a silence longer than limit (0: never) of time that counts. now is monotonic. */
void interfaces_look_for_silence(struct interfaces *interfaces, duration limit, bool counts, instant now);

#endif
