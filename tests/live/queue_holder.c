/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue_holder NUMBER WHAT: reads a queue of the firewall as the daemon does, and prints a line for each
 * thing that happens. What it does with packets: accept   accepts them, and prints their sizes quiet accepts
 * them, and prints how many there were at the end drop     drops UDP datagrams with the word "fraud" rewrite
 * changes "fraud" to "FRAUD" in UDP datagrams without a checksum hold     holds datagrams with "first" until
 * one with "second" comes, or as long as may be lose     accepts them; gives up CAP_NET_ADMIN at the datagram
 * with "lose" stick    accepts them; the thread never comes back from the datagram with "stick" slow accepts
 * them, each after 2 ms
 */
#include "pbxguard/daemon/queue_watchdog.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct holder {
	struct queue_source *source;
	const char *what;
	instant began;
	uint64_t packets, largest;
};

static volatile sig_atomic_t is_over;

static void end(int signal)
{
	(void)signal;
	is_over = 1;
}

static double milliseconds(const struct holder *holder)
{
	return (double)(instant_monotonic_now() - holder->began) / MILLISECOND;
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (syscall(SYS_capset, &header, none) < 0) {
		perror("capset");
		exit(1);
	}
}

static bool does(const struct holder *holder, const char *what)
{
	return strcmp(holder->what, what) == 0;
}

static uint8_t *find(const struct packet *packet, uint8_t *bytes, const char *word)
{
	return memmem(bytes, packet->captured, word, strlen(word));
}

static enum verdict hold(struct holder *holder, const struct packet *packet, uint8_t *bytes, uint64_t *flow)
{
	*flow = 1;
	if (find(packet, bytes, "first") != NULL) {
		return VERDICT_HOLD;
	}
	if (find(packet, bytes, "second") != NULL) {
		queue_source_release(holder->source, 1);
	}
	return VERDICT_ACCEPT;
}

static enum verdict rewrite(const struct packet *packet, uint8_t *bytes)
{
	uint8_t *word = find(packet, bytes, "fraud");

	if (word == NULL) {
		return VERDICT_ACCEPT;
	}
	memcpy(word, "FRAUD", 5);
	bytes[26] = bytes[27] = 0; /* no checksum: RFC 768 */
	return VERDICT_REWRITTEN;
}

static void meet(struct holder *holder, const struct packet *packet, uint8_t *bytes)
{
	holder->packets++;
	holder->largest = packet->captured > holder->largest ? packet->captured : holder->largest;
	if (does(holder, "accept")) {
		printf("packet %zu\n", packet->on_wire);
	} else if (does(holder, "slow")) {
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	} else if (does(holder, "lose") && find(packet, bytes, "lose") != NULL) {
		drop_capabilities();
		holder->began = instant_monotonic_now();
	} else if (does(holder, "stick") && find(packet, bytes, "stick") != NULL) {
		holder->began = instant_monotonic_now();
		for (;;) {
			pause();
		}
	}
}

static enum verdict handle(void *context, const struct packet *packet, uint8_t *bytes, uint64_t *flow)
{
	struct holder *holder = context;

	meet(holder, packet, bytes);
	if (does(holder, "drop")) {
		return find(packet, bytes, "fraud") != NULL ? VERDICT_DROP : VERDICT_ACCEPT;
	}
	if (does(holder, "rewrite")) {
		return rewrite(packet, bytes);
	}
	return does(holder, "hold") ? hold(holder, packet, bytes, flow) : VERDICT_ACCEPT;
}

static enum verdict decide(void *context, uint8_t *bytes, size_t size, bool give_up)
{
	(void)context, (void)bytes;
	printf("%s %zu\n", give_up ? "given up" : "released", size);
	return VERDICT_ACCEPT;
}

static void stuck(void *context)
{
	printf("stuck: closed after %.0f ms\n", milliseconds(context));
	/* The process stays, so that the test sees what its queue does. */
}

static void run(struct holder *holder)
{
	struct pollfd descriptor = {.fd = queue_source_descriptor(holder->source), .events = POLLIN};
	enum queue_source_result result = QUEUE_SOURCE_READ;

	while (!is_over && result == QUEUE_SOURCE_READ) {
		if (poll(&descriptor, 1, 20) > 0) {
			result = queue_source_read(holder->source, instant_now());
		}
		if (result == QUEUE_SOURCE_READ) {
			result = queue_source_tick(holder->source, instant_now());
		}
	}
	if (result != QUEUE_SOURCE_READ) {
		printf("closed after %.1f ms: %s\n", milliseconds(holder),
			queue_source_error(holder->source));
		while (!is_over) {
			pause();
		}
	}
}

int main(int count, char **arguments)
{
	static struct counters counters;
	struct holder holder = {
		.what = count > 2 ? arguments[2] : "accept", .began = instant_monotonic_now()};
	const struct queue_handler handler = {handle, decide, &holder};
	const struct queue_settings settings = {
		.number = (uint16_t)strtoul(count > 1 ? arguments[1] : "5", NULL, 10),
		.length = QUEUE_LENGTH_MIN};
	char error[QUEUE_SOURCE_ERROR_SIZE];

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, end);
	holder.source = queue_source_open(&settings, &handler, &counters, error, sizeof error);
	if (holder.source == NULL) {
		printf("error %s\n", error);
		return 1;
	}
	struct queue_watchdog *watchdog = queue_watchdog_start(holder.source, stuck, &holder);
	printf("open\n");
	run(&holder);
	queue_watchdog_stop(watchdog);
	queue_source_free(holder.source);
	printf("packets %" PRIu64 " largest %" PRIu64 " overruns %" PRIu64 " given up %" PRIu64 "\n",
		holder.packets, holder.largest, counter_get(&counters, COUNTER_QUEUE_OVERRUNS),
		counter_get(&counters, COUNTER_QUEUE_HOLDS_GIVEN_UP));
	return 0;
}
