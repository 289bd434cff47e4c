/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/account_link.h"

static size_t release(void *context, const char *account, const char *incident)
{
	(void)context;
	assert_string_equal(incident, "");
	return strlen(account);
}

static size_t list(void *context, uint64_t *after, struct blocked_account_record *accounts, size_t room)
{
	(void)context;
	assert_int_equal(room, ACCOUNTS_AT_ONCE);
	accounts[0] = (struct blocked_account_record){.account = "1001"};
	*after += 1;
	return 1;
}

static const struct account_functions functions = {release, list, NULL};

static void questions_come_back_answered(void **state)
{
	struct account_link *link = account_link_new();
	const struct account_answer *answer;

	(void)state;
	assert_non_null(link);
	assert_false(account_link_serve(link, &functions));
	assert_null(account_link_answer(link));
	assert_true(account_link_ask(
		link, &(struct account_question){.command = ACCOUNT_RELEASE, .account = "1001", .token = 7}));
	assert_true(account_link_ask(
		link, &(struct account_question){.command = ACCOUNT_LIST, .after = 4, .note = 9}));
	assert_true(account_link_serve(link, &functions));
	answer = account_link_answer(link);
	assert_int_equal(answer->count, 4);
	assert_int_equal(answer->question.token, 7);
	account_link_drop(link);
	answer = account_link_answer(link);
	assert_int_equal(answer->count, 1);
	assert_string_equal(answer->accounts[0].account, "1001");
	assert_int_equal(answer->next, 5);
	assert_int_equal(answer->question.note, 9);
	account_link_drop(link);
	assert_null(account_link_answer(link));
	account_link_free(link);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct account_link *link = account_link_new();
	const struct account_question question = {.command = ACCOUNT_LIST};

	(void)state;
	for (int round = 0; round < 3; round++) { /* answers that nobody takes make no more of them */
		for (int i = 0; i < ACCOUNT_LINK_QUEUE; i++) {
			assert_true(account_link_ask(link, &question));
		}
		assert_false(account_link_ask(link, &question));
		assert_int_equal(account_link_serve(link, &functions), round == 0);
	}
	account_link_free(link);
	account_link_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_come_back_answered),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
