/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_writer.h"

#include "pbxguard/capture/pcap_source.h"

#include <zlib.h>

#define AT 1795280400U /* 2026-11-22T01:00:00Z */
#define BYTES(literal) (literal), sizeof(literal) - 1

static struct pcap_source *opened(const char *name)
{
	char error[PCAP_SOURCE_ERROR_SIZE] = "";
	struct pcap_source *source = pcap_source_open_file(name, error, sizeof error);

	if (source == NULL) {
		fail_msg("%s", error);
	}
	return source;
}

static void next_is(struct pcap_source *source, instant time, const char *text)
{
	struct packet packet;

	assert_int_equal(pcap_source_next(source, &packet), PCAP_SOURCE_PACKET);
	assert_int_equal(packet.time, time);
	assert_int_equal(packet.captured, strlen(text));
	assert_memory_equal(packet.bytes, text, strlen(text));
}

static void ends(struct pcap_source *source)
{
	struct packet packet;

	assert_int_equal(pcap_source_next(source, &packet), PCAP_SOURCE_END);
	pcap_source_free(source);
}

static void fails(struct pcap_source *source, const char *error)
{
	struct packet packet;

	assert_int_equal(pcap_source_next(source, &packet), PCAP_SOURCE_FAILED);
	assert_string_equal(pcap_source_error(source), error);
	pcap_source_free(source);
}

static void does_not_open(const char *name, const char *expected)
{
	char error[PCAP_SOURCE_ERROR_SIZE] = "";

	assert_null(pcap_source_open_file(name, error, sizeof error));
	assert_string_equal(error, expected);
}

/* Two packets, the second one cut by the capture. */
static struct capture two_packets(uint32_t magic, bool big_endian, uint32_t fraction)
{
	struct capture capture = {.big_endian = big_endian};

	put_pcap_header(&capture, magic);
	put_packet(&capture, AT, fraction, "INVITE", 6);
	put_packet(&capture, AT + 1, 0, "BYE", 100);
	return capture;
}

static void every_kind_of_pcap_gives_microseconds(void **state)
{
	static const struct {
		uint32_t magic, fraction;
		bool big_endian;
	} cases[] = {
		{PCAP_MAGIC, 123456, false},
		{PCAP_MAGIC, 123456, true},
		{PCAP_MAGIC_NANO, 123456789, false},
		{PCAP_MAGIC_NANO, 123456789, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct capture capture = two_packets(cases[i].magic, cases[i].big_endian, cases[i].fraction);
		write_capture("two.pcap", &capture);
		struct pcap_source *source = opened("two.pcap");
		struct packet packet;
		next_is(source, AT * SECOND + 123456, "INVITE");
		assert_int_equal(pcap_source_next(source, &packet), PCAP_SOURCE_PACKET);
		assert_int_equal(packet.link_type, ETHERNET);
		assert_int_equal(packet.captured, 3);
		assert_int_equal(packet.on_wire, 100);
		ends(source);
	}
}

static void pcapng_is_read(void **state)
{
	struct capture capture = {0};

	(void)state;
	put_section(&capture);
	put_interface(&capture, ETHERNET, 65535);
	put_enhanced_packet(&capture, 0, AT * (uint64_t)SECOND + 7, "PING");
	write_capture("one.pcapng", &capture);
	struct pcap_source *source = opened("one.pcapng");
	next_is(source, AT * SECOND + 7, "PING");
	ends(source);
}

static void a_pcapng_that_libpcap_refuses_is_explained(void **state)
{
	static const struct {
		unsigned link_type, snapshot_length;
		const char *error;
	} cases[] = {
		{113, 65535,
			"mixed.pcapng: holds interfaces of different link types, which libpcap can't read: take one of "
			"them out with 'tshark -r IN -Y frame.interface_id==0 -w PART' and 'editcap -F pcap -T ether "
			"PART OUT' (-T: its link type)"},
		{ETHERNET, 1500,
			"mixed.pcapng: holds interfaces of different snapshot lengths, which libpcap can't read: "
			"convert it with 'editcap -F pcap IN OUT'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct capture capture = {0};
		put_section(&capture);
		put_interface(&capture, ETHERNET, 65535);
		put_enhanced_packet(&capture, 0, AT * (uint64_t)SECOND, "PING");
		put_interface(&capture, cases[i].link_type, cases[i].snapshot_length);
		write_capture("mixed.pcapng", &capture);
		struct pcap_source *source = opened("mixed.pcapng");
		next_is(source, AT * SECOND, "PING");
		fails(source, cases[i].error);
	}
}

static void a_capture_without_packets_is_fine(void **state)
{
	struct capture capture = {0};

	(void)state;
	put_pcap_header(&capture, PCAP_MAGIC);
	write_capture("none.pcap", &capture);
	ends(opened("none.pcap"));
}

static void a_cut_capture_is_read_up_to_there(void **state)
{
	struct capture capture = two_packets(PCAP_MAGIC, false, 0);

	(void)state;
	for (size_t cut = 1; cut < 16 + 3; cut++) { /* each place in the second packet and its header */
		write_bytes("cut.pcap", capture.bytes, capture.size - cut);
		struct pcap_source *source = opened("cut.pcap");
		next_is(source, AT * SECOND, "INVITE");
		fails(source, "cut.pcap: is cut in the middle of packet 2");
	}
}

static void a_length_that_cannot_be_is_told(void **state)
{
	struct capture capture = {0};

	(void)state;
	put_pcap_header(&capture, PCAP_MAGIC);
	for (int i = 0; i < 4; i++) {
		put_u32(&capture, UINT32_MAX);
	}
	write_capture("odd.pcap", &capture);
	fails(opened("odd.pcap"),
		"odd.pcap: is damaged at packet 1: invalid packet capture length 4294967295, "
		"bigger than snaplen of 65535");
}

static void what_is_no_capture_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *error;
	} cases[] = {
		{BYTES(""), "it: is empty: it is not a capture file (pcap or pcapng)"},
		{BYTES("\xD4"), "it: is not a capture file (pcap or pcapng): it ends before a header does"},
		{BYTES("\xD4\xC3\xB2\xA1\x02"),
			"it: is not a capture file (pcap or pcapng): it ends before a header does"},
		{BYTES("Call me at extension 1001, please."),
			"it: is not a capture file (pcap or pcapng, also compressed by gzip): unpack it, or convert it "
			"with 'editcap -F pcap IN OUT'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		write_bytes("it", cases[i].bytes, cases[i].size);
		does_not_open("it", cases[i].error);
	}
	does_not_open("nothing", "nothing: can't be read: No such file or directory");
	does_not_open("/tmp", "/tmp: can't be read: Is a directory");
}

static void times_that_cannot_be_become_ones_that_can(void **state)
{
	struct capture capture = {0};

	(void)state;
	put_pcap_header(&capture, PCAP_MAGIC);
	put_packet(&capture, UINT32_MAX, 0, "2106", 4);
	write_capture("late.pcap", &capture);
	struct pcap_source *source = opened("late.pcap");
	next_is(source, UINT32_MAX * SECOND, "2106");
	ends(source);

	capture.size = 0;
	put_section(&capture);
	put_interface(&capture, ETHERNET, 65535);
	put_enhanced_packet(&capture, 0, UINT64_MAX, "LATE"); /* the year 586524 */
	write_capture("never.pcapng", &capture);
	source = opened("never.pcapng");
	struct packet packet;
	assert_int_equal(pcap_source_next(source, &packet), PCAP_SOURCE_PACKET);
	assert_in_range(packet.time, 253402300799 * SECOND, 253402300800 * SECOND - 1);
	ends(source);
}

static void write_gzip(const char *name, const struct capture *capture, const char *mode)
{
	gzFile file = gzopen(name, mode);

	assert_non_null(file);
	assert_int_equal(gzwrite(file, capture->bytes, (unsigned)capture->size), capture->size);
	assert_int_equal(gzclose(file), Z_OK);
}

static size_t size_of(const char *name, uint8_t bytes[static 4096])
{
	FILE *file = fopen(name, "rb");

	assert_non_null(file);
	size_t size = fread(bytes, 1, 4096, file);
	fclose(file);
	return size;
}

static void gzip_is_unpacked_on_the_way(void **state)
{
	struct capture capture = two_packets(PCAP_MAGIC, false, 0);
	struct capture more = {0};

	(void)state;
	write_gzip("two.pcap.gz", &capture, "wb");
	put_packet(&more, AT + 2, 0, "ACK", 3);
	write_gzip("two.pcap.gz", &more, "ab"); /* a second member (RFC 1952 §2.2) */
	struct pcap_source *source = opened("two.pcap.gz");
	next_is(source, AT * SECOND, "INVITE");
	next_is(source, (AT + 1) * SECOND, "BYE");
	next_is(source, (AT + 2) * SECOND, "ACK");
	ends(source);
}

static void cut_or_damaged_gzip_is_told(void **state)
{
	struct capture capture = two_packets(PCAP_MAGIC, false, 0);
	uint8_t bytes[4096];

	(void)state;
	write_gzip("cut.gz", &capture, "wb");
	size_t size = size_of("cut.gz", bytes);
	write_bytes("cut.gz", bytes,
		size - 4); /* in the trailer: every packet is whole, yet something is missing */
	struct pcap_source *source = opened("cut.gz");
	next_is(source, AT * SECOND, "INVITE");
	next_is(source, (AT + 1) * SECOND, "BYE");
	fails(source, "cut.gz: is cut in the middle of packet 3");

	bytes[size - 8] ^= 1; /* the check sum; RFC 1952 §2.3.1 */
	write_bytes("bad.gz", bytes, size);
	source = opened("bad.gz");
	next_is(source, AT * SECOND, "INVITE");
	next_is(source, (AT + 1) * SECOND, "BYE");
	fails(source, "bad.gz: is damaged at packet 3: the compressed data is wrong");
}

/* Stands a pipe with these bytes, or a file, where standard input is. */
static void feed(const void *bytes, size_t size)
{
	int ends_of_pipe[2];

	assert_int_equal(pipe(ends_of_pipe), 0);
	assert_int_equal(write(ends_of_pipe[1], bytes, size), size);
	close(ends_of_pipe[1]);
	assert_int_equal(dup2(ends_of_pipe[0], STDIN_FILENO), STDIN_FILENO);
	close(ends_of_pipe[0]);
}

static void standard_input_may_be_a_pipe_plain_or_compressed(void **state)
{
	struct capture capture = two_packets(PCAP_MAGIC, false, 0);
	uint8_t bytes[4096];

	(void)state;
	write_gzip("two.gz", &capture, "wb");
	size_t size = size_of("two.gz", bytes);
	for (int compressed = 0; compressed <= 1; compressed++) {
		feed(compressed ? bytes : capture.bytes, compressed ? size : capture.size);
		struct pcap_source *source = opened("-");
		assert_string_equal(pcap_source_name(source), "standard input");
		next_is(source, AT * SECOND, "INVITE");
		next_is(source, (AT + 1) * SECOND, "BYE");
		ends(source);
	}
	feed("", 0);
	does_not_open("-", "standard input: is empty: it is not a capture file (pcap or pcapng)");
	feed("x", 1);
	does_not_open(
		"-", "standard input: is not a capture file (pcap or pcapng): it ends before a header does");
}

static void a_pipe_is_read_as_packets_come(void **state)
{
	struct capture capture = two_packets(PCAP_MAGIC, false, 0);
	size_t first = 24 + 16 + 6; /* file header, packet header, packet */
	int ends_of_pipe[2];

	(void)state;
	assert_int_equal(pipe(ends_of_pipe), 0);
	assert_int_equal(dup2(ends_of_pipe[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(write(ends_of_pipe[1], capture.bytes, first), first);
	struct pcap_source *source = opened("-");
	next_is(source, AT * SECOND, "INVITE"); /* would wait for ever if it wanted a whole buffer */
	assert_int_equal(
		write(ends_of_pipe[1], capture.bytes + first, capture.size - first), capture.size - first);
	close(ends_of_pipe[1]);
	close(ends_of_pipe[0]);
	next_is(source, (AT + 1) * SECOND, "BYE");
	ends(source);
}

static void an_interface_that_is_not_there_is_refused_with_a_reason(void **state)
{
	struct capture_settings settings = {0};
	char error[PCAP_SOURCE_ERROR_SIZE] = "";

	(void)state;
	setting_defaults(&capture_settings, &settings);
	assert_null(pcap_source_open_interface(&settings, "no-such-if", error, sizeof error));
	assert_true(strstr(error, "no-such-if: there is no such interface; there are: ") == error ||
		    strstr(error, "no-such-if: no permission to capture: ") == error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_pcap_gives_microseconds),
		cmocka_unit_test(pcapng_is_read),
		cmocka_unit_test(a_pcapng_that_libpcap_refuses_is_explained),
		cmocka_unit_test(a_capture_without_packets_is_fine),
		cmocka_unit_test(a_cut_capture_is_read_up_to_there),
		cmocka_unit_test(a_length_that_cannot_be_is_told),
		cmocka_unit_test(what_is_no_capture_is_refused_with_a_reason),
		cmocka_unit_test(times_that_cannot_be_become_ones_that_can),
		cmocka_unit_test(gzip_is_unpacked_on_the_way),
		cmocka_unit_test(cut_or_damaged_gzip_is_told),
		cmocka_unit_test(standard_input_may_be_a_pipe_plain_or_compressed),
		cmocka_unit_test(a_pipe_is_read_as_packets_come),
		cmocka_unit_test(an_interface_that_is_not_there_is_refused_with_a_reason),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
