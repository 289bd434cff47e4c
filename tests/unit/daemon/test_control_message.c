/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include "pbxguard/daemon/control_message.h"

#include <stdlib.h>

static void requests_are_read(void **state)
{
	static const struct {
		const char *line, *network, *account, *incident;
		enum control_command command;
		duration time;
	} cases[] = {
		{"{\"command\":\"block\",\"address\":\"198.51.100.66\",\"time\":\"1h\"}", "198.51.100.66", "",
			"", CONTROL_BLOCK, HOUR},
		{" { \"address\" : \"2001:db8::/32\", \"command\" : \"block\" } \r", "2001:db8::/32", "", "",
			CONTROL_BLOCK, 0},
		{"{\"command\":\"unblock\",\"address\":\"192.0.2.0/24\"}", "192.0.2.0/24", "", "",
			CONTROL_UNBLOCK, 0},
		{"{\"command\":\"release\",\"account\":\"caller:1001\"}", "/0", "1001", "", CONTROL_RELEASE,
			0},
		{"{\"command\":\"release\",\"account\":\"1001\"}", "/0", "1001", "", CONTROL_RELEASE, 0},
		{"{\"command\":\"release\",\"incident\":\"0123456789abcdef\"}", "/0", "", "0123456789abcdef",
			CONTROL_RELEASE, 0},
		{"{\"command\":\"list\"}", "/0", "", "", CONTROL_LIST, 0},
		{"{\"command\":\"report\"}", "/0", "", "", CONTROL_REPORT, 0},
		{"{\"command\":\"report\",\"days\":90,\"after\":7}", "/0", "", "", CONTROL_REPORT, 0},
	};
	char error[CONTROL_SENTENCE_SIZE], text[NETWORK_TEXT_SIZE], written[CONTROL_LINE_MAX];
	struct control_request request, again;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(control_request_read(text_of(cases[i].line), &request, error));
		assert_int_equal(request.command, cases[i].command);
		assert_string_equal(network_format(&request.network, text), cases[i].network);
		assert_int_equal(request.time, cases[i].time);
		assert_string_equal(request.account, cases[i].account);
		assert_string_equal(request.incident, cases[i].incident);
		size_t size = control_request_write(&request, written, sizeof written);
		assert_true(size > 0);
		assert_true(control_request_read((struct text){written, size}, &again, error));
		assert_memory_equal(&again, &request, sizeof request);
	}
}

static void nonsense_is_answered_with_a_sentence(void **state)
{
	static const struct {
		const char *line, *error;
	} cases[] = {
		{"", "one line with a JSON object"},
		{"block 198.51.100.66", "one line with a JSON object"},
		{"[]", "one line with a JSON object"},
		{"{\"command\":\"list\"} x", "one line with a JSON object"},
		{"{\"command\":\"list\",\"command\":\"list\"}", "one line with a JSON object"},
		{"{\"command\":\"list\\u0000\"}", "one line with a JSON object"},
		{"{}", "there is no command \"\""},
		{"{\"command\":7}", "there is no command \"\""},
		{"{\"command\":\"reboot\\n\"}", "there is no command \"reboot\\x0A\""},
		{"{\"command\":\"block\"}", "\"address\" is missing"},
		{"{\"command\":\"block\",\"address\":7}", "\"address\" is missing"},
		{"{\"command\":\"block\",\"address\":\"192.0.2.7/24\"}", "192.0.2.7/24 is neither"},
		{"{\"command\":\"block\",\"address\":\"pbx.example\"}", "pbx.example is neither"},
		{"{\"command\":\"block\",\"address\":\"192.0.2.7\",\"time\":3600}", "\"time\" must be"},
		{"{\"command\":\"block\",\"address\":\"192.0.2.7\",\"time\":\"60\"}", "\"time\" must be"},
		{"{\"command\":\"block\",\"address\":\"192.0.2.7\",\"time\":\"0s\"}", "\"time\" must be"},
		{"{\"command\":\"block\",\"address\":\"192.0.2.7\",\"time\":\"21d\"}", "\"time\" must be"},
		{"{\"command\":\"block\",\"address\":\"192.0.2.7\",\"tme\":\"1h\"}", "block has no \"tme\""},
		{"{\"command\":\"unblock\",\"address\":\"192.0.2.7\",\"time\":\"1h\"}",
			"unblock has no \"time\""},
		{"{\"command\":\"release\"}", "either \"account\" or \"incident\""},
		{"{\"command\":\"release\",\"account\":\"caller:\"}", "\"account\" must be"},
		{"{\"command\":\"release\",\"account\":null}", "\"account\" must be"},
		{"{\"command\":\"release\",\"incident\":\"0123\"}", "\"incident\" must be"},
		{"{\"command\":\"release\",\"incident\":\"0123456789abcdeg\"}", "\"incident\" must be"},
		{"{\"command\":\"list\",\"after\":3}", "\"after\" must be"},
		{"{\"command\":\"list\",\"days\":3}", "list has no \"days\""},
		{"{\"command\":\"report\",\"days\":0}", "\"days\" must be a whole number from 1 to 90"},
		{"{\"command\":\"report\",\"days\":91}", "\"days\" must be"},
		{"{\"command\":\"report\",\"days\":\"14\"}", "\"days\" must be"},
		{"{\"command\":\"report\",\"days\":null}", "\"days\" must be"},
		{"{\"command\":\"report\",\"after\":{}}", "\"after\" must be"},
		{"{\"command\":\"report\",\"after\":-1}", "\"after\" must be"},
		{"{\"command\":\"list\",\"after\":{\"sources\":-1,\"accounts\":0}}", "\"after\" must be"},
	};
	char error[CONTROL_SENTENCE_SIZE];
	struct control_request request;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		error[0] = '\0';
		assert_false(control_request_read(text_of(cases[i].line), &request, error));
		if (strstr(error, cases[i].error) == NULL) {
			fail_msg("%s: %s", cases[i].line, error);
		}
	}
}

static void an_account_of_any_length_is_cut_nowhere(void **state)
{
	char line[256], error[CONTROL_SENTENCE_SIZE], name[128];
	struct control_request request;

	(void)state;
	memset(name, 'x', sizeof name);
	for (int size = CALLER_SIZE - 2; size <= CALLER_SIZE; size++) {
		snprintf(line, sizeof line, "{\"command\":\"release\",\"account\":\"caller:%.*s\"}", size,
			name);
		assert_int_equal(control_request_read(text_of(line), &request, error), size < CALLER_SIZE);
	}
	assert_int_equal(strlen(request.account), CALLER_SIZE - 1);
}

static void what_to_release_is_told_by_its_look(void **state)
{
	struct control_request request = {0};

	(void)state;
	assert_true(control_request_take_release(TEXT("0123456789abcdef"), &request));
	assert_string_equal(request.incident, "0123456789abcdef");
	request = (struct control_request){0};
	assert_true(control_request_take_release(TEXT("caller:0123456789abcdef"), &request));
	assert_string_equal(request.account, "0123456789abcdef");
	assert_false(control_request_take_release(TEXT(""), &request));
}

/* As it is written, and is read again as it was. One after the other in the same place. */
static const char *line_of(const struct control_reply *reply)
{
	static char line[CONTROL_REPLY_SIZE];
	static struct control_reply again;
	size_t size = control_reply_write(reply, line, sizeof line);

	assert_true(control_reply_read((struct text){line, size}, &again));
	assert_memory_equal(&again, reply, sizeof again);
	return line;
}

static void replies_come_back_as_they_were(void **state)
{
	struct control_reply *reply = calloc(1, sizeof *reply);

	(void)state;
	reply->ok = true;
	snprintf(reply->sentence, sizeof reply->sentence, "198.51.100.66 is \"blocked\"");
	assert_string_equal(
		line_of(reply), "{\"ok\":true,\"message\":\"198.51.100.66 is \\\"blocked\\\"\"}\n");
	reply->ok = false;
	assert_string_equal(
		line_of(reply), "{\"ok\":false,\"error\":\"198.51.100.66 is \\\"blocked\\\"\"}\n");
	free(reply);
}

static void a_list_is_shown_with_where_it_goes_on(void **state)
{
	struct control_reply *reply = calloc(1, sizeof *reply);

	(void)state;
	reply->ok = reply->is_list = true;
	reply->next = (struct control_place){7, UINT64_MAX};
	reply->count = 2;
	reply->items[0] = (struct control_item){.name = "198.51.100.66",
		.since = 1795281185 * SECOND,
		.until = 1795284785 * SECOND,
		.times = 2,
		.incident = "0123456789abcdef",
		.reason = "probing"};
	reply->items[1] =
		(struct control_item){.is_account = true, .name = "1001", .since = 1795281185 * SECOND};
	assert_string_equal(line_of(reply),
		"{\"ok\":true,\"list\":[{\"type\":\"source\",\"address\":\"198.51.100.66\",\"times\":2,"
		"\"since\":\"2026-11-22T02:13:05.000000+09:00\",\"until\":\"2026-11-22T03:13:05.000000+09:00\","
		"\"incident\":\"0123456789abcdef\",\"reason\":\"probing\"},"
		"{\"type\":\"account\",\"account\":\"caller:1001\",\"since\":\"2026-11-22T02:13:05.000000+09:00\","
		"\"until\":null,\"incident\":null,\"reason\":null}],\"next\":{\"sources\":7,\"accounts\":null}}\n");
	reply->next.sources = UINT64_MAX;
	assert_non_null(strstr(line_of(reply), "\"next\":null}\n"));
	free(reply);
}

/* Control bytes take the most room in JSON, \u0001; texts are made safe, but a reply must fit whatever is in
 * them. */
static void the_largest_list_fits(void **state)
{
	struct control_reply *reply = calloc(1, sizeof *reply);
	char *line = malloc(CONTROL_REPLY_SIZE);

	(void)state;
	reply->ok = reply->is_list = true;
	reply->count = CONTROL_ITEMS_MAX;
	for (size_t i = 0; i < CONTROL_ITEMS_MAX; i++) {
		struct control_item *item = &reply->items[i];
		*item = (struct control_item){
			.is_account = true, .since = INT64_MAX / 2, .until = INT64_MAX / 2};
		memset(item->name, 1, sizeof item->name - 1);
		memset(item->incident, 1, sizeof item->incident - 1);
		memset(item->reason, 1, sizeof item->reason - 1);
	}
	assert_true(control_reply_write(reply, line, CONTROL_REPLY_SIZE) > 0);
	assert_int_equal(control_reply_write(reply, line, 1000), 0);
	free(line);
	free(reply);
}

static struct control_reply *report_of(size_t count, char fill)
{
	struct control_reply *reply = calloc(1, sizeof *reply);
	struct control_report *report = &reply->report;

	reply->ok = reply->is_report = true;
	*report = (struct control_report){.mode = ACTION_MODE_DRY_RUN,
		.since = 1794067200 * SECOND,
		.until = 1795281185 * SECOND,
		.count = count,
		.next = 77};
	for (unsigned i = 0; i < WATCHED_MODES; i++) {
		report->watched[i] =
			(struct watched_hour){.hour = i == ACTION_MODE_DRY_RUN ? 1794067200 * SECOND : 0,
				.mode = i,
				.counts = {i, 20 * i}};
	}
	for (size_t i = 0; i < count; i++) {
		struct refusal_record *row = &report->rows[i];
		row->time = 1795281185 * SECOND;
		row->action = REFUSAL_WOULD_REFUSE;
		row->severity = SEVERITY_CRITICAL;
		row->leg = LEG_EXTENSION;
		memset(row->rules, fill, sizeof row->rules - 1);
		for (size_t j = 0; j < REFUSAL_TEXTS; j++) {
			memset((char *)row + refusal_texts[j].offset, fill, refusal_texts[j].size - 1);
		}
	}
	return reply;
}

static void a_report_comes_back_as_it_was(void **state)
{
	struct control_reply *reply = report_of(CONTROL_ROWS_MAX, 'x');
	struct refusal_record *row = &reply->report.rows[1];

	(void)state;
	*row = (struct refusal_record){.about = REFUSAL_OF_CALL,
		.time = 1795281185 * SECOND,
		.action = REFUSAL_SLIPPED,
		.rules = "off_hours call_burst",
		.caller = "100\"4"};
	reply->report.rows[2] = (struct refusal_record){.about = REFUSAL_OF_SOURCE,
		.action = REFUSAL_BLOCKED,
		.leg = LEG_OUTSIDE,
		.source = "198.51.100.66"};
	const char *line = line_of(reply);
	assert_non_null(strstr(line, "{\"ok\":true,\"report\":{\"type\":\"report\",\"mode\":\"dry_run\","));
	assert_non_null(strstr(line,
		"{\"type\":\"call\",\"time\":\"2026-11-22T02:13:05.000000+09:00\",\"action\":\"slipped\",\"severity\":"
		"\"notice\",\"leg\":\"unknown\",\"rules\":[\"off_hours\",\"call_burst\"],\"caller\":\"100\\\"4\","
		"\"source\":null,"));
	assert_non_null(strstr(line, "\"next\":77}\n"));
	reply->report.next = UINT64_MAX;
	assert_non_null(strstr(line_of(reply), "\"next\":null}\n"));
	free(reply);
}

static void the_largest_report_fits(void **state)
{
	struct control_reply *reply = report_of(CONTROL_ROWS_MAX, 1);
	char *line = malloc(CONTROL_REPLY_SIZE);

	(void)state;
	memset(reply->report.watched, 0x7F, sizeof reply->report.watched);
	for (unsigned i = 0; i < WATCHED_MODES; i++) {
		reply->report.watched[i].mode = i;
	}
	assert_true(control_reply_write(reply, line, CONTROL_REPLY_SIZE) > 0);
	assert_true(control_row_write(&reply->report.rows[0], line, CONTROL_ROW_SIZE) > 0);
	assert_true(control_period_write(&reply->report, line, CONTROL_ROW_SIZE) > 0);
	free(line);
	free(reply);
}

static void a_sentence_that_was_cut_ends_with_a_whole_character(void **state)
{
	struct control_reply *reply = calloc(1, sizeof *reply), *again = calloc(1, sizeof *again);
	char line[2048];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof reply->sentence; i++) {
		reply->sentence[i] = "\xE6\xB5\xB7"[i % 3];
	}
	reply->sentence[sizeof reply->sentence - 2] = '\0';
	size_t size = control_reply_write(reply, line, sizeof line);
	assert_true(control_reply_read((struct text){line, size}, again));
	assert_int_equal(strlen(again->sentence), (sizeof reply->sentence - 2) / 3 * 3);
	free(again);
	free(reply);
}

static void what_is_no_reply_is_told_apart(void **state)
{
	static const char without_times[] = "{\"ok\":true,\"report\":{\"mode\":\"block\",\"since\":null,"
					    "\"until\":null,\"watched\":[]},\"rows\":[],\"next\":null}";
	static const char *const lines[] = {"", "ok", "{}", "{\"ok\":1}", "{\"ok\":true}", "{\"ok\":false}",
		"{\"ok\":true,\"list\":[]}", "{\"ok\":true,\"list\":[{}],\"next\":null}",
		"{\"ok\":true,\"list\":[],\"next\":7}", "{\"ok\":true,\"report\":{}}", without_times};
	struct control_reply *reply = calloc(1, sizeof *reply);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_false(control_reply_read(text_of(lines[i]), reply));
	}
	assert_true(control_reply_read(TEXT("{\"ok\":true,\"list\":[],\"next\":null}"), reply));
	free(reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_read),
		cmocka_unit_test(nonsense_is_answered_with_a_sentence),
		cmocka_unit_test(an_account_of_any_length_is_cut_nowhere),
		cmocka_unit_test(what_to_release_is_told_by_its_look),
		cmocka_unit_test(replies_come_back_as_they_were),
		cmocka_unit_test(a_list_is_shown_with_where_it_goes_on),
		cmocka_unit_test(the_largest_list_fits),
		cmocka_unit_test(a_report_comes_back_as_it_was),
		cmocka_unit_test(the_largest_report_fits),
		cmocka_unit_test(a_sentence_that_was_cut_ends_with_a_whole_character),
		cmocka_unit_test(what_is_no_reply_is_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
