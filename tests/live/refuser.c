/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refuser refuse INTERFACE STATUS: refuses each INVITE by UDP that it sees there, with what belongs to it.
 * refuser end INTERFACE MILLISECONDS: ends each call by UDP so long after it was answered.
 * It drops nothing: the test's netfilter rules stand in for the queue. Says what it does, a line each.
 */
#include "pbxguard/action/call_ender.h"
#include "pbxguard/action/raw_sender.h"
#include "pbxguard/action/refused_dialogs.h"
#include "pbxguard/base/reader.h"
#include "pbxguard/decode/sip_parser.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct refuser {
	struct counters counters;
	struct raw_sender sender;
	struct refused_dialogs *dialogs;
	struct call_ender *ender;
	unsigned status;   /* to refuse with; 0: end calls */
	duration talk;     /* until a call is ended */
	instant answered;  /* 0: none waits to be ended */
	char call_id[256]; /* of that call */
	struct address caller, called;
};

static void say(const char *what, const char *about)
{
	printf("%s %s\n", what, about);
	fflush(stdout);
}

static void send_out(void *context, const struct sip_datagram *datagram)
{
	struct refuser *refuser = context;
	int error = raw_sender_send(&refuser->sender, datagram);

	printf("sent %.*s%s%s\n", (int)strcspn(datagram->bytes, "\r"), datagram->bytes,
		error == 0 ? "" : ": ", error == 0 ? "" : strerror(-error));
	fflush(stdout);
}

static void refuse(struct refuser *refuser, const struct sip_message *message, struct text whole, instant now)
{
	struct sip_datagram answer;
	enum refused_fate fate = refused_dialogs_judge(refuser->dialogs, message, whole, now, &answer);

	if (fate == REFUSED_NOT_OURS && message->is_request && message->method == SIP_METHOD_INVITE) {
		fate = refused_dialogs_refuse(
			refuser->dialogs, message, whole, refuser->status, now, &answer);
	}
	if (fate == REFUSED_ANSWER) {
		say("refused", sip_method_name(message->method));
		send_out(refuser, &answer);
	} else if (fate == REFUSED_SWALLOW) {
		say("swallowed", sip_method_name(message->method));
	}
}

static void follow(struct refuser *refuser, const struct sip_message *message, struct text whole, instant now)
{
	if (message->is_request && message->method == SIP_METHOD_INVITE && message->to.tag.size == 0) {
		call_ender_begin(refuser->ender, message, whole, now);
	} else if (call_ender_follow(refuser->ender, message, whole, now)) {
		say("swallowed", "an answer to our BYE");
	}
	if (!message->is_request && message->method == SIP_METHOD_INVITE && message->status == 200 &&
		refuser->answered == 0) {
		refuser->answered = now;
		text_copy(message->call_id, refuser->call_id, sizeof refuser->call_id);
		refuser->caller = message->destination.address;
		refuser->called = message->source.address;
	}
}

/* Of a datagram without IP options and fragments; false when it is no SIP. */
static bool read_packet(const uint8_t *packet, size_t size, struct sip_message *message, struct text *whole)
{
	struct reader reader = reader_of(packet, size);
	bool is_ipv4 = size > 0 && packet[0] == 0x45;
	const uint8_t *header = reader_take(&reader, is_ipv4 ? 20 : 40);
	struct endpoint source = {.port = reader_u16(&reader)}, destination = {.port = reader_u16(&reader)};
	struct sip_scan scan;

	reader_skip(&reader, 4);
	if (reader_failed(&reader) || header[is_ipv4 ? 9 : 6] != 17) {
		return false;
	}
	source.address = is_ipv4 ? address_ipv4(header + 12) : address_ipv6(header + 8);
	destination.address = is_ipv4 ? address_ipv4(header + 16) : address_ipv6(header + 24);
	*whole = (struct text){(const char *)reader.bytes, reader_left(&reader)};
	if (!sip_scan_brief(*whole, &scan)) {
		return false;
	}
	sip_parse(&scan, message);
	message->source = source;
	message->destination = destination;
	message->transport = TRANSPORT_UDP;
	return true;
}

static void take_packet(struct refuser *refuser, int packets)
{
	static uint8_t packet[65536];
	static struct sip_message message;
	struct text whole;
	ssize_t size = recv(packets, packet, sizeof packet, 0);

	if (size <= 0 || !read_packet(packet, (size_t)size, &message, &whole)) {
		return;
	}
	if (refuser->status != 0) {
		refuse(refuser, &message, whole, instant_now());
	} else {
		follow(refuser, &message, whole, instant_now());
	}
}

static void tick(struct refuser *refuser, instant now)
{
	static const char *const endings[] = {"sent", "unknown", "not up", "tcp"};

	if (refuser->answered != 0 && now - refuser->answered >= refuser->talk) {
		say("ending", endings[call_ender_end(refuser->ender, text_of(refuser->call_id),
				      &refuser->caller, &refuser->called, now)]);
		refuser->answered = 0;
	}
	call_ender_tick(refuser->ender, now);
	refused_dialogs_tick(refuser->dialogs, now);
}

int main(int count, char **arguments)
{
	static struct refuser refuser;
	bool is_ending = count == 4 && strcmp(arguments[1], "end") == 0;
	/* The sender first: it is what is opened before packets are looked at. */
	int error = raw_sender_open(&refuser.sender, &refuser.counters);
	int packets = socket(AF_PACKET, SOCK_DGRAM, htons(3)); /* ETH_P_ALL: also what goes out */

	if (count != 4 || error != 0 || packets < 0) {
		fprintf(stderr, "usage: refuser refuse|end INTERFACE STATUS|MILLISECONDS, as root\n");
		return 2;
	}
	struct sockaddr_ll on = {.sll_family = AF_PACKET,
		.sll_protocol = htons(3),
		.sll_ifindex = (int)if_nametoindex(arguments[2])};
	refuser.dialogs = refused_dialogs_new(&refuser.counters);
	refuser.ender = call_ender_new(1 * HOUR, send_out, &refuser, &refuser.counters);
	refuser.status = is_ending ? 0 : (unsigned)atoi(arguments[3]);
	refuser.talk = is_ending ? atoi(arguments[3]) * MILLISECOND : 0;
	if (bind(packets, (struct sockaddr *)&on, sizeof on) != 0 || refuser.dialogs == NULL ||
		refuser.ender == NULL) {
		perror("refuser");
		return 1;
	}
	sip_parser_start();
	say("open", arguments[2]);
	for (;;) {
		struct pollfd wait = {.fd = packets, .events = POLLIN};
		if (poll(&wait, 1, 50) > 0) {
			take_packet(&refuser, packets);
		}
		tick(&refuser, instant_now());
	}
}
