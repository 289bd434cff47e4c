/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocol is that of linux/netfilter/ipset/ip_set.h. */
#include "pbxguard/action/blocklist.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/ipset/ip_set_hash.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 500
#define STALE_ANSWERS_MAX 64 /* of a question given up before: read past so many */
#define REQUEST_SIZE 512     /* bytes; the largest, an IPv6 network with its time, takes about 100 */
#define ANSWER_SIZE 4096     /* a few small attributes, or an error with the request in it */
#define PROTOCOL_NEWEST 7    /* what we speak; 6 is the same for all that is asked here */

struct blocklist {
	struct mnl_socket *socket; /* NULL: not opened yet */
	unsigned sequence;
	uint8_t protocol; /* 0: not agreed upon yet */
	uint8_t answer[ANSWER_SIZE];
};

struct blocklist *blocklist_new(void)
{
	return calloc(1, sizeof(struct blocklist));
}

static void close_socket(struct blocklist *blocklist)
{
	if (blocklist->socket != NULL) {
		mnl_socket_close(blocklist->socket);
		blocklist->socket = NULL;
	}
	blocklist->protocol = 0;
}

void blocklist_free(struct blocklist *blocklist)
{
	if (blocklist != NULL) {
		close_socket(blocklist);
	}
	free(blocklist);
}

/* ---- what went wrong, in words ---------------------------------------------------------------------- */

static const char *set_of(int family)
{
	return family == ADDRESS_IPV6 ? BLOCKLIST_SET6 : BLOCKLIST_SET4;
}

static enum blocklist_result tell(enum blocklist_result result, char *why, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum blocklist_result tell(enum blocklist_result result, char *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, BLOCKLIST_WHY_SIZE, format, arguments);
	va_end(arguments);
	return result;
}

/* error: 0, an errno, or one of enum ipset_errno. */
static enum blocklist_result result_of(int error, int family, char *why)
{
	const char *set = set_of(family);

	switch (error) {
	case 0:
		return BLOCKLIST_DONE;
	case IPSET_ERR_EXIST:
		return tell(BLOCKLIST_NOT_THERE, why, "the kernel's set %s has no such entry", set);
	case ENOENT:
		return tell(BLOCKLIST_NO_SET, why,
			"the kernel's set %s is not there: run pbxguard-firewall install", set);
	case IPSET_ERR_HASH_FULL:
		return tell(BLOCKLIST_FULL, why, "the kernel's set %s is full", set);
	case EPERM:
		return tell(BLOCKLIST_NOT_PERMITTED, why,
			"not permitted to change the kernel's set %s: that needs CAP_NET_ADMIN, which "
			"pbxguard.service has",
			set);
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
		return tell(BLOCKLIST_NO_IPSET, why, "this kernel has no ipset (module ip_set_hash_net)");
	case ETIMEDOUT:
		return tell(BLOCKLIST_FAILED, why, "the kernel did not answer within half a second");
	default:
		break;
	}
	return error >= IPSET_ERR_PRIVATE
		       ? tell(BLOCKLIST_FAILED, why, "the kernel's set %s refused it with ipset's error %d",
				 set, error)
		       : tell(BLOCKLIST_FAILED, why, "the kernel's set %s: %s", set, strerror(error));
}

/* ---- questions and answers -------------------------------------------------------------------------- */

struct question {
	uint8_t bytes[REQUEST_SIZE];
	struct nlmsghdr *header;
};

/* Attributes follow. set: NULL for none. */
static void begin(const struct blocklist *blocklist, struct question *question, enum ipset_cmd command,
	uint16_t flags, int family, const char *set)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(question->bytes);

	header->nlmsg_type = (uint16_t)(NFNL_SUBSYS_IPSET << 8 | command);
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	struct nfgenmsg *generic = mnl_nlmsg_put_extra_header(header, sizeof *generic);
	generic->nfgen_family = family == ADDRESS_IPV6 ? AF_INET6 : AF_INET;
	generic->version = NFNETLINK_V0;
	generic->res_id = htons(0);
	mnl_attr_put_u8(header, IPSET_ATTR_PROTOCOL,
		blocklist->protocol != 0 ? blocklist->protocol : PROTOCOL_NEWEST);
	if (set != NULL) {
		mnl_attr_put_strz(header, IPSET_ATTR_SETNAME, set);
	}
	question->header = header;
}

/* One datagram of the answer, within the patience. Its size, or -errno. */
static ssize_t receive(struct blocklist *blocklist)
{
	struct pollfd ready = {.fd = mnl_socket_get_fd(blocklist->socket), .events = POLLIN};

	if (poll(&ready, 1, PATIENCE_MS) == 0) {
		return -ETIMEDOUT;
	}
	ssize_t size = mnl_socket_recvfrom(blocklist->socket, blocklist->answer, sizeof blocklist->answer);
	return size < 0 ? -errno : size;
}

static bool is_stale(int error)
{
	return error == EPROTO || error == ESRCH || error == EAGAIN || error == EINTR;
}

/* Hands each message of the answer to take (may be NULL). 0, or what the kernel said. */
static int ask(struct blocklist *blocklist, struct question *question, mnl_cb_t take, void *context)
{
	unsigned port = mnl_socket_get_portid(blocklist->socket);

	question->header->nlmsg_seq = ++blocklist->sequence;
	if (mnl_socket_sendto(blocklist->socket, question->header, question->header->nlmsg_len) < 0) {
		return errno;
	}
	for (int stale = 0; stale < STALE_ANSWERS_MAX;) {
		ssize_t size = receive(blocklist);
		int state = 0;
		if (size >= 0) {
			state = mnl_cb_run(
				blocklist->answer, (size_t)size, blocklist->sequence, port, take, context);
		}
		int error = size < 0 ? (int)-size : errno;
		if (size >= 0 && state == MNL_CB_STOP) {
			return 0;
		}
		if (size < 0 || state < 0) {
			if (!is_stale(error)) {
				return error;
			}
			stale++;
		}
	}
	return ETIMEDOUT;
}

/* ---- the first question ----------------------------------------------------------------------------- */

struct protocol_range {
	uint8_t oldest, newest;
};

static int take_protocol_attribute(const struct nlattr *attribute, void *context)
{
	struct protocol_range *range = context;

	if (mnl_attr_validate(attribute, MNL_TYPE_U8) < 0) {
		return MNL_CB_OK;
	}
	if (mnl_attr_get_type(attribute) == IPSET_ATTR_PROTOCOL) {
		range->newest = mnl_attr_get_u8(attribute);
	} else if (mnl_attr_get_type(attribute) == IPSET_ATTR_PROTOCOL_MIN) {
		range->oldest = mnl_attr_get_u8(attribute);
	}
	return MNL_CB_OK;
}

static int take_protocol(const struct nlmsghdr *header, void *context)
{
	struct blocklist *blocklist = context;
	struct protocol_range range = {0};

	mnl_attr_parse(header, sizeof(struct nfgenmsg), take_protocol_attribute, &range);
	if (range.oldest <= PROTOCOL_NEWEST) {
		blocklist->protocol = range.newest < PROTOCOL_NEWEST ? range.newest : PROTOCOL_NEWEST;
	}
	return MNL_CB_OK;
}

static int open_socket(struct blocklist *blocklist)
{
	blocklist->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (blocklist->socket == NULL) {
		return errno;
	}
	if (mnl_socket_bind(blocklist->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int error = errno;
		close_socket(blocklist);
		return error;
	}
	return 0;
}

/* Opens the socket and agrees on the protocol's version, once. 0, or an error as result_of takes it. */
static int get_ready(struct blocklist *blocklist)
{
	struct question question;
	int error = blocklist->socket == NULL ? open_socket(blocklist) : 0;

	if (error != 0 || blocklist->protocol != 0) {
		return error;
	}
	begin(blocklist, &question, IPSET_CMD_PROTOCOL, 0, ADDRESS_IPV4, NULL);
	error = ask(blocklist, &question, take_protocol, blocklist);
	if (error == 0 && blocklist->protocol == 0) {
		error = EPROTONOSUPPORT;
	}
	if (error != 0) {
		close_socket(blocklist);
	}
	/* So netfilter answers for a part that it does not have. */
	return error == EINVAL || error == EOPNOTSUPP ? EPROTONOSUPPORT : error;
}

/* ---- entries ---------------------------------------------------------------------------------------- */

static void put_network(struct nlmsghdr *header, const struct network *network)
{
	struct nlattr *address = mnl_attr_nest_start(header, IPSET_ATTR_IP);

	if (network->address.family == ADDRESS_IPV6) {
		mnl_attr_put(
			header, IPSET_ATTR_IPADDR_IPV6 | NLA_F_NET_BYTEORDER, 16, network->address.bytes);
	} else {
		mnl_attr_put(header, IPSET_ATTR_IPADDR_IPV4 | NLA_F_NET_BYTEORDER, 4, network->address.bytes);
	}
	mnl_attr_nest_end(header, address);
	mnl_attr_put_u8(header, IPSET_ATTR_CIDR, network->prefix_length);
}

static uint32_t seconds_of(duration time)
{
	duration bounded = time < SECOND ? SECOND : time > BLOCKLIST_TIME_MAX ? BLOCKLIST_TIME_MAX : time;

	return (uint32_t)((bounded + SECOND - 1) / SECOND); /* 0 would mean: for ever */
}

/* time: 0 for none. flags: NLM_F_EXCL makes an error of what is, or is not, there. */
static enum blocklist_result change(struct blocklist *blocklist, enum ipset_cmd command, uint16_t flags,
	const struct network *network, uint32_t seconds, char *why)
{
	int family = network->address.family, error = get_ready(blocklist);
	struct question question;

	if (error != 0) {
		return result_of(error, family, why);
	}
	if (network->prefix_length == 0 || family == ADDRESS_NONE) {
		return tell(BLOCKLIST_FAILED, why, "a set can't hold all addresses at once");
	}
	begin(blocklist, &question, command, flags, family, set_of(family));
	struct nlattr *data = mnl_attr_nest_start(question.header, IPSET_ATTR_DATA);
	put_network(question.header, network);
	if (seconds != 0) {
		mnl_attr_put_u32(question.header, IPSET_ATTR_TIMEOUT | NLA_F_NET_BYTEORDER, htonl(seconds));
	}
	mnl_attr_nest_end(question.header, data);
	return result_of(ask(blocklist, &question, NULL, NULL), family, why);
}

enum blocklist_result blocklist_add(struct blocklist *blocklist, const struct network *network, duration time,
	char why[static BLOCKLIST_WHY_SIZE])
{
	return change(blocklist, IPSET_CMD_ADD, 0, network, seconds_of(time), why);
}

enum blocklist_result blocklist_remove(
	struct blocklist *blocklist, const struct network *network, char why[static BLOCKLIST_WHY_SIZE])
{
	return change(blocklist, IPSET_CMD_DEL, NLM_F_EXCL, network, 0, why);
}
