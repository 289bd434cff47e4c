/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/decode/sparse_buffer.h"

static const uint8_t bytes[4096] = {1, 2, 3, [1023] = 9, [1024] = 10, [4095] = 11};

static void a_piece_is_new_inside_or_partial(void **state)
{
	static const struct {
		size_t offset, size;
		enum sparse_overlap overlap;
	} cases[] = {
		{0, 8, SPARSE_NEW},
		{0, 1016, SPARSE_NEW},
		{0, 1017, SPARSE_PARTIAL}, /* 1016 to 2053 is filled, and so the rest of the last 8 bytes */
		{1016, 8, SPARSE_INSIDE},
		{1016, 1037, SPARSE_INSIDE},
		{1016, 1048, SPARSE_PARTIAL},
		{2048, 5, SPARSE_INSIDE},
		{2056, 8, SPARSE_NEW},
		{65528, 8, SPARSE_NEW},
	};
	struct block_pool *pool = block_pool_new(8);
	struct sparse_buffer buffer = {0};

	(void)state;
	sparse_buffer_write(pool, &buffer, 1016, bytes, 1037);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(sparse_buffer_overlap(pool, &buffer, cases[i].offset, cases[i].size),
			cases[i].overlap);
	}
	assert_int_equal(sparse_buffer_beginning(pool, &buffer), 0);
	block_pool_free(pool);
}

static void blocks_are_taken_where_bytes_are_and_given_back(void **state)
{
	struct block_pool *pool = block_pool_new(3);
	struct sparse_buffer buffer = {0};

	(void)state;
	for (int round = 0; round < 3; round++) {
		assert_int_equal(sparse_buffer_lacks(&buffer, 1016, 16), 2);
		sparse_buffer_write(pool, &buffer, 1016, bytes, 16);
		sparse_buffer_write(pool, &buffer, 65528, bytes, 8);
		assert_int_equal(sparse_buffer_lacks(&buffer, 0, 2048), 0);
		assert_int_equal(sparse_buffer_lacks(&buffer, 0, 2049), 1);
		assert_int_equal(block_pool_left(pool), 0);
		sparse_buffer_clear(pool, &buffer);
		assert_int_equal(block_pool_left(pool), 3);
		assert_int_equal(sparse_buffer_overlap(pool, &buffer, 1016, 16), SPARSE_NEW);
	}
	block_pool_free(pool);
}

static void bytes_come_out_as_they_went_in(void **state)
{
	struct block_pool *pool = block_pool_new(64);
	struct sparse_buffer buffer = {0};
	uint8_t out[sizeof bytes];

	(void)state;
	sparse_buffer_write(pool, &buffer, 2048, bytes + 2048, 2048);
	sparse_buffer_write(pool, &buffer, 0, bytes, 2048);
	assert_int_equal(sparse_buffer_beginning(pool, &buffer), sizeof bytes);
	sparse_buffer_read(pool, &buffer, out, sizeof out);
	assert_memory_equal(out, bytes, sizeof bytes);
	assert_true(sparse_buffer_holds(pool, &buffer, 1000, bytes + 1000, 3096));
	assert_false(sparse_buffer_holds(pool, &buffer, 1000, bytes + 999, 3096));
	block_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piece_is_new_inside_or_partial),
		cmocka_unit_test(blocks_are_taken_where_bytes_are_and_given_back),
		cmocka_unit_test(bytes_come_out_as_they_went_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
