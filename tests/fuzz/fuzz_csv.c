/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A data file: its fields lie in their line, and the readers of such files take it or say what is wrong. */
#include "fuzz.h"

#include "pbxguard/base/csv.h"
#include "pbxguard/call/destination.h"
#include "pbxguard/rules/rates.h"

#include <stdlib.h>
#include <string.h>

static void read_rows(const char *path, size_t file_size)
{
	static const char *const columns[] = {"prefix", "name", NULL};
	char error[256] = "";
	struct text fields[2];
	size_t line = 0;

	struct csv *csv = csv_open(path, columns, error, sizeof error);
	MUST_HOLD((csv == NULL) == (error[0] != '\0'));
	while (csv != NULL && csv_next(csv, fields)) {
		MUST_HOLD(csv_line(csv) > line);
		line = csv_line(csv);
		for (size_t i = 0; i < COUNT_OF(fields); i++) {
			MUST_HOLD(fields[i].size <= CSV_LINE_MAX && fields[i].size <= file_size);
			MUST_HOLD(text_find_any(fields[i], "\n") == fields[i].size);
			MUST_HOLD(text_find(fields[i], '\0') == fields[i].size);
		}
	}
	MUST_HOLD(csv == NULL || csv_failed(csv) == (error[0] != '\0'));
	csv_close(csv);
}

static void price(const struct rates *rates)
{
	const struct destination_reading reading = {0};
	struct rate rate;

	MUST_HOLD(currency_is_code(text_of(rates_currency(rates))) && rates_count(rates) > 0);
	rates_find(rates, "+12465550123", NULL, &reading, &rate);
	MUST_HOLD(text_begins(TEXT("12465550123"), text_of(rate.prefix)));
	MUST_HOLD(rate.per_minute >= 0 && rate.per_minute <= RATE_MAXIMUM);
	MUST_HOLD(rate.setup >= 0 && rate.setup <= RATE_MAXIMUM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file(data, size);
	char error[256] = "";

	read_rows(path, size);
	struct destination_table *table = destination_table_read(path, error, sizeof error);
	MUST_HOLD((table == NULL) == (error[0] != '\0'));
	if (table != NULL) {
		const struct destination *found = destination_find(table, TEXT("12465550123"));
		MUST_HOLD(found == NULL || text_begins(TEXT("12465550123"), text_of(found->prefix)));
	}
	destination_table_free(table);
	struct rates_settings settings = {
		.default_per_minute = "250", .risky_per_minute = "500", .allowed_per_minute = "150"};
	error[0] = '\0';
	struct rates *rates = rates_read(&settings, path, error, sizeof error);
	MUST_HOLD((rates == NULL) == (error[0] != '\0'));
	if (rates != NULL) {
		price(rates);
	}
	rates_free(rates);
	return 0;
}
