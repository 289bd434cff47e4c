/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/decode/tcp_gate.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"
#include "pbxguard/decode/ip.h"
#include "pbxguard/decode/tcp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_LIFETIME (1 * MINUTE)
#define CHECKSUM_OFFSET 16 /* in TCP's header; RFC 9293 §3.1 */

/* Bytes of a stream, by their sequence numbers. */
struct span {
	uint32_t start, size;
};

enum kind { CHANGE_USER, CHANGE_TEL, CHANGE_METHOD, CHANGE_STOP };

/* Each byte becomes that of the pattern, over and over. None: they never get through. */
static const struct text patterns[] = {
	[CHANGE_USER] = TEXT_CONSTANT("refused_"),
	[CHANGE_TEL] = TEXT_CONSTANT("f"),
	[CHANGE_METHOD] = TEXT_CONSTANT("REFUSE"),
	[CHANGE_STOP] = {NULL, 0},
};

struct change {
	struct span span;
	uint32_t packet; /* with which it was decided */
	enum kind kind;
};

struct changes {
	uint64_t made;       /* digest of the last payload that was changed */
	uint8_t count, next; /* next: in whose place another goes when there are as many as may be */
	struct change changes[TCP_GATE_CHANGES_MAX];
};

struct waiting {
	bool waits;
	uint32_t from;      /* bytes from there on */
	bool given_up;      /* it has waited for too long */
	struct span passed; /* all that went on since then lies in it; size 0: nothing */
	uint8_t held_count;
	uint32_t held_bytes;
	struct span held[TCP_GATE_HELD_MAX];
};

struct tcp_gate {
	struct counters *counters;
	struct digest_key key;
	uint32_t packets;      /* handled so far */
	struct table *waiting; /* flow → struct waiting */
	struct table *changes; /* flow → struct changes */
};

struct segment {
	uint64_t flow;
	struct span span;
	uint8_t *payload;        /* span.size bytes */
	uint8_t *tcp;            /* its header */
	size_t tcp_size;         /* with the payload */
	struct reader addresses; /* the IP header's two */
	bool is_cut;
};

struct tcp_gate *tcp_gate_new(struct counters *counters)
{
	static const struct table_shape waiting = {.capacity = TCP_GATE_FLOWS_MAX,
		.key_size = sizeof(uint64_t),
		.key_is_digest = true,
		.value_size = sizeof(struct waiting),
		.lifetime = WAIT_LIFETIME};
	static const struct table_shape changes = {.capacity = TCP_GATE_FLOWS_MAX,
		.key_size = sizeof(uint64_t),
		.key_is_digest = true,
		.value_size = sizeof(struct changes),
		.lifetime = TCP_GATE_CHANGE_LIFETIME};
	struct tcp_gate *gate = calloc(1, sizeof *gate);

	if (gate == NULL) {
		return NULL;
	}
	*gate = (struct tcp_gate){.counters = counters,
		.key = digest_key_new(),
		.waiting = table_new(&waiting),
		.changes = table_new(&changes)};
	if (gate->waiting == NULL || gate->changes == NULL) {
		tcp_gate_free(gate);
		return NULL;
	}
	return gate;
}

void tcp_gate_free(struct tcp_gate *gate)
{
	if (gate != NULL) {
		table_free(gate->waiting);
		table_free(gate->changes);
	}
	free(gate);
}

static uint64_t flow_of(
	const struct tcp_gate *gate, const struct endpoint *source, const struct endpoint *destination)
{
	uint8_t bytes[2][19];
	const struct endpoint *ends[] = {source, destination};

	for (size_t i = 0; i < 2; i++) {
		bytes[i][0] = ends[i]->address.family;
		memcpy(&bytes[i][1], ends[i]->address.bytes, 16);
		bytes[i][17] = (uint8_t)(ends[i]->port >> 8);
		bytes[i][18] = (uint8_t)ends[i]->port;
	}
	return digest_short(&gate->key, bytes, sizeof bytes);
}

/* Spans: sequence numbers go round, and nothing compared here is half way round apart. */

static bool overlap(struct span a, struct span b)
{
	return (int32_t)(a.start + a.size - b.start) > 0 && (int32_t)(b.start + b.size - a.start) > 0;
}

static bool lies_in(struct span inner, struct span outer)
{
	return (int32_t)(inner.start - outer.start) >= 0 &&
	       (int32_t)(outer.start + outer.size - inner.start - inner.size) >= 0;
}

static bool reaches(struct span span, uint32_t sequence)
{
	return (int32_t)(span.start + span.size - sequence) > 0;
}

/* Around both. */
static struct span joined(struct span a, struct span b)
{
	if (a.size == 0) {
		return b;
	}
	uint32_t start = (int32_t)(b.start - a.start) < 0 ? b.start : a.start;
	uint32_t end = reaches(b, a.start + a.size) ? b.start + b.size : a.start + a.size;
	return (struct span){start, end - start};
}

/* Packets */

/* False: no TCP segment with a payload. */
static bool read_segment(const struct tcp_gate *gate, uint8_t *bytes, size_t size, struct segment *segment)
{
	struct ip_packet ip;
	struct tcp_segment tcp;

	if (ip_decode(reader_of(bytes, size), &ip) != DECODE_DONE || ip.protocol != IP_PROTOCOL_TCP ||
		ip.is_fragment || tcp_decode(ip.payload, &tcp) != DECODE_DONE || tcp.payload.size == 0) {
		return false;
	}
	const struct endpoint source = {ip.source, tcp.source_port},
			      destination = {ip.destination, tcp.destination_port};
	struct reader addresses = reader_of(bytes, size);
	reader_skip(&addresses, ip.version == 4 ? 12 : 8);
	*segment = (struct segment){.flow = flow_of(gate, &source, &destination),
		.span = {tcp.sequence + tcp.syn, (uint32_t)tcp.payload.size},
		.payload = bytes + (tcp.payload.bytes - bytes),
		.tcp = bytes + (ip.payload.bytes - bytes),
		.tcp_size = ip.payload.size,
		.addresses = reader_rest(&addresses, ip.version == 4 ? 8 : 32),
		.is_cut = ip.cut};
	return true;
}

/* RFC 1071. Not more than 64 kB: the sum has room. */
static uint32_t add_words(uint32_t sum, struct reader bytes)
{
	while (reader_left(&bytes) > 1) {
		sum += reader_u16(&bytes);
	}
	return reader_left(&bytes) > 0 ? sum + (uint32_t)(reader_u8(&bytes) << 8) : sum;
}

static void set_checksum(const struct segment *segment)
{
	uint8_t *place = segment->tcp + CHECKSUM_OFFSET;

	assert(segment->tcp != NULL);
	place[0] = place[1] = 0;
	uint32_t sum = IP_PROTOCOL_TCP + (uint32_t)(segment->tcp_size >> 16) +
		       (uint32_t)(segment->tcp_size & 0xFFFF);
	sum = add_words(sum, segment->addresses);
	sum = add_words(sum, reader_of(segment->tcp, segment->tcp_size));
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum += sum >> 16;
	place[0] = (uint8_t)(~sum >> 8);
	place[1] = (uint8_t)~sum;
}

/* Changes */

/*
 * Of the segment, as far as the change is about it. Line ends that somebody put into the number stay: without
 * them a reader would find other messages behind it than we have found. Returns whether any byte was another.
 */
static bool write_change(const struct change *change, const struct segment *segment)
{
	struct text pattern = patterns[change->kind];
	bool any = false;

	assert(segment->payload != NULL);
	for (uint32_t i = 0; i < change->span.size; i++) {
		uint32_t at = change->span.start + i - segment->span.start;
		uint8_t wanted = (uint8_t)pattern.start[i % pattern.size];
		if (at >= segment->span.size || segment->payload[at] == '\r' ||
			segment->payload[at] == '\n') {
			continue;
		}
		any = any || segment->payload[at] != wanted;
		segment->payload[at] = wanted;
	}
	return any;
}

static uint64_t digest_of(const struct tcp_gate *gate, const struct segment *segment)
{
	return digest_short(&gate->key, segment->payload, segment->span.size);
}

static enum verdict apply(struct tcp_gate *gate, const struct segment *segment, instant now)
{
	struct changes *changes = table_find(gate->changes, &segment->flow, now);
	enum verdict verdict = VERDICT_ACCEPT;

	for (size_t i = 0; changes != NULL && i < changes->count; i++) {
		const struct change *change = &changes->changes[i];
		if (!overlap(change->span, segment->span)) {
			continue;
		}
		/* A packet that is not all there can't get another checksum. TCP sends it again in smaller
		 * ones. */
		if (change->kind == CHANGE_STOP || segment->is_cut) {
			return VERDICT_DROP;
		}
		if (write_change(change, segment)) {
			verdict = VERDICT_REWRITTEN;
		}
	}
	if (verdict == VERDICT_REWRITTEN) {
		set_checksum(segment);
		changes->made = digest_of(gate, segment);
	}
	return verdict;
}

/* Is it what we made of the last one? It may come by twice: going out and coming in. */
static bool is_ours(struct tcp_gate *gate, const struct segment *segment, instant now)
{
	const struct changes *changes = table_find(gate->changes, &segment->flow, now);

	return changes != NULL && changes->made == digest_of(gate, segment);
}

static void add_to_full(struct tcp_gate *gate, uint64_t flow, struct changes *changes,
	const struct change *change, instant now)
{
	const struct waiting *waiting = table_find(gate->waiting, &flow, now);
	struct change *oldest = &changes->changes[changes->next];

	/* The bytes of the oldest are here, too: so many at once are not sent by any phone. */
	if (oldest->packet == gate->packets || (waiting != NULL && waiting->held_count > 0)) {
		*changes = (struct changes){.count = 1,
			.changes = {{.span = joined(oldest->span, change->span), .kind = CHANGE_STOP}}};
		counter_add(gate->counters, COUNTER_STREAMS_STOPPED, 1);
		return;
	}
	counter_add(gate->counters, COUNTER_REWRITES_FORGOTTEN, 1);
	*oldest = *change;
	changes->next = (uint8_t)((changes->next + 1) % TCP_GATE_CHANGES_MAX);
}

static void add_change(struct tcp_gate *gate, uint64_t flow, struct change change, instant now)
{
	bool added;
	uint64_t evicted = table_figures(gate->changes).evicted;
	struct changes *changes = table_find_or_add(gate->changes, &flow, now, &added);

	counter_add(
		gate->counters, COUNTER_REWRITES_FORGOTTEN, table_figures(gate->changes).evicted - evicted);
	change.packet = gate->packets;
	for (size_t i = 0; i < changes->count; i++) {
		if (memcmp(&changes->changes[i].span, &change.span, sizeof change.span) == 0) {
			changes->changes[i] = change; /* the same message again */
			return;
		}
	}
	if (changes->count == TCP_GATE_CHANGES_MAX) {
		add_to_full(gate, flow, changes, &change, now);
	} else {
		changes->changes[changes->count++] = change;
	}
}

static struct span span_of(const struct sip_message *message, struct text part)
{
	return (struct span){
		message->sequence + (uint32_t)(part.start - message->whole.start), (uint32_t)part.size};
}

/* From the user part's beginning to the last @: who reads "100@0110…@pbx" takes one or the other. */
static struct text user_part(const struct sip_uri *uri)
{
	struct text user = uri->user, rest = {user.start, 0};

	if (user.size == 0) {
		return user;
	}
	rest.size = uri->whole.size - (size_t)(user.start - uri->whole.start);
	for (size_t i = user.size; i < rest.size; i++) {
		if (rest.start[i] == '@') {
			user.size = i;
		}
	}
	return user;
}

static struct change change_of(const struct sip_message *message)
{
	struct text user = user_part(&message->request_uri);

	if (user.size == 0) {
		return (struct change){.span = span_of(message, message->method_name), .kind = CHANGE_METHOD};
	}
	return (struct change){.span = span_of(message, user),
		.kind = message->request_uri.scheme == SIP_SCHEME_TEL ? CHANGE_TEL : CHANGE_USER};
}

void tcp_gate_refuse(struct tcp_gate *gate, const struct sip_message *message, instant now)
{
	uint64_t flow = flow_of(gate, &message->source, &message->destination);
	const struct waiting *waiting = table_find(gate->waiting, &flow, now);
	struct change change = change_of(message);

	if (waiting != NULL && waiting->passed.size > 0 && overlap(waiting->passed, change.span)) {
		/* Of it all bytes may be through, and only some before it missing: those were waited for. */
		struct span missing = {waiting->from, 1};
		change = (struct change){
			.span = joined(span_of(message, message->whole), missing), .kind = CHANGE_STOP};
		counter_add(gate->counters, COUNTER_STREAMS_STOPPED, 1);
	}
	add_change(gate, flow, change, now);
}

/* Waiting */

static void give_up(struct waiting *waiting, const struct segment *segment)
{
	waiting->given_up = true;
	waiting->passed = joined(waiting->passed, segment->span);
}

/* What the decoder says now. False: nothing of the flow waits. */
static struct waiting *update(struct tcp_gate *gate, const struct segment *segment,
	const struct tcp_wait *wait, instant now, bool *release)
{
	bool waits = wait != NULL && wait->waits, added;
	struct waiting *waiting = waits ? table_find_or_add(gate->waiting, &segment->flow, now, &added)
					: table_find(gate->waiting, &segment->flow, now);

	if (waiting == NULL) {
		return NULL;
	}
	*release = waiting->held_count > 0 && (!waits || wait->sequence != waiting->from);
	if (!waits && waiting->held_count == 0) {
		table_remove(gate->waiting, &segment->flow);
		return NULL;
	}
	waiting->waits = waits;
	if (!waits) {
		return waiting;
	}
	waiting->from = wait->sequence;
	/* Another message, behind all that went on of the one before it. */
	if (waiting->given_up && !reaches(waiting->passed, waiting->from)) {
		waiting->given_up = false;
		waiting->passed = (struct span){0};
	}
	return waiting;
}

static enum verdict hold(
	struct tcp_gate *gate, struct waiting *waiting, const struct segment *segment, bool *release)
{
	for (size_t i = 0; i < waiting->held_count; i++) {
		if (lies_in(segment->span, waiting->held[i])) {
			return VERDICT_DROP; /* the held one will do */
		}
	}
	if (waiting->held_count == TCP_GATE_HELD_MAX ||
		waiting->held_bytes + segment->span.size > TCP_GATE_HELD_BYTES_MAX) {
		give_up(waiting, segment);
		counter_add(gate->counters, COUNTER_QUEUE_HOLDS_GIVEN_UP, waiting->held_count + 1U);
		*release = true;
		return VERDICT_ACCEPT;
	}
	waiting->held[waiting->held_count++] = segment->span;
	waiting->held_bytes += segment->span.size;
	return VERDICT_HOLD;
}

struct tcp_gate_answer tcp_gate_handle(
	struct tcp_gate *gate, uint8_t *bytes, size_t size, const struct tcp_wait *wait, instant now)
{
	struct tcp_gate_answer answer = {.verdict = VERDICT_ACCEPT};
	struct segment segment;

	if (!read_segment(gate, bytes, size, &segment)) {
		return answer;
	}
	answer.flow = segment.flow;
	struct waiting *waiting = update(gate, &segment, wait, now, &answer.release);
	if (wait != NULL && wait->is_contradicted && !is_ours(gate, &segment, now)) {
		answer.verdict = VERDICT_DROP;
	} else if (waiting != NULL && waiting->waits && reaches(segment.span, waiting->from)) {
		if (waiting->given_up) {
			give_up(waiting, &segment);
		} else {
			answer.verdict = hold(gate, waiting, &segment, &answer.release);
		}
	}
	if (answer.verdict == VERDICT_ACCEPT) {
		answer.verdict = apply(gate, &segment, now);
	}
	gate->packets++;
	return answer;
}

static void forget_held(struct waiting *waiting, struct span span)
{
	for (size_t i = 0; i < waiting->held_count; i++) {
		if (waiting->held[i].start == span.start && waiting->held[i].size == span.size) {
			waiting->held[i] = waiting->held[--waiting->held_count];
			waiting->held_bytes -= span.size;
			return;
		}
	}
}

enum verdict tcp_gate_decide(struct tcp_gate *gate, uint8_t *bytes, size_t size, bool no_longer, instant now)
{
	struct segment segment;

	if (!read_segment(gate, bytes, size, &segment)) {
		return VERDICT_ACCEPT;
	}
	struct waiting *waiting = table_find(gate->waiting, &segment.flow, now);
	if (waiting != NULL) {
		bool has_to_wait = waiting->waits && reaches(segment.span, waiting->from);
		if (has_to_wait && !waiting->given_up && !no_longer) {
			return VERDICT_HOLD;
		}
		forget_held(waiting, segment.span);
		if (has_to_wait) {
			give_up(waiting, &segment);
		} else if (!waiting->waits && waiting->held_count == 0) {
			table_remove(gate->waiting, &segment.flow);
		}
	}
	return apply(gate, &segment, now);
}
