/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/short_number.h"

#include "pbxguard/call/dial_pattern.h"

#include <string.h>

struct front {
	const struct dial_plan *plan;
	const struct site *site;
	struct text text;
	bool is_reached[SHORT_NUMBER_LINE_DIGITS + 1]
		       [SHORT_NUMBER_FRONT_MAX + 1]; /* with so many digits taken */
};

static bool take_pieces(const char *pattern, struct text rest, size_t *taken)
{
	size_t size;

	*taken = 0;
	while (*pattern != '\0') {
		if (!dial_pattern_begins(&pattern, text_from(rest, *taken), &size)) {
			return false;
		}
		*taken += size;
	}
	return true;
}

/* Marks where one can stand behind what may be taken off here. */
static void go_on(struct front *front, size_t digits, size_t at)
{
	struct text rest = text_from(front->text, at);
	size_t taken;

	for (size_t i = 0; i < front->plan->service_code_count; i++) {
		if (take_pieces(front->plan->service_codes[i], rest, &taken)) {
			front->is_reached[digits][at + taken] = true;
		}
	}
	for (size_t i = 0; i < front->site->outside_line_count; i++) {
		struct text line = text_of(front->site->outside_line[i]);
		if (text_begins(rest, line)) {
			front->is_reached[digits][at + line.size] = true;
		}
	}
	if (rest.start[0] == '+') {
		front->is_reached[digits][at + 1] = true;
	} else if (digits < SHORT_NUMBER_LINE_DIGITS) {
		front->is_reached[digits + 1][at + 1] = true;
	}
}

static bool is_front(const struct dial_plan *plan, const struct site *site, struct text text)
{
	struct front front = {.plan = plan, .site = site, .text = text};
	bool is_there = false;

	if (text.size > SHORT_NUMBER_FRONT_MAX) {
		return false;
	}
	front.is_reached[0][0] = true;
	for (size_t at = 0; at < text.size; at++) {
		for (size_t digits = 0; digits <= SHORT_NUMBER_LINE_DIGITS; digits++) {
			if (front.is_reached[digits][at]) {
				go_on(&front, digits, at);
			}
		}
	}
	for (size_t digits = 0; digits <= SHORT_NUMBER_LINE_DIGITS; digits++) {
		is_there = is_there || front.is_reached[digits][text.size];
	}
	return is_there;
}

static bool ends_with(struct text characters, struct text number)
{
	size_t front = characters.size - number.size;

	/* The last digit first: it settles it for nine of ten. */
	return number.size > 0 && number.size <= characters.size &&
	       characters.start[characters.size - 1] == number.start[number.size - 1] &&
	       memcmp(characters.start + front, number.start, number.size) == 0;
}

static bool ends_with_one(const struct dial_plan *plan, const struct site *site, struct text characters,
	const struct dial_number *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *number = numbers[i].number;
		size_t size = 0;
		while (number[size] != '\0') { /* they are short */
			size++;
		}
		if (ends_with(characters, (struct text){number, size}) &&
			is_front(plan, site, text_part(characters, 0, characters.size - size))) {
			return true;
		}
	}
	return false;
}

bool short_number_may_be(const struct dial_plan *plan, const struct site *site, struct text characters)
{
	/* # is how a caller says that he has dialled all. */
	while (characters.size > 0 && characters.start[characters.size - 1] == '#') {
		characters.size--;
	}
	if (characters.size > SHORT_NUMBER_FRONT_MAX + DIAL_STEP_SIZE) {
		return false;
	}
	return ends_with_one(plan, site, characters, plan->emergency, plan->emergency_count) ||
	       ends_with_one(plan, site, characters, plan->services, plan->service_count);
}
