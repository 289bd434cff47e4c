/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/slow_thread.h"

#include "pbxguard/base/instant.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define FLUSH_INTERVAL_MS 100 /* how often a syslog that did not take a line is tried again */
#define STOP_SECONDS 2

enum record_kind { RECORD_DECISION, RECORD_INCIDENT };

struct slow_record {
	enum record_kind kind;
	union {
		struct decision decision;
		struct incident_record incident;
	};
};

struct slow_thread {
	pthread_t thread;
	int wake; /* eventfd */
	atomic_bool stop;
	struct actions *actions; /* the thread's own */
	size_t guest_count;      /* likewise */
	struct slow_thread_guest guests[SLOW_THREAD_GUESTS];
	pthread_mutex_t lock; /* of the five below; held only to copy */
	bool has_configuration;
	struct action_settings settings;
	struct site site;
	size_t invited_count;
	struct slow_thread_guest invited[SLOW_THREAD_GUESTS];
	struct counters *counters;
	struct store *store;        /* the thread's own; NULL: none */
	atomic_bool wants_all;      /* told to the packet thread */
	atomic_size_t learned_size; /* 0: the room is the packet thread's, else this thread's */
	const char *learned_rule;   /* a string of the program */
	uint8_t *learned;           /* only as much of it is resident as was ever used */
	atomic_bool has_accounts;   /* false: the room is the packet thread's, else this thread's */
	size_t account_count;
	struct blocked_account_record *accounts; /* likewise */
	atomic_size_t written, read;             /* records ever; the difference is what is queued */
	struct slow_record queue[SLOW_THREAD_QUEUE];
};

void slow_thread_wake(struct slow_thread *thread)
{
	const uint64_t one = 1;

	if (write(thread->wake, &one, sizeof one) < 0) {
		return; /* it is awake: the counter is full */
	}
}

static void take_guests(struct slow_thread *thread)
{
	for (; thread->guest_count < thread->invited_count; thread->guest_count++) {
		thread->guests[thread->guest_count] = thread->invited[thread->guest_count];
	}
}

static void take_configuration(struct slow_thread *thread)
{
	pthread_mutex_lock(&thread->lock);
	take_guests(thread);
	if (thread->has_configuration) {
		actions_configure(thread->actions, &thread->settings, &thread->site);
		for (size_t i = 0; i < thread->guest_count; i++) {
			const struct slow_thread_guest *guest = &thread->guests[i];
			if (guest->configure != NULL) {
				guest->configure(guest->context, &thread->settings, &thread->site);
			}
		}
		thread->has_configuration = false;
	}
	pthread_mutex_unlock(&thread->lock);
}

static void perform(struct slow_thread *thread, const struct slow_record *record)
{
	if (record->kind == RECORD_DECISION) {
		actions_perform(thread->actions, &record->decision);
	} else {
		store_put_incident(thread->store, &record->incident, instant_now());
	}
}

static void perform_queued(struct slow_thread *thread)
{
	size_t read = atomic_load_explicit(&thread->read, memory_order_relaxed);

	while (read != atomic_load_explicit(&thread->written, memory_order_acquire)) {
		take_configuration(thread);
		perform(thread, &thread->queue[read % SLOW_THREAD_QUEUE]);
		read++;
		atomic_store_explicit(&thread->read, read, memory_order_release);
	}
}

/* All that came since the last time becomes one transaction. */
static void write_store(struct slow_thread *thread, instant now)
{
	size_t size = atomic_load_explicit(&thread->learned_size, memory_order_acquire);

	if (thread->store == NULL) {
		return;
	}
	if (size > 0) {
		store_put_learned(thread->store, thread->learned_rule, thread->learned, size, now);
		atomic_store_explicit(&thread->learned_size, 0, memory_order_release);
	}
	if (atomic_load_explicit(&thread->has_accounts, memory_order_acquire)) {
		store_put_accounts(thread->store, thread->accounts, thread->account_count, now);
		atomic_store_explicit(&thread->has_accounts, false, memory_order_release);
	}
	store_commit(thread->store, now);
	if (store_wants_all(thread->store, now)) {
		atomic_store(&thread->wants_all, true);
		for (size_t i = 0; i < thread->guest_count; i++) {
			if (thread->guests[i].keep_all != NULL) {
				thread->guests[i].keep_all(thread->guests[i].context);
			}
		}
	}
}

/* For a wake-up, a guest's descriptor, or a tenth of a second. */
static void wait_for_work(const struct slow_thread *thread)
{
	struct pollfd waits[1 + SLOW_THREAD_GUESTS] = {{.fd = thread->wake, .events = POLLIN}};
	uint64_t ignored;

	for (size_t i = 0; i < thread->guest_count; i++) {
		waits[1 + i] = (struct pollfd){.fd = thread->guests[i].descriptor, .events = POLLIN};
	}
	if (poll(waits, 1 + thread->guest_count, FLUSH_INTERVAL_MS) > 0 && waits[0].revents != 0 &&
		read(thread->wake, &ignored, sizeof ignored) < 0) {
		return; /* somebody else's interruption: all is looked at anyway */
	}
}

static void serve_guests(const struct slow_thread *thread)
{
	for (size_t i = 0; i < thread->guest_count; i++) {
		thread->guests[i].serve(thread->guests[i].context, instant_monotonic_now());
	}
}

static void *run(void *context)
{
	struct slow_thread *thread = context;
	bool stop = false;

	while (!stop) {
		wait_for_work(thread);
		/* In this order: what was pushed before the stop is still performed. */
		stop = atomic_load(&thread->stop);
		take_configuration(thread);
		perform_queued(thread);
		write_store(thread, instant_now());
		serve_guests(thread);
		actions_flush(thread->actions, instant_monotonic_now());
	}
	return NULL;
}

/* Signals belong to the packet thread's event loop. */
static int start_without_signals(struct slow_thread *thread)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int error = pthread_create(&thread->thread, NULL, run, thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

static void free_thread(struct slow_thread *thread)
{
	pthread_mutex_destroy(&thread->lock);
	if (thread->wake >= 0) {
		close(thread->wake);
	}
	free(thread->learned);
	free(thread->accounts);
	free(thread);
}

struct slow_thread *slow_thread_start(struct actions *actions, struct store *store, struct counters *counters)
{
	struct slow_thread *thread = calloc(1, sizeof *thread);

	if (thread == NULL) {
		return NULL;
	}
	thread->actions = actions;
	thread->store = store;
	thread->learned = malloc(STORE_LEARNED_MAX);
	thread->accounts = malloc(BLOCKED_ACCOUNTS_MAX * sizeof *thread->accounts);
	thread->counters = counters;
	pthread_mutex_init(&thread->lock, NULL);
	thread->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thread->learned == NULL || thread->accounts == NULL || thread->wake < 0 ||
		start_without_signals(thread) != 0) {
		free_thread(thread);
		return NULL;
	}
	return thread;
}

static size_t queued(const struct slow_thread *thread)
{
	return atomic_load_explicit(&thread->written, memory_order_relaxed) -
	       atomic_load_explicit(&thread->read, memory_order_acquire);
}

static struct slow_record *next_record(struct slow_thread *thread)
{
	return &thread->queue[atomic_load_explicit(&thread->written, memory_order_relaxed) %
			      SLOW_THREAD_QUEUE];
}

static void hand_over(struct slow_thread *thread)
{
	size_t written = atomic_load_explicit(&thread->written, memory_order_relaxed);

	atomic_store_explicit(&thread->written, written + 1, memory_order_release);
	slow_thread_wake(thread);
}

void slow_thread_push(struct slow_thread *thread, const struct decision *decision)
{
	if (queued(thread) == SLOW_THREAD_QUEUE) {
		counter_add(thread->counters, COUNTER_ALERTS_OVERFLOWED, 1);
		return;
	}
	struct slow_record *record = next_record(thread);
	record->kind = RECORD_DECISION;
	record->decision = *decision;
	hand_over(thread);
}

bool slow_thread_keep(struct slow_thread *thread, const struct incident_record *incident)
{
	if (queued(thread) >= SLOW_THREAD_QUEUE / 2) {
		return false;
	}
	struct slow_record *record = next_record(thread);
	record->kind = RECORD_INCIDENT;
	record->incident = *incident;
	hand_over(thread);
	return true;
}

uint8_t *slow_thread_learned_room(struct slow_thread *thread)
{
	bool is_free = atomic_load_explicit(&thread->learned_size, memory_order_acquire) == 0;

	return is_free ? thread->learned : NULL;
}

void slow_thread_keep_learned(struct slow_thread *thread, const char *rule, size_t size)
{
	thread->learned_rule = rule;
	atomic_store_explicit(&thread->learned_size, size, memory_order_release);
	slow_thread_wake(thread);
}

struct blocked_account_record *slow_thread_accounts_room(struct slow_thread *thread)
{
	bool is_free = !atomic_load_explicit(&thread->has_accounts, memory_order_acquire);

	return is_free ? thread->accounts : NULL;
}

void slow_thread_keep_accounts(struct slow_thread *thread, size_t count)
{
	thread->account_count = count;
	atomic_store_explicit(&thread->has_accounts, true, memory_order_release);
	slow_thread_wake(thread);
}

bool slow_thread_wants_all(struct slow_thread *thread)
{
	return atomic_exchange(&thread->wants_all, false);
}

void slow_thread_invite(struct slow_thread *thread, const struct slow_thread_guest *guest)
{
	pthread_mutex_lock(&thread->lock);
	assert(thread->invited_count < SLOW_THREAD_GUESTS);
	thread->invited[thread->invited_count++] = *guest;
	pthread_mutex_unlock(&thread->lock);
	slow_thread_wake(thread);
}

void slow_thread_configure(
	struct slow_thread *thread, const struct action_settings *settings, const struct site *site)
{
	pthread_mutex_lock(&thread->lock);
	thread->settings = *settings;
	thread->site = *site;
	thread->has_configuration = true;
	pthread_mutex_unlock(&thread->lock);
	slow_thread_wake(thread);
}

bool slow_thread_stop(struct slow_thread *thread)
{
	struct timespec deadline;

	if (thread == NULL) {
		return true;
	}
	atomic_store(&thread->stop, true);
	slow_thread_wake(thread);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += STOP_SECONDS;
	if (pthread_timedjoin_np(thread->thread, NULL, &deadline) != 0) {
		return false;
	}
	take_guests(thread);
	for (size_t i = 0; i < thread->guest_count; i++) {
		thread->guests[i].end(thread->guests[i].context);
	}
	thread->guest_count = 0;
	write_store(thread, instant_now());
	actions_free(thread->actions);
	store_free(thread->store);
	free_thread(thread);
	return true;
}
