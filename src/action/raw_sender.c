/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/action/raw_sender.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOPS 64 /* RFC 1700: the default */
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define UDP_HEADER 8

static int open_socket(int family)
{
	static const int mark = RAW_SENDER_MARK;
	/* Of the protocol "raw" the kernel takes the IP header from us and gives us no packets (raw(7)). */
	int opened = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);

	if (opened < 0) {
		return -errno;
	}
	if (setsockopt(opened, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0) {
		int error = -errno;
		close(opened);
		return error;
	}
	return opened;
}

int raw_sender_open(struct raw_sender *sender, struct counters *counters)
{
	int ipv4 = open_socket(AF_INET), ipv6 = open_socket(AF_INET6);

	*sender = RAW_SENDER_NONE;
	if (ipv4 < 0 || (ipv6 < 0 && ipv6 != -EAFNOSUPPORT)) {
		if (ipv4 >= 0) {
			close(ipv4);
		}
		if (ipv6 >= 0) {
			close(ipv6);
		}
		return ipv4 < 0 ? ipv4 : ipv6;
	}
	*sender = (struct raw_sender){ipv4, ipv6 < 0 ? -1 : ipv6, counters};
	return 0;
}

void raw_sender_close(struct raw_sender *sender)
{
	if (sender->ipv4 >= 0) {
		close(sender->ipv4);
	}
	if (sender->ipv6 >= 0) {
		close(sender->ipv6);
	}
	*sender = RAW_SENDER_NONE;
}

static void put_u16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* Of 16-bit words, the last one filled up with zero (RFC 1071). */
static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	}
	return sum;
}

static uint16_t checksum_of(uint32_t sum)
{
	while (sum >> 16 != 0) {
		sum = (sum & 0xFFFF) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* RFC 791 §3.1. The kernel fills in the identification; routers may fragment it. */
static void write_ipv4(const struct sip_datagram *datagram, size_t udp_size, uint8_t *header)
{
	memset(header, 0, IPV4_HEADER);
	header[0] = 4 << 4 | IPV4_HEADER / 4;
	put_u16(header + 2, IPV4_HEADER + udp_size);
	header[8] = HOPS;
	header[9] = IPPROTO_UDP;
	memcpy(header + 12, datagram->source.address.bytes, 4);
	memcpy(header + 16, datagram->destination.address.bytes, 4);
	put_u16(header + 10, checksum_of(sum_of(0, header, IPV4_HEADER)));
}

/* RFC 8200 §3. */
static void write_ipv6(const struct sip_datagram *datagram, size_t udp_size, uint8_t *header)
{
	memset(header, 0, IPV6_HEADER);
	header[0] = 6 << 4;
	put_u16(header + 4, udp_size);
	header[6] = IPPROTO_UDP;
	header[7] = HOPS;
	memcpy(header + 8, datagram->source.address.bytes, 16);
	memcpy(header + 24, datagram->destination.address.bytes, 16);
}

/* The checksum also covers the addresses, the protocol and the size (RFC 768, RFC 8200 §8.1). */
static void write_udp(const struct sip_datagram *datagram, size_t udp_size, uint8_t *header)
{
	size_t address_size = datagram->source.address.family == ADDRESS_IPV4 ? 4 : 16;

	put_u16(header, datagram->source.port);
	put_u16(header + 2, datagram->destination.port);
	put_u16(header + 4, udp_size);
	put_u16(header + 6, 0);
	memcpy(header + UDP_HEADER, datagram->bytes, datagram->size);
	uint32_t sum = sum_of((uint32_t)(IPPROTO_UDP + udp_size), header, udp_size);
	sum = sum_of(sum, datagram->source.address.bytes, address_size);
	sum = sum_of(sum, datagram->destination.address.bytes, address_size);
	uint16_t checksum = checksum_of(sum);
	put_u16(header + 6, checksum == 0 ? 0xFFFF : checksum); /* 0 would say that there is none */
}

size_t raw_sender_packet(const struct sip_datagram *datagram, uint8_t packet[static RAW_PACKET_MAX])
{
	uint8_t family = datagram->source.address.family;
	size_t udp_size = UDP_HEADER + datagram->size;
	size_t ip_size = family == ADDRESS_IPV4 ? IPV4_HEADER : IPV6_HEADER;

	if (family == ADDRESS_NONE || family != datagram->destination.address.family ||
		datagram->source.port == 0 || datagram->destination.port == 0 ||
		datagram->size > SIP_DATAGRAM_MAX) {
		return 0;
	}
	if (family == ADDRESS_IPV4) {
		write_ipv4(datagram, udp_size, packet);
	} else {
		write_ipv6(datagram, udp_size, packet);
	}
	write_udp(datagram, udp_size, packet + ip_size);
	return ip_size + udp_size;
}

static int send_packet(const struct raw_sender *sender, const struct sip_datagram *datagram)
{
	struct sockaddr_in to4 = {.sin_family = AF_INET};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6}; /* a raw socket's has no port */
	const struct address *to = &datagram->destination.address;
	bool is_ipv4 = to->family == ADDRESS_IPV4;
	int opened = is_ipv4 ? sender->ipv4 : sender->ipv6;
	uint8_t packet[RAW_PACKET_MAX];
	size_t size = raw_sender_packet(datagram, packet);

	if (size == 0) {
		return -EINVAL;
	}
	if (opened < 0) {
		return -EAFNOSUPPORT;
	}
	memcpy(&to4.sin_addr, to->bytes, sizeof to4.sin_addr);
	memcpy(&to6.sin6_addr, to->bytes, sizeof to6.sin6_addr);
	ssize_t sent = sendto(opened, packet, size, MSG_NOSIGNAL,
		is_ipv4 ? (const struct sockaddr *)&to4 : (const struct sockaddr *)&to6,
		is_ipv4 ? sizeof to4 : sizeof to6);
	return sent < 0 ? -errno : 0;
}

int raw_sender_send(struct raw_sender *sender, const struct sip_datagram *datagram)
{
	int error = send_packet(sender, datagram);

	if (sender->counters != NULL) {
		counter_add(sender->counters, error == 0 ? COUNTER_REPLIES : COUNTER_REPLIES_FAILED, 1);
	}
	return error;
}
