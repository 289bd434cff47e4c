/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/learned.h"

static size_t write_some(uint8_t *bytes, size_t room)
{
	struct learned_writer writer = learned_write(bytes, room, "a_rule", 3);

	learned_put_u32(&writer, 0x01020304);
	learned_put_u64(&writer, 0x1122334455667788);
	learned_put(&writer, "xyz", 3);
	return learned_end(&writer);
}

static void what_is_written_is_read(void **state)
{
	uint8_t bytes[128];
	size_t size = write_some(bytes, sizeof bytes);
	struct reader reader;

	(void)state;
	assert_int_equal(size, 8 + 32 + 4 + 4 + 8 + 3 + 16);
	assert_memory_equal(bytes, "pbxguarda_rule\0", 15);
	assert_memory_equal(bytes + 40, "\3\0\0\0\4\3\2\1\x88\x77", 10);
	assert_true(learned_read(bytes, size, "a_rule", 3, &reader));
	assert_int_equal(reader_left(&reader), 15);
	assert_int_equal(reader_u32_little(&reader), 0x01020304);
	assert_int_equal(reader_u64_little(&reader), 0x1122334455667788);
	char text[3] = "abc";
	learned_take(&reader, text, 3);
	assert_memory_equal(text, "xyz", 3);
	learned_take(&reader, text, 3);
	assert_memory_equal(text, "\0\0\0", 3);
	assert_int_equal(reader_u64_little(&reader), 0);
	assert_true(reader_failed(&reader));
}

static void without_room_only_the_size_is_told(void **state)
{
	uint8_t bytes[128], whole[128];
	size_t size = write_some(whole, sizeof whole);

	(void)state;
	assert_int_equal(write_some(NULL, 0), size);
	for (size_t room = 0; room <= size; room++) {
		memset(bytes, 0xEE, sizeof bytes);
		assert_int_equal(write_some(bytes, room), size);
		for (size_t i = room; i < sizeof bytes; i++) {
			assert_int_equal(bytes[i], 0xEE);
		}
	}
	assert_memory_equal(bytes, whole, size);
}

static void damage_is_told(void **state)
{
	uint8_t bytes[128];
	size_t size = write_some(bytes, sizeof bytes);
	struct reader reader = {.size = 77};

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		assert_false(learned_read(bytes, cut, "a_rule", 3, &reader));
	}
	assert_false(learned_read(bytes, size + 1, "a_rule", 3, &reader));
	for (size_t i = 0; i < 8 * size; i++) {
		bytes[i / 8] ^= (uint8_t)(1U << i % 8);
		assert_false(learned_read(bytes, size, "a_rule", 3, &reader));
		bytes[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	assert_false(learned_read(bytes, size, "a_rule", 4, &reader));
	assert_false(learned_read(bytes, size, "a_rul", 3, &reader));
	assert_false(learned_read(bytes, size, "a_rules", 3, &reader));
	assert_int_equal(reader.size, 77);
	assert_true(learned_read(bytes, size, "a_rule", 3, &reader));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(without_room_only_the_size_is_told),
		cmocka_unit_test(damage_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
