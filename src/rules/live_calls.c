/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/rules/live_calls.h"

#include "pbxguard/base/digest.h"
#include "pbxguard/base/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct live_call {
	uint8_t held;     /* bits: the subjects for which it counts */
	uint8_t unproven; /* of these, those for which it has only been a stranger's try */
	struct digest keys[LIVE_SUBJECTS_MAX];
};

struct live_calls {
	size_t capacity;
	struct digest_key digest_key;
	struct table *calls;  /* event.call to struct live_call */
	struct table *counts; /* a subject's digest to how many calls are up; has room for all of theirs */
	uint64_t evicted;
};

static struct table_shape calls_shape(size_t calls)
{
	return (struct table_shape){
		.capacity = calls, .key_size = sizeof(uint64_t), .value_size = sizeof(struct live_call)};
}

static struct table_shape counts_shape(size_t calls)
{
	return (struct table_shape){.capacity = calls * LIVE_SUBJECTS_MAX,
		.key_size = sizeof(struct digest),
		.key_is_digest = true,
		.value_size = sizeof(uint32_t)};
}

size_t live_calls_in(size_t memory)
{
	const struct table_shape calls = calls_shape(1), counts = counts_shape(1);
	size_t count = memory / (table_entry_size(&calls) + LIVE_SUBJECTS_MAX * table_entry_size(&counts));

	if (count < LIVE_CALLS_MINIMUM) {
		return LIVE_CALLS_MINIMUM;
	}
	return count > LIVE_CALLS_MAXIMUM ? LIVE_CALLS_MAXIMUM : count;
}

struct live_calls *live_calls_new(size_t calls)
{
	const struct table_shape of_calls = calls_shape(calls), of_counts = counts_shape(calls);
	struct live_calls *live = calloc(1, sizeof *live);

	if (live == NULL) {
		return NULL;
	}
	live->capacity = calls;
	live->digest_key = digest_key_new();
	live->calls = table_new(&of_calls);
	live->counts = table_new(&of_counts);
	if (live->calls == NULL || live->counts == NULL) {
		live_calls_free(live);
		return NULL;
	}
	return live;
}

void live_calls_free(struct live_calls *live)
{
	if (live == NULL) {
		return;
	}
	table_free(live->calls);
	table_free(live->counts);
	free(live);
}

bool live_calls_wants(const struct event *event)
{
	return event->call != 0 && circumstances_is_abroad(event);
}

bool live_calls_is_end(const struct event *event)
{
	return event->kind == EVENT_CALL_REFUSED || event->kind == EVENT_CALL_CANCELLED ||
	       event->kind == EVENT_CALL_ENDED;
}

/* ---- one call and one subject */

static void hold(
	struct live_calls *live, struct live_call *call, size_t i, const struct digest *key, instant now)
{
	bool added;
	uint32_t *count = table_find_or_add(live->counts, key, now, &added);

	call->held |= (uint8_t)(1U << i);
	call->keys[i] = *key;
	++*count;
}

static void let_go(struct live_calls *live, struct live_call *call, size_t i, instant now)
{
	uint32_t *count = table_find(live->counts, &call->keys[i], now);

	assert(count != NULL && *count > 0);
	call->held &= (uint8_t) ~(1U << i);
	call->unproven &= (uint8_t) ~(1U << i);
	if (--*count == 0) {
		table_remove(live->counts, &call->keys[i]);
	}
}

static bool is_held(const struct live_call *call, size_t i)
{
	return (call->held >> i & 1) != 0;
}

/* ---- the calls */

static void forget(struct live_calls *live, uint64_t number, struct live_call *call, instant now)
{
	for (size_t i = 0; i < LIVE_SUBJECTS_MAX; i++) {
		if (is_held(call, i)) {
			let_go(live, call, i, now);
		}
	}
	table_remove(live->calls, &number);
}

/* The clock may be set back, and captures jump. */
static bool is_silent(instant touched, instant now)
{
	uint64_t gap = touched < now ? (uint64_t)now - (uint64_t)touched : (uint64_t)touched - (uint64_t)now;

	return gap > (uint64_t)LIVE_SILENT_MAX;
}

static void forget_oldest(struct live_calls *live, struct live_call *oldest, const void *key, instant now)
{
	uint64_t number;

	memcpy(&number, key, sizeof number); /* it is the entry's own */
	forget(live, number, oldest, now);
}

static void forget_silent(struct live_calls *live, instant now)
{
	const void *key;
	instant touched;
	struct live_call *oldest;

	while ((oldest = table_oldest(live->calls, &key, &touched)) != NULL && is_silent(touched, now)) {
		forget_oldest(live, oldest, key, now);
	}
}

/* The table never evicts by itself: room is made here, before. */
static struct live_call *add_call(struct live_calls *live, uint64_t number, instant now)
{
	const void *key;
	instant touched;
	bool added;

	if (table_figures(live->calls).entries == live->capacity) {
		struct live_call *oldest = table_oldest(live->calls, &key, &touched);
		forget_oldest(live, oldest, key, now);
		live->evicted++;
	}
	return table_find_or_add(live->calls, &number, now, &added);
}

/* Takes the call as up for the subject. Is that news? */
static bool take_up(struct live_calls *live, struct live_call *call, size_t i, const struct subject *subject,
	const struct circumstances *circumstances)
{
	const struct event *event = circumstances->event;
	uint8_t bit = (uint8_t)(1U << i);

	/* Only a try can name somebody else. */
	if (!is_held(call, i) || event->kind <= EVENT_CALL_JOINED) {
		struct digest key = digest_long(&live->digest_key, subject->text, strlen(subject->text));
		if (is_held(call, i) && memcmp(&key, &call->keys[i], sizeof key) != 0) {
			let_go(live, call, i, event->time);
		}
		if (!is_held(call, i)) {
			hold(live, call, i, &key, event->time);
			call->unproven |= circumstances->is_unproven ? bit : 0;
			return true;
		}
	}
	if ((call->unproven & bit) != 0 && !circumstances->is_unproven) {
		call->unproven &= (uint8_t)~bit;
		return true;
	}
	return false;
}

void live_calls_follow(struct live_calls *live, const struct circumstances *circumstances,
	const struct subject *const subjects[], size_t subject_count, struct live_count counts[])
{
	const struct event *event = circumstances->event;
	bool counts_for_any = false;

	assert(event->call != 0 && subject_count <= LIVE_SUBJECTS_MAX);
	for (size_t i = 0; i < subject_count; i++) {
		counts[i] = (struct live_count){0};
		counts_for_any = counts_for_any || subjects[i]->counts;
	}
	forget_silent(live, event->time);
	struct live_call *call = table_find(live->calls, &event->call, event->time);
	if (live_calls_is_end(event)) {
		if (call != NULL) {
			forget(live, event->call, call, event->time);
		}
		return;
	}
	if (call == NULL && counts_for_any) {
		call = add_call(live, event->call, event->time);
	}
	for (size_t i = 0; call != NULL && i < subject_count; i++) {
		if (subjects[i]->counts) {
			counts[i].is_news = take_up(live, call, i, subjects[i], circumstances);
			counts[i].up =
				*(const uint32_t *)table_find(live->counts, &call->keys[i], event->time);
		}
	}
}

static void adopt_call(void *context, const void *key, void *value, instant touched)
{
	struct live_calls *live = context;
	const struct live_call *from = value;
	uint64_t number;

	memcpy(&number, key, sizeof number);
	struct live_call *to = add_call(live, number, touched);
	for (size_t i = 0; i < LIVE_SUBJECTS_MAX; i++) {
		if (is_held(from, i)) {
			hold(live, to, i, &from->keys[i], touched);
		}
	}
	to->unproven = from->unproven;
}

void live_calls_adopt(struct live_calls *live, const struct live_calls *old)
{
	/* The names of the subjects are gone; their digests mean the same only under the same key. */
	assert(table_figures(live->calls).entries == 0);
	live->digest_key = old->digest_key;
	table_each(old->calls, adopt_call, live);
}

struct live_figures live_calls_figures(const struct live_calls *live)
{
	return (struct live_figures){.calls = table_figures(live->calls).entries,
		.subjects = table_figures(live->counts).entries,
		.evicted = live->evicted};
}

/* ---- what is told */

void live_calls_report(const char *rule, const char *calls, const struct tally *tally,
	const struct circumstances *circumstances, struct findings *findings)
{
	static const struct {
		const char *before, *after; /* the subject's name */
	} words[] = {
		[SUBJECT_CALLER] = {"Caller ", " has"},
		[SUBJECT_SOURCE] = {"The address ", " has"},
		[SUBJECT_SITE] = {"All callers of the ", " together have"},
		[SUBJECT_KIND_COUNT] = {"Numbers that begin with ", " have"},
	};
	const struct subject *subject = tally->subject;
	struct finding *finding = tally_report_as(rule, tally, circumstances, findings,
		"%s%s%s %" PRIu32 " %s up at once, this one", words[subject->kind].before, subject->name,
		words[subject->kind].after, tally->count, calls);

	if (finding != NULL) {
		snprintf(finding->evidence, sizeof finding->evidence,
			"%" PRIu32 " call%s at once (limit %" PRIu32 ")", tally->count,
			tally->count == 1 ? "" : "s", tally->limit);
	}
}
