/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../store_folder.h"

#include "pbxguard/base/setting.h"
#include "pbxguard/daemon/keep.h"
#include "pbxguard/incident/incident_keep.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NOW (1795281185 * SECOND)

/* A guard without packets: what the pipeline holds is put into it by the test. */
struct fixture {
	struct store_folder folder;
	struct config *config;
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
		.counters = &f->folder.counters,
		.log = &f->folder.log,
		.handler = ignore,
		.context = f});
	assert_non_null(f->pipeline);
	struct store *store = store_folder_open(&f->folder, NOW);
	assert_non_null(store);
	keep_restore(store, f->pipeline, &f->folder.log, NOW);
	keep_begin(&f->keep, 0);
	setting_defaults(&action_settings_table, &settings);
	struct actions *actions = actions_new(&settings, &site,
		(struct action_output){-1, ALERT_FORMAT_TEXT, .may_wait = false}, NULL, &f->folder.counters);
	f->slow_thread = slow_thread_start(actions, store, &f->folder.counters);
	assert_non_null(f->slow_thread);
}

static void end(struct fixture *f)
{
	assert_true(slow_thread_stop(f->slow_thread));
	pipeline_free(f->pipeline);
}

static struct config *config_in(const char *folder, const char *text)
{
	static struct config_errors errors;
	char path[96];

	snprintf(path, sizeof path, "%s/test.conf", folder);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	struct config *config = config_new_from(path, NOW, &errors);
	unlink(path);
	return config;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	*state = f;
	if (!store_folder_make(&f->folder)) {
		return 1;
	}
	f->config = config_in(f->folder.name, "");
	return f->config == NULL;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	config_free(f->config);
	int status = store_folder_remove(&f->folder);
	free(f);
	return status;
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
	assert_true(was_said(&f->folder, "0 open incidents, what 0 rules have learned"));
	for (unsigned i = 0; i < 700; i++) { /* more than fit at once, and one that says that alerts wait */
		char caller[16];
		snprintf(caller, sizeof caller, "%u", i);
		find(f, caller);
	}
	assert_true(keep_finish(f->pipeline, f->slow_thread));
	end(f);
	begin(f);
	assert_true(was_said(&f->folder, "701 open incidents, what 2 rules have learned"));
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
	assert_true(was_said(&f->folder, "128 open incidents, what 0 rules have learned"));
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
	assert_true(was_said(&f->folder, "128 open incidents, what 2 rules have learned"));
	end(f);
}

static void what_a_rule_can_not_read_is_told_and_learned_anew(void **state)
{
	struct fixture *f = *state;
	struct store *store = store_folder_open(&f->folder, NOW);

	assert_non_null(store);
	store_put_learned(store, "surge", (const uint8_t *)"rubbish", 7, NOW);
	store_put_learned(store, "gone", (const uint8_t *)"of a rule that is no more", 25, NOW);
	store_commit(store, NOW);
	store_free(store);
	begin(f);
	assert_true(was_said(&f->folder, "what rule surge had learned is damaged or of another version"));
	assert_false(was_said(&f->folder, "rule gone"));
	assert_true(keep_finish(f->pipeline, f->slow_thread));
	end(f);
	begin(f);
	assert_true(was_said(&f->folder, "what 2 rules have learned"));
	end(f);
}

/* ---- who is blocked ---- */

/* Ends, where it has not yet, and begins in that mode. */
static void begin_in_mode(struct fixture *f, const char *mode)
{
	char text[64];

	snprintf(text, sizeof text, "actions = { mode = \"%s\"; };\n", mode);
	config_free(f->config);
	f->config = config_in(f->folder.name, text);
	assert_non_null(f->config);
	begin(f);
}

static void kill_and_begin_in_mode(struct fixture *f, const char *mode)
{
	end(f);
	begin_in_mode(f, mode);
}

static bool block_account(struct fixture *f, const char *account)
{
	struct blocked_account_record record = {
		.since = NOW, .incident = "0123456789abcdef", .reason = "off_hours, critical"};

	snprintf(record.account, sizeof record.account, "%s", account);
	return policy_block_account(pipeline_policy(f->pipeline), &record, NOW);
}

/* Their names, in the order in which they were blocked. */
static const char *accounts(const struct fixture *f)
{
	static char names[8 * (CALLER_SIZE + 1)];
	struct blocked_account_record records[8];
	size_t used = 0, count = policy_list_accounts(pipeline_policy(f->pipeline), 0, records, 8);

	names[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		used += (size_t)snprintf(names + used, sizeof names - used, "%s ", records[i].account);
	}
	return names;
}

static void tick(struct fixture *f, int second)
{
	keep_tick(&f->keep, f->pipeline, f->slow_thread, second * SECOND);
}

static void blocked_accounts_come_back_but_not_released_ones(void **state)
{
	struct fixture *f = *state;

	begin_in_mode(f, "block");
	assert_true(block_account(f, "1003"));
	assert_true(block_account(f, "1001"));
	assert_true(block_account(f, "1002"));
	tick(f, 1);
	kill_and_begin_in_mode(f, "block");
	assert_true(was_said(&f->folder, "3 accounts are blocked as before"));
	assert_string_equal(accounts(f), "1003 1001 1002 ");
	tick(f, 1);
	assert_true(policy_release_account(pipeline_policy(f->pipeline), "1001", NOW));
	/* The first one may find no room yet. */
	for (int second = 2; second < 1000 && (f->keep.wants_accounts || second < 3); second++) {
		tick(f, second);
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	kill_and_begin_in_mode(f, "block");
	assert_string_equal(accounts(f), "1003 1002 ");
	policy_release_incident(pipeline_policy(f->pipeline), "0123456789abcdef");
	assert_true(keep_finish(f->pipeline, f->slow_thread));
	kill_and_begin_in_mode(f, "block");
	assert_string_equal(accounts(f), "");
	end(f);
}

static void what_only_would_have_been_blocked_is_not_kept(void **state)
{
	struct fixture *f = *state;

	begin_in_mode(f, "block");
	assert_true(block_account(f, "1001"));
	assert_true(keep_finish(f->pipeline, f->slow_thread));
	for (size_t i = 0; i < 2; i++) {
		static const char *const modes[] = {"dry_run", "monitor"};
		kill_and_begin_in_mode(f, modes[i]);
		assert_string_equal(accounts(f), "");
		assert_true(block_account(f, "1002"));
		tick(f, 1);
		assert_true(keep_finish(f->pipeline, f->slow_thread));
	}
	kill_and_begin_in_mode(f, "block");
	assert_string_equal(accounts(f), "1001 ");
	end(f);
}

static void as_many_accounts_as_can_be_blocked_come_back(void **state)
{
	struct fixture *f = *state;

	begin_in_mode(f, "block");
	for (unsigned i = 0; i < BLOCKED_ACCOUNTS_MAX; i++) {
		char account[16];
		snprintf(account, sizeof account, "%u", i);
		assert_true(block_account(f, account));
	}
	tick(f, 1);
	end(f);
	begin(f);
	char words[64];
	snprintf(words, sizeof words, "%d accounts are blocked as before", BLOCKED_ACCOUNTS_MAX);
	assert_true(was_said(&f->folder, words));
	end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_kept_is_read_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_tick_keeps_some_and_the_next_one_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_a_rule_can_not_read_is_told_and_learned_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			blocked_accounts_come_back_but_not_released_ones, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_only_would_have_been_blocked_is_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			as_many_accounts_as_can_be_blocked_come_back, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
