/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/base/setting.h"
#include "pbxguard/daemon/keep.h"
#include "pbxguard/incident/incident_keep.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NOW (1795281185 * SECOND)

/* A guard without packets: what the pipeline holds is put into it by the test. */
struct fixture {
	char folder[64], path[96];
	struct config *config;
	struct counters counters;
	struct log log;
	FILE *logged;
	struct pipeline *pipeline;
	struct slow_thread *slow_thread;
	struct keep keep;
};

static void ignore(void *context, const struct decision *decision)
{
	(void)context;
	(void)decision;
}

static void begin(struct fixture *f)
{
	static const struct site site = {.name = "test"};
	struct action_settings settings = {0};

	f->pipeline = pipeline_new(&(struct pipeline_setup){.config = f->config,
		.counters = &f->counters,
		.log = &f->log,
		.handler = ignore,
		.context = f});
	assert_non_null(f->pipeline);
	struct store *store = store_open(f->path, &f->log, &f->counters, NOW);
	assert_non_null(store);
	keep_restore(store, f->pipeline, &f->log, NOW);
	keep_begin(&f->keep, 0);
	setting_defaults(&action_settings_table, &settings);
	struct actions *actions = actions_new(&settings, &site,
		(struct action_output){-1, ALERT_FORMAT_TEXT, .may_wait = false}, NULL, &f->counters);
	f->slow_thread = slow_thread_start(actions, store, &f->counters);
	assert_non_null(f->slow_thread);
}

static void end(struct fixture *f)
{
	assert_true(slow_thread_stop(f->slow_thread));
	pipeline_free(f->pipeline);
}

static int set_up(void **state)
{
	static struct config_errors errors;
	struct fixture *f = calloc(1, sizeof *f);

	snprintf(f->folder, sizeof f->folder, "/tmp/pbxguard-keep-XXXXXX");
	f->logged = tmpfile();
	f->config = config_new_from(NULL, NOW, &errors);
	if (mkdtemp(f->folder) == NULL || f->logged == NULL || f->config == NULL) {
		return 1;
	}
	snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
	f->log = (struct log){.descriptor = fileno(f->logged), .level = LOG_LEVEL_NOTICE};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->folder);
	fclose(f->logged);
	config_free(f->config);
	free(f);
	return 0;
}

static bool was_said(struct fixture *f, const char *words)
{
	char said[8192];
	ssize_t size = pread(fileno(f->logged), said, sizeof said - 1, 0);

	said[size > 0 ? size : 0] = '\0';
	return strstr(said, words) != NULL;
}

static void find(struct fixture *f, const char *caller)
{
	static const struct dialed_number number = {.kind = NUMBER_INTERNATIONAL, .e164 = "+12465550123"};
	const struct event event = {
		.kind = EVENT_CALL_ATTEMPTED, .time = NOW, .call_id = text_of(caller), .number = &number};
	struct findings findings = {
		.count = 1, .items = {{.rule = "off_hours", .severity = SEVERITY_WARNING}}};

	snprintf(findings.items[0].subject, SUBJECT_SIZE, "caller:%s", caller);
	incidents_handle(pipeline_incidents(f->pipeline), &event, &findings, ignore, NULL);
}

static void what_was_kept_is_read_back(void **state)
{
	struct fixture *f = *state;

	begin(f);
	assert_true(was_said(f, "0 open incidents, what 0 rules have learned"));
	for (unsigned i = 0; i < 700; i++) { /* more than fit at once, and one that says that alerts wait */
		char caller[16];
		snprintf(caller, sizeof caller, "%u", i);
		find(f, caller);
	}
	assert_true(keep_finish(f->pipeline, f->slow_thread));
	end(f);
	begin(f);
	assert_true(was_said(f, "701 open incidents, what 2 rules have learned"));
	end(f);
}

/* Each second a bounded number, in the order of their slots, until none is left. */
static void a_tick_keeps_some_and_the_next_one_more(void **state)
{
	struct fixture *f = *state;

	begin(f);
	for (unsigned i = 0; i < 2 * KEEP_AT_ONCE + 1; i++) {
		char caller[16];
		snprintf(caller, sizeof caller, "%u", i);
		find(f, caller);
	}
	for (int second = 1; second <= 2; second++) {
		keep_tick(&f->keep, f->pipeline, f->slow_thread, second * SECOND);
	}
	end(f); /* killed */
	begin(f);
	assert_true(was_said(f, "128 open incidents, what 0 rules have learned"));
	for (int second = 1; second <= 4; second++) {
		keep_tick(&f->keep, f->pipeline, f->slow_thread, second * SECOND);
	}
	/* What rules have learned, one after the other as there is room. */
	for (int i = 0; i == 0 || (i < 5000 && f->keep.next_rule < rules_count()); i++) {
		keep_tick(&f->keep, f->pipeline, f->slow_thread, KEEP_LEARNED_EVERY + i);
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	end(f);
	begin(f);
	assert_true(was_said(f, "128 open incidents, what 2 rules have learned"));
	end(f);
}

static void what_a_rule_can_not_read_is_told_and_learned_anew(void **state)
{
	struct fixture *f = *state;
	struct store *store = store_open(f->path, &f->log, &f->counters, NOW);

	assert_non_null(store);
	store_put_learned(store, "surge", (const uint8_t *)"rubbish", 7, NOW);
	store_put_learned(store, "gone", (const uint8_t *)"of a rule that is no more", 25, NOW);
	store_commit(store, NOW);
	store_free(store);
	begin(f);
	assert_true(was_said(f, "what rule surge had learned is damaged or of another version"));
	assert_false(was_said(f, "rule gone"));
	assert_true(keep_finish(f->pipeline, f->slow_thread));
	end(f);
	begin(f);
	assert_true(was_said(f, "what 2 rules have learned"));
	end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_kept_is_read_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_tick_keeps_some_and_the_next_one_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_a_rule_can_not_read_is_told_and_learned_anew, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
