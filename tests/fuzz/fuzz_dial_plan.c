/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A byte of choices, then a URI's user, maybe a line end and the URI's parameters: read by one of the four
 * plans. What comes out keeps its form, and other ways to write the same do not change it.
 */
#include "fuzz.h"

#include "pbxguard/call/dial_plan.h"
#include "pbxguard/config/config_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum choice { CHOICE_PLAN = 3, CHOICE_TRUNK = 4, CHOICE_TEL = 8, CHOICE_LINE = 16, CHOICE_E164 = 32 };

static struct dial_plan plans[4];

static void read_plans(void)
{
	static const char *const names[] = {"japan", "germany", "north-america", "united-kingdom"};
	static struct config_errors errors;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *path, name[64];
		snprintf(name, sizeof name, "dial-plans/%s.conf", names[i]);
		path = fuzz_conf_path(name);
		struct config_file *file = config_file_open(path, &errors);
		MUST_HOLD(file != NULL && config_file_fill(file, &dial_plan_settings, &plans[i], &errors));
		plans[i].destinations = fuzz_config()->destination_table;
		config_file_free(file);
		free(path);
	}
}

static bool ends_with_one_of(const char *digits, const struct dial_number *numbers, size_t count)
{
	bool found = strlen(digits) == DIALED_DIGITS_SIZE - 1; /* cut: who knows */

	for (size_t i = 0; i < count && !found; i++) {
		size_t size = strlen(digits), wanted = strlen(numbers[i].number);
		found = size >= wanted && strcmp(digits + size - wanted, numbers[i].number) == 0;
	}
	return found;
}

static void require_number(const struct dial_plan *plan, const struct dialed_number *number)
{
	size_t digits = strspn(number->e164[0] == '+' ? number->e164 + 1 : "", "0123456789");

	MUST_HOLD(
		number->e164[0] == '\0' || (digits >= 7 && digits <= 15 && number->e164[digits + 1] == '\0'));
	MUST_HOLD((unsigned)number->kind < NUMBER_KIND_COUNT && number->step_count <= DIAL_STEPS_MAX);
	MUST_HOLD(strspn(number->digits, "0123456789+*#") == strlen(number->digits));
	MUST_HOLD(number->kind != NUMBER_INTERNATIONAL || digits > 0);
	MUST_HOLD(!number->by_foreign_prefix || number->kind == NUMBER_INTERNATIONAL);
	MUST_HOLD(number->kind != NUMBER_UNRECOGNISED || (digits == 0 && number->step_count == 0));
	MUST_HOLD(number->kind != NUMBER_EMERGENCY ||
		  (digits == 0 && ends_with_one_of(number->digits, plan->emergency, plan->emergency_count)));
	MUST_HOLD(number->kind != NUMBER_SERVICE ||
		  (digits == 0 && ends_with_one_of(number->digits, plan->services, plan->service_count)));
}

static void require_same(const struct dialed_number *a, const struct dialed_number *b)
{
	char a_stripped[STRIPPED_TEXT_SIZE], b_stripped[STRIPPED_TEXT_SIZE];

	MUST_HOLD(a->kind == b->kind && a->by_foreign_prefix == b->by_foreign_prefix);
	MUST_HOLD(strcmp(a->digits, b->digits) == 0 && strcmp(a->e164, b->e164) == 0);
	MUST_HOLD(strcmp(a->form, b->form) == 0);
	MUST_HOLD(strcmp(dialed_number_stripped(a, a_stripped), dialed_number_stripped(b, b_stripped)) == 0);
}

/* The user with every second character as %HH and separators between, up to where parameters begin. */
static struct text written_otherwise(struct text user, char *buffer)
{
	static const char separators[] = "-.() ";
	size_t used = 0, end = text_find(user, ';');

	for (size_t i = 0; i < end; i++) {
		if (i % 2 == 0) {
			used += (size_t)sprintf(buffer + used, "%%%02x", (unsigned char)user.start[i]);
		} else {
			buffer[used++] = user.start[i];
		}
		buffer[used++] = separators[i % (sizeof separators - 1)];
	}
	if (end < user.size) {
		memcpy(buffer + used, user.start + end, user.size - end);
	}
	return (struct text){buffer, used + user.size - end};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct site site;
	struct dialed_number number, other;

	if (plans[0].name[0] == '\0') {
		read_plans();
	}
	if (size == 0) {
		return 0;
	}
	char *bytes = (char *)fuzz_copy(data + 1, size - 1), *buffer = malloc(size * 4);
	struct text text = {bytes, size - 1};
	const struct dial_plan *plan = &plans[data[0] & CHOICE_PLAN];
	struct sip_uri uri = {.scheme = data[0] & CHOICE_TEL ? SIP_SCHEME_TEL : SIP_SCHEME_SIP,
		.user = text_part(text, 0, text_find(text, '\n'))};
	bool is_trunk_leg = data[0] & CHOICE_TRUNK;

	uri.parameters = text_from(text, uri.user.size + 1);
	site.outside_line_count = data[0] & CHOICE_LINE ? 1 : 0;
	strcpy(site.outside_line[0], "0");
	site.trunk_numbers = data[0] & CHOICE_E164 ? TRUNK_NUMBERS_E164 : TRUNK_NUMBERS_AS_DIALLED;
	dial_plan_read(plan, &site, &uri, is_trunk_leg, &number);
	require_number(plan, &number);
	if (text_find(uri.user, '%') == uri.user.size) {
		uri.user = written_otherwise(uri.user, buffer);
		dial_plan_read(plan, &site, &uri, is_trunk_leg, &other);
		require_same(&number, &other);
	}
	free(buffer);
	free(bytes);
	return 0;
}
