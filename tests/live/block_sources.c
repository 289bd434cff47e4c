/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For test_blocklist: does to the kernel's sets what its arguments say, one line of answer each.
 *   block_sources add NETWORK SECONDS | remove NETWORK
 *   block_sources many COUNT SECONDS          10.0.0.0 and those that follow; says how long it took
 *   block_sources save FILE COUNT SECONDS     blocks so many (2001:db8::/64 and on), writes their records
 *   block_sources restore FILE LATER          takes them over as if LATER seconds had gone by
 *   block_sources flood FROM TO COUNT         so many datagrams; says how many a second of CPU time
 */
#include "pbxguard/action/blocked_sources.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *const results[] = {
	"done", "not there", "no set", "full", "not permitted", "no ipset", "failed"};

static int say(enum blocklist_result result, const char *why)
{
	printf("%s%s%s\n", results[result], result == BLOCKLIST_DONE ? "" : ": ",
		result == BLOCKLIST_DONE ? "" : why);
	return result == BLOCKLIST_DONE ? 0 : 1;
}

static int add_many(struct blocklist *blocklist, unsigned count, duration time)
{
	char why[BLOCKLIST_WHY_SIZE] = "";
	instant start = instant_monotonic_now();

	for (unsigned i = 0; i < count; i++) {
		const uint8_t bytes[] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		const struct network network = {address_ipv4(bytes), 32};
		enum blocklist_result result = blocklist_add(blocklist, &network, time, why);
		if (result != BLOCKLIST_DONE) {
			printf("%u were taken, then ", i);
			return say(result, why);
		}
	}
	printf("%u in %.3f s\n", count, (double)(instant_monotonic_now() - start) / SECOND);
	return 0;
}

static void write_record(void *context, const struct blocked_source_record *record)
{
	if (fwrite(record, sizeof *record, 1, context) != 1) {
		exit(1);
	}
}

static int save(struct blocked_sources *sources, FILE *file, unsigned count, duration time)
{
	char why[BLOCKLIST_WHY_SIZE] = "";
	enum blocklist_result result = BLOCKLIST_DONE;

	for (unsigned i = 0; i < count && result == BLOCKLIST_DONE; i++) {
		struct block_request request = {.prefix_length = 64, .duration = time, .incident = "a"};
		const uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};
		request.address = address_ipv6(bytes);
		result = blocked_sources_perform(sources, &request, instant_now(), NULL, why);
	}
	blocked_sources_each(sources, write_record, file);
	return say(result, why);
}

static int restore(struct blocked_sources *sources, FILE *file, duration later)
{
	struct blocked_source_record record;
	char why[BLOCKLIST_WHY_SIZE] = "";
	enum blocklist_result result = BLOCKLIST_DONE;

	while (result == BLOCKLIST_DONE && fread(&record, sizeof record, 1, file) == 1) {
		result = blocked_sources_restore(sources, &record, instant_now() + later, why);
	}
	return say(result, why);
}

static int with_file(struct blocklist *blocklist, char **arguments)
{
	struct counters counters = {0};
	const struct blocked_sources_set set = blocked_sources_kernel(blocklist);
	struct blocked_sources *sources = blocked_sources_new(BLOCKED_SOURCES_MAX, &set, &counters);
	bool is_save = strcmp(arguments[0], "save") == 0;
	FILE *file = fopen(arguments[1], is_save ? "w" : "r");

	if (sources == NULL || file == NULL) {
		perror(arguments[1]);
		return 2;
	}
	int status = is_save ? save(sources, file, (unsigned)atoi(arguments[2]), atoi(arguments[3]) * SECOND)
			     : restore(sources, file, atoi(arguments[2]) * SECOND);
	fclose(file);
	blocked_sources_free(sources);
	return status;
}

static int with_network(struct blocklist *blocklist, int count, char **arguments)
{
	char why[BLOCKLIST_WHY_SIZE] = "";
	struct network network;

	if (count < 2 || !network_parse(text_of(arguments[1]), &network)) {
		return 2;
	}
	if (strcmp(arguments[0], "add") == 0 && count == 3) {
		return say(blocklist_add(blocklist, &network, atoi(arguments[2]) * SECOND, why), why);
	}
	return strcmp(arguments[0], "remove") == 0 ? say(blocklist_remove(blocklist, &network, why), why) : 2;
}

static double cpu_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/*
 * On the loopback interface all that the kernel does with a packet, up to the set's look-up, is in the
 * sender's CPU time; that is steady where others use the machine, too.
 */
static int flood(char **arguments)
{
	struct sockaddr_in from = {.sin_family = AF_INET},
			   to = {.sin_family = AF_INET, .sin_port = htons(5060)};
	int count = atoi(arguments[3]), descriptor = socket(AF_INET, SOCK_DGRAM, 0);
	const char payload[500] = "INVITE";

	inet_pton(AF_INET, arguments[1], &from.sin_addr);
	inet_pton(AF_INET, arguments[2], &to.sin_addr);
	if (bind(descriptor, (const struct sockaddr *)&from, sizeof from) < 0 ||
		connect(descriptor, (const struct sockaddr *)&to, sizeof to) < 0) {
		perror("flood");
		return 1;
	}
	double start = cpu_time();
	for (int i = 0; i < count; i++) {
		if (send(descriptor, payload, sizeof payload, 0) < 0) {
			continue; /* nobody listens there: told by ICMP where nothing is dropped */
		}
	}
	printf("%.0f\n", count / (cpu_time() - start));
	close(descriptor);
	return 0;
}

static int run(struct blocklist *blocklist, int count, char **arguments)
{
	if (strcmp(arguments[0], "many") == 0 && count == 3) {
		return add_many(blocklist, (unsigned)atoi(arguments[1]), atoi(arguments[2]) * SECOND);
	}
	if (strcmp(arguments[0], "flood") == 0 && count == 4) {
		return flood(arguments);
	}
	if ((strcmp(arguments[0], "save") == 0 && count == 4) ||
		(strcmp(arguments[0], "restore") == 0 && count == 3)) {
		return with_file(blocklist, arguments);
	}
	return with_network(blocklist, count, arguments);
}

int main(int argc, char **argv)
{
	struct blocklist *blocklist = blocklist_new();
	int status = argc > 1 && blocklist != NULL ? run(blocklist, argc - 1, argv + 1) : 2;

	blocklist_free(blocklist);
	return status;
}
