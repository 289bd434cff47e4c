/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/queue_watchdog.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_MS 20
#define LOOKS (QUEUE_WATCHDOG_PATIENCE / (LOOK_MS * MILLISECOND))

struct queue_watchdog {
	pthread_t thread;
	int stop; /* eventfd */
	struct queue_source *source;
	void (*stuck)(void *context);
	void *context;
};

static void *run(void *context)
{
	struct queue_watchdog *watchdog = context;
	struct pollfd stop = {.fd = watchdog->stop, .events = POLLIN};
	uint64_t before = queue_source_progress(watchdog->source);

	for (int looks = 0; looks < LOOKS;) {
		if (poll(&stop, 1, LOOK_MS) > 0) {
			return NULL;
		}
		uint64_t progress = queue_source_progress(watchdog->source);
		bool is_stuck = progress == before && queue_source_waits(watchdog->source);
		looks = is_stuck ? looks + 1 : 0;
		before = progress;
	}
	queue_source_abandon(watchdog->source);
	watchdog->stuck(watchdog->context);
	return NULL;
}

static int start_without_signals(struct queue_watchdog *watchdog)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int error = pthread_create(&watchdog->thread, NULL, run, watchdog);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

struct queue_watchdog *queue_watchdog_start(
	struct queue_source *source, void (*stuck)(void *context), void *context)
{
	struct queue_watchdog *watchdog = calloc(1, sizeof *watchdog);

	if (watchdog == NULL) {
		return NULL;
	}
	*watchdog = (struct queue_watchdog){.stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.source = source,
		.stuck = stuck,
		.context = context};
	if (watchdog->stop < 0 || start_without_signals(watchdog) != 0) {
		if (watchdog->stop >= 0) {
			close(watchdog->stop);
		}
		free(watchdog);
		return NULL;
	}
	return watchdog;
}

void queue_watchdog_stop(struct queue_watchdog *watchdog)
{
	const uint64_t one = 1;

	if (watchdog == NULL) {
		return;
	}
	if (write(watchdog->stop, &one, sizeof one) == sizeof one) {
		pthread_join(watchdog->thread, NULL);
	}
	close(watchdog->stop);
	free(watchdog);
}
