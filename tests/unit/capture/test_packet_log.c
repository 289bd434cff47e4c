/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/capture/packet_log.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

/* A pair of sockets in the kernel's place. */
struct kernel {
	struct packet_log log;
	struct counters counters;
	int end;
	char seen[64]; /* the first byte of each packet */
	size_t seen_count, seen_bytes;
};

static int set_up(void **state)
{
	static struct kernel kernel;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	kernel = (struct kernel){.log = {.descriptor = ends[0]}, .end = ends[1]};
	*state = &kernel;
	return 0;
}

static int tear_down(void **state)
{
	struct kernel *kernel = *state;

	packet_log_close(&kernel->log);
	close(kernel->end);
	return 0;
}

static enum verdict note(void *context, const struct packet *packet)
{
	struct kernel *kernel = context;

	assert_int_equal(packet->link_type, 12);
	assert_int_equal(packet->time, 7 * SECOND);
	kernel->seen[kernel->seen_count++] = (char)packet->bytes[0];
	kernel->seen_bytes += packet->captured;
	return VERDICT_ACCEPT;
}

static void read_all(struct kernel *kernel)
{
	packet_log_read(&kernel->log, 7 * SECOND, note, kernel, &kernel->counters);
}

/* One copy at the end of a datagram; text NULL: none in it. */
static void put(char *datagram, size_t *size, uint32_t number, const char *text)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(datagram + *size);

	message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET;
	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	mnl_attr_put_u32(message, NFULA_SEQ, htonl(number));
	if (text != NULL) {
		mnl_attr_put(message, NFULA_PAYLOAD, strlen(text), text);
	}
	*size += NLMSG_ALIGN(message->nlmsg_len);
}

static void say(const struct kernel *kernel, uint32_t number, const char *text)
{
	char datagram[1024] = {0};
	size_t size = 0;

	put(datagram, &size, number, text);
	assert_int_equal(send(kernel->end, datagram, size, 0), size);
}

static void copies_come_in_order_and_none_twice(void **state)
{
	struct kernel *kernel = *state;
	char datagram[1024] = {0};
	size_t size = 0;

	read_all(kernel);
	assert_int_equal(kernel->seen_count, 0);
	put(datagram, &size, 5, "abc");
	put(datagram, &size, 6, "b");
	assert_int_equal(send(kernel->end, datagram, size, 0), size);
	say(kernel, 7, "c");
	read_all(kernel);
	assert_string_equal(kernel->seen, "abc");
	assert_int_equal(kernel->seen_bytes, 5);
	read_all(kernel);
	assert_int_equal(kernel->seen_count, 3);
	assert_int_equal(counter_get(&kernel->counters, COUNTER_QUEUE_OVERRUNS), 0);
}

static void what_was_lost_is_counted_to_the_copy(void **state)
{
	struct kernel *kernel = *state;

	say(kernel, UINT32_MAX - 1, "a"); /* numbers go round */
	say(kernel, 2, "b");
	say(kernel, 3, NULL);
	say(kernel, 5, "c");
	read_all(kernel);
	assert_string_equal(kernel->seen, "abc");
	assert_int_equal(counter_get(&kernel->counters, COUNTER_QUEUE_OVERRUNS), 3 + 1);
}

static void what_is_no_copy_is_passed_over(void **state)
{
	struct kernel *kernel = *state;
	char datagram[1024] = {0};
	size_t size = 0;

	assert_int_equal(send(kernel->end, "abc", 3, 0), 3);
	put(datagram, &size, 1, "a");
	((struct nlmsghdr *)(void *)datagram)->nlmsg_type = NLMSG_ERROR;
	assert_int_equal(send(kernel->end, datagram, size, 0), size);
	((struct nlmsghdr *)(void *)datagram)->nlmsg_len = 4096;
	assert_int_equal(send(kernel->end, datagram, size, 0), size);
	say(kernel, 2, "b");
	read_all(kernel);
	assert_string_equal(kernel->seen, "b");
}

/* As many come as are read. */
static enum verdict send_another(void *context, const struct packet *packet)
{
	struct kernel *kernel = context;

	(void)packet;
	assert_true(kernel->seen_bytes++ < 100000);
	say(kernel, (uint32_t)kernel->seen_bytes, "a");
	return VERDICT_ACCEPT;
}

/* All that the kernel keeps for us are read at once, since data may follow; what comes meanwhile is the next
 * call's. */
static void a_flood_ends(void **state)
{
	struct kernel *kernel = *state;

	say(kernel, 0, "a");
	packet_log_read(&kernel->log, 7 * SECOND, send_another, kernel, &kernel->counters);
	assert_in_range(kernel->seen_bytes, 8000, 99999);
	read_all(kernel);
	assert_int_equal(kernel->seen_count, 1);
	assert_int_equal(counter_get(&kernel->counters, COUNTER_QUEUE_OVERRUNS), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(copies_come_in_order_and_none_twice),
		TEST(what_was_lost_is_counted_to_the_copy),
		TEST(what_is_no_copy_is_passed_over),
		TEST(a_flood_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
