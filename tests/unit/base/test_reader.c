/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/reader.h"

static void numbers_are_read_in_both_byte_orders(void **state)
{
	static const uint8_t bytes[] = {
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D};
	struct reader reader = reader_of(bytes, sizeof bytes);

	(void)state;
	assert_int_equal(reader_u8(&reader), 0x01);
	assert_int_equal(reader_u16(&reader), 0x0203);
	assert_int_equal(reader_u32(&reader), 0x04050607);
	assert_int_equal(reader_u16(&reader), 0x0809);
	assert_int_equal(reader_u32_little(&reader), 0x0D0C0B0A);
	assert_int_equal(reader_left(&reader), 0);
	assert_false(reader_failed(&reader));
}

static void a_read_past_the_end_fails_for_good(void **state)
{
	static const uint8_t bytes[] = {0x01, 0x02, 0x03};
	struct reader reader = reader_of(bytes, sizeof bytes);

	(void)state;
	assert_int_equal(reader_u32(&reader), 0);
	assert_true(reader_failed(&reader));
	assert_int_equal(reader_u8(&reader), 0);
	assert_null(reader_take(&reader, 1));
	assert_int_equal(reader_left(&reader), 0);
	struct reader rest = reader_rest(&reader, 3);
	assert_true(reader_failed(&rest));
}

static void a_huge_size_does_not_wrap_around(void **state)
{
	static const uint8_t bytes[] = {0x01, 0x02};
	struct reader reader = reader_of(bytes, sizeof bytes);

	(void)state;
	reader_u8(&reader);
	assert_null(reader_take(&reader, SIZE_MAX));
	assert_true(reader_failed(&reader));
}

static void the_rest_is_cut_to_what_is_there(void **state)
{
	static const uint8_t bytes[] = {0x01, 0x02, 0x03};
	struct reader reader = reader_of(bytes, sizeof bytes);

	(void)state;
	reader_skip(&reader, 1);
	assert_int_equal(reader_rest(&reader, 100).size, 2);
	assert_int_equal(reader_rest(&reader, 1).size, 1);
	assert_int_equal(reader_rest(&reader, 1).bytes[0], 0x02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_in_both_byte_orders),
		cmocka_unit_test(a_read_past_the_end_fails_for_good),
		cmocka_unit_test(a_huge_size_does_not_wrap_around),
		cmocka_unit_test(the_rest_is_cut_to_what_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
