/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes over the control socket: one JSON object a line, a request and its reply. Used by the daemon and
 * by pbxguardctl; docs/blocking.md shows the lines. By libjansson.
 *
 *   {"command":"block","address":"198.51.100.66","time":"1h"}   -> {"ok":true,"message":"…"}
 *   {"command":"list"}                                          -> {"ok":true,"list":[…],"next":null}
 *   {"command":"report","days":14}                              ->
 * {"ok":true,"report":{…},"rows":[…],"next":null} anything wrong -> {"ok":false,"error":"a sentence"}
 */
#ifndef PBXGUARD_DAEMON_CONTROL_MESSAGE_H
#define PBXGUARD_DAEMON_CONTROL_MESSAGE_H

#include "pbxguard/action/action_settings.h"
#include "pbxguard/action/watched_hour.h"
#include "pbxguard/base/address.h"
#include "pbxguard/base/instant.h"
#include "pbxguard/base/text.h"
#include "pbxguard/incident/block_request.h"
#include "pbxguard/incident/refusal_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_LINE_MAX 4096 /* bytes of a request with its line end */
#define CONTROL_SENTENCE_SIZE 256
#define CONTROL_TIME_MAX (20 * DAY) /* as actions.block.source_time */
#define CONTROL_ITEMS_MAX 128       /* of one reply; more come with the next request */
#define CONTROL_ITEM_SIZE 2048      /* bytes of an item's JSON at most: each byte of a text may take six */
#define CONTROL_REPLY_SIZE (CONTROL_ITEMS_MAX * CONTROL_ITEM_SIZE + 4096) /* of a reply with its line end */

#define CONTROL_ROWS_MAX 40        /* of a report in one reply, likewise */
#define CONTROL_ROW_SIZE 6400      /* bytes of a row's JSON at most, likewise */
#define CONTROL_REPORT_DAYS 14     /* where a request does not say */
#define CONTROL_REPORT_DAYS_MAX 90 /* as long as anything is kept */

enum control_command {
	CONTROL_BLOCK,
	CONTROL_UNBLOCK,
	CONTROL_RELEASE,
	CONTROL_LIST,
	CONTROL_REPORT,
	CONTROL_COMMAND_COUNT
};

const char *control_command_name(enum control_command command); /* "block" */

/* Where a list goes on: 0 at its beginning, UINT64_MAX when there is no more. */
struct control_place {
	uint64_t sources, accounts;
};

struct control_request {
	enum control_command command;
	struct network network;    /* block, unblock */
	duration time;             /* block; 0: not said */
	char account[CALLER_SIZE]; /* release: as in caller:1001, without "caller:"; empty: by incident */
	char incident[INCIDENT_ID_SIZE]; /* release, else empty */
	struct control_place after;      /* list */
	unsigned days;                   /* report */
	uint64_t after_row;              /* report: 0 at its beginning */
};

/* line: without its end. False with what is wrong with it, a sentence without its full stop. */
bool control_request_read(
	struct text line, struct control_request *request, char error[static CONTROL_SENTENCE_SIZE]);
/* The line without its end, and a NUL. Its bytes; 0 when it does not fit. */
size_t control_request_write(const struct control_request *request, char *buffer, size_t size);

/* "1001" or "caller:1001" is an account, 16 hexadecimal digits are an incident. False for neither. */
bool control_request_take_release(struct text what, struct control_request *request);

struct control_item {
	bool is_account;                 /* else a blocked source */
	char name[CALLER_SIZE];          /* "198.51.100.0/24"; of an account "1001", made safe */
	instant since, until;            /* until 0: until it is released */
	uint32_t times;                  /* of a source: how often it was blocked */
	char incident[INCIDENT_ID_SIZE]; /* empty: by hand */
	char reason[BLOCK_REASON_SIZE];
};

/* What was refused or would have been in a period, and what was watched in it. */
struct control_report {
	enum action_mode mode; /* now */
	instant since, until;
	struct watched_hour
		watched[WATCHED_MODES]; /* in the first reply only; hour 0: not at all in this mode */
	size_t count;
	struct refusal_record rows[CONTROL_ROWS_MAX];
	uint64_t next; /* what to send as after_row for more; UINT64_MAX: that was all */
};

struct control_reply {
	bool ok;
	char sentence[CONTROL_SENTENCE_SIZE]; /* what was done, or why not */
	bool is_list;
	size_t count;
	struct control_item items[CONTROL_ITEMS_MAX];
	struct control_place next; /* of a list; both UINT64_MAX: that was all */
	bool is_report;
	struct control_report report;
};

/* The line with its end, and a NUL. Its bytes; 0 when it does not fit or there is no memory. Times are
 * written in the process's time zone. */
size_t control_reply_write(const struct control_reply *reply, char *buffer, size_t size);
/* False when it is no reply. */
bool control_reply_read(struct text line, struct control_reply *reply);

/* An item alone, as it is in a reply; as control_request_write. */
size_t control_item_write(const struct control_item *item, char *buffer, size_t size);
/* Likewise a report without its rows, and a row alone (CONTROL_ROW_SIZE is enough for each). */
size_t control_period_write(const struct control_report *report, char *buffer, size_t size);
size_t control_row_write(const struct refusal_record *row, char *buffer, size_t size);

#endif
