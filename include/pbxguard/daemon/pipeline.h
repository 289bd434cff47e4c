/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins the layers: a packet goes in, decisions come out. Used alike for files and for interfaces. */
#ifndef PBXGUARD_DAEMON_PIPELINE_H
#define PBXGUARD_DAEMON_PIPELINE_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/log.h"
#include "pbxguard/base/verdict.h"
#include "pbxguard/capture/packet.h"
#include "pbxguard/config/config.h"
#include "pbxguard/daemon/enforcement.h"
#include "pbxguard/incident/block_request.h"
#include "pbxguard/incident/decision.h"
#include "pbxguard/incident/incident.h"
#include "pbxguard/incident/policy.h"
#include "pbxguard/incident/refusal.h"
#include "pbxguard/rules/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pipeline; /* opaque; made by pipeline_new */

struct pipeline_setup {
	const struct config *config; /* borrowed until the next pipeline_reload */
	const uint32_t *ports;       /* where SIP is looked for; none: everywhere */
	size_t port_count;
	struct counters *counters; /* borrowed */
	const struct log *log;     /* borrowed */
	decision_handler *handler; /* gets each decision */
	void *context;
	block_handler *block; /* gets, with the same context, each address to be blocked; NULL: nobody */
	/* These two, with the same context, get what was refused or would have been, and blocked addresses,
	 * to be reported; and calls that were to be refused and went through. NULL: nobody. */
	refusal_handler *refusal;
	slip_handler *slip;
	bool is_replay; /* a capture: nothing is refused or blocked, whatever the mode */
	bool is_inline; /* packets come by the queue: all that the receivers get, and no more */
	struct enforcement *enforcement; /* borrowed; NULL: no call is touched */
};

/* NULL when there is no memory. */
struct pipeline *pipeline_new(const struct pipeline_setup *setup);
void pipeline_free(struct pipeline *pipeline);

/* A packet_handler; the context is the pipeline. */
enum verdict pipeline_handle_packet(void *context, const struct packet *packet);

/* A packet of the queue; what becomes of it. bytes is packet->bytes. */
struct enforcement_answer pipeline_handle_queued(
	struct pipeline *pipeline, const struct packet *packet, uint8_t *bytes);

/* What is due up to now though no packet came. */
void pipeline_tick(struct pipeline *pipeline, instant now);
/* No packet will come any more: what waited for the next ones is handled as it is, what was held back is
 * told. */
void pipeline_finish(struct pipeline *pipeline);

/*
 * Goes on with another configuration and all that was counted so far. False when there is no memory: then the
 * old one stays.
 */
bool pipeline_reload(
	struct pipeline *pipeline, const struct config *config, const uint32_t *ports, size_t port_count);

/* What outlives the process (daemon/keep.h). See incident_keep.h, and rules_save and rules_restore in
 * rules.h. */
struct incidents *pipeline_incidents(struct pipeline *pipeline); /* borrowed until pipeline_free */
struct rules *pipeline_rules(struct pipeline *pipeline);         /* borrowed until the next reload */
struct policy *pipeline_policy(struct pipeline *pipeline);       /* borrowed until pipeline_free */

#endif
