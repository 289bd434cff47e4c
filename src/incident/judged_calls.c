/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/incident/judged_calls.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"

#include <stdlib.h>
#include <string.h>

struct judged_calls {
	struct counters *counters; /* borrowed */
	struct digest_key key;
	struct table *calls;   /* judged_call by id */
	struct table *numbers; /* when refused, by mark */
};

struct judged_calls *judged_calls_new(struct counters *counters)
{
	static const struct table_shape shape = {.capacity = JUDGED_CALLS_MAX,
		.key_size = sizeof(uint64_t),
		.key_is_digest = true,
		.value_size = sizeof(struct judged_call),
		.lifetime = JUDGED_CALL_LIFETIME};
	static const struct table_shape numbers = {.capacity = JUDGED_NUMBERS_MAX,
		.key_size = sizeof(uint64_t),
		.key_is_digest = true,
		.value_size = sizeof(instant),
		.lifetime = JUDGED_NUMBER_LIFETIME};
	struct judged_calls *calls = calloc(1, sizeof *calls);

	if (calls == NULL) {
		return NULL;
	}
	*calls = (struct judged_calls){.counters = counters,
		.key = digest_key_new(),
		.calls = table_new(&shape),
		.numbers = table_new(&numbers)};
	if (calls->calls == NULL || calls->numbers == NULL) {
		judged_calls_free(calls);
		return NULL;
	}
	return calls;
}

void judged_calls_free(struct judged_calls *calls)
{
	if (calls != NULL) {
		table_free(calls->calls);
		table_free(calls->numbers);
		free(calls);
	}
}

void judged_calls_clear(struct judged_calls *calls)
{
	table_clear(calls->calls);
	table_clear(calls->numbers);
}

static uint64_t mark_of(const struct judged_calls *calls, struct text text)
{
	return text.size == 0 ? 0 : digest_text(&calls->key, text) | 1;
}

static uint64_t id_of(const struct judged_calls *calls, struct text call_id)
{
	return mark_of(calls, text_part(call_id, 0, JUDGED_CALL_ID_SIZE - 1));
}

struct judged_call *judged_calls_find_id(struct judged_calls *calls, uint64_t id, instant now)
{
	return id == 0 ? NULL : table_find(calls->calls, &id, now);
}

struct judged_call *judged_calls_find(struct judged_calls *calls, struct text call_id, instant now)
{
	return judged_calls_find_id(calls, id_of(calls, call_id), now);
}

uint64_t judged_calls_number(const struct judged_calls *calls, const struct event *event)
{
	const struct dialed_number *number = event->number;

	return mark_of(calls, text_of(number->e164[0] != '\0' ? number->e164 : number->digits));
}

uint64_t judged_calls_country(const struct judged_calls *calls, const struct event *event)
{
	return event->destination == NULL ? 0 : mark_of(calls, text_of(event->destination->name));
}

static struct judged_call *find_or_begin(struct judged_calls *calls, const struct event *event, bool is_new)
{
	uint64_t evicted = table_figures(calls->calls).evicted;
	uint64_t id = id_of(calls, event->call_id), number = judged_calls_number(calls, event);
	bool added;
	struct judged_call *call = table_find_or_add(calls->calls, &id, event->time, &added);

	counter_add(calls->counters, COUNTER_KEYS_EVICTED, table_figures(calls->calls).evicted - evicted);
	if (added || is_new || call->number != number) {
		*call = (struct judged_call){
			.id = id, .number = number, .has_untouchable = call->has_untouchable};
		text_copy(event->call_id, call->call_id, sizeof call->call_id);
	}
	return call;
}

struct judged_call *judged_calls_begin(struct judged_calls *calls, const struct event *event)
{
	return find_or_begin(calls, event, true);
}

struct judged_call *judged_calls_find_or_add(struct judged_calls *calls, const struct event *event)
{
	return find_or_begin(calls, event, false);
}

void judged_calls_refuse_number(struct judged_calls *calls, uint64_t number, instant now)
{
	bool added;

	if (number != 0) {
		*(instant *)table_find_or_add(calls->numbers, &number, now, &added) = now;
	}
}

bool judged_calls_was_number_refused(struct judged_calls *calls, uint64_t number, instant now)
{
	const instant *refused = number == 0 ? NULL : table_find(calls->numbers, &number, now);

	/* The table's lifetime counts from the last look. */
	return refused != NULL && instant_distance(*refused, now) <= (uint64_t)JUDGED_NUMBER_LIFETIME;
}
