/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: takes requests of people at this host (pbxguardctl) and hands each to who can do it. A
 * local stream socket, a line of JSON each way (control_message.h). Lives on the slow thread and never waits:
 * few clients, bounded lines, and who does not read, say anything or finish a line in time is sent away.
 *
 * Who may: root, the user that pbxguard runs as, and members of the socket's group (pbxguard), which the
 * file's mode 0660 holds and which is asked of the kernel once more for each client.
 */
#ifndef PBXGUARD_DAEMON_CONTROL_H
#define PBXGUARD_DAEMON_CONTROL_H

#include "pbxguard/base/counter.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/log.h"
#include "pbxguard/daemon/control_message.h"

#include <stdbool.h>
#include <stdint.h>

#define CONTROL_CLIENTS_MAX 8
#define CONTROL_GROUP "pbxguard"              /* the socket's user and group, when root makes it */
#define CONTROL_CLIENT_PATIENCE (30 * SECOND) /* without a request, or with a reply that is not taken */
#define CONTROL_REPLY_PATIENCE (5 * SECOND)   /* for a reply that is to come later */
#define CONTROL_WHO_SIZE 48

struct control; /* opaque; made by control_open */

/* A request, and what to tell its client. All borrowed for the call, but token. */
struct control_task {
	const struct control_request *request;
	const char *who;             /* "uid 1000, process 4711": for the log */
	uint64_t token;              /* names the client's question, for a reply that comes later */
	struct control_reply *reply; /* all zero; to be filled */
};

/* True: reply is what the client gets. False: control_answer will bring it. */
typedef bool control_handler(void *context, const struct control_task *task);

/*
 * Makes the socket and listens. NULL with *why, a sentence without its full stop, when it can't: as when its
 * folder is missing, or another pbxguard listens there. path is copied; counters and log stay borrowed.
 */
struct control *control_open(const char *path, control_handler *handler, void *context,
	struct counters *counters, char why[static CONTROL_SENTENCE_SIZE]);
/* Takes the socket's file away, if it is still ours. */
void control_close(struct control *control);

/* Readable when control_serve has something to do. */
int control_descriptor(const struct control *control);
/* Takes clients, reads, hands on and writes what can be done at once. now: monotonic. To be called about ten
 * times a second, too. */
void control_serve(struct control *control, instant now);

/* The reply to an earlier request; nothing when its client has gone or has been told that it took too long.
 */
void control_answer(struct control *control, uint64_t token, const struct control_reply *reply);

#endif
