/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/table.h"

static const struct table_shape small = {
	.capacity = 3, .key_size = 4, .value_size = 4, .lifetime = 10 * SECOND};

static void set(struct table *table, uint32_t key, uint32_t value, instant now)
{
	bool added;

	*(uint32_t *)table_find_or_add(table, &key, now, &added) = value;
}

static uint32_t get(struct table *table, uint32_t key, instant now)
{
	uint32_t *value = table_find(table, &key, now);

	return value == NULL ? 0 : *value;
}

static void a_full_table_forgets_what_was_touched_longest_ago(void **state)
{
	struct table *table = table_new(&small);

	(void)state;
	set(table, 1, 10, 1);
	set(table, 2, 20, 2);
	set(table, 3, 30, 3);
	assert_int_equal(get(table, 1, 4), 10);
	set(table, 4, 40, 5);
	assert_int_equal(get(table, 2, 6), 0);
	assert_int_equal(get(table, 1, 6), 10);
	assert_int_equal(get(table, 3, 6), 30);
	assert_int_equal(get(table, 4, 6), 40);
	assert_int_equal(table_figures(table).evicted, 1);
	assert_int_equal(table_figures(table).entries, 3);
	table_free(table);
}

static void what_is_not_touched_for_the_lifetime_is_gone(void **state)
{
	struct table *table = table_new(&small);

	(void)state;
	set(table, 1, 10, 0);
	set(table, 2, 20, 9 * SECOND);
	assert_int_equal(get(table, 2, 10 * SECOND), 20);
	assert_int_equal(get(table, 1, 10 * SECOND + 1), 0);
	table_expire(table, 21 * SECOND);
	assert_int_equal(table_figures(table).entries, 0);
	assert_int_equal(table_figures(table).expired, 2);
	table_free(table);
}

static void a_removed_entry_comes_back_empty(void **state)
{
	struct table *table = table_new(&small);
	uint32_t key = 7;
	bool added;

	(void)state;
	set(table, key, 70, 1);
	table_remove(table, &key);
	table_remove(table, &key);
	assert_int_equal(*(uint32_t *)table_find_or_add(table, &key, 2, &added), 0);
	assert_true(added);
	table_free(table);
}

/* Against a plain array as the model: 20,000 random steps over 50 keys in a table of 16. */
static void a_cleared_table_is_as_new(void **state)
{
	static const struct table_shape shape = {
		.capacity = 3, .key_size = sizeof(uint32_t), .value_size = sizeof(uint32_t)};
	struct table *table = table_new(&shape);
	const uint32_t key = 2;

	(void)state;
	table_clear(table);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 1; i <= 3; i++) {
			set(table, i, i, 1);
		}
		table_clear(table);
		assert_null(table_find(table, &key, 1));
		assert_int_equal(table_figures(table).entries, 0);
	}
	assert_int_equal(table_figures(table).evicted + table_figures(table).expired, 0);
	table_free(table);
}

#define KEYS_MAX 1000

/* A step takes 3 time units. */
static void agree_with_a_simple_model(struct table *table, const struct table_shape *shape, uint32_t keys)
{
	static struct {
		bool here;
		uint32_t value;
		instant touched;
		unsigned order;
	} model[KEYS_MAX];
	unsigned random = 1;

	assert_true(keys <= KEYS_MAX);
	memset(model, 0, sizeof model);
	for (unsigned step = 1; step <= 20000; step++) {
		random = random * 1103515245 + 12345;
		uint32_t key = (random >> 12) % keys;
		instant now = step * 3;
		size_t here = 0, oldest = keys;
		for (size_t i = 0; i < keys; i++) {
			model[i].here = model[i].here && now - model[i].touched <= shape->lifetime;
			here += model[i].here;
			if (model[i].here && (oldest == keys || model[i].order < model[oldest].order)) {
				oldest = i;
			}
		}
		if (random >> 28 == 0) {
			model[key].here = false;
			table_remove(table, &key);
			continue;
		}
		assert_int_equal(get(table, key, now), model[key].here ? model[key].value : 0);
		if (!model[key].here && here == shape->capacity) {
			model[oldest].here = false;
		}
		set(table, key, step, now);
		model[key].here = true;
		model[key].value = step;
		model[key].touched = now;
		model[key].order = step;
	}
	assert_true(table_figures(table).evicted > 0);
	assert_true(table_figures(table).expired > 0);
}

static void it_agrees_with_a_simple_model(void **state)
{
	static const struct {
		struct table_shape shape;
		uint32_t keys;
	} cases[] = {
		{{.capacity = 16, .key_size = 4, .value_size = 4, .lifetime = 100}, 50},
		/* Its index grows several times. */
		{{.capacity = 400, .key_size = 4, .value_size = 4, .lifetime = 1600}, KEYS_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct table *table = table_new(&cases[i].shape);
		agree_with_a_simple_model(table, &cases[i].shape, cases[i].keys);
		table_free(table);
	}
}

static void a_key_of_two_digests_is_compared_whole(void **state)
{
	const struct table_shape digests = {
		.capacity = 4, .key_size = 16, .key_is_digest = true, .value_size = 4};
	const uint64_t keys[][2] = {{1, 1}, {1, 2}, {UINT64_C(1) << 32 | 1, 1}};
	struct table *table = table_new(&digests);
	bool added;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		*(uint32_t *)table_find_or_add(table, keys[i], 0, &added) = (uint32_t)i;
		assert_true(added);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(*(uint32_t *)table_find(table, keys[i], 0), i);
	}
	table_free(table);
}

static void the_entry_touched_longest_ago_can_be_seen_off(void **state)
{
	struct table *table = table_new(&small);
	const void *key;
	instant touched;

	(void)state;
	assert_null(table_oldest(table, &key, &touched));
	set(table, 1, 10, 5);
	set(table, 2, 20, 6);
	get(table, 1, 7);
	uint32_t *value = table_oldest(table, &key, &touched);
	assert_int_equal(*value, 20);
	assert_int_equal(*(const uint32_t *)key, 2);
	assert_int_equal(touched, 6);
	table_free(table);
}

static void as_many_entries_as_find_room_between_the_bounds(void **state)
{
	size_t one = table_entry_size(&small);

	(void)state;
	assert_int_equal(table_entries_in(0, &small, 4, 100), 4);
	assert_int_equal(table_entries_in(5 * one - 1, &small, 4, 100), 4);
	assert_int_equal(table_entries_in(5 * one, &small, 4, 100), 5);
	assert_int_equal(table_entries_in(SIZE_MAX, &small, 4, 100), 100);
}

static void a_table_takes_over_what_another_holds(void **state)
{
	const struct table_shape smaller = {
		.capacity = 2, .key_size = 4, .value_size = 4, .lifetime = 20 * SECOND};
	struct table *old = table_new(&small), *same = table_new(&small), *less = table_new(&smaller);

	(void)state;
	set(old, 1, 10, 1 * SECOND);
	set(old, 2, 20, 2 * SECOND);
	set(old, 3, 30, 3 * SECOND);
	assert_int_equal(get(old, 1, 4 * SECOND), 10);
	table_adopt(same, old);
	table_adopt(less, old);
	table_free(old);
	assert_int_equal(get(same, 2, 12 * SECOND + 1), 0); /* the times of touch came along */
	assert_int_equal(get(same, 3, 13 * SECOND), 30);
	assert_int_equal(get(same, 1, 14 * SECOND), 10);
	assert_int_equal(get(less, 1, 5 * SECOND), 10); /* touched last, so kept */
	assert_int_equal(get(less, 2, 5 * SECOND), 0);
	assert_int_equal(get(less, 3, 5 * SECOND), 30);
	assert_int_equal(table_figures(less).evicted, 1);
	table_free(same);
	table_free(less);
}

static void what_is_fetched_ahead_is_found_as_ever(void **state)
{
	const struct table_shape digests = {
		.capacity = 3, .key_size = 8, .key_is_digest = true, .value_size = 8};
	struct table *table = table_new(&digests);
	uint64_t *value;
	bool added;

	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t key = i * UINT64_C(0x9E3779B97F4A7C15), before = key - UINT64_C(0x9E3779B97F4A7C15);
		table_prefetch(table, &key);
		value = table_find_or_add(table, &key, (instant)i, &added);
		assert_true(added);
		*value = i;
		table_prefetch(table, &before);
		value = table_find(table, &before, (instant)i);
		assert_true(i == 0 ? value == NULL : value != NULL && *value == i - 1);
	}
	assert_int_equal(table_figures(table).evicted, 97);
	table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_table_forgets_what_was_touched_longest_ago),
		cmocka_unit_test(what_is_not_touched_for_the_lifetime_is_gone),
		cmocka_unit_test(a_removed_entry_comes_back_empty),
		cmocka_unit_test(the_entry_touched_longest_ago_can_be_seen_off),
		cmocka_unit_test(as_many_entries_as_find_room_between_the_bounds),
		cmocka_unit_test(a_table_takes_over_what_another_holds),
		cmocka_unit_test(a_cleared_table_is_as_new),
		cmocka_unit_test(it_agrees_with_a_simple_model),
		cmocka_unit_test(a_key_of_two_digests_is_compared_whole),
		cmocka_unit_test(what_is_fetched_ahead_is_found_as_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
