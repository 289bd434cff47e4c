/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/packet_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#define LINK_TYPE_RAW 12       /* DLT_RAW on Linux: IP without a link header */
#define ROOM (8 << 20)         /* bytes: some 8000 copies */
#define KERNEL_BUFFER 512      /* bytes that the kernel takes for a copy; 128 of it are the packet */
#define DATAGRAMS_AT_ONCE 8192 /* no fewer than the room holds; who floods must not keep us here */
#define DATAGRAM_MAX 8192      /* bytes; the kernel makes none larger than its buffer, but for errors */
#define ANSWER_PATIENCE 1000   /* milliseconds; the kernel answers at once, or never */

/* What copies are handed to. */
struct reading {
	struct packet_log *log;
	instant now;
	packet_handler *handler;
	void *context;
	struct counters *counters;
};

/* ---- opening ---- */

static ssize_t ask_for_group(int descriptor, uint16_t group)
{
	const struct nfulnl_msg_config_cmd bind_group = {.command = NFULNL_CFG_CMD_BIND};
	const struct nfulnl_msg_config_mode mode = {
		.copy_range = htonl(PACKET_LOG_COPIED), .copy_mode = NFULNL_COPY_PACKET};
	char buffer[256] = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	struct nfgenmsg *general = mnl_nlmsg_put_extra_header(message, sizeof *general);
	general->version = NFNETLINK_V0;
	general->res_id = htons(group);
	/* In one message, so that no copy is made before all is as it should be. */
	mnl_attr_put(message, NFULA_CFG_CMD, sizeof bind_group, &bind_group);
	mnl_attr_put(message, NFULA_CFG_MODE, sizeof mode, &mode);
	mnl_attr_put_u32(message, NFULA_CFG_NLBUFSIZ, htonl(KERNEL_BUFFER));
	mnl_attr_put_u32(message, NFULA_CFG_QTHRESH, htonl(1)); /* each at once */
	mnl_attr_put_u16(message, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
	return send(descriptor, buffer, message->nlmsg_len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Copies may come before the answer: they are of connections that began before us. */
static int await_answer(int descriptor)
{
	char buffer[DATAGRAM_MAX] __attribute__((aligned(8)));

	for (;;) {
		ssize_t size = recv(descriptor, buffer, sizeof buffer, 0);
		if (size < 0 && errno != ENOBUFS) {
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		}
		const struct nlmsghdr *message = (const struct nlmsghdr *)(void *)buffer;
		if (size >= (ssize_t)mnl_nlmsg_size(sizeof(struct nlmsgerr)) &&
			message->nlmsg_type == NLMSG_ERROR) {
			return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(message))->error;
		}
	}
}

int packet_log_open(struct packet_log *log, uint16_t group)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	const struct timeval patience = {.tv_sec = ANSWER_PATIENCE / 1000};
	const int room = ROOM / 2; /* the kernel doubles it */
	int result = 0;

	*log = (struct packet_log){
		.descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
	if (log->descriptor < 0 ||
		setsockopt(log->descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
		setsockopt(log->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
		bind(log->descriptor, (const struct sockaddr *)&address, sizeof address) < 0) {
		result = -errno;
	}
	if (result == 0) {
		result = (int)ask_for_group(log->descriptor, group);
	}
	if (result == 0) {
		result = await_answer(log->descriptor);
		result = result == -EPERM ? -EBUSY : result; /* the socket was permitted more than this */
	}
	if (result != 0) {
		packet_log_close(log);
	}
	return result;
}

void packet_log_close(struct packet_log *log)
{
	if (log->descriptor >= 0) {
		close(log->descriptor);
	}
	log->descriptor = -1;
}

/* ---- reading ---- */

static int take_attribute(const struct nlattr *attribute, void *context)
{
	const struct nlattr **taken = context;
	unsigned int type = mnl_attr_get_type(attribute);

	if (type <= NFULA_MAX) {
		taken[type] = attribute;
	}
	return MNL_CB_OK;
}

static void count_lost(const struct reading *reading, uint32_t number)
{
	uint32_t missing = number - reading->log->last_copy - 1;

	if (reading->log->has_copy && missing < INT32_MAX) {
		counter_add(reading->counters, COUNTER_QUEUE_OVERRUNS, missing);
	}
	reading->log->last_copy = number;
	reading->log->has_copy = true;
}

static void read_message(const struct reading *reading, const struct nlmsghdr *message)
{
	const struct nlattr *attributes[NFULA_MAX + 1] = {0};

	if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
		message->nlmsg_len < mnl_nlmsg_size(sizeof(struct nfgenmsg))) {
		return;
	}
	mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, attributes);
	if (attributes[NFULA_SEQ] != NULL && mnl_attr_get_payload_len(attributes[NFULA_SEQ]) == 4) {
		count_lost(reading, ntohl(mnl_attr_get_u32(attributes[NFULA_SEQ])));
	}
	if (attributes[NFULA_PAYLOAD] == NULL) {
		return;
	}
	size_t size = mnl_attr_get_payload_len(attributes[NFULA_PAYLOAD]);
	const struct packet packet = {.time = reading->now,
		.link_type = LINK_TYPE_RAW,
		.bytes = mnl_attr_get_payload(attributes[NFULA_PAYLOAD]),
		.captured = size,
		.on_wire = size};
	reading->handler(reading->context, &packet);
}

void packet_log_read(struct packet_log *log, instant now, packet_handler *handler, void *context,
	struct counters *counters)
{
	const struct reading reading = {log, now, handler, context, counters};
	char buffer[DATAGRAM_MAX] __attribute__((aligned(8)));

	for (int i = 0; i < DATAGRAMS_AT_ONCE; i++) {
		ssize_t size = recv(log->descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
		if (size < 0 && (errno == EINTR || errno == ENOBUFS)) {
			continue; /* the numbers tell how many were lost */
		}
		if (size <= 0) {
			return;
		}
		const struct nlmsghdr *message = (const struct nlmsghdr *)(void *)buffer;
		for (int left = (int)size; mnl_nlmsg_ok(message, left);
			message = mnl_nlmsg_next(message, &left)) {
			read_message(&reading, message);
		}
	}
}
