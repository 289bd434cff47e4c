/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of the control socket: what is read as a request is within bounds and reads the same when it is
 * written again, what is not is answered with a sentence, and a reply of any bytes does no harm.
 */
#include "fuzz.h"

#include "pbxguard/daemon/control_message.h"

#include <stdlib.h>
#include <string.h>

static bool is_ended(const char *buffer, size_t size)
{
	return memchr(buffer, '\0', size) != NULL;
}

static void check_request(const struct control_request *request)
{
	MUST_HOLD(request->command < CONTROL_COMMAND_COUNT);
	MUST_HOLD(request->time >= 0 && request->time <= CONTROL_TIME_MAX);
	MUST_HOLD(request->network.prefix_length <=
		  (request->network.address.family == ADDRESS_IPV6 ? 128 : 32));
	MUST_HOLD(is_ended(request->account, sizeof request->account));
	MUST_HOLD(is_ended(request->incident, sizeof request->incident));
	if (request->command == CONTROL_BLOCK || request->command == CONTROL_UNBLOCK) {
		MUST_HOLD(request->network.address.family != ADDRESS_NONE);
	}
	MUST_HOLD(request->command != CONTROL_REPORT ||
		  (request->days >= 1 && request->days <= CONTROL_REPORT_DAYS_MAX));
	if (request->command == CONTROL_RELEASE) {
		MUST_HOLD((request->account[0] == '\0') != (request->incident[0] == '\0'));
	}
}

static void read_request(struct text line)
{
	char error[CONTROL_SENTENCE_SIZE] = "", written[CONTROL_LINE_MAX];
	struct control_request request, again;

	if (!control_request_read(line, &request, error)) {
		MUST_HOLD(error[0] != '\0' && is_ended(error, sizeof error));
		MUST_HOLD(fuzz_is_clean(text_of(error)));
		return;
	}
	check_request(&request);
	size_t size = control_request_write(&request, written, sizeof written);
	MUST_HOLD(size > 0 && size < sizeof written && memchr(written, '\n', size) == NULL);
	MUST_HOLD(control_request_read((struct text){written, size}, &again, error));
	MUST_HOLD(again.command == request.command);
	MUST_HOLD(again.time / SECOND == request.time / SECOND);
	MUST_HOLD(address_equal(&again.network.address, &request.network.address));
	MUST_HOLD(again.network.prefix_length == request.network.prefix_length);
	MUST_HOLD(strcmp(again.account, request.account) == 0);
	MUST_HOLD(strcmp(again.incident, request.incident) == 0);
	MUST_HOLD(again.after.sources == request.after.sources);
	MUST_HOLD(again.after.accounts == request.after.accounts);
	MUST_HOLD(again.days == request.days && again.after_row == request.after_row);
}

static void read_reply(struct text line)
{
	static struct control_reply reply, again;
	static char written[CONTROL_REPLY_SIZE];

	if (!control_reply_read(line, &reply)) {
		return;
	}
	MUST_HOLD(is_ended(reply.sentence, sizeof reply.sentence) && reply.count <= CONTROL_ITEMS_MAX);
	for (size_t i = 0; i < reply.count; i++) {
		const struct control_item *item = &reply.items[i];
		MUST_HOLD(is_ended(item->name, sizeof item->name) && item->name[0] != '\0');
		MUST_HOLD(is_ended(item->incident, sizeof item->incident));
		MUST_HOLD(is_ended(item->reason, sizeof item->reason));
	}
	MUST_HOLD(reply.report.count <= CONTROL_ROWS_MAX);
	for (size_t i = 0; i < reply.report.count; i++) {
		const struct refusal_record *row = &reply.report.rows[i];
		MUST_HOLD(row->about < REFUSAL_ABOUT_COUNT && row->action < REFUSAL_ACTION_COUNT);
		MUST_HOLD(row->severity < SEVERITY_COUNT && row->leg < LEG_COUNT);
		MUST_HOLD(is_ended(row->rules, sizeof row->rules));
		for (size_t j = 0; j < REFUSAL_TEXTS; j++) {
			const struct refusal_text *text = &refusal_texts[j];
			MUST_HOLD(is_ended((const char *)row + text->offset, text->size));
		}
	}
	size_t size = control_reply_write(&reply, written, sizeof written);
	MUST_HOLD(size < sizeof written);
	MUST_HOLD(size == 0 || (written[size - 1] == '\n' && memchr(written, '\n', size - 1) == NULL));
	MUST_HOLD(size == 0 || control_reply_read((struct text){written, size}, &again));
	MUST_HOLD(size == 0 || again.count == reply.count);
	MUST_HOLD(size == 0 || again.report.count == reply.report.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy(data, size);
	const struct text line = {(const char *)copy, size};

	read_request(line);
	read_reply(line);
	free(copy);
	return 0;
}
