/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/queue_source.h"

#include "pbxguard/capture/held_packets.h"
#include "pbxguard/capture/queue_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_TYPE_RAW 12 /* DLT_RAW on Linux: IP without a link header */
#define ROUNDS 8         /* batches in one call, so that timers get their turn */
#define ANSWER_TIMEOUT_MS 1000
#define NOT_ANSWERED 1 /* no -errno, nor 0 */

struct queue_source {
	struct queue_socket socket;
	struct queue_handler handler;
	struct counters *counters;
	struct queue_buffers *buffers;
	struct held_packets *held;
	enum queue_source_result state;
	char error[QUEUE_SOURCE_ERROR_SIZE];

	instant now;
	uint32_t last_id;
	bool is_reading;            /* queue_source_read has control */
	enum queue_request awaited; /* packets go on unseen until this is answered; NONE: they don't */
	int answer;

	size_t verdict_count; /* in order, not sent yet */
	struct queue_verdict verdicts[QUEUE_SOCKET_BATCH];
	bool has_older; /* there may be packets without a verdict before the last of these */

	/* For the other thread. */
	uint64_t progress;
	bool is_busy; /* packets were received and have no verdict yet */
	bool has_held;
};

static void __attribute__((format(printf, 3, 4)))
close_queue(struct queue_source *source, enum queue_source_result state, const char *format, ...)
{
	va_list arguments;

	if (source->state != QUEUE_SOURCE_READ) {
		return; /* the first reason counts */
	}
	int used = snprintf(source->error, sizeof source->error, "queue %u: ", source->socket.number);
	va_start(arguments, format);
	vsnprintf(source->error + used, sizeof source->error - (size_t)used, format, arguments);
	va_end(arguments);
	source->state = state;
	queue_socket_shut(&source->socket);
}

static void check_sent(struct queue_source *source, int result)
{
	if (result < 0) {
		close_queue(source, QUEUE_SOURCE_FAILED, "a verdict can't be sent: %s", strerror(-result));
	}
}

/* "Up to" is for all or for none: what is held has smaller numbers. */
static void send_verdicts(struct queue_source *source)
{
	size_t count = source->verdict_count;
	const struct queue_verdict *verdicts = source->verdicts;
	bool are_alike = !source->has_older && count > 1;

	for (size_t i = 1; i < count; i++) {
		are_alike = are_alike && verdicts[i].drop == verdicts[0].drop;
	}
	source->verdict_count = 0;
	if (count == 0 || source->state != QUEUE_SOURCE_READ) {
		return;
	}
	check_sent(source, are_alike ? queue_socket_decide_up_to(&source->socket, &verdicts[count - 1])
				     : queue_socket_decide(&source->socket, verdicts, count));
}

static void add_verdict(struct queue_source *source, uint32_t id, bool drop)
{
	if (source->verdict_count == QUEUE_SOCKET_BATCH) {
		send_verdicts(source);
	}
	source->verdicts[source->verdict_count++] = (struct queue_verdict){id, drop};
}

/* Verdict is not HOLD. Those before it are sent first: packets leave in order. */
static void decide(struct queue_source *source, enum verdict verdict, const struct held_packet *packet)
{
	if (verdict == VERDICT_REWRITTEN && !packet->is_cut) {
		send_verdicts(source);
		if (source->state == QUEUE_SOURCE_READ) {
			check_sent(source, queue_socket_replace(
						   &source->socket, packet->id, packet->bytes, packet->size));
		}
		return;
	}
	/* To write back only a part of it would cut it; TCP sends it again in smaller ones. */
	add_verdict(source, packet->id, verdict == VERDICT_DROP || verdict == VERDICT_REWRITTEN);
}

static void note_held(struct queue_source *source)
{
	__atomic_store_n(&source->has_held, held_packets_count(source->held) > 0, __ATOMIC_RELAXED);
}

/* Everything that has a verdict gets it. */
static void settle(struct queue_source *source)
{
	send_verdicts(source);
	source->has_older = held_packets_count(source->held) > 0;
	note_held(source);
}

/* Holding */

static bool ask_again(void *context, struct held_packet *packet)
{
	struct queue_source *source = context;
	enum verdict verdict =
		source->handler.decide(source->handler.context, packet->bytes, packet->size, false);

	if (verdict == VERDICT_HOLD) {
		return false;
	}
	decide(source, verdict, packet);
	return true;
}

static bool give_up(void *context, struct held_packet *packet)
{
	struct queue_source *source = context;
	enum verdict verdict =
		source->handler.decide(source->handler.context, packet->bytes, packet->size, true);

	counter_add(source->counters, COUNTER_QUEUE_HOLDS_GIVEN_UP, 1);
	decide(source, verdict == VERDICT_HOLD ? VERDICT_ACCEPT : verdict, packet);
	return true;
}

void queue_source_release(struct queue_source *source, uint64_t flow)
{
	held_packets_visit(source->held, flow, ask_again, source);
	if (!source->is_reading) {
		settle(source);
	}
}

static void hold(struct queue_source *source, struct held_packet *packet)
{
	source->has_older = true;
	if (!held_packets_add(source->held, packet)) {
		held_packets_visit(source->held, packet->flow, give_up, source);
		give_up(source, packet);
	}
}

instant queue_source_due(const struct queue_source *source)
{
	uint64_t flow;
	instant oldest = held_packets_oldest(source->held, &flow);

	return oldest == INT64_MAX ? INT64_MAX : oldest + QUEUE_HOLD_PATIENCE;
}

static void note_progress(struct queue_source *source)
{
	__atomic_store_n(&source->progress, source->progress + 1, __ATOMIC_RELAXED);
}

enum queue_source_result queue_source_tick(struct queue_source *source, instant now)
{
	uint64_t flow;

	note_progress(source);
	/* Also when the clock was set back. */
	for (instant since; (since = held_packets_oldest(source->held, &flow)) != INT64_MAX;) {
		if (since <= now && now - since < QUEUE_HOLD_PATIENCE) {
			break;
		}
		held_packets_visit(source->held, flow, give_up, source);
	}
	settle(source);
	return source->state;
}

/* Packets */

static void count_unseen(struct queue_source *source, uint32_t id)
{
	uint32_t missing = id - source->last_id - 1;

	source->last_id = id;
	/* Half way round the numbers is no gap. */
	if (missing > 0 && missing < INT32_MAX) {
		counter_add(source->counters, COUNTER_QUEUE_OVERRUNS, missing);
	}
}

static void handle_packet(struct queue_source *source, const struct queue_notice *notice)
{
	static uint8_t nothing[1];
	const struct packet packet = {.time = notice->time != 0 ? notice->time : source->now,
		.link_type = LINK_TYPE_RAW,
		.bytes = notice->bytes != NULL ? notice->bytes : nothing,
		.captured = notice->size,
		.on_wire = notice->whole_size};
	struct held_packet mine = {.id = notice->id,
		.since = source->now,
		.bytes = notice->bytes != NULL ? notice->bytes : nothing,
		.size = notice->size,
		.is_cut = notice->size < notice->whole_size};
	enum verdict verdict =
		source->handler.handle(source->handler.context, &packet, mine.bytes, &mine.flow);

	note_progress(source);
	if (verdict == VERDICT_HOLD) {
		hold(source, &mine);
	} else {
		decide(source, verdict, &mine);
	}
}

static void handle_answer(struct queue_source *source, const struct queue_notice *notice)
{
	if (notice->request == source->awaited) {
		source->answer = notice->error;
		source->awaited = QUEUE_REQUEST_NONE;
	} else if (notice->error == -EPERM || notice->error == -ENODEV) {
		close_queue(source, QUEUE_SOURCE_REFUSED,
			notice->error == -EPERM
				? "the kernel refuses verdicts: this process needs CAP_NET_ADMIN"
				: "the kernel refuses verdicts: the queue is no longer ours");
	}
	/* -ENOENT: the packet is gone, because its interface is. */
}

static void handle_notice(void *context, struct queue_notice *notice)
{
	struct queue_source *source = context;

	if (notice->request != QUEUE_REQUEST_NONE) {
		handle_answer(source, notice);
		return;
	}
	count_unseen(source, notice->id);
	if (source->awaited != QUEUE_REQUEST_NONE) {
		counter_add(source->counters, COUNTER_QUEUE_OVERRUNS, 1);
		add_verdict(source, notice->id, false);
	} else {
		handle_packet(source, notice);
	}
}

/* False when nothing more is there. */
static bool read_batch(struct queue_source *source)
{
	int count = queue_socket_receive(&source->socket, source->buffers, handle_notice, source);

	if (count < 0) {
		close_queue(source, QUEUE_SOURCE_FAILED, "%s",
			count == -ENOTSOCK ? "was closed by the watchdog" : strerror(-count));
	}
	settle(source);
	return count > 0 && source->state == QUEUE_SOURCE_READ;
}

enum queue_source_result queue_source_read(struct queue_source *source, instant now)
{
	if (source->state != QUEUE_SOURCE_READ) {
		return source->state;
	}
	source->now = now;
	source->is_reading = true;
	__atomic_store_n(&source->is_busy, true, __ATOMIC_RELAXED);
	/* The answers to the last verdicts are read as well, unless there is very much. */
	for (int i = 0; i < ROUNDS && read_batch(source); i++) {
	}
	__atomic_store_n(&source->is_busy, false, __ATOMIC_RELAXED);
	source->is_reading = false;
	note_progress(source);
	return source->state;
}

/* Opening */

static int await_answer(struct queue_source *source, enum queue_request request)
{
	struct pollfd descriptor = {.fd = source->socket.descriptor, .events = POLLIN};

	source->awaited = request;
	source->answer = NOT_ANSWERED;
	while (source->awaited == request && source->state == QUEUE_SOURCE_READ) {
		int ready = poll(&descriptor, 1, ANSWER_TIMEOUT_MS);
		if (ready == 0 || (ready < 0 && errno != EINTR)) {
			break;
		}
		read_batch(source);
	}
	source->awaited = QUEUE_REQUEST_NONE;
	return source->answer;
}

/* Are verdicts taken? */
static bool takes_verdicts(struct queue_source *source)
{
	int result = source->state == QUEUE_SOURCE_READ ? queue_socket_test(&source->socket) : 0;

	check_sent(source, result);
	if (source->state == QUEUE_SOURCE_READ) {
		result = await_answer(source, QUEUE_REQUEST_TEST);
	}
	if (result == -EPERM) {
		close_queue(source, QUEUE_SOURCE_REFUSED,
			"the kernel refuses verdicts: this process needs CAP_NET_ADMIN");
	} else if (result != -ENOENT) {
		close_queue(source, QUEUE_SOURCE_REFUSED, "the kernel does not answer to verdicts: %s",
			result < 0 ? strerror(-result) : "no answer");
	}
	return source->state == QUEUE_SOURCE_READ;
}

static const char *explain(int error)
{
	switch (error) {
	case -EPERM:
		return "no permission: run as root or with the capability CAP_NET_ADMIN";
	case -EBUSY:
		return "is in use by another program (another pbxguard?): end that, or set another number in actions.queue";
	case -EPROTONOSUPPORT:
	case -EINVAL:
	case -EOPNOTSUPP:
		return "this kernel has no such queues (NFNETLINK_QUEUE), or they can't let packets by when full";
	case NOT_ANSWERED:
		return "the kernel does not answer";
	default:
		return strerror(-error);
	}
}

static bool open_queue(struct queue_source *source, const struct queue_settings *settings)
{
	uint32_t length = settings->length > QUEUE_LENGTH_MIN ? settings->length : QUEUE_LENGTH_MIN;
	int result = queue_socket_open(&source->socket, settings->number, length);

	if (result == 0) {
		result = await_answer(source, QUEUE_REQUEST_OPEN);
		result = result == -EPERM ? -EBUSY : result; /* the socket was permitted more than this */
	}
	if (result != 0) {
		snprintf(source->error, sizeof source->error, "queue %u: %s", settings->number,
			explain(result));
		return false;
	}
	return takes_verdicts(source);
}

struct queue_source *queue_source_open(const struct queue_settings *settings,
	const struct queue_handler *handler, struct counters *counters, char *error, size_t error_size)
{
	struct queue_source *source = calloc(1, sizeof *source);

	if (source == NULL) {
		snprintf(error, error_size, "queue %u: out of memory", settings->number);
		return NULL;
	}
	source->handler = *handler;
	source->counters = counters;
	source->socket.descriptor = source->socket.dead = -1;
	source->buffers = queue_buffers_new();
	source->held = held_packets_new();
	snprintf(source->error, sizeof source->error, "queue %u: out of memory", settings->number);
	if (source->buffers == NULL || source->held == NULL || !open_queue(source, settings)) {
		snprintf(error, error_size, "%s", source->error);
		queue_source_free(source);
		return NULL;
	}
	return source;
}

void queue_source_free(struct queue_source *source)
{
	if (source == NULL) {
		return;
	}
	queue_socket_close(&source->socket);
	held_packets_free(source->held);
	queue_buffers_free(source->buffers);
	free(source);
}

int queue_source_descriptor(const struct queue_source *source)
{
	return source->socket.descriptor;
}

const char *queue_source_error(const struct queue_source *source)
{
	return source->error;
}

/* For the other thread */

uint64_t queue_source_progress(const struct queue_source *source)
{
	return __atomic_load_n(&source->progress, __ATOMIC_RELAXED);
}

bool queue_source_waits(const struct queue_source *source)
{
	struct pollfd descriptor = {.fd = source->socket.descriptor, .events = POLLIN};

	return __atomic_load_n(&source->is_busy, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&source->has_held, __ATOMIC_RELAXED) ||
	       (poll(&descriptor, 1, 0) > 0 && (descriptor.revents & POLLIN) != 0);
}

void queue_source_abandon(struct queue_source *source)
{
	queue_socket_shut(&source->socket);
}
