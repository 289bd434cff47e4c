/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits on descriptors, timers and signals, and calls what was asked for. By epoll, in one thread. */
#ifndef PBXGUARD_DAEMON_EVENT_LOOP_H
#define PBXGUARD_DAEMON_EVENT_LOOP_H

#include "pbxguard/base/instant.h"

#include <stdbool.h>
#include <stddef.h>

#define EVENT_LOOP_DESCRIPTORS_MAX 64

struct event_loop; /* opaque; made by event_loop_new */

typedef void event_loop_callback(void *context);
typedef void event_loop_signal_callback(void *context, int signal);

/* NULL with errno. */
struct event_loop *event_loop_new(void);
void event_loop_free(struct event_loop *loop);

/* Calls back whenever the descriptor is readable, hung up or in error. -errno; -ENOSPC when there are too
 * many. */
int event_loop_add(struct event_loop *loop, int descriptor, event_loop_callback *callback, void *context);
void event_loop_remove(struct event_loop *loop, int descriptor);

/* Each interval from now on; one such timer a loop. -errno. */
int event_loop_every(
	struct event_loop *loop, duration interval, event_loop_callback *callback, void *context);
/* Once, so long from now; one such timer a loop, and setting it again moves it. -errno. */
int event_loop_once(struct event_loop *loop, duration delay, event_loop_callback *callback, void *context);
/* From now on these signals come here and nowhere else. signals ends with 0. -errno. */
int event_loop_on_signals(
	struct event_loop *loop, const int *signals, event_loop_signal_callback *callback, void *context);

/* Until event_loop_stop. -errno when waiting itself fails. */
int event_loop_run(struct event_loop *loop);
void event_loop_stop(struct event_loop *loop);

#endif
