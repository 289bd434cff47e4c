/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/decoder.h"

#define LINK_RAW_IP 12

struct seen {
	size_t messages;
	struct sip_message last;
};

static void note(void *context, const struct sip_message *message)
{
	struct seen *seen = context;

	seen->messages++;
	seen->last = *message;
}

/* An IPv4 packet from 192.0.2.1 to 192.0.2.2. fragment holds flags and offset as in the header. */
static size_t make_ipv4(uint8_t *bytes, uint8_t protocol, unsigned fragment, const uint8_t *body, size_t size)
{
	const uint8_t header[20] = {0x45, 0, (uint8_t)((size + 20) >> 8), (uint8_t)(size + 20), 0, 1,
		(uint8_t)(fragment >> 8), (uint8_t)fragment, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2};

	memcpy(bytes, header, sizeof header);
	memcpy(bytes + sizeof header, body, size);
	return sizeof header + size;
}

static size_t make_udp(uint8_t *bytes, unsigned source, unsigned destination, const char *payload)
{
	size_t size = strlen(payload) + 8;
	const uint8_t header[8] = {(uint8_t)(source >> 8), (uint8_t)source, (uint8_t)(destination >> 8),
		(uint8_t)destination, (uint8_t)(size >> 8), (uint8_t)size, 0, 0};

	memcpy(bytes, header, sizeof header);
	memcpy(bytes + sizeof header, payload, size - sizeof header);
	return size;
}

static size_t make_tcp(uint8_t *bytes, unsigned destination, const char *payload)
{
	const uint8_t header[20] = {
		0x13, 0x88, (uint8_t)(destination >> 8), (uint8_t)destination, [12] = 0x50};

	memcpy(bytes, header, sizeof header);
	memcpy(bytes + sizeof header, payload, strlen(payload));
	return sizeof header + strlen(payload);
}

static struct seen feed(struct decoder *decoder, const uint8_t *bytes, size_t size)
{
	const struct packet packet = {.time = 5 * SECOND,
		.link_type = LINK_RAW_IP,
		.bytes = bytes,
		.captured = size,
		.on_wire = size};
	struct seen seen = {0};

	decoder_handle(decoder, &packet, note, &seen);
	return seen;
}

#define INVITE "INVITE sip:0101246@h SIP/2.0\r\nCall-ID: 1\r\nFrom: <sip:1001@h>;tag=1\r\n\r\n"

static void a_datagram_gives_a_message_with_its_addresses_and_time(void **state)
{
	static const uint32_t ports[] = {5060};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(ports, 1, &counters);
	uint8_t datagram[512], packet[512];
	char text[ENDPOINT_TEXT_SIZE];

	(void)state;
	size_t size = make_ipv4(packet, 17, 0, datagram, make_udp(datagram, 5070, 5060, INVITE));
	struct seen seen = feed(decoder, packet, size);
	assert_int_equal(seen.messages, 1);
	assert_int_equal(seen.last.time, 5 * SECOND);
	assert_string_equal(endpoint_format(&seen.last.source, text), "192.0.2.1:5070");
	assert_string_equal(endpoint_format(&seen.last.destination, text), "192.0.2.2:5060");
	assert_int_equal(counter_get(&counters, COUNTER_INVITES), 1);
	decoder_free(decoder);
}

static void other_ports_are_counted_and_left_alone_unless_every_port_is_asked_for(void **state)
{
	static const uint32_t ports[] = {5060, 65535};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(ports, 2, &counters);
	uint8_t datagram[512], packet[512];

	(void)state;
	size_t size = make_ipv4(packet, 17, 0, datagram, make_udp(datagram, 5070, 5080, INVITE));
	assert_int_equal(feed(decoder, packet, size).messages, 0);
	assert_int_equal(counter_get(&counters, COUNTER_OTHER_PORTS), 1);
	decoder_set_ports(decoder, NULL, 0);
	assert_int_equal(feed(decoder, packet, size).messages, 1);
	decoder_set_ports(decoder, ports, 2);
	size = make_ipv4(packet, 17, 0, datagram, make_udp(datagram, 65535, 1, INVITE));
	assert_int_equal(feed(decoder, packet, size).messages, 1);
	decoder_free(decoder);
}

/* A long one: its Call-ID is in the second fragment. */
#define LONG_INVITE                                                                                          \
	"INVITE sip:0101246@h SIP/2.0\r\nFrom: <sip:1001@h>;tag=1\r\nSubject: " FILLING FILLING              \
	"\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n"
#define FILLING "0123456789012345678901234567890123456789012345678901234567890123456789"
#define FIRST_SIZE 96 /* of the datagram, UDP header included */

static bool text_is(struct text text, const char *expected)
{
	return text_equal(text, text_of(expected));
}

static void a_fragmented_message_is_one_with_everything(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t datagram[512], packet[512];

	(void)state;
	size_t whole = make_udp(datagram, 5060, 5070, LONG_INVITE);
	size_t size = make_ipv4(packet, 17, 0x2000, datagram, FIRST_SIZE);
	assert_int_equal(feed(decoder, packet, size).messages, 0);
	size = make_ipv4(packet, 17, FIRST_SIZE / 8, datagram + FIRST_SIZE, whole - FIRST_SIZE);
	struct seen seen = feed(decoder, packet, size);
	assert_int_equal(seen.messages, 1);
	assert_true(text_is(seen.last.call_id, "c1"));
	assert_true(text_is(seen.last.request_uri.user, "0101246"));
	assert_int_equal(seen.last.destination.port, 5070);
	assert_int_equal(seen.last.cseq, 1);
	assert_false(seen.last.oddities & SIP_ODD_CUT);
	assert_int_equal(counter_get(&counters, COUNTER_IP_FRAGMENTS), 2);
	assert_int_equal(counter_get(&counters, COUNTER_DATAGRAMS_REASSEMBLED), 1);
	assert_int_equal(counter_get(&counters, COUNTER_INVITES), 1);
	decoder_free(decoder);
}

static void a_message_whose_rest_is_late_is_read_twice_and_counted_once(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t datagram[512], packet[512];
	struct seen seen = {0};

	(void)state;
	size_t whole = make_udp(datagram, 5060, 5060, LONG_INVITE);
	feed(decoder, packet, make_ipv4(packet, 17, 0x2000, datagram, FIRST_SIZE));
	decoder_tick(decoder, 6 * SECOND, note, &seen);
	assert_int_equal(seen.messages, 1);
	assert_int_equal(seen.last.time, 5 * SECOND);
	assert_true(seen.last.oddities & SIP_ODD_CUT);
	size_t size = make_ipv4(packet, 17, FIRST_SIZE / 8, datagram + FIRST_SIZE, whole - FIRST_SIZE);
	assert_int_equal(feed(decoder, packet, size).messages, 1);
	assert_int_equal(counter_get(&counters, COUNTER_SIP_MESSAGES), 1);
	assert_int_equal(counter_get(&counters, COUNTER_INVITES), 1);
	decoder_free(decoder);
}

static void a_message_whose_rest_never_comes_is_read_as_far_as_it_goes(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t datagram[512], packet[512];
	struct seen seen = {0};

	(void)state;
	make_udp(datagram, 5060, 5060, LONG_INVITE);
	feed(decoder, packet, make_ipv4(packet, 17, 0x2000, datagram, FIRST_SIZE));
	decoder_flush(decoder, note, &seen);
	assert_int_equal(seen.messages, 1);
	assert_true(text_is(seen.last.request_uri.user, "0101246"));
	assert_int_equal(counter_get(&counters, COUNTER_FRAGMENTS_EXPIRED), 1);
	assert_int_equal(counter_get(&counters, COUNTER_MESSAGES_CUT), 1);
	decoder_free(decoder);
}

/* Hop-by-hop options before the fragment header, destination options and UDP behind it: RFC 8200 §4.1. */
static size_t make_ipv6(uint8_t *bytes, unsigned place, const uint8_t *body, size_t size)
{
	const uint8_t header[40] = {0x60, [4] = (uint8_t)((size + 16) >> 8), (uint8_t)(size + 16), 0, 64,
		0x20, 1, 0xD, 0xB8, [23] = 1, 0x20, 1, 0xD, 0xB8, [39] = 2};
	const uint8_t options[8] = {44, 0, 1, 4};
	const uint8_t fragment[8] = {60, 0, (uint8_t)(place >> 8), (uint8_t)place, 1, 2, 3, 4};

	memcpy(bytes, header, sizeof header);
	memcpy(bytes + 40, options, sizeof options);
	memcpy(bytes + 48, fragment, sizeof fragment);
	memcpy(bytes + 56, body, size);
	return 56 + size;
}

static void ipv6_extension_headers_stand_on_both_sides_of_the_fragment_header(void **state)
{
	static const uint8_t options[8] = {17, 0, 1, 4};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t datagram[512], packet[512];
	char text[ENDPOINT_TEXT_SIZE];

	(void)state;
	memcpy(datagram, options, sizeof options);
	size_t whole = 8 + make_udp(datagram + 8, 5060, 5060, LONG_INVITE);
	size_t size = make_ipv6(packet, FIRST_SIZE, datagram + FIRST_SIZE, whole - FIRST_SIZE);
	assert_int_equal(feed(decoder, packet, size).messages, 0);
	size = make_ipv6(packet, 1, datagram, FIRST_SIZE);
	struct seen seen = feed(decoder, packet, size);
	assert_int_equal(seen.messages, 1);
	assert_true(text_is(seen.last.call_id, "c1"));
	assert_string_equal(endpoint_format(&seen.last.source, text), "[2001:db8::1]:5060");
	/* The whole in one "fragment" (RFC 6946) does not touch the others. */
	size = make_ipv6(packet, 0, datagram, whole);
	assert_int_equal(feed(decoder, packet, size).messages, 1);
	assert_int_equal(counter_get(&counters, COUNTER_IP_FRAGMENTS), 2);
	decoder_free(decoder);
}

/* A fragment header behind the fragment header: no receiver's reading, and no recursion. */
static void fragments_in_fragments_are_not_read(void **state)
{
	static const uint8_t nested[8] = {44, 0, 1, 4}; /* destination options, then another fragment */
	static const uint8_t inner[8] = {17, 0, 0, 1, 1, 2, 3, 4};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t datagram[512], packet[512];

	(void)state;
	memcpy(datagram, nested, sizeof nested);
	memcpy(datagram + 8, inner, sizeof inner);
	size_t whole = 16 + make_udp(datagram + 16, 5060, 5060, LONG_INVITE);
	feed(decoder, packet, make_ipv6(packet, 1, datagram, FIRST_SIZE));
	size_t size = make_ipv6(packet, FIRST_SIZE, datagram + FIRST_SIZE, whole - FIRST_SIZE);
	assert_int_equal(feed(decoder, packet, size).messages, 0);
	assert_int_equal(counter_get(&counters, COUNTER_IP_UNREADABLE), 1);
	decoder_free(decoder);
}

static void sip_over_tcp_is_read_on_every_port_if_it_looks_like_sip(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t segment[512], packet[512];

	(void)state;
	size_t size = make_ipv4(packet, 6, 0, segment, make_tcp(segment, 5080, INVITE));
	struct seen seen = feed(decoder, packet, size);
	assert_int_equal(seen.messages, 1);
	assert_int_equal(seen.last.transport, TRANSPORT_TCP);
	assert_int_equal(seen.last.destination.port, 5080);
	size = make_ipv4(packet, 6, 0, segment, make_tcp(segment, 80, "GET / HTTP/1.1\r\n\r\n"));
	assert_int_equal(feed(decoder, packet, size).messages, 0);
	assert_int_equal(counter_get(&counters, COUNTER_INVITES), 1);
	decoder_free(decoder);
}

static bool feed_tcp(struct decoder *decoder, uint32_t sequence, const char *payload, struct seen *seen)
{
	uint8_t segment[1024], packet[1100];
	size_t size = make_tcp(segment, 5060, payload);
	struct tcp_wait wait;

	segment[6] = (uint8_t)(sequence >> 8);
	segment[7] = (uint8_t)sequence;
	*seen = feed(decoder, packet, make_ipv4(packet, 6, 0, segment, size));
	assert_true(decoder_waits_for_more(decoder, &wait));
	return wait.waits;
}

static void a_message_tells_where_it_lies_and_a_stream_what_it_waits_for(void **state)
{
	static const uint32_t ports[] = {5060};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(ports, 1, &counters);
	uint8_t datagram[512], packet[512];
	struct tcp_wait wait;
	struct seen seen;

	(void)state;
	size_t size = make_ipv4(packet, 17, 0, datagram, make_udp(datagram, 5060, 5060, "\r\n" INVITE));
	seen = feed(decoder, packet, size);
	assert_int_equal(seen.last.whole.size, strlen("\r\n" INVITE));
	assert_false(decoder_waits_for_more(decoder, &wait));

	assert_true(feed_tcp(decoder, 100, "\r\n\r\nINVITE sip:01", &seen));
	decoder_waits_for_more(decoder, &wait);
	assert_int_equal(wait.sequence, 104);
	assert_int_equal(wait.source.port, 5000);
	assert_true(feed_tcp(decoder, 151, "\n\r\nOPTIONS sip:h SIP/2.0\r\n", &seen)); /* too early */
	assert_int_equal(seen.messages, 0);
	decoder_waits_for_more(decoder, &wait);
	assert_int_equal(wait.sequence, 104);
	assert_false(feed_tcp(decoder, 117, "01246@h SIP/2.0\r\nCall-ID: 0000001\r", &seen));
	assert_int_equal(seen.messages, 1);
	assert_int_equal(seen.last.sequence, 104);
	assert_int_equal(seen.last.whole.size, 50);
	assert_false(feed_tcp(decoder, 104, "INVITE sip:01", &seen));
	assert_true(decoder_waits_for_more(decoder, &wait) && !wait.is_contradicted);
	feed_tcp(decoder, 104, "INVITE sip:02", &seen);
	assert_true(decoder_waits_for_more(decoder, &wait) && wait.is_contradicted);
	decoder_free(decoder);
}

static void tls_and_websockets_are_told(void **state)
{
	static const uint32_t ports[] = {5060};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(ports, 1, &counters);
	uint8_t segment[512], packet[512];

	(void)state;
	size_t size = make_ipv4(packet, 6, 0, segment,
		make_tcp(segment, 5061, "\x16\x03\x01\x02\x05\x01\x01\x01\xFC\x03\x03"));
	feed(decoder, packet, size);
	assert_int_equal(counter_get(&counters, COUNTER_TLS_STREAMS), 1);
	size = make_ipv4(packet, 6, 0, segment,
		make_tcp(segment, 5060,
			"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: chat, SIP\r\n\r\n"));
	feed(decoder, packet, size);
	assert_int_equal(counter_get(&counters, COUNTER_WEBSOCKET_STREAMS), 1);
	assert_int_equal(counter_get(&counters, COUNTER_TCP_BYTES_SKIPPED), 0);
	decoder_free(decoder);
}

static void dtls_is_told_on_sips_port_and_the_ports_of_sip(void **state)
{
	static const uint32_t ports[] = {5070};
	static const struct {
		unsigned source, destination;
		bool all_ports;
		enum counter counter;
	} cases[] = {
		{40000, 5061, false, COUNTER_DTLS_DATAGRAMS}, {5061, 40000, false, COUNTER_DTLS_DATAGRAMS},
		{40000, 5070, false, COUNTER_DTLS_DATAGRAMS},
		{40000, 5060, false, COUNTER_OTHER_PORTS}, /* not configured */
		{40000, 5061, true, COUNTER_DTLS_DATAGRAMS}, {5060, 40000, true, COUNTER_DTLS_DATAGRAMS},
		{40000, 40002, true, COUNTER_NOT_SIP}, /* DTLS-SRTP, mostly */
	};
	uint8_t datagram[512], packet[512];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct counters counters = {0};
		struct decoder *decoder = decoder_new(ports, cases[i].all_ports ? 0 : 1, &counters);
		size_t size =
			make_udp(datagram, cases[i].source, cases[i].destination, "\x16\xFE\xFD 23456789012");
		feed(decoder, packet, make_ipv4(packet, 17, 0, datagram, size));
		if (counter_get(&counters, cases[i].counter) != 1) {
			fail_msg("%u to %u is not counted as %s", cases[i].source, cases[i].destination,
				counter_name(cases[i].counter));
		}
		assert_int_equal(counter_get(&counters, COUNTER_DTLS_DATAGRAMS) +
					 counter_get(&counters, COUNTER_OTHER_PORTS) +
					 counter_get(&counters, COUNTER_NOT_SIP),
			1);
		decoder_free(decoder);
	}
}

static void a_message_behind_a_hole_is_found_without_another_packet(void **state)
{
	static const uint32_t ports[] = {5060};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(ports, 1, &counters);
	uint8_t segment[512], packet[512];
	struct seen seen = {0};

	(void)state;
	size_t size = make_ipv4(packet, 6, 0, segment, make_tcp(segment, 5060, "\r\n\r\n"));
	feed(decoder, packet, size);
	size = make_ipv4(packet, 6, 0, segment, make_tcp(segment, 5060, INVITE));
	packet[20 + 7] = 100; /* sequence number */
	assert_int_equal(feed(decoder, packet, size).messages, 0);
	decoder_tick(decoder, 6 * SECOND, note, &seen);
	assert_int_equal(seen.messages, 0);
	decoder_tick(decoder, 7 * SECOND, note, &seen);
	assert_int_equal(seen.messages, 1);
	assert_int_equal(counter_get(&counters, COUNTER_TCP_BYTES_LOST), 96);
	decoder_free(decoder);
}

/* An IPv4 packet from 203.0.113.1 to 203.0.113.2 around another. */
static size_t wrap(uint8_t *bytes, uint8_t protocol, const uint8_t *body, size_t size)
{
	size_t whole = make_ipv4(bytes, protocol, 0, body, size);

	memcpy(bytes + 12, "\xCB\x00\x71\x01\xCB\x00\x71\x02", 8);
	return whole;
}

static size_t make_invite(uint8_t *packet)
{
	uint8_t datagram[512];

	return make_ipv4(packet, 17, 0, datagram, make_udp(datagram, 5070, 5060, INVITE));
}

static void the_addresses_are_the_innermost_ones(void **state)
{
	static const uint32_t ports[] = {5060};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(ports, 1, &counters);
	uint8_t inner[512], packet[512];
	char text[ENDPOINT_TEXT_SIZE];

	(void)state;
	size_t size = wrap(packet, 4, inner, make_invite(inner));
	struct seen seen = feed(decoder, packet, size);
	assert_int_equal(seen.messages, 1);
	assert_string_equal(endpoint_format(&seen.last.source, text), "192.0.2.1:5070");
	assert_string_equal(endpoint_format(&seen.last.destination, text), "192.0.2.2:5060");
	assert_int_equal(counter_get(&counters, COUNTER_TUNNELS), 1);
	decoder_free(decoder);
}

static void tunnels_within_tunnels_are_followed_eight_deep(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t inner[1024], packet[1024];

	(void)state;
	size_t size = make_invite(packet);
	for (size_t depth = 0; depth <= 10; depth++) {
		assert_int_equal(feed(decoder, packet, size).messages, depth <= 8 ? 1 : 0);
		memcpy(inner, packet, size);
		size = wrap(packet, 4, inner, size);
	}
	assert_int_equal(counter_get(&counters, COUNTER_TUNNELS_TOO_DEEP), 2);
	decoder_free(decoder);
}

/* A packet in so many tunnels, the packets of each in two fragments, the second one first. */
static struct seen feed_nested(struct decoder *decoder, const uint8_t *packet, size_t size, int tunnels)
{
	uint8_t piece[1024];
	size_t half = size / 16 * 8;

	if (tunnels == 0) {
		return feed(decoder, packet, size);
	}
	size_t whole = make_ipv4(piece, 4, (unsigned)half / 8, packet + half, size - half);
	piece[15] = (uint8_t)tunnels; /* each tunnel has ends of its own */
	feed_nested(decoder, piece, whole, tunnels - 1);
	whole = make_ipv4(piece, 4, 0x2000, packet, half);
	piece[15] = (uint8_t)tunnels;
	return feed_nested(decoder, piece, whole, tunnels - 1);
}

static void fragments_in_tunnels_that_come_in_fragments_are_put_together(void **state)
{
	uint8_t datagram[512], packet[512];

	(void)state;
	size_t whole = make_udp(datagram, 5060, 5060, LONG_INVITE);
	for (int tunnels = 1; tunnels <= 4; tunnels++) {
		struct counters counters = {0};
		struct decoder *decoder = decoder_new(NULL, 0, &counters);
		size_t size = make_ipv4(packet, 17, 0x2000, datagram, FIRST_SIZE);
		assert_int_equal(feed_nested(decoder, packet, size, tunnels).messages, 0);
		size = make_ipv4(packet, 17, FIRST_SIZE / 8, datagram + FIRST_SIZE, whole - FIRST_SIZE);
		struct seen seen = feed_nested(decoder, packet, size, tunnels);
		assert_int_equal(seen.messages, 1);
		assert_true(text_is(seen.last.call_id, "c1"));
		assert_false(seen.last.oddities & SIP_ODD_CUT);
		assert_int_equal(counter_get(&counters, COUNTER_SIP_MESSAGES), 1);
		decoder_flush(decoder, note, &seen);
		assert_int_equal(seen.messages, 1);
		decoder_free(decoder);
	}
}

/* Of the tunnel's packet only the beginning comes, and in that a first fragment. */
static void a_first_fragment_in_the_beginning_of_a_tunnels_packet_is_read(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t datagram[512], packet[512], outer[1024];
	struct seen seen = {0};

	(void)state;
	make_udp(datagram, 5060, 5060, LONG_INVITE);
	size_t size = make_ipv4(packet, 17, 0x2000, datagram, FIRST_SIZE);
	feed(decoder, outer, make_ipv4(outer, 4, 0x2000, packet, size / 8 * 8));
	decoder_flush(decoder, note, &seen);
	assert_int_equal(seen.messages, 1);
	assert_true(text_is(seen.last.request_uri.user, "0101246"));
	assert_true(seen.last.oddities & SIP_ODD_CUT);
	decoder_free(decoder);
}

/* An ICMP error (RFC 792, RFC 4443) holds the packet that it is about. */
static void what_an_icmp_error_quotes_is_no_message(void **state)
{
	static const uint8_t icmp[] = {1, 58};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t error[512] = {3, 3}, packet[512];

	(void)state;
	size_t size = 8 + make_invite(error + 8);
	for (size_t i = 0; i < COUNT_OF(icmp); i++) {
		assert_int_equal(
			feed(decoder, packet, make_ipv4(packet, icmp[i], 0, error, size)).messages, 0);
	}
	assert_int_equal(counter_get(&counters, COUNTER_SIP_MESSAGES), 0);
	assert_int_equal(counter_get(&counters, COUNTER_IP_UNREADABLE), 0);
	decoder_free(decoder);
}

static size_t make_vxlan_invite(uint8_t *datagram, unsigned port)
{
	uint8_t frame[512] = {[0] = 8, [20] = 8, [21] = 0};
	size_t size = 22 + make_invite(frame + 22);

	make_udp(datagram, 50000, port, "");
	datagram[4] = (uint8_t)((size + 8) >> 8);
	datagram[5] = (uint8_t)(size + 8);
	memcpy(datagram + 8, frame, size);
	return size + 8;
}

static void a_tunnel_is_known_by_its_destination_port_whatever_the_ports_of_sip(void **state)
{
	static const uint32_t ports[] = {5060};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(ports, 1, &counters);
	uint8_t datagram[1024], packet[1024];

	(void)state;
	size_t size = make_ipv4(packet, 17, 0, datagram, make_vxlan_invite(datagram, 4789));
	assert_int_equal(feed(decoder, packet, size).messages, 1);
	size = make_ipv4(packet, 17, 0, datagram, make_vxlan_invite(datagram, 4790));
	assert_int_equal(feed(decoder, packet, size).messages, 0);
	assert_int_equal(counter_get(&counters, COUNTER_OTHER_PORTS), 1);
	decoder_free(decoder);
}

static void sip_on_a_port_of_tunnels_is_sip(void **state)
{
	static const unsigned tunnel_ports[] = {2152, 4789, 6081};
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t datagram[512], packet[512];
	char text[ENDPOINT_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(tunnel_ports); i++) {
		size_t size =
			make_ipv4(packet, 17, 0, datagram, make_udp(datagram, 5060, tunnel_ports[i], INVITE));
		struct seen seen = feed(decoder, packet, size);
		assert_int_equal(seen.messages, 1);
		assert_string_equal(endpoint_format(&seen.last.source, text), "192.0.2.1:5060");
	}
	assert_int_equal(counter_get(&counters, COUNTER_TUNNELS), 0);
	decoder_free(decoder);
}

static void a_broken_tunnel_is_counted_and_a_keep_alive_is_not(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t packet[512];

	(void)state;
	feed(decoder, packet, make_ipv4(packet, 47, 0, (const uint8_t *)"\0\0\0\0", 4));
	assert_int_equal(counter_get(&counters, COUNTER_IP_UNREADABLE), 0);
	feed(decoder, packet, make_ipv4(packet, 47, 0, (const uint8_t *)"\x20\0\x08\0", 4));
	assert_int_equal(counter_get(&counters, COUNTER_IP_UNREADABLE), 1);
	decoder_free(decoder);
}

static void what_begins_like_an_invite_and_is_none_is_told(void **state)
{
	static const struct {
		const char *payload;
		enum counter counter; /* COUNTER_COUNT: nothing is told */
	} cases[] = {
		{INVITE, COUNTER_COUNT},
		{"INVITE sip:0101246@h\r\nCall-ID: 1\r\n\r\n", COUNTER_INVITES_NO_SIP}, /* no version */
		{"\r\ninvite\tsip:0101246@h SIP/2.0 now\r\n", COUNTER_INVITES_NO_SIP},
		{"INVITE sip:0101246", COUNTER_INVITES_CUT},
		{"INVITE", COUNTER_COUNT}, /* nobody can take that for a call */
		{"INVITES sip:0101246@h\r\n", COUNTER_COUNT},
		{"BYE sip:0101246@h\r\n", COUNTER_COUNT},
		{"\r\n\r\n", COUNTER_COUNT},
		{"", COUNTER_COUNT},
	};
	uint8_t datagram[512], packet[512];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct counters counters = {0};
		struct decoder *decoder = decoder_new(NULL, 0, &counters);
		bool is_told = cases[i].counter != COUNTER_COUNT;
		size_t size = make_udp(datagram, 5060, 5060, cases[i].payload);
		feed(decoder, packet, make_ipv4(packet, 17, 0, datagram, size));
		if (counter_get(&counters, COUNTER_UNREADABLE_INVITES) != is_told ||
			(is_told && counter_get(&counters, cases[i].counter) != 1)) {
			fail_msg("%s", cases[i].payload);
		}
		decoder_free(decoder);
	}
}

static void frames_of_an_unknown_link_type_are_told(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	const struct packet packet = {
		.link_type = 105, .bytes = (const uint8_t *)"x", .captured = 1, .on_wire = 1};
	struct seen seen = {0};

	(void)state;
	decoder_handle(decoder, &packet, note, &seen); /* IEEE 802.11 */
	assert_int_equal(counter_get(&counters, COUNTER_LINK_UNREADABLE), 1);
	assert_int_equal(counter_get(&counters, COUNTER_NOT_IP), 0);
	decoder_free(decoder);
}

static void whatever_is_cut_anywhere_is_survived(void **state)
{
	struct counters counters = {0};
	struct decoder *decoder = decoder_new(NULL, 0, &counters);
	uint8_t datagram[512], packet[512];

	(void)state;
	size_t size = make_ipv4(packet, 17, 0, datagram, make_udp(datagram, 5060, 5060, INVITE));
	for (size_t cut = 0; cut < size; cut++) {
		feed(decoder, packet, cut);
	}
	assert_int_equal(counter_get(&counters, COUNTER_PACKETS), size);
	decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_gives_a_message_with_its_addresses_and_time),
		cmocka_unit_test(other_ports_are_counted_and_left_alone_unless_every_port_is_asked_for),
		cmocka_unit_test(a_fragmented_message_is_one_with_everything),
		cmocka_unit_test(a_message_whose_rest_is_late_is_read_twice_and_counted_once),
		cmocka_unit_test(a_message_whose_rest_never_comes_is_read_as_far_as_it_goes),
		cmocka_unit_test(ipv6_extension_headers_stand_on_both_sides_of_the_fragment_header),
		cmocka_unit_test(fragments_in_fragments_are_not_read),
		cmocka_unit_test(fragments_in_tunnels_that_come_in_fragments_are_put_together),
		cmocka_unit_test(a_first_fragment_in_the_beginning_of_a_tunnels_packet_is_read),
		cmocka_unit_test(the_addresses_are_the_innermost_ones),
		cmocka_unit_test(tunnels_within_tunnels_are_followed_eight_deep),
		cmocka_unit_test(what_an_icmp_error_quotes_is_no_message),
		cmocka_unit_test(a_tunnel_is_known_by_its_destination_port_whatever_the_ports_of_sip),
		cmocka_unit_test(sip_on_a_port_of_tunnels_is_sip),
		cmocka_unit_test(a_broken_tunnel_is_counted_and_a_keep_alive_is_not),
		cmocka_unit_test(sip_over_tcp_is_read_on_every_port_if_it_looks_like_sip),
		cmocka_unit_test(a_message_tells_where_it_lies_and_a_stream_what_it_waits_for),
		cmocka_unit_test(tls_and_websockets_are_told),
		cmocka_unit_test(dtls_is_told_on_sips_port_and_the_ports_of_sip),
		cmocka_unit_test(a_message_behind_a_hole_is_found_without_another_packet),
		cmocka_unit_test(what_begins_like_an_invite_and_is_none_is_told),
		cmocka_unit_test(frames_of_an_unknown_link_type_are_told),
		cmocka_unit_test(whatever_is_cut_anywhere_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
