/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/rules/live_calls.h"

#include <stdlib.h>

#define NOON (1795230000 * SECOND)
#define PLACES LIVE_SUBJECTS_MAX

static const struct dialed_number abroad = {.kind = NUMBER_INTERNATIONAL, .e164 = "+12465550123"};

/* One event; names[i] is the subject in place i, NULL: it does not count there. */
struct trial {
	struct event event;
	struct subject subjects[PLACES];
	struct live_count counts[PLACES];
	uint32_t news[PLACES]; /* the counts that are news; else 0 */
};

static void follow(struct live_calls *live, struct trial *trial, enum event_kind kind, uint64_t call,
	instant when, bool is_unproven, const char *const names[PLACES])
{
	const struct subject *pointers[PLACES];
	struct circumstances circumstances = {.event = &trial->event, .is_unproven = is_unproven};

	trial->event = (struct event){
		.kind = kind, .call = call, .time = when, .number = &abroad, .is_outward = true};
	for (size_t i = 0; i < PLACES; i++) {
		trial->subjects[i] = (struct subject){.counts = names[i] != NULL};
		text_copy(text_of(names[i] == NULL ? "nobody" : names[i]), trial->subjects[i].text,
			SUBJECT_SIZE);
		pointers[i] = &trial->subjects[i];
	}
	live_calls_follow(live, &circumstances, pointers, PLACES, trial->counts);
	for (size_t i = 0; i < PLACES; i++) {
		trial->news[i] = trial->counts[i].is_news ? trial->counts[i].up : 0;
	}
}

/* The same for one subject, in place 0. Its count if that is news. */
static uint32_t follow_one(
	struct live_calls *live, enum event_kind kind, uint64_t call, instant when, const char *name)
{
	struct trial trial;

	follow(live, &trial, kind, call, when, false, (const char *[PLACES]){name});
	return trial.news[0];
}

static void assert_figures(const struct live_calls *live, size_t calls, size_t subjects, uint64_t evicted)
{
	struct live_figures figures = live_calls_figures(live);

	assert_int_equal(figures.calls, calls);
	assert_int_equal(figures.subjects, subjects);
	assert_int_equal(figures.evicted, evicted);
}

static void a_call_is_up_from_its_first_event_to_its_last(void **state)
{
	static const enum event_kind ends[] = {EVENT_CALL_REFUSED, EVENT_CALL_CANCELLED, EVENT_CALL_ENDED};
	struct live_calls *live = live_calls_new(8);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 1, NOON, "a"), 1);
		assert_int_equal(follow_one(live, EVENT_CALL_RINGING, 1, NOON + 1, "a"), 0); /* no news */
		assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 2, NOON + 2, "a"), 2);
		assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 3, NOON + 2, "b"), 1);
		assert_int_equal(follow_one(live, EVENT_CALL_ANSWERED, 1, NOON + 3, "a"), 0);
		assert_int_equal(follow_one(live, EVENT_CALL_STILL_UP, 1, NOON + 4, "a"), 0);
		assert_figures(live, 3, 2, 0);
		assert_int_equal(follow_one(live, ends[i], 1, NOON + 5, "a"), 0);
		assert_figures(live, 2, 2, 0);
		assert_int_equal(follow_one(live, ends[i], 1, NOON + 5, "a"), 0); /* twice, or unknown */
		assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 4, NOON + 6, "a"), 2);
		for (uint64_t call = 2; call <= 4; call++) {
			follow_one(live, ends[i], call, NOON + 7, "a");
		}
		assert_figures(live, 0, 0, 0);
	}
	live_calls_free(live);
}

/* The rule was switched on, or the daemon started, in the middle of it. */
static void a_call_is_known_by_a_later_event_too(void **state)
{
	struct live_calls *live = live_calls_new(8);

	(void)state;
	assert_int_equal(follow_one(live, EVENT_CALL_STILL_UP, 1, NOON, "a"), 1);
	assert_int_equal(follow_one(live, EVENT_CALL_STILL_UP, 1, NOON + CALL_STILL_UP_EVERY, "a"), 0);
	live_calls_free(live);
}

/* By credentials, or by another number. */
static void a_call_counts_for_the_subject_named_last(void **state)
{
	struct live_calls *live = live_calls_new(8);

	(void)state;
	follow_one(live, EVENT_CALL_ATTEMPTED, 1, NOON, "thief");
	assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 2, NOON, "forged"), 1);
	assert_int_equal(follow_one(live, EVENT_CALL_IDENTIFIED, 2, NOON + 1, "thief"), 2);
	assert_figures(live, 2, 1, 0);
	assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 2, NOON + 2, "another"), 1);
	assert_int_equal(follow_one(live, EVENT_CALL_IDENTIFIED, 2, NOON + 3, NULL), 0); /* as it was */
	assert_figures(live, 2, 2, 0);
	live_calls_free(live);
}

static void a_strangers_call_is_news_again_when_it_is_put_through(void **state)
{
	static const char *const source[PLACES] = {NULL, "source"};
	static const char *const both[PLACES] = {NULL, "source", NULL, "site"};
	struct live_calls *live = live_calls_new(8);
	struct trial trial;

	(void)state;
	for (uint64_t call = 1; call <= 3; call++) {
		follow(live, &trial, EVENT_CALL_ATTEMPTED, call, NOON, true, source);
		assert_int_equal(trial.news[1], call);
		follow(live, &trial, EVENT_CALL_RINGING, call, NOON + 1, true, source);
		assert_int_equal(trial.news[1], 0);
	}
	follow(live, &trial, EVENT_CALL_ANSWERED, 2, NOON + 2, false, both);
	assert_int_equal(trial.news[1], 3);
	assert_int_equal(trial.news[3], 1);
	follow(live, &trial, EVENT_CALL_STILL_UP, 2, NOON + 3, false, both);
	assert_int_equal(trial.news[1], 0);
	assert_int_equal(trial.news[3], 0);
	live_calls_free(live);
}

static void an_event_that_counts_for_nobody_takes_no_place(void **state)
{
	struct live_calls *live = live_calls_new(8);

	(void)state;
	assert_int_equal(follow_one(live, EVENT_CALL_JOINED, 1, NOON, NULL), 0);
	assert_figures(live, 0, 0, 0);
	live_calls_free(live);
}

static void a_call_whose_end_is_never_told_is_gone_in_the_end(void **state)
{
	struct live_calls *live = live_calls_new(8);

	(void)state;
	follow_one(live, EVENT_CALL_ATTEMPTED, 1, NOON, "a");
	follow_one(live, EVENT_CALL_ATTEMPTED, 2, NOON, "a");
	follow_one(live, EVENT_CALL_STILL_UP, 1, NOON + 30 * SECOND, "a");
	assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 3, NOON + LIVE_SILENT_MAX, "a"), 3);
	assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 4, NOON + LIVE_SILENT_MAX + 1, "a"), 3);
	assert_figures(live, 3, 1, 0);
	/* A clock that was set back: what was before is as far away. */
	assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 5, NOON - DAY, "a"), 1);
	assert_figures(live, 1, 1, 0);
	live_calls_free(live);
}

static void the_call_heard_of_longest_ago_makes_room(void **state)
{
	struct live_calls *live = live_calls_new(3);

	(void)state;
	for (uint64_t call = 1; call <= 3; call++) {
		assert_int_equal(
			follow_one(live, EVENT_CALL_ATTEMPTED, call, NOON + (instant)call, "a"), call);
	}
	follow_one(live, EVENT_CALL_RINGING, 1, NOON + 4, "a");
	assert_int_equal(follow_one(live, EVENT_CALL_ATTEMPTED, 4, NOON + 5, "a"), 3); /* without 2 */
	assert_figures(live, 3, 1, 1);
	follow_one(live, EVENT_CALL_ENDED, 2, NOON + 6, "a");
	assert_figures(live, 3, 1, 1);
	follow_one(live, EVENT_CALL_ENDED, 1, NOON + 7, "a");
	assert_figures(live, 2, 1, 1);
	live_calls_free(live);
}

static void a_reload_keeps_the_calls_that_are_up(void **state)
{
	static const char *const source[PLACES] = {NULL, "source"};
	struct live_calls *old = live_calls_new(8), *same = live_calls_new(8), *small = live_calls_new(2);
	struct trial trial;

	(void)state;
	for (uint64_t call = 1; call <= 3; call++) {
		follow_one(old, EVENT_CALL_ATTEMPTED, call, NOON + (instant)call, "a");
	}
	follow(old, &trial, EVENT_CALL_ATTEMPTED, 4, NOON + 4, true, source);
	live_calls_adopt(same, old);
	live_calls_adopt(small, old);
	live_calls_free(old);
	assert_figures(same, 4, 2, 0);
	assert_int_equal(follow_one(same, EVENT_CALL_ATTEMPTED, 5, NOON + 5, "a"), 4);
	follow(same, &trial, EVENT_CALL_ANSWERED, 4, NOON + 5, false, source);
	assert_int_equal(trial.news[1], 1); /* that it was only a try is known, too */
	assert_figures(small, 2, 2, 2);
	assert_int_equal(follow_one(small, EVENT_CALL_ATTEMPTED, 5, NOON + 5, "a"), 1); /* 3 left */
	live_calls_free(same);
	live_calls_free(small);
}

static void memory_has_bounds(void **state)
{
	(void)state;
	assert_int_equal(live_calls_in(0), LIVE_CALLS_MINIMUM);
	assert_int_equal(live_calls_in(SIZE_MAX), LIVE_CALLS_MAXIMUM);
	assert_in_range(live_calls_in(1 << 20), 2000, 4000);
}

/* ---- against a plain model */

#define MODEL_CAPACITY 6

struct model_call {
	uint64_t number;
	instant touched;
	const char *names[PLACES];
	bool is_unproven[PLACES];
};

/* The call heard of longest ago first. */
struct model {
	size_t count;
	struct model_call calls[MODEL_CAPACITY];
	uint64_t evicted;
};

static void model_remove(struct model *model, size_t index)
{
	memmove(&model->calls[index], &model->calls[index + 1],
		(--model->count - index) * sizeof model->calls[0]);
}

static uint32_t model_count(const struct model *model, const char *name)
{
	uint32_t count = 0;

	for (size_t i = 0; i < model->count; i++) {
		for (size_t place = 0; place < PLACES; place++) {
			const char *held = model->calls[i].names[place];
			count += held != NULL && strcmp(held, name) == 0;
		}
	}
	return count;
}

static size_t model_subjects(const struct model *model)
{
	size_t count = 0;

	for (char name[] = "a"; name[0] <= 'z'; name[0]++) {
		count += model_count(model, name) > 0;
	}
	return count;
}

/* The call, now the one heard of last; NULL: there is none. */
static struct model_call *model_touch(struct model *model, uint64_t number, instant now)
{
	for (size_t i = 0; i < model->count; i++) {
		if (model->calls[i].number == number) {
			struct model_call call = model->calls[i];
			model_remove(model, i);
			call.touched = now;
			model->calls[model->count] = call;
			return &model->calls[model->count++];
		}
	}
	return NULL;
}

static void model_follow(struct model *model, const struct trial *trial, bool is_unproven,
	const char *const names[PLACES], struct live_count counts[PLACES])
{
	const struct event *event = &trial->event;
	bool is_wanted = names[0] != NULL || names[1] != NULL || names[2] != NULL || names[3] != NULL;

	memset(counts, 0, PLACES * sizeof counts[0]);
	while (model->count > 0 && llabs(event->time - model->calls[0].touched) > LIVE_SILENT_MAX) {
		model_remove(model, 0);
	}
	struct model_call *call = model_touch(model, event->call, event->time);
	if (live_calls_is_end(event)) {
		model->count -= call != NULL;
		return;
	}
	if (call == NULL && !is_wanted) {
		return;
	}
	if (call == NULL && model->count == MODEL_CAPACITY) {
		model_remove(model, 0);
		model->evicted++;
	}
	if (call == NULL) {
		call = &model->calls[model->count++];
		*call = (struct model_call){.number = event->call, .touched = event->time};
	}
	for (size_t i = 0; i < PLACES; i++) {
		bool is_try = event->kind <= EVENT_CALL_JOINED;
		if (names[i] == NULL) {
			continue;
		}
		bool is_new = call->names[i] == NULL || (is_try && strcmp(call->names[i], names[i]) != 0);
		if (is_new) {
			call->names[i] = names[i];
			call->is_unproven[i] = is_unproven;
			counts[i].is_news = true;
		} else if (call->is_unproven[i] && !is_unproven) {
			call->is_unproven[i] = false;
			counts[i].is_news = true;
		}
		counts[i].up = model_count(model, call->names[i]);
	}
}

static instant next_time(instant now)
{
	switch (rand() % 40) {
	case 0:
		return now + LIVE_SILENT_MAX - SECOND;
	case 1:
		return now - 3 * SECOND; /* late */
	case 2:
		return rand() % 20 == 0 ? now - DAY : now + MINUTE;
	default:
		return now + rand() % 5 * SECOND;
	}
}

static void any_sequence_gives_what_a_plain_model_gives(void **state)
{
	/* No two places share a name, as with "caller:" and "source:". */
	static const char *const choices[PLACES][3] = {
		{"a", "b", "c"}, {"d", "e", NULL}, {"f", "g", NULL}, {"h", "h", NULL}};

	(void)state;
	srand(1);
	for (int run = 0; run < 200; run++) {
		struct live_calls *live = live_calls_new(MODEL_CAPACITY);
		struct model model = {0};
		instant now = NOON;
		for (int step = 0; step < 300; step++) {
			const char *names[PLACES];
			struct live_count expected[PLACES];
			struct trial trial;
			bool is_unproven = rand() % 3 == 0;
			for (size_t i = 0; i < PLACES; i++) {
				names[i] = choices[i][rand() % 3];
			}
			now = next_time(now);
			if (rand() % 50 == 0) {
				struct live_calls *next = live_calls_new(MODEL_CAPACITY);
				live_calls_adopt(next, live);
				live_calls_free(live);
				live = next;
				model.evicted = 0;
			}
			follow(live, &trial, (enum event_kind)(rand() % EVENT_KIND_COUNT),
				1 + (uint64_t)rand() % 9, now, is_unproven, names);
			model_follow(&model, &trial, is_unproven, names, expected);
			for (size_t i = 0; i < PLACES; i++) {
				assert_int_equal(trial.counts[i].up, expected[i].up);
				assert_int_equal(trial.counts[i].is_news, expected[i].is_news);
			}
			assert_figures(live, model.count, model_subjects(&model), model.evicted);
		}
		live_calls_free(live);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_up_from_its_first_event_to_its_last),
		cmocka_unit_test(a_call_is_known_by_a_later_event_too),
		cmocka_unit_test(a_call_counts_for_the_subject_named_last),
		cmocka_unit_test(a_strangers_call_is_news_again_when_it_is_put_through),
		cmocka_unit_test(an_event_that_counts_for_nobody_takes_no_place),
		cmocka_unit_test(a_call_whose_end_is_never_told_is_gone_in_the_end),
		cmocka_unit_test(the_call_heard_of_longest_ago_makes_room),
		cmocka_unit_test(a_reload_keeps_the_calls_that_are_up),
		cmocka_unit_test(memory_has_bounds),
		cmocka_unit_test(any_sequence_gives_what_a_plain_model_gives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
