/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/capture/reorder.h"

struct seen {
	size_t count;
	instant times[4 * REORDER_PACKETS];
	uint8_t first_byte[4 * REORDER_PACKETS];
};

static enum verdict note(void *context, const struct packet *packet)
{
	struct seen *seen = context;

	seen->times[seen->count] = packet->time;
	seen->first_byte[seen->count++] = packet->bytes[0];
	return VERDICT_ACCEPT;
}

static void add(struct reorder *reorder, instant time, uint8_t byte)
{
	const struct packet packet = {.time = time, .bytes = &byte, .captured = 1, .on_wire = 1};

	reorder_add(reorder, &packet);
}

static void packets_leave_in_order_of_time(void **state)
{
	static struct seen seen;
	struct reorder *reorder = reorder_new(note, &seen);
	instant oldest;

	(void)state;
	seen.count = 0;
	assert_false(reorder_oldest(reorder, &oldest));
	add(reorder, 30, 'c');
	add(reorder, 10, 'a');
	add(reorder, 30, 'd');
	add(reorder, 20, 'b');
	assert_true(reorder_oldest(reorder, &oldest));
	assert_int_equal(oldest, 10);
	reorder_release(reorder, 20);
	assert_int_equal(seen.count, 2);
	reorder_release(reorder, INT64_MAX);
	assert_int_equal(seen.count, 4);
	assert_memory_equal(seen.first_byte, "abcd", 4); /* of the same time, the first to come is first */
	reorder_free(reorder);
}

static void a_full_one_lets_the_oldest_go_and_loses_nothing(void **state)
{
	static struct seen seen;
	struct reorder *reorder = reorder_new(note, &seen);

	(void)state;
	seen.count = 0;
	for (int i = 0; i < 3 * REORDER_PACKETS; i++) {
		add(reorder, i, (uint8_t)i);
	}
	reorder_release(reorder, INT64_MAX);
	assert_int_equal(seen.count, 3 * REORDER_PACKETS);
	for (int i = 0; i < 3 * REORDER_PACKETS; i++) {
		assert_int_equal(seen.times[i], i);
		assert_int_equal(seen.first_byte[i], (uint8_t)i);
	}
	reorder_free(reorder);
}

static void a_packet_too_large_to_wait_comes_after_those_before_it(void **state)
{
	static uint8_t large[REORDER_PACKET_SIZE + 1] = {'b'};
	static struct seen seen;
	struct reorder *reorder = reorder_new(note, &seen);

	(void)state;
	seen.count = 0;
	add(reorder, 10, 'a');
	add(reorder, 30, 'c');
	reorder_add(reorder, &(struct packet){.time = 20, .bytes = large, .captured = sizeof large});
	assert_int_equal(seen.count, 2);
	reorder_release(reorder, INT64_MAX);
	assert_memory_equal(seen.first_byte, "abc", 3);
	reorder_free(reorder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_leave_in_order_of_time),
		cmocka_unit_test(a_full_one_lets_the_oldest_go_and_loses_nothing),
		cmocka_unit_test(a_packet_too_large_to_wait_comes_after_those_before_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
