/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame_sender INTERFACE TAGS PORT SIZE: sends one Ethernet broadcast frame with so many VLAN tags and in it
 * a UDP datagram to PORT with a payload of SIZE bytes. This kernel may have no VLAN devices.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct frame {
	uint8_t bytes[1600];
	size_t size;
};

static void add(struct frame *frame, const void *bytes, size_t size)
{
	memcpy(frame->bytes + frame->size, bytes, size);
	frame->size += size;
}

static void add_number(struct frame *frame, unsigned value)
{
	uint16_t number = htons((uint16_t)value);

	add(frame, &number, sizeof number);
}

static void build(struct frame *frame, int tags, unsigned port, unsigned size)
{
	static const uint8_t payload[1400];

	add(frame, "\xFF\xFF\xFF\xFF\xFF\xFF\x02\x00\x00\x00\x00\x01", 12);
	for (int i = 0; i < tags; i++) {
		add_number(frame, i == 0 && tags > 1 ? 0x88A8 : 0x8100);
		add_number(frame, 100 + (unsigned)i);
	}
	add(frame, "\x08\x00\x45\x00", 4);
	add_number(frame, 28 + size);
	add(frame, "\x00\x00\x40\x00\x40\x11\x00\x00\xC0\x00\x02\x01\xC0\x00\x02\x02", 16);
	add_number(frame, 40000);
	add_number(frame, port);
	add_number(frame, 8 + size);
	add_number(frame, 0);
	add(frame, payload, size);
}

int main(int count, char **arguments)
{
	struct frame frame = {0};
	int packet_socket = socket(AF_PACKET, SOCK_RAW, 0);

	if (count != 5 || packet_socket < 0 || atoi(arguments[4]) > 1400) {
		fprintf(stderr, "usage: frame_sender INTERFACE TAGS PORT SIZE, as root\n");
		return 2;
	}
	build(&frame, atoi(arguments[2]), (unsigned)atoi(arguments[3]), (unsigned)atoi(arguments[4]));
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
		.sll_protocol = htons(0x0800),
		.sll_ifindex = (int)if_nametoindex(arguments[1])};
	if (sendto(packet_socket, frame.bytes, frame.size, 0, (struct sockaddr *)&to, sizeof to) < 0) {
		perror("frame_sender");
		return 1;
	}
	return 0;
}
