/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/sip_over_tcp.h"

#include "pbxguard/decode/sip_framing.h"

#include <stdlib.h>

#define UPGRADE_MAX 8192 /* bytes of an HTTP header; what servers commonly take */

struct sip_over_tcp {
	struct counters *counters;
	struct tcp_streams *streams;
};

/* Of each stream. */
struct state {
	struct sip_framing framing;
	bool begun;
};

/* One call of ours on its way through tcp_stream and back. */
struct passage {
	struct sip_over_tcp *tcp;
	const struct tcp_place *place;
	const char *bytes; /* at the place */
	sip_over_tcp_handler *handler;
	void *context;
};

enum protocol { PROTOCOL_NOT_KNOWN, PROTOCOL_SIP, PROTOCOL_TLS, PROTOCOL_TLS_ANSWER, PROTOCOL_WEBSOCKET };

/* A record begins with its type (change cipher spec 20 to application data 23) and version 3.x: RFC 8446
 * §5.1. */
static enum protocol look_for_tls(struct text bytes)
{
	enum { RECORD_HANDSHAKE = 22, SERVER_HELLO = 2 };

	if (bytes.start[0] < 20 || bytes.start[0] > 23 || (bytes.size > 1 && bytes.start[1] != 3)) {
		return PROTOCOL_SIP;
	}
	if (bytes.size < 6) {
		return PROTOCOL_NOT_KNOWN;
	}
	/* One of the two directions is enough to count. */
	return bytes.start[0] == RECORD_HANDSHAKE && bytes.start[5] == SERVER_HELLO ? PROTOCOL_TLS_ANSWER
										    : PROTOCOL_TLS;
}

/* "Sec-WebSocket-Protocol: sip" in the request that asks for it (RFC 7118 §4). */
static enum protocol look_for_websocket(struct text bytes)
{
	struct text rest = text_part(bytes, 0, UPGRADE_MAX), line, name = TEXT("Sec-WebSocket-Protocol:");
	enum sip_start start;

	if (!text_begins(bytes, text_part(TEXT("GET "), 0, bytes.size))) {
		return PROTOCOL_SIP;
	}
	while (text_find(rest, '\n') < rest.size && text_split(&rest, '\n', &line)) {
		struct text value = text_from(line, name.size < line.size ? name.size : line.size), protocol;
		while (text_begins_ignoring_case(line, name) && text_split(&value, ',', &protocol)) {
			if (text_equal_ignoring_case(text_trim(protocol), TEXT("sip"))) {
				return PROTOCOL_WEBSOCKET;
			}
		}
		if (text_trim(line).size == 0) {
			return PROTOCOL_SIP; /* some other HTTP */
		}
	}
	/* No upgrade has one, and whoever stands in line must not hear of an INVITE later than the PBX. */
	sip_start_search(bytes, 0, SIP_METHOD_INVITE, &start);
	return bytes.size < UPGRADE_MAX && start != SIP_START_YES ? PROTOCOL_NOT_KNOWN : PROTOCOL_SIP;
}

static enum protocol look_at_beginning(struct text bytes)
{
	enum protocol protocol = look_for_tls(bytes);

	return protocol == PROTOCOL_SIP ? look_for_websocket(bytes) : protocol;
}

static void hand_out(void *context, const struct sip_scan *scan)
{
	const struct passage *passage = context;
	struct tcp_place place = *passage->place;

	place.sequence += (uint32_t)(scan->whole.start - passage->bytes);
	passage->handler(passage->context, &place, scan);
}

static struct sip_framing_output output_of(struct passage *passage)
{
	return (struct sip_framing_output){hand_out, passage, passage->tcp->counters};
}

static size_t read_bytes(void *context, const struct tcp_place *place, void *of_stream, struct text bytes)
{
	struct passage *passage = context;
	struct state *state = of_stream;
	const struct sip_framing_output output = output_of(passage);

	passage->place = place;
	passage->bytes = bytes.start;
	if (!state->begun) {
		switch (look_at_beginning(bytes)) {
		case PROTOCOL_NOT_KNOWN:
			return 0;
		case PROTOCOL_TLS:
			counter_add(passage->tcp->counters, COUNTER_TLS_STREAMS, 1);
			return TCP_STREAM_IGNORE;
		case PROTOCOL_TLS_ANSWER:
			return TCP_STREAM_IGNORE;
		case PROTOCOL_WEBSOCKET:
			counter_add(passage->tcp->counters, COUNTER_WEBSOCKET_STREAMS, 1);
			return TCP_STREAM_IGNORE;
		default:
			state->begun = true;
		}
	}
	return sip_framing_read(&state->framing, bytes, &output);
}

static void note_gap(
	void *context, const struct tcp_place *place, void *of_stream, struct text rest, size_t missing)
{
	struct passage *passage = context;
	struct state *state = of_stream;
	const struct sip_framing_output output = output_of(passage);

	passage->place = place;
	passage->bytes = rest.start;
	state->begun = true;
	sip_framing_gap(&state->framing, rest, missing, &output);
}

static void read_alone(void *context, const struct tcp_place *place, struct text bytes)
{
	struct passage *passage = context;
	struct sip_scan scan;

	passage->place = place;
	passage->bytes = bytes.start;
	if (sip_scan(bytes, &scan)) {
		scan.oddities |= SIP_ODD_FRAMING;
		hand_out(passage, &scan);
	}
}

static bool looks_like_sip(struct text bytes)
{
	return sip_start_find(text_part(bytes, 0, 12), 0, SIP_METHOD_OTHER) == 0 &&
	       sip_start_judge(bytes) != SIP_START_NO;
}

static const struct tcp_reader reader = {
	.state_size = sizeof(struct state),
	.looks = looks_like_sip,
	.read = read_bytes,
	.gap = note_gap,
	.alone = read_alone,
};

struct sip_over_tcp *sip_over_tcp_new(struct counters *counters)
{
	struct sip_over_tcp *tcp = calloc(1, sizeof *tcp);

	if (tcp == NULL) {
		return NULL;
	}
	tcp->counters = counters;
	tcp->streams = tcp_streams_new(&reader, counters);
	if (tcp->streams == NULL) {
		sip_over_tcp_free(tcp);
		return NULL;
	}
	return tcp;
}

void sip_over_tcp_free(struct sip_over_tcp *tcp)
{
	if (tcp != NULL) {
		tcp_streams_free(tcp->streams);
	}
	free(tcp);
}

void sip_over_tcp_handle(struct sip_over_tcp *tcp, const struct tcp_place *place,
	const struct tcp_segment *segment, bool wanted_port, sip_over_tcp_handler *handler, void *context)
{
	struct passage passage = {.tcp = tcp, .handler = handler, .context = context};

	tcp_streams_handle(tcp->streams, place, segment, wanted_port, &passage);
}

void sip_over_tcp_tick(struct sip_over_tcp *tcp, instant now, sip_over_tcp_handler *handler, void *context)
{
	struct passage passage = {.tcp = tcp, .handler = handler, .context = context};

	tcp_streams_tick(tcp->streams, now, &passage);
}

void sip_over_tcp_finish(struct sip_over_tcp *tcp, instant now, sip_over_tcp_handler *handler, void *context)
{
	struct passage passage = {.tcp = tcp, .handler = handler, .context = context};

	tcp_streams_finish(tcp->streams, now, &passage);
}

void sip_over_tcp_set_patience(struct sip_over_tcp *tcp, duration patience)
{
	tcp_streams_set_patience(tcp->streams, patience);
}

void sip_over_tcp_wait(struct sip_over_tcp *tcp, instant now, struct tcp_wait *wait)
{
	const struct tcp_place place = {wait->source, wait->destination, now, 0};
	struct tcp_unread unread;

	wait->waits = wait->is_contradicted = false;
	if (!tcp_streams_unread(tcp->streams, &place, &unread)) {
		return;
	}
	const struct state *state = unread.state;
	/* What begins like an upgrade to WebSocket may turn out to be none. */
	size_t at = state->begun ? sip_framing_invite(&state->framing, unread.bytes)
				 : sip_start_find(unread.bytes, 0, SIP_METHOD_INVITE);
	wait->waits = at < unread.bytes.size || unread.has_hole;
	wait->sequence = unread.sequence + (uint32_t)at;
	wait->is_contradicted = unread.is_contradicted;
}
