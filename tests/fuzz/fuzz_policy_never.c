/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A byte of choices, then messages, each behind its size in two bytes: from the bytes to what policy says, in
 * mode block with everything found that there is to find. Whenever a reader of a few lines, which knows
 * nothing of ours, says that an INVITE dials an emergency or service number, nothing may be done about it.
 */
#include "../dialled_digits.h"
#include "fuzz.h"

#include "pbxguard/base/reader.h"
#include "pbxguard/call/dialog.h"
#include "pbxguard/config/config_file.h"
#include "pbxguard/decode/sip_parser.h"
#include "pbxguard/incident/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum choice { CHOICE_PLAN = 3, CHOICE_WAY = 12, CHOICE_LINE = 16, CHOICE_E164 = 32, CHOICE_MODE = 64 };

static struct dial_plan plans[4];

static void read_plans(void)
{
	static const char *const names[] = {"japan", "germany", "north-america", "united-kingdom"};
	static struct config_errors errors;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *path, name[64];
		snprintf(name, sizeof name, "dial-plans/%s.conf", names[i]);
		path = fuzz_conf_path(name);
		struct config_file *file = config_file_open(path, &errors);
		MUST_HOLD(file != NULL && config_file_fill(file, &dial_plan_settings, &plans[i], &errors));
		plans[i].destinations = fuzz_config()->destination_table;
		config_file_free(file);
		free(path);
	}
}

/* ---- ours */

struct guard {
	const struct dial_plan *plan;
	struct policy *policy;
	bool is_short;
};

static void ignore_block(void *context, const struct block_request *request)
{
	(void)context;
	(void)request;
}

static void handle_event(void *context, const struct event *event)
{
	const struct guard *guard = context;
	struct findings findings = {0};
	struct judgement judgement;

	*findings_add(&findings) = (struct finding){.rule = "call_burst",
		.severity = SEVERITY_CRITICAL,
		.subject = "caller:1001",
		.proves = PROVES_CALL | PROVES_CALLER | PROVES_SOURCE};
	policy_judge(guard->policy, event, &findings, &judgement);
	policy_conclude(guard->policy, event, &judgement, ignore_block, NULL);
	MUST_HOLD(!guard->is_short || event->kind > EVENT_CALL_JOINED || judgement.action == ACTION_NONE);
	MUST_HOLD(!judgement.refuse || judgement.action == ACTION_REFUSED ||
		  judgement.action == ACTION_SOURCE_BLOCKED);
	MUST_HOLD(!(judgement.refuse && judgement.is_deferred));
	MUST_HOLD(!judgement.refuse || event->is_outward);
	MUST_HOLD(fuzz_is_clean(text_of(judgement.why)));
}

static void run(struct guard *guard, struct dialogs *dialogs, uint8_t choice, struct reader input)
{
	static const struct endpoint pbx = {{ADDRESS_IPV4, {192, 0, 2, 10}}, 5060};
	static const struct endpoint others[] = {{{ADDRESS_IPV4, {192, 168, 10, 21}}, 5060},
		{{ADDRESS_IPV4, {203, 0, 113, 1}}, 5060}, {{ADDRESS_IPV4, {198, 51, 100, 66}}, 5060}};
	size_t way = (choice & CHOICE_WAY) >> 2;
	instant now = 1795143600 * SECOND;

	while (reader_left(&input) > 2) {
		struct reader bytes = reader_rest(&input, reader_u16(&input));
		reader_skip(&input, bytes.size);
		uint8_t *copy = fuzz_copy(bytes.bytes, bytes.size);
		struct sip_message message = {0};
		struct sip_scan scan;
		char digits[32];
		if (sip_scan_brief((struct text){(const char *)copy, bytes.size}, &scan)) {
			sip_parse(&scan, &message);
			message.time = now += SECOND / 4;
			/* Requests one way, answers the other; 3: the PBX to the trunk. */
			bool is_to_pbx = message.is_request == (way != 3);
			message.source = is_to_pbx ? others[way % COUNT_OF(others)] : pbx;
			message.destination = is_to_pbx ? pbx : others[way == 3 ? 1 : way];
			dialled_digits((const char *)copy, bytes.size, digits);
			guard->is_short =
				is_one_of(digits, guard->plan->emergency, guard->plan->emergency_count) ||
				is_one_of(digits, guard->plan->services, guard->plan->service_count);
			policy_watch(guard->policy, &message, ignore_block, NULL);
			dialogs_handle(dialogs, &message, handle_event, guard);
		}
		free(copy);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct site site = {.pbx = {1, {{{ADDRESS_IPV4, {192, 0, 2, 10}}, 32}}},
		.trunks = {1, {{{ADDRESS_IPV4, {203, 0, 113, 0}}, 28}}},
		.extensions = {1, {{{ADDRESS_IPV4, {192, 168, 10, 0}}, 24}}},
		.outside_line = {"0"}};
	struct counters counters = {0};
	const struct blocked_account_record blocked = {.account = "1001", .since = 1};

	if (plans[0].name[0] == '\0') {
		read_plans();
		sip_parser_start();
	}
	if (size < 3) {
		return 0;
	}
	site.outside_line_count = data[0] & CHOICE_LINE ? 1 : 0;
	site.trunk_numbers = data[0] & CHOICE_E164 ? TRUNK_NUMBERS_E164 : TRUNK_NUMBERS_AS_DIALLED;
	const struct policy_settings settings = {
		.mode = data[0] & CHOICE_MODE ? POLICY_DRY_RUN : POLICY_BLOCK,
		.accounts = true,
		.sources = true,
		.end_calls = true,
		.source_time = 1 * HOUR};
	struct guard guard = {
		.plan = &plans[data[0] & CHOICE_PLAN], .policy = policy_new(&settings, &site, &counters)};
	const struct dialog_context context = {.site = &site,
		.dial_plan = guard.plan,
		.destinations = fuzz_config()->destination_table,
		.max_age = 1 * HOUR};
	struct dialogs *dialogs = dialogs_new(&context, 0, &counters);

	MUST_HOLD(guard.policy != NULL && dialogs != NULL);
	policy_block_account(guard.policy, &blocked, 1);
	run(&guard, dialogs, data[0], reader_of(data + 1, size - 1));
	dialogs_free(dialogs);
	policy_free(guard.policy);
	return 0;
}
