/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/capture/filter.h"

#include "pbxguard/capture/capture_settings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { /* libpcap's DLT_ values */
	LINK_TYPE_ETHERNET = 1,
	LINK_TYPE_LINUX_SLL = 113,
	LINK_TYPE_LINUX_SLL2 = 276,
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/*
 * libpcap follows no extension header for "port": so every IPv6 packet that has one (routing, fragment,
 * authentication, destination options, mobility, HIP, shim6; hop-by-hop below), and IPv4's later fragments
 * and authentication header.
 */
static const uint32_t hiding_headers[] = {43, 44, 51, 60, 135, 139, 140};
#define HIDDEN_IPV4 " or ip[6:2] & 0x1fff != 0 or ip proto 51"
/* Hop-by-hop before ICMPv6 is what every host sends to tell its multicast groups (RFC 3810): left out. */
#define HOP_BY_HOP_IPV6 " or (ip6[6] = 0 and ip6[40] != 58)"

/* IP in IP, 6in4, GRE; GTP-U, VXLAN, Geneve: passed whole, whatever is in them. MPLS has no other mark. */
static const uint32_t tunnel_protocols[] = {4, 41, 47};
static const uint32_t tunnel_ports[] = {2152, 4789, 6081};
#define MPLS " or ether proto 0x8847 or ether proto 0x8848"

#define SIPS_PORT 5061 /* SIP over TLS (RFC 3261 §19.1.2): can't be read, but told */

#define WANTED_SIZE 2048
#define PPPOE_SIZE 5120
static_assert(FILTER_TEXT_SIZE >= 3 * WANTED_SIZE + PPPOE_SIZE, "what filter_format puts together has room");

struct writer {
	char *text;
	size_t size, used;
};

static void __attribute__((format(printf, 2, 3))) append(struct writer *writer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int written = vsnprintf(writer->text + writer->used, writer->size - writer->used, format, arguments);
	va_end(arguments);
	writer->used += (size_t)written;
	assert(writer->used < writer->size);
}

/* " or ip6[6] = 43 or ip6[6] = 44 …" */
static void append_any(struct writer *writer, const char *what, const uint32_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		append(writer, " or %s %u", what, numbers[i]);
	}
}

/* "(udp or tcp) and (port 5060 or port 5061) or …", in parentheses; 5061 always. */
static void append_wanted(struct writer *writer, const struct filter_wish *wish)
{
	append(writer, "((udp or tcp) and (port %u", wish->ports[0]);
	append_any(writer, "port", wish->ports + 1, wish->port_count - 1);
	append(writer, " or port %d)" HIDDEN_IPV4 HOP_BY_HOP_IPV6, SIPS_PORT);
	append_any(writer, "ip6[6] =", hiding_headers, COUNT_OF(hiding_headers));
	if (wish->tunnels) {
		append_any(writer, "ip proto", tunnel_protocols, COUNT_OF(tunnel_protocols));
		append_any(writer, "ip6[6] =", tunnel_protocols, COUNT_OF(tunnel_protocols));
		append_any(writer, "udp dst port", tunnel_ports, COUNT_OF(tunnel_ports));
		append(writer, MPLS);
	}
	append(writer, ")");
}

/* " or a byte at PROTOCOL and a port at PORTS say SIP, or a tunnel" */
static void append_protocols(struct writer *writer, const struct filter_wish *wish, int protocol, int ports)
{
	char source[32], destination[32], number[32];

	snprintf(number, sizeof number, "ether[%d] =", protocol);
	snprintf(source, sizeof source, "ether[%d:2] =", ports);
	snprintf(destination, sizeof destination, "ether[%d:2] =", ports + 2);
	append(writer, " or ((%s 17 or %s 6) and (%s %u", number, number, source, wish->ports[0]);
	append_any(writer, source, wish->ports + 1, wish->port_count - 1);
	append_any(writer, destination, wish->ports, wish->port_count);
	append(writer, " or %s %d or %s %d", source, SIPS_PORT, destination, SIPS_PORT);
	if (wish->tunnels) {
		append_any(writer, destination, tunnel_ports, COUNT_OF(tunnel_ports));
	}
	append(writer, "))");
	if (wish->tunnels) {
		append_any(writer, number, tunnel_protocols, COUNT_OF(tunnel_protocols));
	}
}

/*
 * The same in a PPPoE session whose header begins at place. Byte by byte: libpcap's "pppoes" would hold for
 * all that follows it in the filter, as "vlan" does, and the two can't stand side by side. IPv4 with options
 * passes.
 */
static void append_pppoe(struct writer *writer, const struct filter_wish *wish, int place)
{
	int ppp = place + 6, ip = place + 8;
	char number[32];

	append(writer, "(ether proto 0x8864 and ((ether[%d:2] = 0x0021 and (ether[%d] != 0x45", ppp, ip);
	append(writer, " or ether[%d:2] & 0x1fff != 0 or ether[%d] = 51", ip + 6, ip + 9);
	append_protocols(writer, wish, ip + 9, ip + 20);
	append(writer, ")) or (ether[%d:2] = 0x0057 and ((ether[%d] = 0 and ether[%d] != 58)", ppp, ip + 6,
		ip + 40);
	snprintf(number, sizeof number, "ether[%d] =", ip + 6);
	append_any(writer, number, hiding_headers, COUNT_OF(hiding_headers));
	append_protocols(writer, wish, ip + 6, ip + 40);
	append(writer, "))))");
}

/*
 * In this order: with PPPoE in front libpcap 1.10.3 makes a program that the kernel refuses (EINVAL).
 * Each "vlan" moves what follows it behind the tag. The kernel takes a frame's outer tag off, and "vlan"
 * knows; PPPoE behind a tag that is left is passed whole.
 */
static void format_ethernet(const char *wanted, const char *pppoe, char buffer[static FILTER_TEXT_SIZE])
{
	snprintf(buffer, FILTER_TEXT_SIZE,
		"%s or %s or (vlan and (%s or ether proto 0x8864 or (vlan and (%s or ether proto 0x8864))))",
		wanted, pppoe, wanted, wanted);
}

/* "vlan" can't be compiled for these. The kernel has taken the outer tag off already; what has a second one
 * is passed whole. */
static void format_cooked(const char *wanted, const char *pppoe, char buffer[static FILTER_TEXT_SIZE])
{
	snprintf(buffer, FILTER_TEXT_SIZE,
		"%s or %s or ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100", pppoe, wanted);
}

char *filter_format(const struct filter_wish *wish, int link_type, char buffer[static FILTER_TEXT_SIZE])
{
	char wanted[WANTED_SIZE], pppoe[PPPOE_SIZE];
	struct writer in_pppoe = {pppoe, sizeof pppoe, 0};

	assert(wish->port_count > 0 && wish->port_count <= CAPTURE_PORTS_MAX);
	append_wanted(&(struct writer){wanted, sizeof wanted, 0}, wish);
	switch (link_type) {
	case LINK_TYPE_ETHERNET:
		append_pppoe(&in_pppoe, wish, 14);
		format_ethernet(wanted, pppoe, buffer);
		break;
	case LINK_TYPE_LINUX_SLL:
		append_pppoe(&in_pppoe, wish, 16);
		format_cooked(wanted, pppoe, buffer);
		break;
	case LINK_TYPE_LINUX_SLL2:
		append_pppoe(&in_pppoe, wish, 20);
		format_cooked(wanted, pppoe, buffer);
		break;
	default:
		snprintf(buffer, FILTER_TEXT_SIZE, "%s", wanted);
	}
	return buffer;
}
