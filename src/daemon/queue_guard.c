/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/queue_guard.h"

#include "pbxguard/capture/packet_log.h"
#include "pbxguard/capture/queue_source.h"
#include "pbxguard/daemon/firewall.h"
#include "pbxguard/daemon/queue_watchdog.h"
#include "pbxguard/daemon/start.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUEUE_LENGTH (4 * QUEUE_LENGTH_MIN) /* packets: a fifth of a second of a flood of 20,000 a second */
#define IPV4_PROTOCOL 9                     /* its place in the header; RFC 791 §3.1 */
#define IPV6_NEXT_HEADER 6                  /* RFC 8200 §3 */

struct queue_guard {
	struct queue_guard_setup setup;
	struct queue_source *source;
	struct packet_log beginnings; /* of TCP connections */
	struct queue_watchdog *watchdog;
};

/* ---- what the source asks ---- */

/* A SYN needs no verdict. */
static void read_beginnings(void *context)
{
	struct queue_guard *guard = context;

	if (guard->beginnings.descriptor >= 0) {
		packet_log_read(&guard->beginnings, instant_now(), pipeline_handle_packet,
			guard->setup.pipeline, guard->setup.counters);
	}
}

/* UDP is the most of all; whatever else it is, its SYN may be there. */
static bool may_be_tcp(const struct packet *packet)
{
	if (packet->captured <= IPV4_PROTOCOL) {
		return false;
	}
	switch (packet->bytes[0] >> 4) {
	case 4:
		return packet->bytes[IPV4_PROTOCOL] != IPPROTO_UDP;
	case 6:
		return packet->bytes[IPV6_NEXT_HEADER] != IPPROTO_UDP;
	default:
		return true;
	}
}

static enum verdict handle(void *context, const struct packet *packet, uint8_t *bytes, uint64_t *flow)
{
	struct queue_guard *guard = context;

	if (may_be_tcp(packet)) {
		read_beginnings(guard);
	}
	const struct enforcement_answer answer = pipeline_handle_queued(guard->setup.pipeline, packet, bytes);

	if (answer.release) {
		queue_source_release(guard->source, answer.flow);
	}
	*flow = answer.flow;
	return answer.verdict;
}

/* Held only where calls are refused. */
static enum verdict decide(void *context, uint8_t *bytes, size_t size, bool give_up)
{
	const struct queue_guard *guard = context;

	return guard->setup.enforcement == NULL
		       ? VERDICT_ACCEPT
		       : enforcement_decide(guard->setup.enforcement, bytes, size, give_up, instant_now());
}

/* ---- in the loop ---- */

static void close_if_broken(struct queue_guard *guard, enum queue_source_result result)
{
	if (result != QUEUE_SOURCE_READ) {
		log_write(guard->setup.log, LOG_LEVEL_ERROR, "%s; SIP goes by unread",
			queue_source_error(guard->source));
		event_loop_remove(guard->setup.loop, queue_source_descriptor(guard->source));
		guard->setup.closed(guard->setup.context);
	}
}

static void held_are_due(void *context);

static void come_back_for_held(struct queue_guard *guard)
{
	instant due = queue_source_due(guard->source), now = instant_now();

	if (due != INT64_MAX) {
		event_loop_once(guard->setup.loop, due > now ? due - now : 1, held_are_due, guard);
	}
}

static void held_are_due(void *context)
{
	struct queue_guard *guard = context;

	close_if_broken(guard, queue_source_tick(guard->source, instant_now()));
	come_back_for_held(guard);
}

static void packets_are_there(void *context)
{
	struct queue_guard *guard = context;

	close_if_broken(guard, queue_source_read(guard->source, instant_now()));
	come_back_for_held(guard);
}

/* On the watchdog's thread: the packet thread may be stuck anywhere, so nothing is tidied up. */
static void packet_thread_is_stuck(void *context)
{
	const struct queue_guard *guard = context;

	log_write(guard->setup.log, LOG_LEVEL_ERROR,
		"no packet was handled for %d ms though some wait: the queue is closed and SIP goes by unread",
		(int)(QUEUE_WATCHDOG_PATIENCE / MILLISECOND));
	_exit(EXIT_COULD_NOT);
}

/*
 * Where the kernel can't show them, SYNs are queued. Where another program has the group, they are seen by
 * nobody.
 */
static void open_beginnings(struct queue_guard *guard)
{
	static const char is_taken[] =
		"another program has it (another pbxguard?), mostly the process that the second column of "
		"/proc/net/netfilter/nfnetlink_log names: end that, then restart pbxguard";
	int result = packet_log_open(&guard->beginnings, FIREWALL_SYN_GROUP);

	if (result == 0) {
		result = event_loop_add(
			guard->setup.loop, guard->beginnings.descriptor, read_beginnings, guard);
	}
	if (result != 0 && result != -EINVAL) {
		log_write(guard->setup.log, LOG_LEVEL_WARNING,
			"the beginnings of TCP connections can't be read (NFLOG group %d), so who uses a port again "
			"may hide a call: %s",
			FIREWALL_SYN_GROUP, result == -EBUSY ? is_taken : strerror(-result));
	}
}

struct queue_guard *queue_guard_open(const struct queue_guard_setup *setup)
{
	struct queue_guard *guard = calloc(1, sizeof *guard);
	const struct queue_settings settings = {.number = (uint16_t)setup->number, .length = QUEUE_LENGTH};
	const struct queue_handler handler = {.handle = handle, .decide = decide, .context = guard};
	char error[QUEUE_SOURCE_ERROR_SIZE];

	if (guard == NULL) {
		log_write(setup->log, LOG_LEVEL_ERROR, "could not begin: no memory");
		return NULL;
	}
	guard->setup = *setup;
	open_beginnings(guard);
	guard->source = queue_source_open(&settings, &handler, setup->counters, error, sizeof error);
	if (guard->source == NULL) {
		log_write(setup->log, LOG_LEVEL_ERROR, "%s", error);
		packet_log_close(&guard->beginnings);
		free(guard);
		return NULL;
	}
	guard->watchdog = queue_watchdog_start(guard->source, packet_thread_is_stuck, guard);
	if (guard->watchdog == NULL || event_loop_add(setup->loop, queue_source_descriptor(guard->source),
					       packets_are_there, guard) != 0) {
		log_write(setup->log, LOG_LEVEL_ERROR, "could not begin: %s", strerror(errno));
		queue_guard_free(guard);
		return NULL;
	}
	return guard;
}

void queue_guard_free(struct queue_guard *guard)
{
	if (guard == NULL) {
		return;
	}
	if (guard->watchdog != NULL) {
		queue_watchdog_stop(guard->watchdog);
	}
	queue_source_free(guard->source);
	packet_log_close(&guard->beginnings);
	free(guard);
}
