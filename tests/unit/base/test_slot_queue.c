/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/slot_queue.h"

static void the_smallest_key_comes_first_and_keys_can_change(void **state)
{
	struct slot_queue *queue = slot_queue_new(4);
	uint32_t slot;
	struct slot_key key;

	(void)state;
	assert_false(slot_queue_top(queue, &slot, &key));
	slot_queue_put(queue, 0, (struct slot_key){30, 0});
	slot_queue_put(queue, 1, (struct slot_key){20, 2});
	slot_queue_put(queue, 2, (struct slot_key){20, 1});
	assert_true(slot_queue_top(queue, &slot, NULL));
	assert_int_equal(slot, 2);
	slot_queue_put(queue, 0, (struct slot_key){10, 0});
	assert_true(slot_queue_top(queue, &slot, &key));
	assert_int_equal(slot, 0);
	assert_int_equal(key.first, 10);
	slot_queue_remove(queue, 0);
	slot_queue_remove(queue, 0);
	assert_false(slot_queue_has(queue, 0));
	assert_true(slot_queue_top(queue, &slot, NULL));
	assert_int_equal(slot, 2);
	slot_queue_free(queue);
}

/* Against a plain array as the model: 50,000 random steps over 64 slots. */
static void it_agrees_with_a_simple_model(void **state)
{
	struct slot_queue *queue = slot_queue_new(64);
	int64_t model[64];
	unsigned random = 1;

	(void)state;
	memset(model, 0, sizeof model); /* 0: not there */
	for (unsigned step = 0; step < 50000; step++) {
		uint32_t slot, top, smallest = 64;

		random = random * 1103515245 + 12345;
		slot = random >> 20 & 63;
		model[slot] = random >> 28 < 5 ? 0 : 1 + (random >> 8 & 255);
		if (model[slot] == 0) {
			slot_queue_remove(queue, slot);
		} else {
			slot_queue_put(queue, slot, (struct slot_key){model[slot], slot});
		}
		for (uint32_t i = 0; i < 64; i++) {
			if (model[i] != 0 && (smallest == 64 || model[i] < model[smallest])) {
				smallest = i;
			}
		}
		assert_int_equal(slot_queue_top(queue, &top, NULL), smallest < 64);
		if (smallest < 64) {
			assert_int_equal(top, smallest);
		}
	}
	slot_queue_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_key_comes_first_and_keys_can_change),
		cmocka_unit_test(it_agrees_with_a_simple_model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
