/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/dial_digits.h"

#include "pbxguard/call/dial_pattern.h"

#include <assert.h>
#include <string.h>

#define E164_DIGITS_MIN 7  /* fewer reach nobody abroad */
#define E164_DIGITS_MAX 15 /* E.164 §6.2.1 */

/*
 * A reading takes pieces off the front of rest and notes each as a step in number. A reader that fails puts
 * both back as they were, so that the next can try.
 */
struct reading {
	const struct dial_plan *plan;
	const struct site *site;
	struct text rest; /* 0 to 9, +, *, # */
	struct dialed_number *number;
};

struct reading_mark {
	struct text rest;
	size_t step_count;
};

typedef bool reader(struct reading *reading);

static struct reading_mark mark_of(const struct reading *reading)
{
	return (struct reading_mark){reading->rest, reading->number->step_count};
}

/* Always false, for "return go_back(…)". */
static bool go_back(struct reading *reading, struct reading_mark mark)
{
	reading->rest = mark.rest;
	reading->number->step_count = mark.step_count;
	return false;
}

/* Steps past the last that fits are taken all the same: repeating 184 must not hide what follows. */
static void take(struct reading *reading, size_t size, enum dial_step_reason reason)
{
	struct dialed_number *number = reading->number;

	if (number->step_count < DIAL_STEPS_MAX) {
		struct dial_step *step = &number->steps[number->step_count++];
		text_copy(text_part(reading->rest, 0, size), step->digits, sizeof step->digits);
		step->reason = reason;
	}
	reading->rest = text_from(reading->rest, size);
}

/* Of codes that the plan does not list: digits between the signs, and characters in all of one without a
 * number. */
#define FEATURE_CODE_DIGITS 3
#define FEATURE_CODE_MAX 10

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static size_t leading_digits(struct text text)
{
	size_t count = 0;

	while (count < text.size && is_digit(text.start[count])) {
		count++;
	}
	return count;
}

static bool finish(struct reading *reading, enum number_kind kind, const char *form)
{
	reading->number->kind = kind;
	text_copy(text_of(form), reading->number->form, sizeof reading->number->form);
	return true;
}

/* What it has set; more than 15 digits are cut. */
static struct text set_e164(struct dialed_number *number, struct text country_code, struct text digits)
{
	size_t size = country_code.size < E164_DIGITS_MAX ? country_code.size : E164_DIGITS_MAX;
	struct text fitting = text_part(digits, 0, E164_DIGITS_MAX - size);

	number->e164[0] = '+';
	memcpy(number->e164 + 1, country_code.start, size);
	text_copy(fitting, number->e164 + 1 + size, E164_SIZE - 1 - size);
	return (struct text){number->e164, 1 + size + fitting.size};
}

/* ---- numbers that are never refused: only the whole of what is left is one ---- */

static const struct dial_number *find_number(
	const struct dial_number *numbers, size_t count, struct text digits)
{
	for (size_t i = 0; i < count; i++) {
		if (numbers[i].number[0] == digits.start[0] &&
			text_equal(digits, text_of(numbers[i].number))) {
			return &numbers[i];
		}
	}
	return NULL;
}

static bool read_short(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	const struct dial_number *found;

	if (reading->rest.size == 0) {
		return false;
	}
	if ((found = find_number(plan->emergency, plan->emergency_count, reading->rest)) != NULL) {
		return finish(reading, NUMBER_EMERGENCY, found->name);
	}
	if ((found = find_number(plan->services, plan->service_count, reading->rest)) != NULL) {
		return finish(reading, NUMBER_SERVICE, found->name);
	}
	return false;
}

/* ---- domestic numbers ---- */

static const struct dial_form *find_form(const struct dial_form *forms, size_t count, struct text digits)
{
	bool is_number = leading_digits(digits) == digits.size;

	for (size_t i = 0; i < count && is_number; i++) {
		const char *pattern = forms[i].begins;
		size_t size;

		if (dial_pattern_begins(&pattern, digits, &size) &&
			dial_length_contains(forms[i].length, digits.size)) {
			return &forms[i];
		}
	}
	return NULL;
}

static bool is_home(const struct dial_plan *plan, const char *country)
{
	bool found = strcmp(country, plan->country) == 0;

	for (size_t i = 0; i < plan->also_home_count && !found; i++) {
		found = strcmp(country, plan->also_home[i]) == 0;
	}
	return found;
}

/*
 * Several countries share +1, +7, +44: behind the home code the number itself says whether it is abroad. A
 * part of the code that no country has is unrecognised.
 */
static enum number_kind kind_behind_home_code(const struct dial_plan *plan, struct text e164)
{
	const struct destination *destination =
		plan->destinations == NULL ? NULL : destination_find(plan->destinations, e164);

	if (destination == NULL) {
		return NUMBER_DOMESTIC;
	}
	if (destination->country[0] != '\0') {
		return is_home(plan, destination->country) ? NUMBER_DOMESTIC : NUMBER_INTERNATIONAL;
	}
	return destination->kind == DESTINATION_GEOGRAPHIC ? NUMBER_UNRECOGNISED : NUMBER_DOMESTIC;
}

/* Ends the reading of a number in the home code, whose digits are as dialled at home. */
static bool finish_domestic(struct reading *reading, struct text digits, const struct dial_form *form)
{
	struct text trunk_prefix = text_of(reading->plan->trunk_prefix);
	struct text significant =
		text_begins(digits, trunk_prefix) ? text_from(digits, trunk_prefix.size) : digits;

	struct text e164 = set_e164(reading->number, text_of(reading->plan->country_code), significant);
	enum number_kind kind = kind_behind_home_code(reading->plan, e164);
	if (kind == NUMBER_UNRECOGNISED || e164.size <= E164_DIGITS_MIN) {
		reading->number->e164[0] = '\0';
	}
	return kind != NUMBER_UNRECOGNISED && finish(reading, kind, form->name);
}

static bool read_domestic(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	const struct dial_form *form = find_form(plan->domestic, plan->domestic_count, reading->rest);
	struct text digits = reading->rest, trunk_prefix = text_of(plan->trunk_prefix);

	if (form == NULL || !finish_domestic(reading, digits, form)) {
		return false;
	}
	if (trunk_prefix.size > 0 && text_begins(digits, trunk_prefix)) {
		take(reading, trunk_prefix.size, DIAL_STEP_TRUNK_PREFIX);
	}
	return true;
}

/* ---- international numbers ---- */

static bool finish_international(struct reading *reading, struct text digits)
{
	set_e164(reading->number, (struct text){"", 0}, digits);
	return finish(reading, NUMBER_INTERNATIONAL, digits.size > E164_DIGITS_MAX ? "too many digits" : "");
}

/* Behind the home code: "312345678", "0312345678" as in +81(0)3…, or a short number. */
static bool read_at_home(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	struct text digits = reading->rest;
	char with_prefix[DIAL_DIGITS_MAX + sizeof plan->trunk_prefix];
	size_t prefix_size = strlen(plan->trunk_prefix);

	memcpy(with_prefix, plan->trunk_prefix, prefix_size);
	memcpy(with_prefix + prefix_size, digits.start, digits.size);
	const struct text tries[] = {{with_prefix, prefix_size + digits.size}, digits};
	for (size_t i = 0; i < 2; i++) {
		const struct dial_form *form = find_form(plan->domestic, plan->domestic_count, tries[i]);
		if (form != NULL && finish_domestic(reading, tries[i], form)) {
			return true;
		}
	}
	return read_short(reading);
}

/* What fits no form at home, but lies in another country of a shared code, is abroad. */
static bool read_shared_code(struct reading *reading, struct text digits)
{
	char e164[E164_SIZE] = "+";

	text_copy(digits, e164 + 1, sizeof e164 - 1);
	return digits.size >= E164_DIGITS_MIN &&
	       kind_behind_home_code(reading->plan, text_of(e164)) == NUMBER_INTERNATIONAL &&
	       finish_international(reading, digits);
}

/*
 * Country code and number. More than 15 digits are still a call abroad: a carrier may dial the first ones and
 * forget the others, so they must not hide it. So must not a * or # behind it; but at home only the whole
 * counts, or +81119+1246… were an emergency.
 */
static bool read_country_code(struct reading *reading)
{
	struct reading_mark start = mark_of(reading);
	struct text rest = reading->rest, code = text_of(reading->plan->country_code);
	struct text digits = text_part(rest, 0, leading_digits(rest));

	if (digits.size == 0 || digits.start[0] == '0') {
		return false;
	}
	if (!text_begins(digits, code)) {
		return digits.size >= E164_DIGITS_MIN && finish_international(reading, digits);
	}
	reading->rest = text_from(rest, code.size);
	if (read_at_home(reading)) {
		return true;
	}
	go_back(reading, start);
	return read_shared_code(reading, digits);
}

/* Takes the pieces of a prefix: all but the last select carriers. */
static bool take_prefix(struct reading *reading, const char *pattern, enum dial_step_reason last)
{
	struct reading_mark start = mark_of(reading);
	size_t size;

	while (*pattern != '\0') {
		if (!dial_pattern_begins(&pattern, reading->rest, &size)) {
			return go_back(reading, start);
		}
		take(reading, size, *pattern == '\0' ? last : DIAL_STEP_CARRIER);
	}
	return true;
}

static bool take_plus(struct reading *reading)
{
	size_t size = 0;

	while (size < reading->rest.size && reading->rest.start[size] == '+') {
		size++;
	}
	if (size > 0) {
		take(reading, size, DIAL_STEP_PLUS);
	}
	return size > 0;
}

static bool read_international(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	struct reading_mark start = mark_of(reading);

	if (take_plus(reading) && read_country_code(reading)) {
		return true;
	}
	go_back(reading, start);
	for (size_t i = 0; i < plan->international_count; i++) {
		if (take_prefix(reading, plan->international_prefixes[i], DIAL_STEP_INTERNATIONAL_PREFIX)) {
			take_plus(reading);
			if (read_country_code(reading)) {
				return true;
			}
			go_back(reading, start);
		}
	}
	return false;
}

/* ---- the country's own forms ---- */

static bool take_service_code(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;

	for (size_t i = 0; i < plan->service_code_count; i++) {
		if (take_prefix(reading, plan->service_codes[i], DIAL_STEP_SERVICE_CODE)) {
			return true;
		}
	}
	return false;
}

/* Service codes may be repeated; short numbers win over them, as 1471 over 147. */
static bool read_behind_service_codes(struct reading *reading, reader *read)
{
	struct reading_mark start = mark_of(reading);

	do {
		struct reading_mark here = mark_of(reading);
		if (read(reading)) {
			return true;
		}
		go_back(reading, here);
	} while (take_service_code(reading));
	return go_back(reading, start);
}

static bool read_abroad_or_domestic(struct reading *reading)
{
	return read_international(reading) || read_domestic(reading);
}

static bool read_by_carrier(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	struct reading_mark start = mark_of(reading);

	for (size_t i = 0; i < plan->carrier_count; i++) {
		if (take_prefix(reading, plan->carriers[i], DIAL_STEP_CARRIER)) {
			if (read_behind_service_codes(reading, read_abroad_or_domestic)) {
				return true;
			}
			go_back(reading, start);
		}
	}
	return false;
}

static bool read_number(struct reading *reading)
{
	return read_short(reading) || read_abroad_or_domestic(reading) || read_by_carrier(reading);
}

static bool read_own(struct reading *reading)
{
	struct reading_mark start = mark_of(reading);

	if (read_behind_service_codes(reading, read_number)) {
		return true;
	}
	/* A PBX may drop a plus that makes no sense: +0101246…, +110. */
	return (take_plus(reading) && read_behind_service_codes(reading, read_number)) ||
	       go_back(reading, start);
}

/* What begins with a carrier's code and is neither abroad nor domestic is at that carrier itself. */
static bool read_carrier_service(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	const struct dial_form *form =
		find_form(plan->carrier_services, plan->carrier_service_count, reading->rest);

	return form != NULL && finish(reading, NUMBER_CARRIER_SERVICE, form->name);
}

/* ---- foreign prefixes ---- */

/* A carrier's code with the trunk prefix behind it is this country's way to dial, if a broken one. */
static bool begins_as_domestic_by_carrier(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	struct reading_mark start = mark_of(reading);
	bool found = false;

	for (size_t i = 0; i < plan->carrier_count && !found; i++) {
		if (take_prefix(reading, plan->carriers[i], DIAL_STEP_CARRIER)) {
			found = plan->trunk_prefix[0] != '\0' &&
				text_begins(reading->rest, text_of(plan->trunk_prefix));
			go_back(reading, start);
		}
	}
	return found;
}

/* Or to a satellite and the like; not to an area of +1 that is nobody's. */
static bool leads_to_a_country(const struct destination_table *destinations, struct text digits)
{
	const struct destination *destination = destination_find(destinations, digits);

	return destination != NULL &&
	       (destination->country[0] != '\0' || destination->kind != DESTINATION_GEOGRAPHIC);
}

/* As strict as can be: this is a guess about what the caller is after. */
static bool read_assigned_country_code(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	struct text digits = reading->rest;

	if (digits.size < E164_DIGITS_MIN || digits.size > E164_DIGITS_MAX ||
		leading_digits(digits) != digits.size || !leads_to_a_country(plan->destinations, digits)) {
		return false;
	}
	reading->number->by_foreign_prefix = text_begins(digits, text_of(plan->country_code))
						     ? read_shared_code(reading, digits)
						     : finish_international(reading, digits);
	return reading->number->by_foreign_prefix;
}

static bool read_foreign(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	struct reading_mark start = mark_of(reading);

	if (plan->destinations == NULL || begins_as_domestic_by_carrier(reading)) {
		return false;
	}
	for (size_t i = 0; i < plan->foreign_count; i++) {
		if (take_prefix(reading, plan->foreign_prefixes[i], DIAL_STEP_FOREIGN_PREFIX)) {
			if (read_assigned_country_code(reading)) {
				return true;
			}
			go_back(reading, start);
		}
	}
	return false;
}

/* ---- outside lines ---- */

static bool read_behind_lines(
	struct reading *reading, const char (*lines)[OUTSIDE_LINE_SIZE], size_t count, reader *read)
{
	struct reading_mark start = mark_of(reading);

	for (size_t i = 0; i < count; i++) {
		struct text line = text_of(lines[i]);
		if (line.size > 0 && reading->rest.size > line.size && text_begins(reading->rest, line)) {
			take(reading, line.size, DIAL_STEP_OUTSIDE_LINE);
			if (read_behind_service_codes(reading, read)) {
				return true;
			}
			go_back(reading, start);
		}
	}
	return false;
}

/* Behind the digits that the site says are dialled for a line. */
static bool read_behind_outside_line(struct reading *reading, reader *read)
{
	return read_behind_lines(
		reading, reading->site->outside_line, reading->site->outside_line_count, read);
}

/* Behind those that are usual in the country, in case the site has them and does not say. */
static bool read_behind_usual_line(struct reading *reading, reader *read)
{
	return read_behind_lines(reading, reading->plan->usual_lines, reading->plan->usual_line_count, read);
}

static bool read_here_or_behind_outside_line(struct reading *reading, reader *read)
{
	return read_behind_service_codes(reading, read) || read_behind_outside_line(reading, read);
}

static bool read_abroad_domestic_or_by_carrier(struct reading *reading)
{
	return read_abroad_or_domestic(reading) || read_by_carrier(reading);
}

/* ---- what is left ---- */

static bool read_local(struct reading *reading)
{
	const struct dial_plan *plan = reading->plan;
	const struct dial_form *form = find_form(plan->local, plan->local_count, reading->rest);

	return form != NULL && finish(reading, NUMBER_LOCAL, form->name);
}

static bool is_code_sign(char character)
{
	return character == '*' || character == '#';
}

/* Behind "*72", "#31#", "*70*": what is called, or where calls are forwarded to. */
static bool read_behind_feature_code(struct reading *reading)
{
	struct reading_mark start = mark_of(reading);
	struct text string = reading->rest;

	for (size_t digits = 0; digits <= FEATURE_CODE_DIGITS; digits++) {
		size_t size = 0;
		while (size < string.size && is_code_sign(string.start[size])) {
			size++;
		}
		size += digits;
		while (size < string.size && is_code_sign(string.start[size])) {
			size++;
		}
		if (size + E164_DIGITS_MIN <= string.size) {
			take(reading, size, DIAL_STEP_SERVICE_CODE);
			while (reading->rest.size > 0 &&
				is_code_sign(reading->rest.start[reading->rest.size - 1])) {
				reading->rest.size--;
			}
			if (read_abroad_or_domestic(reading)) {
				return true;
			}
			go_back(reading, start);
		}
	}
	return false;
}

static bool read_internal(struct reading *reading)
{
	struct text rest = reading->rest;

	if (is_code_sign(rest.start[0])) {
		return read_behind_feature_code(reading) ||
		       (rest.size <= FEATURE_CODE_MAX && finish(reading, NUMBER_INTERNAL, "feature code"));
	}
	return rest.size <= reading->plan->internal_digits && text_find(rest, '+') == rest.size &&
	       finish(reading, NUMBER_INTERNAL, "extension");
}

static bool read_trunk_e164(struct reading *reading, bool is_trunk_leg)
{
	size_t size = reading->rest.size;

	return is_trunk_leg && reading->site->trunk_numbers == TRUNK_NUMBERS_E164 &&
	       size >= E164_DIGITS_MIN && size <= E164_DIGITS_MAX && leading_digits(reading->rest) == size &&
	       read_country_code(reading);
}

/*
 * The order of reading; docs/dial-plans.md gives the reasons. On the trunk leg the PBX has mostly taken the
 * outside-line digit off, so the string as it stands comes first.
 */
static bool read_string(struct reading *reading, bool is_trunk_leg)
{
	if (read_behind_service_codes(reading, read_short) || read_trunk_e164(reading, is_trunk_leg)) {
		return true;
	}
	if (is_trunk_leg ? read_own(reading) || read_behind_outside_line(reading, read_own)
			 : read_behind_outside_line(reading, read_own) || read_own(reading)) {
		return true;
	}
	return read_behind_usual_line(reading, read_abroad_domestic_or_by_carrier) ||
	       read_here_or_behind_outside_line(reading, read_carrier_service) || read_internal(reading) ||
	       read_here_or_behind_outside_line(reading, read_foreign) ||
	       read_behind_usual_line(reading, read_foreign) ||
	       read_here_or_behind_outside_line(reading, read_local);
}

void dial_digits_read(const struct dial_plan *plan, const struct site *site, struct text characters,
	bool is_trunk_leg, struct dialed_number *number)
{
	struct reading reading = {plan, site, characters, number};

	assert(characters.size <= DIAL_DIGITS_MAX);
	memset(number, 0, sizeof *number);
	if (characters.size > 0 && !read_string(&reading, is_trunk_leg)) {
		finish(&reading, NUMBER_UNRECOGNISED, "");
		number->step_count = 0;
		number->e164[0] = '\0';
	}
}
