/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/dial_plan.h"

#include "pbxguard/call/dial_digits.h"
#include "pbxguard/call/dial_string.h"
#include "pbxguard/call/short_number.h"

#include <string.h>

#define NAME_DIGITS_MAX 6 /* a name with more digits may be a number in disguise */

/* RFC 5031: urn:service:sos and what is below it call for help; counseling is the other public service. */
static const struct {
	struct text name;
	enum number_kind kind;
} urn_services[] = {
	{TEXT_CONSTANT("service:sos"), NUMBER_EMERGENCY},
	{TEXT_CONSTANT("service:counseling"), NUMBER_SERVICE},
};

static void read_urn(struct text name, struct dialed_number *number)
{
	static const size_t scheme_size = sizeof "service:" - 1;

	memset(number, 0, sizeof *number);
	number->kind = NUMBER_INTERNAL;
	for (size_t i = 0; i < sizeof urn_services / sizeof urn_services[0]; i++) {
		size_t size = urn_services[i].name.size;
		if (text_begins_ignoring_case(name, urn_services[i].name) &&
			(name.size == size || name.start[size] == '.')) {
			number->kind = urn_services[i].kind;
			number->may_be_short = true;
			text_make_safe(text_from(name, scheme_size), number->form, sizeof number->form);
		}
	}
}

/*
 * With letters, quotes and the like between the digits only a call abroad is believed; else it is a name, or
 * unrecognised. A name has no digits that a PBX would dial.
 */
static void judge_rubbish(const struct dial_string *string, struct dialed_number *number)
{
	bool is_name =
		string->size == 0 ||
		(string->has_letter && (string->begins_with_letter || string->size <= NAME_DIGITS_MAX));

	if (number->kind == NUMBER_INTERNATIONAL && !number->by_foreign_prefix) {
		return;
	}
	memset(number, 0, sizeof *number);
	number->kind = is_name ? NUMBER_INTERNAL : NUMBER_UNRECOGNISED;
	text_copy(text_of(string->has_letter && is_name ? "name" : ""), number->form, sizeof number->form);
}

/*
 * A phone-context says in front of what the digits belong, but many PBXs ignore it: what is abroad, or never
 * refused, without it stays so.
 */
static bool context_matters(const struct dialed_number *number)
{
	return number->kind != NUMBER_EMERGENCY && number->kind != NUMBER_SERVICE &&
	       (number->kind != NUMBER_INTERNATIONAL || number->by_foreign_prefix);
}

static void read_with_context(const struct dial_plan *plan, const struct site *site,
	const struct dial_string *string, struct dialed_number *number)
{
	char characters[sizeof string->context + DIAL_STRING_MAX];
	size_t context_size = strlen(string->context);
	struct dialed_number with_context;

	memcpy(characters, string->context, context_size);
	memcpy(characters + context_size, string->characters, string->size);
	dial_digits_read(
		plan, site, (struct text){characters, context_size + string->size}, false, &with_context);
	if (with_context.kind == NUMBER_INTERNATIONAL ||
		(with_context.kind == NUMBER_DOMESTIC && number->kind != NUMBER_DOMESTIC)) {
		*number = with_context;
	}
}

void dial_plan_read(const struct dial_plan *plan, const struct site *site, const struct sip_uri *uri,
	bool is_trunk_leg, struct dialed_number *number)
{
	struct dial_string string;

	if (uri->scheme == SIP_SCHEME_URN) {
		read_urn(uri->user, number);
		return;
	}
	dial_string_read(uri, &string);
	struct text characters = {string.characters, string.size};
	bool trust_bare_digits = is_trunk_leg && !string.begins_with_letter;
	dial_digits_read(plan, site, characters, trust_bare_digits, number);
	if (string.context[0] != '\0' && string.size > 0 && context_matters(number)) {
		read_with_context(plan, site, &string, number);
	}
	if (string.has_rubbish || string.size == 0) {
		judge_rubbish(&string, number);
	}
	if (number->kind != NUMBER_INTERNAL || !string.has_rubbish) {
		text_copy(characters, number->digits, sizeof number->digits);
	}
	number->may_be_short = short_number_may_be(plan, site, characters);
}
