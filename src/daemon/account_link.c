/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/account_link.h"

#include "pbxguard/base/ring.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct account_link {
	struct ring *questions, *answers;
	int wake;                     /* eventfd */
	struct account_answer answer; /* being made */
};

struct account_link *account_link_new(void)
{
	struct account_link *link = calloc(1, sizeof *link);

	if (link == NULL) {
		return NULL;
	}
	link->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	link->questions = ring_new(ACCOUNT_LINK_QUEUE, sizeof(struct account_question));
	link->answers = ring_new(ACCOUNT_LINK_QUEUE, sizeof(struct account_answer));
	if (link->wake < 0 || link->questions == NULL || link->answers == NULL) {
		account_link_free(link);
		return NULL;
	}
	return link;
}

void account_link_free(struct account_link *link)
{
	if (link == NULL) {
		return;
	}
	if (link->wake >= 0) {
		close(link->wake);
	}
	ring_free(link->questions);
	ring_free(link->answers);
	free(link);
}

bool account_link_ask(struct account_link *link, const struct account_question *question)
{
	const uint64_t one = 1;

	if (!ring_push(link->questions, question)) {
		return false;
	}
	if (write(link->wake, &one, sizeof one) < 0) {
		return true; /* it is awake: the counter is full */
	}
	return true;
}

const struct account_answer *account_link_answer(const struct account_link *link)
{
	return ring_front(link->answers);
}

void account_link_drop(struct account_link *link)
{
	ring_drop(link->answers);
}

int account_link_descriptor(const struct account_link *link)
{
	return link->wake;
}

static void answer(struct account_answer *answer, const struct account_functions *functions)
{
	const struct account_question *question = &answer->question;

	if (question->command == ACCOUNT_RELEASE) {
		answer->count = functions->release(functions->context, question->account, question->incident);
	} else {
		answer->next = question->after;
		answer->count = functions->list(
			functions->context, &answer->next, answer->accounts, ACCOUNTS_AT_ONCE);
	}
}

bool account_link_serve(struct account_link *link, const struct account_functions *functions)
{
	const struct account_question *question;
	uint64_t ignored;
	bool has_served = false;

	if (read(link->wake, &ignored, sizeof ignored) < 0) {
		return false;
	}
	while ((question = ring_front(link->questions)) != NULL) {
		link->answer = (struct account_answer){.question = *question};
		ring_drop(link->questions);
		answer(&link->answer, functions);
		/* One that finds no room is told as too late: whoever asks so much reads too little. */
		has_served = ring_push(link->answers, &link->answer) || has_served;
	}
	return has_served;
}
