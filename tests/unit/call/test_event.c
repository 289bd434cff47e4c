/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/call/event.h"

static void every_value_has_its_own_name(void **state)
{
	(void)state;
	for (int i = 0; i < NUMBER_KIND_COUNT; i++) {
		for (int j = 0; j < i; j++) {
			assert_string_not_equal(number_kind_name(i), number_kind_name(j));
		}
	}
	assert_string_equal(number_kind_name(NUMBER_UNRECOGNISED), "unrecognised");
	assert_string_equal(number_kind_name(NUMBER_INTERNATIONAL), "international");
	assert_string_equal(dial_step_reason_text(DIAL_STEP_OUTSIDE_LINE), "outside line");
	assert_string_equal(dial_step_reason_text(DIAL_STEP_INTERNATIONAL_PREFIX), "international prefix");
	assert_string_equal(dial_step_reason_text(DIAL_STEP_TRUNK_PREFIX), "trunk prefix");
	assert_string_equal(destination_kind_name(DESTINATION_GEOGRAPHIC), "geographic");
	assert_string_equal(destination_kind_name(DESTINATION_SHARED_COST), "shared_cost");
	assert_string_equal(destination_kind_name(DESTINATION_PERSONAL), "personal");
}

static void what_was_stripped_reads_in_the_order_of_dialling(void **state)
{
	struct dialed_number number = {.step_count = 4,
		.steps = {{"0", DIAL_STEP_OUTSIDE_LINE}, {"184", DIAL_STEP_SERVICE_CODE},
			{"0033", DIAL_STEP_CARRIER}, {"010", DIAL_STEP_INTERNATIONAL_PREFIX}}};
	char buffer[STRIPPED_TEXT_SIZE];

	(void)state;
	assert_string_equal(dialed_number_stripped(&number, buffer), "0 184 0033 010");
	number.step_count = 0;
	assert_string_equal(dialed_number_stripped(&number, buffer), "");
}

static void the_longest_steps_fit(void **state)
{
	struct dialed_number number = {.step_count = DIAL_STEPS_MAX};
	char buffer[STRIPPED_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < DIAL_STEPS_MAX; i++) {
		strcpy(number.steps[i].digits, "123456789012345");
	}
	assert_int_equal(strlen(dialed_number_stripped(&number, buffer)), STRIPPED_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_has_its_own_name),
		cmocka_unit_test(what_was_stripped_reads_in_the_order_of_dialling),
		cmocka_unit_test(the_longest_steps_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
