/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets, each behind a header of four bytes: the link type, seconds since the one before, and its size.
 * They go through the whole program with its built-in defaults, down to the alert lines. Its tables are
 * small, so that a few packets fill them.
 */
#include "fuzz.h"

#include "pbxguard/action/actions.h"
#include "pbxguard/base/log.h"
#include "pbxguard/daemon/pipeline.h"

#include <fcntl.h>
#include <stdlib.h>

#define ENTRIES_MAX 8 /* of any table: KNOWN_CALLS_MINIMUM is the largest */

static struct counters all_runs;

static void perform(void *context, const struct decision *decision)
{
	MUST_HOLD(actions_perform(context, decision) == 0);
}

static bool take_packet(struct reader *input, struct packet *packet)
{
	packet->link_type = fuzz_link_type(reader_u8(input));
	packet->time += reader_u8(input) * SECOND;
	struct reader rest = *input;
	size_t size = reader_u16(&rest);
	if (reader_failed(&rest)) {
		return false;
	}
	*input = rest;
	struct reader bytes = reader_rest(input, size);
	packet->bytes = bytes.bytes;
	packet->captured = bytes.size;
	packet->on_wire = size;
	reader_skip(input, bytes.size);
	return true;
}

static void require_counters(const struct counters *counters, uint64_t packets)
{
	const uint64_t *value = counters->value;

	MUST_HOLD(value[COUNTER_PACKETS] == packets);
	MUST_HOLD(value[COUNTER_SIP_MESSAGES] == value[COUNTER_REQUESTS] + value[COUNTER_RESPONSES]);
	MUST_HOLD(value[COUNTER_REQUESTS] >= value[COUNTER_INVITES] + value[COUNTER_REGISTERS]);
	MUST_HOLD(value[COUNTER_CALLS] + value[COUNTER_CALLS_JOINED] <= value[COUNTER_INVITES]);
	MUST_HOLD(
		value[COUNTER_CALLS] >= value[COUNTER_CALLS_INTERNATIONAL] + value[COUNTER_CALLS_EMERGENCY]);
	MUST_HOLD(value[COUNTER_UNREADABLE_INVITES] ==
		  value[COUNTER_INVITES_CUT] + value[COUNTER_INVITES_NO_SIP] +
			  value[COUNTER_INVITES_NO_NUMBER] + value[COUNTER_INVITES_NO_CALL_ID]);
	MUST_HOLD(value[COUNTER_ALERTS] <= value[COUNTER_FINDINGS] * 2);
	MUST_HOLD(value[COUNTER_CALLS_EVICTED] <= value[COUNTER_INVITES]);
	MUST_HOLD(value[COUNTER_FINDINGS_UNTOLD] <= value[COUNTER_FINDINGS]);
	for (int i = 0; i < COUNTER_COUNT; i++) {
		counter_add(&all_runs, i, value[i]);
	}
}

/* The seeds fill whatever can be filled. */
void fuzz_end(void)
{
	static const enum counter wanted[] = {COUNTER_FRAGMENTS_EVICTED, COUNTER_TCP_STREAMS_GIVEN_UP,
		COUNTER_CALLS_EVICTED, COUNTER_KEYS_EVICTED, COUNTER_FINDINGS_UNTOLD};

	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		MUST_HOLD(counter_get(&all_runs, wanted[i]) > 0);
	}
}

static void run(struct actions *actions, struct reader input)
{
	struct counters counters = {0};
	const struct log log = {.descriptor = -1, .level = LOG_LEVEL_ERROR};
	struct config config = *fuzz_config();
	const struct pipeline_setup setup = {.config = &config,
		.counters = &counters,
		.log = &log,
		.handler = perform,
		.context = actions};
	struct packet packet = {.time = 1784500000 * SECOND}; /* a night before a holiday */
	uint64_t packets = 0;

	config.settings.limits.memory = LIMITS_FIXED; /* the least of everything */
	config.settings.actions.mode = ACTION_MODE_BLOCK;
	fuzz_large_blocks(true);
	struct pipeline *pipeline = pipeline_new(&setup);
	fuzz_large_blocks(false);
	MUST_HOLD(pipeline != NULL);
	while (take_packet(&input, &packet)) {
		uint8_t *copy = fuzz_copy(packet.bytes, packet.captured);
		packet.bytes = copy;
		fuzz_forbid_blocks(true); /* all memory is taken at the start: so it is bounded */
		MUST_HOLD(pipeline_handle_packet(pipeline, &packet) == VERDICT_ACCEPT);
		fuzz_forbid_blocks(false);
		fuzz_check_tables(ENTRIES_MAX);
		free(copy); /* nothing may be kept of it */
		packets++;
	}
	pipeline_tick(pipeline, packet.time + 1 * MINUTE);
	pipeline_finish(pipeline);
	require_counters(&counters, packets);
	pipeline_free(pipeline);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct actions *all[ALERT_FORMAT_COUNT];
	const struct config *config = fuzz_config();
	enum alert_format format = size == 0 ? 0 : data[0] % ALERT_FORMAT_COUNT;

	if (all[format] == NULL) {
		const struct action_output output = {open("/dev/null", O_WRONLY | O_CLOEXEC), format};
		static struct counters counters;
		all[format] = actions_new(
			&config->settings.actions, &config->settings.site, output, NULL, &counters);
		MUST_HOLD(all[format] != NULL);
	}
	run(all[format], reader_of(data, size));
	return 0;
}
