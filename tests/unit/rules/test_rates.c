/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/rates.h"

#include <stdlib.h>
#include <unistd.h>

static const struct destination barbados = {.prefix = "1246", .country = "BB"};
static const struct destination states = {.prefix = "1212", .country = "US"};
static const struct destination france = {.prefix = "33", .country = "FR"};
static const struct destination russia = {.prefix = "7", .country = "RU"};
static const struct destination iridium = {.prefix = "8816", .kind = DESTINATION_SATELLITE};
static const struct destination network = {.prefix = "88299", .kind = DESTINATION_NETWORK};
static const struct destination premium = {.prefix = "979", .kind = DESTINATION_PREMIUM};
static const struct destination freephone = {.prefix = "800", .kind = DESTINATION_FREE};

static char error[256];

/* Of a table with these rows, or its whole text; NULL: error has the reason. */
static struct rates *rates_of_file(const char *text)
{
	char path[] = "/tmp/pbxguard-rates-XXXXXX";
	struct rates_settings settings = {0};
	int file = mkstemp(path);

	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
	setting_defaults(&rates_setting_table, &settings);
	error[0] = '\0';
	struct rates *rates = rates_read(&settings, path, error, sizeof error);
	unlink(path);
	/* Without the path, which is another one each time. */
	if (error[0] != '\0') {
		memmove(error, error + strlen(path), strlen(error) - strlen(path) + 1);
	}
	assert_int_equal(rates == NULL, error[0] != '\0');
	return rates;
}

#define HEADER "prefix,currency,per_minute,setup\n"

static struct rates *some_rates(void)
{
	struct rates *rates = rates_of_file(HEADER "1,JPY,10,\n"
						   "7,JPY,50,\n"
						   "1-212,JPY,9.5,3\n"
						   "33,JPY,20,8\n"
						   "881,JPY,700,\n");

	assert_non_null(rates);
	return rates;
}

static void expect_text(const char *text, const char *expected)
{
	assert_string_equal(text == NULL ? "" : text, expected == NULL ? "" : expected);
}

static void the_longest_prefix_has_the_price(void **state)
{
	static const struct {
		const char *e164;
		const struct destination *destination;
		const char *high_risk;
		double per_minute, setup;
		const char *prefix;
		const char *guess;
	} cases[] = {
		{"+12125550123", &states, NULL, 9.5, 3, "1212", NULL},
		{"+12025550123", &states, NULL, 10, 0, "1", NULL},
		{"+33123456789", &france, NULL, 20, 8, "33", NULL},
		{"+491234567890", NULL, NULL, 250, 0, "", "default_per_minute"},
		/* Nobody listed as risky what the table knows as precisely. */
		{"+79011234567", &russia, "7", 50, 0, "7", NULL},
		{"+88161234567", &iridium, NULL, 700, 0, "881", NULL}, /* dearer than the risky price */
		/* 1 is not about Barbados, by the list or without one. */
		{"+12465550123", &barbados, "1-246", 500, 0, "", "risky_per_minute"},
		{"+12465550123", &barbados, NULL, 10, 0, "1", NULL},
		{"+33123456789", &france, "33-1", 500, 8, "", "risky_per_minute"},
		{"+23222123456", NULL, "232", 500, 0, "", "risky_per_minute"},
		{"+88299123456", &network, NULL, 500, 0, "", "risky_per_minute"},
		{"+979123456789", &premium, NULL, 500, 0, "", "risky_per_minute"},
		{"+80012345678", &freephone, NULL, 250, 0, "", "default_per_minute"},
		{"+2", NULL, NULL, 250, 0, "", "default_per_minute"},
		{"", NULL, NULL, 250, 0, "", "default_per_minute"},
	};
	struct rates *rates = some_rates();
	struct rate rate;

	(void)state;
	assert_string_equal(rates_currency(rates), "JPY");
	assert_int_equal(rates_count(rates), 5);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct destination_reading reading = {.high_risk = cases[i].high_risk};
		rates_find(rates, cases[i].e164, cases[i].destination, &reading, &rate);
		assert_int_equal(rate.per_minute, (money)(cases[i].per_minute * MONEY_UNIT));
		assert_int_equal(rate.setup, (money)(cases[i].setup * MONEY_UNIT));
		assert_string_equal(rate.prefix, cases[i].prefix);
		expect_text(rate.guess, cases[i].guess);
	}
	rates_free(rates);
	rates_free(NULL);
}

/* The dearest is feared of places that nobody knows of; the owner knows these. */
static void a_guess_is_lower_for_places_that_the_owner_allows(void **state)
{
	static const struct {
		const char *e164;
		const struct destination *destination;
		const char *high_risk;
		double per_minute;
		const char *guess;
	} cases[] = {
		{"+254201234567", NULL, NULL, 150, "allowed_per_minute"},
		{"+23222123456", NULL, "232", 150, "allowed_per_minute"},
		{"+12465550123", &barbados, "1-246", 150, "allowed_per_minute"}, /* still not 1's */
		{"+33123456789", &france, NULL, 20, NULL},                       /* the table knows better */
		{"+7901123456", &russia, "7", 50, NULL},
		{"+979123456789", &premium, NULL, 500, "risky_per_minute"}, /* dear wherever it is */
		{"+88299123456", &network, NULL, 500, "risky_per_minute"},
	};
	struct rates *rates = some_rates();
	struct rate rate;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct destination_reading reading = {
			.high_risk = cases[i].high_risk, .permission = DESTINATION_ALLOWED};
		rates_find(rates, cases[i].e164, cases[i].destination, &reading, &rate);
		assert_int_equal(rate.per_minute, (money)(cases[i].per_minute * MONEY_UNIT));
		expect_text(rate.guess, cases[i].guess);
	}
	rates_free(rates);
}

static void a_minute_begun_counts_whole(void **state)
{
	static const struct {
		duration up;
		uint32_t minutes;
	} cases[] = {
		{-SECOND, 1},
		{0, 1}, /* answered, and hung up at once */
		{30 * SECOND, 1},
		{MINUTE, 1},
		{MINUTE + 1, 2},
		{2 * MINUTE, 2},
		{HOUR + 1, 61},
		{INT64_MAX, UINT32_MAX},
	};
	const struct destination_reading reading = {0};
	struct rates *rates = some_rates();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(rate_minutes(cases[i].up), cases[i].minutes);
		assert_int_equal(rates_cost(rates, "+33123456789", &france, &reading, cases[i].up),
			(8 + 20 * (money)cases[i].minutes) * MONEY_UNIT);
	}
	rates_free(rates);
}

static void a_wrong_table_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", ": is empty: a header line with the columns' names is missing"},
		{"prefix,currency,per_minute\n1,JPY,9\n", ":1: the header line has no column setup"},
		{HEADER, ":1: the file ends without a single rate, so without a currency"},
		{HEADER "# nothing\n01,JPY,9,\n",
			":3: prefix: \"01\" is not 1 to 15 digits that begin with a country code"},
		{HEADER "+1,JPY,9,\n",
			":2: prefix: \"+1\" is not 1 to 15 digits that begin with a country code"},
		{HEADER ",JPY,9,\n", ":2: prefix: \"\" is not 1 to 15 digits that begin with a country code"},
		{HEADER "1,yen,9,\n",
			":2: currency: \"yen\" is not a code of three capital letters, like JPY"},
		{HEADER "1,JPY,9,\n33,EUR,0.2,\n",
			":3: currency: is EUR, but JPY in the lines before; a table has one currency"},
		{HEADER "1,JPY,,\n",
			":2: per_minute: \"\" is not a price from 0 to 100000, like 9 or 0.0135"},
		{HEADER "1,JPY,-9,\n",
			":2: per_minute: \"-9\" is not a price from 0 to 100000, like 9 or 0.0135"},
		{HEADER "1,JPY,100001,\n",
			":2: per_minute: \"100001\" is not a price from 0 to 100000, like 9 or 0.0135"},
		{HEADER "1,JPY,9,none\n", ":2: setup: \"none\" is not a price from 0 to 100000, nor empty"},
		{HEADER "1246,JPY,9,\n1-246,JPY,10,\n", ":3: prefix: 1246 is there twice"},
		{HEADER "1,JPY,9\n", ":2: the line has 3 fields, the header line 4"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_null(rates_of_file(cases[i].text));
		assert_string_equal(error, cases[i].error);
	}
	struct rates_settings settings = {0};
	setting_defaults(&rates_setting_table, &settings);
	assert_null(rates_read(&settings, "/nowhere/rates.csv", error, sizeof error));
	assert_string_equal(error, "/nowhere/rates.csv: No such file or directory");
}

static void prices_of_settings_are_checked(void **state)
{
	static const struct {
		const char *price;
		bool is_good;
	} cases[] = {{"250", true}, {"0", true}, {"0.000001", true}, {"100000", true}, {"100000.1", false},
		{"", false}, {"-1", false}, {"250 JPY", false}, {"2,5", false}};
	char why[SETTING_CHECK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(rates_check_price(text_of(cases[i].price), why), cases[i].is_good);
	}
}

static void the_example_is_a_good_table(void **state)
{
	struct rates_settings settings = {0};
	const char *source = getenv("PBXGUARD_SOURCE");
	char path[512];

	(void)state;
	setting_defaults(&rates_setting_table, &settings);
	snprintf(path, sizeof path, "%s/conf/%s", source == NULL ? "." : source, settings.table);
	struct rates *rates = rates_read(&settings, path, error, sizeof error);
	assert_non_null(rates);
	assert_string_equal(rates_currency(rates), "JPY");
	rates_free(rates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_has_the_price),
		cmocka_unit_test(a_guess_is_lower_for_places_that_the_owner_allows),
		cmocka_unit_test(a_minute_begun_counts_whole),
		cmocka_unit_test(a_wrong_table_is_refused_with_its_line),
		cmocka_unit_test(prices_of_settings_are_checked),
		cmocka_unit_test(the_example_is_a_good_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
