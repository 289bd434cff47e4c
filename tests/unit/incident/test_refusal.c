/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/refusal.h"

static const struct dialed_number number = {.kind = NUMBER_INTERNATIONAL, .e164 = "+23200550101"};
static const struct destination destination = {.prefix = "232", .country = "SL", .name = "Sierra Leone"};

static struct event event_of(const char *caller)
{
	return (struct event){.kind = EVENT_CALL_ATTEMPTED,
		.time = 7 * SECOND,
		.caller = text_of(caller),
		.dialed = TEXT_CONSTANT("01023200550101"),
		.call_id = TEXT_CONSTANT("abc"),
		.leg = LEG_EXTENSION,
		.number = &number,
		.destination = &destination};
}

static void find(struct findings *findings, const char *rule, enum severity severity, unsigned proves)
{
	struct finding *finding = findings_add(findings);

	finding->rule = rule;
	finding->severity = severity;
	finding->proves = proves;
	snprintf(finding->reason, sizeof finding->reason, "of %s", rule);
}

static const struct judgement refused = {
	.action = ACTION_WOULD_REFUSE, .is_about_call = true, .incident = "0123"};

/* To let a call by, each rule that alone would stop it must be told so; no other has a say. */
static void a_record_names_each_rule_that_alone_would_stop_the_call(void **state)
{
	struct findings findings = {0};
	struct refusal_record record;
	const struct event event = event_of("1004");

	(void)state;
	find(&findings, "call_burst", SEVERITY_WARNING, PROVES_CALL);
	find(&findings, "off_hours", SEVERITY_CRITICAL, PROVES_CALL | PROVES_CALLER);
	find(&findings, "surge", SEVERITY_CRITICAL, PROVES_NOTHING);
	find(&findings, "off_hours", SEVERITY_CRITICAL, PROVES_CALL);
	find(&findings, "high_risk_destination", SEVERITY_CRITICAL, PROVES_CALL);
	assert_true(refusal_of_call(&event, &findings, &refused, SEVERITY_CRITICAL, &record));
	assert_string_equal(record.rules, "off_hours high_risk_destination");
	assert_int_equal(record.severity, SEVERITY_CRITICAL);
	assert_string_equal(record.reason, "of off_hours");
	assert_int_equal(record.action, REFUSAL_WOULD_REFUSE);
	assert_string_equal(record.caller, "1004");
	assert_string_equal(record.number, "+23200550101");
	assert_string_equal(record.country, "SL");
	assert_string_equal(record.incident, "0123");
	assert_int_equal(record.leg, LEG_EXTENSION);
	assert_int_equal(record.time, 7 * SECOND);
	assert_true(refusal_of_call(&event, &findings, &refused, SEVERITY_WARNING, &record));
	assert_string_equal(record.rules, "off_hours high_risk_destination call_burst");
}

static void a_call_is_told_once(void **state)
{
	struct findings findings = {0};
	struct refusal_record record;
	const struct event event = event_of("1004");
	struct judgement judgement = {.action = ACTION_NONE};

	(void)state;
	assert_false(refusal_of_call(&event, &findings, &judgement, SEVERITY_CRITICAL, &record));
	judgement = refused;
	judgement.is_repeated = true;
	assert_false(refusal_of_call(&event, &findings, &judgement, SEVERITY_CRITICAL, &record));
}

static void what_was_done_is_told_by_its_name(void **state)
{
	static const struct {
		enum action_taken action;
		bool end_call;
		const char *name;
	} cases[] = {
		{ACTION_REFUSED, false, "refused"},
		{ACTION_WOULD_REFUSE, false, "would_refuse"},
		{ACTION_SOURCE_BLOCKED, false, "refused"}, /* who is blocked has a record of his own */
		{ACTION_WOULD_BLOCK, false, "would_refuse"},
		{ACTION_REFUSED, true, "ended"},
	};
	struct findings findings = {0};
	struct refusal_record record;
	const struct event event = event_of("1004");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct judgement judgement = {.action = cases[i].action,
			.is_about_call = true,
			.end_call = cases[i].end_call,
			.why = "why"};
		assert_true(refusal_of_call(&event, &findings, &judgement, SEVERITY_CRITICAL, &record));
		assert_string_equal(refusal_action_name(record.action), cases[i].name);
		assert_string_equal(record.rules, "");
		assert_string_equal(record.reason, "why");
	}
}

static void names_from_the_network_are_made_safe(void **state)
{
	struct findings findings = {0};
	struct refusal_record record;
	const struct event event = event_of("\033[2Jroot\r\n\x9B");

	(void)state;
	assert_true(refusal_of_call(&event, &findings, &refused, SEVERITY_CRITICAL, &record));
	assert_true(text_is_safe(text_of(record.caller)));
	assert_null(strchr(record.caller, '\033'));
}

/* What is not in the table is neither kept nor reported. */
static void every_text_of_a_record_is_in_the_table(void **state)
{
	size_t end = offsetof(struct refusal_record, caller);

	(void)state;
	for (size_t i = 0; i < REFUSAL_TEXTS; i++) {
		if (end == offsetof(struct refusal_record, rules)) {
			end += REFUSAL_RULES_SIZE;
		}
		assert_int_equal(refusal_texts[i].offset, end);
		end += refusal_texts[i].size;
	}
	assert_true(sizeof(struct refusal_record) - end < sizeof(uint64_t)); /* no more than padding */
}

static void sources_and_accounts_have_records(void **state)
{
	struct block_request request = {
		.prefix_length = 32, .time = 9, .reason = "off_hours, critical", .incident = "45"};
	const struct blocked_account_record account = {
		.account = "1004", .since = 8, .reason = "call_burst, critical"};
	struct refusal_record record;

	(void)state;
	assert_true(address_parse(TEXT("198.51.100.66"), &request.address));
	refusal_of_source(&request, false, &record);
	assert_string_equal(refusal_about_name(record.about), "source");
	assert_string_equal(refusal_action_name(record.action), "would_block");
	assert_string_equal(record.source, "198.51.100.66");
	assert_string_equal(record.reason, "off_hours, critical");
	assert_string_equal(record.incident, "45");
	refusal_of_account(&account, true, &record);
	assert_string_equal(refusal_about_name(record.about), "account");
	assert_string_equal(refusal_action_name(record.action), "blocked");
	assert_string_equal(record.caller, "1004");
	assert_int_equal(record.time, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_names_each_rule_that_alone_would_stop_the_call),
		cmocka_unit_test(a_call_is_told_once),
		cmocka_unit_test(what_was_done_is_told_by_its_name),
		cmocka_unit_test(names_from_the_network_are_made_safe),
		cmocka_unit_test(every_text_of_a_record_is_in_the_table),
		cmocka_unit_test(sources_and_accounts_have_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
