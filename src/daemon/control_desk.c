/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/control_desk.h"

#include "pbxguard/base/local_time.h"
#include "pbxguard/base/ring.h"
#include "pbxguard/daemon/control.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPIRY_INTERVAL MINUTE
#define SAME_FAILURE_INTERVAL (10 * MINUTE) /* the counters tell how many there were meanwhile */
#define SOURCES_AT_ONCE (CONTROL_ITEMS_MAX - ACCOUNTS_AT_ONCE)

/* A wider network is a slip of the hand. */
#define WIDEST_IPV4 8
#define WIDEST_IPV6 16

struct control_desk {
	struct slow_thread *thread;
	const struct log *log;
	struct counters *counters;
	struct site site;
	struct action_settings settings;
	control_desk_never *is_never;
	void *never_context;
	struct account_functions accounts;
	struct control_desk_store store;
	struct control_desk_report report;
	struct blocklist *blocklist;
	struct blocked_sources *sources;
	struct control *control; /* NULL: no socket */
	struct account_link *link;
	struct ring *requests; /* of the packet thread */
	instant next_expiry;   /* monotonic */
	enum blocklist_result last_failure;
	instant last_failure_time;  /* monotonic */
	struct control_reply reply; /* too large for a stack */
	struct blocked_source_record page[SOURCES_AT_ONCE];
};

/* ---- who is never blocked --------------------------------------------------------------------------- */

/* Nobody's own address, many hosts' at once, or this host's. */
static const struct {
	struct text network;
	const char *why;
} special[] = {
	{TEXT_CONSTANT("0.0.0.0/8"), "0.0.0.0/8 is no source on a network"},
	{TEXT_CONSTANT("127.0.0.0/8"), "127.0.0.0/8 is this host itself"},
	{TEXT_CONSTANT("224.0.0.0/3"), "224.0.0.0/3 is multicast, broadcast and reserved"},
	{TEXT_CONSTANT("::/127"), "::1 is this host itself"},
	{TEXT_CONSTANT("fe80::/10"), "fe80::/10 is what neighbours and routers talk by"},
	{TEXT_CONSTANT("ff00::/8"), "ff00::/8 is multicast"},
};

static bool is_special(const struct network *network, char *why)
{
	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
		struct network other;
		bool is_good = network_parse(special[i].network, &other);
		assert(is_good);
		if (is_good && network_overlaps(&other, network)) {
			snprintf(why, CONTROL_DESK_WHY_SIZE, "%s", special[i].why);
			return true;
		}
	}
	return false;
}

static bool is_of_site(const struct control_desk *desk, const struct network *network, char *why)
{
	const struct {
		const struct network_set *set;
		const char *why;
	} sets[] = {
		{&desk->site.pbx, "that is the PBX (site.pbx)"},
		{&desk->site.trunks, "that is a trunk (site.trunks)"},
		{&desk->site.extensions,
			"phones are there (site.extensions), and a phone must reach emergency numbers"},
		{&desk->settings.block.never, "it is in actions.block.never"},
	};

	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
		if (network_set_overlaps(sets[i].set, network)) {
			snprintf(why, CONTROL_DESK_WHY_SIZE, "%s", sets[i].why);
			return true;
		}
	}
	return false;
}

static bool is_too_wide(const struct network *network, char *why)
{
	unsigned widest = network->address.family == ADDRESS_IPV6 ? WIDEST_IPV6 : WIDEST_IPV4;

	if (network->prefix_length >= widest) {
		return false;
	}
	snprintf(why, CONTROL_DESK_WHY_SIZE, "it is wider than /%u", widest);
	return true;
}

static bool is_never_blocked(const struct control_desk *desk, const struct network *network, char *why)
{
	return is_too_wide(network, why) || is_of_site(desk, network, why) || is_special(network, why) ||
	       (desk->is_never != NULL && desk->is_never(desk->never_context, network, why));
}

/* ---- what the packet thread decided ------------------------------------------------------------------ */

static void keep(const struct control_desk *desk, const struct blocked_source_record *record, bool blocked)
{
	if (desk->store.changed != NULL) {
		desk->store.changed(desk->store.context, record, blocked);
	}
}

static enum blocklist_result perform(struct control_desk *desk, const struct block_request *request,
	struct blocked_source_record *record, char *why)
{
	enum blocklist_result result =
		blocked_sources_perform(desk->sources, request, instant_now(), record, why);

	if (result == BLOCKLIST_DONE) {
		keep(desk, record, request->kind == BLOCK_ADD);
	}
	return result;
}

static void perform_decided(struct control_desk *desk, const struct block_request *request, instant now)
{
	const struct network network = {request->address, request->prefix_length};
	struct blocked_source_record record;
	char why[BLOCKLIST_WHY_SIZE] = "", text[NETWORK_TEXT_SIZE];

	if (request->kind == BLOCK_ADD && is_never_blocked(desk, &network, why)) {
		log_write(desk->log, LOG_LEVEL_WARNING, "%s is never blocked: %s",
			network_format(&network, text), why);
		return;
	}
	enum blocklist_result result = perform(desk, request, &record, why);
	if (result == BLOCKLIST_DONE || result == BLOCKLIST_NOT_THERE) {
		return; /* the alert has told it */
	}
	if (result != desk->last_failure || now - desk->last_failure_time >= SAME_FAILURE_INTERVAL) {
		log_write(desk->log, LOG_LEVEL_ERROR, "%s could not be %s: %s",
			network_format(&network, text),
			request->kind == BLOCK_REMOVE ? "let in again" : "blocked", why);
		desk->last_failure = result;
		desk->last_failure_time = now;
	}
}

static void perform_queued(struct control_desk *desk, instant now)
{
	const struct block_request *request;

	while ((request = ring_front(desk->requests)) != NULL) {
		perform_decided(desk, request, now);
		ring_drop(desk->requests);
	}
}

/* ---- what was blocked before a restart --------------------------------------------------------------- */

struct restoring {
	struct control_desk *desk;
	instant now;
	size_t blocked, failed, never;
	char why[BLOCKLIST_WHY_SIZE]; /* of a failure */
};

/* The configuration may be another by now, and the kernel may still have it. */
static void let_in_after_all(struct restoring *restoring, const struct network *network)
{
	const struct block_request request = {
		.address = network->address, .prefix_length = network->prefix_length, .kind = BLOCK_REMOVE};
	char why[BLOCKLIST_WHY_SIZE] = "";

	blocked_sources_perform(restoring->desk->sources, &request, restoring->now, NULL, why);
	restoring->never++;
}

/* A blocked_sources_visit. Of one whose time is over it is remembered for how long it was blocked. */
static void restore(void *context, const struct blocked_source_record *record)
{
	struct restoring *restoring = context;
	bool is_up = record->until > restoring->now;
	char why[BLOCKLIST_WHY_SIZE] = "";

	if (is_never_blocked(restoring->desk, &record->network, why)) {
		if (is_up) {
			let_in_after_all(restoring, &record->network);
		}
	} else if (blocked_sources_restore(restoring->desk->sources, record, restoring->now, why) !=
		   BLOCKLIST_DONE) {
		memcpy(restoring->why, why, sizeof restoring->why);
		restoring->failed++;
	} else {
		restoring->blocked += is_up;
	}
}

static void load(struct control_desk *desk)
{
	struct restoring restoring = {.desk = desk, .now = instant_now()};

	if (desk->store.load == NULL) {
		return;
	}
	desk->store.load(desk->store.context, restore, &restoring);
	if (restoring.blocked > 0) {
		log_write(desk->log, LOG_LEVEL_NOTICE,
			"sources blocked again, for what is left of their time: %zu", restoring.blocked);
	}
	if (restoring.never > 0) {
		log_write(desk->log, LOG_LEVEL_NOTICE,
			"sources let in again, because now they must never be blocked: %zu", restoring.never);
	}
	if (restoring.failed > 0) {
		log_write(desk->log, LOG_LEVEL_ERROR, "sources that could not be blocked again: %zu: %s",
			restoring.failed, restoring.why);
	}
}

/* ---- what people ask for ----------------------------------------------------------------------------- */

static void say(struct control_reply *reply, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct control_reply *reply, bool ok, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reply->sentence, sizeof reply->sentence, format, arguments);
	va_end(arguments);
	reply->ok = ok;
}

/* Who did what, and that it was done or not. */
static void note(const struct control_desk *desk, const char *who, const struct control_reply *reply)
{
	log_write(desk->log, LOG_LEVEL_NOTICE, "control: %s%s (asked by %s)",
		reply->ok ? "" : "not done: ", reply->sentence, who);
}

static void block(struct control_desk *desk, const struct control_task *task)
{
	const struct control_request *asked = task->request;
	struct block_request request = {
		.address = asked->network.address,
		.prefix_length = asked->network.prefix_length,
		.duration = asked->time != 0 ? asked->time : desk->settings.block.source_time,
		.reason = "by hand",
	};
	struct blocked_source_record record;
	char why[BLOCKLIST_WHY_SIZE] = "", text[NETWORK_TEXT_SIZE], until[INSTANT_TEXT_SIZE];

	network_format(&asked->network, text);
	if (is_never_blocked(desk, &asked->network, why)) {
		say(task->reply, false, "%s is never blocked: %s", text, why);
	} else if (perform(desk, &request, &record, why) != BLOCKLIST_DONE) {
		say(task->reply, false, "%s could not be blocked: %s", text, why);
	} else {
		say(task->reply, true, "%s is blocked until %s", text,
			instant_format_short(record.until, until));
	}
	note(desk, task->who, task->reply);
}

static void unblock(struct control_desk *desk, const struct control_task *task)
{
	const struct network *network = &task->request->network;
	const struct block_request request = {
		.address = network->address, .prefix_length = network->prefix_length, .kind = BLOCK_REMOVE};
	struct blocked_source_record record;
	struct network covering;
	char why[BLOCKLIST_WHY_SIZE] = "", text[NETWORK_TEXT_SIZE], other[NETWORK_TEXT_SIZE];
	enum blocklist_result result = perform(desk, &request, &record, why);

	network_format(network, text);
	if (result == BLOCKLIST_DONE) {
		say(task->reply, true, "%s is let in again", text);
	} else if (blocked_sources_covering(desk->sources, network, instant_now(), &covering)) {
		say(task->reply, false, "%s is blocked as a part of %s: unblock that", text,
			network_format(&covering, other));
	} else if (result == BLOCKLIST_NOT_THERE) {
		say(task->reply, false, "%s is not blocked", text);
	} else {
		say(task->reply, false, "%s could not be let in: %s", text, why);
	}
	note(desk, task->who, task->reply);
}

/* note: how many sources were let in for the incident. */
static void say_released(
	struct control_reply *reply, const struct account_question *question, size_t accounts)
{
	size_t sources = (size_t)question->note;

	if (question->account[0] != '\0') {
		char name[CALLER_SIZE * 4];
		text_make_safe(text_of(question->account), name, sizeof name);
		say(reply, accounts > 0, accounts > 0 ? "caller:%s is released" : "caller:%s is not blocked",
			name);
	} else if (accounts + sources == 0) {
		say(reply, false, "nothing is blocked for incident %s", question->incident);
	} else {
		say(reply, true, "incident %s: %zu accounts released, %zu sources let in again",
			question->incident, accounts, sources);
	}
}

/* As control_handler has it: false when the packet thread is asked. */
static bool ask(
	struct control_desk *desk, const struct control_task *task, const struct account_question *question)
{
	if (account_link_ask(desk->link, question)) {
		return false;
	}
	say(task->reply, false, "too many are asking at once: try again");
	return true;
}

struct let_in {
	const struct control_desk *desk;
	size_t count;
};

static void count_let_in(void *context, const struct blocked_source_record *record)
{
	struct let_in *let_in = context;

	keep(let_in->desk, record, false);
	let_in->count++;
}

static bool release(struct control_desk *desk, const struct control_task *task)
{
	struct account_question question = {.command = ACCOUNT_RELEASE, .token = task->token};
	struct let_in let_in = {.desk = desk};
	enum blocklist_result result = BLOCKLIST_DONE;
	char why[BLOCKLIST_WHY_SIZE] = "";

	memcpy(question.account, task->request->account, sizeof question.account);
	memcpy(question.incident, task->request->incident, sizeof question.incident);
	snprintf(question.asker, sizeof question.asker, "%s", task->who);
	if (question.incident[0] != '\0') {
		result = blocked_sources_release(
			desk->sources, question.incident, instant_now(), count_let_in, &let_in, why);
		question.note = let_in.count;
	}
	if (result == BLOCKLIST_DONE && desk->accounts.release != NULL) {
		return ask(desk, task, &question);
	}
	if (result != BLOCKLIST_DONE) {
		say(task->reply, false, "%s (%zu sources were let in before)", why, let_in.count);
	} else {
		say_released(task->reply, &question, 0);
	}
	note(desk, task->who, task->reply);
	return true;
}

static void list_sources(struct control_desk *desk, uint64_t after, struct control_reply *reply)
{
	size_t count = after == UINT64_MAX ? 0
					   : blocked_sources_page(desk->sources, instant_now(), &after,
						     desk->page, SOURCES_AT_ONCE);

	for (size_t i = 0; i < count; i++) {
		const struct blocked_source_record *record = &desk->page[i];
		struct control_item *item = &reply->items[reply->count++];
		item->since = record->since;
		item->until = record->until;
		item->times = record->times;
		network_format(&record->network, item->name);
		memcpy(item->incident, record->incident, sizeof item->incident);
		memcpy(item->reason, record->reason, sizeof item->reason);
	}
	reply->ok = reply->is_list = true;
	reply->next.sources = count < SOURCES_AT_ONCE ? UINT64_MAX : after;
	reply->next.accounts = UINT64_MAX;
}

static void list_accounts(const struct account_answer *answer, struct control_reply *reply)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct blocked_account_record *account = &answer->accounts[i];
		struct control_item *item = &reply->items[reply->count++];
		item->is_account = true;
		item->since = account->since;
		item->until = account->until;
		memcpy(item->name, account->account, sizeof item->name);
		memcpy(item->incident, account->incident, sizeof item->incident);
		memcpy(item->reason, account->reason, sizeof item->reason);
	}
	reply->next.accounts = answer->next;
}

static bool list(struct control_desk *desk, const struct control_task *task)
{
	const struct control_place *after = &task->request->after;
	const struct account_question question = {.command = ACCOUNT_LIST,
		.after = after->accounts,
		.token = task->token,
		.note = after->sources};

	if (desk->accounts.list != NULL && after->accounts != UINT64_MAX) {
		return ask(desk, task, &question);
	}
	list_sources(desk, after->sources, task->reply);
	return true;
}

/* What is watched is summed up for whole hours of the clock, so the period begins with one. */
static instant hour_before(instant now, unsigned days)
{
	instant since = now - days * DAY;

	return since - since % HOUR;
}

static void report(struct control_desk *desk, const struct control_task *task)
{
	const struct control_request *asked = task->request;
	const struct control_desk_report *functions = &desk->report;
	struct control_report *report = &task->reply->report;
	instant now = instant_now();

	if (functions->page == NULL) {
		say(task->reply, false,
			"nothing is kept of which a report could be made: there is no store (store.path), or it "
			"could not be opened, as the log says");
		return;
	}
	report->since = hour_before(now, asked->days);
	report->until = now;
	report->next = UINT64_MAX;
	if ((asked->after_row == 0 && !functions->sum(functions->context, report->since, report)) ||
		!functions->page(functions->context, report->since, asked->after_row, report->rows,
			CONTROL_ROWS_MAX, &report->count)) {
		say(task->reply, false, "the store can't be read: the log says why");
		return;
	}
	for (unsigned i = 0; i < WATCHED_MODES; i++) {
		report->watched[i].mode = i;
	}
	if (report->count == CONTROL_ROWS_MAX) {
		report->next = report->rows[report->count - 1].order;
	}
	task->reply->ok = task->reply->is_report = true;
}

static bool handle(void *context, const struct control_task *task)
{
	struct control_desk *desk = context;

	switch (task->request->command) {
	case CONTROL_BLOCK:
		block(desk, task);
		return true;
	case CONTROL_UNBLOCK:
		unblock(desk, task);
		return true;
	case CONTROL_RELEASE:
		return release(desk, task);
	case CONTROL_REPORT:
		report(desk, task);
		return true;
	default:
		return list(desk, task);
	}
}

/* ---- answers of the packet thread -------------------------------------------------------------------- */

static void pass_on(struct control_desk *desk, const struct account_answer *answer)
{
	const struct account_question *question = &answer->question;

	desk->reply = (struct control_reply){0};
	if (question->command == ACCOUNT_RELEASE) {
		say_released(&desk->reply, question, answer->count);
		note(desk, question->asker, &desk->reply);
	} else {
		list_sources(desk, question->note, &desk->reply);
		list_accounts(answer, &desk->reply);
	}
	if (desk->control != NULL) {
		control_answer(desk->control, question->token, &desk->reply);
	}
}

static void pass_on_answers(struct control_desk *desk)
{
	const struct account_answer *answer;

	while ((answer = account_link_answer(desk->link)) != NULL) {
		pass_on(desk, answer);
		account_link_drop(desk->link);
	}
}

/* ---- the guest --------------------------------------------------------------------------------------- */

static void serve(void *context, instant now)
{
	struct control_desk *desk = context;

	perform_queued(desk, now);
	pass_on_answers(desk);
	if (desk->control != NULL) {
		control_serve(desk->control, now);
	}
	if (now >= desk->next_expiry) {
		blocked_sources_expire(desk->sources, instant_now());
		desk->next_expiry = now + EXPIRY_INTERVAL;
	}
}

static void configure(void *context, const struct action_settings *settings, const struct site *site)
{
	struct control_desk *desk = context;

	desk->settings = *settings;
	desk->site = *site;
}

static void free_desk(struct control_desk *desk)
{
	if (desk == NULL) {
		return;
	}
	control_close(desk->control);
	blocked_sources_free(desk->sources);
	blocklist_free(desk->blocklist);
	account_link_free(desk->link);
	ring_free(desk->requests);
	free(desk);
}

static void keep_all(void *context)
{
	struct control_desk *desk = context;

	if (desk->store.keep_all != NULL) {
		desk->store.keep_all(desk->store.context, desk->sources);
	}
}

/* What was still asked for is done; who still waits is told nothing any more. */
static void end(void *context)
{
	struct control_desk *desk = context;

	perform_queued(desk, instant_monotonic_now());
	free_desk(desk);
}

static bool make_parts(struct control_desk *desk, const struct control_desk_setup *setup)
{
	desk->blocklist = blocklist_new();
	const struct blocked_sources_set set =
		setup->set.add != NULL ? setup->set : blocked_sources_kernel(desk->blocklist);
	desk->sources = blocked_sources_new(BLOCKED_SOURCES_MAX, &set, setup->counters);
	desk->link = account_link_new();
	desk->requests = ring_new(CONTROL_DESK_QUEUE, sizeof(struct block_request));
	return desk->blocklist != NULL && desk->sources != NULL && desk->link != NULL &&
	       desk->requests != NULL &&
	       (setup->loop == NULL || event_loop_add(setup->loop, control_desk_descriptor(desk),
					       control_desk_serve_accounts, desk) == 0);
}

static void open_socket(struct control_desk *desk, const char *path)
{
	char why[CONTROL_SENTENCE_SIZE] = "";

	if (path[0] == '\0') {
		return;
	}
	desk->control = control_open(path, handle, desk, desk->counters, why);
	if (desk->control == NULL) {
		log_write(desk->log, LOG_LEVEL_WARNING, "pbxguardctl will not work: %s", why);
	}
}

struct control_desk *control_desk_start(const struct control_desk_setup *setup, struct slow_thread *thread)
{
	struct control_desk *desk = calloc(1, sizeof *desk);

	if (desk == NULL) {
		return NULL;
	}
	desk->thread = thread;
	desk->log = setup->log;
	desk->counters = setup->counters;
	desk->site = *setup->site;
	desk->settings = *setup->settings;
	desk->is_never = setup->is_never;
	desk->never_context = setup->never_context;
	desk->accounts = setup->accounts;
	desk->store = setup->store;
	desk->report = setup->report;
	if (!make_parts(desk, setup)) {
		free_desk(desk);
		return NULL;
	}
	load(desk);
	open_socket(desk, setup->path);
	const struct slow_thread_guest guest = {
		.descriptor = desk->control != NULL ? control_descriptor(desk->control) : -1,
		.serve = serve,
		.configure = configure,
		.keep_all = keep_all,
		.end = end,
		.context = desk,
	};
	slow_thread_invite(thread, &guest);
	return desk;
}

/* ---- the packet thread's ----------------------------------------------------------------------------- */

void control_desk_push(struct control_desk *desk, const struct block_request *request)
{
	if (!ring_push(desk->requests, request)) {
		counter_add(desk->counters, COUNTER_BLOCKS_OVERFLOWED, 1);
		return;
	}
	slow_thread_wake(desk->thread);
}

int control_desk_descriptor(const struct control_desk *desk)
{
	return account_link_descriptor(desk->link);
}

void control_desk_serve_accounts(void *context)
{
	struct control_desk *desk = context;

	if (account_link_serve(desk->link, &desk->accounts)) {
		slow_thread_wake(desk->thread);
	}
}
