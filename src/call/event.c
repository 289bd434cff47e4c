/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/call/event.h"

#include <assert.h>
#include <string.h>

static const char *const number_kind_names[] = {"unrecognised", "internal", "emergency", "service",
	"domestic", "local", "carrier service", "international"};
static_assert(sizeof number_kind_names / sizeof number_kind_names[0] == NUMBER_KIND_COUNT,
	"each kind of number has a name");

const char *number_kind_name(enum number_kind kind)
{
	return number_kind_names[kind];
}

static const char *const dial_step_reasons[] = {"outside line", "service code", "carrier selection",
	"international prefix", "another country's international prefix", "plus sign", "trunk prefix"};
static_assert(
	sizeof dial_step_reasons / sizeof dial_step_reasons[0] == DIAL_STEP_COUNT, "each step has a reason");

const char *dial_step_reason_text(enum dial_step_reason reason)
{
	return dial_step_reasons[reason];
}

static const char *const event_kind_names[] = {"attempted", "identified", "joined", "ringing", "answered",
	"refused", "cancelled", "still up", "ended"};
static_assert(sizeof event_kind_names / sizeof event_kind_names[0] == EVENT_KIND_COUNT,
	"each kind of event has a name");

const char *event_kind_name(enum event_kind kind)
{
	return event_kind_names[kind];
}

static const char *const destination_kind_names[] = {
	"geographic", "satellite", "network", "premium", "shared_cost", "free", "personal"};
static_assert(sizeof destination_kind_names / sizeof destination_kind_names[0] == DESTINATION_KIND_COUNT,
	"each kind of destination has a name");

const char *destination_kind_name(enum destination_kind kind)
{
	return destination_kind_names[kind];
}

char *dialed_number_stripped(const struct dialed_number *number, char buffer[static STRIPPED_TEXT_SIZE])
{
	size_t used = 0;

	/* It always fits: a step's NUL makes the room for the space in front of the next. */
	for (size_t i = 0; i < number->step_count; i++) {
		size_t size = strlen(number->steps[i].digits);

		if (i > 0) {
			buffer[used++] = ' ';
		}
		memcpy(buffer + used, number->steps[i].digits, size);
		used += size;
	}
	buffer[used] = '\0';
	return buffer;
}
