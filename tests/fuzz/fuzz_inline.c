/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP packets as the firewall's queue gives them, each behind a header of four bytes: choices, tens of
 * milliseconds since the one before, and its size. They go through the whole program in mode block, which
 * refuses for whatever it finds: to the verdict, the changed bytes and our answers. What waits goes on after
 * 200 ms, as daemon/queue_guard and capture/queue_source have it. Tables are small.
 */
#include "../dialled_digits.h"
#include "fuzz.h"

#include "pbxguard/base/log.h"
#include "pbxguard/daemon/pipeline.h"
#include "pbxguard/decode/ip.h"
#include "pbxguard/decode/sip_scan.h"
#include "pbxguard/decode/tcp.h"
#include "pbxguard/decode/udp.h"

#include <netinet/in.h>

#define ENTRIES_MAX 8 /* of any table: KNOWN_CALLS_MINIMUM is the largest */
#define HELD_MAX 64
#define PATIENCE (200 * MILLISECOND)
#define SIP_PORT 5060
#define TCP_CHECKSUM 16 /* its place in the header */

struct held {
	uint8_t *bytes, *original;
	size_t size;
	uint64_t flow;
	instant since;
};

static struct held held[HELD_MAX];
static size_t held_count;
static uint64_t verdicts[4], answers; /* of all inputs */

/* ---- what must hold of a verdict ---- */

static bool is_emergency(const char *text, size_t size)
{
	const struct dial_plan *plan = &fuzz_config()->dial_plan;
	char digits[32];

	dialled_digits(text, size, digits);
	return is_one_of(digits, plan->emergency, plan->emergency_count) ||
	       is_one_of(digits, plan->services, plan->service_count);
}

/* Dropped is only what is SIP. */
static void require_droppable(const uint8_t *bytes, size_t size)
{
	struct ip_packet ip;
	struct udp_datagram udp;
	struct sip_scan scan;

	MUST_HOLD(ip_decode(reader_of(bytes, size), &ip) == DECODE_DONE);
	if (ip.is_fragment || ip.protocol != IPPROTO_UDP || udp_decode(ip.payload, &udp) != DECODE_DONE ||
		(udp.source_port != SIP_PORT && udp.destination_port != SIP_PORT)) {
		return; /* maybe the last piece of some, or a tunnel's */
	}
	const struct text payload = {(const char *)udp.payload.bytes, udp.payload.size};
	MUST_HOLD(sip_scan_brief(payload, &scan));
	MUST_HOLD(!is_emergency(payload.start, payload.size));
}

static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	}
	return sum;
}

/* What differs is TCP's payload and its checksum, which is right, and no emergency number is among it. */
static void require_rewritten(const uint8_t *bytes, const uint8_t *original, size_t size)
{
	struct ip_packet ip;
	struct tcp_segment tcp;

	MUST_HOLD(ip_decode(reader_of(bytes, size), &ip) == DECODE_DONE && ip.protocol == IPPROTO_TCP);
	MUST_HOLD(tcp_decode(ip.payload, &tcp) == DECODE_DONE && tcp.payload.size > 0);
	size_t header = (size_t)(ip.payload.bytes - bytes), begin = (size_t)(tcp.payload.bytes - bytes), at;
	MUST_HOLD(memcmp(bytes, original, header + TCP_CHECKSUM) == 0);
	MUST_HOLD(memcmp(bytes + header + TCP_CHECKSUM + 2, original + header + TCP_CHECKSUM + 2,
			  begin - header - TCP_CHECKSUM - 2) == 0);
	MUST_HOLD(memcmp(bytes + begin + tcp.payload.size, original + begin + tcp.payload.size,
			  size - begin - tcp.payload.size) == 0);
	for (at = begin; at < begin + tcp.payload.size && bytes[at] == original[at]; at++) {
	}
	MUST_HOLD(at < begin + tcp.payload.size);
	for (size_t word = 11; word <= 12 && at >= begin + word; word++) { /* "INVITE sip:", "INVITE sips:" */
		const char *start = (const char *)original + at - word;
		MUST_HOLD(memcmp(start, "INVITE ", 7) != 0 ||
			  !is_emergency(start, begin + tcp.payload.size - (at - word)));
	}
	if (ip.cut) {
		return;
	}
	uint32_t sum = ip.version == 4 ? sum_of(6, bytes + 12, 8) : sum_of(6, bytes + 8, 32);
	sum = sum_of(sum + (uint32_t)ip.payload.size, ip.payload.bytes, ip.payload.size);
	while (sum >> 16) {
		sum = (sum & 0xFFFF) + (sum >> 16);
	}
	MUST_HOLD(sum == 0xFFFF);
}

static void require_verdict(enum verdict verdict, const uint8_t *bytes, const uint8_t *original, size_t size)
{
	MUST_HOLD(verdict <= VERDICT_REWRITTEN);
	verdicts[verdict]++;
	if (verdict == VERDICT_REWRITTEN) {
		require_rewritten(bytes, original, size);
	} else {
		MUST_HOLD(verdict == VERDICT_DROP || memcmp(bytes, original, size) == 0);
	}
	if (verdict == VERDICT_DROP) {
		require_droppable(original, size);
	}
}

/* A call_ender_sender. One header, of lines that end as they must. */
static void require_answer(void *context, const struct sip_datagram *datagram)
{
	const struct text bytes = {datagram->bytes, datagram->size};
	struct text rest = bytes, line;

	(void)context;
	answers++;
	MUST_HOLD(datagram->size <= SIP_DATAGRAM_MAX && datagram->bytes[datagram->size] == '\0');
	MUST_HOLD(text_begins(bytes, TEXT("SIP/2.0 200 ")) || text_begins(bytes, TEXT("SIP/2.0 481 ")) ||
		  text_begins(bytes, TEXT("SIP/2.0 603 ")) || text_begins(bytes, TEXT("BYE ")) ||
		  text_begins(bytes, TEXT("ACK ")));
	while (text_split(&rest, '\n', &line) && line.size > 1) {
		MUST_HOLD(line.start[line.size - 1] == '\r');
		MUST_HOLD(text_find(text_part(line, 0, line.size - 1), '\r') == line.size - 1);
	}
	MUST_HOLD(line.size == 1 && rest.size == 0);
	MUST_HOLD(datagram->source.address.family == datagram->destination.address.family);
}

/* ---- the queue ---- */

static void ask_again(struct enforcement *enforcement, uint64_t flow, bool give_up, instant now)
{
	size_t kept = 0;

	for (size_t i = 0; i < held_count; i++) {
		struct held *one = &held[i];
		enum verdict verdict = one->flow == flow ? enforcement_decide(enforcement, one->bytes,
								   one->size, give_up, now)
							 : VERDICT_HOLD;
		if (one->flow == flow) {
			MUST_HOLD(!give_up || verdict != VERDICT_HOLD);
			require_verdict(verdict, one->bytes, one->original, one->size);
		}
		if (verdict == VERDICT_HOLD) {
			held[kept++] = *one;
		} else {
			free(one->bytes);
			free(one->original);
		}
	}
	held_count = kept;
}

static void give_up_old(struct enforcement *enforcement, instant now)
{
	while (held_count > 0 && now - held[0].since >= PATIENCE) {
		ask_again(enforcement, held[0].flow, true, now);
	}
}

static void handle(struct pipeline *pipeline, struct enforcement *enforcement, struct packet *packet)
{
	uint8_t *bytes = fuzz_copy(packet->bytes, packet->captured);
	uint8_t *original = fuzz_copy(packet->bytes, packet->captured);

	packet->bytes = bytes;
	fuzz_forbid_blocks(true); /* all memory is taken at the start */
	const struct enforcement_answer answer = pipeline_handle_queued(pipeline, packet, bytes);
	fuzz_forbid_blocks(false);
	fuzz_check_tables(ENTRIES_MAX);
	require_verdict(answer.verdict, bytes, original, packet->captured);
	if (answer.release) {
		ask_again(enforcement, answer.flow, false, packet->time);
	}
	if (answer.verdict == VERDICT_HOLD) {
		if (held_count == HELD_MAX) {
			ask_again(enforcement, held[0].flow, true, packet->time);
		}
		held[held_count++] =
			(struct held){bytes, original, packet->captured, answer.flow, packet->time};
		return;
	}
	free(bytes);
	free(original);
}

static bool take_packet(struct reader *input, struct packet *packet, uint8_t *choices)
{
	*choices = reader_u8(input);
	packet->time += reader_u8(input) * (10 * MILLISECOND);
	size_t size = reader_u16(input);
	if (reader_failed(input)) {
		return false;
	}
	struct reader bytes = reader_rest(input, size);
	packet->bytes = bytes.bytes;
	packet->captured = packet->on_wire = bytes.size;
	reader_skip(input, bytes.size);
	return true;
}

/* ---- the program ---- */

static void ignore_decision(void *context, const struct decision *decision)
{
	(void)context;
	(void)decision;
}

/* A site in whose calls something is found soon, and refused whatever it is. */
static struct config strict_config(void)
{
	struct config config = *fuzz_config();

	config.settings.site.pbx = (struct network_set){1, {{{ADDRESS_IPV4, {192, 0, 2, 10}}, 32}}};
	config.settings.site.trunks = (struct network_set){1, {{{ADDRESS_IPV4, {203, 0, 113, 0}}, 28}}};
	config.settings.site.extensions = (struct network_set){1, {{{ADDRESS_IPV4, {192, 168, 10, 0}}, 24}}};
	config.settings.limits.memory = LIMITS_FIXED; /* the least of everything */
	config.settings.actions.mode = ACTION_MODE_BLOCK;
	config.settings.actions.block.on = SEVERITY_NOTICE;
	config.settings.actions.block.end_calls = true;
	return config;
}

/* The seeds get every kind of verdict. */
void fuzz_end(void)
{
	for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
		MUST_HOLD(verdicts[i] > 0);
	}
	MUST_HOLD(answers > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t ports[] = {SIP_PORT};
	static const struct enforcement_settings settings = {
		.status = 603, .ends_calls = true, .max_age = 1 * HOUR};
	const struct config config = strict_config();
	const struct log log = {.descriptor = -1, .level = LOG_LEVEL_ERROR};
	struct counters counters = {0};
	struct reader input = reader_of(data, size);
	struct packet packet = {.time = 1784500000 * SECOND, .link_type = 12}; /* a night before a holiday */
	uint8_t choices;

	fuzz_large_blocks(true);
	struct enforcement *enforcement = enforcement_new_to(&settings, require_answer, NULL, &counters);
	struct pipeline *pipeline = pipeline_new(&(struct pipeline_setup){.config = &config,
		.ports = ports,
		.port_count = 1,
		.counters = &counters,
		.log = &log,
		.handler = ignore_decision,
		.is_inline = true,
		.enforcement = enforcement});
	fuzz_large_blocks(false);
	MUST_HOLD(enforcement != NULL && pipeline != NULL);
	while (take_packet(&input, &packet, &choices)) {
		give_up_old(enforcement, packet.time);
		handle(pipeline, enforcement, &packet);
		if (choices & 1) {
			enforcement_tick(enforcement, packet.time);
		}
		if (choices & 2) {
			pipeline_tick(pipeline, packet.time);
		}
		if (choices & 4) {
			enforcement_release(enforcement, packet.time);
		}
	}
	give_up_old(enforcement, packet.time + PATIENCE);
	MUST_HOLD(held_count == 0);
	pipeline_tick(pipeline, packet.time + 1 * MINUTE);
	enforcement_tick(enforcement, packet.time + 1 * MINUTE);
	pipeline_finish(pipeline);
	pipeline_free(pipeline);
	enforcement_free(enforcement);
	return 0;
}
