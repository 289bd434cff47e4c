/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/call/destination.h"

#include <stdlib.h>
#include <unistd.h>

#define HEADER "prefix,iso,kind,name,name_ja\n"

struct file {
	char path[40];
	char error[256];
};

static struct destination_table *read_text(struct file *file, const char *contents)
{
	strcpy(file->path, "/tmp/test_destination_XXXXXX");
	int descriptor = mkstemp(file->path);

	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, contents, strlen(contents)), strlen(contents));
	close(descriptor);
	struct destination_table *table = destination_table_read(file->path, file->error, sizeof file->error);
	unlink(file->path);
	return table;
}

static const char shared_codes[] =
	"# a comment\n" HEADER "1,,geographic,North America (area code not assigned),\n"
	"1212,US,geographic,United States,米国\n"
	"1246,BB,geographic,Barbados,バルバドス\n"
	"1900,,premium,North America premium rate,\n"
	"7,RU,geographic,Russia,ロシア\n"
	"76,KZ,geographic,Kazakhstan,カザフスタン\n"
	"77,KZ,geographic,Kazakhstan,カザフスタン\n"
	"599,CW,geographic,Curaçao,キュラソー\n"
	"5997,BQ,geographic,\"Bonaire, Sint Eustatius and Saba\",ボネール\n"
	"881,,satellite,Global mobile satellite systems,\n"
	"979,,premium,International premium rate service,\n";

static void the_longest_prefix_wins(void **state)
{
	static const struct {
		const char *number, *prefix;
	} cases[] = {
		{"+12465550123", "1246"},
		{"12465550123", "1246"},
		{"+12125550123", "1212"},
		{"+12475550123", "1"}, /* not assigned: the row without a country */
		{"+1", "1"},
		{"+76001234567", "76"},
		{"+77001234567", "77"},
		{"+79001234567", "7"},
		{"+5997123456", "5997"},
		{"+59991234567", "599"},
		{"+59", NULL},
		{"+2101234567", NULL},
		{"+", NULL},
		{"", NULL},
		{"+0", NULL},
		{"+a1246", NULL},
		{"+881612345678", "881"},
	};
	struct file file;
	struct destination_table *table = read_text(&file, shared_codes);

	(void)state;
	assert_non_null(table);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct destination *found = destination_find(table, text_of(cases[i].number));

		if (cases[i].prefix == NULL) {
			assert_null(found);
		} else {
			assert_non_null(found);
			assert_string_equal(found->prefix, cases[i].prefix);
		}
	}
	destination_table_free(table);
}

static void a_row_says_country_kind_and_names(void **state)
{
	struct file file;
	struct destination_table *table = read_text(&file, shared_codes);
	const struct destination *found;

	(void)state;
	assert_non_null(table);
	assert_int_equal(destination_count(table), 11);
	found = destination_find(table, TEXT("+5997123456"));
	assert_string_equal(found->country, "BQ");
	assert_string_equal(found->name, "Bonaire, Sint Eustatius and Saba");
	assert_string_equal(found->name_ja, "ボネール");
	assert_int_equal(found->kind, DESTINATION_GEOGRAPHIC);
	found = destination_find(table, TEXT("+979123456789"));
	assert_string_equal(found->country, "");
	assert_int_equal(found->kind, DESTINATION_PREMIUM);
	destination_table_free(table);
}

static void a_country_is_known_by_its_code(void **state)
{
	struct file file;
	struct destination_table *table = read_text(&file, shared_codes);

	(void)state;
	assert_non_null(table);
	assert_true(destination_has_country(table, TEXT("KZ")));
	assert_true(destination_has_country(table, TEXT("BB")));
	assert_false(destination_has_country(table, TEXT("CU")));
	assert_false(destination_has_country(table, TEXT("kz")));
	assert_false(destination_has_country(table, TEXT("")));
	assert_false(destination_has_country(table, TEXT("KZA")));
	destination_table_free(table);
}

static void a_wrong_file_is_told_with_its_line(void **state)
{
	static const struct {
		const char *contents, *error;
	} cases[] = {
		{HEADER, ":1: the file ends without a single destination"},
		{HEADER "01,US,geographic,x,\n", ":2: prefix: is not 1 to 11 digits without a leading 0"},
		{HEADER "1-246,BB,geographic,x,\n", ":2: prefix: is not 1 to 11 digits without a leading 0"},
		{HEADER ",BB,geographic,x,\n", ":2: prefix: is not 1 to 11 digits without a leading 0"},
		{HEADER "123456789012,BB,geographic,x,\n",
			":2: prefix: is not 1 to 11 digits without a leading 0"},
		{HEADER "1,us,geographic,x,\n",
			":2: iso: is neither a country code of two capital letters nor empty"},
		{HEADER "1,US,landline,x,\n",
			":2: kind: is not a kind of destination; geographic is the usual one"},
		{HEADER "1,US,geographic,,\n", ":2: name: is empty"},
		{HEADER "1,US,geographic,x,\n# again\n1,CA,geographic,y,\n", ":4: prefix: 1 is there twice"},
		{HEADER "1,US,geographic,x\n", ":2: the line has 4 fields, the header line 5"},
		{"prefix,iso,kind,name\n", ":1: the header line has no column name_ja"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct file file;

		assert_null(read_text(&file, cases[i].contents));
		assert_memory_equal(file.error, file.path, strlen(file.path));
		assert_string_equal(file.error + strlen(file.path), cases[i].error);
	}
}

static void a_missing_file_is_told(void **state)
{
	char error[128];

	(void)state;
	assert_null(destination_table_read("/nowhere/d.csv", error, sizeof error));
	assert_string_equal(error, "/nowhere/d.csv: No such file or directory");
	destination_table_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(a_row_says_country_kind_and_names),
		cmocka_unit_test(a_country_is_known_by_its_code),
		cmocka_unit_test(a_wrong_file_is_told_with_its_line),
		cmocka_unit_test(a_missing_file_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
