/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send_frames INTERFACE FILE RATE SECONDS: sends the frames of a capture (pcap of this machine's byte order,
 * Ethernet) from memory, in a circle, at so many a second (0: as fast as can be) for so long, and prints how
 * many it sent in how many seconds. Frames that the interface does not take are not sent again.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PCAP_MAGIC 0xA1B2C3D4u
#define FILE_HEADER_SIZE 24
#define SECONDS_MAX 60
#define BATCH_MAX 32            /* at 100,000/s one each 320 us */
#define BATCHES_PER_SECOND 1000 /* at lower rates; below it frames go one by one */
#define BILLION 1000000000

struct record {
	uint32_t seconds, microseconds, captured, on_wire;
};

struct capture {
	const uint8_t *bytes;
	size_t size;
	size_t next; /* where the next record begins */
};

struct plan {
	uint64_t rate; /* frames a second; 0: as fast as can be */
	uint64_t seconds;
};

/* The frame whose record is next; false at the end. */
static bool read_frame(struct capture *capture, struct iovec *frame)
{
	struct record record;
	size_t start = capture->next + sizeof record;

	if (start > capture->size) {
		return false;
	}
	memcpy(&record, capture->bytes + capture->next, sizeof record);
	if (record.captured > capture->size - start) {
		return false;
	}
	*frame = (struct iovec){(void *)(uintptr_t)(capture->bytes + start), record.captured};
	capture->next = start + record.captured;
	return true;
}

static void next_frame(struct capture *capture, struct iovec *frame)
{
	if (!read_frame(capture, frame)) {
		capture->next = FILE_HEADER_SIZE;
		read_frame(capture, frame);
	}
}

static bool open_capture(const char *path, struct capture *capture)
{
	struct stat status;
	struct iovec frame;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0 || fstat(descriptor, &status) < 0) {
		perror(path);
		return false;
	}
	void *bytes =
		mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, 0);
	close(descriptor);
	*capture = (struct capture){bytes, (size_t)status.st_size, FILE_HEADER_SIZE};
	if (bytes == MAP_FAILED || capture->size < FILE_HEADER_SIZE ||
		*(const uint32_t *)bytes != PCAP_MAGIC || !read_frame(capture, &frame)) {
		fprintf(stderr, "%s: is not a pcap file with packets\n", path);
		return false;
	}
	capture->next = FILE_HEADER_SIZE;
	return true;
}

static int open_socket(const char *interface)
{
	const int yes = 1;
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
	int packet_socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* 0: receives nothing */

	if (address.sll_ifindex == 0 || packet_socket < 0 ||
		bind(packet_socket, (const struct sockaddr *)&address, sizeof address) < 0 ||
		setsockopt(packet_socket, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) < 0) {
		perror(interface);
		return -1;
	}
	return packet_socket;
}

/* How many of the batch were sent; what the interface does not take is left out. */
static unsigned send_batch(int packet_socket, struct capture *capture, unsigned count)
{
	struct iovec frames[BATCH_MAX];
	struct mmsghdr messages[BATCH_MAX] = {0};
	unsigned done = 0, sent = 0;

	for (unsigned i = 0; i < count; i++) {
		next_frame(capture, &frames[i]);
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &frames[i], .msg_iovlen = 1};
	}
	while (done < count) {
		int result = sendmmsg(packet_socket, messages + done, count - done, 0);
		if (result < 0 && errno != ENOBUFS && errno != EINTR) {
			perror("sendmmsg");
			exit(1);
		}
		sent += result > 0 ? (unsigned)result : 0;
		done += result > 0 ? (unsigned)result : errno == ENOBUFS;
	}
	return sent;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * (int64_t)BILLION + time.tv_nsec;
}

static void sleep_until(int64_t when)
{
	const struct timespec time = {when / BILLION, when % BILLION};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {
	}
}

static unsigned batch_of(uint64_t rate)
{
	uint64_t batch = rate / BATCHES_PER_SECOND;

	if (rate == 0 || batch > BATCH_MAX) {
		return BATCH_MAX;
	}
	return batch > 0 ? (unsigned)batch : 1;
}

static void send_all(int packet_socket, struct capture *capture, const struct plan *plan)
{
	const unsigned batch = batch_of(plan->rate);
	const uint64_t wanted = plan->rate * plan->seconds;
	const int64_t start = now(), end = start + (int64_t)plan->seconds * BILLION;
	uint64_t tried = 0, sent = 0;
	int64_t time = start;

	while (time < end && (plan->rate == 0 || tried < wanted)) {
		int64_t due = plan->rate == 0 ? time : start + (int64_t)(tried * BILLION / plan->rate);
		if (due > time) {
			sleep_until(due);
		}
		sent += send_batch(packet_socket, capture, batch);
		tried += batch;
		time = now();
	}
	printf("%llu %.6f\n", (unsigned long long)sent, (double)(time - start) / BILLION);
}

int main(int count, char **arguments)
{
	struct capture capture;

	if (count != 5 || strtoull(arguments[4], NULL, 10) > SECONDS_MAX) {
		fprintf(stderr, "usage: send_frames INTERFACE FILE RATE SECONDS (at most %d), as root\n",
			SECONDS_MAX);
		return 2;
	}
	const struct plan plan = {strtoull(arguments[3], NULL, 10), strtoull(arguments[4], NULL, 10)};
	int packet_socket = open_socket(arguments[1]);
	if (packet_socket < 0 || !open_capture(arguments[2], &capture)) {
		return 1;
	}
	prctl(PR_SET_TIMERSLACK, 1); /* sleep as long as was asked */
	send_all(packet_socket, &capture, &plan);
	return 0;
}
