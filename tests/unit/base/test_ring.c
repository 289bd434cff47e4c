/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/ring.h"

#include <pthread.h>
#include <sched.h>

static void records_come_out_in_their_order_and_a_full_ring_takes_no_more(void **state)
{
	struct ring *ring = ring_new(3, sizeof(int));

	(void)state;
	assert_null(ring_front(ring));
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 3; i++) {
			assert_true(ring_push(ring, &i));
		}
		assert_false(ring_push(ring, &round));
		for (int i = 0; i < 3; i++) {
			assert_int_equal(*(const int *)ring_front(ring), i);
			assert_int_equal(*(const int *)ring_front(ring), i); /* looking takes nothing */
			ring_drop(ring);
		}
		assert_null(ring_front(ring));
	}
	ring_free(ring);
	ring_free(NULL);
}

#define MANY 100000

static void *write_all(void *context)
{
	for (int i = 0; i < MANY; i++) {
		while (!ring_push(context, &i)) {
			sched_yield();
		}
	}
	return NULL;
}

static void one_thread_writes_while_another_reads(void **state)
{
	struct ring *ring = ring_new(7, sizeof(int));
	pthread_t writer;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_all, ring), 0);
	for (int i = 0; i < MANY; i++) {
		const int *front;
		while ((front = ring_front(ring)) == NULL) {
			sched_yield();
		}
		assert_int_equal(*front, i);
		ring_drop(ring);
	}
	pthread_join(writer, NULL);
	assert_null(ring_front(ring));
	ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_out_in_their_order_and_a_full_ring_takes_no_more),
		cmocka_unit_test(one_thread_writes_while_another_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
