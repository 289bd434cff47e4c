/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/setting.h"
#include "pbxguard/daemon/slow_thread.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const struct site site = {.name = "test"};

static struct actions *print_to(int descriptor, struct counters *counters)
{
	struct action_settings settings = {0};

	setting_defaults(&action_settings_table, &settings);
	return actions_new(
		&settings, &site, (struct action_output){descriptor, ALERT_FORMAT_TEXT}, NULL, counters);
}

static void push_many(struct slow_thread *thread, int count)
{
	struct decision decision = {.finding = {.rule = "test", .subject = "site"}};

	for (int i = 0; i < count; i++) {
		slow_thread_push(thread, &decision);
	}
}

static void what_is_pushed_before_the_stop_is_performed(void **state)
{
	struct counters counters = {0};
	char path[] = "/tmp/pbxguard-test-XXXXXX";
	int file = mkstemp(path);
	char bytes[4096];
	size_t lines = 0;
	ssize_t size;

	(void)state;
	assert_true(file >= 0);
	unlink(path);
	struct slow_thread *thread = slow_thread_start(print_to(file, &counters), NULL, &counters);
	assert_non_null(thread);
	push_many(thread, 100);
	assert_true(slow_thread_stop(thread));
	lseek(file, 0, SEEK_SET);
	while ((size = read(file, bytes, sizeof bytes)) > 0) {
		for (ssize_t i = 0; i < size; i++) {
			lines += bytes[i] == '\n';
		}
	}
	assert_int_equal(lines, 100);
	assert_int_equal(counter_get(&counters, COUNTER_ALERTS_OVERFLOWED), 0);
	close(file);
}

/* A pipe that nobody reads: the pusher never waits, what does not fit is counted, and the end is said not to
 * come. */
static void a_stuck_reader_does_not_hold_the_pusher(void **state)
{
	static struct counters counters; /* the thread that hangs outlives this function */
	int pipe_ends[2];

	(void)state;
	assert_int_equal(pipe(pipe_ends), 0);
	assert_true(fcntl(pipe_ends[1], F_SETPIPE_SZ, 4096) >= 0);
	struct slow_thread *thread = slow_thread_start(print_to(pipe_ends[1], &counters), NULL, &counters);
	assert_non_null(thread);
	push_many(thread, 3 * SLOW_THREAD_QUEUE);
	assert_true(counter_get(&counters, COUNTER_ALERTS_OVERFLOWED) >= SLOW_THREAD_QUEUE);
	assert_false(slow_thread_stop(thread));
}

struct guest {
	int pipe_ends[2];
	int served, configured, ended; /* looked at when the thread has ended only */
	atomic_int heard;
};

static void serve(void *context, instant now)
{
	struct guest *guest = context;
	char byte;

	assert_true(now > 0);
	guest->served++;
	if (read(guest->pipe_ends[0], &byte, 1) == 1) {
		atomic_fetch_add(&guest->heard, 1);
	}
}

static void configure(void *context, const struct action_settings *settings, const struct site *new_site)
{
	struct guest *guest = context;

	guest->configured += settings->queue == 7 && strcmp(new_site->name, "test") == 0;
}

static void end(void *context)
{
	struct guest *guest = context;

	guest->ended++;
}

static void a_guest_is_served_configured_and_seen_off(void **state)
{
	static struct counters counters;
	struct action_settings settings = {.queue = 7};
	struct guest guest = {0};

	(void)state;
	assert_int_equal(pipe2(guest.pipe_ends, O_NONBLOCK), 0);
	struct slow_thread *thread = slow_thread_start(print_to(-1, &counters), NULL, &counters);
	assert_non_null(thread);
	slow_thread_invite(
		thread, &(struct slow_thread_guest){guest.pipe_ends[0], serve, configure, NULL, end, &guest});
	slow_thread_configure(thread, &settings, &site);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(write(guest.pipe_ends[1], "x", 1), 1);
		while (atomic_load(&guest.heard) < i) {
			sched_yield();
		}
	}
	assert_true(slow_thread_stop(thread));
	assert_true(guest.served >= 3);
	assert_int_equal(guest.configured, 1);
	assert_int_equal(guest.ended, 1);
	close(guest.pipe_ends[0]);
	close(guest.pipe_ends[1]);
}

static void a_guest_that_came_too_late_is_seen_off_as_well(void **state)
{
	static struct counters counters;
	struct guest guest = {.pipe_ends = {-1, -1}};

	(void)state;
	struct slow_thread *thread = slow_thread_start(print_to(-1, &counters), NULL, &counters);
	slow_thread_invite(thread, &(struct slow_thread_guest){-1, serve, configure, NULL, end, &guest});
	assert_true(slow_thread_stop(thread));
	assert_int_equal(guest.ended, 1);
}

/* A guest that keeps something in the store, which can't be written just then. */
struct keeper {
	struct store *store;
	struct blocked_source_record record;
	bool has_tried;
	atomic_int asked;
};

/* At a time after which all is tried again at once. */
static void try_to_keep(void *context, instant now)
{
	struct keeper *keeper = context;
	instant then = instant_now() - STORE_RETRY;
	struct rlimit unlimited, limited;

	(void)now;
	if (keeper->has_tried) {
		return;
	}
	getrlimit(RLIMIT_FSIZE, &unlimited);
	limited = (struct rlimit){1, unlimited.rlim_max};
	setrlimit(RLIMIT_FSIZE, &limited);
	store_put_source(keeper->store, &keeper->record, then);
	store_commit(keeper->store, then);
	setrlimit(RLIMIT_FSIZE, &unlimited);
	keeper->has_tried = true;
}

static void keep_again(void *context)
{
	struct keeper *keeper = context;

	store_put_source(keeper->store, &keeper->record, instant_now());
	atomic_fetch_add(&keeper->asked, 1);
}

/* Its last word in the store. */
static void keep_another(void *context)
{
	struct keeper *keeper = context;

	keeper->record.network.address.bytes[0]++;
	store_put_source(keeper->store, &keeper->record, instant_now());
}

static bool count_source(void *context, const struct blocked_source_record *record)
{
	(void)record;
	++*(int *)context;
	return true;
}

static void a_guest_keeps_all_again_when_something_was_lost(void **state)
{
	static struct counters counters, store_counters;
	char folder[] = "/tmp/pbxguard-test-XXXXXX", path[64];
	const struct log log = {.descriptor = -1};
	struct keeper keeper = {.record = {.network = {{ADDRESS_IPV4, {192, 0, 2, 1}}, 32}, .times = 1}};
	int kept = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/store.db", folder);
	signal(SIGXFSZ, SIG_IGN);
	keeper.store = store_open(path, &log, &store_counters, instant_now());
	assert_non_null(keeper.store);
	struct slow_thread *thread = slow_thread_start(print_to(-1, &counters), keeper.store, &counters);
	assert_non_null(thread);
	slow_thread_invite(thread,
		&(struct slow_thread_guest){-1, try_to_keep, configure, keep_again, keep_another, &keeper});
	for (int i = 0; i < 5000 && atomic_load(&keeper.asked) == 0; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	assert_int_equal(atomic_load(&keeper.asked), 1);
	assert_true(slow_thread_wants_all(thread)); /* the packet thread is asked as well */
	assert_true(slow_thread_stop(thread));
	assert_int_equal(counter_get(&store_counters, COUNTER_STORE_ERRORS), 1);
	struct store *store = store_open(path, &log, &store_counters, instant_now());
	store_read_blocks(store, &(struct store_blocks_reader){.source = count_source, .context = &kept},
		instant_now());
	assert_int_equal(kept, 2);
	store_free(store);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_pushed_before_the_stop_is_performed),
		cmocka_unit_test(a_guest_is_served_configured_and_seen_off),
		cmocka_unit_test(a_guest_that_came_too_late_is_seen_off_as_well),
		cmocka_unit_test(a_guest_keeps_all_again_when_something_was_lost),
		cmocka_unit_test(a_stuck_reader_does_not_hold_the_pusher),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	_exit(failed); /* the thread that hangs still uses its memory */
}
