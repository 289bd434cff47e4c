/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/site.h"

static void add(struct network_set *set, const char *text)
{
	struct network network;

	assert_true(network_parse(text_of(text), &network));
	assert_true(network_set_add(set, &network));
}

static enum leg leg_of(const struct site *site, const char *source, const char *destination)
{
	struct address from, to;

	assert_true(address_parse(text_of(source), &from));
	assert_true(address_parse(text_of(destination), &to));
	return site_leg(site, &from, &to);
}

static bool outward(const struct site *site, const char *source, const char *destination)
{
	struct address from, to;

	assert_true(address_parse(text_of(source), &from));
	assert_true(address_parse(text_of(destination), &to));
	return site_call_is_outward(site, &from, &to);
}

#define PHONE "192.168.10.21"
#define PBX "192.0.2.10"
#define TRUNK "203.0.113.2"
#define STRANGER "198.51.100.66"

static void two_addresses_make_a_leg(void **state)
{
	struct site site = {0};

	(void)state;
	add(&site.pbx, PBX);
	add(&site.trunks, "203.0.113.0/28");
	assert_int_equal(leg_of(&site, STRANGER, PBX), LEG_UNKNOWN); /* any could be a phone */
	add(&site.extensions, "192.168.10.0/24");
	assert_int_equal(leg_of(&site, PHONE, PBX), LEG_EXTENSION);
	assert_int_equal(leg_of(&site, PBX, PHONE), LEG_EXTENSION);
	assert_int_equal(leg_of(&site, PBX, TRUNK), LEG_TRUNK_OUT);
	assert_int_equal(leg_of(&site, TRUNK, PBX), LEG_TRUNK_IN);
	assert_int_equal(leg_of(&site, STRANGER, PBX), LEG_OUTSIDE);
	assert_int_equal(leg_of(&site, PBX, STRANGER), LEG_UNKNOWN);
	assert_int_equal(leg_of(&site, PHONE, TRUNK), LEG_UNKNOWN);
}

static void without_addresses_every_leg_is_unknown(void **state)
{
	const struct site site = {0};

	(void)state;
	assert_int_equal(leg_of(&site, PHONE, PBX), LEG_UNKNOWN);
	assert_true(outward(&site, PHONE, PBX));
}

static void only_calls_that_cost_money_are_outward(void **state)
{
	struct site site = {0};

	(void)state;
	add(&site.pbx, PBX);
	add(&site.trunks, TRUNK);
	add(&site.extensions, "192.168.10.0/24");
	assert_true(outward(&site, PHONE, PBX));
	assert_false(outward(&site, PBX, PHONE));
	assert_true(outward(&site, PBX, TRUNK));
	assert_false(outward(&site, TRUNK, PBX));
	assert_true(outward(&site, STRANGER, PBX));
	assert_true(outward(&site, PBX, STRANGER));
}

static void a_zone_in_other_letters_is_told_its_name(void **state)
{
	static const struct {
		const char *written, *why;
	} zones[] = {
		{"asia/tokyo", "is not a time zone of this host; did you mean \"Asia/Tokyo\"?"},
		{"Tokyo", "is not a time zone of this host; did you mean \"Asia/Tokyo\"?"},
		{"utc", "is not a time zone of this host; did you mean \"UTC\"?"},
		{"America/New York", "is not a time zone of this host; did you mean \"America/New_York\"?"},
		{"Asia", "is not a time zone of this host; write it like \"Asia/Tokyo\""},
		{"Asia/Tokio", "is not a time zone of this host; write it like \"Asia/Tokyo\""},
		{"../passwd", "is not a time zone of this host; write it like \"Asia/Tokyo\""},
		{"/", "is not a time zone of this host; write it like \"Asia/Tokyo\""},
	};
	const struct setting *zone = setting_find(&site_settings, TEXT("timezone"));
	char why[SETTING_CHECK_TEXT_SIZE];

	(void)state;
	assert_true(zone->check(TEXT("Asia/Tokyo"), why));
	for (size_t i = 0; i < COUNT_OF(zones); i++) {
		assert_false(zone->check(text_of(zones[i].written), why));
		assert_string_equal(why, zones[i].why);
	}
}

static void an_own_number_may_be_a_block_of_them(void **state)
{
	static const struct {
		const char *text, *first, *last; /* NULL: refused */
	} cases[] = {
		{"+81312345678", "+81312345678", "+81312345678"},
		{"+81312345600..99", "+81312345600", "+81312345699"},
		{"+81312345600..+81312345699", "+81312345600", "+81312345699"},
		{"+81312345600..0", "+81312345600", "+81312345600"},
		{"+81312000000..999999", "+81312000000", "+81312999999"},
		{"+123456789012345..+123456789912345", "+123456789012345", "+123456789912345"},
		{"+81312345699..00", NULL, NULL},           /* backwards */
		{"+81312345600..+8131234569", NULL, NULL},  /* of another length */
		{"+81312345600..0312345699", NULL, NULL},   /* without country code */
		{"+81312345600..+81412345699", NULL, NULL}, /* too far apart */
		{"+81312345600..1345699", NULL, NULL},      /* likewise */
		{"+81312345600..", NULL, NULL},
		{"+81312345600...99", NULL, NULL},
		{"+81312345600..9..9", NULL, NULL},
		{"..99", NULL, NULL},
		{"..", NULL, NULL},
		{"", NULL, NULL},
		{"+8131234560*", NULL, NULL},
		{"0312345600", NULL, NULL},
		{"+1234567890123456", NULL, NULL},
	};
	struct site_numbers numbers;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(site_numbers_read(text_of(cases[i].text), &numbers), cases[i].first != NULL);
		if (cases[i].first != NULL) {
			assert_string_equal(numbers.first, cases[i].first);
			assert_string_equal(numbers.last, cases[i].last);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_addresses_make_a_leg),
		cmocka_unit_test(without_addresses_every_leg_is_unknown),
		cmocka_unit_test(only_calls_that_cost_money_are_outward),
		cmocka_unit_test(a_zone_in_other_letters_is_told_its_name),
		cmocka_unit_test(an_own_number_may_be_a_block_of_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
