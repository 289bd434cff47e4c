/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/kept_refusals.h"

#include "pbxguard/base/ring.h"

#include <assert.h>
#include <stdlib.h>

#define SLIPPED_QUEUE 64
#define HOURS_QUEUE 4
#define SLIPS_WITHIN MINUTE /* policy says so within seconds */
#define TIDY_INTERVAL HOUR
#define TIDY_PUTS 512 /* or after so many, so that the store stays bounded whatever comes */

static_assert(WATCHED_MODES == ACTION_MODE_BLOCK + 1, "there is a place for each mode");

struct slipped_call {
	char call_id[CALL_ID_SIZE];
};

struct kept_refusals {
	const struct counters *counters; /* borrowed; this and the next three are the packet thread's */
	struct counters seen;            /* as counted when the hour was put the last time */
	struct watched_hour watched;
	instant ticked;
	struct ring *strangers, *others, *slipped, *hours; /* from the packet thread to the slow one */
	struct store *store;                               /* from here on the slow thread's; borrowed */
	enum action_mode mode;
	instant written; /* monotonic */
	instant tidied;
	size_t puts; /* since then */
};

/* What is watched, of what is counted elsewhere. */
static const struct {
	enum watched_count watched;
	enum counter counter;
} sources[] = {
	{WATCHED_MESSAGES, COUNTER_SIP_MESSAGES},
	{WATCHED_CALLS, COUNTER_CALLS},
	{WATCHED_ABROAD, COUNTER_CALLS_INTERNATIONAL},
	{WATCHED_UNREADABLE, COUNTER_UNREADABLE_INVITES},
	{WATCHED_UNREADABLE, COUNTER_MESSAGES_CUT},
	{WATCHED_UNREADABLE, COUNTER_MESSAGES_TOO_LARGE},
	{WATCHED_UNREADABLE, COUNTER_FRAGMENTS_EXPIRED},
	{WATCHED_UNRECOGNISED, COUNTER_CALLS_UNRECOGNISED},
	{WATCHED_ENCRYPTED, COUNTER_TLS_STREAMS},
	{WATCHED_ENCRYPTED, COUNTER_DTLS_DATAGRAMS},
	{WATCHED_ENCRYPTED, COUNTER_WEBSOCKET_STREAMS},
	{WATCHED_MISSED, COUNTER_KERNEL_DROPS},
	{WATCHED_MISSED, COUNTER_INTERFACE_DROPS},
	{WATCHED_MISSED, COUNTER_QUEUE_OVERRUNS},
	{WATCHED_MISSED, COUNTER_QUEUE_HOLDS_GIVEN_UP},
	{WATCHED_MISSED, COUNTER_TCP_HOLES},
};

static instant hour_of(instant now)
{
	return now - ((now % HOUR) + HOUR) % HOUR;
}

struct kept_refusals *kept_refusals_new(
	struct store *store, const struct counters *counters, enum action_mode mode, instant now)
{
	struct kept_refusals *kept = calloc(1, sizeof *kept);

	if (kept == NULL) {
		return NULL;
	}
	kept->store = store;
	kept->counters = counters;
	kept->mode = mode;
	kept->seen = *counters;
	kept->ticked = kept->tidied = now;
	kept->strangers = ring_new(KEPT_REFUSALS_QUEUE, sizeof(struct refusal_record));
	kept->others = ring_new(KEPT_REFUSALS_QUEUE, sizeof(struct refusal_record));
	kept->slipped = ring_new(SLIPPED_QUEUE, sizeof(struct slipped_call));
	kept->hours = ring_new(HOURS_QUEUE, sizeof(struct watched_hour));
	if (kept->strangers == NULL || kept->others == NULL || kept->slipped == NULL || kept->hours == NULL) {
		kept_refusals_free(kept);
		return NULL;
	}
	store_read_watched(store, hour_of(now), mode, &kept->watched, now);
	return kept;
}

void kept_refusals_free(struct kept_refusals *kept)
{
	if (kept != NULL) {
		ring_free(kept->strangers);
		ring_free(kept->others);
		ring_free(kept->slipped);
		ring_free(kept->hours);
	}
	free(kept);
}

/* ---- on the packet thread ---- */

void kept_refusals_add(struct kept_refusals *kept, const struct refusal_record *record)
{
	/* Full: there is no row, but the report says that one is missing. */
	ring_push(record->leg == LEG_OUTSIDE ? kept->strangers : kept->others, record);
	kept->watched.counts[WATCHED_REFUSED] += record->about == REFUSAL_OF_CALL;
}

void kept_refusals_slipped(struct kept_refusals *kept, struct text call_id)
{
	struct slipped_call slipped;

	text_make_safe(call_id, slipped.call_id, sizeof slipped.call_id); /* as in the record */
	ring_push(kept->slipped, &slipped);
}

static void count(struct kept_refusals *kept, instant now)
{
	duration since = now - kept->ticked;

	if (since < 0 || since >= MINUTE) {
		kept->ticked = now; /* it slept, or the clock was set: nothing was watched meanwhile */
	} else {
		kept->watched.counts[WATCHED_SECONDS] += (uint64_t)(since / SECOND);
		kept->ticked += since / SECOND * SECOND;
	}
	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
		uint64_t value = counter_get(kept->counters, sources[i].counter);
		kept->watched.counts[sources[i].watched] +=
			value - counter_get(&kept->seen, sources[i].counter);
		counter_set(&kept->seen, sources[i].counter, value);
	}
}

/* Where the clock was set back a little the later hour goes on: the one before would be written anew, from
 * nothing. */
static bool is_over(instant hour, instant now)
{
	return hour_of(now) > hour || hour - hour_of(now) > HOUR;
}

void kept_refusals_tick(struct kept_refusals *kept, instant now)
{
	count(kept, now);
	/* Where there is no room it goes on, and is handed over with the next second's. */
	if (ring_push(kept->hours, &kept->watched) && is_over(kept->watched.hour, now)) {
		kept->watched = (struct watched_hour){.hour = hour_of(now), .mode = kept->mode};
	}
}

/* ---- on the slow thread ---- */

static void put_all(struct kept_refusals *kept, struct ring *ring, instant now)
{
	const struct refusal_record *record;

	while ((record = ring_front(ring)) != NULL) {
		store_put_refusal(kept->store, record, now);
		ring_drop(ring);
		kept->puts++;
	}
}

static void write_down(struct kept_refusals *kept, instant now)
{
	const struct watched_hour *hour;
	const struct slipped_call *slipped;

	put_all(kept, kept->others, now);
	put_all(kept, kept->strangers, now);
	while ((slipped = ring_front(kept->slipped)) != NULL) {
		store_slip_refusal(kept->store, slipped->call_id, now - SLIPS_WITHIN, now);
		ring_drop(kept->slipped);
	}
	while ((hour = ring_front(kept->hours)) != NULL) {
		store_put_watched(kept->store, hour, now);
		ring_drop(kept->hours);
	}
	if (kept->puts >= TIDY_PUTS || now - kept->tidied >= TIDY_INTERVAL || now < kept->tidied) {
		store_forget_refusals(kept->store, now - KEPT_REFUSALS_AGE, KEPT_REFUSALS_MAX, now);
		kept->tidied = now;
		kept->puts = 0;
	}
}

static void serve(void *context, instant now)
{
	struct kept_refusals *kept = context;

	if (now - kept->written >= SECOND || now < kept->written) {
		kept->written = now;
		write_down(kept, instant_now());
	}
}

static void end(void *context)
{
	write_down(context, instant_now());
}

void kept_refusals_move_in(struct kept_refusals *kept, struct slow_thread *thread)
{
	const struct slow_thread_guest guest = {
		.descriptor = -1, .serve = serve, .end = end, .context = kept};

	slow_thread_invite(thread, &guest);
}

/* ---- the report ---- */

static bool sum(void *context, instant since, struct control_report *report)
{
	struct kept_refusals *kept = context;

	write_down(kept, instant_now());
	report->mode = kept->mode;
	return store_sum_watched(kept->store, since, report->watched, instant_now());
}

static bool page(void *context, instant since, uint64_t after, struct refusal_record *records, size_t room,
	size_t *count)
{
	const struct kept_refusals *kept = context;

	return store_page_refusals(kept->store, since, after, records, room, count, instant_now());
}

struct control_desk_report kept_refusals_report(struct kept_refusals *kept)
{
	if (kept == NULL) {
		return (struct control_desk_report){0};
	}
	return (struct control_desk_report){sum, page, kept};
}
