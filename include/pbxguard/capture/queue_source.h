/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that the firewall gives out for a verdict (NFQUEUE), by libnetfilter_queue. Packets come and
 * verdicts go in batches; a packet whose verdict is to come is kept, for a short time.
 *
 * Whatever goes wrong, packets go on:
 * - No process, or one that has closed the queue: the rule's --queue-bypass.
 * - We are too slow: the kernel lets by what its buffer can't take, and COUNTER_QUEUE_OVERRUNS tells how
 * many.
 * - Verdicts are refused, as CAP_NET_ADMIN is gone: the queue is closed at once. Of what waited until then
 * the kernel drops what it has not let go, and its senders send it again.
 * - This thread is stuck: another calls queue_source_abandon (daemon/queue_watchdog).
 */
#ifndef PBXGUARD_CAPTURE_QUEUE_SOURCE_H
#define PBXGUARD_CAPTURE_QUEUE_SOURCE_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/verdict.h"
#include "pbxguard/capture/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_SOURCE_ERROR_SIZE 256
#define QUEUE_LENGTH_MIN 1024 /* packets: a burst, while this process does not run */
#define QUEUE_HOLD_PATIENCE                                                                                  \
	(200 * MILLISECOND) /* TCP sends again after so long at the earliest; RFC 6298 §2.4 */

struct queue_settings {
	uint16_t number; /* of the queue, as in the firewall's rules */
	uint32_t length; /* packets of up to 1500 bytes that may wait; at least QUEUE_LENGTH_MIN */
};

/* Who decides. Both are called from queue_source_read, _release and _tick only. */
struct queue_handler {
	/*
	 * A packet: DLT_RAW, interface 0, time by the kernel where it says, else as given to
	 * queue_source_read. bytes is packet->bytes, for VERDICT_REWRITTEN; of a packet that is cut that
	 * verdict is a drop. For VERDICT_HOLD, *flow is to be set to what it belongs to; queue_source_release
	 * may be called for others of that flow, whose verdicts then come before this one's.
	 */
	enum verdict (*handle)(void *context, const struct packet *packet, uint8_t *bytes, uint64_t *flow);
	/*
	 * A packet that was held, again: because its flow was released (VERDICT_HOLD lets it wait on), or,
	 * with give_up, because it can't wait any longer. Of each flow in order of arrival.
	 */
	enum verdict (*decide)(void *context, uint8_t *bytes, size_t size, bool give_up);
	void *context;
};

struct queue_source; /* opaque; made by queue_source_open */

enum queue_source_result {
	QUEUE_SOURCE_READ,    /* whatever was there, maybe nothing */
	QUEUE_SOURCE_REFUSED, /* the kernel takes no verdicts: the queue is closed */
	QUEUE_SOURCE_FAILED,  /* the queue is closed for another reason, by queue_source_abandon for one */
};

/*
 * Opens the queue and tests whether verdicts are taken. Waits up to a second for each answer; packets that
 * come meanwhile go on unseen and are counted (COUNTER_QUEUE_OVERRUNS). Handler is copied, counters borrowed.
 * NULL with the error filled, a sentence that begins with "queue 5: ".
 */
struct queue_source *queue_source_open(const struct queue_settings *settings,
	const struct queue_handler *handler, struct counters *counters, char *error, size_t error_size);

/*
 * Gives up the queue: what waits goes on, what comes goes by. Nobody may use the source in another thread any
 * more.
 */
void queue_source_free(struct queue_source *source);

int queue_source_descriptor(const struct queue_source *source); /* for epoll; the same until it is freed */

/* Handles the packets that are there, some hundreds at most, and sends their verdicts. Never waits. */
enum queue_source_result queue_source_read(struct queue_source *source, instant now);

/* Asks again about what is held of the flow. */
void queue_source_release(struct queue_source *source, uint64_t flow);

/* When queue_source_tick has something to do; INT64_MAX: nothing is held. */
instant queue_source_due(const struct queue_source *source);
/* Gives up waiting for what has been held for QUEUE_HOLD_PATIENCE. */
enum queue_source_result queue_source_tick(struct queue_source *source, instant now);

const char *queue_source_error(const struct queue_source *source); /* of the last REFUSED or FAILED */

/*
 * For another thread, as the three do not wait for this one. Progress changes with every packet and tick; it
 * should while packets wait. Abandoning lets everything go on and by.
 */
uint64_t queue_source_progress(const struct queue_source *source);
bool queue_source_waits(const struct queue_source *source);
void queue_source_abandon(struct queue_source *source);

#endif
