/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/destination.h"

#include "pbxguard/base/csv.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define COUNTRIES (26 * 26)

/* A trie over the digits: node 0 is the root, and a child of 0 means that there is none. */
struct node {
	uint32_t children[10];
	uint32_t row; /* of the prefix that ends here; NONE when none does */
};

struct destination_table {
	size_t row_count, row_capacity;
	struct destination *rows;
	size_t node_count, node_capacity;
	struct node *nodes;
	bool has_country[COUNTRIES];
};

enum column { COLUMN_PREFIX, COLUMN_ISO, COLUMN_KIND, COLUMN_NAME, COLUMN_NAME_JA, COLUMN_COUNT };
static const char *const columns[] = {"prefix", "iso", "kind", "name", "name_ja", NULL};

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* Room for one more in an array that doubles. */
static bool make_room(void **array, size_t *capacity, size_t count, size_t size)
{
	if (count < *capacity) {
		return true;
	}
	size_t wanted = *capacity == 0 ? 256 : *capacity * 2;
	void *larger = reallocarray(*array, wanted, size);
	if (larger != NULL) {
		*array = larger;
		*capacity = wanted;
	}
	return larger != NULL;
}

static bool add_node(struct destination_table *table)
{
	void *nodes = table->nodes;
	bool added = make_room(&nodes, &table->node_capacity, table->node_count, sizeof(struct node));

	table->nodes = nodes;
	if (added) {
		table->nodes[table->node_count++] = (struct node){.row = NONE};
	}
	return added;
}

/* The node at which the prefix ends, with the way to it; NULL when there is no memory. */
static struct node *node_for(struct destination_table *table, struct text prefix)
{
	uint32_t at = 0;

	for (size_t i = 0; i < prefix.size; i++) {
		int digit = prefix.start[i] - '0';

		if (table->nodes[at].children[digit] == 0) {
			if (!add_node(table)) {
				return NULL;
			}
			table->nodes[at].children[digit] = (uint32_t)(table->node_count - 1);
		}
		at = table->nodes[at].children[digit];
	}
	return &table->nodes[at];
}

static bool is_capital(char character)
{
	return character >= 'A' && character <= 'Z';
}

/* A place in has_country, or NONE for what is no ISO 3166-1 alpha-2 code. */
static uint32_t country_index(struct text country)
{
	if (country.size != 2 || !is_capital(country.start[0]) || !is_capital(country.start[1])) {
		return NONE;
	}
	return (uint32_t)((country.start[0] - 'A') * 26 + (country.start[1] - 'A'));
}

static bool parse_prefix(struct text text, struct destination *row)
{
	bool good = text.size > 0 && text.start[0] != '0';

	for (size_t i = 0; i < text.size; i++) {
		good = good && is_digit(text.start[i]);
	}
	return good && text_copy(text, row->prefix, sizeof row->prefix);
}

static bool parse_kind(struct text text, struct destination *row)
{
	for (int kind = 0; kind < DESTINATION_KIND_COUNT; kind++) {
		if (text_equal(text, text_of(destination_kind_name((enum destination_kind)kind)))) {
			row->kind = (enum destination_kind)kind;
			return true;
		}
	}
	return false;
}

static bool parse_row(struct csv *csv, const struct text *fields, struct destination *row)
{
	struct text iso = fields[COLUMN_ISO];

	if (!parse_prefix(fields[COLUMN_PREFIX], row)) {
		csv_fail(csv, "prefix: is not 1 to %d digits without a leading 0",
			DESTINATION_PREFIX_SIZE - 1);
	} else if (iso.size > 0 && country_index(iso) == NONE) {
		csv_fail(csv, "iso: is neither a country code of two capital letters nor empty");
	} else if (!parse_kind(fields[COLUMN_KIND], row)) {
		csv_fail(csv, "kind: is not a kind of destination; geographic is the usual one");
	} else if (text_is_empty(fields[COLUMN_NAME])) {
		csv_fail(csv, "name: is empty");
	} else if (!text_copy(fields[COLUMN_NAME], row->name, sizeof row->name) ||
		   !text_copy(fields[COLUMN_NAME_JA], row->name_ja, sizeof row->name_ja)) {
		csv_fail(csv, "name or name_ja: is longer than %d bytes", DESTINATION_NAME_SIZE - 1);
	} else {
		text_copy(iso, row->country, sizeof row->country);
	}
	return !csv_failed(csv);
}

static void add_row(struct destination_table *table, struct csv *csv, const struct destination *row)
{
	struct node *node = node_for(table, text_of(row->prefix));
	void *rows = table->rows;

	if (node == NULL || !make_room(&rows, &table->row_capacity, table->row_count, sizeof *row)) {
		csv_fail(csv, "there is no memory for it");
		return;
	}
	table->rows = rows;
	if (node->row != NONE) {
		csv_fail(csv, "prefix: %s is there twice", row->prefix);
		return;
	}
	node->row = (uint32_t)table->row_count;
	table->rows[table->row_count++] = *row;
	if (row->country[0] != '\0') {
		table->has_country[country_index(text_of(row->country))] = true;
	}
}

static void read_rows(struct destination_table *table, struct csv *csv)
{
	struct text fields[COLUMN_COUNT];

	while (csv_next(csv, fields)) {
		struct destination row = {0};

		if (parse_row(csv, fields, &row)) {
			add_row(table, csv, &row);
		}
	}
	if (!csv_failed(csv) && table->row_count == 0) {
		csv_fail(csv, "the file ends without a single destination");
	}
}

struct destination_table *destination_table_read(const char *path, char *error, size_t error_size)
{
	struct csv *csv = csv_open(path, columns, error, error_size);
	struct destination_table *table = calloc(1, sizeof *table);

	if (csv == NULL || table == NULL || !add_node(table)) {
		if (csv != NULL) {
			csv_fail(csv, "there is no memory for it");
		}
		csv_close(csv);
		destination_table_free(table);
		return NULL;
	}
	read_rows(table, csv);
	bool failed = csv_failed(csv);
	csv_close(csv);
	if (failed) {
		destination_table_free(table);
		return NULL;
	}
	return table;
}

void destination_table_free(struct destination_table *table)
{
	if (table != NULL) {
		free(table->rows);
		free(table->nodes);
		free(table);
	}
}

const struct destination *destination_find(const struct destination_table *table, struct text number)
{
	uint32_t at = 0, row = NONE;

	for (size_t i = text_begins(number, TEXT("+")) ? 1 : 0; i < number.size && is_digit(number.start[i]);
		i++) {
		at = table->nodes[at].children[number.start[i] - '0'];
		if (at == 0) {
			break;
		}
		if (table->nodes[at].row != NONE) {
			row = table->nodes[at].row;
		}
	}
	return row == NONE ? NULL : &table->rows[row];
}

bool destination_has_country(const struct destination_table *table, struct text country)
{
	uint32_t index = country_index(country);

	return index != NONE && table->has_country[index];
}

size_t destination_count(const struct destination_table *table)
{
	return table->row_count;
}
