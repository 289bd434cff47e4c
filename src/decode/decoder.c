/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/decoder.h"

#include "pbxguard/base/reader.h"
#include "pbxguard/decode/dtls.h"
#include "pbxguard/decode/ip.h"
#include "pbxguard/decode/ip_reassembly.h"
#include "pbxguard/decode/link.h"
#include "pbxguard/decode/sip_over_tcp.h"
#include "pbxguard/decode/sip_parser.h"
#include "pbxguard/decode/sip_scan.h"
#include "pbxguard/decode/sip_start.h"
#include "pbxguard/decode/tcp.h"
#include "pbxguard/decode/tunnel.h"
#include "pbxguard/decode/udp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SIP_PORT 5060
#define SIPS_PORT 5061 /* RFC 3261 §19.1.2 */

/* So often what waits for more bytes is looked at. */
#define TICK (100 * MILLISECOND)

#define TUNNELS_MAX 8 /* one within the other; three are in use */

#define DATAGRAM_MAX 65535 /* bytes; RFC 791 §3.1 */

/* A fragment that waits until the reassembly has handed out what it was in. */
struct nested_fragment {
	bool is_waiting;
	int tunnels;
	struct ip_packet packet;
	uint8_t bytes[DATAGRAM_MAX];
};

struct decoder {
	struct counters *counters;
	struct ip_reassembly *reassembly;
	struct nested_fragment nested;
	struct sip_over_tcp *tcp;
	struct sip_message message;     /* the latest: sip_parse_again */
	struct tcp_wait wait;           /* of the last packet: its endpoints */
	instant newest, last_tick;      /* time of the last packet; of the last look */
	size_t port_count;              /* 0: every port */
	uint8_t is_sip_port[65536 / 8]; /* a bit each */
};

/* One packet on its way through the layers. */
struct passage {
	struct decoder *decoder;
	instant time;
	int tunnels;         /* that it is in */
	bool is_reassembled; /* it was put together from fragments */
	bool is_beginning;   /* of a datagram whose other fragments did not come */
	bool is_overdue;     /* nothing that the packet at hand brought */
	sip_message_handler *handler;
	void *context;
	bool was_counted; /* its beginning was handed on before */
	bool has_message; /* a message was found */
};

/* What the layers below SIP tell of a message. */
struct message_path {
	enum transport transport;
	const struct address *source, *destination;
	uint16_t source_port, destination_port;
	uint32_t sequence; /* TCP: of its first byte */
};

struct decoder *decoder_new(const uint32_t *ports, size_t port_count, struct counters *counters)
{
	struct decoder *decoder = calloc(1, sizeof *decoder);

	if (decoder == NULL) {
		return NULL;
	}
	decoder->counters = counters;
	decoder->reassembly = ip_reassembly_new(counters);
	decoder->tcp = sip_over_tcp_new(counters);
	if (decoder->reassembly == NULL || decoder->tcp == NULL) {
		decoder_free(decoder);
		return NULL;
	}
	decoder_set_ports(decoder, ports, port_count);
	sip_parser_start();
	return decoder;
}

void decoder_free(struct decoder *decoder)
{
	if (decoder != NULL) {
		ip_reassembly_free(decoder->reassembly);
		sip_over_tcp_free(decoder->tcp);
		free(decoder);
	}
}

void decoder_set_ports(struct decoder *decoder, const uint32_t *ports, size_t port_count)
{
	decoder->port_count = port_count;
	memset(decoder->is_sip_port, 0, sizeof decoder->is_sip_port);
	for (size_t i = 0; i < port_count; i++) {
		decoder->is_sip_port[(ports[i] & 0xFFFF) / 8] |= (uint8_t)(1 << ports[i] % 8);
	}
}

static bool is_sip_port(const struct decoder *decoder, uint16_t port)
{
	return decoder->port_count == 0 || (decoder->is_sip_port[port / 8] >> port % 8 & 1) != 0;
}

static void count(const struct passage *passage, enum counter counter)
{
	counter_add(passage->decoder->counters, counter, 1);
}

static void count_message(const struct passage *passage, const struct sip_message *message)
{
	count(passage, COUNTER_SIP_MESSAGES);
	count(passage, message->is_request ? COUNTER_REQUESTS : COUNTER_RESPONSES);
	if (message->is_request && message->method == SIP_METHOD_INVITE) {
		count(passage, COUNTER_INVITES);
	} else if (message->is_request && message->method == SIP_METHOD_REGISTER) {
		count(passage, COUNTER_REGISTERS);
	}
	if (message->oddities & SIP_ODD_CUT) {
		count(passage, COUNTER_MESSAGES_CUT);
	}
	if (message->oddities & ~(uint32_t)SIP_ODD_CUT) {
		count(passage, COUNTER_MESSAGES_ODD);
	}
}

static void handle_message(
	struct passage *passage, const struct message_path *path, const struct sip_scan *scan)
{
	struct sip_message *message = &passage->decoder->message;

	sip_parse_again(scan, message);
	message->transport = path->transport;
	message->source = (struct endpoint){*path->source, path->source_port};
	message->destination = (struct endpoint){*path->destination, path->destination_port};
	message->sequence = path->sequence;
	message->time = passage->time;
	message->is_overdue = passage->is_overdue || passage->is_beginning;
	if (!passage->was_counted) {
		count_message(passage, message);
	}
	passage->has_message = true;
	passage->handler(passage->context, message);
}

/* One datagram, or what there is of it, is one message (RFC 3261 §18.3); what follows its body is no message.
 * False: it is none. */
static bool handle_datagram(
	struct passage *passage, const struct ip_packet *ip, const struct udp_datagram *datagram)
{
	struct text text = {(const char *)datagram->payload.bytes, datagram->payload.size};
	const struct message_path path = {.transport = TRANSPORT_UDP,
		.source = &ip->source,
		.destination = &ip->destination,
		.source_port = datagram->source_port,
		.destination_port = datagram->destination_port};
	struct sip_scan scan;

	if (!sip_scan_brief(text, &scan)) {
		return false;
	}
	handle_message(passage, &path, &scan);
	return true;
}

/* Where what is encrypted would be SIP, and a stream is followed whatever it begins with. */
static bool is_named_port(const struct decoder *decoder, uint16_t port)
{
	return port == SIPS_PORT ||
	       (decoder->port_count == 0 ? port == SIP_PORT : is_sip_port(decoder, port));
}

static bool is_sip_over_dtls(const struct decoder *decoder, const struct udp_datagram *datagram)
{
	return (is_named_port(decoder, datagram->source_port) ||
		       is_named_port(decoder, datagram->destination_port)) &&
	       dtls_begins(datagram->payload);
}

/* No SIP by our reading; but a PBX that looks at the first word only takes it for an INVITE. */
static void count_if_invite(const struct passage *passage, struct reader payload)
{
	struct text text = {(const char *)payload.bytes, payload.size};

	text = text_from(text, (size_t)(text_trim(text).start - text.start));
	if (text.size < sizeof "INVITE" ||
		sip_start_find(text_part(text, 0, sizeof "INVITE"), 0, SIP_METHOD_INVITE) != 0) {
		return;
	}
	count(passage, COUNTER_UNREADABLE_INVITES);
	count(passage,
		text_find_any(text, "\r\n") < text.size ? COUNTER_INVITES_NO_SIP : COUNTER_INVITES_CUT);
}

static void count_other(const struct passage *passage, const struct udp_datagram *datagram, bool is_wanted)
{
	if (is_sip_over_dtls(passage->decoder, datagram)) {
		count(passage, COUNTER_DTLS_DATAGRAMS);
	} else if (is_wanted) {
		count(passage, COUNTER_NOT_SIP);
		count_if_invite(passage, datagram->payload);
	} else {
		count(passage, COUNTER_OTHER_PORTS);
	}
}

static void handle_ip(struct passage *passage, struct reader bytes);

/* DECODE_NOT_OURS also for TUNNEL_NONE. */
static enum decode_result handle_tunnel(struct passage *passage, enum tunnel tunnel, struct reader payload)
{
	struct reader ip;
	enum decode_result result =
		tunnel == TUNNEL_NONE ? DECODE_NOT_OURS : tunnel_decode(tunnel, payload, &ip);

	if (result != DECODE_DONE) {
		return result;
	}
	if (passage->tunnels == TUNNELS_MAX) {
		count(passage, COUNTER_TUNNELS_TOO_DEEP);
		return DECODE_DONE;
	}
	passage->tunnels++;
	count(passage, COUNTER_TUNNELS);
	handle_ip(passage, ip);
	return DECODE_DONE;
}

static void handle_udp(struct passage *passage, const struct ip_packet *ip)
{
	struct udp_datagram datagram;

	if (udp_decode(ip->payload, &datagram) != DECODE_DONE) {
		count(passage, COUNTER_IP_UNREADABLE);
		return;
	}
	if (handle_tunnel(passage, tunnel_of_port(datagram.destination_port), datagram.payload) ==
		DECODE_DONE) {
		return; /* otherwise something else uses the port */
	}
	bool is_wanted = is_sip_port(passage->decoder, datagram.source_port) ||
			 is_sip_port(passage->decoder, datagram.destination_port);
	if (!is_wanted || !handle_datagram(passage, ip, &datagram)) {
		count_other(passage, &datagram, is_wanted);
	}
}

static void handle_stream_message(void *context, const struct tcp_place *place, const struct sip_scan *scan)
{
	const struct message_path path = {.transport = TRANSPORT_TCP,
		.source = &place->source.address,
		.destination = &place->destination.address,
		.source_port = place->source.port,
		.destination_port = place->destination.port,
		.sequence = place->sequence};

	handle_message(context, &path, scan);
}

static void handle_tcp(struct passage *passage, const struct ip_packet *ip)
{
	struct decoder *decoder = passage->decoder;
	struct tcp_segment segment;

	if (tcp_decode(ip->payload, &segment) != DECODE_DONE) {
		count(passage, COUNTER_TCP_UNREADABLE);
		return;
	}
	bool wanted = is_named_port(decoder, segment.source_port) ||
		      is_named_port(decoder, segment.destination_port);
	if (!wanted && decoder->port_count > 0) {
		return;
	}
	const struct tcp_place place = {.source = {ip->source, segment.source_port},
		.destination = {ip->destination, segment.destination_port},
		.time = passage->time};
	count(passage, COUNTER_TCP_SEGMENTS);
	if (passage->tunnels == 0) {
		decoder->wait.source = place.source;
		decoder->wait.destination = place.destination;
	}
	sip_over_tcp_handle(decoder->tcp, &place, &segment, wanted, handle_stream_message, passage);
}

/* Of protocols that are no tunnel, too: ICMP quotes packets, which is not sending them. */
static void handle_other(struct passage *passage, const struct ip_packet *ip)
{
	switch (handle_tunnel(passage, tunnel_of_protocol(ip->protocol), ip->payload)) {
	case DECODE_DONE:
	case DECODE_NOT_OURS:
		break;
	default:
		count(passage, COUNTER_IP_UNREADABLE);
	}
}

static void handle_whole(struct passage *passage, const struct ip_packet *ip)
{
	if (ip->protocol == IP_PROTOCOL_UDP) {
		handle_udp(passage, ip);
	} else if (ip->protocol == IP_PROTOCOL_TCP) {
		handle_tcp(passage, ip);
	} else {
		handle_other(passage, ip);
	}
}

/* An ip_datagram_handler; the context is the passage that brought the last fragment, or made it overdue. */
static bool handle_reassembled(void *context, const struct ip_datagram *datagram)
{
	struct passage passage = *(const struct passage *)context;
	struct ip_packet ip = datagram->packet;

	/* A fragment of a fragment: Linux takes none either. */
	if (ip_skip_extensions(&ip) != DECODE_DONE || ip.is_fragment) {
		count(&passage, COUNTER_IP_UNREADABLE);
		return false;
	}
	passage.time = datagram->time;
	passage.was_counted = datagram->was_read;
	passage.is_reassembled = true;
	passage.is_beginning = datagram->packet.cut;
	handle_whole(&passage, &ip);
	return passage.has_message;
}

static void add_fragment(struct passage *passage, const struct ip_packet *ip)
{
	ip_reassembly_add(passage->decoder->reassembly, ip, passage->time, handle_reassembled, passage);
}

/* At most one: an addition makes one datagram whole at most, and in that is one packet. */
static void let_wait(const struct passage *passage, const struct ip_packet *ip)
{
	struct nested_fragment *nested = &passage->decoder->nested;
	struct reader payload = ip->payload;
	size_t size = reader_left(&payload);

	assert(!nested->is_waiting && size <= sizeof nested->bytes);
	memcpy(nested->bytes, reader_take(&payload, size), size);
	nested->is_waiting = true;
	nested->tunnels = passage->tunnels;
	nested->packet = *ip;
	nested->packet.payload = reader_of(nested->bytes, size);
}

/* In a tunnel whose own packets come in fragments, the inner one's bytes are borrowed from the reassembly, so
 * it can be added only when that is done with the outer ones. */
static void handle_fragment(struct passage *passage, struct ip_packet *ip)
{
	struct nested_fragment *nested = &passage->decoder->nested;

	if (!passage->is_reassembled) {
		add_fragment(passage, ip);
		while (nested->is_waiting) {
			nested->is_waiting = false;
			passage->tunnels = nested->tunnels;
			add_fragment(passage, &nested->packet);
		}
	} else if (!passage->is_beginning) {
		let_wait(passage, ip);
	} else if (ip->fragment_offset == 0 && ip_skip_extensions(ip) == DECODE_DONE) {
		handle_whole(passage, ip);
	}
}

static void handle_ip(struct passage *passage, struct reader bytes)
{
	struct ip_packet ip;

	if (ip_decode(bytes, &ip) != DECODE_DONE) {
		count(passage, COUNTER_IP_UNREADABLE);
	} else if (ip.is_fragment) {
		count(passage, COUNTER_IP_FRAGMENTS);
		handle_fragment(passage, &ip);
	} else {
		handle_whole(passage, &ip);
	}
}

void decoder_tick(struct decoder *decoder, instant now, sip_message_handler *handler, void *context)
{
	struct passage passage = {
		.decoder = decoder, .time = now, .is_overdue = true, .handler = handler, .context = context};

	decoder->last_tick = now;
	ip_reassembly_tick(decoder->reassembly, now, handle_reassembled, &passage);
	sip_over_tcp_tick(decoder->tcp, now, handle_stream_message, &passage);
}

void decoder_set_inline(struct decoder *decoder, bool is_inline)
{
	sip_over_tcp_set_patience(decoder->tcp, is_inline ? TCP_HOLE_PATIENCE_INLINE : TCP_HOLE_PATIENCE);
}

bool decoder_waits_for_more(struct decoder *decoder, struct tcp_wait *wait)
{
	if (decoder->wait.source.address.family == ADDRESS_NONE) {
		return false;
	}
	*wait = decoder->wait;
	sip_over_tcp_wait(decoder->tcp, decoder->newest, wait);
	return true;
}

void decoder_flush(struct decoder *decoder, sip_message_handler *handler, void *context)
{
	struct passage passage = {.decoder = decoder,
		.time = decoder->newest,
		.is_overdue = true,
		.handler = handler,
		.context = context};

	ip_reassembly_flush(decoder->reassembly, handle_reassembled, &passage);
	sip_over_tcp_finish(decoder->tcp, decoder->newest, handle_stream_message, &passage);
}

/* By the packets' time, also where it runs backwards: then what is planned is looked at anew. */
static void tick_if_due(struct decoder *decoder, instant now, sip_message_handler *handler, void *context)
{
	if (now - decoder->last_tick >= TICK || now < decoder->last_tick) {
		decoder_tick(decoder, now, handler, context);
	}
	decoder->newest = now;
}

void decoder_handle(
	struct decoder *decoder, const struct packet *packet, sip_message_handler *handler, void *context)
{
	struct passage passage = {
		.decoder = decoder, .time = packet->time, .handler = handler, .context = context};
	struct reader ip;

	decoder->wait.source.address.family = ADDRESS_NONE;
	tick_if_due(decoder, packet->time, handler, context);
	count(&passage, COUNTER_PACKETS);
	counter_add(decoder->counters, COUNTER_BYTES, packet->captured);
	if (packet->captured < packet->on_wire) {
		count(&passage, COUNTER_PACKETS_CUT);
	}
	switch (link_decode(packet->link_type, reader_of(packet->bytes, packet->captured), &ip)) {
	case DECODE_DONE:
		handle_ip(&passage, ip);
		break;
	case DECODE_NOT_OURS:
		count(&passage,
			link_type_is_known(packet->link_type) ? COUNTER_NOT_IP : COUNTER_LINK_UNREADABLE);
		break;
	default:
		count(&passage, COUNTER_LINK_UNREADABLE);
	}
}
