/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -i, or as a service: guards until it is told to stop. In mode monitor it watches interfaces; else it stands
 * in line, and reads the firewall's queue.
 */
#include "pbxguard/action/syslog_alert.h"
#include "pbxguard/daemon/guard_parts.h"
#include "pbxguard/daemon/guard_reload.h"
#include "pbxguard/daemon/service_notify.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Packets come out of the kernel's ring late by its time-out, and more when we are busy. */
#define PACKETS_LATE (100 * MILLISECOND)
/* In line: for what is sent again (RFC 3261 §17.1.2.2, T1 500 ms), and systemd's watchdog of a second. */
#define INLINE_TICK (100 * MILLISECOND)

/* ---- signals, time ---- */

static void signal_arrived(void *context, int signal)
{
	struct guard *guard = context;

	switch (signal) {
	case SIGHUP:
		service_notify_reloading();
		guard_reload(guard);
		service_notify_ready();
		break;
	case SIGUSR1:
		if (guard->interfaces != NULL) {
			interfaces_count_drops(guard->interfaces);
		}
		start_log_counters(guard->start, true);
		break;
	default:
		event_loop_stop(guard->loop);
	}
}

static void look_for_silence_in_queue(struct guard *guard, bool counts, instant now)
{
	uint64_t messages = counter_get(&guard->start->counters, COUNTER_SIP_MESSAGES);
	const struct silence_terms terms = {
		.name = "the firewall's queue",
		.limit = guard->start->config->settings.capture.silence,
		.counts = counts,
		.counters = &guard->start->counters,
		.log = guard_log(guard),
	};

	if (messages != guard->messages_heard) {
		guard->messages_heard = messages;
		silence_heard(&guard->silence);
	}
	silence_look(&guard->silence, &terms, now);
}

static void look_for_silence(struct guard *guard, instant now)
{
	const struct config *config = guard->start->config;
	struct calendar_reading reading;

	calendar_read(config->calendar, instant_now(), &reading);
	if (guard->is_inline) {
		look_for_silence_in_queue(guard, reading.is_open, now);
	} else {
		interfaces_look_for_silence(
			guard->interfaces, config->settings.capture.silence, reading.is_open, now);
	}
}

static void report_second(struct guard *guard)
{
	if (guard->kept_refusals != NULL) {
		reported_accounts_look(
			&guard->reported_accounts, pipeline_policy(guard->pipeline), guard->kept_refusals);
		kept_refusals_tick(guard->kept_refusals, instant_now());
	}
}

static void second_passed(void *context)
{
	struct guard *guard = context;
	const struct counters *counters = &guard->start->counters;

	if (guard->interfaces != NULL) {
		interfaces_look_after(guard->interfaces);
	}
	pipeline_tick(guard->pipeline, instant_now() - PACKETS_LATE);
	if (guard->has_store) {
		keep_tick(&guard->keep, guard->pipeline, guard->slow_thread, instant_monotonic_now());
		report_second(guard);
	}
	look_for_silence(guard, instant_monotonic_now());
	blind_spots_tell(&guard->blind_spots, counters, guard_log(guard), instant_monotonic_now(), false);
	syslog_wait_look(&guard->syslog_wait, counters, guard_log(guard), instant_monotonic_now());
	service_notify_alive();
	service_notify_status("%" PRIu64 " SIP messages, %" PRIu64 " calls, %" PRIu64 " alerts",
		counter_get(counters, COUNTER_SIP_MESSAGES), counter_get(counters, COUNTER_CALLS),
		counter_get(counters, COUNTER_ALERTS));
}

/* In line, every INLINE_TICK. */
static void tick(void *context)
{
	struct guard *guard = context;
	struct network_set addresses;
	instant now = instant_monotonic_now();

	if (guard->enforcement != NULL) {
		enforcement_tick(guard->enforcement, instant_now());
	}
	if (host_watch_lost_rules(guard->host_watch)) {
		guard_fail(guard);
	}
	if (now >= guard->second_due) {
		guard->second_due = now + SECOND;
		if (host_watch_take_addresses(guard->host_watch, &addresses)) {
			policy_set_host(pipeline_policy(guard->pipeline), &addresses);
		}
		second_passed(guard);
	}
	service_notify_alive();
}

/* ---- from the beginning to the end ---- */

static bool prepare_loop(struct guard *guard)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, 0};

	signal(SIGPIPE, SIG_IGN); /* whoever read our output went away: that ends no guarding */
	guard->loop = event_loop_new();
	if (guard->loop == NULL || event_loop_on_signals(guard->loop, signals, signal_arrived, guard) < 0 ||
		event_loop_every(guard->loop, guard->is_inline ? INLINE_TICK : SECOND,
			guard->is_inline ? tick : second_passed, guard) < 0) {
		log_write(guard_log(guard), LOG_LEVEL_ERROR, "could not begin: %s", strerror(errno));
		return false;
	}
	return true;
}

static void say_what_is_guarded(const struct guard *guard)
{
	char names[256];

	if (guard->start->config->settings.actions.syslog.enabled && access(SYSLOG_PATH, F_OK) != 0) {
		log_write(guard_log(guard), LOG_LEVEL_WARNING,
			"there is no syslog daemon at " SYSLOG_PATH
			": alerts for it wait until there is one");
	}
	if (guard->start->options.monitor) {
		log_write(guard_log(guard), LOG_LEVEL_NOTICE,
			"--monitor: watching only, whatever actions.mode says");
	}
	if (guard->is_inline) {
		snprintf(names, sizeof names, "the firewall's queue %u in mode \"%s\"",
			guard->start->config->settings.actions.queue,
			action_mode_name(guard->start->config->settings.actions.mode));
	} else {
		interfaces_names(guard->interfaces, names, sizeof names);
	}
	log_write(guard_log(guard), LOG_LEVEL_NOTICE,
		"guarding %s for site %s; SIGTERM ends, SIGHUP reloads, SIGUSR1 "
		"logs the counters",
		names, guard->start->config->settings.site.name);
	if (guard->is_inline) {
		log_write(guard_log(guard), LOG_LEVEL_NOTICE, "%s",
			guard->kept_refusals != NULL
				? "sudo pbxguardctl report tells what was refused, or would have been"
				: "without a store there is no report of what is refused or would be");
	}
	service_notify_ready();
}

static bool begin(struct guard *guard)
{
	guard->is_inline = guard->start->config->settings.actions.mode != ACTION_MODE_MONITOR;
	guard->slow_log = *guard_log(guard);
	guard->slow_log.counters = NULL;
	return prepare_loop(guard) && guard_prepare_inline(guard) && guard_make_pipeline(guard) &&
	       guard_start_slow_thread(guard) && guard_start_control_desk(guard) && guard_open_source(guard);
}

/* In the order in which alerts flow, so that none is left behind. False when the slow thread hangs. */
static bool end(struct guard *guard)
{
	queue_guard_free(guard->queue); /* first, so that SIP goes by while the rest ends */
	if (guard->interfaces != NULL) {
		interfaces_close(guard->interfaces);
	}
	if (guard->pipeline != NULL && guard->slow_thread != NULL) {
		pipeline_finish(guard->pipeline);
	}
	if (guard->slow_thread != NULL && guard->has_store) {
		report_second(guard);
	}
	if (guard->slow_thread != NULL && guard->has_store &&
		!keep_finish(guard->pipeline, guard->slow_thread)) {
		log_write(
			guard_log(guard), LOG_LEVEL_WARNING, "not all that was to be kept could be written");
	}
	return slow_thread_stop(guard->slow_thread);
}

static void tell_the_end(struct guard *guard)
{
	blind_spots_tell(&guard->blind_spots, &guard->start->counters, guard_log(guard), 0, true);
	start_log_counters(guard->start, false);
}

int guard_run(struct start *start)
{
	struct guard *guard = calloc(1, sizeof *guard);

	if (guard == NULL) {
		log_write(&start->log, LOG_LEVEL_ERROR, "could not begin: no memory");
		return EXIT_COULD_NOT;
	}
	guard->start = start;
	guard_complete(guard, start->config);
	bool good = begin(guard), has_begun = false;
	if (good) {
		say_what_is_guarded(guard);
		good = event_loop_run(guard->loop) == 0 && !guard->has_failed &&
		       (guard->is_inline || interfaces_count(guard->interfaces) > 0);
		service_notify_stopping();
		has_begun = true;
	}
	bool has_ended = end(guard);
	if (has_begun) {
		tell_the_end(guard);
	}
	if (!has_ended) {
		/* It hangs in a write: leave everything as it is, the kernel cleans up. */
		log_write(guard_log(guard), LOG_LEVEL_WARNING,
			"what reads our output hangs: the last alerts may be lost");
		_exit(good ? EXIT_DONE : EXIT_COULD_NOT);
	}
	interfaces_free(guard->interfaces);
	enforcement_free(guard->enforcement);
	kept_blocks_free(guard->kept_blocks);
	kept_refusals_free(guard->kept_refusals);
	host_watch_free(guard->host_watch);
	pipeline_free(guard->pipeline);
	event_loop_free(guard->loop);
	free(guard);
	return good ? EXIT_DONE : EXIT_COULD_NOT;
}
