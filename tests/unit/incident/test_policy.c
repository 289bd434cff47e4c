/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/policy.h"

static void emergency_and_service_numbers_are_never_touched(void **state)
{
	(void)state;
	for (int kind = 0; kind < NUMBER_KIND_COUNT; kind++) {
		const struct dialed_number number = {.kind = (enum number_kind)kind};
		const struct event event = {.number = &number};

		assert_int_equal(
			policy_is_untouchable(&event), kind == NUMBER_EMERGENCY || kind == NUMBER_SERVICE);
	}
}

static void monitoring_does_nothing_whatever_is_found(void **state)
{
	static const struct findings findings = {
		.count = 1, .items = {{.rule = "call_burst", .severity = SEVERITY_CRITICAL}}};

	(void)state;
	for (int kind = 0; kind < NUMBER_KIND_COUNT; kind++) {
		const struct dialed_number number = {.kind = (enum number_kind)kind};
		const struct event event = {.number = &number};

		assert_int_equal(policy_action(&event, &findings), ACTION_NONE);
	}
}

static void every_state_and_action_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(incident_state_name(INCIDENT_OPENED), "opened");
	assert_string_equal(incident_state_name(INCIDENT_CLOSED), "closed");
	assert_string_equal(action_taken_name(ACTION_NONE), "none");
	assert_string_equal(action_taken_name(ACTION_WOULD_BLOCK), "would_block");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(emergency_and_service_numbers_are_never_touched),
		cmocka_unit_test(monitoring_does_nothing_whatever_is_found),
		cmocka_unit_test(every_state_and_action_has_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
