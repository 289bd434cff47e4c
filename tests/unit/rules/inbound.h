/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the bench: calls that come in by the trunk. */
#ifndef PBXGUARD_TESTS_RULES_INBOUND_H
#define PBXGUARD_TESTS_RULES_INBOUND_H

#include "bench.h"

struct inbound {
	uint64_t call;
	const char *number; /* in E.164; empty: hidden */
	const char *call_id;
	instant began, answered; /* answered: 0: it has not been */
};

/* Makes bench->event the event of that call. */
static inline void inbound_event(
	struct bench *bench, const struct inbound *inbound, enum event_kind kind, instant when)
{
	bench->number = (struct dialed_number){.kind = NUMBER_DOMESTIC, .e164 = "+81312345678"};
	bench->event = (struct event){.kind = kind,
		.time = when,
		.call_id = text_of(inbound->call_id),
		.caller = text_of(inbound->number),
		.from_user = text_of(inbound->number),
		.caller_e164 = text_of(inbound->number),
		.dialed = TEXT("0312345678"),
		.leg = LEG_TRUNK_IN,
		.number = &bench->number,
		.call = inbound->call,
		.attempted = inbound->began,
		.answered = inbound->answered,
		.up = kind == EVENT_CALL_ENDED && inbound->answered != 0 ? when - inbound->answered : 0};
	assert_true(address_parse(TEXT(TRUNK), &bench->event.source.address));
}

/* No rule may find anything in it. */
static inline void inbound_tell(
	struct bench *bench, const struct inbound *inbound, enum event_kind kind, instant when)
{
	inbound_event(bench, inbound, kind, when);
	assert_int_equal(bench_try(bench), 0);
}

/* From its beginning to its answer, which is told too if it has one. */
static inline void inbound_begin(struct bench *bench, const struct inbound *inbound)
{
	struct inbound ringing = *inbound;

	ringing.answered = 0;
	inbound_tell(bench, &ringing, EVENT_CALL_ATTEMPTED, inbound->began);
	if (inbound->answered != 0) {
		inbound_tell(bench, inbound, EVENT_CALL_ANSWERED, inbound->answered);
	}
}

#endif
