/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The desk, the slow thread and the store together; the kernel's set is the test's. */
#include "../store_folder.h"

#include "pbxguard/base/setting.h"
#include "pbxguard/daemon/kept_blocks.h"

#include <pthread.h>
#include <stdlib.h>

struct fixture {
	struct store_folder folder;
	struct counters counters;
	struct site site;
	struct action_settings settings;
	struct slow_thread *thread;
	struct control_desk *desk;
	struct kept_blocks *kept;
	pthread_mutex_t lock;
	size_t added;
	duration longest;
};

static enum blocklist_result add(void *context, const struct network *network, duration time, char *why)
{
	struct fixture *f = context;

	(void)network;
	(void)why;
	pthread_mutex_lock(&f->lock);
	f->added++;
	f->longest = time > f->longest ? time : f->longest;
	pthread_mutex_unlock(&f->lock);
	return BLOCKLIST_DONE;
}

static enum blocklist_result take_out(void *context, const struct network *network, char *why)
{
	(void)context;
	(void)network;
	(void)why;
	return BLOCKLIST_DONE;
}

static void begin(struct fixture *f, bool restores)
{
	f->added = 0;
	f->longest = 0;
	struct store *store = store_folder_open(&f->folder, instant_now());
	assert_non_null(store);
	f->kept = kept_blocks_new(store, restores, instant_now());
	assert_non_null(f->kept);
	struct actions *actions = actions_new(&f->settings, &f->site,
		(struct action_output){-1, ALERT_FORMAT_TEXT, .may_wait = false}, NULL, &f->counters);
	f->thread = slow_thread_start(actions, store, &f->counters);
	assert_non_null(f->thread);
	const struct control_desk_setup setup = {
		.path = "",
		.site = &f->site,
		.settings = &f->settings,
		.set = {add, take_out, f},
		.store = kept_blocks_hooks(f->kept),
		.counters = &f->counters,
		.log = &f->folder.log,
	};
	f->desk = control_desk_start(&setup, f->thread);
	assert_non_null(f->desk);
}

static void end(struct fixture *f)
{
	assert_true(slow_thread_stop(f->thread));
	kept_blocks_free(f->kept);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	setting_defaults(&action_settings_table, &f->settings);
	pthread_mutex_init(&f->lock, NULL);
	*state = f;
	return !store_folder_make(&f->folder);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pthread_mutex_destroy(&f->lock);
	int status = store_folder_remove(&f->folder);
	free(f);
	return status;
}

static void push(struct fixture *f, uint8_t last, enum block_request_kind kind)
{
	const struct block_request request = {.kind = kind,
		.address = {ADDRESS_IPV4, {192, 0, 2, last}},
		.prefix_length = 32,
		.duration = HOUR,
		.incident = "0123456789abcdef",
		.reason = "off_hours, critical"};

	control_desk_push(f->desk, &request);
}

static void blocked_sources_come_back_for_what_is_left_of_their_time(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	push(f, 1, BLOCK_ADD);
	push(f, 2, BLOCK_ADD);
	push(f, 3, BLOCK_ADD);
	push(f, 2, BLOCK_REMOVE);
	end(f); /* also what was asked for last is written */
	begin(f, true);
	assert_int_equal(f->added, 2);
	assert_in_range(f->longest, 59 * MINUTE, HOUR - 1);
	push(f, 3, BLOCK_REMOVE);
	end(f);
	begin(f, true);
	assert_int_equal(f->added, 1);
	end(f);
}

static void in_other_modes_they_are_left_for_later(void **state)
{
	struct fixture *f = *state;

	begin(f, true);
	push(f, 1, BLOCK_ADD);
	end(f);
	begin(f, false);
	assert_int_equal(f->added, 0);
	push(f, 2, BLOCK_ADD); /* by hand */
	end(f);
	begin(f, true);
	assert_int_equal(f->added, 2);
	end(f);
}

/* Who was let in while nothing could be written must not come back. */
static void what_is_kept_anew_is_all_that_there_is(void **state)
{
	struct fixture *f = *state;
	const struct blocked_sources_set set = {add, take_out, f};

	begin(f, true);
	push(f, 1, BLOCK_ADD);
	push(f, 2, BLOCK_ADD);
	end(f);
	struct store *store = store_folder_open(&f->folder, instant_now());
	struct kept_blocks *kept = kept_blocks_new(store, true, instant_now());
	struct control_desk_store hooks = kept_blocks_hooks(kept);
	struct blocked_sources *sources = blocked_sources_new(10, &set, &f->counters);
	const struct block_request request = {.address = {ADDRESS_IPV4, {192, 0, 2, 3}},
		.prefix_length = 32,
		.duration = 2 * HOUR,
		.reason = "by hand"};
	char why[BLOCKLIST_WHY_SIZE];
	assert_int_equal(
		blocked_sources_perform(sources, &request, instant_now(), NULL, why), BLOCKLIST_DONE);
	hooks.keep_all(hooks.context, sources);
	store_commit(store, instant_now());
	blocked_sources_free(sources);
	kept_blocks_free(kept);
	store_free(store);
	begin(f, true);
	assert_int_equal(f->added, 1);
	assert_in_range(f->longest, 119 * MINUTE, 2 * HOUR - 1);
	end(f);
}

static void without_a_store_nothing_is_kept(void **state)
{
	(void)state;
	assert_null(kept_blocks_hooks(NULL).load);
	kept_blocks_free(NULL);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(blocked_sources_come_back_for_what_is_left_of_their_time),
		TEST(in_other_modes_they_are_left_for_later),
		TEST(what_is_kept_anew_is_all_that_there_is),
		cmocka_unit_test(without_a_store_nothing_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
