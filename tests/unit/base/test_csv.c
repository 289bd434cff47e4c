/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/csv.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const columns[] = {"code", "name", NULL};

struct file {
	char path[32];
	char error[256];
	struct csv *csv;
};

static struct csv *open_bytes(struct file *file, const char *bytes, size_t size)
{
	strcpy(file->path, "/tmp/test_csv_XXXXXX");
	int descriptor = mkstemp(file->path);

	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, bytes, size), size);
	close(descriptor);
	file->error[0] = '\0';
	file->csv = csv_open(file->path, columns, file->error, sizeof file->error);
	unlink(file->path);
	return file->csv;
}

static struct csv *open_text(struct file *file, const char *contents)
{
	return open_bytes(file, contents, strlen(contents));
}

static void assert_next(struct file *file, size_t line, const char *code, const char *name)
{
	struct text fields[2];

	assert_true(csv_next(file->csv, fields));
	assert_int_equal(csv_line(file->csv), line);
	assert_true(text_equal(fields[0], text_of(code)));
	assert_true(text_equal(fields[1], text_of(name)));
}

static void assert_end(struct file *file)
{
	struct text fields[2];

	assert_false(csv_next(file->csv, fields));
	assert_false(csv_failed(file->csv));
	csv_close(file->csv);
}

/* The error without the path in front, which mkstemp chose. */
static void assert_error(struct file *file, const char *error)
{
	assert_memory_equal(file->error, file->path, strlen(file->path));
	assert_string_equal(file->error + strlen(file->path), error);
}

static void rows_come_in_the_order_of_the_columns_asked_for(void **state)
{
	struct file file;

	(void)state;
	assert_non_null(
		open_text(&file, "# a comment\n\nname,more,code\n Barbados , x ,1-246\n  # another\r\n"
				 "\"Bonaire, \"\"Sint Eustatius\"\"\" ,,599\r\nドミニカ国,,1767"));
	assert_next(&file, 4, "1-246", "Barbados");
	assert_next(&file, 6, "599", "Bonaire, \"Sint Eustatius\"");
	assert_next(&file, 7, "1767", "ドミニカ国");
	assert_end(&file);
}

static void quotes_keep_white_space_and_number_signs(void **state)
{
	struct file file;

	(void)state;
	assert_non_null(open_text(&file, "\xEF\xBB\xBF"
					 "code,name\n\" 7\",\"\"\n\"#1\", #2\n,\n"));
	assert_next(&file, 2, " 7", "");
	assert_next(&file, 3, "#1", "#2");
	assert_next(&file, 4, "", "");
	assert_end(&file);
}

static void a_wrong_file_is_told_with_its_line(void **state)
{
	static const struct {
		const char *contents, *error;
	} cases[] = {
		{"", ": is empty: a header line with the columns' names is missing"},
		{"# only\n", ": is empty: a header line with the columns' names is missing"},
		{"\ncode,nam\n", ":2: the header line has no column name"},
		{"\"code,name\n", ":1: a field begins with a quote and does not end with one"},
		{"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", ":1: the line has more than 16 fields"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct file file;

		assert_null(open_text(&file, cases[i].contents));
		assert_error(&file, cases[i].error);
	}
}

static void a_wrong_row_is_told_with_its_line(void **state)
{
	static const struct {
		const char *row, *error;
	} cases[] = {
		{"1\n", ":3: the line has 1 fields, the header line 2"},
		{"1,2,\n", ":3: the line has 3 fields, the header line 2"},
		{"1,\"2\n3\"\n", ":3: a field begins with a quote and does not end with one"},
		{"\"1\"2,3\n", ":3: after a field in quotes comes something else than a comma"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct file file;
		struct text fields[2];
		char contents[64];

		snprintf(contents, sizeof contents, "code,name\n0,zero\n%s", cases[i].row);
		assert_non_null(open_text(&file, contents));
		assert_next(&file, 2, "0", "zero");
		assert_false(csv_next(file.csv, fields));
		assert_true(csv_failed(file.csv));
		assert_error(&file, cases[i].error);
		assert_false(csv_next(file.csv, fields)); /* and stays so */
		csv_close(file.csv);
	}
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const char with_nul[] = "code,name\n1,a\0b\n";
	char too_long[CSV_LINE_MAX + 64];
	struct file file;
	struct text fields[2];

	(void)state;
	assert_non_null(open_bytes(&file, with_nul, sizeof with_nul - 1));
	assert_false(csv_next(file.csv, fields));
	assert_error(&file, ":2: the line has a NUL byte: this is not a text file in UTF-8");
	csv_close(file.csv);

	memset(too_long, '1', sizeof too_long);
	assert_null(open_bytes(&file, too_long, sizeof too_long));
	assert_error(&file, ":1: the line is longer than 4096 bytes");
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
	char error[128];

	(void)state;
	assert_null(csv_open("/nowhere/x.csv", columns, error, sizeof error));
	assert_string_equal(error, "/nowhere/x.csv: No such file or directory");
	assert_null(csv_open("/tmp", columns, error, sizeof error));
	assert_string_equal(error, "/tmp: Is a directory");
}

static void who_reads_the_rows_can_refuse_one(void **state)
{
	struct file file;
	struct text fields[2];

	(void)state;
	assert_non_null(open_text(&file, "code,name\n1,a\n2,b\n"));
	assert_next(&file, 2, "1", "a");
	csv_fail(file.csv, "code: %s is no country", "1");
	assert_true(csv_failed(file.csv));
	assert_error(&file, ":2: code: 1 is no country");
	assert_false(csv_next(file.csv, fields));
	csv_close(file.csv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_in_the_order_of_the_columns_asked_for),
		cmocka_unit_test(quotes_keep_white_space_and_number_signs),
		cmocka_unit_test(a_wrong_file_is_told_with_its_line),
		cmocka_unit_test(a_wrong_row_is_told_with_its_line),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
		cmocka_unit_test(who_reads_the_rows_can_refuse_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
