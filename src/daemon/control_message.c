/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pbxguard/daemon/control_message.h"

#include "pbxguard/action/json_values.h"
#include "pbxguard/daemon/report_message.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ACCOUNT_PREFIX "caller:"

static_assert(CONTROL_ROWS_MAX * CONTROL_ROW_SIZE + 4096 <= CONTROL_REPLY_SIZE, "a report fits into a reply");

static const char *const commands[] = {"block", "unblock", "release", "list", "report"};
static_assert(sizeof commands / sizeof commands[0] == CONTROL_COMMAND_COUNT, "each command has its name");

/* What may stand in a request besides "command"; ends with NULL. */
static const char *const members[][3] = {
	[CONTROL_BLOCK] = {"address", "time"},
	[CONTROL_UNBLOCK] = {"address"},
	[CONTROL_RELEASE] = {"account", "incident"},
	[CONTROL_LIST] = {"after"},
	[CONTROL_REPORT] = {"days", "after"},
};
static_assert(sizeof members / sizeof members[0] == CONTROL_COMMAND_COUNT, "each command has its members");

const char *control_command_name(enum control_command command)
{
	return commands[command];
}

static bool complain(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool complain(char *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, CONTROL_SENTENCE_SIZE, format, arguments);
	va_end(arguments);
	return false;
}

/* ---- requests --------------------------------------------------------------------------------------- */

static char *shown(struct text text, char buffer[static 64])
{
	return text_make_safe(text, buffer, 64);
}

static bool read_command(const json_t *object, enum control_command *command, char *error)
{
	struct text name = json_text_in(json_object_get(object, "command"));
	char buffer[64];

	for (size_t i = 0; i < CONTROL_COMMAND_COUNT; i++) {
		if (text_equal(name, text_of(commands[i]))) {
			*command = (enum control_command)i;
			return true;
		}
	}
	return complain(error,
		"there is no command \"%s\": there are block, unblock, release, list and report",
		shown(name, buffer));
}

static bool is_member(enum control_command command, const char *name)
{
	for (size_t i = 0; i < sizeof members[0] / sizeof members[0][0] && members[command][i] != NULL; i++) {
		if (strcmp(members[command][i], name) == 0) {
			return true;
		}
	}
	return strcmp(name, "command") == 0;
}

/* A slip in a name must not be taken for something not said. */
static bool check_members(json_t *object, enum control_command command, char *error)
{
	char buffer[64];

	for (void *place = json_object_iter(object); place != NULL;
		place = json_object_iter_next(object, place)) {
		const char *name = json_object_iter_key(place);
		if (!is_member(command, name)) {
			return complain(
				error, "%s has no \"%s\"", commands[command], shown(text_of(name), buffer));
		}
	}
	return true;
}

static bool read_network(const json_t *object, struct network *network, char *error)
{
	struct text address = json_text_in(json_object_get(object, "address"));
	char buffer[64];

	if (text_is_empty(address)) {
		return complain(error, "\"address\" is missing: an address, or a network as in 192.0.2.0/24");
	}
	return network_parse(address, network) ||
	       complain(error,
		       "%s is neither an address nor a network, in which all bits behind its length are zero",
		       shown(address, buffer));
}

static bool read_time(const json_t *object, duration *time, char *error)
{
	const json_t *value = json_object_get(object, "time");

	if (value == NULL) {
		return true;
	}
	return (duration_parse(json_text_in(value), time) && *time >= SECOND && *time <= CONTROL_TIME_MAX) ||
	       complain(error, "\"time\" must be from \"1s\" to \"20d\", with its unit: s, min, h, d");
}

static bool is_incident(struct text text)
{
	if (text.size != INCIDENT_ID_SIZE - 1) {
		return false;
	}
	for (size_t i = 0; i < text.size; i++) {
		char digit = text.start[i];
		if ((digit < '0' || digit > '9') && (digit < 'a' || digit > 'f')) {
			return false;
		}
	}
	return true;
}

static bool take_account(struct text account, struct control_request *request)
{
	if (text_begins(account, TEXT(ACCOUNT_PREFIX))) {
		account = text_from(account, strlen(ACCOUNT_PREFIX));
	}
	return !text_is_empty(account) && account.size < sizeof request->account &&
	       text_copy(account, request->account, sizeof request->account);
}

bool control_request_take_release(struct text what, struct control_request *request)
{
	if (is_incident(what)) {
		text_copy(what, request->incident, sizeof request->incident);
		return true;
	}
	return take_account(what, request);
}

static bool read_release(const json_t *object, struct control_request *request, char *error)
{
	const json_t *account = json_object_get(object, "account"),
		     *incident = json_object_get(object, "incident");

	if ((account == NULL) == (incident == NULL)) {
		return complain(error, "release needs either \"account\" or \"incident\"");
	}
	if (account != NULL) {
		return take_account(json_text_in(account), request) ||
		       complain(error, "\"account\" must be a caller, as in \"caller:1001\"");
	}
	if (!is_incident(json_text_in(incident))) {
		return complain(error, "\"incident\" must be its 16 hexadecimal digits");
	}
	text_copy(json_text_in(incident), request->incident, sizeof request->incident);
	return true;
}

/* A place as write_place writes it: NULL is the beginning. */
static bool read_number(const json_t *object, const char *name, uint64_t *number)
{
	const json_t *value = json_object_get(object, name);

	if (json_is_null(value)) {
		*number = UINT64_MAX;
		return true;
	}
	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		return false;
	}
	*number = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_place(const json_t *value, struct control_place *place)
{
	return json_is_object(value) && read_number(value, "sources", &place->sources) &&
	       read_number(value, "accounts", &place->accounts);
}

static bool read_days(const json_t *object, unsigned *days, char *error)
{
	const json_t *value = json_object_get(object, "days");

	*days = value == NULL ? CONTROL_REPORT_DAYS : 0;
	if (json_is_integer(value) && json_integer_value(value) >= 1 &&
		json_integer_value(value) <= CONTROL_REPORT_DAYS_MAX) {
		*days = (unsigned)json_integer_value(value);
	}
	return *days != 0 ||
	       complain(error, "\"days\" must be a whole number from 1 to %d", CONTROL_REPORT_DAYS_MAX);
}

static bool read_after_row(const json_t *after, uint64_t *row, char *error)
{
	if (after == NULL) {
		return true;
	}
	*row = json_is_integer(after) && json_integer_value(after) > 0 ? (uint64_t)json_integer_value(after)
								       : 0;
	return *row != 0 || complain(error, "\"after\" must be what \"next\" was in the reply before");
}

static bool read_rest(const json_t *object, struct control_request *request, char *error)
{
	const json_t *after = json_object_get(object, "after");

	switch (request->command) {
	case CONTROL_BLOCK:
		return read_network(object, &request->network, error) &&
		       read_time(object, &request->time, error);
	case CONTROL_UNBLOCK:
		return read_network(object, &request->network, error);
	case CONTROL_RELEASE:
		return read_release(object, request, error);
	case CONTROL_LIST:
		return after == NULL || read_place(after, &request->after) ||
		       complain(error, "\"after\" must be what \"next\" was in the reply before");
	case CONTROL_REPORT:
		return read_days(object, &request->days, error) &&
		       read_after_row(after, &request->after_row, error);
	default:
		return false;
	}
}

bool control_request_read(
	struct text line, struct control_request *request, char error[static CONTROL_SENTENCE_SIZE])
{
	struct control_request read = {0};
	json_t *object =
		json_loadb(line.start != NULL ? line.start : "", line.size, JSON_REJECT_DUPLICATES, NULL);
	bool good = json_is_object(object)
			    ? read_command(object, &read.command, error) &&
				      check_members(object, read.command, error) &&
				      read_rest(object, &read, error)
			    : complain(error, "a request is one line with a JSON object, as in "
					      "{\"command\":\"list\"}");

	json_decref(object);
	if (good) {
		*request = read;
	}
	return good;
}

/* An end is null: so it can be handed back as it is. */
static json_t *number_of(uint64_t number)
{
	return number > INT64_MAX ? json_null() : json_integer((json_int_t)number);
}

static json_t *place_of(const struct control_place *place)
{
	return json_pack(
		"{s:o,s:o}", "sources", number_of(place->sources), "accounts", number_of(place->accounts));
}

size_t control_request_write(const struct control_request *request, char *buffer, size_t size)
{
	json_t *object = json_object();
	char text[NETWORK_TEXT_SIZE], time[32];

	json_set_string(object, "command", commands[request->command]);
	if (request->command == CONTROL_BLOCK || request->command == CONTROL_UNBLOCK) {
		json_set_string(object, "address", network_format(&request->network, text));
	}
	if (request->command == CONTROL_BLOCK && request->time != 0) {
		snprintf(time, sizeof time, "%ds", (int)(request->time / SECOND));
		json_set_string(object, "time", time);
	}
	if (request->command == CONTROL_RELEASE) {
		bool is_account = request->account[0] != '\0';
		json_set_string(object, is_account ? "account" : "incident",
			is_account ? request->account : request->incident);
	}
	if (request->command == CONTROL_LIST && (request->after.sources | request->after.accounts) != 0) {
		json_object_set_new(object, "after", place_of(&request->after));
	}
	if (request->command == CONTROL_REPORT) {
		json_object_set_new(object, "days", json_integer(request->days));
	}
	if (request->command == CONTROL_REPORT && request->after_row != 0) {
		json_object_set_new(object, "after", number_of(request->after_row));
	}
	return json_write_line(object, buffer, size);
}

/* ---- replies ---------------------------------------------------------------------------------------- */

static json_t *object_of(const struct control_item *item)
{
	json_t *object = json_object();

	json_set_string(object, "type", item->is_account ? "account" : "source");
	if (item->is_account) {
		char account[sizeof ACCOUNT_PREFIX + CALLER_SIZE];
		snprintf(account, sizeof account, ACCOUNT_PREFIX "%s", item->name);
		json_set_string(object, "account", account);
	} else {
		json_set_string(object, "address", item->name);
		json_object_set_new(object, "times", json_integer(item->times));
	}
	json_set_instant(object, "since", item->since);
	json_set_instant(object, "until", item->until);
	json_set_text(object, "incident", item->incident);
	json_set_text(object, "reason", item->reason);
	return object;
}

size_t control_item_write(const struct control_item *item, char *buffer, size_t size)
{
	return json_write_line(object_of(item), buffer, size);
}

static void set_list(json_t *object, const struct control_reply *reply)
{
	json_t *list = json_array();

	for (size_t i = 0; i < reply->count; i++) {
		json_array_append_new(list, object_of(&reply->items[i]));
	}
	json_object_set_new(object, "list", list);
	bool is_end = reply->next.sources == UINT64_MAX && reply->next.accounts == UINT64_MAX;
	json_object_set_new(object, "next", is_end ? json_null() : place_of(&reply->next));
}

size_t control_reply_write(const struct control_reply *reply, char *buffer, size_t size)
{
	json_t *object = json_object();

	json_object_set_new(object, "ok", json_boolean(reply->ok));
	if (reply->ok && reply->is_list) {
		set_list(object, reply);
	} else if (reply->ok && reply->is_report) {
		report_message_set(object, &reply->report);
	} else {
		json_set_string(object, reply->ok ? "message" : "error", reply->sentence);
	}
	size_t used = json_write_line(object, buffer, size - 1);
	if (used > 0) {
		buffer[used++] = '\n';
		buffer[used] = '\0';
	}
	return used;
}

static bool read_item(const json_t *object, struct control_item *item)
{
	struct text type = json_text_in(json_object_get(object, "type"));
	struct text account = json_text_in(json_object_get(object, "account"));

	item->is_account = text_equal(type, TEXT("account"));
	if (item->is_account && text_begins(account, TEXT(ACCOUNT_PREFIX))) {
		text_copy(text_from(account, strlen(ACCOUNT_PREFIX)), item->name, sizeof item->name);
	} else {
		json_get_text(object, "address", item->name, sizeof item->name);
	}
	item->times = (uint32_t)json_integer_value(json_object_get(object, "times"));
	json_get_text(object, "incident", item->incident, sizeof item->incident);
	json_get_text(object, "reason", item->reason, sizeof item->reason);
	return item->name[0] != '\0' && json_get_instant(object, "since", &item->since) &&
	       json_get_instant(object, "until", &item->until);
}

static bool read_list(const json_t *object, struct control_reply *reply)
{
	const json_t *list = json_object_get(object, "list"), *next = json_object_get(object, "next");

	reply->is_list = true;
	reply->next = (struct control_place){UINT64_MAX, UINT64_MAX};
	if (json_array_size(list) > CONTROL_ITEMS_MAX ||
		!(json_is_null(next) || read_place(next, &reply->next))) {
		return false;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!read_item(json_array_get(list, i), &reply->items[reply->count++])) {
			return false;
		}
	}
	return true;
}

static bool read_reply(const json_t *object, struct control_reply *reply)
{
	const json_t *ok = json_object_get(object, "ok");
	const char *sentence = json_is_true(ok) ? "message" : "error";

	reply->ok = json_is_true(ok);
	if (reply->ok && json_is_array(json_object_get(object, "list"))) {
		return read_list(object, reply);
	}
	if (reply->ok && json_is_object(json_object_get(object, "report"))) {
		reply->is_report = true;
		return report_message_get(object, &reply->report);
	}
	json_get_text(object, sentence, reply->sentence, sizeof reply->sentence);
	return json_is_boolean(ok) && json_is_string(json_object_get(object, sentence));
}

bool control_reply_read(struct text line, struct control_reply *reply)
{
	json_t *object =
		json_loadb(line.start != NULL ? line.start : "", line.size, JSON_REJECT_DUPLICATES, NULL);
	bool good;

	*reply = (struct control_reply){0};
	good = json_is_object(object) && read_reply(object, reply);
	json_decref(object);
	return good;
}
