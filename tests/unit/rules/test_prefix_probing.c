/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include "pbxguard/rules/distinct.h"

#define RULE "prefix_probing"
#define TAIL "592172111"

static const struct destination israel = {.prefix = "972", .country = "IL", .name = "Israel"};

/* As real probes have them, one behind the other. */
static const char *const leads[] = {"00972", "011972", "9011972", "000972", "900972", "0011972", "+972",
	"9972", "810972", "1010222011972", "1010333011972", "010972", "972"};

/* A string as it was dialled that reads as no number. */
static void bench_string(
	struct bench *bench, const char *caller, const char *source, const char *lead, instant when)
{
	bench_call(bench, caller, source, "", NULL, when);
	bench->number.kind = NUMBER_UNRECOGNISED;
	assert_true(snprintf(bench->number.digits, sizeof bench->number.digits, "%s" TAIL, lead) <
		    (int)sizeof bench->number.digits);
	bench->event.dialed = text_of(bench->number.digits);
}

static size_t dial(
	struct bench *bench, const char *caller, const char *source, const char *lead, instant when)
{
	bench_string(bench, caller, source, lead, when);
	return bench_try(bench);
}

/* The same by a stranger. */
static size_t probe(
	struct bench *bench, const char *caller, const char *source, const char *lead, instant when)
{
	bench_string(bench, caller, source, lead, when);
	bench->event.leg = LEG_OUTSIDE;
	return bench_try(bench);
}

static void open_rule(struct bench *bench)
{
	bench_open(bench, RULE);
	bench_start(bench);
}

static void three_prefixes_in_a_minute_warn_and_ten_are_critical(void **state)
{
	struct bench bench;
	instant when = bench_time(NOON);

	(void)state;
	open_rule(&bench);
	for (uint32_t i = 0; i < COUNT_OF(leads); i++) {
		assert_int_equal(dial(&bench, "1001", PHONE, leads[i], when + i * 4 * SECOND), i >= 2);
		if (i >= 2) {
			bench_expect(&bench, 0, i >= 9 ? SEVERITY_CRITICAL : SEVERITY_WARNING, "caller:1001",
				i + 1, i >= 9 ? 10 : 3);
			assert_int_equal(bench.findings.items[0].window, MINUTE);
		}
		if (i == 2) {
			assert_string_equal(
				bench.findings.items[0].evidence, "3 prefixes in 1 min (limit 3)");
			assert_string_equal(bench.findings.items[0].reason,
				"Number that ends in 592172111 dialled behind 3 different prefixes by caller "
				"1001 within 1 min, now behind \"9011972\"; the office is open.");
		}
	}
	bench_close(&bench);
}

static void slow_probing_is_found_within_a_day(void **state)
{
	struct bench bench;
	instant when = bench_time(NOON);

	(void)state;
	open_rule(&bench);
	assert_int_equal(dial(&bench, "1001", PHONE, leads[0], when), 0);
	assert_int_equal(dial(&bench, "1001", PHONE, leads[1], when + MINUTE - 1), 0);
	assert_int_equal(dial(&bench, "1001", PHONE, leads[2], when + MINUTE), 0); /* the first is out */
	assert_int_equal(dial(&bench, "1001", PHONE, leads[3], when + 12 * HOUR), 0);
	assert_int_equal(dial(&bench, "1001", PHONE, leads[4], when + DAY), 0); /* likewise */
	assert_int_equal(dial(&bench, "1001", PHONE, leads[5], when + DAY + MINUTE - 2), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 5, 5);
	assert_int_equal(bench.findings.items[0].window, DAY);
	/* An hour later the three of the last hours before, and then one more each hour. */
	for (uint32_t i = 6; i < COUNT_OF(leads); i++) {
		assert_int_equal(dial(&bench, "1001", PHONE, leads[i], when + DAY + (i - 5) * HOUR), i >= 7);
		assert_true(i < 7 || bench.findings.items[0].count == i - 2);
	}
	bench_expect(&bench, 0, SEVERITY_CRITICAL, "caller:1001", 10, 10);
	bench_close(&bench);
}

/* Once wrong, once right, then a colleague's and the same in the afternoon. */
static void who_mistypes_a_prefix_is_left_alone(void **state)
{
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	open_rule(&bench);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(
			dial(&bench, "1001", PHONE, i % 2 ? "010972" : "0972", noon + i * SECOND), 0);
	}
	assert_int_equal(dial(&bench, "1001", PHONE, "+972", noon + HOUR), 0);
	assert_int_equal(dial(&bench, "1001", PHONE, "0010972", noon + 2 * HOUR), 0);
	bench_close(&bench);
}

static void codes_that_say_how_to_place_a_call_are_no_prefix(void **state)
{
	static const char *const codes[] = {"184", "186", "122", "184186", ""};
	struct bench bench;
	instant noon = bench_time(NOON);

	(void)state;
	open_rule(&bench);
	for (unsigned i = 0; i < COUNT_OF(codes); i++) {
		char lead[32];
		snprintf(lead, sizeof lead, "0%s010972", codes[i]);
		bench_string(&bench, "1001", PHONE, lead, noon + i);
		struct dialed_number *number = &bench.number;
		number->kind = NUMBER_INTERNATIONAL;
		number->steps[number->step_count++] = (struct dial_step){"0", DIAL_STEP_OUTSIDE_LINE};
		for (size_t at = 0; codes[i][at] != '\0'; at += 3) {
			struct dial_step *step = &number->steps[number->step_count++];
			step->reason = DIAL_STEP_SERVICE_CODE;
			memcpy(step->digits, codes[i] + at, 3);
		}
		number->steps[number->step_count++] =
			(struct dial_step){"010", DIAL_STEP_INTERNATIONAL_PREFIX};
		assert_int_equal(bench_try(&bench), 0);
	}
	/* Where the plan knows no such code they are what they look like. */
	assert_int_equal(dial(&bench, "1001", PHONE, "0184010972", noon + 10), 0);
	assert_int_equal(dial(&bench, "1001", PHONE, "0186010972", noon + 11), 1);
	bench_close(&bench);
}

static void what_counts_as_a_number(void **state)
{
	static const struct {
		const char *format;
		size_t findings; /* of the third with another prefix */
	} cases[] = {
		{"%s" TAIL, 1},
		{"%s" TAIL "#", 1}, /* as one ends dialling */
		{"*%s" TAIL, 1},
		{"%s59217211", 0}, /* eight digits stay the same, and the prefix's last one does not */
		{"1010222011009%s" TAIL, 1}, /* sixteen in front */
		{"10102220110099%s" TAIL, 0},
		{"%s59217#2111", 0},
		{"%s", 0},
	};
	static const char *const three[] = {"101", "102", "103"};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_rule(&bench);
		for (unsigned n = 0; n < 3; n++) {
			char digits[DIALED_DIGITS_SIZE];
			bench_string(&bench, "1001", PHONE, "", bench_time(NOON) + n);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(digits, sizeof digits, cases[i].format, three[n]);
#pragma GCC diagnostic pop
			strcpy(bench.number.digits, digits);
			assert_int_equal(bench_try(&bench), n == 2 ? cases[i].findings : 0);
		}
		bench_close(&bench);
	}
}

static void every_kind_of_number_counts_but_those_of_the_house_and_public_ones(void **state)
{
	static const struct {
		enum number_kind kind;
		bool counts;
	} cases[] = {
		{NUMBER_UNRECOGNISED, true},
		{NUMBER_INTERNAL, false},
		{NUMBER_EMERGENCY, false},
		{NUMBER_SERVICE, false},
		{NUMBER_DOMESTIC, true},
		{NUMBER_LOCAL, true},
		{NUMBER_CARRIER_SERVICE, true},
		{NUMBER_INTERNATIONAL, true},
	};
	struct bench bench;

	(void)state;
	assert_int_equal(COUNT_OF(cases), NUMBER_KIND_COUNT);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_rule(&bench);
		for (unsigned n = 0; n < 3; n++) {
			bench_string(&bench, "1001", PHONE, leads[n], bench_time(NOON) + n);
			bench.number.kind = cases[i].kind;
			bench.number.step_count = 1;
			bench.number.steps[0].reason = DIAL_STEP_OUTSIDE_LINE;
			assert_int_equal(bench_try(&bench), n == 2 && cases[i].counts);
		}
		bench_close(&bench);
	}
}

static void numbers_dialled_as_at_home_do_not_count_but_from_outside(void **state)
{
	static const enum leg legs[] = {LEG_EXTENSION, LEG_TRUNK_OUT, LEG_OUTSIDE};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(legs); i++) {
		open_rule(&bench);
		for (unsigned n = 0; n < 3; n++) {
			bench_string(&bench, "1001", PHONE, leads[n], bench_time(NOON) + n);
			bench.event.leg = legs[i];
			bench.number.kind = NUMBER_DOMESTIC;
			bench.number.step_count = 1;
			bench.number.steps[0].reason = DIAL_STEP_TRUNK_PREFIX;
			assert_int_equal(bench_try(&bench) > 0, n == 2 && legs[i] == LEG_OUTSIDE);
		}
		bench_close(&bench);
	}
}

static void calls_from_the_carrier_do_not_count(void **state)
{
	struct bench bench;

	(void)state;
	open_rule(&bench);
	for (unsigned n = 0; n < COUNT_OF(leads); n++) {
		bench_string(&bench, "1001", TRUNK, leads[n], bench_time(NOON) + n);
		bench.event.leg = LEG_TRUNK_IN;
		bench.event.is_outward = false;
		assert_int_equal(bench_try(&bench), 0);
	}
	bench_close(&bench);
}

/* Of a stranger the caller proves nothing, and however many he tries, it is a warning until he is let in. */
static void a_stranger_is_found_by_his_address(void **state)
{
	struct bench bench;
	char caller[16];

	(void)state;
	open_rule(&bench);
	for (uint32_t i = 0; i < COUNT_OF(leads); i++) {
		snprintf(caller, sizeof caller, "%u", 100 + i);
		assert_int_equal(
			probe(&bench, caller, STRANGER, leads[i], bench_time(NIGHT) + i * SECOND), i >= 2);
		if (i >= 2) {
			bench_expect(&bench, 0, SEVERITY_WARNING, "source:" STRANGER, i + 1, i >= 9 ? 10 : 3);
		}
	}
	assert_non_null(strstr(bench.findings.items[0].reason, " from the address " STRANGER " within"));
	assert_non_null(strstr(bench.findings.items[0].reason, "has not been let in yet"));
	bench_close(&bench);
}

static void addresses_of_one_network_are_found_together(void **state)
{
	static const struct {
		const char *format, *subject, *network;
	} cases[] = {
		{"198.51.100.%u", "source:198.51.100.0/24", "from the network 198.51.100.0/24 "},
		{"2001:db8:0:7::%u", "source:2001:db8:0:7::/64", "from the network 2001:db8:0:7::/64 "},
		{"198.51.%u.7", NULL, NULL},
		{"2001:db8:0:%u::7", NULL, NULL},
	};
	struct bench bench;
	char source[ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		open_rule(&bench);
		for (uint32_t n = 0; n < 8; n++) { /* an hour apart */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(source, sizeof source, cases[i].format, 10 + n);
#pragma GCC diagnostic pop
			size_t findings =
				probe(&bench, "100", source, leads[n], bench_time(NIGHT) + n * HOUR);
			bench.event.source.port = (uint16_t)(5060 + n);
			assert_int_equal(findings, cases[i].subject != NULL && n >= 4);
			if (findings > 0) {
				bench_expect(&bench, 0, SEVERITY_WARNING, cases[i].subject, n + 1, 5);
				assert_non_null(strstr(bench.findings.items[0].reason, cases[i].network));
			}
		}
		bench_close(&bench);
	}
}

/* What many addresses do must not hide what one does. */
static void an_address_is_told_besides_its_network_where_that_is_graver(void **state)
{
	struct bench bench;
	char source[24];

	(void)state;
	open_rule(&bench);
	for (unsigned n = 0; n < 8; n++) {
		snprintf(source, sizeof source, "198.51.100.%u", n + 1);
		probe(&bench, "100", source, leads[n], bench_time(NIGHT) + n);
	}
	for (unsigned n = 8; n < 11; n++) {
		assert_int_equal(
			probe(&bench, "100", STRANGER, leads[n], bench_time(NIGHT) + n), n == 10 ? 2 : 1);
	}
	bench_expect(&bench, 0, SEVERITY_WARNING, "source:" STRANGER, 3, 3);
	bench_expect(&bench, 1, SEVERITY_WARNING, "source:198.51.100.0/24", 11, 10);
	bench_close(&bench);
}

static void the_pbx_stands_for_everybody(void **state)
{
	struct bench bench;
	char caller[16];

	(void)state;
	open_rule(&bench);
	for (unsigned n = 0; n < COUNT_OF(leads); n++) {
		snprintf(caller, sizeof caller, "%u", 100 + n);
		assert_int_equal(dial(&bench, caller, PBX, leads[n], bench_time(NOON) + n), 0);
	}
	bench_close(&bench);
}

/* The credentials name the account; the try itself was counted when it was made. */
static void an_identified_call_counts_for_its_account(void **state)
{
	struct bench bench;

	(void)state;
	open_rule(&bench);
	for (unsigned n = 0; n < 3; n++) {
		instant when = bench_time(NIGHT) + n * SECOND;
		assert_int_equal(probe(&bench, "forged", STRANGER, leads[n], when), n == 2);
		bench.event.kind = EVENT_CALL_IDENTIFIED;
		bench.event.caller = TEXT("1001");
		bench.event.has_account = true;
		assert_int_equal(bench_try(&bench), n == 2);
	}
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 3, 3);
	bench_close(&bench);
}

static void other_events_do_not_count(void **state)
{
	struct bench bench;

	(void)state;
	open_rule(&bench);
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
		for (unsigned n = 0; n < 3; n++) {
			bench_string(&bench, "1001", PHONE, leads[n], bench_time(NOON) + kind * DAY);
			bench.event.kind = (enum event_kind)kind;
			bool counts = kind == EVENT_CALL_ATTEMPTED || kind == EVENT_CALL_IDENTIFIED;
			assert_int_equal(bench_try(&bench), n == 2 && counts);
		}
	}
	bench_close(&bench);
}

static void a_number_with_a_country_is_named(void **state)
{
	struct bench bench;

	(void)state;
	open_rule(&bench);
	for (unsigned n = 0; n < 3; n++) {
		bench_string(&bench, "1001", PHONE, leads[n], bench_time(NOON) + n);
		bench.number.kind = NUMBER_INTERNATIONAL;
		strcpy(bench.number.e164, "+972592172111");
		bench.number.by_foreign_prefix = true;
		bench.number.steps[bench.number.step_count++] =
			(struct dial_step){"9011", DIAL_STEP_FOREIGN_PREFIX};
		bench.event.destination = &israel;
		bench_try(&bench);
	}
	assert_string_equal(bench.findings.items[0].reason,
		"Number that ends in 592172111 dialled behind 3 different prefixes by caller 1001 within 1 "
		"min, now behind \"9011972\": to Israel behind the foreign prefix 9011, which reaches nowhere "
		"from here; the office is open.");
	bench_close(&bench);
}

static void numbers_are_counted_apart(void **state)
{
	struct bench bench;

	(void)state;
	open_rule(&bench);
	for (unsigned n = 0; n < 100; n++) { /* an ordinary day: many numbers, one way to dial each */
		bench_call(&bench, "1001", PHONE, "", NULL, bench_time(NOON) + n * SECOND);
		bench.number.kind = NUMBER_DOMESTIC;
		snprintf(bench.number.digits, sizeof bench.number.digits, "%s0312345%03u", n % 3 ? "0" : "",
			n);
		assert_int_equal(bench_try(&bench), 0);
	}
	bench_close(&bench);
}

static void a_reload_goes_on_with_the_old_counts(void **state)
{
	struct bench bench, next;
	instant noon = bench_time(NOON);

	(void)state;
	open_rule(&bench);
	dial(&bench, "1001", PHONE, leads[0], noon);
	dial(&bench, "1001", PHONE, leads[1], noon + 1);
	open_rule(&next);
	rules_adopt(next.rules, bench.rules);
	bench_close(&bench);
	assert_int_equal(dial(&next, "1001", PHONE, leads[1], noon + 2), 0);
	assert_int_equal(dial(&next, "1001", PHONE, leads[2], noon + 3), 1);
	bench_expect(&next, 0, SEVERITY_WARNING, "caller:1001", 3, 3);
	bench_close(&next);
}

static void keys_forgotten_early_are_counted(void **state)
{
	struct bench bench;
	char caller[16];

	(void)state;
	open_rule(&bench);
	for (int i = 0; i < DISTINCT_KEYS_MINIMUM + 10; i++) {
		snprintf(caller, sizeof caller, "%d", i);
		dial(&bench, caller, PHONE, leads[0], bench_time(NOON));
	}
	assert_int_equal(rules_keys_evicted(bench.rules), 12); /* the address and the network are keys, too */
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_prefixes_in_a_minute_warn_and_ten_are_critical),
		cmocka_unit_test(slow_probing_is_found_within_a_day),
		cmocka_unit_test(who_mistypes_a_prefix_is_left_alone),
		cmocka_unit_test(codes_that_say_how_to_place_a_call_are_no_prefix),
		cmocka_unit_test(what_counts_as_a_number),
		cmocka_unit_test(every_kind_of_number_counts_but_those_of_the_house_and_public_ones),
		cmocka_unit_test(numbers_dialled_as_at_home_do_not_count_but_from_outside),
		cmocka_unit_test(calls_from_the_carrier_do_not_count),
		cmocka_unit_test(a_stranger_is_found_by_his_address),
		cmocka_unit_test(addresses_of_one_network_are_found_together),
		cmocka_unit_test(an_address_is_told_besides_its_network_where_that_is_graver),
		cmocka_unit_test(the_pbx_stands_for_everybody),
		cmocka_unit_test(an_identified_call_counts_for_its_account),
		cmocka_unit_test(other_events_do_not_count),
		cmocka_unit_test(a_number_with_a_country_is_named),
		cmocka_unit_test(numbers_are_counted_apart),
		cmocka_unit_test(a_reload_goes_on_with_the_old_counts),
		cmocka_unit_test(keys_forgotten_early_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
