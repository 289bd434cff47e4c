/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The netlink socket of a netfilter queue (NFQUEUE): opens the queue, receives packets, sends verdicts, and
 * tells what the kernel says about those. Neither decides nor keeps anything.
 *
 * What was tried (Linux 6.18), and holds everything else up:
 * - Each verdict needs CAP_NET_ADMIN when it is sent, whoever opened the socket. Its refusal is an error
 *   message in the socket, also when no acknowledgement was asked for; the packet then waits for ever.
 * - "Up to this number" gives one verdict to everything that waits with a smaller number, the held ones too.
 * - A packet for which the socket's buffer has no room is let by (NFQA_CFG_F_FAIL_OPEN), but has been given a
 *   number before: the gap tells how many went unseen. One for which the queue itself is too long is let by
 *   without a trace. So the queue is allowed several times what the buffer holds, and the buffer fills first.
 * - NETLINK_NO_ENOBUFS is set: without it, the kernel gives the socket nothing at all from the first packet
 *   lost until everything was read, and the gaps tell more than that one error.
 * - Unbinding drops what waits. So all of it is accepted before, in one message.
 * - A process that ends, or closes the descriptor, unbinds; but not while another of its threads is inside a
 *   call on it. So the watchdog's thread unbinds by message and replaces the descriptor besides.
 */
#ifndef PBXGUARD_CAPTURE_QUEUE_SOCKET_H
#define PBXGUARD_CAPTURE_QUEUE_SOCKET_H

#include "pbxguard/base/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_socket {
	int descriptor;  /* the caller's loop may wait for it; -1: never opened */
	int dead;        /* a descriptor that leads nowhere, to take the other's number; owned */
	uint16_t number; /* of the queue */
};

/* What the kernel answers to. A verdict is answered only when it was not taken. */
enum queue_request { QUEUE_REQUEST_NONE, QUEUE_REQUEST_OPEN, QUEUE_REQUEST_TEST, QUEUE_REQUEST_VERDICT };

/* A packet, or an answer. */
struct queue_notice {
	enum queue_request request; /* NONE: it is a packet */
	int error;                  /* of an answer: 0 or -errno. What follows is of a packet */

	uint32_t id;       /* they are given in order, from 1 */
	instant time;      /* when the kernel saw it; 0: it does not say */
	uint8_t *bytes;    /* from the IP header on; borrowed until the next receiving */
	size_t size;       /* bytes here */
	size_t whole_size; /* bytes of the packet, more where the kernel could not give all */
};

/* So many at once. */
#define QUEUE_SOCKET_BATCH 32

struct queue_buffers; /* opaque: room for a batch; made by queue_buffers_new */

/* NULL when there is no memory. 2 MB, of which only what packets fill is ever resident. */
struct queue_buffers *queue_buffers_new(void);
void queue_buffers_free(struct queue_buffers *buffers);

/*
 * Asks for queue number, with room for so many packets of the usual size, whole and not cut into segments.
 * 0, or -EPERM without CAP_NET_ADMIN, or another -errno of the socket. Then the kernel answers: 0, or -EPERM
 * when another has the queue.
 */
int queue_socket_open(struct queue_socket *queue, uint16_t number, uint32_t length);

/*
 * Calls handler for each notice that is there, QUEUE_SOCKET_BATCH datagrams at most. How many datagrams, 0
 * when none are there, or -errno. Never waits.
 */
int queue_socket_receive(struct queue_socket *queue, struct queue_buffers *buffers,
	void (*handler)(void *context, struct queue_notice *notice), void *context);

struct queue_verdict {
	uint32_t id;
	bool drop;
};

/* One after the other, in one call. -errno when the call failed. At most QUEUE_SOCKET_BATCH. */
int queue_socket_decide(struct queue_socket *queue, const struct queue_verdict *verdicts, size_t count);
/* The same verdict for all that wait with this number or one before it. */
int queue_socket_decide_up_to(struct queue_socket *queue, const struct queue_verdict *verdict);
/* Accepts one with other bytes. */
int queue_socket_replace(struct queue_socket *queue, uint32_t id, uint8_t *bytes, size_t size);

/* A verdict about a packet that there is not: the answer is -ENOENT when verdicts are taken. */
int queue_socket_test(struct queue_socket *queue);

/*
 * Lets all that waits go on, and what comes from now on go by. From any thread, at any time, twice too; the
 * descriptor stays a descriptor, but leads nowhere. What waits is dropped when CAP_NET_ADMIN is gone.
 */
void queue_socket_shut(const struct queue_socket *queue);
void queue_socket_close(struct queue_socket *queue); /* nobody else may use it any more */

#endif
