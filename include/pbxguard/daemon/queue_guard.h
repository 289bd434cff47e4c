/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firewall's queue as it is guarded: read in the event loop, its packets led through the pipeline, what
 * is held asked about again, and closed at once when anything is wrong, so that SIP goes by.
 */
#ifndef PBXGUARD_DAEMON_QUEUE_GUARD_H
#define PBXGUARD_DAEMON_QUEUE_GUARD_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/log.h"
#include "pbxguard/daemon/event_loop.h"
#include "pbxguard/daemon/pipeline.h"

#include <stdint.h>

struct queue_guard; /* opaque; made by queue_guard_open */

/* All borrowed. */
struct queue_guard_setup {
	uint32_t number; /* of the queue */
	struct event_loop *loop;
	struct pipeline *pipeline;
	struct enforcement *enforcement; /* NULL: no call is touched */
	struct counters *counters;
	const struct log *log;
	void (*closed)(void *context); /* the queue is closed, and why was logged: the end */
	void *context;
};

/* NULL when it can't be had: said. */
struct queue_guard *queue_guard_open(const struct queue_guard_setup *setup);
/* SIP goes by from now on. */
void queue_guard_free(struct queue_guard *guard);

#endif
