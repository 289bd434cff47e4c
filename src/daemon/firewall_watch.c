/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/firewall_watch.h"

#include "pbxguard/daemon/firewall.h"
#include "pbxguard/daemon/legacy_tables.h"

#include <assert.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#define QUESTION_SIZE 256            /* bytes; ours have less than 100 */
#define BUFFER_SIZE 32768            /* bytes; no dump of the kernel's comes in larger pieces */
#define ANSWER_PATIENCE 200000       /* microseconds; the kernel answers at once, or never */
#define EVENT_ROOM (4 * 1024 * 1024) /* bytes; a reload of thousands of rules is that many events */

#define TRIES 5

/* Our chains, and the hooks that lead to them. */
static const struct watched {
	const char *chain, *hook_chain;
	unsigned int hook;
} watched[] = {
	{FIREWALL_CHAIN_IN, "INPUT", NF_INET_LOCAL_IN},
	{FIREWALL_CHAIN_OUT, "OUTPUT", NF_INET_LOCAL_OUT},
	{FIREWALL_CHAIN_FORWARD, "FORWARD", NF_INET_FORWARD},
};
#define WATCHED (sizeof watched / sizeof watched[0])

struct firewall_watch {
	struct mnl_socket *questions, *events; /* owned; events: NULL with iptables-legacy */
	bool is_legacy, has_ipv6;
	uint32_t sequence;
};

/* ---- what a rule does -------------------------------------------------------------------------------- */

/* What is looked for among the rules of one chain. */
struct search {
	const char *jump; /* to this chain; NULL: a queue is looked for */
	bool found;
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
	const struct nlattr **taken = context;
	unsigned int type = mnl_attr_get_type(attribute);

	if (type <= NFTA_RULE_MAX) { /* the largest of the enumerations that are read here */
		taken[type] = attribute;
	}
	return MNL_CB_OK;
}

#define TAKE(attributes, nest)                                                                               \
	const struct nlattr *attributes[NFTA_RULE_MAX + 1] = {0};                                            \
	if ((nest) != NULL) {                                                                                \
		mnl_attr_parse_nested((nest), take_attribute, (attributes));                                 \
	}

static bool is_text(const struct nlattr *attribute, const char *text)
{
	return attribute != NULL && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0 &&
	       strcmp(mnl_attr_get_str(attribute), text) == 0;
}

/* The expression "immediate" with the verdict to go to that chain. */
static bool is_jump(const struct nlattr *data, const char *chain)
{
	TAKE(immediate, data);
	TAKE(value, immediate[NFTA_IMMEDIATE_DATA]);
	TAKE(verdict, value[NFTA_DATA_VERDICT]);
	return is_text(verdict[NFTA_VERDICT_CHAIN], chain);
}

/* iptables has it as one of its own targets, or as the expression "queue" of nf_tables. */
static bool is_queue(const struct nlattr *name, const struct nlattr *data)
{
	TAKE(target, data);
	return is_text(name, "queue") ||
	       (is_text(name, "target") && is_text(target[NFTA_TARGET_NAME], "NFQUEUE"));
}

static int read_expression(const struct nlattr *element, void *context)
{
	struct search *search = context;

	TAKE(expression, element);
	const struct nlattr *name = expression[NFTA_EXPR_NAME], *data = expression[NFTA_EXPR_DATA];
	search->found = search->found ||
			(search->jump == NULL ? is_queue(name, data)
					      : is_text(name, "immediate") && is_jump(data, search->jump));
	return MNL_CB_OK;
}

static int read_rule(const struct nlmsghdr *message, void *context)
{
	const struct nlattr *rule[NFTA_RULE_MAX + 1] = {0};

	mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, rule);
	if (rule[NFTA_RULE_EXPRESSIONS] != NULL) {
		mnl_attr_parse_nested(rule[NFTA_RULE_EXPRESSIONS], read_expression, context);
	}
	return MNL_CB_OK;
}

/* ---- questions ------------------------------------------------------------------------------------------
 */

static struct nlmsghdr *ask_for_rules(char *buffer, int family, const char *chain, uint32_t sequence)
{
	memset(buffer, 0, QUESTION_SIZE); /* libmnl leaves what is between its attributes as it is */
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = sequence;
	struct nfgenmsg *general = mnl_nlmsg_put_extra_header(message, sizeof *general);
	general->nfgen_family = (uint8_t)family;
	general->version = NFNETLINK_V0;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, FIREWALL_TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	return message;
}

/* Looks through the rules of a chain; one that is not there has none. -errno, -EINTR when they changed. */
static int search_once(struct firewall_watch *watch, int family, const char *chain, struct search *search)
{
	char buffer[BUFFER_SIZE];
	uint32_t sequence = ++watch->sequence;
	const struct nlmsghdr *question = ask_for_rules(buffer, family, chain, sequence);
	unsigned int port = mnl_socket_get_portid(watch->questions);
	int result = MNL_CB_OK;

	if (mnl_socket_sendto(watch->questions, question, question->nlmsg_len) < 0) {
		return -errno;
	}
	while (result == MNL_CB_OK) {
		ssize_t size = mnl_socket_recvfrom(watch->questions, buffer, sizeof buffer);
		if (size < 0) {
			return -errno;
		}
		result = mnl_cb_run(buffer, (size_t)size, sequence, port, read_rule, search);
		if (result < 0 && errno == ESRCH) { /* the rest of an older answer */
			result = MNL_CB_OK;
		}
	}
	return result == MNL_CB_STOP || errno == ENOENT ? 0 : -errno;
}

/* Whoever changes rules does so at once: the second or third try finds them at rest. */
static int search_chain(struct firewall_watch *watch, int family, const char *chain, struct search *search)
{
	int result = -EINTR;

	for (int tries = 0; tries < TRIES && result == -EINTR; tries++) {
		search->found = false;
		result = search_once(watch, family, chain, search);
	}
	return result;
}

static int search_nft(
	struct firewall_watch *watch, int family, const struct watched *one, struct legacy_chain *found)
{
	struct search queue = {0}, jump = {.jump = one->chain};
	int result = search_chain(watch, family, one->chain, &queue);

	if (result == 0) {
		result = search_chain(watch, family, one->hook_chain, &jump);
	}
	*found = (struct legacy_chain){.has_target = queue.found, .is_led_to = jump.found};
	return result;
}

static int search_legacy(int family, const struct watched *one, struct legacy_chain *found)
{
	int result = legacy_tables_look(family == NFPROTO_IPV4 ? AF_INET : AF_INET6, FIREWALL_TABLE,
		one->hook, one->chain, "NFQUEUE", found);

	return result == -ENOENT ? 0 : result; /* then nothing is found */
}

/* The first thing that is missing of one family. */
static enum firewall_state look(struct firewall_watch *watch, int family, char why[static FIREWALL_WHY_SIZE])
{
	const char *name = family == NFPROTO_IPV4 ? "IPv4" : "IPv6";

	for (size_t i = 0; i < WATCHED; i++) {
		const struct watched *one = &watched[i];
		struct legacy_chain found = {0};
		int error = watch->is_legacy ? search_legacy(family, one, &found)
					     : search_nft(watch, family, one, &found);
		if (error != 0) {
			snprintf(why, FIREWALL_WHY_SIZE, "the rules of %s could not be read: %s", name,
				strerror(-error));
			errno = -error;
			return FIREWALL_UNKNOWN;
		}
		if (!found.is_led_to || !found.has_target) {
			snprintf(why, FIREWALL_WHY_SIZE, "nothing leads %s %s (%s) any more",
				!found.has_target ? "to the queue from" : "to", one->chain, name);
			return FIREWALL_GONE;
		}
	}
	return FIREWALL_IN_PLACE;
}

enum firewall_state firewall_watch_check(struct firewall_watch *watch, char why[static FIREWALL_WHY_SIZE])
{
	enum firewall_state state = look(watch, NFPROTO_IPV4, why);

	return state == FIREWALL_IN_PLACE && watch->has_ipv6 ? look(watch, NFPROTO_IPV6, why) : state;
}

/* ---- events ----------------------------------------------------------------------------------------------
 */

/* Of a chain or rule, the table's name is the first attribute; of a table its own name is. */
static int read_event(const struct nlmsghdr *message, void *context)
{
	static_assert(
		(int)NFTA_RULE_TABLE == (int)NFTA_CHAIN_TABLE && (int)NFTA_RULE_TABLE == (int)NFTA_TABLE_NAME,
		"one name for all");
	const struct nlattr *attributes[NFTA_RULE_MAX + 1] = {0};
	bool *is_touched = context;

	switch (message->nlmsg_type) {
	case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE:
	case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELCHAIN:
	case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELRULE:
		mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, attributes);
		*is_touched = *is_touched || is_text(attributes[NFTA_RULE_TABLE], FIREWALL_TABLE);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

bool firewall_watch_read(struct firewall_watch *watch)
{
	char buffer[BUFFER_SIZE];
	bool is_touched = false;

	if (watch->events == NULL) {
		return false;
	}
	for (;;) {
		ssize_t size = mnl_socket_recvfrom(watch->events, buffer, sizeof buffer);
		if (size > 0) {
			mnl_cb_run(buffer, (size_t)size, 0, 0, read_event, &is_touched);
		} else if (errno != EINTR && errno != ENOBUFS && errno != ENOSPC) {
			return is_touched; /* EAGAIN: that was all */
		} else {
			is_touched = true; /* some were lost */
		}
	}
}

/* ---- beginning and end -----------------------------------------------------------------------------------
 */

static struct mnl_socket *open_socket(int flags)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | flags);

	if (socket != NULL && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int error = errno;
		mnl_socket_close(socket);
		errno = error;
		return NULL;
	}
	return socket;
}

/* -errno. */
static int open_questions(struct firewall_watch *watch)
{
	const struct timeval patience = {.tv_usec = ANSWER_PATIENCE};

	watch->questions = open_socket(0);
	if (watch->questions == NULL || setsockopt(mnl_socket_get_fd(watch->questions), SOL_SOCKET,
						SO_RCVTIMEO, &patience, sizeof patience) != 0) {
		return -errno;
	}
	return 0;
}

static int open_events(struct firewall_watch *watch)
{
	int group = NFNLGRP_NFTABLES, room = EVENT_ROOM;

	watch->events = open_socket(SOCK_NONBLOCK);
	if (watch->events == NULL ||
		mnl_socket_setsockopt(watch->events, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
		return -errno;
	}
	/* What does not fit is told (ENOBUFS), and then we ask: no matter if this is refused. */
	(void)setsockopt(mnl_socket_get_fd(watch->events), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	return 0;
}

/* Where are they? With iptables-legacy nobody tells of changes. -errno. */
static int find_rules(struct firewall_watch *watch)
{
	char why[FIREWALL_WHY_SIZE];
	enum firewall_state state = look(watch, NFPROTO_IPV4, why);

	if (state == FIREWALL_GONE) {
		watch->is_legacy = true;
		state = look(watch, NFPROTO_IPV4, why);
	}
	if (state != FIREWALL_IN_PLACE) {
		return state == FIREWALL_GONE ? -ENOENT : -errno;
	}
	watch->has_ipv6 = look(watch, NFPROTO_IPV6, why) == FIREWALL_IN_PLACE;
	if (watch->is_legacy) {
		mnl_socket_close(watch->events);
		watch->events = NULL;
	}
	return 0;
}

/* Listens before it looks, so that nothing changes unseen in between. */
struct firewall_watch *firewall_watch_new(void)
{
	struct firewall_watch *watch = calloc(1, sizeof *watch);
	int result = watch == NULL ? -ENOMEM : open_questions(watch);

	if (result == 0) {
		result = open_events(watch);
	}
	if (result == 0) {
		result = find_rules(watch);
	}
	if (result != 0) {
		firewall_watch_free(watch);
		errno = -result;
		return NULL;
	}
	return watch;
}

void firewall_watch_free(struct firewall_watch *watch)
{
	if (watch == NULL) {
		return;
	}
	if (watch->questions != NULL) {
		mnl_socket_close(watch->questions);
	}
	if (watch->events != NULL) {
		mnl_socket_close(watch->events);
	}
	free(watch);
}

int firewall_watch_descriptor(const struct firewall_watch *watch)
{
	return watch->events == NULL ? -1 : mnl_socket_get_fd(watch->events);
}
