/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guarding consists of, and how each part is made of the configuration. In mode monitor interfaces are
 * watched; else pbxguard stands in line, and reads the firewall's queue.
 */
#ifndef PBXGUARD_DAEMON_GUARD_PARTS_H
#define PBXGUARD_DAEMON_GUARD_PARTS_H

#include "pbxguard/daemon/blind_spots.h"
#include "pbxguard/daemon/control_desk.h"
#include "pbxguard/daemon/enforcement.h"
#include "pbxguard/daemon/event_loop.h"
#include "pbxguard/daemon/host_watch.h"
#include "pbxguard/daemon/interfaces.h"
#include "pbxguard/daemon/keep.h"
#include "pbxguard/daemon/kept_blocks.h"
#include "pbxguard/daemon/kept_refusals.h"
#include "pbxguard/daemon/pipeline.h"
#include "pbxguard/daemon/queue_guard.h"
#include "pbxguard/daemon/reported_accounts.h"
#include "pbxguard/daemon/silence.h"
#include "pbxguard/daemon/slow_thread.h"
#include "pbxguard/daemon/start.h"
#include "pbxguard/daemon/syslog_wait.h"

struct guard {
	struct start *start;
	struct event_loop *loop;
	struct pipeline *pipeline;
	struct slow_thread *slow_thread;
	bool is_inline, has_failed;
	struct interfaces *interfaces;   /* NULL in line */
	struct queue_guard *queue;       /* this and the next three in line only */
	struct enforcement *enforcement; /* NULL in mode dry_run */
	struct host_watch *host_watch;   /* the slow thread's */
	struct silence silence;          /* in line */
	uint64_t messages_heard;
	instant second_due;                /* monotonic */
	struct control_desk *control_desk; /* the slow thread's */
	struct blind_spots blind_spots;
	struct log slow_log; /* the slow thread's: it counts nothing that this one counts */
	bool has_store;
	struct keep keep;
	struct kept_blocks *kept_blocks;     /* handed to the desk; NULL: nothing is kept */
	struct kept_refusals *kept_refusals; /* likewise */
	struct reported_accounts reported_accounts;
	struct syslog_wait syslog_wait;
};

const struct log *guard_log(const struct guard *guard);
/* It can't go on: the unit starts it again. A queue_guard_setup's closed; context is the guard. */
void guard_fail(void *context);

/* What the configuration leaves to the command line and to the host. */
void guard_complete(const struct guard *guard, struct config *config);

/* What more than one part reads out of it. The ports are borrowed from config. */
const uint32_t *guard_ports(const struct config *config, size_t *count);
struct enforcement_settings guard_enforcement_settings(const struct config *config);

/* The parts, in the order in which they need each other. False when one can't be had: said. */
bool guard_prepare_inline(struct guard *guard);
bool guard_make_pipeline(struct guard *guard);
bool guard_start_slow_thread(struct guard *guard);
bool guard_start_control_desk(struct guard *guard);
/* What packets come from; last, as from here on they wait for us. */
bool guard_open_source(struct guard *guard);

/* The interfaces of the command line, or else of config; not yet in use (interfaces_take). */
bool guard_open_interfaces(struct guard *guard, const struct config *config);

#endif
