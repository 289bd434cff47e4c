/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that looks after the packet thread: when packets wait in the queue and none is handled for too
 * long, it closes the queue, so that the firewall lets all traffic by, and says so. It takes no lock and no
 * memory, and waits for nobody. It counts its own looks instead of asking a clock, so that a process which
 * was stopped, or a computer too busy for either thread, is not taken for a stuck thread. A stopped process
 * it can't help: that is systemd's watchdog's.
 */
#ifndef PBXGUARD_DAEMON_QUEUE_WATCHDOG_H
#define PBXGUARD_DAEMON_QUEUE_WATCHDOG_H

#include "pbxguard/base/instant.h"
#include "pbxguard/capture/queue_source.h"

#define QUEUE_WATCHDOG_PATIENCE (300 * MILLISECOND)

struct queue_watchdog; /* opaque; made by queue_watchdog_start */

/*
 * stuck is called in the thread, once, when the queue is closed already; to tell it and end the process. The
 * source is borrowed until the watchdog was stopped. The packet thread needs to do nothing for it but call
 * queue_source_read and queue_source_tick. NULL when there is no thread to have.
 */
struct queue_watchdog *queue_watchdog_start(
	struct queue_source *source, void (*stuck)(void *context), void *context);
void queue_watchdog_stop(struct queue_watchdog *watchdog);

#endif
