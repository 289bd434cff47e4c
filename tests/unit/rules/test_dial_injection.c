/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#define RULE "dial_injection"

/* A phone dials this; how it reads is up to the test. */
static size_t dial(struct bench *bench, struct text dialed, enum number_kind kind)
{
	bench_call(bench, "1001", PHONE, kind == NUMBER_INTERNATIONAL ? "+12465550123" : "",
		kind == NUMBER_INTERNATIONAL ? &barbados : NULL, bench_time(NOON));
	bench->number.kind = kind;
	bench->event.dialed = dialed;
	return bench_try(bench);
}

static size_t dial_string(struct bench *bench, const char *dialed, enum number_kind kind)
{
	return dial(bench, text_of(dialed), kind);
}

static void digits_mixed_with_rubbish_are_a_trick(void **state)
{
	static const struct {
		const char *dialed;
		enum number_kind kind;
	} cases[] = {
		/* Asterisk dials both, AST-2010-002. */
		{"5551234&SIP/carrier/01012465550123", NUMBER_UNRECOGNISED},
		{"100&Local/01012465550123@default", NUMBER_INTERNAL},
		{"100%26PJSIP%2F01012465550123@trunk", NUMBER_INTERNAL},
		{"alice&SIP/carrier/01012465550123", NUMBER_INTERNAL},
		{"100&alice&IAX2/carrier/1", NUMBER_INTERNAL},
		{"5551234;x=1&DAHDI/g1/01012465550123", NUMBER_LOCAL},
		{"1234567&", NUMBER_UNRECOGNISED},
		{"1234567|01012465550123", NUMBER_INTERNATIONAL},
		{"110;01012465550123", NUMBER_UNRECOGNISED},
		{"110;;01012465550123", NUMBER_UNRECOGNISED},
		{"110%3B01012465550123", NUMBER_UNRECOGNISED},
		{"\"01012465550123\"", NUMBER_INTERNATIONAL},
		{"'01012465550123", NUMBER_INTERNATIONAL},
		{"1001' OR '1'='1", NUMBER_INTERNAL},
		{"1001`id`", NUMBER_INTERNAL},
		{"$010{12465550123}", NUMBER_INTERNATIONAL},
		{"<01012465550123>", NUMBER_INTERNATIONAL},
		{"010\\12465550123", NUMBER_INTERNATIONAL},
		{"010[1]2465550123", NUMBER_INTERNATIONAL},
		{"0101246%0A5550123", NUMBER_INTERNATIONAL},
		{"0101246%005550123", NUMBER_INTERNATIONAL},
		{"0101246%7F5550123", NUMBER_INTERNATIONAL},
		{"x!01012465550123", NUMBER_INTERNATIONAL}, /* begins as a name, but dials abroad */
		{"0a1012465550123", NUMBER_INTERNATIONAL},
		{"0101246a5550123", NUMBER_INTERNATIONAL},
		{"a01012465550123", NUMBER_INTERNATIONAL},
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (dial_string(&bench, cases[i].dialed, cases[i].kind) != 1) {
			fail_msg("nothing is said of %s", cases[i].dialed);
		}
		bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
		assert_string_equal(bench.findings.items[0].rule, RULE);
	}
	bench_close(&bench);
}

static void numbers_names_and_their_usual_forms_are_none(void **state)
{
	static const struct {
		const char *dialed;
		enum number_kind kind;
	} cases[] = {
		{"", NUMBER_UNRECOGNISED},
		{"01012465550123", NUMBER_INTERNATIONAL},
		{"+12465550123", NUMBER_INTERNATIONAL},
		{"%2B12465550123", NUMBER_INTERNATIONAL},
		{"+1-246-555-0123", NUMBER_INTERNATIONAL},
		{"+1 (246) 555.0123", NUMBER_INTERNATIONAL},
		{"1224655501234567890", NUMBER_INTERNATIONAL},
		{"*2108012345678#", NUMBER_INTERNAL},
		{"%2A21%23", NUMBER_INTERNAL},
		/* RFC 3966 §3, RFC 4694, RFC 3261 §19.1.1, and PBXs of today */
		{"5550123;phone-context=+1246", NUMBER_INTERNATIONAL},
		{"5550123;phone-context=example.com", NUMBER_LOCAL},
		{"+12465550123;isub=12&34", NUMBER_INTERNATIONAL},
		{"+12465550123;ext=101;postd=pp22", NUMBER_INTERNATIONAL},
		{"+12465550123;npdi;rn=+12465550000", NUMBER_INTERNATIONAL},
		{"+12465550123;cpc=payphone;oli=27", NUMBER_INTERNATIONAL},
		{"+12465550123;tgrp=TG-1;trunk-context=example.com", NUMBER_INTERNATIONAL},
		{"+12465550123;user=phone", NUMBER_INTERNATIONAL},
		{"+12465550123;x-a/b=[1]", NUMBER_INTERNATIONAL},
		{"+12465550123;", NUMBER_INTERNATIONAL},
		{"+12465550123%3Bphone-context=+1", NUMBER_INTERNATIONAL},
		{"01012465550123%40example.com", NUMBER_INTERNATIONAL},
		{"089/1234567", NUMBER_UNRECOGNISED}, /* as Germans write it */
		{"0,01012465550123", NUMBER_INTERNATIONAL},
		{"0w01012465550123", NUMBER_INTERNATIONAL},
		{"01012465550123pp1234567", NUMBER_INTERNATIONAL},
		{"01012465550123x101", NUMBER_INTERNATIONAL},
		{"01012465550123ext12345", NUMBER_INTERNATIONAL},
		{"\xe2\x80\xad+12465550123\xe2\x80\xac", NUMBER_INTERNATIONAL}, /* out of an address book */
		{"\xef\xbc\x90\xef\xbc\x91", NUMBER_UNRECOGNISED},
		{"service", NUMBER_INTERNAL},
		{"alice", NUMBER_INTERNAL},
		{"alice&bob", NUMBER_INTERNAL},
		{"conference!1234", NUMBER_INTERNAL},
		{"L1-a", NUMBER_INTERNAL},
		{"1&1", NUMBER_INTERNAL}, /* a carrier's name */
		{"a&b/c", NUMBER_INTERNAL},
		{"ab01012465550123", NUMBER_INTERNATIONAL}, /* two letters begin a name */
		{"user01012465550123", NUMBER_INTERNATIONAL},
		{"0004f2ab12cd", NUMBER_UNRECOGNISED},
		{"0104f2ab12cde3551234567", NUMBER_INTERNATIONAL}, /* hexadecimal */
		{"800flowers", NUMBER_INTERNAL},
		{"anonymous.invalid", NUMBER_INTERNAL},
		{"1001_line2", NUMBER_INTERNAL},
		{"1001~x=1", NUMBER_INTERNAL},
		{"12345%", NUMBER_UNRECOGNISED},
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (dial_string(&bench, cases[i].dialed, cases[i].kind) != 0) {
			fail_msg("%s: %s", cases[i].dialed, bench.findings.items[0].reason);
		}
	}
	bench_close(&bench);
}

static void the_sentence_shows_the_string_and_what_is_wrong(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	assert_int_equal(dial_string(&bench, "5551234&SIP/x/1", NUMBER_UNRECOGNISED), 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Dialled 5551234&SIP/x/1: digits mixed with & can make a PBX dial past its dial plan; the office "
		"is open.");
	assert_int_equal(dial_string(&bench, "0a1012465550123", NUMBER_INTERNATIONAL), 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Dialled 0a1012465550123: digits mixed with letters can make a PBX dial past its dial plan: to "
		"Barbados (high-risk entry 1-246); the office is open.");
	assert_int_equal(dial(&bench, TEXT("0101246\n5550123"), NUMBER_INTERNATIONAL), 1);
	assert_string_equal(bench.findings.items[0].reason,
		"Dialled 0101246\\x0A5550123: digits mixed with \\x0A can make a PBX dial past its dial plan: to "
		"Barbados (high-risk entry 1-246); the office is open.");
	bench_close(&bench);
}

static void a_long_string_is_looked_at_in_front_only(void **state)
{
	static char dialed[60000];
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	memset(dialed, '1', sizeof dialed);
	dialed[300] = '&';
	assert_int_equal(dial(&bench, (struct text){dialed, sizeof dialed}, NUMBER_UNRECOGNISED), 0);
	dialed[200] = '&';
	assert_int_equal(dial(&bench, (struct text){dialed, sizeof dialed}, NUMBER_UNRECOGNISED), 1);
	bench_close(&bench);
}

static void each_call_is_told_once_for_each_caller_it_names(void **state)
{
	static const struct {
		enum event_kind kind;
		enum leg leg;
		bool is_outward;
		size_t findings;
	} cases[] = {
		{EVENT_CALL_ATTEMPTED, LEG_EXTENSION, true, 1},
		{EVENT_CALL_IDENTIFIED, LEG_EXTENSION, true, 1},
		{EVENT_CALL_ATTEMPTED, LEG_TRUNK_OUT, true, 1}, {EVENT_CALL_ATTEMPTED, LEG_UNKNOWN, true, 1},
		{EVENT_CALL_ATTEMPTED, LEG_TRUNK_IN, false, 0},
		{EVENT_CALL_JOINED, LEG_TRUNK_OUT, true, 0}, /* the phone's leg told it */
		{EVENT_CALL_ANSWERED, LEG_EXTENSION, true, 0},
		{EVENT_CALL_ATTEMPTED, LEG_OUTSIDE, true, 0}, /* a scanner */
	};
	struct bench bench;

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bench_call(&bench, "1001", PHONE, "", NULL, bench_time(NOON));
		bench.number.kind = NUMBER_UNRECOGNISED;
		bench.event.dialed = TEXT("5551234&SIP/x/1");
		bench.event.kind = cases[i].kind;
		bench.event.leg = cases[i].leg;
		bench.event.is_outward = cases[i].is_outward;
		assert_int_equal(bench_try(&bench), cases[i].findings);
	}
	bench.event.has_account = true; /* who names an account is no mere scanner */
	assert_int_equal(bench_try(&bench), 1);
	bench_expect(&bench, 0, SEVERITY_WARNING, "caller:1001", 1, 1);
	bench_close(&bench);
}

/* Whatever digits, separators and parameters a number is made of. */
static void no_number_is_ever_a_trick(void **state)
{
	static const char plain[] = "0123456789*#-.() ", in_parameters[] = "0123456789abcxyz-.=&+:/[]";
	struct bench bench;
	unsigned random = 5;
	char dialed[48];

	(void)state;
	bench_open(&bench, RULE);
	bench_start(&bench);
	for (int i = 0; i < 20000; i++) {
		size_t size = 0, plain_size, all;
		random = random * 1103515245 + 12345;
		plain_size = (random >> 8) % 20;
		all = plain_size + 1 + (random >> 16) % 20;
		while (size < plain_size) {
			random = random * 1103515245 + 12345;
			dialed[size++] = plain[(random >> 8) % (sizeof plain - 1)];
		}
		dialed[size++] = ';';
		dialed[size++] = 'p';
		while (size < all) {
			random = random * 1103515245 + 12345;
			dialed[size++] = in_parameters[(random >> 8) % (sizeof in_parameters - 1)];
		}
		dialed[size] = '\0';
		/* Only what looks like a second channel is told of a parameter. */
		bool has_channel = strchr(dialed, '&') != NULL && strchr(strchr(dialed, '&'), '/') != NULL;
		size_t findings = dial_string(&bench, dialed, NUMBER_INTERNATIONAL);
		if (findings > 0 && !has_channel) {
			fail_msg("%s: %s", dialed, bench.findings.items[0].reason);
		}
	}
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_mixed_with_rubbish_are_a_trick),
		cmocka_unit_test(numbers_names_and_their_usual_forms_are_none),
		cmocka_unit_test(the_sentence_shows_the_string_and_what_is_wrong),
		cmocka_unit_test(a_long_string_is_looked_at_in_front_only),
		cmocka_unit_test(each_call_is_told_once_for_each_caller_it_names),
		cmocka_unit_test(no_number_is_ever_a_trick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
