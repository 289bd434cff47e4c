/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about blocked accounts, from the slow thread, where people's commands arrive, to the packet
 * thread, where the accounts' state lives, and the answers back. Two bounded queues; nobody waits.
 */
#ifndef PBXGUARD_DAEMON_ACCOUNT_LINK_H
#define PBXGUARD_DAEMON_ACCOUNT_LINK_H

#include "pbxguard/base/instant.h"
#include "pbxguard/incident/blocked_account_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCOUNT_LINK_QUEUE 16 /* questions that may wait, and answers */
#define ACCOUNTS_AT_ONCE 32   /* in one answer */

#define ACCOUNT_ASKER_SIZE 48

enum account_command { ACCOUNT_RELEASE, ACCOUNT_LIST };

struct account_question {
	enum account_command command;
	char account[CALLER_SIZE];       /* release: this one; empty: those of the incident */
	char incident[INCIDENT_ID_SIZE]; /* release, else empty */
	uint64_t after;                  /* list: where it goes on; 0: the beginning */
	char asker[ACCOUNT_ASKER_SIZE];  /* for the log */
	uint64_t token, note;            /* the asker's own; come back with the answer */
};

struct account_answer {
	struct account_question question;
	size_t count; /* how many were released, or are in the list */
	struct blocked_account_record accounts[ACCOUNTS_AT_ONCE];
	uint64_t next; /* list: the next question's after; UINT64_MAX: no more */
};

/* What the packet thread does about them. Called there; none may wait. */
struct account_functions {
	/* Of account, or, where that is empty, of all of the incident: how many were released. */
	size_t (*release)(void *context, const char *account, const char *incident);
	/* Up to room of those that are blocked, from *after on, which becomes where to go on (UINT64_MAX:
	 * none is left). How many. */
	size_t (*list)(void *context, uint64_t *after, struct blocked_account_record *accounts, size_t room);
	void *context;
};

struct account_link; /* opaque; made by account_link_new */

/* NULL with errno. */
struct account_link *account_link_new(void);
void account_link_free(struct account_link *link);

/* The slow thread's: false when too many wait. */
bool account_link_ask(struct account_link *link, const struct account_question *question);
/* The slow thread's: the next answer, borrowed until it is dropped; NULL when there is none. */
const struct account_answer *account_link_answer(const struct account_link *link);
void account_link_drop(struct account_link *link);

/* The packet thread's: readable when there are questions. */
int account_link_descriptor(const struct account_link *link);
/* The packet thread's: answers what was asked. True when there was something. */
bool account_link_serve(struct account_link *link, const struct account_functions *functions);

#endif
