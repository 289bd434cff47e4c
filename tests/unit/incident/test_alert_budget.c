/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/alert_budget.h"

static void the_limit_holds_in_every_minute(void **state)
{
	static struct alert_budget budget;

	(void)state;
	budget = (struct alert_budget){0};
	assert_int_equal(alert_budget_free_at(&budget, 3), INT64_MIN);
	alert_budget_spend(&budget, 10 * SECOND);
	alert_budget_spend(&budget, 50 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 3), INT64_MIN);
	alert_budget_spend(&budget, 59 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 3), 70 * SECOND);
	alert_budget_spend(&budget, 70 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 3), 110 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 1), 130 * SECOND);
}

static void a_late_packet_does_not_give_room_early(void **state)
{
	static struct alert_budget budget;

	(void)state;
	budget = (struct alert_budget){0};
	alert_budget_spend(&budget, 10 * SECOND);
	alert_budget_spend(&budget, 9 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 1), 70 * SECOND);
}

static void a_clock_that_is_set_back_takes_the_minute_with_it(void **state)
{
	static struct alert_budget budget;

	(void)state;
	budget = (struct alert_budget){0};
	alert_budget_spend(&budget, 10 * SECOND);
	alert_budget_spend(&budget, 1000 * SECOND);
	alert_budget_shift(&budget, 1000 * SECOND, -900 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 1), 160 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 2), 100 * SECOND);
}

static void lines_told_before_a_restart_count_in_whatever_order_they_are_recalled(void **state)
{
	static struct alert_budget budget;

	(void)state;
	budget = (struct alert_budget){0};
	alert_budget_recall(&budget, 30 * SECOND);
	alert_budget_recall(&budget, 10 * SECOND);
	alert_budget_recall(&budget, 20 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 3), 70 * SECOND);
	assert_int_equal(alert_budget_free_at(&budget, 1), 90 * SECOND);
	for (size_t i = 0; i < 2 * ALERT_BUDGET_MAX; i++) {
		alert_budget_recall(&budget, 40 * SECOND);
	}
	assert_int_equal(alert_budget_free_at(&budget, 1), 100 * SECOND);
}

static void the_largest_limit_fits(void **state)
{
	static struct alert_budget budget;

	(void)state;
	budget = (struct alert_budget){0};
	for (instant now = 0; now < 2 * ALERT_BUDGET_MAX; now++) {
		alert_budget_spend(&budget, now);
	}
	assert_int_equal(
		alert_budget_free_at(&budget, ALERT_BUDGET_MAX), ALERT_BUDGET_MAX + ALERT_BUDGET_WINDOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_holds_in_every_minute),
		cmocka_unit_test(a_late_packet_does_not_give_room_early),
		cmocka_unit_test(a_clock_that_is_set_back_takes_the_minute_with_it),
		cmocka_unit_test(lines_told_before_a_restart_count_in_whatever_order_they_are_recalled),
		cmocka_unit_test(the_largest_limit_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
