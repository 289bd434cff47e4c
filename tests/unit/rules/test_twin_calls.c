/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/twin_calls.h"

#define BEGIN (1000 * SECOND)

static bool is_twin(instant own_began, instant own_answered, instant inbound_answered, instant own_ended,
	instant inbound_ended)
{
	static struct twin_calls calls;
	struct twin_call own;

	calls = (struct twin_calls){0};
	twin_calls_add_inbound(&calls, 1, BEGIN, "+819012345678");
	twin_calls_add_own(&calls, 2, own_began);
	twin_calls_answer(&calls, 2, own_answered);
	twin_calls_answer(&calls, 1, inbound_answered);
	if (inbound_ended != 0) {
		twin_calls_end(&calls, 1, inbound_ended);
	}
	if (own_ended != 0) {
		twin_calls_end(&calls, 2, own_ended);
	}
	bool found = twin_calls_take(&calls, 2, &own);
	if (found) {
		assert_string_equal(own.inbound, "+819012345678");
		assert_false(twin_calls_take(&calls, 2, &own));
	}
	assert_false(twin_calls_take(&calls, 1, &own));
	return found;
}

static void together_means_within_the_time_on_either_side(void **state)
{
	const duration apart[] = {0, TWIN_CALLS_TOGETHER, -TWIN_CALLS_TOGETHER};
	const instant later = BEGIN + 60 * SECOND;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(apart); i++) {
		assert_true(is_twin(BEGIN, BEGIN + 9 * SECOND, BEGIN + 9 * SECOND + apart[i], 0, 0));
		assert_true(is_twin(BEGIN, BEGIN + 9 * SECOND, BEGIN + SECOND, later, later + apart[i]));
	}
	assert_false(is_twin(BEGIN, BEGIN + 9 * SECOND, BEGIN + 9 * SECOND + TWIN_CALLS_TOGETHER + 1, 0, 0));
	assert_false(
		is_twin(BEGIN, BEGIN + 9 * SECOND, BEGIN + SECOND, later, later - TWIN_CALLS_TOGETHER - 1));
}

static void a_call_that_was_there_before_comes_from_nobody_outside(void **state)
{
	(void)state;
	assert_false(is_twin(BEGIN - 1, BEGIN + 9 * SECOND, BEGIN + 9 * SECOND, 0, 0));
}

static void one_that_was_over_before_is_no_twin(void **state)
{
	struct twin_calls calls = {0};
	struct twin_call own;

	(void)state;
	twin_calls_add_inbound(&calls, 1, BEGIN, "+1");
	twin_calls_end(&calls, 1, BEGIN + SECOND);
	twin_calls_add_own(&calls, 2, BEGIN + SECOND + 1);
	twin_calls_end(&calls, 2, BEGIN + SECOND + 2);
	assert_false(twin_calls_take(&calls, 2, &own));
}

static void the_last_of_each_kind_are_known(void **state)
{
	struct twin_calls calls = {0};
	struct twin_call own;

	(void)state;
	for (uint64_t call = 1; call <= TWIN_CALLS_MAX + 1; call++) {
		twin_calls_add_inbound(&calls, call, BEGIN, "+1");
		twin_calls_add_inbound(&calls, call, BEGIN, "+1"); /* it is known: no other is forgotten */
		twin_calls_add_own(&calls, 1000 + call, BEGIN);
		twin_calls_add_own(&calls, 1000 + call, BEGIN);
	}
	twin_calls_end(&calls, 1, BEGIN + SECOND); /* forgotten */
	twin_calls_end(&calls, 1002, BEGIN + SECOND);
	assert_false(twin_calls_take(&calls, 1002, &own));
	twin_calls_end(&calls, 2, BEGIN + SECOND);
	assert_true(twin_calls_take(&calls, 1002, &own));
	twin_calls_end(&calls, 1001, BEGIN + SECOND); /* forgotten, too */
	assert_false(twin_calls_take(&calls, 1001, &own));
}

static void the_first_that_proves_to_be_a_twin_stays_it(void **state)
{
	struct twin_calls calls = {0};
	struct twin_call own;

	(void)state;
	twin_calls_add_inbound(&calls, 1, BEGIN, "+1");
	twin_calls_add_inbound(&calls, 2, BEGIN, "+2");
	twin_calls_add_own(&calls, 3, BEGIN);
	twin_calls_answer(&calls, 3, BEGIN + SECOND);
	twin_calls_answer(&calls, 2, BEGIN + SECOND);
	twin_calls_answer(&calls, 1, BEGIN + SECOND);
	assert_true(twin_calls_take(&calls, 3, &own));
	assert_string_equal(own.inbound, "+2");
}

static void who_rings_is_known_for_a_time(void **state)
{
	struct twin_calls calls = {0};

	(void)state;
	assert_false(twin_calls_rings(&calls, 0, SECOND));
	twin_calls_add_inbound(&calls, 1, BEGIN, "+1");
	assert_true(twin_calls_rings(&calls, BEGIN, SECOND));
	assert_true(twin_calls_rings(&calls, BEGIN + SECOND, SECOND));
	assert_false(twin_calls_rings(&calls, BEGIN + SECOND + 1, SECOND));
	assert_false(twin_calls_rings(&calls, BEGIN - 1, SECOND));
	twin_calls_answer(&calls, 1, BEGIN + 10);
	assert_false(twin_calls_rings(&calls, BEGIN + 10, SECOND));
	twin_calls_add_inbound(&calls, 2, BEGIN, "+2");
	assert_true(twin_calls_rings(&calls, BEGIN + 10, SECOND));
	twin_calls_end(&calls, 2, BEGIN + 10); /* hung up before anybody answered */
	assert_false(twin_calls_rings(&calls, BEGIN + 10, SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together_means_within_the_time_on_either_side),
		cmocka_unit_test(a_call_that_was_there_before_comes_from_nobody_outside),
		cmocka_unit_test(one_that_was_over_before_is_no_twin),
		cmocka_unit_test(the_last_of_each_kind_are_known),
		cmocka_unit_test(the_first_that_proves_to_be_a_twin_stays_it),
		cmocka_unit_test(who_rings_is_known_for_a_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
