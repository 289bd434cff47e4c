/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the packet thread (this one) by a real slow thread into the store, and back for a report. */
#include "../store_folder.h"

#include "pbxguard/base/setting.h"
#include "pbxguard/daemon/kept_refusals.h"

#include <stdlib.h>

#define NOW (1795280400 * SECOND + 30 * MINUTE)
#define ROOM (4 * KEPT_REFUSALS_QUEUE)

struct fixture {
	struct store_folder folder;
	struct counters counters;
	struct site site;
	struct action_settings settings;
	struct slow_thread *thread;
	struct kept_refusals *kept;
	struct control_report report;
	struct refusal_record rows[ROOM];
	size_t count;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	setting_defaults(&action_settings_table, &f->settings);
	*state = f;
	return !store_folder_make(&f->folder);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int status = store_folder_remove(&f->folder);

	free(f);
	return status;
}

/* A guard from start to end; what it does in between, and what is in the store then. */
static void guard(struct fixture *f, enum action_mode mode, instant now, void (*work)(struct fixture *f))
{
	struct store *store = store_folder_open(&f->folder, now);

	assert_non_null(store);
	f->kept = kept_refusals_new(store, &f->counters, mode, now);
	assert_non_null(f->kept);
	f->thread = slow_thread_start(
		actions_new(&f->settings, &f->site,
			(struct action_output){-1, ALERT_FORMAT_TEXT, .may_wait = false}, NULL, &f->counters),
		store, &f->counters);
	assert_non_null(f->thread);
	kept_refusals_move_in(f->kept, f->thread);
	work(f);
	assert_true(slow_thread_stop(f->thread));
	kept_refusals_free(f->kept);
}

/* What was counted from then on: of hours that are over, too. */
static uint64_t calls_since(struct kept_refusals *kept, instant since)
{
	const struct control_desk_report report = kept_refusals_report(kept);
	struct control_report sums;

	assert_true(report.sum(report.context, since, &sums));
	return sums.watched[sums.mode].counts[WATCHED_CALLS];
}

/* Without a slow thread: nothing is taken out of the queues but by a report. */
static struct store *begin_alone(struct fixture *f)
{
	struct store *store = store_folder_open(&f->folder, NOW);

	assert_non_null(store);
	f->kept = kept_refusals_new(store, &f->counters, ACTION_MODE_BLOCK, NOW);
	assert_non_null(f->kept);
	return store;
}

static void count_call(struct fixture *f, instant now)
{
	counter_add(&f->counters, COUNTER_CALLS, 1);
	kept_refusals_tick(f->kept, now);
}

static void read_back(struct fixture *f)
{
	struct store *store = store_folder_open(&f->folder, NOW);

	assert_non_null(store);
	struct kept_refusals *kept = kept_refusals_new(store, &f->counters, ACTION_MODE_DRY_RUN, NOW);
	const struct control_desk_report report = kept_refusals_report(kept);
	assert_true(report.sum(report.context, 0, &f->report));
	assert_true(report.page(report.context, 0, 0, f->rows, ROOM, &f->count));
	kept_refusals_free(kept);
	store_free(store);
}

static void add(struct fixture *f, enum leg leg, const char *call_id)
{
	struct refusal_record record = {.time = instant_now(), .leg = leg, .about = REFUSAL_OF_CALL};

	snprintf(record.call_id, sizeof record.call_id, "%s", call_id);
	kept_refusals_add(f->kept, &record);
}

static void refuse_two_and_let_one_slip(struct fixture *f)
{
	const struct refusal_record account = {.time = NOW, .about = REFUSAL_OF_ACCOUNT, .caller = "1001"};

	add(f, LEG_EXTENSION, "one");
	add(f, LEG_OUTSIDE, "two\\x07");
	kept_refusals_add(f->kept, &account);
	kept_refusals_slipped(f->kept, TEXT("two\a"));
	counter_add(&f->counters, COUNTER_CALLS, 7);
	counter_add(&f->counters, COUNTER_TLS_STREAMS, 2);
	counter_add(&f->counters, COUNTER_DTLS_DATAGRAMS, 3);
	kept_refusals_tick(f->kept, NOW + SECOND);
}

static void what_was_refused_outlives_the_process(void **state)
{
	struct fixture *f = *state;

	counter_add(&f->counters, COUNTER_CALLS, 1000); /* of before */
	guard(f, ACTION_MODE_DRY_RUN, NOW, refuse_two_and_let_one_slip);
	read_back(f);
	assert_int_equal(f->count, 3);
	size_t slipped = 0;
	for (size_t i = 0; i < f->count; i++) {
		slipped += f->rows[i].action == REFUSAL_SLIPPED && f->rows[i].leg == LEG_OUTSIDE;
	}
	assert_int_equal(slipped, 1);
	const uint64_t *counts = f->report.watched[ACTION_MODE_DRY_RUN].counts;
	assert_int_equal(counts[WATCHED_CALLS], 7);
	assert_int_equal(counts[WATCHED_ENCRYPTED], 5);
	assert_int_equal(counts[WATCHED_REFUSED], 2); /* an account is no call */
	assert_int_equal(counts[WATCHED_SECONDS], 1);
	assert_int_equal(f->report.watched[ACTION_MODE_DRY_RUN].hour, NOW - 30 * MINUTE);
	assert_int_equal(f->report.watched[ACTION_MODE_BLOCK].counts[WATCHED_CALLS], 0);
}

static void watch_seconds(struct fixture *f)
{
	for (int second = 1; second <= 3; second++) {
		counter_add(&f->counters, COUNTER_CALLS, 1);
		kept_refusals_tick(f->kept, NOW + second * SECOND + second * 1000);
	}
}

/* A restart goes on with the hour that has begun, and a mode with its own. */
static void an_hour_goes_on_after_a_restart(void **state)
{
	struct fixture *f = *state;

	guard(f, ACTION_MODE_DRY_RUN, NOW, watch_seconds);
	guard(f, ACTION_MODE_DRY_RUN, NOW, watch_seconds);
	guard(f, ACTION_MODE_BLOCK, NOW, watch_seconds);
	read_back(f);
	assert_int_equal(f->report.watched[ACTION_MODE_DRY_RUN].counts[WATCHED_SECONDS], 6);
	assert_int_equal(f->report.watched[ACTION_MODE_BLOCK].counts[WATCHED_SECONDS], 3);
	assert_int_equal(f->report.watched[ACTION_MODE_DRY_RUN].counts[WATCHED_CALLS], 6);
}

static void sleep_and_set_the_clock(struct fixture *f)
{
	kept_refusals_tick(f->kept, NOW + SECOND);
	kept_refusals_tick(f->kept, NOW + 5 * HOUR); /* it slept */
	kept_refusals_tick(f->kept, NOW + 5 * HOUR + SECOND);
	kept_refusals_tick(f->kept, NOW - HOUR); /* the clock was set back */
}

static void time_that_nobody_watched_does_not_count(void **state)
{
	struct fixture *f = *state;

	guard(f, ACTION_MODE_MONITOR, NOW, sleep_and_set_the_clock);
	read_back(f);
	assert_in_range(f->report.watched[ACTION_MODE_MONITOR].counts[WATCHED_SECONDS], 1, 2);
}

static void set_the_clock_back_over_the_hour(struct fixture *f)
{
	counter_add(&f->counters, COUNTER_CALLS, 20);
	kept_refusals_tick(f->kept, NOW + SECOND);
	kept_refusals_tick(f->kept, NOW + 31 * MINUTE); /* the hour is over */
	counter_add(&f->counters, COUNTER_CALLS, 3);
	kept_refusals_tick(f->kept, NOW + 29 * MINUTE);
	kept_refusals_tick(f->kept, NOW + 29 * MINUTE + SECOND);
}

static void a_clock_set_back_takes_nothing_from_an_hour(void **state)
{
	struct fixture *f = *state;

	guard(f, ACTION_MODE_BLOCK, NOW, set_the_clock_back_over_the_hour);
	read_back(f);
	assert_int_equal(f->report.watched[ACTION_MODE_BLOCK].counts[WATCHED_CALLS], 23);
}

static void what_comes_later_counts_in_its_own_hour(void **state)
{
	struct fixture *f = *state;
	struct store *store = begin_alone(f);
	const instant next = NOW + 30 * MINUTE;

	count_call(f, NOW + SECOND);
	count_call(f, next); /* of the second before */
	count_call(f, next + SECOND);
	assert_int_equal(calls_since(f->kept, NOW - 30 * MINUTE), 3);
	assert_int_equal(calls_since(f->kept, next), 1);
	kept_refusals_free(f->kept);
	store_free(store);
}

/* What comes then is of the past, and a report of what came since leaves it out. */
static void where_the_clock_is_set_back_far_an_earlier_hour_begins(void **state)
{
	struct fixture *f = *state;
	struct store *store = begin_alone(f);

	count_call(f, NOW + SECOND);
	kept_refusals_tick(f->kept, NOW - 5 * HOUR);
	count_call(f, NOW - 5 * HOUR + SECOND);
	assert_int_equal(calls_since(f->kept, NOW - 6 * HOUR), 2);
	assert_int_equal(calls_since(f->kept, NOW - 30 * MINUTE), 1);
	kept_refusals_free(f->kept);
	store_free(store);
}

static void an_hour_for_which_there_is_no_room_is_handed_over_later(void **state)
{
	struct fixture *f = *state;
	struct store *store = begin_alone(f);

	for (int second = 1; second <= 20; second++) {
		count_call(f, NOW + second * SECOND);
	}
	count_call(f, NOW + 30 * MINUTE); /* the hour is over, and the slow thread has taken nothing yet */
	assert_in_range(calls_since(f->kept, NOW - 30 * MINUTE), 1, 20);
	kept_refusals_tick(f->kept, NOW + 30 * MINUTE + SECOND);
	assert_int_equal(calls_since(f->kept, NOW - 30 * MINUTE), 21);
	kept_refusals_free(f->kept);
	store_free(store);
}

/* Faster than is written: strangers leave the phones' half alone, and what has no row is counted. */
static void storm(struct fixture *f)
{
	for (int i = 0; i < 5 * KEPT_REFUSALS_QUEUE; i++) {
		add(f, LEG_OUTSIDE, "scan");
	}
	for (int i = 0; i < 10; i++) {
		add(f, LEG_EXTENSION, "phone");
	}
	kept_refusals_tick(f->kept, NOW + SECOND);
}

static void a_storm_is_counted_and_leaves_room_for_phones(void **state)
{
	struct fixture *f = *state;
	size_t phones = 0;

	guard(f, ACTION_MODE_BLOCK, NOW, storm);
	read_back(f);
	assert_in_range(f->count, KEPT_REFUSALS_QUEUE + 10, 3 * KEPT_REFUSALS_QUEUE);
	for (size_t i = 0; i < f->count; i++) {
		phones += f->rows[i].leg == LEG_EXTENSION;
	}
	assert_int_equal(phones, 10);
	assert_int_equal(
		f->report.watched[ACTION_MODE_BLOCK].counts[WATCHED_REFUSED], 5 * KEPT_REFUSALS_QUEUE + 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_refused_outlives_the_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_hour_goes_on_after_a_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(time_that_nobody_watched_does_not_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_clock_set_back_takes_nothing_from_an_hour, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_comes_later_counts_in_its_own_hour, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			where_the_clock_is_set_back_far_an_earlier_hour_begins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_hour_for_which_there_is_no_room_is_handed_over_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_storm_is_counted_and_leaves_room_for_phones, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
