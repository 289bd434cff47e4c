/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the most expensive message costs: each crafted INVITE, and lists at the limit of what libosip2 gets,
 * from packet to alert, with the default configuration. Prints the median of many runs, in microseconds.
 */
#include "../crafted.h"

#include "pbxguard/config/config.h"
#include "pbxguard/config/config_errors.h"
#include "pbxguard/config/data_folders.h"
#include "pbxguard/daemon/pipeline.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 301

static struct counters counters;
static uint8_t frame[sizeof crafted + 42];

static void ignore(void *context, const struct decision *decision)
{
	(void)context, (void)decision;
}

static struct pipeline *new_pipeline(void)
{
	static const struct log log = {.descriptor = -1, .level = LOG_LEVEL_ERROR};
	struct config_errors *errors = calloc(1, sizeof *errors);
	struct data_folders folders = {0};

	data_folders_add(&folders, SOURCE_ROOT "/conf");
	const struct config *config =
		errors == NULL ? NULL : config_new_with_folders(NULL, &folders, 0, errors);
	const struct pipeline_setup setup = {
		.config = config, .counters = &counters, .log = &log, .handler = ignore};
	free(errors);
	return config == NULL ? NULL : pipeline_new(&setup);
}

/* Ethernet, IPv4 and UDP around the crafted message. */
static size_t wrap(void)
{
	static const uint8_t header[42] = {[12] = 0x08,
		[14] = 0x45,
		[22] = 64,
		[23] = 17,
		[26] = 198,
		[27] = 51,
		[28] = 100,
		[29] = 7,
		[30] = 192,
		[31] = 0,
		[32] = 2,
		[33] = 10,
		[34] = 0x13,
		[35] = 0xC4,
		[36] = 0x13,
		[37] = 0xC4};
	size_t datagram = crafted_size + 8, packet = datagram + 20;

	memcpy(frame, header, sizeof header);
	memcpy(frame + sizeof header, crafted, crafted_size);
	frame[16] = (uint8_t)(packet >> 8);
	frame[17] = (uint8_t)packet;
	frame[38] = (uint8_t)(datagram >> 8);
	frame[39] = (uint8_t)datagram;
	return sizeof header + crafted_size;
}

static int compare(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;

	return (difference > 0) - (difference < 0);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void measure(struct pipeline *pipeline, const char *name)
{
	static double runs[ROUNDS];
	const struct packet packet = {
		.link_type = 1, .bytes = frame, .captured = (uint32_t)wrap(), .on_wire = (uint32_t)wrap()};

	uint64_t before = counter_get(&counters, COUNTER_INVITES);
	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		pipeline_handle_packet(pipeline, &packet);
		runs[i] = now() - start;
	}
	qsort(runs, ROUNDS, sizeof runs[0], compare);
	printf("%-34s %6zu bytes  %7.1f us%s\n", name, crafted_size, runs[ROUNDS / 2],
		counter_get(&counters, COUNTER_INVITES) - before == ROUNDS ? ""
									   : "  (not taken for an INVITE)");
}

int main(void)
{
	static const char *const fields[] = {"From", "To", "Diversion", "P-Asserted-Identity", "Referred-By"};
	static const char *const pieces[] = {
		";a=1", ";a", ";name-of-15=val", ";q=\"quoted-val\"", ",<sip:1@a.test>", "\"\"", " "};
	static const char *const numbers[] = {"1", "0", "010", "%30", "-", "*", ";a=", "@", ":", "+", "a"};
	struct pipeline *pipeline = new_pipeline();

	if (pipeline == NULL) {
		return 1;
	}
	for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++) {
		craft(&traps[i]);
		measure(pipeline, traps[i].name);
	}
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		char name[64];
		begin("");
		for (size_t field = 0; field < sizeof fields / sizeof fields[0]; field++) {
			char start[64];
			snprintf(start, sizeof start, "%s: <sip:1@192.0.2.7>", fields[field]);
			/* Under both budgets of libosip2: 64 separators, 1024 bytes. */
			size_t size = 63 * strlen(pieces[i]) + strlen(start);
			const struct trap line = {"", start, pieces[i], "", 1, 0};
			add_line(&line, size < 1020 ? size : 1020);
		}
		add("\r\n");
		snprintf(name, sizeof name, "five values of %s", pieces[i]);
		measure(pipeline, name);
	}
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		char name[64];
		begin(numbers[i]);
		add("From: <sip:1001@192.0.2.10>;tag=1\r\nTo: <sip:1@192.0.2.10>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n");
		snprintf(name, sizeof name, "a number of %s", numbers[i]);
		measure(pipeline, name);
	}
	pipeline_free(pipeline);
	return 0;
}
