/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/event_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 16

struct watch {
	bool is_used;
	int descriptor;
	event_loop_callback *callback;
	void *context;
};

struct timer {
	int descriptor; /* -1: none */
	event_loop_callback *callback;
	void *context;
};

struct event_loop {
	int epoll, signals; /* -1: none */
	struct timer every, once;
	bool stop;
	struct watch watches[EVENT_LOOP_DESCRIPTORS_MAX];
	event_loop_signal_callback *on_signal;
	void *signal_context;
};

struct event_loop *event_loop_new(void)
{
	struct event_loop *loop = calloc(1, sizeof *loop);

	if (loop == NULL) {
		return NULL;
	}
	loop->signals = loop->every.descriptor = loop->once.descriptor = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

static void close_if_open(int descriptor)
{
	if (descriptor >= 0) {
		close(descriptor);
	}
}

void event_loop_free(struct event_loop *loop)
{
	if (loop == NULL) {
		return;
	}
	close_if_open(loop->every.descriptor);
	close_if_open(loop->once.descriptor);
	close_if_open(loop->signals);
	close_if_open(loop->epoll);
	free(loop);
}

int event_loop_add(struct event_loop *loop, int descriptor, event_loop_callback *callback, void *context)
{
	for (size_t i = 0; i < EVENT_LOOP_DESCRIPTORS_MAX; i++) {
		struct watch *watch = &loop->watches[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = watch};
		if (watch->is_used) {
			continue;
		}
		if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0) {
			return -errno;
		}
		*watch = (struct watch){true, descriptor, callback, context};
		return 0;
	}
	return -ENOSPC;
}

void event_loop_remove(struct event_loop *loop, int descriptor)
{
	for (size_t i = 0; i < EVENT_LOOP_DESCRIPTORS_MAX; i++) {
		if (loop->watches[i].is_used && loop->watches[i].descriptor == descriptor) {
			epoll_ctl(loop->epoll, EPOLL_CTL_DEL, descriptor, NULL);
			loop->watches[i].is_used = false;
		}
	}
}

static void timer_expired(void *context)
{
	const struct timer *timer = context;
	uint64_t times;

	if (read(timer->descriptor, &times, sizeof times) == sizeof times) {
		timer->callback(timer->context);
	}
}

static int set_timer(struct event_loop *loop, struct timer *timer, const struct itimerspec *when)
{
	if (timer->descriptor < 0) {
		timer->descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		if (timer->descriptor < 0) {
			return -errno;
		}
		int error = event_loop_add(loop, timer->descriptor, timer_expired, timer);
		if (error != 0) {
			return error;
		}
	}
	return timerfd_settime(timer->descriptor, 0, when, NULL) < 0 ? -errno : 0;
}

static struct timespec timespec_of(duration span)
{
	return (struct timespec){span / SECOND, span % SECOND * 1000};
}

int event_loop_every(struct event_loop *loop, duration interval, event_loop_callback *callback, void *context)
{
	const struct itimerspec when = {
		.it_interval = timespec_of(interval), .it_value = timespec_of(interval)};

	loop->every.callback = callback;
	loop->every.context = context;
	return set_timer(loop, &loop->every, &when);
}

int event_loop_once(struct event_loop *loop, duration delay, event_loop_callback *callback, void *context)
{
	const struct itimerspec when = {.it_value = timespec_of(delay)};

	loop->once.callback = callback;
	loop->once.context = context;
	return set_timer(loop, &loop->once, &when);
}

static void signal_arrived(void *context)
{
	struct event_loop *loop = context;
	struct signalfd_siginfo arrived;

	while (read(loop->signals, &arrived, sizeof arrived) == sizeof arrived) {
		loop->on_signal(loop->signal_context, (int)arrived.ssi_signo);
	}
}

int event_loop_on_signals(
	struct event_loop *loop, const int *signals, event_loop_signal_callback *callback, void *context)
{
	sigset_t set;

	sigemptyset(&set);
	for (; *signals != 0; signals++) {
		sigaddset(&set, *signals);
	}
	loop->on_signal = callback;
	loop->signal_context = context;
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) {
		return -errno;
	}
	loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return loop->signals < 0 ? -errno : event_loop_add(loop, loop->signals, signal_arrived, loop);
}

int event_loop_run(struct event_loop *loop)
{
	struct epoll_event events[EVENTS_AT_ONCE];

	while (!loop->stop) {
		int ready = epoll_wait(loop->epoll, events, EVENTS_AT_ONCE, -1);
		if (ready < 0 && errno != EINTR) {
			return -errno;
		}
		for (int i = 0; i < ready && !loop->stop; i++) {
			const struct watch *watch = events[i].data.ptr;
			if (watch->is_used) { /* an earlier callback of this round may have removed it */
				watch->callback(watch->context);
			}
		}
	}
	return 0;
}

void event_loop_stop(struct event_loop *loop)
{
	loop->stop = true;
}
