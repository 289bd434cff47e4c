/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -i, or as a service: guards interfaces until it is told to stop. */
#include "pbxguard/action/actions.h"
#include "pbxguard/action/syslog_alert.h"
#include "pbxguard/capture/pcap_source.h"
#include "pbxguard/capture/reorder.h"
#include "pbxguard/daemon/blind_spots.h"
#include "pbxguard/daemon/event_loop.h"
#include "pbxguard/daemon/host_addresses.h"
#include "pbxguard/daemon/pipeline.h"
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
/* Packets of several interfaces wait for each other so much longer than the kernel may keep them. */
#define REORDER_MARGIN (2 * MILLISECOND)

/* So long an alert may wait for the local syslog before we say so. */
#define SYSLOG_PATIENCE (5 * SECOND)

static const uint32_t sip_port[] = {CAPTURE_SIP_PORT};

struct guard;

struct guarded_interface {
	struct guard *guard;
	struct pcap_source *source;
	int descriptor; /* in the event loop; -1: not */
	struct silence silence;
};

/* Those of one configuration. */
struct interface_set {
	size_t count;
	struct guarded_interface items[CAPTURE_INTERFACES_MAX];
};

struct guard {
	struct start *start;
	struct event_loop *loop;
	struct pipeline *pipeline;
	struct slow_thread *slow_thread;
	struct reorder *reorder; /* of the packets of several interfaces */
	duration reorder_wait;
	struct interface_set interfaces;
	/* Of interfaces that a reload closed; the counters go on. */
	uint64_t closed_kernel_drops, closed_interface_drops;
	struct blind_spots blind_spots;
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

/* --- interfaces ------------------------------------------------------------------------------------------
 */

static void unwatch(struct guarded_interface *interface)
{
	if (interface->descriptor >= 0) {
		event_loop_remove(interface->guard->loop, interface->descriptor);
		interface->descriptor = -1;
	}
}

static void lose(struct guarded_interface *interface)
{
	struct guard *guard = interface->guard;

	unwatch(interface);
	counter_add(&guard->start->counters, COUNTER_INTERFACE_LOST, 1);
	log_write(log_of(guard), LOG_LEVEL_WARNING, "%s; nothing is seen there until it is back",
		pcap_source_error(interface->source));
}

/* A packet_handler; the context is the guard. */
static enum verdict handle_packet(void *context, const struct packet *packet)
{
	struct guard *guard = context;
	const struct counters *counters = &guard->start->counters;
	uint64_t messages = counter_get(counters, COUNTER_SIP_MESSAGES);
	enum verdict verdict = pipeline_handle_packet(guard->pipeline, packet);

	if (counter_get(counters, COUNTER_SIP_MESSAGES) != messages) {
		silence_heard(&guard->interfaces.items[packet->interface].silence);
	}
	return verdict;
}

/* A packet_handler; the context is the interface. Those of several wait for each other. */
static enum verdict take_packet(void *context, const struct packet *packet)
{
	const struct guarded_interface *interface = context;
	struct guard *guard = interface->guard;
	struct packet taken = *packet;

	taken.interface = (size_t)(interface - guard->interfaces.items);
	return guard->interfaces.count == 1 ? handle_packet(guard, &taken)
					    : reorder_add(guard->reorder, &taken);
}

static void read_packets(struct guarded_interface *interface)
{
	if (interface->descriptor >= 0 &&
		pcap_source_dispatch(interface->source, take_packet, interface) == PCAP_SOURCE_LOST) {
		lose(interface);
	}
}

/*
 * Of several interfaces all are read, whichever woke us; then what no packet can overtake any more is handed
 * on. Comes back for the rest.
 */
static void packets_are_there(void *context)
{
	struct guard *guard = context;
	instant oldest, now = instant_now();

	for (size_t i = 0; i < guard->interfaces.count; i++) {
		read_packets(&guard->interfaces.items[i]);
	}
	if (reorder_oldest(guard->reorder, &oldest)) {
		/* A time in the future: the clock was set back. */
		bool all = oldest > instant_now();
		reorder_release(guard->reorder, all ? INT64_MAX : now - guard->reorder_wait);
	}
	if (reorder_oldest(guard->reorder, &oldest)) {
		event_loop_once(guard->loop, oldest + guard->reorder_wait - now, packets_are_there, guard);
	}
}

static int watch(struct guarded_interface *interface)
{
	int descriptor = pcap_source_descriptor(interface->source);
	int error = event_loop_add(interface->guard->loop, descriptor, packets_are_there, interface->guard);

	interface->descriptor = error == 0 ? descriptor : -1;
	return error;
}

static void look_after(struct guarded_interface *interface)
{
	if (interface->descriptor >= 0) {
		if (pcap_source_check(interface->source) == PCAP_SOURCE_LOST) {
			lose(interface);
		}
	} else if (pcap_source_reopen(interface->source) && watch(interface) == 0) {
		log_write(log_of(interface->guard), LOG_LEVEL_NOTICE, "%s is back and guarded again",
			pcap_source_name(interface->source));
	}
}

static void close_set(struct interface_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		unwatch(&set->items[i]);
		pcap_source_free(set->items[i].source);
	}
	set->count = 0;
}

static bool open_interface(struct guard *guard, const struct capture_settings *settings, const char *name,
	struct interface_set *set)
{
	struct guarded_interface *interface = &set->items[set->count];
	char error[PCAP_SOURCE_ERROR_SIZE];

	*interface = (struct guarded_interface){.guard = guard, .descriptor = -1};
	interface->source = pcap_source_open_interface(settings, name, error, sizeof error);
	if (interface->source == NULL) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "%s", error);
		return false;
	}
	set->count++;
	return true;
}

/* Those of the command line, or else of the configuration: all of them or none. */
static bool open_set(struct guard *guard, const struct config *config, struct interface_set *set)
{
	const struct options *options = &guard->start->options;
	const struct capture_settings *settings = &config->settings.capture;
	bool by_options = options->interface_count > 0;
	size_t count = by_options ? options->interface_count : settings->interface_count;

	*set = (struct interface_set){0};
	if (count > CAPTURE_INTERFACES_MAX) {
		log_write(log_of(guard), LOG_LEVEL_ERROR,
			"%zu interfaces are too many: %d can be guarded, or \"any\"", count,
			CAPTURE_INTERFACES_MAX);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const char *name = by_options ? options->interfaces[i] : settings->interfaces[i];
		if (!open_interface(guard, settings, name, set)) {
			close_set(set);
			return false;
		}
	}
	return true;
}

static void read_drops(struct guard *guard)
{
	uint64_t kernel = guard->closed_kernel_drops, interface = guard->closed_interface_drops;

	for (size_t i = 0; i < guard->interfaces.count; i++) {
		uint64_t by_kernel = 0, by_interface = 0;
		pcap_source_drops(guard->interfaces.items[i].source, &by_kernel, &by_interface);
		kernel += by_kernel;
		interface += by_interface;
	}
	counter_set(&guard->start->counters, COUNTER_KERNEL_DROPS, kernel);
	counter_set(&guard->start->counters, COUNTER_INTERFACE_DROPS, interface);
}

static void close_interfaces(struct guard *guard)
{
	reorder_release(guard->reorder, INT64_MAX);
	read_drops(guard);
	guard->closed_kernel_drops = counter_get(&guard->start->counters, COUNTER_KERNEL_DROPS);
	guard->closed_interface_drops = counter_get(&guard->start->counters, COUNTER_INTERFACE_DROPS);
	close_set(&guard->interfaces);
}

/* Guards these from now on, instead of those before. */
static bool take_interfaces(struct guard *guard, const struct interface_set *set)
{
	close_interfaces(guard);
	guard->interfaces = *set;
	for (size_t i = 0; i < set->count; i++) {
		if (watch(&guard->interfaces.items[i]) != 0) {
			log_write(log_of(guard), LOG_LEVEL_ERROR, "%s: could not be waited for",
				pcap_source_name(set->items[i].source));
			return false;
		}
	}
	return true;
}

/* --- the pieces that a configuration makes ----------------------------------------------------------------
 */

/* What the configuration leaves to the host. */
static void complete_site(const struct guard *guard, struct config *config)
{
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

static bool make_pipeline(struct guard *guard)
{
	struct pipeline_setup setup = {
		.config = guard->start->config,
		.counters = &guard->start->counters,
		.log = &guard->start->log,
		.handler = push,
		.context = guard,
	};

	setup.ports = ports_of(setup.config, &setup.port_count);
	guard->pipeline = pipeline_new(&setup);
	guard->reorder = reorder_new(handle_packet, guard);
	guard->reorder_wait = pcap_source_lateness() + REORDER_MARGIN;
	if (guard->pipeline == NULL || guard->reorder == NULL) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "could not begin: no memory");
		return false;
	}
	return true;
}

static bool start_slow_thread(struct guard *guard)
{
	struct actions *actions = make_actions(guard);

	guard->slow_thread = actions != NULL ? slow_thread_start(actions, &guard->start->counters) : NULL;
	if (guard->slow_thread == NULL) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "could not start the thread that writes alerts: %s",
			strerror(errno));
		actions_free(actions);
	}
	return guard->slow_thread != NULL;
}

/* --- reload: a new configuration is built and checked whole, then swapped; a broken one changes nothing
 * ------ */

static void refuse_reload(struct guard *guard)
{
	counter_add(&guard->start->counters, COUNTER_RELOADS_REFUSED, 1);
	log_write(log_of(guard), LOG_LEVEL_ERROR,
		"the new configuration was not taken over; the one before stays in force");
}

static bool interfaces_change(const struct guard *guard, const struct config *new)
{
	return !capture_settings_equal(&new->settings.capture, &guard->start->config->settings.capture);
}

/* Everything that can fail comes first; then nothing is left to go wrong half way. */
static bool try_reload(struct guard *guard, struct config *new)
{
	struct start *start = guard->start;
	struct interface_set set = {0};
	size_t port_count;
	bool changes = interfaces_change(guard, new);
	const uint32_t *ports = ports_of(new, &port_count);

	if (changes && !open_set(guard, new, &set)) {
		return false;
	}
	if (!pipeline_reload(guard->pipeline, new, ports, port_count)) {
		close_set(&set);
		return false;
	}
	start_set_time_zone(start, new);
	slow_thread_configure(guard->slow_thread, &new->settings.actions, &new->settings.site);
	if (changes && !take_interfaces(guard, &set)) {
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
	complete_site(guard, new);
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
		read_drops(guard);
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

/* While an interface is lost, that was told: only a line that is up can be silent. */
static void look_for_silence(struct guard *guard, instant now)
{
	const struct config *config = guard->start->config;
	struct calendar_reading reading;

	calendar_read(config->calendar, instant_now(), &reading);
	for (size_t i = 0; i < guard->interfaces.count; i++) {
		struct guarded_interface *interface = &guard->interfaces.items[i];
		const struct silence_terms terms = {
			.name = pcap_source_name(interface->source),
			.limit = config->settings.capture.silence,
			.counts = reading.is_open && interface->descriptor >= 0,
			.counters = &guard->start->counters,
			.log = log_of(guard),
		};
		silence_look(&interface->silence, &terms, now);
	}
}

static void second_passed(void *context)
{
	struct guard *guard = context;
	const struct counters *counters = &guard->start->counters;

	for (size_t i = 0; i < guard->interfaces.count; i++) {
		look_after(&guard->interfaces.items[i]);
	}
	read_drops(guard);
	pipeline_tick(guard->pipeline, instant_now() - PACKETS_LATE);
	look_for_silence(guard, instant_monotonic_now());
	blind_spots_tell(&guard->blind_spots, counters, log_of(guard), instant_monotonic_now(), false);
	look_after_syslog(guard, instant_monotonic_now());
	service_notify_alive();
	service_notify_status("%" PRIu64 " SIP messages, %" PRIu64 " calls, %" PRIu64 " alerts",
		counter_get(counters, COUNTER_SIP_MESSAGES), counter_get(counters, COUNTER_CALLS),
		counter_get(counters, COUNTER_ALERTS));
}

static bool prepare_loop(struct guard *guard)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, 0};

	signal(SIGPIPE, SIG_IGN); /* whoever read our output went away: that ends no guarding */
	guard->loop = event_loop_new();
	if (guard->loop == NULL || event_loop_on_signals(guard->loop, signals, signal_arrived, guard) < 0 ||
		event_loop_every(guard->loop, SECOND, second_passed, guard) < 0) {
		log_write(log_of(guard), LOG_LEVEL_ERROR, "could not begin: %s", strerror(errno));
		return false;
	}
	return true;
}

static void say_what_is_guarded(const struct guard *guard)
{
	char names[256] = "";

	for (size_t i = 0; i < guard->interfaces.count; i++) {
		size_t used = strlen(names);
		snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
			pcap_source_name(guard->interfaces.items[i].source));
	}
	if (guard->start->config->settings.actions.syslog.enabled && access(SYSLOG_PATH, F_OK) != 0) {
		log_write(log_of(guard), LOG_LEVEL_WARNING,
			"there is no syslog daemon at " SYSLOG_PATH
			": alerts for it wait until there is one");
	}
	if (guard->start->options.monitor) {
		log_write(log_of(guard), LOG_LEVEL_NOTICE,
			"--monitor: watching only, whatever actions.mode says");
	}
	log_write(log_of(guard), LOG_LEVEL_NOTICE,
		"guarding %s for site %s; SIGTERM ends, SIGHUP reloads, SIGUSR1 "
		"logs the counters",
		names, guard->start->config->settings.site.name);
	service_notify_ready();
}

static bool begin(struct guard *guard)
{
	struct interface_set set;

	return prepare_loop(guard) && make_pipeline(guard) && start_slow_thread(guard) &&
	       open_set(guard, guard->start->config, &set) && take_interfaces(guard, &set);
}

/* In the order in which alerts flow, so that none is left behind. False when the slow thread hangs. */
static bool end(struct guard *guard)
{
	if (guard->reorder != NULL) {
		close_interfaces(guard);
		pipeline_finish(guard->pipeline);
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
	complete_site(guard, start->config);
	bool good = begin(guard);
	if (good) {
		say_what_is_guarded(guard);
		good = event_loop_run(guard->loop) == 0 && guard->interfaces.count > 0;
		service_notify_stopping();
	}
	bool has_ended = end(guard);
	if (good) {
		tell_the_end(guard);
	}
	if (!has_ended) {
		/* It hangs in a write: leave everything as it is, the kernel cleans up. */
		log_write(log_of(guard), LOG_LEVEL_WARNING,
			"what reads our output hangs: the last alerts may be lost");
		_exit(good ? EXIT_DONE : EXIT_COULD_NOT);
	}
	reorder_free(guard->reorder);
	pipeline_free(guard->pipeline);
	event_loop_free(guard->loop);
	free(guard);
	return good ? EXIT_DONE : EXIT_COULD_NOT;
}
