/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/action/sip_fields.h"

static void lines_are_read_whole_in_compact_form_and_folded(void **state)
{
	static const struct text message = TEXT_CONSTANT(
		"\r\nINVITE sip:2@192.0.2.1 SIP/2.0\r\nVia: a\r\nv : b\r\n c\r\nX-From: 1\r\nno colon\r\nCall-ID\r: 2\r\nRECORD-ROUTE:d\r\nm:e\n\r\nTo: body\r\n");
	static const struct {
		enum sip_field field;
		const char *value;
	} expected[] = {{SIP_FIELD_VIA, "a"}, {SIP_FIELD_VIA, "b\r\n c"}, {SIP_FIELD_OTHER, "1"},
		{SIP_FIELD_OTHER, ""}, {SIP_FIELD_OTHER, "2"}, {SIP_FIELD_RECORD_ROUTE, "d"},
		{SIP_FIELD_CONTACT, "e"}};
	struct sip_fields fields;
	struct text value;
	enum sip_field field;

	(void)state;
	assert_true(sip_fields_begin(message, &fields, &value));
	assert_true(text_equal(value, TEXT("INVITE sip:2@192.0.2.1 SIP/2.0")));
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_true(sip_fields_next(&fields, &field, &value));
		assert_int_equal(field, expected[i].field);
		assert_true(text_equal(value, text_of(expected[i].value)));
	}
	assert_false(sip_fields_next(&fields, &field, &value));
	assert_false(sip_fields_next(&fields, &field, &value));
}

static void commas_separate_values_but_not_in_quotes_and_brackets(void **state)
{
	struct text rest = TEXT("\"a, b\" <sip:1,2@192.0.2.1>;x=\",\" , <sip:3>,sip:4;y,, <sip:5");
	static const char *const expected[] = {
		"\"a, b\" <sip:1,2@192.0.2.1>;x=\",\"", "<sip:3>", "sip:4;y", "", "<sip:5"};
	struct text value;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_true(sip_field_split(&rest, &value));
		assert_true(text_equal(value, text_of(expected[i])));
	}
	assert_false(sip_field_split(&rest, &value));
}

static void parties_have_a_uri_and_parameters(void **state)
{
	static const struct {
		const char *value, *uri, *parameters;
	} cases[] = {
		{"\"A <x>\" <sip:1@192.0.2.1;lr>;tag=a", "sip:1@192.0.2.1;lr", ";tag=a"},
		{"sip:1@192.0.2.1;tag=a", "sip:1@192.0.2.1", ";tag=a"},
		{"< sip:1 > ; tag = a", "sip:1", " ; tag = a"},
		{"<sip:1>tag=a", "sip:1", "tag=a"},
		{"<sip:1;a", "sip:1;a", ""},
		{"", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text value = text_of(cases[i].value);
		assert_true(text_equal(sip_field_uri(value), text_of(cases[i].uri)));
		assert_true(text_equal(sip_field_parameters(value), text_of(cases[i].parameters)));
	}
}

static void parameters_come_one_by_one(void **state)
{
	struct text rest = TEXT("; Tag = a ;;lr;x=\"1;2\\\"\";"), parameter, name, value;
	static const struct {
		const char *parameter, *name, *value;
	} expected[] = {{"Tag = a", "Tag", "a"}, {"lr", "lr", ""}, {"x=\"1;2\\\"\"", "x", "1;2\\\""}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_true(sip_parameter_next(&rest, &parameter, &name, &value));
		assert_true(text_equal(parameter, text_of(expected[i].parameter)));
		assert_true(text_equal(name, text_of(expected[i].name)));
		assert_true(text_equal(value, text_of(expected[i].value)));
	}
	assert_false(sip_parameter_next(&rest, &parameter, &name, &value));
}

static void the_first_of_each_field_counts(void **state)
{
	static const struct text message = TEXT_CONSTANT(
		"BYE sip:2@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b\r\nf: <sip:1@a>;tag=\"q\"\r\nFrom: x\r\n"
		"To: <sip:2@a>;tag\r\ni: c1\r\nCall-ID: c2\r\nCSeq: 0012  BYE\r\n\r\n");
	struct sip_identity identity;

	(void)state;
	assert_true(sip_identity_read(message, &identity));
	assert_true(text_equal(identity.via, TEXT("SIP/2.0/UDP a;branch=1")));
	assert_true(text_equal(identity.from, TEXT("<sip:1@a>;tag=\"q\"")));
	assert_true(text_equal(identity.from_tag, TEXT("q")));
	assert_true(identity.has_to_tag && text_is_empty(identity.to_tag));
	assert_true(text_equal(identity.call_id, TEXT("c1")));
	assert_int_equal(identity.cseq_number, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_whole_in_compact_form_and_folded),
		cmocka_unit_test(commas_separate_values_but_not_in_quotes_and_brackets),
		cmocka_unit_test(parties_have_a_uri_and_parameters),
		cmocka_unit_test(parameters_come_one_by_one),
		cmocka_unit_test(the_first_of_each_field_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
