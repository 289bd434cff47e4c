/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/pipeline.h"

#include "pbxguard/action/refused_dialogs.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#define LINK_TYPE_RAW_IP 12
#define PHONE 0xC0A80A15 /* 192.168.10.21 */
#define PBX 0xC000020A   /* 192.0.2.10 */

/* ---- a site whose calls are burst or none */

#define SITE                                                                                                 \
	"site = { pbx = \"192.0.2.10\"; extensions = \"192.168.10.0/24\"; };\n"                              \
	"rules = { concurrent_calls = { enabled = false; }; number_range = { enabled = false; }; };\n"

struct guard {
	struct config *config;
	struct counters counters;
	struct log log;
	struct pipeline *pipeline;
	instant now;
	uint32_t calls;
	uint32_t told_count, told_limit; /* of the last decision */
	char told_rule[32];
};

static struct config *read_config(const char *text)
{
	static struct config_errors errors;
	char path[] = "/tmp/pbxguard-pipeline-XXXXXX";
	int file = mkstemp(path);

	assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
	close(file);
	errors = (struct config_errors){0};
	struct config *config = config_new_from(path, instant_now(), &errors);
	unlink(path);
	if (errors.count > 0) {
		print_message("%s\n", errors.list[0].text);
	}
	assert_non_null(config);
	return config;
}

static void decide(void *context, const struct decision *decision)
{
	struct guard *guard = context;

	guard->told_count = decision->finding.count;
	guard->told_limit = decision->finding.limit;
	snprintf(guard->told_rule, sizeof guard->told_rule, "%s", decision->finding.rule);
}

static void start(struct guard *guard, const char *text)
{
	*guard = (struct guard){.config = read_config(text),
		.log = {.descriptor = -1, .level = LOG_LEVEL_ERROR},
		.now = 1795143600 * SECOND}; /* 2026-11-20 12:00 in Tokyo, a Friday */
	guard->pipeline = pipeline_new(&(struct pipeline_setup){.config = guard->config,
		.counters = &guard->counters,
		.log = &guard->log,
		.handler = decide,
		.context = guard});
	assert_non_null(guard->pipeline);
}

static void reload(struct guard *guard, const char *text)
{
	struct config *config = read_config(text);

	assert_true(pipeline_reload(guard->pipeline, config, NULL, 0));
	config_free(guard->config);
	guard->config = config;
}

static void stop(struct guard *guard)
{
	pipeline_free(guard->pipeline);
	config_free(guard->config);
}

/* ---- calls */

static void put(uint8_t *bytes, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
	}
}

/* A call to Paris, a second after the one before. How many findings it gave. */
static uint64_t dial(struct guard *guard, const char *caller)
{
	uint8_t bytes[1024] = {0};
	uint64_t found = counter_get(&guard->counters, COUNTER_FINDINGS);
	int size = snprintf((char *)bytes + 28, sizeof bytes - 28,
		"INVITE sip:01033123456789@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP "
		"192.168.10.21;branch=z9hG4bK%u\r\n"
		"From: <sip:%s@192.0.2.10>;tag=%u\r\nTo: <sip:01033123456789@192.0.2.10>\r\n"
		"Call-ID: %u\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
		guard->calls, caller, guard->calls, guard->calls);

	put(bytes, 2, 0x4500);
	put(bytes + 2, 2, (uint64_t)size + 28);
	put(bytes + 8, 2, 0x4000 | IPPROTO_UDP);
	put(bytes + 12, 4, PHONE);
	put(bytes + 16, 4, PBX);
	put(bytes + 20, 4, 5060ULL << 16 | 5060);
	put(bytes + 24, 2, (uint64_t)size + 8);
	const struct packet packet = {.time = guard->now,
		.link_type = LINK_TYPE_RAW_IP,
		.bytes = bytes,
		.captured = (size_t)size + 28,
		.on_wire = (size_t)size + 28};
	pipeline_handle_packet(guard->pipeline, &packet);
	guard->now += SECOND;
	guard->calls++;
	assert_int_equal(counter_get(&guard->counters, COUNTER_CALLS), guard->calls);
	return counter_get(&guard->counters, COUNTER_FINDINGS) - found;
}

static void groups_come_and_go_at_a_reload_and_counts_stay(void **state)
{
	struct guard guard;

	(void)state;
	start(&guard, SITE);
	assert_int_equal(dial(&guard, "2001"), 0);
	assert_int_equal(dial(&guard, "2001"), 0);
	assert_int_equal(dial(&guard, "2001"), 1); /* three in a minute */
	assert_string_equal(guard.told_rule, "call_burst");
	reload(&guard, SITE "callers = ( { name = \"sales\"; match = \"20*\"; rules = { call_burst = {\n"
			    "minute_warning = 6; minute_critical = 7; hour_warning = 10; }; }; } );\n");
	assert_int_equal(dial(&guard, "2001"), 0);
	assert_int_equal(dial(&guard, "2001"), 0);
	assert_int_equal(dial(&guard, "2001"), 1); /* six, three of them before */
	assert_int_equal(dial(&guard, "2001"), 1);
	assert_int_equal(guard.told_count, 7);
	assert_int_equal(guard.told_limit, 7);
	/* Nobody else profits. */
	assert_int_equal(dial(&guard, "1001") + dial(&guard, "1001"), 0);
	assert_int_equal(dial(&guard, "1001"), 1);
	/* And without the group 2001 has what he had. */
	reload(&guard, SITE);
	assert_int_equal(dial(&guard, "2001"), 1);
	assert_int_equal(dial(&guard, "2101") + dial(&guard, "2101"), 0);
	stop(&guard);
}

/* Only a rule forgets anybody here: nothing is found, so there are no incidents. */
#define MANY                                                                                                 \
	"site = { pbx = \"192.0.2.10\"; extensions = \"192.168.10.0/24\"; };\n"                              \
	"limits = { memory = 96; };\n"                                                                       \
	"rules = { call_burst = { site_hour_warning = 10000; site_hour_critical = 10000; };"                 \
	" denied_destination = { enabled = false; }; high_risk_destination = { enabled = false; };"          \
	" off_hours = { enabled = false; }; concurrent_calls = { enabled = false; };"                        \
	" long_call = { enabled = false; }; relay = { enabled = false; };"                                   \
	" forged_caller_id = { enabled = false; }; dial_injection = { enabled = false; };"                   \
	" callback_bait = { enabled = false; }; country_spread = { enabled = false; };"                      \
	" number_range = { enabled = false; }; prefix_probing = { enabled = false; };"                       \
	" spend = { enabled = false; }; surge = { enabled = false; }; unfamiliar = { enabled = false; }; };\n"

static void what_rules_forget_early_is_counted_live_and_at_the_end(void **state)
{
	static const uint32_t callers = 9000; /* more than find room, and within the hour that is counted */
	static struct guard guard;
	char caller[16];

	(void)state;
	for (int is_live = 0; is_live <= 1; is_live++) {
		start(&guard, MANY);
		for (uint32_t i = 0; i < callers; i++) {
			snprintf(caller, sizeof caller, "%u", 10000 + i);
			assert_int_equal(dial(&guard, caller), 0);
			guard.now -= SECOND - 100 * MILLISECOND;
		}
		assert_int_equal(
			counter_get(&guard.counters, COUNTER_KEYS_EVICTED), 0); /* nobody asked yet */
		if (is_live) {
			pipeline_tick(guard.pipeline, guard.now);
		} else {
			pipeline_finish(guard.pipeline);
		}
		uint64_t evicted = counter_get(&guard.counters, COUNTER_KEYS_EVICTED);
		assert_true(evicted > 100 && evicted < callers);
		pipeline_finish(guard.pipeline);
		assert_int_equal(counter_get(&guard.counters, COUNTER_KEYS_EVICTED), evicted); /* once */
		stop(&guard);
	}
}

/* ---- refused calls that come again */

#define BLOCK                                                                                                \
	"site = { pbx = \"192.0.2.10\"; extensions = \"192.168.10.0/24\"; outside_line = \"0\"; };\n"        \
	"destinations = { deny = [ \"FR\" ]; }; actions = { mode = \"block\"; };\n"

static void count_answer(void *context, const struct sip_datagram *datagram)
{
	(void)datagram;
	++*(uint32_t *)context;
}

struct phone_line {
	struct guard guard;
	struct enforcement *enforcement;
	uint32_t answers;
	bool is_tcp;
	bool is_first_fragment; /* the others never come */
	uint32_t sequence;      /* of TCP */
};

static void open_line(struct phone_line *line, const char *text, bool is_tcp)
{
	static const struct enforcement_settings settings = {.status = 603, .max_age = 1 * HOUR};
	static const uint32_t ports[] = {5060};
	struct guard *guard = &line->guard;

	*line = (struct phone_line){.is_tcp = is_tcp, .sequence = 1};
	*guard = (struct guard){.config = read_config(text),
		.log = {.descriptor = -1, .level = LOG_LEVEL_ERROR},
		.now = 1795143600 * SECOND};
	line->enforcement = enforcement_new_to(&settings, count_answer, &line->answers, &guard->counters);
	assert_non_null(line->enforcement);
	guard->pipeline = pipeline_new(&(struct pipeline_setup){.config = guard->config,
		.ports = ports,
		.port_count = 1,
		.counters = &guard->counters,
		.log = &guard->log,
		.handler = decide,
		.context = guard,
		.is_inline = true,
		.enforcement = line->enforcement});
	assert_non_null(guard->pipeline);
}

static void close_line(struct phone_line *line)
{
	stop(&line->guard);
	enforcement_free(line->enforcement);
}

/* Another INVITE of that call, in a transaction of its own. What becomes of its packet. */
static enum verdict invite(struct phone_line *line, const char *number, uint32_t call, uint32_t cseq)
{
	struct guard *guard = &line->guard;
	uint8_t bytes[1024] = {0};
	size_t head = line->is_tcp ? 40 : 28;
	int size = snprintf((char *)bytes + head, sizeof bytes - head,
		"INVITE sip:%s@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/%s 192.168.10.21;branch=z9hG4bK%u-%u\r\n"
		"From: <sip:1001@192.0.2.10>;tag=%u\r\nTo: <sip:%s@192.0.2.10>\r\n"
		"Call-ID: %u\r\nCSeq: %u INVITE\r\nContent-Length: 0\r\n\r\n",
		number, line->is_tcp ? "TCP" : "UDP", call, cseq, call, number, call, cseq);

	put(bytes, 2, 0x4500);
	put(bytes + 2, 2, (uint64_t)size + head);
	put(bytes + 8, 2, line->is_tcp ? IPPROTO_TCP : IPPROTO_UDP);
	put(bytes + 12, 4, PHONE);
	put(bytes + 16, 4, PBX);
	put(bytes + 20, 4, 5060ULL << 16 | 5060);
	if (line->is_tcp) {
		put(bytes + 24, 4, line->sequence);
		put(bytes + 32, 2, 0x5010);
		line->sequence += (uint32_t)size;
	} else {
		put(bytes + 24, 2, (uint64_t)size + 8);
	}
	size_t whole = (size_t)size + head;
	if (line->is_first_fragment) {
		whole -= (whole - 20) % 8;
		put(bytes + 2, 2, whole);
		put(bytes + 6, 2, 0x2000);
	}
	const struct packet packet = {.time = guard->now,
		.link_type = LINK_TYPE_RAW_IP,
		.bytes = bytes,
		.captured = whole,
		.on_wire = whole};
	guard->now += MILLISECOND;
	return pipeline_handle_queued(guard->pipeline, &packet, bytes).verdict;
}

static void a_refused_call_is_refused_again_however_late_it_comes_again(void **state)
{
	static struct phone_line line;

	(void)state;
	for (int is_tcp = 0; is_tcp <= 1; is_tcp++) {
		enum verdict refused = is_tcp ? VERDICT_REWRITTEN : VERDICT_DROP;
		open_line(&line, BLOCK, is_tcp);
		assert_int_equal(invite(&line, "01033123456789", 1, 1), refused);
		assert_int_equal(invite(&line, "01033123456789", 1, 2), refused);
		/* Pushed out by others. */
		for (uint32_t call = 2; call <= REFUSED_DIALOGS_MAX + 2; call++) {
			assert_int_equal(invite(&line, "01033123456789", call, 1), refused);
		}
		assert_int_equal(invite(&line, "01033123456789", 1, 3), refused);
		/* Forgotten. */
		line.guard.now += REFUSED_DIALOG_LIFETIME + SECOND;
		assert_int_equal(invite(&line, "01033123456789", 1, 4), refused);
		line.guard.now += 10 * MINUTE;
		assert_int_equal(invite(&line, "01033123456789", 1, 5), refused);
		close_line(&line);
	}
}

/* What waited for its other fragments in vain is read by and by, while another's packet is at hand. */
static void for_an_overdue_call_no_other_is_dropped(void **state)
{
	static struct phone_line line;

	(void)state;
	open_line(&line, BLOCK, false);
	line.is_first_fragment = true;
	assert_int_equal(invite(&line, "01033123456789", 1, 1), VERDICT_ACCEPT);
	assert_int_equal(line.guard.counters.value[COUNTER_INVITES], 0);
	line.guard.now += 1 * MINUTE;
	line.is_first_fragment = false;
	assert_int_equal(invite(&line, "0312345678", 2, 1), VERDICT_ACCEPT);
	assert_int_equal(line.guard.counters.value[COUNTER_INVITES], 2);
	close_line(&line);
}

static void what_shares_the_call_id_of_a_refused_call_is_not_refused(void **state)
{
	static const char *const others[] = {"110", "0110", "0312345678", "119"};
	static struct phone_line line;

	(void)state;
	for (int is_tcp = 0; is_tcp <= 1; is_tcp++) {
		enum verdict refused = is_tcp ? VERDICT_REWRITTEN : VERDICT_DROP;
		open_line(&line, BLOCK, is_tcp);
		assert_int_equal(invite(&line, "01033123456789", 1, 1), refused);
		for (uint32_t i = 0; i < 12; i++) {
			line.guard.now += i % 2 * REFUSED_DIALOG_LIFETIME;
			assert_int_equal(
				invite(&line, others[i % COUNT_OF(others)], 1, 2 + i), VERDICT_ACCEPT);
		}
		line.guard.now += REFUSED_DIALOG_LIFETIME + SECOND;
		assert_int_equal(invite(&line, "01033123456789", 1, 20), refused);
		close_line(&line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_come_and_go_at_a_reload_and_counts_stay),
		cmocka_unit_test(what_rules_forget_early_is_counted_live_and_at_the_end),
		cmocka_unit_test(a_refused_call_is_refused_again_however_late_it_comes_again),
		cmocka_unit_test(for_an_overdue_call_no_other_is_dropped),
		cmocka_unit_test(what_shares_the_call_id_of_a_refused_call_is_not_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
