/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interface_watcher NAME SECONDS: captures from an interface as the daemon does (epoll, a look each second)
 * and prints a line for each thing that happens: "packet SIZE", "lost SENTENCE", "back", "drops KERNEL".
 */
#include "pbxguard/capture/pcap_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static enum verdict print_packet(void *context, const struct packet *packet)
{
	(void)context;
	printf("packet %zu\n", packet->on_wire);
	return VERDICT_ACCEPT;
}

static void watch(int epoll, const struct pcap_source *source)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, pcap_source_descriptor(source), &event) < 0) {
		perror("epoll_ctl");
		exit(1);
	}
}

static void note(const struct pcap_source *source, enum pcap_source_result result)
{
	if (result == PCAP_SOURCE_LOST) {
		printf("lost %s\n", pcap_source_error(source));
	}
}

static void each_second(int epoll, struct pcap_source *source)
{
	if (pcap_source_descriptor(source) >= 0) {
		note(source, pcap_source_check(source));
	} else if (pcap_source_reopen(source)) {
		printf("back\n");
		watch(epoll, source);
	}
}

static void run(struct pcap_source *source, int seconds)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	instant now = instant_monotonic_now(), end = now + seconds * SECOND, look = now + SECOND;
	unsigned long wakeups = 0;

	watch(epoll, source);
	printf("open\n");
	while ((now = instant_monotonic_now()) < end) {
		struct epoll_event event;
		int ready = epoll_wait(epoll, &event, 1, 100);
		if (ready > 0) {
			note(source, pcap_source_dispatch(source, print_packet, NULL));
			wakeups++;
		}
		if (now >= look) {
			each_second(epoll, source);
			look = now + SECOND;
		}
	}
	printf("wakeups %lu\n", wakeups); /* a descriptor that is readable for ever shows here */
	close(epoll);
}

int main(int count, char **arguments)
{
	struct capture_settings settings = {0};
	char error[PCAP_SOURCE_ERROR_SIZE];
	uint64_t kernel, interface;

	if (count != 3) {
		fprintf(stderr, "usage: interface_watcher NAME SECONDS\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	setting_defaults(&capture_settings, &settings);
	struct pcap_source *source = pcap_source_open_interface(&settings, arguments[1], error, sizeof error);
	if (source == NULL) {
		printf("error %s\n", error);
		return 1;
	}
	run(source, atoi(arguments[2]));
	pcap_source_drops(source, &kernel, &interface);
	printf("drops %lu %lu\n", (unsigned long)kernel, (unsigned long)interface);
	pcap_source_free(source);
	return 0;
}
