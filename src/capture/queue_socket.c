/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/queue_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#define COPY_RANGE 0xFFFF    /* bytes; the kernel makes it what fits into an attribute */
#define ROOM_FOR_PACKET 2304 /* bytes of the socket's buffer that a packet of up to 1500 takes */
#define QUEUE_PER_BUFFER 4   /* so many times more packets; the smallest take a third of that room */
/* Those that were received and have no verdict yet, the held ones included. */
#define QUEUE_BESIDE_BUFFER 512

#define VERDICT_SIZE 64    /* bytes of a message with a verdict; 36 are used */
#define DATAGRAM_MAX 69632 /* bytes: a packet of 64 kB, its attributes, an error that quotes */

struct queue_buffers {
	struct mmsghdr headers[QUEUE_SOCKET_BATCH];
	struct iovec parts[QUEUE_SOCKET_BATCH];
	uint8_t bytes[QUEUE_SOCKET_BATCH][DATAGRAM_MAX] __attribute__((aligned(8)));
};

struct queue_buffers *queue_buffers_new(void)
{
	struct queue_buffers *buffers = calloc(1, sizeof *buffers);

	for (size_t i = 0; buffers != NULL && i < QUEUE_SOCKET_BATCH; i++) {
		buffers->parts[i] = (struct iovec){buffers->bytes[i], DATAGRAM_MAX};
		buffers->headers[i].msg_hdr = (struct msghdr){.msg_iov = &buffers->parts[i], .msg_iovlen = 1};
	}
	return buffers;
}

void queue_buffers_free(struct queue_buffers *buffers)
{
	free(buffers);
}

static int send_parts(const struct queue_socket *queue, struct iovec *parts, size_t count)
{
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
	ssize_t sent;

	do {
		sent = sendmsg(queue->descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static int send_bytes(const struct queue_socket *queue, void *bytes, size_t size)
{
	struct iovec part = {bytes, size};

	return send_parts(queue, &part, 1);
}

/* The request's kind is its sequence number, which the kernel repeats in its answer. */
static struct nlmsghdr *begin(
	const struct queue_socket *queue, void *buffer, int type, enum queue_request request)
{
	struct nlmsghdr *message = nfq_nlmsg_put(buffer, type, queue->number);

	message->nlmsg_seq = (uint32_t)request;
	if (request == QUEUE_REQUEST_OPEN || request == QUEUE_REQUEST_TEST) {
		message->nlmsg_flags |= NLM_F_ACK;
	}
	return message;
}

static int ask_for_queue(const struct queue_socket *queue, uint32_t length)
{
	const uint32_t flags = NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_GSO;
	char buffer[256] = {0};
	struct nlmsghdr *message = begin(queue, buffer, NFQNL_MSG_CONFIG, QUEUE_REQUEST_OPEN);

	/* In one message, so that no packet comes to a queue that is half as it should be. */
	nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, COPY_RANGE);
	nfq_nlmsg_cfg_put_qmaxlen(message, length * QUEUE_PER_BUFFER + QUEUE_BESIDE_BUFFER);
	mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(flags));
	mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(flags | NFQA_CFG_F_CONNTRACK));
	return send_bytes(queue, buffer, message->nlmsg_len);
}

static int open_socket(int *descriptor, uint32_t length)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	const int yes = 1, room = (int)(length * (ROOM_FOR_PACKET / 2)); /* the kernel doubles it */
	int opened = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	if (opened < 0) {
		return -errno;
	}
	if (setsockopt(opened, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
		setsockopt(opened, SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes) < 0 ||
		setsockopt(opened, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof yes) < 0 ||
		bind(opened, (const struct sockaddr *)&address, sizeof address) < 0) {
		int error = -errno;
		close(opened);
		return error;
	}
	*descriptor = opened;
	return 0;
}

int queue_socket_open(struct queue_socket *queue, uint16_t number, uint32_t length)
{
	*queue = (struct queue_socket){.descriptor = -1, .dead = -1, .number = number};
	queue->dead = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int result = queue->dead < 0 ? -errno : open_socket(&queue->descriptor, length);
	if (result == 0) {
		result = ask_for_queue(queue, length);
	}
	if (result < 0) {
		queue_socket_close(queue);
	}
	return result;
}

void queue_socket_close(struct queue_socket *queue)
{
	if (queue->descriptor >= 0) {
		queue_socket_shut(queue);
		close(queue->descriptor);
	}
	if (queue->dead >= 0) {
		close(queue->dead);
	}
	queue->descriptor = queue->dead = -1;
}

/* Receiving */

static instant time_of(const struct nlattr *attribute)
{
	struct nfqnl_msg_packet_timestamp stamp;

	if (attribute == NULL || mnl_attr_get_payload_len(attribute) < sizeof stamp) {
		return 0;
	}
	memcpy(&stamp, mnl_attr_get_payload(attribute), sizeof stamp);
	return (instant)be64toh(stamp.sec) * SECOND + (instant)be64toh(stamp.usec) * MICROSECOND;
}

static bool read_packet(struct nlmsghdr *message, struct queue_notice *notice)
{
	struct nlattr *attributes[NFQA_MAX + 1] = {0};
	struct nfqnl_msg_packet_hdr header;

	if (nfq_nlmsg_parse(message, attributes) < 0 || attributes[NFQA_PACKET_HDR] == NULL) {
		return false;
	}
	memcpy(&header, mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]), sizeof header);
	*notice = (struct queue_notice){
		.id = ntohl(header.packet_id), .time = time_of(attributes[NFQA_TIMESTAMP])};
	if (attributes[NFQA_PAYLOAD] != NULL) {
		notice->bytes = mnl_attr_get_payload(attributes[NFQA_PAYLOAD]);
		notice->size = notice->whole_size = mnl_attr_get_payload_len(attributes[NFQA_PAYLOAD]);
	}
	if (attributes[NFQA_CAP_LEN] != NULL) {
		notice->whole_size = ntohl(mnl_attr_get_u32(attributes[NFQA_CAP_LEN]));
	}
	return true;
}

static bool read_message(struct nlmsghdr *message, struct queue_notice *notice)
{
	if (message->nlmsg_type == NLMSG_ERROR &&
		message->nlmsg_len >= mnl_nlmsg_size(sizeof(struct nlmsgerr))) {
		const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
		*notice = (struct queue_notice){
			.request = message->nlmsg_seq == QUEUE_REQUEST_OPEN ||
						   message->nlmsg_seq == QUEUE_REQUEST_TEST
					   ? (enum queue_request)message->nlmsg_seq
					   : QUEUE_REQUEST_VERDICT,
			.error = error->error};
		return true;
	}
	return message->nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET) &&
	       message->nlmsg_len >= mnl_nlmsg_size(sizeof(struct nfgenmsg)) && read_packet(message, notice);
}

static void read_datagram(uint8_t *bytes, size_t size,
	void (*handler)(void *context, struct queue_notice *notice), void *context)
{
	struct nlmsghdr *message = (struct nlmsghdr *)(void *)bytes;
	struct queue_notice notice;

	for (int left = (int)size; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		if (read_message(message, &notice)) {
			handler(context, &notice);
		}
	}
}

int queue_socket_receive(struct queue_socket *queue, struct queue_buffers *buffers,
	void (*handler)(void *context, struct queue_notice *notice), void *context)
{
	int count = recvmmsg(queue->descriptor, buffers->headers, QUEUE_SOCKET_BATCH, MSG_DONTWAIT, NULL);

	if (count < 0) {
		/* ENOBUFS is switched off; should it come, the gaps tell what was lost. */
		return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -errno;
	}
	for (int i = 0; i < count; i++) {
		read_datagram(buffers->bytes[i], buffers->headers[i].msg_len, handler, context);
	}
	return count;
}

/* Verdicts */

static size_t put_verdict(const struct queue_socket *queue, void *buffer, int type,
	enum queue_request request, const struct queue_verdict *verdict)
{
	struct nlmsghdr *message = begin(queue, buffer, type, request);

	nfq_nlmsg_verdict_put(message, (int)verdict->id, verdict->drop ? NF_DROP : NF_ACCEPT);
	return NLMSG_ALIGN(message->nlmsg_len);
}

int queue_socket_decide(struct queue_socket *queue, const struct queue_verdict *verdicts, size_t count)
{
	uint8_t buffer[QUEUE_SOCKET_BATCH * VERDICT_SIZE] __attribute__((aligned(8)));
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		size += put_verdict(
			queue, buffer + size, NFQNL_MSG_VERDICT, QUEUE_REQUEST_VERDICT, &verdicts[i]);
	}
	return send_bytes(queue, buffer, size);
}

int queue_socket_decide_up_to(struct queue_socket *queue, const struct queue_verdict *verdict)
{
	uint8_t buffer[VERDICT_SIZE] __attribute__((aligned(8)));
	size_t size = put_verdict(queue, buffer, NFQNL_MSG_VERDICT_BATCH, QUEUE_REQUEST_VERDICT, verdict);

	return send_bytes(queue, buffer, size);
}

int queue_socket_replace(struct queue_socket *queue, uint32_t id, uint8_t *bytes, size_t size)
{
	uint8_t padding[NLA_ALIGNTO] = {0};
	uint8_t buffer[VERDICT_SIZE] __attribute__((aligned(8)));
	const struct queue_verdict verdict = {.id = id};
	struct nlattr attribute = {(uint16_t)(NLA_HDRLEN + size), NFQA_PAYLOAD};
	size_t head = put_verdict(queue, buffer, NFQNL_MSG_VERDICT, QUEUE_REQUEST_VERDICT, &verdict);
	size_t rest = NLA_ALIGN(size) - size;

	((struct nlmsghdr *)(void *)buffer)->nlmsg_len += (uint32_t)(NLA_HDRLEN + size + rest);
	memcpy(buffer + head, &attribute, sizeof attribute);
	struct iovec parts[] = {{buffer, head + sizeof attribute}, {bytes, size}, {padding, rest}};
	return send_parts(queue, parts, 3);
}

int queue_socket_test(struct queue_socket *queue)
{
	uint8_t buffer[VERDICT_SIZE] __attribute__((aligned(8)));
	const struct queue_verdict verdict = {.id = 0};
	size_t size = put_verdict(queue, buffer, NFQNL_MSG_VERDICT, QUEUE_REQUEST_TEST, &verdict);

	return send_bytes(queue, buffer, size);
}

/* Numbers are compared as they go round, so "up to" reaches half way; the first half again behind the end. */
static size_t put_accept_all(const struct queue_socket *queue, uint8_t *buffer)
{
	static const struct queue_verdict all[] = {{.id = INT32_MAX}, {.id = UINT32_MAX}, {.id = INT32_MAX}};
	size_t size = 0;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		size += put_verdict(
			queue, buffer + size, NFQNL_MSG_VERDICT_BATCH, QUEUE_REQUEST_VERDICT, &all[i]);
	}
	return size;
}

void queue_socket_shut(const struct queue_socket *queue)
{
	uint8_t buffer[5 * VERDICT_SIZE] __attribute__((aligned(8)));
	size_t size = put_accept_all(queue, buffer);
	struct nlmsghdr *unbind = begin(queue, buffer + size, NFQNL_MSG_CONFIG, QUEUE_REQUEST_VERDICT);

	nfq_nlmsg_cfg_put_cmd(unbind, AF_UNSPEC, NFQNL_CFG_CMD_UNBIND);
	size += NLMSG_ALIGN(unbind->nlmsg_len);
	/* What came in between. */
	send_bytes(queue, buffer, size);
	dup2(queue->dead, queue->descriptor);
}
