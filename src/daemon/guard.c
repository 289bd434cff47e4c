/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -i, or as a service: guards until it is told to stop. In mode monitor it watches interfaces; else it stands
 * in line, and reads the firewall's queue.
 */
#include "pbxguard/action/actions.h"
#include "pbxguard/action/syslog_alert.h"
#include "pbxguard/daemon/blind_spots.h"
#include "pbxguard/daemon/control_desk.h"
#include "pbxguard/daemon/enforcement.h"
#include "pbxguard/daemon/event_loop.h"
#include "pbxguard/daemon/firewall.h"
#include "pbxguard/daemon/host_addresses.h"
#include "pbxguard/daemon/host_watch.h"
#include "pbxguard/daemon/interfaces.h"
#include "pbxguard/daemon/keep.h"
#include "pbxguard/daemon/kept_blocks.h"
#include "pbxguard/daemon/kept_refusals.h"
#include "pbxguard/daemon/pipeline.h"
#include "pbxguard/daemon/queue_guard.h"
#include "pbxguard/daemon/service_notify.h"
#include "pbxguard/daemon/silence.h"
#include "pbxguard/daemon/slow_thread.h"
#include "pbxguard/daemon/start.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Packets come out of the kernel's ring late by its time-out, and more when we are busy. */
#define PACKETS_LATE (100 * MILLISECOND)
/* So long an alert may wait for the local syslog before we say so. */
#define SYSLOG_PATIENCE (5 * SECOND)
/* In line: for what is sent again (RFC 3261 §17.1.2.2, T1 500 ms), and systemd's watchdog of a second. */
#define INLINE_TICK (100 * MILLISECOND)
#define ACCOUNTS_LOOKED_AT 16

static const uint32_t sip_port[] = {CAPTURE_SIP_PORT};

struct guard {
	struct start *start;
	struct event_loop *loop;
	struct pipeline *pipeline;
	struct slow_thread *slow_thread;
	bool is_inline, has_failed;
	struct interfaces *interfaces;   /* NULL in line */
	struct queue_guard *queue;       /* this and the next three in line only */
	struct enforcement *enforcement; /* NULL in mode dry_run */
	struct host_watch *host_watch;   /* the slow thread's */
	struct silence silence;
	uint64_t messages_heard;
	instant second_due;                /* monotonic */
	struct control_desk *control_desk; /* the slow thread's */
	struct blind_spots blind_spots;
	struct log slow_log; /* the slow thread's: it counts nothing that this one counts */
	bool has_store;
	struct keep keep;
	struct kept_blocks *kept_blocks;     /* handed to the desk; NULL: nothing is kept */
	struct kept_refusals *kept_refusals; /* likewise */
	uint64_t accounts_reported; /* the order of the latest blocked account that is in the report */
	uint64_t account_changes;   /* when it was looked for newer ones the last time */
	instant syslog_waits_since; /* monotonic; 0: nothing waits */
	bool syslog_wait_was_told;
};

static const struct log *log_of(const struct guard *guard)
{
	return &guard->start->log;
}

static void push(void *context, const struct decision *decision)
{
	const struct guard *guard = context;

	slow_thread_push(guard->slow_thread, decision);
}

/* It can't go on: the unit starts it again. */
static void fail(void *context)
{
	struct guard *guard = context;

	guard->has_failed = true;
	event_loop_stop(guard->loop);
}

/* --- interfaces ------------------------------------------------------------------------------------------
 */

/* Those of the command line, or else of the configuration. */
static bool open_interfaces(struct guard *guard, const struct config *config)
{
	const struct options *options = &guard->start->options;
	const struct capture_settings *settings = &config->settings.capture;
	const char *names[CAPTURE_INTERFACES_MAX];

	if (options->interface_count > 0) {
		return interfaces_open(
			guard->interfaces, settings, options->interfaces, options->interface_count);
	}
	for (size_t i = 0; i < settings->interface_count; i++) {
		names[i] = settings->interfaces[i];
	}
	return interfaces_open(guard->interfaces, settings, names, settings->interface_count);
}

/* --- the pieces that a configuration makes ----------------------------------------------------------------
 */

/* What the configuration leaves to the command line and to the host. */
static void complete(const struct guard *guard, struct config *config)
{
	if (guard->start->options.monitor) {
		config->settings.actions.mode = ACTION_MODE_MONITOR;
	}
	if (config->settings.site.pbx.count == 0 && host_addresses_add(&config->settings.site.pbx) < 0) {
		log_write(log_of(guard), LOG_LEVEL_WARNING,
			"this host has more addresses than fit: name the PBX in site.pbx");
	}
}

static struct actions *make_actions(const struct guard *guard)
{
	const struct options *options = &guard->start->options;
	const struct config *config = guard->start->config;
	const struct action_output output = {
		.descriptor = options->has_format || isatty(STDOUT_FILENO) ? STDOUT_FILENO : -1,
		.format = options->format,
	};

	return actions_new(&config->settings.actions, &config->settings.site, output, SYSLOG_PATH,
		&guard->start->counters);
}

static const uint32_t *ports_of(const struct config *config, size_t *count)
{
	*count = config->settings.capture.port_count > 0 ? config->settings.capture.port_count : 1;
	return config->settings.capture.port_count > 0 ? config->settings.capture.ports : sip_port;
}

static struct enforcement_settings enforcement_settings_of(const struct config *config)
{
	return (struct enforcement_settings){
		.status = (unsigned)config->settings.actions.block.status,
		.ends_calls = config->settings.actions.block.end_calls,
		.max_age = config->settings.calls.max_age,
	};
}

/* What touches calls and addresses, where the mode says so. */
static bool prepare_inline(struct guard *guard)
{
	const struct config *config = guard->start->config;
	const struct enforcement_settings settings = enforcement_settings_of(config);

	if (!guard->is_inline) {
		return true;
	}
	if (guard->start->options.interface_count > 0) {
		log_write(log_of(guard), LOG_LEVEL_ERROR,
			"-i watches an interface, but actions.mode is \"%s\", which reads the firewall's queue: add "
			"--monitor, or leave -i away",
			action_mode_name(config->settings.actions.mode));
		return false;
	}
	guard->host_watch = host_watch_new(&guard->slow_log);
	if (guard->host_watch == NULL) {
		return false;
	}
	if (config->settings.actions.mode == ACTION_MODE_BLOCK) {
		guard->enforcement = enforcement_new(&settings, &guard->start->counters);
		if (guard->enforcement == NULL) {
			log_write(log_of(guard), LOG_LEVEL_ERROR,
				"could not open what answers in the far side's name: %s", strerror(errno));
			return false;
		}
	}
	return true;
}

static void push_block(void *context, const struct block_request *request)
{
	const struct guard *guard = context;

	if (guard->control_desk != NULL) {
		control_desk_push(guard->control_desk, request);
	}
}

static void keep_refusal(void *context, const struct refusal_record *record)
{
	const struct guard *guard = context;

	if (guard->kept_refusals != NULL) {
		kept_refusals_add(guard->kept_refusals, record);
	}
}

static void keep_slip(void *context, struct text call_id, instant now)
{
	const struct guard *guard = context;

	(void)now;
	if (guard->kept_refusals != NULL) {
		kept_refusals_slipped(guard->kept_refusals, call_id);
	}
}

static bool make_pipeline(struct guard *guard)
{
	struct pipeline_setup setup = {
		.config = guard->start->config,
		.counters = &guard->start->counters,
		.log = &guard->start->log,
		.handler = push,
		.block = push_block,
		.refusal = keep_refusal,
		.slip = keep_slip,
		.context = guard,
		.is_inline = guard->is_inline,
		.enforcement = guard->enforcement,
	};

	setup.ports = ports_of(setup.config, &setup.port_count);
	guard->pipeline = pipeline_new(&setup);
	if (guard->pipeline == NULL) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "could not begin: no memory");
		return false;
	}
	if (guard->is_inline) {
		return true;
	}
	const struct interfaces_setup interfaces = {
		.loop = guard->loop,
		.counters = setup.counters,
		.log = setup.log,
		.handler = pipeline_handle_packet,
		.context = guard->pipeline,
	};
	guard->interfaces = interfaces_new(&interfaces);
	if (guard->interfaces == NULL) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "could not begin: no memory");
		return false;
	}
	return true;
}

/* Those that were blocked since it was looked the last time. */
static void look_for_blocked_accounts(struct guard *guard, struct kept_refusals *kept)
{
	const struct policy *policy = pipeline_policy(guard->pipeline);
	struct blocked_account_record accounts[ACCOUNTS_LOOKED_AT];
	struct refusal_record record;
	size_t count;

	if (policy_account_changes(policy) == guard->account_changes) {
		return;
	}
	guard->account_changes = policy_account_changes(policy);
	do {
		count = policy_list_accounts(policy, guard->accounts_reported, accounts, ACCOUNTS_LOOKED_AT);
		for (size_t i = 0; i < count; i++) {
			guard->accounts_reported = accounts[i].order;
			refusal_of_account(&accounts[i], policy_is_blocking(policy), &record);
			if (kept != NULL) {
				kept_refusals_add(kept, &record);
			}
		}
	} while (count == ACCOUNTS_LOOKED_AT);
}

static void report_second(struct guard *guard)
{
	if (guard->kept_refusals != NULL) {
		look_for_blocked_accounts(guard, guard->kept_refusals);
		kept_refusals_tick(guard->kept_refusals, instant_now());
	}
}

/* NULL: there is none, for whatever reason. What it holds goes on. */
static struct store *open_store(struct guard *guard)
{
	const char *path = guard->start->config->settings.store.path;

	if (path[0] == '\0') {
		return NULL;
	}
	struct store *store = store_open(path, &guard->slow_log, &guard->start->counters, instant_now());
	if (store != NULL) {
		keep_restore(store, guard->pipeline, log_of(guard), instant_now());
		keep_begin(&guard->keep, instant_monotonic_now());
		guard->kept_blocks = kept_blocks_new(
			store, policy_is_blocking(pipeline_policy(guard->pipeline)), instant_now());
		guard->kept_refusals = kept_refusals_new(store, &guard->start->counters,
			(enum action_mode)guard->start->config->settings.actions.mode, instant_now());
		look_for_blocked_accounts(guard, NULL); /* those of before are reported already */
	}
	return store;
}

static bool start_slow_thread(struct guard *guard)
{
	struct actions *actions = make_actions(guard);
	struct store *store = actions != NULL ? open_store(guard) : NULL;

	guard->slow_thread =
		actions != NULL ? slow_thread_start(actions, store, &guard->start->counters) : NULL;
	guard->has_store = store != NULL;
	if (guard->slow_thread == NULL) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "could not start the thread that writes alerts: %s",
			strerror(errno));
		actions_free(actions);
		store_free(store);
	} else if (guard->kept_refusals != NULL) {
		kept_refusals_move_in(guard->kept_refusals, guard->slow_thread);
	}
	return guard->slow_thread != NULL;
}

/* --- blocked accounts, asked for by the control socket ---------------------------------------------------
 */

/* Calls that were refused must not be so once more because they are remembered. */
static size_t release_accounts(void *context, const char *account, const char *incident)
{
	struct guard *guard = context;
	struct policy *policy = pipeline_policy(guard->pipeline);
	instant now = instant_now();
	size_t released = account[0] != '\0' ? (size_t)policy_release_account(policy, account, now)
					     : policy_release_incident(policy, incident);

	if (released > 0 && guard->enforcement != NULL) {
		enforcement_release(guard->enforcement, now);
	}
	return released;
}

static size_t list_accounts(
	void *context, uint64_t *after, struct blocked_account_record *accounts, size_t room)
{
	const struct guard *guard = context;
	size_t count = policy_list_accounts(pipeline_policy(guard->pipeline), *after, accounts, room);

	*after = count < room ? UINT64_MAX : accounts[count - 1].order;
	return count;
}

static bool start_control_desk(struct guard *guard)
{
	const struct config_settings *settings = &guard->start->config->settings;
	const struct control_desk_setup setup = {
		.path = settings->control.path,
		.site = &settings->site,
		.settings = &settings->actions,
		.is_never = guard->host_watch != NULL ? host_watch_is_never : NULL,
		.never_context = guard->host_watch,
		.accounts = {release_accounts, list_accounts, guard},
		.store = kept_blocks_hooks(guard->kept_blocks),
		.report = kept_refusals_report(guard->kept_refusals),
		.loop = guard->loop,
		.counters = &guard->start->counters,
		.log = &guard->slow_log,
	};

	guard->control_desk = control_desk_start(&setup, guard->slow_thread);
	if (guard->control_desk == NULL) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "could not begin: %s", strerror(errno));
	}
	return guard->control_desk != NULL;
}

/* What packets come from; last, as from here on they wait for us. */
static bool open_source(struct guard *guard)
{
	const struct queue_guard_setup setup = {
		.number = guard->start->config->settings.actions.queue,
		.loop = guard->loop,
		.pipeline = guard->pipeline,
		.enforcement = guard->enforcement,
		.counters = &guard->start->counters,
		.log = log_of(guard),
		.closed = fail,
		.context = guard,
	};
	struct network_set addresses;

	if (!guard->is_inline) {
		return open_interfaces(guard, guard->start->config) && interfaces_take(guard->interfaces);
	}
	if (host_watch_take_addresses(guard->host_watch, &addresses)) {
		policy_set_host(pipeline_policy(guard->pipeline), &addresses);
	}
	host_watch_move_in(guard->host_watch, guard->slow_thread);
	guard->queue = queue_guard_open(&setup);
	return guard->queue != NULL;
}

/* --- reload: a new configuration is built and checked whole, then swapped; a broken one changes nothing
 * ------ */

static void refuse_reload(struct guard *guard)
{
	counter_add(&guard->start->counters, COUNTER_RELOADS_REFUSED, 1);
	log_write(log_of(guard), LOG_LEVEL_ERROR,
		"the new configuration was not taken over; the one before stays in force");
}

/* The firewall's rules are laid before the start. */
static void keep_mode(const struct guard *guard, struct config *new)
{
	const struct config_settings *old = &guard->start->config->settings;
	bool has_changed = guard->is_inline ? !firewall_is_same(&new->settings, old)
					    : new->settings.actions.mode != ACTION_MODE_MONITOR;

	if (!has_changed) {
		return;
	}
	log_write(log_of(guard), LOG_LEVEL_WARNING,
		"actions.mode, actions.queue and capture.ports change at a restart only, which lays the "
		"firewall's rules anew: systemctl restart pbxguard");
	new->settings.actions.mode = old->actions.mode;
	new->settings.actions.queue = old->actions.queue;
	if (guard->is_inline) {
		new->settings.capture.port_count = old->capture.port_count;
		memcpy(new->settings.capture.ports, old->capture.ports, sizeof old->capture.ports);
	}
}

static bool interfaces_change(const struct guard *guard, const struct config *new)
{
	return !guard->is_inline &&
	       !capture_settings_equal(&new->settings.capture, &guard->start->config->settings.capture);
}

/* Everything that can fail comes first; then nothing is left to go wrong half way. */
static bool try_reload(struct guard *guard, struct config *new)
{
	struct start *start = guard->start;
	size_t port_count;
	bool changes = interfaces_change(guard, new);
	const uint32_t *ports = ports_of(new, &port_count);

	if (changes && !open_interfaces(guard, new)) {
		return false;
	}
	if (!pipeline_reload(guard->pipeline, new, ports, port_count)) {
		if (changes) {
			interfaces_discard(guard->interfaces);
		}
		return false;
	}
	if (guard->enforcement != NULL) {
		const struct enforcement_settings settings = enforcement_settings_of(new);
		enforcement_configure(guard->enforcement, &settings, instant_now());
	}
	start_set_time_zone(start, new);
	if (strcmp(new->settings.store.path, start->config->settings.store.path) != 0) {
		log_write(log_of(guard), LOG_LEVEL_NOTICE, "store.path changes at a restart only");
	}
	slow_thread_configure(guard->slow_thread, &new->settings.actions, &new->settings.site);
	if (changes && !interfaces_take(guard->interfaces)) {
		event_loop_stop(guard->loop);
	}
	return true;
}

static void reload(struct guard *guard)
{
	struct start *start = guard->start;
	struct config *old = start->config, *new = start_read_config(start);

	if (new == NULL) {
		refuse_reload(guard);
		return;
	}
	complete(guard, new);
	keep_mode(guard, new);
	if (!try_reload(guard, new)) {
		config_free(new);
		refuse_reload(guard);
		return;
	}
	start->config = new;
	config_free(old);
	counter_add(&start->counters, COUNTER_RELOADS, 1);
	log_write(log_of(guard), LOG_LEVEL_NOTICE, "the new configuration is in force");
}

/* --- signals, time ----------------------------------------------------------------------------------------
 */

static void signal_arrived(void *context, int signal)
{
	struct guard *guard = context;

	switch (signal) {
	case SIGHUP:
		service_notify_reloading();
		reload(guard);
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

/* Alerts that wait for a syslog which is away or stuck must not do so in silence. */
static void look_after_syslog(struct guard *guard, instant now)
{
	const struct counters *counters = &guard->start->counters;
	uint64_t waiting = counter_get(counters, COUNTER_SYSLOG_QUEUED) -
			   counter_get(counters, COUNTER_SYSLOG_SENT) -
			   counter_get(counters, COUNTER_SYSLOG_LOST);

	if (waiting == 0) {
		guard->syslog_waits_since = 0;
		guard->syslog_wait_was_told = false;
	} else if (guard->syslog_waits_since == 0) {
		guard->syslog_waits_since = now;
	} else if (!guard->syslog_wait_was_told && now - guard->syslog_waits_since >= SYSLOG_PATIENCE) {
		guard->syslog_wait_was_told = true;
		log_write(log_of(guard), LOG_LEVEL_WARNING,
			"%" PRIu64 " alert lines wait: no syslog daemon takes them at " SYSLOG_PATH, waiting);
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
		.log = log_of(guard),
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
	blind_spots_tell(&guard->blind_spots, counters, log_of(guard), instant_monotonic_now(), false);
	look_after_syslog(guard, instant_monotonic_now());
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
		fail(guard);
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

static bool prepare_loop(struct guard *guard)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, 0};

	signal(SIGPIPE, SIG_IGN); /* whoever read our output went away: that ends no guarding */
	guard->loop = event_loop_new();
	if (guard->loop == NULL || event_loop_on_signals(guard->loop, signals, signal_arrived, guard) < 0 ||
		event_loop_every(guard->loop, guard->is_inline ? INLINE_TICK : SECOND,
			guard->is_inline ? tick : second_passed, guard) < 0) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "could not begin: %s", strerror(errno));
		return false;
	}
	return true;
}

static void say_what_is_guarded(const struct guard *guard)
{
	char names[256];

	if (guard->start->config->settings.actions.syslog.enabled && access(SYSLOG_PATH, F_OK) != 0) {
		log_write(log_of(guard), LOG_LEVEL_WARNING,
			"there is no syslog daemon at " SYSLOG_PATH
			": alerts for it wait until there is one");
	}
	if (guard->start->options.monitor) {
		log_write(log_of(guard), LOG_LEVEL_NOTICE,
			"--monitor: watching only, whatever actions.mode says");
	}
	if (guard->is_inline) {
		snprintf(names, sizeof names, "the firewall's queue %u in mode \"%s\"",
			guard->start->config->settings.actions.queue,
			action_mode_name(guard->start->config->settings.actions.mode));
	} else {
		interfaces_names(guard->interfaces, names, sizeof names);
	}
	log_write(log_of(guard), LOG_LEVEL_NOTICE,
		"guarding %s for site %s; SIGTERM ends, SIGHUP reloads, SIGUSR1 "
		"logs the counters",
		names, guard->start->config->settings.site.name);
	if (guard->is_inline) {
		log_write(log_of(guard), LOG_LEVEL_NOTICE, "%s",
			guard->kept_refusals != NULL
				? "sudo pbxguardctl report tells what was refused, or would have been"
				: "without a store there is no report of what is refused or would be");
	}
	service_notify_ready();
}

static bool begin(struct guard *guard)
{
	guard->is_inline = guard->start->config->settings.actions.mode != ACTION_MODE_MONITOR;
	guard->slow_log = *log_of(guard);
	guard->slow_log.counters = NULL;
	return prepare_loop(guard) && prepare_inline(guard) && make_pipeline(guard) &&
	       start_slow_thread(guard) && start_control_desk(guard) && open_source(guard);
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
		log_write(log_of(guard), LOG_LEVEL_WARNING, "not all that was to be kept could be written");
	}
	return slow_thread_stop(guard->slow_thread);
}

static void tell_the_end(struct guard *guard)
{
	blind_spots_tell(&guard->blind_spots, &guard->start->counters, log_of(guard), 0, true);
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
	complete(guard, start->config);
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
		log_write(log_of(guard), LOG_LEVEL_WARNING,
			"what reads our output hangs: the last alerts may be lost");
		_exit(good ? EXIT_DONE : EXIT_COULD_NOT);
	}
	interfaces_free(guard->interfaces);
	enforcement_free(guard->enforcement);
	kept_blocks_free(guard->kept_blocks);
	kept_refusals_free(guard->kept_refusals);
	pipeline_free(guard->pipeline);
	event_loop_free(guard->loop);
	free(guard);
	return good ? EXIT_DONE : EXIT_COULD_NOT;
}
