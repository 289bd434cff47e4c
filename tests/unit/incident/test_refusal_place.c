/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/refusal_place.h"

#define NOON (1795143600 * SECOND)
#define NUMBER 77
#define BARBADOS 46

static const struct address pbx = {ADDRESS_IPV4, {192, 0, 2, 10}};
static const struct address other_pbx = {ADDRESS_IPV4, {192, 0, 2, 11}};

static bool defer(struct refusal_places *places, uint64_t call, instant now)
{
	return refusal_places_defer(places, &pbx, call, NUMBER, BARBADOS, now);
}

static struct refusal_places seen_on_both_legs(void)
{
	struct refusal_places places = {0};

	refusal_places_joined(&places, &pbx, NOON);
	return places;
}

static void a_call_waits_for_its_trunk_leg_where_such_are_seen(void **state)
{
	struct refusal_places places = {0};

	(void)state;
	assert_false(defer(&places, 1, NOON));
	refusal_places_joined(&places, &other_pbx, NOON);
	assert_false(defer(&places, 1, NOON));
	refusal_places_joined(&places, &pbx, NOON);
	assert_true(defer(&places, 1, NOON + 10 * MINUTE));
	assert_true(refusal_places_is_deferred(&places, 1));
	assert_true(defer(&places, 1, NOON + 11 * MINUTE)); /* again: it stays what it is */
	assert_false(defer(&places, 2, NOON + 11 * MINUTE));
	refusal_places_settle(&places, 1);
	assert_false(refusal_places_is_deferred(&places, 1));
	assert_int_equal(refusal_places_slipped(&places, NOON + 1 * HOUR), 0);
}

static void a_call_that_rings_before_its_trunk_leg_has_two_seconds(void **state)
{
	struct refusal_places places = seen_on_both_legs();

	(void)state;
	assert_true(defer(&places, 1, NOON));
	refusal_places_rang(&places, 1); /* early media, or the PBX answers first */
	assert_int_equal(refusal_places_slipped(&places, NOON + 2 * SECOND), 0);
	refusal_places_settle(&places, 1);
	assert_int_equal(refusal_places_slipped(&places, NOON + 3 * SECOND), 0);
	assert_true(defer(&places, 2, NOON + 3 * SECOND));
}

static void after_a_call_that_slipped_the_first_leg_is_refused_for_an_hour(void **state)
{
	struct refusal_places places = seen_on_both_legs();
	instant now = NOON;

	(void)state;
	assert_true(defer(&places, 1, now));
	assert_true(defer(&places, 2, now));
	refusal_places_rang(&places, 1);
	now += 2 * SECOND + 1;
	assert_int_equal(refusal_places_slipped(&places, now), 1);
	assert_int_equal(refusal_places_slipped(&places, now), 0);
	refusal_places_joined(&places, &pbx, now + 1 * HOUR - 1);
	assert_false(defer(&places, 3, now + 1 * HOUR - 1));
	assert_true(defer(&places, 3, now + 1 * HOUR));
}

static void calls_deferred_before_the_slip_do_not_lengthen_that_hour(void **state)
{
	struct refusal_places places = seen_on_both_legs();
	const instant now = NOON + 2 * SECOND + 1;

	(void)state;
	for (uint64_t call = 1; call <= 3; call++) {
		assert_true(defer(&places, call, NOON));
		refusal_places_rang(&places, call);
	}
	for (uint64_t call = 1; call <= 3; call++) {
		assert_int_equal(refusal_places_slipped(&places, now), call);
	}
	refusal_places_joined(&places, &pbx, now + 1 * HOUR);
	assert_true(defer(&places, 4, now + 1 * HOUR));
}

static void each_further_slip_doubles_the_time_up_to_a_day(void **state)
{
	struct refusal_places places = {0};
	instant now = NOON;
	static const duration expected[] = {1, 2, 4, 8, 16, 24, 24};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		refusal_places_joined(&places, &pbx, now);
		assert_true(defer(&places, i + 1, now));
		refusal_places_rang(&places, i + 1);
		now += 3 * SECOND;
		assert_int_equal(refusal_places_slipped(&places, now), i + 1);
		refusal_places_joined(&places, &pbx, now + expected[i] * HOUR - 1);
		assert_false(defer(&places, 99, now + expected[i] * HOUR - 1));
		now += expected[i] * HOUR;
	}
	now += 2 * DAY; /* long ago: from the beginning */
	refusal_places_joined(&places, &pbx, now);
	assert_true(defer(&places, 100, now));
	refusal_places_rang(&places, 100);
	now += 3 * SECOND;
	assert_int_equal(refusal_places_slipped(&places, now), 100);
	refusal_places_joined(&places, &pbx, now + 1 * HOUR);
	assert_true(defer(&places, 101, now + 1 * HOUR));
}

static void one_that_rings_late_has_slipped_at_once(void **state)
{
	struct refusal_places places = seen_on_both_legs();

	(void)state;
	assert_true(defer(&places, 1, NOON));
	assert_int_equal(refusal_places_slipped(&places, NOON + 1 * MINUTE), 0);
	refusal_places_rang(&places, 1);
	assert_int_equal(refusal_places_slipped(&places, NOON + 1 * MINUTE), 1);
}

static void one_that_does_not_even_ring_is_forgotten(void **state)
{
	struct refusal_places places = seen_on_both_legs();

	(void)state;
	assert_true(defer(&places, 1, NOON));
	assert_int_equal(refusal_places_slipped(&places, NOON + 5 * MINUTE + 1), 0);
	assert_false(refusal_places_is_deferred(&places, 1));
	assert_true(defer(&places, 2, NOON + 5 * MINUTE + 1));
}

static void a_trunk_leg_with_another_number_is_found(void **state)
{
	struct refusal_places places = seen_on_both_legs();
	instant now = NOON + 2 * SECOND;

	(void)state;
	assert_true(defer(&places, 1, NOON));
	assert_int_equal(refusal_places_other_leg(&places, NUMBER, 0, NOON + 1 * MINUTE), 1);
	assert_int_equal(refusal_places_other_leg(&places, 5, BARBADOS, now), 1);
	assert_int_equal(refusal_places_other_leg(&places, 5, BARBADOS, now + 1), 0);
	assert_int_equal(refusal_places_other_leg(&places, 5, 6, now), 0);
	assert_true(refusal_places_defer(&places, &pbx, 2, 0, 0, NOON)); /* neither is known of this one */
	assert_int_equal(refusal_places_other_leg(&places, 0, 0, now), 0);
}

static void more_than_there_is_room_for_are_refused_on_the_first_leg(void **state)
{
	struct refusal_places places = seen_on_both_legs();

	(void)state;
	for (uint64_t call = 1; call <= REFUSAL_PLACE_CALLS; call++) {
		assert_true(defer(&places, call, NOON));
	}
	assert_false(defer(&places, REFUSAL_PLACE_CALLS + 1, NOON));
	for (uint8_t i = 0; i < REFUSAL_PLACE_PBXES; i++) {
		const struct address address = {ADDRESS_IPV4, {198, 51, 100, i}};
		refusal_places_joined(&places, &address, NOON + i + 1);
	}
	refusal_places_settle(&places, 1);
	assert_false(defer(&places, 1, NOON + 1 * SECOND)); /* the PBX was seen least lately */
}

static void a_clock_set_back_makes_nothing_slip_through(void **state)
{
	struct refusal_places places = seen_on_both_legs();

	(void)state;
	assert_true(defer(&places, 1, NOON));
	refusal_places_rang(&places, 1);
	assert_int_equal(refusal_places_slipped(&places, NOON - 1 * HOUR), 1);
	assert_false(defer(&places, 2, NOON - 1 * HOUR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_waits_for_its_trunk_leg_where_such_are_seen),
		cmocka_unit_test(a_call_that_rings_before_its_trunk_leg_has_two_seconds),
		cmocka_unit_test(after_a_call_that_slipped_the_first_leg_is_refused_for_an_hour),
		cmocka_unit_test(calls_deferred_before_the_slip_do_not_lengthen_that_hour),
		cmocka_unit_test(each_further_slip_doubles_the_time_up_to_a_day),
		cmocka_unit_test(one_that_rings_late_has_slipped_at_once),
		cmocka_unit_test(one_that_does_not_even_ring_is_forgotten),
		cmocka_unit_test(a_trunk_leg_with_another_number_is_found),
		cmocka_unit_test(more_than_there_is_room_for_are_refused_on_the_first_leg),
		cmocka_unit_test(a_clock_set_back_makes_nothing_slip_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
