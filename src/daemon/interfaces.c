/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/interfaces.h"

#include "pbxguard/capture/pcap_source.h"
#include "pbxguard/capture/reorder.h"
#include "pbxguard/daemon/silence.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Packets of several interfaces wait for each other so much longer than the kernel may keep them. */
#define REORDER_MARGIN (2 * MILLISECOND)

/* Some thousand packets each: at the end nobody waits for a sender who never stops. */
#define LAST_READS 64

struct guarded_interface {
	struct interfaces *interfaces;
	struct pcap_source *source;
	int descriptor; /* in the event loop; -1: not */
	struct silence silence;
};

/* Those of one configuration. */
struct interface_set {
	size_t count;
	struct guarded_interface items[CAPTURE_INTERFACES_MAX];
};

struct interfaces {
	struct interfaces_setup setup;
	struct reorder *reorder; /* of the packets of several */
	duration reorder_wait;
	struct interface_set guarded, opened;
	/* Of those that were closed; the counters go on. */
	uint64_t closed_kernel_drops, closed_interface_drops;
};

static void unwatch(struct guarded_interface *interface)
{
	if (interface->descriptor >= 0) {
		event_loop_remove(interface->interfaces->setup.loop, interface->descriptor);
		interface->descriptor = -1;
	}
}

static void lose(struct guarded_interface *interface)
{
	const struct interfaces_setup *setup = &interface->interfaces->setup;

	unwatch(interface);
	counter_add(setup->counters, COUNTER_INTERFACE_LOST, 1);
	log_write(setup->log, LOG_LEVEL_WARNING, "%s; nothing is seen there until it is back",
		pcap_source_error(interface->source));
}

/* A packet_handler; the context is the interfaces. */
static enum verdict handle_packet(void *context, const struct packet *packet)
{
	struct interfaces *interfaces = context;
	const struct counters *counters = interfaces->setup.counters;
	uint64_t messages = counter_get(counters, COUNTER_SIP_MESSAGES);
	enum verdict verdict = interfaces->setup.handler(interfaces->setup.context, packet);

	if (counter_get(counters, COUNTER_SIP_MESSAGES) != messages) {
		silence_heard(&interfaces->guarded.items[packet->interface].silence);
	}
	return verdict;
}

/* A packet_handler; the context is the interface. Those of several wait for each other. */
static enum verdict take_packet(void *context, const struct packet *packet)
{
	const struct guarded_interface *interface = context;
	struct interfaces *interfaces = interface->interfaces;
	struct packet taken = *packet;

	taken.interface = (size_t)(interface - interfaces->guarded.items);
	return interfaces->guarded.count == 1 ? handle_packet(interfaces, &taken)
					      : reorder_add(interfaces->reorder, &taken);
}

/* Were there any? */
static bool read_packets(struct guarded_interface *interface)
{
	if (interface->descriptor < 0) {
		return false;
	}
	enum pcap_source_result result = pcap_source_dispatch(interface->source, take_packet, interface);
	if (result == PCAP_SOURCE_LOST) {
		lose(interface);
	}
	return result == PCAP_SOURCE_PACKET;
}

/*
 * Of several interfaces all are read, whichever woke us; then what no packet can overtake any more is handed
 * on. Comes back for the rest.
 */
static void packets_are_there(void *context)
{
	struct interfaces *interfaces = context;
	instant oldest, now = instant_now();

	for (size_t i = 0; i < interfaces->guarded.count; i++) {
		read_packets(&interfaces->guarded.items[i]);
	}
	if (reorder_oldest(interfaces->reorder, &oldest)) {
		/* A time in the future: the clock was set back. */
		bool all = oldest > instant_now();
		reorder_release(interfaces->reorder, all ? INT64_MAX : now - interfaces->reorder_wait);
	}
	if (reorder_oldest(interfaces->reorder, &oldest)) {
		event_loop_once(interfaces->setup.loop, oldest + interfaces->reorder_wait - now,
			packets_are_there, interfaces);
	}
}

static int watch(struct guarded_interface *interface)
{
	int descriptor = pcap_source_descriptor(interface->source);
	int error = event_loop_add(
		interface->interfaces->setup.loop, descriptor, packets_are_there, interface->interfaces);

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
		log_write(interface->interfaces->setup.log, LOG_LEVEL_NOTICE, "%s is back and guarded again",
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

struct interfaces *interfaces_new(const struct interfaces_setup *setup)
{
	struct interfaces *interfaces = calloc(1, sizeof *interfaces);

	if (interfaces == NULL) {
		return NULL;
	}
	interfaces->setup = *setup;
	interfaces->reorder = reorder_new(handle_packet, interfaces);
	interfaces->reorder_wait = pcap_source_lateness() + REORDER_MARGIN;
	if (interfaces->reorder == NULL) {
		free(interfaces);
		return NULL;
	}
	return interfaces;
}

void interfaces_free(struct interfaces *interfaces)
{
	if (interfaces != NULL) {
		close_set(&interfaces->guarded);
		close_set(&interfaces->opened);
		reorder_free(interfaces->reorder);
		free(interfaces);
	}
}

static bool open_interface(
	struct interfaces *interfaces, const struct capture_settings *settings, const char *name)
{
	struct interface_set *set = &interfaces->opened;
	struct guarded_interface *interface = &set->items[set->count];
	char error[PCAP_SOURCE_ERROR_SIZE];

	*interface = (struct guarded_interface){.interfaces = interfaces, .descriptor = -1};
	interface->source = pcap_source_open_interface(settings, name, error, sizeof error);
	if (interface->source == NULL) {
		log_write(interfaces->setup.log, LOG_LEVEL_ERROR, "%s", error);
		return false;
	}
	set->count++;
	return true;
}

bool interfaces_open(struct interfaces *interfaces, const struct capture_settings *settings,
	const char *const *names, size_t count)
{
	close_set(&interfaces->opened);
	if (count > CAPTURE_INTERFACES_MAX) {
		log_write(interfaces->setup.log, LOG_LEVEL_ERROR,
			"%zu interfaces are too many: %d can be guarded, or \"any\"", count,
			CAPTURE_INTERFACES_MAX);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!open_interface(interfaces, settings, names[i])) {
			close_set(&interfaces->opened);
			return false;
		}
	}
	return true;
}

void interfaces_discard(struct interfaces *interfaces)
{
	close_set(&interfaces->opened);
}

void interfaces_count_drops(struct interfaces *interfaces)
{
	uint64_t kernel = interfaces->closed_kernel_drops, interface = interfaces->closed_interface_drops;

	for (size_t i = 0; i < interfaces->guarded.count; i++) {
		uint64_t by_kernel = 0, by_interface = 0;
		pcap_source_drops(interfaces->guarded.items[i].source, &by_kernel, &by_interface);
		kernel += by_kernel;
		interface += by_interface;
	}
	counter_set(interfaces->setup.counters, COUNTER_KERNEL_DROPS, kernel);
	counter_set(interfaces->setup.counters, COUNTER_INTERFACE_DROPS, interface);
}

/* What the kernel has taken but not handed over yet: it does within its lateness. */
static void read_last(struct guarded_interface *interface)
{
	struct pollfd wait = {.fd = interface->descriptor, .events = POLLIN};
	int patience = (int)(pcap_source_lateness() / MILLISECOND) + 1;

	for (int reads = 0; reads < LAST_READS && interface->descriptor >= 0; reads++) {
		if (!read_packets(interface) && poll(&wait, 1, patience) <= 0) {
			return;
		}
	}
}

void interfaces_close(struct interfaces *interfaces)
{
	for (size_t i = 0; i < interfaces->guarded.count; i++) {
		read_last(&interfaces->guarded.items[i]);
	}
	reorder_release(interfaces->reorder, INT64_MAX);
	interfaces_count_drops(interfaces);
	interfaces->closed_kernel_drops = counter_get(interfaces->setup.counters, COUNTER_KERNEL_DROPS);
	interfaces->closed_interface_drops = counter_get(interfaces->setup.counters, COUNTER_INTERFACE_DROPS);
	close_set(&interfaces->guarded);
}

bool interfaces_take(struct interfaces *interfaces)
{
	interfaces_close(interfaces);
	interfaces->guarded = interfaces->opened;
	interfaces->opened.count = 0;
	for (size_t i = 0; i < interfaces->guarded.count; i++) {
		if (watch(&interfaces->guarded.items[i]) != 0) {
			log_write(interfaces->setup.log, LOG_LEVEL_ERROR, "%s: could not be waited for",
				pcap_source_name(interfaces->guarded.items[i].source));
			return false;
		}
	}
	return true;
}

size_t interfaces_count(const struct interfaces *interfaces)
{
	return interfaces->guarded.count;
}

char *interfaces_names(const struct interfaces *interfaces, char *buffer, size_t size)
{
	buffer[0] = '\0';
	for (size_t i = 0; i < interfaces->guarded.count; i++) {
		size_t used = strlen(buffer);
		snprintf(buffer + used, size - used, "%s%s", i > 0 ? ", " : "",
			pcap_source_name(interfaces->guarded.items[i].source));
	}
	return buffer;
}

void interfaces_look_after(struct interfaces *interfaces)
{
	for (size_t i = 0; i < interfaces->guarded.count; i++) {
		look_after(&interfaces->guarded.items[i]);
	}
	interfaces_count_drops(interfaces);
}

/* While an interface is lost, that was told: only a line that is up can be silent. */
void interfaces_look_for_silence(struct interfaces *interfaces, duration limit, bool counts, instant now)
{
	for (size_t i = 0; i < interfaces->guarded.count; i++) {
		struct guarded_interface *interface = &interfaces->guarded.items[i];
		const struct silence_terms terms = {
			.name = pcap_source_name(interface->source),
			.limit = limit,
			.counts = counts && interface->descriptor >= 0,
			.counters = interfaces->setup.counters,
			.log = interfaces->setup.log,
		};
		silence_look(&interface->silence, &terms, now);
	}
}
