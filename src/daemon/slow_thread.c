/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/slow_thread.h"

#include "pbxguard/base/instant.h"

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

struct slow_thread {
	pthread_t thread;
	int wake; /* eventfd */
	atomic_bool stop;
	struct actions *actions; /* the thread's own */
	pthread_mutex_t lock;    /* of the three below; held only to copy */
	bool has_configuration;
	struct action_settings settings;
	struct site site;
	struct counters *counters;
	atomic_size_t written, read; /* decisions ever; the difference is what is queued */
	struct decision queue[SLOW_THREAD_QUEUE];
};

static void wake(struct slow_thread *thread)
{
	const uint64_t one = 1;

	if (write(thread->wake, &one, sizeof one) < 0) {
		return; /* it is awake: the counter is full */
	}
}

static void take_configuration(struct slow_thread *thread)
{
	pthread_mutex_lock(&thread->lock);
	if (thread->has_configuration) {
		actions_configure(thread->actions, &thread->settings, &thread->site);
		thread->has_configuration = false;
	}
	pthread_mutex_unlock(&thread->lock);
}

static void perform_queued(struct slow_thread *thread)
{
	size_t read = atomic_load_explicit(&thread->read, memory_order_relaxed);

	while (read != atomic_load_explicit(&thread->written, memory_order_acquire)) {
		take_configuration(thread);
		actions_perform(thread->actions, &thread->queue[read % SLOW_THREAD_QUEUE]);
		read++;
		atomic_store_explicit(&thread->read, read, memory_order_release);
	}
}

static void *run(void *context)
{
	struct slow_thread *thread = context;
	struct pollfd wait = {.fd = thread->wake, .events = POLLIN};
	bool stop = false;
	uint64_t ignored;

	while (!stop) {
		if (poll(&wait, 1, FLUSH_INTERVAL_MS) > 0 &&
			read(thread->wake, &ignored, sizeof ignored) < 0) {
			continue;
		}
		/* In this order: what was pushed before the stop is still performed. */
		stop = atomic_load(&thread->stop);
		take_configuration(thread);
		perform_queued(thread);
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

struct slow_thread *slow_thread_start(struct actions *actions, struct counters *counters)
{
	struct slow_thread *thread = calloc(1, sizeof *thread);

	if (thread == NULL) {
		return NULL;
	}
	thread->actions = actions;
	thread->counters = counters;
	pthread_mutex_init(&thread->lock, NULL);
	thread->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thread->wake < 0 || start_without_signals(thread) != 0) {
		if (thread->wake >= 0) {
			close(thread->wake);
		}
		free(thread);
		return NULL;
	}
	return thread;
}

void slow_thread_push(struct slow_thread *thread, const struct decision *decision)
{
	size_t written = atomic_load_explicit(&thread->written, memory_order_relaxed);

	if (written - atomic_load_explicit(&thread->read, memory_order_acquire) == SLOW_THREAD_QUEUE) {
		counter_add(thread->counters, COUNTER_ALERTS_OVERFLOWED, 1);
		return;
	}
	thread->queue[written % SLOW_THREAD_QUEUE] = *decision;
	atomic_store_explicit(&thread->written, written + 1, memory_order_release);
	wake(thread);
}

void slow_thread_configure(
	struct slow_thread *thread, const struct action_settings *settings, const struct site *site)
{
	pthread_mutex_lock(&thread->lock);
	thread->settings = *settings;
	thread->site = *site;
	thread->has_configuration = true;
	pthread_mutex_unlock(&thread->lock);
	wake(thread);
}

bool slow_thread_stop(struct slow_thread *thread)
{
	struct timespec deadline;

	if (thread == NULL) {
		return true;
	}
	atomic_store(&thread->stop, true);
	wake(thread);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += STOP_SECONDS;
	if (pthread_timedjoin_np(thread->thread, NULL, &deadline) != 0) {
		return false;
	}
	actions_free(thread->actions);
	pthread_mutex_destroy(&thread->lock);
	close(thread->wake);
	free(thread);
	return true;
}
