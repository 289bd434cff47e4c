/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out in line what policy has decided about calls: refuses them by an answer of ours (UDP) or by an
 * INVITE that nobody can dial (TCP), and ends those that are up. Joins refused_dialogs, call_ender, tcp_gate
 * and raw_sender; decides nothing itself.
 */
#ifndef PBXGUARD_DAEMON_ENFORCEMENT_H
#define PBXGUARD_DAEMON_ENFORCEMENT_H

#include "pbxguard/action/call_ender.h"
#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/verdict.h"
#include "pbxguard/call/event.h"
#include "pbxguard/capture/packet.h"
#include "pbxguard/decode/decoder.h"
#include "pbxguard/decode/sip_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct enforcement; /* opaque; made by enforcement_new */

struct enforcement_settings {
	unsigned status;  /* what a refused caller hears: 603 or 403 */
	bool ends_calls;  /* follow calls so that they can be ended */
	duration max_age; /* calls.max_age */
};

/* Needs CAP_NET_RAW and CAP_NET_ADMIN. counters is borrowed. NULL with errno. */
struct enforcement *enforcement_new(const struct enforcement_settings *settings, struct counters *counters);
/* With another way out than raw sockets. context is borrowed. */
struct enforcement *enforcement_new_to(const struct enforcement_settings *settings, call_ender_sender *send,
	void *context, struct counters *counters);
void enforcement_free(struct enforcement *enforcement);
/* After a reload: what was refused so far is judged anew. */
void enforcement_configure(
	struct enforcement *enforcement, const struct enforcement_settings *settings, instant now);

enum enforcement_fate {
	ENFORCEMENT_NOT_OURS,
	ENFORCEMENT_AGAIN,        /* an INVITE on TCP that was refused before, and is again: hand it on */
	ENFORCEMENT_OURS,         /* it was answered, or swallowed: drop it, and hand it to nobody */
	ENFORCEMENT_ACKNOWLEDGED, /* likewise: an ACK of our refusal, which proves its sender's address */
};

/* A message, before anything else is asked about it: does it belong to a call that was refused or ended? */
enum enforcement_fate enforcement_take(struct enforcement *enforcement, const struct sip_message *message);

/* This INVITE is to be refused. What becomes of its packet: on TCP the gate says so later. */
enum verdict enforcement_refuse(struct enforcement *enforcement, const struct sip_message *invite);

/* An INVITE from a phone that goes on, of a call that may have to be ended. */
void enforcement_follow(struct enforcement *enforcement, const struct sip_message *invite);
/* The call of this event, which is up, is to be ended. False: it can't be. */
bool enforcement_end(struct enforcement *enforcement, const struct event *event);
/* All refusals are forgotten: somebody was released. */
void enforcement_release(struct enforcement *enforcement, instant now);

struct enforcement_answer {
	enum verdict verdict;
	uint64_t flow; /* of a packet that is held */
	bool release;  /* ask first about what is held of the flow */
};

/* A packet of the queue, after the decoder is done with it: what TCP needs. */
struct enforcement_answer enforcement_gate(struct enforcement *enforcement, struct decoder *decoder,
	const struct packet *packet, uint8_t *bytes);
/* A packet that was held, again. */
enum verdict enforcement_decide(
	struct enforcement *enforcement, uint8_t *bytes, size_t size, bool give_up, instant now);

/* Every 100 ms. */
void enforcement_tick(struct enforcement *enforcement, instant now);

#endif
