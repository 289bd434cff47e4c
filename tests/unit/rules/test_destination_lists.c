/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/destination_lists.h"

#include <errno.h>

static const struct destination barbados = {.prefix = "1246", .country = "BB", .name = "Barbados"};
static const struct destination america = {.prefix = "1", .country = "US", .name = "United States"};
static const struct destination russia = {.prefix = "7", .country = "RU", .name = "Russia"};
static const struct destination kazakhstan = {.prefix = "77", .country = "KZ", .name = "Kazakhstan"};
static const struct destination cuba = {.prefix = "53", .country = "CU", .name = "Cuba"};
static const struct destination satellite = {.prefix = "882", .country = "", .name = "Networks"};

static void add(char entries[][DESTINATION_ENTRY_SIZE], size_t *count, const char *list)
{
	struct text rest = text_of(list), piece;

	while (text_split(&rest, ' ', &piece)) {
		assert_true(text_copy(piece, entries[(*count)++], DESTINATION_ENTRY_SIZE));
	}
}

static struct destination_lists *lists_with(const char *deny, const char *allow)
{
	struct destinations_settings settings = {0};

	add(settings.deny, &settings.deny_count, deny);
	add(settings.allow, &settings.allow_count, allow);
	struct destination_lists *lists = destination_lists_new(&settings);
	assert_non_null(lists);
	return lists;
}

static void the_longer_prefix_wins_and_at_equal_length_deny(void **state)
{
	static const struct {
		const char *deny, *allow, *e164;
		const struct destination *destination;
		enum destination_permission permission;
		const char *entry;
	} cases[] = {
		{"", "", "+5312345678", &cuba, DESTINATION_UNMENTIONED, NULL},
		{"CU", "", "+5312345678", &cuba, DESTINATION_DENIED, "CU"},
		{"CU", "", "+12461234567", &barbados, DESTINATION_UNMENTIONED, NULL},
		{"+882", "", "+88216123456", &satellite, DESTINATION_DENIED, "+882"},
		{"+882", "", "+88116123456", NULL, DESTINATION_UNMENTIONED, NULL},
		{"", "US", "+12125550123", &america, DESTINATION_ALLOWED, "US"},
		{"CU", "CU", "+5312345678", &cuba, DESTINATION_DENIED, "CU"},
		{"CU", "+53", "+5312345678", &cuba, DESTINATION_DENIED, "CU"}, /* CU is as long as 53 */
		{"+53", "CU", "+5312345678", &cuba, DESTINATION_DENIED, "+53"},
		{"CU", "+531", "+5312345678", &cuba, DESTINATION_ALLOWED, "+531"},
		{"+531", "CU", "+5312345678", &cuba, DESTINATION_DENIED, "+531"},
		{"+1", "BB", "+12461234567", &barbados, DESTINATION_ALLOWED, "BB"}, /* 1246 */
		{"+1", "BB", "+12125550123", &america, DESTINATION_DENIED, "+1"},
		{"BB", "+1", "+12461234567", &barbados, DESTINATION_DENIED, "BB"},
		{"RU", "", "+77012345678", &kazakhstan, DESTINATION_UNMENTIONED, NULL},
		{"+7", "KZ", "+77012345678", &kazakhstan, DESTINATION_ALLOWED, "KZ"},
		{"+7", "KZ", "+74951234567", &russia, DESTINATION_DENIED, "+7"},
		{"*", "", "+12125550123", &america, DESTINATION_DENIED, "*"},
		{"*", "", "+2100123456", NULL, DESTINATION_DENIED, "*"}, /* no country at all */
		{"*", "US +86", "+12125550123", &america, DESTINATION_ALLOWED, "US"},
		{"*", "US +86", "+861012345678", NULL, DESTINATION_ALLOWED, "+86"},
		{"*", "US +86", "+5312345678", &cuba, DESTINATION_DENIED, "*"},
		{"*", "*", "+5312345678", &cuba, DESTINATION_DENIED, "*"},
		{"CU", "*", "+5312345678", &cuba, DESTINATION_DENIED, "CU"},
		{"CU", "*", "+12125550123", &america, DESTINATION_ALLOWED, "*"},
		{"+53 +5312 CU *", "+531", "+5312345678", &cuba, DESTINATION_DENIED, "+5312"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct destination_lists *lists = lists_with(cases[i].deny, cases[i].allow);
		struct destination_reading reading;
		destination_lists_read(lists, cases[i].e164, cases[i].destination, &reading);
		assert_int_equal(reading.permission, cases[i].permission);
		assert_null(reading.high_risk);
		if (cases[i].entry == NULL) {
			assert_null(reading.entry);
		} else {
			assert_string_equal(reading.entry, cases[i].entry);
		}
		destination_lists_free(lists);
	}
}

static void a_high_risk_code_covers_every_number_behind_it(void **state)
{
	static const struct {
		const char *e164, *entry;
	} cases[] = {
		{"+12465550123", "1-246"},
		{"+1246", "1-246"},
		{"+124", NULL},
		{"+12125550123", NULL},
		{"+74951234567", "7"}, /* Russia */
		{"+77012345678", "7"}, /* Kazakhstan, the second country behind the code */
		{"+2324", "232-4"},    /* the longer of two */
		{"+23255", "232"},
		{"+2", NULL},
		{"+", NULL},
		{"", NULL},
	};
	struct destination_lists *lists = lists_with("", "");

	(void)state;
	assert_int_equal(destination_lists_add_high_risk(lists, TEXT("232-4")), 0);
	assert_int_equal(destination_lists_add_high_risk(lists, TEXT("1-246")), 0);
	assert_int_equal(destination_lists_add_high_risk(lists, TEXT("7")), 0);
	assert_int_equal(destination_lists_add_high_risk(lists, TEXT("7")), 0);
	assert_int_equal(destination_lists_add_high_risk(lists, TEXT("232")), 0);
	assert_int_equal(destination_lists_high_risk_count(lists), 4);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct destination_reading reading;
		destination_lists_read(lists, cases[i].e164, NULL, &reading);
		if (cases[i].entry == NULL) {
			assert_null(reading.high_risk);
		} else {
			assert_string_equal(reading.high_risk, cases[i].entry);
		}
	}
	destination_lists_free(lists);
}

static void a_high_risk_code_is_digits_and_hyphens(void **state)
{
	static const char *const bad[] = {"", "-", "+1246", "1 246", "BB", "1234567890123456"};
	struct destination_lists *lists = lists_with("", "");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(destination_lists_add_high_risk(lists, text_of(bad[i])), -EINVAL);
	}
	assert_int_equal(destination_lists_high_risk_count(lists), 0);
	destination_lists_free(lists);
}

/* Against a search through all of them: 2,000 codes, 20,000 numbers. */
static void the_longest_code_is_found_among_thousands(void **state)
{
	static char codes[2000][8];
	struct destination_lists *lists = lists_with("", "");
	unsigned random = 1;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		random = random * 1103515245 + 12345;
		snprintf(codes[i], sizeof codes[i], "%0*u", 1 + (int)(i % 6), random >> 8 & 0xFFF);
		codes[i][1 + i % 6] = '\0';
		assert_int_equal(destination_lists_add_high_risk(lists, text_of(codes[i])), 0);
	}
	for (int n = 0; n < 20000; n++) {
		char number[16];
		struct destination_reading reading;
		const char *best = NULL;
		random = random * 1103515245 + 12345;
		snprintf(number, sizeof number, "+%06u", (random >> 8) % 5000 * (n % 2 ? 1 : 199) % 1000000);
		destination_lists_read(lists, number, NULL, &reading);
		for (size_t i = 0; i < COUNT_OF(codes); i++) {
			if (strncmp(number + 1, codes[i], strlen(codes[i])) == 0 &&
				(best == NULL || strlen(codes[i]) > strlen(best))) {
				best = codes[i];
			}
		}
		assert_int_equal(best == NULL, reading.high_risk == NULL);
		assert_true(best == NULL || strcmp(best, reading.high_risk) == 0);
	}
	destination_lists_free(lists);
}

static void an_entry_is_a_country_a_prefix_or_a_star(void **state)
{
	static const struct {
		const char *value;
		bool good;
	} cases[] = {
		{"CU", true},
		{"XK", true},
		{"+882", true},
		{"+123456789012345", true},
		{"*", true},
		{"cu", false},
		{"CUB", false},
		{"882", false},
		{"+", false},
		{"+1-246", false},
		{"+1234567890123456", false},
		{"**", false},
		{"", false},
		{"Cuba", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char why[SETTING_CHECK_TEXT_SIZE] = "";
		assert_int_equal(destination_check_entry(text_of(cases[i].value), why), cases[i].good);
		assert_int_equal(why[0] == '\0', cases[i].good);
	}
}

static void the_defaults_are_the_advisory_and_nothing_denied(void **state)
{
	struct destinations_settings settings = {0};

	(void)state;
	setting_defaults(&destinations_setting_table, &settings);
	assert_string_equal(settings.table, "destinations.csv");
	assert_int_equal(settings.high_risk_count, 1);
	assert_string_equal(settings.high_risk[0], "high-risk/ntt-2022-07-01.csv");
	assert_int_equal(settings.deny_count, 0);
	assert_int_equal(settings.allow_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longer_prefix_wins_and_at_equal_length_deny),
		cmocka_unit_test(a_high_risk_code_covers_every_number_behind_it),
		cmocka_unit_test(a_high_risk_code_is_digits_and_hyphens),
		cmocka_unit_test(the_longest_code_is_found_among_thousands),
		cmocka_unit_test(an_entry_is_a_country_a_prefix_or_a_star),
		cmocka_unit_test(the_defaults_are_the_advisory_and_nothing_denied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
