/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/incident/source_blocks.h"

#define NOON (1795143600 * SECOND)

static struct counters counters;
static const struct address thief = {ADDRESS_IPV4, {198, 51, 100, 66}};

static void who_comes_back_is_out_for_twice_as_long_up_to_a_day(void **state)
{
	static const duration hours[] = {1, 2, 4, 8, 16, 24, 24};
	struct source_blocks *blocks = source_blocks_new(&counters);
	instant now = NOON;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hours); i++) {
		assert_false(source_blocks_is_blocked(blocks, &thief, now));
		assert_int_equal(source_blocks_add(blocks, &thief, 1 * HOUR, "a", now), hours[i] * HOUR);
		assert_int_equal(source_blocks_add(blocks, &thief, 1 * HOUR, "b", now), 0);
		now += hours[i] * HOUR;
		assert_true(source_blocks_is_blocked(blocks, &thief, now - 1));
	}
	now += 7 * DAY + 1; /* a week of quiet is forgiven */
	assert_int_equal(source_blocks_add(blocks, &thief, 1 * HOUR, "a", now), 1 * HOUR);
	source_blocks_free(blocks);
}

static void a_time_longer_than_a_day_stays_as_it_is(void **state)
{
	struct source_blocks *blocks = source_blocks_new(&counters);

	(void)state;
	assert_int_equal(source_blocks_add(blocks, &thief, 3 * DAY, "", NOON), 3 * DAY);
	assert_int_equal(source_blocks_add(blocks, &thief, 3 * DAY, "", NOON + 3 * DAY), 3 * DAY);
	/* The operator has raised the first time meanwhile. */
	assert_int_equal(source_blocks_add(blocks, &thief, 4 * DAY, "", NOON + 6 * DAY), 4 * DAY);
	source_blocks_free(blocks);
}

static void who_is_let_in_by_hand_begins_anew(void **state)
{
	struct source_blocks *blocks = source_blocks_new(&counters);

	(void)state;
	assert_false(source_blocks_remove(blocks, &thief, NOON));
	source_blocks_add(blocks, &thief, 1 * HOUR, "", NOON);
	assert_true(source_blocks_remove(blocks, &thief, NOON));
	assert_int_equal(source_blocks_add(blocks, &thief, 1 * HOUR, "", NOON), 1 * HOUR);
	source_blocks_free(blocks);
}

static void blocks_come_back_from_records_with_what_is_left(void **state)
{
	struct source_blocks *blocks = source_blocks_new(&counters);
	struct blocked_source_record record;

	(void)state;
	source_blocks_add(blocks, &thief, 1 * HOUR, "7f3a", NOON);
	assert_int_equal(source_blocks_snapshot(blocks, &record, 1), 1);
	source_blocks_free(blocks);
	blocks = source_blocks_new(&counters);
	source_blocks_restore(blocks, &record, NOON + 30 * MINUTE);
	assert_true(source_blocks_is_blocked(blocks, &thief, NOON + 1 * HOUR - 1));
	assert_string_equal(record.incident, "7f3a");
	assert_int_equal(source_blocks_add(blocks, &thief, 1 * HOUR, "", NOON + 1 * HOUR), 2 * HOUR);
	source_blocks_free(blocks);
}

static void more_than_there_is_room_for_are_counted(void **state)
{
	struct source_blocks *blocks = source_blocks_new(&counters);
	uint64_t before = counter_get(&counters, COUNTER_KEYS_EVICTED);

	(void)state;
	for (unsigned i = 0; i < SOURCE_BLOCKS_MAX + 3; i++) {
		const struct address address = {
			ADDRESS_IPV6, {0x20, 1, 0xd, 0xb8, (uint8_t)(i >> 8), (uint8_t)i}};
		assert_int_equal(source_blocks_add(blocks, &address, HOUR, "", NOON + i), HOUR);
	}
	assert_int_equal(counter_get(&counters, COUNTER_KEYS_EVICTED) - before, 3);
	assert_int_equal(source_blocks_snapshot(blocks, NULL, 0), SOURCE_BLOCKS_MAX);
	source_blocks_free(blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_back_is_out_for_twice_as_long_up_to_a_day),
		cmocka_unit_test(a_time_longer_than_a_day_stays_as_it_is),
		cmocka_unit_test(who_is_let_in_by_hand_begins_anew),
		cmocka_unit_test(blocks_come_back_from_records_with_what_is_left),
		cmocka_unit_test(more_than_there_is_room_for_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
