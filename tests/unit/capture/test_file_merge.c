/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_writer.h"

#include "pbxguard/capture/file_merge.h"

#include <sys/resource.h>

/* Each character is a packet; its time is its place in the alphabet. "^" cuts the file in the middle of one.
 */
static void write_letters(const char *name, const char *letters)
{
	struct capture capture = {0};

	put_pcap_header(&capture, PCAP_MAGIC);
	for (size_t i = 0; letters[i] != '\0'; i++) {
		char text[2] = {letters[i], '\0'};
		if (letters[i] == '^') {
			put_u32(&capture, 0);
		} else {
			put_packet(&capture, (uint32_t)(letters[i] - 'a'), 0, text, 1);
		}
	}
	write_capture(name, &capture);
}

static void read_letters(struct file_merge *merge, char *letters)
{
	struct packet packet;
	enum pcap_source_result result;

	while ((result = file_merge_next(merge, &packet)) != PCAP_SOURCE_END) {
		*letters++ = result == PCAP_SOURCE_FAILED ? '!' : (char)packet.bytes[0];
	}
	*letters = '\0';
	file_merge_free(merge);
}

static void files_are_read_in_order_of_time(void **state)
{
	static const struct {
		const char *files[4], *expected;
	} cases[] = {
		{{"abc"}, "abc"},
		{{"ace", "bdf"}, "abcdef"},
		{{"def", "abc"}, "abcdef"},
		{{"abc", "abc"}, "aabbcc"},
		{{"", "", "a"}, "a"},
		{{"", ""}, ""},
		{{"ag", "ch", "bi", "df"}, "abcdfghi"},
		{{"fab", "e"}, "efab"}, /* times that run backwards: read on */
		{{"ab^", "ac"}, "aab!c"},
		{{"^", "ac"}, "!ac"},
	};
	static const char *const names[] = {"0.pcap", "1.pcap", "2.pcap", "3.pcap"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char error[PCAP_SOURCE_ERROR_SIZE] = "", letters[32];
		size_t count = 0;
		for (; count < COUNT_OF(names) && cases[i].files[count] != NULL; count++) {
			write_letters(names[count], cases[i].files[count]);
		}
		struct file_merge *merge = file_merge_open(names, count, error, sizeof error);
		assert_non_null(merge);
		read_letters(merge, letters);
		assert_string_equal(letters, cases[i].expected);
	}
}

static void at_the_same_time_the_file_named_first_comes_first(void **state)
{
	static const char *const names[] = {"b.pcap", "a.pcap"};
	char error[PCAP_SOURCE_ERROR_SIZE] = "";
	struct packet packet;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct capture capture = {0};
		put_pcap_header(&capture, PCAP_MAGIC);
		put_packet(&capture, 1, 0, names[i], 1);
		write_capture(names[i], &capture);
	}
	struct file_merge *merge = file_merge_open(names, COUNT_OF(names), error, sizeof error);
	assert_int_equal(file_merge_next(merge, &packet), PCAP_SOURCE_PACKET);
	assert_int_equal(packet.bytes[0], 'b');
	file_merge_free(merge);
}

static void a_failed_file_is_named_and_the_others_go_on(void **state)
{
	static const char *const names[] = {"cut.pcap", "good.pcap"};
	char error[PCAP_SOURCE_ERROR_SIZE] = "";
	struct packet packet;

	(void)state;
	write_letters("cut.pcap", "a^");
	write_letters("good.pcap", "c");
	struct file_merge *merge = file_merge_open(names, COUNT_OF(names), error, sizeof error);
	assert_int_equal(file_merge_next(merge, &packet), PCAP_SOURCE_PACKET);
	assert_int_equal(file_merge_next(merge, &packet), PCAP_SOURCE_FAILED);
	assert_string_equal(file_merge_error(merge), "cut.pcap: is cut in the middle of packet 2");
	assert_int_equal(file_merge_next(merge, &packet), PCAP_SOURCE_PACKET);
	assert_int_equal(file_merge_next(merge, &packet), PCAP_SOURCE_END);
	assert_int_equal(file_merge_next(merge, &packet), PCAP_SOURCE_END);
	file_merge_free(merge);
}

static void a_file_that_is_no_capture_is_told_before_anything_is_read(void **state)
{
	static const char *const names[] = {"good.pcap", "none.pcap"};
	char error[PCAP_SOURCE_ERROR_SIZE] = "";

	(void)state;
	write_letters("good.pcap", "a");
	assert_null(file_merge_open(names, COUNT_OF(names), error, sizeof error));
	assert_string_equal(error, "none.pcap: can't be read: No such file or directory");
}

#define MANY 200

static void rotated_files_need_no_descriptor_each(void **state)
{
	static char names[MANY][16];
	const char *paths[MANY];
	char error[PCAP_SOURCE_ERROR_SIZE] = "";
	struct rlimit few;
	struct packet packet;
	instant last = -1;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		struct capture capture = {0};
		snprintf(names[i], sizeof names[i], "%zu.pcap", i);
		paths[i] = names[i];
		put_pcap_header(&capture, PCAP_MAGIC);
		put_packet(&capture, (uint32_t)((i * 7) % MANY), 0, "x", 1); /* 7 is no divisor of MANY */
		write_capture(names[i], &capture);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &few), 0);
	few.rlim_cur = 32;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	struct file_merge *merge = file_merge_open(paths, MANY, error, sizeof error);
	assert_non_null(merge);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(file_merge_next(merge, &packet), PCAP_SOURCE_PACKET);
		assert_int_equal(packet.time, last < 0 ? 0 : last + SECOND);
		last = packet.time;
	}
	assert_int_equal(file_merge_next(merge, &packet), PCAP_SOURCE_END);
	file_merge_free(merge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_in_order_of_time),
		cmocka_unit_test(at_the_same_time_the_file_named_first_comes_first),
		cmocka_unit_test(a_failed_file_is_named_and_the_others_go_on),
		cmocka_unit_test(a_file_that_is_no_capture_is_told_before_anything_is_read),
		cmocka_unit_test(rotated_files_need_no_descriptor_each),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
