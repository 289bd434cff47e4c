/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against the plans and destinations of conf/, so that these are tested too. */
#include "../test.h"

#include "pbxguard/call/dial_plan.h"
#include "pbxguard/config/config_file.h"

#include <stdlib.h>

static const char *source_path(const char *name)
{
	static char path[512];
	const char *folder = getenv("PBXGUARD_SOURCE");

	snprintf(path, sizeof path, "%s/conf/%s", folder == NULL ? "." : folder, name);
	return path;
}

static struct destination_table *destinations;

static int read_destinations(void **state)
{
	char error[256];

	(void)state;
	destinations = destination_table_read(source_path("destinations.csv"), error, sizeof error);
	if (destinations == NULL) {
		print_message("%s\n", error);
	}
	return destinations == NULL ? -1 : 0;
}

static int free_destinations(void **state)
{
	(void)state;
	destination_table_free(destinations);
	return 0;
}

static struct dial_plan read_plan(const char *name)
{
	static struct config_errors errors;
	struct config_file *file = config_file_open(source_path(name), &errors);
	struct dial_plan plan = {0};

	if (file == NULL || !config_file_fill(file, &dial_plan_settings, &plan, &errors)) {
		config_errors_write(&errors, stderr);
		fail_msg("%s is not read", name);
	}
	config_file_free(file);
	plan.destinations = destinations;
	return plan;
}

static void add_outside_line(struct site *site, const char *line)
{
	strcpy(site->outside_line[site->outside_line_count++], line);
}

/* The URI of a dialled string as the decoder gives it: "tel:…", "urn:…", or the user of a sip: URI. */
static struct sip_uri uri_of(const char *dialled)
{
	struct text text = text_of(dialled);
	struct sip_uri uri = {.scheme = SIP_SCHEME_SIP, .user = text, .host = TEXT("192.0.2.10")};

	if (text_begins(text, TEXT("tel:")) || text_begins(text, TEXT("urn:"))) {
		size_t end = text_find(text, ';');
		uri.scheme = dialled[0] == 't' ? SIP_SCHEME_TEL : SIP_SCHEME_URN;
		uri.user = text_part(text, 4, end - 4);
		uri.parameters = text_from(text, end + 1);
		uri.host = (struct text){0};
	}
	return uri;
}

struct dialled_case {
	const char *dialled;
	enum number_kind kind;
	const char *e164, *stripped;
};

#define INTERNATIONAL NUMBER_INTERNATIONAL
#define DOMESTIC NUMBER_DOMESTIC
#define EMERGENCY NUMBER_EMERGENCY
#define SERVICE NUMBER_SERVICE
#define INTERNAL NUMBER_INTERNAL
#define LOCAL NUMBER_LOCAL
#define CARRIER NUMBER_CARRIER_SERVICE
#define UNRECOGNISED NUMBER_UNRECOGNISED

static int failures;

static void check_case(const struct dial_plan *plan, const struct site *site, bool is_trunk_leg,
	const struct dialled_case *expected, bool by_foreign_prefix)
{
	struct dialed_number number;
	char stripped[STRIPPED_TEXT_SIZE];
	struct sip_uri uri = uri_of(expected->dialled);

	memset(&number, 0xA5, sizeof number); /* all of it is to be written */
	dial_plan_read(plan, site, &uri, is_trunk_leg, &number);
	dialed_number_stripped(&number, stripped);
	if (number.kind != expected->kind || strcmp(number.e164, expected->e164) != 0 ||
		strcmp(stripped, expected->stripped) != 0 || number.by_foreign_prefix != by_foreign_prefix) {
		print_message("%s: %.60s is %s \"%s\" behind \"%s\"%s, not %s \"%s\" behind \"%s\"\n",
			plan->country, expected->dialled, number_kind_name(number.kind), number.e164,
			stripped, number.by_foreign_prefix ? " (foreign)" : "",
			number_kind_name(expected->kind), expected->e164, expected->stripped);
		failures++;
	}
}

static void check_all(const char *plan_name, const struct site *site, bool is_trunk_leg,
	const struct dialled_case *cases, size_t count, bool by_foreign_prefix)
{
	struct dial_plan plan = read_plan(plan_name);

	failures = 0;
	for (size_t i = 0; i < count; i++) {
		check_case(&plan, site, is_trunk_leg, &cases[i], by_foreign_prefix);
	}
	assert_int_equal(failures, 0);
}

#define JAPAN "dial-plans/japan.conf"
#define NORTH_AMERICA "dial-plans/north-america.conf"
#define UNITED_KINGDOM "dial-plans/united-kingdom.conf"
#define GERMANY "dial-plans/germany.conf"
#define CHECK(plan, site, cases) check_all(plan, site, false, cases, COUNT_OF(cases), false)
#define CHECK_TRUNK(plan, site, cases) check_all(plan, site, true, cases, COUNT_OF(cases), false)
#define CHECK_FOREIGN(plan, site, cases) check_all(plan, site, false, cases, COUNT_OF(cases), true)

static const struct site no_outside_line = {0};

/* ---- Japan ---- */

static void a_call_abroad_from_japan_begins_with_010_or_plus(void **state)
{
	static const struct dialled_case cases[] = {
		{"01012465550123", INTERNATIONAL, "+12465550123", "010"}, /* Barbados */
		{"010-1-246-555-0123", INTERNATIONAL, "+12465550123", "010"},
		{"010.1.246.555.0123", INTERNATIONAL, "+12465550123", "010"},
		{"010 1 (246) 555-0123", INTERNATIONAL, "+12465550123", "010"},
		{"010%201%20246%205550123", INTERNATIONAL, "+12465550123", "010"},
		{"%30%31%3012465550123", INTERNATIONAL, "+12465550123", "010"},
		{"+12465550123", INTERNATIONAL, "+12465550123", "+"},
		{"%2B12465550123", INTERNATIONAL, "+12465550123", "+"},
		{"+1-246-555-0123", INTERNATIONAL, "+12465550123", "+"},
		{"0033010232761234567", INTERNATIONAL, "+232761234567", "0033 010"}, /* Sierra Leone */
		{"122-0033-010-17672251234", INTERNATIONAL, "+17672251234", "122 0033 010"}, /* Dominica */
		{"0033-010-75-123-45678", INTERNATIONAL, "+7512345678", "0033 010"},
		{"010-373-22-123456", INTERNATIONAL, "+37322123456", "010"}, /* Moldova */
		{"00101012465550123", INTERNATIONAL, "+12465550123", "001 010"},
		{"006101012465550123", INTERNATIONAL, "+12465550123", "0061 010"},
		{"004101012465550123", INTERNATIONAL, "+12465550123", "0041 010"},
		{"004601012465550123", INTERNATIONAL, "+12465550123", "0046 010"},
		{"003801012465550123", INTERNATIONAL, "+12465550123", "0038 010"},
		{"00913001012465550123", INTERNATIONAL, "+12465550123", "009130 010"},
		{"00534501012465550123", INTERNATIONAL, "+12465550123", "005345 010"},
		{"0022201012465550123", INTERNATIONAL, "+12465550123", "00222 010"},
		{"18401012465550123", INTERNATIONAL, "+12465550123", "184 010"},
		{"18601012465550123", INTERNATIONAL, "+12465550123", "186 010"},
		{"184+12465550123", INTERNATIONAL, "+12465550123", "184 +"},
		{"18418618401012465550123", INTERNATIONAL, "+12465550123", "184 186 184 010"},
		{"184003301012465550123", INTERNATIONAL, "+12465550123", "184 0033 010"},
		{"003318401012465550123", INTERNATIONAL, "+12465550123", "0033 184 010"},
		{"184184184184184184184184184184184184184184184184184184184184184184184"
		 "01012465550123",
			INTERNATIONAL, "+12465550123", "184 184 184 184 184 184 184 184"},
		{"+77012345678", INTERNATIONAL, "+77012345678", "+"}, /* Kazakhstan */
		{"010-76-0012345-67", INTERNATIONAL, "+76001234567", "010"},
		{"010-77-0123-45678", INTERNATIONAL, "+77012345678", "010"},
		{"010-79-0123-45678", INTERNATIONAL, "+79012345678", "010"}, /* Russia */
		{"+881612345678", INTERNATIONAL, "+881612345678", "+"},
		{"010979123456789", INTERNATIONAL, "+979123456789", "010"},
		{"010+12465550123", INTERNATIONAL, "+12465550123", "010 +"},
		{"++12465550123", INTERNATIONAL, "+12465550123", "++"},
		{"+01012465550123", INTERNATIONAL, "+12465550123", "+ 010"}, /* a PBX may drop the + */
		{"0101234567", INTERNATIONAL, "+1234567", "010"},            /* no area code is 010 */
		{"010210123456", INTERNATIONAL, "+210123456", "010"}, /* assigned to nobody: abroad still */
		{"tel:+1-876-555-0123", INTERNATIONAL, "+18765550123", "+"},
		{"tel:010-1-876-555-0123", INTERNATIONAL, "+18765550123", "010"},
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void what_follows_the_number_does_not_hide_it(void **state)
{
	static const struct dialled_case cases[] = {
		{"01012465550123;npdi", INTERNATIONAL, "+12465550123", "010"},
		{"01012465550123;isub=1234", INTERNATIONAL, "+12465550123", "010"},
		{"+12465550123%3Bnpdi=yes", INTERNATIONAL, "+12465550123", "+"},
		{"01012465550123#", INTERNATIONAL, "+12465550123", "010"},
		{"01012465550123*99", INTERNATIONAL, "+12465550123", "010"},
		{"010124655501239999", INTERNATIONAL, "+124655501239999", "010"},
		{"0101246555012399999", INTERNATIONAL, "+124655501239999", "010"}, /* cut at 15 */
		{"+124655501239999999999", INTERNATIONAL, "+124655501239999", "+"},
		{"\"01012465550123\"", INTERNATIONAL, "+12465550123", "010"},
		{"'01012465550123", INTERNATIONAL, "+12465550123", "010"},
		{"a01012465550123", INTERNATIONAL, "+12465550123", "010"},
		{"01012465550123&x", INTERNATIONAL, "+12465550123", "010"},
		{"010124655%0050123", INTERNATIONAL, "+12465550123", "010"},
		{"01012465550123%", INTERNATIONAL, "+12465550123", "010"},
		{"01012465550123%4", INTERNATIONAL, "+124655501234", "010"},
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void a_domestic_number_has_its_exact_length(void **state)
{
	static const struct dialled_case cases[] = {
		{"0112321234", DOMESTIC, "+81112321234", "0"}, /* Sapporo, not Sierra Leone */
		{"011-252-1234", DOMESTIC, "+81112521234", "0"},
		{"03-1234-5678", DOMESTIC, "+81312345678", "0"},
		{"(03)1234.5678", DOMESTIC, "+81312345678", "0"},
		{"090-1234-5678", DOMESTIC, "+819012345678", "0"},
		{"08012345678", DOMESTIC, "+818012345678", "0"},
		{"07012345678", DOMESTIC, "+817012345678", "0"},
		{"06012345678", DOMESTIC, "+816012345678", "0"},
		{"05012345678", DOMESTIC, "+815012345678", "0"},
		{"02012345678", DOMESTIC, "+812012345678", "0"},
		{"0120123456", DOMESTIC, "+81120123456", "0"},
		{"08001234567", DOMESTIC, "+818001234567", "0"},
		{"0570012345", DOMESTIC, "+81570012345", "0"},
		{"0990123456", DOMESTIC, "+81990123456", "0"},
		{"0180990123", DOMESTIC, "+81180990123", "0"},
		{"0184221234", DOMESTIC, "+81184221234", "0"}, /* an area code like 0 and 184 */
		{"0186221234", DOMESTIC, "+81186221234", "0"},
		{"184-03-1234-5678", DOMESTIC, "+81312345678", "184 0"},
		{"0033-03-1234-5678", DOMESTIC, "+81312345678", "0033 0"}, /* by a carrier */
		{"0088-090-1234-5678", DOMESTIC, "+819012345678", "0088 0"},
		{"009130-03-1234-5678", DOMESTIC, "+81312345678", "009130 0"},
		{"00222-03-1234-5678", DOMESTIC, "+81312345678", "00222 0"},
		{"122-0033-03-1234-5678", DOMESTIC, "+81312345678", "122 0033 0"},
		{"+81312345678", DOMESTIC, "+81312345678", "+"},
		{"+81(0)3-1234-5678", DOMESTIC, "+81312345678", "+"},
		{"010-81-3-1234-5678", DOMESTIC, "+81312345678", "010"},
		{"010819012345678", DOMESTIC, "+819012345678", "010"},
		{"0033010819012345678", DOMESTIC, "+819012345678", "0033 010"},
		{"+81120123456", DOMESTIC, "+81120123456", "+"},
		{"00312345678", DOMESTIC, "+81312345678", "0 0"}, /* 0 for a line, in no setting */
		{"009012345678", DOMESTIC, "+819012345678", "0 0"},
		{"9-03-1234-5678", DOMESTIC, "+81312345678", "9 0"},
		{"9-090-1234-5678", DOMESTIC, "+819012345678", "9 0"},
		{"00357123456", DOMESTIC, "+81357123456", "0 0"}, /* not 0035's own service */
		{"0-184-090-1234-5678", DOMESTIC, "+819012345678", "0 184 0"},
		{"0312345678;phone-context=+81", DOMESTIC, "+81312345678", "0"},
		{"tel:312345678;phone-context=+81", DOMESTIC, "+81312345678", "+"},
		{"tel:03-1234-5678;phone-context=example.com", DOMESTIC, "+81312345678", "0"},
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void emergency_and_service_numbers_are_known_in_every_form(void **state)
{
	static const char *const forms[] = {"%s", "184%s", "186%s", "184186%s", "%s;phone-context=+81",
		"tel:%s", "tel:%s;phone-context=+81", "tel:%s;phone-context=example.com", " %s", "-%s-",
		"%s;npdi;isub=1", "+%s", "+81%s"};
	static const struct {
		const char *number;
		enum number_kind kind;
	} numbers[] = {{"110", EMERGENCY}, {"118", EMERGENCY}, {"119", EMERGENCY}, {"171", SERVICE},
		{"188", SERVICE}, {"189", SERVICE}, {"104", SERVICE}, {"113", SERVICE}, {"115", SERVICE},
		{"116", SERVICE}, {"117", SERVICE}, {"177", SERVICE}};
	struct dial_plan plan = read_plan(JAPAN);
	struct site site = {.trunk_numbers = TRUNK_NUMBERS_E164};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		for (size_t j = 0; j < COUNT_OF(forms); j++) {
			char dialled[64];
			struct dialed_number number;

			size_t percent = (size_t)(strstr(forms[j], "%s") - forms[j]);
			snprintf(dialled, sizeof dialled, "%.*s%s%s", (int)percent, forms[j],
				numbers[i].number, forms[j] + percent + 2);
			struct sip_uri uri = uri_of(dialled);
			dial_plan_read(&plan, &no_outside_line, &uri, false, &number);
			assert_int_equal(number.kind, numbers[i].kind);
			assert_string_equal(number.e164, "");
			dial_plan_read(&plan, &site, &uri, true, &number);
			assert_int_equal(number.kind, numbers[i].kind);
		}
	}
	struct sip_uri uri = uri_of("110");
	struct dialed_number number;
	dial_plan_read(&plan, &no_outside_line, &uri, false, &number);
	assert_string_equal(number.form, "police");
	assert_string_equal(number.digits, "110");
}

static void an_emergency_number_is_the_whole_string(void **state)
{
	static const struct dialled_case cases[] = {
		{"%31%31%30", EMERGENCY, "", ""},
		{"urn:service:sos.police", EMERGENCY, "", ""},
		{"urn:service:sos", EMERGENCY, "", ""},
		{"urn:SERVICE:SOS.Fire", EMERGENCY, "", ""},
		{"urn:service:counseling.children", SERVICE, "", ""},
		{"urn:service:sosx", INTERNAL, "", ""},
		{"urn:nena:service:sos", INTERNAL, "", ""},
		{"0110", INTERNAL, "", ""}, /* no outside line */
		{"1100101246", UNRECOGNISED, "", ""},
		{"11001012465550123", UNRECOGNISED, "", ""},
		{"110;01012465550123", UNRECOGNISED, "", ""},
		{"110%0001012465550123", UNRECOGNISED, "", ""},
		{"110&01012465550123", UNRECOGNISED, "", ""},
		{"1a1b0", INTERNAL, "", ""},
		{"+81119+12465550123", UNRECOGNISED, "", ""},
		{"9+81119*12465550123", UNRECOGNISED, "", ""},
		{"\"110\"", UNRECOGNISED, "", ""},
		{"1841100", UNRECOGNISED, "", ""},
		{"11", INTERNAL, "", ""},
		{"1101", INTERNAL, "", ""},
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void the_sites_outside_line_is_tried_first(void **state)
{
	static const struct dialled_case cases[] = {
		{"0110", EMERGENCY, "", "0"},
		{"0119", EMERGENCY, "", "0"},
		{"0184110", EMERGENCY, "", "0 184"},
		{"0171", SERVICE, "", "0"},
		{"110", EMERGENCY, "", ""},
		{"001012465550123", INTERNATIONAL, "+12465550123", "0 010"},
		{"0010299123456", INTERNATIONAL, "+299123456", "0 010"},
		{"0184003301012465550123", INTERNATIONAL, "+12465550123", "0 184 0033 010"},
		{"0+12465550123", INTERNATIONAL, "+12465550123", "0 +"},
		{"01012465550123", INTERNATIONAL, "+12465550123", "010"},
		{"009012345678", DOMESTIC, "+819012345678", "0 0"},
		{"00312345678", DOMESTIC, "+81312345678", "0 0"},
		{"00112321234", DOMESTIC, "+81112321234", "0 0"},
		{"0312345678", DOMESTIC, "+81312345678", "0"},
		{"0184221234", DOMESTIC, "+81184221234", "0"},
		{"023456789", LOCAL, "", "0"},
		{"00077123456", CARRIER, "", "0"},
	};
	struct site site = {0};

	(void)state;
	add_outside_line(&site, "7");
	add_outside_line(&site, "0");
	CHECK(JAPAN, &site, cases);
}

static void without_a_setting_one_0_or_9_may_stand_for_a_line(void **state)
{
	static const struct dialled_case cases[] = {
		{"001012465550123", INTERNATIONAL, "+12465550123", "0 010"},
		{"901012465550123", INTERNATIONAL, "+12465550123", "9 010"},
		{"9003301012465550123", INTERNATIONAL, "+12465550123", "9 0033 010"},
		{"9+12465550123", INTERNATIONAL, "+12465550123", "9 +"},
		{"0010299123456", INTERNATIONAL, "+299123456", "0 010"}, /* not domestic by 001 */
		{"9110", INTERNAL, "", ""},
		{"801012465550123", UNRECOGNISED, "", ""},
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void foreign_prefixes_tell_what_the_caller_is_after(void **state)
{
	static const struct dialled_case cases[] = {
		{"011-232-22-123456", INTERNATIONAL, "+23222123456", "011"}, /* Sierra Leone */
		{"0097239287044", INTERNATIONAL, "+97239287044", "00"},      /* Israel, from an attack */
		{"00972598072172", INTERNATIONAL, "+972598072172", "00"},
		{"000972598072172", INTERNATIONAL, "+972598072172", "000"},
		{"0000972598072172", INTERNATIONAL, "+972598072172", "0000"},
		{"011972598072172", INTERNATIONAL, "+972598072172", "011"},
		{"0011972598072172", INTERNATIONAL, "+972598072172", "0011"},
		{"9011972598072172", INTERNATIONAL, "+972598072172", "9 011"},
		{"900972598072172", INTERNATIONAL, "+972598072172", "9 00"},
		{"900442079460000", INTERNATIONAL, "+442079460000", "9 00"},
		{"000442079460000", INTERNATIONAL, "+442079460000", "000"},
		{"810972598072172", INTERNATIONAL, "+972598072172", "810"},
		{"9810972598072172", INTERNATIONAL, "+972598072172", "9 810"},
		{"1010333011972598072172", INTERNATIONAL, "+972598072172", "1010333 011"},
		{"91010333011972598072172", INTERNATIONAL, "+972598072172", "9 1010333 011"},
		{"00232761234567", INTERNATIONAL, "+232761234567", "00"}, /* 002YZ has no own services */
		{"00919812345678", INTERNATIONAL, "+919812345678", "00"},
		{"184011972598072172", INTERNATIONAL, "+972598072172", "184 011"},
		{"0012465550123", INTERNATIONAL, "+12465550123", "00"},
	};

	(void)state;
	CHECK_FOREIGN(JAPAN, &no_outside_line, cases);
}

static void what_fits_no_form_is_unrecognised(void **state)
{
	static const struct dialled_case cases[] = {
		{"84254978362", UNRECOGNISED, "", ""}, /* not Vietnam */
		{"97239287044", UNRECOGNISED, "", ""},
		{"442079460000", UNRECOGNISED, "", ""},
		{"12465550123", UNRECOGNISED, "", ""},
		{"2123456789", UNRECOGNISED, "", ""},
		{"123456", UNRECOGNISED, "", ""},
		{"031234567", UNRECOGNISED, "", ""},
		{"03123456789", UNRECOGNISED, "", ""},
		{"09012345", UNRECOGNISED, "", ""},
		{"010124655", UNRECOGNISED, "", ""}, /* too short for abroad */
		{"0100442079460000", UNRECOGNISED, "", ""},
		{"+0", UNRECOGNISED, "", ""},
		{"+", UNRECOGNISED, "", ""},
		{"+1234", UNRECOGNISED, "", ""},
		{"+8131234567890", UNRECOGNISED, "", ""},
		{"011819012345678", UNRECOGNISED, "", ""}, /* home behind a foreign prefix */
		{"0033044207946", UNRECOGNISED, "", ""},   /* 0033-0…: never 00 and country */
		{"00210123456789", UNRECOGNISED, "", ""},  /* 210 is assigned to nobody */
		{"0312345678\"", UNRECOGNISED, "", ""},
		{"0312345678;0101", UNRECOGNISED, "", ""},
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void carriers_have_services_of_their_own(void **state)
{
	static const struct dialled_case cases[] = {
		{"0077123456", CARRIER, "", ""}, {"0077-777", CARRIER, "", ""},
		{"0070-800-123456", CARRIER, "", ""}, {"0088-22-1234", CARRIER, "", ""},
		{"184-0077-123456", CARRIER, "", "184"},
		{"00442079460000", CARRIER, "", ""}, /* never 00 and country */
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void names_and_short_numbers_are_internal(void **state)
{
	static const struct dialled_case cases[] = {
		{"1001", INTERNAL, "", ""},
		{"1", INTERNAL, "", ""},
		{"12345", INTERNAL, "", ""},
		{"*67", INTERNAL, "", ""},
		{"*6701012465550123", INTERNATIONAL, "+12465550123", "*67 010"},
		{"#31#0312345678", DOMESTIC, "+81312345678", "#31# 0"},
		{"*720101246555012", INTERNATIONAL, "+1246555012", "*72 010"},
		{"*21*0312345678#", DOMESTIC, "+81312345678", "*21* 0"},
		{"*123456789012345", UNRECOGNISED, "", ""},
		{"%2A72", INTERNAL, "", ""},
		{"service", INTERNAL, "", ""},
		{"telephone1", INTERNAL, "", ""},
		{"alice.smith", INTERNAL, "", ""},
		{"1001a", INTERNAL, "", ""},
		{"anonymous1234567", INTERNAL, "", ""},
		{"", INTERNAL, "", ""},
		{"---", INTERNAL, "", ""},
		{" .-() ", INTERNAL, "", ""},
		{";phone-context=+81", INTERNAL, "", ""},
		{"tel:", INTERNAL, "", ""},
		{"tel:7042;phone-context=example.com", INTERNAL, "", ""},
		{"184", INTERNAL, "", ""},
		{"234567", LOCAL, "", ""},
		{"2345-6789", LOCAL, "", ""},
		{"184-2345-6789", LOCAL, "", "184"},
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void a_phone_context_completes_a_number_and_hides_none(void **state)
{
	static const struct dialled_case cases[] = {
		{"01012465550123;phone-context=+81", INTERNATIONAL, "+12465550123", "010"},
		{"tel:2079460000;phone-context=+44", INTERNATIONAL, "+442079460000", "+"},
		{"tel:246-555-0123;phone-context=+1", INTERNATIONAL, "+12465550123", "+"},
		{"2465550123;phone-context=%2B1", INTERNATIONAL, "+12465550123", "+"},
		{"tel:555-0123;PHONE-CONTEXT=+1-246", INTERNATIONAL, "+12465550123", "+"},
		{"tel:2465550123;isub=1;phone-context=+1;x=y", INTERNATIONAL, "+12465550123", "+"},
		{"110;phone-context=+1246555", EMERGENCY, "", ""}, /* the PBX may ignore it */
	};

	(void)state;
	CHECK(JAPAN, &no_outside_line, cases);
}

static void a_trunk_may_carry_bare_country_codes(void **state)
{
	static const struct dialled_case cases[] = {
		{"12465550123", INTERNATIONAL, "+12465550123", ""},
		{"81312345678", DOMESTIC, "+81312345678", ""},
		{"84254978362", INTERNATIONAL, "+84254978362", ""},
		{"18401234567", INTERNATIONAL, "+18401234567", ""},
		{"110", EMERGENCY, "", ""},
		{"171", SERVICE, "", ""},
		{"0312345678", DOMESTIC, "+81312345678", "0"},
		{"01012465550123", INTERNATIONAL, "+12465550123", "010"},
		{"+12465550123", INTERNATIONAL, "+12465550123", "+"},
		{"813123456", UNRECOGNISED, "", ""},
		{"1001", INTERNAL, "", ""},
		{"service", INTERNAL, "", ""},
		{"1234567890123456", UNRECOGNISED, "", ""},
		{"trunk1234567", INTERNAL, "", ""},
		{"12465550123&x", INTERNATIONAL, "+12465550123", ""},
	};
	static const struct dialled_case as_dialled[] = {
		{"12465550123", UNRECOGNISED, "", ""},
		{"001012465550123", INTERNATIONAL, "+12465550123", "0 010"},
		{"0110", EMERGENCY, "", "0"},
	};
	static const struct dialled_case phone_leg[] = {{"12465550123", UNRECOGNISED, "", ""}};
	struct site site = {.trunk_numbers = TRUNK_NUMBERS_E164};

	(void)state;
	CHECK_TRUNK(JAPAN, &site, cases);
	CHECK(JAPAN, &site, phone_leg);
	site.trunk_numbers = TRUNK_NUMBERS_AS_DIALLED;
	add_outside_line(&site, "0");
	CHECK_TRUNK(JAPAN, &site, as_dialled);
}

static void what_may_be_a_short_number_is_marked_however_it_reads(void **state)
{
	const struct dial_plan kingdom = read_plan("dial-plans/united-kingdom.conf");
	const struct site site = {.trunk_numbers = TRUNK_NUMBERS_E164};
	static const struct {
		const char *dialled;
		enum number_kind kind; /* on a trunk that carries country codes */
		bool may_be_short;
	} cases[] = {
		{"999", NUMBER_EMERGENCY, true},
		{"9116123", NUMBER_INTERNATIONAL, true}, /* +91 16123, or 9 and 116123 */
		{"99112", NUMBER_INTERNAL, true},
		{"9%3916123", NUMBER_INTERNATIONAL, false},
		{"912212345678", NUMBER_INTERNATIONAL, false},
		{"urn:service:sos.fire", NUMBER_EMERGENCY, true},
		{"9x9y9", NUMBER_INTERNAL, true},
		{"9999;phone-context=+1246555", NUMBER_INTERNATIONAL, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct sip_uri uri = uri_of(cases[i].dialled);
		struct dialed_number number;

		dial_plan_read(&kingdom, &site, &uri, true, &number);
		if (number.kind != cases[i].kind || number.may_be_short != cases[i].may_be_short) {
			fail_msg("%s is %s, %d", cases[i].dialled, number_kind_name(number.kind),
				number.may_be_short);
		}
	}
}

static void endless_strings_are_read_in_bounds(void **state)
{
	struct dial_plan plan = read_plan(JAPAN);
	char long_string[70000];
	struct dialed_number number;
	struct sip_uri uri = {.scheme = SIP_SCHEME_SIP};

	(void)state;
	memset(long_string, '3', sizeof long_string);
	uri.user = (struct text){long_string, 200};
	dial_plan_read(&plan, &no_outside_line, &uri, false, &number);
	assert_int_equal(number.kind, NUMBER_UNRECOGNISED);
	assert_int_equal(strlen(number.digits), DIALED_DIGITS_SIZE - 1);
	memcpy(long_string, "0101246", 7);
	dial_plan_read(&plan, &no_outside_line, &uri, false, &number);
	assert_int_equal(number.kind, NUMBER_INTERNATIONAL);
	assert_string_equal(number.e164, "+124633333333333");
	memset(long_string, '-', sizeof long_string);
	memcpy(long_string + sizeof long_string - 14, "01012465550123", 14);
	uri.user.size = sizeof long_string;
	dial_plan_read(&plan, &no_outside_line, &uri, false, &number);
	assert_string_equal(number.e164, "+12465550123");
}

static void without_destinations_foreign_prefixes_say_nothing(void **state)
{
	struct dial_plan plan = read_plan(JAPAN);
	struct dialled_case cases[] = {
		{"0097239287044", UNRECOGNISED, "", ""},
		{"01012465550123", INTERNATIONAL, "+12465550123", "010"},
		{"0312345678", DOMESTIC, "+81312345678", "0"},
	};

	(void)state;
	plan.destinations = NULL;
	failures = 0;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		check_case(&plan, &no_outside_line, false, &cases[i], false);
	}
	assert_int_equal(failures, 0);
}

/* ---- the other plans ---- */

static void north_america_shares_its_code_with_other_countries(void **state)
{
	static const struct dialled_case cases[] = {
		{"911", EMERGENCY, "", ""},
		{"tel:911", EMERGENCY, "", ""},
		{"tel:911;phone-context=+1", EMERGENCY, "", ""},
		{"988", SERVICE, "", ""},
		{"411", SERVICE, "", ""},
		{"*67911", EMERGENCY, "", "*67"},
		{"9110112465550123", UNRECOGNISED, "", ""},
		{"212-555-0123", DOMESTIC, "+12125550123", ""},
		{"1-212-555-0123", DOMESTIC, "+12125550123", "1"},
		{"+12125550123", DOMESTIC, "+12125550123", "+"},
		{"9-1-212-555-0123", DOMESTIC, "+12125550123", "9 1"},
		{"9-212-555-0123", DOMESTIC, "+12125550123", "9"},
		{"1-876-555-0123", INTERNATIONAL, "+18765550123", "1"}, /* Jamaica */
		{"876-555-0123", INTERNATIONAL, "+18765550123", ""},
		{"+18765550123", INTERNATIONAL, "+18765550123", "+"},
		{"+187655501239", INTERNATIONAL, "+187655501239", "+"},
		{"9-1-246-555-0123", INTERNATIONAL, "+12465550123", "9 1"},
		{"*67-1-876-555-0123", INTERNATIONAL, "+18765550123", "*67 1"},
		{"1-416-555-0123", INTERNATIONAL, "+14165550123", "1"}, /* Canada */
		{"1-787-555-0123", DOMESTIC, "+17875550123", "1"},      /* Puerto Rico */
		{"1-800-555-0123", DOMESTIC, "+18005550123", "1"},
		{"1-900-555-0123", DOMESTIC, "+19005550123", "1"},
		{"1-247-555-0123", UNRECOGNISED, "", ""}, /* no such area code */
		{"011972598072172", INTERNATIONAL, "+972598072172", "011"},
		{"9011972598072172", INTERNATIONAL, "+972598072172", "9 011"},
		{"01442079460000", INTERNATIONAL, "+442079460000", "01"},
		{"*67011972598072172", INTERNATIONAL, "+972598072172", "*67 011"},
		{"1167011972598072172", INTERNATIONAL, "+972598072172", "1167 011"},
		{"1010333011972598072172", INTERNATIONAL, "+972598072172", "1010333 011"},
		{"101028812125550123", DOMESTIC, "+12125550123", "1010288 1"},
		{"101028818765550123", INTERNATIONAL, "+18765550123", "1010288 1"},
		{"011442079460000", INTERNATIONAL, "+442079460000", "011"},
		{"01112125550123", DOMESTIC, "+12125550123", "011"},
		{"5550123", LOCAL, "", ""},
		{"1001", INTERNAL, "", ""},
		{"*72", INTERNAL, "", ""},
		{"111-555-0123", UNRECOGNISED, "", ""},
		{"442079460000", UNRECOGNISED, "", ""},
	};
	static const struct dialled_case foreign[] = {
		{"00442079460000", INTERNATIONAL, "+442079460000", "00"},
		{"900442079460000", INTERNATIONAL, "+442079460000", "9 00"},
		{"0018765550123", INTERNATIONAL, "+18765550123", "00"},
	};
	static const struct dialled_case behind_9[] = {
		{"9911", EMERGENCY, "", "9"},
		{"9988", SERVICE, "", "9"},
		{"911", EMERGENCY, "", ""},
		{"9011972598072172", INTERNATIONAL, "+972598072172", "9 011"},
		{"95550123", LOCAL, "", "9"},
	};
	struct site site = {0};

	(void)state;
	CHECK(NORTH_AMERICA, &no_outside_line, cases);
	CHECK_FOREIGN(NORTH_AMERICA, &no_outside_line, foreign);
	add_outside_line(&site, "9");
	CHECK(NORTH_AMERICA, &site, behind_9);
}

static void the_united_kingdom_shares_its_code_with_islands(void **state)
{
	static const struct dialled_case cases[] = {
		{"999", EMERGENCY, "", ""},
		{"112", EMERGENCY, "", ""},
		{"18000", EMERGENCY, "", ""},
		{"141999", EMERGENCY, "", "141"},
		{"101", SERVICE, "", ""},
		{"111", SERVICE, "", ""},
		{"116123", SERVICE, "", ""},
		{"1471", SERVICE, "", ""},
		{"020 7946 0000", DOMESTIC, "+442079460000", "0"},
		{"0113 496 0000", DOMESTIC, "+441134960000", "0"}, /* Leeds, not 011 */
		{"01697 73555", DOMESTIC, "+44169773555", "0"},
		{"07700900123", DOMESTIC, "+447700900123", "0"},
		{"08001111", DOMESTIC, "+448001111", "0"},
		{"118118", DOMESTIC, "+44118118", ""},
		{"09061234567", DOMESTIC, "+449061234567", "0"},
		{"+442079460000", DOMESTIC, "+442079460000", "+"},
		{"+44 (0)20 7946 0000", DOMESTIC, "+442079460000", "+"},
		{"00442079460000", DOMESTIC, "+442079460000", "00"},
		{"141 020 7946 0000", DOMESTIC, "+442079460000", "141 0"},
		{"9 020 7946 0000", DOMESTIC, "+442079460000", "9 0"},
		{"07797712345", INTERNATIONAL, "+447797712345", "0"}, /* Jersey */
		{"01624 712345", INTERNATIONAL, "+441624712345", "0"},
		{"00972598072172", INTERNATIONAL, "+972598072172", "00"},
		{"900972598072172", INTERNATIONAL, "+972598072172", "9 00"},
		{"147000972598072172", INTERNATIONAL, "+972598072172", "1470 00"},
		{"128000972598072172", INTERNATIONAL, "+972598072172", "1280 00"},
		{"128002079460000", DOMESTIC, "+442079460000", "1280 0"},
		{"496000", LOCAL, "", ""},
		{"1001", INTERNAL, "", ""},
		{"04123456789", UNRECOGNISED, "", ""},
		{"972598072172", UNRECOGNISED, "", ""},
	};
	static const struct dialled_case foreign[] = {
		{"011972598072172", INTERNATIONAL, "+972598072172", "011"},
		{"9011972598072172", INTERNATIONAL, "+972598072172", "9 011"},
	};

	(void)state;
	CHECK(UNITED_KINGDOM, &no_outside_line, cases);
	CHECK_FOREIGN(UNITED_KINGDOM, &no_outside_line, foreign);
}

static void germany_has_numbers_of_any_length(void **state)
{
	static const struct dialled_case cases[] = {
		{"110", EMERGENCY, "", ""},
		{"112", EMERGENCY, "", ""},
		{"*31#112", EMERGENCY, "", "*31#"},
		{"115", SERVICE, "", ""},
		{"116117", SERVICE, "", ""},
		{"030 123456", DOMESTIC, "+4930123456", "0"},
		{"089/12345678", UNRECOGNISED, "", ""}, /* / is no separator of RFC 3966 */
		{"0151 23456789", DOMESTIC, "+4915123456789", "0"},
		{"0800 1234567", DOMESTIC, "+498001234567", "0"},
		{"0900 1 123456", DOMESTIC, "+499001123456", "0"},
		{"11833", DOMESTIC, "+4911833", ""},
		{"+4930123456", DOMESTIC, "+4930123456", "+"},
		{"004930123456", DOMESTIC, "+4930123456", "00"},
		{"01033030123456", DOMESTIC, "+4930123456", "01033 0"},
		{"9030123456", DOMESTIC, "+4930123456", "9 0"},
		{"00302101234567", INTERNATIONAL, "+302101234567", "00"}, /* Greece */
		{"00232761234567", INTERNATIONAL, "+232761234567", "00"},
		{"000232761234567", INTERNATIONAL, "+232761234567", "0 00"},
		{"0103300232761234567", INTERNATIONAL, "+232761234567", "01033 00"},
		{"01002100232761234567", INTERNATIONAL, "+232761234567", "010021 00"},
		{"#31#00232761234567", INTERNATIONAL, "+232761234567", "#31# 00"},
		{"123456", UNRECOGNISED, "", ""},
		{"234567", LOCAL, "", ""},
		{"1001", INTERNAL, "", ""},
		{"*21*00232761234567#", INTERNATIONAL, "+232761234567", "*21* 00"},
	};
	static const struct dialled_case foreign[] = {
		{"011232761234567", INTERNATIONAL, "+232761234567", "011"},
		{"9011232761234567", INTERNATIONAL, "+232761234567", "9 011"},
	};
	static const struct dialled_case behind_0[] = {
		{"0110", EMERGENCY, "", "0"},
		{"0030123456", DOMESTIC, "+4930123456", "0 0"}, /* Berlin */
		{"000232761234567", INTERNATIONAL, "+232761234567", "0 00"},
	};
	static const struct dialled_case on_the_trunk[] = {
		{"00302101234567", INTERNATIONAL, "+302101234567", "00"},
		{"030123456", DOMESTIC, "+4930123456", "0"},
	};
	struct site site = {0};

	(void)state;
	CHECK(GERMANY, &no_outside_line, cases);
	CHECK_FOREIGN(GERMANY, &no_outside_line, foreign);
	add_outside_line(&site, "0");
	CHECK(GERMANY, &site, behind_0);
	CHECK_TRUNK(GERMANY, &site, on_the_trunk);
}

/* ---- the settings ---- */

static void a_mistake_in_a_plan_is_told_in_a_sentence(void **state)
{
	static const struct {
		const char *name, *good, *bad;
	} cases[] = {
		{"country", "JP", "jp"},
		{"country", "XK", "JPN"},
		{"country_code", "81", "081"},
		{"country_code", "1", "1234"},
		{"trunk_prefix", "0", "x"},
		{"trunk_prefix", "", "0000"},
		{"international_prefixes", "001 010", "001  010"},
		{"international_prefixes", "010", ""},
		{"international_prefixes", "1010XXX 011", "010 "},
		{"carriers", "00[3-8]X", "00[8-3]X"},
		{"carriers", "00[357]N", "00[]X"},
		{"carriers", "0091XX", "00[3"},
		{"carriers", "0Z", "0Y"},
		{"carriers", "001", "00*"},
		{"service_codes", "*67", "*6+"},
		{"foreign_prefixes", "00", "+"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct setting *setting = setting_find(&dial_plan_settings, text_of(cases[i].name));
		char why[SETTING_CHECK_TEXT_SIZE] = "";

		assert_non_null(setting);
		assert_true(setting->check(text_of(cases[i].good), why));
		assert_false(setting->check(text_of(cases[i].bad), why));
		assert_true(strlen(why) > 10);
	}
}

static void a_mistake_in_a_form_is_told_in_a_sentence(void **state)
{
	const struct setting *domestic = setting_find(&dial_plan_settings, TEXT("domestic"));
	const struct setting *length = setting_find(domestic->group, TEXT("length"));
	const struct setting *emergency = setting_find(&dial_plan_settings, TEXT("emergency"));
	const struct setting *number = setting_find(emergency->group, TEXT("number"));
	static const char *const bad_lengths[] = {"", "0", "5-", "-5", "8-5", "33", "5-8-9", "x"};
	static const char *const bad_numbers[] = {"", "1", "11X", "+110", "1234567"};
	char why[SETTING_CHECK_TEXT_SIZE];

	(void)state;
	assert_true(length->check(TEXT("10"), why));
	assert_true(length->check(TEXT("5-8"), why));
	assert_true(number->check(TEXT("110"), why));
	for (size_t i = 0; i < COUNT_OF(bad_lengths); i++) {
		assert_false(length->check(text_of(bad_lengths[i]), why));
	}
	for (size_t i = 0; i < COUNT_OF(bad_numbers); i++) {
		assert_false(number->check(text_of(bad_numbers[i]), why));
	}
}

/* ---- what holds for any string ---- */

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525u + 1013904223u;
	return *random >> 8;
}

/* Pieces that mean something, so that random strings come near to the borders. */
static const char *const pieces[] = {"0", "00", "010", "0033", "184", "186", "122", "110", "119", "171", "+",
	"81", "1", "1246", "+81", "9", "011", "*", "#", "-", "(", " ", "%31", "%", "%2", ";",
	";phone-context=+", "a", "\"", "\xff", "5550123", "312345678", "0312345678", "232761234567", "*67",
	"911", "1010333"};

static size_t random_string(uint32_t *random, char *string, size_t size)
{
	size_t used = 0;

	for (uint32_t left = next_random(random) % 8; left > 0; left--) {
		const char *piece = pieces[next_random(random) % COUNT_OF(pieces)];
		if (used + strlen(piece) < size) {
			memcpy(string + used, piece, strlen(piece));
			used += strlen(piece);
		}
	}
	return used;
}

static bool is_listed(const struct dial_number *numbers, size_t count, const char *digits)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(numbers[i].number, digits) == 0) {
			return true;
		}
	}
	return false;
}

/* The digits that the steps leave over, and without the home code behind + or an international prefix. */
static bool rest_is_emergency(const struct dial_plan *plan, const struct dialed_number *number)
{
	const char *rest = number->digits;

	for (size_t i = 0; i < number->step_count; i++) {
		size_t size = strlen(number->steps[i].digits);
		if (strncmp(rest, number->steps[i].digits, size) != 0) {
			return false;
		}
		rest += size;
	}
	size_t code_size = strlen(plan->country_code);
	return is_listed(plan->emergency, plan->emergency_count, rest) ||
	       (number->step_count > 0 && strncmp(rest, plan->country_code, code_size) == 0 &&
		       is_listed(plan->emergency, plan->emergency_count, rest + code_size));
}

static void assert_holds(const struct dial_plan *plan, const struct dialed_number *number, const char *string)
{
	size_t size = strlen(number->e164);
	bool holds = number->kind < NUMBER_KIND_COUNT && number->step_count <= DIAL_STEPS_MAX &&
		     (size == 0 || (size >= 8 && size <= 16 && number->e164[0] == '+' &&
					   strspn(number->e164 + 1, "0123456789") == size - 1)) &&
		     strspn(number->digits, "0123456789+*#") == strlen(number->digits) &&
		     (size > 0 || number->kind != NUMBER_INTERNATIONAL) &&
		     (size == 0 || number->kind == NUMBER_INTERNATIONAL || number->kind == NUMBER_DOMESTIC) &&
		     (number->kind != NUMBER_EMERGENCY || rest_is_emergency(plan, number)) &&
		     (!number->by_foreign_prefix || number->kind == NUMBER_INTERNATIONAL);

	if (!holds) {
		fail_msg("%s: %s is %s %s", plan->country, string, number_kind_name(number->kind),
			number->e164);
	}
}

static void nothing_breaks_the_reading(void **state)
{
	static const char *const names[] = {JAPAN, NORTH_AMERICA, UNITED_KINGDOM, GERMANY};
	uint32_t random = 20261122;
	struct site sites[3] = {0};

	(void)state;
	add_outside_line(&sites[1], "0");
	add_outside_line(&sites[2], "9");
	sites[2].trunk_numbers = TRUNK_NUMBERS_E164;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct dial_plan plan = read_plan(names[i]);

		for (int run = 0; run < 50000; run++) {
			char string[64];
			size_t size = random_string(&random, string, sizeof string - 1);
			char *exact = malloc(size + 1); /* so that a sanitizer sees a step too far */
			struct sip_uri uri = {.scheme = (enum sip_scheme)(next_random(&random) % 6)};
			struct dialed_number number;

			assert_non_null(exact);
			memcpy(exact, string, size);
			string[size] = '\0';
			uri.user = (struct text){exact, size};
			dial_plan_read(&plan, &sites[run % 3], &uri, run % 2 == 0, &number);
			assert_holds(&plan, &number, string);
			free(exact);
		}
	}
}

/* What is put in front of a call abroad must not make it harmless. */
static void nothing_in_front_makes_a_call_abroad_harmless(void **state)
{
	static const char *const abroad[] = {"01012465550123", "0033010232761234567", "+12465550123"};
	struct dial_plan plan = read_plan(JAPAN);
	uint32_t random = 7;

	(void)state;
	for (int run = 0; run < 50000; run++) {
		char string[128];
		size_t size = random_string(&random, string, 60);
		struct dialed_number number;

		strcpy(string + size, abroad[run % 3]);
		struct sip_uri uri = {.scheme = SIP_SCHEME_SIP, .user = text_of(string)};
		dial_plan_read(&plan, &no_outside_line, &uri, false, &number);
		/* What ends in front of the number, or begins with a star, is another thing to a PBX too. */
		if (strpbrk(string, ";*#") == NULL && number.kind != NUMBER_UNRECOGNISED &&
			number.kind != NUMBER_INTERNATIONAL && strpbrk(string, "a\"%\xff") == NULL) {
			fail_msg("%s is %s %s", string, number_kind_name(number.kind), number.e164);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_abroad_from_japan_begins_with_010_or_plus),
		cmocka_unit_test(what_follows_the_number_does_not_hide_it),
		cmocka_unit_test(a_domestic_number_has_its_exact_length),
		cmocka_unit_test(emergency_and_service_numbers_are_known_in_every_form),
		cmocka_unit_test(an_emergency_number_is_the_whole_string),
		cmocka_unit_test(the_sites_outside_line_is_tried_first),
		cmocka_unit_test(without_a_setting_one_0_or_9_may_stand_for_a_line),
		cmocka_unit_test(foreign_prefixes_tell_what_the_caller_is_after),
		cmocka_unit_test(what_fits_no_form_is_unrecognised),
		cmocka_unit_test(carriers_have_services_of_their_own),
		cmocka_unit_test(names_and_short_numbers_are_internal),
		cmocka_unit_test(a_phone_context_completes_a_number_and_hides_none),
		cmocka_unit_test(a_trunk_may_carry_bare_country_codes),
		cmocka_unit_test(what_may_be_a_short_number_is_marked_however_it_reads),
		cmocka_unit_test(endless_strings_are_read_in_bounds),
		cmocka_unit_test(without_destinations_foreign_prefixes_say_nothing),
		cmocka_unit_test(north_america_shares_its_code_with_other_countries),
		cmocka_unit_test(the_united_kingdom_shares_its_code_with_islands),
		cmocka_unit_test(germany_has_numbers_of_any_length),
		cmocka_unit_test(a_mistake_in_a_plan_is_told_in_a_sentence),
		cmocka_unit_test(a_mistake_in_a_form_is_told_in_a_sentence),
		cmocka_unit_test(nothing_breaks_the_reading),
		cmocka_unit_test(nothing_in_front_makes_a_call_abroad_harmless),
	};
	return cmocka_run_group_tests(tests, read_destinations, free_destinations);
}
