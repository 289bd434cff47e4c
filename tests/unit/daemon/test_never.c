/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The never list, held by the whole way from the bytes of an INVITE to what policy says: every emergency and
 * service number of every dial plan, in every form, on every leg, in every mode, whatever was found, whoever
 * is blocked.
 */
#include "../test.h"

#include "pbxguard/call/destination.h"
#include "pbxguard/call/dial_plan.h"
#include "pbxguard/call/dialog.h"
#include "pbxguard/config/config_file.h"
#include "pbxguard/decode/sip_parser.h"
#include "pbxguard/incident/policy.h"
#include "pbxguard/rules/rules.h"

#include <stdlib.h>

#define NOON (1795143600 * SECOND)

static const char *const plan_names[] = {"japan", "germany", "north-america", "united-kingdom"};
static struct dial_plan plans[COUNT_OF(plan_names)];
static struct destination_table *destinations;

static const char *source_path(const char *name)
{
	static char path[512];
	const char *folder = getenv("PBXGUARD_SOURCE");

	snprintf(path, sizeof path, "%s/conf/%s", folder == NULL ? "." : folder, name);
	return path;
}

static int read_plans(void **state)
{
	static struct config_errors errors;
	char error[256];

	(void)state;
	destinations = destination_table_read(source_path("destinations.csv"), error, sizeof error);
	for (size_t i = 0; destinations != NULL && i < COUNT_OF(plans); i++) {
		char name[64];
		snprintf(name, sizeof name, "dial-plans/%s.conf", plan_names[i]);
		struct config_file *file = config_file_open(source_path(name), &errors);
		if (file == NULL || !config_file_fill(file, &dial_plan_settings, &plans[i], &errors)) {
			return -1;
		}
		config_file_free(file);
		plans[i].destinations = destinations;
	}
	return destinations == NULL ? -1 : 0;
}

static int free_plans(void **state)
{
	(void)state;
	destination_table_free(destinations);
	return 0;
}

/* ---- the guard of a site */

static const struct endpoint pbx = {{ADDRESS_IPV4, {192, 0, 2, 10}}, 5060};
static const struct endpoint trunk = {{ADDRESS_IPV4, {203, 0, 113, 1}}, 5060};
static const struct endpoint phone = {{ADDRESS_IPV4, {192, 168, 10, 21}}, 5060};
static const struct endpoint stranger = {{ADDRESS_IPV4, {198, 51, 100, 66}}, 5060};
static const struct endpoint nobody = {{ADDRESS_IPV4, {198, 51, 100, 77}}, 5060};

struct guard {
	struct site site;
	struct counters counters;
	struct dialogs *dialogs;
	struct policy *policy;
	instant now;
	unsigned calls;
	unsigned events, refused; /* by the message in progress */
	const char *dialled;
};

static void start(struct guard *guard, const struct dial_plan *plan, enum policy_mode mode, const char *line,
	enum trunk_numbers trunk_numbers)
{
	static const struct policy_settings usual = {.on = SEVERITY_NOTICE,
		.accounts = true,
		.sources = true,
		.end_calls = true,
		.source_time = 1 * HOUR};
	struct policy_settings settings = usual;
	const struct blocked_account_record blocked = {.account = "1001", .since = NOON};

	*guard = (struct guard){.now = NOON,
		.site = {.pbx = {1, {{pbx.address, 32}}},
			.trunks = {1, {{trunk.address, 32}}},
			.extensions = {1, {{phone.address, 32}}},
			.trunk_numbers = trunk_numbers}};
	if (line != NULL) {
		guard->site.outside_line_count = 1;
		snprintf(guard->site.outside_line[0], OUTSIDE_LINE_SIZE, "%s", line);
	}
	settings.mode = mode;
	const struct dialog_context context = {
		.site = &guard->site, .dial_plan = plan, .destinations = destinations, .max_age = 12 * HOUR};
	guard->dialogs = dialogs_new(&context, 16 * 1024 * 1024, &guard->counters);
	guard->policy = policy_new(&settings, &guard->site, &guard->counters);
	assert_true(guard->dialogs != NULL && guard->policy != NULL);
	assert_true(policy_block_account(guard->policy, &blocked, NOON));
}

static void stop(struct guard *guard)
{
	dialogs_free(guard->dialogs);
	policy_free(guard->policy);
}

/* Everything there is to find, as grave as can be. */
static void find_all(struct findings *findings)
{
	static const char *const subjects[] = {"caller:1001", "source:198.51.100.66", "site"};

	findings->count = 0;
	for (size_t i = 0; i < rules_count(); i++) {
		for (size_t n = 0; n < COUNT_OF(subjects); n++) {
			struct finding *finding = findings_add(findings);
			if (finding != NULL) {
				finding->rule = rules_at(i)->name;
				finding->severity = SEVERITY_CRITICAL;
				finding->proves = PROVES_CALL | PROVES_CALLER | PROVES_SOURCE;
				snprintf(finding->subject, sizeof finding->subject, "%s", subjects[n]);
			}
		}
	}
}

static void ignore_block(void *context, const struct block_request *request)
{
	(void)context;
	(void)request;
}

static void handle_event(void *context, const struct event *event)
{
	struct guard *guard = context;
	struct findings findings = {0};
	struct judgement judgement;

	guard->events++;
	find_all(&findings);
	policy_judge(guard->policy, event, &findings, &judgement);
	policy_conclude(guard->policy, event, &judgement, ignore_block, NULL);
	guard->refused += judgement.action != ACTION_NONE || judgement.refuse || judgement.end_call ||
			  judgement.is_deferred || judgement.why[0] != '\0';
}

static void handle(struct guard *guard, struct endpoint from, struct endpoint to, const char *text)
{
	struct sip_scan scan;
	struct sip_message message = {0};

	assert_true(sip_scan_brief(text_of(text), &scan));
	sip_parse(&scan, &message);
	message.time = guard->now;
	message.source = from;
	message.destination = to;
	guard->events = guard->refused = 0;
	policy_watch(guard->policy, &message, ignore_block, NULL);
	dialogs_handle(guard->dialogs, &message, handle_event, guard);
}

struct way {
	const struct endpoint *from, *to;
};

static const struct way ways[] = {{&phone, &pbx}, {&pbx, &trunk}, {&trunk, &pbx}, {&stranger, &pbx},
	{&nobody, &stranger}, {&pbx, &phone}};

/* A whole call: INVITE, ringing, answered, and up for a while. */
static void dial(struct guard *guard, const struct way *way, const char *call_id, const char *uri)
{
	char text[2048];

	guard->calls++;
	snprintf(text, sizeof text,
		"INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%u\r\n"
		"From: <sip:1001@192.0.2.10>;tag=%u\r\nTo: <sip:x@192.0.2.10>\r\nCall-ID: %s\r\n"
		"Authorization: Digest username=\"1001\", nonce=\"5f2ab3c4d5e6\"\r\nCSeq: 1 INVITE\r\n\r\n",
		uri, guard->calls, guard->calls, call_id);
	handle(guard, *way->from, *way->to, text);
}

static void answer(struct guard *guard, const struct way *way, const char *call_id, int status)
{
	char text[1024];

	snprintf(text, sizeof text,
		"SIP/2.0 %d X\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%u\r\nFrom: <sip:1001@192.0.2.10>;tag=%u\r\n"
		"To: <sip:x@192.0.2.10>;tag=b\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n\r\n",
		status, guard->calls, guard->calls, call_id);
	handle(guard, *way->to, *way->from, text);
}

/* ---- forms */

/* tests/data/written-forms.txt */
static char forms[64][128];
static size_t form_count;

static int read_forms(void)
{
	char path[512], line[sizeof forms[0]];
	const char *folder = getenv("PBXGUARD_SOURCE");

	snprintf(path, sizeof path, "%s/tests/data/written-forms.txt", folder == NULL ? "." : folder);
	FILE *file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '#' && form_count < COUNT_OF(forms)) {
			snprintf(forms[form_count++], sizeof forms[0], "%s", line);
		}
	}
	if (file != NULL) {
		fclose(file);
	}
	return form_count >= 44 && form_count < COUNT_OF(forms) ? 0 : -1;
}

static int read_all(void **state)
{
	return read_plans(state) == 0 ? read_forms() : -1;
}

static char *write_number(char form, const char *front, const char *number, char *at)
{
	at += sprintf(at, "%s", front);
	for (; *number != '\0'; number++) {
		at += form == '~' ? sprintf(at, "%%%02x", (unsigned)*number)
				  : sprintf(at, form == '_' ? "%c-" : "%c", *number);
	}
	return at;
}

static void write_uri(const char *form, const char *number, const char *code, const char *front, char *uri)
{
	for (; *form != '\0'; form++) {
		if (*form == '$' || *form == '~' || *form == '_') {
			uri = write_number(*form, front, number, uri);
		} else if (*form == '^') {
			uri += sprintf(uri, "%s", code);
		} else {
			*uri++ = *form;
		}
	}
	*uri = '\0';
}

static void require_untouched(struct guard *guard, const struct dial_plan *plan, const char *uri)
{
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		char call_id[32];
		/* Some under the Call-ID of a call that is refused. */
		snprintf(
			call_id, sizeof call_id, guard->calls % 7 == 0 ? "refused" : "call-%u", guard->calls);
		guard->now += 1 * SECOND;
		dial(guard, &ways[i], call_id, uri);
		if (guard->refused > 0) {
			fail_msg("%s: %s from leg %zu is refused", plan->name, uri, i);
		}
		for (int status = 180; status <= 200; status += 20) {
			answer(guard, &ways[i], call_id, status);
			assert_int_equal(guard->refused, 0);
		}
	}
}

static size_t number_count(const struct dial_plan *plan)
{
	return plan->emergency_count + plan->service_count;
}

static const char *number_at(const struct dial_plan *plan, size_t index)
{
	return index < plan->emergency_count ? plan->emergency[index].number
					     : plan->services[index - plan->emergency_count].number;
}

/* Behind each service code, too. */
static void try_number(struct guard *guard, const struct dial_plan *plan, const char *number)
{
	char uri[512];

	for (size_t form = 0; form < form_count; form++) {
		write_uri(forms[form], number, plan->country_code, "", uri);
		require_untouched(guard, plan, uri);
	}
	for (size_t i = 0; i < plan->service_code_count; i++) {
		const char *code = plan->service_codes[i];
		if (strcspn(code, "XZN[ ") == strlen(code)) {
			write_uri("sip:$@192.0.2.10", number, "", code, uri);
			require_untouched(guard, plan, uri);
			write_uri("sip:0$@192.0.2.10", number, "", code, uri);
			require_untouched(guard, plan, uri);
		}
	}
}

/* It must be refused, or the test would prove nothing. */
static void refuse_others(struct guard *guard, enum policy_mode mode)
{
	guard->now += 1 * SECOND;
	dial(guard, &ways[0], "refused", "sip:+12465550123@192.0.2.10");
	assert_true(guard->events > 0);
	assert_int_equal(guard->refused > 0, mode != POLICY_MONITOR);
}

static void no_emergency_or_service_number_is_ever_touched(void **state)
{
	static const char *const lines[] = {NULL, "0", "9", "8456"};

	(void)state;
	sip_parser_start();
	for (size_t p = 0; p < COUNT_OF(plans); p++) {
		for (int mode = POLICY_MONITOR; mode <= POLICY_BLOCK; mode++) {
			for (size_t line = 0; line < COUNT_OF(lines); line++) {
				struct guard guard;
				start(&guard, &plans[p], (enum policy_mode)mode, lines[line],
					line % 2 == 0 ? TRUNK_NUMBERS_E164 : TRUNK_NUMBERS_AS_DIALLED);
				for (size_t i = 0; i < number_count(&plans[p]); i++) {
					refuse_others(&guard, (enum policy_mode)mode);
					try_number(&guard, &plans[p], number_at(&plans[p], i));
				}
				stop(&guard);
			}
		}
	}
}

static void nor_when_every_table_is_full(void **state)
{
	struct guard guard;

	(void)state;
	start(&guard, &plans[0], POLICY_BLOCK, NULL, TRUNK_NUMBERS_AS_DIALLED);
	for (int i = 0; i < 20000; i++) {
		char call_id[32], uri[64], name[16];
		struct blocked_account_record blocked = {.since = NOON};
		snprintf(call_id, sizeof call_id, "full-%d", i);
		snprintf(uri, sizeof uri, "sip:0101246%07d@192.0.2.10", i);
		snprintf(name, sizeof name, "%d", i);
		text_copy(text_of(name), blocked.account, sizeof blocked.account);
		policy_block_account(guard.policy, &blocked, guard.now);
		dial(&guard, &ways[i % 2], call_id, uri);
		assert_int_equal(guard.refused > 0, true);
	}
	assert_true(counter_get(&guard.counters, COUNTER_KEYS_EVICTED) > 0);
	for (size_t i = 0; i < number_count(&plans[0]); i++) {
		try_number(&guard, &plans[0], number_at(&plans[0], i));
	}
	stop(&guard);
}

static void nor_is_what_is_no_call(void **state)
{
	static const char *const texts[] = {
		"REGISTER sip:192.0.2.10 SIP/2.0\r\nFrom: <sip:1001@192.0.2.10>;tag=1\r\nTo: <sip:1001@192.0.2.10>\r\n"
		"Call-ID: refused\r\nCSeq: 1 REGISTER\r\n\r\n",
		"OPTIONS sip:0101246555012@192.0.2.10 SIP/2.0\r\nFrom: <sip:1001@192.0.2.10>;tag=1\r\n"
		"To: <sip:1001@192.0.2.10>\r\nCall-ID: refused\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"INVITE sip:192.0.2.10 SIP/2.0\r\nFrom: <sip:1001@192.0.2.10>;tag=1\r\nTo: <sip:1@192.0.2.10>\r\n"
		"Call-ID: refused\r\nCSeq: 1 INVITE\r\n\r\n",
		"INVITE sip:01012465550123@192.0.2.10 SIP/2.0\r\nFrom: <sip:1001@192.0.2.10>;tag=1\r\n\r\n",
	};
	struct guard guard;

	(void)state;
	start(&guard, &plans[0], POLICY_BLOCK, NULL, TRUNK_NUMBERS_AS_DIALLED);
	refuse_others(&guard, POLICY_BLOCK);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		handle(&guard, phone, pbx, texts[i]);
		assert_int_equal(guard.refused, 0);
	}
	stop(&guard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_emergency_or_service_number_is_ever_touched),
		cmocka_unit_test(nor_when_every_table_is_full),
		cmocka_unit_test(nor_is_what_is_no_call),
	};
	return cmocka_run_group_tests(tests, read_all, free_plans);
}
