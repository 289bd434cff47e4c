/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/capture/held_packets.h"

#include <stdlib.h>

static int set_up(void **state)
{
	*state = held_packets_new();
	return *state == NULL;
}

static int tear_down(void **state)
{
	held_packets_free(*state);
	return 0;
}

static bool add(struct held_packets *held, uint32_t id, uint64_t flow, size_t size)
{
	static uint8_t bytes[65536];

	memset(bytes, (int)id, size);
	return held_packets_add(
		held, &(struct held_packet){
			      .id = id, .flow = flow, .since = id * SECOND, .bytes = bytes, .size = size});
}

struct visit {
	uint32_t ids[HELD_PACKETS_MAX];
	size_t count;
	uint32_t leaves_from; /* those with a smaller number stay */
};

static bool note(void *context, struct held_packet *packet)
{
	struct visit *visit = context;

	for (size_t i = 0; i < packet->size; i++) {
		assert_int_equal(packet->bytes[i], packet->id & 0xFF);
	}
	visit->ids[visit->count++] = packet->id;
	return packet->id >= visit->leaves_from;
}

static void packets_come_back_by_flow_in_order_of_arrival(void **state)
{
	struct visit visit = {.count = 0};
	uint64_t flow = 0;

	assert_int_equal(held_packets_oldest(*state, &flow), INT64_MAX);
	for (uint32_t id = 1; id <= 6; id++) {
		assert_true(add(*state, id, id % 2, id * 100));
	}
	assert_int_equal(held_packets_oldest(*state, &flow), 1 * SECOND);
	assert_int_equal(flow, 1);
	held_packets_visit(*state, 1, note, &visit);
	assert_int_equal(visit.count, 3);
	assert_int_equal(visit.ids[0], 1);
	assert_int_equal(visit.ids[2], 5);
	assert_int_equal(held_packets_count(*state), 3);
	assert_int_equal(held_packets_oldest(*state, &flow), 2 * SECOND);
	assert_int_equal(flow, 0);
	held_packets_visit(*state, 0, note, &visit);
	assert_int_equal(visit.ids[5], 6);
	assert_int_equal(held_packets_count(*state), 0);
}

static void a_packet_may_stay_while_others_of_its_flow_leave(void **state)
{
	struct visit visit = {.leaves_from = 3};

	for (uint32_t id = 1; id <= 4; id++) {
		assert_true(add(*state, id, 7, 50));
	}
	held_packets_visit(*state, 7, note, &visit);
	assert_int_equal(held_packets_count(*state), 2);
	visit = (struct visit){.leaves_from = 0};
	held_packets_visit(*state, 7, note, &visit);
	assert_int_equal(visit.count, 2);
	assert_int_equal(visit.ids[1], 2);
}

static void packets_and_bytes_are_bounded(void **state)
{
	struct visit visit = {.count = 0};

	for (uint32_t id = 0; id < HELD_PACKETS_MAX; id++) {
		assert_true(add(*state, id, 1, 60));
	}
	assert_false(add(*state, 1, 1, 60));
	held_packets_visit(*state, 1, note, &visit);
	for (uint32_t id = 0; id < 16; id++) {
		assert_true(add(*state, id, 1, 65536));
	}
	assert_false(add(*state, 1, 1, 1));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(packets_come_back_by_flow_in_order_of_arrival),
		TEST(a_packet_may_stay_while_others_of_its_flow_leave),
		TEST(packets_and_bytes_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
