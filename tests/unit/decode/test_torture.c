/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The torture messages of RFC 4475 and RFC 5118, in words of our own: tests/torture/messages.csv says of each
 * what has to be read from it.
 */
#include "../test.h"

#include "pbxguard/base/csv.h"
#include "pbxguard/decode/sip_parser.h"

#include <stdlib.h>

/* The columns of the table, as csv_next gives them. */
enum column {
	COLUMN_FILE,
	COLUMN_STANDARD, /* valid, invalid, or refused: written well, but the receiver can't do it */
	COLUMN_START,    /* the method or status as read; empty: no SIP */
	COLUMN_USER,
	COLUMN_HOST, /* these two of the request-URI */
	COLUMN_FROM, /* its user, as To's */
	COLUMN_TO,
	COLUMN_CALL_ID,
	COLUMN_CSEQ,
	COLUMN_BRANCH,
	COLUMN_MARKS, /* names of oddities with a space between */
	COLUMN_COUNT
};

static const char *const columns[] = {"file", "standard", "start", "user", "host", "from", "to", "call_id",
	"cseq", "branch", "marks", NULL};

static const char *const marks[] = {"cut", "request_uri", "from", "to", "cseq", "other_value", "missing",
	"repeated", "method_mismatch", "line", "long"};

static const char *torture_path(const char *folder, struct text name)
{
	static char path[512];
	const char *source = getenv("PBXGUARD_SOURCE");

	snprintf(path, sizeof path, "%s/tests/torture/%s%.*s", source == NULL ? "." : source, folder,
		TEXT_PRINT(name));
	return path;
}

/* A heap block of exactly the file's size. */
static struct text read_message(struct text name)
{
	FILE *file = fopen(torture_path("messages/", name), "rb");
	static char buffer[65536];
	char *bytes;

	if (file == NULL) {
		fail_msg("%.*s is not there", TEXT_PRINT(name));
	}
	size_t size = fread(buffer, 1, sizeof buffer, file);
	fclose(file);
	bytes = malloc(size);
	memcpy(bytes, buffer, size);
	return (struct text){bytes, size};
}

static char *marks_of(uint32_t oddities, char *buffer, size_t size)
{
	buffer[0] = '\0';
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		if (oddities & 1U << i) {
			size_t used = strlen(buffer);
			snprintf(buffer + used, size - used, "%s%s", used > 0 ? " " : "", marks[i]);
		}
	}
	return buffer;
}

static void expect(const struct text *row, enum column column, struct text found)
{
	if (!text_equal(row[column], found)) {
		print_error("%.*s: %s is \"%.*s\", not \"%.*s\"\n", TEXT_PRINT(row[COLUMN_FILE]),
			columns[column], TEXT_PRINT(found), TEXT_PRINT(row[column]));
		fail();
	}
}

static void expect_message(const struct text *row, const struct sip_message *message)
{
	char number[16], status[16], found[256];

	snprintf(number, sizeof number, "%u", message->cseq);
	snprintf(status, sizeof status, "%u", message->status);
	expect(row, COLUMN_START, message->is_request ? message->method_name : text_of(status));
	expect(row, COLUMN_USER, message->request_uri.user);
	expect(row, COLUMN_HOST, message->request_uri.host);
	expect(row, COLUMN_FROM, message->from.uri.user);
	expect(row, COLUMN_TO, message->to.uri.user);
	expect(row, COLUMN_CALL_ID, message->call_id);
	expect(row, COLUMN_CSEQ, text_of(message->has_cseq ? number : ""));
	expect(row, COLUMN_BRANCH, message->via_branch);
	expect(row, COLUMN_MARKS, text_of(marks_of(message->oddities, found, sizeof found)));
}

static void each_row(void (*check)(const struct text *row, struct text message))
{
	struct text row[COLUMN_COUNT];
	char error[256];
	size_t count = 0;

	sip_parser_start();
	struct csv *csv =
		csv_open(torture_path("messages.csv", (struct text){0}), columns, error, sizeof error);
	assert_non_null(csv);
	while (csv_next(csv, row)) {
		struct text message = read_message(row[COLUMN_FILE]);
		check(row, message);
		free((void *)(uintptr_t)message.start);
		count++;
	}
	assert_false(csv_failed(csv));
	assert_int_equal(count, 50 + 12); /* RFC 4475's 49 and one only its archive has; RFC 5118's 12 */
	csv_close(csv);
}

static void read_as_the_table_says(const struct text *row, struct text bytes)
{
	struct sip_message message;
	struct sip_scan scan;

	if (!sip_scan(bytes, &scan)) {
		expect(row, COLUMN_START, (struct text){0});
		return;
	}
	sip_parse(&scan, &message);
	expect_message(row, &message);
}

static void each_message_is_read_as_the_table_says(void **state)
{
	(void)state;
	each_row(read_as_the_table_says);
}

static void expect_same_call(
	const struct text *row, const struct sip_message *brief, const struct sip_message *whole)
{
	if (brief->is_request != whole->is_request || brief->method != whole->method ||
		brief->status != whole->status || brief->cseq != whole->cseq ||
		!text_equal(brief->call_id, whole->call_id)) {
		fail_msg("%.*s: the brief reading differs", TEXT_PRINT(row[COLUMN_FILE]));
	}
}

static void briefly_as_whole(const struct text *row, struct text bytes)
{
	struct sip_message whole, brief;
	struct sip_scan scan;

	if (!sip_scan(bytes, &scan)) {
		assert_false(sip_scan_brief(bytes, &scan));
		return;
	}
	sip_parse(&scan, &whole);
	assert_true(sip_scan_brief(bytes, &scan));
	/* What starts or moves a call is never read briefly. */
	assert_false(scan.is_brief && text_equal(row[COLUMN_START], TEXT("INVITE")));
	sip_parse(&scan, &brief);
	expect_same_call(row, &brief, &whole);
}

static void a_brief_reading_tells_the_same_call(void **state)
{
	(void)state;
	each_row(briefly_as_whole);
}

static void has_no_mark(const struct text *row, struct text bytes)
{
	/* A NUL may stand in a quoted name, but nobody's phone sends one: marked all the same. */
	bool has_nul = text_find(bytes, '\0') < bytes.size && text_equal(row[COLUMN_MARKS], TEXT("line"));

	if (text_equal(row[COLUMN_STANDARD], TEXT("valid")) && row[COLUMN_MARKS].size > 0 && !has_nul) {
		fail_msg("%.*s is valid, but marked", TEXT_PRINT(row[COLUMN_FILE]));
	}
}

static void valid_messages_have_no_mark(void **state)
{
	(void)state;
	each_row(has_no_mark);
}

static void number_is_there_however_short(const struct text *row, struct text bytes)
{
	size_t line = text_find(bytes, '\n');
	struct sip_message message;
	struct sip_scan scan;

	for (size_t size = 0; size <= bytes.size; size++) {
		char *exact = malloc(size);
		memcpy(exact, bytes.start, size);
		if (sip_scan((struct text){exact, size}, &scan)) {
			sip_parse(&scan, &message);
			if (size > line) {
				expect(row, COLUMN_USER, message.request_uri.user);
			}
		}
		free(exact);
	}
}

static void a_cut_message_still_gives_the_number(void **state)
{
	(void)state;
	each_row(number_is_there_however_short);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_is_read_as_the_table_says),
		cmocka_unit_test(a_brief_reading_tells_the_same_call),
		cmocka_unit_test(valid_messages_have_no_mark),
		cmocka_unit_test(a_cut_message_still_gives_the_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
